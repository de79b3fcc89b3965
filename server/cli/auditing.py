"""`duban audit`: whether the record of who did what is whole, and how to take it elsewhere."""

from __future__ import annotations

import re
from pathlib import Path

import click

from server.cli.accounts import ACTOR
from server.cli.common import PATH, opened
from server.db import Database
from server.hardening import harden
from server.settings import Settings
from workflows import audit, clock
from workflows.audit.chain import instant
from workflows.audit.exporting import cover
from workflows.errors import InvalidInput

WORDS = {
    "changed": "the row or its seal has been changed",
    "missing": "the row or its seal has been removed",
    "reordered": "it stands in the place of another",
    "doubled": "its position is taken already",
    "inserted": "the row was put in long after those around it",
    "unreadable": "it holds what no program wrote",
    "cut": "the end has been cut off",
    "rewritten": "it is not what was noted: the chain has been written anew",
}


class _Noted(click.ParamType):
    name = "POSITION:HASH"

    def convert(self, value: object, param: object, ctx: object) -> audit.Head:
        if isinstance(value, audit.Head):
            return value
        found = re.fullmatch(r"(\d{1,12}):([0-9a-f]{64})", str(value).strip())
        if not found:
            self.fail(
                "a head is a position, a colon and 64 hexadecimal digits, as `duban audit head` prints it"
            )
        return audit.Head(int(found[1]), found[2])


@click.group(name="audit")
def audit_() -> None:
    """Prove that the audit is whole: nothing changed, removed, put in or exchanged."""


@audit_.command()
def head() -> None:
    """Print where the chain ends, to be noted elsewhere."""
    with opened(Settings.from_env()) as database, database.reading() as session:
        click.echo(str(audit.head(session)))


@audit_.command()
@click.argument("file", type=PATH, required=False)
@click.option("--head", "noted", type=_Noted(), help="A head noted earlier, which the chain must contain.")
def verify(file: Path | None, noted: audit.Head | None) -> None:
    """Count every seal again, in the database or in the export FILE; exit code 1 names the first broken link."""
    if file:
        said = cover(file)
        found = audit.check(audit.links_of_file(file), noted=said.head, as_of=said.made_at)
        if noted and not found.broken:
            found = audit.check(audit.links_of_file(file), noted=noted, as_of=said.made_at)
    else:
        with opened(Settings.from_env()) as database:
            found = _verify(database, noted)
    if found.broken:
        raise click.ClickException(_broken(found))
    click.echo(f"The chain holds: {found.head.position} rows sealed, {found.unsealed} not yet. {found.head}")
    if found.gaps:
        click.echo(
            f"{found.gaps} ids have no row: steps that were rolled back, or rows removed before their seal."
        )


@audit_.command()
@click.argument("file", type=PATH)
def export(file: Path) -> None:
    """Write rows and seals to FILE, a JSON document a line, compressed where it ends in .gz."""
    if file.exists():
        raise InvalidInput(f"{file} is there already: name another one.")
    with opened(Settings.from_env()) as database:
        with database.reading() as session:
            ends = audit.head(session)
            count = audit.export(file, audit.links(session), head=ends, made_at=instant(clock.now()))
        with database.unit_of_work() as session:
            audit.record(session, actor=ACTOR, act="audit.export", purpose="export", detail={"rows": count})
    click.echo(f"{count} rows are in {file}. {ends}")


@audit_.command(name="harden")
@click.argument("role")
def harden_(role: str) -> None:
    """Let ROLE, with which the server connects to PostgreSQL, read and add audit rows and nothing else.

    Run as the owner of the tables. The server then serves as ROLE; new versions are migrated by the owner.
    """
    with opened(Settings.from_env()) as database, database.unit_of_work() as session:
        harden(session.connection(), role)
        audit.record(session, actor=ACTOR, act="audit.harden", detail={"role": role})
    click.echo(f"{role} may serve: it reads and adds audit rows, and neither changes nor removes any.")


def _verify(database: Database, noted: audit.Head | None) -> audit.Verdict:
    with database.reading() as session:
        found = audit.check(audit.links(session), noted=noted, as_of=instant(clock.now()))
    said: dict[str, object] = {"head": str(found.head), "unsealed": found.unsealed}
    if found.broken:
        at = found.broken
        said |= {"fault": at.fault, "position": at.position, "event": at.event_id}
    with database.unit_of_work() as session:
        audit.record(session, actor=ACTOR, act="audit.verify", detail=said)
    return found


def _broken(found: audit.Verdict) -> str:
    at = found.broken
    assert at
    place = f"position {at.position}" if at.position else "a row without a seal"
    row = f", row {at.event_id}" if at.event_id else ""
    return f"The chain breaks at {place}{row}: {at.fault} ({WORDS[at.fault]}). It holds up to {found.head}"
