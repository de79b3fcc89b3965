"""Deadlines: the vectors of the domain, a brute-force counter beside ours, and the table of limits."""

from __future__ import annotations

import csv
from calendar import monthrange
from datetime import UTC, date, datetime, timedelta
from io import StringIO
from pathlib import Path
from zoneinfo import ZoneInfo

import chinese_calendar
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from workflows.calendar import (
    COLUMNS,
    Limit,
    WorkDays,
    add_months,
    add_working_days,
    due,
    read_limits,
    subtract_working_days,
    working_days_between,
)
from workflows.errors import InvalidInput

ZONE = ZoneInfo("Asia/Shanghai")
DAYS = WorkDays.official()
CSV = (Path(__file__).parents[2] / "bpmn" / "time_limits.csv").read_text(encoding="utf-8")
TEN = "10:00:00+08:00"


def limit(n, unit, *, liberty=False):
    return Limit("T00", 1, n, unit, liberty=liberty)


def at(day, time=TEN):
    return datetime.fromisoformat(f"{day}T{time}")


@pytest.mark.parametrize(
    ("start", "n", "unit", "liberty", "last", "provisional"),
    [
        ("2026-02-10", 15, "working_days", False, "2026-03-09", False),
        ("2026-09-18", 15, "working_days", False, "2026-10-15", False),
        ("2026-04-30", 5, "working_days", False, "2026-05-11", False),
        ("2026-01-02", 5, "working_days", False, "2026-01-08", False),
        ("2026-01-31", 1, "months", False, "2026-02-28", False),
        ("2026-09-10", 1, "months", False, "2026-10-10", False),
        ("2026-09-03", 1, "months", False, "2026-10-08", False),
        ("2026-01-20", 1, "months", False, "2026-02-24", False),
        ("2026-03-04", 1, "months", False, "2026-04-07", False),
        ("2024-02-29", 12, "months", False, "2025-02-28", False),
        ("2026-07-01", 3, "months", True, "2026-10-01", False),
        ("2026-11-30", 3, "months", False, "2027-03-01", True),
    ],
    ids=[f"vector {number}" for number in range(1, 13)],
)
def test_vectors_of_the_domain(start, n, unit, liberty, last, provisional):
    found = due(limit(n, unit, liberty=liberty), at(start), DAYS, ZONE)
    assert found.date.isoformat() == last
    assert found.provisional is provisional
    assert found.at.tzinfo is UTC
    # Day limits end at 24:00 of the office's day.
    assert found.at.astimezone(ZONE) == at(found.date + timedelta(days=1), "00:00:00+08:00")
    assert due(limit(n, unit, liberty=liberty), date.fromisoformat(start), DAYS, ZONE).at == found.at


def test_the_office_counts_by_its_own_day():
    # 00:30 on the 11th in the office is still the 10th in UTC.
    late = datetime(2026, 2, 10, 16, 30, tzinfo=UTC)
    assert due(limit(15, "working_days"), late, DAYS, ZONE).date == date(2026, 3, 10)


def test_hours_run_from_the_hour_and_are_never_moved():
    found = due(limit(24, "hours"), at("2026-10-01", "15:20:00+08:00"), DAYS, ZONE)
    assert found.at == at("2026-10-02", "15:20:00+08:00")
    assert found.at.tzinfo is UTC
    assert found.date == date(2026, 10, 2)


def test_natural_days_end_on_a_working_day():
    assert due(limit(60, "natural_days"), at("2026-08-04"), DAYS, ZONE).date == date(2026, 10, 8)


def test_the_count_is_explained():
    steps = due(limit(15, "working_days"), at("2026-02-10"), DAYS, ZONE).explanation
    assert steps == [
        {"what": "start", "at": f"2026-02-10T{TEN}", "day": "2026-02-10"},
        {"what": "counted_from", "day": "2026-02-11"},
        {"what": "makeup", "day": "2026-02-14"},
        {"what": "holiday", "from": "2026-02-15", "to": "2026-02-23", "zh": "春节", "en": "Spring Festival"},
        {"what": "makeup", "day": "2026-02-28"},
        {"what": "weekends", "n": 3},
        {"what": "counted", "n": 15, "day": "2026-03-09"},
    ]


def steps_after_start(*arguments, **keywords):
    return due(limit(*arguments[1:], **keywords), at(arguments[0]), DAYS, ZONE).explanation[1:]


