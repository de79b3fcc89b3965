"""How these processes come to a matter: by its number, with who handles it, about whom."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from handlers import office, wall
from handlers.cases import persons
from handlers.registers import DUTY, Clue, ClueSubject
from handlers.registers.record import clue_of, handlers_of, numbered
from workflows.errors import refused
from workflows.forms import Option, Options
from workflows.operations import Context, operation


def named(context: Context, number: str) -> Clue:
    """Return the matter of a number; who knows nothing of it learns nothing of it."""
    clue = numbered(context.session, number)
    if clue is None or context.actor is None or wall.view(context.session, context.actor, clue) is None:
        raise refused("number", "clue_number", number=number)
    return clue


def team(session: Session, clue: Clue) -> dict[str, Any]:
    """Return the process variables that say who handles a matter: its handlers, else the head of their office."""
    return {
        "clue_id": clue.id,
        "office": clue.office_code,
        "handlers": handlers_of(session, clue) or logins(session, f"office_head@{clue.office_code}"),
        "management": persons.governing(session, clue),
    }


def logins(session: Session, group: str) -> list[str]:
    """Return who holds a role today, by login."""
    return sorted(person.login for person in office.people_in(session, group) if person.login)


@operation("clearing.subjects", use="options")
def subjects(context: Context) -> Options:
    """Return whom the matter is about, to be chosen from."""
    return {
        "clearing_subjects": [
            Option(str(row.id), row.name, row.name) for row in of_clue(context.session, clue_of(context))
        ]
    }


def of_clue(session: Session, clue: Clue) -> list[ClueSubject]:
    """Return the persons and organisations a matter is about, in order."""
    rows = select(ClueSubject).where(ClueSubject.clue_id == clue.id, ClueSubject.kind != DUTY)
    return list(session.scalars(rows.order_by(ClueSubject.id)))
