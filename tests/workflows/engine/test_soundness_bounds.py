"""How far the exploration looks: large diagrams within few markings, and an honest word where a bound is met."""

from __future__ import annotations

from tests.workflows.engine.diagrams import file_of, flows, nodes, sub, timer, user
from workflows.engine import compile_definition, soundness
from workflows.engine.soundness import Budget
from workflows.findings import Finding

ENDS = nodes("startEvent", "s") + nodes("endEvent", "e")


def work_of(body: str) -> int:
    """Return how many markings were looked at to prove a process sound."""
    budget = Budget()
    assert soundness.check(compile_definition(file_of(body), "p"), budget) == []
    return Budget().markings - budget.markings


def branches(fork: str, number: int, length: int, condition: str = "") -> str:
    body = nodes(fork, "f", "j") + flows("s > f", "j > e")
    for branch in range(number):
        steps = [f"a{branch}_{step}" for step in range(length)]
        body += "".join(user(step) for step in steps)
        body += flows(f"f > {steps[0]}{condition.format(branch)}", f"{' > '.join(steps)} > j")
    return ENDS + body


def crossing(number: int) -> str:
    """Return branches each of which may make its own join or its neighbour's pass: 2^n outcomes."""
    body = ENDS + nodes("parallelGateway", "f") + flows("s > f")
    for n in range(number):
        body += nodes("exclusiveGateway", f"x{n}") + nodes("parallelGateway", f"j{n}") + flows(f"j{n} > e")
        body += flows(f"f > x{n}", f"x{n} > j{n} | v == 1", f"x{n} > j{(n + 1) % number} | v == 2")
    return body


def test_five_hundred_steps_in_a_row_are_proved_in_as_many_markings() -> None:
    steps = [f"a{n}" for n in range(500)]
    row = ENDS + "".join(user(step) for step in steps) + flows(f"s > {' > '.join(steps)} > e")
    assert work_of(row) <= 502


def test_ten_parallel_branches_of_ten_steps_are_proved_without_their_interleavings() -> None:
    assert work_of(branches("parallelGateway", 10, 10)) <= 200


def test_seven_inclusive_branches_of_ten_steps_are_proved() -> None:
    budget = Budget()
    body = branches("inclusiveGateway", 7, 10, " | b{} == 1")
    rules = {f.rule for f in soundness.check(compile_definition(file_of(body), "p"), budget)}
    assert rules <= {"gap"}
    assert Budget().markings - budget.markings <= 10_000


def test_sixty_reminders_beside_parallel_steps_are_proved() -> None:
    body = branches("parallelGateway", 10, 6)
    for branch in range(10):
        for step in range(6):
            host = f"a{branch}_{step}"
            body += timer(f"t{host}", "P1D", on=host, cancel=False) + user(f"r{host}")
            body += flows(f"t{host} > r{host} > e")
    assert work_of(body) <= 400


def test_where_a_bound_is_met_the_finding_says_how_far_it_looked() -> None:
    definition = compile_definition(file_of(crossing(16)), "p")
    found = {f.rule: f for f in soundness.check(definition)}
    assert found["deadlock"].path
    assert found["not_proved"].severity == "warning"
    assert "markings" in found["not_proved"].message


def test_all_processes_of_a_file_share_one_budget() -> None:
    budget = Budget(markings=50)
    definition = compile_definition(file_of(branches("parallelGateway", 4, 20)), "p")
    assert [f.rule for f in soundness.check(definition, budget)] == ["not_proved"]
    assert budget.markings == 0
    assert [f.rule for f in soundness.check(definition, budget)] == ["not_proved"]


def test_a_complex_gateway_with_a_condition_is_not_proved() -> None:
    condition = "<activationCondition>activationCount == 2</activationCondition>"
    gateway = f'<complexGateway id="c">{condition}</complexGateway>'
    body = ENDS + nodes("parallelGateway", "f") + gateway + user("a") + user("b")
    body += flows("s > f > a > c > e", "f > b > c")
    findings = soundness.check(compile_definition(file_of(body), "p"))
    assert [(f.element, f.rule) for f in findings] == [("c", "not_proved")]


def test_a_subprocess_that_is_not_proved_is_named() -> None:
    inner = crossing(16).replace('"s', '"inner_s').replace('"e"', '"inner_e"')
    body = ENDS + sub("box", inner) + flows("s > box > e")
    findings: list[Finding] = soundness.check(compile_definition(file_of(body), "p"))
    assert [f.element for f in findings if f.rule == "not_proved"] == ["box"]


def test_a_message_leaves_out_the_middle_of_a_long_path() -> None:
    steps = [f"a{n}" for n in range(100)]
    body = ENDS + nodes("exclusiveGateway", "x") + nodes("parallelGateway", "j") + "".join(map(user, steps))
    body += (
        flows(f"s > {' > '.join(steps)} > x", "x > j | v == 1", "x > e | v != 1", "j > e")
        + user("b")
        + flows("b > j")
    )
    [found] = [f for f in soundness.check(compile_definition(file_of(body), "p")) if f.rule == "deadlock"]
    assert found.path == ("s", *steps, "x", "j")
    assert "s → a0 → a1" in found.message
    assert "63 more" in found.message
    assert "a50" not in found.message
