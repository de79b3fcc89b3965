"""`duban import`: lists from other systems."""

from __future__ import annotations

from pathlib import Path

import click

from handlers import clue_import, office
from handlers.registers import returns
from server import boot
from server.cli.common import FILE, PATH, opened
from server.cli.taking import Taking
from server.demo import sample
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
    help="Take in the good rows, or none before all are good.",
)
@click.option(
    "--corrections",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Write the bad rows here (.xlsx), to be mended and sent again.",
)
def import_clues(file: Path, actor: str, mode: str, corrections: Path | None) -> None:
    """Take in a transfer list (.xlsx, .csv), a row a clue; every bad row is named.

    Stopped half-way, the same command goes on where it stood. Each transfer's number is written to standard
    output where that is no terminal.
    """
    settings = Settings.from_env()
    with opened(settings) as database, file.open("rb") as stream:
        boot.deploy_all(database, settings)
        with database.reading() as session:
            office.person(session, actor)
            who = office.actor_for(session, actor)
        try:
            with clue_import.opened(database.reading, stream, file.name, actor=who) as incoming:
                Taking(incoming, corrections).run(database, who, together=mode == "all")
        except InvalidInput as error:
            problem = clue_import.Problem(None, None, "", error.code, error.params)
            raise click.ClickException(f"{file.name}: {clue_import.explain(problem, 'en')}") from error


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


@import_.command(name="sample")
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@click.option("--rows", default=301, show_default=True, type=click.IntRange(1), help="How many clues.")
@click.option("--seed", default=1, show_default=True, help="The same seed gives the same list on one day.")
@click.option("--for-office", is_flag=True, help="Of many agencies, as the office enters lists on paper.")
@click.option(
    "--faults",
    default=0.0,
    show_default=True,
    type=click.FloatRange(0, 1),
    help="Which part of the rows is faulty, in every way there is: 0.1 is one in ten.",
)
@click.option(
    "--encoding", default="utf-8", show_default=True, type=click.Choice(sample.ENCODINGS), help="Of a .csv."
)
def write_sample(file: Path, rows: int, seed: int, for_office: bool, faults: float, encoding: str) -> None:
    """Write a list to try things out with (.xlsx, .csv), of any size; every person in it is invented."""
    wanted = sample.Sample(rows, office.today(), seed=seed, for_office=for_office, faults=faults)
    sample.write(file, wanted, encoding=encoding)
    click.echo(f"{rows} invented clues are in {file}.")


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
            try:
                added = returns.load(session, owing.read_text("utf-8"))
            except InvalidInput as error:
                raise InvalidInput(f"{owing}: {error.message}") from error
            click.echo(f"{owing.name}: {added} new")
