"""Filing (立案): report, decision with the dates of both authorities, announcement by two (domain §3c c4–c5)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from handlers import codes
from handlers.cases import allegations, matter, persons, verifying
from handlers.cases.matter import case_of, day, everybody
from handlers.cases.model import Case, CasePerson, Concerned
from handlers.registers import Clue, ClueSubject, approvals, papers
from handlers.registers.numbers import next_number
from handlers.registers.record import Answers, clue_of, last_opinion, note, sign
from workflows import clock
from workflows.errors import EngineFault, refused
from workflows.operations import Context, operation

REPORT, ANNOUNCED = "c4", "c5"
#: Which of the two filings a case type needs (`codes/case_types.csv`; 监督执纪工作规则 38: the two stay distinct).
PARTY = frozenset({"CT1", "CT3", "CT4"})
SUPERVISORY = frozenset({"CT2", "CT3", "CT4"})
CRIME, ON_JUDGMENT = "CT4", "CT5"
#: Of `codes/political_statuses.csv`.
PARTY_MEMBER = "party"
#: What a form may say of each person, and the column that keeps it.
SAID = ("party_member", "party_post", "public_official", "congress_post", "village_cadre")


@operation("filings.propose")
def propose(context: Context, *, answers: Answers) -> dict[str, Any]:
    """Sign the filing report (立案呈批报告): the case type, the facts, and what each person is.

    `simplified`: `yes` where the transfer to review is asked for with it (监察法实施条例 182).
    """
    clue, case_type, rows = clue_of(context), answers["case_type"], answers["persons"]
    everybody(context, (row["subject"] for row in rows), "persons")
    _fits(case_type, rows)
    judgment = verifying.judgment_of(context.session, clue)
    if (case_type == ON_JUDGMENT) != (judgment is not None):
        raise refused("case_type", "on_judgment" if judgment else "no_judgment")
    simple = bool(answers.get("simple"))
    if simple:
        _must_be_simple(context, clue, case_type, judgment)
    for row in rows:
        _describe(context, row)
    sign(
        context,
        clue,
        REPORT,
        "proposed",
        answers["facts"],
        {"case_type": case_type, "basis": answers["basis"], "simple": simple},
    )
    context.session.flush()
    papers.issue(context, clue, "filing_report", next_number(context.session, "filing", context.now))
    note(context, clue, "filing.proposed", case_type=case_type)
    return {"case_type": case_type, "simplified": "yes" if simple else "no"}


@operation("filings.decide")
def decide(context: Context, *, answers: Answers) -> dict[str, Any]:
    """Open the case with its number and the date and authority of each filing that its type needs.

    InvalidInput names the date or authority that is missing, or lies before the approval.
    """
    clue = clue_of(context)
    report = last_opinion(context.session, clue, REPORT)
    if report is None or report.detail is None:
        raise EngineFault("Nobody has proposed a filing.", element=context.element_id)
    approvals.demand(context, "filing", "a4", report.signed_at)
    case = Case(
        case_no=next_number(context.session, "case", context.now),
        clue_id=clue.id,
        case_type=report.detail["case_type"],
        stage="investigation",
        opened_at=context.now,
    )
    date_filings(context, case, answers, "filing")
    context.session.add(case)
    context.session.flush()
    for number, person in enumerate(persons.entered(context.session, clue), 1):
        person.filed_at = context.now
        suffix = f"{case.case_no}-{number:02d}"
        context.session.add(CasePerson(case_id=case.id, subject_id=person.subject_id, person_no=suffix))
    context.session.flush()
    papers.issue(context, clue, "filing_decision", case.case_no)
    papers.issue(context, clue, "case_register", case.case_no)
    notice_no = next_number(context.session, "filing_notice", context.now)
    papers.issue(context, clue, "filing_notice", notice_no)
    clue.stage = "filed"
    note(context, clue, "filing.decided", number=case.case_no)
    subjects = [row.subject_id for row in matter.persons_of(context.session, case)]
    filed_on = min(filter(None, (case.party_filed_on, case.supervisory_filed_on, _today(context))))
    return {
        "case_id": case.id,
        "filing_result": "filed",
        "subject_ids": subjects,
        "filed_on": filed_on.isoformat(),
        "notice_no": notice_no,
    }


@operation("filings.drop")
def drop(context: Context) -> dict[str, Any]:
    """Record that the filing was refused: no case begins, and the matter goes on without one."""
    note(context, clue_of(context), "filing.refused")
    return {"filing_result": "refused"}


@operation("filings.announce")
def announce(context: Context, *, answers: Answers) -> None:
    """Record that the filing was announced to the person and told to the head of his unit (规则 38), signed by one."""
    clue, case = clue_of(context), case_of(context)
    told = date.fromisoformat(answers["announced_on"])
    if told < _first(case):
        raise refused("announced_on", "earliest", earliest=_first(case).isoformat())
    detail = {
        "on": answers["announced_on"],
        "unit_on": answers["unit_on"],
        "unit_head": answers["unit_head"],
        "place": answers["place"],
        "family": answers["family"],
    }
    sign(context, clue, ANNOUNCED, "told", answers.get("said") or "", detail)
    note(context, clue, "filing.announced", number=case.case_no, day=answers["announced_on"])


def date_filings(context: Context, case: Case, answers: Answers, subject: str) -> None:
    """Give a case the dates and authorities that its type needs; those of the other kind stay empty."""
    if case.case_type in PARTY and case.party_filed_on is None:
        case.party_filed_on = _date(context, answers, "party_filed_on", subject)
        case.party_authority = _text(answers, "party_authority")
    if case.case_type in SUPERVISORY and case.supervisory_filed_on is None:
        case.supervisory_filed_on = _date(context, answers, "supervisory_filed_on", subject)
        case.supervisory_authority = _text(answers, "supervisory_authority")
    if case.case_type == ON_JUDGMENT and not case.party_filed_on and not case.supervisory_filed_on:
        if not (answers.get("party_filed_on") or answers.get("supervisory_filed_on")):
            raise refused("party_filed_on", "required")
        if day(answers, "party_filed_on"):
            case.party_filed_on = _date(context, answers, "party_filed_on", subject)
            case.party_authority = _text(answers, "party_authority")
        if day(answers, "supervisory_filed_on"):
            case.supervisory_filed_on = _date(context, answers, "supervisory_filed_on", subject)
            case.supervisory_authority = _text(answers, "supervisory_authority")


def _date(context: Context, answers: Answers, field: str, subject: str) -> date:
    given = day(answers, field)
    if given is None:
        raise refused(field, "required")
    approval = last_opinion(context.session, clue_of(context), f"{subject}_a5", f"{subject}_a4")
    approved = clock.day_of(approval.signed_at) if approval else None
    # A5's principal may have decided earlier than his opinion was entered.
    said = (approval.detail or {}).get("decided_on") if approval else None
    earliest = date.fromisoformat(said) if said else approved
    if earliest is not None and given < earliest:
        raise refused(field, "earliest", earliest=earliest.isoformat())
    return given


def _text(answers: Answers, field: str) -> str:
    given = (answers.get(field) or "").strip()
    if not given:
        raise refused(field, "required")
    return given


def _fits(case_type: str, rows: Sequence[Mapping[str, Any]]) -> None:
    """Refuse a type for which nobody of the matter is what it needs: a Party member, a public official."""
    if case_type in PARTY and not any(row.get("party_member") for row in rows):
        raise refused("case_type", "nobody_party")
    if case_type in SUPERVISORY and not any(row.get("public_official") for row in rows):
        raise refused("case_type", "nobody_official")


def _must_be_simple(context: Context, clue: Clue, case_type: str, judgment: Mapping[str, Any] | None) -> None:
    """Refuse to skip the investigation unless the main facts are clear: a crime, a mere penalty, an open finding."""
    if case_type == CRIME:
        raise refused("simple", "crime_investigated")
    if judgment:
        kind = next(row for row in codes.rows("judgments") if row["code"] == judgment["judgment"])
        if kind["simple"] != "true":
            raise refused("simple", "penalty_investigated")
        return
    found = allegations.latest(context.session, clue, verifying.STAGE)
    if not found or any(row.finding == "unproven" for row in found):
        raise refused("simple", "facts_unclear")


def _describe(context: Context, row: Mapping[str, Any]) -> None:
    person = matter.person_of(context, row["subject"], "persons")
    found = next(p for p in persons.entered(context.session, clue_of(context)) if p.subject_id == person.id)
    for column in SAID:
        setattr(found, column, bool(row.get(column)))
    found.rank_at_act, found.rank_at_event = row["rank_at_act"], row["rank_at_event"]


def _described(context: Context, found: Concerned) -> dict[str, Any]:
    said = {column: bool(getattr(found, column)) for column in SAID}
    if found.party_member is None:
        status = context.session.get_one(ClueSubject, found.subject_id).political_status
        said["party_member"] = status == PARTY_MEMBER
    ranks = {"rank_at_act": found.rank_at_act, "rank_at_event": found.rank_at_event or found.rank_at_act}
    return {"subject": str(found.subject_id), **ranks, **said}


@operation("filings.known_persons", use="prefill")
def known_persons(context: Context) -> dict[str, Any]:
    """Return a row for each person of the matter, filled in as far as he is known."""
    return {
        "persons": [_described(context, row) for row in persons.of_clue(context.session, clue_of(context))]
    }


def _today(context: Context) -> date:
    return clock.day_of(context.now)


def _first(case: Case) -> date:
    days = [on for on in (case.party_filed_on, case.supervisory_filed_on) if on is not None]
    return min(days)
