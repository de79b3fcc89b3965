"""Several event definitions on one event: any of them, all of them, each thrown."""

from __future__ import annotations

from datetime import timedelta
from itertools import permutations

import pytest

from tests.workflows.engine.diagrams import (
    START,
    Story,
    TestHost,
    boundary,
    conditional,
    file_of,
    flows,
    nodes,
    service,
    sub,
    user,
)
from workflows.engine import (
    BpmnError,
    Trigger,
    compile_definition,
    conditions_met,
    next_start,
    read,
    triggers,
)

EXTRA = (
    '<message id="M" name="recall"/><message id="N" name="report"/><signal id="S" name="stop"/>'
    '<error id="E1" errorCode="E1"/><escalation id="U1" escalationCode="U1"/>'
)
MESSAGE = '<messageEventDefinition messageRef="M"/>'
REPORT = '<messageEventDefinition messageRef="N"/>'
SIGNAL = '<signalEventDefinition signalRef="S"/>'
HOUR = "<timerEventDefinition><timeDuration>PT1H</timeDuration></timerEventDefinition>"
HOURLY = "<timerEventDefinition><timeCycle>R2/PT1H</timeCycle></timerEventDefinition>"
GRAVE = conditional("${grave}")
ERROR = '<errorEventDefinition errorRef="E1"/>'
UP = '<escalationEventDefinition escalationRef="U1"/>'
FOUR = MESSAGE + SIGNAL + HOUR + GRAVE
ALL = ' parallelMultiple="true"'


def happen(story: Story, what: str) -> None:
    if what == MESSAGE:
        assert story.deliver("recall", by="M")
    elif what == SIGNAL:
        assert story.signal("stop", by="S")
    elif what == HOUR:
        story.wait(hours=1)
    else:
        story.set(grave=True)


def catching(where: str, inner: str, *, needs_all: bool = False, cancel: bool = True) -> str:
    """Return a process in which `x` catches somewhere; what comes after it is `after`."""
    all_of = ALL if needs_all else ""
    flag = "true" if cancel else "false"
    after = user("after")
    if where == "catch":
        return (
            f'{nodes("startEvent", "s")}<intermediateCatchEvent id="x"{all_of}>{inner}</intermediateCatchEvent>'
            + (after + flows("s > x > after"))
        )
    if where == "gateway":
        gateway = nodes("startEvent", "s") + nodes("eventBasedGateway", "g") + user("never")
        gateway += f'<intermediateCatchEvent id="x"{all_of}>{inner}</intermediateCatchEvent>' + after
        gateway += f'<intermediateCatchEvent id="y">{REPORT}</intermediateCatchEvent>'
        return gateway + flows("s > g > x > after", "g > y > never")
    main = nodes("startEvent", "s") + user("a") + flows("s > a")
    if where == "boundary":
        event = (
            f'<boundaryEvent id="x" attachedToRef="a" cancelActivity="{flag}"{all_of}>{inner}</boundaryEvent>'
        )
        return main + event + after + flows("x > after")
    start = f'<startEvent id="x" isInterrupting="{flag}"{all_of}>{inner}</startEvent>'
    return (
        main + f'<subProcess id="h" triggeredByEvent="true">{start}{after}{flows("x > after")}</subProcess>'
    )


WHERE = pytest.mark.parametrize("where", ["catch", "gateway", "boundary", "event subprocess"])


@WHERE
@pytest.mark.parametrize("what", [MESSAGE, SIGNAL, HOUR, GRAVE])
def test_any_one_of_several_is_enough(where: str, what: str) -> None:
    story = Story.begin(catching(where, FOUR), extra=EXTRA)
    assert len(story.run.subscriptions) == (4 if where == "gateway" else 3)
    assert [due.node_id for due in story.run.due_timers] == ["x"]
    happen(story, what)
    assert story.open == ["after"]
    assert story.run.subscriptions == []
    assert story.run.due_timers == []
    assert story.entered().count("x") == 1


