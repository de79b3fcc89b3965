"""What is done with a closed matter: archived, opened for a purpose, taken out; and held, closed or not.

Each act is in the record of the matter and in the audit. (档案法 on closed storage and use; domain.md §6.)
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Select, func, not_, select
from sqlalchemy.orm import Session

from handlers import codes, keeping, office
from handlers.keeping import Archived, Hold, Opening
from handlers.recusals import RECUSED, blocking, state_of
from handlers.registers import Clue, MatterEvent
from workflows import audit, clock
from workflows.actor import Actor
from workflows.errors import Conflict, FieldError, InvalidInput, NotFound
from workflows.model import Instance

PURPOSES = "archive_purposes"
#: Who keeps the archive: they see every matter (domain.md §4.1).
KEEPERS = frozenset({"case_supervision", "case_supervision_head", "principal"})
#: Who may order that nothing is destroyed, and who may end that.
HOLDING = KEEPERS | {"leader"}
LIFTING = frozenset({"case_supervision_head", "principal"})
LONGEST = 2000


def ended_at(session: Session, clue: Clue) -> datetime | None:
    """Return when the last process of a matter ended, None while one runs."""
    found = select(func.count(), func.count(Instance.ended_at), func.max(Instance.ended_at))
    number, ended, last = session.execute(found.where(Instance.scope_id == clue.scope_id)).one()
    return last if number == ended else None


def hold(session: Session, actor: Actor, clue: Clue, *, authority: str, reason: str) -> Hold:
    """Return the hold that stands from now on: nothing of the matter is destroyed. InvalidInput names the fields."""
    office.require(actor, HOLDING)
    said = _said(authority=authority, reason=reason)
    lock(session, clue)
    row = Hold(scope_id=clue.scope_id, placed_by=actor.id, placed_at=clock.now(), **said)
    session.add(row)
    session.flush()
    _note(session, actor, clue.scope_id, "keeping.hold", f"legal_hold:{row.id}")
    return row


def lift(session: Session, actor: Actor, clue: Clue, hold_id: str, *, reason: str) -> None:
    """End a hold; NotFound where none such stands, InvalidInput without a reason."""
    office.require(actor, LIFTING)
    row = next((one for one in keeping.held(session, clue.scope_id) if one.id == hold_id), None)
    if row is None:
        raise NotFound(f"There is no hold {hold_id} to be lifted.", code="hold")
    row.lift_reason = _said(reason=reason)["reason"]
    row.lifted_by, row.lifted_at = actor.id, clock.now()
    _note(session, actor, clue.scope_id, "keeping.lift", f"legal_hold:{row.id}")


def archive(session: Session, actor: Actor, clue: Clue) -> None:
    """Put a closed matter into the archive; Conflict while it is open, or where it lies there already."""
    office.require(actor, KEEPERS)
    lock(session, clue)
    if ended_at(session, clue) is None:
        raise Conflict("Only a matter all of whose processes have ended is archived.", code="matter_open")
    if keeping.archived(session, clue.scope_id):
        raise Conflict("The matter is in the archive already.", code="archived")
    session.add(Archived(scope_id=clue.scope_id, archived_by=actor.id, archived_at=clock.now()))
    _note(session, actor, clue.scope_id, "keeping.archive")


def open_(session: Session, actor: Actor, clue_id: str, *, purpose: str, reason: str) -> Opening:
    """Return the right to read an archived matter for the hours of the purpose; NotFound, or InvalidInput."""
    office.require(actor, KEEPERS)
    clue = session.get(Clue, clue_id)
    if clue is None or not keeping.archived(session, clue.scope_id):
        raise NotFound(f"There is no clue {clue_id} in the archive.", code="clue")
    if state_of(session, actor.id, clue.scope_id) == RECUSED:
        raise NotFound(f"There is no clue {clue_id} in the archive.", code="clue")
    hours = {row["code"]: int(row["hours"]) for row in codes.rows(PURPOSES)}
    if purpose not in hours:
        raise InvalidInput("A purpose is missing.", fields={"purpose": FieldError("required")}, code="form")
    said, now = _said(reason=reason), clock.now()
    until = now + timedelta(hours=hours[purpose])
    row = Opening(scope_id=clue.scope_id, login=actor.id, purpose=purpose, opened_at=now, until=until, **said)
    session.add(row)
    session.flush()
    _note(session, actor, clue.scope_id, "keeping.open", f"archive_opening:{row.id}", purpose=purpose)
    return row


def take_out(session: Session, actor: Actor, clue: Clue, *, reason: str) -> None:
    """Bring a matter back among the others, to be gone on with; Conflict where it is not archived."""
    office.require(actor, LIFTING)
    row = keeping.archived(session, clue.scope_id)
    if row is None:
        raise Conflict("The matter is not in the archive.", code="not_archived")
    row.reason = _said(reason=reason)["reason"]
    row.taken_out_by, row.taken_out_at = actor.id, clock.now()
    _note(session, actor, clue.scope_id, "keeping.take_out")


def register(actor: Actor) -> Select[Clue, Archived]:
    """Return the query for what lies in the archive, the latest first, but for matters the actor keeps out of."""
    lying = select(Clue, Archived).join(Archived, Archived.scope_id == "clue:" + Clue.id)
    seen = not_(blocking(actor.id, Archived.scope_id))
    return lying.where(Archived.taken_out_at.is_(None), seen).order_by(
        Archived.archived_at.desc(), Archived.id
    )


def lock(session: Session, clue: Clue) -> None:
    """Let holds and destructions of one matter wait for one another."""
    session.execute(select(Clue.id).where(Clue.id == clue.id).with_for_update())


def _said(**given: str) -> dict[str, str]:
    said = {name: text.strip() for name, text in given.items()}
    faults = {name: FieldError("required") for name, text in said.items() if not text}
    longest = {"authority": 255}
    for name, text in said.items():
        if len(text) > (most := longest.get(name, LONGEST)):
            faults[name] = FieldError("too_long", {"length": len(text), "max": most})
    if faults:
        raise InvalidInput("What is needed is missing.", fields=faults, code="form")
    return said


def _note(
    session: Session, actor: Actor, scope_id: str, act: str, object_id: str | None = None, **said: Any
) -> None:
    line = MatterEvent(scope_id=scope_id, at=clock.now(), actor=actor.id, code=act, params={})
    session.add(line)
    audit.record(session, actor=actor, act=act, scope_id=scope_id, object_id=object_id, **said)
