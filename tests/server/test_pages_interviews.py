"""The register of talks and inquiries: four acts, each counted for itself, as far as the wall lets it be seen."""

from __future__ import annotations

import io
from datetime import timedelta

import openpyxl
import pytest
from sqlalchemy import select

from handlers.inquiries import FirstFormMeasure, Inquiry, Interview, InterviewPerson
from handlers.registers import Clue, ClueSubject
from tests import clues
from tests.city import City
from tests.server.visitors import Visitor
from workflows import clock

NAMES = ("谈某一", "谈某二", "函某", "诫某")


@pytest.fixture
def clue(city: City) -> Clue:
    """Return a clue with an inquiry of two persons and an admonition; beside it interviews of two offices."""
    with city.database.unit_of_work() as session:
        laid = clues.laid(session, "DW1", number=78, subjects=({"name": NAMES[2]}, {"name": NAMES[3]}))
        now = clock.now()
        ids = session.scalars(select(ClueSubject.id).where(ClueSubject.clue_id == laid.id)).all()
        session.add(
            Inquiry(
                number="HX-2026-90078",
                clue_id=laid.id,
                mode="talk",
                subjects=[str(one) for one in ids],
                interviewers=["handler", "handler2"],
                questions="",
                safety_plan="",
                state="running",
                planned_by="handler",
                planned_at=now,
            )
        )
        decided = {"measure": "FM11", "state": "in_effect", "decided_at": now + timedelta(hours=1)}
        session.add(FirstFormMeasure(number="XT-2026-90078", clue_id=laid.id, subject_id=ids[1], **decided))
        for number, kind, where in (("90001", "reminder", "JD1"), ("90002", "summons", "JD2")):
            row = Interview(
                number=f"YT-2026-{number}",
                kind=kind,
                unit_code="STJ",
                office_code=where,
                level=1,
                reason="",
                state="held",
                proposed_by="handler" if where == "JD1" else "handler3",
                proposed_at=now + timedelta(hours=2),
                interviewers=["handler3", "handler4"],
            )
            session.add(row)
            session.flush()
            session.add_all(
                InterviewPerson(interview_id=row.id, name=name, post="科长", rank="RK09")
                for name in NAMES[:2]
            )
    return laid


def test_four_acts_are_listed_and_counted_apart(city: City, clue: Clue) -> None:
    principal, handler, other, clerk, stranger = (
        Visitor(city, login) for login in ("principal", "handler", "handler3", "clerk", "intake")
    )
    page = principal.get("/interviews?number=-90").text
    for act, counted in (("谈话提醒", (1, 2)), ("约谈", (1, 2)), ("谈话函询", (1, 2)), ("诫勉", (1, 1))):
        cells = "".join(
            f'<td class="tight" data-label="{label}">{n}</td>'
            for label, n in zip(LABELS, counted, strict=True)
        )
        assert f"<td>{act}</td>{cells}" in page
    assert all(name in page for name in NAMES)
    assert page.index("YT-2026-90002") < page.index("XT-2026-90078") < page.index("HX-2026-90078")
    # Whose matter it is, who proposed it or holds it: the rest is not there, and not counted.
    page = handler.get("/interviews?number=-90").text
    assert "HX-2026-90078" in page
    assert "YT-2026-90001" in page
    assert "YT-2026-90002" not in page
    page = other.get("/interviews?number=-90").text
    assert "YT-2026-90002" in page
    assert "HX-2026-90078" not in page
    assert NAMES[2] not in page
    # Case supervision reads number, state and day.
    page = clerk.get("/interviews?number=-90").text
    assert "HX-2026-90078" in page
    assert not any(name in page for name in NAMES)
    assert stranger.get("/interviews").status_code == 403
    page = principal.get(
        "/interviews?act=admonition&number=-90&office=JD1&since=2026-01-01&until=2039-01-01"
    ).text
    assert "XT-2026-90078" in page
    assert "HX-2026-90078" not in page
    assert "没有可显示的谈话函询" in principal.get("/interviews?until=2001-01-01").text
    book = openpyxl.load_workbook(io.BytesIO(clerk.get("/interviews/rows.xlsx?number=-90").data))
    rows = [[cell.value for cell in row] for row in book.active.iter_rows(min_row=2)]
    assert {row[0] for row in rows} == {
        f"{p}-2026-{n}" for p, n in (("YT", "90001"), ("YT", "90002"), ("XT", "90078"), ("HX", "90078"))
    }
    assert not any(name in str(rows) for name in NAMES)


LABELS = ("次数", "人次")
