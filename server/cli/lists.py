"""`duban import`: lists from other systems."""

from __future__ import annotations

from pathlib import Path

import click

from handlers import clue_import, office
from handlers.registers import returns
from server import boot
from server.cli.common import FILE, PATH, opened
from server.settings import Settings
from workflows.errors import InvalidInput


@click.group(name="import")
def import_() -> None:
    """Take in lists from other systems."""


@import_.command(name="clues")
@click.argument("file", type=FILE)
@click.option("--actor", required=True, help="Who takes the list in: a login that may start transfers.")
@click.option(
    "--mode",
    type=click.Choice(["good", "all"]),
    default="good",
    show_default=True,
    help="Take in the good rows, or all rows if all are good.",
)
@click.option(
    "--corrections",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Write the bad rows here (.xlsx), to be mended and sent again.",
)
def import_clues(file: Path, actor: str, mode: str, corrections: Path | None) -> None:
    """Take in a transfer list (.xlsx, .csv), a row a clue; every bad row is named."""
    settings = Settings.from_env()
    data = file.read_bytes()
    with opened(settings) as database:
        boot.deploy_all(database, settings)
        with database.reading() as session:
            office.person(session, actor)
            who = office.actor_for(session, actor)
        outcome = clue_import.import_clues(
            database.unit_of_work,
            data,
            file.name,
            actor=who,
            mode="good" if mode == "good" else "all_or_none",
            progress=_progress,
        )
        if corrections and any(problem.row is not None for problem in outcome.problems):
            with database.reading() as session:
                bad = clue_import.corrections(session, data, file.name, outcome.problems)
            corrections.write_bytes(bad)
            click.echo(f"The bad rows are in {corrections}.", err=True)
    _report(outcome)


@import_.command(name="template")
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@click.option("--for-office", is_flag=True, help="With the columns that name the agency, for lists on paper.")
def write_template(file: Path, for_office: bool) -> None:
    """Write the empty transfer list (.xlsx): headings, pick-lists and instructions."""
    settings = Settings.from_env()
    with opened(settings) as database:
        boot.deploy_all(database, settings)
        with database.reading() as session:
            file.write_bytes(clue_import.template(session, for_office=for_office))
    click.echo(f"The template is in {file}.")


@import_.command(name="office")
@click.argument("folder", type=PATH)
def import_office(folder: Path) -> None:
    """Take in units.csv, people.csv, memberships.csv (and return_duties.csv) of FOLDER; what is known stays."""
    with opened(Settings.from_env()) as database, database.unit_of_work() as session:
        for name, load in (
            ("units.csv", office.load_units),
            ("people.csv", office.load_people),
            ("memberships.csv", office.load_memberships),
        ):
            if not (folder / name).is_file():
                raise InvalidInput(f"{folder} has no {name}.")
            try:
                added = load(session, (folder / name).read_text("utf-8"))
            except InvalidInput as error:
                raise InvalidInput(f"{folder / name}: {error.message}") from error
            click.echo(f"{name}: {added} new")
        if (owing := folder / "return_duties.csv").is_file():
            click.echo(f"{owing.name}: {returns.load(session, owing.read_text('utf-8'))} new")


def _progress(done: int, total: int) -> None:
    if done == total or done % 50 == 0:
        click.echo(f"{done} of {total} rows …", err=True)


def _report(outcome: clue_import.Outcome) -> None:
    for row, number in outcome.started:
        click.echo(f"row {row}: {number}")
    for heading in outcome.unknown:
        click.echo(f"The column {heading} is not read.", err=True)
    for problem in outcome.problems:
        click.echo(clue_import.explain(problem, "en"), err=True)
    for repeat in outcome.repeats:
        click.echo(clue_import.explain(repeat, "en"))
    click.echo(f"{len(outcome.started)} taken in, {len(outcome.known)} known before.")
    bad = {problem.row for problem in outcome.problems}
    if bad:
        raise click.ClickException(
            "The file was not taken in."
            if bad == {None}
            else f"{len(bad)} row{'s' if len(bad) > 1 else ''} not taken in."
        )
