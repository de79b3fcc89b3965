"""The talk (b3t): by two, rights told and recusal asked, signed or refused; stopped for illness, refusal or danger."""

from __future__ import annotations

import re
from datetime import date
from typing import Any

from sqlalchemy import select

from handlers.cases import persons
from handlers.inquiries.model import Inquiry, Talk, TalkPerson
from handlers.inquiries.planning import current
from handlers.registers import Clue, papers
from handlers.registers.numbers import next_number
from handlers.registers.record import Answers, clue_of, keep_files, last_opinion, note, sign, who
from workflows.errors import refused
from workflows.operations import Context, operation

TIME = re.compile(r"([01]?[0-9]|2[0-3])[:：][0-5][0-9]")


@operation("inquiries.call_to_talk")
def call_to_talk(context: Context) -> dict[str, Any]:
    """Make the notice of the talk (约谈通知书)."""
    clue = clue_of(context)
    row = current(context, clue)
    papers.issue(context, clue, "talk_notice", row.number)
    note(context, clue, "inquiry.talk_called", number=row.number)
    return {}


@operation("inquiries.talk")
def talk(context: Context, *, answers: Answers) -> dict[str, Any]:
    """Record a talk as one of the two who held it; the rights must be told and recusal asked (监察法 44、67)."""
    return _talked(context, answers, delegated=False)


@operation("inquiries.delegated_talk")
def delegated_talk(context: Context, *, answers: Answers) -> dict[str, Any]:
    """Enter what came back from who was asked to hold the talk: its record, or that he keeps out of it."""
    clue = clue_of(context)
    row = current(context, clue)
    if answers["returned"] == "recused":
        sign(context, clue, "b3d", "recused", answers["reason"])
        note(context, clue, "inquiry.delegate_recused", number=row.number)
        return {"returned": "recused"}
    return {**_talked(context, answers, delegated=True), "returned": "record"}


@operation("inquiries.talk_signed")
def talk_signed(context: Context) -> dict[str, Any]:
    """Close the record of the talk: it is signed by both, who both stand on it."""
    clue = clue_of(context)
    wanted = select(Talk).where(Talk.number == context.variables["talk_no"], Talk.clue_id == clue.id)
    one = context.session.scalars(wanted).one()
    signed = last_opinion(context.session, clue, "talk_second")
    one.second_by = signed.login if signed else None
    papers.issue(context, clue, "talk_record", one.number)
    return {}


@operation("inquiries.stop")
def stop(context: Context, *, answers: Answers) -> dict[str, Any]:
    """Decide how the inquiry goes on after a talk was stopped: another talk, or the report."""
    clue = clue_of(context)
    sign(context, clue, "b3s", answers["next"], answers["safety"])
    note(context, clue, "inquiry.stop_decided", next=answers["next"])
    return {"after_stop": answers["next"]}


def _talked(context: Context, answers: Answers, *, delegated: bool) -> dict[str, Any]:
    clue = clue_of(context)
    row = current(context, clue)
    _check(answers)
    held_on = date.fromisoformat(answers["held_on"])
    one = Talk(
        number=next_number(context.session, "talk", context.now),
        clue_id=clue.id,
        inquiry_id=row.id,
        held_on=held_on,
        begun=answers["begun"].replace("：", ":"),
        ended=answers["ended"].replace("：", ":"),
        record=answers["record"],
        statement=answers["statement"],
        recusal_said=answers.get("recusal_said") or "",
        signed=answers["signed"] == "yes",
        refusal=answers.get("refusal") or "",
        stopped=answers.get("stopped") if answers.get("finished") == "no" else None,
        delegated=delegated,
        recorded_by=who(context),
        recorded_at=context.now,
    )
    context.session.add(one)
    context.session.flush()
    _asked(context, clue, row, one)
    keep_files(context, clue, answers.get("files"), "talk_record", "files")
    papers.issue(context, clue, "talk_record", one.number)
    code = "inquiry.talk_stopped" if one.stopped else "inquiry.talked"
    note(context, clue, code, number=one.number, day=answers["held_on"])
    # The day is over when the talk is: T13 counts from the day after.
    return {
        "talk_no": one.number,
        "talk": "stopped" if one.stopped else "held",
        "report_from": context.now.isoformat(),
    }


def _asked(context: Context, clue: Clue, row: Inquiry, one: Talk) -> None:
    """Note who was talked to, and that from now on he is one who was asked."""
    for person in persons.entered(context.session, clue):
        if str(person.subject_id) in row.talks_to:
            context.session.add(TalkPerson(talk_id=one.id, subject_id=person.subject_id))
            person.inquired_at = person.inquired_at or context.now


def _check(answers: Answers) -> None:
    """Refuse a record that leaves out what every talk must have, whatever the diagram's form asks."""
    for field in ("begun", "ended"):
        if not TIME.fullmatch(answers[field].strip()):
            raise refused(field, "time_of_day")
    for field in ("rights_told", "recusal_asked"):
        if answers.get(field) is not True:
            raise refused(field, "required")
    if answers["signed"] == "no" and not (answers.get("refusal") or "").strip():
        raise refused("refusal", "required")
