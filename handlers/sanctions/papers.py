"""What the decision's paper may say (政务处分法 45): identity, facts, kind, basis, and the route and time of appeal.

The two parts have different routes: a Party member appeals without a time bar; of an administrative sanction a review
may be asked for within a month (监察法 56). Which apply follows from the sanctions of the decision.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import select

from handlers.cases import Case, Concerned
from handlers.cases.facts import case, signed
from handlers.cases.matter import open_case, persons_of
from handlers.registers.papers import kinds
from handlers.registers.papers.facts import Subject, day, identity, people, person, word
from handlers.sanctions.matter import decision as newest_decision
from handlers.sanctions.matter import proposal as newest_proposal
from handlers.sanctions.model import Decision, Execution, Hearing, Proposal, Sanction

#: What the paper is called where it gives no sanction (政务处分法 44: 撤销案件、免予处分).
TITLES = {"exempted": "免予处分决定书", "unsanctioned": "不予处分决定书", "withdrawn": "撤销案件决定书"}
APPEAL_PARTY = "对党纪处分不服的，可以向作出决定的党组织提出申诉。申诉期间不停止处分的执行。"
APPEAL_ADMINISTRATIVE = (
    "对政务处分不服的，可以自收到本决定之日起一个月内向作出决定的监察机关申请复审；对复审决定仍不服的，"
    "可以自收到复审决定之日起一个月内向上一级监察机关申请复核。复审、复核期间不停止本决定的执行。"
)


def _decision(on: Subject) -> dict[str, Any]:
    rows = select(Decision).where(Decision.clue_id == on.clue.id, Decision.number.is_not(None))
    row = on.session.scalars(rows.order_by(Decision.number.desc()).limit(1)).first()
    if row is None:
        return {}
    given = on.session.scalars(
        select(Sanction).where(Sanction.decision_id == row.id).order_by(Sanction.kind.desc())
    )
    return {
        "title": TITLES.get(row.outcome, "处分决定书"),
        **identity(on, row.subject_id),
        "died_on": day(on.session.get_one(Concerned, row.subject_id).died_on) if row.posthumous else "",
        "facts": row.facts,
        "basis": row.basis,
        "outcome": word("case_outcomes", row.outcome),
        "sanctions": [_sanction(one) for one in given],
        "authority": word("sanction_authorities", row.authority),
        "party_on": day(row.party_effective_on) if row.party else "",
        "made_on": day(row.made_on),
        "benefits": row.benefits or "",
        "gains": row.gains or "",
        "appeal_party": APPEAL_PARTY if row.party and not row.posthumous else "",
        "appeal_administrative": APPEAL_ADMINISTRATIVE if row.administrative else "",
    }


def _review(on: Subject) -> dict[str, Any]:
    """Return the newest report on a person: what the review found and proposes."""
    rows = select(Proposal).where(Proposal.clue_id == on.clue.id)
    row = on.session.scalars(rows.order_by(Proposal.id.desc()).limit(1)).first()
    if row is None:
        return {}
    panel, talk = signed("c11_panel")(on), signed("c11_talk")(on)
    filed = on.session.get_one(Case, row.case_id)
    return {
        **identity(on, row.subject_id),
        "accepted_on": day(filed.accepted_at),
        "panel": people(on.session, panel.get("panel") or ()),
        "talked_on": day(talk.get("held_on")),
        "talk": talk.get("text", ""),
        "facts": row.facts,
        "assessment": row.assessment,
        "reasons": row.reasons,
        "outcome": word("case_outcomes", row.outcome),
        "sanctions": named(row.party, row.administrative),
        "by": person(on.session, row.proposed_by),
        "on": day(row.proposed_at),
    }


def _hearing(on: Subject) -> dict[str, Any]:
    """Return what the last person heard was told, said, and what became of it."""
    rows = select(Hearing).where(Hearing.clue_id == on.clue.id)
    row = on.session.scalars(rows.order_by(Hearing.id.desc()).limit(1)).first()
    if row is None:
        return {}
    told = newest_proposal(on.session, row.case_id, row.subject_id)
    return {
        **identity(on, row.subject_id),
        "told_on": day(row.told_on),
        "facts": told.facts if told else "",
        "sanctions": named(row.party, row.administrative),
        "statement": row.statement,
        "adopted": word("hearing_results", row.adopted),
        "reasons": row.reasons,
        "by": person(on.session, row.recorded_by),
    }


def _announced(on: Subject) -> dict[str, Any]:
    """Return how the decision of this number was announced."""
    decided = select(Decision).where(Decision.clue_id == on.clue.id, Decision.number == on.number)
    made = on.session.scalars(decided).one_or_none()
    if made is None:
        return {}
    acts = select(Execution).where(Execution.decision_id == made.id, Execution.act == "announced")
    row = on.session.scalars(acts.order_by(Execution.id.desc()).limit(1)).first()
    if row is None:
        return {}
    return {
        **identity(on, made.subject_id),
        "decision_no": made.number,
        "on": day(row.done_on),
        "scope": row.result,
        "said": row.remark,
        "by": people(on.session, filter(None, (row.recorded_by, row.second_by))),
    }


def _register(on: Subject) -> list[dict[str, str]]:
    """Return the persons of the case with their numbers, and what has been decided on them by now."""
    running = open_case(on.session, on.clue)
    rows = persons_of(on.session, running) if running else ()
    found = []
    for row in rows:
        made = newest_decision(on.session, row.case_id, row.subject_id)
        made = made if made is not None and made.state == "made" else None
        sanctions = named(made.party, made.administrative) if made else ""
        found.append(
            {
                **identity(on, row.subject_id),
                "number": row.person_no,
                "decision_no": (made.number or "") if made else "",
                "outcome": word("case_outcomes", made.outcome) if made else "",
                "sanctions": sanctions,
                "made_on": day(made.made_on) if made else "",
            }
        )
    return found


def named(party: str | None, administrative: str | None) -> str:
    """Return a Party sanction and an administrative one in words, joined."""
    return "、".join(_called(kind) for kind in (party, administrative) if kind)


def _called(kind: str) -> str:
    table, system = (
        ("party_sanctions", "党内") if kind.startswith("PD") else ("administrative_sanctions", "政务")
    )
    name = word(table, kind)
    # 撤销党内职务, 留党察看 and 开除党籍 say by themselves what they are of.
    return name if "党" in name else f"{system}{name}处分"


def _sanction(row: Sanction) -> dict[str, str]:
    return {"name": _called(row.kind), "until": day(row.until), "probation": day(row.probation_until)}


_CASE = {**kinds.INWARD, "case": case}
kinds.offer("sanction_decision", {**kinds.INWARD, "decision": _decision})
kinds.offer("review_report", {**_CASE, "review": _review})
kinds.offer("hearing_notice", {**_CASE, "hearing": _hearing})
kinds.offer("announcement_record", {**_CASE, "announced": _announced})
kinds.offer("case_register", {**_CASE, "report": signed("c4"), "register": _register})
