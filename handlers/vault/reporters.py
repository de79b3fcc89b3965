"""Who reported: written by the intake office until the clue is distributed, read by it and by holders of a grant."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields

import orjson
from sqlalchemy import select
from sqlalchemy.orm import Session

from handlers import wall
from handlers.registers import Clue
from handlers.vault import keys
from handlers.vault.model import Grant, Read, Reporter
from handlers.vault.sealing import SHREDDED, seal, unseal
from workflows import audit, clock
from workflows.actor import Actor
from workflows.errors import FieldError, InvalidInput, NotAllowed, NotFound
from workflows.model import new_id

#: Who takes reports in (受理).
INTAKE = "intake_clerk"
#: Who never reads an identity, whatever other roles he holds (domain §4.1: none of any content).
NEVER = frozenset({"admin"})


@dataclass(frozen=True)
class Identity:
    """What is known of a reporter."""

    name: str
    id_number: str = ""
    phone: str = ""
    address: str = ""
    unit: str = ""
    email: str = ""
    note: str = ""
    before: str = ""  #: texts of the clue as they were before this reporter's marks were taken out


#: Longest entries, in characters.
LONGEST = {"note": 2000, "address": 200, "before": 200_000}
LINES = frozenset({"note", "before"})
USUAL = 100


def found(session: Session, clue: Clue) -> Reporter | None:
    """Return the latest version of who reported the clue, sealed; a part that was split off has the whole's."""
    for clue_id in (clue.id, clue.split_from):
        kept = select(Reporter).where(Reporter.clue_id == clue_id, Reporter.key_id != SHREDDED)
        newest = kept.order_by(Reporter.version.desc())
        if clue_id and (row := session.scalars(newest.limit(1)).first()):
            return row
    return None


def is_intake(session: Session, actor: Actor, clue: Clue) -> bool:
    """Return whether the actor is the intake clerk of the clue: took it in, or has a step of it to do."""
    if INTAKE not in actor.groups or actor.groups & NEVER:
        return False
    return wall.view(session, actor, clue) in ("content", "metadata")


def may_write(session: Session, actor: Actor, clue: Clue) -> bool:
    """Return whether the actor may record or correct the reporter: intake, until distribution (domain §4.1)."""
    return clue.named_report and clue.office_code is None and is_intake(session, actor, clue)


def write(session: Session, actor: Actor, clue: Clue, given: Mapping[str, str]) -> Reporter:
    """Return the new version of who reported a clue; nothing of it leaves the envelope.

    Raises NotAllowed, keys.NoKey, or InvalidInput naming the fields.
    """
    if not may_write(session, actor, clue):
        raise NotAllowed(
            "The intake clerk records the reporter, until the clue is distributed.", code="vault_closed"
        )
    before = found(session, clue)
    kept = opened(before).before if before else ""
    identity = _checked({"before": kept, **given})
    row = Reporter(
        id=new_id(),
        clue_id=clue.id,
        version=before.version + 1 if before and before.clue_id == clue.id else 1,
        written_at=clock.now(),
        written_by=actor.id,
    )
    envelope = seal(keys.ring(), row.place, orjson.dumps(asdict(identity)))
    row.key_id, row.wrapped_key, row.content = envelope.key_id, envelope.wrapped_key, envelope.content
    session.add(row)
    session.flush()
    audit.record(
        session,
        actor=actor,
        act="vault.write",
        scope_id=clue.scope_id,
        object_id=f"vault_reporter:{row.id}",
        field_group="reporter",
        detail={"version": row.version},
    )
    return row


def read(session: Session, actor: Actor, clue: Clue, *, purpose: str, grant: Grant | None = None) -> Identity:
    """Return who reported the clue, and leave the trace of it; `grant` unless the intake clerk reads.

    The caller has proved the grant (`grants.active`). Raises NotFound, keys.NoKey or sealing.Unreadable.
    """
    row = found(session, clue)
    if row is None or not (grant or is_intake(session, actor, clue)) or actor.groups & NEVER:
        raise NotFound(f"There is no reporter of {clue.id}.", code="clue")
    identity = opened(row)
    grant_id = grant.id if grant else None
    session.add(Read(at=clock.now(), login=actor.id, clue_id=clue.id, grant_id=grant_id, purpose=purpose))
    audit.record(
        session,
        actor=actor,
        act="vault.read",
        scope_id=clue.scope_id,
        object_id=f"vault_reporter:{row.id}",
        field_group="reporter",
        purpose=purpose,
        detail={"version": row.version, "grant": grant_id},
    )
    return identity


def opened(row: Reporter) -> Identity:
    """Return what a row holds; who shows it to somebody goes by `read`."""
    return Identity(**orjson.loads(unseal(keys.ring(), row.place, row.envelope)))


def _checked(given: Mapping[str, str]) -> Identity:
    values = {one.name: (given.get(one.name) or "").strip() for one in fields(Identity)}
    faults: dict[str, FieldError] = {}
    for name, value in values.items():
        most = LONGEST.get(name, USUAL)
        if len(value) > most:
            faults[name] = FieldError("too_long", {"length": len(value), "max": most})
        elif "\0" in value or (name not in LINES and "\n" in value):
            faults[name] = FieldError("line_breaks")
    if not values["name"]:
        faults["name"] = FieldError("required")
    if faults:
        raise InvalidInput("The reporter cannot be recorded so.", fields=faults)
    return Identity(**values)
