"""From a checked process element to shared, wired task specs and the nodes that the outside sees."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

from lxml import etree

from workflows.clock import office_zone
from workflows.engine import specs, timers
from workflows.engine.dialect import (
    ACTIVITIES,
    FLOW_NODES,
    SUBPROCESSES,
    C,
    Q,
    attributes_of,
    children,
    event_definitions,
    event_kind,
    local,
    node_kind,
    operation_of,
    text_of,
)
from workflows.engine.model import Node
from workflows.engine.plan import Copy, Flow, Loop, Parameters, Work, is_plain_name
from workflows.errors import InvalidInput
from workflows.expressions import Expression, assignments, compile_expression, template
from workflows.findings import Finding

_DECISION_RESULTS = ("singleEntry", "singleResult", "collectEntries", "resultList")
_SCRIPT_ADVICE = "write lines such as `total = price * 2`; use a service task for anything else"


@dataclass(frozen=True)
class Used:
    """An expression that an element holds: its source, the variables it reads and the functions it calls."""

    element: str
    source: str
    names: frozenset[str]
    calls: frozenset[str]


@dataclass
class Wiring:
    """One process under construction; `findings` grows with everything that is wrong."""

    process: etree._Element
    spec: Any
    elements: dict[str, etree._Element] = field(
        init=False
    )  #: every flow node of the process, nested ones too
    findings: list[Finding] = field(default_factory=list)
    nodes: dict[str, Node] = field(default_factory=dict)
    flows: dict[str, tuple[str, str]] = field(default_factory=dict)
    expressions: list[Used] = field(default_factory=list)
    operations: list[tuple[str, str]] = field(default_factory=list)
    decisions: list[tuple[str, str]] = field(default_factory=list)
    calls: list[tuple[str, str]] = field(default_factory=list)
    conditioned: set[str] = field(default_factory=set)  #: flows with a condition, a bad one too

    def __post_init__(self) -> None:
        nodes = self.process.iter(*(Q + name for name in FLOW_NODES))
        self.elements = {element.get("id", ""): element for element in nodes}

    # -- findings and expressions ------------------------------------------------------------------

    def error(self, element: str, rule: str, message: str) -> None:
        """Add an error."""
        self.findings.append(Finding(element, rule, "error", message))

    def remark(self, element: str, rule: str, severity: str, message: str) -> None:
        """Add a policy finding or a warning."""
        self.findings.append(Finding(element, rule, severity, message))

    def condition(self, element: str, source: str, what: str) -> Expression | None:
        """Return a compiled condition or value, None with a finding when it is wrong."""
        return self._compiled(element, source, what, compile_expression)

    def text(self, element: str, source: str, what: str) -> Expression | None:
        """Return a compiled attribute, in which `${…}` may stand, None with a finding when it is wrong."""
        return self._compiled(element, source, what, template)

    def _compiled(self, element: str, source: str, what: str, compiler: Any) -> Expression | None:
        try:
            expression: Expression = compiler(source)
        except InvalidInput as problem:
            self.error(element, "expression", f"{what} '{source.strip()[:200]}': {problem.message}")
            return None
        self._use(element, expression)
        return expression

    def _use(self, element: str, expression: Expression) -> None:
        if expression.names or expression.calls:
            self.expressions.append(Used(element, expression.source, expression.names, expression.calls))

    # -- the whole ---------------------------------------------------------------------------------

    def wire(self) -> None:
        """Fill nodes, flows and specs."""
        lanes = _lanes(self.process)
        for element in self.elements.values():
            node = _node(element, lanes)
            self.nodes[node.id] = node
            self._attach(element, node)
        self._wire_scope(self.process, self.spec.start)
        for element in self.elements.values():
            if local(element) in SUBPROCESSES:
                self._wire_scope(element, self.spec.task_specs[element.get("id")])
        self._attach_boundaries()
        for element in self.elements.values():
            if local(element) in ACTIVITIES:
                self._repeat(element)

    def _attach(self, element: etree._Element, node: Node) -> None:
        spec = self.spec.task_specs[node.id]
        spec.node, spec.element, spec.shown = node, node.id, node.id
        inputs, outputs = node.attributes.get("inputs", {}), node.attributes.get("outputs", {})
        spec.parameters = Parameters(self._shaped_all(node.id, inputs), self._shaped_all(node.id, outputs))
        if isinstance(spec, specs.Performing):
            spec.work = self._work(element, node)
        if isinstance(spec, specs.CallActivity):
            self._call(element, node, spec)
        for definition in event_definitions(element):
            self._event(spec, definition, node.id)
        if local(element) in ("receiveTask", "sendTask") and spec.event_definition is not None:
            spec.event_name = self.text(node.id, spec.event_definition.name, "The message name")

    def _shaped_all(self, element: str, sources: Mapping[str, Any]) -> Mapping[str, Any]:
        return MappingProxyType(
            {name: self._shaped(element, name, source) for name, source in sources.items()}
        )

    def _shaped(self, element: str, name: str, source: Any) -> Any:
        if isinstance(source, tuple):
            return tuple(self._shaped(element, name, item) for item in source)
        if isinstance(source, Mapping):
            return MappingProxyType({key: self._shaped(element, name, item) for key, item in source.items()})
        return self.text(element, source, f"The parameter '{name}'")

    # -- events ------------------------------------------------------------------------------------

    def _event(self, spec: Any, definition: etree._Element, element: str) -> None:
        kind = local(definition)[: -len("EventDefinition")]
        if kind == "timer":
            self._timer(spec, definition, element)
        elif kind == "conditional":
            source = text_of(definition, "condition")
            if not source:
                self.error(element, "condition", "The conditional event has no condition.")
            else:
                spec.condition = self.condition(element, source, "The condition")
        elif kind in ("message", "signal"):
            spec.event_name = self.text(element, spec.event_definition.name or element, f"The {kind} name")

    def _timer(self, spec: Any, definition: etree._Element, element: str) -> None:
        kind = next((k for k in timers.KINDS if definition.find(Q + k) is not None), "")
        source = text_of(definition, kind) if kind else ""
        if not source:
            self.error(
                element,
                "timer",
                "The timer says no time; write a date, a duration (P3D) or a cycle (R3/PT1H).",
            )
            return
        spec.timer_kind = kind
        spec.timer = self.text(element, source, "The timer")
        if spec.timer is None or spec.timer.names or spec.timer.calls or "{" in source:
            return
        try:
            timers.check_literal(kind, source, office_zone())
        except timers.BadTimer as problem:
            self.error(element, "timer", f"The timer: {problem}")

    # -- work --------------------------------------------------------------------------------------

    def _work(self, element: etree._Element, node: Node) -> Work:
        name = local(element)
        if name == "scriptTask":
            return self._script(element, node)
        if name == "businessRuleTask" and node.attributes.get("decisionRef"):
            return self._decision(node)
        return self._service(name, node)

    def _service(self, name: str, node: Node) -> Work:
        given, element = node.attributes, node.id
        result = given.get("resultVariable")
        if given.get("type") == "external":
            if not given.get("topic"):
                self.error(element, "operation", "An external task needs a camunda:topic.")
            return Work(external=True)
        if delegate := given.get("delegateExpression"):
            operation = operation_of(delegate)
            if operation is None:
                self.error(
                    element, "operation", f"'{delegate}' names no operation; write ${{registers.verb}}."
                )
                return Work()
            self.operations.append((element, operation))
            return Work(operation=operation, result=result)
        if source := given.get("expression"):
            return Work(expression=self.condition(element, source, "The expression"), result=result)
        if self._needs_work(name, node):
            self.error(
                element,
                "operation",
                'The task names no operation; write camunda:delegateExpression="${registers.verb}" '
                'or camunda:type="external" with a topic.'
                + (" Java classes are not run." if given.get("class") else ""),
            )
        return Work()

    def _needs_work(self, name: str, node: Node) -> bool:
        if name in ("serviceTask", "businessRuleTask"):
            return True
        if name == "sendTask":
            return self.spec.task_specs[node.id].event_definition is None
        return bool(node.attributes.get("class"))

    def _decision(self, node: Node) -> Work:
        given, element = node.attributes, node.id
        reference = self.text(element, given["decisionRef"], "The decision")
        if reference is not None and not reference.names and not reference.calls:
            self.decisions.append((element, given["decisionRef"]))
        mapping = given.get("mapDecisionResult", "resultList")
        if mapping not in _DECISION_RESULTS:
            self.error(
                element,
                "decision",
                f"mapDecisionResult is one of {', '.join(_DECISION_RESULTS)}, not '{mapping}'.",
            )
        return Work(decision=reference, result=given.get("resultVariable"), decision_result=mapping)

    def _script(self, element: etree._Element, node: Node) -> Work:
        if node.attributes.get("resource"):
            self.error(node.id, "script", f"Scripts from resources are not run; {_SCRIPT_ADVICE}.")
            return Work()
        result = node.attributes.get("resultVariable")
        body = text_of(element, "script")
        try:
            if result:
                lines = [(result, compile_expression(body))]
            else:
                lines = assignments(element.findtext(Q + "script") or "")
        except InvalidInput as problem:
            self.error(
                node.id,
                "script",
                f"The script holds more than assignments; {_SCRIPT_ADVICE}. {problem.message}",
            )
            return Work()
        if not lines:
            self.remark(node.id, "script", "warning", "The script is empty.")
        for _, expression in lines:
            self._use(node.id, expression)
        return Work(script=tuple(lines))

    def _call(self, element: etree._Element, node: Node, spec: Any) -> None:
        called = element.get("calledElement", "").strip()
        if not called or "{" in called:
            self.error(
                node.id, "call", "A call activity needs the id of the called process, without expressions."
            )
        else:
            self.calls.append((node.id, called))
        spec.ins = tuple(self._copies(node, "in"))
        spec.outs = tuple(self._copies(node, "out"))

    def _copies(self, node: Node, direction: str) -> Iterator[Copy]:
        for given in node.attributes.get(direction, ()):
            if given.get("variables") == "all":
                yield Copy(None, None, every=True, local=given.get("local") == "true")
            elif given.get("sourceExpression") and given.get("target"):
                source = self.condition(node.id, given["sourceExpression"], f"camunda:{direction}")
                yield Copy(given["target"], source)
            elif given.get("source") and given.get("target"):
                yield Copy(given["target"], None, plain=given["source"])
            elif "businessKey" not in given:
                self.error(
                    node.id, "call", f'camunda:{direction} needs a source and a target, or variables="all".'
                )

    # -- flows -------------------------------------------------------------------------------------

    def _wire_scope(self, scope: etree._Element, around: Any) -> None:
        inside = children(scope, FLOW_NODES)
        for element in children(scope, frozenset({"sequenceFlow"})):
            self._flow(element)
        for element in inside:
            spec = self.spec.task_specs[element.get("id")]
            if local(element) == "exclusiveGateway":
                self._check_choice(element, spec)
        self._link(scope, inside)
        self._gateways(inside)
        around.starts = self._starts(scope, inside)

    def _flow(self, element: etree._Element) -> None:
        identity, tasks = element.get("id", ""), self.spec.task_specs
        source, target = tasks[element.get("sourceRef")], tasks[element.get("targetRef")]
        self.flows[identity] = (source.name, target.name)
        default = self.elements[source.name].get("default") == identity
        text = text_of(element, "conditionExpression")
        condition = None
        if text and not default:
            self.conditioned.add(identity)
            condition = self.condition(source.element, text, f"The condition of the flow {identity}")
        source.flows += (Flow(identity, target.name, condition, default),)
        source._outputs.append(target.name)
        target._inputs.append(source.name)
        target.incoming += (identity,)

    def _check_choice(self, element: etree._Element, spec: Any) -> None:
        if len(spec.flows) < 2:
            return
        for flow in spec.flows:
            if flow.id not in self.conditioned and not flow.default:
                self.error(
                    spec.name,
                    "condition",
                    f"The flow {flow.id} out of the gateway has no condition and is not the default flow.",
                )

    def _link(self, scope: etree._Element, inside: list[etree._Element]) -> None:
        """Wire a throwing link to the catching link of its name in the same scope; the library drops both."""
        links = [(e, d) for e in inside if (d := e.find(Q + "linkEventDefinition")) is not None]
        catches = {_link_name(e, d): e for e, d in links if local(e) == "intermediateCatchEvent"}
        for element, definition in links:
            if local(element) != "intermediateThrowEvent":
                continue
            source = self.spec.task_specs[element.get("id")]
            target = catches.get(_link_name(element, definition))
            if target is None:
                self.error(
                    source.name,
                    "link",
                    f"No link catches '{_link_name(element, definition)}' in the same scope.",
                )
                continue
            identity = f"link:{source.name}"
            source.flows = (Flow(identity, target.get("id", "")),)
            self.spec.task_specs[target.get("id")].incoming += (identity,)

    def _gateways(self, inside: list[etree._Element]) -> None:
        for element in inside:
            if local(element) != "eventBasedGateway":
                continue
            spec = self.spec.task_specs[element.get("id")]
            if not spec.flows:
                self.error(spec.name, "event_gateway", "The event gateway leads to no event.")
            for flow in spec.flows:
                target = self.spec.task_specs[flow.target]
                if not isinstance(target, specs.CatchEvent | specs.ReceiveTask):
                    self.error(
                        target.name,
                        "event_gateway",
                        "Behind an event gateway only catching events and receive tasks may stand.",
                    )
                elif len(target.incoming) > 1:
                    self.error(
                        target.name,
                        "event_gateway",
                        "An event behind an event gateway has one incoming flow.",
                    )

    def _starts(self, scope: etree._Element, inside: list[etree._Element]) -> tuple[Any, ...]:
        tasks = self.spec.task_specs
        starts = [tasks[e.get("id")] for e in inside if local(e) == "startEvent"]
        if starts:
            return tuple(starts)
        # BPMN's implicit start: everything that no flow leads into.
        heads = [
            tasks[e.get("id")]
            for e in inside
            if local(e) != "boundaryEvent" and not tasks[e.get("id")].incoming and not _is_link_catch(e)
        ]
        if local(scope) == "process":
            if heads:
                self.remark(
                    scope.get("id", ""),
                    "no_start",
                    "warning",
                    "There is no start event; what comes first starts.",
                )
            else:
                self.error(
                    scope.get("id", ""),
                    "no_start",
                    "The process has no start event and nothing that could start.",
                )
        elif inside and not heads:
            self.error(
                scope.get("id", ""),
                "no_start",
                "The subprocess has no start event and nothing that could start.",
            )
        return tuple(heads)

    # -- boundaries and loops ----------------------------------------------------------------------

    def _attach_boundaries(self) -> None:
        for element in self.elements.values():
            if local(element) == "boundaryEvent":
                host = self.spec.task_specs[element.get("attachedToRef")]
                host.boundaries += (self.spec.task_specs[element.get("id")],)

    def _repeat(self, element: etree._Element) -> None:
        loop = self._loop(element)
        if loop is None:
            return
        tasks = self.spec.task_specs
        inner = tasks.pop(element.get("id"))
        body = specs.Repeated(self.spec, inner.name)
        body.node, body.element = inner.node, inner.element
        body.shown = f"{inner.name}#multiInstanceBody"
        body.flows, body.incoming, body.boundaries = inner.flows, inner.incoming, inner.boundaries
        body._inputs, body._outputs = inner._inputs, inner._outputs
        inner.flows, inner.incoming, inner.boundaries = (), (), ()
        inner._inputs, inner._outputs = [inner.name], []
        body.inner, body.loop, inner.body = inner, loop, body
        inner.name = f"{inner.name} [child]"
        tasks[inner.name] = inner
        self._rewire_starts(inner, body)

    def _rewire_starts(self, inner: Any, body: Any) -> None:
        for spec in self.spec.task_specs.values():
            if inner in getattr(spec, "starts", ()):
                spec.starts = tuple(body if start is inner else start for start in spec.starts)

    def _loop(self, element: etree._Element) -> Loop | None:
        multiple = element.find(Q + "multiInstanceLoopCharacteristics")
        if multiple is not None:
            return self._multiple(element.get("id", ""), multiple)
        standard = element.find(Q + "standardLoopCharacteristics")
        return None if standard is None else self._standard(element.get("id", ""), standard)

    def _multiple(self, identity: str, found: etree._Element) -> Loop:
        cardinality = text_of(found, "loopCardinality")
        collection = found.get(C + "collection") or text_of(found, "loopDataInputRef")
        if not cardinality and not collection:
            self.error(
                identity,
                "loop",
                "The multi-instance activity says neither how many nor over which collection.",
            )
        if cardinality.lstrip("-").isdigit() and int(cardinality) < 0:
            self.error(identity, "loop", f"The loop cardinality {cardinality} is negative.")
        completion = text_of(found, "completionCondition")
        item, output = found.find(Q + "inputDataItem"), found.find(Q + "outputDataItem")
        return Loop(
            sequential=found.get("isSequential") == "true",
            cardinality=self.condition(identity, cardinality, "The loop cardinality")
            if cardinality
            else None,
            collection=self.condition(identity, collection, "The collection") if collection else None,
            element_variable=found.get(C + "elementVariable") or _item_name(item),
            completion=self.condition(identity, completion, "The completion condition")
            if completion
            else None,
            output_collection=text_of(found, "loopDataOutputRef") or None,
            output_item=_item_name(output),
        )

    def _standard(self, identity: str, found: etree._Element) -> Loop:
        condition = text_of(found, "loopCondition")
        maximum = found.get("loopMaximum")
        if maximum is not None and not maximum.isdigit():
            self.error(identity, "loop", f"loopMaximum '{maximum}' is not a whole number of 0 or more.")
            maximum = None
        elif maximum is None and not condition:
            self.error(identity, "loop", "The loop has neither a condition nor a maximum.")
        return Loop(
            sequential=True,
            standard=True,
            condition=self.condition(identity, condition, "The loop condition") if condition else None,
            test_before=found.get("testBefore") == "true",
            maximum=int(maximum) if maximum else None,
        )


def _node(element: etree._Element, lanes: Mapping[str, str]) -> Node:
    scope = element.getparent()
    inside = local(scope) in SUBPROCESSES if scope is not None else False
    return Node(
        id=element.get("id", ""),
        kind=node_kind(element),
        name=element.get("name") or "",
        lane=_lane_of(element, lanes),
        attributes=attributes_of(element),
        scope=scope.get("id") if inside and scope is not None else None,
        attached_to=element.get("attachedToRef"),
    )


def _lanes(process: etree._Element) -> dict[str, str]:
    """Return the innermost lane of every element that one lists."""
    found: dict[str, str] = {}
    # Document order visits an outer lane before those inside it.
    for lane in process.iter(Q + "lane"):
        for reference in lane.iterfind(Q + "flowNodeRef"):
            found[(reference.text or "").strip()] = lane.get("name") or lane.get("id") or ""
    return found


def _lane_of(element: etree._Element, lanes: Mapping[str, str]) -> str | None:
    around: etree._Element | None = element
    while around is not None:
        host = around.get("attachedToRef") or ""
        if lane := lanes.get(around.get("id") or "") or lanes.get(host):
            return lane
        around = around.getparent()
    return None


def _link_name(element: etree._Element, definition: etree._Element) -> str:
    return definition.get("name") or element.get("name") or ""


def _is_link_catch(element: etree._Element) -> bool:
    return local(element) == "intermediateCatchEvent" and event_kind(element) == "link"


def _item_name(item: etree._Element | None) -> str | None:
    if item is None:
        return None
    name = item.get("name") or item.get("id")
    return name if name and is_plain_name(name) else item.get("id")
