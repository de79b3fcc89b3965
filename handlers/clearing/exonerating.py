"""Clearing of a name (澄清正名), up to its approval: assessed, agreed to, planned, looked through (domain §3e e1–e4)."""

from __future__ import annotations

from datetime import date
from typing import Any

from sqlalchemy import select

from handlers import codes
from handlers.cases import Concerned
from handlers.clearing import eligibility
from handlers.clearing.beginning import named, of_clue, team
from handlers.clearing.model import Clarification
from handlers.registers import Clue, ClueSubject
from handlers.registers.numbers import next_number
from handlers.registers.record import Answers, clue_of, keep_files, note, who
from handlers.vault import masking, reporters
from workflows import audit
from workflows.errors import EngineFault, refused
from workflows.operations import Context, Recorded, operation

#: After which nothing more comes: somebody may be assessed anew.
OVER = ("refused", "silent", "not_approved", "closed")


@operation("clearing.apply")
def apply(context: Context, *, answers: Answers) -> Recorded:
    """Take in an application of the person, the family, the unit or the office itself."""
    clue = named(context, answers["number"])
    row = _open(context, clue, _waiting(context, clue)[0])
    row.applicant, row.applied_on = answers["applicant"], date.fromisoformat(answers["applied_on"])
    row.reason = answers["reason"]
    return Recorded(variables={}, scope_id=clue.scope_id, business_key=clue.transfer_no)


@operation("clearing.begin")
def begin(context: Context) -> dict[str, Any]:
    """Find whom it is about and who clears: who verified it does (S26). Each person has a clearing of his own."""
    clue = clue_of(context)
    row = _found(context)
    others: list[ClueSubject] = []
    if row is None:
        first, *others = _waiting(context, clue)
        row = _open(context, clue, first)
        others = [one for one in others if eligibility.against(context.session, one.id) is None]
    note(context, clue, "clarification.begun", number=row.number)
    return {**team(context.session, clue), "more": "yes" if others else "no"}


@operation("clearing.assessed", use="prefill")
def assessed(context: Context) -> dict[str, Any]:
    """Return whom it is about, and what was found of each allegation against him."""
    row = of_process(context)
    found = eligibility.findings(context.session, row.subject_id)
    lines = [f"{number}. {codes.word('findings', finding, 'zh')}" for number, finding in found.items()]
    return {"subject": str(row.subject_id), "findings": "\n".join(lines) or "（登记簿中没有查核结论）"}


@operation("clearing.assess")
def assess(context: Context, *, answers: Answers) -> dict[str, Any]:
    """Say whether somebody is eligible; refused where the register's findings do not bear it."""
    row = of_process(context)
    row.subject_id = int(answers["subject"])
    row.harm, row.rumour = list(answers["harm"]), answers["rumour"]
    if _being_cleared(context, row):
        raise refused("subject", "clearing_known")
    if answers["proposal"] == "clear":
        if barred := eligibility.against(context.session, row.subject_id):
            raise refused("proposal", f"clearing_{barred}")
        return {"eligible": "yes"}
    row.refusal = answers["refusal"]
    _to(context, row, "refused", reason=row.refusal)
    return {"eligible": "no"}


@operation("clearing.other_clues", use="prefill")
def other_clues(context: Context) -> dict[str, Any]:
    """Return the open clues about the same person, for case supervision."""
    subject = context.session.get_one(ClueSubject, of_process(context).subject_id)
    return {"known": "、".join(eligibility.others_open(context.session, subject)) or "（无）"}


@operation("clearing.check_others")
def check_others(context: Context, *, answers: Answers) -> dict[str, Any]:
    """Put the clearing off while another matter of the same person is open; a namesake is said to be one."""
    row = of_process(context)
    subject = context.session.get_one(ClueSubject, row.subject_id)
    known = eligibility.others_open(context.session, subject)
    if answers["other_open"] == "no" and known and not (answers.get("remark") or "").strip():
        raise refused("remark", "others_open", numbers="、".join(known))
    if answers["other_open"] == "yes":
        _to(context, row, "postponed")
    return {"others": answers["other_open"]}


@operation("clearing.applicant", use="prefill")
def applicant(context: Context) -> dict[str, Any]:
    """Return who has to be asked: the person, or the family where he is dead."""
    row = of_process(context)
    return {"consent_by": "family" if _is_dead(context, row) else _speaks_for(context, row)}


@operation("clearing.consent")
def consent(context: Context, *, answers: Answers) -> dict[str, Any]:
    """Keep whether and how the person wants to be cleared; without consent it is filed, and nothing else is done."""
    clue, row = clue_of(context), of_process(context)
    row.consent_by, row.consented_on = answers["consent_by"], date.fromisoformat(answers["consented_on"])
    row.wishes = answers.get("wishes") or ""
    if row.consent_by == "self" and _is_dead(context, row):
        raise refused("consent_by", "clearing_dead")
    keep_files(context, clue, answers.get("consent_file"), "other", "consent_file")
    if answers["consent"] == "no":
        _to(context, row, "silent")
        return {"consent": "no"}
    row.consents_public = answers["public"] == "yes"
    row.state = "planning"
    return {"consent": "yes"}


