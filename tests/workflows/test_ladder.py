"""Where the rungs of a ladder lie, and its file."""

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workflows import calendar, clock, ladder
from workflows.calendar import WorkDays
from workflows.errors import InvalidInput
from workflows.model import ReminderRung

CSV = (Path(__file__).parents[2] / "bpmn" / "reminders.csv").read_text(encoding="utf-8")
DUE = datetime(2026, 3, 9, 16, tzinfo=UTC)  #: the end of Monday, 9 March in the office
START = datetime(2026, 2, 10, 1, tzinfo=UTC)
DAYS = WorkDays.official()


def rung(basis, amount, unit):
    return ReminderRung(
        ladder="x",
        version=1,
        rung=1,
        applies="days_long",
        basis=basis,
        amount=amount,
        unit=unit,
        level="warn",
    )


@pytest.mark.parametrize(
    ("basis", "amount", "unit", "office_time"),
    [
        ("elapsed", 0.5, "fraction", "2026-02-24T04:30"),
        ("elapsed", 0, "fraction", "2026-02-10T09:00"),
        ("before_due", 1, "working_days", "2026-03-07T00:00"),
        ("before_due", 5, "working_days", "2026-03-03T00:00"),
        ("before_due", 2, "hours", "2026-03-09T22:00"),
        ("after_due", 0, "working_days", "2026-03-10T00:00"),
        ("after_due", 0, "hours", "2026-03-10T00:00"),
        ("after_due", 5, "working_days", "2026-03-17T00:00"),
        ("after_due", 1, "months", "2026-04-10T00:00"),
    ],
)
def test_a_rung_lies_where_the_rule_says(basis, amount, unit, office_time):
    reached = ladder.instant_of(rung(basis, amount, unit), START, DUE, DAYS)
    assert reached.tzinfo is UTC
    assert reached.astimezone(clock.office_zone()).isoformat()[:16] == office_time


def test_a_deadline_at_an_hour_has_its_rungs_at_that_hour():
    noon = datetime(2026, 3, 9, 4, tzinfo=UTC)
    reached = ladder.instant_of(rung("before_due", 1, "working_days"), START, noon, DAYS)
    assert reached == datetime(2026, 3, 6, 4, tzinfo=UTC)


@given(st.integers(0, 60), st.integers(0, 23))
def test_five_working_days_before_the_end_five_working_days_are_left(days, hour):
    due_at = DUE + timedelta(days=days, hours=hour)
    reached = ladder.instant_of(rung("before_due", 5, "working_days"), START, due_at, DAYS)
    left = calendar.working_days_between(ladder.last_day(reached), ladder.last_day(due_at), DAYS)
    assert left == 5
    assert reached < due_at


@pytest.mark.parametrize(
    ("start", "due", "kind"),
    [
        (START, START + timedelta(hours=24), "hours"),
        (START, START + timedelta(hours=25), "days_short"),
        (START, DUE, "days_long"),
        (datetime(2026, 3, 2, 1, tzinfo=UTC), datetime(2026, 3, 13, 16, tzinfo=UTC), "days_short"),
        (datetime(2026, 2, 28, 1, tzinfo=UTC), datetime(2026, 3, 13, 16, tzinfo=UTC), "days_short"),
        (datetime(2026, 2, 27, 1, tzinfo=UTC), datetime(2026, 3, 13, 16, tzinfo=UTC), "days_long"),
        # The long spring holiday: four weeks, but few working days.
        (datetime(2026, 2, 12, 1, tzinfo=UTC), datetime(2026, 2, 27, 16, tzinfo=UTC), "days_short"),
        (START, START + timedelta(days=366), "days_long"),
    ],
)
def test_the_kind_of_a_span_is_told_by_its_working_days(start, due, kind):
    assert ladder.kind_of(start, due, DAYS) == kind


def test_the_last_day_of_a_deadline_is_the_day_before_its_midnight():
    assert ladder.last_day(DUE) == date(2026, 3, 9)
    assert ladder.last_day(DUE - timedelta(hours=1)) == date(2026, 3, 9)


def test_the_offices_own_ladder_loads_once(office):
    with office.work() as session:
        number = ladder.load(session, CSV)
    with office.work() as session:
        assert ladder.load(session, "\ufeff" + CSV) == 0
        rungs = ladder.rungs(session, "default")
        brief = ladder.rungs(session, "brief")
    assert number >= len(rungs) + len(brief) > 10
    assert {r.applies for r in rungs} == {"days_long", "days_short", "hours"}
    assert {r.applies for r in brief} == {"days_short"}


def test_the_latest_version_of_a_ladder_counts(office):
    with office.work() as session:
        ladder.load(session, CSV)
        ladder.load(session, CSV.replace("default,2,", "default,3,"))
        assert {r.version for r in ladder.rungs(session, "default")} == {3}
        assert ladder.rungs(session, "unknown") == []


@pytest.mark.parametrize(
    ("before", "after", "word"),
    [
        (",elapsed,", ",sometimes,", "Row 2, column basis"),
        (",0.5,", ",half,", "Row 2, column amount"),
        ("default,2,1,", "default,x,1,", "Row 2, column version"),
        (",escalation.remind", ",", "Row 2, column operation"),
        ("basis", "base", "lacks the columns basis"),
        ("days_long,elapsed,0.5", "days_long,elapsed,0.25", "rung 1 of ladder default version 2"),
    ],
)
def test_a_wrong_file_is_refused_by_row_and_column(office, before, after, word):
    with office.work() as session:
        ladder.load(session, CSV)
    with office.work() as session, pytest.raises(InvalidInput, match=word):
        ladder.load(session, CSV.replace(before, after, 1))
