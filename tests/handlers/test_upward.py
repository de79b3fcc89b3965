"""Steps that nobody may do: offered to the next above who may, never passed by themselves, and never unseen."""

from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from handlers import notifications, office, upward
from handlers.office import Membership, Person
from handlers.recusals import Recusal
from handlers.registers import Clue, MatterEvent
from tests.handlers.test_duties import matter, of, step  # noqa: F401 - a fixture among them
from tests.workflows.conftest import make_diagram
from workflows import definitions, persistence, tasks
from workflows.model import AuditEvent, Incident, Instance, Task

NOW = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)


@pytest.fixture
def opened(city: Session, matter) -> Callable[..., tuple[Clue, Task]]:  # noqa: F811
    """Give the maker of a step of a matter, offered to these groups or assigned to somebody."""

    def make(groups: str = "", *, assignee: str = "", act: str = "", duty: str = "") -> tuple[Clue, Task]:
        drawn = step("u", act, duty, groups=groups)
        if assignee:
            drawn = drawn.replace(f'camunda:candidateGroups="{groups}"', f'camunda:assignee="{assignee}"')
        proposing = step("p", act, "propose", groups="handler,office_head,principal,leader") if act else ""
        flows = ("s>p", "p>u", "u>e") if act else ("s>u", "u>e")
        files = {"lonely.bpmn": make_diagram("lonely", ENDS + proposing + drawn, *flows).encode()}
        supervisor = office.actor_for(city, "supervisor")
        definitions.deploy(city, files, name="lonely", actor=supervisor, profile="engine")
        clue = matter()
        begun = persistence.begin(
            city, definitions.latest(city, "lonely"), actor=None, scope_id=clue.scope_id
        )
        return clue, city.scalars(select(Task).where(Task.instance_id == begun.id)).one()

    return make


ENDS = '<bpmn:startEvent id="s"/><bpmn:endEvent id="e"/>'


def sweep(session: Session, *shut_out: str) -> dict[str, bool]:
    """Do what the worker does every few minutes."""
    session.flush()
    found = upward.stuck(session, shut_out=shut_out)
    return {task_id: upward.look(session, task_id, shut_out=shut_out) for task_id in found}


def recuse(session: Session, clue: Clue, *logins: str) -> None:
    for login in logins:
        named = {"number": f"HB-{clue.transfer_no[-5:]}-{login}", "scope_id": clue.scope_id, "login": login}
        session.add(Recusal(**named, state="recused", ground="other", asked_by=login, asked_at=NOW))
    session.flush()


def end_roles(session: Session, role: str) -> None:
    session.execute(delete(Membership).where(Membership.role == role))


def groups_of(task: Task) -> set[str]:
    return {row.name for row in task.candidates}


def waits(session: Session, task: Task) -> bool:
    """Return whether a step is open and nothing has gone on behind it."""
    session.refresh(task)
    return task.closed_at is None and session.get_one(Instance, task.instance_id).state == "active"


def test_a_group_whose_members_are_all_recused_hands_up_to_the_next_who_is_not(city: Session, opened) -> None:
    clue, task = opened("handler@JD2")
    assert sweep(city) == {}
    recuse(city, clue, "handler3", "handler4")
    assert sweep(city) == {}  # one of the office is left
    recuse(city, clue, "handler10", "head2")
    assert sweep(city) == {task.id: True}
    # Past the recused head, to the leader; the wall stays in force for the others.
    assert groups_of(task) == {"handler@JD2", "leader"}
    assert waits(city, task)
    assert sweep(city) == {}
    line = city.scalars(select(MatterEvent).where(MatterEvent.code == "task.raised")).one()
    assert (line.scope_id, line.params["group"]) == (clue.scope_id, "leader")
    audited = city.scalars(select(AuditEvent).where(AuditEvent.act == "task.raise")).one()
    assert (audited.task_id, audited.detail) == (task.id, {"element": "u", "to": "leader"})
    for login in ("leader", "head"):
        told = notifications.listing(city, login).rows
        assert [(row.code, row.task_id) for row in told] == [("task.raised", task.id)], login
    leader = office.actor_for(city, "leader")
    assert task.id in {row.id for row in tasks.listing(city, leader, box="groups").rows}
    tasks.complete(city, task.id, actor=leader)


def test_what_the_head_proposed_himself_is_approved_above_him(city: Session, opened) -> None:
    clue, proposing = opened("office_head@JD1", act="disposal", duty="approve")
    tasks.complete(city, proposing.id, actor=office.actor_for(city, "head"))
    approving = city.scalars(select(Task).where(Task.scope_id == clue.scope_id, Task.element_id == "u")).one()
    assert sweep(city) == {approving.id: True}
    assert groups_of(approving) == {"office_head@JD1", "leader"}
    tasks.complete(city, approving.id, actor=office.actor_for(city, "leader"))


def test_where_nobody_at_all_may_the_step_waits_and_case_supervision_is_told_once(
    city: Session, opened
) -> None:
    _, task = opened("principal")
    end_roles(city, "principal")
    assert sweep(city) == {task.id: True}
    assert sweep(city) == {task.id: False}
    assert waits(city, task)
    assert groups_of(task) == {"principal"}
    incident = city.scalars(select(Incident).where(Incident.task_id == task.id)).one()
    assert (incident.kind, incident.resolved_at) == ("noCandidate", None)
    for login in ("head", "clerk", "clerk2"):
        assert [row.code for row in notifications.listing(city, login).rows] == ["task.nobody"]
    somebody = city.scalars(select(Person).where(Person.login == "leader")).one()
    city.add(Membership(person_id=somebody.id, role="principal", since=office.today()))
    assert sweep(city) == {task.id: True}
    city.flush()
    assert incident.resolved_at is not None


def test_everybody_is_shut_out_and_who_had_a_step_loses_it(city: Session, opened) -> None:
    """Whose account is closed, or who holds no role any more, keeps no step from going on."""
    _, task = opened("handler@JD2")
    tasks.claim(city, task.id, actor=office.actor_for(city, "handler3"))
    assert sweep(city) == {}
    assert sweep(city, "handler3") == {task.id: True}
    assert (task.assignee, groups_of(task)) == (None, {"handler@JD2"})
    assert sweep(city, "handler3", "handler4", "handler10") == {task.id: True}
    assert groups_of(task) == {"handler@JD2", "office_head@JD2"}
    # Somebody named by the diagram himself.
    _, named = opened(assignee="handler5")
    assert sweep(city, "handler5") == {named.id: True}
    assert (named.assignee, groups_of(named)) == (None, {"office_head@SC1"})
    end_roles(city, "office_head")
    end_roles(city, "leader")
    end_roles(city, "principal")
    everybody = [
        one.login for group in ("handler", "case_supervision") for one in office.people_in(city, group)
    ]
    assert set(sweep(city, *everybody, "head").values()) == {True}
    assert waits(city, task)
    assert waits(city, named)
    told = select(Incident.task_id).where(Incident.kind == "noCandidate", Incident.resolved_at.is_(None))
    # What runs beside is offered to the reviewer, too.
    assert set(city.scalars(told)) == {task.id, named.id}
