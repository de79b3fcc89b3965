"""Investigation (审查调查): plan, ledgers, facts shown to the person, report (domain §3c c6–c9)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from sqlalchemy import select

from handlers import codes
from handlers.cases import allegations, matter
from handlers.cases.changes import RECORDED
from handlers.cases.ledgers import Evidence, PropertyItem, Showing
from handlers.cases.matter import case_of, everybody, person_of, team_of
from handlers.cases.model import Case
from handlers.registers import Opinion, papers
from handlers.registers.numbers import next_number
from handlers.registers.record import Answers, clue_of, note, sign, who
from workflows.errors import InvalidInput, refused
from workflows.forms import Option, Options
from workflows.operations import Context, operation

PLAN, REPORT = "c6", "c9"
STAGE = "investigation"


@operation("investigations.begin")
def begin(context: Context) -> dict[str, Any]:
    """Return since when the time of the investigation runs (T16: from the filing); the case is back in this stage."""
    case = case_of(context)
    case.stage, case.accepted_at = STAGE, None
    return {"case_id": case.id, "filed_on": _counted_from(context, case).isoformat()}


@operation("investigations.count_anew")
def count_anew(context: Context) -> dict[str, Any]:
    """Return since when the time runs after a fugitive is back: his begins anew, nobody else's does (条例 185)."""
    since = _counted_from(context, case_of(context))
    note(context, clue_of(context), "investigation.counted", day=since.isoformat())
    return {"filed_on": since.isoformat()}


@operation("investigations.plan")
def plan(context: Context, *, answers: Answers) -> dict[str, Any]:
    """Sign the plan of the investigation (审查调查方案) with its team, to be discussed and approved."""
    clue, members = clue_of(context), team_of(context, answers)
    detail = {
        "members": members,
        "steps": answers["steps"],
        "measures": codes.word_list("measures", answers.get("measures") or ()),
        "safety": answers["safety"],
    }
    sign(context, clue, PLAN, "proposed", answers["questions"], detail)
    note(context, clue, "investigation.planned", number=case_of(context).case_no)
    return {"members": members}


@operation("investigations.work")
def work(context: Context, *, answers: Answers) -> dict[str, Any]:
    """Enter evidence and property, and say what comes next: `more talk measure release type facts`."""
    clue = clue_of(context)
    for row in answers.get("evidence") or ():
        _evidence(context, row)
    for row in answers.get("property") or ():
        _property(context, row)
    if answers["next"] == "release" and not _held(context):
        raise refused("next", "no_property")
    note(context, clue, "investigation.work", evidence=len(answers.get("evidence") or ()))
    found = {"found_on": answers["found_on"]} if answers["next"] == "release" else {}
    return {"next_step": answers["next"], **found}


@operation("investigations.held_property", use="options")
def held_property(context: Context) -> Options:
    """Return the property of the matter that is still held (`held_property`)."""
    return {
        "held_property": [
            Option(str(row.id), f"{row.number} {row.name}", f"{row.number} {row.name}")
            for row in _held(context)
        ]
    }


@operation("investigations.release")
def release(context: Context, *, answers: Answers) -> None:
    """Record that property which has nothing to do with the case was given back (T23; 监察法 26, 28)."""
    held = {str(row.id): row for row in _held(context)}
    for given in answers["items"]:
        if given not in held:
            raise refused("items", "not_of_matter")
        row = held[given]
        row.unrelated_on = date.fromisoformat(context.variables["found_on"])
        row.released_on = date.fromisoformat(answers["released_on"])
        row.release, row.released_by = answers["release"], who(context)
        note(context, clue_of(context), "property.released", item=row.number, day=answers["released_on"])