def test_moves_are_explained():
    assert steps_after_start("2026-09-03", 1, "months") == [
        {"what": "last_day", "day": "2026-10-03"},
        {"what": "moved", "from": "2026-10-03", "to": "2026-10-08", "zh": "国庆节", "en": "National Day"},
    ]
    assert steps_after_start("2026-01-31", 1, "months") == [
        {"what": "month_end", "day": "2026-02-28", "wanted": 31},
        {"what": "makeup", "day": "2026-02-28"},
    ]
    assert steps_after_start("2026-07-01", 3, "months", liberty=True) == [
        {"what": "last_day", "day": "2026-10-01"},
        {"what": "kept", "day": "2026-10-01"},
    ]
    assert steps_after_start("2026-11-30", 3, "months")[-1] == {"what": "provisional", "years": [2027]}
    assert steps_after_start("2026-05-05", 4, "natural_days") == [
        {"what": "counted_from", "day": "2026-05-06"},
        {"what": "last_day", "day": "2026-05-09"},
        {"what": "makeup", "day": "2026-05-09"},
    ]


def test_a_limit_without_number_has_no_computed_end():
    with pytest.raises(InvalidInput, match="set by a person"):
        due(Limit("T02", 1, None, "at_once"), at("2026-01-05"), DAYS, ZONE)


def test_a_limit_without_number_ends_on_the_day_that_a_person_has_set():
    found = due(Limit("T14", 1, None, "none"), at("2026-01-05"), DAYS, ZONE, until=date(2026, 5, 1))
    assert (found.date, found.provisional) == (date(2026, 5, 1), False)
    assert [step["what"] for step in found.explanation] == ["start", "set"]


@pytest.mark.parametrize(("until", "last"), [("2026-01-08", "2026-01-08"), ("2026-03-01", "2026-01-12")])
@pytest.mark.parametrize("unit", ["working_days", "hours"])
def test_a_day_that_a_person_sets_lengthens_no_limit(unit, until, last):
    n = {"working_days": 5, "hours": 7 * 24}[unit]
    found = due(limit(n, unit), at("2026-01-05"), DAYS, ZONE, until=date.fromisoformat(until))
    # 24:00 of a day is 0:00 of the next.
    assert (found.at - timedelta(seconds=1)).astimezone(ZONE).date().isoformat() == last
    assert ("set" in {step["what"] for step in found.explanation}) == (until == last)


def test_what_is_due_each_quarter_ends_with_the_quarter():
    def last(start: str) -> str:
        return due(Limit("T31", 1, None, "quarterly"), at(start), DAYS, ZONE).date.isoformat()

    assert [last(day) for day in ("2026-04-01", "2026-06-30", "2026-10-01")] == [
        *("2026-06-30", "2026-06-30"),
        "2026-12-31",
    ]
    # A quarter that ends at a weekend ends with the next working day.
    assert last("2024-04-01") == "2024-07-01"


def test_a_naive_start_is_a_programming_error():
    with pytest.raises(ValueError, match="aware"):
        due(limit(1, "months"), datetime(2026, 1, 5), DAYS, ZONE)  # noqa: DTZ001 - the point of the test


def test_hours_need_an_instant():
    with pytest.raises(InvalidInput, match="instant"):
        due(limit(1, "hours"), date(2026, 1, 5), DAYS, ZONE)


@pytest.mark.parametrize("unit", ["hours", "natural_days", "months", "working_days"])
def test_the_end_of_time_is_refused(unit):
    with pytest.raises(InvalidInput, match="out of range"):
        due(limit(5000, unit), datetime(9999, 12, 30, tzinfo=UTC), DAYS, ZONE)


def test_a_year_becomes_final_when_its_plan_is_loaded():
    spring = [date(2027, 2, 5) + timedelta(days=n) for n in range(8)]
    loaded = DAYS.with_year(2027, [date(2027, 1, 1), *spring], [date(2027, 2, 14), date(2026, 12, 27)])
    assert not DAYS.loaded(2027)
    assert loaded.loaded(2027)
    found = due(limit(10, "working_days"), at("2027-01-29"), loaded, ZONE)
    assert (found.date, found.provisional) == (date(2027, 2, 19), False)
    assert due(limit(10, "working_days"), at("2027-01-29"), DAYS, ZONE).provisional
    assert loaded.is_working(date(2026, 12, 27))  # a plan may reach into the December before
    again = loaded.with_year(2027, [date(2027, 1, 1)], [])
    assert again.is_working(date(2027, 2, 5))


@pytest.mark.parametrize(
    ("holidays", "makeup", "words"),
    [
        ([], [], "no holiday"),
        ([date(2026, 10, 1)], [], "not in the holiday plan's year"),
        ([date(2027, 1, 1)], [date(2027, 1, 4)], "no weekend"),
        ([date(2027, 1, 2)], [date(2027, 1, 2)], "both"),
    ],
)
def test_a_plan_that_cannot_be_is_refused(holidays, makeup, words):
    with pytest.raises(InvalidInput, match=words):
        DAYS.with_year(2027, holidays, makeup)


