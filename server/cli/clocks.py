"""`duban clocks`: open tasks that should have a clock and have none."""

from __future__ import annotations

import click

from server.cli.common import opened
from server.settings import Settings
from workflows import watchdog


@click.command()
def clocks() -> None:
    """List the open tasks whose due date, reminders or timer are missing; fail where there are any."""
    with opened(Settings.from_env()) as database, database.reading() as session:
        found = watchdog.missing(session)
    for one in found:
        due = f" due {one.due_at.isoformat(timespec='minutes')}" if one.due_at else ""
        what = f"{one.what} {one.name}".rstrip()
        click.echo(f"{one.definition_id} {one.element_id} task {one.task_id}{due}: no {what}")
    if found:
        raise click.ClickException(f"{len(found)} clocks are missing.")
    click.echo("Every open task has its clocks.")
