"""Taking a list in from the command line: checked as a whole first, then sent, with a bar for each."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from itertools import count
from pathlib import Path
from typing import TypeVar

import click

from handlers import clue_import
from handlers.clue_import import Bad, Corrections, Incoming, Problem, Row
from handlers.lists import Line
from server.db import Database
from workflows.actor import Actor

T = TypeVar("T")
#: Where there is no terminal for a bar, a line is written after so many rows.
TOLD_EVERY = 1_000
#: Where every row was good when it was checked, and the process refused one all the same.
STOPPED = (
    "Stopped at this row, which was good when it was checked: what was taken in before it stays. The list sent "
    "again takes up the rest."
)


class Taking:
    """One list on its way in: what is told of it, and what is written down to be mended."""

    def __init__(self, incoming: Incoming, corrections: Path | None) -> None:
        self._incoming = incoming
        self._path = corrections
        self._book: Corrections | None = None
        self._good = self._bad = self._taken = self._known = 0

    def run(self, database: Database, actor: Actor, *, together: bool) -> None:
        """Take the list in; ClickException when a row was not taken in."""
        for heading in self._incoming.unknown:
            click.echo(f"The column {heading} is not read.", err=True)
        for row in _bar("Checking", self._incoming.rows()):
            self._check(row)
        if not (together and self._bad):
            self._take(database, actor, stop=together)
        self._finish()

    def _check(self, row: Row | Bad) -> None:
        if isinstance(row, Bad):
            self._refuse(row.line, row.problems)
        else:
            self._good += 1

    def _take(self, database: Database, actor: Actor, *, stop: bool) -> None:
        rows = (row for row in self._incoming.rows() if isinstance(row, Row))
        taken = clue_import.take_each(database.unit_of_work, rows, actor=actor, stop=stop)
        for result in _bar("Taking in", taken, self._good):
            if result.problems:
                self._refuse(result.line, result.problems)
            elif result.number is None:
                self._known += 1
                if result.repeat:
                    _say(clue_import.explain(result.repeat, "en"))
            else:
                self._taken += 1
                _say(f"row {result.line.number}: {result.number}")
        if stop and self._bad:
            click.echo(STOPPED, err=True)

    def _refuse(self, line: Line, problems: Iterable[Problem]) -> None:
        self._bad += 1
        told = tuple(problems)
        for problem in told:
            click.echo(clue_import.explain(problem, "en"), err=True)
        if self._path:
            self._book = self._book or Corrections(self._incoming.judge.layout)
            self._book.add(line, told)

    def _finish(self) -> None:
        if self._book and self._path:
            with self._path.open("wb") as target:
                self._book.save(target)
            click.echo(f"The bad rows are in {self._path}.", err=True)
        click.echo(f"{self._taken} taken in, {self._known} known before.")
        if self._bad:
            raise click.ClickException(f"{self._bad} row{'s' if self._bad > 1 else ''} not taken in.")


def _say(line: str) -> None:
    # In a terminal the lines would tear the bar apart.
    if not sys.stdout.isatty():
        click.echo(line)


def _bar(label: str, rows: Iterable[T], total: int | None = None) -> Iterator[T]:
    """Yield the rows, and show how far they are."""
    if sys.stderr.isatty():
        with click.progressbar(rows, total, label, show_pos=True, file=sys.stderr) as bar:
            yield from bar
        return
    done = 0
    for done, row in zip(count(1), rows, strict=False):
        yield row
        if done % TOLD_EVERY == 0 and done != total:
            click.echo(f"{label}: {done}{f' of {total}' if total else ''} rows …", err=True)
    click.echo(f"{label}: {done} rows.", err=True)
