"""The proof that a copy is one: brought back beside the real database, looked at, and thrown away."""

from __future__ import annotations

import secrets
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from sqlalchemy import select, text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ProgrammingError
from sqlalchemy.orm import Session, undefer

from handlers.vault import Reporter, keys
from handlers.vault.sealing import Unreadable, unseal
from server.backup.making import Tell
from server.backup.restoring import restore
from server.db import Database, connect
from server.settings import Settings
from workflows import persistence
from workflows.errors import Conflict, InvalidInput
from workflows.model import Instance

#: How many differences between rows and runs are named.
NAMED = 5


@dataclass(frozen=True)
class Seen:
    """What a rehearsal found in the database that was brought back."""

    instances: int  #: running ones, the rows of each of which say what its run says
    reporter: str  #: opened no_key none


def rehearse(
    settings: Settings,
    path: Path,
    *,
    passphrase: str = "",
    tell: Tell = lambda table, rows: None,
) -> Seen:
    """Return what was seen of a copy in a throw-away database of the kind that the settings name.

    Raises InvalidInput where the copy is not good, the engine disagrees with its rows, or a reporter does not open.
    """
    with _thrown_away(settings) as elsewhere, closing(connect(elsewhere)) as database:
        restore(database, path, passphrase=passphrase, tell=tell)
        with database.reading() as session:
            return Seen(_runs(session, tell), _reporter(session))


@contextmanager
def _thrown_away(settings: Settings) -> Iterator[Settings]:
    if settings.sqlite:
        with tempfile.TemporaryDirectory(prefix="duban-rehearsal-") as folder:
            yield replace(settings, database_url=f"sqlite:///{folder}/rehearsal.sqlite3")
        return
    url, name = make_url(settings.database_url), f"duban_rehearsal_{secrets.token_hex(4)}"
    with closing(connect(settings)) as database:
        _schema(database, f"create schema {name}")
        try:
            there = url.update_query_dict({"options": f"-csearch_path={name}"})
            yield replace(settings, database_url=there.render_as_string(hide_password=False))
        finally:
            _schema(database, f"drop schema {name} cascade")


def _schema(database: Database, statement: str) -> None:
    try:
        with database.engine.begin() as connection:
            connection.execute(text(statement))
    except ProgrammingError as error:
        raise Conflict(
            "A rehearsal needs a schema of its own in the database, and this role may not make one: run it as the "
            "owner of the tables, or restore the copy into an empty database elsewhere."
        ) from error


def _runs(session: Session, tell: Tell) -> int:
    running = session.scalars(select(Instance.id).where(Instance.ended_at.is_(None))).all()
    wrong = list[str]()
    for count, instance_id in enumerate(running, 1):
        wrong += persistence.rows_equal_run(session, instance_id)
        session.expunge_all()
        tell("process_instance", count)
    if wrong:
        raise InvalidInput(f"Rows and runs differ: {'; '.join(wrong[:NAMED])}.")
    return len(running)


def _reporter(session: Session) -> str:
    newest = select(Reporter).options(undefer(Reporter.content)).order_by(Reporter.written_at.desc()).limit(1)
    row = session.scalars(newest).first()
    if row is None:
        return "none"
    if not keys.ready():
        return "no_key"
    try:
        unseal(keys.ring(), row.place, row.envelope)
    except Unreadable as error:
        raise InvalidInput(f"The reporters of this copy cannot be read: {error.message}") from error
    return "opened"
