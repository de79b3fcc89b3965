"""The paper beside the form: as it would look with what is typed so far, and nothing of it stays."""

from __future__ import annotations

from typing import Any

from sqlalchemy import func, select

from handlers.registers import Document
from tests.city import City
from tests.server.visitors import Visitor
from workflows.model import Task, TaskDraft

QUIET = {"X-Requested-With": "fetch"}


def count(city: City, clue: str) -> int:
    with city.database.reading() as session:
        return session.scalar(select(func.count()).where(Document.clue_id == clue)) or 0


def test_the_paper_is_looked_at_while_the_form_is_filled_in(city: City) -> None:
    instance = city.transfer()
    task = city.advance(instance, "a7")
    clue, at = city.clue(instance), f"/tasks/{task.id}"
    login = task.assignee or "clerk"
    clerk = Visitor(city, login)
    assert "_paper_secrecy" not in clerk.get(at).text or task.assignee
    clerk.post(f"{at}/claim")
    assert "预览文书" in clerk.get(at).text
    before = count(city, clue)

    def look(headers: dict[str, str] | None = None, **typed: Any) -> str:
        answer = clerk.post(f"{at}/paper", headers=headers, **typed)
        assert answer.status_code == 200
        return answer.text

    # What is open is told; texts are marked on the paper, choices are blank.
    empty = look(QUIET)
    assert "<html" not in empty
    assert "分办理由" in empty
    assert "（待填写）" in empty
    # A text is stood in for; what is chosen is on the paper.
    half = look(QUIET, to_office="JD1")
    assert "（待填写）" in half
    assert "第一监督检查室" in half
    # Without script the whole page comes back, with what was typed, the class that was chosen, and no markup of anyone.
    whole = look(to_office="JD1", reason="<b>按领域</b>由该室承办。", _paper_secrecy="R")
    assert "&lt;b&gt;按领域&lt;/b&gt;由该室承办。</p>" in whole
    assert "密级：受限" in whole
    assert "<html" in whole
    assert clerk.post(f"{at}/paper", headers=QUIET, _paper_secrecy="P").status_code == 400
    with city.database.reading() as session:
        assert session.get_one(Task, task.id).closed_at is None
        assert session.scalar(select(func.count()).select_from(TaskDraft)) == 0
    assert count(city, clue) == before

    done = clerk.post(f"{at}/complete", to_office="JD1", reason="由该室承办。", _paper_secrecy="R")
    assert done.status_code == 303
    with city.database.reading() as session:
        made = session.scalars(select(Document).where(Document.clue_id == clue)).all()
    (sheet,) = (row for row in made if row.kind == "distribution_form")
    assert (sheet.secrecy, sheet.version, len(made)) == ("R", 1, before + 1)
    assert {row.secrecy for row in made if row is not sheet} == {"C"}


def test_nobody_else_sees_a_paper_that_is_being_drafted(city: City) -> None:
    instance = city.transfer()
    task = city.advance(instance, "a7")
    address = f"/tasks/{task.id}/paper"
    for login in ("handler", "supervisor", "admin"):
        assert Visitor(city, login).post(address, headers=QUIET).status_code == 404
    # A step that drafts nothing has no paper.
    other = city.advance(city.transfer(), "a5")
    clerk = Visitor(city, other.assignee or "clerk")
    assert clerk.post(f"/tasks/{other.id}/paper", headers=QUIET).status_code == 404
