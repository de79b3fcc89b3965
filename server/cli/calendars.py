"""`duban calendar`: the holiday plans that working days and rest days are counted by."""

from __future__ import annotations

import getpass
from pathlib import Path

import click
from sqlalchemy import select

from server.cli.common import FILE, opened
from server.db import Database
from server.settings import Settings
from workflows import calendar, jobs, plans, recounting
from workflows.calendar import NATIONAL, Plan
from workflows.errors import InvalidInput
from workflows.model import CalendarYear, Job


@click.group(name="calendar")
def calendar_() -> None:
    """Take in holiday plans."""


@calendar_.command(name="load")
@click.argument("file", type=FILE)
@click.option(
    "--jurisdiction",
    default=NATIONAL,
    show_default=True,
    help="Whose plan it is: CN, or CN- and the code of a region for its own days over the country's.",
)
@click.option("--replace", is_flag=True, help="Let the file supersede a loaded year that it contradicts.")
@click.option("--reason", help="Why; required with --replace, and kept in the audit.")
def load(file: Path, jurisdiction: str, replace: bool, reason: str | None) -> None:
    """Take in the holiday plan of a year from a CSV FILE (date,kind,name,source), and count what it touches again.

    A file that contradicts a loaded year is refused with the lines, unless it replaces it for a reason.
    """
    if replace != bool((reason or "").strip()):
        raise InvalidInput('--replace and --reason "…" belong together.')
    plan = calendar.read_plan(_text(file), jurisdiction)
    with opened(Settings.from_env()) as database:
        with database.unit_of_work() as session:
            for gap in calendar.gaps(plan, plans.work_days(session, jurisdiction)):
                click.echo(f"{file}: {gap}", err=True)
            taken = recounting.take_in(session, plan, by=getpass.getuser(), reason=reason)
        if taken is None:
            click.echo(f"{plan.year} ({jurisdiction}) is loaded already, and the file says the same.")
            return
        click.echo(_told(plan, taken))
        click.echo(f"{_count_again(database)} deadlines were counted again.")


def _text(file: Path) -> str:
    # UTF-8 first: Chinese in GB18030 is practically never valid UTF-8.
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            return file.read_text(encoding)
        except UnicodeDecodeError:
            continue
    raise InvalidInput(f"{file} is no text in UTF-8 or GB18030; save it as CSV again.")


def _told(plan: Plan, taken: CalendarYear) -> str:
    holidays, makeup = len(plan.of("holiday")), len(plan.of("makeup"))
    return (
        f"{taken.year} ({taken.jurisdiction}) is loaded as version {taken.version}: "
        f"{holidays} days off, {makeup} make-up working days."
    )


def _count_again(database: Database) -> int:
    """Do the jobs that are due of a plan at once, and return how many instances were counted again.

    A worker does the same, and whatever comes later: each job is done once, by whoever is first.
    """
    done = 0
    while True:
        with database.reading() as session:
            waiting = select(Job.id, Job.instance_id).where(
                Job.kind == recounting.KIND, Job.status == "waiting"
            )
            ready = session.execute(waiting.where(Job.id.in_(jobs.due(session, 10_000)))).all()
        moved = 0
        for job_id, instance_id in ready:
            with database.unit_of_work() as session:
                moved += (ran := jobs.run(session, job_id))
                done += ran and instance_id is not None
            if done and done % 200 == 0:
                click.echo(f"{done} counted again …", err=True)
        if not moved:
            return done
