"""The letters of inquiry (b3l, 函询): each person's own, served, answered with the opinion of his unit's head.

Whose letter a step is about, the diagram says by `subject_id`. Each is asked again once.
"""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from handlers.cases import persons
from handlers.cases.matter import concerned_of
from handlers.inquiries.model import Inquiry, Letter
from handlers.inquiries.planning import current, is_unheaded, questions
from handlers.registers import Clue, ClueSubject, papers
from handlers.registers.numbers import next_number
from handlers.registers.record import Answers, clue_of, keep_files, note, sign, who
from workflows import clock
from workflows.errors import EngineFault, refused
from workflows.operations import Context, operation

#: A letter is sent again once.
TURNS = 2


@operation("letters.issue")
def issue(context: Context) -> dict[str, Any]:
    """Make the letter to the person, and say who answers: the head of his unit, unless the letter asks himself."""
    clue = clue_of(context)
    row = current(context, clue)
    subject = context.session.get_one(ClueSubject, concerned_of(context).subject_id)
    turn = _turns(context, row, subject) + 1
    if turn > TURNS:
        raise EngineFault("A letter of inquiry is sent twice at most.", element=context.element_id)
    # Nobody whom the matter is about answers in it for others.
    names = context.session.scalars(select(ClueSubject.name).where(ClueSubject.clue_id == clue.id))
    unheaded = is_unheaded(context.session, set(names), subject.unit_code)
    one = Letter(
        number=next_number(context.session, "inquiry_letter", context.now),
        clue_id=clue.id,
        inquiry_id=row.id,
        subject_id=subject.id,
        unit_code=None if unheaded else subject.unit_code,
        turn=turn,
        state="issued",
        issued_at=context.now,
    )
    context.session.add(one)
    papers.issue(context, clue, "inquiry_letter", one.number)
    note(context, clue, "letter.issued", number=one.number, turn=turn)
    return {
        "letter_no": one.number,
        "turn": turn,
        # Where no head of a unit may answer, the head of the handling office enters what came on paper.
        "replier": f"unit_head@{one.unit_code}" if one.unit_code else f"office_head@{clue.office_code}",
    }


@operation("letters.served")
def served(context: Context) -> dict[str, Any]:
    """Note that the letter was served: the person is one who was asked, and his T12 runs `answer_from`."""
    clue = clue_of(context)
    one = _letter(context, clue)
    one.state, one.served_on = "served", date.fromisoformat(str(context.variables["served_on"]))
    for person in persons.entered(context.session, clue):
        if person.subject_id == one.subject_id:
            person.inquired_at = person.inquired_at or context.now
    # A clock is known by rule and beginning: what is served on one day begins a second apart, and ends on one day.
    row = context.session.get_one(Inquiry, one.inquiry_id)
    place = timedelta(seconds=row.subjects.index(str(one.subject_id)))
    begun = datetime.combine(one.served_on, time(), clock.office_zone()) + place
    return {"answer_from": begun.isoformat()}


@operation("letters.asked", use="prefill")
def asked(context: Context) -> dict[str, Any]:
    """Return whom the letter asks what: the only thing of the matter that who answers is shown."""
    one = _letter(context, clue_of(context))
    row = context.session.get_one(Inquiry, one.inquiry_id)
    return {
        "letter_no": one.number,
        "person": context.session.get_one(ClueSubject, one.subject_id).name,
        "questions": questions(row, one.subject_id),
    }


@operation("letters.reply")
def reply(context: Context, *, answers: Answers) -> dict[str, Any]:
    """Keep the reply with the signed opinion of the unit's head: without it there is none."""
    clue = clue_of(context)
    one = _letter(context, clue)
    _answered(context, clue, one, answers)
    note(context, clue, "letter.replied", number=one.number)
    return {"reply": "came"}


@operation("letters.answer", use="prefill")
def answer(context: Context) -> dict[str, Any]:
    """Return what came back, for who judges it."""
    one = _letter(context, clue_of(context))
    return {"letter_no": one.number, "reply": one.reply or None, "unit_opinion": one.unit_opinion or None}


@operation("letters.check")
def check(context: Context, *, answers: Answers) -> dict[str, Any]:
    """Judge the reply, or that none came: enough for the report, or asked again, once (G-b1)."""
    clue = clue_of(context)
    one = _letter(context, clue)
    complete, again = answers["reply_state"] == "complete", answers.get("next") == "again"
    if complete and not one.replied_at:
        raise refused("reply_state", "not_replied")
    if again and complete:
        raise refused("next", "reply_complete")
    if again and one.turn >= TURNS:
        raise refused("next", "inquired_twice")
    one.state = answers["reply_state"]
    sign(context, clue, "b3c", one.state, answers["assessment"], {"letter": one.number})
    note(context, clue, f"letter.{one.state}", number=one.number)
    return {
        "ask_again": "yes" if again else "no",
        # Diagrams that send one letter count the report from here, others from `letters.settled`.
        "report_from": (one.replied_at or context.now).isoformat(),
    }


@operation("letters.settled")
def settled(context: Context) -> dict[str, Any]:
    """Say from when the report is due, all letters being settled: the last reply, or now where one never came (T13)."""
    row = current(context, clue_of(context))
    replies = [one.replied_at for one in last_letters(context.session, row)]
    came = [at for at in replies if at is not None]
    return {"report_from": (max(came) if came and len(came) == len(replies) else context.now).isoformat()}


def last_letters(session: Session, row: Inquiry) -> list[Letter]:
    """Return the last letter of an inquiry to each person."""
    rows = select(Letter).where(Letter.inquiry_id == row.id).order_by(Letter.id)
    return list({one.subject_id: one for one in session.scalars(rows)}.values())


def _letter(context: Context, clue: Clue) -> Letter:
    """Return the letter that was sent last to whom the step is about."""
    wanted = Letter.clue_id == clue.id, Letter.subject_id == context.variables.get("subject_id")
    found = context.session.scalars(select(Letter).where(*wanted).order_by(Letter.id.desc()).limit(1)).first()
    if found is None:
        raise EngineFault("No letter of inquiry was issued.", element=context.element_id)
    return found


def _answered(context: Context, clue: Clue, one: Letter, answers: Answers) -> None:
    if not (answers.get("unit_opinion") or "").strip():
        raise refused("unit_opinion", "required")
    one.reply, one.unit_opinion = answers["reply"], answers["unit_opinion"]
    one.replied_by, one.replied_at, one.state = who(context), context.now, "replied"
    keep_files(context, clue, answers.get("proof"), "inquiry_reply", "proof")


def _turns(context: Context, row: Inquiry, subject: ClueSubject) -> int:
    sent = Letter.inquiry_id == row.id, Letter.subject_id == subject.id
    return context.session.scalar(select(func.count()).select_from(Letter).where(*sent)) or 0
