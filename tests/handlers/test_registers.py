"""The register's own rules: numbers, two pairs of eyes, hand-overs, papers, and what never leaves it.

How a clue travels is told in `bpmn/clue_transfer/scenarios/`; here stands what holds whatever way it takes.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext
from datetime import date, datetime
from typing import Any

import pytest
from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import undefer

from handlers import office, uploads
from handlers.office import Membership, Unit
from handlers.registers import Clue, ClueHandler, Document, Handover, MatterEvent, Meeting, Opinion
from server import folders, worker
from server.db import Database
from tests.scenarios import story
from tests.scenarios.story import Story, Telling
from workflows import clock, instances, tasks
from workflows.actor import Actor
from workflows.errors import Conflict, DubanError, EngineFault, InvalidInput, NotAllowed
from workflows.model import Instance, Task, TaskCandidate

MORNING = datetime.fromisoformat("2026-03-02T09:00:00+08:00")
USUAL = story.usual(folders.BPMN / "clue_transfer" / "scenarios" / "answers.yaml")

#: The main line up to the study: who does which step.
TO_THE_STUDY = (
    ("clerk", "a3"),
    ("clerk", "a5"),
    ("clerk", "a7"),
    ("principal", "a7_approve"),
    ("head", "a8"),
    ("handler", "a8_sign"),
    ("handler2", "a8_sign"),
)
TO_THE_END = (
    *TO_THE_STUDY,
    ("handler", "a9"),
    ("head", "a10_a2"),
    ("leader", "a10_a3"),
    ("handler", "a12"),
    ("handler2", "a13"),
    ("agency", "a3_sign"),
)
#: All that the process may know of a clue that went the main line: identifiers, decisions, instants.
VARIABLES = {
    "assigned",
    "forwarded",
    "submitted_at",
    "tell",
    "approval",
    "category",
    "clue_id",
    "competence",
    "complete_a3",
    "concluded_at",
    "decision_a2",
    "decision_a3",
    "decision_a7",
    "distribute_from",
    "domain",
    "duplicate",
    "handlers",
    "major",
    "management",
    "named",
    "received_at",
    "recusal_a8",
    "registered_at",
    "sender",
    "study_from",
    "taken_a8",
    "to_office",
    "urgency",
    "way",
}


class Desk(Telling):
    """The office at work on a Monday morning: one act after the other, as stories tell them."""

    def start(self, actor: str = "agency", **answers: Any) -> str:
        """Start a transfer and return its number."""
        self.act({"start": {"actor": actor, "answers": answers}})
        return list(self.matters)[-1]

    def do(self, actor: str, task: str, /, matter: str | None = None, **answers: Any) -> None:
        """Claim and complete a step."""
        self.act({"actor": actor, "task": task, "answers": answers, "matter": matter})

    def go(self, steps: Sequence[tuple[str, str]]) -> None:
        """Do steps one after the other, with the usual answers."""
        for actor, task in steps:
            self.do(actor, task)

    def refused(self, kind: type[DubanError], actor: str, task: str, **answers: Any) -> Any:
        """Return why somebody may not complete a step; nobody has claimed it afterwards."""
        with pytest.raises(kind) as caught, self.database.unit_of_work() as session:
            self.attempt(session, {"actor": actor, "task": task, "answers": answers})
        return caught.value

    def clue(self, matter: str | None = None) -> Clue:
        """Return the register's entry of a matter, the newest unless named."""
        with self.database.reading() as session:
            wanted = matter or list(self.matters)[-1]
            return session.scalars(select(Clue).where(Clue.transfer_no == wanted)).one()

    def task(self, element: str) -> Task:
        """Return the one open task at a step."""
        with self.database.reading() as session:
            wanted = select(Task).where(Task.element_id == element, Task.closed_at.is_(None))
            return session.scalars(wanted).one()

    def known(self, actor: str, element: str) -> dict[str, Any]:
        """Return what the form of a step is filled with before somebody answers."""
        task = self.task(element)
        with self.database.reading() as session:
            _, found = tasks.form(session, task.id, actor=office.actor_for(session, actor))
        return found

    def rows(self, kind: type[Any]) -> list[Any]:
        """Return the rows of a register, in order."""
        with self.database.reading() as session:
            return list(session.scalars(select(kind).order_by(kind.id)))

    def also(self, login: str, role: str, unit: str) -> None:
        """Let somebody hold one more role."""
        with self.database.unit_of_work() as session:
            person = office.person(session, login)
            where = session.scalars(select(Unit).where(Unit.code == unit)).one()
            session.add(Membership(person_id=person.id, role=role, unit_id=where.id, since=date(2020, 1, 1)))


