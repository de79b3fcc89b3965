"""The 43 control-flow patterns of workflows, each as a process that people would draw.

Every test is named by the number of its pattern (van der Aalst, ter Hofstede, Russell). `HOW` says by which
elements a pattern is expressed; what BPMN has no element for is drawn with what it has, or named in `BEYOND`.
"""

from __future__ import annotations

import re
from typing import Any

import pytest

from tests.workflows.engine.diagrams import (
    START,
    Story,
    boundary,
    conditional,
    counted,
    file_of,
    flows,
    nodes,
    on_event,
    script,
    sub,
    timer,
    user,
)
from workflows.engine import EngineFault
from workflows.simulation import simulate

ENDS = nodes("startEvent", "s") + nodes("endEvent", "e")
MESSAGE = '<message id="m" name="m"/>'
SIGNAL = '<signal id="g" name="g"/>'
ON_MESSAGE = '<messageEventDefinition messageRef="m"/>'
ON_SIGNAL = '<signalEventDefinition signalRef="g"/>'

HOW = {
    1: "sequence flow",
    2: "parallel gateway, or several flows out of an activity",
    3: "parallel gateway",
    4: "exclusive gateway",
    5: "exclusive gateway, or several flows into an activity",
    6: "inclusive gateway, or conditions on the flows out of an activity",
    7: "inclusive gateway",
    8: "several flows into an activity: once for each token",
    9: "complex gateway with activationCount >= 1",
    10: "exclusive gateways, jumping in and out of loops",
    11: "the end of the last token",
    12: "a loop that sends one token on and one back",
    13: "multi-instance activity, loopCardinality a number",
    14: "multi-instance activity, loopCardinality or collection by data",
    15: "a non-interrupting event subprocess that adds an instance",
    16: "event-based gateway",
    17: "sequential ad-hoc subprocess with flows inside",
    18: "non-interrupting boundary event on the activity that is the milestone",
    19: "interrupting boundary event",
    20: "terminate end event",
    21: "loop characteristics",
    22: "call activity that calls its own process",
    23: "signal",
    24: "message",
    25: "boundary event on a subprocess",
    26: "boundary event on a multi-instance activity",
    27: "boundary event on a multi-instance activity that leads on to where it leads",
    28: "complex gateway in a loop: what comes late is awaited before the next turn",
    29: "terminate end event in a subprocess",
    30: "complex gateway with activationCount >= n",
    31: "complex gateway in a loop",
    32: "complex gateway and terminate end event in a subprocess",
    33: "parallel gateway: tokens in excess wait for their fellows",
    34: "multi-instance activity whose n-th completion throws an event, caught beside it",
    35: "completion condition of a multi-instance activity",
    37: "inclusive gateway",
    38: "inclusive gateway in a loop",
    39: "sequential ad-hoc subprocess",
    40: "sequential ad-hoc subprocess",
    41: "startQuantity",
    42: "completionQuantity",
    43: "terminate end event",
}
BEYOND = {
    36: "BPMN has no multi-instance activity that takes further instances and goes on after some of them; "
    "draw 15 and 34 apart.",
}


def test_every_pattern_has_its_test_or_its_reason() -> None:
    tested = {int(found[1]) for name in globals() if (found := re.match(r"test_(\d\d)_", name))}
    assert tested == HOW.keys()
    assert HOW.keys() | BEYOND.keys() == set(range(1, 44))
    assert not HOW.keys() & BEYOND.keys()


def gate(kind: str, *names: str) -> str:
    return nodes(f"{kind}Gateway", *names)


def complex_gate(name: str, number: int) -> str:
    condition = f"<activationCondition>${{activationCount &gt;= {number}}}</activationCondition>"
    return f'<complexGateway id="{name}">{condition}</complexGateway>'


def people(*names: str) -> str:
    return "".join(user(name) for name in names)


def fork(*names: str, to: str = "join") -> str:
    """Return people side by side between a parallel split and `to`."""
    ways = [part for name in names for part in (f"fork > {name}", f"{name} > {to}")]
    return gate("parallel", "fork") + people(*names) + flows(*ways)


def throw(name: str, inner: str, kind: str = "intermediateThrowEvent") -> str:
    return f'<{kind} id="{name}">{inner}</{kind}>'


