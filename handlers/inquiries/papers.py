"""What the registers of inquiries can say on their papers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import select

from handlers import codes
from handlers.cases import Allegation
from handlers.inquiries.model import FirstFormMeasure, Inquiry, Letter, Talk, TalkPerson
from handlers.inquiries.planning import questions
from handlers.registers import ClueSubject, Opinion
from handlers.registers.papers import facts, kinds
from handlers.registers.papers.facts import Fact, Subject, day, people, person, word
from handlers.registers.papers.kinds import INWARD


def _newest(on: Subject, table: Any) -> Any:
    rows = select(table).where(table.clue_id == on.clue.id).order_by(table.id.desc()).limit(1)
    return on.session.scalars(rows).first()


def _subject(on: Subject, subject_id: int) -> dict[str, str]:
    row = on.session.get_one(ClueSubject, subject_id)
    return {"name": row.name, "unit": row.unit, "post": row.post, "rank": word("ranks", row.rank)}


def _inquiry(on: Subject) -> dict[str, Any]:
    row = _newest(on, Inquiry)
    if row is None:
        return {}
    return {
        "mode": word("inquiry_modes", row.mode),
        "subjects": [_subject(on, int(one)) for one in row.subjects],
        "talks_to": [_subject(on, int(one)) for one in row.talks_to],
        "letters": [
            {**_subject(on, int(one["subject"])), "questions": one["questions"]} for one in row.letters
        ],
        "interviewers": people(on.session, row.interviewers),
        "delegate": row.delegate,
        "questions": row.questions,
        "place": row.place,
        "companion": row.companion,
        "safety": row.safety_plan,
        "health": row.health_note,
        "by": person(on.session, row.planned_by),
        "on": day(row.planned_at),
        "facts": row.facts_found,
        "assessment": row.assessment,
        "outcome": word("inquiry_outcomes", row.outcome),
    }


def _talk(on: Subject) -> dict[str, Any]:
    row = _newest(on, Talk)
    if row is None:
        return {}
    asked = select(TalkPerson.subject_id).where(TalkPerson.talk_id == row.id).order_by(TalkPerson.subject_id)
    second = facts.person(on.session, row.second_by)
    return {
        "on": day(row.held_on),
        "time": f"{row.begun}—{row.ended}",
        "subjects": [_subject(on, one) for one in on.session.scalars(asked)],
        "record": row.record,
        "statement": row.statement,
        "recusal": row.recusal_said or "不申请回避",
        "signed": "已逐页签名" if row.signed else f"拒绝签名：{row.refusal}",
        "stopped": word("talk_stops", row.stopped),
        "by": "、".join(filter(None, (person(on.session, row.recorded_by), second))),
    }


def _asked(on: Subject) -> dict[str, Any]:
    wanted = select(Letter).where(Letter.clue_id == on.clue.id)
    if on.number:
        wanted = wanted.where(Letter.number == on.number)
    row = on.session.scalars(wanted.order_by(Letter.id.desc()).limit(1)).first()
    if row is None:
        return {}
    return {
        "number": row.number,
        "person": _subject(on, row.subject_id),
        "questions": questions(on.session.get_one(Inquiry, row.inquiry_id), row.subject_id),
        "again": row.turn > 1,
        "on": day(row.issued_at),
    }


def _findings(on: Subject) -> list[dict[str, str]]:
    """Return the allegations with what was found of each in the newest report."""
    rows = select(Allegation).where(Allegation.clue_id == on.clue.id, Allegation.stage == "inquiry")
    found = on.session.scalars(rows.order_by(Allegation.id)).all()
    newest = max((row.recorded_at for row in found), default=None)
    return [
        {
            "person": _subject(on, row.subject_id)["name"],
            "text": row.text,
            "finding": word("findings", row.finding),
            "basis": row.basis,
        }
        for row in found
        if row.recorded_at == newest
    ]


def _measure(on: Subject) -> dict[str, Any]:
    row = _newest(on, FirstFormMeasure)
    if row is None:
        return {}
    return {
        "kind": word("first_form_measures", row.measure),
        "person": _subject(on, row.subject_id),
        "on": day(row.carried_out_on),
        "content": row.content,
        "until": day(row.effect_until),
    }


def _approvals(*steps: str) -> Fact:
    """Return what was said of an application, level by level, since it was proposed last."""

    def found(on: Subject) -> list[dict[str, str]]:
        proposed = select(Opinion.id).where(Opinion.clue_id == on.clue.id, Opinion.step == steps[0])
        since = on.session.scalar(proposed.order_by(Opinion.id.desc()).limit(1)) or 0
        wanted = [f"{step}_{level}" for step in steps for level in ("a2", "a3", "a4", "a5")]
        rows = select(Opinion).where(
            Opinion.clue_id == on.clue.id, Opinion.step.in_(wanted), Opinion.id > since
        )
        return [
            {
                "level": codes.word("approval_levels", row.step[-2:].upper(), "zh"),
                "who": person(on.session, row.login),
                "decision": word("decisions", row.decision),
                "text": row.opinion,
                "on": day(row.signed_at),
            }
            for row in on.session.scalars(rows.order_by(Opinion.id))
        ]

    return found


PLAN: Mapping[str, Fact] = {"inquiry": _inquiry}
#: Kind (code of `codes/document_kinds.csv`, name of its template) → what it may say beside what all may.
KINDS: Mapping[str, Mapping[str, Fact]] = {
    "talk_plan": {**INWARD, **PLAN, "opinions": _approvals("inquiry_plan", "delegated_talk")},
    "talk_notice": {**INWARD, **PLAN},
    "talk_record": {**INWARD, **PLAN, "talk": _talk},
    "inquiry_letter": {**INWARD, **PLAN, "asked": _asked},
    "inquiry_report": {
        **INWARD,
        **PLAN,
        "findings": _findings,
        "opinions": _approvals("inquiry_result", "first_form"),
    },
    "acceptance_letter": {**INWARD, **PLAN, "accepted": lambda on: facts.identity(on, on.about)},
    "admonition": {**INWARD, "measure": _measure},
}
for _kind, _said in KINDS.items():
    kinds.offer(_kind, _said)
