"""The command line: `duban serve`, `worker`, `deploy`, `check`, `simulate`, `import`, `user`."""

from __future__ import annotations

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
from sqlalchemy import select
from sqlalchemy.exc import OperationalError, SQLAlchemyError

from handlers import office
from server import auth, boot, folders, logs
from server.app import create_app
from server.auth import tokens
from server.db import Database, connect
from server.serving import Server, listen
from server.settings import GATES, Settings
from server.wiring import wire
from server.worker import Worker
from workflows import definitions
from workflows.definitions.checking import refused
from workflows.errors import DubanError, InvalidInput
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
        raise click.ClickException(f"{bad} findings keep this from being deployed (profile {profile}).")


@main.group(name="import")
def import_() -> None:
    """Take in lists from other systems."""


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


def _announce(settings: Settings, port: int, database: Database) -> None:
    host = f"[{settings.host}]" if ":" in settings.host else settings.host
    click.echo(f"\nDuban is ready: http://{host}:{port}/")
    if not settings.demo:
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
