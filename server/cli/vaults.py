"""`duban vault`: the master key of the vault of reporters. No identity is ever written here, and no key into a log."""

from __future__ import annotations

import secrets
from pathlib import Path

import click

from handlers.vault import keys, rotation
from server.cli.common import PATH, opened
from server.settings import Settings
from workflows import audit
from workflows.actor import Actor
from workflows.errors import Conflict

#: Who stands in the audit.
ACTOR = Actor("command line")


@click.group()
def vault() -> None:
    """Keep the master key of the vault of reporters."""


@vault.group(name="key")
def key_() -> None:
    """Make master keys."""


@key_.command(name="new")
@click.argument("file", type=PATH, required=False)
def key_new(file: Path | None) -> None:
    """Make a master key in FILE (default: DUBAN_MASTER_KEY_FILE), before the keys that it holds.

    Without a file the key is written to standard output, for DUBAN_MASTER_KEY.
    """
    file = file or Settings.from_env().master_key_file
    if file is None:
        click.echo(
            "Keep this key apart from the database and its backups. Without it no reporter can be read.",
            err=True,
        )
        click.echo(keys.written(secrets.token_bytes(keys.KEY_BYTES)))
        return
    made, others = keys.add(file)
    click.echo(f"{file}: the new key {made} seals from now on.")
    if others:
        click.echo(
            "The keys below it still open what they have sealed. Take the new one over with: duban vault rotate"
        )
    click.echo("Keep a copy apart from the database and its backups. Without it no reporter can be read.")


@vault.command()
def rotate() -> None:
    """Wrap every data key by the first master key of the file; stopped half-way, do it again and it goes on."""
    with opened(Settings.from_env()) as database:
        done, broken = 0, list[str]()
        where: rotation.Place | None = rotation.BEGIN
        while where is not None:
            with database.unit_of_work() as session:
                count, following, faults = rotation.rotate(session, after=where)
                if count:
                    detail = {"records": count, "key": keys.ring().current}
                    audit.record(session, actor=ACTOR, act="vault.rotate", detail=detail)
            done, broken = done + count, broken + faults
            if following and where[0] == following[0]:
                click.echo(f"{done} records …", err=True)
            where = following
        click.echo(f"{done} records are wrapped by the key {keys.ring().current} now.")
        with database.reading() as session:
            left = set(keys.ring().keys) - set(rotation.used(session))
    _fail(broken)
    for key_id in sorted(left - {keys.ring().current}):
        click.echo(
            f"No record needs the key {key_id} any more. Backups of before today do: keep it with them."
        )


@vault.command()
def check() -> None:
    """Try whether every record opens, and name those that do not; nothing of them is shown."""
    with opened(Settings.from_env()) as database:
        with database.reading() as session:
            used, broken = rotation.used(session), list(rotation.broken(session))
        with database.unit_of_work() as session:
            detail = {"records": used.total(), "broken": len(broken)}
            audit.record(session, actor=ACTOR, act="vault.check", detail=detail)
    for key_id, count in sorted(used.items()):
        state = "seals" if key_id == keys.ring().current else "old: duban vault rotate"
        click.echo(f"key {key_id}: {count} records ({state if key_id in keys.ring().keys else 'MISSING'})")
    _fail(broken)
    click.echo(f"{used.total()} records, each of them opens.")


def _fail(broken: list[str]) -> None:
    for line in broken:
        click.echo(f"  {line}", err=True)
    if broken:
        raise Conflict(f"{len(broken)} records of the vault do not open.")
