"""Gateways, sequence flows, links between parts of a diagram, data and messages."""

from __future__ import annotations

from collections.abc import Iterator

from tests.workflows.engine.coverage.rows import Refused, Row, complete, is_open, message, unheard, wait
from tests.workflows.engine.diagrams import flows, nodes, timer, user

GATEWAYS = "Gateways"
FLOWS = "Sequence flows"
DATA = "Data, lanes and messages"
ENDS = nodes("startEvent", "s") + nodes("endEvent", "e")


def rows() -> Iterator[Row | Refused]:
    """Yield the rows of everything between activities."""
    yield from _choices()
    yield from _joins()
    yield from _event_gateways()
    yield from _flows()
    yield from _data()


def _choices() -> Iterator[Row]:
    for kind in ("exclusiveGateway", "inclusiveGateway", "complexGateway"):
        split = f'<{kind} id="g" default="g_b"/>'
        body = (
            ENDS
            + split
            + nodes("task", "a", "b")
            + flows("s > g", "g > a | ${n == 1}", "g > b", "a > e", "b > e")
        )
        yield Row(GATEWAYS, f"{kind}, splitting", body, passes=("a", "e"), never=("b",), variables={"n": 1})
        yield Row(
            GATEWAYS,
            f"{kind}, default flow",
            body,
            passes=("b", "e"),
            never=("a",),
            variables={"n": 2},
        )


def _joins() -> Iterator[Row]:
    branches = user("a") + user("b")
    body = ENDS + nodes("parallelGateway", "g", "j") + branches
    path = flows("s > g > a > j > e", "g > b > j")
    acts = (is_open("a", "b"), complete("b"), is_open("a"), complete("a"))
    yield Row(GATEWAYS, "parallelGateway, splitting and joining", body + path, acts, ("j", "e"))
    loop = ENDS + nodes("parallelGateway", "g", "j") + nodes("exclusiveGateway", "m") + branches
    loop += '<exclusiveGateway id="x" default="x_e"/>'
    loop += flows("s > m > g > a > j > x", "g > b > j", "x > m | ${again}", "x > e")
    turns = (
        complete("a"),
        complete("b", again=True),
        complete("b"),
        is_open("a"),
        complete("a", again=False),
    )
    yield Row(GATEWAYS, "parallelGateway in a loop", loop, turns, ("j", "j", "e"), variables={"again": False})
    inclusive = ENDS + nodes("inclusiveGateway", "g", "j") + branches + user("c")
    inclusive += flows("s > g", "g > a | ${n > 0}", "g > b | ${n > 1}", "g > c | ${n > 2}")
    inclusive += flows("a > j", "b > j", "c > j", "j > e")
    acts = (is_open("a", "b"), complete("a"), is_open("b"), complete("b"))
    yield Row(
        GATEWAYS,
        "inclusiveGateway, joining",
        inclusive,
        acts,
        ("j", "e"),
        never=("c",),
        variables={"n": 2},
    )
    join = '<complexGateway id="j"><activationCondition>${activationCount &gt;= 1}</activationCondition></complexGateway>'
    first = ENDS + nodes("parallelGateway", "g") + branches + join + flows("s > g > a > j > e", "g > b > j")
    yield Row(
        GATEWAYS,
        "complexGateway with activationCondition",
        first,
        (complete("b"), is_open("a"), complete("a")),
        ("j", "e"),
        note="goes on when the condition holds, then takes in the rest",
    )


def _event_gateways() -> Iterator[Row]:
    caught = (
        '<intermediateCatchEvent id="m"><messageEventDefinition messageRef="M"/></intermediateCatchEvent>'
    )
    extra = '<message id="M" name="report"/><message id="N" name="recall"/>'
    body = ENDS + nodes("eventBasedGateway", "g") + caught + timer("t", "PT1H") + timer("u", "PT5H")
    body += flows("s > g > m > e", "g > t > e", "g > u > e")
    yield Row(
        GATEWAYS,
        "eventBasedGateway, a message first",
        body,
        (message("report"),),
        ("m", "e"),
        never=("t", "u"),
        extra=extra,
    )
    yield Row(
        GATEWAYS,
        "eventBasedGateway, the sooner of two timers",
        body,
        (wait(hours=1),),
        ("t", "e"),
        never=("m", "u"),
        extra=extra,
    )
    other = '<intermediateCatchEvent id="n"><messageEventDefinition messageRef="N"/></intermediateCatchEvent>'
    start = '<eventBasedGateway id="g" instantiate="true"/>' + caught + other + nodes("endEvent", "e")
    start += flows("g > m > e", "g > n > e")
    yield Row(
        GATEWAYS,
        "eventBasedGateway that starts a process",
        start,
        passes=("n", "e"),
        never=("m",),
        start={"message": "recall"},
        extra=extra,
    )
    both = start.replace('instantiate="true"', 'instantiate="true" eventGatewayType="Parallel"')
    yield Row(
        GATEWAYS,
        "eventBasedGateway that starts a process when all events came",
        both,
        (message("report"),),
        ("n", "e", "e"),
        start={"message": "recall"},
        extra=extra,
    )