def adhoc(*inner: str) -> str:
    return f'<adHocSubProcess id="h" ordering="Sequential">{"".join(inner)}</adHocSubProcess>'


def all_of(story: Story, *names: str) -> None:
    for name in names:
        story.complete(name)


def test_01_sequence() -> None:
    story = Story.begin(ENDS + people("a", "b") + flows("s > a > b > e"))
    assert story.open == ["a"]
    story.complete("a")
    assert story.open == ["b"]
    story.complete("b")
    assert story.outcome == "completed"


@pytest.mark.parametrize("split", ["parallelGateway", "task"])
def test_02_parallel_split(split: str) -> None:
    story = Story.begin(ENDS + nodes(split, "x") + people("a", "b") + flows("s > x > a > e", "x > b > e"))
    assert story.open == ["a", "b"]
    all_of(story, "b", "a")
    assert story.ends == ["e", "e"]


@pytest.mark.parametrize("order", ["ab", "ba"])
def test_03_synchronization(order: str) -> None:
    story = Story.begin(ENDS + fork("a", "b") + gate("parallel", "join") + flows("s > fork", "join > e"))
    story.complete(order[0])
    assert story.ends == []
    story.complete(order[1])
    assert story.ends == ["e"]


CHOICE = (
    '<exclusiveGateway id="x" default="x_b"/>' + people("a", "b") + flows("s > x", "x > a | ${yes}", "x > b")
)


@pytest.mark.parametrize(("yes", "way"), [(True, "a"), (False, "b")])
def test_04_exclusive_choice(yes: bool, way: str) -> None:
    story = Story.begin(ENDS + CHOICE + flows("a > e", "b > e"), {"yes": yes})
    assert story.open == [way]


@pytest.mark.parametrize("merge", ["exclusiveGateway", "task"])
def test_05_simple_merge(merge: str) -> None:
    story = Story.begin(ENDS + CHOICE + nodes(merge, "y") + flows("a > y", "b > y", "y > e"), {"yes": True})
    story.complete("a")
    assert story.ends == ["e"]


def multi_choice(split: str) -> str:
    ways = (f"x > {name} | ${{'{name}' in ways}}" for name in "abc")
    return ENDS + nodes(split, "x") + people("a", "b", "c") + flows("s > x", *ways)


@pytest.mark.parametrize("split", ["inclusiveGateway", "task"])
def test_06_multi_choice(split: str) -> None:
    body = multi_choice(split) + flows("a > e", "b > e", "c > e")
    for ways in (["a"], ["b", "c"], ["a", "b", "c"]):
        assert Story.begin(body, {"ways": ways}).open == ways
    with pytest.raises(EngineFault, match="No condition"):
        Story.begin(body, {"ways": []})


def test_07_structured_synchronizing_merge() -> None:
    body = multi_choice("inclusiveGateway") + gate("inclusive", "y")
    body += flows("a > y", "b > y", "c > y", "y > e")
    for ways in (["a"], ["b", "c"], ["a", "b", "c"]):
        story = Story.begin(body, {"ways": ways})
        for way in reversed(ways):
            assert story.ends == []
            story.complete(way)
        assert (story.ends, story.outcome) == (["e"], "completed")


def test_08_multi_merge() -> None:
    story = Story.begin(ENDS + fork("a", "b", to="c") + user("c") + flows("s > fork", "c > e"))
    all_of(story, "a", "c", "b", "c")
    assert (story.ends, story.outcome) == (["e", "e"], "completed")


def test_09_structured_discriminator() -> None:
    body = ENDS + fork("a", "b", "c") + complex_gate("join", 1) + user("next")
    story = Story.begin(body + flows("s > fork", "join > next > e"))
    story.complete("b")
    assert story.open == ["a", "c", "next"]
    all_of(story, "a", "next", "c")
    assert (story.ends, story.outcome) == (["e"], "completed")


