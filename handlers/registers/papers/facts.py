"""What the register can say on a paper, in the words of papers: each fact by the name that templates use."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from handlers import codes, office
from handlers.registers.model import (
    DUTY,
    Assignment,
    Clue,
    ClueHandler,
    ClueSubject,
    DeadlineChange,
    Document,
    MatterEvent,
    Meeting,
    Opinion,
)
from workflows import clock
from workflows.model import TimeLimit


@dataclass(frozen=True)
class Subject:
    """What a paper is about, and when it is made."""

    session: Session
    clue: Clue
    at: datetime
    number: str = ""  #: of the paper
    about: int | None = None  #: which of the persons concerned, where each has his own


Fact = Callable[[Subject], Any]
#: How a reporter is told, as the forms offer it.
_WAYS = {"written": "书面", "phone": "电话", "meet": "当面"}


def day(value: date | datetime | str | None) -> str:
    """Return a day as papers write it: 2026年3月2日; an instant is meant in the office's zone."""
    if isinstance(value, str):
        value = date.fromisoformat(value) if value else None
    if isinstance(value, datetime):
        value = clock.day_of(value)
    return f"{value.year}年{value.month}月{value.day}日" if value else ""


def word(table: str, code: str | None) -> str:
    """Return the Chinese name of a code."""
    return codes.word(table, code, "zh")


def words(table: str, given: Iterable[str]) -> str:
    return "、".join(word(table, code) for code in given)


def person(session: Session, login: str | None) -> str:
    """Return the name of who signs in as `login`, nothing for none."""
    named = select(office.Person.name).where(office.Person.login == login)
    return (session.scalar(named) or login) if login else ""


def signer(session: Session, row: Opinion) -> str:
    """Return who signed, with the name of him in whose place he did."""
    behalf = f"（代{person(session, row.on_behalf_of)}）" if row.on_behalf_of else ""
    return person(session, row.login) + behalf


def people(session: Session, logins: Iterable[str]) -> str:
    return "、".join(person(session, login) for login in logins)


def identity(on: Subject, subject_id: int | None) -> dict[str, str]:
    """Return the `name`, `unit` and `post` of whom a paper is about, nothing for nobody."""
    row = on.session.get(ClueSubject, subject_id) if subject_id else None
    if row is None:
        return {}
    return {"name": row.name, "unit": row.unit, "post": row.post}


def unit(session: Session, code: str | None) -> str:
    """Return the Chinese name of a unit, nothing for none."""
    named = select(office.Unit.name_zh).where(office.Unit.code == code)
    return (session.scalar(named) or code) if code else ""


def organ(session: Session) -> str:
    """Return the name of the commission, which issues papers."""
    commission = select(office.Unit.name_zh).where(office.Unit.kind == "commission")
    return session.scalar(commission.order_by(office.Unit.path).limit(1)) or ""


def _concerned(on: Subject) -> list[dict[str, str]]:
    rows = select(ClueSubject).where(ClueSubject.clue_id == on.clue.id, ClueSubject.kind != DUTY)
    return [
        {
            "name": row.name,
            "unit": row.unit,
            "post": row.post,
            "rank": word("ranks", row.rank),
            "status": word("political_statuses", row.political_status),
        }
        for row in on.session.scalars(rows.order_by(ClueSubject.id))
    ]


def _period(on: Subject) -> str:
    begin, end = day(on.clue.event_from), day(on.clue.event_to)
    return f"{begin}至{end}" if begin and end and begin != end else begin or end


def _materials(on: Subject) -> list[dict[str, Any]]:
    rows = select(Document).where(Document.clue_id == on.clue.id, Document.kind == "material")
    return [
        {"title": row.title, "version": row.version, "sha256": row.sha256}
        for row in on.session.scalars(rows.order_by(Document.created_at, Document.id))
    ]


def _said(on: Subject, row: Opinion) -> dict[str, str]:
    detail = row.detail or {}
    return {
        "who": signer(on.session, row),
        "decision": word("decisions", row.decision),
        "text": row.opinion,
        "on": day(row.signed_at),
        "decided_on": day(detail.get("decided_on")),
        "document_no": str(detail.get("document_no", "")),
    }


def _last(on: Subject, step: str) -> Opinion | None:
    rows = select(Opinion).where(Opinion.clue_id == on.clue.id, Opinion.step == step)
    return on.session.scalars(rows.order_by(Opinion.id.desc()).limit(1)).first()


def _receipt_signed(on: Subject) -> dict[str, Any]:
    row = _last(on, "a3_sign")
    if row is None:
        return {}
    return {"by": (row.detail or {}).get("signed_by", ""), "on": day(row.signed_at), "remark": row.opinion}


def _letter(on: Subject) -> dict[str, str]:
    row = _last(on, "a4")
    detail = (row.detail if row else None) or {}
    returned = detail.get("kind") != "transfer"
    return {
        "kind": "退回" if returned else "移送",
        "to": str(detail.get("to", "")),
        "text": row.opinion if row else "",
    }


