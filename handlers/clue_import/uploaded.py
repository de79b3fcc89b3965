"""Lists that came through the page: taken in, checked and sent a slice at a time, so that progress shows.

What was checked is checked and what was sent is sent: a broken connection, a closed browser or a restart goes on
at the next row. A list and what it says are its sender's alone; of a row that was sent nothing is kept here.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from itertools import islice
from typing import IO

from sqlalchemy import delete, func, insert, select
from sqlalchemy.orm import Session

from handlers.clue_import import columns
from handlers.clue_import.corrections import Corrections
from handlers.clue_import.incoming import Opens, opened, start_form
from handlers.clue_import.kept import (
    TransferList,
    TransferListLine,
    cells_of,
    merge_values,
    problem_values,
    written,
)
from handlers.clue_import.rows import Bad, Judge, Problem
from handlers.clue_import.starting import ROWS, refusals, repeated, start_row
from handlers.lists import Line, Merge
from handlers.uploads import safe_name
from workflows import clock
from workflows.actor import Actor
from workflows.errors import Conflict, InvalidInput, NotFound

#: How long one request checks or sends before it shows how far it came.
SLICE = timedelta(seconds=2)
#: Lines that are written or checked in one transaction: others wait no longer than for these.
TOGETHER = 200


def take(opens: Opens, filename: str, stream: IO[bytes], *, actor: Actor) -> str:
    """Keep a list, and return its id; InvalidInput when the file is no list at all, and nothing is kept."""
    with opened(opens, stream, filename) as incoming:
        layout = incoming.judge.layout
        kept = TransferList(
            login=actor.id,
            filename=safe_name(filename),
            heading=[layout.heading.number, written(layout.heading)],
            merges=merge_values(layout.merges),
            unknown=list(layout.unknown),
            created_at=clock.now(),
        )
        with opens() as session:
            session.add(kept)
        try:
            count = _keep(opens, kept.id, incoming.lines())
        except InvalidInput:
            with opens() as session:
                _delete(session, [kept.id])
            raise
    with opens() as session:
        found = _mine(session, kept.id, actor, lock=True)
        found.lines, found.state = count, "checking"
    return kept.id


def _keep(opens: Opens, list_id: str, lines: Iterable[Line]) -> int:
    left, count = iter(lines), 0
    while some := list(islice(left, TOGETHER)):
        values = [
            {"list_id": list_id, "number": line.number, "cells": written(line), "hidden": line.hidden}
            for line in some
        ]
        with opens() as session:
            session.execute(insert(TransferListLine), values)
        count += len(some)
    return count


def mine(session: Session, list_id: str, *, actor: Actor) -> TransferList:
    """Return one of the actor's own lists; `NotFound` for anybody else's."""
    return _mine(session, list_id, actor)


def recent(session: Session, *, actor: Actor, limit: int = 20) -> Sequence[TransferList]:
    """Return the actor's lists, the newest first; not those of which only a part has come."""
    own = select(TransferList).where(TransferList.login == actor.id, TransferList.state != "arriving")
    return session.scalars(own.order_by(TransferList.created_at.desc()).limit(limit)).all()


def problems(session: Session, found: TransferList, *, limit: int) -> list[Problem]:
    """Return what is wrong with the first bad lines of a list, in their order."""
    rows = session.scalars(_bad(found.id).limit(limit))
    return [problem for row in rows for problem in row.found()]


def repeats(session: Session, found: TransferList, *, limit: int) -> tuple[int, list[Problem]]:
    """Return how many lines were sent before, and under which number each of the first was."""
    lines = TransferListLine.list_id == found.id, TransferListLine.repeat.is_not(None)
    count = session.scalar(select(func.count()).select_from(TransferListLine).where(*lines)) or 0
    said = select(TransferListLine.repeat).where(*lines).order_by(TransferListLine.number).limit(limit)
    return count, [Problem(*values) for values in session.scalars(said) if values]


def check_some(opens: Opens, list_id: str, *, actor: Actor, most: timedelta = SLICE) -> None:
    """Check lines for a while, some in each transaction."""
    with opens() as session:
        judge = _judge(session, _mine(session, list_id, actor), actor)
    until = time.monotonic() + most.total_seconds()
    while _check_next(opens, list_id, judge, actor) and time.monotonic() < until:
        pass


def send_some(opens: Opens, list_id: str, *, actor: Actor, most: timedelta = SLICE) -> None:
    """Send good lines for a while, some in each transaction; `Conflict` before all are checked."""
    with opens() as session:
        judge = _judge(session, _mine(session, list_id, actor), actor)
    until = time.monotonic() + most.total_seconds()
    while _send_next(opens, list_id, judge, actor) and time.monotonic() < until:
        pass


def drop(session: Session, list_id: str, *, actor: Actor) -> None:
    """Forget a list that was not sent; `Conflict` once it was begun."""
    found = _mine(session, list_id, actor, lock=True)
    if found.state not in ("checking", "checked"):
        raise Conflict("The list is being sent or was sent.", code="list_begun")
    _delete(session, [found.id])


