"""What diagrams have to show of duties that exclude each other, before they may be deployed (domain.md §4.2).

A step says what it does by the properties `act` and `duty`. The token game proves that what has to come before an
approval, or beside a signature, does so on every way; what it cannot prove is refused.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass

from workflows import engine
from workflows.definitions.files import Files
from workflows.definitions.stages import stage_of
from workflows.engine import Finding, Node
from workflows.engine.soundness import before

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
class Rules:
    """What the check of duties goes by."""

    acts: Mapping[str, Act]
    meeting: Sequence[str]  #: the fields of a meeting's record
    recorders: Collection[str]  #: the operations that keep one
    separated: Mapping[str, Collection[str]]  #: stage → the stages kept apart from it


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
        yield from _in_meeting(_rules, _rules.acts[act], of_act, read)
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
        if node.kind != "userTask" and not started:
            yield _finding(node.id, "duty", "Only a user task has a duty, or a start event that proposes.")
        if act not in rules.acts:
            yield _finding(node.id, "act", f"There is no act {act!r}; there are: {_names(rules.acts)}.")
        if duty not in DUTIES:
            message = f"There is no duty {duty!r}: a step has one of {_names(DUTIES)}, and never two."
            yield _finding(node.id, "duty", message)


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
    if not (number.isdigit() and int(number) >= act.persons):
        message = (
            f"So many signatures are not certain: give the loop a cardinality of {act.persons} or more and no "
            "completion condition, or draw a step for each."
        )
        yield _finding(node.id, "one_signature", message)
    if _sole(node) is not None and "{" not in str(_sole(node)):
        yield _finding(node.id, "same_person", f"All signatures would be of one person: {_sole(node)}.")


def _in_meeting(rules: Rules, act: Act, steps: Mapping[str, list[Node]], read: Files) -> Iterator[Finding]:
    """Whether what is decided collectively has the record of a meeting at every step that decides it."""
    for node in steps[act.collective] if act.collective else ():
        form = next((form for _, form in read.forms if form.id == node.attributes.get("formRef")), None)
        if form is None or node.attributes.get("formRefBinding") != "deployment":
            message = (
                f"The act {act.code} is collective: the form with its record is deployed with the diagram."
            )
            yield _finding(node.id, "no_meeting", message)
        elif missing := [key for key in rules.meeting if key not in {field.key for field in form.fields}]:
            message = (
                f"The act {act.code} is collective, and nobody decides it by one signature: the form "
                f"{form.id} lacks {_names(missing)} of a meeting's record."
            )
            yield _finding(node.id, "no_meeting", message)
        recorded = node.attributes.get("properties", {}).get("record")
        if recorded not in rules.recorders:
            message = f"The record of the meeting is not kept: the property record is one of {_names(rules.recorders)}."
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
