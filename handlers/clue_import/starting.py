"""A list becomes transfers: each good row starts the process as if its form had been filled in by hand."""

from __future__ import annotations

import io
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice

from sqlalchemy import String, UniqueConstraint, insert, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Mapped, Session, mapped_column

from handlers.clue_import import columns
from handlers.clue_import.incoming import PROCESS, Incoming, Opens, opened
from handlers.clue_import.rows import Bad, Problem, Row
from handlers.lists import Line
from handlers.registers import Clue, repeats
from workflows import clock, instances
from workflows.actor import Actor
from workflows.errors import Conflict, DubanError, InvalidInput
from workflows.model import Base

MODES = ("good", "all_or_none")
#: Rows that are sent in one transaction: others wait no longer than for these, and no more are sent again.
ROWS = 20

Progress = Callable[[int, int], object]


class ImportedRow(Base):
    """A row that was taken in: the same one again, from the same sender, adds nothing."""

    __tablename__ = "imported_row"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    sender: Mapped[str]  #: units or login on whose behalf it came
    digest: Mapped[str] = mapped_column(String(64))
    scope_id: Mapped[str | None]
    imported_at: Mapped[datetime]
    imported_by: Mapped[str]

    __table_args__ = (UniqueConstraint("sender", "digest"),)


@dataclass(frozen=True)
class Result:
    """What became of one row: its number as a transfer, or what the process found wrong; neither: sent before."""

    line: Line
    number: str | None = None
    problems: tuple[Problem, ...] = ()
    repeat: Problem | None = None  #: of a row that was sent before, under which number


@dataclass(frozen=True)
class Outcome:
    """What became of a list."""

    started: tuple[tuple[int, str], ...]  #: row → transfer number
    known: tuple[int, ...]  #: rows that were sent before
    problems: tuple[Problem, ...]
    unknown: tuple[str, ...] = ()
    repeats: tuple[Problem, ...] = ()  #: of the known rows, under which number each was sent


def import_clues(
    opens: Opens,
    data: bytes,
    filename: str,
    *,
    actor: Actor,
    mode: str = "good",
    progress: Progress = lambda done, total: None,
) -> Outcome:
    """Take in a list that fits into memory, and return what became of it.

    Starts a transfer for each good row (`good`), or for none unless all rows are good (`all_or_none`); should the
    process then refuse a row all the same, that is the last. A file that is no list gives one problem without a
    row. Raises NotAllowed if the actor may not start transfers.
    """
    if mode not in MODES:
        raise InvalidInput(f"{mode!r} is no way to import; there are {', '.join(MODES)}.", code="mode")
    try:
        with opened(opens, io.BytesIO(data), filename, actor=actor) as incoming:
            found = list(incoming.rows())
            bad = [problem for row in found if isinstance(row, Bad) for problem in row.problems]
            good = [row for row in found if isinstance(row, Row)]
    except InvalidInput as error:
        return Outcome((), (), (Problem(None, None, "", error.code, error.params),))
    if mode == "all_or_none" and bad:
        return Outcome((), (), tuple(bad), incoming.unknown)
    results = []
    for result in take_each(opens, good, actor=actor, stop=mode == "all_or_none"):
        results.append(result)
        progress(len(results), len(good))
    return _outcome(results, bad, incoming)


def _outcome(results: Sequence[Result], bad: Sequence[Problem], incoming: Incoming) -> Outcome:
    late = [problem for result in results for problem in result.problems]
    problems = sorted([*bad, *late], key=lambda problem: problem.row or 0)
    started = tuple((result.line.number, result.number) for result in results if result.number)
    known = tuple(result.line.number for result in results if not result.number and not result.problems)
    told = tuple(result.repeat for result in results if result.repeat)
    return Outcome(started, known, tuple(problems), incoming.unknown, told)


def take_each(opens: Opens, rows: Iterable[Row], *, actor: Actor, stop: bool = False) -> Iterator[Result]:
    """Start a transfer for each row, some in a transaction; yields what became of each once it is written.

    What was written stays, whatever happens then: the same rows again add nothing. With `stop`, the first row
    that is refused is the last.
    """
    left = iter(rows)
    while some := list(islice(left, ROWS)):
        taken = _Slice(actor, stop)
        with opens() as session:
            taken.run(session, some)
        yield from taken.results
        if taken.fault:
            raise taken.fault
        if stop and taken.results[-1].problems:
            return


