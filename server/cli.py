"""The command line: `duban serve`, `worker`, `deploy`, `check`, `simulate`, `import`, `user`."""

from __future__ import annotations

import json
import secrets
import signal
import sys
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import click
import orjson
from sqlalchemy import select
from sqlalchemy.exc import OperationalError, SQLAlchemyError

from handlers import clue_import, office
from server import auth, boot, demo, folders, logs
from server.app import create_app
from server.auth import tokens
from server.db import Database, connect
from server.serving import Server, listen
from server.settings import GATES, Settings
from server.wiring import wire
from server.worker import Worker
from workflows import clock, definitions, simulation
from workflows.definitions.checking import refused
from workflows.errors import Conflict, DubanError, InvalidInput
from workflows.findings import Finding

FILE = click.Path(path_type=Path)


class Commands(click.Group):
    """Commands that fail with one clear line, whatever went wrong below."""

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command; known failures become a message and exit code 1."""
        try:
            return super().invoke(ctx)
        except InvalidInput as error:
            _show(error.findings)
            raise click.ClickException(error.message) from error
        except DubanError as error:
            raise click.ClickException(error.message) from error
        except OperationalError as error:
            raise click.ClickException(f"The database does not answer: {_first_line(error)}") from error
        except SQLAlchemyError as error:
            raise click.ClickException(f"The database refused: {_first_line(error)}") from error


@click.group(cls=Commands)
@click.version_option(package_name="duban")
def main() -> None:
    """督办 Duban: a BPM server for discipline-supervision offices."""


@main.command()
@click.option("--host", help="Address to serve on instead of DUBAN_BIND's.")
@click.option("--port", type=click.IntRange(0, 65535), help="Port to serve on instead of DUBAN_BIND's.")
@click.option("--demo", is_flag=True, help="Load and serve the demo office, on this machine only.")
@click.option("--no-worker", is_flag=True, help="Leave the timers to `duban worker`.")
def serve(host: str | None, port: int | None, demo: bool, no_worker: bool) -> None:
    """Serve pages and APIs, and fire timers."""
    settings = Settings.from_env(demo=demo).at(host, port).serving()
    logs.configure(readable=demo)
    bound = listen(settings)
    with _database(settings, claimed=True) as database:
        _keep_demo_apart(settings, database)
        app = create_app(settings, database)
        app.extensions["duban.prepared"] = True
        server = Server(app, bound, settings)
        server.stop_on_signals()
        worker = Worker(database) if settings.worker and not no_worker else None
        if worker:
            worker.start()
        _announce(settings, server.port, database)
        try:
            server.run()
        finally:
            if worker:
                worker.stop()
    click.echo("Stopped.")


@main.command()
def worker() -> None:
    """Fire timers, beside servers that run with --no-worker."""
    settings = Settings.from_env()
    logs.configure(readable=False)
    with _database(settings, claimed=True) as database:
        running = Worker(database)
        stopping = threading.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: stopping.set())
        running.start()
        click.echo("The worker is running. Stop it with Ctrl+C.")
        stopping.wait()
        running.stop()
    click.echo("Stopped.")


@main.command()
@click.argument("path", type=FILE)
def deploy(path: Path) -> None:
    """Deploy the process folder, the folders in PATH, or the file PATH; what has not changed stays."""
    settings = Settings.from_env()
    with _database(settings) as database:
        for process in folders.find(path):
            with database.unit_of_work() as session:
                deployment = boot.deploy(session, process, actor=boot.SYSTEM, profile=settings.gate)
            click.echo(f"{process}: deployment {deployment.id}")


@main.command()
@click.argument("path", type=FILE)
@click.option("--profile", type=click.Choice(sorted(GATES)), help="What to refuse; else DUBAN_GATE's.")
def check(path: Path, profile: str | None) -> None:
    """Say what is wrong with the process folder, the folders in PATH, or the file PATH; deploy nothing."""
    settings = Settings.from_env()
    wire(settings)
    profile = profile or settings.gate
    bad = 0
    with boot.draft() as session:
        for process in folders.find(path):
            findings = definitions.check(folders.read(process), profile=profile, session=session)
            click.echo(f"{process}: {_count(findings)}")
            _show(findings, err=False)
            bad += len(refused(findings, profile))
    if bad:
        raise click.ClickException(
            f"This cannot be deployed (profile {profile}): {bad} of the findings forbid it."
        )


@main.command()
@click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.option("--process", help="Id of the process, where the file holds several.")
@click.option("--variables", default="{}", help="Variables to start with: a JSON object.")
@click.option("--advance", help="How far the clock goes: an ISO duration (P40D) or instant.")
@click.option("--complete-all", is_flag=True, help="Complete every open task, without answers.")
def simulate(
    file: Path, process: str | None, variables: str, advance: str | None, complete_all: bool
) -> None:
    """Run the diagram FILE in memory under a virtual clock, and print one JSON document of what happened.

    Decision tables beside the file are used. Exit code 0 says that there is a document, whatever its outcome.
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
            limits=boot.limits_today(session),
        )
    click.echo(orjson.dumps(document, option=orjson.OPT_INDENT_2))


