"""Minors and victims: called by an alias everywhere, read by handlers, the leader in charge, and by an unsealing."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import select

from handlers.registers import Clue, ClueSubject, Document
from handlers.vault import keys
from tests.city import TRANSFER, City
from tests.server.visitors import Visitor
from workflows.model import AuditEvent, Task

NAME, GUARDIAN = "虚构女童小满", "虚构监护人陶某"
ALIAS = "某甲（未成年被害人）"
WHO = {"kind": "minor_victim", "name": NAME, "guardian": GUARDIAN}


@pytest.fixture(autouse=True)
def master(tmp_path: Path) -> Iterator[None]:
    file = tmp_path / "master_key"
    keys.add(file)
    keys.use(file)
    yield
    keys.use(None)


def test_a_minor_has_an_alias_everywhere_and_is_read_by_few(city: City) -> None:
    witness = {**TRANSFER["subjects"][0], "name": NAME, "post": "学生"}
    given = {**TRANSFER, "facts": f"{NAME}在场并受到伤害。", "subjects": [*TRANSFER["subjects"], witness]}
    matter = city.start("clue_transfer", by="agency", answers=given)
    clue_id = city.clue(matter)
    city.advance(matter, "a9")
    page = f"/clues/{clue_id}/protected"
    people = {login: Visitor(city, login) for login in ("handler", "head", "leader", "principal", "clerk")}
    assert people["handler"].post(page, **{**WHO, "name": ""}).status_code == 422
    assert NAME in people["head"].get(f"/clues/{clue_id}").text
    assert people["head"].post(page, **WHO).status_code == 403
    assert people["handler"].post(page, **WHO).status_code == 303
    with city.database.reading() as session:
        clue = session.get_one(Clue, clue_id)
        assert clue.facts == f"{ALIAS}在场并受到伤害。"
        names = session.scalars(select(ClueSubject.name).where(ClueSubject.clue_id == clue_id)).all()
        assert ALIAS in names
        assert NAME not in names
        documents = session.scalars(select(Document).where(Document.clue_id == clue_id)).all()
        assert not any(NAME.encode() in row.content for row in documents)
        assert any(ALIAS.encode() in row.content for row in documents)
        entry = _entry(people["handler"].get(page).text)
    for login, visitor in people.items():
        shown = visitor.get(f"/clues/{clue_id}").text + visitor.get(page).text
        assert ALIAS in shown, login
        assert NAME not in shown, login
        assert GUARDIAN not in shown, login
    # What is written after it bears the name until somebody puts the alias in its place.
    with city.database.unit_of_work() as session:
        session.get_one(Clue, clue_id).summary = f"反映{NAME}受害。"
    assert "又出现了密封的姓名" in people["handler"].get(page).text
    assert people["handler"].post(f"{page}/replace").status_code == 303
    assert NAME not in people["head"].get(f"/clues/{clue_id}").text
    assert "又出现了密封的姓名" not in people["handler"].get(page).text
    # Handlers and the leader in charge read it; others ask two leaders first.
    for login, status in {"handler": 200, "leader": 200, "head": 404, "clerk": 404, "principal": 404}.items():
        answer = people[login].post(f"{page}/read", entry=entry)
        assert answer.status_code == status, login
        assert (GUARDIAN in answer.text) == (status == 200), login
    assert Visitor(city, "handler3").get(page).status_code == 404
    asked = {"what": "protected", "purpose": "verify_protected", "reason": "须当面核对。"}
    asking = f"/clues/{clue_id}/unsealing"
    assert "举报人" not in _form(people["head"].get(f"{asking}?what=protected").text)
    assert people["head"].post(asking, **asked, hours="2", sign="true").status_code == 303
    for login, element in (("leader", "u_leader"), ("principal", "u_principal")):
        with city.database.reading() as session:
            waits = select(Task).where(Task.element_id == element, Task.closed_at.is_(None))
            task = session.scalars(waits).one()
        city.complete(task, login, decision="agree", sign=True)
    assert GUARDIAN in people["head"].post(f"{page}/read", entry=entry).text
    assert people["head"].post(f"/clues/{clue_id}/reporter/read", purpose="tell").status_code == 404
    listed = Visitor(city, "auditor").get("/unsealings").text
    assert "承办人或者分管领导" in listed
    assert NAME not in listed
    with city.database.reading() as session:
        kept = session.scalars(select(AuditEvent).where(AuditEvent.act == "vault.read_protected")).all()
        assert [row.actor for row in kept] == ["handler", "leader", "head"]
        assert kept[-1].purpose == "verify_protected"


def test_a_longer_name_that_holds_a_protected_one_is_left_whole(city: City) -> None:
    """王小 lies under seal, 王小明 is somebody else; 王小的母亲 is no name, and speaks of 王小."""
    first = TRANSFER["subjects"][0]
    named = [{**first, "name": name, "post": "职工"} for name in ("王小明", "王小", "王小的母亲")]
    given = {
        **TRANSFER,
        "facts": "王小明殴打王小，王小的母亲报案。",
        "subjects": [*TRANSFER["subjects"], *named],
    }
    matter = city.start("clue_transfer", by="agency", answers=given)
    clue_id = city.clue(matter)
    city.advance(matter, "a9")
    page, handler = f"/clues/{clue_id}/protected", Visitor(city, "handler")
    assert handler.post(page, kind="minor_victim", name="王小").status_code == 303
    with city.database.reading() as session:
        assert session.get_one(Clue, clue_id).facts == f"王小明殴打{ALIAS}，{ALIAS}的母亲报案。"
        names = session.scalars(select(ClueSubject.name).where(ClueSubject.clue_id == clue_id)).all()
        assert {"王小明", ALIAS, f"{ALIAS}的母亲"} <= set(names)
        papers = session.scalars(select(Document.content).where(Document.clue_id == clue_id)).all()
        assert any("王小明".encode() in content for content in papers)
        assert not any("王小".encode() in content.replace("王小明".encode(), b"") for content in papers)
    assert "又出现了密封的姓名" not in handler.get(page).text
    # The longer of two names under seal goes first.
    assert handler.post(page, kind="minor_victim", name="王小明").status_code == 303
    with city.database.unit_of_work() as session:
        session.get_one(Clue, clue_id).facts = "王小明与王小。"
    assert handler.post(f"{page}/replace").status_code == 303
    with city.database.reading() as session:
        other = ALIAS.replace("甲", "乙")
        assert session.get_one(Clue, clue_id).facts == f"{other}与{ALIAS}。"


def _entry(page: str) -> str:
    return page.partition('name="entry" value="')[2].partition('"')[0]


def _form(page: str) -> str:
    return page.partition('<form method="post"')[2]
