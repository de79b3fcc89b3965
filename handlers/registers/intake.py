"""From the transfer form to the receipt: the steps before a clue has its number, or is sent back."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from handlers import office
from handlers.registers import arrival, assigned, papers, repeats, transferring
from handlers.registers.model import DUTY, Clue, ClueSubject, Meeting
from handlers.registers.numbers import next_number
from handlers.registers.record import (
    GONE,
    Answers,
    clue_by_number,
    clue_of,
    hand_over,
    hands_of,
    keep_files,
    last_opinion,
    move,
    not_the_proposer,
    note,
    original_of,
    parties,
    receive,
    relate,
    sign,
    who,
)
from workflows.errors import NotAllowed
from workflows.operations import Context, Recorded, operation

CASE_SUPERVISION_UNIT = "AGS"
AGENCY_SOURCE = "SR09"
#: Reports that the commission above forwards.
FORWARDED = "SR17"


@operation("clues.submit")
def submit(context: Context, *, answers: Answers) -> Recorded:
    """Open the entry of a transfer: it gets its number and goes to the case-supervision office (a1)."""
    who(context)
    assert context.actor is not None
    transferring.guard(context.actor, answers)
    clue = Clue(
        transfer_no=next_number(context.session, "transfer", context.now),
        instance_id=context.instance_id,
        source=answers.get("source") or AGENCY_SOURCE,
        agency_code=transferring.agency(context.actor, answers),
        legal_basis=answers["legal_basis"],
        domain=answers["domain"],
        facts=answers["facts"],
        event_from=_day(answers, "event_from"),
        event_to=_day(answers, "event_to"),
        amount=Decimal(str(answers["amount"])) if answers.get("amount") is not None else None,
        agency_conclusion=answers.get("agency_conclusion") or "",
        urgency=answers["urgency"],
        contact=answers["contact"],
        head_sign=answers["head_sign"],
        named_report=answers.get("named") == "yes",
        content_digest=repeats.digest((one["name"] for one in answers["subjects"]), answers["facts"]),
        repeat_report=answers.get("named") == "yes" and answers.get("repeat") == "yes",
        report_no=transferring.report_no(answers),
        submitted_by=who(context),
        submitted_at=context.now,
        stage="submitted",
    )
    context.session.add(clue)
    context.session.flush()
    context.session.add_all(_subject(context.session, clue, subject) for subject in answers["subjects"])
    if clue.source == assigned.SOURCE:
        assigned.take_in(context, clue, answers)
    keep_files(context, clue, answers.get("materials"), "material", "materials")
    hand_over(context, clue, "transfer", to_unit=CASE_SUPERVISION_UNIT)
    papers.issue(context, clue, "transfer_form", clue.transfer_no)
    note(context, clue, "clue.submitted", number=clue.transfer_no)
    return Recorded(
        variables=variables(context.session, clue, otherwise=who(context)),
        scope_id=clue.scope_id,
        business_key=clue.transfer_no,
    )


def variables(session: Session, clue: Clue, *, otherwise: str) -> dict[str, Any]:
    """Return what the process knows of a clue from its beginning; `otherwise` signs where the unit has nobody."""
    return {
        "clue_id": clue.id,
        "sender": _sender(session, clue.agency_code, otherwise),
        "urgency": clue.urgency,
        "named": "yes" if clue.named_report else "no",
        "tell": "yes" if clue.named_report and not clue.repeat_report else "no",
        "assigned": "yes" if clue.source == assigned.SOURCE else "no",
        "forwarded": "yes" if clue.source == FORWARDED else "no",
        "submitted_at": clue.submitted_at.isoformat(),
        "domain": clue.domain,
    }


@operation("clues.receive")
def receive_transfer(context: Context, *, answers: Answers) -> dict[str, Any]:
    """Check completeness, competence and duplicates; a complete transfer gets its receipt number (a3)."""
    clue = clue_of(context)
    receive(context, clue, "transfer")
    if answers["complete"] == "no":
        sign(context, clue, "a3", "return", answers["missing"])
        hand_over(context, clue, "return", to_unit=clue.agency_code)
        move(context, clue, "incomplete")
        return {"complete_a3": "no"}
    clue.received_by, clue.received_at = who(context), context.now
    clue.receipt_no = clue.receipt_no or next_number(context.session, "receipt", context.now)
    clue.secrecy = answers.get("secrecy") or clue.secrecy
    clue.competence = answers["competence"]
    clue.competent_body = answers.get("competent_body")
    if answers["duplicate"] == "same":
        clue.duplicate_of = original_of(context.session, answers["duplicate_of"], "duplicate_of", clue).id
    elif answers["duplicate"] == "new":
        relate(context, clue, clue_by_number(context.session, answers["duplicate_of"], "duplicate_of", clue))
    papers.issue(context, clue, "receipt", clue.receipt_no)
    hand_over(context, clue, "receipt", to_unit=clue.agency_code)
    stage = "returning" if clue.competence == "no" and answers["duplicate"] != "same" else "received"
    move(context, clue, stage, receipt=clue.receipt_no)
    return {
        "complete_a3": "yes",
        "competence": clue.competence,
        "duplicate": answers["duplicate"],
        "received_at": arrival.counted_from(context.session, clue, context.now).isoformat(),
    }


@operation("clues.likely_original", use="prefill")
def likely_original(context: Context) -> dict[str, Any]:
    """Return the number of the newest clue here about the same subject; people say whether it repeats it."""
    clue = clue_of(context)
    names = select(ClueSubject.name).where(ClueSubject.clue_id == clue.id, ClueSubject.kind != DUTY)
    # Who has the work as his duty is not what a clue is about.
    same = select(ClueSubject.clue_id).where(
        ClueSubject.name.in_(names), ClueSubject.clue_id != clue.id, ClueSubject.kind != DUTY
    )
    here = select(Clue).where(Clue.id.in_(same), Clue.receipt_no.is_not(None), Clue.stage.not_in(GONE))
    found = context.session.scalars(here.order_by(Clue.submitted_at.desc(), Clue.id).limit(1)).first()
    return {"duplicate_of": found.clue_no or found.receipt_no} if found else {}


@operation("clues.competent_body", use="prefill")
def competent_body(context: Context) -> dict[str, Any]:
    """Return what the check of the transfer says of competence, for who decides on it."""
    clue = clue_of(context)
    return {"accepted": "no" if clue.competence == "no" else "yes", "to_body": clue.competent_body}


@operation("clues.accept_forwarded")
def accept_forwarded(context: Context, *, answers: Answers) -> dict[str, Any]:
    """Accept what was forwarded from above, or redirect it to the competent body (T03, 检举控告规则 16)."""
    clue = clue_of(context)
    if not parties(context).isdisjoint(hands_of(context, clue.received_by, "a3")):
        raise NotAllowed("Who checked the transfer may not decide on it.", code="proposer")
    accepted = answers["accepted"] == "yes"
    sign(context, clue, "a3_accept", "accepted" if accepted else "redirected", answers.get("opinion") or "")
    if not accepted:
        clue.competence, clue.competent_body = "no", answers["to_body"]
    elif clue.competence == "no":
        clue.competence, clue.competent_body = "yes", None
    note(context, clue, "clue.accepted" if accepted else "clue.redirected")
    clue.stage = "received" if accepted else "returning"
    return {"competence": clue.competence}


@operation("clues.complete_transfer")
def complete_transfer(context: Context, *, answers: Answers) -> None:
    """Take in what the agency adds to an incomplete transfer (a1 again); what it supersedes stays."""
    clue = clue_of(context)
    receive(context, clue, "return")
    changed = answers.get("facts") not in (None, clue.facts)
    superseded = {"facts": clue.facts, "head_sign": clue.head_sign} if changed else None
    sign(context, clue, "a1_fix", "completed", answers["added"], superseded)
    clue.facts = answers.get("facts") or clue.facts
    names = select(ClueSubject.name).where(ClueSubject.clue_id == clue.id)
    clue.content_digest = repeats.digest(context.session.scalars(names), clue.facts)
    clue.head_sign = answers["head_sign"]
    keep_files(context, clue, answers.get("materials"), "material", "materials")
    papers.issue(context, clue, "transfer_form", clue.transfer_no)
    hand_over(context, clue, "transfer", to_unit=CASE_SUPERVISION_UNIT)
    move(context, clue, "submitted", number=clue.transfer_no)


@operation("clues.facts", use="prefill")
def facts(context: Context) -> dict[str, Any]:
    """Return what the register knows already, for a form that lets it be corrected."""
    clue = clue_of(context)
    return {"facts": clue.facts, "head_sign": clue.head_sign}


@operation("clues.sign_receipt")
def sign_receipt(context: Context, *, answers: Answers) -> None:
    """Let the agency countersign the receipt: both sides have signed then."""
    clue = clue_of(context)
    receive(context, clue, "receipt")
    sign(context, clue, "a3_sign", "signed", answers.get("remark") or "", {"signed_by": answers["sign_name"]})
    if clue.receipt_no:
        papers.issue(context, clue, "receipt", clue.receipt_no)
    note(context, clue, "clue.receipt_signed", receipt=clue.receipt_no)


@operation("clues.draft_letter")
def draft_letter(context: Context, *, answers: Answers) -> None:
    """Draft the letter by which a clue of another body's competence is handed on or returned (a4, T04)."""
    clue = clue_of(context)
    if answers["letter_kind"] == "transfer":
        clue.competent_body = answers["to_body"]
    detail = {"kind": answers["letter_kind"], "to": answers["to_body"]}
    sign(context, clue, "a4", "proposed", answers["letter_text"], detail)
    keep_files(context, clue, answers.get("attachments"), "transfer_letter", "attachments")
    note(context, clue, "clue.letter_drafted")


