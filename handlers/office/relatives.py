"""Close relatives that everybody of the office declares (近亲属申报): asked when a matter names somebody like them."""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import select
from sqlalchemy.orm import Session

from handlers.office.model import Relative
from workflows import clock
from workflows.errors import FieldError, InvalidInput, NotFound

LONGEST = 64


def declare(session: Session, login: str, name: str, relation: str, relations: Collection[str]) -> Relative:
    """Return a relative newly declared by `login`; InvalidInput names `name` or `relation`."""
    wrong = {}
    if not name:
        wrong["name"] = FieldError("required")
    elif len(name) > LONGEST:
        wrong["name"] = FieldError("too_long", {"length": len(name), "max": LONGEST})
    if relation not in relations:
        wrong["relation"] = FieldError("required")
    if wrong:
        raise InvalidInput("The relative cannot be declared so.", fields=wrong)
    row = Relative(login=login, name=name, relation=relation, declared_at=clock.now())
    session.add(row)
    session.flush()
    return row


def withdraw(session: Session, login: str, relative_id: str) -> None:
    """End one's own declaration; it stays on record. NotFound where there is none."""
    row = session.get(Relative, relative_id)
    if row is None or row.login != login or row.ended_at is not None:
        raise NotFound("There is no such declaration.")
    row.ended_at = clock.now()


def declared(session: Session, login: str) -> list[Relative]:
    """Return whom `login` has declared, in order."""
    mine = select(Relative).where(Relative.login == login, Relative.ended_at.is_(None))
    return list(session.scalars(mine.order_by(Relative.declared_at, Relative.id)))


def called(session: Session, names: Collection[str]) -> list[Relative]:
    """Return the declared relatives who bear one of these names."""
    found = select(Relative).where(Relative.name.in_(names), Relative.ended_at.is_(None))
    return list(session.scalars(found.order_by(Relative.login, Relative.id)))