def test_10_arbitrary_cycles() -> None:
    body = ENDS + people("a", "b", "c") + gate("exclusive", "m1", "m2")
    body += '<exclusiveGateway id="x1" default="x1_c"/><exclusiveGateway id="x2" default="x2_e"/>'
    body += flows("s > m1 > a > m2 > b > x1 > c > x2 > e", "x1 > m1 | ${to == 'a'}", "x2 > m2 | ${to == 'b'}")
    story = Story.begin(body, {"to": ""})
    story.complete("a")
    story.complete("b", to="a")
    all_of(story, "a", "b")
    assert story.open == ["a"]
    story.complete("a")
    story.complete("b", to="")
    story.complete("c", to="b")
    assert story.open == ["b"]
    story.complete("b", to="")
    story.complete("c")
    assert story.outcome == "completed"


def test_11_implicit_termination() -> None:
    body = nodes("startEvent", "s") + nodes("endEvent", "e1", "e2") + people("a", "b")
    story = Story.begin(body + flows("s > a > e1", "s > b > e2"))
    story.complete("a")
    assert (story.ends, story.outcome) == (["e1"], "running")
    story.complete("b")
    assert story.outcome == "completed"


def test_12_multiple_instances_without_synchronization() -> None:
    body = ENDS + script("zero", "n = 0") + script("one", "n = n + 1") + gate("exclusive", "back")
    body += gate("parallel", "spawn") + user("a") + '<exclusiveGateway id="more" default="more_e"/>'
    body += flows(
        "s > zero > back > one > spawn > a > e", "spawn > more", "more > back | ${n < 3}", "more > e"
    )
    story = Story.begin(body)
    assert story.open == ["a", "a", "a"]
    all_of(story, "a", "a")
    assert story.outcome == "running"
    story.complete("a")
    assert story.ends.count("e") == 4


@pytest.mark.parametrize(("number", "given"), [("3", {}), ("${n}", {"n": 3})])
def test_13_multiple_instances_known_at_design_time(number: str, given: dict[str, Any]) -> None:
    story = Story.begin(ENDS + user("a", counted(number)) + flows("s > a > e"), given)
    assert story.open == ["a", "a", "a"]
    all_of(story, "a", "a")
    assert story.ends == []
    story.complete("a")
    assert story.ends == ["e"]


def test_14_multiple_instances_known_at_run_time() -> None:
    inner = (
        '<multiInstanceLoopCharacteristics camunda:collection="${bureaus}" camunda:elementVariable="bureau"/>'
    )
    story = Story.begin(ENDS + user("ask") + user("a", inner) + flows("s > ask > a > e"))
    story.complete("ask", bureaus=["tax", "land"])
    assert [task.local["bureau"] for task in story.reload().open_tasks] == ["tax", "land"]
    all_of(story, "a", "a")
    assert story.outcome == "completed"


def test_15_multiple_instances_added_while_they_run() -> None:
    another = on_event("more", ON_MESSAGE, user("b") + flows("more_s > b"), cancel=False)
    body = ENDS + sub("box", user("a"), another) + flows("s > box > e")
    story = Story.begin(body, extra=MESSAGE)
    assert story.deliver("m")
    assert story.deliver("m")
    assert story.open == ["a", "b", "b"]
    all_of(story, "b", "a")
    assert story.ends == []
    story.complete("b")
    assert story.ends == ["e"]


def test_16_deferred_choice() -> None:
    body = ENDS + gate("eventBased", "x") + timer("late", "P1D") + people("a", "b")
    body += throw("heard", ON_MESSAGE, "intermediateCatchEvent")
    body += flows("s > x", "x > late > a > e", "x > heard > b > e")
    told = Story.begin(body, extra=MESSAGE)
    assert told.open == []
    assert told.deliver("m")
    told.wait(days=2)
    assert told.open == ["b"]
    quiet = Story.begin(body, extra=MESSAGE)
    quiet.wait(days=1)
    assert not quiet.deliver("m")
    assert quiet.open == ["a"]


def test_17_interleaved_parallel_routing() -> None:
    body = ENDS + adhoc(people("a", "b", "c"), flows("a > b")) + flows("s > h > e")
    story = Story.begin(body)
    done = []
    while story.open:
        (name,) = story.open
        done.append(name)
        story.complete(name)
    assert sorted(done) == ["a", "b", "c"]
    assert done.index("a") < done.index("b")
    assert story.outcome == "completed"