@pytest.fixture
def desk(house: Database) -> Iterator[Desk]:
    """Give the demo city's office on a Monday morning."""
    with clock.held_at(MORNING):
        yield Desk(house, Story("clue_transfer", MORNING, (), USUAL))


def together(acts: Sequence[Callable[[], Any]]) -> list[Any]:
    """Return what came of acts that were all begun at once: results and refusals."""

    def attempt(act: Callable[[], Any]) -> Any:
        try:
            return act()
        except DubanError as error:
            return error

    with ThreadPoolExecutor(len(acts)) as hands:
        return list(hands.map(attempt, acts))


# --- numbers


def test_transfers_that_come_at_once_get_different_numbers(desk: Desk) -> None:
    """Eight agencies that send at the same moment get eight numbers without a gap."""
    agencies = ["agency", *(f"agency{number}" for number in range(2, 9))]
    together([lambda who=who: desk.start(who) for who in agencies])
    assert sorted(desk.matters) == [f"YS-2026-{number:05d}" for number in range(1, 9)]


def test_clues_registered_at_once_get_different_numbers(desk: Desk) -> None:
    """A clue has one number, and no two have the same."""
    matters = [desk.start() for _ in range(6)]
    for matter in matters:
        desk.do("clerk", "a3", matter=matter)
    clerks = ("clerk", "clerk2") * 3
    done = together(
        [
            lambda who=who, matter=matter: desk.do(who, "a5", matter=matter)
            for who, matter in zip(clerks, matters, strict=True)
        ]
    )
    assert done == [None] * 6
    assert sorted(row.clue_no for row in desk.rows(Clue)) == [f"XS-2026-{n:05d}" for n in range(1, 7)]
    desk.check()


def test_one_clue_registered_by_two_at_once_has_one_number(desk: Desk) -> None:
    """Who comes second is told so, and no number is lost to him."""
    desk.start()
    desk.do("clerk", "a3")
    task = desk.task("a5")

    def register(login: str) -> None:
        with desk.database.unit_of_work() as session:
            actor = office.actor_for(session, login)
            tasks.complete(session, task.id, actor=actor, answers=USUAL["clue_register"])

    done = together([lambda who=who: register(who) for who in ("clerk", "clerk2")])
    (refusal,) = [error for error in done if error is not None]
    assert isinstance(refusal, Conflict)
    assert refusal.code == "closed"
    assert desk.clue().clue_no == "XS-2026-00001"


def test_a_number_is_never_given_again(desk: Desk) -> None:
    """Neither the number of a matter that was ended, nor last year's in the new year."""
    desk.start()
    desk.go((("clerk", "a3"), ("clerk", "a5")))
    with desk.database.unit_of_work() as session:
        head = office.actor_for(session, "head")
        instances.cancel(session, desk.matters["YS-2026-00001"], actor=head, reason="误录入。")
    desk.start()
    desk.go((("clerk", "a3"), ("clerk", "a5")))
    assert desk.clue().clue_no == "XS-2026-00002"
    with clock.held_at(MORNING.replace(year=2027, month=1)):
        desk.start()
        desk.go((("clerk", "a3"), ("clerk", "a5")))
    assert desk.clue().clue_no == "XS-2027-00001"


def test_what_is_refused_uses_no_number(desk: Desk) -> None:
    """A registration that names a clue which does not exist leaves nothing behind."""
    desk.start()
    desk.do("clerk", "a3")
    before = len(desk.rows(MatterEvent))
    wrong = desk.refused(InvalidInput, "clerk", "a5", related="XS-2025-00009")
    assert wrong.fields["related"].code == "clue_number"
    assert len(desk.rows(MatterEvent)) == before
    desk.do("clerk", "a5")
    assert desk.clue().clue_no == "XS-2026-00001"


