"""The code tables of `bpmn/codes`: what forms offer as choices and pages write as words.

A table is the file's name without its ending; its columns `code`, `zh`, `en` come first, others are its own.
Beside the files stand the tables of the registers: `offices`, `agencies` (by unit code), `staff` (by login),
`return_periods`, the present one first, and `limits` (the rules on which clocks run).
"""

from __future__ import annotations

import csv
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from functools import cache
from itertools import chain
from pathlib import Path

from sqlalchemy import select
from sqlalchemy.orm import Session

from handlers import office, return_calendar
from workflows import calendar, limits
from workflows.forms import Option, Options

FOLDER = Path(__file__).parent.parent / "bpmn" / "codes"


def tables(session: Session) -> Options:
    """Return every code table: name → options in the order of the file or register, which is read when asked."""
    return _Tables(session)


class _Tables(Mapping[str, Sequence[Option]]):
    """The tables of the files, and those of the registers, of which a form names one or two."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def __getitem__(self, name: str) -> Sequence[Option]:
        return _files()[name] if name in _files() else _REGISTERS[name](self._session)

    def __contains__(self, name: object) -> bool:
        return name in _files() or name in _REGISTERS

    def __iter__(self) -> Iterator[str]:
        return chain(_files(), _REGISTERS)

    def __len__(self) -> int:
        return len(_files()) + len(_REGISTERS)


def word(table: str, code: str | None, lang: str) -> str:
    """Return the name of a code in a language (`zh`, `en`); the code itself where the table lacks it."""
    if not code:
        return ""
    return next((option.label(lang) for option in _files()[table] if option.value == code), code)


def word_list(table: str, given: Iterable[str], lang: str = "zh") -> str:
    """Return the names of several codes as one text."""
    return ("、" if lang == "zh" else ", ").join(word(table, code, lang) for code in given)


def rows(table: str) -> Sequence[Mapping[str, str]]:
    """Return the lines of a table with all their columns."""
    return _rows(table)


@cache
def _rows(table: str) -> tuple[Mapping[str, str], ...]:
    with (FOLDER / f"{table}.csv").open(encoding="utf-8", newline="") as file:
        return tuple(csv.DictReader(file))


@cache
def _files() -> Mapping[str, Sequence[Option]]:
    names = sorted(path.stem for path in FOLDER.glob("*.csv"))
    return {name: tuple(Option(row["code"], row["zh"], row["en"]) for row in _rows(name)) for name in names}


def _units(session: Session, kind: str) -> tuple[Option, ...]:
    found = session.scalars(select(office.Unit).where(office.Unit.kind == kind).order_by(office.Unit.path))
    return tuple(Option(unit.code, unit.name_zh, unit.name_en) for unit in found)


def staff(session: Session, logins: Collection[str | None]) -> Options:
    """Return the table `staff` with these people only, for a step that is not everybody's."""
    return {"staff": [option for option in staff_options(session) if option.value in logins]}


def staff_options(session: Session) -> tuple[Option, ...]:
    """Return the office's own people who have an account, by login."""
    named = select(office.Person).where(office.Person.login.is_not(None), office.Person.kind == "staff")
    return tuple(
        Option(person.login, person.name, person.name)
        for person in session.scalars(named.order_by(office.Person.login))
        if person.login
    )


def _periods(session: Session) -> tuple[Option, ...]:
    labels = [period.label for period in return_calendar.standing(session).recent(office.today())]
    return tuple(Option(label, label, label) for label in labels)


def _limits(session: Session) -> tuple[Option, ...]:
    """Return the rules on which a clock runs, by their newest version."""
    newest = {rule: rows[-1] for rule, rows in limits.every(session).items()}
    return tuple(
        Option(rule, f"{rule} {row.title_zh}", f"{rule} {row.title_en}")
        for rule, row in newest.items()
        if calendar.ends(row.n, row.unit) and not row.liberty
    )


_REGISTERS: Mapping[str, Callable[[Session], Sequence[Option]]] = {
    "offices": lambda session: _units(session, "office"),
    "agencies": lambda session: _units(session, "agency"),
    "staff": staff_options,
    "return_periods": _periods,
    "limits": _limits,
}
