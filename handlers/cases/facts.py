"""What the papers of verification, filing and investigation say (domain §6)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from sqlalchemy import select

from handlers import codes
from handlers.cases import allegations, matter, persons
from handlers.cases.ledgers import Evidence, PropertyItem, Showing
from handlers.registers import ClueSubject, Opinion
from handlers.registers.papers import kinds
from handlers.registers.papers.facts import Subject, day, people, signer, word

Fact = Callable[[Subject], Any]


def signed(step: str) -> Fact:
    """Return what was signed last at a step: `text`, `by`, `on`, and its details by their names."""

    def found(on: Subject) -> dict[str, Any]:
        rows = select(Opinion).where(Opinion.clue_id == on.clue.id, Opinion.step == step)
        row = on.session.scalars(rows.order_by(Opinion.id.desc()).limit(1)).first()
        if row is None:
            return {}
        detail = dict(row.detail or {})
        detail["members"] = people(on.session, detail.get("members") or ())
        detail["until"] = day(detail.get("until"))
        detail["proposal_word"] = word("verification_outcomes", detail.get("proposal"))
        detail["judgment_word"] = word("judgments", detail.get("judgment"))
        detail["judgment_day"] = day(detail.get("judgment_on"))
        detail["case_type_word"] = word("case_types", detail.get("case_type"))
        return {**detail, "text": row.opinion, "by": signer(on.session, row), "on": day(row.signed_at)}

    return found


def found_of(stage: str) -> Fact:
    """Return each allegation with its finding, as the newest report of a stage has it."""

    def found(on: Subject) -> list[dict[str, Any]]:
        names = {row.id: row.name for row in matter.people(on.session, on.clue)}
        return [
            {
                "number": number,
                "person": names.get(row.subject_id, ""),
                "category": word("problem_categories", row.category),
                "text": row.text,
                "finding": word("findings", row.finding),
                "basis": row.basis,
            }
            for number, row in enumerate(allegations.latest(on.session, on.clue, stage), 1)
        ]

    return found


def _persons(on: Subject) -> list[dict[str, Any]]:
    """Return the persons with what they are called now and what they are."""
    found = []
    for row in persons.of_clue(on.session, on.clue):
        subject = on.session.get_one(ClueSubject, row.subject_id)
        found.append(
            {
                "name": subject.name,
                "unit": subject.unit,
                "post": subject.post,
                "rank": word("ranks", row.rank_at_event or row.rank_at_act),
                "label": persons.label_word(row),
            }
        )
    return found


def case(on: Subject) -> dict[str, str]:
    """Return the case of the matter that runs: its number, type, and the two filings."""
    found = matter.open_case(on.session, on.clue)
    if found is None:
        return {}
    return {
        "number": found.case_no,
        "type": codes.word("case_types", found.case_type, "zh"),
        "party_on": day(found.party_filed_on),
        "party_by": found.party_authority,
        "supervisory_on": day(found.supervisory_filed_on),
        "supervisory_by": found.supervisory_authority,
    }


def _shown(on: Subject) -> list[dict[str, str]]:
    names = {row.id: row.name for row in matter.people(on.session, on.clue)}
    newest = select(Showing.recorded_at).where(Showing.clue_id == on.clue.id)
    last = on.session.scalar(newest.order_by(Showing.recorded_at.desc()).limit(1))
    rows = select(Showing).where(Showing.clue_id == on.clue.id, Showing.recorded_at == last)
    return [
        {
            "name": names.get(row.subject_id, ""),
            "on": day(row.shown_on),
            "facts": row.facts,
            "opinion": row.opinion,
            "refusal": row.refusal,
        }
        for row in on.session.scalars(rows.order_by(Showing.id))
    ]


def _evidence(on: Subject) -> list[dict[str, Any]]:
    rows = select(Evidence).where(Evidence.clue_id == on.clue.id).order_by(Evidence.number)
    return [
        {
            "number": row.number,
            "kind": word("evidence_kinds", row.kind),
            "title": row.title,
            "source": row.source,
        }
        for row in on.session.scalars(rows)
    ]


def _property(on: Subject) -> list[dict[str, Any]]:
    rows = select(PropertyItem).where(PropertyItem.clue_id == on.clue.id).order_by(PropertyItem.number)
    return [
        {
            "number": row.number,
            "name": row.name,
            "holder": row.holder,
            "way": word("property_ways", row.way),
            "amount": f"{row.amount:,.2f}元" if row.amount is not None else "",
            "released_on": day(row.released_on),
        }
        for row in on.session.scalars(rows)
    ]


_ALL: Mapping[str, Fact] = {
    **kinds.INWARD,
    "persons": _persons,
    "case": case,
}
#: Kind (code of `codes/document_kinds.csv`) → what it may say besides.
PAPERS: Mapping[str, Mapping[str, Fact]] = {
    "verification_plan": {"plan": signed("c1")},
    "verification_findings": {"report": signed("c3"), "found": found_of("verification")},
    "filing_report": {"report": signed("c4"), "found": found_of("verification")},
    "filing_decision": {"report": signed("c4")},
    "filing_notice": {},
    "fact_document": {"shown": _shown},
    "investigation_report": {
        "report": signed("c9"),
        "found": found_of("investigation"),
        "evidence": _evidence,
        "property": _property,
        "shown": _shown,
    },
}

for _kind, _said in PAPERS.items():
    kinds.offer(_kind, {**_ALL, **_said})
