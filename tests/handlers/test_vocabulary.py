"""The vocabulary of escalation under a moved clock: each verb, relations, caps, proxies; each firing on record once."""

from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from handlers import escalation, office
from handlers.notifications import Notification
from handlers.office import Membership
from handlers.recusals import Recusal
from handlers.registers import Clue, ClueSubject, MatterEvent
from server.db import Database
from server.worker import run_due
from tests.clues import bare
from tests.houses import Houses
from workflows import clock, definitions, instances, operations, tasks
from workflows.actor import Actor
from workflows.errors import InvalidInput
from workflows.model import AuditEvent, ReminderRung, Task
from workflows.operations import Context, Recorded

#: Monday, nine o'clock in Shanghai; twenty working days later is Monday 30 March, 24:00.
START = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)
DIAGRAM = """<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL" targetNamespace="x"
 xmlns:camunda="http://camunda.org/schema/1.0/bpmn">
 <process id="alone" isExecutable="true" camunda:candidateStarterGroups="agency_clerk">
  <startEvent id="a1"><extensionElements><camunda:properties>
   <camunda:property name="record" value="test.open_matter"/>
  </camunda:properties></extensionElements></startEvent>
  <userTask id="study" name="研究" camunda:candidateGroups="handler@JD2" camunda:dueDate="${workdays(20)}">
   <extensionElements><camunda:properties><camunda:property name="ladder" value="trial"/>
   </camunda:properties></extensionElements></userTask>
  <endEvent id="end"/>
  <sequenceFlow id="f1" sourceRef="a1" targetRef="study"/>
  <sequenceFlow id="f2" sourceRef="study" targetRef="end"/>
 </process></definitions>"""
HEAD = "ladder,version,rung,applies,basis,amount,unit,every,times,recipients,level,operation,give_to\n"


def open_matter(context: Context, *, answers: dict[str, object]) -> Recorded:
    number = context.session.scalar(select(func.count()).select_from(Clue)) or 0
    clue = bare(f"YS-2026-{number:05}", submitted_at=context.now, office_code="JD2")
    context.session.add(clue)
    context.session.flush()
    return Recorded(scope_id=clue.scope_id, business_key=clue.transfer_no)


@pytest.fixture(autouse=True)
def _operation() -> Iterator[None]:
    operations.operation("test.open_matter")(open_matter)
    yield
    del operations._registry["test.open_matter"]


@pytest.fixture
def house(sqlite_houses: Houses) -> Iterator[Database]:
    """Give a settled house: nothing here is said in SQL of its own."""
    with sqlite_houses() as database:
        yield database


@pytest.fixture
def begin(house: Database) -> Callable[..., str]:
    """Return what loads a ladder of these rows and starts a matter on it; it gives the task's id."""

    def start(*rows: str, groups: str = "handler@JD2") -> str:
        with clock.held_at(START), house.unit_of_work() as session:
            lines = "".join(f"trial,1,{number},days_long,{row}\n" for number, row in enumerate(rows, 1))
            escalation.load(session, HEAD + lines)
            files = {"alone.bpmn": DIAGRAM.replace("handler@JD2", groups).encode()}
            definitions.deploy(session, files, name="alone", actor=Actor("system"), profile="engine")
            instance = instances.start(session, key="alone", actor=office.actor_for(session, "agency"))
            return session.scalars(select(Task.id).where(Task.instance_id == instance.id)).one()

    return start


def tick(house: Database, *days: float) -> None:
    for day in days:
        with clock.held_at(START + timedelta(days=day)):
            run_due(house)


def record(session: Session) -> list[dict[str, Any]]:
    """Return what the matter's record says of its rungs, each with its code and the office's hour."""
    rows = session.scalars(select(MatterEvent).order_by(MatterEvent.id))
    return [{"code": row.code, "at": local(row.at), **row.params} for row in rows]


def told(session: Session) -> list[tuple[str, str]]:
    rows = session.scalars(select(Notification).order_by(Notification.id))
    return [(row.code.removeprefix("deadline."), row.login) for row in rows]


