"""Reporters on their page: recorded and read by the intake office, nobody else, and never found anywhere."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from handlers.registers import Clue
from handlers.vault import keys, reporters
from tests.city import TRANSFER, City
from tests.server.visitors import Visitor
from workflows import clock
from workflows.model import Task

WHO = {
    "name": "虚构举报人丙",
    "id_number": "320500198512310000",
    "phone": "0512-99990000",
    "note": "勿在单位联系",
}
#: What the others get for the page: whether there is a reporter is known to who may know of the matter.
OTHERS = {"clerk": 200, "principal": 200, "leader": 200, "head": 200, "handler": 404} | dict.fromkeys(
    ("admin", "supervisor", "auditor", "agency"), 403
)
INTAKE = {"source": "SR01", "named": "yes", "report_no": "信〔2026〕31号"}


@pytest.fixture
def master(city: City, tmp_path: Path) -> Iterator[Path]:
    """Give a file with one master key, which the city uses."""
    file = tmp_path / "master_key"
    keys.add(file)
    keys.use(file)
    yield file
    keys.use(None)


def reported(city: City, **other: str) -> str:
    """Return the id of a clue that the intake office has taken in by name."""
    return city.clue(city.start("clue_transfer", by="intake", answers={**TRANSFER, **INTAKE, **other}))


def test_a_reporter_is_recorded_read_and_never_seen_elsewhere(
    city: City, master: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    clue_id = reported(city)
    page, intake = f"/clues/{clue_id}/reporter", Visitor(city, "intake")
    assert "实名举报" in intake.get(page).text
    refused = intake.post(page, **{**WHO, "name": ""})
    assert refused.status_code == 422
    assert WHO["phone"] in refused.text
    assert intake.post(page, **WHO).status_code == 303
    assert all(text not in intake.get(page).text for text in WHO.values())
    assert intake.post(f"{page}/read", purpose="curious").status_code == 400
    shown = intake.post(f"{page}/read", purpose="tell")
    assert all(text in shown.text for text in WHO.values())
    assert shown.headers["Cache-Control"] == "no-store"
    for login, status in OTHERS.items():
        visitor = Visitor(city, login)
        got = [
            visitor.get(page),
            visitor.post(page, name="别人"),
            visitor.post(f"{page}/read", purpose="tell"),
        ]
        assert got[0].status_code == status, login
        assert {answer.status_code for answer in got[1:]} <= {403, 404}, login
        assert all(text not in answer.text for answer in got for text in WHO.values()), login
    # Its steps, drafts and papers, done by those who may not know.
    matter = city.instance(_number(city, clue_id))
    task = city.advance(matter, "a8")
    assert intake.post(page, **WHO).status_code == 403
    assert city.task(matter, task.element_id)
    kept = city_bytes(city)
    told = "".join(capfd.readouterr())
    for text in WHO.values():
        assert text.encode() not in kept
        assert text not in told


def test_without_a_master_key_the_page_says_what_to_do(city: City) -> None:
    page, intake = f"/clues/{reported(city)}/reporter", Visitor(city, "intake")
    assert "DUBAN_MASTER_KEY_FILE" in intake.get(page).text
    assert intake.post(page, **WHO).status_code == 409


def city_bytes(city: City) -> bytes:
    """Return the files of the database, what has yet to be folded into them included."""
    file = Path(city.database.engine.url.database or "")
    return b"".join(
        path.read_bytes() for path in file.parent.glob(f"{file.name}*") if not path.name.endswith(".lock")
    )


def _number(city: City, clue_id: str) -> str:
    with city.database.reading() as session:
        return session.get_one(Clue, clue_id).transfer_no


def test_two_leaders_open_a_reporter_for_a_while(city: City, master: Path) -> None:
    clue_id = reported(city)
    page, asking = f"/clues/{clue_id}/reporter", f"/clues/{clue_id}/unsealing"
    visitors = {
        login: Visitor(city, login)
        for login in ("intake", "handler", "handler2", "leader", "principal", "auditor")
    }
    visitors["intake"].post(page, **WHO)
    matter = city.instance(_number(city, clue_id))
    city.advance(matter, "a9")
    handler = visitors["handler"]
    for login, status in {
        "intake": 403,
        "leader": 403,
        "principal": 403,
        "auditor": 403,
        "handler3": 404,
    }.items():
        visitor = visitors.get(login) or Visitor(city, login)
        assert visitor.get(asking).status_code == status, login
        assert (
            visitor.post(asking, purpose="contact", reason="x", hours="1", sign="on").status_code == status
        ), login
    asked = {
        "purpose": "contact",
        "reason": "时间地点互相矛盾，只有举报人能够说明。",
        "hours": "1",
        "sign": "true",
    }
    assert handler.post(asking, **{**asked, "hours": "25"}).status_code == 422
    assert handler.post(asking, **asked).status_code == 303
    assert handler.post(f"{page}/read", purpose="contact").status_code in (400, 404)
    for login, element in (("leader", "u_leader"), ("principal", "u_principal")):
        with city.database.reading() as session:
            task = session.scalars(
                select(Task).where(Task.element_id == element, Task.closed_at.is_(None))
            ).one()
        shown = visitors[login].get(f"/tasks/{task.id}").text
        assert asked["reason"] in shown
        assert all(text not in shown for text in WHO.values())
        assert "QF-" in visitors["auditor"].get("/unsealings").text
        city.complete(task, login, decision="agree", sign=True)
    assert WHO["phone"] not in handler.get(page).text
    seen = handler.post(f"{page}/read")
    assert all(text in seen.text for text in WHO.values())
    for login in ("handler2", "leader", "principal"):
        assert visitors[login].post(f"{page}/read", purpose="contact").status_code == 404, login
    listed = visitors["auditor"].get("/unsealings").text
    assert ("联系举报人核实情况" in listed, "1 次" in listed) == (True, True)
    assert all(text not in listed for text in (*WHO.values(), asked["reason"]))
    number = "QF-" + listed.partition("QF-")[2][:10]
    for login in ("handler2", "auditor", "intake"):
        assert visitors[login].post(f"{asking}/withdraw", number=number).status_code in (403, 404), login
    with clock.held_at(clock.now() + timedelta(hours=1)):
        assert handler.post(f"{page}/read", purpose="contact").status_code == 404
    assert handler.post(f"{page}/read").status_code == 200
    assert visitors["principal"].post(f"{asking}/withdraw", number=number).status_code == 303
    assert handler.post(f"{page}/read", purpose="contact").status_code == 404
    for login in ("clerk", "admin", "supervisor", "handler"):
        assert Visitor(city, login).get("/unsealings").status_code == 403, login
    assert all(text.encode() not in city_bytes(city) for text in WHO.values())


def test_texts_that_name_the_reporter_are_found_and_masked(city: City, master: Path) -> None:
    told = f"举报人{WHO['name']}（电话 0512 9999-0000）称验收当日无人到场。"
    clue_id = reported(city, facts=told)
    page, intake = f"/clues/{clue_id}/reporter", Visitor(city, "intake")
    warned = intake.post(page, **WHO)
    proposed = "举报人〔举报人〕（电话 〔电话〕）称验收当日无人到场。"
    assert (warned.status_code, proposed in warned.text) == (200, True)
    assert Visitor(city, "clerk").post(f"{page}/mask").status_code == 403
    assert intake.post(f"{page}/mask").status_code == 303
    with city.database.reading() as session:
        clue = session.get_one(Clue, clue_id)
        assert clue.facts == proposed
        row = reporters.found(session, clue)
        assert row is not None
        assert (reporters.opened(row).before, row.version) == (f"facts: {told}", 2)
    assert intake.post(page, **WHO).status_code == 303
