"""Holiday plans as files: what is refused with line and remedy, and what a loaded year changes in running matters."""

from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

import pytest

from tests.workflows.conftest import START, Office, make_diagram, open_office
from workflows import calendar, clock, jobs, ladder, limits, operations, plans, preview, recounting
from workflows.calendar import gaps, read_plan
from workflows.errors import InvalidInput
from workflows.model import AuditEvent, CalendarDay, CalendarYear, Job, Task, Timer

HEAD = "date,kind,name,source\n"
LADDERS = (Path(__file__).parents[2] / "bpmn" / "reminders.csv").read_text(encoding="utf-8")
NOTICE = "国办发明电〔2026〕8号"


def rows(kind: str, name: str, *days: str) -> str:
    return "".join(f"{day},{kind},{name},{NOTICE}\n" for day in days)


def run_of(first: str, n: int) -> list[str]:
    return [(date.fromisoformat(first) + timedelta(days=by)).isoformat() for by in range(n)]


#: A plan as it may be published: the year itself is invented.
PLAN_2027 = (
    HEAD
    + rows("holiday", "元旦", "2027-01-01", "2027-01-02", "2027-01-03")
    + rows("holiday", "春节", *run_of("2027-02-05", 8))
    + rows("makeup", "春节", "2027-01-30", "2027-02-20")
    + rows("holiday", "清明节", *run_of("2027-04-03", 3))
    + rows("holiday", "劳动节", *run_of("2027-05-01", 5))
    + rows("makeup", "劳动节", "2027-04-25", "2027-05-08")
    + rows("holiday", "端午节", *run_of("2027-06-09", 1))
    + rows("holiday", "中秋节", *run_of("2027-09-15", 1))
    + rows("放假", "国庆节", *run_of("2027-10-01", 7))
    + rows("调休上班", "国庆节", "2027-10-09")
)
PLACE = HEAD + rows("holiday", "防台风停工", "2026-09-21").replace(NOTICE, "苏州市防汛指挥部令")


@pytest.fixture
def desk(sqlite_url: str) -> Iterator[Office]:
    """Give an office with the limits loaded, its clock held at a Monday morning."""
    with clock.held_at(START):
        found = open_office(sqlite_url)
        with found.work() as session:
            ladder.load(session, LADDERS)
        yield found
        found.engine.dispose()


def take_in(desk: Office, text: str, where: str = "CN", reason: str | None = None) -> CalendarYear | None:
    with desk.work() as session:
        return recounting.take_in(session, read_plan(text, where), by="clerk", reason=reason)


