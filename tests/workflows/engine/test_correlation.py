"""Messages that are meant for one instance among many: keys, and subscriptions over data (BPMN 2.0, 8.3.2)."""

from __future__ import annotations

from tests.workflows.engine.diagrams import Story, file_of, flows, nodes, user
from workflows.engine import read

ORDER = (
    '<message id="M" name="paid"/><message id="N" name="sent"/><message id="O" name="other"/>'
    '<correlationProperty id="number">'
    '<correlationPropertyRetrievalExpression messageRef="M"><messagePath>order.no</messagePath>'
    "</correlationPropertyRetrievalExpression>"
    '<correlationPropertyRetrievalExpression messageRef="N"><messagePath>${no}</messagePath>'
    "</correlationPropertyRetrievalExpression></correlationProperty>"
    '<collaboration id="col"><correlationKey id="key">'
    "<correlationPropertyRef>number</correlationPropertyRef></correlationKey></collaboration>"
)
SUBSCRIPTION = (
    '<correlationSubscription id="sub" correlationKeyRef="key">'
    '<correlationPropertyBinding correlationPropertyRef="number"><dataPath>${wanted}</dataPath>'
    "</correlationPropertyBinding></correlationSubscription>"
)


def waits(message: str, name: str = "w") -> str:
    return f'<receiveTask id="{name}" messageRef="{message}"/>'


def line(*middle: str, subscription: str = "") -> str:
    names = [f"x{index}" for index in range(len(middle))]
    inner = "".join(
        element.replace('id="w"', f'id="{name}"') for element, name in zip(middle, names, strict=True)
    )
    inner = nodes("startEvent", "s") + inner + nodes("endEvent", "e") + flows(" > ".join(["s", *names, "e"]))
    return inner + subscription


def test_a_subscription_takes_only_what_its_data_ask_for() -> None:
    story = Story.begin(line(waits("M"), subscription=SUBSCRIPTION), {"wanted": 7}, extra=ORDER)
    assert not story.deliver("paid", order={"no": 8})
    assert not story.deliver("paid", order={})
    assert not story.deliver("paid")
    assert story.deliver("paid", order={"no": 7})
    assert story.outcome == "completed"


def test_a_subscription_follows_its_data() -> None:
    story = Story.begin(line(waits("M"), subscription=SUBSCRIPTION), extra=ORDER)
    assert not story.deliver("paid", order={"no": 8})
    story.set(wanted=8)
    assert story.deliver("paid", order={"no": 8})


def test_the_first_message_fixes_the_key_for_the_next() -> None:
    story = Story.begin(line(waits("N"), waits("M")), extra=ORDER)
    assert story.deliver("sent", no=3)
    assert not story.deliver("paid", order={"no": 4})
    assert story.deliver("paid", order={"no": 3})
    assert story.outcome == "completed"


def test_a_message_that_the_instance_sends_fixes_the_key_too() -> None:
    throw = (
        '<intermediateThrowEvent id="w"><extensionElements><camunda:inputOutput>'
        '<camunda:inputParameter name="no">${wanted}</camunda:inputParameter></camunda:inputOutput>'
        '</extensionElements><messageEventDefinition messageRef="N"/></intermediateThrowEvent>'
    )
    story = Story.begin(line(throw, waits("M")), {"wanted": 5}, extra=ORDER)
    assert not story.deliver("paid", order={"no": 6})
    assert story.deliver("paid", order={"no": 5})


def test_the_message_that_begins_an_instance_fixes_the_key() -> None:
    start = '<startEvent id="s"><messageEventDefinition messageRef="N"/></startEvent>'
    body = start + user("a") + waits("M") + flows("s > a > w")
    story = Story.begin(body, {"no": 5}, extra=ORDER, message="sent")
    story.complete("a", no=6)
    assert not story.deliver("paid", order={"no": 6})
    assert story.deliver("paid", order={"no": 5})


def test_a_message_without_the_key_s_properties_is_for_anybody() -> None:
    story = Story.begin(line(waits("O"), subscription=SUBSCRIPTION), {"wanted": 7}, extra=ORDER)
    assert story.deliver("other")


def test_of_several_that_wait_the_one_that_is_meant_takes_it() -> None:
    """Two called processes wait for one message, each with a key of its own."""
    inner = nodes("startEvent", "qs") + waits("M", "qw") + user("qa") + flows("qs > qw > qa") + SUBSCRIPTION
    called = f'<process id="q">{inner}</process>'
    loop = '<multiInstanceLoopCharacteristics camunda:collection="all" camunda:elementVariable="item"/>'
    mapping = '<extensionElements><camunda:in source="item" target="wanted"/></extensionElements>'
    call = f'<callActivity id="c" calledElement="q">{mapping}{loop}</callActivity>'
    story = Story.begin(
        nodes("startEvent", "s") + call + flows("s > c"), {"all": [1, 2]}, extra=ORDER + called
    )
    assert story.deliver("paid", order={"no": 2})
    assert [story.run.seen_by(t.id)["wanted"] for t in story.run.open_tasks] == [2]


def test_what_correlates_by_nothing_is_said_at_reading() -> None:
    body = line(waits("M"), subscription=SUBSCRIPTION.replace('KeyRef="key"', 'KeyRef="gone"'))
    assert ("sub", "correlation") in {(f.element, f.rule) for f in read(file_of(body, extra=ORDER))[1]}
    broken = ORDER.replace("Ref>number<", "Ref>none<")
    assert ("key", "correlation") in {(f.element, f.rule) for f in read(file_of(body, extra=broken))[1]}
    odd = ORDER.replace("order.no", "order.")
    assert ("number", "expression") in {(f.element, f.rule) for f in read(file_of(body, extra=odd))[1]}