def test_18_milestone() -> None:
    body = ENDS + people("before", "open", "after", "object")
    body += boundary("objected", "open", ON_MESSAGE, cancel=False)
    body += flows("s > before > open > after > e", "objected > object > e")
    story = Story.begin(body, extra=MESSAGE)
    assert not story.deliver("m")
    story.complete("before")
    assert story.deliver("m")
    assert story.open == ["object", "open"]
    story.complete("open")
    assert not story.deliver("m")


def test_19_cancel_activity() -> None:
    body = ENDS + people("a", "b") + boundary("stop", "a", ON_MESSAGE) + flows("s > a > e", "stop > b > e")
    story = Story.begin(body, extra=MESSAGE)
    story.deliver("m")
    assert story.open == ["b"]


TERMINATE = throw("all", "<terminateEventDefinition/>", "endEvent")


def test_20_cancel_case() -> None:
    body = ENDS + fork("a", "b", to="e") + user("stop") + TERMINATE
    body += sub("box", user("c")) + flows("s > fork", "fork > stop > all", "fork > box > e")
    story = Story.begin(body)
    story.complete("stop")
    assert (story.open, story.outcome) == ([], "completed")
    assert sum(step.what == "cancelled" for step in story.steps) == 4


@pytest.mark.parametrize(("before", "turns"), [("false", 1), ("true", 0)])
def test_21_structured_loop(before: str, turns: int) -> None:
    loop = f'<standardLoopCharacteristics testBefore="{before}"><loopCondition>${{again}}</loopCondition>'
    body = ENDS + user("a", f"{loop}</standardLoopCharacteristics>") + flows("s > a > e")
    never = Story.begin(body, {"again": False})
    assert len(never.open) == turns
    story = Story.begin(body, {"again": True})
    all_of(story, "a", "a")
    story.complete("a", again=False)
    assert story.outcome == "completed"


def test_22_recursion() -> None:
    call = '<callActivity id="deeper" calledElement="p"><extensionElements>'
    call += '<camunda:in sourceExpression="${n - 1}" target="n"/></extensionElements></callActivity>'
    body = ENDS + user("a") + '<exclusiveGateway id="x" default="x_e"/>' + call
    story = Story.begin(body + flows("s > a > x", "x > deeper | ${n > 1}", "x > e", "deeper > e"), {"n": 3})
    all_of(story, "a", "a", "a")
    assert story.outcome == "completed"
    assert story.ends.count("e") == 3


def test_23_transient_trigger() -> None:
    body = ENDS + user("a") + throw("heard", ON_SIGNAL, "intermediateCatchEvent") + flows("s > a > heard > e")
    story = Story.begin(body, extra=SIGNAL)
    assert not story.signal("g")
    story.complete("a")
    assert story.outcome == "running"
    assert story.signal("g")
    assert story.outcome == "completed"


def test_24_persistent_trigger() -> None:
    body = ENDS + gate("parallel", "fork", "join") + user("a") + throw("told", ON_MESSAGE)
    body += throw("heard", ON_MESSAGE, "intermediateCatchEvent")
    body += flows("s > fork > told > join", "fork > a > heard > join > e")
    document = simulate(file_of(body, extra=MESSAGE), now=START, complete_all=True)
    assert document["outcome"] == "completed"


def test_25_cancel_region() -> None:
    box = sub("box", gate("parallel", "split") + people("a", "b") + flows("split > a", "split > b"))
    body = ENDS + box + people("c", "d") + timer("late", "P1D", on="box")
    body += gate("parallel", "fork") + flows("s > fork > box > e", "fork > c > e", "late > d > e")
    story = Story.begin(body)
    story.wait(days=1)
    assert story.open == ["c", "d"]


def many(number: str = "3", inner: str = "") -> str:
    return user("a", counted(number).replace("</multi", f"{inner}</multi"))


def test_26_cancel_multiple_instance_activity() -> None:
    body = ENDS + many() + timer("late", "P1D", on="a") + user("b") + flows("s > a > e", "late > b > e")
    story = Story.begin(body)
    story.complete("a")
    story.wait(days=1)
    assert story.open == ["b"]