@operation("clearing.planned", use="prefill")
def planned(context: Context) -> dict[str, Any]:
    """Return the plan as it was made before, for who has to change it."""
    row = of_process(context)
    known = {"methods": row.methods, "text": row.text, "audience": row.audience, "place": row.place}
    return {name: value for name, value in known.items() if value}


@operation("clearing.plan")
def plan(context: Context, *, answers: Answers) -> dict[str, Any]:
    """Plan the manner: face to face, at a meeting, by circular only beside a letter; in public only with consent."""
    row, chosen = of_process(context), set(answers["methods"])
    if "written" not in chosen:
        raise refused("methods", "written_too")
    public = bool(chosen & _methods("public"))
    if public and not row.consents_public:
        raise refused("methods", "no_public_consent")
    row.methods, row.text = sorted(chosen), answers["text"]
    row.audience, row.place = answers["audience"], answers.get("place") or ""
    return {
        "about": "public_clarification" if public else "clarification",
        "face": "yes" if chosen & _methods("face") else "no",
    }


@operation("clearing.text", use="prefill")
def text(context: Context) -> dict[str, Any]:
    """Return the text for who keeps the reporters: what names one is masked where it stands."""
    row = of_process(context)
    return {"text": _masked(context, row.text), "audience": _masked(context, row.audience)}


@operation("clearing.review")
def review(context: Context, *, answers: Answers) -> dict[str, Any]:
    """Pass the text, or send it back; one that bears a mark of the sealed record does not pass."""
    clue, row = clue_of(context), of_process(context)
    named = [
        name for name in ("text", "audience") if _masked(context, getattr(row, name)) != getattr(row, name)
    ]
    audit.record(
        context.session,
        actor=context.actor,
        act="vault.leak",
        scope_id=clue.scope_id,
        field_group="reporter",
        detail={"number": row.number, "found": bool(named)},
    )
    if answers["review"] == "pass" and named:
        raise refused("review", "names_reporter")
    if answers["review"] == "return":
        note(context, clue, "clarification.returned", number=row.number)
    row.state = "approving" if answers["review"] == "pass" else "planning"
    return {"reviewed": answers["review"]}


@operation("clearing.decide")
def decide(context: Context) -> dict[str, Any]:
    """Record what was decided on the plan; T39 runs from here."""
    row, decision = of_process(context), context.variables["decision"]
    states = {"agree": "approved", "refuse": "not_approved", "return": "planning"}
    _to(context, row, states[decision])
    return {"approved_at": context.now.isoformat()}


def of_process(context: Context) -> Clarification:
    """Return the clearing of the process, which no variable can change."""
    row = _found(context)
    if row is None:
        raise EngineFault("The process clears nobody.", element=context.element_id)
    return row


def _found(context: Context) -> Clarification | None:
    return context.session.scalar(
        select(Clarification).where(Clarification.instance_id == context.instance_id)
    )


def _open(context: Context, clue: Clue, subject: ClueSubject) -> Clarification:
    row = Clarification(
        number=next_number(context.session, "clarification", context.now),
        clue_id=clue.id,
        subject_id=subject.id,
        instance_id=context.instance_id,
        state="assessing",
    )
    context.session.add(row)
    context.session.flush()
    return row


def _waiting(context: Context, clue: Clue) -> list[ClueSubject]:
    """Return whom it may be about: who was not assessed yet, else everybody once more."""
    everybody = of_clue(context.session, clue)
    if not everybody:
        raise refused("number", "clearing_nobody")
    known = select(Clarification.subject_id).where(Clarification.clue_id == clue.id)
    assessed = set(context.session.scalars(known))
    return [one for one in everybody if one.id not in assessed] or everybody


def _being_cleared(context: Context, row: Clarification) -> bool:
    same = select(Clarification.id).where(
        Clarification.subject_id == row.subject_id,
        Clarification.id != row.id,
        Clarification.state.not_in(OVER),
    )
    with context.session.no_autoflush:
        return context.session.scalar(same.limit(1)) is not None


def _to(context: Context, row: Clarification, state: str, **params: Any) -> None:
    row.state = state
    note(context, clue_of(context), f"clarification.{state}", number=row.number, **params)


def _is_dead(context: Context, row: Clarification) -> bool:
    concerned = context.session.get(Concerned, row.subject_id)
    return concerned is not None and concerned.died_on is not None


def _speaks_for(context: Context, row: Clarification) -> str:
    subject = context.session.get_one(ClueSubject, row.subject_id)
    return "unit" if subject.kind == "org" else "self"


def _methods(mark: str) -> set[str]:
    return {line["code"] for line in codes.rows("clarification_methods") if line[mark] == "true"}


def _masked(context: Context, text: str) -> str:
    """Return the text without what names the reporter; the same where no reporter is sealed."""
    who(context)
    row = reporters.found(context.session, clue_of(context))
    return masking.masked(text, reporters.opened(row)) if row else text
