"""What several commands need: the database, findings in lines."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

import click

from server import boot
from server.db import Database, connect
from server.settings import Settings
from server.wiring import wire
from workflows import audit
from workflows.findings import Finding

#: A file or folder, which the command itself looks for.
PATH = click.Path(path_type=Path)
#: A file that is there.
FILE = click.Path(path_type=Path, exists=True, dir_okay=False)


@contextmanager
def opened(settings: Settings, *, claimed: bool = False) -> Iterator[Database]:
    """Give the database, tables and reference data up to date.

    `claimed` for a process that stays: it must be alone on SQLite, and brings the processes with it.
    """
    wire(settings)
    audit.comes_from("cli")
    database = connect(settings)
    try:
        if claimed:
            database.claim()
            boot.prepare(database, settings, say=click.echo)
        else:
            boot.lay(database)
        yield database
    finally:
        database.close()


def show(findings: Iterable[Finding], *, err: bool = True) -> None:
    """Write one line for each finding."""
    for finding in findings:
        where = f" {finding.element}" if finding.element else ""
        click.echo(f"  {finding.severity}{where} [{finding.rule}] {finding.message}", err=err)