class _Slice:
    """Some rows on their way in, in one transaction: a row that fails takes none of the others with it."""

    def __init__(self, actor: Actor, stop: bool) -> None:
        self.actor, self.stop = actor, stop
        self.results: list[Result] = []
        self.fault: DubanError | None = None  #: of a row at which nothing can go on

    def run(self, session: Session, rows: Sequence[Row]) -> None:
        before = known(session, rows, self.actor)
        for row in rows:
            if row.number in before:
                self.results.append(Result(row.line, repeat=before[row.number]))
                continue
            try:
                self.results.append(self._started(session, row))
            except (InvalidInput, Conflict) as error:
                self.results.append(Result(row.line, problems=refusals(row, error)))
                if self.stop:
                    return
            except DubanError as error:
                self.fault = error
                return

    def _started(self, session: Session, row: Row) -> Result:
        if number := start_row(session, row, self.actor):
            return Result(row.line, number)
        return Result(row.line, repeat=repeated(session, [row], self.actor).get(row.number))


def known(session: Session, rows: Sequence[Row], actor: Actor) -> Mapping[int, Problem | None]:
    """Return which rows this sender has sent before, and what there is to say of them."""
    digests = [row.digest for row in rows]
    seen = ImportedRow.sender == _sender(actor), ImportedRow.digest.in_(digests)
    lists = set(session.scalars(select(ImportedRow.digest).where(*seen)))
    return {row.number: None for row in rows if row.digest in lists} | repeated(session, rows, actor)


def start_row(session: Session, row: Row, actor: Actor) -> str | None:
    """Return the number of the new transfer, or None if the clue was sent before, by a list or by the form.

    What is refused leaves nothing behind, and the transaction goes on.
    """
    if _sent_before(session, [row], actor):
        return None
    try:
        with session.begin_nested():
            instance = instances.start(session, key=PROCESS, actor=actor, answers=row.answers)
            _mark(session, row, actor, instance.scope_id)
    except _Known:
        return None
    return instance.business_key or instance.id


class _Known(Exception):
    """Another import of the same row was quicker."""


def _mark(session: Session, row: Row, actor: Actor, scope_id: str | None) -> None:
    mark = {
        "sender": _sender(actor),
        "digest": row.digest,
        "imported_at": clock.now(),
        "imported_by": actor.id,
        "scope_id": scope_id,
    }
    try:
        session.execute(insert(ImportedRow), [mark])
    except IntegrityError as error:
        raise _Known from error


def repeated(session: Session, rows: Sequence[Row], actor: Actor) -> dict[int, Problem]:
    """Return which rows say what the agency has sent before, each with its receipt or transfer number."""
    return {
        number: Problem(
            number,
            None,
            "",
            "already_sent" if clue.receipt_no else "already_on_its_way",
            {"number": clue.transfer_no, "receipt": clue.receipt_no or ""},
        )
        for number, clue in _sent_before(session, rows, actor).items()
    }


def _sent_before(session: Session, rows: Sequence[Row], actor: Actor) -> dict[int, Clue]:
    """Return the earlier clue of each row that repeats one: a major one sent ahead stands in the batch, too."""
    digests: dict[str, dict[int, str]] = defaultdict(dict)
    for row in rows:
        if agency := row.answers.get("agency") or _agency(actor):
            names = (one.get("name", "") for one in row.answers["subjects"])
            digests[agency][row.number] = repeats.digest(names, row.answers["facts"])
    found: dict[int, Clue] = {}
    for agency, wanted in digests.items():
        clues = repeats.sent_before(session, agency, wanted.values())
        found |= {number: clues[digest] for number, digest in wanted.items() if digest in clues}
    return found


def _agency(actor: Actor) -> str | None:
    own = sorted(group.partition("@")[2] for group in actor.groups if group.startswith("agency_clerk@"))
    return own[0] if own else None


def _sender(actor: Actor) -> str:
    agencies = sorted(group for group in actor.groups if group.startswith("agency_clerk@"))
    return " ".join(agencies) or actor.id


def refusals(row: Row, error: DubanError) -> tuple[Problem, ...]:
    """Return what the process itself found wrong with a row that its form let pass."""
    fields = error.fields if isinstance(error, InvalidInput) else {}
    named = tuple(
        Problem(row.number, columns.heading_of(path) or path, "", wrong.code, wrong.params)
        for path, wrong in fields.items()
    )
    return named or (Problem(row.number, None, "", "refused", {"why": error.message}),)
