"""What those who may know of a matter, but not all of it, are shown: the intake clerk and the agency that sent it."""

from __future__ import annotations

import pytest

from tests.security.conftest import LINE, House, answers
from workflows.model import Instance

FACTS = "经群众来信反映的一段叙述"
#: Texts of the matter, and the people who handle it.
INNER = (FACTS, "反映科长接报不查", "按领域由该室承办", "张承办", "刘协办", "孙主任")


@pytest.fixture(scope="module")
def letter(house: House) -> Instance:
    """Return a matter that came by letter, under study; its receipt is never signed, its reporter not yet told."""
    given = {**answers("clue_submit"), "source": "SR01", "facts": FACTS, "named": "yes"}
    instance = house.city.start("clue_transfer", by="intake", answers=given)
    for login, element, form in LINE[:-1]:
        house.city.complete(house.task(instance, element, login), login, **answers(form))
    return instance


def test_an_unsigned_receipt_does_not_let_intake_read_on(house: House, letter: Instance) -> None:
    intake, program = house.visitor("intake"), house.program("intake")
    assert letter.scope_id
    page = intake.get(f"/clues/{letter.scope_id.removeprefix('clue:')}")
    assert page.status_code == 200
    assert "XS-" in page.text
    for element in ("a3_sign", "a5_tell"):
        opened = house.task(letter, element)
        own = intake.get(f"/tasks/{opened.id}")
        assert own.status_code == 200
        for text in (page.text, own.text, str(program.get(f"/task/{opened.id}"))):
            assert [word for word in INNER if word in text] == []
        program.get(f"/task/{opened.id}/variables", 404)
    assert intake.get(f"/instances/{letter.id}/tokens.json").status_code == 404
    program.get(f"/process-instance/{letter.id}/variables", 404)
    assert program.count("/history/activity-instance", processInstanceId=letter.id) == 0
    # Its own steps, and no other of the matter.
    assert {task["taskDefinitionKey"] for task in program.get("/task", processInstanceId=letter.id)} == {
        "a3_sign",
        "a5_tell",
    }
    assert intake.get(f"/tasks/{house.task(letter, 'a9').id}").status_code == 404


def test_an_agency_reads_what_it_sent_and_one_word(house: House) -> None:
    matter = house.matter("a9", facts=FACTS)
    agency, program = house.visitor("agency"), house.program("agency")
    opened = house.task(matter, "a3_sign")
    assert matter.scope_id
    assert agency.get(f"/clues/{matter.scope_id.removeprefix('clue:')}").status_code == 403
    page = agency.get(f"/tasks/{opened.id}")
    assert FACTS in page.text
    listed = agency.get("/transfers").text
    assert str(matter.business_key) in listed
    for text in (page.text, listed, str(program.get(f"/task/{opened.id}/form-variables"))):
        assert [word for word in INNER[1:] if word in text] == []
        assert "集体研究" not in text  # the stage is the office's
    program.get(f"/task/{opened.id}/variables", 404)
    program.get(f"/process-instance/{matter.id}", 404)
    assert program.count("/history/task", processInstanceId=matter.id) == 1
    assert [task["id"] for task in program.get("/task", processInstanceId=matter.id)] == [opened.id]


def test_an_agency_enters_nothing_that_is_the_offices(house: House) -> None:
    """Its own form leaves these out; the API has the whole form."""
    program = house.program("agency")
    for forged, field in (({"agency": "YJJ"}, "agency"), ({"source": "SR01"}, "source")):
        body = {
            "variables": {
                key: {"value": value} for key, value in {**answers("clue_submit"), **forged}.items()
            }
        }
        refused = program.post("/process-definition/key/clue_transfer/start", body, 400)
        assert refused["fields"][field]["code"] == "own_agency"
