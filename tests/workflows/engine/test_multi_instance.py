"""Multi-instance and looping activities: behaviors, every kind of activity, collections, conditions, bounds."""

from __future__ import annotations

from typing import Any

import pytest

from tests.workflows.engine.diagrams import (
    Story,
    TestHost,
    boundary,
    counted,
    extended,
    file_of,
    flows,
    nodes,
    script,
    several,
    sub,
    user,
)
from workflows.engine import EngineFault, read

SIGNALS = (
    '<signal id="S" name="one more"/><signal id="L" name="enough"/><message id="M" name="m"/>'
    '<escalation id="E" escalationCode="e"/><error id="X" errorCode="x"/>'
    '<signalEventDefinition id="sd" signalRef="S"/><messageEventDefinition id="md" messageRef="M"/>'
    '<escalationEventDefinition id="ed" escalationRef="E"/><errorEventDefinition id="xd" errorRef="X"/>'
    '<timerEventDefinition id="td"/>'
)


def with_boundary(loop: str, caught: str, *, cancel: bool) -> str:
    """Return a repeated task `t` with the boundary event `b` on it."""
    body = nodes("startEvent", "s") + user("t", loop) + nodes("endEvent", "e", "be")
    body += boundary("b", "t", f"<{caught}/>", cancel=cancel)
    return body + flows("s > t > e", "b > be")


def behaving(behavior: str, reference: str = "sd", *, order: str = "false", inner: str = "") -> str:
    references = {f"{behavior.lower()}BehaviorEventRef": reference} if reference else {}
    return counted("3", isSequential=order, behavior=behavior, **references).replace(
        "</multi", f"{inner}</multi"
    )


CAUGHT = {
    "sd": 'signalEventDefinition signalRef="S"',
    "md": 'messageEventDefinition messageRef="M"',
    "ed": 'escalationEventDefinition escalationRef="E"',
}


@pytest.mark.parametrize("order", ["true", "false"])
@pytest.mark.parametrize("thrown", CAUGHT)
def test_behavior_none_throws_for_every_instance(order: str, thrown: str) -> None:
    body = with_boundary(behaving("None", thrown, order=order), CAUGHT[thrown], cancel=False)
    story = Story.begin(body, extra=SIGNALS)
    for turn in range(3):
        assert story.ends == ["be"] * turn
        story.complete("t")
    assert sorted(story.ends) == ["be", "be", "be", "e"]
    assert story.outcome == "completed"


@pytest.mark.parametrize("order", ["true", "false"])
def test_behavior_one_throws_for_the_first_instance(order: str) -> None:
    story = Story.begin(
        with_boundary(behaving("One", order=order), CAUGHT["sd"], cancel=False), extra=SIGNALS
    )
    for _ in range(3):
        story.complete("t")
    assert (story.ends, story.outcome) == (["be", "e"], "completed")


@pytest.mark.parametrize("order", ["true", "false"])
def test_an_interrupting_event_of_behavior_one_ends_the_rest(order: str) -> None:
    story = Story.begin(with_boundary(behaving("One", order=order), CAUGHT["sd"], cancel=True), extra=SIGNALS)
    story.complete("t")
    assert (story.open, story.ends, story.outcome) == ([], ["be"], "completed")


def test_behavior_one_with_an_error_ends_the_rest() -> None:
    caught = 'errorEventDefinition errorRef="X"'
    story = Story.begin(with_boundary(behaving("One", "xd"), caught, cancel=True), extra=SIGNALS)
    story.complete("t")
    assert (story.ends, story.outcome) == (["be"], "completed")


def complex_behavior(condition: str, reference: str) -> str:
    event = f"<event><eventDefinitionRef>{reference}</eventDefinitionRef></event>" if reference else ""
    escaped = condition.replace("<", "&lt;")
    return f"<complexBehaviorDefinition><condition>{escaped}</condition>{event}</complexBehaviorDefinition>"


