"""Clues for tests that need a matter and not its story: bare ones, and ones already at an approved way."""

from __future__ import annotations

from typing import Any

from sqlalchemy.orm import Session

from handlers.cases import Allegation
from handlers.registers import Clue, ClueHandler, ClueSubject
from handlers.registers.handling import STAGE_OF_WAY
from workflows import clock

#: The person a laid clue is about, where nothing else is said: the one of `clue_transfer`'s stories.
SUBJECT = {
    "kind": "person",
    "name": "陈某甲",
    "unit": "示例市生态环境局",
    "post": "科长",
    "rank": "RK09",
    "political_status": "party",
    "unit_code": "STJ",
}


def bare(transfer_no: str, **given: Any) -> Clue:
    """Return a clue that no session knows yet; `given` are further columns, or others' values."""
    usual: dict[str, Any] = {
        "source": "SR09",
        "agency_code": "STJ",
        "legal_basis": "other",
        "domain": "ecology",
        "facts": "某企业排污",
        "contact": "联系人",
        "head_sign": "负责人",
        "submitted_by": "agency",
        "submitted_at": clock.now(),
        "stage": "submitted",
    }
    return Clue(transfer_no=transfer_no, **usual | given)


def laid(
    session: Session,
    way: str,
    *,
    number: int = 1,
    office: str = "JD1",
    handlers: tuple[str, ...] = ("handler", "handler2"),
    subjects: tuple[dict[str, Any], ...] = (SUBJECT,),
    found: tuple[str, ...] = (),
    **given: Any,
) -> Clue:
    """Return a clue that was distributed, studied and approved to be handled this way (DW1, DW2); no process runs.

    Its handlers have declared; `found` are findings of as many allegations against each of its persons.
    `given` are further columns of the clue, or others' values (`management`).
    """
    now = clock.now()
    done = {
        "receipt_no": f"HZ-{now.year}-9{number:04}",
        "clue_no": f"XS-{now.year}-9{number:04}",
        "received_by": "clerk",
        "received_at": now,
        "registered_by": "clerk",
        "registered_at": now,
        "competence": "yes",
        "category": "PC5",
        "summary": "反映科长接报不查并收受礼品的问题。",
        "management": "below",
        "office_code": office,
        "way": way,
        "stage": STAGE_OF_WAY[way],
    }
    clue = bare(f"YS-{now.year}-9{number:04}", **done | given)
    session.add(clue)
    session.flush()
    people = [ClueSubject(clue_id=clue.id, **{**SUBJECT, **subject}) for subject in subjects]
    session.add_all(people)
    session.flush()
    session.add_all(_allegation(clue, one, found, number) for one in people for number in range(len(found)))
    signed = {"assigned_by": "head", "assigned_at": now, "declared_at": now}
    session.add_all(ClueHandler(clue_id=clue.id, login=login, **signed) for login in handlers)
    session.flush()
    return clue


def _allegation(clue: Clue, subject: ClueSubject, found: tuple[str, ...], number: int) -> Allegation:
    return Allegation(
        clue_id=clue.id,
        subject_id=subject.id,
        number=number + 1,
        category="PC5",
        text=f"所反映的第{number + 1}个问题。",
        stage="verification",
        finding=found[number],
        recorded_by="handler",
        recorded_at=clock.now(),
    )
