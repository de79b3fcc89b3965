"""Minors and victims of a matter: under seal, called by an alias everywhere else (domain §4.1, §4.2 rule 6).

The handlers of the matter and the leader in charge read them; whoever else needs to asks for an unsealing (`grants`).
Every reading leaves its trace.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields

import orjson
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from handlers import codes, wall
from handlers.registers import Clue, ClueHandler
from handlers.vault import keys
from handlers.vault.model import Grant, Protected, Read
from handlers.vault.reporters import INTAKE, NEVER
from handlers.vault.sealing import SHREDDED, seal, unseal
from workflows import audit, clock
from workflows.actor import Actor
from workflows.errors import FieldError, InvalidInput, NotAllowed, NotFound
from workflows.model import new_id

KINDS = "protected_kinds"
#: What it is read for without a grant.
HANDLING = "handling"
#: Who takes matters in and registers them: they record, and read nothing after.
RECORDING = frozenset({INTAKE, "case_supervision"})
STEMS = "甲乙丙丁戊己庚辛壬癸"
LONGEST = {"note": 2000}
USUAL = 100
#: Shorter names would be found in every text.
SHORTEST = 2


@dataclass(frozen=True)
class Person:
    """What is known of a minor or a victim."""

    name: str
    birth: str = ""
    guardian: str = ""
    contact: str = ""
    note: str = ""


def of_clue(session: Session, clue: Clue) -> list[Protected]:
    """Return those recorded in a matter, sealed, by their number."""
    rows = select(Protected).where(Protected.clue_id == clue.id, Protected.key_id != SHREDDED)
    return list(session.scalars(rows.order_by(Protected.number)))


def alias(row: Protected) -> str:
    """Return what he is called everywhere: 某甲（未成年人）."""
    stem = STEMS[(row.number - 1) % len(STEMS)]
    again = "" if row.number <= len(STEMS) else str(row.number)
    return f"某{stem}{again}（{codes.word(KINDS, row.kind, 'zh')}）"


def carry(session: Session, clue: Clue, to: Clue) -> None:
    """Let those under seal in a matter be so in one that goes on with it, by the same aliases where these are free."""
    taken = {row.number for row in of_clue(session, to)}
    for row in of_clue(session, clue):
        number = row.number if row.number not in taken else max(taken) + 1
        taken.add(number)
        other = Protected(id=new_id(), clue_id=to.id, number=number, kind=row.kind)
        other.written_at, other.written_by = row.written_at, row.written_by
        envelope = seal(keys.ring(), other.place, orjson.dumps(asdict(opened(row))))
        other.key_id, other.wrapped_key, other.content = (
            envelope.key_id,
            envelope.wrapped_key,
            envelope.content,
        )
        session.add(other)
    session.flush()


def may_write(session: Session, actor: Actor, clue: Clue) -> bool:
    """Return whether the actor records somebody: who takes the matter in or registers it, and who handles it."""
    if actor.groups & NEVER or wall.view(session, actor, clue) != "content":
        return False
    return bool(actor.groups & RECORDING) or _handles(session, actor, clue)


def may_read(session: Session, actor: Actor, clue: Clue) -> bool:
    """Return whether the actor reads them without being granted it: a handler of the matter, its leader in charge."""
    if actor.groups & NEVER or wall.view(session, actor, clue) != "content":
        return False
    return "leader" in actor.groups or _handles(session, actor, clue)


def write(session: Session, actor: Actor, clue: Clue, kind: str, given: Mapping[str, str]) -> Protected:
    """Return the new entry; nothing of it leaves the envelope. NotAllowed, keys.NoKey, or InvalidInput by field."""
    if not may_write(session, actor, clue):
        raise NotAllowed(
            "Who takes in, registers or handles the matter records them.", code="vault_protected"
        )
    person = _checked(kind, given)
    last = session.scalar(select(func.max(Protected.number)).where(Protected.clue_id == clue.id)) or 0
    row = Protected(id=new_id(), clue_id=clue.id, number=last + 1, kind=kind)
    row.written_at, row.written_by = clock.now(), actor.id
    envelope = seal(keys.ring(), row.place, orjson.dumps(asdict(person)))
    row.key_id, row.wrapped_key, row.content = envelope.key_id, envelope.wrapped_key, envelope.content
    session.add(row)
    session.flush()
    _record(session, actor, clue, row, "vault.protect")
    return row


def read(session: Session, actor: Actor, clue: Clue, row: Protected, *, grant: Grant | None) -> Person:
    """Return who it is, and leave the trace; `grant` (proved by the caller) unless the actor reads by himself."""
    if row.clue_id != clue.id or not (grant or may_read(session, actor, clue)):
        raise NotFound(f"There is nobody to be read in {clue.id}.", code="clue")
    person = opened(row)
    purpose, by = (grant.purpose, grant.id) if grant else (HANDLING, None)
    session.add(Read(at=clock.now(), login=actor.id, clue_id=clue.id, grant_id=by, purpose=purpose))
    _record(session, actor, clue, row, "vault.read_protected", purpose)
    return person


def opened(row: Protected) -> Person:
    """Return what a row holds; who shows it to somebody goes by `read`."""
    return Person(**orjson.loads(unseal(keys.ring(), row.place, row.envelope)))


def _record(
    session: Session, actor: Actor, clue: Clue, row: Protected, act: str, purpose: str | None = None
) -> None:
    audit.record(
        session,
        actor=actor,
        act=act,
        scope_id=clue.scope_id,
        object_id=f"vault_protected:{row.id}",
        field_group="protected",
        purpose=purpose,
        detail={"number": row.number},
    )


def _handles(session: Session, actor: Actor, clue: Clue) -> bool:
    mine = select(ClueHandler.id).where(
        ClueHandler.clue_id == clue.id,
        ClueHandler.login == actor.id,
        ClueHandler.ended_at.is_(None),
        ClueHandler.recused.is_(False),
    )
    return session.scalar(mine.limit(1)) is not None


def _checked(kind: str, given: Mapping[str, str]) -> Person:
    values = {one.name: (given.get(one.name) or "").strip() for one in fields(Person)}
    faults: dict[str, FieldError] = {}
    for name, value in values.items():
        most = LONGEST.get(name, USUAL)
        if len(value) > most:
            faults[name] = FieldError("too_long", {"length": len(value), "max": most})
        elif "\0" in value or (name != "note" and "\n" in value):
            faults[name] = FieldError("line_breaks")
    if len(values["name"]) < SHORTEST:
        faults["name"] = FieldError("required")
    if kind not in {row["code"] for row in codes.rows(KINDS)}:
        faults["kind"] = FieldError("required")
    if faults:
        raise InvalidInput("Nobody can be recorded so.", fields=faults)
    return Person(**values)
