"""Every cell of BPMN 2.0's table 10.93: each kind of event in each position works or is refused, saying why."""

from __future__ import annotations

import pytest

from tests.workflows.engine.diagrams import (
    Story,
    boundary,
    conditional,
    counted,
    file_of,
    flows,
    nodes,
    sub,
    user,
)
from workflows.engine import compile_definition, read

EXTRA = (
    '<message id="M" name="recall"/><signal id="S" name="stop"/>'
    '<error id="E1" errorCode="E1"/><escalation id="U1" escalationCode="U1"/>'
)
KINDS = {
    "none": "",
    "message": '<messageEventDefinition messageRef="M"/>',
    "signal": '<signalEventDefinition signalRef="S"/>',
    "timer": "<timerEventDefinition><timeDuration>PT1H</timeDuration></timerEventDefinition>",
    "conditional": conditional("${grave}"),
    "error": '<errorEventDefinition errorRef="E1"/>',
    "escalation": '<escalationEventDefinition escalationRef="U1"/>',
    "compensate": "<compensateEventDefinition/>",
    "cancel": "<cancelEventDefinition/>",
    "link": '<linkEventDefinition name="L"/>',
    "terminate": "<terminateEventDefinition/>",
}
EXTERNAL = {"message", "signal", "timer", "conditional"}
LEGAL = {
    "start": EXTERNAL | {"none"},
    "inner start": {"none"},
    "event start": EXTERNAL | {"error", "escalation", "compensate"},
    "event start beside": EXTERNAL | {"escalation"},
    "catch": EXTERNAL | {"link"},
    "throw": {"none", "message", "signal", "escalation", "compensate", "link"},
    "boundary": EXTERNAL | {"error", "escalation", "compensate", "cancel"},
    "boundary beside": EXTERNAL | {"escalation", "compensate"},
    "end": {"none", "message", "signal", "error", "escalation", "compensate", "cancel", "terminate"},
}
OTHER_LINK = {
    "catch": '<intermediateThrowEvent id="other"><linkEventDefinition name="L"/></intermediateThrowEvent>',
    "throw": '<intermediateCatchEvent id="other"><linkEventDefinition name="L"/></intermediateCatchEvent>',
}


def placed(position: str, kind: str) -> str:
    """Return a process with the event `x` of a kind in a position inside the transaction `box`."""
    inner = KINDS[kind]
    if position == "start":
        return f'<startEvent id="x">{inner}</startEvent>' + user("a") + flows("x > a")
    flag = "cancelActivity" if position.startswith("boundary") else "isInterrupting"
    beside = f' {flag}="false"' if "beside" in position else ""
    main = nodes("startEvent", "is") + user("b")
    if position == "inner start":
        return boxed(f'<startEvent id="x">{inner}</startEvent>' + user("b") + flows("x > b"))
    if position.startswith("event start"):
        handler = f'<startEvent id="x"{beside}>{inner}</startEvent>' + user("c") + flows("x > c")
        by_event = f'<subProcess id="h" triggeredByEvent="true">{handler}</subProcess>'
        return boxed(main + flows("is > b") + by_event)
    if position == "catch":
        event = f'<intermediateCatchEvent id="x">{inner}</intermediateCatchEvent>'
        if kind == "link":
            return boxed(main + event + user("c") + OTHER_LINK["catch"] + flows("is > b > other", "x > c"))
        return boxed(main + event + user("c") + flows("is > b > x > c"))
    if position == "throw":
        event = f'<intermediateThrowEvent id="x">{inner}</intermediateThrowEvent>'
        if kind == "link":
            return boxed(main + event + user("c") + OTHER_LINK["throw"] + flows("is > b > x", "other > c"))
        return boxed(main + event + user("c") + flows("is > b > x > c"))
    if position == "end":
        return boxed(main + f'<endEvent id="x">{inner}</endEvent>' + flows("is > b > x"))
    event = f'<boundaryEvent id="x" attachedToRef="box"{beside}>{inner}</boundaryEvent>'
    if kind == "compensate":
        undo = '<userTask id="undo" isForCompensation="true"/>'
        return (
            boxed(main + flows("is > b"))
            + event
            + undo
            + '<association id="as" sourceRef="x" targetRef="undo"/>'
        )
    return boxed(main + flows("is > b")) + event + user("d") + flows("x > d")