@pytest.mark.parametrize("name", ["nrOfCompletedInstances", "numberOfCompletedInstances"])
def test_behavior_complex_throws_where_its_condition_holds(name: str) -> None:
    inner = complex_behavior(f"{name} == 2", "sd") + complex_behavior("false", "md")
    loop = behaving("Complex", "", inner=inner)
    story = Story.begin(with_boundary(loop, CAUGHT["sd"], cancel=True), extra=SIGNALS)
    story.complete("t")
    assert story.ends == []
    story.complete("t")
    assert (story.ends, story.outcome) == (["be"], "completed")


def test_behavior_all_throws_nothing() -> None:
    story = Story.begin(with_boundary(behaving("All", ""), CAUGHT["sd"], cancel=True), extra=SIGNALS)
    for _ in range(3):
        story.complete("t")
    assert (story.ends, story.sent) == (["e"], [])


def test_a_thrown_signal_is_for_others_too() -> None:
    body = nodes("startEvent", "s") + user("t", behaving("One")) + nodes("endEvent", "e") + flows("s > t > e")
    story = Story.begin(body, extra=SIGNALS)
    story.complete("t")
    assert [(s.kind, s.name, s.node_id) for s in story.sent] == [("signal", "one more", "t")]


@pytest.mark.parametrize(
    ("loop", "rule"),
    [
        (behaving("One", "nowhere"), "dangling"),
        (behaving("None", "td"), "unsupported"),
        (behaving("Some", ""), "loop"),
        (behaving("Complex", "", inner="<complexBehaviorDefinition/>"), "loop"),
        (counted("-1"), "loop"),
        (several(), "loop"),
        ('<standardLoopCharacteristics loopMaximum="-1"/>', "loop"),
        ("<standardLoopCharacteristics/>", "loop"),
    ],
)
def test_a_loop_that_cannot_be_is_said_at_reading(loop: str, rule: str) -> None:
    body = nodes("startEvent", "s") + user("t", loop) + flows("s > t")
    assert ("t", rule, "error") in {
        (f.element, f.rule, f.severity) for f in read(file_of(body, extra=SIGNALS))[1]
    }


def test_a_negative_number_at_run_time_names_the_activity() -> None:
    body = nodes("startEvent", "s") + user("t", counted("${n}")) + flows("s > t")
    with pytest.raises(EngineFault) as fault:
        Story.begin(body, {"n": -2})
    assert fault.value.element == "t"


def test_no_instances_at_all_are_done_at_once() -> None:
    body = nodes("startEvent", "s") + user("t", counted("0")) + nodes("endEvent", "e") + flows("s > t > e")
    assert Story.begin(body).outcome == "completed"


# -- every kind of activity ---------------------------------------------------------------------------

LOOPED = {
    "script": '<scriptTask id="t">{}<script>n = n + 1</script></scriptTask>',
    "service": '<serviceTask id="t" camunda:delegateExpression="${{x.count}}">{}</serviceTask>',
    "send": '<sendTask id="t" camunda:delegateExpression="${{x.count}}">{}</sendTask>',
    "rule": '<businessRuleTask id="t" camunda:decisionRef="d" camunda:resultVariable="n"'
    ' camunda:mapDecisionResult="singleEntry">{}</businessRuleTask>',
    "sub": f'<subProcess id="t">{{}}{nodes("startEvent", "is")}{script("add", "n = n + 1")}'
    f"{flows('is > add')}</subProcess>",
    "transaction": f'<transaction id="t">{{}}{script("add", "n = n + 1")}</transaction>',
    "call": '<callActivity id="t" calledElement="q"><extensionElements><camunda:in source="n" target="n"/>'
    '<camunda:out source="n" target="n"/></extensionElements>{}</callActivity>',
}
CALLED = f'<process id="q">{nodes("startEvent", "qs")}{script("add_q", "n = n + 1")}{flows("qs > add_q")}</process>'