UNITS = ["working_days", "natural_days", "months"]
SPAN = st.dates(date(2007, 1, 1), date(2026, 12, 31))


def by_brute_force(day: date, n: int, unit: str, liberty: bool) -> date:
    """An independent counter over the library's own answers, one day at a time."""

    def worked(other: date) -> bool:
        return other.weekday() < 5 if other.year > 2026 else chinese_calendar.is_workday(other)

    if unit == "working_days":
        while n:
            day += timedelta(days=1)
            n -= worked(day)
        return day
    if unit == "natural_days":
        day += timedelta(days=n)
    else:
        number = day.day
        for _ in range(n):
            day = day.replace(day=1) + timedelta(days=31)
        day = day.replace(day=min(number, monthrange(day.year, day.month)[1]))
    while not liberty and not worked(day):
        day += timedelta(days=1)
    return day


@settings(max_examples=100, deadline=None)
@given(SPAN, st.integers(1, 90), st.sampled_from(["working_days", "natural_days", "months"]), st.booleans())
def test_every_count_agrees_with_brute_force(start, n, unit, liberty):
    n = n % 24 + 1 if unit == "months" else n
    found = due(limit(n, unit, liberty=liberty), at(start), DAYS, ZONE)
    assert found.date == by_brute_force(start, n, unit, liberty)
    assert found.provisional or found.date.year <= 2026 or (liberty and unit != "working_days")


@settings(max_examples=100, deadline=None)
@given(SPAN, st.integers(0, 40), st.integers(1, 24), st.sampled_from(UNITS), st.booleans())
def test_no_later_start_and_no_longer_limit_ends_earlier(start, by, n, unit, liberty):
    """Monotony: who begins later, or has more time, is never due before."""
    one = limit(n, unit, liberty=liberty)
    first = due(one, at(start), DAYS, ZONE).at
    assert due(one, at(start + timedelta(days=by)), DAYS, ZONE).at >= first
    assert due(limit(n + 1, unit, liberty=liberty), at(start), DAYS, ZONE).at >= first
    # Liberty never waits for a holiday to end.
    assert due(limit(n, unit, liberty=True), at(start), DAYS, ZONE).at <= first


@settings(max_examples=100, deadline=None)
@given(SPAN, st.integers(1, 24), st.sampled_from(UNITS))
def test_a_limit_ends_on_a_working_day_and_its_steps_say_why(start, n, unit):
    found = due(limit(n, unit), at(start), DAYS, ZONE)
    assert DAYS.is_working(found.date)
    assert found.date > start
    steps = {step["what"]: step for step in found.explanation}
    last = (
        steps.get("moved", {}).get("to")
        or (steps.get("last_day") or steps.get("month_end") or steps["counted"])["day"]
    )
    assert last == found.date.isoformat()
    # A month ends on the same-numbered day, or is explained.
    if unit == "months" and "moved" not in steps:
        assert found.date.day == start.day or steps["month_end"]["wanted"] == start.day


@settings(max_examples=100, deadline=None)
@given(SPAN, st.integers(1, 60))
def test_counting_there_and_back(start, n):
    later = add_working_days(start, n, DAYS)
    assert working_days_between(start, later, DAYS) == n
    assert working_days_between(later, start, DAYS) == -n
    assert DAYS.is_working(later)
    if DAYS.is_working(start):
        assert subtract_working_days(later, n, DAYS) == start


@settings(max_examples=100, deadline=None)
@given(SPAN)
def test_our_calendar_is_the_official_one(day):
    assert DAYS.is_working(day) is chinese_calendar.is_workday(day)


@given(SPAN, st.integers(-60, 60))
def test_months_keep_the_day_or_end_the_month(day, n):
    found = add_months(day, n)
    assert (found.year * 12 + found.month) - (day.year * 12 + day.month) == n
    assert found.day == day.day or (found.day < day.day and (found + timedelta(days=1)).day == 1)


@pytest.mark.parametrize("n", [-1, 10_001])
def test_only_so_many_days_are_counted(n):
    with pytest.raises(InvalidInput):
        add_working_days(date(2026, 1, 1), n, DAYS)


TABLE = read_limits(CSV)
LIMITS = {one.id: one for one in TABLE}


def test_every_limit_of_the_domain_is_in_the_table():
    assert {f"T{number:02}" for number in range(1, 44)} <= LIMITS.keys()
    assert {f"D{number:02}" for number in range(1, 6)} <= LIMITS.keys()