def work(desk: Office) -> None:
    """Do every job that is due."""
    while True:
        with desk.work() as session:
            ready = jobs.due(session)
        if not ready:
            return
        for job_id in ready:
            with desk.work() as session:
                jobs.run(session, job_id)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "The first line of the calendar must be: date,kind,name,source"),
        (HEAD, "it has no day"),
        (HEAD + 'x"y"\n', "must have 4 columns"),
        (
            HEAD + "2027-02-30,holiday,春节,x\n",
            "line 2, date: must be a day such as 2027-01-01, not '2027-02-30'",
        ),
        (HEAD + "P3D,holiday,春节,x\n", "line 2, date: must be a day"),
        (HEAD + "2027-01-01,free,元旦,x\n", "line 2, kind: must be holiday or makeup, not 'free'"),
        (HEAD + "2027-01-01,holiday,元旦,\n", "line 2, source: must have 1 to 255 characters"),
        (PLAN_2027 + "2027-01-01,makeup,元旦,x\n", "2027-01-01 stands already in line 2"),
        (PLAN_2027 + "2028-01-01,holiday,元旦,x\n", "is not in the plan's year 2027 or the December before"),
        (HEAD + rows("makeup", "元旦", "2027-01-04"), "2027-01-04 is no weekend, so it is no make-up"),
        (HEAD + rows("makeup", "元旦", "2027-01-09"), "it has no holiday"),
    ],
)
def test_a_file_that_is_no_plan_is_refused_with_line_and_column(text: str, words: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        read_plan(text)
    assert words in refused.value.message
    with pytest.raises(InvalidInput, match="write CN for the whole country"):
        read_plan(PLAN_2027, "Suzhou")


def test_what_a_plan_has_forgotten_is_told() -> None:
    days = calendar.WorkDays.official()
    assert gaps(read_plan(PLAN_2027), days) == []
    short = "".join(line for line in PLAN_2027.splitlines(keepends=True) if "端午" not in line)
    short = short.replace("2027-05-01", "2027-05-06").replace("2027", "2028").replace("makeup", "holiday")
    assert gaps(read_plan(short.replace("调休上班", "放假")), days) == [
        "No holiday is named 端午.",
        "2028-05-01 is a statutory holiday and is not in the file.",
        "2027 is not loaded: dates in it stay provisional.",
    ]


def test_a_file_that_contradicts_a_loaded_year_is_refused_with_the_lines_and_the_remedy(desk: Office) -> None:
    assert take_in(desk, PLAN_2027) is not None
    assert take_in(desk, PLAN_2027) is None, "the same again changes nothing"
    other = PLAN_2027.replace("2027-02-20,makeup", "2027-02-27,makeup")
    with pytest.raises(InvalidInput) as refused:
        take_in(desk, other)
    assert refused.value.params["lines"] == [
        "line 14: 2027-02-27 is a make-up working day here, and an ordinary day in the loaded plan",
        "2027-02-20 is missing here, and a make-up working day in the loaded plan",
    ]
    assert "--replace --reason" in refused.value.message
    # A year that came with the program is loaded, too.
    with pytest.raises(
        InvalidInput, match="line 2: 2026-02-14 is a holiday here, and a make-up working day in"
    ):
        take_in(desk, HEAD + rows("holiday", "春节", "2026-02-14"))
    second = take_in(desk, other, reason="国务院办公厅更正")
    assert second is not None
    assert (second.version, second.reason) == (2, "国务院办公厅更正")
    assert len(desk.all(CalendarYear)) == 2, "nothing is overwritten"
    assert {row.name for row in desk.all(CalendarDay, CalendarDay.day == date(2027, 2, 27))} == {"春节"}
    with desk.work() as session:
        days = plans.work_days(session)
        assert (days.is_working(date(2027, 2, 20)), days.is_working(date(2027, 2, 27))) == (False, True)
        loads = [event.detail for event in session.query(AuditEvent).filter_by(act="calendar.load")]
    assert [(one["version"], one["reason"]) for one in loads] == [(1, None), (2, "国务院办公厅更正")]


def test_a_place_has_days_of_its_own_over_the_countrys(desk: Office) -> None:
    take_in(desk, PLACE, "CN-320500")
    with desk.work() as session:
        asked = {"start": "2026-09-18", "n": "15", "unit": "WD"}
        assert preview.preview(session, asked).date == date(2026, 10, 15)
        local = preview.preview(session, {**asked, "jurisdiction": "CN-320500"})
        assert local.date == date(2026, 10, 16)
        assert local.explanation[-1] == {"what": "local", "jurisdiction": "CN-320500"}
        assert {"holiday", "防台风停工"} <= {
            value for step in local.explanation for value in step.values() if isinstance(value, str)
        }


LIMIT = (
    ",".join(calendar.COLUMNS[:15])
    + "\nT11,1,2019-01-01,处置意见,Opinion,receipt,3,months,false,,,A4,呈批表,规则21,sourced\n"
    + "T19,1,2025-06-01,留置,Detention,measure,3,months,true,,,CB,,监察法47,sourced\n"
)


@pytest.fixture
def told(operation: object) -> list[tuple[str, dict[str, object]]]:
    """Return what is told of due dates that are counted again."""
    heard: list[tuple[str, dict[str, object]]] = []

    def hear(context: operations.Context, *, changed: dict[str, object]) -> None:
        heard.append((context.element_id or "", changed))

    operations.operation("test.hear", use="recount")(hear)
    return heard


def test_a_loaded_year_moves_what_was_provisional_and_says_so(
    desk: Office, told: list[tuple[str, dict[str, object]]]
) -> None:
    with desk.work() as session:
        limits.load(session, LIMIT)
    elements = "".join(
        f'<bpmn:userTask id="{name}" camunda:candidateGroups="handler" camunda:dueDate="{due}"/>'
        for name, due in (
            ("legal", "${limit('T11', '2026-11-07')}"),  # a Sunday in an unloaded year is moved to the Monday
            ("days", "${workdays(20, '2027-01-20')}"),
            ("near", "${limit('T11', '2026-03-02')}"),
            ("plain", "2027-02-07"),
        )
    )
    # What the flow turns by is counted by the same calendar as what the task shows.
    for name, when in (("turns", "${limit('T11', '2026-11-07')}"), ("stays", "2027-02-07T00:00:00")):
        elements += (
            f'<bpmn:boundaryEvent id="{name}" attachedToRef="legal"><bpmn:timerEventDefinition>'
            f'<bpmn:timeDate xsi:type="bpmn:tFormalExpression">{when}</bpmn:timeDate>'
            "</bpmn:timerEventDefinition></bpmn:boundaryEvent>"
        )
    flows = ("s>legal", "s>days", "s>near", "s>plain", "turns>plain", "stays>plain")
    desk.deploy(make_diagram("four", f'<bpmn:startEvent id="s"/>{elements}', *flows))
    instance = desk.start("four")
    before = {task.element_id: task for task in desk.open_tasks()}
    assert {name: task.due_provisional for name, task in before.items()} == {
        "legal": True,
        "days": True,
        "near": False,
        "plain": False,
    }
    waiting = desk.all(Timer, Timer.task_id == before["legal"].id, Timer.status == "waiting")
    take_in(desk, PLAN_2027)
    assert desk.task("legal").due_provisional, "until the job has run"
    work(desk)
    after = {task.element_id: task for task in desk.open_tasks()}
    ends = {name: clock_day(task) for name, task in after.items()}
    # The 7th of February lies in this plan's spring festival, which a weekend follows.
    assert ends["legal"] == "2027-02-15"
    assert ends["near"] == "2026-06-02"
    assert ends["plain"] == "2027-02-07", "a day that a person set stays"
    assert not any(task.due_provisional for task in after.values())
    assert after["legal"].sorts_at == after["legal"].due_at
    clocks = {timer.element_id: timer for timer in desk.all(Timer, Timer.kind == "engine")}
    assert clocks["turns"].due_at == after["legal"].due_at
    assert (clocks["turns"].fired_at, clocks["turns"].counted["provisional"]) == (None, False)
    assert (clocks["stays"].due_at.isoformat(), clocks["stays"].counted) == (
        "2027-02-06T16:00:00+00:00",
        None,
    )
    (moved_timer,) = desk.all(AuditEvent, AuditEvent.act == "timer.recount")
    assert moved_timer.detail["new"] == after["legal"].due_at.isoformat()
    steps = {step["what"]: step for step in after["legal"].due_explained["steps"]}
    assert steps["moved"]["zh"] == "春节"
    assert "provisional" not in steps
    # The history tells old, new and why; who has the task can be told.
    events = desk.all(AuditEvent, AuditEvent.act == "task.recount", AuditEvent.instance_id == instance.id)
    assert {
        (event.detail["element"], event.detail["year"], event.detail["plan_version"]) for event in events
    } == {
        ("legal", 2027, 1),
        ("days", 2027, 1),
    }
    (legal,) = [found for name, found in told if name == "legal"]
    assert (legal["old"], legal["new"]) == (
        before["legal"].due_at.isoformat(),
        after["legal"].due_at.isoformat(),
    )
    assert (legal["was_provisional"], legal["provisional"]) == (True, False)
    # The rungs that still lie ahead have moved with it.
    moved = desk.all(Timer, Timer.task_id == before["legal"].id, Timer.status == "waiting")
    assert len(moved) == len(waiting)
    assert {timer.rung: timer.due_at for timer in moved} != {timer.rung: timer.due_at for timer in waiting}
    assert max(timer.due_at for timer in moved) - max(timer.due_at for timer in waiting) == timedelta(days=7)
    # It looks again for what was being written meanwhile, and then it is done.
    assert [job.status for job in desk.all(Job, Job.instance_id.is_(None))] == ["waiting"]
    with clock.held_at(START + recounting.AGAIN_AFTER):
        work(desk)
    assert {job.status for job in desk.all(Job)} == {"done"}
    assert len(told) == 2
    desk.check()


def clock_day(task: Task) -> str:
    assert task.due_at is not None
    return clock.day_of(task.due_at - timedelta(seconds=1)).isoformat()


def test_a_replaced_year_is_counted_again_and_a_rung_is_climbed_once_more(
    desk: Office, told: list[object]
) -> None:
    with desk.work() as session:
        limits.load(session, LIMIT)
    desk.deploy(
        make_diagram(
            "one",
            '<bpmn:startEvent id="s"/><bpmn:userTask id="u" camunda:dueDate="${workdays(4)}"/>',
            "s>u",
        )
    )
    desk.start("one")
    assert clock_day(desk.task("u")) == "2026-03-06"
    late = desk.task("u").due_at + timedelta(hours=1)
    with clock.held_at(late):
        with desk.work() as session:
            task = session.get_one(Task, desk.task("u").id)
            task.level = "overdue"
            for timer in session.query(Timer).filter(Timer.due_at <= late):
                timer.status = "fired"
        plan = HEAD + "".join(
            rows("holiday", "假", str(day))
            for day in calendar.WorkDays.official().holidays
            if day.year == 2026
        )
        plan += "".join(
            rows("makeup", "补", str(day)) for day in calendar.WorkDays.official().makeup if day.year == 2026
        )
        assert take_in(desk, plan) is None, "the data set says the same"
        take_in(desk, plan + rows("holiday", "特别假日", "2026-03-05"), reason="国务院公告")
        work(desk)
        task = desk.task("u")
        assert clock_day(task) == "2026-03-09"
        assert task.level == "warn", "overdue lies ahead again"
        again = desk.all(Timer, Timer.task_id == task.id, Timer.status == "waiting", Timer.rung == 14)
        assert [timer.due_at for timer in again] == [task.due_at]
    assert len(told) == 1


def test_a_recorded_limit_runs_no_clock(desk: Office) -> None:
    with desk.work() as session:
        limits.load(session, LIMIT)
        assert limits.current(session, "T19", date(2026, 7, 1)).recorded
        # Its date is still worked out for who asks.
        assert preview.preview(session, {"rule": "T19", "start": "2026-07-01"}).date == date(2026, 10, 1)
    drawn = make_diagram(
        "held",
        '<bpmn:startEvent id="s"/><bpmn:userTask id="u" camunda:dueDate="${limit(\'T19\', now())}"/>',
        "s>u",
    )
    with pytest.raises(InvalidInput) as refused:
        desk.deploy(drawn)
    (finding,) = [one for one in refused.value.findings if one.rule == "limit_recorded"]
    assert finding.element == "u"


@pytest.mark.parametrize(
    ("asked", "name", "words"),
    [
        ({"n": "15", "unit": "WD"}, "start", "give the day of the event"),
        ({"start": "2026-02-30", "n": "15", "unit": "WD"}, "start", "there is no 2026-02-30 in the calendar"),
        ({"start": "P15D", "n": "15", "unit": "WD"}, "start", "P15D is a duration; write a day such as"),
        ({"start": "15天", "n": "15", "unit": "WD"}, "start", "is a duration"),
        ({"start": "10.2.2026", "n": "15", "unit": "WD"}, "start", "is no day; write year-month-day"),
        ({"start": "2026-02-10", "n": "0", "unit": "WD"}, "n", "from 1 to 5000"),
        ({"start": "2026-02-10", "n": "१५", "unit": "WD"}, "n", "whole number"),
        ({"start": "2026-02-10", "n": "5", "unit": "weeks"}, "unit", "one of H, ND, WD, M, Y"),
        ({"start": "2026-02-10", "n": "5", "unit": "H"}, "start", "needs the time too"),
        ({"start": "2026-02-10", "n": "5", "unit": "M", "liberty": "yes"}, "liberty", "true or false"),
        ({"start": "2026-02-10", "rule": "T99"}, "rule", "there is no rule 'T99'"),
        ({"start": "2026-02-10", "rule": "T11", "n": "5"}, "rule", "either a rule, or n and unit"),
        ({"start": "2026-02-10"}, "rule", "give a rule such as T12"),
        ({"start": "2026-02-10", "rule": "T11", "jurisdiction": "CN-1"}, "jurisdiction", "there are: CN"),
    ],
)
def test_a_question_that_is_none_is_told_by_its_parameter(
    desk: Office, asked: dict[str, str], name: str, words: str
) -> None:
    with desk.work() as session:
        limits.load(session, LIMIT)
        with pytest.raises(InvalidInput) as refused:
            preview.preview(session, asked)
    assert list(refused.value.fields) == [name]
    assert words in refused.value.message


def test_a_question_is_answered(desk: Office) -> None:
    with desk.work() as session:
        limits.load(session, LIMIT)
        for asked, ends in (
            ({"start": "2026-02-10", "n": "15", "unit": "wd"}, "2026-03-09"),
            ({"start": "2024-02-29", "n": "1", "unit": "Y"}, "2025-02-28"),
            ({"start": "2026-07-01", "n": "3", "unit": "M", "liberty": "true"}, "2026-10-01"),
            ({"start": "2026-10-01T15:20", "n": "24", "unit": "H"}, "2026-10-02"),
            ({"start": "2026-11-30", "rule": "t11"}, "2027-03-01"),
        ):
            found = preview.preview(session, asked)
            assert found.date.isoformat() == ends
            assert found.provisional is (ends > "2027")
