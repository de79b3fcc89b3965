"""Clocks that stand, run again and are lengthened: the count against a naive one, and everything that hangs on them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Any

import chinese_calendar
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete

from tests.workflows.conftest import START, Office, make_diagram, open_office
from tests.workflows.jobs import work_off
from tests.workflows.test_calendar import by_brute_force
from tests.workflows.test_plans import PLAN_2027
from workflows import clock, clocks, ladder, limits, operations, plans, recounting
from workflows.calendar import Extension, Limit, Pause, WorkDays, due, read_plan
from workflows.colours.measures import MEASURES, Course
from workflows.model import AuditEvent, ClockChange, Job, Task, TaskCandidate, Timer

ZONE = clock.office_zone()
DAYS = WorkDays.official()
ROOT = Path(__file__).parents[2] / "bpmn"
DAY = timedelta(days=1)


def at(day: date, hour: int = 0) -> datetime:
    return datetime.combine(day, time(hour), ZONE)


def worked(day: date) -> bool:
    return day.weekday() < 5 if day.year > 2026 else chinese_calendar.is_workday(day)


def naively(start: date, n: int, unit: str, pauses: list[tuple[date, date]]) -> date:
    """Count one day after the other: a day on which the clock stands is no day of the limit, nor one to move to."""

    def stands(day: date) -> bool:
        return any(first <= day < again for first, again in pauses)

    left = (by_brute_force(start, n, unit, True) - start).days if unit == "months" else n
    day = start
    while left:
        day += DAY
        left -= not stands(day) and (unit != "working_days" or worked(day))
    while unit != "working_days" and (not worked(day) or stands(day)):
        day += DAY
    return day


PAUSES = st.lists(st.tuples(st.integers(0, 30), st.integers(0, 40)), max_size=3)


@settings(max_examples=80, deadline=None)
@given(
    st.dates(date(2007, 1, 1), date(2026, 6, 30)),
    st.integers(1, 40),
    st.sampled_from(["working_days", "natural_days", "months"]),
    PAUSES,
    st.integers(0, 3),
)
def test_a_pause_adds_exactly_the_days_that_it_lasted(
    start: date, n: int, unit: str, drawn: list[tuple[int, int]], more: int
) -> None:
    """Several pauses and, after them, an extension: as a clerk would count on his fingers."""
    n = n % 12 + 1 if unit == "months" else n
    limit = Limit("T00", 1, n, unit)
    pauses: list[tuple[date, date]] = []
    begin = start
    for after, length in drawn:
        begin += timedelta(days=after)
        if begin > naively(start, n, unit, pauses):
            break  # nobody pauses a limit that is over
        pauses.append((begin, begin + timedelta(days=length)))
        begin = pauses[-1][1]
    changes: list[Pause | Extension] = [Pause(at(first), at(again)) for first, again in pauses]
    found = due(limit, at(start, 9), DAYS, ZONE, changes)
    assert found.date == naively(start, n, unit, pauses)
    assert not found.paused
    if pauses:
        standing = [*changes[:-1], Pause(changes[-1].start)]  # type: ignore[union-attr]
        assert due(limit, at(start, 9), DAYS, ZONE, standing).paused
    if more:
        longer = due(limit, at(start, 9), DAYS, ZONE, [*changes, Extension(more)])
        assert longer.date >= found.date
        assert longer.date == naively(start, n + more, unit, pauses)
    until = found.date + timedelta(days=10)
    assert due(limit, at(start, 9), DAYS, ZONE, [*changes, Extension(until=until)]).date == until


@settings(max_examples=30, deadline=None)
@given(st.integers(1, 72), st.lists(st.tuples(st.integers(0, 400), st.integers(0, 3000)), max_size=3))
def test_hours_are_added_to_the_minute(n: int, drawn: list[tuple[int, int]]) -> None:
    start = at(date(2026, 2, 10), 15)
    end, begin, changes = start + timedelta(hours=n), start, []
    for after, length in drawn:
        begin += timedelta(minutes=after)
        assume(begin < end)
        changes.append(Pause(begin, begin + timedelta(minutes=length)))
        begin, end = begin + timedelta(minutes=length), end + timedelta(minutes=length)
    assert due(Limit("T00", 1, n, "hours"), start, DAYS, ZONE, changes).at == end


def test_the_steps_say_what_was_left_out_and_added() -> None:
    changes = [Extension(2), Pause(at(date(2026, 2, 12)), at(date(2026, 2, 27)))]
    found = due(Limit("T00", 1, 5, "working_days"), date(2026, 2, 10), DAYS, ZONE, changes)
    by_kind = {step["what"]: step for step in found.explanation}
    assert by_kind["extended"] == {"what": "extended", "n": 2, "unit": "working_days", "all": 7}
    # Of 12 to 26 February six days are worked: the spring holiday lies between.
    assert (by_kind["paused"]["n"], by_kind["paused"]["to"]) == (6, "2026-02-27")
    assert by_kind["last_day"]["day"] == found.date.isoformat() == "2026-03-05"


# --- with everything that hangs on a clock

HEAD = (ROOT / "time_limits.csv").read_text(encoding="utf-8").splitlines()[0]
RULES = {
    "hours": "X01,1,2019-01-01,甲,A,receipt,48,hours,false,,,A4,纸,规则1,design",
    "working_days": "X02,1,2019-01-01,乙,B,receipt,15,working_days,false,,,A4,纸,规则2,design",
    "natural_days": "X03,1,2019-01-01,丙,C,receipt,20,natural_days,false,,,A4,纸,规则3,design",
    "months": "X04,1,2019-01-01,丁,D,receipt,1,months,false,,,A4,纸,规则4,design",
}
#: The first day, how long it stands and when it is due at first, after the pause, and extended by one unit.
STORIES = {
    "hours": (
        "2026-03-02T15:00",
        "2026-03-05T10:30",
        "2026-03-04T09:00",
        "2026-03-07T04:30",
        "2026-03-07T05:30",
    ),
    "working_days": ("2026-03-10", "2026-03-23", "2026-03-24T00:00", "2026-04-04T00:00", "2026-04-08T00:00"),
    "natural_days": ("2026-03-10", "2026-03-23", "2026-03-24T00:00", "2026-04-07T24:00", "2026-04-08T00:00"),
    "months": ("2026-03-10", "2026-03-23", "2026-04-03T00:00", "2026-04-16T00:00", "2026-05-16T00:00"),
}
FLOW = (
    '<bpmn:startEvent id="s"/>'
    '<bpmn:userTask id="u" name="办" camunda:candidateGroups="handler" camunda:dueDate="${{limit(\'{rule}\')}}"/>'
    '<bpmn:boundaryEvent id="b" attachedToRef="u"><bpmn:timerEventDefinition>'
    "<bpmn:timeDate xsi:type=\"bpmn:tFormalExpression\">${{limit('{rule}')}}</bpmn:timeDate>"
    '</bpmn:timerEventDefinition></bpmn:boundaryEvent><bpmn:userTask id="late" name="逾期"/>'
)


@pytest.fixture
def desk(sqlite_url: str) -> Iterator[tuple[Office, list[tuple[int, str]]]]:
    """Give an office with limits of every unit and ladders, and the rungs that its tasks come to."""
    before, uses = dict(operations._registry), dict(operations._uses)
    operations._registry.clear()
    reached: list[tuple[int, str]] = []

    @operations.operation("escalation.remind")
    def remind(context: Any, *, reached: Any) -> None:
        told.append((reached.rung, context.now.astimezone(ZONE).isoformat()[:16]))

    told = reached
    for name in ("escalation.notify", "escalation.raise", "escalation.list_candidate"):
        operations.operation(name)(remind)
    with clock.held_at(START):
        found = open_office(sqlite_url)
        with found.work() as session:
            limits.load(session, "\n".join([HEAD.rsplit(",", 8)[0], *RULES.values()]))
            ladder.load(session, (ROOT / "reminders.csv").read_text(encoding="utf-8"))
        yield found, reached
        found.engine.dispose()
    operations._registry.clear()
    operations._registry.update(before)
    operations._uses.update(uses)


def begun(desk: Office, unit: str) -> None:
    rule = RULES[unit][:3]
    desk.deploy(make_diagram("p", FLOW.format(rule=rule), "s>u", "b>late"))
    desk.start("p")
    with desk.work() as session:
        session.get_one(Task, desk_task(session)).scope_id = "matter:1"


def desk_task(session: Any) -> str:
    return str(session.query(Task).filter_by(element_id="u").one().id)


def change(desk: Office, act: str, **given: Any) -> Task:
    with desk.work() as session:
        (one,) = clocks.running(session, "matter:1")
        {"pause": clocks.pause, "resume": clocks.resume, "extend": clocks.extend}[act](session, one, **given)
    work_off(desk)
    desk.check()
    return desk.all(Task, Task.element_id == "u")[0]


def pending(desk: Office) -> list[tuple[str, datetime]]:
    return sorted((row.kind, row.due_at) for row in desk.all(Timer, Timer.status == "waiting"))


def said(instant: datetime | None) -> str:
    assert instant is not None
    return instant.astimezone(ZONE).isoformat()[:16]


def of(text: str) -> datetime:
    """Return an instant of a story; 24:00 is the midnight after."""
    day, _, hour = text.partition("T")
    midnight = at(date.fromisoformat(day))
    hours, _, minutes = (hour or "00:00").partition(":")
    return midnight + timedelta(hours=int(hours), minutes=int(minutes))


@pytest.mark.parametrize("unit", STORIES)
def test_what_hangs_on_a_clock_stands_runs_and_moves_with_it(
    desk: tuple[Office, list[tuple[int, str]]], unit: str
) -> None:
    """A task, its reminders and the timer of the flow, in each unit, under a moved clock; rows and run agree."""
    office, reached = desk
    stands, again, first, then, longer = (of(text) for text in STORIES[unit])
    begun(office, unit)
    task = office.task("u")
    assert task.due_at == first
    with clock.held_at(stands):
        work_off(office)
        before = list(reached)
        task = change(office, "pause", from_at=stands, reference="YQ-1")
        assert (task.due_at, task.paused_at, task.level) == (None, stands, "normal")
    with clock.held_at(first + timedelta(days=400)):
        work_off(office)
        assert reached == before, "a clock that stands fires nothing"
        assert office.task("u").due_at is None
        assert [kind for kind, _ in pending(office)] == ["engine"], (
            "the timer of the flow waits without a day"
        )
        office.check()
        (offer,) = office.all(TaskCandidate, TaskCandidate.task_id == task.id)
        assert offer.sorts_at.year == 9999
    with clock.held_at(again):
        task = change(office, "resume", to_at=again)
        assert (task.due_at, task.paused_at) == (then, None)
        work_off(office)
        # What was climbed is not climbed again.
        assert [rung for rung, _ in reached] == list(dict.fromkeys(rung for rung, _ in reached))
        task = change(office, "extend", n=1, reference="YQ-2")
        assert task.due_at == longer
        assert ("engine", longer) in pending(office)
        steps = [step["what"] for step in task.due_explained["steps"]]
        assert {"extended", "paused"} <= set(steps)
    with clock.held_at(longer - timedelta(minutes=1)):
        work_off(office)
        assert [task.element_id for task in office.open_tasks()] == ["u"]
        office.check()
    with clock.held_at(longer):
        work_off(office)
        assert [task.element_id for task in office.open_tasks()] == ["late"], (
            "the flow turned, and not before"
        )
        office.check()
    changes = [event.detail for event in office.all(AuditEvent, AuditEvent.act == "task.clock")]
    assert [one["act"] for one in changes] == ["pause", "resume", "extend"]
    assert [one["new"] and said(datetime.fromisoformat(one["new"])) for one in changes] == [
        None,
        said(then),
        said(longer),
    ]


def test_a_year_that_is_loaded_later_recounts_what_was_extended_and_what_runs_again(
    desk: tuple[Office, list[tuple[int, str]]],
) -> None:
    office, _reached = desk
    with clock.held_at(at(date(2026, 12, 14), 9)):
        begun(office, "working_days")
        task = change(office, "extend", n=20, reference="YQ-1")
        assert (said(task.due_at), task.due_provisional) == ("2027-02-02T00:00", True)
        task = change(office, "pause", from_at=at(date(2026, 12, 14)), reference="YQ-2")
        with office.work() as session:
            recounting.take_in(session, read_plan(PLAN_2027, "CN"), by="clerk", reason=None)
        work_off(office)
        assert office.task("u").due_at is None, "what stands stays without a day"
    with clock.held_at(at(date(2027, 1, 18), 9)):
        task = change(office, "resume", to_at=at(date(2027, 1, 18)))
        expected = Limit("X02", 1, 35, "working_days")
        with office.work() as session:
            days = plans.work_days(session)
        pause = Pause(at(date(2026, 12, 14)), at(date(2027, 1, 18)))
        found = due(expected, at(date(2026, 12, 14), 9), days, ZONE, [pause])
        assert (task.due_at, task.due_provisional) == (found.at, False)
        # Counted again by another plan, an extended and paused clock keeps what was granted.
        with office.work() as session:
            other = PLAN_2027.replace("2027-02-20,makeup", "2027-02-27,makeup")
            recounting.take_in(session, read_plan(other, "CN"), by="clerk", reason="更正")
        work_off(office)
        moved = office.task("u")
        assert moved.due_at >= task.due_at
        assert "extended" in {step["what"] for step in moved.due_explained["steps"]}
        office.check()


CAPPED = {
    "hours": "X06,1,2019-01-01,甲,A,receipt,48,hours,false,,,A4,纸,规则1,design,,,,A4,2,24 hours,asked,规则",
    "working_days": (
        "X07,1,2019-01-01,乙,B,receipt,15,working_days,false,,,A4,纸,规则2,design,,,,A4,2,5 working_days,asked,规则"
    ),
}


@pytest.mark.parametrize(
    ("unit", "stands", "cap", "due_at"),
    [
        ("hours", "2026-03-03T09:00", "2026-03-04T09:00", "2026-03-05T09:00"),
        # Five working days from Tuesday on: the clock runs again on the Tuesday after; 23 March and five more.
        ("working_days", "2026-03-03", "2026-03-10", "2026-03-31T00:00"),
    ],
)
def test_a_pause_ends_by_itself_at_its_cap_once(
    desk: tuple[Office, list[tuple[int, str]]], unit: str, stands: str, cap: str, due_at: str
) -> None:
    """At the cap and not before, however late the worker comes; the flow's timer and the reminders run again, too."""
    office, reached = desk
    told: list[dict[str, Any]] = []
    operations.operation("test.capped", use="cap")(lambda context, *, capped: told.append(capped))
    with office.work() as session:
        limits.load(session, "\n".join([HEAD, CAPPED[unit]]))
    RULES[f"capped_{unit}"] = CAPPED[unit]
    begun(office, f"capped_{unit}")
    del RULES[f"capped_{unit}"]
    with clock.held_at(of(stands)):
        assert change(office, "pause", from_at=of(stands), reference="YQ-1").paused_at == of(stands)
    with office.work() as session:
        # As it was before pauses ended by themselves: it is found, once.
        session.execute(delete(Job).where(Job.key.endswith(":cap")))
        assert [clocks.watch_caps(session), clocks.watch_caps(session)] == [1, 0]
    with clock.held_at(of(cap) - timedelta(seconds=1)):
        work_off(office)
        assert office.task("u").paused_at == of(stands)
    before = len(reached)
    # The worker was away: the clock has run since the cap all the same.
    with clock.held_at(of(cap) + timedelta(hours=2)):
        work_off(office)
        work_off(office)
        office.check()
        task = office.task("u")
        assert (task.due_at, task.paused_at) == (of(due_at), None)
        assert ("engine", of(due_at)) in pending(office)
        assert [(one["number"], one["at"], one["due"]) for one in told] == [
            ("YQ-1", of(cap).astimezone(UTC).isoformat(), of(due_at).astimezone(UTC).isoformat())
        ]
    (row,) = office.all(ClockChange)
    assert (row.to_at, row.capped) == (of(cap), True)
    with clock.held_at(of(due_at)):
        work_off(office)
        assert [task.element_id for task in office.open_tasks()] == ["late"]
    assert len(reached) > before


