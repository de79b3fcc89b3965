"""What of a matter is erased, column by column. Numbers, days, codes, logins of the office and digests remain.

A new column that can hold a name or a narrative belongs in here: a test fills every text of a matter and looks for it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import ColumnElement, CursorResult, delete, select, update
from sqlalchemy.orm import Session

from handlers import keeping
from handlers.accidents import Accident
from handlers.accountability import DualJudgement, DutyOwner
from handlers.accountability import Inquiry as Accountability
from handlers.accountability.suspending import SuspensionDecision
from handlers.announcing import AnnouncementLine
from handlers.cases import Allegation, CaseLink, Evidence, Measure, PropertyItem, Showing, Talk
from handlers.clearing.model import (
    Clarification,
    ClarificationVisit,
    FalseAccusation,
    Tolerance,
    ToleranceCriterion,
)
from handlers.correcting import Correction
from handlers.freezing import Leak
from handlers.inquiries import FirstFormMeasure, Inquiry, Letter
from handlers.inquiries import Talk as InquiryTalk
from handlers.interference import Interference
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
    Service,
)
from handlers.sanctions import (
    AgendaItem,
    Consultation,
    Decision,
    Execution,
    Hearing,
    Proposal,
    Prosecution,
    RightProof,
)
from handlers.steering import Steering
from handlers.vault import shredding
from workflows.model import Base, DecisionRun, Incident, Instance, Job, Task, TaskAct, TaskDraft
from workflows.moves import ProcessMove

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
    (Correction, {"was": "", "becomes": "", "reason": ""}),
    (Service, {"recipient": ERASED, "witness": "", "remark": ""}),
    (
        Clarification,
        {
            "reason": "",
            "rumour": "",
            "wishes": "",
            "text": "",
            "audience": "",
            "place": "",
            "reaction": "",
            "retaliation_note": "",
        },
    ),
    (ClarificationVisit, {"result": ""}),
    (Tolerance, {"reason": "", "conclusion": "", "correction": ""}),
    (ToleranceCriterion, {"evidence": ""}),
    (FalseAccusation, {"reason": "", "basis": "", "gains": ""}),
    (
        Inquiry,
        {
            "delegate": "",
            "questions": "",
            "letters": [],
            "place": "",
            "companion": "",
            "safety_plan": "",
            "health_note": "",
            "facts_found": "",
            "assessment": "",
            "explanation": "",
        },
    ),
    (InquiryTalk, {"record": "", "statement": "", "recusal_said": "", "refusal": ""}),
    (Letter, {"reply": "", "unit_opinion": ""}),
    (FirstFormMeasure, {"content": "", "statement": "", "change_report": ""}),
    (Allegation, {"text": ERASED, "amount": None, "basis": ""}),
    (Measure, {"target": ERASED, "reason": "", "record": ""}),
    (Evidence, {"title": ERASED, "source": "", "proves": ""}),
    (PropertyItem, {"name": ERASED, "holder": "", "amount": None, "place": "", "release": ""}),
    (Talk, {"with_whom": ERASED, "place": "", "record": "", "staff": []}),
    (Showing, {"facts": "", "opinion": "", "refusal": ""}),
    (Consultation, {"addressee": "", "matter": "", "reply": ""}),
    (Proposal, {"facts": "", "assessment": "", "reasons": ""}),
    (Hearing, {"statement": "", "reasons": ""}),
    (AgendaItem, {"reasons": ""}),
    (Decision, {"facts": "", "basis": "", "benefits": None, "gains": None}),
    (Prosecution, {"charge": "", "facts": "", "handed": "", "received_by": "", "remark": ""}),
    (CaseLink, {"reason": "", "body": "", "handed": "", "received_by": ""}),
    (Execution, {"remark": "", "result": ""}),
    (AnnouncementLine, {"reason": ""}),
    (SuspensionDecision, {"reason": ""}),
    (RightProof, {"text": ""}),
    (DualJudgement, {"unit": "", "unit_code": None, "reasons": ""}),
    (DutyOwner, {"action": "", "statement": "", "facts": ""}),
    (Accountability, {"basis": "", "objective": "", "tolerance_basis": "", "report": "", "published": ""}),
    (Interference, {"person": ERASED, "unit": "", "post": "", "how": "", "opinion": ""}),
    (Accident, {"person": ERASED, "place": "", "what": "", "measures": "", "above_no": "", "result": ""}),
)
#: Tables that name the matter.
OF_MATTER: tuple[tuple[type[Base], Values], ...] = (
    (Recusal, {"ground": "", "reason": "", "opinion": "", "review_opinion": "", "lift_reason": ""}),
    (Hold, {"reason": "", "lift_reason": ""}),
    (Leak, {"what": "", "finding": "", "lift_reason": ""}),
    (Archived, {"reason": ""}),
    (Opening, {"reason": ""}),
    (Instance, {"end_reason": None}),
    (TaskAct, {"text": ""}),
    (DecisionRun, {"inputs": [], "rules": [], "outputs": [], "collected": None}),
    (ProcessMove, {"reason": ""}),
    (Steering, {"reason": "", "remark": None}),
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