@operation("clues.last_letter", use="prefill")
def last_letter(context: Context) -> dict[str, Any]:
    """Return the letter as drafted before, for who has to change it."""
    clue = clue_of(context)
    drafted = last_opinion(context.session, clue, "a4")
    if drafted is None or drafted.detail is None:
        return {"to_body": clue.competent_body}
    return {
        "letter_kind": drafted.detail["kind"],
        "to_body": drafted.detail["to"],
        "letter_text": drafted.opinion,
    }


@operation("clues.approve_letter")
def approve_letter(context: Context, *, answers: Answers) -> dict[str, Any]:
    """Approve the letter or give it back."""
    clue = clue_of(context)
    not_the_proposer(context, clue, "a4")
    sign(context, clue, "a4_approve", answers["decision"], answers.get("opinion") or "")
    if answers["decision"] == "agree":
        hand_over(context, clue, "letter", to_unit=clue.agency_code)
        number = next_number(context.session, "letter", context.now)
        papers.issue(context, clue, "transfer_letter", number)
        note(context, clue, "clue.letter_sent", number=number)
    return {"decision_letter": answers["decision"]}


@operation("clues.sign_letter")
def sign_letter(context: Context, *, answers: Answers) -> dict[str, Any]:
    """Let the agency sign for the letter, or object to it."""
    clue = clue_of(context)
    receive(context, clue, "letter")
    objects = answers["objection"] == "yes"
    sign(context, clue, "a4_sign", "objected" if objects else "signed", answers.get("objection_text") or "")
    if clue.competence == "no":
        move(context, clue, "joint" if objects else "returned")
    else:
        note(context, clue, "clue.letter_objected" if objects else "clue.letter_signed")
    return {"objection_a4": answers["objection"]}


