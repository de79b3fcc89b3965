"""What those who may know of a matter, but not all of it, are shown: the intake clerk and the agency that sent it."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from handlers.registers import ClueSubject
from server import auth, worker
from server.db import Database
from tests.scenarios import story
from tests.security.conftest import LINE, House, Visitor, answers
from workflows import clock, clocks
from workflows.model import Instance, Task

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


#: Two who are asked by letter, of two units, and what each of them alone is asked.
ASKED = {"unit": ("丁某函", "STJ", "是否收受该厂礼品？"), "unit2": ("戊某函", "YJJ", "是否替该厂说情？")}


def test_the_head_of_a_unit_sees_the_letter_to_his_own_person_only(house: House) -> None:
    """Neither whom else it asks, nor what, nor that there is another letter."""
    instance = _lettered(house.city.database)
    assert instance.scope_id
    with house.city.database.reading() as session:
        found = [one.tasks for one in clocks.running(session, instance.scope_id) if one.rule.id == "T12"]
    assert [len(steps) for steps in found] == [1, 1], "served on one day, and each a clock of his own"
    page = house.visitor("handler").get(_clue(instance)).text
    assert [name for name, _, _ in ASKED.values() if f"回复函询并签署意见 · {name} · " not in page] == []
    for login, (name, _, question) in ASKED.items():
        other, _, others_question = ASKED[next(one for one in ASKED if one != login)]
        with house.city.database.unit_of_work() as session:
            auth.create(session, login, login, trusted=True)
        head, program = Visitor(house.base, login), house.program(login)
        mine, strange = (_reply(house, instance, one) for one in (name, other))
        # Whom the letter asks, and not that he is one of several.
        inbox, page = head.get("/inbox?box=groups").text, head.get(f"/tasks/{mine.id}").text
        for text in (inbox, page):
            assert f"· {name}" in text
        assert question in page
        shown = [
            inbox,
            page,
            head.get("/deadlines").text,
            str(program.get(f"/task/{mine.id}/form-variables")),
        ]
        assert [text for text in shown if other in text or others_question in text] == []
        assert [task["id"] for task in program.get("/task", processInstanceId=instance.id)] == [mine.id]
        assert program.count("/history/task", processInstanceId=instance.id) == 1
        assert program.count("/history/activity-instance", processInstanceId=instance.id) == 0
        for path in (f"/task/{strange.id}", f"/process-instance/{instance.id}/variables"):
            program.get(path, 404)
        for address in (f"/tasks/{strange.id}", f"/instances/{instance.id}/tokens.json", _clue(instance)):
            assert head.get(address).status_code in (403, 404), address


def _lettered(database: Database) -> Instance:
    """Return an inquiry that has served a letter on each of the two."""
    telling = story.Telling(
        database, story.Story("inquiry", clock.now(), (), story.usually(story.folders.BPMN))
    )
    people = tuple({"name": name, "unit_code": unit} for name, unit, _ in ASKED.values())
    telling.act({"laid": {"way": "DW1", "subjects": people}})
    with database.reading() as session:
        of = select(ClueSubject.id, ClueSubject.name).where(
            ClueSubject.name.in_([one["name"] for one in people])
        )
        ids = {name: str(one) for one, name in session.execute(of)}
    letters = [{"subject": ids[name], "questions": question} for name, _, question in ASKED.values()]
    telling.act(
        {"actor": "handler", "task": "b1", "answers": {"mode": "letter", "place": None, "letters": letters}}
    )
    for actor, step in (("head", "approve_a2"), ("leader", "approve_a3"), *[("handler", "deliver")] * 2):
        telling.act({"actor": actor, "task": step})
        worker.run_due(database)
    with database.reading() as session:
        return session.get_one(Instance, next(iter(telling.matters.values())))


def _reply(house: House, instance: Instance, name: str) -> Task:
    """Return the step in which somebody's letter is answered."""
    with house.city.database.reading() as session:
        subject = session.scalars(select(ClueSubject.id).where(ClueSubject.name == name)).one()
        wanted = Task.instance_id == instance.id, Task.element_id == "b3r", Task.subject == str(subject)
        return session.scalars(select(Task).where(*wanted)).one()


def _clue(instance: Instance) -> str:
    assert instance.scope_id
    return f"/clues/{instance.scope_id.removeprefix('clue:')}"