# --- two pairs of eyes


def test_who_proposes_the_distribution_does_not_approve_it(desk: Desk) -> None:
    """Not even where he holds both roles."""
    desk.also("clerk", "principal", "JW")
    desk.start()
    desk.go((("clerk", "a3"), ("clerk", "a5"), ("clerk", "a7")))
    assert desk.refused(NotAllowed, "clerk", "a7_approve").params["rule"] == "proposer"
    desk.do("principal", "a7_approve")


def test_who_drafts_the_letter_does_not_approve_it(desk: Desk) -> None:
    """The head of the case-supervision office may draft, and then somebody else signs."""
    desk.also("head", "case_supervision", "AGS")
    desk.also("clerk2", "case_supervision_head", "AGS")
    desk.start()
    desk.do("clerk", "a3", competence="no", competent_body="示例市公安局")
    desk.do("head", "a4")
    assert desk.refused(NotAllowed, "head", "a4_approve").params["rule"] == "proposer"
    desk.do("clerk2", "a4_approve")


@pytest.mark.parametrize("approver", ["handler", "handler2"])
def test_no_handler_approves_the_disposal(desk: Desk, approver: str) -> None:
    """Neither who wrote the proposal nor who studied the clue with him."""
    desk.also(approver, "office_head", "JD1")
    desk.start()
    desk.go(TO_THE_STUDY)
    desk.do("handler", "a9")
    rule = {"handler": "proposer", "handler2": "proposing_team"}[approver]
    assert desk.refused(NotAllowed, approver, "a10_a2").params["rule"] == rule
    desk.do("head", "a10_a2")


def test_a_refusal_writes_nothing(desk: Desk) -> None:
    """What was begun before the rule spoke is gone with the transaction."""
    desk.also("handler", "office_head", "JD1")
    desk.start()
    desk.go(TO_THE_STUDY)
    desk.do("handler", "a9")
    before = [len(desk.rows(kind)) for kind in (Opinion, MatterEvent, Handover)]
    desk.refused(NotAllowed, "handler", "a10_a2")
    assert [len(desk.rows(kind)) for kind in (Opinion, MatterEvent, Handover)] == before


# --- handlers


@pytest.mark.parametrize(
    ("chosen", "code"),
    [
        (["handler"], "too_few"),
        (["handler", "handler3"], "option"),
        (["handler", "clerk"], "option"),
        (["handler", "head"], "own_handler"),
    ],
)
def test_two_handlers_of_the_office(desk: Desk, chosen: list[str], code: str) -> None:
    """At least two, of the office that has the clue, and not who assigns them."""
    desk.also("head", "handler", "JD1")
    desk.start()
    desk.go(TO_THE_STUDY[:4])
    assert desk.refused(InvalidInput, "head", "a8", handlers=chosen).fields["handlers"].code == code
    assert desk.rows(ClueHandler) == []


def test_a_group_of_another_role_is_no_handling_office(desk: Desk) -> None:
    """A clue goes only where a head could take it and two could handle it."""
    desk.start()
    desk.go(TO_THE_STUDY[:2])
    for code in ("XFS", "SLS", "AGS"):
        wrong = desk.refused(InvalidInput, "clerk", "a7", to_office=code)
        assert wrong.fields["to_office"].code == "no_handling_office"


def test_who_is_recused_is_out_for_good(desk: Desk) -> None:
    """He sees nothing more, is not assigned again, sits in no study, and is not offered as handler."""
    desk.start()
    desk.go(TO_THE_STUDY[:5])
    desk.do("handler2", "a8_sign", recusal="yes", grounds="witness")
    desk.do("handler", "a8_sign")
    wrong = desk.refused(InvalidInput, "head", "a8", handlers=["handler", "handler2"])
    assert wrong.fields["handlers"].code == "option"
    assert desk.known("head", "a8")["handlers"] == ["handler"]
    desk.do("head", "a8", handlers=["handler", "handler9"])
    desk.go((("handler", "a8_sign"), ("handler9", "a8_sign")))
    wrong = desk.refused(InvalidInput, "handler", "a9", present=["handler", "handler2"])
    assert wrong.fields["present"].code == "recused"
    (out,) = [row for row in desk.rows(ClueHandler) if row.login == "handler2"]
    assert out.recused
    assert out.grounds == "witness"
    assert out.ended_at