@main.group(name="import")
def import_() -> None:
    """Take in lists from other systems."""


@import_.command(name="clues")
@click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.option("--actor", required=True, help="Who takes the list in: a login that may start transfers.")
@click.option(
    "--mode",
    type=click.Choice(["good", "all"]),
    default="good",
    show_default=True,
    help="Take in the good rows, or all rows if all are good.",
)
def import_clues(file: Path, actor: str, mode: str) -> None:
    """Take in a transfer list (.xlsx, .csv), a row a clue; every bad row is named."""
    settings = Settings.from_env()
    with _database(settings) as database:
        boot.deploy_all(database, settings)
        with database.reading() as session:
            office.person(session, actor)
            who = office.actor_for(session, actor)
        outcome = clue_import.import_clues(
            database.unit_of_work,
            file.read_bytes(),
            file.name,
            actor=who,
            mode="good" if mode == "good" else "all_or_none",
            progress=_progress,
        )
    _report(outcome)


@import_.command(name="office")
@click.argument("folder", type=FILE)
def import_office(folder: Path) -> None:
    """Take in units.csv, people.csv and memberships.csv of FOLDER; what is known already stays."""
    with _database(Settings.from_env()) as database, database.unit_of_work() as session:
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


@main.group()
def user() -> None:
    """Add, disable and reset accounts."""


@user.command(name="add")
@click.argument("login")
@click.option("--name", help="The person's name.")
@click.option("--role", "roles", multiple=True, help="A role, or role@UNIT; may be given several times.")
@click.option("--generate", is_flag=True, help="Make a password and print it, instead of asking for one.")
def user_add(login: str, name: str | None, roles: tuple[str, ...], generate: bool) -> None:
    """Add an account; the password is asked for, or read from standard input."""
    password = _new_password(generate)
    with _database(Settings.from_env()) as database, database.unit_of_work() as session:
        auth.create(session, login, password)
        if not session.scalar(select(office.Person.id).where(office.Person.login == login)):
            session.add(office.Person(login=login, name=name or login))
            session.flush()
        for role in roles:
            role_id, _, unit = role.partition("@")
            office.enrol(session, login, role_id, unit_code=unit or None, since=office.today())
    _tell_password(login, password, generate)


@user.command(name="disable")
@click.argument("login")
def user_disable(login: str) -> None:
    """Let nobody in under this login from now on, and end its sessions and tokens."""
    with _database(Settings.from_env()) as database, database.unit_of_work() as session:
        auth.disable(session, login, actor="command line")
    click.echo(f"{login} is disabled.")


@user.command(name="enable")
@click.argument("login")
def user_enable(login: str) -> None:
    """Let a disabled account in again, with the password it had."""
    with _database(Settings.from_env()) as database, database.unit_of_work() as session:
        auth.enable(session, login, actor="command line")
    click.echo(f"{login} is enabled.")


