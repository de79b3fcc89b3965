"""The names of minors and victims taken out of a matter's registers: what is written there bears their aliases.

Everywhere that erasure knows a name may stand, and on the papers that the process made: so lists, search, exports and
both APIs have nothing else to show. Files that somebody sent stay as they came, for who sees the matter's files.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from typing import Any

from sqlalchemy import String, func, select, update
from sqlalchemy.orm import Session

from handlers.erasure.rows import CLUE, OF_CLUE
from handlers.registers import Clue, Document, papers
from handlers.vault import Protected, protected
from workflows import audit
from workflows.actor import Actor
from workflows.errors import NotAllowed


def protect(session: Session, actor: Actor, clue: Clue, kind: str, given: Mapping[str, str]) -> Protected:
    """Return the new entry of a minor or victim, his name taken out of all that is written of the matter."""
    row = protected.write(session, actor, clue, kind, given)
    replace(session, actor, clue)
    return row


def replace(session: Session, actor: Actor, clue: Clue) -> int:
    """Return in how many columns names stood that are aliases now: what was written after the entry bears them again."""
    if not protected.may_write(session, actor, clue):
        raise NotAllowed("Who takes in, registers or handles the matter does this.", code="vault_protected")
    session.flush()
    done: set[str] = set()
    for row in protected.of_clue(session, clue):
        name, alias = protected.opened(row).name, protected.alias(row)
        done |= {
            f"{table.__tablename__}.{column}"
            for table, column in _columns()
            if _replaced(session, table, column, clue, name, alias)
        }
        if _reprinted(session, clue, name, alias):
            done.add("document.content")
    session.flush()
    session.expire_all()
    if done:
        audit.record(
            session,
            actor=actor,
            act="vault.mask",
            scope_id=clue.scope_id,
            field_group="content",
            detail={"fields": sorted(done)},
        )
    return len(done)


def standing(session: Session, clue: Clue) -> bool:
    """Return whether a protected name stands in what is written of the matter."""
    names = [protected.opened(row).name for row in protected.of_clue(session, clue)]
    return any(_papers(session, clue, name) for name in names) or any(
        session.scalar(select(func.count()).select_from(table).where(*_bears(table, column, clue, name)))
        for name in names
        for table, column in _columns()
    )


def _columns() -> Iterator[tuple[Any, str]]:
    """Yield every text of a matter: of what erasure empties, the columns that hold one."""
    emptied = [(Clue, CLUE), *((table, values) for table, values in OF_CLUE)]
    for table, values in emptied:
        texts = (name for name in values if isinstance(getattr(table, name).type, String))
        yield from ((table, name) for name in texts)


def _bears(table: Any, column: str, clue: Clue, name: str) -> list[Any]:
    own = table.id == clue.id if table is Clue else table.clue_id == clue.id
    return [own, getattr(table, column).contains(name, autoescape=True)]


def _replaced(session: Session, table: Any, column: str, clue: Clue, name: str, alias: str) -> int:
    text = getattr(table, column)
    value = func.replace(text, name, alias)
    if text.type.length:
        value = func.substr(value, 1, text.type.length)
    changed = update(table).where(*_bears(table, column, clue, name)).values({column: value})
    done: Any = session.execute(changed.execution_options(synchronize_session=False))
    return int(done.rowcount)


def _papers(session: Session, clue: Clue, name: str) -> list[Document]:
    """Return the papers that the process made on which a name stands."""
    made = select(Document).where(Document.clue_id == clue.id, Document.media_type == papers.MEDIA_TYPE)
    return [row for row in session.scalars(made) if name.encode() in row.content]


def _reprinted(session: Session, clue: Clue, name: str, alias: str) -> int:
    found = _papers(session, clue, name)
    for row in found:
        row.content = row.content.replace(name.encode(), alias.encode())
        row.sha256, row.size = hashlib.sha256(row.content).hexdigest(), len(row.content)
    return len(found)
