"""Static rules of the way of tokens: flows, gateways, events, scopes, activities; each broken, then mended."""

from __future__ import annotations

import pytest

from tests.workflows.engine.diagrams import boundary, conditional, flows, nodes, several, sub, timer
from tests.workflows.engine.pairs import LINE, Pair, prove

START, END = nodes("startEvent", "s"), nodes("endEvent", "e")
FORK = START + nodes("exclusiveGateway", "x") + nodes("endEvent", "e", "f") + flows("s > x")
MESSAGE = '<messageEventDefinition messageRef="M"/>'
SIGNAL = '<signalEventDefinition signalRef="S"/>'
INNER = nodes("startEvent", "is") + nodes("task", "it") + nodes("endEvent", "ie") + flows("is > it > ie")


def flow(name: str, source: str, target: str, inner: str = "", more: str = "") -> str:
    return (
        f'<sequenceFlow id="{name}" sourceRef="{source}" targetRef="{target}" {more}>{inner}</sequenceFlow>'
    )


def when(text: str = "${n}") -> str:
    return f"<conditionExpression>{text}</conditionExpression>"


def event(kind: str, name: str, inner: str, more: str = "") -> str:
    return f'<{kind} id="{name}" {more}>{inner}</{kind}>'


def handler(start: str, more: str = "") -> str:
    """Return an event subprocess."""
    inner = f'<startEvent id="hs" {more}>{start}</startEvent>' + nodes("endEvent", "he") + flows("hs > he")
    return f'<subProcess id="h" triggeredByEvent="true">{inner}</subProcess>'


