"""Random walks in the database beside the reference interpreter; writers that come late change nothing."""

from __future__ import annotations

import itertools
import os
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, assume, given, note, settings
from hypothesis import strategies as st

from tests.workflows.conftest import START, Office, open_office
from tests.workflows.engine.diagrams import file_of
from tests.workflows.engine.reference.blocks import blocks
from tests.workflows.engine.reference.drawing import draw, shared
from tests.workflows.engine.reference.game import Endless, Game, Stuck
from tests.workflows.engine.reference.model import Graph
from workflows import clock, instances, persistence, timers
from workflows.errors import Conflict, EngineFault, InvalidInput
from workflows.model import Instance, Subscription, Task, Timer

WALKS = int(os.environ.get("DUBAN_WALKS", "300")) // 10
FLAGS = st.fixed_dictionaries({name: st.booleans() for name in "abc"})
ACTS = st.tuples(
    st.sampled_from(["complete"] * 4 + ["twice", "stale", "wait", "message", "signal"]),
    st.integers(0, 5),
    FLAGS,
)


@pytest.fixture(scope="module")
def keys() -> Iterator[int]:
    return itertools.count(1)


@pytest.fixture
def office(sqlite_url: str, held_clock: None) -> Iterator[Office]:
    found = open_office(sqlite_url)
    yield found
    found.engine.dispose()


class Walk:
    """One instance in the database and its reference."""

    def __init__(self, office: Office, graph: Graph, flags: dict[str, bool], xml: bytes, key: str) -> None:
        self.office, self.now, self.failed = office, START, False
        try:
            office.deploy(xml, name=key)
        except InvalidInput as refused:
            note(str(refused))
            # The gate finds that a token may get stuck; walks through such are the engine's own tests'.
            assume(False)
        try:
            self.game = Game(graph, flags, START)
        except Stuck:
            with pytest.raises(EngineFault):
                office.start(key, **flags)
            self.failed = True
            return
        except Endless:
            assume(False)
        self.instance = office.start(key, **flags)
        self.compare()

    def open(self) -> list[Task]:
        """Return the open tasks, the one that was made first before the others."""
        with self.office.work() as session:
            run, _ = persistence.peek(session, session.get_one(Instance, self.instance.id))
            order = [task.id for task in run.open_tasks]
        rows = {task.id: task for task in self.office.open_tasks(self.instance)}
        assert rows.keys() == set(order)
        return [rows[identity] for identity in order]

    def both(self, reference: Callable[[], object], act: Callable[[], object]) -> None:
        with clock.held_at(self.now):
            try:
                reference()
            except Stuck:
                with pytest.raises(EngineFault):
                    act()
                self.failed = True
                return
            except Endless:
                assume(False)
            act()
            self.compare()

    def complete(self, number: int, flags: dict[str, bool]) -> Task | None:
        found = self.open()
        if not found:
            return None
        number %= len(found)
        self.both(
            lambda: self.game.complete(number, flags), lambda: self.office.complete(found[number], **flags)
        )
        return found[number]

    def twice(self, number: int, flags: dict[str, bool]) -> None:
        """Complete a task as two people do who both still see it: the second changes nothing."""
        done = self.complete(number, flags)
        if done is not None and not self.failed:
            with clock.held_at(self.now), pytest.raises(Conflict):
                self.office.complete(done, **{name: not flag for name, flag in flags.items()})
            self.compare()

    def stale(self, number: int, flags: dict[str, bool]) -> None:
        """Complete two tasks of one and the same stored state: the second writer has missed a turn."""
        found = self.open()
        if len(found) < 2 or self.game.outcome != "running":
            return
        seen = self.office.get(Instance, self.instance.id).revision
        done = self.complete(number, flags)
        if self.failed or done is None or self.game.outcome != "running":
            return
        with (
            clock.held_at(self.now),
            pytest.raises(Conflict),
            self.office.work() as session,
            persistence.advancing(session, self.instance.id, actor=None, revision=seen) as run,
        ):
            run.complete(next(t.id for t in found if t.id != done.id), {})
        self.compare()

    def wait(self, number: int, flags: dict[str, bool]) -> None:
        self.now += timedelta(minutes=1 + 40 * number)
        self.game.now = self.now
        self.both(self.game.drain, self.fire)

    def fire(self) -> None:
        while True:
            with self.office.work() as session:
                leased = timers.lease(session, "w", limit=3)
            if not leased:
                return
            for timer_id in leased:
                with self.office.work() as session:
                    timers.fire(session, timer_id)

    def message(self, number: int, flags: dict[str, bool]) -> None:
        name = ("m1", "m2")[number % 2]
        self.both(lambda: self.game.deliver(name), lambda: self.tell(instances.message, name, all=True))

    def signal(self, number: int, flags: dict[str, bool]) -> None:
        name = ("g1", "g2")[number % 2]
        self.both(lambda: self.game.signal(name), lambda: self.tell(instances.signal, name))

    def tell(self, how: Any, name: str, **narrowed: Any) -> None:
        try:
            with self.office.work() as session:
                how(session, name, actor=self.office.chief, **narrowed)
        except InvalidInput as nobody:
            if nobody.code != "no_receiver":
                raise

    def compare(self) -> None:
        office, mine = self.office, self.instance.id
        with office.work() as session:
            assert persistence.rows_equal_run(session, mine) == []
        assert (office.get(Instance, mine).ended_at is not None) == (self.game.outcome == "completed")
        assert [task.element_id for task in self.open()] == self.game.open()
        armed = office.all(Timer, Timer.instance_id == mine, Timer.status == "waiting")
        assert sorted((timer.due_at, timer.element_id) for timer in armed) == self.game.timers()
        waiting = office.all(Subscription, Subscription.instance_id == mine)
        assert sorted((s.kind, s.name, s.element_id) for s in waiting) == self.game.subscriptions()

    def end(self) -> None:
        """Leave no instance behind that would hear the signals of the next one."""
        if self.office.get(Instance, self.instance.id).ended_at is None:
            with self.office.work() as session:
                instances.cancel(session, self.instance.id, actor=self.office.chief, reason="walked enough")


@pytest.mark.slow
@given(graph=blocks(), flags=FLAGS, acts=st.lists(ACTS, min_size=5, max_size=15))
@settings(
    max_examples=WALKS,
    deadline=None,
    report_multiple_bugs=False,
    suppress_health_check=[
        HealthCheck.function_scoped_fixture,
        HealthCheck.too_slow,
        HealthCheck.filter_too_much,
        HealthCheck.data_too_large,
        HealthCheck.large_base_example,
    ],
)
def test_rows_are_what_the_standard_says_after_every_step(
    office: Office, keys: Iterator[int], graph: Graph, flags: dict[str, bool], acts: Any
) -> None:
    key = f"walked{next(keys)}"
    xml = file_of(draw(graph), extra=shared(graph), process=key)
    note(xml.decode())
    walk = Walk(office, graph, flags, xml, key)
    for kind, number, chosen in acts:
        if walk.failed or walk.game.outcome != "running":
            break
        note(f"{kind} {number} {chosen}")
        getattr(walk, kind)(number, chosen)
    if hasattr(walk, "instance"):
        walk.end()
