"""`duban backup`, `restore` and `scrub`: the whole database in one file, back again, and no trace of what is gone."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import datetime
from pathlib import Path

import click

from server import backup as backups
from server.backup import container
from server.backup.making import Made, Tell
from server.cli.accounts import ACTOR
from server.cli.common import FILE, PATH
from server.db import Database, connect
from server.scrubbing import scrub
from server.settings import Settings
from server.wiring import wire
from workflows import audit, clock
from workflows.errors import InvalidInput

SHORTEST = 12
#: How often progress is told, in rows.
STEP = 50_000
APART = (
    "Not in it, and to be kept apart: the master key of the vault (DUBAN_MASTER_KEY_FILE), without which no reporter "
    "can be read, and DUBAN_SECRET_KEY. Whoever has a copy and the master key reads everything."
)
REPORTER = {
    "opened": "a reporter's record opens with the present master key",
    "no_key": "NO MASTER KEY HERE: whether reporters can be read was not tried",
    "none": "no reporter is recorded",
}


@click.command()
@click.argument("target", type=PATH, required=False)
@click.option(
    "--passphrase-file", type=FILE, help="Encrypt the copy by the passphrase in this file's first line."
)
@click.option(
    "--rehearse", is_flag=True, help="Restore the copy into a throw-away database, and check it there."
)
def backup(target: Path | None, passphrase_file: Path | None, rehearse: bool) -> None:
    """Write the whole database to TARGET: a new file, or a folder in which one is named after the time.

    The server goes on meanwhile. With --rehearse and no TARGET nothing is kept.
    """
    if target is None and not rehearse:
        raise click.UsageError("Name a file or a folder to write to.")
    passphrase, settings = _passphrase(passphrase_file), Settings.from_env()
    with _place(target) as path, _connected(settings) as database:
        made = backups.make(database, path, passphrase=passphrase, tell=_teller())
        click.echo(_said(made, path if target else None))
        if rehearse:
            seen = backups.rehearse(settings, path, passphrase=passphrase, tell=_teller())
            click.echo(
                f"Rehearsed: {made.rows} rows are back with the same sums, the chain of the audit holds up to "
                f"{made.cover.audit_head.partition(':')[0]}, {seen.instances} running instances are as the engine "
                f"sees them, {REPORTER[seen.reporter]}."
            )
        with database.unit_of_work() as session:
            detail = {
                "rows": made.rows,
                "bytes": made.bytes,
                "rehearsed": rehearse,
                "kept": target is not None,
            }
            audit.record(session, actor=ACTOR, act="database.backup", purpose="export", detail=detail)
    if target:
        click.echo(APART)


@click.command()
@click.argument("file", type=FILE)
@click.option("--passphrase-file", type=FILE, help="The file whose first line is the passphrase of the copy.")
@click.option(
    "--broken-chain", is_flag=True, help="Take in a copy whose audit had been tampered with before."
)
def restore(file: Path, passphrase_file: Path | None, broken_chain: bool) -> None:
    """Lay the copy FILE into the empty database of DUBAN_DATABASE_URL, of either kind; stop every server before."""
    passphrase = _passphrase(passphrase_file)
    with _connected(Settings.from_env()) as database:
        database.claim()
        cover = backups.restore(
            database, file, passphrase=passphrase, broken_chain=broken_chain, tell=_teller()
        )
        with database.unit_of_work() as session:
            detail = {"made_at": cover.made_at, "head": cover.audit_head, "broken_chain": broken_chain}
            audit.record(session, actor=ACTOR, act="database.restore", detail=detail)
    click.echo(f"The database is as it was at {cover.made_at}. Every sum is right.")
    if not broken_chain:
        click.echo(
            f"The chain of the audit holds up to {cover.audit_head}: compare it with a head noted elsewhere."
        )
    click.echo("Everybody signs in anew. Messages sent since then are sent again, unless you see to it.")
    if database.postgresql:
        click.echo("If another role serves than owns the tables: duban audit harden ROLE")


@click.command(name="scrub")
def scrub_() -> None:
    """Write the database's files anew, so that nothing erased is left in them; when nobody works."""
    with _connected(Settings.from_env()) as database:
        size = scrub(database)
        with database.unit_of_work() as session:
            audit.record(session, actor=ACTOR, act="database.scrub", detail={"bytes": size})
    click.echo(
        f"The database takes {size / container.FRAME:.1f} MB. Nothing erased is left in its own files."
    )
    click.echo(
        "Copies made before still hold it, and so does an archived WAL: destroy them after their time."
    )


@contextmanager
def _connected(settings: Settings) -> Iterator[Database]:
    """Give the database as it is: nothing is brought up to date."""
    wire(settings)
    audit.comes_from("cli")
    with closing(connect(settings)) as database:
        yield database


@contextmanager
def _place(target: Path | None) -> Iterator[Path]:
    local = clock.now().astimezone(clock.office_zone())
    if target is None:
        with tempfile.TemporaryDirectory(prefix="duban-rehearsal-") as folder:
            yield Path(folder) / _named(local)
    else:
        yield target / _named(local) if target.is_dir() else target


def _named(at: datetime) -> str:
    return f"duban-{at:%Y%m%d-%H%M%S}.backup"


def _passphrase(file: Path | None) -> str:
    if file is None:
        return ""
    found = file.read_text("utf-8").partition("\n")[0].strip()
    if len(found) < SHORTEST:
        raise InvalidInput(f"{file}: the first line is the passphrase, of {SHORTEST} characters at least.")
    return found


def _teller() -> Tell:
    told = 0

    def tell(table: str, rows: int) -> None:
        nonlocal told
        if rows // STEP > told:
            told = rows // STEP
            click.echo(f"{rows} rows … {table}", err=True)

    return tell


def _said(made: Made, path: Path | None) -> str:
    where = f"{path}: " if path else "The copy: "
    how = (
        "encrypted"
        if made.cover.encrypted
        else "NOT encrypted (--passphrase-file), readable by its owner only"
    )
    size = f"{made.bytes / container.FRAME:.1f} MB"
    return f"{where}{made.rows} rows of {made.tables} tables as of {made.cover.made_at}, {size}, {how}."
