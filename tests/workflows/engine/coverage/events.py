"""Every kind of event at every position (BPMN 2.0, table 10.93)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from tests.workflows.engine.coverage.rows import (
    Act,
    Refused,
    Row,
    change,
    complete,
    is_open,
    message,
    signal,
    wait,
)
from tests.workflows.engine.diagrams import boundary, flows, nodes, script, sub, user

ROOTS = (
    '<message id="M" name="report"/><message id="N" name="recall"/><signal id="S" name="stop"/>'
    '<error id="E" errorCode="wrong"/><escalation id="X" escalationCode="late"/>'
)
MESSAGE = '<messageEventDefinition messageRef="M"/>'
SIGNAL = '<signalEventDefinition signalRef="S"/>'
TIMER = "<timerEventDefinition><timeDuration>PT1H</timeDuration></timerEventDefinition>"
CONDITION = "<conditionalEventDefinition><condition>${ready}</condition></conditionalEventDefinition>"
ERROR = '<errorEventDefinition errorRef="E"/>'
ESCALATION = '<escalationEventDefinition escalationRef="X"/>'

HOUR: Act = wait(hours=1)
DEFINITIONS = {
    "none": "",
    "message": MESSAGE,
    "timer": TIMER,
    "conditional": CONDITION,
    "signal": SIGNAL,
    "error": ERROR,
    "escalation": ESCALATION,
    "cancel": "<cancelEventDefinition/>",
    "compensation": "<compensateEventDefinition/>",
    "link": '<linkEventDefinition name="there"/>',
    "terminate": "<terminateEventDefinition/>",
    "multiple": MESSAGE + TIMER,
    "parallel multiple": MESSAGE + SIGNAL,
}
#: What makes a waiting event of the kind happen from outside.
TRIGGERS: dict[str, tuple[Act, ...]] = {
    "message": (message("report"),),
    "timer": (HOUR,),
    "conditional": (change(ready=True),),
    "signal": (signal("stop"),),
    "multiple": (HOUR,),
    "parallel multiple": (message("report"), is_open("a"), signal("stop")),
}
#: What raises an event of the kind from inside an activity.
RAISED = {
    "error": f'<endEvent id="raise">{ERROR}</endEvent>',
    "escalation": f'<endEvent id="raise">{ESCALATION}</endEvent>',
}
POSITIONS: dict[str, tuple[str, ...]] = {
    "start of a process": (
        "none",
        "message",
        "timer",
        "conditional",
        "signal",
        "multiple",
        "parallel multiple",
    ),
    "start of an event subprocess, interrupting": (
        *TRIGGERS,
        "error",
        "escalation",
        "compensation",
    ),
    "start of an event subprocess, not interrupting": (*TRIGGERS, "escalation"),
    "intermediate, catching": (*TRIGGERS, "link"),
    "boundary, interrupting": (*TRIGGERS, "error", "escalation", "cancel", "compensation"),
    "boundary, not interrupting": (*TRIGGERS, "escalation"),
    "intermediate, throwing": (
        "none",
        "message",
        "signal",
        "escalation",
        "compensation",
        "link",
        "multiple",
    ),
    "end": (
        "none",
        "message",
        "signal",
        "error",
        "escalation",
        "cancel",
        "compensation",
        "terminate",
        "multiple",
    ),
}


def _flag(kind: str) -> str:
    return ' parallelMultiple="true"' if kind == "parallel multiple" else ""


@dataclass(frozen=True)
class Cell:
    """One kind at one position."""

    kind: str
    position: str

    @property
    def group(self) -> str:
        return f"Events: {self.position}"

    def row(self, body: str, *acts: Act, **rest: object) -> Row:
        return Row(self.group, self.kind, body, acts, extra=ROOTS, **rest)  # type: ignore[arg-type]


def rows() -> Iterator[Row | Refused]:
    """Yield a row for every kind at every position."""
    made = {
        "start of a process": _start,
        "start of an event subprocess, interrupting": _event_subprocess,
        "start of an event subprocess, not interrupting": _event_subprocess,
        "intermediate, catching": _catch,
        "boundary, interrupting": _boundary,
        "boundary, not interrupting": _boundary,
        "intermediate, throwing": _throw,
        "end": _end,
    }
    for position, legal in POSITIONS.items():
        for kind in DEFINITIONS:
            cell = Cell(kind, position)
            if kind == "parallel multiple" and position in ("intermediate, throwing", "end"):
                continue  # the attribute does not exist there
            elif kind in legal:
                yield made[position](cell)
            else:
                yield _illegal(cell)


def _illegal(cell: Cell) -> Refused:
    return Refused(cell.group, cell.kind, _drawn(cell), "x", extra=ROOTS)


def _drawn(cell: Cell) -> str:
    """Return a process in which the event `x` stands where it may not."""
    inner, flag, cancel = DEFINITIONS[cell.kind], _flag(cell.kind), "not" not in cell.position
    start, end = nodes("startEvent", "s"), nodes("endEvent", "e")
    if cell.position == "start of a process":
        return f'<startEvent id="x"{flag}>{inner}</startEvent>{user("a")}{end}' + flows("x > a > e")
    if "event subprocess" in cell.position:
        return start + user("a") + end + flows("s > a > e") + _handler(cell)
    if cell.position.startswith("boundary"):
        held = boundary("x", "a", inner, cancel=cancel)
        return start + user("a") + held + end + user("h") + flows("s > a > e", "x > h")
    if cell.position == "end":
        return start + f'<endEvent id="x">{inner}</endEvent>' + flows("s > x")
    tag = "intermediateCatchEvent" if "catching" in cell.position else "intermediateThrowEvent"
    return start + f'<{tag} id="x"{flag}>{inner}</{tag}>' + end + flows("s > x > e")


def _start(cell: Cell) -> Row:
    if cell.kind == "parallel multiple":
        return _start_of_all(cell)
    inner = DEFINITIONS[cell.kind]
    body = f'<startEvent id="x"{_flag(cell.kind)}>{inner}</startEvent>{user("a")}{nodes("endEvent", "e")}'
    by = {"message": "report"} if cell.kind == "message" else {"start_node": "x"}
    return cell.row(body + flows("x > a > e"), complete("a"), passes=("x", "a", "e"), start=by)


def _start_of_all(cell: Cell) -> Row:
    """Return the row of a process that begins when all its events have come, the first by starting it."""
    inner = TIMER + MESSAGE + SIGNAL + CONDITION + MESSAGE.replace('"M"', '"N"')
    body = (
        f'<startEvent id="x" parallelMultiple="true">{inner}</startEvent>{user("a")}{nodes("endEvent", "e")}'
    )
    others = (HOUR, change(ready=True), signal("stop"))
    acts = (*others, is_open(), message("report"), complete("a"))
    return Row(
        cell.group,
        cell.kind,
        body + flows("x > a > e"),
        acts,
        ("x", "a", "e"),
        extra=ROOTS,
        start={"message": "recall"},
        note="the first event begins the process, its token waits for the others",
    )


def _handler(cell: Cell) -> str:
    """Return an event subprocess whose start is the event `x`."""
    interrupting = "false" if "not" in cell.position else "true"
    start = f'<startEvent id="x" isInterrupting="{interrupting}"{_flag(cell.kind)}>{DEFINITIONS[cell.kind]}</startEvent>'
    inside = start + user("h") + nodes("endEvent", "he") + flows("x > h > he")
    return f'<subProcess id="handler" triggeredByEvent="true">{inside}</subProcess>'


def _event_subprocess(cell: Cell) -> Row:
    if cell.kind == "compensation":
        return _compensation_subprocess(cell)
    start, interrupting = nodes("startEvent", "s") + nodes("endEvent", "e"), "not" not in cell.position
    after: tuple[Act, ...] = (complete("h"),) if interrupting else (complete("h"), complete("a"))
    if cell.kind in RAISED:
        raised = nodes("parallelGateway", "both") + RAISED[cell.kind] + user("a")
        body = start + raised + flows("s > both > a > e", "both > raise") + _handler(cell)
        acts: tuple[Act, ...] = ()
    else:
        body = start + user("a") + flows("s > a > e") + _handler(cell)
        acts = (is_open("a"), *TRIGGERS[cell.kind])
    waiting = is_open("h") if interrupting else is_open("a", "h")
    never = ("e",) if interrupting else ()
    return cell.row(body, *acts, waiting, *after, passes=("handler", "x", "h", "he"), never=never)


def _compensation_subprocess(cell: Cell) -> Row:
    inside = nodes("startEvent", "bs") + user("a") + nodes("endEvent", "be") + flows("bs > a > be")
    throw = '<intermediateThrowEvent id="t"><compensateEventDefinition/></intermediateThrowEvent>'
    body = nodes("startEvent", "s") + sub("box", inside, _handler(cell)) + throw + nodes("endEvent", "e")
    acts = (complete("a"), is_open("h"), complete("h"))
    return cell.row(body + flows("s > box > t > e"), *acts, passes=("a", "t", "h", "e"))


def _catch(cell: Cell) -> Row:
    start, end = nodes("startEvent", "s"), nodes("endEvent", "e")
    caught = (
        f'<intermediateCatchEvent id="x"{_flag(cell.kind)}>{DEFINITIONS[cell.kind]}</intermediateCatchEvent>'
    )
    if cell.kind == "link":
        throw = f'<intermediateThrowEvent id="t">{DEFINITIONS["link"]}</intermediateThrowEvent>'
        return cell.row(start + throw + caught + end + flows("s > t", "x > e"), passes=("t", "x", "e"))
    beside = nodes("parallelGateway", "both") + user("a") + nodes("endEvent", "ae")
    body = start + beside + caught + end + flows("s > both > x > e", "both > a > ae")
    acts = (is_open("a"), *TRIGGERS[cell.kind], complete("a"))
    return cell.row(body, *acts, passes=("x", "e"))


def _boundary(cell: Cell) -> Row:
    special = {"cancel": _cancel, "compensation": _compensation}
    if cell.kind in special:
        return special[cell.kind](cell)
    interrupting = "not" not in cell.position
    held = boundary("x", "a", DEFINITIONS[cell.kind], cancel=interrupting).replace(
        'id="x"', f'id="x"{_flag(cell.kind)}'
    )
    ends = nodes("startEvent", "s") + nodes("endEvent", "e", "he") + user("h")
    after: tuple[Act, ...]
    if cell.kind in RAISED:
        inside = nodes("startEvent", "bs") + nodes("parallelGateway", "both") + user("b") + RAISED[cell.kind]
        inside += nodes("endEvent", "be") + flows("bs > both > b > be", "both > raise")
        body = ends + sub("a", inside) + held + flows("s > a > e", "x > h > he")
        acts: tuple[Act, ...] = (is_open("h") if interrupting else is_open("b", "h"), complete("h"))
        after = () if interrupting else (complete("b"),)
    else:
        body = ends + user("a") + held + flows("s > a > e", "x > h > he")
        fired = is_open("h") if interrupting else is_open("a", "h")
        acts = (is_open("a"), *TRIGGERS[cell.kind], fired, complete("h"))
        after = () if interrupting else (complete("a"),)
    return cell.row(body, *acts, *after, passes=("a", "x", "h", "he"), never=("e",) if interrupting else ())


def _cancel(cell: Cell) -> Row:
    inside = nodes("startEvent", "bs") + user("a") + '<endEvent id="be"><cancelEventDefinition/></endEvent>'
    deal = sub("deal", inside, flows("bs > a > be"), tag="transaction")
    body = nodes("startEvent", "s") + deal + boundary("x", "deal", DEFINITIONS["cancel"])
    body += nodes("endEvent", "e", "he") + flows("s > deal > e", "x > he")
    return cell.row(body, complete("a"), passes=("be", "x", "he"), never=("e",))


def undo(name: str, of: str) -> str:
    """Return a compensation boundary event on `of` with the user task `name` as its handler."""
    held = (
        f'<boundaryEvent id="{of}_undone" attachedToRef="{of}"><compensateEventDefinition/></boundaryEvent>'
    )
    handler = user(name).replace("<userTask ", '<userTask isForCompensation="true" ')
    link = f'<association id="{of}_to_{name}" associationDirection="One" sourceRef="{of}_undone" targetRef="{name}"/>'
    return held + handler + link


def _compensation(cell: Cell) -> Row:
    throw = '<intermediateThrowEvent id="t"><compensateEventDefinition/></intermediateThrowEvent>'
    body = nodes("startEvent", "s") + user("a") + undo("h", "a") + throw + nodes("endEvent", "e")
    acts = (complete("a"), is_open("h"), complete("h"))
    order = "one handler after another, the last completed first"
    return cell.row(body + flows("s > a > t > e"), *acts, passes=("a", "t", "h", "e"), note=order)


def _throw(cell: Cell) -> Row:
    thrown = f'<intermediateThrowEvent id="x">{DEFINITIONS[cell.kind]}</intermediateThrowEvent>'
    if cell.kind == "multiple":
        thrown = f'<intermediateThrowEvent id="x">{SIGNAL}{ESCALATION}</intermediateThrowEvent>'
    return _thrown(cell, thrown, "s > x > e")


def _end(cell: Cell) -> Row:
    inner = SIGNAL + ESCALATION if cell.kind == "multiple" else DEFINITIONS[cell.kind]
    return _thrown(cell, f'<endEvent id="x">{inner}</endEvent>', "s > x")


def _thrown(cell: Cell, thrown: str, path: str) -> Row:
    """Return a process that throws `x` and, where the kind has one, catches it beside."""
    end = nodes("endEvent", "e") if path.endswith("e") else ""
    start = nodes("startEvent", "s")
    arrived = ("x", "e") if end else ("x",)
    if cell.kind == "link":
        there = f'<intermediateCatchEvent id="c">{DEFINITIONS["link"]}</intermediateCatchEvent>'
        return cell.row(start + thrown + there + end + flows("s > x", "c > e"), passes=("x", "c", "e"))
    if cell.kind in ("message", "signal", "multiple"):
        inner = MESSAGE if cell.kind == "message" else SIGNAL
        caught = f'<intermediateCatchEvent id="c">{inner}</intermediateCatchEvent>'
        beside = nodes("parallelGateway", "both") + caught + nodes("endEvent", "ce") + flows("both > c > ce")
        body = start + beside + thrown + end + flows("s > both", path.replace("s >", "both >"))
        return cell.row(body, passes=("x", "ce"))
    if cell.kind == "compensation":
        body = start + user("a") + undo("h", "a") + thrown + end + flows(path.replace("s >", "s > a >"))
        return cell.row(body, complete("a"), is_open("h"), complete("h"), passes=("a", "x", "h"))
    if cell.kind in ("error", "escalation", "cancel"):
        return _raised(cell, thrown, end, path)
    if cell.kind == "terminate":
        beside = nodes("parallelGateway", "both") + user("a") + flows("s > both > x", "both > a")
        return cell.row(start + beside + thrown, passes=("x",))
    return cell.row(start + thrown + end + flows(path), passes=arrived)


def _raised(cell: Cell, thrown: str, end: str, path: str) -> Row:
    tag = "transaction" if cell.kind == "cancel" else "subProcess"
    inside = sub("box", nodes("startEvent", "s"), thrown, end, flows(path), tag=tag)
    body = nodes("startEvent", "s0") + inside + boundary("c", "box", DEFINITIONS[cell.kind])
    body += nodes("endEvent", "e0", "ce") + script("h", "seen = true") + flows("s0 > box > e0", "c > h > ce")
    return cell.row(body, passes=("x", "c", "h", "ce"), never=("e0",), ends_with={"seen": True})
