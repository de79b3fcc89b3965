"""Random walks through random processes, beside a reference interpreter that shares nothing with the engine."""

from __future__ import annotations

import json
import os
from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from functools import partial
from itertools import combinations

import pytest
from hypothesis import HealthCheck, assume, given, note, settings
from hypothesis import strategies as st

from tests.workflows.engine.diagrams import START, TestHost
from tests.workflows.engine.reference.blocks import blocks
from tests.workflows.engine.reference.drawing import file_with
from tests.workflows.engine.reference.game import ACTIVITIES, Done, Endless, Game, Stuck, Way
from tests.workflows.engine.reference.model import Graph
from tests.workflows.engine.reference.tokens import Token
from tests.workflows.engine.reference.wild import wild
from workflows.engine import Change, EngineFault, Moved, Run, compile_definition, soundness
from workflows.errors import Conflict, InvalidInput

pytestmark = pytest.mark.usefixtures("unhurried")

#: Walks of each kind; `make soak` takes many more, and longer ones.
WALKS = int(os.environ.get("DUBAN_WALKS", "200"))
LONGEST = 20 if WALKS < 1_000 else 60
FLAGS = st.fixed_dictionaries({name: st.booleans() for name in "abc"})


class Walk:
    """One process, run by the engine and by the reference at once."""

    played_by = Game
    #: Whether the reference says by itself which tokens a move takes along: it knows what `blocks` draws.
    judges = False

    def __init__(self, graph: Graph, flags: dict[str, bool], *, reloads: bool) -> None:
        xml = file_with(graph)
        note(xml.decode())
        note(f"start {flags}")
        self.definition = compile_definition(xml, "p")
        self.host, self.reloads = TestHost(), reloads
        self.present: Counter[tuple[str, str]] = Counter()
        self.failed = False
        self.told = 0
        self.completed: list[tuple[str, Done]] = []
        try:
            self.game = self.played_by(graph, flags, START)
        except Stuck as stuck:
            self.fails(stuck, lambda: Run.start(self.definition, flags, self.host))
            return
        except Endless:
            assume(False)
        self.run = Run.start(self.definition, flags, self.host)
        self.compare()

    def fails(self, stuck: Stuck, act: Callable[[], object]) -> None:
        """Let the engine fail as the reference has."""
        self.failed = True
        with pytest.raises(EngineFault) as caught:
            act()
        assert (caught.value.code, caught.value.element) == ("no_flow", str(stuck))

    def act(self, kind: str, number: int, flags: dict[str, bool]) -> None:
        """Do one thing to both, then compare."""
        note(f"{kind} {number} {flags}")
        if kind == "complete":
            self.complete(number, flags)
        elif kind == "skip":
            self.complete(number, {}, skipped=True)
        elif kind == "withdraw":
            self.withdraw(number)
        elif kind == "modify":
            self.modify(number, 4 * flags["a"] + 2 * flags["b"] + flags["c"])
        elif kind in ("back", "jump"):
            self.move(kind, number, 2 * flags["b"] + flags["c"], straight=flags["a"])
        elif kind == "wait":
            self.host.move(minutes=1 + 40 * number)
            self.game.now = self.host.instant
            self.both(self.game.drain, lambda: self.run.drain())
        elif kind == "message":
            name = ("m1", "m2")[number % 2]
            self.both(lambda: self.game.deliver(name), lambda: self.run.deliver(name, {}))
        else:
            name = ("g1", "g2")[number % 2]
            self.both(lambda: self.game.signal(name), lambda: self.run.signal(name, {}))

    def complete(self, number: int, flags: dict[str, bool], *, skipped: bool = False) -> None:
        tasks = self.run.open_tasks
        if not tasks:
            return
        number %= len(tasks)
        task = tasks[number]

        def done() -> None:
            self.completed.append((task.id, self.game.complete(number, flags)))

        act = partial(self.run.skip, task.id) if skipped else partial(self.run.complete, task.id, flags)
        self.both(done, act)

    def withdraw(self, number: int) -> None:
        """Take a completion back, one of the last."""
        if not self.completed:
            return
        task_id, done = self.completed[-1 - number % len(self.completed)]
        note(f"{done.task.node.id} of {task_id}")
        self.both(self.game.drain, lambda: self.run.drain())
        if self.failed or self.game.outcome != "running":
            return
        may = self.game.may_withdraw(done)
        safe = self.game.is_safe_without(done) if may else False
        try:
            self.run.withdraw(task_id)
        except Conflict as refused:
            if refused.code != "unsafe" and may:
                raise AssertionError(f"refused, but not by the reference: {refused}") from refused
            self.refused(refused, safe)
            return
        except EngineFault:
            self.failed = True
            return
        assert may
        assert not self.judges or safe is not False
        self.follow_by(partial(self.game.withdraw, done))

    def reopen(self, number: int) -> None:
        """Let a run that has ended go on at one of the process's own activities."""
        steps = self.game.activities()
        if not steps:
            self.failed = True
            return
        node = steps[number % len(steps)]
        note(f"reopen at {node.id}")
        safe = self.game.is_safe_again(node)
        try:
            self.run.reopen(node.id)
        except Conflict as refused:
            self.refused(refused, safe)
            self.failed = True
            return
        except EngineFault:
            self.failed = True
            return
        assert not self.judges or safe is not False
        self.completed.clear()
        self.follow_by(partial(self.game.reopen, node))

    def modify(self, number: int, chosen: int) -> None:
        """Take an open task's token away, or put one before an activity or on a flow, or both."""
        tasks, every = self.run.open_tasks, [*self.game.scopes()]
        number %= max(1, len(tasks))
        gone = self.game.whole(number) if tasks and chosen % 3 != 1 else None
        graph = every[number % len(every)].graph if chosen % 3 else None
        names = [] if graph is None else [n.id for n in graph.nodes if n.kind in ACTIVITIES]
        flows = [] if graph is None else [flow.id for flow in graph.flows if not flow.link]
        name = next(iter([*names, *flows][chosen + number :] or [*flows, *names]), "")
        if gone is None and not name:
            return
        places = self.game.scopes_of(name, without=gone) if name else []
        changes = [Change("cancel", tasks[number].node.id, tasks[number].id)] if gone is not None else []
        changes += [Change("before" if name in names else "flow", name)] if name else []
        note(f"without {gone and gone.node.id}, with {name}")
        self.both(self.game.drain, lambda: self.run.drain())
        if (
            self.failed
            or self.game.outcome != "running"
            or [t.id for t in self.run.open_tasks] != [t.id for t in tasks]
        ):
            return
        scope = places[0] if places else None
        safe = self.game.is_safe_changed(scope, gone, name) if scope is not None else None
        try:
            self.run.modify(changes)
        except InvalidInput:
            assert name
            assert len(places) != 1
            return
        except Conflict as refused:
            self.refused(refused, safe if self.game.is_in(scope, gone) else None)
            return
        except EngineFault:
            self.failed = True
            return
        assert len(places) == (1 if name else 0)
        assert not self.judges or safe is not False
        self.follow_by(partial(self.game.change, gone, scope, name))

    def refused(self, refused: Conflict, safe: bool | None) -> None:
        """See that the engine refuses for a reason that the reference knows; nothing has moved."""
        given_up = any(finding.rule == "not_proved" for finding in refused.params.get("findings", ()))
        assert given_up or not self.judges or not safe, f"refused, but not by the reference: {refused}"
        self.compare()

    def follow_by(self, act: Callable[[], None]) -> None:
        """Let the reference do what the engine has done."""
        try:
            act()
        except (Stuck, Endless):
            assume(False)
        self.compare()

    def move(self, kind: str, number: int, to: int, *, straight: bool) -> None:
        """Send a task back to an earlier step, to come straight back or not, or let it jump anywhere."""
        tasks = self.run.open_tasks
        if not tasks:
            return
        number %= len(tasks)
        task, jumped = tasks[number], kind == "jump"
        ways = self.game.steps(number) if jumped else self.game.earlier(number)
        if not jumped:
            assert sorted(n.id for n in self.run.earlier(task.id)) == sorted(node.id for _, node in ways)
        if not ways:
            return
        way = ways[(number + to) % len(ways)]
        straight = straight and not jumped
        note(f"to {way[1].id}, straight {straight}")
        act = partial(self.run.jump if jumped else self.run.send_back, task.id, way[1].id)
        act = partial(act, straight=True) if straight else act
        choices = self.game.choices(way, jumped=jumped, straight=straight) if self.judges else None
        if choices is None:
            self.follow(act, way, jumped=jumped, straight=straight)
        else:
            self.judge(act, way, choices, straight=straight)

    def judge(
        self, act: Callable[[], Moved], way: Way, choices: list[list[Token]], *, straight: bool
    ) -> None:
        """Let the engine do one of what the reference has foreseen.

        It may give up sooner, and let more go along: its game knows no order between a join and a person.
        """
        try:
            gone = names(act())
        except Conflict as refused:
            given_up = any(finding.rule == "not_proved" for finding in refused.params["findings"])
            if not given_up and choices:
                raise AssertionError(f"refused, but not by the reference: {refused}") from refused
            return
        except EngineFault:
            self.failed = True
            return
        fitting = [along for along in choices if [token.node.id for token in along] == gone]
        assert fitting
        self.move_along(way, fitting, straight=straight)

    def move_along(self, way: Way, fitting: list[list[Token]], *, straight: bool) -> None:
        """Let the reference do as the engine has done."""
        if len(fitting) > 1:
            self.failed = True  # which of those that wait at one join went along is not told
            return
        try:
            self.game.move(way, fitting[0], straight=straight)
        except (Stuck, Endless):
            assume(False)
        self.compare()

    def follow(self, act: Callable[[], Moved], way: Way, *, jumped: bool, straight: bool) -> None:
        """Let the reference do as the engine has chosen to."""
        try:
            gone = names(act())
        except Conflict:
            return
        except EngineFault:
            self.failed = True
            return
        others = self.game.others(way, jumped=jumped) if gone else []
        fitting = [list(c) for c in combinations(others, len(gone)) if [t.node.id for t in c] == gone]
        assert fitting
        self.move_along(way, fitting, straight=straight)

    def both(self, reference: Callable[[], object], engine: Callable[[], object]) -> None:
        try:
            wanted = reference()
        except Stuck as stuck:
            self.fails(stuck, engine)
            return
        except Endless:
            assume(False)
        assert engine() == wanted
        self.compare()

    def compare(self) -> None:
        run, game = self.run, self.game
        for step in run.steps[self.told :]:
            self.present[step.activity_id, step.node_id] += 1 if step.what == "entered" else -1
        self.told = len(run.steps)
        assert set(self.present.values()) <= {0, 1}, "a token entered or left twice"
        assert run.outcome == game.outcome
        assert [task.node.id for task in run.open_tasks] == game.open()
        assert sorted((timer.due_at, timer.node_id) for timer in run.due_timers) == game.timers()
        assert sorted((s.kind, s.name, s.node_id) for s in run.subscriptions) == game.subscriptions()
        assert Counter(node for _, node in self.present.elements()) == game.marking()
        assert sorted(run.end_nodes) == sorted(game.ended)
        if self.reloads:
            self.reload()

    def reload(self) -> None:
        """Go on with what was stored."""
        dumped = self.run.dump()
        self.run = Run.restore(self.definition, dumped, self.host)
        assert json.loads(self.run.dump()) == json.loads(dumped)
        self.told = 0


