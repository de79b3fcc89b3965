"""The audit's page: the auditor sees who did what, others what is theirs of it, and nobody content."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from sqlalchemy import select

from handlers.findings import AuditFinding
from handlers.registers import Clue
from server.sealer import Sealer
from tests.city import City
from tests.server.visitors import Visitor
from workflows import audit
from workflows.model import Instance


@pytest.fixture
def visit(city: City) -> Callable[[str], Visitor]:
    """Return a function that signs somebody in."""
    return lambda login: Visitor(city, login)


def test_who_sees_what_of_the_log(city: City, visit: Callable[[str], Visitor]) -> None:
    instance = city.transfer(facts="此处叙述审计员不得读到")
    clue_id = city.clue(instance)
    with city.database.unit_of_work() as session:
        number = session.get_one(Clue, clue_id).transfer_no
    visit("clerk").get(f"/clues/{clue_id}")
    visit("handler").get(f"/clues/{clue_id}")
    auditor = visit("auditor")
    page = auditor.get("/audit").get_data(as_text=True)
    assert number in page
    assert "未封存" in page
    Sealer(city.database).run()
    refused = auditor.get(f"/audit?number={number}&act=refusal").get_data(as_text=True)
    assert 'data-count="1"' in refused
    assert "查阅线索" in refused
    assert "已封存" in refused
    read = auditor.get(f"/audit?number={number}&act=clue.read&actor=clerk").get_data(as_text=True)
    assert 'data-count="1"' in read
    for word in ("此处叙述审计员不得读到",):
        assert word not in page + refused + read
    # Of matters, the log is case supervision's; the principal sees how often; nobody else anything.
    visit("clerk").get(f"/clues/{clue_id}")
    shown = visit("clerk").get(f"/clues/{clue_id}").get_data(as_text=True)
    assert "查阅记录" in shown
    assert "未封存" in shown
    assert "查阅记录" not in visit("principal").get(f"/clues/{clue_id}").get_data(as_text=True)
    assert "data-count" not in visit("principal").get("/audit").get_data(as_text=True)
    for login in ("admin", "clerk", "supervisor", "handler"):
        assert visit(login).get("/audit").status_code == 403
        assert visit(login).get("/audit/rows.csv").status_code == 403
    assert visit("principal").get("/audit/rows.csv").status_code == 403


def test_pages_of_the_log_meet_without_a_gap(city: City, visit: Callable[[str], Visitor]) -> None:
    with city.database.unit_of_work() as session:
        for _number in range(70):
            audit.record(session, actor="paging", act="note")
    auditor = visit("auditor")
    first = auditor.get("/audit?actor=paging").get_data(as_text=True)
    assert 'data-count="60"' in first
    before = first.partition("before=")[2].partition("&")[0].partition('"')[0]
    assert 'data-count="10"' in auditor.get(f"/audit?actor=paging&before={before}").get_data(as_text=True)
    for odd in ("before=x", "before=99999999999999999999", "since=never&until=9999-12-31", "number=无"):
        assert auditor.get(f"/audit?{odd}").status_code == 200


def test_an_exported_row_is_no_formula(city: City, visit: Callable[[str], Visitor]) -> None:
    with city.database.unit_of_work() as session:
        audit.record(session, actor="=1+1", act="=cmd|' /C calc'!A1", purpose="@SUM(1)")
    rows = visit("auditor").get("/audit/rows.csv?actor==1%2B1").get_data(as_text=True)
    assert "'=1+1,,'=cmd" in rows
    assert "'@SUM(1)" in rows
    assert "audit.export" not in rows


def test_what_was_found_when_it_was_verified_is_told(city: City, visit: Callable[[str], Visitor]) -> None:
    assert "尚未校验" in visit("auditor").get("/audit").get_data(as_text=True)
    for detail, words in (({"head": "3:x"}, "完整"), ({"fault": "changed", "position": 7}, "第7条处断链")):
        with city.database.unit_of_work() as session:
            audit.record(session, actor="command line", act="audit.verify", detail=detail)
        assert words in visit("auditor").get("/audit").get_data(as_text=True)


def test_a_finding_is_raised_answered_and_read_by_whom_it_is_about(
    city: City, visit: Callable[[str], Visitor]
) -> None:
    found = {"title": "深夜集中查阅", "rows": "12-19", "text": "某日二十三时查阅八件。"}
    auditor, head, principal = visit("auditor"), visit("head"), visit("principal")
    assert auditor.post("/audit/findings", **found).status_code == 422
    for title, answering in (("深夜集中查阅", "case_supervision_head"), ("案管室自查", "principal")):
        sent = found | {"title": title, "addressed_to": answering}
        assert auditor.post("/audit/findings", **sent).status_code == 303
    seen = {who: visit(who).get("/audit/findings").text for who in ("auditor", "head", "principal")}
    assert ["案管室自查" in page for page in seen.values()] == [True, False, True]
    assert all("深夜集中查阅" in page for page in seen.values())
    assert {visit(who).get("/audit/findings").status_code for who in ("clerk", "handler", "admin")} == {403}
    assert head.post("/audit/findings", **sent).status_code == 403
    with city.database.reading() as session:
        rows = {row.addressed_to: row.instance_id for row in session.scalars(select(AuditFinding))}
        instance = session.get_one(Instance, rows["case_supervision_head"])
        other = session.get_one(Instance, rows["principal"])
    assert head.get(f"/tasks/{city.task(other).id}").status_code == 404
    assert "某日二十三时查阅八件。" in head.get(f"/tasks/{city.task(instance).id}").text
    city.complete(city.task(instance), "head", text="已核对并整改。", sign=True)
    assert "已核对并整改。" in principal.get("/audit/findings").text
