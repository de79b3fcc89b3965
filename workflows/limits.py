"""Legal and office limits as versioned data: which version of a rule holds on a day."""

from __future__ import annotations

from datetime import date
from typing import Any

from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from workflows import calendar
from workflows.calendar import Limit, WorkDays
from workflows.errors import InvalidInput, NotFound
from workflows.model import TimeLimit

_COLUMNS = tuple(column.key for column in TimeLimit.__table__.columns)
_work_days: WorkDays = WorkDays.official()


def work_days() -> WorkDays:
    """Return the office's calendar of working days."""
    return _work_days


def use_work_days(days: WorkDays) -> None:
    """Count on another calendar from now on (a newly published year)."""
    global _work_days
    _work_days = days


def load(session: Session, text: str) -> int:
    """Take in `time_limits.csv` and return how many versions are new; the same file again adds nothing.

    A version that is already there must say the same: running deadlines were counted by it.
    """
    known = {(row.rule_id, row.version): _values(row) for row in session.scalars(select(TimeLimit))}
    new = []
    for row in calendar.read_limits(text):
        values = _row(row)
        key = (values["rule_id"], values["version"])
        if known.setdefault(key, values) != values:
            raise InvalidInput(
                f"Limit {key[0]} version {key[1]} is there with other values; give the change a new version.",
                code="limit_changed",
                rule=key[0],
                version=key[1],
            )
        if known[key] is values:
            new.append(values)
    if new:
        session.execute(insert(TimeLimit), new)
    return len(new)


def current(session: Session, rule_id: str, on: date) -> Limit:
    """Return the version of a rule in force on a day, for earlier days the first; NotFound names it."""
    versions = session.scalars(
        select(TimeLimit).where(TimeLimit.rule_id == rule_id).order_by(TimeLimit.effective_from)
    ).all()
    if not versions:
        raise NotFound(f"There is no limit {rule_id!r}.", code="limit", rule=rule_id)
    # What happened before the first version we hold had a rule too, most likely the same.
    return _limit([versions[0], *(row for row in versions if row.effective_from <= on)][-1])


def get(session: Session, rule_id: str, version: int) -> TimeLimit:
    """Return one version of a rule with its legal source, for the page that explains a deadline."""
    row = session.get(TimeLimit, (rule_id, version))
    if row is None:
        raise NotFound(f"There is no limit {rule_id} version {version}.")
    return row


def _row(limit: Limit) -> dict[str, Any]:
    """Return a limit as its row's columns."""
    return {name: limit.id if name == "rule_id" else getattr(limit, name) for name in _COLUMNS}


def _values(row: TimeLimit) -> dict[str, Any]:
    return {name: getattr(row, name) for name in _COLUMNS}


def _limit(row: TimeLimit) -> Limit:
    values = _values(row)
    return Limit(id=values.pop("rule_id"), **values)
