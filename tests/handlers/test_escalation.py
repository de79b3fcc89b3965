"""Escalation: who is behind a recipient, and what is told and recorded on a rung."""

import csv
import re
from collections import Counter
from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from handlers import escalation, notifications, office
from handlers.notifications import Notification
from handlers.office import Membership, Person
from handlers.registers import Clue, MatterEvent
from tests.clues import bare
from workflows import engine, operations
from workflows.ladder import Reached
from workflows.model import Deployment, Instance, ProcessDefinition, Task, TaskCandidate
from workflows.operations import Context

NOW = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)
ROOT = Path(__file__).parents[2]


@pytest.fixture
def clue(city: Session) -> Clue:
    clue = bare("YS-2026-00001", submitted_at=NOW, office_code="JD2")
    city.add(clue)
    city.flush()
    return clue


@pytest.fixture
def task_for(city: Session, clue: Clue) -> Callable[..., Task]:
    city.add(Deployment(id="d", name="files", deployed_at=NOW, deployed_by="supervisor", digest=""))
    city.flush()
    city.add(
        ProcessDefinition(
            id="p",
            key="escalated",
            version=1,
            name="Process",
            deployment_id="d",
            resource_name="p.bpmn",
            bundle="",
            digest="",
        )
    )
    city.flush()

    def build(*candidates: str, scope_id: str | None = clue.scope_id, **given: Any) -> Task:
        instance = Instance(
            definition_id="p",
            definition_key="escalated",
            scope_id=scope_id,
            started_at=NOW,
            started_by="agency",
        )
        city.add(instance)
        city.flush()
        task = Task(
            id=f"t-{instance.id}",
            instance_id=instance.id,
            definition_id="p",
            scope_id=scope_id,
            element_id="a9",
            name="集体研究",
            name_en="Study",
            created_at=NOW,
            due_at=NOW,
            **given,
        )
        city.add(task)
        city.flush()
        for name in candidates:
            kind = "user" if name.startswith("user:") else "group"
            city.add(TaskCandidate(task_id=task.id, kind=kind, name=name.removeprefix("user:")))
        city.flush()
        return task

    return build


def context(session: Session, task: Task) -> Context:
    return Context(
        session=session,
        actor=None,
        now=NOW,
        instance_id=task.instance_id,
        definition_key="escalated",
        business_key="YS-2026-00001",
        scope_id=task.scope_id,
        element_id=task.element_id,
        task_id=task.id,
    )


EVERYONE = {
    # candidates of the task          handler                head       leader
    ("user:handler", "user:handler2"): (["handler", "handler2"], ["head"], ["leader"]),
    ("case_supervision",): (["clerk", "clerk2"], ["head"], ["leader"]),
    ("office_head@JD2",): (["head2"], ["head2"], ["leader"]),
    ("intake_clerk@XFS",): (["intake"], ["head2"], ["leader"]),  # XFS has no head: the handling office's
    ("leader",): (["leader"], ["head2"], ["leader"]),
    ("principal",): (["principal"], ["head2"], ["leader"]),
    ("agency_clerk@STJ",): (["agency"], ["head2"], ["leader"]),
    ("handler@NOWHERE",): (["head2"], ["head2"], ["leader"]),  # nobody may do it: its head is told in time
}


@pytest.mark.parametrize(("candidates", "expected"), EVERYONE.items())
def test_who_is_behind_each_relation(
    city: Session, task_for: Callable[..., Task], candidates: tuple[str, ...], expected: tuple[list[str], ...]
) -> None:
    task = task_for(*candidates)
    found = tuple(escalation.people_to_tell(city, task, asked) for asked in ("handler", "head", "leader"))
    assert found == expected


def test_a_claimed_task_reminds_who_has_it(city: Session, task_for: Callable[..., Task]) -> None:
    task = task_for("case_supervision", assignee="clerk2")
    assert escalation.people_to_tell(city, task, "handler") == ["clerk2"]


def test_without_a_matter_and_without_a_head_the_reminder_goes_up(
    city: Session, task_for: Callable[..., Task]
) -> None:
    task = task_for("agency_clerk@STJ", scope_id=None)
    assert escalation.people_to_tell(city, task, "head") == ["head"]  # of the case-supervision office
    city.execute(delete(Membership).where(Membership.role == "case_supervision_head"))
    assert escalation.people_to_tell(city, task, "head") == ["leader"]
    city.execute(delete(Membership).where(Membership.role == "leader"))
    assert escalation.people_to_tell(city, task, "head") == ["principal"]
    city.execute(delete(Membership).where(Membership.role == "principal"))
    assert escalation.people_to_tell(city, task, "head") == ["clerk", "clerk2"]
    city.execute(delete(Membership).where(Membership.role == "case_supervision"))
    assert escalation.people_to_tell(city, task, "head") == []


