"""The case of a matter on its page, in the register of cases, and for whom it is closed."""

from __future__ import annotations

from datetime import date

import pytest
from sqlalchemy import select

from handlers import cases, links
from handlers.cases import Case, CaseLink, CasePerson, Concerned, Evidence, Measure
from handlers.office import Person
from handlers.registers import Clue, ClueSubject, Document, Opinion
from handlers.sanctions import Decision, Prosecution
from tests import clues
from tests.cases import filed
from tests.city import City
from tests.server.visitors import Visitor
from workflows import clock

SECRET = "虚构供述：收受茶叶一盒"


@pytest.fixture(scope="module")
def clue(city: City) -> Clue:
    """Return a clue with a filed case in which there is evidence, a report, and a detention."""
    with city.database.unit_of_work() as session:
        laid = clues.laid(session, "DW2", number=77)
        now = clock.now()
        subject = session.scalars(select(ClueSubject).where(ClueSubject.clue_id == laid.id)).one()
        session.add(Concerned(subject_id=subject.id, clue_id=laid.id, filed_at=now))
        filed = {"party_filed_on": date(2026, 3, 2), "party_authority": "示例市纪委"}
        case = Case(
            case_no="LA-2026-90077",
            clue_id=laid.id,
            case_type="CT1",
            stage="investigation",
            opened_at=now,
            **filed,
        )
        session.add(case)
        session.flush()
        session.add(CasePerson(case_id=case.id, subject_id=subject.id, person_no="LA-2026-90077-01"))
        by = {"recorded_by": "handler", "recorded_at": now}
        held = {"kind": "documentary", "title": SECRET, "source": "单位", "taken_on": date(2026, 3, 3)}
        session.add(Evidence(clue_id=laid.id, number=1, proves="接报", **held, **by))
        asked = {
            "asked_by": "handler",
            "asked_at": now,
            "state": "done",
            "from_on": date(2026, 3, 4),
            "done_on": date(2026, 3, 4),
        }
        session.add(
            Measure(
                clue_id=laid.id,
                kind="M18",
                stage="investigation",
                target="本人",
                reason="查",
                **asked,
            )
        )
        session.add(
            Opinion(
                clue_id=laid.id,
                step="c3",
                stage="verification",
                login="handler",
                decision="proposed",
                opinion=SECRET,
                signed_at=now,
            )
        )
        session.add(
            Document(
                clue_id=laid.id,
                kind="investigation_report",
                title=SECRET,
                media_type="text/plain",
                sha256="0",
                size=1,
                content=b"x",
                created_at=now,
                created_by="handler",
            )
        )
    return laid


def test_a_case_is_shown_to_who_sees_its_file_and_its_numbers_to_others(city: City, clue: Clue) -> None:
    handler, supervision, stranger = (Visitor(city, login) for login in ("handler", "clerk", "handler3"))
    page = handler.get(f"/clues/{clue.id}").text
    assert page.count(SECRET) >= 3
    assert "LA-2026-90077-01" in page
    assert "被审查调查人" in page
    assert "2026-06-04" in page, "three months of T19, to be read only"
    assert "LA-2026-90077" in handler.get("/cases").text
    page = supervision.get(f"/clues/{clue.id}").text
    assert "LA-2026-90077" in page, "case supervision reads number and dates"
    assert SECRET not in page
    assert "LA-2026-90077" in supervision.get("/cases").text
    assert stranger.get(f"/clues/{clue.id}").status_code == 404
    assert "LA-2026-90077" not in stranger.get("/cases").text
    with city.database.reading() as session:
        document = session.scalars(select(Document.id).where(Document.clue_id == clue.id)).one()
    assert handler.get(f"/clues/{clue.id}/documents/{document}").status_code == 200
    assert supervision.get(f"/clues/{clue.id}/documents/{document}").status_code == 404
    # It holds up clearances of the person until it is closed (政务处分法 52).
    with city.database.unit_of_work() as session:
        person = session.scalars(select(Person.id).order_by(Person.id).limit(1)).one()
        concerned = session.scalars(select(Concerned).where(Concerned.clue_id == clue.id)).one()
        assert not cases.blocked(session, person)
        concerned.person_id = person
        session.flush()
        assert cases.blocked(session, person)
        session.scalars(select(Case).where(Case.clue_id == clue.id)).one().closed_at = clock.now()
        session.flush()
        assert not cases.blocked(session, person)


def test_what_was_joined_is_shown_with_the_case_that_goes_on(city: City, clue: Clue) -> None:
    with city.database.unit_of_work() as session:
        target = clues.laid(session, "DW2", number=78, handlers=("handler3", "handler2"))
        case = filed(session, target, case_type="CT4", people=[{"died_on": date(2026, 3, 5)}])
        case.accepted_at = clock.now()
        person = session.scalars(select(CasePerson).where(CasePerson.case_id == case.id)).one()
        person.outcome = "dead"
        left = session.scalars(select(Case).where(Case.clue_id == clue.id)).one()
        by = {"clue_id": clue.id, "case_id": left.id, "state": "done", "asked_by": "handler"}
        link = CaseLink(
            kind="joined", to_clue_id=target.id, to_case_id=case.id, instance_id="", reason="同案人员", **by
        )
        link.asked_at = clock.now()
        session.add(link)
        links.link(session, clue.scope_id, target.scope_id)
        known = {"clue_id": target.id, "case_id": case.id, "subject_id": person.subject_id}
        said = {"facts": "", "recorded_by": "reviewer", "recorded_at": clock.now()}
        concluded = {
            "number": "SW-2026-00001",
            "outcome": "dead",
            "state": "made",
            "basis": "",
            "meeting_no": "",
        }
        session.add(Decision(**known, **said, **concluded, benefits="相应调整", gains="已追缴"))
        session.add(Prosecution(**known, **said, number="QS-2026-00001", charge="受贿罪"))
        target_id = target.id
    page = Visitor(city, "handler3").get(f"/clues/{target_id}").text
    for wanted in (SECRET, "LA-2026-90077", "并案", "SW-2026-00001", "相应调整", "已追缴", "QS-2026-00001"):
        assert wanted in page, wanted
    assert "LA-" in Visitor(city, "handler").get(f"/clues/{clue.id}").text, "the first names the other"
    form = Visitor(city, "handler3").get(f"/clues/{target_id}/happened/case_joinder")
    assert form.status_code == 200, "its handlers ask for a joinder on its page"
    assert "case_joinder" in page
