"""A list as it comes in: its file read row by row, each judged by the transfer form; nothing is kept in memory."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from typing import IO

from sqlalchemy import select
from sqlalchemy.orm import Session

from handlers import lists
from handlers.clue_import import columns
from handlers.clue_import.rows import Bad, Judge, Row
from handlers.lists import Line, Sheet
from handlers.office import Unit
from workflows import definitions, deployed, recording
from workflows.actor import Actor
from workflows.errors import Conflict, InvalidInput
from workflows.forms import Form, Option, Options

PROCESS = "clue_transfer"

#: Opens a session, for reading or as a transaction.
Opens = Callable[[], AbstractContextManager[Session]]


@dataclass(frozen=True)
class Incoming:
    """A list that stands open, and can be gone through as often as needed."""

    sheet: Sheet
    judge: Judge

    @property
    def unknown(self) -> tuple[str, ...]:
        """Headings that are not read."""
        return self.judge.layout.unknown

    def lines(self) -> Iterator[Line]:
        """Yield the lines below the headings; InvalidInput if there is none, or one that cannot be read."""
        number = None
        for line in self.sheet.lines:
            if line.number > self.judge.layout.heading.number:
                number = line.number
                yield line
        if number is None:
            raise InvalidInput("There are no rows below the headings.", code="list_no_rows")

    def rows(self) -> Iterator[Row | Bad]:
        """Yield each line as a good row, or with what is wrong with it."""
        return map(self.judge.row, self.lines())


@contextmanager
def opened(
    opens: Opens, stream: IO[bytes], filename: str, *, actor: Actor | None = None
) -> Iterator[Incoming]:
    """Give the list in a file; InvalidInput says why it is none. Rows are judged as the actor's, if one is named."""
    with opens() as session:
        form, options = start_form(session)
    with lists.opened(stream, filename) as sheets:
        sheet, layout = columns.find(sheets, form)
        yield Incoming(sheet, Judge(layout, form, options, actor))


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