def boxed(inner: str) -> str:
    box = sub("box", inner, tag="transaction")
    return nodes("startEvent", "s") + box + user("after") + flows("s > box > after")


CELLS = [(position, kind) for position in LEGAL for kind in KINDS]


@pytest.mark.parametrize(("position", "kind"), [c for c in CELLS if c[1] in LEGAL[c[0]]])
def test_a_legal_cell_is_read_and_runs(position: str, kind: str) -> None:
    body = placed(position, kind)
    node = compile_definition(file_of(body, extra=EXTRA), "p").nodes["x"]
    assert node.kind.partition(":")[2] == ("" if kind == "none" else kind)
    start = {"start_node": "x"} if position == "start" else {}
    story = Story.begin(body, extra=EXTRA, **start)
    if "b" in story.open and position in ("catch", "throw", "end"):
        story.complete("b")
    if position in ("event start", "event start beside", "catch", "boundary", "boundary beside"):
        _let_happen(story, kind)
    reached = {"event start": ["c"], "catch": ["c"], "boundary": ["d"], "throw": ["c"], "end": ["after"]}
    reached |= {"event start beside": ["b", "c"], "boundary beside": ["b", "d"]}
    reached |= {"start": ["a"], "inner start": ["b"]}
    passive = kind in ("error", "escalation", "cancel", "compensate")
    if passive and position not in ("throw", "end"):
        # Only something inside throws these; each has tests of its own.
        assert story.open == ["b"]
    elif (position, kind) == ("end", "error"):
        # Nobody catches it, so the instance ends.
        assert story.outcome == "completed"
    else:
        assert story.open == reached[position]
        assert "x" in story.entered()


def _let_happen(story: Story, kind: str) -> None:
    if kind == "message":
        assert story.deliver("recall")
    elif kind == "signal":
        assert story.signal("stop")
    elif kind == "timer":
        story.wait(hours=1)
    elif kind == "conditional":
        story.set(grave=True)


@pytest.mark.parametrize(("position", "kind"), [c for c in CELLS if c[1] not in LEGAL[c[0]]])
def test_an_illegal_cell_is_refused_with_the_reason(position: str, kind: str) -> None:
    errors = [f for f in read(file_of(placed(position, kind), extra=EXTRA))[1] if f.severity == "error"]
    said = [f.message for f in errors if f.element == "x"]
    expected = ("cannot be", "without any event", "always interrupts", "stands alone")
    assert [message for message in said if any(words in message for words in expected)], errors


# -- boundary events on every host --------------------------------------------------------------------

CALLED = (
    f'<process id="q" isExecutable="false">{nodes("startEvent", "qs")}{user("t")}{flows("qs > t")}</process>'
)
HOSTS = {
    "a receive task": '<receiveTask id="host"/>',
    "a call activity": '<callActivity id="host" calledElement="q"/>',
    "an external task": '<serviceTask id="host" camunda:type="external" camunda:topic="t"/>',
    "several instances": user("host", counted("3")),
    "instances one by one": user("host", counted("3", isSequential="true")),
    "a loop": user("host", '<standardLoopCharacteristics loopMaximum="3"/>'),
    "several subprocesses": sub("host", counted("2"), nodes("startEvent", "hs"), user("u"), flows("hs > u")),
}


