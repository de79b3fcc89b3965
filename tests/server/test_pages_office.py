"""Sealed items, quarterly results, extensions and what a matter is told: as a browser without script sees them."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from sqlalchemy import select

from handlers import office
from handlers.registers import Extension
from handlers.registers.diverted import DivertedItem
from handlers.registers.quarterly import QuarterlyList
from server import worker
from tests import pdf as reader
from tests.city import TRANSFER, City
from tests.server.visitors import Visitor
from workflows import instances
from workflows.model import AuditEvent, Instance, InstanceState, Task


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


def test_more_time_is_asked_for_and_a_matter_is_told_what_has_happened(
    city: City, visit: Callable[[str], Visitor]
) -> None:
    instance = city.start(
        "clue_transfer", by="intake", answers={**TRANSFER, "source": "SR05", "assigned_by": "省纪委监委"}
    )
    city.complete(city.task(instance, "a3"), "clerk", **city.answers(city.task(instance, "a3")))
    worker.run_due(city.database)
    clue_id = city.clue(instance)
    clerk = visit("clerk")
    page = clerk.get(f"/clues/{clue_id}").text
    assert "申请延长办理期限" in page
    assert "省纪委监委" in page
    wrong = clerk.post(f"/clues/{clue_id}/extension", months="9", reason="", sign="true")
    assert wrong.status_code == 422
    asked = clerk.post(f"/clues/{clue_id}/extension", months="2", reason="账目尚未调齐。", sign="true")
    assert asked.status_code == 303
    again = clerk.post(f"/clues/{clue_id}/extension", months="1", reason="再延。", sign="true")
    assert again.status_code == 422
    assert "尚未批复" in again.text
    with city.database.reading() as session:
        extension = session.scalars(select(Extension).where(Extension.clue_id == clue_id)).one()
        assert (extension.level, extension.months) == ("A4", 2)
    assert "账目尚未调齐" in clerk.get(f"/clues/{clue_id}").text
    assert visit("handler3").get(f"/clues/{clue_id}/extension").status_code == 404
    # What happens is told from the page, and only what the matter listens for.
    told = clerk.post(f"/clues/{clue_id}/happenings", message="clue_withdrawn")
    assert told.location == f"/clues/{clue_id}"
    assert clerk.post(f"/clues/{clue_id}/happenings", message="clue_reopen").status_code == 409
    assert visit("handler").post(f"/clues/{clue_id}/happenings", message="clue_withdrawn").status_code == 403
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
