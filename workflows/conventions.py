"""What the office has answered to questions of counting that rules leave open: in force from a day, kept for ever.

What a question is called, and which answers there are, is not known here: an answer says what it does to a count
(`workflows.calendar.limits`) and to which limits.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from workflows import audit, clock
from workflows.actor import Actor
from workflows.calendar import Convention
from workflows.errors import Conflict
from workflows.model import TimeConvention

_KNOWN = "time_conventions"


@dataclass(frozen=True)
class Answer:
    """An answer that may hold to a question."""

    question: str
    option: str
    effect: str
    rules: str  #: ids of limits, blanks between; empty: all


def seed(session: Session, answers: Sequence[Answer]) -> int:
    """Take in the answers that hold until the office decides; return how many are new.

    What the office has decided stays. Where the program has come to ask a question of other rules, the answer that
    holds is written again for them, from tomorrow on.
    """
    new = 0
    tomorrow = clock.day_of(clock.now()) + timedelta(days=1)
    for answer in answers:
        found = versions(session, answer.question)
        if not found:
            _write(session, answer, version=1, effective_from=date.min)
        elif found[-1].rules != answer.rules:
            newest = found[-1]
            asked_anew = Answer(answer.question, newest.option, newest.effect, answer.rules)
            _write(
                session,
                asked_anew,
                version=newest.version + 1,
                effective_from=max(newest.effective_from, tomorrow),
                document_no=newest.document_no,
            )
        else:
            continue
        new += 1
    return new


def decide(
    session: Session, answer: Answer, *, effective_from: date, document_no: str, follows: int, actor: Actor
) -> TimeConvention:
    """Write the office's answer; deadlines that have begun keep theirs.

    `Conflict` where `follows` is not the newest version any more.
    """
    newest = versions(session, answer.question)[-1]
    # Two who decide at once: the second one sees what the first has written.
    session.refresh(newest, with_for_update=True)
    session.info.pop(_KNOWN, None)
    if versions(session, answer.question)[-1].version != follows:
        raise Conflict("The question was decided by somebody else meanwhile.", code="stale")
    written = _write(
        session,
        answer,
        version=follows + 1,
        effective_from=effective_from,
        document_no=document_no,
        by=actor.id,
    )
    detail = {"question": answer.question, "option": answer.option, "version": written.version}
    detail |= {"from": effective_from.isoformat(), "document": document_no}
    audit.record(session, actor=actor, act="convention.decide", detail=detail)
    return written


def versions(session: Session, question: str) -> list[TimeConvention]:
    """Return all answers to a question, the first one first."""
    return [row for row in _rows(session) if row.question == question]


def answered(
    session: Session, question: str, on: date, *, known_at: datetime | None = None
) -> TimeConvention | None:
    """Return the answer in force on a day; None where the question was never asked.

    A later answer supersedes an earlier one from its own day on, also one that was to come into force after.
    """
    holding = [
        row
        for row in versions(session, question)
        if row.effective_from <= on
        and (known_at is None or row.written_at is None or row.written_at <= known_at)
    ]
    return holding[-1] if holding else None


def in_force(
    session: Session, rule_id: str, on: date, *, known_at: datetime | None = None
) -> tuple[Convention, ...]:
    """Return the answers by which a limit is counted that begins on a day."""
    questions = dict.fromkeys(row.question for row in _rows(session))
    found = (answered(session, question, on, known_at=known_at) for question in questions)
    return tuple(_value(row) for row in found if row and _about(row, rule_id))


def kept(session: Session, answers: Mapping[str, int]) -> tuple[Convention, ...]:
    """Return the answers that a deadline began with: question → version."""
    return tuple(_value(row) for row in _rows(session) if answers.get(row.question) == row.version)


def _rows(session: Session) -> Sequence[TimeConvention]:
    """Return every answer, by question and version; within a transaction read once."""
    if _KNOWN not in session.info:
        every = select(TimeConvention).order_by(TimeConvention.question, TimeConvention.version)
        session.info[_KNOWN] = session.scalars(every).all()
    known: Sequence[TimeConvention] = session.info[_KNOWN]
    return known


def _write(
    session: Session,
    answer: Answer,
    *,
    version: int,
    effective_from: date,
    document_no: str = "",
    by: str | None = None,
) -> TimeConvention:
    row = TimeConvention(
        question=answer.question,
        version=version,
        option=answer.option,
        effect=answer.effect,
        rules=answer.rules,
        effective_from=effective_from,
        document_no=document_no,
        written_by=by,
        written_at=clock.now(),
    )
    session.add(row)
    session.flush()
    session.info.pop(_KNOWN, None)
    return row


def _about(row: TimeConvention, rule_id: str) -> bool:
    return not row.rules or rule_id in row.rules.split()


def _value(row: TimeConvention) -> Convention:
    return Convention(row.question, row.version, row.option, row.effect, row.document_no)