def _order(on: Subject) -> dict[str, str]:
    row = _last(on, "x6_letter")
    return {
        "number": str(((row.detail if row else None) or {}).get("order", "")),
        "text": row.opinion if row else "",
    }


def _told(*steps: str) -> Fact:
    """Return what says how the reporter was told last, at one of these steps."""

    def found(on: Subject) -> dict[str, str]:
        rows = select(Opinion).where(Opinion.clue_id == on.clue.id, Opinion.step.in_(steps))
        row = on.session.scalars(rows.order_by(Opinion.id.desc()).limit(1)).first()
        if row is None:
            return {}
        detail = row.detail or {}
        return {
            "on": day(detail.get("told_on")),
            "way": _WAYS.get(detail.get("way", ""), ""),
            "text": row.opinion,
            "objection": detail.get("objection", ""),
            "evidence": detail.get("evidence", ""),
            "by": signer(on.session, row),
            "signed_on": day(row.signed_at),
        }

    return found


def _distribution(on: Subject) -> dict[str, str]:
    row = _last(on, "a7")
    if row is None:
        return {}
    office_code = (row.detail or {}).get("to_office")
    by = signer(on.session, row)
    return {
        "office": unit(on.session, office_code),
        "reason": row.opinion,
        "by": by,
        "on": day(row.signed_at),
    }


def _proposal(on: Subject) -> dict[str, str]:
    row = _last(on, "a9")
    if row is None:
        return {}
    detail = row.detail or {}
    return {
        "way": word("disposal_proposals", row.decision),
        "reasons": row.opinion,
        "plan": str(detail.get("plan", "")),
        "risk": str(detail.get("risk", "")),
        "by": signer(on.session, row),
        "on": day(row.signed_at),
    }


def _study(on: Subject) -> dict[str, str]:
    rows = select(Meeting).where(Meeting.clue_id == on.clue.id, Meeting.step == "a9")
    row = on.session.scalars(rows.order_by(Meeting.id.desc()).limit(1)).first()
    if row is None:
        return {}
    return {
        "body": row.body,
        "on": day(row.held_on),
        "present": people(on.session, row.present),
        "recused": people(on.session, row.recused),
        "resolution": row.resolution,
    }


def _opinions(*steps: str, since: str) -> Fact:
    """Return the fact of what was said at each of the steps since the last proposal."""

    def found(on: Subject) -> dict[str, list[dict[str, str]]]:
        proposal = _last(on, since)
        rows = select(Opinion).where(
            Opinion.clue_id == on.clue.id,
            Opinion.step.in_(steps),
            Opinion.id > (proposal.id if proposal else 0),
        )
        said: dict[str, list[dict[str, str]]] = {step: [] for step in steps}
        for row in on.session.scalars(rows.order_by(Opinion.id)):
            said[row.step].append(_said(on, row))
        return said

    return found


def _handlers(on: Subject) -> str:
    rows = select(ClueHandler.login).where(ClueHandler.clue_id == on.clue.id, ClueHandler.ended_at.is_(None))
    return people(on.session, on.session.scalars(rows.order_by(ClueHandler.id)))


def _assignment(on: Subject) -> dict[str, str]:
    row = on.session.get(Assignment, on.clue.id)
    if row is None:
        return {}
    return {
        "by": row.assigned_by,
        "number": row.assignment_no,
        "on": day(row.assigned_on),
        "first_due": day(_ended(row.first_due_at)),
        "due": day(_ended(row.due_at)),
    }


def _extension(on: Subject) -> dict[str, Any]:
    """Return the change of a running limit that was asked for last."""
    rows = select(DeadlineChange).where(DeadlineChange.clue_id == on.clue.id)
    row = on.session.scalar(rows.order_by(DeadlineChange.id.desc()).limit(1))
    if row is None:
        return {}
    rule = on.session.scalar(
        select(TimeLimit.title_zh).where(TimeLimit.rule_id == row.rule_id).order_by(TimeLimit.version.desc())
    )
    return {
        "title": _TITLES[row.act],
        "rule": f"{row.rule_id} {rule or ''}",
        "length": f"{row.n}{_UNITS[row.unit]}" if row.n else "",
        "effective": _effective(row),
        "ground": word("extension_reasons" if row.act == "extend" else "pause_reasons", row.ground),
        "paper": row.paper_no or ("见附件" if row.paper_id else ""),
        "by": person(on.session, row.asked_by),
        "on": day(row.asked_at),
        "reason": row.reason,
        "old_due": _due(row, row.old_due_at) or "计算已中止",
        "new_due": _due(row, row.new_due_at),
        "above": not {"A5", "CB", "UP"}.isdisjoint(row.level.split("/")),
        "level": "、".join(word("approval_levels", level) for level in row.level.split("/")),
        "decision": word("decisions", row.decision),
        "opinion": row.opinion,
        "decided_by": person(on.session, row.decided_by),
        "decided_on": day(row.decided_on),
        "document_no": row.document_no or "",
        "reported_on": day(row.reported_on),
        "reported_no": row.reported_no or "",
    }


