"""Legal and office limits as versioned data: which version of a rule holds on a day."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime
from typing import Any

from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from workflows import audit, calendar, clock, conventions
from workflows.actor import Actor
from workflows.calendar import Convention, Limit, add_months
from workflows.errors import Conflict, FieldError, InvalidInput, NotFound
from workflows.model import TimeLimit

_COLUMNS = tuple(calendar.COLUMNS)
#: A limit that comes into force later than this is a slip of the pen.
FURTHEST_YEARS = 10


def load(session: Session, text: str) -> int:
    """Take in `time_limits.csv` and return how many versions are new; the same file again adds nothing.

    A version that is already there must say the same: running deadlines were counted by it. A version that
    the office itself has written stays, whatever the file says: the office answers for it.
    """
    rows = session.scalars(select(TimeLimit)).all()
    known = {(row.rule_id, row.version): _values(row) for row in rows}
    own = {(row.rule_id, row.version) for row in rows if row.written_by}
    new = []
    for row in calendar.read_limits(text):
        values = _row(row)
        key = (values["rule_id"], values["version"])
        if key in own:
            continue
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


def current(session: Session, rule_id: str, on: date, *, known_at: datetime | None = None) -> Limit:
    """Return the version of a rule in force on a day, for earlier days the first; NotFound names it.

    It carries the office's answers, in force on that day, to what the rule leaves open about its count.

    With `known_at`, what the office has written after that instant is left out.

    A later version supersedes an earlier one from its own day on, also one that was to come into force after.
    """
    found = [
        row
        for row in versions(session, rule_id)
        if known_at is None or row.written_at is None or row.written_at <= known_at
    ]
    # What happened before the first version we hold had a rule too, most likely the same.
    newest = [found[0], *(row for row in found if row.effective_from <= on)][-1]
    return agreed(value(newest), conventions.in_force(session, rule_id, on, known_at=known_at))


def agreed(rule: Limit, answers: Sequence[Convention]) -> Limit:
    """Return a version of a rule as it is counted under these answers of the office."""
    found = replace(rule, conventions=tuple(answers))
    worked = found.unit == "natural_days" and found.does(calendar.DAYS_ARE_WORKED)
    return replace(found, unit="working_days") if worked else found


def kept(session: Session, rule_id: str, version: int, answers: Mapping[str, int]) -> Limit:
    """Return the version of a rule that a deadline began with, and the conventions (question → version) likewise."""
    return agreed(value(get(session, rule_id, version)), conventions.kept(session, answers))


def versions(session: Session, rule_id: str) -> Sequence[TimeLimit]:
    """Return every version of a rule, the first one first; NotFound names it."""
    of_rule = select(TimeLimit).where(TimeLimit.rule_id == rule_id).order_by(TimeLimit.version)
    found = session.scalars(of_rule).all()
    if not found:
        raise NotFound(f"There is no limit {rule_id!r}.", code="limit", rule=rule_id)
    return found


def every(session: Session) -> Mapping[str, Sequence[TimeLimit]]:
    """Return all rules with their versions: those of the law (T) before the office's own (D)."""
    found: dict[str, list[TimeLimit]] = {}
    for row in session.scalars(select(TimeLimit).order_by(TimeLimit.rule_id, TimeLimit.version)):
        found.setdefault(row.rule_id, []).append(row)
    return dict(sorted(found.items(), key=lambda entry: (not entry[0].startswith("T"), entry[0])))


def get(session: Session, rule_id: str, version: int) -> TimeLimit:
    """Return one version of a rule with its legal source, for the page that explains a deadline."""
    row = session.get(TimeLimit, (rule_id, version))
    if row is None:
        raise NotFound(f"There is no limit {rule_id} version {version}.")
    return row


def revised(session: Session, rule_id: str, cells: Mapping[str, str], *, today: date) -> Limit:
    """Return what the next version of a rule would be; `InvalidInput` names each column that is wrong.

    `cells` are texts by column of `time_limits.csv`. Whether liberty is at stake is the rule's nature: it stays.
    """
    found = versions(session, rule_id)
    newest = found[-1]
    fixed = {"rule_id": rule_id, "version": str(newest.version + 1), "liberty": str(newest.liberty).lower()}
    faults: dict[str, FieldError] = {}
    limit = calendar.read_cells({name: cells.get(name, "") for name in _COLUMNS} | fixed, faults)
    if limit and not found[0].effective_from <= limit.effective_from <= add_months(
        today, 12 * FURTHEST_YEARS
    ):
        bounds = (found[0].effective_from.isoformat(), add_months(today, 12 * FURTHEST_YEARS).isoformat())
        must = f"must be a day from {bounds[0]} to {bounds[1]}"
        faults["effective_from"] = FieldError(
            "day_between", {"must": must, "min": bounds[0], "max": bounds[1]}
        )
    runs = calendar.ends(newest.n, newest.unit)
    if limit and runs and not calendar.ends(limit.n, limit.unit):
        must = "must be a number: processes count their deadlines by this rule"
        faults["n"] = FieldError("limit_number_stays", {"must": must})
    if limit is None or faults:
        told = "; ".join(f"{column}: {fault.params['must']}" for column, fault in faults.items())
        raise InvalidInput(f"The limit {rule_id} is refused: {told}.", fields=faults, code="limit_fields")
    return limit


def change(
    session: Session,
    rule_id: str,
    cells: Mapping[str, str],
    *,
    follows: int,
    reason: str,
    actor: Actor,
    today: date,
) -> TimeLimit:
    """Write the next version of a rule; running deadlines keep the one that they were counted by.

    `Conflict` where `follows` is not the newest version any more, `InvalidInput` where nothing would change.
    """
    newest = versions(session, rule_id)[-1]
    # Two who change the same rule at once: the second one sees what the first has written.
    session.refresh(newest, with_for_update=True)
    if versions(session, rule_id)[-1].version != follows:
        raise Conflict(f"The limit {rule_id} has a newer version by now.", code="stale")
    limit = revised(session, rule_id, cells, today=today)
    if not reason.strip():
        raise InvalidInput(
            "Say why the limit changes.", fields={"reason": FieldError("required")}, code="limit_fields"
        )
    row = _row(limit)
    if {**row, "version": follows} == _values(newest):
        raise InvalidInput("Nothing would change.", code="limit_same", rule=rule_id)
    written = TimeLimit(**row, reason=reason.strip(), written_by=actor.id, written_at=clock.now())
    session.add(written)
    audit.record(
        session,
        actor=actor,
        act="limit.change",
        detail={"rule": rule_id, "version": written.version, "from": limit.effective_from.isoformat()},
    )
    session.flush()
    return written


def value(row: TimeLimit) -> Limit:
    """Return a version as the value that deadlines are counted by, before what the office has answered."""
    values = _values(row)
    return Limit(id=values.pop("rule_id"), **values)


def _row(limit: Limit) -> dict[str, Any]:
    """Return a limit as its row's columns."""
    return {name: limit.id if name == "rule_id" else getattr(limit, name) for name in _COLUMNS}


def _values(row: TimeLimit) -> dict[str, Any]:
    return {name: getattr(row, name) for name in _COLUMNS}
