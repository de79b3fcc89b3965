"""Suspension from post for self-examination (停职检查): begun by the Party committee, six months as a rule (T38).

It ends when the committee says what becomes of the person, never by itself: 一般不超过六个月 is a rule that it may depart
from with a reason. Who is suspended by one decision has a clock of his own.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from typing import Any

from sqlalchemy import ForeignKey, String, Text, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from handlers import office
from handlers.accountability.model import DutyOwner, Inquiry
from handlers.registers import Clue, ClueSubject
from handlers.registers.numbers import next_number
from handlers.registers.record import Answers, clue_of, note, who
from workflows import calendar, clock, clocks, limits, plans
from workflows.errors import EngineFault, refused
from workflows.model import Base
from workflows.operations import Context, operation

RULE = "T38"
#: Of `codes/organisational_measures.csv`.
MEASURE = "OM1"
EXTENDED = "extended"
#: Who says for the Party committee what it has decided.
RECORDING = frozenset({"organisation_department"})


class Suspension(Base):
    """One person's suspension: since when, until when at present, and what became of him."""

    __tablename__ = "suspension"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    number: Mapped[str] = mapped_column(String(32), unique=True)
    clue_id: Mapped[str] = mapped_column(ForeignKey("clue.id"), index=True)
    inquiry_id: Mapped[str] = mapped_column(ForeignKey("accountability_inquiry.id"), index=True)
    subject_id: Mapped[int] = mapped_column(ForeignKey("clue_subject.id"))
    instance_id: Mapped[str | None] = mapped_column(String(64), index=True)  #: of the process that watches it
    begins_on: Mapped[date]  #: day of the Party committee's decision
    document_no: Mapped[str] = mapped_column(String(64))
    until: Mapped[date]  #: its last day, as it is by now
    expired_at: Mapped[datetime | None]  #: the last day was over, and nothing decided
    outcome: Mapped[str | None] = mapped_column(
        String(16)
    )  #: of `codes/suspension_outcomes.csv`; None: suspended
    ended_on: Mapped[date | None]


class SuspensionDecision(Base):
    """One decision of the Party committee on a suspension: that it goes on, or how it ends."""

    __tablename__ = "suspension_decision"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    clue_id: Mapped[str] = mapped_column(ForeignKey("clue.id"), index=True)
    suspension_id: Mapped[int] = mapped_column(ForeignKey("suspension.id"), index=True)
    outcome: Mapped[str] = mapped_column(String(16))  #: of `codes/suspension_outcomes.csv`
    decided_on: Mapped[date]
    document_no: Mapped[str] = mapped_column(String(64))
    until: Mapped[date | None]  #: of an extension
    reason: Mapped[str] = mapped_column(Text, default="")
    recorded_by: Mapped[str]
    recorded_at: Mapped[datetime]


def enter(context: Context, inquiry: Inquiry, owner: DutyOwner) -> None:
    """Enter that the Party committee has suspended one who answers; its last day is that of T38."""
    assert owner.committee_on is not None
    context.session.add(
        Suspension(
            number=next_number(context.session, "suspension", context.now),
            clue_id=owner.clue_id,
            inquiry_id=inquiry.id,
            subject_id=owner.subject_id,
            begins_on=owner.committee_on,
            document_no=owner.committee_no,
            until=_last(context.session, owner.committee_on),
        )
    )


@operation("suspensions.begin")
def begin(context: Context) -> dict[str, Any]:
    """Take the suspensions of the matter that nobody watches yet, and return whom they are of."""
    clue = clue_of(context)
    waiting = select(Suspension).where(Suspension.clue_id == clue.id, Suspension.instance_id.is_(None))
    rows = context.session.scalars(waiting.order_by(Suspension.id)).all()
    if not rows:
        raise EngineFault("Nobody is suspended in this matter.", element=context.element_id)
    for row in rows:
        row.instance_id = context.instance_id
        note(context, clue, "suspension.begun", number=row.number, day=row.begins_on.isoformat())
    return {"suspended": [row.subject_id for row in rows]}


@operation("suspensions.open")
def take_up(context: Context) -> dict[str, Any]:
    """Return from when the suspension counts: persons suspended on one day a second apart, each his own clock."""
    return {"suspended_from": _begun(context, _suspension(context)).isoformat()}


