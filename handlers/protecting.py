"""The names of minors and victims taken out of a matter's registers: what is written there bears their aliases.

Everywhere that erasure knows a name may stand, and on the papers that the process made: so lists, search, exports and
both APIs have nothing else to show. Files that somebody sent stay as they came, for who sees the matter's files.
A longer name of somebody else in the matter that holds a protected one (王小 in 王小明) is left whole.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from sqlalchemy import ColumnElement, String, func, select, update
from sqlalchemy.orm import Session

from handlers.erasure.rows import CLUE, OF_CLUE
from handlers.registers import Clue, ClueSubject, Document, papers
from handlers.vault import Protected, protected
from workflows import audit
from workflows.actor import Actor
from workflows.errors import NotAllowed

#: A personal name: a few letters, or words with a point or blank between. Anything else, such as
#: "the guardian of …", speaks of the protected person and is no name of its own.
PERSONAL = re.compile(r"\w{2,4}|\w+(?:[·• ]\w+)+")
#: Stand for the longer names while a shorter one is replaced: of no script, in no text.
HOLDERS = 0xE000


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
    for name, alias, longer in _sealed(session, clue):
        done |= {
            f"{table.__tablename__}.{column}"
            for table, column in _columns()
            if _replaced(session, table, column, clue, (name, alias, longer))
        }
        if _reprinted(session, clue, name, alias, longer):
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
    sealed = _sealed(session, clue)
    return any(_papers(session, clue, name, longer) for name, _, longer in sealed) or any(
        session.scalar(
            select(func.count()).select_from(table).where(*_bears(table, column, clue, name, longer))
        )
        for name, _, longer in sealed
        for table, column in _columns()
    )


def _sealed(session: Session, clue: Clue) -> list[tuple[str, str, list[str]]]:
    """Return name and alias of each protected person, and the longer names that hold it; longest names first."""
    entries = [(protected.opened(row).name, protected.alias(row)) for row in protected.of_clue(session, clue)]
    known = session.scalars(select(ClueSubject.name).where(ClueSubject.clue_id == clue.id)).all()
    sealed = {name for name, _ in entries}
    others = sorted(
        {one for one in known if PERSONAL.fullmatch(one)} - sealed, key=lambda one: (-len(one), one)
    )
    return [
        (name, alias, [one for one in others if name in one])
        for name, alias in sorted(entries, key=lambda entry: -len(entry[0]))
    ]


def _columns() -> Iterator[tuple[Any, str]]:
    """Yield every text of a matter: of what erasure empties, the columns that hold one."""
    emptied = [(Clue, CLUE), *((table, values) for table, values in OF_CLUE)]
    for table, values in emptied:
        texts = (name for name in values if isinstance(getattr(table, name).type, String))
        yield from ((table, name) for name in texts)


def _bears(table: Any, column: str, clue: Clue, name: str, longer: Sequence[str]) -> list[Any]:
    own = table.id == clue.id if table is Clue else table.clue_id == clue.id
    text = getattr(table, column)
    bare = _held(text, longer).contains(name, autoescape=True)
    # The plain one first: most texts bear neither.
    return [own, text.contains(name, autoescape=True), *([bare] if longer else [])]


def _held(text: ColumnElement[str], longer: Sequence[str]) -> ColumnElement[str]:
    """Return a text with the longer names held out."""
    for number, one in enumerate(longer):
        text = func.replace(text, one, chr(HOLDERS + number), type_=String)
    return text


def _replaced(
    session: Session, table: Any, column: str, clue: Clue, entry: tuple[str, str, Sequence[str]]
) -> int:
    text, (name, alias, longer) = getattr(table, column), entry
    value: ColumnElement[str] = func.replace(_held(text, longer), name, alias)
    for number, one in enumerate(longer):
        value = func.replace(value, chr(HOLDERS + number), one)
    if text.type.length:
        value = func.substr(value, 1, text.type.length)
    changed = update(table).where(*_bears(table, column, clue, name, longer)).values({column: value})
    done: Any = session.execute(changed.execution_options(synchronize_session=False))
    return int(done.rowcount)


def _papers(session: Session, clue: Clue, name: str, longer: Sequence[str]) -> list[Document]:
    """Return the papers that the process made on which a name stands."""
    made = select(Document).where(Document.clue_id == clue.id, Document.media_type == papers.MEDIA_TYPE)
    return [row for row in session.scalars(made) if _printed(row.content, name, "", longer) != row.content]


def _printed(content: bytes, name: str, alias: str, longer: Sequence[str]) -> bytes:
    """Return a paper with the alias where the name stood by itself."""
    if name.encode() not in content:
        return content
    holders = [(chr(HOLDERS + number).encode(), one.encode()) for number, one in enumerate(longer)]
    for holder, one in holders:
        content = content.replace(one, holder)
    content = content.replace(name.encode(), alias.encode())
    for holder, one in holders:
        content = content.replace(holder, one)
    return content


def _reprinted(session: Session, clue: Clue, name: str, alias: str, longer: Sequence[str]) -> int:
    found = _papers(session, clue, name, longer)
    for row in found:
        row.content = _printed(row.content, name, alias, longer)
        row.sha256, row.size = hashlib.sha256(row.content).hexdigest(), len(row.content)
    return len(found)
