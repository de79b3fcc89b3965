"""The office's options, each against what it says of itself, and against every limit that it is not about."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy.orm import Session

from handlers import codes, conventions, office
from handlers.registers import Clue
from handlers.registers.arrival import counted_from
from handlers.registers.model import Handover
from server import boot
from workflows import calendar, clock, limits
from workflows.actor import Actor
from workflows.calendar import Change, Extension, WorkDays
from workflows.model import TimeConvention

DAYS, ZONE = WorkDays.official(), clock.office_zone()
LONGER = (Extension(3),)


@pytest.fixture(scope="module")
def desk() -> Iterator[Session]:
    """Give the reference data as they come with the program."""
    with clock.held_at(datetime(2026, 1, 5, tzinfo=UTC)), boot.draft() as session:
        yield session


def decided(session: Session, question: str, option: str) -> TimeConvention:
    return conventions.decide(
        session,
        question,
        {"option": option, "effective_from": "2026-01-06", "document_no": "〔2026〕1号", "follows": "1"},
        actor=Actor("supervisor"),
    )


def counted(session: Session, rule: str, start: str, changes: tuple[Change, ...] = ()) -> str:
    day = date.fromisoformat(start)
    return calendar.due(limits.current(session, rule, day), day, DAYS, ZONE, changes).date.isoformat()


@pytest.mark.parametrize(
    ("question", "option", "rule", "start", "changes", "before", "after"),
    [
        ("party_rules", "rest_day_stays", "T11", "2026-01-20", (), "2026-02-24", "2026-02-20"),
        ("party_rules", "rest_day_stays", "T11", "2026-01-31", (), "2026-02-28", "2026-02-28"),
        ("party_rules", "event_day_counts", "T11", "2026-03-10", (), "2026-04-10", "2026-04-09"),
        ("party_rules", "event_day_counts", "T12", "2026-02-10", (), "2026-03-09", "2026-03-06"),
        ("plain_days", "worked_days", "T23", "2026-09-18", (), "2026-09-21", "2026-09-22"),
        ("extension", "after_last_day", "T08", "2026-07-04", LONGER, "2027-01-04", "2027-01-08"),
        ("extension", "after_last_day", "T08", "2026-07-04", (), "2026-10-08", "2026-10-08"),
    ],
)
def test_each_option_changes_what_it_says_and_no_other_limit(
    desk: Session,
    question: str,
    option: str,
    rule: str,
    start: str,
    changes: tuple[Change, ...],
    before: str,
    after: str,
) -> None:
    about = next(row for row in codes.rows("time_conventions") if row["code"] == question)["rules"].split()
    others = [
        one
        for one, rows in limits.every(desk).items()
        if one not in about and rows[0].n and rows[0].unit != "hours"
    ]
    assert counted(desk, rule, start, changes) == before
    untouched = [counted(desk, one, start) for one in others]
    earlier = counted(desk, rule, "2026-01-05", changes)
    with desk.begin_nested() as tried:
        assert decided(desk, question, option).written_by == "supervisor"
        assert counted(desk, rule, start, changes) == after
        assert [counted(desk, one, start) for one in others] == untouched
        assert counted(desk, rule, "2026-01-05", changes) == earlier, (
            "what began before its day keeps its own"
        )
        tried.rollback()
    desk.info.clear()


def test_what_comes_electronically_is_received_as_the_office_decides(desk: Session) -> None:
    """On the day of its arrival, complete, whenever the receipt is signed; or on that of the signature."""
    arrived = [datetime(2026, 1, 6 + days, 2, tzinfo=UTC) for days in (0, 3)]
    signed = arrived[-1] + timedelta(days=2)
    clue = Clue(id="c")
    with desk.begin_nested() as tried:
        for at in arrived:
            desk.add(Handover(clue_id="c", step="transfer", at=at, signed_by_from_at=at))
        desk.flush()
        assert counted_from(desk, clue, signed) == arrived[-1], "what was missing came last"
        assert counted_from(desk, Clue(id="part", split_from="c"), signed) == arrived[-1]
        decided(desk, "electronic", "signed")
        assert counted_from(desk, clue, signed) == signed
        tried.rollback()
    desk.info.clear()
    assert office.today() == date(2026, 1, 5)
