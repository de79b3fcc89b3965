"""What diagrams have to show of duties that exclude each other, before they may be deployed (domain.md §4.2).

A step says what it does by the properties `act` and `duty`. The token game proves that what has to come before an
approval, or beside a signature, does so on every way; what it cannot prove is refused.

A call activity says it too, where it calls a shared part (`Shared`): what is done there is done for it. The steps of a
shared part have a duty and no act, and no way leads past them.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from workflows import engine
from workflows.definitions.files import Files
from workflows.definitions.stages import stage_of
from workflows.engine import Finding, Node
from workflows.engine.soundness import before
from workflows.parts import CALLED

PROPOSE, APPROVE, SIGN = "propose", "approve", "sign"
DUTIES = (PROPOSE, APPROVE, SIGN)


@dataclass(frozen=True)
class Act:
    """What the office says of an act."""

    code: str
    approval: bool = False  #: somebody proposes, somebody else approves
    within: str = "instance"  #: whose proposals count: of the same `instance`, or of the whole `matter`
    team: bool = False  #: the recorded handlers propose it, too
    persons: int = 1  #: so many different persons sign
    collective: str = ""  #: the duty that is done in a meeting, by its record alone
    members: int = 0  #: so many sit in it at least


@dataclass(frozen=True)
class Shared:
    """A process that others call to have a duty done: no way through it leads past a step with that duty."""

    process: str
    duty: str = ""  #: the only one that it is called for; none said: any
    meeting: bool = False  #: it is done in a meeting, whose record it keeps


@dataclass(frozen=True)
class Rules:
    """What the check of duties goes by."""

    acts: Mapping[str, Act]
    meeting: Sequence[str]  #: the fields of a meeting's record
    recorders: Collection[str]  #: the operations that keep one
    separated: Mapping[str, Collection[str]]  #: stage → the stages kept apart from it
    shared: Mapping[str, Shared] = field(default_factory=dict)  #: by the id of the process


_rules: Rules | None = None


def know_duties(rules: Rules | None) -> None:
    """Let the check know the acts and what they need; None = any act and duty is right."""
    global _rules
    _rules = rules


def findings(definition: engine.Definition, read: Files) -> Iterator[Finding]:
    """Yield what in a process breaks the separation of duties, or cannot be proved to keep it."""
    if _rules is None:
        return
    yield from _stated(definition, _rules)
    steps = _steps(definition, _rules)
    for act, of_act in steps.items():
        yield from _proposed(definition, of_act)
        yield from _signed(definition, _rules.acts[act], of_act)
        collective = _rules.acts[act].collective
        for node in of_act[collective] if collective else ():
            yield from _in_meeting(definition, _rules, node, f"The act {act} is collective", read)
    if definition.id in _rules.shared:
        yield from _inescapable(definition, _rules, _rules.shared[definition.id], read)
    yield from _apart(definition, _rules)


def _said(node: Node) -> tuple[str | None, str | None]:
    properties = node.attributes.get("properties", {})
    return properties.get("act"), properties.get("duty")


def _steps(definition: engine.Definition, rules: Rules) -> dict[str, dict[str, list[Node]]]:
    """Return act → duty → the steps that rightly say so."""
    found: dict[str, dict[str, list[Node]]] = {}
    for node in definition.nodes.values():
        act, duty = _said(node)
        if act is not None and act in rules.acts and duty in DUTIES:
            found.setdefault(act, {each: [] for each in DUTIES})[duty].append(node)
    return found


def _stated(definition: engine.Definition, rules: Rules) -> Iterator[Finding]:
    """Whether acts and duties exist, and stand where somebody does them."""
    for node in definition.nodes.values():
        act, duty = _said(node)
        if act is None and duty is None:
            continue
        started = node.kind.partition(":")[0] == "startEvent" and duty == PROPOSE
        if node.kind == "callActivity":
            yield from _called(definition, rules, node, duty)
        elif node.kind != "userTask" and not started:
            message = "Only a user task has a duty, a call of a shared part, or a start event that proposes."
            yield _finding(node.id, "duty", message)
        if act is None and definition.id in rules.shared:
            pass  # it does what it is called for
        elif act not in rules.acts:
            yield _finding(node.id, "act", f"There is no act {act!r}; there are: {_names(rules.acts)}.")
        if duty not in DUTIES and not (duty == CALLED and definition.id in rules.shared):
            message = f"There is no duty {duty!r}: a step has one of {_names(DUTIES)}, and never two."
            yield _finding(node.id, "duty", message)


def _called(definition: engine.Definition, rules: Rules, node: Node, duty: str | None) -> Iterator[Finding]:
    """Whether a call activity with a duty calls a shared part in which that is done."""
    shared = rules.shared.get(_callee(definition, node) or "")
    if shared is None:
        message = (
            f"A call has a duty where it calls a shared part, by its name: one of {_names(rules.shared)}."
        )
        yield _finding(node.id, "duty", message)
    elif shared.duty and shared.duty != duty:
        yield _finding(
            node.id, "duty", f"The shared part {shared.process} is called to {shared.duty}, and nothing else."
        )


def _callee(definition: engine.Definition, node: Node) -> str | None:
    return next((call.key for call in definition.calls if call.element == node.id), None)


def _inescapable(
    definition: engine.Definition, rules: Rules, shared: Shared, read: Files
) -> Iterator[Finding]:
    """Whether every way through a shared part passes a step with its duty."""
    steps = [
        node
        for node in definition.nodes.values()
        if node.kind == "userTask" and _said(node)[1] == (shared.duty or CALLED)
    ]
    path = before.without(definition, [node.id for node in steps])
    if path is not None:
        message = f"What others call {shared.process} for can be passed by. {_shown(path)}"
        yield _finding(definition.id, "shared_part", message, path)
    for node in steps:
        if shared.meeting:
            yield from _in_meeting(definition, rules, node, "This part is a meeting", read)


def _proposed(definition: engine.Definition, steps: Mapping[str, list[Node]]) -> Iterator[Finding]:
    """Whether every approval has a proposal before it, and both are open to different persons."""
    proposing = [node.id for node in steps[PROPOSE]]
    for approving in steps[APPROVE]:
        path = before.without_before(definition, approving.id, proposing)
        if path is not None:
            message = f"What is approved here need not have been proposed before. {_shown(path)}"
            yield _finding(approving.id, "no_proposal", message, path)
        for other in steps[PROPOSE]:
            if _same_person(approving, other):
                message = (
                    f"Who proposes ({other.id}) and who approves would be one person: {_sole(approving)}."
                )
                yield _finding(approving.id, "same_person", message)


def _signed(definition: engine.Definition, act: Act, steps: Mapping[str, list[Node]]) -> Iterator[Finding]:
    """Whether an act of two persons is signed by two on every way."""
    if act.persons < 2:
        return
    signing = steps[SIGN]
    if not signing:
        for node in (*steps[PROPOSE], *steps[APPROVE]):
            message = (
                f"The act {act.code} is signed by {act.persons} persons: no step here has the duty sign."
            )
            yield _finding(node.id, "one_signature", message)
    for node in signing:
        others = [other.id for other in signing if other.id != node.id]
        if "instances" in node.attributes:
            yield from _several(node, act)
            continue
        path = before.without_beside(definition, node.id, others)
        if path is not None or len(others) + 1 < act.persons:
            message = (
                f"The act {act.code} needs the signatures of {act.persons} different persons on every way."
            )
            yield _finding(node.id, "one_signature", f"{message} {_shown(path or ())}".strip(), path or ())
        for other in signing:
            if other.id > node.id and _same_person(node, other):
                message = f"Both signatures ({node.id}, {other.id}) would be of one person: {_sole(node)}."
                yield _finding(other.id, "same_person", message)


def _several(node: Node, act: Act) -> Iterator[Finding]:
    number = node.attributes["instances"]
    if node.kind == "callActivity":
        message = "A repeated call signs each time anew: repeat a subprocess around all signatures instead."
        yield _finding(node.id, "one_signature", message)
    elif not (number.isdigit() and int(number) >= act.persons):
        message = (
            f"So many signatures are not certain: give the loop a cardinality of {act.persons} or more and no "
            "completion condition, or draw a step for each."
        )
        yield _finding(node.id, "one_signature", message)
    if _sole(node) is not None and "{" not in str(_sole(node)):
        yield _finding(node.id, "same_person", f"All signatures would be of one person: {_sole(node)}.")


def _in_meeting(
    definition: engine.Definition, rules: Rules, node: Node, why: str, read: Files
) -> Iterator[Finding]:
    """Whether what is decided collectively has the record of a meeting at the step that decides it."""
    if node.kind == "callActivity":
        shared = rules.shared.get(_callee(definition, node) or "")
        if shared is not None and not shared.meeting:
            message = f"{why}, and no meeting is held in {shared.process}."
            yield _finding(node.id, "no_meeting", message)
        return
    form = next((form for _, form in read.forms if form.id == node.attributes.get("formRef")), None)
    if form is None or node.attributes.get("formRefBinding") != "deployment":
        yield _finding(
            node.id, "no_meeting", f"{why}: the form with its record is deployed with the diagram."
        )
    elif missing := [key for key in rules.meeting if key not in {field.key for field in form.fields}]:
        message = (
            f"{why}, and nobody decides it by one signature: the form {form.id} lacks {_names(missing)} of a "
            "meeting's record."
        )
        yield _finding(node.id, "no_meeting", message)
    recorded = node.attributes.get("properties", {}).get("record")
    if recorded not in rules.recorders:
        message = (
            f"The record of the meeting is not kept: the property record is one of {_names(rules.recorders)}."
        )
        yield _finding(node.id, "no_meeting", message)


def _apart(definition: engine.Definition, rules: Rules) -> Iterator[Finding]:
    """Whether steps of stages that are kept apart are each for one and the same person."""
    alone = [
        node for node in definition.nodes.values() if node.kind == "userTask" and _sole(node) is not None
    ]
    for node in alone:
        for other in alone:
            apart = rules.separated.get(stage_of(definition, node) or "", ())
            if node.id < other.id and stage_of(definition, other) in apart and _same_person(node, other):
                message = (
                    f"Steps of stages that are kept apart ({other.id}) would be one person's: {_sole(node)}."
                )
                yield _finding(node.id, "separation", message)


def _sole(node: Node) -> str | None:
    """Return the one person, or the one expression, that a step is for; None where several may have it."""
    given = node.attributes
    assignee: str | None = given.get("assignee")
    if assignee or given.get("candidateGroups"):
        return assignee
    users = str(given.get("candidateUsers") or "")
    # An expression may give several, and then they are the same several: one of them may be left.
    return users if users and "," not in users and "{" not in users else None


def _same_person(one: Node, other: Node) -> bool:
    starter = other.attributes.get("initiator")
    return _sole(one) is not None and _sole(one) in (_sole(other), f"${{{starter}}}" if starter else None)


def _shown(path: Sequence[str]) -> str:
    return f"The way there: {' → '.join(path)}." if path else ""


def _names(names: Collection[str]) -> str:
    return ", ".join(sorted(names))


def _finding(element: str, rule: str, message: str, path: tuple[str, ...] = ()) -> Finding:
    return Finding(element, rule, "policy", message, path)