FLOWS = [
    Pair(
        "dangling",
        "f",
        LINE + sub("box", INNER) + flows("a > box > e") + "@",
        flow("f", "a", "it"),
        flow("f", "a", "box"),
    ),
    Pair("flow_after_end", "e", LINE + nodes("task", "b") + "@", flow("f", "e", "b"), flow("f", "a", "b")),
    Pair("flow_into_start", "s", LINE + "@", flow("f", "a", "s"), flow("f", "a", "a")),
    Pair("condition", "f", START + END + "@", flow("f", "s", "e", when()), flow("f", "s", "e")),
    Pair(
        "condition",
        "f",
        START + nodes("parallelGateway", "x") + nodes("endEvent", "e", "g") + flows("s > x > g") + "@",
        flow("f", "x", "e", when()),
        flow("f", "x", "e"),
    ),
    Pair(
        "condition",
        "f",
        START + nodes("task", "a") + END + flows("s > a") + "@",
        flow("f", "a", "e", when()),
        flow("f", "a", "e"),
    ),
    Pair(
        "default",
        "x_e",
        START
        + '<exclusiveGateway id="x" default="x_e"/>'
        + nodes("endEvent", "e", "f")
        + flows("s > x", "x > f | ${n}")
        + "@",
        flow("x_e", "x", "e", when()),
        flow("x_e", "x", "e"),
    ),
    Pair(
        "default",
        "x",
        START
        + '<exclusiveGateway id="x" default="@"/>'
        + nodes("endEvent", "e", "f")
        + flows("s > x", "x > f | ${n}", "x > e"),
        "s_x",
        "x_e",
    ),
    Pair(
        "immediate",
        "f",
        START + END + "@",
        flow("f", "s", "e", more='isImmediate="false"'),
        flow("f", "s", "e", more='isImmediate="true"'),
    ),
    Pair(
        "outgoing",
        "s",
        '<startEvent id="s">@</startEvent>' + nodes("task", "a", "b") + END + flows("s > a > b > e"),
        "<outgoing>s_a</outgoing><outgoing>a_b</outgoing>",
        "",
    ),
    Pair(
        "incoming",
        "a",
        START
        + '<task id="a">@</task><endEvent id="e"><incoming>a_e</incoming></endEvent>'
        + flows("s > a > e"),
        "",
        "<incoming>s_a</incoming>",
    ),
]
FLOWS.append(
    Pair(
        "condition",
        "f",
        START
        + nodes("inclusiveGateway", "x")
        + nodes("endEvent", "e", "g")
        + flows("s > x", "x > g | ${n}")
        + "@",
        flow("f", "x", "e"),
        flow("f", "x", "e", when()),
        severity="policy",
    )
)
EVENT_GATEWAY = (
    START
    + nodes("endEvent", "e")
    + timer("t", "PT1H")
    + '<eventBasedGateway id="g" @/>'
    + flows("s > g > t > e")
)
GATEWAYS = [
    Pair(
        "direction",
        "x",
        START
        + '<parallelGateway id="x" gatewayDirection="@"/>'
        + nodes("endEvent", "e", "f")
        + flows("s > x > e", "x > f"),
        "Converging",
        "Diverging",
    ),
    Pair(
        "direction",
        "x",
        START
        + '<parallelGateway id="y"/><parallelGateway id="x" gatewayDirection="@"/>'
        + nodes("task", "a", "b")
        + END
        + flows("s > y > a > x > e", "y > b > x"),
        "Mixed",
        "Converging",
    ),
    Pair(
        "gateway",
        "x",
        START + nodes("parallelGateway", "x") + nodes("endEvent", "e", "f") + flows("s > x > e") + "@",
        flow("f1", "s", "f"),
        flow("f1", "x", "f"),
    ),
    Pair(
        "event_gateway",
        "g",
        EVENT_GATEWAY.replace("@", "") + timer("u", "PT2H") + flows("u > e") + "@",
        flow("f", "s", "u"),
        flow("f", "g", "u"),
    ),
    Pair(
        "event_gateway",
        "b",
        EVENT_GATEWAY.replace("@", "") + "@" + flows("g > b > e"),
        nodes("task", "b"),
        event("intermediateCatchEvent", "b", SIGNAL),
    ),
    Pair(
        "event_gateway",
        "t",
        EVENT_GATEWAY.replace("@", "")
        + event("intermediateCatchEvent", "b", SIGNAL)
        + flows("g > b > e")
        + "@",
        flow("f", "b", "t"),
        "",
    ),
    Pair(
        "event_gateway",
        "b",
        EVENT_GATEWAY.replace("@", "") + '<receiveTask id="b" messageRef="M"/>' + flows("g > b > e") + "@",
        timer("o", "PT1H", on="b") + flows("o > e"),
        "",
    ),
    Pair(
        "event_gateway",
        "g",
        EVENT_GATEWAY.replace("@", "")
        + '<receiveTask id="b" messageRef="M"/>'
        + flows("g > b > e")
        + event("intermediateCatchEvent", "c", "@")
        + flows("g > c > e"),
        MESSAGE,
        SIGNAL,
    ),
    Pair(
        "event_gateway",
        "g",
        EVENT_GATEWAY + event("intermediateCatchEvent", "b", SIGNAL) + flows("g > b > e"),
        'eventGatewayType="Parallel"',
        'eventGatewayType="Exclusive"',
    ),
    Pair(
        "instantiate",
        "r",
        LINE + '<receiveTask id="r" messageRef="M" instantiate="@"/>' + flows("a > r > e"),
        "true",
        "false",
    ),
]


def boundary_on(on: str, inner: str) -> str:
    return boundary("b", on, inner) + nodes("endEvent", "be") + flows("b > be")