@pytest.mark.parametrize("order", ["true", "false"])
@pytest.mark.parametrize("kind", LOOPED)
def test_every_automatic_activity_repeats(kind: str, order: str) -> None:
    def add(_: Any, variables: Any) -> dict[str, int]:
        return {"n": variables["n"] + 1}

    host = TestHost(operations={"x.count": add}, decisions={"d": lambda v: [{"n": v["n"] + 1}]})
    body = nodes("startEvent", "s") + LOOPED[kind].format(counted("3", isSequential=order))
    story = Story.begin(body + nodes("endEvent", "e") + flows("s > t > e"), {"n": 0}, extra=CALLED, host=host)
    # Parallel calls take their variables before the first of them has counted.
    counted_up = 1 if (kind, order) == ("call", "false") else 3
    assert (story.outcome, story.variables["n"]) == ("completed", counted_up)


@pytest.mark.parametrize("order", ["true", "false"])
def test_a_repeated_receive_task_takes_a_message_for_each_instance(order: str) -> None:
    task = f'<receiveTask id="t" messageRef="M">{counted("2", isSequential=order)}</receiveTask>'
    story = Story.begin(
        nodes("startEvent", "s") + task + nodes("endEvent", "e") + flows("s > t > e"), extra=SIGNALS
    )
    assert story.deliver("m")
    assert story.outcome == "running"
    assert story.deliver("m")
    assert story.outcome == "completed"


@pytest.mark.parametrize("order", ["true", "false"])
def test_standard_names_of_collection_and_items(order: str) -> None:
    loop = several(
        "<loopDataInputRef>names</loopDataInputRef><loopDataOutputRef>told</loopDataOutputRef>"
        '<inputDataItem id="name"/><outputDataItem id="told_one"/>',
        isSequential=order,
    )
    inner = sub("t", script("tell", "told_one = 'I am ' + name"))
    inner = inner.replace('<subProcess id="t">', f'<subProcess id="t">{loop}')
    story = Story.begin(nodes("startEvent", "s") + inner + flows("s > t"), {"names": ["a", "b"]})
    assert story.variables["told"] == ["I am a", "I am b"]


def test_a_completion_condition_ends_the_rest() -> None:
    loop = several(
        "<loopCardinality>4</loopCardinality>"
        "<completionCondition>${nrOfCompletedInstances / nrOfInstances >= 0.5 and nrOfActiveInstances == 2}"
        "</completionCondition>"
    )
    body = nodes("startEvent", "s") + user("t", loop.replace(" >= ", " &gt;= ")) + flows("s > t")
    story = Story.begin(body)
    story.complete("t")
    assert story.open == ["t", "t", "t"]
    story.complete("t")
    assert story.outcome == "completed"


@pytest.mark.parametrize(
    ("attributes", "condition", "runs"),
    [
        ('testBefore="true"', "n &lt; 3", 3),
        ('testBefore="false"', "n &lt; 3", 3),
        ('testBefore="true"', "n &lt; 0", 0),
        ('testBefore="false"', "n &lt; 0", 1),
        ('testBefore="true" loopMaximum="2"', "true", 2),
        ('loopMaximum="2"', "true", 2),
        ('loopMaximum="2"', "", 2),
        ('loopMaximum="0"', "true", 0),
        ('loopMaximum="0" testBefore="true"', "", 0),
    ],
)
def test_a_standard_loop_tests_before_or_after(attributes: str, condition: str, runs: int) -> None:
    inner = f"<loopCondition>{condition}</loopCondition>" if condition else ""
    loop = f"<standardLoopCharacteristics {attributes}>{inner}</standardLoopCharacteristics>"
    task = f'<scriptTask id="t">{loop}<script>n = n + 1</script></scriptTask>'
    story = Story.begin(nodes("startEvent", "s") + task + flows("s > t"), {"n": 0})
    assert (story.outcome, story.variables["n"]) == ("completed", runs)


def test_parameters_of_a_repeated_task_are_those_of_each_instance() -> None:
    parameters = extended(
        '<camunda:inputOutput><camunda:inputParameter name="label">no ${loopCounter}</camunda:inputParameter>'
        "</camunda:inputOutput>"
    )
    body = nodes("startEvent", "s") + user("t", parameters + counted("2")) + flows("s > t")
    story = Story.begin(body)
    assert [task.local["label"] for task in story.run.open_tasks] == ["no 0", "no 1"]
