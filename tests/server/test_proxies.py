"""Who stands in for somebody does his work in his place: within what is passed on, for as long as he is away."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

import pytest
from sqlalchemy import select

from handlers import office
from handlers.office import Absence
from handlers.recusals import Recusal
from handlers.registers import ClueSubject, MatterEvent, Opinion, papers
from server import auth
from tests.city import City
from tests.server.visitors import Visitor, basic
from workflows import clock, tasks
from workflows.errors import Conflict, InvalidInput, NotAllowed, NotFound
from workflows.model import AuditEvent, Instance, Task


@contextmanager
def away(city: City, login: str, proxy: str, scope: str = "all") -> Iterator[Absence]:
    """Let somebody be away today, and back afterwards."""
    today = office.today()
    with city.database.unit_of_work() as session:
        row = office.stand_in(
            session, login, proxy, since=today, until=today + timedelta(days=3), by=login, scope=scope
        )
    try:
        yield row
    finally:
        with city.database.unit_of_work() as session:
            session.delete(session.get_one(Absence, row.id))


def others(city: City, login: str) -> set[str]:
    actor = city.actor(login)
    with city.database.reading() as session:
        found = {task.id for task in tasks.listing(session, actor, box="others").rows}
        assert tasks.count(session, actor, box="others") == len(found)
    return found


def may(city: City, login: str, task: Task) -> bool:
    try:
        city.claim(task, login)
    except (NotFound, NotAllowed, Conflict):
        return False
    with city.database.unit_of_work() as session:
        tasks.release(session, task.id, actor=city.actor(login))
    return True


@pytest.fixture
def matter(city: City) -> Instance:
    found = city.transfer()
    city.advance(found, "a10_a2")
    return found


def test_a_proxy_claims_and_completes_and_both_names_stand_everywhere(city: City, matter: Instance) -> None:
    scope = f"clue:{city.clue(matter)}"
    city.complete(city.task(matter, "a10_a2"), "head", decision="agree", sign=True)
    task = city.task(matter, "a10_a3")
    page = Visitor(city, "principal")
    assert not may(city, "principal", task)
    with away(city, "leader", "principal"):
        assert others(city, "principal") >= {task.id}
        inbox = page.get("/inbox?box=others").text
        assert "代办" in inbox
        assert "代" + office_name(city, "leader") in inbox
        assert "由您代" in page.get(f"/tasks/{task.id}").text
        header = basic("principal", "principal")
        client = city.app.test_client()
        answer = client.post(
            f"/engine-rest/task/{task.id}/claim", json={"userId": "principal"}, headers=header
        )
        assert answer.status_code == 204
        shown = client.get(f"/engine-rest/task/{task.id}", headers=header).json
        # It is the leader's now: what is left of it when he is back is his.
        assert shown["assignee"] == "leader"
        assert page.post(f"/tasks/{task.id}/complete", decision="agree", sign="true").status_code == 303
    with city.database.reading() as session:
        row = session.get_one(Task, task.id)
        assert (row.assignee, row.closed_by, row.on_behalf_of) == ("leader", "principal", "leader")
        signed = session.scalars(
            select(Opinion).where(Opinion.clue_id == city.clue(matter), Opinion.step == "a10_a3")
        ).one()
        assert (signed.login, signed.on_behalf_of) == ("principal", "leader")
        rows = session.scalars(select(AuditEvent).where(AuditEvent.task_id == task.id))
        acts = {(row.act, row.actor, row.on_behalf_of) for row in rows if row.act.startswith("task.")}
        assert acts == {
            ("task.claim", "principal", "leader"),
            ("task.complete", "principal", "leader"),
        }
        lines = select(MatterEvent).where(MatterEvent.scope_id == scope, MatterEvent.actor == "principal")
        assert {line.on_behalf_of for line in session.scalars(lines)} >= {"leader"}
        names = [office.person(session, login).name for login in ("principal", "leader")]
        said = papers.facts.INWARD["approvals"](
            papers.facts.Subject(session, session.get_one(papers.facts.Clue, city.clue(matter)), clock.now())
        )
    assert said["a10_a3"][0]["who"] == f"{names[0]}（代{names[1]}）"
    for door in (f"/clues/{city.clue(matter)}", f"/tasks/{task.id}"):
        assert f"{names[0]}（代{names[1]}）" in page.get(door).text
    audit = Visitor(city, "auditor").get("/audit?act=task.complete").text
    assert f"代{names[1]}" in audit


def office_name(city: City, login: str) -> str:
    with city.database.reading() as session:
        return office.person(session, login).name


def test_what_is_passed_on_is_of_the_scope_of_the_days_and_of_nothing_that_bars_either(city: City) -> None:
    matter = city.transfer()
    signing = city.advance(matter, "a8_sign")
    scope = f"clue:{city.clue(matter)}"
    with away(city, "handler2", "handler9"):
        assert signing.id not in others(city, "handler9")  # in person only
        with pytest.raises(NotFound):
            city.complete(signing, "handler9", recusal="no", sign=True)
    for login in ("handler2", "handler"):
        city.complete(city.task(matter, "a8_sign", login), login, recusal="no", sign=True)
    task = city.task(matter, "a9")
    today = office.today()
    for proxy, passed, field in (
        ("auditor", "all", "proxy"),  # his roles let him stand in for no handler
        ("handler9", "role:office_head", "proxy"),  # what the absent does not hold he does not pass on
        ("handler", "all", "proxy"),
    ):
        with city.database.unit_of_work() as session, pytest.raises(InvalidInput) as refused:
            office.stand_in(
                session,
                "handler",
                proxy,
                since=today,
                until=today + timedelta(days=1),
                by="handler",
                scope=passed,
            )
        assert set(refused.value.fields) == {field}
    for passed, right in (
        ("process:recusal", False),
        ("process:clue_transfer", True),
        ("role:handler", True),
    ):
        with away(city, "handler", "handler9", passed):
            assert (may(city, "handler9", task), task.id in others(city, "handler9")) == (right, right), (
                passed
            )
    with away(city, "handler", "handler9"):
        city.claim(task, "handler9")
        # While handler9 is away himself, his own proxy stands in for both, and he for nobody.
        with away(city, "handler9", "handler10"):
            assert others(city, "handler9") == set()
            assert task.id in others(city, "handler10")
    # The days are over: the task is the handler's, and to the other there is no such task.
    assert city.task(matter, "a9").assignee == "handler"
    assert not may(city, "handler9", task)
    for who, state, right in (
        ("handler", "asked", False),
        ("handler", "recused", False),
        ("handler9", "recused", False),
        ("handler9", "asked", False),
        ("handler2", "recused", True),
        (None, None, False),  # the matter is about somebody of the proxy's name
    ):
        with away(city, "handler", "handler9"), barred(city, scope, who, state):
            assert acts(city, "handler9", task) is right, (who, state)
    with away(city, "handler", "handler9"):
        with city.database.unit_of_work() as session:
            auth.create(session, "handler9", "handler9", trusted=True)
            auth.disable(session, "handler9", actor="admin")
        client = city.app.test_client()
        assert (
            client.get(f"/engine-rest/task/{task.id}", headers=basic("handler9", "handler9")).status_code
            == 401
        )
    assert city.task(matter, "a9").assignee == "handler"


def test_what_bars_either_bars_the_act(city: City) -> None:
    """Proposer and approver are different persons, whoever stood in for whom; nobody signs at two levels by proxy."""
    matter = city.transfer()
    for login, element in (("clerk", "a3"), ("clerk", "a5"), ("clerk", "a7"), ("principal", "a7_approve")):
        more = {"management": "principal"} if element == "a5" else {}
        task = city.task(matter, element)
        city.complete(task, login, **{**city.answers(task), **more})
    for login, element in (("head", "a8"), ("handler2", "a8_sign"), ("handler", "a8_sign")):
        task = city.task(matter, element, login)
        city.complete(task, login, **city.answers(task))
    study = city.task(matter, "a9")
    with away(city, "handler", "handler9"):
        city.complete(
            study, "handler9", **{**city.answers(study), "present": ["handler9", "handler2", "head"]}
        )
    approving, signed = city.task(matter, "a10_a2"), {"decision": "agree", "sign": True}
    for proxy in ("handler9", "handler"):  # who proposed, and for whom
        with away(city, "head", proxy), pytest.raises((NotAllowed, NotFound)):
            city.complete(approving, proxy, **signed)
    city.complete(approving, "head", **signed)
    with away(city, "leader", "principal"):
        city.complete(city.task(matter, "a10_a3"), "principal", **signed)
    with pytest.raises(NotAllowed):
        city.complete(city.task(matter, "a10_a4"), "principal", **signed)
    with away(city, "principal", "leader"), pytest.raises(NotAllowed):
        city.complete(city.task(matter, "a10_a4"), "leader", **signed)


def test_a_head_names_a_proxy_for_his_people_and_all_see_who_stands_in(city: City) -> None:
    head, today = Visitor(city, "head"), office.today().isoformat()
    given = {"login": "handler2", "proxy": "handler4", "scope": "role:handler", "since": today, "last": today}
    assert head.post("/profile/absences", **{**given, "login": "handler3"}).status_code == 422
    assert head.post("/profile/absences", **{**given, "scope": "role:auditor"}).status_code == 422
    answer = head.post("/profile/absences", **{**given, "proxy": "auditor"})
    assert (answer.status_code, "按双方的角色" in answer.text) == (422, True)
    assert head.post("/profile/absences", **given).status_code == 303
    for login, seen in (("clerk", True), ("handler2", True), ("agency", False)):
        page = Visitor(city, login).get("/profile/absences").text
        assert (f"代理{office_name(city, 'handler2')}的工作" in page) is seen, login
    with city.database.reading() as session:
        row = session.scalars(select(Absence).where(Absence.login == "handler2")).one()
        kept = session.scalars(select(AuditEvent).where(AuditEvent.object_id == f"absence:{row.id}")).one()
        assert (kept.actor, (kept.detail or {})["scope"]) == ("head", "role:handler")
    assert Visitor(city, "clerk").post("/profile/absences/end", id=row.id).status_code == 404
    assert head.post("/profile/absences/end", id=row.id).status_code == 303


@contextmanager
def barred(city: City, scope: str, who: str | None, state: str | None) -> Iterator[None]:
    with city.database.unit_of_work() as session:
        if who is None:
            clue_id = scope.removeprefix("clue:")
            row = ClueSubject(clue_id=clue_id, name=office.person(session, "handler9").name)
        else:
            row = Recusal(
                number="HB-T",
                scope_id=scope,
                login=who,
                state=state,
                ground="other",
                asked_by="clerk",
                asked_at=clock.now(),
            )
        session.add(row)
    try:
        yield
    finally:
        with city.database.unit_of_work() as session:
            session.delete(session.merge(row))


def acts(city: City, login: str, task: Task) -> bool:
    """Whether somebody may save a draft in the task, which asks for what completing asks."""
    try:
        with city.database.unit_of_work() as session:
            tasks.save_draft(session, task.id, actor=city.actor(login), answers={})
    except (NotFound, NotAllowed, Conflict):
        return False
    return True
