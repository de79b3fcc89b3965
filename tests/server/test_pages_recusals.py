"""Recusals at the pages: asked for, decided, and from then on nothing of the matter anywhere."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

import pytest
from sqlalchemy import select

from handlers import notifications, office, recusing
from handlers.office import Membership, Person, Relative
from handlers.recusals import Recusal
from handlers.registers import ClueSubject
from tests.city import City
from tests.server.visitors import Visitor
from workflows import clock
from workflows.errors import NotAllowed
from workflows.model import Instance
from workflows.operations import Context

ASKED = {"person": "handler", "ground": "interest", "reason": "与被反映单位有经济往来。", "sign": "true"}


@pytest.fixture
def visit(city: City) -> Callable[[str], Visitor]:
    """Return a function that signs somebody in."""
    return lambda login: Visitor(city, login)


@pytest.fixture
def matter(city: City) -> Instance:
    found = city.transfer()
    city.advance(found, "a9")
    return found


def test_who_is_recused_finds_nothing_behind_any_door(
    city: City, matter: Instance, visit: Callable[[str], Visitor]
) -> None:
    clue_id, number = city.clue(matter), ""
    clerk, handler, principal = visit("clerk"), visit("handler"), visit("principal")
    task = city.task(matter, "a9")
    with city.database.unit_of_work() as session:
        notifications.notify(session, ["handler"], code="clue.major", scope_id=f"clue:{clue_id}")
    doors = [f"/clues/{clue_id}", f"/tasks/{task.id}", f"/clues/{clue_id}/recusals"]
    assert {handler.get(door).status_code for door in doors} == {200}

    assert clerk.get(f"/clues/{clue_id}").text.count(f"/clues/{clue_id}/recusals") == 1
    answer = clerk.post(f"/clues/{clue_id}/recusals", **(ASKED | {"reason": ""}))
    assert answer.status_code == 422
    assert clerk.post(f"/clues/{clue_id}/recusals", **ASKED).status_code == 303
    with city.database.reading() as session:
        row = session.scalars(select(Recusal).where(Recusal.scope_id == f"clue:{clue_id}")).one()
        number, deciding = row.number, row.instance_id
    assert number not in handler.get(f"/clues/{clue_id}/recusals").text  # he is not told
    assert number in clerk.get(f"/clues/{clue_id}/recusals").text
    refused = handler.post(f"/tasks/{task.id}/complete")
    assert refused.status_code in (403, 422)

    with city.database.reading() as session:
        process = session.get_one(Instance, deciding)
    city.complete(
        city.claim(city.task(process, "r_decide"), "principal"), "principal", decision="agree", sign=True
    )
    assert {handler.get(door).status_code for door in doors} == {404}
    with city.database.reading() as session:
        told = notifications.listing(session, "handler")
    assert f"clue:{clue_id}" not in {one.scope_id for one in told.rows}
    for page in ("/inbox", "/clues", "/week", "/calendar", "/notifications"):
        found = handler.get(page)
        assert found.status_code == 200
        assert clue_id not in found.text
        assert task.id not in found.text

    place = f"/clues/{clue_id}/recusals"
    principal.post(f"{place}/lift", number=number, reason=" ")
    assert "说明回避情形如何消失" in principal.get(place).text
    assert principal.post(f"{place}/lift", number=number, reason="关联已解除").status_code == 303
    with city.database.reading() as session:
        row = session.scalars(select(Recusal).where(Recusal.scope_id == f"clue:{clue_id}")).one()
        assert (row.state, row.lifted_by, row.lift_reason) == ("lifted", "principal", "关联已解除")
    assert "关联已解除" in principal.get(place).text
    assert f"回避{number}已解除" in principal.get(f"/clues/{clue_id}").text


@pytest.mark.parametrize(
    ("step", "login"),
    [("decide", "clerk"), ("decide", "supervisor"), ("decide_above", "clerk"), ("decide_above", "leader")],
)
def test_whoever_a_diagram_lets_decide_the_operation_asks_who_it_is(
    city: City, matter: Instance, step: str, login: str
) -> None:
    """A leader enters a decision of the commission above on the principal alone, not on a handler."""
    answers = {"decision": "agree", "document_no": "1", "decided_on": "2026-03-02"}
    process, scope_id = f"{step} by {login}", f"clue:{city.clue(matter)}"
    asked = {"ground": "other", "asked_by": "clerk2", "asked_at": clock.now(), "instance_id": process}
    with city.database.unit_of_work() as session:
        session.add(Recusal(number=process, scope_id=scope_id, login="handler", state="asked", **asked))
    with city.database.unit_of_work() as session:
        context = Context(
            session=session,
            actor=city.actor(login),
            now=clock.now(),
            instance_id=process,
            definition_key="hostile",
            scope_id=scope_id,
        )
        with pytest.raises(NotAllowed):
            getattr(recusing, step)(context, answers=answers)


def test_names_that_are_alike_are_shown_to_who_may_look_into_it_but_not_to_whom_they_concern(
    city: City, matter: Instance, visit: Callable[[str], Visitor]
) -> None:
    clue_id = city.clue(matter)
    with city.database.unit_of_work() as session:
        name = session.scalars(select(Person.name).where(Person.login == "clerk")).one()
        session.add(ClueSubject(clue_id=clue_id, name=name))
        session.add(ClueSubject(clue_id=clue_id, name="孙小小"))
    declaring = visit("handler4")
    assert declaring.post("/profile/relatives", name="孙小小", relation="").status_code == 422
    assert declaring.post("/profile/relatives", name="孙小小", relation="child").status_code == 303
    assert "孙小小" in declaring.get("/profile/relatives").text
    place = f"/clues/{clue_id}/recusals"
    assert f"{place}?person=clerk" in visit("head").get(place).text
    assert f"{place}?person=clerk" not in visit("clerk").get(place).text
    assert "与本机关人员或其申报的近亲属同名" in visit("head").get(f"/clues/{clue_id}").text
    assert "子女 孙小小" in visit("clerk").get(place).text
    assert "孙小小" not in visit("handler").get("/profile/relatives").text
    with city.database.reading() as session:
        row = session.scalars(select(Relative)).one()
    assert visit("handler").post("/profile/relatives/end", id=row.id).status_code == 404
    assert declaring.post("/profile/relatives/end", id=row.id).status_code == 303
    assert "子女 孙小小" not in visit("clerk").get(place).text


def test_who_declares_it_when_he_signs_is_out_in_every_role(city: City) -> None:
    """The law lets him say so himself: no other role of his sees the matter, and he is not assigned again."""
    matter = city.transfer()
    city.advance(matter, "a8_sign")
    with city.database.unit_of_work() as session:
        office.enrol(session, "handler", "case_supervision", unit_code="AGS", since=date(2020, 1, 1))
    try:
        door, handler = f"/clues/{city.clue(matter)}", Visitor(city, "handler")
        assert handler.get(door).status_code == 200
        task = city.task(matter, "a8_sign", "handler")
        city.complete(task, "handler", recusal="yes", grounds="relative", grounds_text="姻亲", sign=True)
        assert handler.get(door).status_code == handler.get(f"/tasks/{task.id}").status_code == 404
        with city.database.reading() as session:
            row = session.scalars(
                select(Recusal).where(Recusal.scope_id == f"clue:{city.clue(matter)}")
            ).one()
        assert (row.login, row.state, row.ground, row.reason) == ("handler", "recused", "relative", "姻亲")
        assert (row.asked_by, row.decided_by) == ("handler", "handler")
        assert row.number in Visitor(city, "clerk").get(f"{door}/recusals").text
    finally:
        with city.database.unit_of_work() as session:
            held = select(Membership).where(
                Membership.role == "case_supervision", Membership.since == date(2020, 1, 1)
            )
            for found in session.scalars(held):
                session.delete(found)