@pytest.mark.parametrize(
    ("answers", "field", "code"),
    [
        ({"present": ["handler"]}, "present", "too_few"),
        ({"present": ["handler2", "head"]}, "present", "recorder_absent"),
        ({"present": ["handler", "handler2"], "recused": ["handler2"]}, "recused", "recused_present"),
        ({"way": "JN", "join_to": "XS-2026-00001"}, "join_to", "clue_number"),
    ],
)
def test_a_study_is_held_by_those_who_may(desk: Desk, answers: dict[str, Any], field: str, code: str) -> None:
    """There is no single-signature path; whoever records was there."""
    desk.start()
    desk.go(TO_THE_STUDY)
    assert desk.refused(InvalidInput, "handler", "a9", **answers).fields[field].code == code
    assert desk.rows(Meeting) == []


# --- hand-overs


def test_every_hand_over_is_signed_by_two(desk: Desk) -> None:
    """From the agency to the handlers and back: who, when, and never the same person on both sides."""
    desk.start()
    desk.go(TO_THE_END)
    rows = desk.rows(Handover)
    assert [row.step for row in rows] == ["transfer", "receipt", "distribution", "assignment", "assignment"]
    for row in rows:
        assert row.signed_by_from_at
        assert row.signed_by_to_at
        assert row.from_login
        assert row.to_login
        assert row.from_login != row.to_login
    assert [(row.from_login, row.to_login) for row in rows[:3]] == [
        ("agency", "clerk"),
        ("clerk", "agency"),
        ("principal", "head"),
    ]


def test_nobody_signs_on_both_sides(desk: Desk) -> None:
    """Who entered a transfer for an agency leaves it to another one to receive it."""
    desk.start("clerk", agency="STJ", source="SR07")
    assert desk.refused(NotAllowed, "clerk", "a3").code == "both_sides"
    desk.do("clerk2", "a3")
    desk.do("agency", "a3_sign")


def test_an_agency_without_accounts_is_answered_for_by_who_entered_it(desk: Desk) -> None:
    """There is nobody to send the receipt to; it is signed by another than gave it."""
    with desk.database.unit_of_work() as session:
        for row in session.scalars(select(Membership).where(Membership.role == "agency_clerk")):
            row.until = date(2026, 1, 1)
    desk.start("clerk", agency="STJ", source="SR07")
    desk.do("clerk2", "a3")
    desk.do("clerk", "a3_sign")
    (_, receipt) = desk.rows(Handover)
    assert (receipt.from_login, receipt.to_login) == ("clerk2", "clerk")


# --- what stays out of the process, and what stays in the register


def test_names_and_narratives_never_reach_the_process(desk: Desk) -> None:
    """The variables of a clue are identifiers and decisions; nothing written in a form is among them."""
    desk.start()
    desk.go(TO_THE_END)
    with desk.database.reading() as session:
        instance = session.scalars(select(Instance)).one()
        assert instance.state == "completed"
        known = instances.variables(session, instance.id, office.actor_for(session, "clerk"))
    assert known.keys() == VARIABLES
    assert desk.narratives
    assert desk.leaks() == []


def test_no_decision_is_filled_in_from_the_one_before(desk: Desk) -> None:
    """Who approves sees an empty form, whatever was decided at the step before."""
    desk.start()
    desk.go(TO_THE_STUDY)
    desk.do("handler", "a9")
    for approver, step in (("head", "a10_a2"), ("leader", "a10_a3")):
        assert desk.known(approver, step) == {}
        desk.do(approver, step)


