"""Reference and demo data of the office from CSV text: loading the same text again adds nothing."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Sequence
from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session

from handlers.office import units
from handlers.office.model import MANAGING_COMMITTEES, Membership, Person, Post, Role, Unit
from workflows.errors import InvalidInput, NotFound

Row = dict[str, str]

_PERSON = ["login", "name", "sex", "political_status", "unit", "title", "rank", "managing_committee", "since"]


def load_roles(session: Session, text: str) -> int:
    """Return how many roles are new; known ones take the names of the text (`bpmn/roles.csv`)."""
    added = 0
    for _, row in _rows(text, ("id", "zh", "en", "level", "proxies", "description", "above")):
        role = session.get(Role, row["id"])
        if role is None:
            role = Role(id=row["id"])
            session.add(role)
            added += 1
        role.name_zh, role.name_en = row["zh"], row["en"]
        role.level, role.description, role.above = row["level"], row["description"], row["above"]
        role.proxies = row["proxies"]
    session.flush()
    return added


def load_units(session: Session, text: str) -> int:
    """Return how many units are new; a parent stands above its children in the text."""
    added = 0
    known = set(session.scalars(select(Unit.code)))
    for line, row in _rows(text, ("code", "name_zh", "name_en", "kind", "parent", "area_code")):
        if row["code"] in known:
            continue
        parent = row.pop("parent") or None
        if parent is not None and parent not in known:
            raise _bad(line, "parent", f"{parent!r} is no unit above this line")
        units.add_unit(session, row.pop("code"), parent=parent, **row)
        known = set(session.scalars(select(Unit.code)))
        added += 1
    return added


def load_people(session: Session, text: str) -> int:
    """Return how many persons are new, each with a post where the row has a title."""
    added = 0
    columns = (
        "login",
        "name",
        "sex",
        "political_status",
        "unit",
        "title",
        "rank",
        "managing_committee",
        "since",
    )
    known = set(session.scalars(select(Person.login)))
    for line, row in _rows(text, columns):
        if row["login"] in known:
            continue
        somebody = Person(
            name=row["name"],
            login=row["login"],
            kind=_kind(session, row["unit"]),
            sex=row["sex"],
            political_status=row["political_status"],
        )
        session.add(somebody)
        session.flush()
        if row["title"]:
            session.add(_post(session, somebody, line, row))
        added += 1
    session.flush()
    return added


def load_memberships(session: Session, text: str) -> int:
    """Return how many memberships are new."""
    added = 0
    for line, row in _rows(text, ("login", "role", "unit", "since")):
        since = _day(line, row["since"])
        added += enrol(session, row["login"], row["role"], unit_code=row["unit"] or None, since=since)
    return added


def enrol(session: Session, login: str, role: str, *, unit_code: str | None = None, since: date) -> bool:
    """Return whether the person newly holds the role in the unit; NotFound names the unknown part."""
    somebody = session.scalar(select(Person).where(Person.login == login))
    if somebody is None:
        raise NotFound(f"Nobody signs in as {login!r}.", code="no_person", login=login)
    if session.get(Role, role) is None:
        raise NotFound(f"There is no role {role!r}.", code="no_role", role=role)
    unit_id = units.unit(session, unit_code).id if unit_code else None
    held = Membership.person_id == somebody.id, Membership.role == role
    here = Membership.unit_id == unit_id if unit_id else Membership.unit_id.is_(None)
    if session.scalar(select(Membership.id).where(*held, here, Membership.until.is_(None))):
        return False
    session.add(Membership(person_id=somebody.id, role=role, unit_id=unit_id, since=since))
    session.flush()
    return True


def _kind(session: Session, unit_code: str) -> str:
    """Return `staff` for people of the commission, `external` for those of agencies and other units."""
    ours = not unit_code or units.unit(session, unit_code).kind in ("commission", "office", "resident_group")
    return "staff" if ours else "external"


def _post(session: Session, somebody: Person, line: int, row: Row) -> Post:
    if row["managing_committee"] not in MANAGING_COMMITTEES:
        raise _bad(line, "managing_committee", f"expected one of {', '.join(MANAGING_COMMITTEES)}")
    return Post(
        person_id=somebody.id,
        unit_id=units.unit(session, row["unit"]).id if row["unit"] else None,
        title=row["title"],
        rank=row["rank"],
        managing_committee=row["managing_committee"],
        since=_day(line, row["since"]),
    )


def _rows(text: str, columns: Sequence[str]) -> Iterator[tuple[int, Row]]:
    reader = csv.DictReader(io.StringIO(text.removeprefix("\ufeff")), strict=True)
    found = list(reader.fieldnames or ())
    if found != list(columns):
        raise InvalidInput(f"The first line must be {','.join(columns)}; it is {','.join(found)}.")
    for row in reader:
        if None in row or None in row.values():
            raise InvalidInput(f"Line {reader.line_num}: expected {len(columns)} columns.")
        yield reader.line_num, {column: value.strip() for column, value in row.items()}


def _day(line: int, value: str) -> date:
    try:
        return date.fromisoformat(value)
    except ValueError:
        raise _bad(line, "since", f"{value!r} is no date; write it as 2026-01-31") from None


def _bad(line: int, column: str, why: str) -> InvalidInput:
    return InvalidInput(f"Line {line}, column {column}: {why}.", code="bad_row", line=line, column=column)
