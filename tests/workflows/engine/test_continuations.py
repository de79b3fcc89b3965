"""Runs that pause: in slices where an act would take too long, and held at asynchronous continuations."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tests.workflows.engine.diagrams import (
    TestHost,
    boundary,
    conditional,
    counted,
    file_of,
    flows,
    nodes,
    script,
    service,
    sub,
    timer,
    user,
)
from workflows.engine import Run, compile_definition
from workflows.errors import EngineFault


class Sliced:
    """A run that is saved and loaded again between any two transactions."""

    def __init__(self, body: str, host: TestHost | None = None, *, extra: str = "", **variables: object):
        self.host = host or TestHost()
        self.definition = compile_definition(file_of(body, extra=extra), "p")
        self.run = Run.start(self.definition, variables, self.host, pauses=True)
        self.steps = [(step.node_id, step.what) for step in self.run.steps]
        self.slices = 1

    def reload(self) -> Run:
        self.run = Run.restore(self.definition, self.run.dump(), self.host, pauses=True)
        return self.run

    def slice(self) -> None:
        """Go on for one transaction."""
        self.reload().drain()
        self._after()

    def finish(self) -> None:
        while self.reload().unfinished:
            self.slice()

    @property
    def held(self) -> list[str]:
        return [c.node_id for c in self.reload().continuations]

    def proceed(self, *names: str) -> None:
        """Let the tokens held at these elements go on, one after the other."""
        for name in names:
            held = next(c for c in self.reload().continuations if c.node_id == name)
            assert self.run.proceed(held.id)
            self._after()
            assert not self.reload().proceed(held.id)

    def release(self, where: str) -> None:
        """Let the token held `before` or `after` its element go on."""
        (held,) = (c.id for c in self.reload().continuations if c.id.endswith(where))
        assert self.run.proceed(held)
        self._after()

    def complete(self, name: str) -> None:
        task = next(t for t in self.reload().open_tasks if t.node.id == name)
        self.run.complete(task.id, {})
        self._after()

    @property
    def open(self) -> list[str]:
        return sorted(task.node.id for task in self.reload().open_tasks)

    def told(self, name: str) -> list[str]:
        return [what for node, what in self.steps if node.partition("#")[0] == name]

    def _after(self) -> None:
        self.slices += 1
        self.steps += [(step.node_id, step.what) for step in self.run.steps]


def task(name: str, given: str = "", inner: str = "") -> str:
    return f'<userTask id="{name}" {given}>{inner}</userTask>'


BEFORE, AFTER = 'camunda:asyncBefore="true"', 'camunda:asyncAfter="true"'
S, E = nodes("startEvent", "s"), nodes("endEvent", "e")
BUSY = (
    S
    + nodes("parallelGateway", "fork", "join")
    + nodes("exclusiveGateway", "back")
    + '<exclusiveGateway id="again" default="again_join"/>'
    + script("zero", "n = 0")
    + script("count", "n = n + 1")
    + '<intermediateThrowEvent id="tell"><messageEventDefinition messageRef="m"/></intermediateThrowEvent>'
    + '<receiveTask id="hear" messageRef="m"/>'
    + sub("box", nodes("startEvent", "bs"), script("many", "x = n") + flows("bs > many"))
    + E
    + flows(
        "s > zero > fork",
        "fork > back > count > again > join > e",
        "again > back | ${n < 40}",
    )
    + flows("fork > tell > box > join", "fork > hear > join")
)
MESSAGE = '<message id="m" name="ready"/>'


def test_a_long_act_stops_between_two_tokens_and_goes_on_in_the_same_order(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    whole = Sliced(BUSY, extra=MESSAGE)
    assert (whole.slices, whole.run.outcome) == (1, "completed")
    monkeypatch.setattr("workflows.engine.instance.MAX_STEPS", 7)
    sliced = Sliced(BUSY, extra=MESSAGE)
    assert sliced.run.unfinished
    sliced.finish()
    assert sliced.slices > 15
    assert sliced.steps == whole.steps
    assert (sliced.run.outcome, sliced.run.variables) == ("completed", whole.run.variables)


def test_an_endless_loop_goes_on_slice_by_slice_and_can_be_cancelled(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("workflows.engine.instance.MAX_STEPS", 1_000)
    body = S + nodes("exclusiveGateway", "again") + script("turn", "n = n + 1")
    endless = Sliced(body + flows("s > again > turn > again"), n=0)
    sizes = set()
    for _ in range(3):
        endless.slice()
        assert endless.run.unfinished
        assert endless.run.taken >= 900
        sizes.add(len(endless.run.dump()) // 100)
    assert len(sizes) == 1
    assert endless.reload().variables["n"] > 1_500
    endless.run.cancel()
    assert not endless.reload().unfinished


def test_a_run_in_memory_keeps_the_fault_of_an_endless_loop(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("workflows.engine.instance.MAX_STEPS", 1_000)
    body = S + nodes("exclusiveGateway", "again") + script("turn", "n = n + 1")
    definition = compile_definition(file_of(body + flows("s > again > turn > again")), "p")
    with pytest.raises(EngineFault) as failed:
        Run.start(definition, {"n": 0}, TestHost())
    assert failed.value.code == "budget"


def test_time_and_people_do_not_wait_for_a_long_run(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("workflows.engine.instance.MAX_STEPS", 20)
    loop = nodes("startEvent", "bs") + nodes("exclusiveGateway", "again") + script("turn", "n = n + 1")
    body = S + nodes("parallelGateway", "fork") + user("a") + user("b") + E
    body += sub("box", loop, flows("bs > again > turn > again")) + timer("late", "PT1H", on="box")
    busy = Sliced(body + flows("s > fork > a > b", "fork > box > e", "late > e"), n=0)
    busy.slice()
    assert busy.open == ["a"]
    busy.complete("a")
    assert busy.open == ["b"]
    busy.slice()
    assert busy.run.unfinished
    busy.host.move(hours=1)
    busy.slice()
    assert not busy.run.unfinished
    assert busy.told("box") == ["entered", "cancelled"]
    assert busy.run.end_nodes == ["e"]


def test_async_before_holds_a_token_that_has_not_entered() -> None:
    waiting = Sliced(
        S + task("a", BEFORE) + timer("late", "PT1H", on="a") + E + flows("s > a > e", "late > e")
    )
    assert (waiting.held, waiting.open, waiting.run.due_timers) == (["a"], [], [])
    assert waiting.told("a") == []
    waiting.host.move(minutes=10)
    waiting.proceed("a")
    assert (waiting.held, waiting.open) == ([], ["a"])
    assert waiting.run.due_timers[0].due_at == waiting.host.now() + timedelta(hours=1)
    waiting.complete("a")
    assert waiting.run.outcome == "completed"


def test_async_after_holds_a_token_that_has_left() -> None:
    body = S + task("a", AFTER) + timer("late", "PT1H", on="a") + E + user("b")
    left = Sliced(body + flows("s > a", "a > e | ${n == 1}", "a > b | ${n == 2}", "late > e"), n=2)
    left.complete("a")
    assert (left.told("a"), left.held, left.open) == (["entered", "left"], ["a"], [])
    assert left.run.due_timers == []
    left.proceed("a")
    assert left.open == ["b"]


def test_other_branches_go_on_while_one_is_held() -> None:
    body = S + nodes("parallelGateway", "fork", "join") + user("b") + E
    body += f'<serviceTask id="a" camunda:delegateExpression="${{act}}" {BEFORE} {AFTER}/>'
    both = Sliced(body + flows("s > fork > a > join", "fork > b > join > e"))
    assert (both.held, both.open) == (["a"], ["b"])
    both.complete("b")
    assert both.host.called == []
    both.proceed("a")
    assert both.host.called == [("act", {})]
    assert both.held == ["a"]
    both.proceed("a")
    assert both.run.outcome == "completed"


def test_what_is_held_is_cancelled_without_a_passage() -> None:
    inner = nodes("startEvent", "bs") + task("a", BEFORE) + flows("bs > a")
    body = S + sub("box", inner) + timer("late", "PT1H", on="box") + E
    gone = Sliced(body + flows("s > box > e", "late > e"))
    assert gone.held == ["a"]
    gone.host.move(hours=1)
    gone.slice()
    assert (gone.held, gone.told("a"), gone.told("box")) == ([], [], ["entered", "cancelled"])
    assert gone.run.outcome == "completed"


@pytest.mark.parametrize("kind", ["parallelGateway", "inclusiveGateway"])
def test_a_join_counts_a_held_token_as_on_its_way(kind: str) -> None:
    body = S + nodes("parallelGateway", "fork") + user("b") + user("c")
    body += f'<{kind} id="join" {BEFORE}/>' + E
    joined = Sliced(body + flows("s > fork", "fork > b > join", "fork > c > join > e"))
    joined.complete("b")
    joined.proceed("join")
    joined.complete("c")
    assert (joined.held, joined.run.outcome) == (["join"], "running")
    joined.proceed("join")
    assert joined.run.outcome == "completed"
    assert joined.told("join") == ["entered", "entered", "left", "left"]


@pytest.mark.parametrize("order", ["true", "false"])
def test_multi_instance_is_held_as_a_whole_and_for_each_instance(order: str) -> None:
    loop = counted("2", isSequential=order).replace(
        "Characteristics ", f"Characteristics {BEFORE} {AFTER} ", 1
    )
    many = Sliced(S + task("a", f"{BEFORE} {AFTER}", loop) + E + flows("s > a > e"))
    assert (many.held, many.steps[2:]) == (["a"], [])
    many.proceed("a")
    for turn in range(2):
        assert many.held == ["a"] * (1 if order == "true" else 2 - turn)
        many.proceed("a")
        many.complete("a")
        assert many.told("a")[-1] == "left"
        many.release("after")
    assert many.held == ["a"]
    many.proceed("a")
    assert many.run.outcome == "completed"


def test_an_event_is_held_behind_what_it_did() -> None:
    on = boundary(
        "late", "a", "<timerEventDefinition><timeDuration>PT1H</timeDuration></timerEventDefinition>"
    )
    body = S + user("a") + on.replace("<boundaryEvent ", f"<boundaryEvent {AFTER} ") + user("b") + E
    event = Sliced(body + flows("s > a > e", "late > b > e"))
    event.host.move(hours=1)
    event.slice()
    assert (event.held, event.open, event.told("late")) == (["b"], [], ["entered", "left"])
    event.proceed("b")
    assert event.open == ["b"]


def test_subprocesses_and_gateways_of_events_are_held_too() -> None:
    box = sub("box", nodes("startEvent", "bs"), user("a"), flows("bs > a"))
    box = box.replace("<subProcess ", f"<subProcess {BEFORE} {AFTER} ")
    gateway = f'<eventBasedGateway id="wait" {BEFORE}/>' + timer("soon", "PT1H") + timer("later", "PT2H")
    run = Sliced(S + box + gateway + E + flows("s > box > wait > soon > e", "wait > later > e"))
    run.proceed("box")
    run.complete("a")
    assert run.told("box") == ["entered", "left"]
    run.proceed("box")
    assert (run.held, run.run.due_timers) == (["wait"], [])
    run.proceed("wait")
    run.host.move(hours=1)
    run.slice()
    assert run.run.outcome == "completed"


def test_a_called_process_is_held_in_the_state_of_its_caller() -> None:
    called = f'<process id="q" isExecutable="true">{nodes("startEvent", "qs")}{task("inner", BEFORE)}'
    called += f"{flows('qs > inner')}</process>"
    body = S + f'<callActivity id="call" calledElement="q" {AFTER}/>' + E + flows("s > call > e")
    caller = Sliced(body, extra=called)
    caller.proceed("inner")
    caller.complete("inner")
    assert caller.held == ["call"]
    caller.proceed("call")
    assert caller.run.outcome == "completed"


def test_a_run_in_memory_just_goes_on() -> None:
    body = S + service("a", "act").replace("<serviceTask ", f"<serviceTask {BEFORE} {AFTER} ") + E
    definition = compile_definition(file_of(body + flows("s > a > e")), "p")
    run = Run.start(definition, {}, TestHost())
    assert (run.outcome, run.continuations) == ("completed", [])


def test_a_condition_waited_for_is_not_taken_for_a_hold() -> None:
    event = f'<intermediateCatchEvent id="c">{conditional("${grave}")}</intermediateCatchEvent>'
    sliced = Sliced(nodes("startEvent", "s") + event + flows("s > c"), grave=False)
    assert sliced.reload().continuations == []


@pytest.mark.parametrize("steps", range(2, 9))
def test_a_condition_met_between_two_slices_is_not_run_past(
    monkeypatch: pytest.MonkeyPatch, steps: int
) -> None:
    monkeypatch.setattr("workflows.engine.instance.MAX_STEPS", steps)
    inner = nodes("startEvent", "bs") + script("raise", "grave = true") + script("on", "passed = true")
    body = S + sub("box", inner + flows("bs > raise > on")) + boundary("x", "box", conditional("${grave}"))
    sliced = Sliced(body + nodes("endEvent", "out") + flows("s > box", "x > out"), grave=False)
    sliced.finish()
    assert sliced.run.end_nodes == ["out"]
    assert "passed" not in sliced.run.variables