@user.command(name="reset")
@click.argument("login")
@click.option("--generate", is_flag=True, help="Make a password and print it, instead of asking for one.")
def user_reset(login: str, generate: bool) -> None:
    """Give an account a new password, and end its sessions and tokens."""
    password = _new_password(generate)
    with _database(Settings.from_env()) as database, database.unit_of_work() as session:
        auth.reset(session, login, password, actor="command line")
    _tell_password(login, password, generate)


@user.command(name="token")
@click.argument("login")
@click.option("--name", default="command line", show_default=True, help="What the token is for.")
@click.option(
    "--days", type=click.IntRange(1, 3650), default=90, show_default=True, help="How long it holds."
)
def user_token(login: str, name: str, days: int) -> None:
    """Print a new API token of an account; it is shown this once."""
    with _database(Settings.from_env()) as database, database.unit_of_work() as session:
        made = tokens.create(session, login, name, lasts=timedelta(days=days), actor="command line")
    click.echo(made)


@contextmanager
def _database(settings: Settings, *, claimed: bool = False) -> Iterator[Database]:
    """Give the database, tables and reference data up to date.

    `claimed` for a process that stays: it must be alone on SQLite, and brings the processes with it.
    """
    wire(settings)
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
    click.echo(f"{len(outcome.started)} taken in, {len(outcome.known)} known before.")
    bad = {problem.row for problem in outcome.problems}
    if bad:
        raise click.ClickException(
            "The file was not taken in."
            if bad == {None}
            else f"{len(bad)} row{'s' if len(bad) > 1 else ''} not taken in."
        )


def _json_object(text: str) -> dict[str, Any]:
    try:
        found = json.loads(text)
    except ValueError as error:
        raise InvalidInput(f"--variables is no JSON: {error}.") from None
    if not isinstance(found, dict):
        raise InvalidInput('--variables must be a JSON object, such as {"amount": 5}.')
    return found


def _keep_demo_apart(settings: Settings, database: Database) -> None:
    with database.reading() as session:
        there = demo.loaded(session)
        taken = session.scalar(select(auth.Account.login).limit(1)) is not None
    if settings.demo and taken and not there:
        raise Conflict(
            "This database has accounts of its own: the demo, whose passwords are known to everyone, "
            "is not loaded into it."
        )
    if there and not settings.demo:
        raise Conflict(
            "This database holds the demo, whose passwords are known to everyone: serve it with --demo, "
            "or name another one in DUBAN_DATABASE_URL."
        )
    if settings.demo:
        demo.load(database, say=click.echo)
        with database.reading() as session:
            boot.know_roles(session)


def _announce(settings: Settings, port: int, database: Database) -> None:
    host = f"[{settings.host}]" if ":" in settings.host else settings.host
    click.echo(f"\nDuban is ready: http://{host}:{port}/")
    if settings.demo:
        click.echo("Accounts, each with its own name as password:")
        for account in demo.ACCOUNTS:
            click.echo(f"  {account.login:<12}{account.zh} · {account.en}")
    else:
        with database.reading() as session:
            if session.scalar(select(auth.Account.login).limit(1)) is None:
                click.echo("There is no account yet: add one with `duban user add LOGIN --role admin`.")
    click.echo("Stop with Ctrl+C.")


def _new_password(generate: bool) -> str:
    if generate:
        return secrets.token_urlsafe(12)
    if sys.stdin.isatty():
        return str(click.prompt("Password", hide_input=True, confirmation_prompt=True))
    return sys.stdin.readline().rstrip("\n")


def _tell_password(login: str, password: str, generate: bool) -> None:
    click.echo(f"{login} can sign in." + (f" Password: {password}" if generate else ""))


def _show(findings: Iterable[Finding], *, err: bool = True) -> None:
    for finding in findings:
        where = f" {finding.element}" if finding.element else ""
        click.echo(f"  {finding.severity}{where} [{finding.rule}] {finding.message}", err=err)


def _count(findings: list[Finding]) -> str:
    return f"{len(findings)} findings" if findings else "nothing to complain of"


def _first_line(error: SQLAlchemyError) -> str:
    # The driver's own words: the statement and its parameters are nobody's business here.
    return str(getattr(error, "orig", None) or error).strip().partition("\n")[0]
