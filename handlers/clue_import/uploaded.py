"""Lists that came through the page: checked at once, then sent a slice at a time, so that progress shows.

What was sent is sent: a broken connection, a closed browser or a restart goes on at the next row. A list and
what it says are its sender's alone.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import JSON, LargeBinary, delete, select
from sqlalchemy.orm import Mapped, Session, mapped_column, undefer

from handlers.clue_import.corrections import corrections
from handlers.clue_import.rows import Problem, Row
from handlers.clue_import.starting import UnitOfWork, read, refusals, repeated, start_row
from handlers.uploads import safe_name
from workflows import clock
from workflows.actor import Actor
from workflows.errors import Conflict, InvalidInput, NotFound
from workflows.model import Base, new_id

#: How long one request sends before it shows how far it came.
SLICE = timedelta(seconds=2)
#: A list holds names: it is deleted when it can hardly be asked for any more.
KEPT_FOR = timedelta(days=30)


class TransferList(Base):
    """A list with what was found in it and how far it was sent."""

    __tablename__ = "transfer_list"

    id: Mapped[str] = mapped_column(primary_key=True, default=new_id)
    login: Mapped[str] = mapped_column(index=True)
    filename: Mapped[str]
    content: Mapped[bytes] = mapped_column(LargeBinary, deferred=True)
    state: Mapped[str] = mapped_column(default="checked")  #: checked | sending | sent
    good: Mapped[list[Any]] = mapped_column(JSON, deferred=True)  #: [row, answers, digest] of each good row
    bad: Mapped[list[Any]] = mapped_column(JSON, deferred=True)  #: the problems found, as `Problem`s' values
    late: Mapped[list[Any]] = mapped_column(default=list)  #: the problems that only sending found
    unknown: Mapped[list[Any]]  #: headings that are not read
    total: Mapped[int]  #: good rows
    done: Mapped[int] = mapped_column(default=0)  #: of them, how many were tried
    sent: Mapped[int] = mapped_column(default=0)
    known: Mapped[int] = mapped_column(default=0)  #: sent before
    repeated: Mapped[list[Any]] = mapped_column(default=list)  #: of the good rows, what was sent before
    created_at: Mapped[datetime]
    finished_at: Mapped[datetime | None]

    @property
    def problems(self) -> list[Problem]:
        """What is wrong, in the order of the rows."""
        found = [Problem(*values) for values in (*self.bad, *self.late)]
        return sorted(found, key=lambda problem: problem.row or 0)

    @property
    def repeats(self) -> list[Problem]:
        """Which rows were sent before, and under which numbers."""
        return sorted((Problem(*values) for values in self.repeated), key=lambda problem: problem.row or 0)

    @property
    def bad_rows(self) -> int:
        """How many rows were not taken in."""
        return len({values[0] for values in (*self.bad, *self.late)})


def take(session: Session, filename: str, data: bytes, *, actor: Actor) -> TransferList:
    """Return the list as checked and kept; InvalidInput when the file is no list at all."""
    reading = read(session, data, filename)
    whole = [problem for problem in reading.problems if problem.row is None]
    if whole:
        raise InvalidInput("The file is no transfer list.", code=whole[0].code, **whole[0].params)
    found = TransferList(
        login=actor.id,
        filename=safe_name(filename),
        content=data,
        good=[[row.number, dict(row.answers), row.digest] for row in reading.rows],
        bad=[_values(problem) for problem in reading.problems],
        unknown=list(reading.unknown),
        repeated=[_values(problem) for problem in repeated(session, reading.rows, actor)],
        total=len(reading.rows),
        created_at=clock.now(),
    )
    session.add(found)
    session.flush()
    return found


def mine(session: Session, list_id: str, *, actor: Actor) -> TransferList:
    """Return one of the actor's own lists with its problems; `NotFound` for anybody else's."""
    return _mine(session, list_id, actor, undefer(TransferList.bad))


def recent(session: Session, *, actor: Actor, limit: int = 20) -> Sequence[TransferList]:
    """Return the actor's lists, the newest first."""
    own = select(TransferList).where(TransferList.login == actor.id)
    ordered = own.options(undefer(TransferList.bad)).order_by(TransferList.created_at.desc())
    return session.scalars(ordered.limit(limit)).all()


def send_some(unit_of_work: UnitOfWork, list_id: str, *, actor: Actor, most: timedelta = SLICE) -> None:
    """Send good rows for a while, each in a transaction of its own."""
    with unit_of_work() as session:
        rows = list(_mine(session, list_id, actor, undefer(TransferList.good)).good)
    until = time.monotonic() + most.total_seconds()
    while _send_next(unit_of_work, list_id, rows, actor) and time.monotonic() < until:
        pass


def drop(session: Session, list_id: str, *, actor: Actor) -> None:
    """Forget a list that was not sent; `Conflict` once it was begun."""
    found = _mine(session, list_id, actor, lock=True)
    if found.state != "checked":
        raise Conflict("The list is being sent or was sent.", code="list_begun")
    session.delete(found)


def mended(session: Session, list_id: str, *, actor: Actor, language: str) -> tuple[str, bytes]:
    """Return a file name and a workbook of the rows that were not taken in, to mend and send again."""
    found = _mine(session, list_id, actor, undefer(TransferList.bad), undefer(TransferList.content))
    stem = found.filename.rpartition(".")[0] or found.filename
    data = corrections(session, found.content, found.filename, found.problems, language)
    return f"{stem}-更正.xlsx", data


def forget(session: Session) -> None:
    """Delete lists that are too old to be asked for."""
    session.execute(delete(TransferList).where(TransferList.created_at < clock.now() - KEPT_FOR))


def _mine(session: Session, list_id: str, actor: Actor, *loaded: Any, lock: bool = False) -> TransferList:
    wanted = select(TransferList).where(TransferList.id == list_id, TransferList.login == actor.id)
    if lock:
        wanted = wanted.with_for_update().execution_options(populate_existing=True)
    found = session.scalars(wanted.options(*loaded)).one_or_none()
    if found is None:
        raise NotFound("There is no such list.", code="transfer_list")
    return found


def _send_next(unit_of_work: UnitOfWork, list_id: str, rows: list[Any], actor: Actor) -> bool:
    """Send the next row; tell whether there may be another."""
    with unit_of_work() as session:
        found = _mine(session, list_id, actor, lock=True)
        if found.state == "sent":
            return False
        if found.done < found.total:
            _send(session, found, Row(*rows[found.done]), actor)
        found.state = "sending"
        if found.done == found.total:
            found.state, found.finished_at = "sent", clock.now()
        return found.state == "sending"


def _send(session: Session, found: TransferList, row: Row, actor: Actor) -> None:
    try:
        with session.begin_nested():
            number = start_row(session, row, actor)
    except (InvalidInput, Conflict) as error:
        found.late = [*found.late, *(_values(problem) for problem in refusals(row, error))]
    else:
        found.sent += number is not None
        found.known += number is None
        if number is None and row.number not in {values[0] for values in found.repeated}:
            found.repeated = [*found.repeated, *(map(_values, repeated(session, [row], actor)))]
    found.done += 1


def _values(problem: Problem) -> list[Any]:
    return [problem.row, problem.column, problem.value, problem.code, dict(problem.params)]