@pytest.mark.parametrize(
    ("rule_id", "n", "unit", "status"),
    [
        ("T01", 5, "working_days", "sourced"),
        ("T02", None, "at_once", "sourced"),
        ("T04", 5, "working_days", "sourced"),
        ("T06", 15, "working_days", "sourced"),
        ("T07", None, "quarterly", "sourced"),
        ("T11", 1, "months", "sourced"),
        ("T12", 15, "working_days", "to_confirm"),
        ("T14", None, "none", "to_confirm"),
        ("T15", None, "promptly", "sourced"),
        ("T16", 12, "months", "to_confirm"),
        ("T19", 3, "months", "sourced"),
        ("T23", 3, "natural_days", "to_confirm"),
        ("T30", 60, "natural_days", "sourced"),
        ("T34B", 2, "months", "sourced"),
        ("T42", None, "none", "to_confirm"),
        ("D01", 1, "working_days", "design"),
        ("D02", 24, "hours", "design"),
        ("D05", 6, "months", "design"),
    ],
)
def test_figures_of_the_table(rule_id, n, unit, status):
    found = LIMITS[rule_id]
    assert (found.n, found.unit, found.status) == (n, unit, status)
    assert found.article


def test_only_deprivations_of_liberty_are_marked_so():
    assert {one.id[:3] for one in LIMITS.values() if one.liberty} == {
        f"T{number}" for number in range(17, 23)
    }


def table(**changes):
    row = dict(zip(COLUMNS, next(row for row in csv.reader(StringIO(CSV)) if row[0] == "T11"), strict=True))
    out = StringIO()
    csv.writer(out).writerows([COLUMNS, [{**row, **changes}[column] for column in COLUMNS]])
    return out.getvalue()


@pytest.mark.parametrize(
    ("column", "value", "must"),
    [
        ("rule_id", "11", "such as T11"),
        ("version", "0", "whole number from 1"),
        ("version", "１", "whole number from 1"),
        ("effective_from", "2025-02-30", "a day such as"),
        ("title_zh", "", "must not be empty"),
        ("n", "-1", "whole number from 1 to 5000"),
        ("n", "", "a number of hours, days or months"),
        ("n", "1.5", "whole number"),
        ("unit", "weeks", "must be one of at_once, hours"),
        ("liberty", "yes", "must be one of false, true"),
        ("cap", "a month", "a number and one of hours"),
        ("document", "x" * 256, "at most 255"),
        ("article", "x" * 4001, "at most 4000"),
        ("article", "", "must name the rule and article"),
        ("effective_from", "P15D", "not a duration"),
        ("effective_from", "15天", "not a duration"),
        ("status", "", "must be one of design"),
    ],
)
def test_a_bad_cell_is_named_with_row_and_column(column, value, must):
    with pytest.raises(InvalidInput) as caught:
        read_limits(table(**{column: value}))
    place, fault = next(iter(caught.value.fields.items()))
    assert place == f"row 2, {column}"
    assert must in fault.params["must"]
    assert place in caught.value.message


def test_a_worded_limit_has_no_number():
    with pytest.raises(InvalidInput, match="row 2, n"):
        read_limits(table(unit="quarterly"))


@pytest.mark.parametrize("text", ["", "a,b\n", 'x"y"\n"', "\0", CSV.replace("version", "versoin", 1)])
def test_a_file_that_is_no_table_is_refused(text):
    with pytest.raises(InvalidInput) as caught:
        read_limits(text)
    assert caught.value.code == "limits"


def test_a_row_of_wrong_length_is_named():
    with pytest.raises(InvalidInput, match="row 2: it must have 23 columns, not 2"):
        read_limits(",".join(COLUMNS) + "\nT11,1\n")


def test_versions_follow_each_other():
    later = table(version="2", effective_from="2027-01-01").splitlines()[1]
    assert [one.version for one in read_limits(table() + later)] == [1, 2]
    with pytest.raises(InvalidInput, match="T11 version 1: stands twice"):
        read_limits(table() + table().splitlines()[1])
    with pytest.raises(InvalidInput, match="T11 version 2: must come into force after version 1"):
        read_limits(table() + table(version="2").splitlines()[1])


def test_a_byte_order_mark_does_no_harm():
    assert read_limits("\ufeff" + CSV) == TABLE


@settings(max_examples=100, deadline=None)
@given(st.text() | st.lists(st.text(max_size=5), min_size=15, max_size=15).map(lambda row: ",".join(row)))
def test_any_text_is_a_table_or_refused(text):
    for source in (text, ",".join(COLUMNS) + "\n" + text):
        try:
            read_limits(source)
        except InvalidInput as error:
            assert error.code == "limits"  # noqa: PT017 - either outcome is right