@operation("investigations.show")
def show(context: Context, *, answers: Answers) -> None:
    """Record that the facts were shown to each person, with his opinion or why he did not sign (c8)."""
    clue, rows = clue_of(context), answers["persons"]
    everybody(context, (row["subject"] for row in rows), "persons", alive=True)
    for row in rows:
        opinion, refusal = row.get("person_opinion") or "", row.get("refusal_note") or ""
        if not (opinion or refusal):
            raise refused("persons", "opinion_or_refusal")
        context.session.add(
            Showing(
                clue_id=clue.id,
                subject_id=person_of(context, row["subject"], "persons").id,
                shown_on=date.fromisoformat(answers["shown_on"]),
                facts=answers["facts"],
                opinion=opinion,
                refusal=refusal,
                recorded_by=who(context),
                recorded_at=context.now,
            )
        )
    context.session.flush()
    papers.issue(context, clue, "fact_document", next_number(context.session, "facts_shown", context.now))
    note(context, clue, "facts.shown", day=answers["shown_on"])


@operation("investigations.everybody", use="prefill")
def everybody_rows(context: Context) -> dict[str, Any]:
    """Return a row for each person of the matter who is alive."""
    found = matter.living(context.session, clue_of(context))
    return {"persons": [{"subject": str(person.id)} for person in found]}


@operation("investigations.report")
def report(context: Context, *, answers: Answers) -> None:
    """Sign the report (审查调查报告): a finding for each allegation, attitude, property, proposal.

    InvalidInput where the facts have not been shown to the persons before (c8 comes before c9).
    """
    clue, case = clue_of(context), case_of(context)
    shown = select(Showing.subject_id).where(
        Showing.clue_id == clue.id, Showing.recorded_at >= case.opened_at
    )
    living = {person.id for person in matter.living(context.session, clue)}
    if not living.issubset(context.session.scalars(shown)):
        raise InvalidInput("The facts have not been shown to the persons.", code="facts_not_shown")
    allegations.record(context, answers["allegations"], STAGE)
    detail = {
        "attitude": answers["attitude"],
        "property": answers["property"],
        "reflection": answers["reflection"],
        "proposal": answers["proposal"],
        "basis": answers["basis"],
    }
    sign(context, clue, REPORT, "proposed", answers["process"], detail)
    context.session.flush()
    number = next_number(context.session, "investigated", context.now)
    papers.issue(context, clue, "investigation_report", number)
    note(context, clue, "investigation.reported", number=number)


def _counted_from(context: Context, case: Case) -> date:
    """Return the day from which T16 runs: the filing, or of who had fled his arrival; whose ends first counts."""
    filed = min(on for on in (case.party_filed_on, case.supervisory_filed_on) if on is not None)
    told = select(Opinion).where(Opinion.clue_id == case.clue_id, Opinion.step == RECORDED)
    back: dict[int, date] = {}
    for row in context.session.scalars(told.order_by(Opinion.id)):
        said = row.detail or {}
        if said.get("change") == "arrived":
            back[said["subject"]] = date.fromisoformat(said["on"])
    alive = {person.id for person in matter.living(context.session, clue_of(context))}
    going = [row.subject_id for row in matter.going(context.session, case) if row.subject_id in alive]
    return min((back.get(subject, filed) for subject in going), default=filed)


def _evidence(context: Context, row: Mapping[str, Any]) -> None:
    context.session.add(
        Evidence(
            clue_id=clue_of(context).id,
            number=matter.next_of(context, Evidence),
            kind=row["kind"],
            title=row["title"],
            source=row["source"],
            taken_on=date.fromisoformat(row["taken_on"]),
            proves=row["proves"],
            recorded_by=who(context),
            recorded_at=context.now,
        )
    )


def _property(context: Context, row: Mapping[str, Any]) -> None:
    amount = row.get("amount")
    context.session.add(
        PropertyItem(
            clue_id=clue_of(context).id,
            number=matter.next_of(context, PropertyItem),
            name=row["name"],
            holder=row["holder"],
            way=row["way"],
            amount=Decimal(str(amount)) if amount is not None else None,
            taken_on=date.fromisoformat(row["taken_on"]),
            place=row["place"],
            recorded_by=who(context),
            recorded_at=context.now,
        )
    )


def _held(context: Context) -> list[PropertyItem]:
    rows = select(PropertyItem).where(
        PropertyItem.clue_id.in_(matter.ledgers_of(context.session, clue_of(context))),
        PropertyItem.released_on.is_(None),
    )
    return list(context.session.scalars(rows.order_by(PropertyItem.number)))