EVENTS = [
    Pair(
        "unsupported",
        "b",
        LINE + "@" + flows("a > b"),
        event("endEvent", "b", conditional("${n}")),
        event("endEvent", "b", SIGNAL),
    ),
    Pair(
        "unsupported",
        "s",
        "@" + END + flows("s > e"),
        event("startEvent", "s", '<errorEventDefinition errorRef="E"/>'),
        event("startEvent", "s", SIGNAL),
    ),
    Pair(
        "unsupported",
        "is",
        LINE + sub("box", "@" + nodes("endEvent", "ie") + flows("is > ie")) + flows("a > box > e"),
        event("startEvent", "is", SIGNAL),
        nodes("startEvent", "is"),
    ),
    Pair(
        "unsupported",
        "b",
        LINE + "@" + flows("a > b > e"),
        event(
            "intermediateThrowEvent",
            "b",
            "<timerEventDefinition><timeDuration>PT1H</timeDuration></timerEventDefinition>",
        ),
        timer("b", "PT1H"),
    ),
    Pair(
        "unsupported",
        "b",
        LINE + "@" + flows("a > b > e"),
        event("intermediateCatchEvent", "b", '<escalationEventDefinition escalationRef="X"/>'),
        event("intermediateThrowEvent", "b", '<escalationEventDefinition escalationRef="X"/>'),
    ),
    Pair(
        "no_event",
        "b",
        LINE + "@" + flows("a > b > e"),
        nodes("intermediateCatchEvent", "b"),
        nodes("intermediateThrowEvent", "b"),
    ),
    Pair("no_event", "b", LINE + boundary_on("a", "@"), "", SIGNAL),
    Pair("no_event", "hs", LINE + "@", handler(""), handler(SIGNAL)),
    Pair("event_subprocess", "h", LINE + handler(SIGNAL) + "@", flow("f", "a", "h"), ""),
    Pair(
        "event_subprocess",
        "h",
        LINE + handler(SIGNAL).replace("</subProcess>", "@</subProcess>"),
        event("startEvent", "h2", SIGNAL) + flows("h2 > he"),
        "",
    ),
    Pair(
        "unsupported",
        "b",
        LINE
        + boundary("b", "a", '<errorEventDefinition errorRef="E"/>').replace(
            'cancelActivity="true"', 'cancelActivity="@"'
        )
        + flows("b > e"),
        "false",
        "true",
    ),
    Pair(
        "unsupported",
        "hs",
        LINE + "@",
        handler('<errorEventDefinition errorRef="E"/>', 'isInterrupting="false"'),
        handler('<errorEventDefinition errorRef="E"/>'),
    ),
    Pair(
        "reference",
        "b",
        LINE + "@" + flows("a > b > e"),
        event("intermediateCatchEvent", "b", "<messageEventDefinition/>"),
        event("intermediateCatchEvent", "b", MESSAGE),
    ),
    Pair(
        "reference",
        "b",
        LINE + "@" + flows("a > b > e"),
        event("intermediateThrowEvent", "b", "<signalEventDefinition/>"),
        event("intermediateThrowEvent", "b", SIGNAL),
    ),
    Pair(
        "reference",
        "b",
        LINE + "@" + flows("a > b"),
        event("endEvent", "b", "<errorEventDefinition/>"),
        event("endEvent", "b", '<errorEventDefinition errorRef="E"/>'),
    ),
    Pair(
        "reference",
        "b",
        LINE + "@" + flows("a > b"),
        event("endEvent", "b", "<escalationEventDefinition/>"),
        event("endEvent", "b", '<escalationEventDefinition escalationRef="X"/>'),
    ),
    Pair(
        "code",
        "b",
        LINE + event("endEvent", "b", '<errorEventDefinition errorRef="@"/>') + flows("a > b"),
        "Bare",
        "E",
        '<error id="Bare"/>',
    ),
    Pair(
        "multiple",
        "b",
        LINE + event("intermediateCatchEvent", "b", SIGNAL, "@") + flows("a > b > e"),
        'parallelMultiple="true"',
        'parallelMultiple="false"',
    ),
    Pair(
        "link",
        "b",
        LINE
        + event("intermediateThrowEvent", "b", '<linkEventDefinition name="@"/>')
        + event("intermediateCatchEvent", "c", '<linkEventDefinition name="there"/>')
        + flows("a > b", "c > e"),
        "elsewhere",
        "there",
    ),
    Pair(
        "link",
        "c2",
        LINE
        + event("intermediateThrowEvent", "b", '<linkEventDefinition name="l"/>')
        + event("intermediateCatchEvent", "c", '<linkEventDefinition name="l"/>')
        + flows("a > b", "c > e")
        + "@",
        event("intermediateCatchEvent", "c2", '<linkEventDefinition name="l"/>') + flows("c2 > e"),
        "",
    ),
    Pair(
        "link",
        "c",
        LINE
        + event("intermediateThrowEvent", "b", '<linkEventDefinition name="l"/>')
        + event("intermediateCatchEvent", "c", '<linkEventDefinition name="l"/>')
        + flows("a > b", "c > e")
        + "@",
        flow("f", "a", "c"),
        "",
    ),
    Pair(
        "link",
        "b",
        LINE
        + event("intermediateThrowEvent", "b", '<linkEventDefinition name="l"/>')
        + event("intermediateCatchEvent", "c", '<linkEventDefinition name="l"/>')
        + flows("a > b", "c > e")
        + "@",
        flow("f", "b", "e"),
        "",
    ),
    Pair(
        "link",
        "c",
        LINE + "@",
        event("intermediateCatchEvent", "c", '<linkEventDefinition name="l"/>') + flows("c > e"),
        "",
    ),
]
SCOPES = [
    Pair(
        "no_end",
        "p",
        START + nodes("task", "a") + flows("s > a") + "@",
        "",
        END + flows("a > e"),
        severity="policy",
    ),
    Pair(
        "no_start",
        "p",
        nodes("task", "a") + END + flows("a > e") + "@",
        "",
        START + flows("s > a"),
        severity="policy",
    ),
    Pair(
        "no_start",
        "box",
        LINE
        + sub("box", nodes("task", "it") + nodes("endEvent", "ie") + flows("it > ie") + "@")
        + flows("a > box > e"),
        "",
        nodes("startEvent", "is") + flows("is > it"),
        severity="policy",
    ),
    Pair(
        "unreachable",
        "b",
        LINE + nodes("task", "b") + flows("b > e") + "@",
        "",
        flow("f", "a", "b"),
        severity="policy",
    ),
    Pair(
        "no_outgoing",
        "b",
        LINE + nodes("task", "b") + flows("a > b") + "@",
        "",
        flow("f", "b", "e"),
        severity="policy",
    ),
]
OPERATION = '<interface id="i" name="i"><operation id="op" name="op"><inMessageRef>M</inMessageRef></operation></interface>'  # noqa: E501
UNDO = event("boundaryEvent", "u", "<compensateEventDefinition/>", 'attachedToRef="a"')
BACK = '<task id="undo" isForCompensation="true"/>'
ACTIVITIES = [
    Pair("quantity", "b", LINE + '<task id="b" startQuantity="@"/>' + flows("a > b > e"), "0", "1"),
    Pair(
        "loop",
        "b",
        LINE
        + '<task id="b"><ioSpecification id="io"><dataInput id="d" isCollection="true"/>'
        + '<inputSet id="in"><dataInputRefs>d</dataInputRefs></inputSet><outputSet id="out"/></ioSpecification>'
        + several("@<loopDataInputRef>d</loopDataInputRef>")
        + "</task>"
        + flows("a > b > e"),
        "<loopCardinality>3</loopCardinality>",
        "",
    ),
    Pair(
        "compensation",
        "u",
        LINE + UNDO + BACK + "@",
        "",
        '<association id="as" sourceRef="u" targetRef="undo"/>',
    ),
    Pair(
        "compensation",
        "u",
        LINE + UNDO + '<task id="undo" @/>' + '<association id="as" sourceRef="u" targetRef="undo"/>',
        "",
        'isForCompensation="true"',
    ),
    Pair(
        "compensation",
        "undo",
        LINE + UNDO + BACK + '<association id="as" sourceRef="u" targetRef="undo"/>' + "@",
        flow("f", "undo", "e"),
        "",
    ),
    Pair(
        "compensation",
        "undo",
        LINE + BACK + "@",
        "",
        UNDO + '<association id="as" sourceRef="u" targetRef="undo"/>',
    ),
    Pair(
        "dangling",
        "c",
        LINE
        + UNDO
        + BACK
        + '<association id="as" sourceRef="u" targetRef="undo"/>'
        + event("intermediateThrowEvent", "c", '<compensateEventDefinition activityRef="@"/>')
        + flows("a > c > e"),
        "nowhere",
        "a",
    ),
    Pair(
        "operation_message",
        "b",
        LINE + '<receiveTask id="b" messageRef="@" operationRef="op"/>' + flows("a > b > e"),
        "Other",
        "M",
        '<message id="Other" name="o"/>' + OPERATION,
    ),
]


@pytest.mark.parametrize("pair", [*FLOWS, *GATEWAYS, *EVENTS, *SCOPES, *ACTIVITIES], ids=str)
def test_broken_and_mended(pair: Pair) -> None:
    prove(pair)