def test_what_is_corrected_stays_in_the_record(desk: Desk) -> None:
    """An agency that completes its transfer supersedes the facts, and the old ones are kept."""
    desk.start(facts="反映某科长有问题。")
    desk.do("clerk", "a3", complete="no", missing="请补充具体事实。")
    desk.do("agency", "a1_fix", facts="二〇二五年五月收受礼品。")
    assert desk.clue().facts == "二〇二五年五月收受礼品。"
    (kept,) = [row for row in desk.rows(Opinion) if row.step == "a1_fix"]
    assert kept.detail == {"facts": "反映某科长有问题。", "head_sign": "金局长"}


def test_a_message_brings_no_decisions(desk: Desk) -> None:
    """Who may say that a reporter withdrew may not thereby write what the process knows."""
    desk.start()
    desk.go(TO_THE_STUDY)
    with desk.database.unit_of_work() as session:
        clerk = office.actor_for(session, "clerk")
        with pytest.raises(NotAllowed):
            instances.message(session, "clue_withdrawn", actor=clerk, variables={"handlers": ["clerk"]})


# --- a clue in two parts, joined clues


def test_a_clue_is_split_once(desk: Desk) -> None:
    """A second click, a message from outside and the register itself make no third part."""
    number = desk.start(materials=["照片.jpg"])
    desk.do("clerk", "a3", competence="part")
    task, clerk = desk.task("a3_split"), Actor("clerk", frozenset({"case_supervision"}))
    (stranger,) = {"999"} - set(desk.known("clerk", "a3_split")["subjects_kept"])
    given: dict[str, Any] = {
        "other_goes": "here",
        "facts_kept": "一",
        "facts_other": "二",
        "subjects_kept": desk.known("clerk", "a3_split")["subjects_kept"],
        "subjects_other": [stranger],
        "files_other": desk.known("clerk", "a3_split")["files_other"],
        "reason": "两件事",
        "sign": True,
    }
    wrong = desk.refused(InvalidInput, "clerk", "a3_split", **given)
    assert set(wrong.fields) == {"subjects_other"}
    given["subjects_other"] = given["subjects_kept"]
    for again in (False, True):
        with (
            pytest.raises(Conflict) if again else nullcontext(),
            desk.database.unit_of_work() as session,
        ):
            tasks.complete(session, task.id, actor=clerk, answers=given)
    worker.run_due(desk.database)
    with pytest.raises(EngineFault), desk.database.unit_of_work() as session:
        instances.message(session, "clue_split_off", actor=clerk, business_key=number)
    with pytest.raises(IntegrityError), desk.database.unit_of_work() as session:
        session.execute(update(Clue).where(Clue.split_from.is_(None)).values(split_from=desk.clue(number).id))
    with desk.database.reading() as session:
        parts = session.scalars(select(Clue).order_by(Clue.transfer_no)).all()
        assert [(one.facts, one.split_from) for one in parts] == [("一", None), ("二", parts[0].id)]
        begun = session.scalars(select(Instance.scope_id).order_by(Instance.started_at)).all()
        assert begun == [one.scope_id for one in parts]


def test_a_chain_of_joined_clues_ends_at_the_first(desk: Desk) -> None:
    """The third that repeats the second repeats the first."""
    for _ in range(3):
        desk.start()
    desk.do("clerk", "a3", matter="YS-2026-00001")
    for matter, original in (("YS-2026-00002", "YS-2026-00001"), ("YS-2026-00003", "YS-2026-00002")):
        desk.do("clerk", "a3", matter=matter, duplicate="same", duplicate_of=original)
    assert desk.clue("YS-2026-00003").duplicate_of == desk.clue("YS-2026-00001").id
    (told,) = [row.params for row in desk.rows(MatterEvent) if row.code == "clue.joined"][1:]
    assert told == {"number": "YS-2026-00001"}