@WHERE
@pytest.mark.parametrize("order", list(permutations([MESSAGE, HOUR, GRAVE])))
def test_all_are_needed_in_any_order_and_remembered(where: str, order: tuple[str, ...]) -> None:
    story = Story.begin(catching(where, MESSAGE + HOUR + GRAVE, needs_all=True), extra=EXTRA)
    for what in order[:-1]:
        happen(story, what)
        assert "after" not in story.open
    # What has happened is not waited for a second time.
    assert not (order[0] == MESSAGE and story.deliver("recall"))
    happen(story, order[-1])
    assert story.open == ["after"]
    assert (story.run.subscriptions, story.run.due_timers) == ([], [])


@pytest.mark.parametrize("where", ["boundary", "event subprocess"])
def test_beside_its_activity_each_of_several_happens_again_and_again(where: str) -> None:
    story = Story.begin(catching(where, MESSAGE + HOURLY, cancel=False), extra=EXTRA)
    happen(story, MESSAGE)
    happen(story, MESSAGE)
    story.wait(hours=1)
    assert story.open == ["a", "after", "after", "after"]
    story.wait(hours=1)
    assert len(story.open) == 5
    assert story.run.due_timers == []
    happen(story, MESSAGE)
    assert len(story.open) == 6


@pytest.mark.parametrize("where", ["boundary", "event subprocess"])
def test_beside_its_activity_all_are_needed_each_time(where: str) -> None:
    story = Story.begin(catching(where, MESSAGE + REPORT, needs_all=True, cancel=False), extra=EXTRA)
    happen(story, MESSAGE)
    assert not story.deliver("recall")
    assert story.open == ["a"]
    assert story.deliver("report")
    assert story.open == ["a", "after"]
    assert story.deliver("report")
    assert story.open == ["a", "after"]
    happen(story, MESSAGE)
    assert story.open == ["a", "after", "after"]


@pytest.mark.parametrize("where", ["boundary", "event subprocess"])
@pytest.mark.parametrize("end", [ERROR, UP])
def test_an_error_or_escalation_may_be_one_of_several(where: str, end: str) -> None:
    bad = f'<endEvent id="bad">{end}</endEvent>'
    if where == "boundary":
        inner = nodes("startEvent", "is") + user("a") + bad + flows("is > a > bad")
        event = f'<boundaryEvent id="x" attachedToRef="box">{MESSAGE}{ERROR}{UP}</boundaryEvent>'
        body = (
            nodes("startEvent", "s")
            + sub("box", inner)
            + event
            + user("after")
            + flows("s > box", "x > after")
        )
    else:
        body = catching(where, MESSAGE + ERROR + UP) + bad + flows("a > bad")
    story = Story.begin(body, extra=EXTRA)
    story.complete("a")
    assert story.open == ["after"]
    story = Story.begin(body, extra=EXTRA)
    happen(story, MESSAGE)
    assert story.open == ["after"]


def test_a_timer_of_several_tells_what_it_sits_on() -> None:
    story = Story.begin(catching("boundary", MESSAGE + HOUR), extra=EXTRA)
    (due,), (task,) = story.run.due_timers, story.run.open_tasks
    assert due.task_id == task.id
    (due,) = Story.begin(catching("catch", MESSAGE + HOUR), extra=EXTRA).run.due_timers
    assert due.task_id is None


# -- thrown -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("tag", ["intermediateThrowEvent", "endEvent"])
def test_all_are_thrown(tag: str) -> None:
    inner = (
        nodes("startEvent", "is") + f'<{tag} id="x">{SIGNAL}{MESSAGE}{UP}{REPORT}</{tag}>' + flows("is > x")
    )
    body = (
        nodes("startEvent", "s") + sub("box", inner) + boundary("up", "box", UP, cancel=False) + user("told")
    )
    story = Story.begin(body + flows("s > box", "up > told"), extra=EXTRA)
    assert sorted((sent.kind, sent.name) for sent in story.sent) == [
        ("message", "recall"),
        ("message", "report"),
        ("signal", "stop"),
    ]
    assert story.open == ["told"]


