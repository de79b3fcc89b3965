"""The reminder ladder end to end: a matter left alone under a moved clock climbs every rung once."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from handlers import office
from handlers.notifications import Notification
from handlers.registers import Clue, MatterEvent
from server.db import Database
from server.worker import run_due
from tests.clues import bare
from workflows import clock, definitions, instances, operations, tasks, timers
from workflows.actor import Actor
from workflows.ladder import Reached
from workflows.model import Instance, Task
from workflows.operations import Context, Recorded

#: Monday, nine o'clock in Shanghai. Twenty working days later is Monday 30 March, 24:00.
START = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)
DUE = datetime(2026, 3, 30, 16, 0, tzinfo=UTC)

DIAGRAM = """<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL" targetNamespace="x"
 xmlns:camunda="http://camunda.org/schema/1.0/bpmn">
 <process id="alone" isExecutable="true" camunda:candidateStarterGroups="agency_clerk">
  <startEvent id="a1"><extensionElements><camunda:properties>
   <camunda:property name="record" value="test.open_matter"/>
  </camunda:properties></extensionElements></startEvent>
  <userTask id="study" name="研究" camunda:candidateGroups="handler@JD2" camunda:dueDate="${due}"/>
  <endEvent id="end"/>
  <sequenceFlow id="f1" sourceRef="a1" targetRef="study"/>
  <sequenceFlow id="f2" sourceRef="study" targetRef="end"/>
 </process></definitions>"""

#: What is told when, in the office's time, and to whom.
LONG = [
    ("2026-03-16 16:30", 1, "deadline.normal", "normal", ["handler10", "handler3", "handler4"]),
    ("2026-03-24 00:00", 2, "deadline.remind", "remind", ["head2"]),
    ("2026-03-28 00:00", 3, "deadline.warn", "warn", ["leader"]),
    ("2026-03-31 00:00", 4, "deadline.overdue", "overdue", ["clerk", "clerk2", "leader"]),
    ("2026-04-08 00:00", 5, "deadline.overdue", "overdue", ["principal"]),
    ("2026-05-01 00:00", 6, "deadline.listed", "overdue", ["clerk", "clerk2"]),
]
SHORT = [
    ("2026-03-07 04:30", 11, "deadline.normal", "normal", ["handler10", "handler3", "handler4"]),
    ("2026-03-10 00:00", 12, "deadline.remind", "remind", ["head2"]),
    ("2026-03-11 00:00", 13, "deadline.warn", "warn", ["leader"]),
    ("2026-03-12 00:00", 14, "deadline.overdue", "overdue", ["clerk", "clerk2", "leader"]),
    ("2026-03-19 00:00", 15, "deadline.overdue", "overdue", ["principal"]),
    ("2026-04-12 00:00", 16, "deadline.listed", "overdue", ["clerk", "clerk2"]),
]
HOURS = [
    ("2026-03-02 21:00", 21, "deadline.normal", "normal", ["handler10", "handler3", "handler4"]),
    ("2026-03-03 07:00", 22, "deadline.remind", "remind", ["head2"]),
    ("2026-03-03 09:00", 23, "deadline.overdue", "overdue", ["clerk", "clerk2", "leader"]),
]
LADDERS = [
    pytest.param("${workdays(20)}", LONG, id="days_long"),
    pytest.param("${workdays(7)}", SHORT, id="days_short"),
    pytest.param("PT24H", HOURS, id="hours"),
]


def open_matter(context: Context, *, answers: dict[str, object]) -> Recorded:
    """Write a bare clue, so that the ladder has a matter to record in."""
    clue = bare("YS-2026-00001", submitted_at=context.now)
    context.session.add(clue)
    context.session.flush()
    return Recorded(scope_id=clue.scope_id, business_key=clue.transfer_no)


@pytest.fixture(autouse=True)
def _operation() -> Iterator[None]:
    operations.operation("test.open_matter")(open_matter)
    yield
    del operations._registry["test.open_matter"]


def leave_alone(house: Database, due: str) -> str:
    """Start the process at START and return the id of its one task."""
    with clock.held_at(START):
        with house.unit_of_work() as session:
            files = {"alone.bpmn": DIAGRAM.replace("${due}", due).encode()}
            definitions.deploy(session, files, name="alone", actor=Actor("system"), profile="engine")
        with house.unit_of_work() as session:
            instance = instances.start(session, key="alone", actor=office.actor_for(session, "agency"))
            return session.scalars(select(Task.id).where(Task.instance_id == instance.id)).one()


def climbed(session: Session) -> list[tuple[str, int, str, str, list[str]]]:
    """Return what was told, rung by rung: at, rung, code, level, to whom."""
    found: dict[tuple[int, str], tuple[str, int, str, str, list[str]]] = {}
    for row in session.scalars(select(Notification).order_by(Notification.id)):
        at = row.at.astimezone(clock.office_zone()).strftime("%Y-%m-%d %H:%M")
        key = (row.params["rung"], row.code)
        found.setdefault(key, (at, row.params["rung"], row.code, row.level, []))[4].append(row.login)
    return list(found.values())


@pytest.mark.parametrize(("due", "expected"), LADDERS)
def test_a_matter_left_alone_climbs_every_rung_once(
    house: Database, due: str, expected: list[tuple[object, ...]]
) -> None:
    task_id = leave_alone(house, due)
    fired, due_at = 0, _next_due(house)
    # A tick every half-hour for two months: what is due is told at the next one.
    for tick in range(2 * 24 * 62):
        now = START + timedelta(minutes=30) * tick
        if due_at is not None and due_at <= now:
            with clock.held_at(now):
                fired += run_due(house)
            due_at = _next_due(house)
    assert fired == len(expected)
    with house.reading() as session:
        assert climbed(session) == expected
        _nothing_was_decided(session, task_id, expected)


@pytest.mark.parametrize(("due", "expected"), LADDERS)
def test_rungs_missed_while_the_server_was_down_are_climbed_once_in_order(
    house: Database, due: str, expected: list[tuple[object, ...]]
) -> None:
    task_id = leave_alone(house, due)
    with clock.held_at(START + timedelta(days=400)):
        assert run_due(house) == len(expected)
        assert run_due(house) == 0
    with house.reading() as session:
        assert [row[1:] for row in climbed(session)] == [row[1:] for row in expected]
        _nothing_was_decided(session, task_id, expected)


def test_down_in_between_each_rung_is_still_climbed_once(house: Database) -> None:
    leave_alone(house, "${workdays(20)}")
    for days in (16, 16, 40, 400):
        with clock.held_at(START + timedelta(days=days)):
            run_due(house)
    with house.reading() as session:
        assert [row[1] for row in climbed(session)] == [1, 2, 3, 4, 5, 6]
        at = [row[0][:10] for row in climbed(session)]
        assert at == ["2026-03-18", *["2026-04-11"] * 4, "2027-04-06"]


def test_a_task_that_is_done_climbs_no_further(house: Database) -> None:
    task_id = leave_alone(house, "${workdays(20)}")
    with clock.held_at(datetime(2026, 3, 25, 1, 0, tzinfo=UTC)):
        run_due(house)
        with house.unit_of_work() as session:
            tasks.complete(session, task_id, actor=office.actor_for(session, "handler3"), answers={})
    with clock.held_at(START + timedelta(days=400)):
        assert run_due(house) == 0
    with house.reading() as session:
        assert [row[1] for row in climbed(session)] == [1, 2]


def test_one_broken_ladder_stops_no_other(house: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    leave_alone(house, "${workdays(20)}")
    real = operations.find("escalation.remind")

    def breaks_once(context: Context, *, reached: Reached) -> None:
        if reached.rung == 2:
            raise RuntimeError("the printer is on fire")
        real(context, reached=reached)

    monkeypatch.setitem(operations._registry, "escalation.remind", breaks_once)
    with clock.held_at(START + timedelta(days=400)):
        assert run_due(house) == 5
    monkeypatch.undo()
    with clock.held_at(START + timedelta(days=401)):
        assert run_due(house) == 1
    with house.reading() as session:
        assert sorted(row[1] for row in climbed(session)) == [1, 2, 3, 4, 5, 6]


FORM = {
    "legal_basis": "other",
    "domain": "ecology",
    "subjects": [{"kind": "person", "name": "赵某甲"}],
    "facts": "某企业排污",
    "urgency": "normal",
    "named": "no",
    "contact": "联系人",
    "head_sign": "负责人",
}


def test_a_clue_of_the_real_process_left_alone_climbs_under_the_moved_clock(house: Database) -> None:
    with house.unit_of_work() as session:
        agency = office.actor_for(session, "agency")
        instance = instances.start(session, key="clue_transfer", actor=agency, answers=FORM)
    try:
        for days in (20, 20, 80):  # the server was down most of the time
            clock.move(timedelta(days=days))
            run_due(house)
    finally:
        clock.move(timedelta(0))
    with house.reading() as session:
        # A step of one working day climbs the brief ladder: two days before its end it did not exist yet.
        assert [(row[1], row[4]) for row in climbed(session)] == [
            (31, ["clerk", "clerk2"]),
            (32, ["head"]),
            (33, ["leader"]),
            (34, ["clerk", "clerk2", "leader"]),
            (35, ["principal"]),
            (36, ["clerk", "clerk2"]),
        ]
        (task,) = session.scalars(select(Task).where(Task.instance_id == instance.id))
        assert (task.element_id, task.closed_at, task.level) == ("a3", None, "overdue")
        clue = session.scalars(select(Clue)).one()
        assert (clue.stage, clue.scope_id) == ("submitted", task.scope_id)
        told = session.scalars(select(MatterEvent.code).where(MatterEvent.scope_id == clue.scope_id)).all()
        assert [code for code in told if code.startswith("deadline.")] == [
            "deadline.normal",
            "deadline.remind",
            "deadline.warn",
            "deadline.overdue",
            "deadline.overdue",
            "deadline.listed",
        ]


def _next_due(house: Database) -> datetime | None:
    with house.reading() as session:
        return timers.next_due_at(session)


def _nothing_was_decided(session: Session, task_id: str, expected: list[tuple[object, ...]]) -> None:
    task = session.get_one(Task, task_id)
    assert (task.closed_at, task.assignee, task.level) == (None, None, "overdue")
    assert session.get_one(Instance, task.instance_id).state == "active"
    record = session.scalars(select(MatterEvent).order_by(MatterEvent.id)).all()
    assert [(event.params["rung"], event.code) for event in record] == [row[1:3] for row in expected]
    assert [event.params["to"] for event in record] == [row[4] for row in expected]
    asked = [event.params.get("reason_required", False) for event in record]
    assert asked == [row[3] == "overdue" for row in expected]
