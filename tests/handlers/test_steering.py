"""What is done with one instance by two persons: asked for with a reason, confirmed by another, done as who asked."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from handlers import steering
from handlers.recusals import Recusal
from handlers.steering import Steering, Step
from tests import city as cities
from tests.city import City
from workflows import clock, persistence
from workflows.errors import Conflict, InvalidInput, NotAllowed, NotFound
from workflows.model import AuditEvent, Instance, Task
from workflows.moves import ProcessMove


@pytest.fixture(scope="module")
def city(tmp_path_factory: pytest.TempPathFactory) -> City:
    """Return a city of this module's own."""
    return cities.found(tmp_path_factory.mktemp("steering"))


def ask(
    city: City, instance: Instance, kind: str, by: str = "head", reason: str = "材料有误", **step: str
) -> str:
    actor = city.actor(by)
    with city.database.unit_of_work() as session:
        return steering.ask(session, instance.id, Step(kind, **step), actor=actor, reason=reason).id


def confirm(city: City, asked: str, by: str) -> None:
    actor = city.actor(by)
    with city.database.unit_of_work() as session:
        steering.confirm(session, asked, actor=actor)


def read(city: City, asked: str) -> Steering:
    with city.database.reading() as session:
        return session.get_one(Steering, asked)


def at(city: City, instance: Instance) -> list[str]:
    with city.database.reading() as session:
        assert persistence.rows_equal_run(session, instance.id) == []
        standing = select(Task.element_id).where(Task.instance_id == instance.id, Task.closed_at.is_(None))
        return sorted(session.scalars(standing))


def test_a_task_is_sent_back_once_another_person_confirms(city: City) -> None:
    instance = city.transfer()
    task = city.advance(instance, "a7")
    asked = ask(city, instance, "send_back", task_id=task.id, to="a5")
    assert "a7" in at(city, instance)  # nothing is done yet
    with pytest.raises(NotAllowed) as own:
        confirm(city, asked, "head")
    assert own.value.code == "own_steering"
    confirm(city, asked, "leader")
    assert "a7" not in at(city, instance)
    assert "a5" in at(city, instance)
    assert (read(city, asked).state, read(city, asked).decided_by) == ("done", "leader")
    with pytest.raises(Conflict) as again:
        confirm(city, asked, "principal")
    assert again.value.code == "steering_decided"
    with city.database.reading() as session:
        move = session.scalars(select(ProcessMove).where(ProcessMove.instance_id == instance.id)).one()
        assert (move.kind, move.reason, move.moved_by) == ("send_back", "材料有误", "head")
        told = session.scalars(
            select(AuditEvent).where(AuditEvent.instance_id == instance.id, AuditEvent.act.like("steering.%"))
        ).all()
    assert [(one.act, one.actor) for one in told] == [
        ("steering.ask", "head"),
        ("steering.confirm", "leader"),
    ]
    assert all("材料有误" not in str(one.detail) for one in told)


@pytest.mark.parametrize("kind", ["suspend", "cancel"])
def test_holding_and_ending_need_two_as_well(city: City, kind: str) -> None:
    instance = city.transfer()
    confirm(city, ask(city, instance, kind), "principal")
    with city.database.reading() as session:
        state = session.get_one(Instance, instance.id).state
    assert state == {"suspend": "suspended", "cancel": "cancelled"}[kind]
    then = {"suspend": "resume", "cancel": "reopen"}[kind]
    to = {"to": "a3"} if then == "reopen" else {}
    confirm(city, ask(city, instance, then, **to), "principal")
    with city.database.reading() as session:
        assert session.get_one(Instance, instance.id).state == "active"
        kinds = (
            select(ProcessMove.kind).where(ProcessMove.instance_id == instance.id).order_by(ProcessMove.id)
        )
        assert session.scalars(kinds).all() == [kind, then]
    assert at(city, instance) == ["a3"]


def test_what_cannot_be_done_is_refused_when_it_is_asked_for(city: City) -> None:
    instance = city.transfer()
    task = city.task(instance)
    with pytest.raises(InvalidInput) as none:
        ask(city, instance, "cancel", reason=" ")
    assert none.value.code == "reason"
    with pytest.raises(InvalidInput) as nowhere:
        ask(city, instance, "send_back", task_id=task.id, to="a9")
    assert nowhere.value.code == "step"
    with pytest.raises(Conflict) as runs:
        ask(city, instance, "reopen", to="a3")
    assert runs.value.code == "running"
    with pytest.raises(InvalidInput) as kind:
        ask(city, instance, "explode")
    assert kind.value.code == "kind"
    with pytest.raises(NotAllowed):
        ask(city, instance, "cancel", by="clerk")  # who may mend does not steer
    with pytest.raises(NotFound):
        ask(city, instance, "cancel", by="supervisor")
    ask(city, instance, "jump", task_id=task.id, to="a9")
    with pytest.raises(Conflict) as waits:
        ask(city, instance, "cancel", by="principal")
    assert waits.value.code == "steering_waiting"


def test_who_asked_has_to_be_allowed_still_when_it_is_done(city: City) -> None:
    instance = city.transfer()
    asked = ask(city, instance, "cancel")
    with city.database.unit_of_work() as session:
        session.add(
            Recusal(
                scope_id=f"clue:{city.clue(instance)}",
                login="head",
                number="HB1",
                ground="other",
                asked_by="head",
                asked_at=clock.now(),
                state="recused",
            )
        )
    with pytest.raises(NotFound):
        confirm(city, asked, "leader")
    assert at(city, instance) == ["a3"]


def test_it_is_sent_back_or_taken_back(city: City) -> None:
    instance = city.transfer()
    actor, other = city.actor("head"), city.actor("leader")
    asked = ask(city, instance, "cancel")
    with city.database.unit_of_work() as session:
        with pytest.raises(NotAllowed):
            steering.withdraw(session, asked, actor=other)
        steering.refuse(session, asked, "再核实", actor=other)
    assert (read(city, asked).state, read(city, asked).remark) == ("refused", "再核实")
    asked = ask(city, instance, "cancel")
    with city.database.unit_of_work() as session:
        assert asked in {one.id for one in steering.waiting(session, other)}
        steering.withdraw(session, asked, actor=actor)
        assert asked not in {one.id for one in steering.waiting(session, other)}
    assert at(city, instance) == ["a3"]


def test_a_process_of_no_matter_is_confirmed_by_another_supervisor_who_learns_no_more(city: City) -> None:
    instance = city.start()
    asked = ask(city, instance, "cancel", by="supervisor")
    for login in ("head", "principal", "admin"):
        with pytest.raises(NotFound):
            confirm(city, asked, login)
    confirm(city, asked, "supervisor2")
    with city.database.reading() as session:
        assert session.get_one(Instance, instance.id).state == "cancelled"