def test_only_the_leader_in_charge_of_the_office_is_told(
    city: Session, task_for: Callable[..., Task]
) -> None:
    second = Person(name="沈分管", login="leader2")
    city.add(second)
    city.flush()
    office.enrol(city, "leader2", "leader", unit_code="JD2", since=date(2020, 1, 1))
    jd2, jd1 = task_for("office_head@JD2"), task_for("office_head@JD1")
    assert escalation.people_to_tell(city, jd2, "leader") == ["leader", "leader2"]
    assert escalation.people_to_tell(city, jd1, "leader") == ["leader"]
    ended = update(Membership).where(Membership.role == "leader", Membership.person_id != second.id)
    city.execute(ended.values(until=date(2021, 1, 1)))
    # Nobody is in charge of JD1 any more: all leaders there are.
    assert escalation.people_to_tell(city, jd1, "leader") == ["leader2"]


def test_a_rung_tells_each_person_once_and_leaves_one_line_in_the_record(
    city: Session, task_for: Callable[..., Task]
) -> None:
    task = task_for("user:handler", "user:handler2")
    escalation.remind(
        context(city, task), reached=Reached(4, "overdue", ("case_supervision", "leader", "clerk"))
    )
    rows = city.scalars(select(Notification).order_by(Notification.id)).all()
    assert [row.login for row in rows] == ["clerk", "clerk2", "leader"]
    assert {(row.code, row.level, row.task_id) for row in rows} == {("deadline.overdue", "overdue", task.id)}
    assert rows[0].params == {
        "number": "YS-2026-00001",
        "task": "集体研究",
        "task_en": "Study",
        "element": "a9",
        "due": "2026-03-02T01:00:00+00:00",
        "rung": 4,
    }
    (event,) = city.scalars(select(MatterEvent)).all()
    assert (event.scope_id, event.code, event.actor, event.at) == (
        task.scope_id,
        "deadline.overdue",
        None,
        NOW,
    )
    assert event.params["to"] == ["clerk", "clerk2", "leader"]
    assert event.params["reason_required"] is True


def test_a_due_date_counted_again_is_recorded_and_told_where_the_day_is_another(
    city: Session, task_for: Callable[..., Task]
) -> None:
    task = task_for("handler@JD2")
    counted = {
        "old": "2027-02-07T16:00:00+00:00",
        "new": "2027-02-15T16:00:00+00:00",
        "was_provisional": True,
        "provisional": False,
        "year": 2027,
        "jurisdiction": "CN",
    }
    told = operations.find("escalation.recounted")
    told(context(city, task), changed=counted)
    told(context(city, task), changed={**counted, "old": counted["new"]})
    rows = city.scalars(select(Notification).where(Notification.code == "deadline.recounted")).all()
    assert {row.login for row in rows} == {"handler10", "handler3", "handler4"}
    assert len(rows) == 3, "a day that stands is recorded, and nobody is bothered"
    events = city.scalars(select(MatterEvent).where(MatterEvent.code == "deadline.recounted")).all()
    assert [event.params["old"] for event in events] == [counted["old"], counted["new"]]
    assert events[0].params["new"] == counted["new"]
    assert events[0].params["year"] == 2027


def test_a_month_overdue_is_recorded_as_a_candidate_for_listed_supervision(
    city: Session, task_for: Callable[..., Task]
) -> None:
    task = task_for("user:handler")
    escalation.list_candidate(context(city, task), reached=Reached(6, "overdue", ("case_supervision",)))
    (event,) = city.scalars(select(MatterEvent)).all()
    assert (event.code, event.params["to"]) == ("deadline.listed", ["clerk", "clerk2"])


def test_a_task_without_a_matter_tells_but_has_no_record(
    city: Session, task_for: Callable[..., Task]
) -> None:
    task = task_for("user:handler", scope_id=None)
    escalation.remind(context(city, task), reached=Reached(1, "normal", ("handler",)))
    assert notifications.unread_count(city, "handler") == 1
    assert city.scalars(select(MatterEvent)).all() == []


def test_every_rung_of_the_shipped_ladder_names_an_operation_and_recipients_that_exist(city: Session) -> None:
    rows = list(csv.DictReader((ROOT / "bpmn/reminders.csv").read_text("utf-8").splitlines()))
    roles = set(city.scalars(select(office.Role.id)))
    for row in rows:
        assert operations.arguments(row["operation"])[0] == {"reached"}
        assert set(row["recipients"].split()) <= roles | {"handler", "head", "leader"}
    general = (row for row in rows if row["ladder"] in ("default", "brief"))
    ladders = Counter((row["ladder"], row["applies"]) for row in general)
    assert ladders == {
        ("default", "days_long"): 6,
        ("default", "days_short"): 6,
        ("default", "hours"): 3,
        ("brief", "days_short"): 6,
    }


def test_only_steps_of_two_working_days_at_most_climb_the_brief_ladder() -> None:
    limits = {
        row["rule_id"]: (row["n"], row["unit"])
        for row in csv.DictReader((ROOT / "bpmn/time_limits.csv").read_text("utf-8").splitlines())
    }
    (definition,) = engine.read((ROOT / "bpmn/clue_transfer/clue_transfer.bpmn").read_bytes())[0]
    for node in definition.nodes.values():
        rule = re.search(r"limit\('(\w+)'", str(node.attributes.get("dueDate", "")))
        brief = node.attributes.get("properties", {}).get("ladder") == "brief"
        n, unit = limits[rule.group(1)] if rule else ("", "")
        assert brief == (unit == "working_days" and int(n) <= 2), node.id
