"""`duban migrate`: running instances of one version of a process go on by another."""

from __future__ import annotations

import getpass

import click
from sqlalchemy import select
from sqlalchemy.orm import Session

from server import boot
from server.cli.common import opened
from server.db import Database
from server.settings import Settings
from workflows.errors import DubanError, InvalidInput, NotFound
from workflows.instances import migration
from workflows.instances.migration import Plan, Verdict
from workflows.model import ProcessDefinition


@click.command()
@click.argument("key")
@click.option("--from", "source", type=int, required=True, help="The version that is left.")
@click.option("--to", "target", type=int, required=True, help="The version to go on by.")
@click.option(
    "--map", "renamed", multiple=True, metavar="OLD=NEW", help="An element that has another id now."
)
@click.option("--dry-run", is_flag=True, help="Say what would come of it; move nothing.")
def migrate(key: str, source: int, target: int, renamed: tuple[str, ...], dry_run: bool) -> None:
    """Move the running instances of the process KEY to another version, each that can be moved safely.

    Says of each instance what comes of it, or why it stays; fails where one stays.
    """
    with opened(Settings.from_env()) as database:
        with database.reading() as session:
            older, newer = (_version(session, key, number) for number in (source, target))
            plan = migration.plan(session, older, newer, _pairs(renamed))
            instances = migration.running(session, plan)
        stay = sum(not _one(database, plan, each, dry_run=dry_run) for each in instances)
    done = "can be moved" if dry_run else "moved"
    click.echo(f"{len(instances) - stay} of {len(instances)} instances {done}.")
    if stay:
        raise click.ClickException(f"{stay} stay with version {source}; the reasons stand above.")


def _one(database: Database, plan: Plan, instance_id: str, *, dry_run: bool) -> bool:
    """Move an instance, or look at it only; tell whether that is safe."""
    with database.reading() as session:
        verdict = migration.validate(session, plan, instance_id)
    if not verdict.reasons and not dry_run:
        try:
            with database.unit_of_work() as session:
                operator = getpass.getuser()
                verdict = migration.execute(session, plan, instance_id, actor=boot.SYSTEM, operator=operator)
        except DubanError as failed:  # moved on by somebody since, or broken: the others go on
            click.echo(f"{instance_id}: stays. {failed.message}")
            return False
    _show(verdict)
    return not verdict.reasons


def _show(verdict: Verdict) -> None:
    click.echo(f"{verdict.instance_id}: {'stays' if verdict.reasons else 'safe'}")
    for finding in verdict.findings:
        click.echo(f"  {finding.element or ''} [{finding.rule}] {finding.message}")


def _version(session: Session, key: str, number: int) -> str:
    of_key = select(ProcessDefinition.version, ProcessDefinition.id).where(ProcessDefinition.key == key)
    found = session.execute(of_key.order_by(ProcessDefinition.version))
    versions = {version: identity for version, identity in found}  # noqa: C416 -- rows are no pairs to mypy
    if number not in versions:
        there = f"; there are {', '.join(map(str, versions))}" if versions else ""
        raise NotFound(f"The process {key} has no version {number}{there}.")
    return versions[number]


def _pairs(renamed: tuple[str, ...]) -> dict[str, str]:
    pairs = [pair.partition("=") for pair in renamed]
    if bad := [old for old, equals, new in pairs if not (old and equals and new)]:
        raise InvalidInput(f"--map wants OLD=NEW, two element ids; '{bad[0]}' is not that.")
    return {old: new for old, _, new in pairs}
