"""The visibility matrix in words, and why somebody sees a matter or does not (domain.md §4.1)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from flask import render_template, request
from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from handlers import codes, office, wall
from handlers.registers import Clue
from server.db import reading, unit_of_work
from server.guard import guard
from server.pages.blueprint import blueprint
from server.pages.clues import word
from server.pages.frame import SUPERVISION, VISIBILITY
from workflows import audit
from workflows.actor import Actor


@dataclass(frozen=True)
class Cell:
    """What a role has in an area today, and the day on which that changes."""

    grants: tuple[wall.Grant, ...]
    changes_on: str


@blueprint.get("/visibility")
@guard(roles=VISIBILITY)
def visibility(actor: Actor) -> str:
    """Show the matrix in force today: each role with its rights in each area."""
    with reading() as session:
        roles = session.scalars(select(office.Role)).all()
        rows, cells = {role.id: role for role in roles}, _cells()
        steps = wall.areas_of_stages() | {"reporter"}
        return render_template(
            "visibility.html",
            roles=[
                rows[name] for name in dict.fromkeys(grant.role for grant in wall.every()) if name in rows
            ],
            tables=[
                [area for area in codes.rows("visibility_areas") if (area["code"] in steps) == of]
                for of in (True, False)
            ],
            cells=cells,
            held={role: {area for one, area in cells if one == role} for role, _ in cells},
            rights=codes.rows("visibility_rights"),
            unjudged={row["code"] for row in codes.rows("visibility_scopes") if row["judged"] == "no"},
            today=office.today(),
            word=word,
            may_ask=bool(actor.groups & SUPERVISION),
        )


@blueprint.get("/visibility/why")
@guard(roles=SUPERVISION)
def visibility_why(actor: Actor) -> str:
    """Say why somebody sees a matter that the reader sees, or does not; what was asked is written down."""
    login, number = (request.args.get(name, "").strip()[:64] for name in ("login", "number"))
    with unit_of_work() as session:
        clue = _clue(session, actor, number) if number else None
        somebody = office.actor_for(session, login) if clue and login else None
        if clue and somebody:
            audit.record(
                session,
                actor=actor,
                act="visibility.explain",
                scope_id=clue.scope_id,
                field_group="rights",
                detail={"login": login},
            )
        return render_template(
            "visibility_why.html",
            people=_people(session),
            login=login,
            number=number,
            clue=clue,
            asked=bool(login and number),
            found=wall.explain(session, somebody, clue) if clue and somebody else None,
            word=word,
        )


def _cells() -> dict[tuple[str, str], Cell]:
    now, today = wall.current().grants, office.today()
    found = {}
    for role, area in {(grant.role, grant.area) for grant in wall.every()}:
        ahead = [g.effective_from for g in wall.every() if (g.role, g.area) == (role, area)]
        day = min((day for day in ahead if day > today), default=None)
        grants = tuple(grant for grant in now if (grant.role, grant.area) == (role, area))
        found[role, area] = Cell(grants, day.isoformat() if day else "")
    return found


def _clue(session: Session, actor: Actor, number: str) -> Clue | None:
    columns = (Clue.clue_no, Clue.transfer_no, Clue.receipt_no)
    named = or_(*(column == number for column in columns))
    return session.scalar(select(Clue).where(named, wall.clues(actor, "content")).limit(1))


def _people(session: Session) -> Sequence[office.Person]:
    """Return who signs in, by login."""
    named = select(office.Person).where(office.Person.login.is_not(None))
    return session.scalars(named.order_by(office.Person.login)).all()
