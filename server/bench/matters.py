"""Matters in the inbox: a bureau's list imported through the real import, then its rows multiplied in bulk."""

from __future__ import annotations

import time
from datetime import date
from random import Random

from sqlalchemy import String, cast, func, insert, literal, select, true
from sqlalchemy.orm import Session

from handlers import clue_import, office
from handlers.registers import Clue
from server.db import Database
from server.demo.transfers import BUREAUS, Traits, write_list
from workflows import clock
from workflows.model import Activity, Base, Instance, InstanceState, Task, TaskCandidate, Timer
from workflows.writing import table

#: Stands in every id that was multiplied.
MARK = "~"
#: Where each table says which matter, instance or task a row belongs to: what a copy has of its own.
_OWN: dict[type[Base], tuple[str, ...]] = {
    Clue: ("id", "transfer_no", "receipt_no", "clue_no", "instance_id"),
    Instance: ("id", "business_key", "scope_id"),
    InstanceState: ("instance_id",),
    Task: ("id", "instance_id", "scope_id"),
    TaskCandidate: ("task_id",),
    Timer: ("id", "instance_id", "task_id"),
    Activity: ("instance_id", "engine_id", "task_id"),
}


def send_list(database: Database, rows: int) -> float:
    """Import a list of so many clues, as its bureau's clerk sends it, and return the seconds that it took."""
    bureau = BUREAUS[0]
    # The same list again would add nothing.
    chance = Random(f"{rows} {clock.now()}")
    data = write_list(bureau, date(2026, 1, 5), [Traits()] * rows, chance)
    with database.reading() as session:
        sender = office.actor_for(
            session, office.people_in(session, f"agency_clerk@{bureau.code}")[0].login or ""
        )
    begun = time.perf_counter()
    outcome = clue_import.import_clues(database.unit_of_work, data, "list.xlsx", actor=sender)
    if outcome.problems:
        raise RuntimeError(f"The list was refused: {clue_import.explain(outcome.problems[0], 'en')}")
    return time.perf_counter() - begun


def multiply(database: Database, copies: range) -> None:
    """Write for each number a copy of every matter that there is, row for row as the engine wrote them.

    To be looked at only: the state of a copy names the tasks of the first.
    """
    with database.unit_of_work() as session:
        for kind, own in _OWN.items():
            _copy(session, kind, own, copies)
    if database.postgresql:
        with database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            # What PostgreSQL does by itself after a minute.
            connection.exec_driver_sql("vacuum analyze")


def open_tasks(session: Session) -> int:
    """Return how many tasks are open."""
    return session.scalar(select(func.count()).select_from(Task).where(Task.closed_at.is_(None))) or 0


def _copy(session: Session, kind: type[Base], own: tuple[str, ...], copies: range) -> None:
    rows = table(kind)
    numbers = select(literal(copies.start).label("n")).cte(recursive=True)
    numbers = numbers.union_all(select(numbers.c.n + 1).where(numbers.c.n < copies.stop - 1))
    # Numbers that the database gives are given anew.
    columns = [column for column in rows.columns if column is not rows.autoincrement_column]
    made = [
        column + (MARK + cast(numbers.c.n, String)) if column.name in own else column for column in columns
    ]
    first = ~rows.c[own[0]].contains(MARK)
    copies_of = select(*made).select_from(rows.join(numbers, true())).where(first)
    session.connection().execute(insert(rows).from_select([column.name for column in columns], copies_of))
