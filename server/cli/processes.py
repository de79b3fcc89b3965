"""`duban deploy`, `check` and `simulate`: diagrams before and on their way into the database."""

from __future__ import annotations

import getpass
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click
import orjson
from sqlalchemy.orm import Session

from server import boot, folders
from server.cli.common import FILE, PATH, opened, show
from server.settings import GATES, Settings
from server.wiring import wire
from workflows import clock, definitions, simulation
from workflows.definitions.checking import refused
from workflows.errors import InvalidInput
from workflows.findings import Finding


@click.command()
@click.argument("path", type=PATH)
@click.option(
    "--force", is_flag=True, help="Let findings of the token game through (deadlocks and the like)."
)
@click.option("--reason", help="Why; required with --force, and kept in the audit.")
def deploy(path: Path, force: bool, reason: str | None) -> None:
    """Deploy the process folder, the folders in PATH, or the file PATH; what has not changed stays."""
    forced = _forced(force, reason)
    settings = Settings.from_env()
    with opened(settings) as database:
        for process in folders.find(path):
            with database.unit_of_work() as session:
                deployment = boot.deploy(
                    session, process, actor=boot.SYSTEM, profile=settings.gate, force=forced
                )
                if forced is not None:
                    _show_forced(session, process, settings.gate, forced)
            click.echo(f"{process}: deployment {deployment.id}")


def _forced(force: bool, reason: str | None) -> definitions.Force | None:
    if force and not (reason or "").strip():
        raise InvalidInput('--force needs a reason: --reason "…".')
    if reason is not None and not force:
        raise InvalidInput("--reason is for --force only.")
    return definitions.Force(reason, getpass.getuser()) if force and reason else None


def _show_forced(session: Session, process: Path, profile: str, forced: definitions.Force) -> None:
    findings = definitions.check(folders.read(process), profile=profile, session=session)
    if let_through := refused(findings, profile):
        click.echo(f"{process}: let through by {forced.by}, because: {forced.reason}")
        show(let_through, err=False)


@click.command()
@click.argument("path", type=PATH)
@click.option("--profile", type=click.Choice(sorted(GATES)), help="What to refuse; else DUBAN_GATE's.")
def check(path: Path, profile: str | None) -> None:
    """Say what is wrong with the process folder, the folders in PATH, or the file PATH; deploy nothing."""
    settings = Settings.from_env()
    wire(settings)
    profile = profile or settings.gate
    bad, there = 0, set[Path]()
    with boot.draft() as session:
        for process in folders.find(path):
            for needed in folders.called(process):
                if needed not in there:
                    # Only here, in memory: a call is right where what it calls is there.
                    boot.deploy(session, needed, actor=boot.SYSTEM, profile="engine")
                    there.add(needed)
            files = folders.read(process)
            findings = definitions.check(files, profile=profile, session=session)
            click.echo(f"{process}: {_count(findings)}")
            for standing in definitions.standings(files, findings, profile):
                click.echo(f"  {standing}")
            show(findings, err=False)
            bad += len(refused(findings, profile))
    if bad:
        raise click.ClickException(
            f"This cannot be deployed (profile {profile}): {bad} of the findings forbid it."
        )


@click.command()
@click.argument("file", type=FILE)
@click.option("--process", help="Id of the process, where the file holds several.")
@click.option("--variables", default="{}", help="Variables to start with: a JSON object.")
@click.option("--advance", help="How far the clock goes: an ISO duration (P40D) or instant.")
@click.option("--complete-all", is_flag=True, help="Complete every open task, without answers.")
def simulate(
    file: Path, process: str | None, variables: str, advance: str | None, complete_all: bool
) -> None:
    """Run the diagram FILE in memory under a virtual clock, and print one JSON document of what happened.

    Decision tables and called processes beside the file are used. Exit code 0 says that there is a document,
    whatever its outcome.
    """
    settings = Settings.from_env()
    wire(settings)
    with boot.draft() as session:
        document = simulation.simulate(
            file.read_bytes(),
            now=clock.now(),
            process_id=process,
            variables=_json_object(variables),
            advance=advance,
            complete_all=complete_all,
            dmn=[table.read_bytes() for table in sorted(file.parent.glob("*.dmn"))],
            beside=_beside(file),
            limits=boot.limits_today(session),
        )
    click.echo(orjson.dumps(document, option=orjson.OPT_INDENT_2))


def _beside(file: Path) -> Iterator[bytes]:
    """Yield the other diagrams in the folder of a file."""
    return (other.read_bytes() for other in sorted(file.parent.glob("*.bpmn")) if other != file)


def _json_object(text: str) -> dict[str, Any]:
    try:
        found = json.loads(text)
    except ValueError as error:
        raise InvalidInput(f"--variables is no JSON: {error}.") from None
    if not isinstance(found, dict):
        raise InvalidInput('--variables must be a JSON object, such as {"amount": 5}.')
    return found


def _count(findings: list[Finding]) -> str:
    return f"{len(findings)} findings" if findings else "nothing to complain of"