@pytest.mark.parametrize("cancel", [True, False])
@pytest.mark.parametrize("kind", sorted(EXTERNAL))
@pytest.mark.parametrize("host", HOSTS.values(), ids=HOSTS)
def test_a_boundary_event_sits_on_any_activity_as_a_whole(host: str, kind: str, cancel: bool) -> None:
    body = nodes("startEvent", "s") + host + boundary("x", "host", KINDS[kind], cancel=cancel) + user("after")
    story = Story.begin(body + flows("s > host", "x > after"), extra=EXTRA + CALLED)
    before = len(story.run.open_tasks) + len(story.run.external_tasks)
    _let_happen(story, kind)
    left = 0 if cancel else before
    assert len(story.run.open_tasks) + len(story.run.external_tasks) == left + 1
    assert story.open.count("after") == 1
    assert story.entered().count("x") == 1
    cancelled = [s.node_id for s in story.steps if s.what == "cancelled"]
    assert bool([name for name in cancelled if name.startswith("host")]) is cancel


def test_a_condition_beside_an_activity_fires_whenever_it_has_become_true_anew() -> None:
    body = nodes("startEvent", "s") + user("a") + boundary("x", "a", KINDS["conditional"], cancel=False)
    story = Story.begin(body + user("told") + flows("s > a", "x > told"))
    for grave in (True, True, False, True):
        story.set(grave=grave)
    assert story.open == ["a", "told", "told"]


# -- signals, messages, links, termination ------------------------------------------------------------


@pytest.mark.parametrize("tag", ["intermediateThrowEvent", "endEvent"])
def test_a_signal_thrown_reaches_all_that_wait_in_the_instance(tag: str) -> None:
    body = (
        nodes("startEvent", "s")
        + user("a")
        + f'<{tag} id="x">{KINDS["signal"]}</{tag}>'
        + f'<intermediateCatchEvent id="c">{KINDS["signal"]}</intermediateCatchEvent>'
        + user("caught")
        + user("b")
        + boundary("on_b", "b", KINDS["signal"], cancel=False)
        + user("told")
        + flows("s > a > x", "s > c > caught", "s > b", "on_b > told")
    )
    story = Story.begin(body, extra=EXTRA)
    story.complete("a")
    assert story.open == ["b", "caught", "told"]
    assert [(sent.kind, sent.name) for sent in story.sent] == [("signal", "stop")]


def test_a_message_end_event_reaches_who_waits_in_the_instance() -> None:
    body = (
        nodes("startEvent", "s")
        + user("a")
        + f'<endEvent id="x">{KINDS["message"]}</endEvent>'
        + f'<intermediateCatchEvent id="c">{KINDS["message"]}</intermediateCatchEvent>'
        + user("caught")
        + flows("s > a > x", "s > c > caught")
    )
    story = Story.begin(body, extra=EXTRA)
    story.complete("a")
    assert story.open == ["caught"]
    assert story.sent == []


def test_several_throwing_links_lead_to_one_catch() -> None:
    link = KINDS["link"]
    body = (
        nodes("startEvent", "s")
        + user("a")
        + user("b")
        + f'<intermediateThrowEvent id="l1">{link}</intermediateThrowEvent>'
        + f'<intermediateThrowEvent id="l2">{link}</intermediateThrowEvent>'
        + f'<intermediateCatchEvent id="c">{link}</intermediateCatchEvent>'
        + user("after")
        + flows("s > a > l1", "s > b > l2", "c > after")
    )
    story = Story.begin(body)
    story.complete("a")
    assert story.open == ["after", "b"]
    story.complete("b")
    assert story.open == ["after", "after"]


def test_terminate_ends_one_instance_of_a_subprocess() -> None:
    inner = (
        nodes("startEvent", "is")
        + user("a")
        + user("b")
        + f'<endEvent id="stop">{KINDS["terminate"]}</endEvent>'
        + flows("is > a > stop", "is > b")
    )
    body = nodes("startEvent", "s") + sub("box", counted("2") + inner) + user("after")
    story = Story.begin(body + flows("s > box > after"))
    story.complete("a")
    assert story.open == ["a", "b"]
    story.complete("a")
    assert story.open == ["after"]