def local(at: datetime) -> str:
    return at.astimezone(clock.office_zone()).strftime("%m-%d %H:%M")


def test_remind_notify_and_raise_tell_those_behind_each_relation(
    house: Database, begin: Callable[..., str]
) -> None:
    task_id = begin(
        "elapsed,0.5,fraction,,,handler,remind,escalation.remind,",
        "before_due,5,working_days,,,head,warn,escalation.notify,",
        "after_due,0,working_days,,,leader principal case_supervision,overdue,escalation.raise,",
        "after_due,1,working_days,,,leader,overdue,escalation.raise,",
    )
    tick(house, 15, 23, 30, 31)
    with house.reading() as session:
        assert told(session) == [
            *(("remind", login) for login in ("handler10", "handler3", "handler4")),
            ("notified", "head2"),
            *(("overdue", login) for login in ("leader", "principal", "clerk", "clerk2")),
            ("overdue", "leader"),
        ]
        assert [(row["verb"], row["to"][0]) for row in record(session)] == [
            ("remind", "handler10"),
            ("notify", "head2"),
            ("raise", "leader"),
            ("raise", "leader"),
        ]
        assert session.get_one(Task, task_id).priority == 70
        assert [row["priority"] for row in record(session)[2:]] == [60, 70]


def test_a_repeated_rung_ends_at_its_cap_and_never_storms(house: Database, begin: Callable[..., str]) -> None:
    begin(
        "after_due,0,working_days,2,4,handler,overdue,escalation.remind,",
        "after_due,1,working_days,,,head,overdue,escalation.raise,",
    )
    # Due on 30 March, 24:00; from 4 to 6 April are days of rest.
    hours = ["03-31 00:00", "04-02 00:00", "04-04 00:00", "04-09 00:00"]
    for half_day in range(2 * 60):
        tick(house, half_day / 2 + 15 / 24)
    with house.reading() as session:
        reminded = [row for row in record(session) if row["verb"] == "remind"]
        assert [row["at"] for row in reminded] == hours
        assert [(row["turn"], row["missed"]) for row in reminded] == [(1, 0), (2, 0), (3, 0), (4, 0)]


def test_months_without_a_tick_do_each_step_once_in_order(house: Database, begin: Callable[..., str]) -> None:
    begin(
        "elapsed,0.5,fraction,,,handler,remind,escalation.remind,",
        "after_due,0,working_days,2,4,handler,overdue,escalation.remind,",
        "after_due,1,working_days,,,head,overdue,escalation.raise,",
        "after_due,6,working_days,,,,overdue,escalation.reassign_if_not_claimed,".replace(
            ",,,,o", ",,,leader,o"
        ),
    )
    tick(house, 200, 201, 400)
    with house.reading() as session:
        assert [(row["rung"], row["verb"]) for row in record(session)] == [
            (1, "remind"),
            (2, "remind"),
            (3, "raise"),
            (4, "reassign_if_not_claimed"),
        ]
        assert (record(session)[1]["turn"], record(session)[1]["missed"]) == (4, 3)
        assert [login for code, login in told(session) if code == "overdue"].count("handler3") == 1


def test_what_nobody_claims_goes_to_the_named_role_through_the_door_of_a_supervisor(
    house: Database, begin: Callable[..., str]
) -> None:
    rung = "elapsed,0.5,fraction,,,head,warn,escalation.reassign_if_not_claimed,handler"
    task_id = begin(rung)
    tick(house, 15)
    with house.reading() as session:
        assert session.get_one(Task, task_id).assignee == "handler10"  # the least burdened, then by name
        assert told(session) == [("given", "handler10"), ("given", "head2")]
        (line,) = record(session)
        assert (line["code"], line["had"], line["has"]) == ("deadline.given", None, "handler10")
        audit = session.scalars(select(AuditEvent).where(AuditEvent.act == "task.assign")).one()
        assert (audit.actor, audit.detail) == ("system", {"from": None, "to": "handler10"})


