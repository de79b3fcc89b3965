"""The code on a reporter's receipt, by which somebody without an account reads one word and adds facts.

Whoever holds the paper is the reporter: the code has 125 random bits, and only its digest is kept. What is added
is sealed, opened by the intake clerk alone, and passed on without what tells who added it.
"""

from __future__ import annotations

import hashlib
import re
import secrets
from dataclasses import dataclass

import orjson
from sqlalchemy import select
from sqlalchemy.orm import Session

from handlers import cleaning, codes, notifications, uploads
from handlers.registers import Clue, ClueHandler, Document, MatterEvent
from handlers.vault import keys, masking, reporters
from handlers.vault.model import Addition, Receipt
from handlers.vault.reporters import Identity
from handlers.vault.sealing import SHREDDED, seal, unseal
from workflows import audit, clock
from workflows.actor import Actor
from workflows.errors import Conflict, FieldError, InvalidInput, NotAllowed, NotFound
from workflows.model import new_id

#: Without what is mistaken for something else when it is read from paper (Crockford's base 32).
ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
LENGTH = 25
GROUP = 5
LONGEST = 5000
#: Who stands in the audit where a reporter acts.
REPORTER = "reporter"


@dataclass(frozen=True)
class Added:
    """What a reporter added, opened."""

    text: str
    filename: str = ""
    content: bytes = b""


def may_make(session: Session, actor: Actor, clue: Clue) -> bool:
    """Return whether the actor may give out the receipt of a clue: the intake clerk who took it in."""
    return clue.submitted_by == actor.id and reporters.is_intake(session, actor, clue)


def make(session: Session, actor: Actor, clue: Clue) -> str:
    """Return a new code, which is nowhere kept and ends the one before; NotAllowed but for who took the clue in."""
    if not may_make(session, actor, clue):
        raise NotAllowed("The intake clerk who took the clue in gives out its receipt.", code="vault_receipt")
    for row in session.scalars(select(Receipt).where(Receipt.clue_id == clue.id, Receipt.ended_at.is_(None))):
        row.ended_at = clock.now()
    signs = "".join(secrets.choice(ALPHABET) for _ in range(LENGTH))
    row = Receipt(clue_id=clue.id, code_hash=_digest(signs), made_at=clock.now(), made_by=actor.id)
    session.add(row)
    session.flush()
    audit.record(
        session, actor=actor, act="vault.receipt", scope_id=clue.scope_id, object_id=f"vault_receipt:{row.id}"
    )
    return "-".join(re.findall("." * GROUP, signs))


def find(session: Session, code: str) -> Receipt | None:
    """Return the receipt of a code as it was typed; None where there is none. Each answer costs the same."""
    typed = re.sub(r"[^0-9A-Z]", "", code.upper()).translate(str.maketrans("OIL", "011"))
    row = session.scalar(select(Receipt).where(Receipt.code_hash == _digest(typed)))
    return row if row is not None and row.ended_at is None else None


def word(session: Session, receipt: Receipt) -> str:
    """Return the code of the one word that a reporter may know, of `codes/reporter_words.csv`."""
    clue = session.get_one(Clue, receipt.clue_id)
    stages = {stage["code"]: stage["agency_word"] for stage in codes.rows("clue_stages")}
    return stages.get(clue.stage, "in_progress")


def received(text: str, filename: str = "", content: bytes = b"") -> Added:
    """Return what came from a reporter, its file cleaned; InvalidInput names what is wrong."""
    text = text.strip()
    if not text and not content:
        raise InvalidInput("Nothing was added.", fields={"text": FieldError("required")}, code="form")
    if len(text) > LONGEST:
        fault = FieldError("too_long", {"length": len(text), "max": LONGEST})
        raise InvalidInput("The text is too long.", fields={"text": fault}, code="form")
    return _cleaned(text, filename, content) if content else Added(text)


def add(session: Session, receipt: Receipt, file: Added) -> Addition:
    """Return what a reporter adds, sealed; the intake clerk is told. Raises keys.NoKey."""
    row = Addition(id=new_id(), clue_id=receipt.clue_id, receipt_id=receipt.id, added_at=clock.now())
    head = orjson.dumps({"text": file.text, "filename": file.filename})
    envelope = seal(keys.ring(), row.place, head + b"\0" + file.content)
    row.key_id, row.wrapped_key, row.content = envelope.key_id, envelope.wrapped_key, envelope.content
    session.add(row)
    session.flush()
    clue = session.get_one(Clue, receipt.clue_id)
    _note(session, clue, None, "reporter.added")
    audit.record(session, actor=REPORTER, act="vault.add", scope_id=clue.scope_id, object_id=_named(row))
    params = {"number": clue.clue_no or clue.transfer_no}
    notifications.notify(
        session, [receipt.made_by], code="clue.reporter_added", params=params, scope_id=clue.scope_id
    )
    return row


