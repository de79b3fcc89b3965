"""Taking a list in from the command line: checked as a whole first, then row by row, with a bar for each."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator
from itertools import count
from pathlib import Path
from typing import TypeVar

import click

from handlers import clue_import
from handlers.clue_import import Bad, Corrections, Incoming, Problem, Result, Row
from handlers.lists import Line
from server.db import Database
from workflows.actor import Actor

T = TypeVar("T")
#: Where there is no terminal for a bar, a line is written after so many rows.
TOLD_EVERY = 1_000


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
            self._take(database, actor, clue_import.take_together if together else clue_import.take_each)
        self._finish()

    def _check(self, row: Row | Bad) -> None:
        if isinstance(row, Bad):
            self._refuse(row.line, row.problems)
        else:
            self._good += 1

    def _take(self, database: Database, actor: Actor, take: Callable[..., Iterator[Result]]) -> None:
        rows = (row for row in self._incoming.rows() if isinstance(row, Row))
        undone = take is clue_import.take_together
        numbers = []
        for result in _bar("Taking in", take(database.unit_of_work, rows, actor=actor), self._good):
            if result.problems:
                self._refuse(result.line, result.problems)
                if undone:
                    self._taken = self._known = 0
                    return
            elif result.number is None:
                self._known += 1
                if result.repeat:
                    numbers.append(clue_import.explain(result.repeat, "en"))
            else:
                self._taken += 1
                numbers.append(f"row {result.line.number}: {result.number}")
            if not undone:
                _list(numbers)
        _list(numbers)

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


def _list(numbers: list[str]) -> None:
    # In a terminal the lines would tear the bar apart.
    if not sys.stdout.isatty():
        for line in numbers:
            click.echo(line)
    numbers.clear()


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