def test_what_is_claimed_in_time_stays_and_the_record_says_so(
    house: Database, begin: Callable[..., str]
) -> None:
    task_id = begin("elapsed,0.5,fraction,,,head,warn,escalation.reassign_if_not_claimed,handler")
    with clock.held_at(START), house.unit_of_work() as session:
        tasks.claim(session, task_id, actor=office.actor_for(session, "handler4"))
    tick(house, 15)
    with house.reading() as session:
        assert session.get_one(Task, task_id).assignee == "handler4"
        assert [(row["code"], row["has"], row["to"]) for row in record(session)] == [
            ("deadline.kept", "handler4", [])
        ]


def test_what_is_not_finished_is_taken_back_for_all_who_may_do_it(
    house: Database, begin: Callable[..., str]
) -> None:
    task_id = begin("after_due,0,working_days,,,head,overdue,escalation.reassign_if_not_finished,")
    with clock.held_at(START), house.unit_of_work() as session:
        tasks.claim(session, task_id, actor=office.actor_for(session, "handler4"))
    tick(house, 30)
    with house.reading() as session:
        task = session.get_one(Task, task_id)
        assert (task.assignee, task.closed_at) == (None, None)
        assert {row.claimable for row in task.candidates} == {True}
        assert told(session) == [
            ("released", login) for login in ("handler10", "handler3", "handler4", "head2")
        ]
        (line,) = record(session)
        assert (line["code"], line["had"], line["has"]) == ("deadline.released", "handler4", None)


def test_a_role_that_may_not_have_the_task_does_not_get_it_and_those_above_are_asked(
    house: Database, begin: Callable[..., str]
) -> None:
    # The principal decides later on what is studied here; the head is no candidate: the wall gives it to neither.
    task_id = begin("elapsed,0.5,fraction,,,leader,warn,escalation.reassign_if_not_claimed,head")
    tick(house, 15)
    with house.reading() as session:
        task = session.get_one(Task, task_id)
        assert (task.assignee, task.closed_at) == (None, None)
        (line,) = record(session)
        assert (line["code"], line["to"]) == ("deadline.stranded", ["head2", "leader"])
    # Where somebody above is a candidate, he gets it.
    other = "elapsed,0.5,fraction,,,leader,warn,escalation.reassign_if_not_finished,head"
    with house.unit_of_work() as session:
        session.execute(delete(ReminderRung).where(ReminderRung.ladder == "trial"))
    above = begin(other, groups="handler@JD2,case_supervision_head")
    tick(house, 16)
    with house.reading() as session:
        assert session.get_one(Task, above).assignee == "head"