def of_clue(session: Session, clue: Clue) -> list[Addition]:
    """Return what was added to a clue, in order, sealed."""
    return list(
        session.scalars(
            select(Addition)
            .where(Addition.clue_id == clue.id, Addition.key_id != SHREDDED)
            .order_by(Addition.added_at)
        )
    )


def opened(session: Session, actor: Actor, clue: Clue, addition_id: str) -> tuple[Addition, Added]:
    """Return what a reporter added, to the intake clerk of the clue, leaving the trace of it; NotFound to others."""
    row = session.get(Addition, addition_id)
    if row is None or row.clue_id != clue.id or not reporters.is_intake(session, actor, clue):
        raise NotFound(f"There is no such addition to {clue.id}.", code="clue")
    head, _, content = unseal(keys.ring(), row.place, row.envelope).partition(b"\0")
    audit.record(
        session,
        actor=actor,
        act="vault.read_addition",
        scope_id=clue.scope_id,
        object_id=_named(row),
        field_group="reporter",
    )
    return row, Added(**orjson.loads(head), content=content)


def excerpt(session: Session, clue: Clue, text: str) -> str:
    """Return a text without the marks of the clue's reporter, so far as they are recorded."""
    return masking.masked(text, _identity(session, clue))


def pass_on(
    session: Session, actor: Actor, clue: Clue, addition_id: str, text: str, *, with_file: bool
) -> None:
    """Put an addition into the clue's file as the intake clerk words it, without the reporter's marks.

    Raises InvalidInput where the text still bears one, Conflict where it was passed on already.
    """
    row, added = opened(session, actor, clue, addition_id)
    if row.passed_on_at is not None:
        raise Conflict("This was passed on already.", code="vault_passed_on")
    if not text.strip() or excerpt(session, clue, text) != text:
        fault = FieldError("reporter_named" if text.strip() else "required")
        raise InvalidInput("The text names the reporter.", fields={"text": fault}, code="form")
    number = len([one for one in of_clue(session, clue) if one.passed_on_at]) + 1
    _keep(session, actor, clue, f"举报人补充材料{number}.txt", text.encode())
    if with_file and added.content:
        # Its own name may tell who sent it: nothing of it but a usual ending.
        ending = re.search(r"\.[a-z]{3,4}$", added.filename.lower())
        title = f"举报人补充材料{number}附件{ending[0] if ending else ''}"
        _keep(session, actor, clue, title, added.content)
    row.passed_on_at, row.passed_on_by = clock.now(), actor.id
    _note(session, clue, actor, "reporter.passed_on")
    handlers = select(ClueHandler.login).where(
        ClueHandler.clue_id == clue.id, ClueHandler.ended_at.is_(None), ClueHandler.recused.is_(False)
    )
    notifications.notify(
        session,
        session.scalars(handlers).all(),
        code="clue.reporter_passed_on",
        params={"number": clue.clue_no or clue.transfer_no},
        scope_id=clue.scope_id,
    )
    audit.record(session, actor=actor, act="vault.pass_on", scope_id=clue.scope_id, object_id=_named(row))


def _cleaned(text: str, filename: str, content: bytes) -> Added:
    found = cleaning.clean(content, name := uploads.safe_name(filename))
    if found.said is not None and "kept" in found.said:
        fault = FieldError("file_uncleanable", {"name": name})
        raise InvalidInput(f"{name} cannot be cleaned.", fields={"file": fault}, code="form")
    return Added(text, name, found.content)


def _keep(session: Session, actor: Actor, clue: Clue, title: str, content: bytes) -> None:
    found = cleaning.clean(content, title)
    session.add(
        Document(
            clue_id=clue.id,
            kind="material",
            title=title,
            secrecy=clue.secrecy,
            media_type=found.media_type,
            sha256=uploads.digest(found.content),
            size=len(found.content),
            content=found.content,
            cleaned=found.said,
            created_at=clock.now(),
            created_by=actor.id,
        )
    )


def _identity(session: Session, clue: Clue) -> Identity:
    row = reporters.found(session, clue)
    return reporters.opened(row) if row else Identity("")


def _note(session: Session, clue: Clue, actor: Actor | None, code: str) -> None:
    at, login = clock.now(), actor.id if actor else None
    session.add(MatterEvent(scope_id=clue.scope_id, at=at, actor=login, code=code, params={}))


def _named(row: Addition) -> str:
    return f"vault_addition:{row.id}"


def _digest(signs: str) -> str:
    return hashlib.sha256(signs.encode()).hexdigest()
