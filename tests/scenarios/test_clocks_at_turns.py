"""Where a matter turns, by a withdrawal, another jurisdiction, a hold, its re-opening: old clocks stop, new ones run.

Meanwhile the matter goes on by another version of its process after every step, and that changes none of it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from server import boot, folders
from tests.houses import Houses
from tests.scenarios import story
from workflows import clock, definitions, watchdog
from workflows.instances import migration
from workflows.model import PENDING, Task, Timer

STORIES = folders.BPMN / "clue_transfer" / "scenarios"
Clocks = dict[str, list[tuple[str, datetime]]]


class Watched(story.Telling):
    """A telling in which every step leaves each open task its clocks, and no closed one any."""

    def check(self) -> None:
        super().check()
        # At the end of a step that moves the clock on, the clock outside has not moved yet.
        with clock.held_at(max(clock.now(), self.now)), self.database.reading() as session:
            assert watchdog.missing(session) == [], self.place
            of_closed = select(Timer).join(Task, Task.id == Timer.task_id).where(Task.closed_at.is_not(None))
            assert session.scalars(of_closed.where(Timer.status.in_(PENDING))).all() == [], self.place
            assert session.scalars(of_closed.where(Timer.fired_at > Task.closed_at)).all() == [], self.place

    def go(self, *steps: Mapping[str, Any]) -> Clocks:
        """Take these steps, and return what waits then: element → kind and instant of each clock."""
        self.story = replace(self.story, steps=steps)
        self.tell()
        found: Clocks = {}
        with self.database.reading() as session:
            for timer in session.scalars(
                select(Timer).where(Timer.status.in_(PENDING), Timer.kind != "start")
            ):
                found.setdefault(timer.element_id or "", []).append((timer.kind, timer.due_at))
        return {element: sorted(waiting) for element, waiting in found.items()}

    def due(self, element: str) -> date:
        """Return the last day of the open task there."""
        with self.database.reading() as session:
            task = session.scalars(
                select(Task).where(Task.element_id == element, Task.closed_at.is_(None))
            ).one()
            assert task.due_at is not None
            return clock.day_of(task.due_at - timedelta(seconds=1))


class Moved(Watched):
    """A telling in which the matter goes on by another version after every step, there and back."""

    moves = 0

    def __post_init__(self) -> None:
        super().__post_init__()
        files = folders.read(STORIES.parent)
        drawn = files["clue_transfer.bpmn"].replace(b"</bpmn:process>", b"<!-- seen --></bpmn:process>", 1)
        with clock.held_at(self.now), self.database.unit_of_work() as session:
            first = definitions.latest(session, story.CLUES).id
            definitions.deploy(
                session, {**files, "clue_transfer.bpmn": drawn}, name="seen", actor=boot.SYSTEM
            )
            second = definitions.latest(session, story.CLUES).id
            self.plans = [migration.plan(session, *way) for way in ((first, second), (second, first))]

    def act(self, step: Mapping[str, Any]) -> None:
        super().act(step)
        with clock.held_at(max(clock.now(), self.now)):
            for plan in self.plans:
                with self.database.reading() as session:
                    standing = migration.running(session, plan)
                if standing:
                    break
            for instance_id in standing:
                with self.database.unit_of_work() as session:
                    verdict = migration.execute(
                        session, plan, instance_id, actor=boot.SYSTEM, operator="test"
                    )
                assert verdict.findings == (), self.place
                self.moves += 1


@pytest.fixture
def told(sqlite_houses: Houses, request: pytest.FixtureRequest) -> Iterator[Moved]:
    """Give a story told up to its first message or date."""
    with sqlite_houses() as database:
        telling = Moved(database, story.read(STORIES / request.param))
        yield telling
        assert telling.moves > 10


def before(told: Moved, word: str) -> tuple[Mapping[str, Any], ...]:
    """Return the steps of a story before the first of a kind."""
    steps = told.story.steps
    return steps[: next(number for number, step in enumerate(steps) if word in step)]


@pytest.mark.parametrize("told", ["10_hold.yaml"], indirect=True)
def test_a_held_clue_has_one_clock_and_its_study_begins_anew_when_it_is_reopened(told: Moved) -> None:
    first = told.go(*before(told, "advance"))
    # What is held waits for its review date alone: no reminder of the study or its approval is left.
    assert first.keys() == {"t_review"}
    ((kind, review),) = first["t_review"]
    assert (kind, clock.day_of(review)) == ("engine", date(2026, 9, 2))
    by_date = told.go({"advance": "P7M"})
    assert by_date.keys() == {"a9"}
    assert told.due("a9") == date(2026, 10, 8)
    assert all(kind == "ladder" and at > told.now for kind, at in by_date["a9"])
    held = told.go(
        {"actor": "handler", "task": "a9", "answers": {"way": "DW3", "reasons": "关键人员仍未到案。"}},
        {"actor": "head", "task": "a10_a2"},
        {"actor": "leader", "task": "a10_a3"},
        {
            "actor": "handler2",
            "task": "a11",
            "answers": {"hold_reason": "subject_abroad", "review_on": "today+P3M"},
        },
    )
    assert held.keys() == {"t_review"}
    by_condition = told.go({"advance": "P10D"}, {"actor": "clerk", "message": "clue_reopen"})
    # The condition came before the date: the date is waited for no longer, and fires nothing when it comes.
    assert by_condition.keys() == {"a9"}
    told.go({"advance": "P3M"})
    with told.database.reading() as session:
        reviews = session.scalars(select(Timer.status).where(Timer.element_id == "t_review")).all()
        studies = session.scalars(select(Task.outcome).where(Task.element_id == "a9")).all()
    assert sorted(reviews) == ["cancelled", "fired"]
    assert sorted(map(str, studies)) == ["None", "completed", "completed"]


@pytest.mark.parametrize("told", ["12_withdrawn.yaml"], indirect=True)
def test_a_withdrawn_report_stops_no_clock_and_another_jurisdiction_stops_them_all(told: Moved) -> None:
    steps = told.story.steps
    ready = next(number for number, step in enumerate(steps) if "advance" in step)
    studying = told.go(*steps[:ready])
    assert studying.keys() == {"a5_tell", "a9"}
    # Withdrawing is recorded and ends nothing: every clock runs on, to the second.
    withdrawn = told.go({"actor": "clerk", "message": "clue_withdrawn"})
    assert withdrawn == studying
    asked = told.go({"advance": "P10D"}, {"actor": "clerk", "message": "clue_jurisdiction_changed"})
    assert "x6_order" in asked
    started_anew = told.go(
        {
            "actor": "clerk",
            "task": "x6_order",
            "answers": {"effect": "restart", "to_body": None, "order": ["管辖决定.pdf"]},
        }
    )
    # The decision begins the study anew: the old reminders are gone, those of the new limit lie ahead.
    assert started_anew.keys() == {"a5_tell", "a9"}
    assert told.due("a9") == date(2026, 4, 13)
    earlier, later = ([at for _, at in clocks["a9"]] for clocks in (studying, started_anew))
    assert all(new > old for new, old in zip(later, earlier, strict=True))
    gone = told.go(
        {"actor": "handler", "task": "a9"},
        {"actor": "clerk", "message": "clue_jurisdiction_changed"},
        {"actor": "clerk", "task": "x6_order"},
    )
    assert gone.keys() == {"x6_letter"}
    told.go({"actor": "clerk", "task": "x6_letter"})
    assert told.go({"actor": "intake", "task": "x6_tell"}) == {}
    assert told.go({"advance": "P6M"}) == {}
