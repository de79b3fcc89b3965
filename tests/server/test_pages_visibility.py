"""The page of the visibility matrix, and why somebody sees a matter or does not."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from sqlalchemy import select

from handlers.recusals import Recusal
from handlers.wall import matrix
from tests.city import City
from tests.server.visitors import Visitor
from workflows import clock
from workflows.model import AuditEvent


@pytest.fixture(autouse=True)
def own_matrix() -> Iterator[None]:
    yield
    matrix.install(None)


def test_the_matrix_stands_in_words_and_says_what_changes_when(city: City) -> None:
    text = matrix.FILE.read_text("utf-8") + "reviewer,clue,2,2039-05-01,V,open_task,DES\n"
    matrix.install(matrix.read(text))
    page = Visitor(city, "supervisor").get("/visibility").text
    for words in (
        "干部监督室经办人",
        "反映纪检监察干部的（不含反映本人的）",
        "审理受理后的",
        "督办整改",
        "2039-05-01",
        "bpmn/visibility.csv",
    ):
        assert words in page, words
    assert "本人有在办环节的" in page
    auditor = Visitor(city, "auditor")
    auditor.post("/language", language="en")
    english = auditor.get("/visibility").text
    auditor.post("/language", language="zh_Hans_CN")
    assert "about staff of the commission, not about himself" in english
    assert Visitor(city, "handler").get("/visibility").status_code == 403


def test_case_supervision_asks_why_somebody_sees_a_matter_and_that_is_kept(city: City) -> None:
    instance = city.transfer()
    city.advance(instance, "a9")
    number, clerk = instance.business_key or "", Visitor(city, "clerk")

    def why(login: str, of: str = number) -> str:
        return clerk.get(f"/visibility/why?login={login}&number={of}").text

    assert "可看到线索内容" in why("handler")
    assert "本人承办的" in why("handler")
    assert "不知道有这条线索" in why("handler4")
    assert "只能看到线索的一个状态词" in why("agency")
    assert "此人的角色没有任何事项权限" in why("admin")
    assert "事项不存在，或不在您的查看范围内。" in why("handler", "YS-1999-00001")
    clue_id = city.clue(instance)
    with city.database.unit_of_work() as session:
        asked = {"ground": "other", "asked_by": "clerk", "asked_at": clock.now()}
        row = {
            "number": "HB-2026-90001",
            "scope_id": f"clue:{clue_id}",
            "login": "handler",
            "state": "recused",
        }
        session.add(Recusal(**asked, **row))
    assert "已从该事项回避" in why("handler")
    with city.database.reading() as session:
        kept = select(AuditEvent).where(AuditEvent.act == "visibility.explain")
        rows = session.scalars(kept.where(AuditEvent.scope_id == f"clue:{clue_id}")).all()
    assert [(row.actor, (row.detail or {})["login"]) for row in rows][-1] == ("clerk", "handler")
    assert len(rows) == 6
    assert Visitor(city, "handler").get(f"/visibility/why?login=head&number={number}").status_code == 403


def test_a_refusal_names_its_rule_in_the_readers_language(city: City) -> None:
    instance = city.transfer()
    task = city.task(instance, "a3")
    # The principal sees every clue, and takes no step that is offered to others.
    page = Visitor(city, "principal").post(f"/tasks/{task.id}/claim").text
    assert "只有环节的候选人才能签收（规则 candidate）" in page


def test_who_reads_the_log_is_in_the_matrix(city: City) -> None:
    auditor = Visitor(city, "auditor")
    assert auditor.get("/audit").status_code == 200
    rows = [row for row in matrix.every() if (row.role, row.area) != ("auditor", "access_log")]
    matrix.install(rows)
    assert auditor.get("/audit").status_code == 403
