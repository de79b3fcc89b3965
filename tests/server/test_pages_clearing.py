"""Clearing and tolerance at the pages: counters apart and small ones merged, filings of one's own unit, leaks found."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest
from sqlalchemy import select

from handlers import office
from handlers.cases import Concerned
from handlers.clearing import accusing, clarifying, counting, exonerating, filing
from handlers.clearing.model import Clarification, FilingFile, Tolerance, ToleranceFiling
from handlers.registers import Clue, ClueSubject
from handlers.vault import keys, reporters
from tests.city import City
from tests.clues import laid
from tests.server.visitors import Visitor
from workflows import clock
from workflows.errors import InvalidInput, NotFound
from workflows.operations import Context

TEXT = "经查，所反映的问题不属实。"


@pytest.fixture
def master(tmp_path: Path) -> Iterator[None]:
    """Give a master key, with which reporters are sealed."""
    keys.add(tmp_path / "master_key")
    keys.use(tmp_path / "master_key")
    yield
    keys.use(None)


@pytest.fixture
def clue(city: City) -> Clue:
    """Return a matter with one person cleared at a meeting, and exempted; and a unit's filing."""
    today = office.today()
    with city.database.unit_of_work() as session:
        found = laid(session, "DW2", found=("untrue",))
        person = session.scalars(select(ClueSubject).where(ClueSubject.clue_id == found.id)).one()
        of_him = {"clue_id": found.id, "subject_id": person.id}
        cleared = {
            "state": "planning",
            "methods": ["meeting", "written"],
            "text": TEXT,
            "clarified_on": today,
        }
        session.add(Clarification(number="CQ-2026-00001", instance_id="i1", **of_him, **cleared))
        told = {
            "raised_by": "self",
            "raised_on": today,
            "reason": "试点",
            "outcome": "exempt",
            "decided_on": today,
        }
        session.add(Tolerance(number="RC-2026-00001", instance_id="i2", **of_him, **told))
        for number, unit in (("RB-2026-00001", "STJ"), ("RB-2026-00002", "YJJ")):
            said = dict.fromkeys(filing.PARTS, f"{unit} 的试点")
            row = ToleranceFiling(number=number, instance_id=number, unit_code=unit, **said)
            row.filed_by, row.filed_at, row.received_at = "unit", clock.now(), clock.now()
            session.add(row)
            session.flush()
            file = {
                "title": "纪要.pdf",
                "media_type": "application/pdf",
                "sha256": "",
                "size": 1,
                "content": b"%",
            }
            session.add(FilingFile(id=f"f-{unit}", filing_id=row.id, **file))
        session.expunge_all()
        return session.get_one(Clue, found.id)


def test_counters_filings_and_what_is_refused_of_a_clearing(city: City, clue: Clue, master: None) -> None:
    leaders_read_three_counters_and_a_unit_its_own_filings(city, clue)
    a_text_that_names_the_reporter_does_not_pass_and_the_dead_are_not_asked(city, clue)


def leaders_read_three_counters_and_a_unit_its_own_filings(city: City, clue: Clue) -> None:
    year = office.today().year
    whole = date(year, 1, 1), date(year, 12, 31)
    with city.database.unit_of_work() as session:
        # What is not carried out yet counts nowhere.
        assert counting.between(session, *whole) == counting.Counts(filed=2, exempted=1, cleared=0)
        session.scalars(select(Clarification)).one().state = "carried_out"
        assert counting.between(session, *whole) == counting.Counts(filed=2, exempted=1, cleared=1)
    clerk, leader = (Visitor(city, login).get("/clearing").text for login in ("clerk", "leader"))
    assert ">2</td>" in clerk
    assert ">1–4</td>" in leader
    assert ">2</td>" not in leader
    assert "RB-2026-00001" in leader
    assert "RB-2026-00002" in leader
    assert Visitor(city, "leader").get("/clearing/filings/RB-2026-00001/files/f-STJ").data == b"%"
    assert Visitor(city, "leader").get("/clearing/filings/RB-2026-00001/files/f-YJJ").status_code == 404
    assert Visitor(city, "handler").get("/clearing").status_code == 403
    with city.database.reading() as session:
        unit = office.actor_for(session, "unit")
        assert [row.unit_code for row in filing.listed(session, unit)] == ["STJ"]
        with pytest.raises(NotFound):
            filing.found(session, unit, "RB-2026-00002")
    page = Visitor(city, "handler").get(f"/clues/{clue.id}").text
    assert TEXT in page
    assert "RC-2026-00001" in page


def a_text_that_names_the_reporter_does_not_pass_and_the_dead_are_not_asked(city: City, clue: Clue) -> None:
    with city.database.unit_of_work() as session:
        matter = session.get_one(Clue, clue.id)
        matter.named_report, matter.office_code, matter.submitted_by = True, None, "intake"
        intake = office.actor_for(session, "intake")
        reporters.write(session, intake, matter, {"name": "虚构举报人甲"})
        matter.office_code = "JD1"
        told = {"now": clock.now(), "definition_key": "exoneration", "scope_id": matter.scope_id}
        context = Context(session, intake, instance_id="i1", **told)
        row = exonerating.of_process(context)
        passed = {"review": "pass"}
        assert exonerating.review(context, answers=passed) == {"reviewed": "pass"}
        row.text = "虚构举报人甲所反映的问题不属实。"
        assert exonerating.text(context)["text"] == "〔举报人〕所反映的问题不属实。"
        with pytest.raises(InvalidInput) as refused:
            exonerating.review(context, answers=passed)
        assert refused.value.fields["review"].code == "names_reporter"
        session.add(Concerned(subject_id=row.subject_id, clue_id=matter.id, died_on=office.today()))
        session.flush()
        assert exonerating.applicant(context) == {"consent_by": "family"}
        asked = {"consent": "yes", "consent_by": "self", "consented_on": "2026-01-05", "public": "no"}
        with pytest.raises(InvalidInput) as refused:
            exonerating.consent(context, answers=asked)
        assert refused.value.fields["consent_by"].code == "clearing_dead"
        # A new report on the same facts is linked, by its number.
        other = laid(session, "DW2", number=2)
        visited = {
            "visited_on": "2026-01-05",
            "visited": "family",
            "removed": "yes",
            "result": "影响已消除。",
        }
        linked = clarifying.visit(context, answers=visited | {"new_report": other.clue_no})
        assert linked == {"visits": 1}
        assert accusing.is_competent(session)