def test_who_stands_in_is_told_too_never_a_blocked_person_and_never_in_a_circle(
    house: Database, begin: Callable[..., str]
) -> None:
    task_id = begin(
        "elapsed,0.5,fraction,,,handler,remind,escalation.remind,",
        "before_due,5,working_days,,,handler,remind,escalation.remind,",
        "before_due,1,working_days,,,handler,remind,escalation.remind,",
        "after_due,0,working_days,,,handler,overdue,escalation.remind,",
    )
    first, end = date(2026, 3, 1), date(2026, 3, 27)
    with clock.held_at(START), house.unit_of_work() as session:
        tasks.claim(session, task_id, actor=office.actor_for(session, "handler4"))
        office.stand_in(session, "handler4", "handler5", since=first, until=end, by="handler4")
        office.stand_in(session, "handler5", "handler6", since=first, until=date(2026, 3, 20), by="handler5")
        for somebody, proxy, since, until, field in (
            ("handler6", "handler4", first, end, "proxy"),  # handler4 → handler5 → handler6 → handler4
            ("handler7", "handler7", first, end, "proxy"),
            ("handler7", "handler6", end, first, "until"),
            ("handler4", "handler7", first, end, "since"),
        ):
            with pytest.raises(InvalidInput) as refused:
                office.stand_in(session, somebody, proxy, since=since, until=until, by="head2")
            assert set(refused.value.fields or ()) == {field}
    tick(house, 15)
    with house.unit_of_work() as session:
        task = session.get_one(Task, task_id)
        session.add(
            Recusal(
                number="HB-1",
                scope_id=task.scope_id or "",
                login="handler5",
                state="recused",
                ground="other",
                asked_by="head2",
                asked_at=START,
            )
        )
    tick(house, 22)  # handler5 is back, but recused from the matter
    tick(house, 26)  # the last day of handler4's absence was yesterday
    with house.unit_of_work() as session:
        assert told(session) == [
            ("remind", "handler4"),
            ("remind", "handler6"),
            ("remind", "handler4"),
            ("remind", "handler4"),
        ]
        standing_in = session.scalars(select(Notification).where(Notification.login == "handler6")).one()
        assert standing_in.params["for"] == ["handler4"]
        assert [row.get("proxies") for row in record(session)] == [{"handler6": ["handler4"]}, None, None]
        clue_id = (session.get_one(Task, task_id).scope_id or "").removeprefix("clue:")
        somebody = office.person(session, "handler7")
        session.add(ClueSubject(clue_id=clue_id, name=somebody.name))
        later = {"since": date(2026, 3, 27), "until": date(2026, 5, 1), "by": "head2"}
        office.stand_in(session, "handler4", "handler7", **later)
    tick(house, 40)  # whoever the matter is about is never told
    with house.unit_of_work() as session:
        assert told(session)[4:] == [("overdue", "handler4")]
        absence = office.absences(session, "handler4")
        assert absence == []  # it is November in this session: all are over


def test_who_holds_no_role_any_more_stands_in_for_nobody(house: Database, begin: Callable[..., str]) -> None:
    begin("elapsed,0.5,fraction,,,leader,remind,escalation.remind,")
    with clock.held_at(START), house.unit_of_work() as session:
        office.stand_in(
            session, "leader", "principal", since=date(2026, 3, 1), until=date(2026, 4, 1), by="leader"
        )
        leaver = office.person(session, "principal")
        session.execute(delete(Membership).where(Membership.person_id == leaver.id))
    tick(house, 15)
    with house.reading() as session:
        assert told(session) == [("remind", "leader")]


@pytest.mark.parametrize(
    ("row", "words"),
    [
        ("elapsed,0.5,fraction,,,handler,remind,escalation.shout,", "Row 2, column operation: there is no"),
        (
            "elapsed,0.5,fraction,,,everybody,remind,escalation.remind,",
            "Row 2, column recipients: 'everybody'",
        ),
        ("elapsed,0.5,fraction,,,handler,remind,escalation.remind,head", "Row 2, column give_to: escalation"),
        (
            "elapsed,0.5,fraction,,,head,warn,escalation.reassign_if_not_claimed,boss",
            "Row 2, column give_to: 'boss'",
        ),
        ("elapsed,3,working_days,,,handler,remind,escalation.remind,", "Row 2, column unit"),
        ("after_due,1.5,working_days,,,handler,remind,escalation.remind,", "Row 2, column amount: 1.5"),
        ("after_due,1,working_days,2,99,handler,remind,escalation.remind,", "Row 2, column times: 99"),
        ("after_due,1,working_days,,3,handler,remind,escalation.remind,", "Row 2, column every: a rung that"),
        ("after_due,1,working_days,0,3,handler,remind,escalation.remind,", "Row 2, column every: 0"),
        ("before_due,3,working_days,2,3,handler,remind,escalation.remind,", "Row 2, column times: the last"),
        (
            "after_due,1,working_days,often,3,handler,remind,escalation.remind,",
            "Row 2, column every: 'often'",
        ),
    ],
)
def test_a_wrong_word_in_a_ladder_is_refused_by_row_and_column(city: Session, row: str, words: str) -> None:
    with pytest.raises(InvalidInput, match=words):
        escalation.load(city, f"{HEAD}trial,1,1,days_long,{row}\n")