ACTS = st.tuples(
    st.sampled_from(
        ["complete"] * 6
        + ["skip", "back", "back", "jump", "withdraw", "withdraw", "modify", "wait", "message", "signal"]
    ),
    st.integers(0, 5),
    FLAGS,
)


def names(made: Moved) -> list[str]:
    return [node.id for node in made.along]


walking = settings(
    max_examples=WALKS,
    deadline=None,
    report_multiple_bugs=False,
    suppress_health_check=list(HealthCheck),
)


class Judged(Walk):
    """A walk in which the reference has foreseen what the engine lets go along."""

    judges = True


def go(graph: Graph, data: st.DataObject, kind: type[Walk]) -> None:
    walk = kind(graph, data.draw(FLAGS), reloads=data.draw(st.booleans()))
    acts = 0
    while not walk.failed and acts < LONGEST:
        if walk.game.outcome == "running":
            walk.act(*data.draw(ACTS))
        elif data.draw(st.booleans()):
            walk.reopen(data.draw(st.integers(0, 5)))
        else:
            return
        acts += 1


@walking
@given(graph=wild(), data=st.data())
def test_a_walk_through_a_graph_without_structure_is_what_the_standard_says(
    graph: Graph, data: st.DataObject
) -> None:
    # Most such graphs pile up tokens: what cannot be shown soon would take minutes to be shown not to be provable.
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("workflows.engine.soundness.exploring.MAX_WORK", 20_000)
        go(graph, data, Walk)


