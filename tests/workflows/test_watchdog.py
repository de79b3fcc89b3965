"""The watchdog names every open task that lacks a clock which its diagram gives it, and no other."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest
from sqlalchemy import update

from tests.workflows.conftest import Office, Offices
from workflows import clock, watchdog
from workflows.model import ReminderRung, Task, Timer


@pytest.fixture
def desk(sqlite_offices: Offices, held_clock: None) -> Iterator[Office]:
    """Give an office with one rung for deadlines of hours."""
    with sqlite_offices() as found:
        rung = {"applies": "hours", "basis": "elapsed", "amount": 0.5, "unit": "fraction"}
        with found.work() as session:
            session.add(
                ReminderRung(
                    ladder="default",
                    version=1,
                    rung=1,
                    recipients="handler",
                    level="remind",
                    operation="test.remind",
                    **rung,
                )
            )
        yield found
        found.engine.dispose()


def lacking(desk: Office) -> list[tuple[str, str, str]]:
    with desk.counting() as statements, desk.work() as session:
        found = watchdog.missing(session)
    assert not any("instance_state" in statement for statement in statements), "no instance is loaded"
    return [(one.element_id, one.what, one.name) for one in found]


def test_what_lost_its_clock_is_named_until_it_has_it_again(
    desk: Office, two_steps: str, operation: Callable[..., object]
) -> None:
    desk.deploy(two_steps)
    pair, other = desk.start("pair"), desk.start("pair")
    assert lacking(desk) == []
    rungs = update(Timer).where(Timer.kind == "ladder", Timer.instance_id == pair.id)
    bound = update(Timer).where(Timer.kind == "engine", Timer.instance_id == pair.id)
    with desk.work() as session:
        session.execute(rungs.values(status="cancelled"))
        session.execute(bound.values(status="cancelled"))
    assert sorted(lacking(desk)) == [("one", "reminders", "default"), ("one", "timer", "late")]
    with desk.work() as session:
        task = update(Task).where(Task.instance_id == pair.id, Task.element_id == "one")
        session.execute(task.values(due_at=None))
    assert sorted(lacking(desk)) == [("one", "deadline", ""), ("one", "timer", "late")]
    with clock.held_at(clock.now() + timedelta(hours=3)), desk.work() as session:
        # What has been climbed and what has fired is not missing.
        session.execute(rungs.values(status="fired"))
        session.execute(bound.values(status="fired", fired_at=clock.now()))
        session.execute(task.values(due_at=pair.started_at + timedelta(hours=4)))
    with clock.held_at(clock.now() + timedelta(hours=3)):
        assert lacking(desk) == []
        desk.complete(desk.task("one", other))
        assert lacking(desk) == [], "a task that wants no deadline lacks none"
