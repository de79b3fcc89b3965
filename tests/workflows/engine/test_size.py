"""Large and odd diagrams, all legal: what they cost is counted in calls of functions, never in seconds."""

from __future__ import annotations

import gc
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from tests.workflows.engine.diagrams import counted, file_of, flows, nodes, script, sub, timer, user
from workflows import engine
from workflows.engine.benchmark import diagrams
from workflows.engine.benchmark.cycles import Ours
from workflows.simulation import simulate

NOW = datetime(2026, 3, 2, 1, tzinfo=UTC)
ENDS = nodes("startEvent", "s") + nodes("endEvent", "e")


def calls_of(act: Callable[[], Any]) -> int:
    """Return how many Python functions `act` calls."""
    called = 0

    def count(frame: object, event: str, argument: object) -> None:
        nonlocal called
        called += event == "call"

    before = sys.getprofile()
    # Whoever listens to the collector of garbage would be counted too.
    gc.disable()
    sys.setprofile(count)
    try:
        act()
    finally:
        sys.setprofile(before)
        gc.enable()
    return called


def played(body: str, **given: Any) -> dict[str, Any]:
    """Return what a simulation makes of a process."""
    return simulate(file_of(body), now=NOW, complete_all=True, advance="P1D", **given)


def fault_of(document: dict[str, Any]) -> str:
    """Return why a simulation failed."""
    assert document["outcome"] == "failed"
    return str(next(f["message"] for f in document["findings"] if f["rule"] == "run"))


def in_a_row(kind: str, length: int) -> str:
    names = [f"n{i}" for i in range(length)]
    inside = "".join(user(name) for name in names) if kind == "userTask" else nodes(kind, *names)
    return ENDS + inside + flows(" > ".join(["s", *names, "e"]))


def side_by_side(gateway: str, width: int) -> str:
    condition = " | ${true}" if gateway == "inclusiveGateway" else ""
    people = "".join(user(f"u{i}") for i in range(width))
    ways = [part for i in range(width) for part in (f"fork > u{i}{condition}", f"u{i} > join")]
    return ENDS + nodes(gateway, "fork", "join") + people + flows("s > fork", "join > e", *ways)


def inclusive_blocks(number: int) -> str:
    """Return blocks in a row, each a split and a join."""
    body, last = ENDS, "s"
    for i in range(number):
        body += nodes("inclusiveGateway", f"f{i}", f"j{i}") + nodes("task", f"a{i}", f"b{i}")
        body += flows(f"{last} > f{i}", f"f{i} > a{i} | ${{true}}", f"f{i} > b{i} | ${{true}}")
        body += flows(f"a{i} > j{i}", f"b{i} > j{i}")
        last = f"j{i}"
    return body + flows(f"{last} > e")


def inclusive_ladder(number: int) -> str:
    """Return joins that all wait for one person in the middle, and each for the one before."""
    names = [f"j{i}" for i in range(number)]
    body = ENDS + user("u") + nodes("parallelGateway", "fork") + nodes("inclusiveGateway", *names)
    body += nodes("task", *(f"a{i}" for i in range(number))) + flows("s > fork > u", f"{names[-1]} > e")
    body += flows("u > " + " > ".join(names))
    return body + flows(*(f"fork > a{i} > j{i}" for i in range(number)))


def links(number: int) -> str:
    body, last = ENDS, "s"
    for i in range(number):
        event = f'<linkEventDefinition name="l{i}"/>'
        body += f'<intermediateThrowEvent id="t{i}">{event}</intermediateThrowEvent>'
        body += f'<intermediateCatchEvent id="c{i}">{event}</intermediateCatchEvent>'
        body += flows(f"{last} > t{i}")
        last = f"c{i}"
    return body + flows(f"{last} > e")


def doubling(number: int) -> str:
    """Return a chain in which every link doubles the tokens."""
    body, last = ENDS, "s"
    for i in range(number):
        body += nodes("task", f"a{i}", f"b{i}", f"m{i}")
        body += flows(f"{last} > a{i} > m{i}", f"{last} > b{i} > m{i}")
        last = f"m{i}"
    return body + flows(f"{last} > e")


@pytest.mark.parametrize(
    ("body", "entered"),
    [
        pytest.param(in_a_row("task", 2_000), 2_002, id="2,000 tasks in a row"),
        pytest.param(in_a_row("userTask", 1_500), 1_502, id="1,500 people in a row"),
        pytest.param(side_by_side("parallelGateway", 60), 123, id="60 at once"),
        pytest.param(side_by_side("inclusiveGateway", 200), 403, id="200 of an inclusive choice"),
        pytest.param(inclusive_blocks(300), 1_502, id="600 inclusive gateways"),
        pytest.param(inclusive_ladder(100), 304, id="100 inclusive joins, each behind the other"),
        pytest.param(links(1_000), 2_002, id="1,000 links"),
        pytest.param(doubling(8), 1_277, id="256 tokens through one end"),
    ],
)
def test_large_diagrams_run_to_their_end(body: str, entered: int) -> None:
    document = played(body)
    assert document["outcome"] == "completed"
    assert [f for f in document["findings"] if f["severity"] == "error"] == []
    assert sum(step["event"] == "entered" for step in document["trace"]) == entered


