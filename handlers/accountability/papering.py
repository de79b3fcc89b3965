"""What the papers of dual investigation may say: the last judgment of a matter, the last inquiry, who answers."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select

from handlers.accountability import owners
from handlers.accountability.model import DualJudgement, Inquiry
from handlers.cases import Case
from handlers.registers import papers
from handlers.registers.papers import kinds
from handlers.registers.papers.facts import Subject, day, people, person, unit, word, words
from handlers.registers.record import last_opinion

issue = papers.issue
#: Code of the commission above, in the place of an office that inquires.
ABOVE = "UP"
#: Who decides at a level, as papers head the opinions.
LEVELS = {
    "a2": "承办部门主要负责人意见",
    "a3": "分管领导意见",
    "a4": "主要负责人意见",
    "a5": "同级党委主要负责人意见",
}


def _judgement(on: Subject) -> dict[str, Any]:
    row = _last(on, DualJudgement)
    if row is None:
        return {}
    return {
        "number": row.number,
        "point": word("dual_points", row.point),
        "trigger": word("dual_triggers", row.trigger),
        "type": word("dual_types", row.dual_type),
        "unit": row.unit,
        "proposal": word("dual_results", row.proposal),
        "reasons": row.reasons,
        "result": word("dual_results", row.result),
        "by": person(on.session, row.recorded_by),
        "on": day(row.recorded_at),
        "case_no": _case_no(on, row.case_id),
    }


def _inquiry(on: Subject) -> dict[str, Any]:
    row = _last(on, Inquiry)
    if row is None:
        return {}
    return {
        "number": row.number,
        "lead": "上级纪检监察机关" if row.lead == ABOVE else unit(on.session, row.lead),
        "basis": row.basis,
        "started": day(row.started_at),
        "team": people(on.session, row.team),
        "objective": row.objective,
        "tolerance": word("tolerance_findings", row.tolerance),
        "tolerance_basis": row.tolerance_basis,
        "report": row.report,
        "outcome": word("accountability_outcomes", row.outcome),
        "decided": day(row.decided_on),
        "case_no": _case_no(on, row.case_id),
    }


def _owners(on: Subject) -> list[dict[str, str]]:
    """Return who answers by the last judgment."""
    row = _last(on, DualJudgement)
    return [
        {
            "name": subject.name,
            "object": word("accountability_objects", owner.object),
            "post": subject.post,
            "responsibility": word("responsibility_types", owner.responsibility),
            "tenure": f"{day(owner.since)}至{day(owner.until) or '今'}",
            "known": word("duty_knowledge", owner.known),
            "action": owner.action,
            "filed": "已立案，在该案中处理" if owner.filed_case_id else "",
            "statement": owner.statement,
            "standing": word("duty_standings", owner.standing),
            "facts": owner.facts,
            "outcome": word("accountability_outcomes", owner.outcome),
            "ways": words("accountability_measures", owner.ways)
            + (
                f"（{word('organisational_measures', owner.organisational)}）" if owner.organisational else ""
            ),
        }
        for owner, subject in (owners.of_judgement(on.session, row.id) if row else ())
    ]


def _levels(about: str) -> Any:
    """Return the fact of what each level last said about something."""

    def found(on: Subject) -> list[dict[str, str]]:
        said = (
            (title, last_opinion(on.session, on.clue, f"{about}_{level}")) for level, title in LEVELS.items()
        )
        return [
            {
                "title": title,
                "decision": word("decisions", row.decision),
                "text": row.opinion,
                "who": person(on.session, row.login),
                "on": day(row.signed_at),
            }
            for title, row in said
            if row is not None
        ]

    return found


def _last(on: Subject, kind: type[Any]) -> Any:
    rows = select(kind).where(kind.clue_id == on.clue.id)
    return on.session.scalars(rows.order_by(kind.number.desc()).limit(1)).first()


def _case_no(on: Subject, case_id: str | None) -> str:
    case = on.session.get(Case, case_id) if case_id else None
    return case.case_no if case else ""


def _offer(kind: str, said: dict[str, Any]) -> None:
    kinds.offer(kind, {**kinds.INWARD, **said})


_offer(
    "dual_judgement_form",
    {"judgement": _judgement, "owners": _owners, "levels": _levels("dual_judgement")},
)
_offer(
    "accountability_start_form",
    {
        "judgement": _judgement,
        "inquiry": _inquiry,
        "owners": _owners,
        "levels": _levels("accountability_start"),
    },
)
for _kind in ("accountability_report", "accountability_decision"):
    _offer(_kind, {"judgement": _judgement, "inquiry": _inquiry, "owners": _owners})
