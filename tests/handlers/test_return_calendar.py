"""The return calendar: which period a day lies in, when its returns are due, and what is wrong with a file."""

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from pathlib import Path

import pytest
from sqlalchemy import create_engine
from sqlalchemy.orm import Session

import server.tables
from handlers import conventions, office, return_calendar
from handlers.registers import returns
from handlers.return_calendar import Period, ReturnCalendar, read
from server import boot
from workflows import clock
from workflows.actor import Actor
from workflows.calendar import WorkDays
from workflows.errors import InvalidInput

HEAD = "version,effective_from,first_month,months,due_working_days,catch_up_working_days\n"
DAYS = WorkDays.official()
FILE = ReturnCalendar(tuple(one for one in return_calendar.rules() if not one.option))


@pytest.mark.parametrize(
    ("day", "label", "due"),
    [
        ("2026-03-01", "2026-03/04", "2026-04-30"),
        ("2026-04-30", "2026-03/04", "2026-04-30"),
        ("2026-10-05", "2026-09/10", "2026-11-02"),  # the 31st is a Saturday
        ("2025-12-31", "2025-11/12", "2025-12-31"),
        ("2026-02-10", "2026-01/02", "2026-02-28"),  # a Saturday that is worked
    ],
)
def test_two_months_from_january_on(day: str, label: str, due: str) -> None:
    period = FILE.period_of(date.fromisoformat(day))
    assert (period.label, period.due(DAYS).isoformat()) == (label, due)
    assert FILE.labelled(label) == period
    assert FILE.after(FILE.before(period)) == period


def test_another_calendar_is_another_version() -> None:
    rules = read(HEAD + "1,2020-01-01,1,2,0,5\n2,2026-07-01,12,3,3,5\n3,2027-01-01,1,1,5,10\n")
    changed = ReturnCalendar(tuple(rules))
    days = [date(2019, 5, 1), date(2026, 6, 30), date(2026, 12, 24), date(2027, 1, 31)]
    assert [changed.period_of(day).label for day in days] == [
        "2019-05/06",
        "2026-05/06",
        "2026-12",
        "2027-01",
    ]
    january = changed.period_of(date(2027, 1, 1))
    assert january.due(DAYS) == date(2027, 2, 5)
    assert january.due_when_opened(date(2027, 2, 1), DAYS) > january.due(DAYS)


@pytest.mark.parametrize(
    ("rows", "why"),
    [
        ("", "has no row"),
        ("1,2020-01-01,1,5,0,5", "Row 2 of the return calendar, column months: must divide the year"),
        ("1,2020-01-02,1,2,0,5", "column effective_from: must be the first day of a month"),
        ("1,gestern,1,2,0,5", "column effective_from: must be a day such as"),
        ("1,2020-01-01,13,2,0,5", "column first_month: must be a whole number from 1 to 12"),
        ("1,2020-01-01,1,2,,5", "column due_working_days: must be a whole number from 0 to 250"),
        ("1,2020-01-01,1,2,0,5\n2,2020-01-01,1,1,0,5", "must come into force after version 1"),
    ],
)
def test_a_bad_file_is_refused_by_row_and_column(rows: str, why: str) -> None:
    with pytest.raises(InvalidInput, match=why):
        read(HEAD + rows)


@pytest.mark.parametrize("label", ["", "2026", "2026-10", "2026-02/03", "2026-13/14", "x" * 20])
def test_what_is_no_period_is_refused(label: str) -> None:
    with pytest.raises(InvalidInput, match="There is no return period"):
        FILE.labelled(label)
    assert isinstance(FILE.period_of(date(2026, 1, 1)), Period)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("unit,since\n", "The first line must be agency,since"),
        ("agency,since\nSTJ,1.1.2026\n", "Row 2: since must be a day"),
        ("agency,since\nSTJ,2026-01-01\nNONE,2026-01-01\n", "Row 3: There is no unit 'NONE'"),
        ("agency,since\nJW,2026-01-01\n", "Row 2: JW is no agency"),
        ("agency,since\nSTJ,2026-01-01\nSTJ,2026-05-01\n", "Row 3: STJ owes returns already"),
    ],
)
def test_a_bad_register_of_agencies_is_refused_by_row(text: str, why: str) -> None:
    engine = create_engine("sqlite://")
    server.tables.metadata.create_all(engine)
    with Session(engine) as session:
        office.add_unit(session, "JW", name_zh="纪委监委", name_en="Commission", kind="commission")
        office.add_unit(session, "STJ", name_zh="生态环境局", name_en="Ecology", kind="agency")
        with pytest.raises(InvalidInput, match=why):
            returns.load(session, text)
    engine.dispose()


def test_what_two_monthly_means_is_the_offices_choice(tmp_path: Path) -> None:
    """From the day of a decision on, periods are those of its option; no day lies in two, none in no period."""
    engine = create_engine(f"sqlite:///{tmp_path / 'city.sqlite3'}")
    server.tables.metadata.create_all(engine)
    november = datetime(2026, 11, 22, 4, tzinfo=UTC)
    with Session(engine) as session, clock.held_at(november):
        boot.load_reference_data(session)
        before = return_calendar.standing(session)
        given = {"option": "even_months", "document_no": "〔2026〕9号", "follows": "1"}
        for day, code in (("2026-12-01", "begun"), ("2027-01-15", "month_begin"), ("x", "day_between")):
            with pytest.raises(InvalidInput) as caught:
                conventions.decide(session, "two_monthly", given | {"effective_from": day}, actor=Actor("s"))
            assert caught.value.fields["effective_from"].code == code
        decided = given | {"effective_from": "2027-01-01"}
        conventions.decide(session, "two_monthly", decided, actor=Actor("s"))
        after = return_calendar.standing(session)
    days = [date(2026, 1, 1) + timedelta(days=n) for n in range(730)]
    assert [before.period_of(day) for day in days[:365]] == [after.period_of(day) for day in days[:365]]
    found = list(dict.fromkeys(after.period_of(day) for day in days[365:]))
    assert [one.label for one in found[:3]] == ["2027-01", "2027-02/03", "2027-04/05"]
    assert all(later.first == one.last + timedelta(days=1) for one, later in pairwise(found))
    assert all(after.labelled(one.label) == one for one in found)
    assert found[1].due(DAYS) == date(2027, 4, 7)
    engine.dispose()
