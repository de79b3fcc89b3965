"""How a process stands under load: against what queueing theory says, and where queues grow."""

from __future__ import annotations

from typing import Any

import pytest

from workflows import engine, queueing
from workflows.queueing import Load

USER = '<bpmn:userTask id="{0}" camunda:candidateGroups="{1}"/>'


@pytest.fixture
def read(diagram: Any) -> Any:
    """Return a function that compiles a drawn process."""
    return lambda elements, *flows: engine.compile_definition(diagram("p", elements, *flows).encode(), "p")


def ends(*steps: str) -> str:
    return '<bpmn:startEvent id="s"/><bpmn:endEvent id="e"/>' + "".join(steps)


def test_one_who_is_half_busy_lets_wait_as_long_as_theory_says(read: Any) -> None:
    """Arrivals and work by chance, one server: the mean wait is ρ/(μ−λ), here an hour."""
    one = read(ends(USER.format("u", "handler")), "s>u", "u>e")
    found = queueing.simulate(one, Load(per_day=4, days=5_000, minutes={"u": 60}))
    assert found.steps["u"].wait == pytest.approx(60, rel=0.1)
    role = found.roles["handler"]
    assert role.worked / 5_000 / 480 == pytest.approx(0.5, rel=0.05)
    assert (role.grows, role.more, found.cut_off) == (False, 0, False)
    assert found.ended == pytest.approx(found.begun, abs=5)


def test_a_queue_grows_where_more_comes_than_they_can_do(read: Any) -> None:
    two = read(ends(USER.format("u", "handler"), USER.format("v", "leader")), "s>u", "u>v", "v>e")
    load = {"per_day": 10, "days": 200, "minutes": {"u": 110, "v": 10}}
    found = queueing.simulate(two, Load(**load, staff={"handler": 2}))
    assert found.roles["handler"].grows
    assert found.roles["handler"].more == 1
    assert not found.roles["leader"].grows
    assert not queueing.simulate(two, Load(**load, staff={"handler": 3})).roles["handler"].grows
    assert queueing.simulate(two, Load(**load, staff={"handler": 2})) == found  # by the same chance


def test_ways_are_shared_and_parallel_ones_wait_for_each_other(read: Any) -> None:
    drawn = ends(
        *(USER.format(name, "handler") for name in ("a", "b", "c")),
        '<bpmn:parallelGateway id="split"/><bpmn:parallelGateway id="join"/><bpmn:exclusiveGateway id="x"/>',
    )
    flows = (
        "s>split",
        "split>a",
        "split>b",
        "a>join",
        "b>join",
        "join>x",
        "x>c?${flag}",
        "x>e?${not flag}",
        "c>e",
    )
    both = read(drawn, *flows)
    by_way = {target: flow for flow, (source, target) in both.flows.items() if source == "x"}
    shares = {by_way["c"]: 1, by_way["e"]: 3}
    found = queueing.simulate(both, Load(per_day=4, days=1_000, staff={"handler": 9}, shares=shares))
    assert found.steps["a"].came == found.steps["b"].came == found.begun
    assert found.steps["c"].came / found.begun == pytest.approx(0.25, rel=0.15)
    assert found.ended == pytest.approx(found.begun, abs=5)


def test_what_never_ends_is_cut_off(read: Any) -> None:
    """A drawing that goes in a circle, or doubles its tokens for ever, takes no more than its bound."""
    drawn = ends('<bpmn:parallelGateway id="g"/>', '<bpmn:task id="t"/>')
    found = queueing.simulate(read(drawn, "s>t", "t>g", "g>t", "g>t", "g>e"), Load(per_day=1, days=5))
    assert found.cut_off
    # A circle without work in it costs each instance as many passages.
    circle = ends('<bpmn:exclusiveGateway id="x" default="f3"/>', '<bpmn:task id="t"/>')
    idle = read(circle, "s>t", "t>x", "x>e", "x>t?${again}")
    ways = {target: flow for flow, (source, target) in idle.flows.items() if source == "x"}
    never = {ways["e"]: 0.0, ways["t"]: 1.0}
    turning = queueing.simulate(idle, Load(per_day=1_000, days=750, shares=never))
    assert turning.cut_off
    assert turning.begun <= queueing.MOST / queueing.PASSAGES + 1
    busy = read(ends(USER.format("u", "handler")), "s>u", "u>e")
    assert queueing.simulate(busy, Load(per_day=1_000, days=750)).cut_off