def test_a_pause_that_was_ended_in_time_knows_no_cap(desk: tuple[Office, list[tuple[int, str]]]) -> None:
    office, _ = desk
    with office.work() as session:
        limits.load(session, "\n".join([HEAD, CAPPED["hours"]]))
    RULES["capped"] = CAPPED["hours"]
    begun(office, "capped")
    del RULES["capped"]
    stands = of("2026-03-03T09:00")
    with clock.held_at(stands):
        change(office, "pause", from_at=stands, reference="YQ-1")
    with clock.held_at(stands + timedelta(hours=1)):
        due_at = change(office, "resume", to_at=stands + timedelta(hours=1)).due_at
    with clock.held_at(stands + timedelta(hours=24, minutes=30)):
        work_off(office)
    (row,) = office.all(ClockChange)
    assert (row.to_at, row.capped) == (stands + timedelta(hours=1), False)
    assert office.task("u").due_at == due_at


@settings(max_examples=60, deadline=None)
@given(
    st.dates(date(2024, 1, 1), date(2025, 6, 30)),
    st.lists(st.tuples(st.integers(0, 25), st.integers(0, 30)), max_size=3),
    st.integers(0, 200),
    st.integers(1, 60),
)
def test_a_colours_elapsed_time_leaves_out_pauses(
    start: date, drawn: list[tuple[int, int]], after: int, n: int
) -> None:
    """As one who crosses out on the calendar every day on which the clock stood; and the turning days are found."""
    stood: list[tuple[date, date]] = []
    begin = start
    for gap, length in drawn:
        begin += timedelta(days=gap)
        stood.append((begin, begin + timedelta(days=length)))
        begin = stood[-1][1]

    def ran(until: date) -> list[date]:
        days = (start + DAY * k for k in range(1, (until - start).days + 1))
        return [day for day in days if not any(first <= day < again for first, again in stood)]

    course = Course(start, date(2026, 12, 31), DAYS, tuple(stood))
    day = start + timedelta(days=after)
    assert MEASURES["elapsed_days"].of(course, day) == len(ran(day))
    assert MEASURES["elapsed_working_days"].of(course, day) == sum(map(worked, ran(day)))
    shift = timedelta(days=(day - start).days - len(ran(day)))
    plain = MEASURES["elapsed_months"].of(Course(start + shift, course.last, DAYS), day)
    assert MEASURES["elapsed_months"].of(course, day) == plain
    for name, number in (
        ("elapsed_days", n),
        ("elapsed_working_days", n % 30 + 1),
        ("elapsed_months", n % 5 + 1),
    ):
        measure = MEASURES[name]
        # Nobody looks ahead to days that are over when the clock runs again.
        ahead = (begin + DAY * k for k in range(1, 400))
        turns = (one for one in ahead if measure.of(course, one - DAY) < number <= measure.of(course, one))
        assert set(turns) <= set(measure.about(course, number))