def test_27_complete_multiple_instance_activity() -> None:
    body = ENDS + many() + boundary("enough", "a", ON_MESSAGE) + gate("exclusive", "on") + user("b")
    story = Story.begin(body + flows("s > a > on > b > e", "enough > on"), extra=MESSAGE)
    story.complete("a")
    story.deliver("m")
    assert story.open == ["b"]
    story.complete("b")
    assert (story.ends, story.outcome) == (["e"], "completed")


def turning(number: int) -> str:
    """Return three people before a complex gateway that waits for so many, inside a loop."""
    body = ENDS + fork("a", "b", "c") + complex_gate("join", number) + gate("exclusive", "back")
    body += '<exclusiveGateway id="more" default="more_e"/>' + user("next")
    return body + flows("s > back > fork", "join > next > more", "more > back | ${again}", "more > e")


def test_28_blocking_discriminator() -> None:
    story = Story.begin(turning(1), {"again": True})
    all_of(story, "a", "next")
    # The next turn has begun while two of the first are still at work.
    assert story.open == ["a", "b", "b", "c", "c"]
    all_of(story, "a")
    assert "next" not in story.open
    all_of(story, "b", "c")
    assert "next" in story.open
    story.complete("next", again=False)
    all_of(story, "b", "c")
    assert story.outcome == "completed"


def cancelling(join: str) -> str:
    box = nodes("startEvent", "i") + fork("a", "b", "c") + join + TERMINATE + flows("i > fork", "join > all")
    return ENDS + sub("box", box) + user("next") + flows("s > box > next > e")


def test_29_cancelling_discriminator() -> None:
    story = Story.begin(cancelling(gate("exclusive", "join")))
    story.complete("b")
    assert story.open == ["next"]


def test_30_structured_partial_join() -> None:
    body = ENDS + fork("a", "b", "c") + complex_gate("join", 2) + user("next")
    story = Story.begin(body + flows("s > fork", "join > next > e"))
    story.complete("c")
    assert story.open == ["a", "b"]
    story.complete("a")
    assert story.open == ["b", "next"]
    all_of(story, "next", "b")
    assert (story.ends, story.outcome) == (["e"], "completed")


def test_31_blocking_partial_join() -> None:
    story = Story.begin(turning(2), {"again": True})
    all_of(story, "a", "b", "next", "a", "b")
    assert story.open == ["c", "c"]
    story.complete("c")
    assert story.open == ["c", "next"]
    story.complete("next", again=False)
    story.complete("c")
    assert story.outcome == "completed"


def test_32_cancelling_partial_join() -> None:
    story = Story.begin(cancelling(complex_gate("join", 2)))
    story.complete("c")
    assert story.open == ["a", "b"]
    story.complete("a")
    assert story.open == ["next"]


def test_33_generalised_and_join() -> None:
    body = ENDS + gate("parallel", "fork", "join") + people("a1", "a2", "b1", "b2") + nodes("task", "a", "b")
    ways = [f"fork > {side}{n} > {side}" for side in "ab" for n in (1, 2)]
    story = Story.begin(body + flows("s > fork", *ways, "a > join", "b > join", "join > e"))
    all_of(story, "a1", "a2")
    assert story.ends == []
    all_of(story, "b1")
    assert story.ends == ["e"]
    all_of(story, "b2")
    assert (story.ends, story.outcome) == (["e", "e"], "completed")


def test_34_static_partial_join_for_multiple_instances() -> None:
    event = f'<event id="two">{ON_SIGNAL}</event>'
    condition = "<condition>${nrOfCompletedInstances == 2}</condition>"
    inner = f"<complexBehaviorDefinition>{condition}{event}</complexBehaviorDefinition>"
    task = many(inner=inner).replace("LoopCharacteristics", 'LoopCharacteristics behavior="Complex"', 1)
    body = ENDS + task + boundary("two_done", "a", ON_SIGNAL, cancel=False) + user("next")
    story = Story.begin(body + flows("s > a > e", "two_done > next > e"), extra=SIGNAL)
    story.complete("a")
    assert story.open == ["a", "a"]
    story.complete("a")
    assert story.open == ["a", "next"]
    all_of(story, "next", "a")
    assert story.outcome == "completed"


