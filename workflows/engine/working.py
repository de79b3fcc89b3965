"""What an automatic element is to do, read from its attributes and compiled."""

from __future__ import annotations

from collections.abc import Iterator

from lxml import etree

from workflows.engine import execution
from workflows.engine.dialect import Q, assigned_by, local, operation_of, text_of
from workflows.engine.ledger import Calling, Ledger
from workflows.engine.model import Node
from workflows.engine.plan import Call, Copy, Work
from workflows.errors import InvalidInput
from workflows.expressions import Expression, assignments, compile_expression

_DECISION_RESULTS = ("singleEntry", "singleResult", "collectEntries", "resultList")
#: Ways to name the version that a call activity calls, and the attribute that says which.
_BINDINGS = {
    "latest": None,
    "deployment": None,
    "version": "calledElementVersion",
    "versionTag": "calledElementVersionTag",
}
#: Attributes that name a Java class for what `camunda:in` and `camunda:out` do.
_MAPPERS = ("variableMappingClass", "variableMappingDelegateExpression")
_SCRIPT_ADVICE = "write lines such as `total = price * 2`; use a service task for anything else"


def work_of(ledger: Ledger, element: etree._Element, node: Node, *, throws: bool) -> Work:
    """Return the work of a task or throwing event; `throws` where it has a message to throw instead."""
    name = local(element)
    if name == "scriptTask":
        return _script(ledger, element, node)
    if name == "businessRuleTask" and node.attributes.get("decisionRef"):
        return _decision(ledger, node)
    return _service(ledger, name, node, throws)


def _service(ledger: Ledger, name: str, node: Node, throws: bool) -> Work:
    given, element = node.attributes, node.id
    result = given.get("resultVariable")
    if given.get("type") == "external":
        if not given.get("topic"):
            ledger.error(element, "operation", "An external task needs a camunda:topic.")
        return Work(external=True)
    if delegate := given.get("delegateExpression"):
        operation = operation_of(delegate)
        if operation is None:
            ledger.error(element, "operation", f"'{delegate}' names no operation; write ${{registers.verb}}.")
            return Work()
        ledger.operations.append((element, operation))
        return Work(
            operation=operation, fields=ledger.parameters(element, given.get("fields", {})), result=result
        )
    if source := given.get("expression"):
        result, source = assigned_by(source) or (result, source)
        return Work(expression=ledger.condition(element, source, "The expression"), result=result)
    if _needs_work(name, node, throws):
        java = " Java classes are not run." if given.get("class") else ""
        ledger.error(
            element,
            "operation",
            'The task names no operation; write camunda:delegateExpression="${registers.verb}" '
            f'or camunda:type="external" with a topic.{java}',
        )
    return Work()


def _needs_work(name: str, node: Node, throws: bool) -> bool:
    if name in ("serviceTask", "businessRuleTask"):
        return True
    return bool(node.attributes.get("class")) or (name == "sendTask" and not throws)


def _decision(ledger: Ledger, node: Node) -> Work:
    given, element = node.attributes, node.id
    reference = ledger.text(element, given["decisionRef"], "The decision")
    if reference is not None and not reference.names and not reference.calls:
        ledger.decisions.append((element, given["decisionRef"]))
    mapping = given.get("mapDecisionResult", "resultList")
    if mapping not in _DECISION_RESULTS:
        right = ", ".join(_DECISION_RESULTS)
        ledger.error(element, "decision", f"mapDecisionResult is one of {right}, not '{mapping}'.")
    return Work(decision=reference, result=given.get("resultVariable"), decision_result=mapping)


def _script(ledger: Ledger, element: etree._Element, node: Node) -> Work:
    if node.attributes.get("resource"):
        ledger.error(node.id, "script", f"Scripts from resources are not run; {_SCRIPT_ADVICE}.")
        return Work()
    result = node.attributes.get("resultVariable")
    try:
        if result:
            lines = [(result, compile_expression(text_of(element, "script")))]
        else:
            lines = assignments(element.findtext(Q + "script") or "")
    except InvalidInput as problem:
        refused = f"The script holds more than assignments; {_SCRIPT_ADVICE}. {problem.message}"
        ledger.error(node.id, "script", refused)
        return Work()
    if not lines:
        ledger.warn(node.id, "script", "The script is empty.")
    for _, expression in lines:
        ledger.use(node.id, expression)
    return Work(script=tuple(lines))


def call_of(ledger: Ledger, element: etree._Element, node: Node) -> Call | None:
    """Return which process a call activity calls, None with a finding where it does not say."""
    called, given = element.get("calledElement", "").strip(), node.attributes
    if not called:
        advice = (
            "call a process; cases are not run." if given.get("caseRef") else "name one in calledElement."
        )
        ledger.error(node.id, "call", f"The call activity names no process: {advice}")
        return None
    if any(given.get(name) for name in _MAPPERS):
        ledger.policy(
            node.id, "call", "Classes that map variables are not run; write camunda:in and camunda:out."
        )
    binding = given.get("calledElementBinding", "latest")
    version = _version(ledger, node, binding)
    key = ledger.text(node.id, called, "The called process")
    if key is None:
        return None
    if key.names or key.calls:
        ledger.calls_any = True
    else:
        plain = version.source if version and not (version.names or version.calls) else None
        ledger.calls.append(Calling(node.id, called, binding, plain))
    return Call(key, binding, version)


def _version(ledger: Ledger, node: Node, binding: str) -> Expression | None:
    """Return the number or tag of the version called, None where the binding is by none."""
    if binding not in _BINDINGS:
        right = ", ".join(_BINDINGS)
        ledger.error(node.id, "call", f"calledElementBinding is one of {right}, not '{binding}'.")
    attribute = _BINDINGS.get(binding)
    if attribute is None:
        return None
    given = node.attributes.get(attribute, "").strip()
    if not given:
        ledger.error(node.id, "call", f"The binding '{binding}' needs camunda:{attribute}.")
        return None
    if binding == "version" and "{" not in given and not given.isdecimal():
        ledger.error(node.id, "call", f"calledElementVersion '{given}' is not a number.")
    return ledger.text(node.id, given, f"camunda:{attribute}")


def copies(ledger: Ledger, node: Node, direction: str) -> Iterator[Copy]:
    """Yield what a call activity copies `in` or `out`, or a signal thrown takes along."""
    for given in node.attributes.get(direction, ()):
        if given.get("variables") == "all":
            yield Copy(None, None, every=True, local=given.get("local") == "true")
        elif given.get("sourceExpression") and given.get("target"):
            source = ledger.condition(node.id, given["sourceExpression"], f"camunda:{direction}")
            yield Copy(given["target"], source)
        elif given.get("source") and given.get("target"):
            yield Copy(given["target"], None, plain=given["source"])
        elif not (direction == "in" and given.get("businessKey")):
            bad = f'camunda:{direction} needs a source and a target, or variables="all".'
            ledger.error(node.id, "call", bad)


def business_key(ledger: Ledger, node: Node) -> Expression | None:
    """Return the business key that a call activity gives the process called, None where it gives none."""
    given = [
        mapping["businessKey"] for mapping in node.attributes.get("in", ()) if mapping.get("businessKey")
    ]
    key = ledger.text(node.id, given[0], "The business key") if given else None
    if key is not None and execution.NAME not in key.names:
        told = (
            f"The called process reads the business key {given[0]} as execution.processBusinessKey; "
            "messages and searches find it by the key of the whole instance."
        )
        ledger.warn(node.id, "business_key", told)
    return key