@pytest.mark.parametrize(
    ("original", "code"),
    [
        ("YS-2026-00001", "clue_not_here"),
        ("YS-2026-00002", "clue_number"),
        ("xs-2026-99999", "clue_number"),
    ],
)
def test_a_clue_is_joined_only_to_one_that_is_here(desk: Desk, original: str, code: str) -> None:
    """Not to one that nobody has received, not to itself, not to none."""
    desk.start()
    desk.start()
    wrong = desk.refused(InvalidInput, "clerk", "a3", duplicate="same", duplicate_of=original)
    assert wrong.fields["duplicate_of"].code == code


def test_two_clues_are_not_joined_to_each_other(desk: Desk) -> None:
    """A link that would lead back is refused."""
    first = desk.start()
    desk.go(TO_THE_STUDY)
    second = desk.start()
    desk.do("clerk", "a3", duplicate="same", duplicate_of=first)
    with pytest.raises(InvalidInput) as caught:
        desk.do("handler", "a9", matter=first, way="JN", join_to=second)
    assert caught.value.fields["join_to"].code == "clue_circle"


def test_a_clue_about_the_same_subject_is_pointed_out(desk: Desk) -> None:
    """Its number stands in the form; whether the one repeats the other is left to the clerk."""
    desk.start()
    assert desk.known("clerk", "a3") == {}
    desk.do("clerk", "a3")
    desk.start("agency2")
    assert desk.known("clerk", "a3") == {"duplicate_of": "HZ-2026-00001"}
    desk.do("clerk", "a3")
    assert desk.clue().duplicate_of is None


# --- what the office comes upon itself


@pytest.mark.parametrize(
    ("login", "source", "unit", "group"),
    [
        ("intake", "SR01", "XFS", "intake_clerk@XFS"),
        ("clerk", "SR10", "AGS", "case_supervision@AGS"),
    ],
)
def test_a_letter_or_an_own_finding_has_no_agency(
    desk: Desk, login: str, source: str, unit: str, group: str
) -> None:
    """The office that came upon it stands in the agency's place and signs for the receipt."""
    desk.start(login, source=source)
    assert (desk.clue().agency_code, desk.clue().source) == (unit, source)
    desk.do("clerk2", "a3")
    task = desk.task("a3_sign")
    with desk.database.reading() as session:
        offered = select(TaskCandidate.name).where(TaskCandidate.task_id == task.id)
        assert session.scalars(offered).all() == [group]


@pytest.mark.parametrize("source", [None, "SR09"])
def test_a_transfer_names_its_agency(desk: Desk, source: str | None) -> None:
    """What another body sends is of that body."""
    with pytest.raises(InvalidInput) as caught:
        desk.start("clerk", source=source)
    assert caught.value.fields["agency"].code == "required"


# --- papers


def test_documents_come_from_uploads_byte_for_byte(desk: Desk) -> None:
    """A file becomes a paper of the matter, of its secrecy, and is no upload any more."""
    desk.start(materials=["照片.jpg", "笔录.pdf"])
    papers = [row for row in desk.rows(Document) if row.number is None]
    assert {row.title for row in papers} == {"照片.jpg", "笔录.pdf"}
    for row in papers:
        content = f"文件：{row.title}".encode()
        assert (row.kind, row.secrecy, row.version, row.created_by) == ("material", "C", 1, "agency")
        assert (row.sha256, row.size) == (hashlib.sha256(content).hexdigest(), len(content))
    assert desk.rows(uploads.Upload) == []


def test_a_paper_of_the_same_name_is_a_new_version(desk: Desk) -> None:
    """Nothing is replaced."""
    desk.start(materials=["照片.jpg"])
    desk.do("clerk", "a3", complete="no", missing="请补充照片。")
    desk.do("agency", "a1_fix", materials=["照片.jpg"])
    assert sorted(row.version for row in desk.rows(Document) if row.number is None) == [1, 2]


def test_anothers_upload_is_no_answer(desk: Desk) -> None:
    """A reference is good for who sent the file; for anybody else there is no such file."""
    with desk.database.unit_of_work() as session:
        foreign = uploads.keep(session, login="agency2", filename="照片.jpg", content=b"x").id
    days = {"event_from": "2024-05-01", "event_to": "2025-09-30"}
    answers = {**USUAL["clue_submit"], **days, "materials": [foreign]}
    with desk.database.unit_of_work() as session:
        agency = office.actor_for(session, "agency")
        with pytest.raises(InvalidInput) as caught:
            instances.start(session, key="clue_transfer", actor=agency, answers=answers)
        session.rollback()
    assert caught.value.fields["materials"].code == "file"
    assert desk.rows(Clue) == []


