"""What the auditor finds in the log: told to who answers for it, answered, and accepted or sent back.

A finding is of the office's conduct, never of a matter's content: the auditor knows numbers and instants only
(domain.md §4.1, row "Auditor", column "Access log": V E(findings)). Nothing is overwritten: every turn stays.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import String, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from handlers import office
from handlers.registers.numbers import next_number
from handlers.registers.record import Answers, who
from workflows.actor import Actor
from workflows.errors import EngineFault
from workflows.model import Base, new_id
from workflows.operations import Context, Recorded, operation

PROCESS = "audit_finding"
AUDITOR = "auditor"
#: Who answers: the head of case supervision, or the principal where the finding is about that office itself.
ANSWERING = frozenset({"case_supervision_head", "principal"})
#: Who sees all findings; who answers sees those that he is asked about.
SEEING_ALL = frozenset({AUDITOR, "principal"})
#: Who may open the list at all.
READERS = SEEING_ALL | ANSWERING


class AuditFinding(Base):
    """One finding and its turns: raised, answered, returned, closed."""

    __tablename__ = "audit_finding"

    id: Mapped[str] = mapped_column(String(64), primary_key=True, default=new_id)
    number: Mapped[str] = mapped_column(String(32), unique=True)
    state: Mapped[str] = mapped_column(String(16))  #: open answered closed
    addressed_to: Mapped[str] = mapped_column(String(64))  #: the group that answers
    title: Mapped[str] = mapped_column(String(200))
    rows: Mapped[str] = mapped_column(String(200), default="")  #: of the log, as the auditor names them
    instance_id: Mapped[str] = mapped_column(String(64), index=True)
    raised_at: Mapped[datetime]
    turns: Mapped[list[Any]] = mapped_column(default=list)  #: {act, at, by, text}, the oldest first


@operation("findings.raise")
def raise_(context: Context, *, answers: Answers) -> Recorded:
    """Open a finding; who answers it is told by his task."""
    office.require(context.actor, {AUDITOR})
    row = AuditFinding(
        number=next_number(context.session, "finding", context.now),
        state="open",
        addressed_to=answers["addressed_to"],
        title=answers["title"],
        rows=answers.get("rows") or "",
        instance_id=context.instance_id,
        raised_at=context.now,
        turns=[_turn(context, "raise", answers["text"])],
    )
    context.session.add(row)
    context.session.flush()
    return Recorded(variables={"addressed_to": row.addressed_to}, business_key=row.number)


@operation("findings.answer")
def answer(context: Context, *, answers: Answers) -> None:
    """Say what was found out and what has been done about it."""
    row = _of_process(context)
    office.require(context.actor, {row.addressed_to})
    _go_on(context, row, "answered", "answer", answers["text"])


@operation("findings.decide")
def decide(context: Context, *, answers: Answers) -> dict[str, Any]:
    """Accept the answer, which closes the finding, or send it back with the reason."""
    row = _of_process(context)
    office.require(context.actor, {AUDITOR})
    accepted = answers["decision"] == "agree"
    state, act = ("closed", "close") if accepted else ("open", "return")
    _go_on(context, row, state, act, answers.get("text") or "")
    return {"finding_accepted": "yes" if accepted else "no"}


@operation("findings.told", use="prefill")
def told(context: Context) -> dict[str, Any]:
    """Return the finding and all its turns as one text, for who answers or decides."""
    row = _of_process(context)
    lines = [row.title, *([row.rows] if row.rows else []), *(turn["text"] for turn in row.turns)]
    return {"finding": "\n\n".join(line for line in lines if line)}


def seen(session: Session, actor: Actor) -> list[AuditFinding]:
    """Return the findings that the actor may read, the newest first."""
    rows = select(AuditFinding).order_by(AuditFinding.raised_at.desc(), AuditFinding.number.desc())
    if not actor.groups & SEEING_ALL:
        rows = rows.where(AuditFinding.addressed_to.in_(sorted(actor.groups & ANSWERING)))
    return list(session.scalars(rows))


def _go_on(context: Context, row: AuditFinding, state: str, act: str, text: str) -> None:
    row.state = state
    row.turns = [*row.turns, _turn(context, act, text)]


def _turn(context: Context, act: str, text: str) -> dict[str, str]:
    return {"act": act, "at": context.now.isoformat(), "by": who(context), "text": text}


def _of_process(context: Context) -> AuditFinding:
    found = context.session.scalar(
        select(AuditFinding).where(AuditFinding.instance_id == context.instance_id)
    )
    if found is None:
        raise EngineFault("The process has no finding.", element=context.element_id)
    return found
