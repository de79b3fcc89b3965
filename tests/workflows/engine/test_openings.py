"""Every way for a process to begin: start events of all kinds, instantiating receive tasks and gateways."""

from __future__ import annotations

import pytest

from tests.workflows.engine.diagrams import (
    Story,
    conditional,
    counted,
    file_of,
    flows,
    nodes,
    sub,
    timer,
    user,
)
from workflows.engine import compile_definition, read, triggers
from workflows.errors import InvalidInput

NAMES = '<message id="M" name="m"/><message id="N" name="n"/><signal id="S" name="s1"/>'
MESSAGE = '<messageEventDefinition messageRef="M"/>'


def catch(name: str, definition: str) -> str:
    return f'<intermediateCatchEvent id="{name}">{definition}</intermediateCatchEvent>'


def begun(name: str, definition: str) -> str:
    return f'<startEvent id="{name}">{definition}</startEvent>'


RECEIVE = (
    '<receiveTask id="r" messageRef="M" instantiate="true"/>'
    + user("a")
    + '<receiveTask id="again" messageRef="M"/>'
    + nodes("endEvent", "e")
    + flows("r > a > again > e")
)


def test_an_instantiating_receive_task_begins_the_process() -> None:
    story = Story.begin(RECEIVE, {"x": 1}, extra=NAMES, message="m")
    assert (story.open, story.entered(), story.variables) == (["a"], ["r", "a"], {"x": 1})
    story.complete("a")
    assert story.outcome == "running"
    assert story.deliver("m")
    assert story.outcome == "completed"


def test_a_receive_task_behind_a_plain_start_event_begins_by_its_message_or_waits_for_it() -> None:
    body = nodes("startEvent", "s") + RECEIVE + flows("s > r")
    begun = Story.begin(body, {"x": 1}, extra=NAMES, message="m")
    assert (begun.open, begun.entered()) == (["a"], ["r", "a"])
    waiting = Story.begin(body, extra=NAMES)
    assert (waiting.open, waiting.entered()) == ([], ["s", "r"])
    assert waiting.deliver("m")
    assert waiting.open == ["a"]


def test_a_definition_tells_what_begins_it_and_what_it_waits_for() -> None:
    definition = compile_definition(file_of(RECEIVE, extra=NAMES), "p")
    assert (definition.messages, definition.catches) == ({"m"}, {"m"})
    assert [(t.node_id, t.kind, t.name) for t in triggers(definition)] == [("r", "message", "m")]
    assert definition.start_node.id == "r"


def test_a_receive_task_beside_a_start_event_begins_only_by_its_message() -> None:
    body = nodes("startEvent", "s") + user("b") + flows("s > b") + RECEIVE
    assert Story.begin(body, extra=NAMES).open == ["b"]
    assert Story.begin(body, extra=NAMES, message="m").open == ["a"]
    assert Story.begin(body, extra=NAMES, start_node="r").open == ["a"]


def test_without_its_message_the_process_cannot_begin() -> None:
    with pytest.raises(InvalidInput, match="no start events without a trigger"):
        Story.begin(RECEIVE, extra=NAMES)
    with pytest.raises(InvalidInput, match="no start events for the message 'n'"):
        Story.begin(RECEIVE, extra=NAMES, message="n")


def gateway(kind: str = "") -> str:
    given = f'eventGatewayType="{kind}"' if kind else ""
    return (
        f'<eventBasedGateway id="g" instantiate="true" {given}/>'
        '<receiveTask id="m" messageRef="M"/>'
        '<receiveTask id="n" messageRef="N"/>'
        + catch("sig", '<signalEventDefinition signalRef="S"/>')
        + timer("late", "R/P1D", kind="timeCycle")
        + user("am")
        + user("an")
        + user("asig")
        + user("al")
        + flows("g > m > am", "g > n > an", "g > sig > asig", "g > late > al")
    )