@pytest.mark.parametrize("last", [ERROR, "<terminateEventDefinition/>", "<cancelEventDefinition/>"])
def test_what_ends_more_than_the_token_is_thrown_last(last: str) -> None:
    inner = (
        nodes("startEvent", "is")
        + user("done")
        + boundary("c", "done", "<compensateEventDefinition/>")
        + '<userTask id="undo" isForCompensation="true"/><association id="as" sourceRef="c" targetRef="undo"/>'
        + f'<endEvent id="x">{last}<compensateEventDefinition/>{MESSAGE}</endEvent>'
        + user("beside")
        + flows("is > done > x", "is > beside")
    )
    body = nodes("startEvent", "s") + sub("box", inner, tag="transaction") + boundary("e", "box", ERROR)
    body += (
        boundary("k", "box", "<cancelEventDefinition/>")
        + user("out")
        + flows("s > box", "e > out", "k > out")
    )
    story = Story.begin(body + user("after") + flows("box > after"), extra=EXTRA)
    story.complete("done")
    assert story.open == ["beside", "undo"]
    assert [sent.name for sent in story.sent] == ["recall"]
    story.complete("undo")
    assert story.open == (["after"] if "terminate" in last else ["out"])


def test_a_signal_takes_along_what_the_diagram_says() -> None:
    inner = '<camunda:in source="n" target="m"/><camunda:in sourceExpression="${n + 1}" target="o"/>'
    carrying = SIGNAL.replace(
        "/>", f"><extensionElements>{inner}</extensionElements></signalEventDefinition>"
    )
    body = nodes("startEvent", "s") + f'<endEvent id="x">{carrying}{MESSAGE}</endEvent>' + flows("s > x")
    story = Story.begin(body, {"n": 1, "other": 2}, extra=EXTRA)
    assert [(sent.name, sent.payload) for sent in story.sent] == [("stop", {"m": 1, "o": 2}), ("recall", {})]


def test_an_operation_stands_for_the_message_only() -> None:
    thrown = '<messageEventDefinition messageRef="M" camunda:delegateExpression="${tell}"/>'
    body = nodes("startEvent", "s") + f'<endEvent id="x">{SIGNAL}{thrown}</endEvent>' + flows("s > x")
    host = TestHost()
    story = Story.begin(body, extra=EXTRA, host=host)
    assert [name for name, _ in host.called] == ["tell"]
    assert [sent.name for sent in story.sent] == ["stop"]
    assert story.outcome == "completed"


def test_an_operations_error_among_several() -> None:
    def refuse(arguments: object, variables: object) -> None:
        raise BpmnError("E1")

    inner = nodes("startEvent", "is") + service("act", "refuse") + flows("is > act")
    event = f'<boundaryEvent id="x" attachedToRef="box">{HOUR}{ERROR}</boundaryEvent>'
    body = (
        nodes("startEvent", "s") + sub("box", inner) + event + user("after") + flows("s > box", "x > after")
    )
    host = TestHost(operations={"refuse": refuse})
    assert Story.begin(body, extra=EXTRA, host=host).open == ["after"]


# -- starts -------------------------------------------------------------------------------------------


def started(inner: str, more: str = "") -> str:
    return f'<startEvent id="s"{more}>{inner}</startEvent>' + user("a") + flows("s > a")


def test_a_process_starts_by_any_of_several() -> None:
    body = started(MESSAGE + REPORT + SIGNAL + HOUR)
    definition = compile_definition(file_of(body, extra=EXTRA), "p")
    assert definition.messages == {"recall", "report"}
    found = triggers(definition)
    assert [(t.node_id, t.kind, t.name) for t in found] == [
        ("s", "message", "recall"),
        ("s", "message", "report"),
        ("s", "signal", "stop"),
        ("s", "timer", ""),
    ]
    due = next_start(found[-1], armed_at=START, after=None, functions={})
    assert due == START + timedelta(hours=1)
    for message in ("recall", "report"):
        assert Story.begin(body, extra=EXTRA, message=message).open == ["a"]
    assert Story.begin(body, extra=EXTRA, start_node="s").open == ["a"]