# --- papers of the process


def made(desk: Desk, kind: str) -> list[Document]:
    wanted = select(Document).where(Document.kind == kind, Document.number.is_not(None))
    with desk.database.reading() as session:
        return list(session.scalars(wanted.order_by(Document.number, Document.version).options(undefer("*"))))


def words(row: Document) -> str:
    """Return everything that stands on a paper."""
    return row.content.decode()


def test_a_sheet_keeps_its_number_until_it_is_decided(desk: Desk) -> None:
    """Returned and proposed again, it is the next version; distributed anew, it is another sheet."""
    desk.start()
    desk.go((("clerk", "a3"), ("clerk", "a5"), ("clerk", "a7")))
    desk.do("principal", "a7_approve", decision="return", opinion="请说明理由。")
    desk.go((("clerk", "a7"), ("principal", "a7_approve")))
    desk.do("head", "a8", taken="no", reason="不属本室联系地区。", handlers=None)
    desk.do("clerk", "a7")
    sheets = {(row.number, row.version): words(row) for row in made(desk, "distribution_form")}
    first, second = "FB-2026-00001", "FB-2026-00002"
    assert sorted(sheets) == [(first, 1), (first, 2), (first, 3), (first, 4), (second, 1)]
    assert "请说明理由。" not in sheets[first, 1]
    assert "请说明理由。" in sheets[first, 2]
    # What was said of an earlier proposal is on the earlier version.
    assert "请说明理由。" not in sheets[first, 3]


def test_what_is_refused_takes_no_number_and_leaves_no_paper(desk: Desk) -> None:
    desk.start()
    desk.go((("clerk", "a3"), ("clerk", "a5"), ("clerk", "a7")))
    desk.refused(NotAllowed, "clerk", "a7_approve")
    with pytest.raises(DubanError):
        desk.do("principal", "a7_approve", decision="return", opinion=None)
    assert [row.version for row in made(desk, "distribution_form")] == [1]


def test_a_completed_transfer_is_a_new_version_of_its_form(desk: Desk) -> None:
    desk.start(facts="反映某科长有问题。")
    desk.do("clerk", "a3", complete="no", missing="请补充时间。")
    desk.do("agency", "a1_fix", facts="二〇二五年五月收受礼品。")
    first, second = sorted(made(desk, "transfer_form"), key=lambda row: row.version)
    assert first.number == second.number == "YS-2026-00001"
    assert "反映某科长有问题。" in words(first)
    assert "反映某科长有问题。" not in words(second)
    assert "二〇二五年五月收受礼品。" in words(second)


def test_a_letter_exists_once_it_is_approved(desk: Desk) -> None:
    desk.start()
    desk.do("clerk", "a3", competence="no", competent_body="示例市公安局")
    desk.do("clerk", "a4", letter_kind="transfer", to_body="示例市公安局", letter_text="依法移送。")
    assert made(desk, "transfer_letter") == []
    desk.do("head", "a4_approve")
    (letter,) = made(desk, "transfer_letter")
    assert (letter.number, letter.title) == ("YJ-2026-00001", "关于移送问题线索的函")
    assert "示例市公安局：" in words(letter)
    assert "依法移送。" in words(letter)


def test_papers_are_kept_as_they_were_made(desk: Desk) -> None:
    """Its secrecy is the clue's of that day, and its checksum that of what is kept."""
    desk.start()
    desk.do("clerk", "a3", secrecy="R")
    (form,), (receipt,) = made(desk, "transfer_form"), made(desk, "receipt")
    assert (form.secrecy, receipt.secrecy) == ("C", "R")
    assert "受限" in words(receipt)
    for row in (form, receipt):
        assert row.sha256 == hashlib.sha256(row.content).hexdigest()
        assert row.created_by in {"agency", "clerk"}
