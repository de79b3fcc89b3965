"""Consultation on what the meeting agreed to (征求意见, c13): a letter to the organisation department, one to each unit.

Each answers in a step of its own and is shown its letter, nothing else of the matter. What comes on paper is entered
by the review with the paper attached; that none came, once the limit (D89) is over.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import select

from handlers import codes, office
from handlers.cases import CasePerson
from handlers.cases.matter import case_of, day, living
from handlers.registers import ClueSubject, papers
from handlers.registers.numbers import next_number
from handlers.registers.papers import facts, kinds
from handlers.registers.record import Answers, clue_of, keep_files, note, sign, who
from handlers.sanctions.matter import (
    concerned,
    expulsion_put,
    name,
    open_persons,
    organisation_units,
    proposal,
    put_before,
)
from handlers.sanctions.model import Consultation, Proposal
from workflows.errors import EngineFault, refused
from workflows.forms import Option, Options
from workflows.model import Task
from workflows.operations import Context, operation

REVIEWER, ORGANISATION, UNIT = "reviewer", "organisation_department", "unit_head"
PAPER = "consultation_letter"


@operation("consultations.ask")
def ask(context: Context) -> dict[str, Any]:
    """Make the letters, after the meeting; return each by its number with the group that answers it."""
    case, session = case_of(context), context.session
    # Of the dead only the Party member who is to be expelled is sanctioned (政务处分法 27; 纪律处分条例 38).
    alive = {subject.id for subject in living(session, clue_of(context))}
    people = [
        person
        for person in open_persons(session, case)
        if person.subject_id in alive or expulsion_put(session, person)
    ]
    of_unit: dict[tuple[str | None, str], list[CasePerson]] = {}
    for person in people:
        subject = session.get_one(ClueSubject, person.subject_id)
        of_unit.setdefault((subject.unit_code, subject.unit), []).append(person)
    asked = [
        _letter(context, ORGANISATION, code, office.unit(session, code).name_zh, people)
        for code in (sorted(organisation_units(session)) if people else ())
    ]
    asked += [_letter(context, UNIT, code, unit, theirs) for (code, unit), theirs in of_unit.items()]
    note(context, clue_of(context), "sanction.asked", numbers=[one["number"] for one in asked])
    return {"letters": asked}


@operation("consultations.answers", use="options")
def possible(context: Context) -> Options:
    """Return what may be answered (`consultation_answers`): that nobody replied is for the review to say."""
    asked = _open(context).answered_by in (context.actor.groups if context.actor else ())
    words = {row["code"]: row for row in codes.rows("consultation_states")}
    given = ("agreed", "objected") if asked else ("agreed", "objected", "unanswered")
    return {"consultation_answers": [Option(key, words[key]["zh"], words[key]["en"]) for key in given]}


@operation("consultations.asked", use="prefill")
def asked(context: Context) -> dict[str, Any]:
    """Return what the letter says: the only thing of the matter that who answers is shown."""
    row = _open(context)
    return {"letter_no": row.number, "addressee": row.addressee, "matter": row.matter}


@operation("consultations.reply")
def reply(context: Context, *, answers: Answers) -> None:
    """Keep the reply of the one who was asked, or what the review enters for him; InvalidInput says what lacks."""
    row, said = _open(context), answers["opinion"]
    if row.answered_by in (context.actor.groups if context.actor else ()):
        row.replied_on = office.today()
    else:
        office.require(context.actor, {REVIEWER})
        _entered(context, row, answers)
    if said == "objected" and not (answers.get("reply") or "").strip():
        raise refused("reply", "required")
    row.state, row.reply = said, answers.get("reply") or ""
    row.recorded_by, row.recorded_at = who(context), context.now
    clue = clue_of(context)
    keep_files(context, clue, answers.get("files"), "consultation_reply", "files")
    note(context, clue, f"sanction.{said}", number=row.number)


@operation("consultations.replies", use="prefill")
def replies(context: Context) -> dict[str, Any]:
    """Return what came back, a line for each letter."""
    return {"replies": "\n".join(_line(row) for row in _of_meeting(context))}


@operation("consultations.sum_up")
def sum_up(context: Context, *, answers: Answers) -> None:
    """Sign what is made of the replies: an objection is considered, never passed over."""
    office.require(context.actor, {REVIEWER})
    clue, rows = clue_of(context), _of_meeting(context)
    if answers["consulted"] == "agreed" and any(row.state == "objected" for row in rows):
        raise refused("consulted", "consultation_objected")
    detail = {"letters": [row.number for row in rows]}
    sign(context, clue, "c13_consult", answers["consulted"], answers.get("considered") or "", detail)
    note(context, clue, "sanction.consulted", number=put_before(context).number)


def _letter(
    context: Context, side: str, code: str | None, addressee: str, people: Sequence[CasePerson]
) -> dict[str, str]:
    clue = clue_of(context)
    names = {context.session.get_one(ClueSubject, person.subject_id).name for person in people}
    # Whoever is himself decided on is not asked; then the review enters what the unit writes.
    heads = office.people_in(context.session, f"{side}@{code}") if code else []
    group = f"{side}@{code}" if {head.name for head in heads} - names else ""
    row = Consultation(
        number=next_number(context.session, "consultation", context.now),
        clue_id=clue.id,
        case_id=case_of(context).id,
        meeting_no=put_before(context).number or "",
        unit_code=code if group else None,
        answered_by=group,
        addressee=addressee,
        matter="\n".join(_intended(context, person) for person in people),
        state="asked",
        asked_at=context.now,
    )
    context.session.add(row)
    papers.issue(context, clue, PAPER, row.number)
    return {"number": row.number, "group": group or REVIEWER}


def _intended(context: Context, person: CasePerson) -> str:
    row = proposal(context.session, person.case_id, person.subject_id)
    if row is None:
        raise EngineFault("Nothing is proposed for this person.", element=context.element_id)
    known = concerned(context.session, person)
    dead = known is not None and known.died_on is not None
    who_is_it = name(context.session, person.subject_id) + ("（已死亡）" if dead else "")
    return f"{who_is_it}：{_words(row, dead=dead)}"


def _words(row: Proposal, *, dead: bool) -> str:
    given = (
        ("党纪处分", facts.word("party_sanctions", row.party)),
        ("政务处分", "" if dead else facts.word("administrative_sanctions", row.administrative)),
    )
    said = "，".join(f"{system}{word}" for system, word in given if word)
    return said or facts.word("case_outcomes", row.outcome)


def _entered(context: Context, row: Consultation, answers: Answers) -> None:
    """Judge what the review enters in the place of who was asked."""
    if answers["opinion"] == "unanswered":
        task = context.session.get(Task, context.task_id) if context.task_id else None
        if task is None or task.due_at is None or context.now < task.due_at:
            raise refused("opinion", "consultation_waits")
        return
    if not answers.get("files"):
        raise refused("files", "consultation_paper")
    row.replied_on, held_on = day(answers, "replied_on"), put_before(context).held_on
    if row.replied_on is None:
        raise refused("replied_on", "required")
    if row.replied_on < held_on:
        # They are asked about what the meeting agreed to, never before it.
        raise refused("replied_on", "earliest", earliest=held_on.isoformat())


def _line(row: Consultation) -> str:
    said = facts.word("consultation_states", row.state)
    return "　".join(filter(None, (row.number, row.addressee, said, facts.day(row.replied_on), row.reply)))


def _of_meeting(context: Context) -> Sequence[Consultation]:
    """Return the letters on what the last meeting agreed to."""
    rows = select(Consultation).where(
        Consultation.clue_id == clue_of(context).id, Consultation.meeting_no == put_before(context).number
    )
    return context.session.scalars(rows.order_by(Consultation.id)).all()


def _open(context: Context) -> Consultation:
    """Return the letter that a step is about, of its own matter."""
    number = (context.variables.get("letter") or {}).get("number")
    rows = select(Consultation).where(
        Consultation.number == number, Consultation.clue_id == clue_of(context).id
    )
    row = context.session.scalars(rows).first()
    if row is None or row.state != "asked":
        raise EngineFault("No letter of consultation waits for a reply here.", element=context.element_id)
    return row


def _said(on: facts.Subject) -> dict[str, Any]:
    row = on.session.scalars(select(Consultation).where(Consultation.number == on.number)).first()
    if row is None:
        return {}
    lines = row.matter.splitlines()
    return {"addressee": row.addressee, "matter": lines, "on": facts.day(row.asked_at)}


kinds.offer(PAPER, {**kinds.INWARD, "asked": _said})