def _supervised(on: Subject) -> dict[str, Any]:
    """Return the step whose delay set the last letter going."""
    rows = select(MatterEvent.params).where(
        MatterEvent.scope_id == on.clue.scope_id, MatterEvent.code == "deadline.letter"
    )
    said = on.session.scalar(rows.order_by(MatterEvent.id.desc()).limit(1)) or {}
    due = said.get("due")
    return {
        "step": said.get("task", ""),
        "due": day(_ended(datetime.fromisoformat(due))) if due else "",
        "red": said.get("colour") == "red",
    }


_TITLES = {"extend": "延长期限审批表", "pause": "中止计算期限审批表", "resume": "恢复计算期限审批表"}
_UNITS = {"hours": "小时", "natural_days": "日", "working_days": "个工作日", "months": "个月"}


def _effective(row: DeadlineChange) -> str:
    if row.effective_at is None:
        return ""
    at = row.effective_at.astimezone(clock.office_zone())
    return f"{day(row.effective_at)}{at:%H:%M}" if row.unit == "hours" else day(row.effective_at)


def _due(row: DeadlineChange, instant: datetime | None) -> str:
    if instant is None:
        return ""
    if row.unit == "hours":
        return f"{day(instant)}{instant.astimezone(clock.office_zone()):%H:%M}"
    return day(_ended(instant))


def _ended(instant: datetime) -> datetime:
    """Return an instant of the day that a deadline closes at 24:00."""
    return instant - timedelta(microseconds=1)


#: What the agency sent, and what it is told: no number, category or office of the inquiry.
OUTWARD: Mapping[str, Fact] = {
    "agency": lambda on: unit(on.session, on.clue.agency_code),
    "amount": lambda on: f"{on.clue.amount:,.2f}元" if on.clue.amount is not None else "",
    "conclusion": lambda on: on.clue.agency_conclusion,
    "contact": lambda on: on.clue.contact,
    "domain": lambda on: word("domains", on.clue.domain),
    "facts": lambda on: on.clue.facts,
    "head_sign": lambda on: on.clue.head_sign,
    "legal_basis": lambda on: word("legal_bases", on.clue.legal_basis),
    "materials": _materials,
    "organ": lambda on: organ(on.session),
    "period": _period,
    "receipt_no": lambda on: on.clue.receipt_no,
    "received_by": lambda on: person(on.session, on.clue.received_by),
    "received_on": lambda on: day(on.clue.received_at),
    "signed": _receipt_signed,
    "source": lambda on: word("clue_sources", on.clue.source),
    "subjects": _concerned,
    "submitted_by": lambda on: person(on.session, on.clue.submitted_by),
    "submitted_on": lambda on: day(on.clue.submitted_at),
    "today": lambda on: day(on.at),
    "transfer_no": lambda on: on.clue.transfer_no,
    "urgency": lambda on: word("urgencies", on.clue.urgency),
}
#: The letter to the agency, once it is approved.
LETTER: Mapping[str, Fact] = {"letter": _letter}
#: What the office knows besides.
INWARD: Mapping[str, Fact] = {
    "approvals": _opinions("a10_a2", "a10_a3", "a10_a4", "a10_a5", since="a9"),
    "assignment": _assignment,
    "body": lambda on: on.clue.competent_body,
    "category": lambda on: word("problem_categories", on.clue.category),
    "clue_no": lambda on: on.clue.clue_no,
    "distribution": _distribution,
    "distribution_opinions": _opinions("a7_approve", since="a7"),
    "extension": _extension,
    "handlers": _handlers,
    "major": lambda on: on.clue.major,
    "major_signs": lambda on: words("major_signs", on.clue.major_signs),
    "management": lambda on: word("managements", on.clue.management),
    "office": lambda on: unit(on.session, on.clue.office_code),
    "order": _order,
    "proposal": _proposal,
    "registered_on": lambda on: day(on.clue.registered_at),
    "report_no": lambda on: on.clue.report_no or "",
    "study": _study,
    "summary": lambda on: on.clue.summary,
    "tags": lambda on: words("problem_tags", on.clue.tags),
}
#: How the named reporter was told of the acceptance or that another body has the matter (T05), and of the result (T06).
NOTICE: Mapping[str, Fact] = {"told": _told("a5_tell", "x6_tell")}
RESULT: Mapping[str, Fact] = {"told": _told("a13_tell")}
#: Which step is late, of a letter that its colour set going.
SUPERVISED: Mapping[str, Fact] = {"supervised": _supervised}