def _flows() -> Iterator[Row | Refused]:
    two = ENDS + user("a") + user("b") + nodes("task", "t")
    yield Row(
        FLOWS,
        "several flows out of an activity",
        two + flows("s > t > a > e", "t > b > e"),
        (is_open("a", "b"), complete("a"), complete("b")),
        ("t", "e", "e"),
        note="all are taken, as after a parallel gateway",
    )
    yield Row(
        FLOWS,
        "conditional flows out of an activity, with a default",
        ENDS
        + '<task id="t" default="t_b"/>'
        + nodes("task", "a", "b")
        + flows("s > t", "t > a | ${n == 1}", "t > b", "a > e", "b > e"),
        passes=("t", "b", "e"),
        never=("a",),
        variables={"n": 2},
    )
    yield Row(
        FLOWS,
        "several flows into an activity",
        ENDS
        + nodes("parallelGateway", "g")
        + nodes("task", "a", "b")
        + user("c")
        + flows("s > g > a > c > e", "g > b > c"),
        (is_open("c", "c"), complete("c"), complete("c")),
        ("c", "c", "e", "e"),
        note="every token passes by itself",
    )
    yield Row(
        FLOWS,
        "flows without an id",
        ENDS
        + nodes("task", "a")
        + '<sequenceFlow sourceRef="s" targetRef="a"/><sequenceFlow sourceRef="a" targetRef="e"/>',
        passes=("s", "a", "e"),
    )
    yield Row(
        FLOWS,
        "no start event",
        nodes("task", "a") + nodes("endEvent", "e") + flows("a > e"),
        passes=("a", "e"),
        note="everything that no flow leads into starts; the gate warns",
    )
    yield Refused(
        FLOWS,
        "flow into nothing",
        ENDS + flows("s > nowhere"),
        "s_nowhere",
    )


def _data() -> Iterator[Row]:
    lane = '<laneSet id="ls"><lane id="l" name="clerk"><flowNodeRef>a</flowNodeRef></lane></laneSet>'
    yield Row(DATA, "lanes", lane + ENDS + user("a") + flows("s > a > e"), (complete("a"),), ("a", "e"))
    objects = '<dataObject id="paper"/><dataObjectReference id="paper_1" dataObjectRef="paper"/>'
    stores = '<dataStoreReference id="store_1" dataStoreRef="files"/>'
    yield Row(
        DATA,
        "data objects, data stores and their references",
        objects + stores + ENDS + nodes("task", "a") + flows("s > a > e"),
        passes=("a", "e"),
        extra='<dataStore id="files" name="files"/>',
    )
    yield Row(
        DATA,
        "camunda:inputOutput",
        ENDS
        + '<scriptTask id="a"><extensionElements><camunda:inputOutput>'
        + '<camunda:inputParameter name="x">${n + 1}</camunda:inputParameter>'
        + '<camunda:outputParameter name="y">${x * 10}</camunda:outputParameter>'
        + "</camunda:inputOutput></extensionElements><script>z = x</script></scriptTask>"
        + flows("s > a > e"),
        passes=("a", "e"),
        variables={"n": 1},
        ends_with={"y": 20, "z": 2},
    )
    yield Row(
        DATA,
        "async continuations",
        ENDS + '<task id="a" camunda:asyncBefore="true" camunda:asyncAfter="true"/>' + flows("s > a > e"),
        passes=("a", "e"),
        note="a job goes on from there",
    )
    yield _correlated()


def _correlated() -> Row:
    """Return the row of a message that reaches only the instance whose key it carries."""
    extra = (
        '<message id="M" name="report"/><correlationProperty id="number"><correlationPropertyRetrievalExpression'
        ' messageRef="M"><messagePath>${number}</messagePath></correlationPropertyRetrievalExpression>'
        '</correlationProperty><collaboration id="c"><participant id="pool" processRef="p"/>'
        '<correlationKey id="key" name="key"><correlationPropertyRef>number</correlationPropertyRef>'
        "</correlationKey></collaboration>"
    )
    subscription = (
        '<correlationSubscription id="cs" correlationKeyRef="key"><correlationPropertyBinding'
        ' correlationPropertyRef="number"><dataPath>${matter}</dataPath></correlationPropertyBinding>'
        "</correlationSubscription>"
    )
    body = ENDS + '<receiveTask id="a" messageRef="M"/>' + flows("s > a > e") + subscription
    acts = (unheard("report", number=2), message("report", number=1))
    return Row(
        DATA, "message correlation by key", body, acts, ("a", "e"), variables={"matter": 1}, extra=extra
    )