def test_35_cancelling_partial_join_for_multiple_instances() -> None:
    enough = "<completionCondition>${nrOfCompletedInstances == 2}</completionCondition>"
    story = Story.begin(ENDS + many("4", enough) + user("next") + flows("s > a > next > e"))
    story.complete("a")
    assert story.open == ["a"] * 3
    story.complete("a")
    assert story.open == ["next"]


def test_37_local_synchronizing_merge() -> None:
    body = multi_choice("inclusiveGateway") + gate("inclusive", "y") + gate("exclusive", "early")
    body += flows("a > early > y", "b > early", "c > y", "y > e")
    story = Story.begin(body, {"ways": ["a", "b", "c"]})
    all_of(story, "a", "c")
    # Another token may still come on the flow that has one: it does not hold the join.
    assert story.ends == ["e"]
    story.complete("b")
    assert (story.ends, story.outcome) == (["e", "e"], "completed")


def test_38_general_synchronizing_merge() -> None:
    body = ENDS + gate("inclusive", "x", "y") + people("a", "b") + gate("exclusive", "back")
    body += '<exclusiveGateway id="again" default="again_y"/>'
    body += flows("s > x", "x > a | ${true}", "x > back | ${both}", "back > b > again", "a > y")
    body += flows("again > back | ${more}", "again > y", "y > e")
    story = Story.begin(body, {"both": True, "more": True})
    all_of(story, "a", "b", "b")
    assert story.ends == []
    story.complete("b", more=False)
    assert (story.ends, story.outcome) == (["e"], "completed")
    alone = Story.begin(body, {"both": False})
    alone.complete("a")
    assert alone.outcome == "completed"


def test_39_critical_section() -> None:
    first = sub("first", people("a", "b") + flows("a > b"))
    second = sub("second", people("c", "d") + flows("c > d"))
    story = Story.begin(ENDS + adhoc(first, second) + flows("s > h > e"))
    for name in "abcd":
        assert story.open == [name]
        story.complete(name)
    assert story.outcome == "completed"


def test_40_interleaved_routing() -> None:
    story = Story.begin(ENDS + adhoc(people("a", "b", "c")) + flows("s > h > e"))
    for left in (3, 2, 1):
        assert len(story.open) == 1, left
        story.complete(story.open[0])
    assert story.outcome == "completed"


def test_41_thread_merge() -> None:
    merged = user("c").replace("<userTask", '<userTask startQuantity="2"')
    story = Story.begin(ENDS + fork("a", "b", to="c") + merged + flows("s > fork", "c > e"))
    story.complete("a")
    assert story.open == ["b"]
    story.complete("b")
    assert story.open == ["c"]
    story.complete("c")
    assert (story.ends, story.outcome) == (["e"], "completed")


def test_42_thread_split() -> None:
    splitting = user("a").replace("<userTask", '<userTask completionQuantity="3"')
    story = Story.begin(ENDS + splitting + user("b") + flows("s > a > b > e"))
    story.complete("a")
    assert story.open == ["b", "b", "b"]


def test_43_explicit_termination() -> None:
    box = nodes("startEvent", "i") + nodes("userTask", "a") + user("b") + TERMINATE
    body = ENDS + sub("box", box, flows("i > a > all", "i > b")) + user("next") + flows("s > box > next > e")
    story = Story.begin(body)
    story.complete("a")
    assert story.open == ["next"]


def test_cancelling_reaches_a_sibling_that_is_ready_in_the_same_sweep() -> None:
    """Patterns 35 and 43 of the bare library: a cancelled sibling still ran."""
    box = nodes("startEvent", "i") + gate("parallel", "split") + TERMINATE + script("x", "ran = true")
    body = ENDS + sub("box", box, flows("i > split > all", "split > x")) + flows("s > box > e")
    story = Story.begin(body, {"ran": False})
    assert (story.variables["ran"], story.outcome) == (False, "completed")


def test_a_condition_is_a_trigger_too() -> None:
    body = ENDS + throw("set", conditional("${go}"), "intermediateCatchEvent") + flows("s > set > e")
    story = Story.begin(body, {"go": False})
    story.set(go=True)
    assert story.outcome == "completed"