def test_subprocesses_nested_too_deep_are_refused_or_fail_with_a_reason() -> None:
    body = user("core")
    for level in range(40):
        body = sub(f"b{level}", body)
    assert played(body)["outcome"] == "completed"
    for level in range(40, 70):
        body = sub(f"b{level}", body)
    assert "nested deeper than 60 levels" in fault_of(played(body))
    for level in range(70, 200):
        body = sub(f"b{level}", body)
    refused = played(body)
    assert refused["outcome"] == "refused"
    assert "nested deeper than 200 levels" in refused["findings"][0]["message"]


@pytest.mark.parametrize("number", [14, 60])
def test_tokens_that_double_without_waiting_meet_the_budget(number: int) -> None:
    assert fault_of(played(doubling(number))) == "More than 10,000 steps without waiting."


def test_people_asked_for_ever_meet_the_budget_of_a_simulation() -> None:
    gates = nodes("exclusiveGateway", "back")
    endless = nodes("startEvent", "s") + user("u") + gates + flows("s > back > u > back")
    assert "did not end within 2000 acts" in fault_of(played(endless))


def test_heavy_expressions_are_bounded_when_read_and_when_run() -> None:
    long = " + ".join(["1"] * 5_000)
    definitions, findings = engine.read(file_of(ENDS + script("x", f"v = {long}") + flows("s > x > e")))
    assert definitions == []
    assert [f.element for f in findings if f.severity == "error"] == ["x"]
    lines = "\n".join(["v = 0", *("v = v + " + " + ".join(["1"] * 50) for _ in range(100))])
    document = played(ENDS + script("x", lines) + flows("s > x > e"))
    assert document["variables"] == {"v": 5_000}


def test_many_timers_on_one_step_each_fire_once() -> None:
    reminders = "".join(timer(f"t{i}", f"PT{i + 1}M", on="u", cancel=False) for i in range(200))
    ways = flows("s > u > e", *(f"t{i} > e" for i in range(200)))
    document = played(ENDS + user("u") + reminders + ways)
    rung = [
        s["element"] for s in document["trace"] if s["element"].startswith("t") and s["event"] == "entered"
    ]
    assert rung == [f"t{i}" for i in range(200)]


# -- what a completion costs --------------------------------------------------------------------------


def cost(xml: bytes, variables: dict[str, Any] | None = None) -> int:
    """Return the calls of one load, completion and store of a new instance."""
    cycle = Ours(xml)
    state = cycle.start(variables or {})
    cycle.complete(state, {})
    return calls_of(lambda: cycle.complete(state, {}))


def test_a_completion_costs_the_same_in_a_large_diagram() -> None:
    assert cost(diagrams.line(500)) == cost(diagrams.line(10))


def test_a_completion_costs_the_same_with_much_data() -> None:
    carried = {f"v{n}": [n, {"text": "x" * 1_000}] for n in range(1_000)}
    assert cost(diagrams.line(10), carried) == cost(diagrams.line(10))


def test_a_turn_of_a_loop_costs_the_same_as_the_first() -> None:
    cycle = Ours(diagrams.loop())
    state: bytes | None = cycle.start(diagrams.VARIABLES)
    costs = []
    for turn in range(120):
        assert state is not None
        costs.append(calls_of(lambda kept=state, turn=turn: cycle.complete(kept, {"turn": turn})))  # type: ignore[misc]
        state = cycle.complete(state, {"turn": turn})
    assert max(costs[1:]) == min(costs[1:])


def test_a_completion_costs_no_more_than_in_proportion_to_what_is_open() -> None:
    hundred, thousand = (cost(diagrams.several(width)) for width in (100, 1_000))
    assert thousand < 12 * hundred


def test_inclusive_joins_are_not_searched_for_every_token() -> None:
    """Each of these joins looked through the whole diagram for every token, at every step."""
    small, large = (calls_of(lambda n=n: played(inclusive_ladder(n))) for n in (20, 80))  # type: ignore[misc]
    assert large < 16 * small


def test_instances_of_an_automatic_step_cost_in_proportion() -> None:
    def run(count: int) -> None:
        repeated = f'<scriptTask id="x">{counted(str(count))}<script>v = loopCounter</script></scriptTask>'
        assert played(ENDS + repeated + flows("s > x > e"))["outcome"] == "completed"

    assert calls_of(lambda: run(1_000)) < 15 * calls_of(lambda: run(100))