@operation("clues.hold_joint_meeting")
def hold_joint_meeting(context: Context, *, answers: Answers) -> dict[str, Any]:
    """Record the joint meeting on competence; what it takes back is ours from now on."""
    clue = clue_of(context)
    context.session.add(
        Meeting(
            clue_id=clue.id,
            step="a4_meet",
            body=answers["body"],
            held_on=date.fromisoformat(answers["held_on"]),
            present=_lines(answers["present"]),
            recused=_lines(answers.get("recused") or ""),
            opinions=_lines(answers["opinions"]),
            resolution=answers["resolution"],
            recorded_by=who(context),
            recorded_at=context.now,
        )
    )
    keep_files(context, clue, answers.get("minutes"), "minutes", "minutes")
    note(context, clue, "clue.joint_resolved", result=answers["joint_result"])
    if clue.competence == "no":
        taken = answers["joint_result"] == "take"
        move(context, clue, "received" if taken else "returned", receipt=clue.receipt_no)
    if answers["joint_result"] == "take":
        clue.competence, clue.competent_body = "yes", None
    return {"joint_result": answers["joint_result"]}


def _sender(session: Session, unit: str, otherwise: str) -> str:
    """Return who answers for the transfer: the clerks of the unit, else who entered it on its behalf."""
    clerks = (f"{role}@{unit}" for role in ("agency_clerk", *sorted(transferring.RECEIVERS)))
    return next((group for group in clerks if office.people_in(session, group)), otherwise)


def _subject(session: Session, clue: Clue, given: Answers) -> ClueSubject:
    unit = office.named(session, given["unit"].strip()) if given.get("unit") else None
    return ClueSubject(
        clue_id=clue.id,
        kind=given["kind"],
        name=given["name"],
        unit=given.get("unit") or "",
        post=given.get("post") or "",
        rank=given.get("rank"),
        political_status=given.get("political_status"),
        unit_code=unit.code if unit else None,
    )


def _day(answers: Answers, key: str) -> date | None:
    return date.fromisoformat(answers[key]) if answers.get(key) else None


def _lines(text: str) -> list[str]:
    return [line.strip() for line in text.splitlines() if line.strip()]