@pytest.mark.parametrize("kind", ["", "Exclusive"])
def test_an_instantiating_gateway_begins_by_the_event_that_happens(kind: str) -> None:
    by_message = Story.begin(gateway(kind), extra=NAMES, message="n")
    assert (by_message.open, by_message.entered()) == (["an"], ["g", "n", "an"])
    assert by_message.reload().subscriptions == []
    assert Story.begin(gateway(kind), extra=NAMES, start_node="sig").open == ["asig"]
    assert Story.begin(gateway(kind), extra=NAMES, start_node="late").open == ["al"]
    by_message.complete("an")
    assert by_message.outcome == "completed"


def test_every_event_behind_the_gateway_is_a_trigger() -> None:
    definition = compile_definition(file_of(gateway(), extra=NAMES), "p")
    told = [(t.node_id, t.kind, t.name, t.timer_kind) for t in triggers(definition)]
    assert told == [
        ("m", "message", "m", ""),
        ("n", "message", "n", ""),
        ("sig", "signal", "s1", ""),
        ("late", "timer", "", "timeCycle"),
    ]
    assert definition.messages == {"m", "n"}


def test_a_parallel_gateway_waits_for_all_its_events() -> None:
    body = (
        '<eventBasedGateway id="g" instantiate="true" eventGatewayType="Parallel"/>'
        + catch("m", MESSAGE)
        + catch("n", '<messageEventDefinition messageRef="N"/>')
        + nodes("parallelGateway", "join")
        + nodes("endEvent", "e")
        + flows("g > m > join > e", "g > n > join")
    )
    story = Story.begin(body, extra=NAMES, message="n")
    assert story.outcome == "running"
    assert [s.name for s in story.reload().subscriptions] == ["m"]
    assert not story.deliver("n")
    assert story.deliver("m")
    assert (story.outcome, story.ends) == ("completed", ["e"])


def test_many_start_events_of_all_kinds_stand_side_by_side() -> None:
    starts = {
        "plain": "",
        "msg": MESSAGE,
        "sig": '<signalEventDefinition signalRef="S"/>',
        "tim": "<timerEventDefinition><timeCycle>R/P1D</timeCycle></timerEventDefinition>",
        "cond": conditional("${x > 1}"),
    }
    body = "".join(begun(name, definition) + user(f"u{name}") for name, definition in starts.items())
    body += flows(*(f"{name} > u{name}" for name in starts))
    definition = compile_definition(file_of(body, extra=NAMES), "p")
    assert [t.node_id for t in triggers(definition)] == ["msg", "sig", "tim", "cond"]
    assert Story.begin(body, extra=NAMES).open == ["uplain"]
    assert Story.begin(body, extra=NAMES, message="m").open == ["umsg"]
    for name in starts:
        story = Story.begin(body, extra=NAMES, start_node=name)
        assert story.open == [f"u{name}"]
        story.complete(f"u{name}")
        assert story.outcome == "completed"


@pytest.mark.parametrize(
    ("body", "element", "said"),
    [
        (nodes("startEvent", "s") + user("b") + RECEIVE + flows("s > b > r"), "r", "has no incoming flow"),
        (nodes("startEvent", "s") + sub("box", RECEIVE) + flows("s > box"), "r", "in no subprocess"),
        (
            nodes("startEvent", "s")
            + '<eventBasedGateway id="g" eventGatewayType="Parallel"/>'
            + catch("m", MESSAGE)
            + flows("s > g > m"),
            "g",
            "instantiate it",
        ),
        (
            nodes("startEvent", "s", "x")
            + nodes("eventBasedGateway", "g")
            + f'<receiveTask id="r" messageRef="M">{counted("2")}</receiveTask>'
            + flows("s > g > r"),
            "r",
            "cannot repeat",
        ),
    ],
)
def test_what_cannot_begin_a_process_is_said_at_reading(body: str, element: str, said: str) -> None:
    _, findings = read(file_of(body, extra=NAMES))
    assert any(f.element == element and said in f.message for f in findings), findings