def mended(session: Session, list_id: str, *, actor: Actor, language: str) -> tuple[str, IO[bytes]]:
    """Return a file name and a workbook of the lines that were not taken in, to mend and send again."""
    found = _mine(session, list_id, actor)
    book = Corrections(_judge(session, found, actor).layout, language)
    for row in session.scalars(_bad(found.id).execution_options(yield_per=TOGETHER)):
        book.add(row.line(), row.found())
    file = tempfile.TemporaryFile()  # noqa: SIM115 -- closed by who sends it
    book.save(file)
    file.seek(0)
    stem = found.filename.rpartition(".")[0] or found.filename
    return f"{stem}-更正.xlsx", file


def forget(session: Session, before: datetime) -> None:
    """Delete the lists from before an instant."""
    old = select(TransferList.id).where(TransferList.created_at < before)
    _delete(session, session.scalars(old).all())


def _delete(session: Session, list_ids: Sequence[str]) -> None:
    session.execute(delete(TransferListLine).where(TransferListLine.list_id.in_(list_ids)))
    session.execute(delete(TransferList).where(TransferList.id.in_(list_ids)))


def _mine(session: Session, list_id: str, actor: Actor, *, lock: bool = False) -> TransferList:
    wanted = select(TransferList).where(TransferList.id == list_id, TransferList.login == actor.id)
    found = session.scalars(wanted.with_for_update() if lock else wanted).one_or_none()
    if found is None:
        raise NotFound("There is no such list.", code="transfer_list")
    return found


def _judge(session: Session, found: TransferList, actor: Actor) -> Judge:
    """Return what judges the lines; the form may have changed since the list came, and is then the new one's."""
    form, options = start_form(session)
    number, cells = found.heading
    merges = tuple(Merge(*values) for values in found.merges)
    return Judge(columns.layout(Line(number, cells_of(cells)), form, merges), form, options, actor)


def _bad(list_id: str):  # type: ignore[no-untyped-def]
    bad = TransferListLine.list_id == list_id, TransferListLine.problems.is_not(None)
    return select(TransferListLine).where(*bad).order_by(TransferListLine.number)


def _next(session: Session, found: TransferList, limit: int) -> Sequence[TransferListLine]:
    lines = select(TransferListLine).where(
        TransferListLine.list_id == found.id,
        TransferListLine.number > found.reached,
        TransferListLine.problems.is_(None),
    )
    return session.scalars(lines.order_by(TransferListLine.number).limit(limit)).all()


def _check_next(opens: Opens, list_id: str, judge: Judge, actor: Actor) -> bool:
    """Check the next lines; tell whether there may be others."""
    with opens() as session:
        found = _mine(session, list_id, actor, lock=True)
        if found.state != "checking":
            return False
        some = _next(session, found, TOGETHER)
        good = []
        for row in some:
            judged = judge.row(row.line())
            if isinstance(judged, Bad):
                row.problems = problem_values(judged.problems)
                found.bad_rows += 1
            else:
                good.append(judged)
            found.reached = row.number
        found.total += len(good)
        before = repeated(session, good, actor)
        for row in some:
            _note(row, before)
        found.checked += len(some)
        if len(some) < TOGETHER:
            found.state, found.reached = "checked", 0
        return found.state == "checking"


def _send_next(opens: Opens, list_id: str, judge: Judge, actor: Actor) -> bool:
    """Send the next lines; tell whether there may be others."""
    with opens() as session:
        found = _mine(session, list_id, actor, lock=True)
        if found.state not in ("checked", "sending"):
            return _refuse_early(found)
        found.state = "sending"
        for row in _next(session, found, ROWS):
            _send(session, found, row, judge, actor)
        if found.done == found.total:
            found.state, found.finished_at = "sent", clock.now()
        return found.state == "sending"


def _refuse_early(found: TransferList) -> bool:
    if found.state == "checking":
        raise Conflict("The list is still being checked.", code="list_unchecked")
    return False


def _send(session: Session, found: TransferList, row: TransferListLine, judge: Judge, actor: Actor) -> None:
    judged = judge.row(row.line())
    found.reached = row.number
    if isinstance(judged, Bad):  # good when it was checked: another day, or another form
        _refuse(found, row, judged.problems)
        return
    try:
        number = start_row(session, judged, actor)
    except (InvalidInput, Conflict) as error:
        _refuse(found, row, refusals(judged, error))
        return
    found.sent += number is not None
    found.known += number is None
    if number is None:
        _note(row, repeated(session, [judged], actor))
    if row.repeat is None:
        session.delete(row)


def _note(row: TransferListLine, before: Mapping[int, Problem]) -> None:
    if row.number in before:
        (row.repeat,) = problem_values([before[row.number]])


def _refuse(found: TransferList, row: TransferListLine, problems: Sequence[Problem]) -> None:
    row.problems = problem_values(problems)
    found.late += 1
    found.bad_rows += 1
