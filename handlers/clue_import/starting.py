"""A list becomes transfers: each good row starts the process as if its form had been filled in by hand."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import String, UniqueConstraint, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Mapped, Session, mapped_column

from handlers import lists
from handlers.clue_import import columns, rows
from handlers.clue_import.rows import Problem, Row
from handlers.office import Unit
from handlers.registers import Clue, repeats
from workflows import clock, definitions, deployed, instances, recording
from workflows.actor import Actor
from workflows.errors import Conflict, DubanError, InvalidInput
from workflows.forms import Form, Option, Options
from workflows.model import Base

PROCESS = "clue_transfer"
MODES = ("good", "all_or_none")

UnitOfWork = Callable[[], AbstractContextManager[Session]]
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
class Reading:
    """What a list says: its good rows, what is wrong with the others, and headings that are not read."""

    rows: tuple[Row, ...]
    problems: tuple[Problem, ...]
    unknown: tuple[str, ...] = ()


@dataclass(frozen=True)
class Outcome:
    """What became of a list."""

    started: tuple[tuple[int, str], ...]  #: row → transfer number
    known: tuple[int, ...]  #: rows that were sent before
    problems: tuple[Problem, ...]
    unknown: tuple[str, ...] = ()
    repeats: tuple[Problem, ...] = ()  #: of the known rows, under which number each was sent


def read(session: Session, data: bytes, filename: str) -> Reading:
    """Return what the file says; a file that is no list gives one problem without a row."""
    form, options = start_form(session)
    try:
        layout = columns.find(lists.read(data, filename), form)
    except InvalidInput as error:
        return Reading((), (Problem(None, None, "", error.code, error.params),))
    good: list[Row] = []
    problems: list[Problem] = []
    for found in rows.read_rows(layout, form, options):
        if isinstance(found, Row):
            good.append(found)
        else:
            problems.extend(found)
    if not good and not problems:
        problems.append(Problem(None, None, "", "list_no_rows", {}))
    return Reading(tuple(good), tuple(problems), layout.unknown)


def import_clues(
    unit_of_work: UnitOfWork,
    data: bytes,
    filename: str,
    *,
    actor: Actor,
    mode: str = "good",
    progress: Progress = lambda done, total: None,
) -> Outcome:
    """Start a transfer for each good row (`good`), or for all rows if all are good (`all_or_none`).

    A good row is one transaction in the first mode, the whole list one in the second. The same row again adds
    nothing. Raises NotAllowed if the actor may not start transfers.
    """
    if mode not in MODES:
        raise InvalidInput(f"{mode!r} is no way to import; there are {', '.join(MODES)}.", code="mode")
    with unit_of_work() as session:
        reading = read(session, data, filename)
    start = _together if mode == "all_or_none" else _one_by_one
    outcome = start(unit_of_work, reading, actor, progress)
    with unit_of_work() as session:
        known = [row for row in reading.rows if row.number in outcome.known]
        return replace(outcome, repeats=tuple(repeated(session, known, actor)))


def _one_by_one(unit_of_work: UnitOfWork, reading: Reading, actor: Actor, progress: Progress) -> Outcome:
    started: list[tuple[int, str]] = []
    known: list[int] = []
    problems = list(reading.problems)
    for done, row in enumerate(reading.rows, 1):
        try:
            with unit_of_work() as session:
                number = start_row(session, row, actor)
        except (InvalidInput, Conflict) as error:
            problems.extend(refusals(row, error))
        else:
            started.append((row.number, number)) if number else known.append(row.number)
        progress(done, len(reading.rows))
    return Outcome(tuple(started), tuple(known), _in_order(problems), reading.unknown)


def _together(unit_of_work: UnitOfWork, reading: Reading, actor: Actor, progress: Progress) -> Outcome:
    started: list[tuple[int, str]] = []
    known: list[int] = []
    if reading.problems:
        return Outcome((), (), reading.problems, reading.unknown)
    row: Row | None = None
    try:
        with unit_of_work() as session:
            for done, row in enumerate(reading.rows, 1):
                number = start_row(session, row, actor)
                started.append((row.number, number)) if number else known.append(row.number)
                progress(done, len(reading.rows))
    except (InvalidInput, Conflict) as error:
        assert row is not None  # only a row is refused
        return Outcome((), (), refusals(row, error), reading.unknown)
    return Outcome(tuple(started), tuple(known), (), reading.unknown)


def start_row(session: Session, row: Row, actor: Actor) -> str | None:
    """Return the number of the new transfer, or None if the clue was sent before, by a list or by the form."""
    if _sent_before(session, [row], actor):
        return None
    sender = _sender(actor)
    seen = select(ImportedRow.id).where(ImportedRow.sender == sender, ImportedRow.digest == row.digest)
    if session.scalar(seen) is not None:
        return None
    mark = ImportedRow(
        sender=sender, digest=row.digest, imported_at=clock.now(), imported_by=actor.id, scope_id=None
    )
    try:
        # Written first: of two imports of one list at a time, the second waits here and finds it known.
        with session.begin_nested():
            session.add(mark)
    except IntegrityError:
        return None
    instance = instances.start(session, key=PROCESS, actor=actor, answers=row.answers)
    mark.scope_id = instance.scope_id
    return instance.business_key or instance.id


def repeated(session: Session, rows: Sequence[Row], actor: Actor) -> list[Problem]:
    """Return which rows say what the agency has sent before, each with its receipt or transfer number."""
    before = _sent_before(session, rows, actor)
    return [
        Problem(
            row.number,
            None,
            "",
            "already_sent" if clue.receipt_no else "already_on_its_way",
            {"number": clue.transfer_no, "receipt": clue.receipt_no or ""},
        )
        for row in rows
        if (clue := before.get(row.number)) is not None
    ]


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


def _in_order(problems: Sequence[Problem]) -> tuple[Problem, ...]:
    return tuple(sorted(problems, key=lambda problem: problem.row or 0))


def start_form(session: Session) -> tuple[Form, Options]:
    """Return the transfer form by which a list is judged, with its code tables."""
    definition = definitions.latest(session, PROCESS)
    owner = deployed.process(session, definition.id)
    form = deployed.form(session, owner, owner.definition.start_node)
    if form is None:
        raise Conflict(f"The process {PROCESS} has no start form, by which a list is judged.", code="no_form")
    return form, _with_city(session, recording.options(session, form))


def _with_city(session: Session, options: Options) -> Options:
    """Return the code tables with each agency also under its full name, the city's before its own."""
    cities = session.scalars(select(Unit.name_zh).where(Unit.kind.in_(("city", "government")))).all()
    agencies = options.get("agencies", ())
    full = [Option(one.value, f"{city}{one.zh}") for one in agencies for city in cities]
    return {**options, "agencies": [*agencies, *full]}