@walking
@given(graph=blocks(), data=st.data())
def test_a_walk_through_blocks_is_what_the_standard_says(graph: Graph, data: st.DataObject) -> None:
    go(graph, data, Judged)


@settings(walking, max_examples=WALKS // 5)
@given(graph=st.one_of(wild(), blocks()), data=st.data())
def test_what_the_gate_finds_sound_never_gets_stuck(graph: Graph, data: st.DataObject) -> None:
    """Two that know nothing of one another agree: the exploration of all ways, and a walk on one of them."""
    definition = compile_definition(file_with(graph), "p")
    found = {finding.rule for finding in soundness.check(definition, soundness.Budget(2_000, 200))}
    assume(not found & {"deadlock", "unbounded", "not_proved"})
    flags = data.draw(FLAGS)
    try:
        game = Game(graph, flags, START)
        assert not list(game.stuck())
        for _ in range(LONGEST):
            if game.outcome == "running":
                play(game, *data.draw(ACTS))
                assert not list(game.stuck())
    except (Stuck, Endless):
        # Conditions are the author's; what the tokens do is the gate's.
        assume(False)


def play(game: Game, kind: str, number: int, flags: dict[str, bool]) -> None:
    """Do one thing to the reference alone."""
    if kind in ("complete", "skip") and game.tasks():
        game.complete(number % len(game.tasks()), flags if kind == "complete" else {})
    elif kind == "wait":
        game.now += timedelta(minutes=1 + 40 * number)
        game.drain()
    elif kind == "message":
        game.deliver(("m1", "m2")[number % 2])
    elif kind == "signal":
        game.signal(("g1", "g2")[number % 2])
