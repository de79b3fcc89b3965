"""What of a matter is erased, column by column. Numbers, days, codes, logins of the office and digests remain.

A new column that can hold a name or a narrative belongs in here: a test fills every text of a matter and looks for it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import ColumnElement, CursorResult, delete, select, update
from sqlalchemy.orm import Session

from handlers import keeping
from handlers.keeping import Archived, Hold, Opening
from handlers.recusals import Recusal
from handlers.registers import (
    Assignment,
    Clue,
    ClueHandler,
    ClueSubject,
    DeadlineChange,
    Document,
    Handover,
    Meeting,
    Opinion,
)
from handlers.vault import shredding
from workflows.model import Base, Incident, Instance, Job, Task, TaskDraft

#: What stands where a paper's title stood.
ERASED = "（已销毁）"

Values = Mapping[str, Any]

CLUE: Values = {
    "facts": "",
    "event_from": None,
    "event_to": None,
    "amount": None,
    "agency_conclusion": "",
    "contact": "",
    "head_sign": "",
    "content_digest": None,
    "competent_body": None,
    "summary": None,
    "reopen_condition": None,
    "feedback": None,
}
#: Tables that name the clue.
OF_CLUE: tuple[tuple[type[Base], Values], ...] = (
    (ClueSubject, {"name": ERASED, "unit": "", "post": "", "unit_code": None}),
    (ClueHandler, {"grounds": ""}),
    (Handover, {"carrier": ""}),
    (Document, {"title": ERASED, "content": b"", "size": 0, "cleaned": None}),
    (Opinion, {"opinion": "", "detail": None}),
    (Meeting, {"body": "", "present": [], "recused": [], "opinions": [], "vote": "", "resolution": ""}),
    (Assignment, {"assigned_by": "", "result": None}),
    (DeadlineChange, {"reason": "", "opinion": ""}),
)
#: Tables that name the matter.
OF_MATTER: tuple[tuple[type[Base], Values], ...] = (
    (Recusal, {"ground": "", "reason": "", "opinion": "", "review_opinion": "", "lift_reason": ""}),
    (Hold, {"reason": "", "lift_reason": ""}),
    (Archived, {"reason": ""}),
    (Opening, {"reason": ""}),
    (Instance, {"end_reason": None}),
)


def erase(session: Session, clue: Clue) -> dict[str, int]:
    """Return how many rows of which table were erased; Conflict where a hold stands on the matter."""
    keeping.guard_held(session, clue.scope_id)
    done = {"vault": shredding.shred(session, clue)}
    done["clue"] = _blank(session, Clue, Clue.id == clue.id, CLUE)
    for table, values in OF_CLUE:
        done[table.__tablename__] = _blank(session, table, table.clue_id == clue.id, values)  # type: ignore[attr-defined]
    for table, values in OF_MATTER:
        done[table.__tablename__] = _blank(session, table, table.scope_id == clue.scope_id, values)  # type: ignore[attr-defined]
    return {name: count for name, count in (done | _processes(session, clue)).items() if count}


def _processes(session: Session, clue: Clue) -> dict[str, int]:
    """Erase what the processes of the matter keep beside its registers."""
    instances = select(Instance.id).where(Instance.scope_id == clue.scope_id)
    tasks = select(Task.id).where(Task.scope_id == clue.scope_id)
    drafts = session.execute(delete(TaskDraft).where(TaskDraft.task_id.in_(tasks)))
    jobs = Job.instance_id.in_(instances) | Job.origin_id.in_(instances)
    return {
        "task_draft": drafts.rowcount,  # type: ignore[attr-defined]
        "incident": _blank(session, Incident, Incident.instance_id.in_(instances), {"message": ""}),
        "job": _blank(session, Job, jobs, {"payload": {}}),
    }


def _blank(session: Session, table: type[Base], where: ColumnElement[bool], values: Values) -> int:
    done = session.execute(
        update(table).where(where).values(dict(values)).execution_options(synchronize_session="fetch")
    )
    assert isinstance(done, CursorResult)
    return done.rowcount
