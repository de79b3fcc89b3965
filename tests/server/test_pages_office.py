"""Sealed items, quarterly results, extensions and what a matter is told: as a browser without script sees them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from handlers import announcing, office
from handlers.registers import DeadlineChange
from handlers.registers.diverted import DivertedItem
from handlers.registers.quarterly import QuarterlyList
from server import worker
from tests import cases, clues
from tests import pdf as reader
from tests.city import TRANSFER, City
from tests.server.visitors import Visitor
from workflows import clock, clocks, instances, jobs
from workflows.model import AuditEvent, Instance, InstanceState, Job, Task


@pytest.fixture
def visit(city: City) -> Callable[[str], Visitor]:
    """Return a function that signs somebody in."""
    return lambda login: Visitor(city, login)


def item(reason: str, **other: str) -> dict[str, str]:
    day = office.today().isoformat()
    return {
        "reason": reason,
        "items": "1",
        "received_on": day,
        "carrier": "intake",
        "to_body": "UP1",
        **other,
    }


def newest(city: City) -> DivertedItem:
    with city.database.reading() as session:
        return session.scalars(select(DivertedItem).order_by(DivertedItem.id.desc()).limit(1)).one()


def test_a_sealed_item_takes_no_word_and_the_principal_never_hears_of_his_own(
    city: City, visit: Callable[[str], Visitor]
) -> None:
    intake, principal = visit("intake"), visit("principal")
    page = intake.get("/sealed/new").text
    # The warning stands before the first field, and no field takes free text.
    assert page.index("不得录入") < page.index('<form method="post" enctype')
    assert "<textarea" not in page
    assert page.count('type="text"') == page.count('inputmode="numeric"') == 1
    assert 'type="file"' not in page
    narrative = "反映某某受贿的内容"
    sent = intake.post("/sealed/new", **item("T02", facts=narrative, note=narrative))
    about = newest(city)
    assert sent.location == f"/sealed/{about.number}/cover"
    assert intake.post("/sealed/new", **item("T01")).status_code == 303
    up = newest(city)
    assert intake.post("/sealed/new", **item("T02", carrier="principal")).status_code == 422
    with city.database.reading() as session:
        states = session.scalars(select(InstanceState.content)).all()
        details = session.scalars(select(AuditEvent.detail)).all()
        assert not any(narrative.encode() in state for state in states)
        assert narrative not in str(details)
    cover = intake.get(f"/sealed/{about.number}/cover.pdf")
    assert cover.mimetype == "application/pdf"
    said = "".join(reader.pages(cover.data))
    assert about.number in said
    assert "省纪委监委" in said
    assert [row.number in principal.get("/sealed").text for row in (up, about)] == [True, False]
    assert principal.get(f"/sealed/{up.number}/cover").status_code == 200
    with city.database.reading() as session:
        tasks = {
            row.number: session.scalars(
                select(Task.id)
                .join(Instance, Instance.id == Task.instance_id)
                .where(Instance.business_key == row.number)
            ).one()
            for row in (up, about)
        }
    for address in (
        f"/sealed/{about.number}/cover",
        f"/sealed/{about.number}/cover.pdf",
        f"/tasks/{tasks[about.number]}",
    ):
        assert principal.get(address).status_code == 404, address
    inbox = principal.get("/inbox?box=groups").text
    assert tasks[up.number] in inbox
    assert tasks[about.number] not in inbox
    assert visit("agency").get("/sealed").status_code == 403
    assert visit("handler").get(f"/sealed/{up.number}/cover").status_code == 403


def assigned(city: City) -> tuple[Instance, str]:
    """Return a matter that was assigned from above, received, with T08 running; and its clue."""
    instance = city.start(
        "clue_transfer", by="intake", answers={**TRANSFER, "source": "SR05", "assigned_by": "省纪委监委"}
    )
    city.complete(city.task(instance, "a3"), "clerk", **city.answers(city.task(instance, "a3")))
    worker.run_due(city.database)
    return instance, city.clue(instance)


def decided(city: City, clue_id: str, **answers: object) -> None:
    """Let the principal decide on the change that was asked for last, and everything follow."""
    with city.database.reading() as session:
        waiting = select(Task).where(Task.element_id == "e_approve", Task.closed_at.is_(None))
        task = session.scalars(waiting.where(Task.scope_id == f"clue:{clue_id}")).one()
    city.complete(task, "principal", **{"decision": "agree", "sign": True, **answers})
    worker.run_due(city.database)


def test_a_limit_is_extended_stands_and_runs_again_as_the_page_of_the_matter_shows(
    city: City, visit: Callable[[str], Visitor]
) -> None:
    _instance, clue_id = assigned(city)
    clerk, today = visit("clerk"), office.today()
    page = clerk.get(f"/clues/{clue_id}").text
    for words in ("延长期限", "中止计算", "省纪委监委", "期限起算"):
        assert words in page

    def ask(act: str, **given: str) -> Any:
        answers = {"rule": "T08", "act": act, "reason": "账目尚未调齐。", "sign": "true", **given}
        return clerk.post(f"/clues/{clue_id}/extension", **answers)

    wanted = {"n": "2", "extension_reason": "evidence_pending"}
    assert "最多还可延长" in ask("extend", **{**wanted, "n": "9"}).text, "what is left is said"
    assert ask("extend", n="2", extension_reason="special_circumstances").status_code == 422
    assert "没有中止可以恢复" in ask("resume", effective_on=today.isoformat(), document_no="1号").text
    assert ask("extend", **wanted).status_code == 303
    assert "尚未批复" in ask("extend", **wanted).text
    assert "账目尚未调齐" in visit("principal").get(f"/clues/{clue_id}").text
    decided(city, clue_id)
    with city.database.reading() as session:
        row = session.scalars(select(DeadlineChange).where(DeadlineChange.clue_id == clue_id)).one()
        task = session.scalars(select(Task).where(Task.element_id == "b_report")).one()
        assert (row.level, row.n, row.decided_by) == ("A4", 2, "principal")
        assert row.old_due_at is not None
        assert row.new_due_at == task.due_at
        assert row.new_due_at > row.old_due_at
    extended = clerk.get(f"/clues/{clue_id}").text
    assert "合计5 个月" in extended
    # A pause needs a document, a ground of the rule, and a day that is not to come.
    stands = {
        "pause_reason": "instructions_awaited",
        "effective_on": today.isoformat(),
        "document_no": "请示1号",
    }
    assert "文书文号" in ask("pause", **{**stands, "document_no": ""}).text
    for wrong in (
        {"effective_on": "2001-01-01"},
        {"effective_on": "2099-01-01"},
        {"pause_reason": "supplement_evidence"},
    ):
        assert ask("pause", **{**stands, **wrong}).status_code == 422
    assert ask("pause", **stands).status_code == 303
    decided(city, clue_id)
    paused = clerk.get(f"/clues/{clue_id}").text
    assert "中止期间没有到期日" in paused
    assert "请示1号" in paused
    with city.database.reading() as session:
        task = session.scalars(select(Task).where(Task.element_id == "b_report")).one()
        assert (task.due_at, task.paused_at is not None) == (None, True)
    assert "已中止" in clerk.get(f"/tasks/{task.id}").text
    assert "先申请恢复" in ask("pause", **stands).text
    early = (today - timedelta(days=1)).isoformat()
    assert "恢复早于中止" in ask("resume", effective_on=early, document_no="批复2号").text
    assert ask("resume", effective_on=today.isoformat(), document_no="批复2号").status_code == 303
    decided(city, clue_id)
    with city.database.reading() as session:
        task = session.scalars(select(Task).where(Task.element_id == "b_report")).one()
        assert task.due_at == row.new_due_at, "the same day: nothing is added"
    # A pause that nobody ends is over at the cap of the rule; who granted it and who asked for it are told.
    assert ask("pause", **{**stands, "document_no": "请示3号"}).status_code == 303
    decided(city, clue_id)
    with clock.held_at(clock.now() + timedelta(days=181)), city.database.unit_of_work() as session:
        mine = select(Job.id).where(Job.instance_id == task.instance_id, Job.kind == clocks.KIND)
        for job in session.scalars(mine.where(Job.status == "waiting").order_by(Job.due_at)).all():
            assert jobs.run(session, job), "that of the pause which was ended in time does nothing"
    assert "已达规定的中止上限" in clerk.get(f"/clues/{clue_id}").text
    for login in ("principal", "clerk"):
        assert "已达规定上限" in visit(login).get("/notifications").text
    # Neither where the rule allows it not, nor for who has nothing to do with the matter.
    assert clerk.get(f"/clues/{clue_id}/extension?rule=T05&act=pause").status_code == 404
    assert visit("handler3").get(f"/clues/{clue_id}/extension").status_code == 404


def test_a_matter_is_told_what_has_happened(city: City, visit: Callable[[str], Visitor]) -> None:
    _instance, clue_id = assigned(city)
    clerk = visit("clerk")
    # What happens is told from the page, and only what the matter listens for.
    told = clerk.post(f"/clues/{clue_id}/happenings", message="clue_withdrawn")
    assert told.location == f"/clues/{clue_id}"
    assert clerk.post(f"/clues/{clue_id}/happenings", message="clue_reopen").status_code == 409
    # A handler tells the case what happens in it, never the clue.
    assert visit("handler").post(f"/clues/{clue_id}/happenings", message="clue_withdrawn").status_code == 404
    assert "举报人撤回" in clerk.get(f"/clues/{clue_id}").text


def test_a_list_of_results_is_for_its_office_and_for_who_takes_it_in(
    city: City, visit: Callable[[str], Visitor]
) -> None:
    clerk = city.actor("clerk")
    with city.database.unit_of_work() as session:
        instances.start(session, key="quarterly_results", actor=clerk, answers={"year": 2025, "quarter": "4"})
    with city.database.reading() as session:
        numbers = {row.office_code: row.number for row in session.scalars(select(QuarterlyList))}
    assert {"JD1", "JD2"} <= numbers.keys()
    head, intake = visit("head"), visit("intake")
    assert numbers["JD1"] in head.get("/results").text
    assert visit("handler").get("/results").status_code == 403
    assert "第一监督检查室" in intake.get(f"/results/{numbers['JD1']}").text
    sheet = "".join(reader.pages(intake.get(f"/results/{numbers['JD2']}/sheet.pdf").data))
    assert "本季度无办结的检举控告" in sheet
    assert intake.get("/results/JD-1999-00001").status_code == 404


def test_a_report_on_announcements_is_for_who_decides_and_announces(
    city: City, visit: Callable[[str], Visitor]
) -> None:
    """Number and kind of a decision for all of them, the person for who sees the case."""
    with city.database.unit_of_work() as session:
        clue = clues.laid(session, way="DW2", number=91)
        cases.filed(session, clue, decided={"day": "2025-11-03", "party": "PD1", "announced": "2025-11-10"})
    with city.database.unit_of_work() as session:
        asked = {"year": 2025, "quarter": "4"}
        instances.start(session, key="announcement_report", actor=city.actor("reviewer"), answers=asked)
        row = session.scalars(select(announcing.AnnouncementReport)).one()
        # Not accepted for review: the reviewer has no part in that case.
        (line,) = announcing.content(session, row, city.actor("reviewer"))
        assert (line.sanctions, line.name, line.scope) == ("党内警告处分", "", "")
        number = row.number
    principal = visit("principal")
    assert number in principal.get("/announcements").text
    assert visit("handler").get("/announcements").status_code == 403
    page = principal.get(f"/announcements/{number}").text
    assert "党内警告处分" in page
    assert "陈某甲" in page
    assert "陈某甲" in "".join(reader.pages(principal.get(f"/announcements/{number}/sheet.pdf").data))
    assert principal.get("/announcements/XB-1999-00001").status_code == 404


def test_a_suspension_shows_begin_end_and_the_rule_that_it_lasts_by(
    city: City, visit: Callable[[str], Visitor]
) -> None:
    with city.database.unit_of_work() as session:
        clue = clues.laid(session, way="DW2", number=92)
        cases.filed(session, clue, suspended="2026-03-02")
        clue_id = clue.id
    page = visit("principal").get(f"/clues/{clue_id}").text
    for said in ("TZ-1", "2026-03-02", "2026-09-02", "停职检查中", "T38 《中国共产党组织处理规定（试行）》"):
        assert said in page