def test_a_process_that_needs_several_messages_waits_for_the_others() -> None:
    body = started(MESSAGE + REPORT, ALL)
    for first, other in (("recall", "report"), ("report", "recall")):
        story = Story.begin(body, extra=EXTRA, message=first, start_node="s")
        assert story.open == []
        assert [waited.name for waited in story.run.subscriptions] == [other]
        assert story.deliver(other)
        assert story.open == ["a"]
    # Begun by hand, the first of its messages counts as come.
    assert [s.name for s in Story.begin(body, extra=EXTRA, start_node="s").run.subscriptions] == ["report"]


@pytest.mark.parametrize("order", list(permutations([MESSAGE, SIGNAL, HOUR, GRAVE], 4)))
def test_the_first_event_of_any_kind_begins_a_process_that_waits_for_the_others(
    order: tuple[str, ...],
) -> None:
    body = started(FOUR, ALL)
    first = {
        MESSAGE: {"message": "recall", "trigger": Trigger("s", "message", "recall")},
        SIGNAL: {"trigger": Trigger("s", "signal", "stop")},
        HOUR: {"trigger": Trigger("s", "timer")},
        GRAVE: {"trigger": Trigger("s", "conditional", "${grave}")},
    }[order[0]]
    story = Story.begin(body, extra=EXTRA, **first)
    for what in order[1:]:
        assert story.open == []
        happen(story, what)
    assert story.open == ["a"]
    assert (story.run.subscriptions, story.run.due_timers) == ([], [])
    assert story.entered() == ["s", "a"]


def test_a_start_may_have_several_timers() -> None:
    day = HOUR.replace("PT1H", "P1D")
    found = [
        t
        for t in triggers(compile_definition(file_of(started(HOUR + MESSAGE + day), extra=EXTRA), "p"))
        if t.timer
    ]
    assert [(t.node_id, t.number) for t in found] == [("s", 0), ("s", 1)]
    assert [next_start(t, armed_at=START, after=None, functions={}) for t in found] == [
        START + timedelta(hours=1),
        START + timedelta(days=1),
    ]
    story = Story.begin(started(HOUR + day, ALL), trigger=found[1])
    story.wait(hours=1)
    assert story.open == ["a"]


def test_of_several_conditions_the_one_that_holds_begins_the_process() -> None:
    body = started(GRAVE + conditional("${late}"), ALL)
    definition = compile_definition(file_of(body), "p")
    (met,) = conditions_met(definition, {"late": True}, {})
    story = Story.begin(body, {"late": True}, trigger=met)
    assert story.open == []
    story.set(grave=True)
    assert story.open == ["a"]
    # Where any is enough, both at once begin it once.
    either = compile_definition(file_of(started(GRAVE + conditional("${late}"))), "p")
    assert len(conditions_met(either, {"late": True, "grave": True}, {})) == 1


# -- what is refused ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("body", "why"),
    [
        (catching("catch", MESSAGE + "<terminateEventDefinition/>"), "cannot be an intermediate catching"),
        (catching("catch", MESSAGE + '<linkEventDefinition name="l"/>'), "stands alone"),
        (catching("boundary", MESSAGE + "<compensateEventDefinition/>"), "stands alone"),
        (catching("boundary", MESSAGE + ERROR, cancel=False), "always interrupts"),
        (catching("boundary", MESSAGE + ERROR, needs_all=True), "cannot wait for others"),
        (catching("boundary", MESSAGE + "<cancelEventDefinition/>"), "only sit on a transaction"),
        (
            nodes("startEvent", "s")
            + f'<endEvent id="x">{MESSAGE}<cancelEventDefinition/></endEvent>'
            + flows("s > x"),
            "inside a transaction",
        ),
    ],
)
def test_refused(body: str, why: str) -> None:
    errors = [f for f in read(file_of(body, extra=EXTRA))[1] if f.severity == "error"]
    assert [f for f in errors if f.element == "x" and why in f.message], errors


def test_kinds_as_the_outside_sees_them() -> None:
    def kind(needs_all: bool) -> str:
        body = catching("catch", FOUR, needs_all=needs_all)
        return compile_definition(file_of(body, extra=EXTRA), "p").nodes["x"].kind

    assert kind(False) == "intermediateCatchEvent:multiple"
    assert kind(True) == "intermediateCatchEvent:parallelMultiple"
