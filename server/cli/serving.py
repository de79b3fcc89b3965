"""`duban serve` and `duban worker`: the processes that stay."""

from __future__ import annotations

import gc
import os
import signal
import socket
import threading
from collections.abc import Callable
from contextlib import closing

import click
from sqlalchemy import select

from server import auth, boot, demo, logs
from server.app import create_app
from server.auth import links
from server.cli.common import opened
from server.db import Database, connect
from server.serving import CONNECTIONS, Server, Shares, listen
from server.settings import Settings
from server.together import Together
from server.worker import Worker
from workflows.errors import Conflict, InvalidInput

#: New objects, and rounds of younger ones, before a round of the garbage collector: a request makes thousands.
GARBAGE = (20_000, 20, 20)


@click.command()
@click.option("--host", help="Address to serve on instead of DUBAN_BIND's.")
@click.option("--port", type=click.IntRange(0, 65535), help="Port to serve on instead of DUBAN_BIND's.")
@click.option("--demo", is_flag=True, help="Load and serve the demo office, on this machine only.")
@click.option("--no-worker", is_flag=True, help="Leave the timers to `duban worker`.")
@click.option(
    "--processes",
    default=1,
    show_default=True,
    type=click.IntRange(1, 64),
    help="How many answer: one for each core. PostgreSQL only.",
)
def serve(host: str | None, port: int | None, demo: bool, no_worker: bool, processes: int) -> None:
    """Serve pages and APIs, and fire timers."""
    settings = Settings.from_env(demo=demo).at(host, port).serving()
    if processes > 1 and settings.sqlite:
        raise InvalidInput(
            "SQLite serves one process only: leave out --processes, or use PostgreSQL: "
            "DUBAN_DATABASE_URL=postgresql://user:password@host/database"
        )
    logs.configure(readable=demo)
    firing = settings.worker and not no_worker
    bound = listen(settings)
    with opened(settings, claimed=True) as database:
        _keep_demo_apart(settings, database)
        boot.check_demands(database, settings)
        if processes == 1:
            server = _server(settings, database, bound)
            _announce(settings, server.port, database)
            _answer(server, Worker(database, settings) if firing else None)
        else:
            database.close()  # no connection is shared with a child
            together = _together(settings, bound, processes, firing)
            together.start()
            _announce(settings, bound.getsockname()[1], database)
            database.close()
            together.watch()
    click.echo("Stopped.")


def _server(
    settings: Settings,
    database: Database,
    bound: socket.socket,
    shares: Shares | None = None,
    number: int = 0,
) -> Server:
    app = create_app(settings, database)
    app.extensions["duban.prepared"] = True
    # What is there by now stays: nobody need look through it again and again for what may be thrown away.
    gc.collect()
    gc.freeze()
    gc.set_threshold(*GARBAGE)
    return Server(app, bound, settings, shares, number)


def _answer(server: Server, worker: Worker | None, wanted: Callable[[], bool] = lambda: True) -> None:
    """Answer until told to stop, or not wanted any more, and fire timers meanwhile if there is a worker."""
    server.stop_on_signals()
    if worker:
        worker.start()
    try:
        server.run(wanted)
    finally:
        if worker:
            worker.stop()


def _together(settings: Settings, bound: socket.socket, processes: int, firing: bool) -> Together:
    """Return so many processes, to be started, that answer at the same socket; the first of them fires timers."""
    bound.listen(CONNECTIONS)  # whoever comes before they are there waits for them

    parent, shares = os.getpid(), Shares(processes)

    def one(number: int) -> None:
        with closing(connect(settings)) as database:
            worker = Worker(database, settings) if firing and number == 0 else None
            server = _server(settings, database, bound, shares, number)
            _answer(server, worker, lambda: os.getppid() == parent)

    return Together(processes, one)


@click.command()
def worker() -> None:
    """Fire timers, beside servers that run with --no-worker."""
    settings = Settings.from_env()
    logs.configure(readable=False)
    with opened(settings, claimed=True) as database:
        running = Worker(database, settings)
        stopping = threading.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: stopping.set())
        running.start()
        click.echo("The worker is running. Stop it with Ctrl+C.")
        stopping.wait()
        running.stop()
    click.echo("Stopped.")


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
        _invite_first(settings, f"http://{host}:{port}", database)
    click.echo("Stop with Ctrl+C.")


def _invite_first(settings: Settings, served_at: str, database: Database) -> None:
    """Print the link by which the first administrator comes in, where there is no account: there is no default one."""
    with database.unit_of_work() as session:
        token = links.first(session)
    if token:
        base = settings.way_out.public_url or served_at
        click.echo(
            f"There is no account yet. The first administrator chooses name and password here, once, within "
            f"{links.FIRST.total_seconds() / 3600:.0f} hours:\n  {base}/welcome/{token}\n"
            "Or add one with `duban user add LOGIN --role admin`."
        )
