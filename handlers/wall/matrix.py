"""The visibility matrix (`bpmn/visibility.csv`, domain.md §4.1): which role has which right where, as data.

A cell is a role and an area; its rows of one version are its grants. Of several versions the last that has come into
force holds, for the whole cell. What no office may change is `invariants`.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence, Set
from dataclasses import dataclass
from datetime import date
from functools import cache, lru_cache
from pathlib import Path
from typing import Any, TypeVar

from sqlalchemy import select
from sqlalchemy.orm import Session

from handlers import codes, office, stages
from handlers.wall import invariants
from handlers.wall.grants import Grant
from handlers.wall.rules import units_of
from handlers.wall.scopes import SCOPES
from workflows.actor import Actor
from workflows.errors import InvalidInput

FILE = codes.FOLDER.parent / "visibility.csv"
COLUMNS = ("role", "area", "version", "effective_from", "right", "scope", "mark")
#: Rights that show everything of an area, and those that let its steps be done.
CONTENT = frozenset({"V", "E", "A"})
DOING = frozenset({"E", "A", "do"})
#: Days whose matrix is kept at hand.
_KEPT = 8
T = TypeVar("T")


@dataclass(frozen=True, order=True)
class Held:
    """A scope that an actor has: of no area where the area is all the same, of the units where these matter."""

    scope: str
    units: tuple[str, ...] = ()
    area: str = ""


@dataclass(frozen=True, eq=False)
class Matrix:
    """The grants in force on a day. Two are the same only if they are one: what is built from it is kept by it."""

    grants: tuple[Grant, ...]

    def of(self, actor: Actor, areas: Collection[str] = ()) -> list[Grant]:
        """Return the grants of the roles that an actor holds, in these areas."""
        return [
            grant
            for grant in self.grants
            if grant.role in actor.groups and (not areas or grant.area in areas)
        ]

    def has(self, actor: Actor, area: str, rights: Collection[str], scope: str = "everything") -> bool:
        """Return whether an actor has one of these rights in an area, in this scope."""
        return any(grant.right in rights and grant.scope == scope for grant in self.of(actor, (area,)))

    def held(
        self, actor: Actor, areas: Collection[str], rights: Collection[str]
    ) -> dict[Held, frozenset[str]]:
        """Return the scopes in which an actor has one of these rights, each with the areas; wider ones alone."""
        found: dict[Held, frozenset[str]] = {}
        granted = [grant for grant in self.of(actor, areas) if grant.right in rights]
        whole = {grant.area for grant in granted if grant.scope == "everything"}
        for grant in granted:
            if grant.scope == "everything" or grant.area not in whole:
                one = held_by(actor, grant)
                found[one] = found.get(one, frozenset()) | {grant.area}
        return dict(sorted(found.items()))


def load(session: Session, text: str) -> int:
    """Return how many grants a file has; InvalidInput names row and column of what is wrong with it.

    Wrong are also a role that there is not, and a grant that no matrix may make (`invariants`).
    """
    rows, roles = read(text), set(session.scalars(select(office.Role.id)))
    for grant in rows:
        if grant.role not in roles:
            raise _bad(grant.line, "role", f"{grant.role!r} is none of {', '.join(sorted(roles))}")
    return len(rows)


def read(text: str) -> tuple[Grant, ...]:
    """Return the rows of a file as grants of any version, in order; InvalidInput names row and column."""
    reader = csv.DictReader(io.StringIO(text.removeprefix("\ufeff")), strict=True)
    if tuple(reader.fieldnames or ()) != COLUMNS:
        raise InvalidInput(f"The first line must be {','.join(COLUMNS)}.", code="bad_row", line=1)
    rows: list[Grant] = []
    for row in reader:
        if None in row or None in row.values():
            raise _bad(reader.line_num, "mark", f"expected {len(COLUMNS)} columns")
        grant = _grant(reader.line_num, row)
        if grant in rows:
            raise _bad(grant.line, "role", "the same grant stands in a row above")
        rows.append(grant)
    return tuple(rows)


def in_force(rows: Iterable[Grant], day: date) -> Matrix:
    """Return what holds on a day: of each cell the highest version that has come into force; before the first, that."""
    cells: dict[tuple[str, str], list[Grant]] = {}
    for grant in rows:
        cells.setdefault((grant.role, grant.area), []).append(grant)
    return Matrix(tuple(grant for cell in cells.values() for grant in _standing(cell, day)))


def current() -> Matrix:
    """Return the matrix in force today."""
    return _current(_rows(), office.today())


def every() -> tuple[Grant, ...]:
    """Return the grants of all versions."""
    return _rows()


class Roles(Set[str]):
    """A set of roles, read from the matrix when it is asked: routes name one before anything can be refused."""

    def __init__(self, ask: Callable[[], frozenset[str]]) -> None:
        self._ask = ask

    def __contains__(self, role: object) -> bool:
        return role in self._ask()

    def __iter__(self) -> Iterator[str]:
        return iter(self._ask())

    def __len__(self) -> int:
        return len(self._ask())

    def __or__(self, more: Iterable[Any]) -> Roles:
        return Roles(lambda: self._ask() | frozenset(more))

    __ror__ = __or__

    @classmethod
    def _from_iterable(cls, found: Iterable[Any]) -> frozenset[Any]:
        return frozenset(found)


def roles(area: str, rights: Collection[str], *scopes: str) -> Roles:
    """Return the roles with one of these rights in an area, in any version: whose pages it concerns at all."""
    return Roles(
        lambda: frozenset(
            grant.role
            for grant in _rows()
            if grant.area == area and grant.right in rights and (not scopes or grant.scope in scopes)
        )
    )


def held_by(actor: Actor, grant: Grant) -> Held:
    """Return the scope of a grant as an actor has it: in his units, where it asks for them."""
    scope = SCOPES[grant.scope]
    units = tuple(units_of(actor, grant.role)) if scope.by_unit else ()
    return Held(grant.scope, units, grant.area if scope.by_area else "")


def areas_of_stages() -> frozenset[str]:
    """Return the areas in which steps stand: those that a stage belongs to."""
    return frozenset(area for stage in stages.known() if (area := stages.area(stage)))


def install(rows: Sequence[Grant] | None) -> None:
    """Let these rows hold instead of the file's; None: the file's again."""
    global _installed
    _installed = None if rows is None else tuple(rows)


_installed: tuple[Grant, ...] | None = None


def _rows() -> tuple[Grant, ...]:
    return _of_file() if _installed is None else _installed


@cache
def _of_file() -> tuple[Grant, ...]:
    return read(Path(FILE).read_text("utf-8"))


@lru_cache(maxsize=_KEPT)
def _current(rows: tuple[Grant, ...], day: date) -> Matrix:
    return in_force(rows, day)


def _standing(cell: Sequence[Grant], day: date) -> list[Grant]:
    begun = [grant.version for grant in cell if grant.effective_from <= day]
    version = max(begun, default=min(grant.version for grant in cell))
    return [grant for grant in cell if grant.version == version and grant.right != "none"]


def _grant(line: int, row: dict[str, str]) -> Grant:
    cells = {name: row[name].strip() for name in COLUMNS}
    for column, table in (("area", "areas"), ("right", "rights"), ("scope", "scopes")):
        known = [one["code"] for one in codes.rows(f"visibility_{table}")]
        if cells[column] not in known:
            raise _bad(line, column, f"{cells[column]!r} is none of {', '.join(known)}")
    version = _read(line, "version", cells["version"], int, "a whole number from 1 on")
    day = _read(
        line, "effective_from", cells["effective_from"], date.fromisoformat, "a day such as 2026-01-31"
    )
    if version < 1:
        raise _bad(line, "version", "it must be a whole number from 1 on")
    grant = Grant(
        cells["role"], cells["area"], version, day, cells["right"], cells["scope"], cells["mark"], line
    )
    if broken := invariants.broken(grant):
        raise _bad(line, *broken)
    return grant


def _read(line: int, column: str, text: str, how: Callable[[str], T], what: str) -> T:
    try:
        return how(text)
    except ValueError:
        raise _bad(line, column, f"{text!r} is not {what}") from None


def _bad(line: int, column: str, why: str) -> InvalidInput:
    return InvalidInput(f"Line {line}, column {column}: {why}.", code="bad_row", line=line, column=column)
