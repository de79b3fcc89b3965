"""The office's answers to questions of counting: each changes exactly what it says, and nothing that has begun."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.workflows.conftest import START, Office, make_diagram
from tests.workflows.test_calendar import by_brute_force
from tests.workflows.test_clocks import HEAD, at
from workflows import clock, conventions, limits
from workflows.calendar import Convention, Extension, Limit, WorkDays, due
from workflows.conventions import Answer
from workflows.errors import Conflict
from workflows.model import AuditEvent, TimeConvention
from workflows.persistence import deadlines

DAYS, ZONE, DAY = WorkDays.official(), clock.office_zone(), timedelta(days=1)
UNITS = ("working_days", "natural_days", "months")


def naively(effect: str, day: date, n: int, unit: str, more: int) -> date:
    """Count on one's fingers what each effect says of itself."""
    if effect == "first_day_counts" and unit == "months":
        last = by_brute_force(day, n + more, unit, True)
        return by_brute_force(last - DAY * (last.day == day.day), 0, "natural_days", False)
    if effect == "first_day_counts":
        day -= DAY
    if effect == "extended_from_last_day" and more:
        return by_brute_force(by_brute_force(day, n, unit, False), more, unit, False)
    return by_brute_force(day, n + more, unit, effect == "last_day_stays")


@settings(max_examples=150, deadline=None)
@given(
    st.sampled_from(["", "last_day_stays", "first_day_counts", "extended_from_last_day", "unheard_of"]),
    st.dates(date(2007, 1, 1), date(2024, 6, 30)),
    st.integers(1, 40),
    st.sampled_from(UNITS),
    st.integers(0, 3),
)
def test_an_answer_changes_exactly_what_it_says(
    effect: str, start: date, n: int, unit: str, more: int
) -> None:
    n = n % 12 + 1 if unit == "months" else n
    limit = Limit("T00", 1, n, unit, conventions=(Convention("q", 1, "o", effect, "文1"),))
    found = due(limit, at(start, 9), DAYS, ZONE, [Extension(more)] if more else [])
    assert found.date == naively(effect, start, n, unit, more)
    assert found.explanation[-1] == {"what": "convention", "question": "q", "option": "o", "document": "文1"}
    assert found.explanation[0].get("counts", False) == (effect == "first_day_counts")


def test_hours_know_no_convention_and_extensions_only_where_there_are_any() -> None:
    asked = tuple(Convention(name, 1, "o", "last_day_stays") for name in ("extension", "q"))
    hours = due(Limit("T00", 1, 24, "hours", conventions=asked), at(date(2026, 10, 1), 9), DAYS, ZONE)
    assert hours.at == at(date(2026, 10, 2), 9)
    assert [step["what"] for step in hours.explanation] == ["start", "hours"]
    days = due(Limit("T00", 1, 5, "natural_days", conventions=asked), date(2026, 3, 2), DAYS, ZONE)
    assert [step["question"] for step in days.explanation if step["what"] == "convention"] == ["q"]


RULES = "X05,1,2019-01-01,甲,A,receipt,3,natural_days,false,,,A4,纸,规则1,design"
DEFAULT = Answer("short", "calendar_days", "", "X05")
WORKED = Answer("short", "worked_days", "days_are_worked", "X05")


@pytest.fixture
def counting(office: Office) -> Office:
    """Give an office with one rule and one question about it."""
    with clock.held_at(START), office.work() as session:
        limits.load(session, "\n".join([HEAD.rsplit(",", 8)[0], RULES]))
        assert conventions.seed(session, [DEFAULT]) == 1
        assert conventions.seed(session, [DEFAULT]) == 0
    return office


def test_what_has_begun_keeps_its_answer_and_what_begins_later_has_the_new_one(counting: Office) -> None:
    task = '<bpmn:userTask id="u" camunda:dueDate="${limit(\'X05\')}"/>'
    counting.deploy(make_diagram("p", f'<bpmn:startEvent id="s"/>{task}', "s>u"))
    thursday = START + 3 * DAY
    with clock.held_at(thursday):
        old = counting.start("p")
    with clock.held_at(thursday), counting.work() as session:
        given = {
            "effective_from": thursday.date() + DAY,
            "document_no": "〔2026〕3号",
            "actor": counting.chief,
        }
        conventions.decide(session, WORKED, follows=1, **given)
        with pytest.raises(Conflict):
            conventions.decide(session, WORKED, follows=1, **given)
    with clock.held_at(thursday + DAY):
        new = counting.start("p")
    first, second = counting.task("u", old), counting.task("u", new)
    assert [deadlines.end_of(date(2026, 3, day)) for day in (9, 11)] == [first.due_at, second.due_at]
    assert [row.due_explained["conventions"] for row in (first, second)] == [{"short": 1}, {"short": 2}]
    with counting.work() as session:
        # Whenever and for whatever reason they are counted again.
        assert [deadlines.again(session, row).due_at for row in (first, second)] == [  # type: ignore[union-attr]
            first.due_at,
            second.due_at,
        ]
        # A deadline from before there were answers is counted as it was then.
        first.due_explained = {k: v for k, v in first.due_explained.items() if k != "conventions"}
        assert deadlines.again(session, first).due_at == first.due_at  # type: ignore[union-attr]
        assert limits.current(session, "X05", date(2026, 3, 5)).unit == "natural_days"
        assert limits.current(session, "X05", date(2026, 3, 6)).unit == "working_days"
    (event,) = counting.all(AuditEvent, AuditEvent.act == "convention.decide")
    assert event.detail | {"version": 2, "document": "〔2026〕3号"} == event.detail


def test_a_question_asked_of_more_rules_keeps_the_offices_answer(counting: Office) -> None:
    with clock.held_at(START), counting.work() as session:
        day = START.date() + 5 * DAY
        conventions.decide(
            session, WORKED, effective_from=day, document_no="文2", follows=1, actor=counting.chief
        )
        wider = Answer(DEFAULT.question, DEFAULT.option, DEFAULT.effect, "X05 X06")
        assert conventions.seed(session, [wider]) == 1
        assert conventions.seed(session, [wider]) == 0
    newest = counting.all(TimeConvention)[-1]
    assert (newest.version, newest.option, newest.rules, newest.document_no) == (
        3,
        "worked_days",
        "X05 X06",
        "文2",
    )
    assert (newest.effective_from, newest.written_by) == (day, None)