@operation("suspensions.person", use="prefill")
def person(context: Context) -> dict[str, Any]:
    """Return who is suspended, since when, and until when at present."""
    row = _suspension(context)
    subject = context.session.get_one(ClueSubject, row.subject_id)
    return {
        "person": " ".join(filter(None, (subject.name, subject.unit, subject.post))),
        "begins_on": row.begins_on.isoformat(),
        "ends_on": row.until.isoformat(),
    }


@operation("suspensions.expire")
def expire(context: Context) -> None:
    """Record that the last day is over and nothing decided: the suspension goes on, and those above are told."""
    row = _suspension(context)
    row.expired_at = context.now
    note(context, clue_of(context), "suspension.expired", number=row.number, day=row.until.isoformat())


@operation("suspensions.decide")
def decide(context: Context, *, answers: Answers) -> dict[str, Any]:
    """Record what the Party committee decided; an extension needs a later last day, and lengthens the clock to it."""
    office.require(context.actor, RECORDING)
    row, clue, outcome = _suspension(context), clue_of(context), answers["outcome"]
    decided_on = date.fromisoformat(answers["decided_on"])
    if decided_on < row.begins_on:
        raise refused("decided_on", "earliest", earliest=row.begins_on.isoformat())
    until = date.fromisoformat(answers["until_on"]) if outcome == EXTENDED else None
    if until is not None and until <= row.until:
        raise refused("until_on", "suspension_longer", day=row.until.isoformat())
    context.session.add(
        SuspensionDecision(
            clue_id=clue.id,
            suspension_id=row.id,
            outcome=outcome,
            decided_on=decided_on,
            document_no=answers["document_no"],
            until=until,
            reason=answers.get("reason") or "",
            recorded_by=who(context),
            recorded_at=context.now,
        )
    )
    if until is None:
        row.outcome, row.ended_on = outcome, decided_on
        note(context, clue, "suspension.ended", number=row.number, outcome=outcome, day=answers["decided_on"])
        return {"suspension": "ended"}
    _lengthen(context, clue, row, until, answers["document_no"])
    note(context, clue, "suspension.extended", number=row.number, day=until.isoformat())
    return {"suspension": EXTENDED}


def of_inquiry(session: Session, inquiry_id: str) -> Sequence[tuple[Suspension, ClueSubject]]:
    """Return who was suspended by the decision of an inquiry, each with his name."""
    rows = select(Suspension, ClueSubject).join(ClueSubject, ClueSubject.id == Suspension.subject_id)
    found = session.execute(rows.where(Suspension.inquiry_id == inquiry_id).order_by(Suspension.id))
    return [(row[0], row[1]) for row in found]


def _lengthen(context: Context, clue: Clue, row: Suspension, until: date, document_no: str) -> None:
    start = _begun(context, row)
    one = next(
        one
        for one in clocks.of_scope(context.session, clue.scope_id)
        if (one.instance_id, one.rule.id, one.start_at) == (context.instance_id, RULE, start)
    )
    row.until, row.expired_at = until, None
    clocks.extend(context.session, one, until=until, reference=document_no)


def _begun(context: Context, row: Suspension) -> datetime:
    """Return the instant that its clock is known by, on the day of the decision."""
    same = select(Suspension.id).where(Suspension.instance_id == context.instance_id)
    place = list(context.session.scalars(same.order_by(Suspension.id))).index(row.id)
    return datetime.combine(row.begins_on, time(), clock.office_zone()) + timedelta(seconds=place)


def _last(session: Session, begins_on: date) -> date:
    rule = limits.current(session, RULE, begins_on)
    return calendar.due(rule, begins_on, plans.work_days(session), clock.office_zone()).date


def _suspension(context: Context) -> Suspension:
    # The process watches them: naming another matter's person in a variable leads nowhere.
    mine = select(Suspension).where(
        Suspension.instance_id == context.instance_id,
        Suspension.subject_id == context.variables.get("subject_id"),
    )
    row = context.session.scalar(mine)
    if row is None:
        raise EngineFault("Nobody is suspended in this matter.", element=context.element_id)
    return row
