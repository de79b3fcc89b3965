"""A house to measure in: a database with the demo's office and people, and the program served over it."""

from __future__ import annotations

import os
import re
import secrets
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import timedelta
from itertools import pairwise
from pathlib import Path

from sqlalchemy import select
from sqlalchemy.orm import Session

from server import auth, boot, demo
from server.auth import tokens
from server.db import Database, connect
from server.guard import COOKIE
from server.settings import Settings
from server.wiring import wire
from workflows import definitions, instances
from workflows.actor import Actor
from workflows.model import Task

#: Who does everything: a clerk of case supervision.
CLERK = Actor("clerk", frozenset({"clerk", "case_supervision"}))
STEPS = 10
LINE = "bench_line"

_HEAD = (
    '<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL" targetNamespace="http://duban.test" '
    'xmlns:camunda="http://camunda.org/schema/1.0/bpmn"><process id="bench_line" name="Ten steps" '
    'isExecutable="true"><startEvent id="begin"/><endEvent id="finish"/>'
)


@contextmanager
def settled(url: str) -> Iterator[Database]:
    """Give the database at this address with tables, office, accounts and processes."""
    settings = Settings(database_url=url)
    wire(settings)
    with closing(connect(settings)) as database:
        boot.prepare(database, settings)
        with database.unit_of_work() as session:
            demo.settle(session)
            definitions.deploy(session, {"line.bpmn": line()}, name=LINE, actor=boot.SYSTEM, profile="engine")
        yield database


def line() -> bytes:
    """Return ten steps in a row, each offered to case supervision."""
    names = [f"step{n}" for n in range(1, STEPS + 1)]
    steps = "".join(
        f'<userTask id="{name}" name="Step {name}" camunda:candidateGroups="case_supervision"/>'
        for name in names
    )
    flows = "".join(
        f'<sequenceFlow id="{one}_{next_one}" sourceRef="{one}" targetRef="{next_one}"/>'
        for one, next_one in pairwise(["begin", *names, "finish"])
    )
    return f"{_HEAD}{steps}{flows}</process></definitions>".encode()


def token(database: Database, login: str = CLERK.id) -> dict[str, str]:
    """Return the header by which a client is this account."""
    with database.unit_of_work() as session:
        made = tokens.create(session, login, "bench", lasts=timedelta(days=1), actor=login)
    return {"Authorization": f"Bearer {made}"}


def cookie(database: Database, login: str = CLERK.id) -> dict[str, str]:
    """Return the header by which a browser is this account, whose password is its name."""
    made = auth.sign_in(database, login, login, remote="127.0.0.1", lasts=timedelta(days=1))
    return {"Cookie": f"{COOKIE}={made}"}


def start_lines(database: Database, count: int) -> list[str]:
    """Return the ids of new instances of the ten steps."""
    with database.unit_of_work() as session:
        return [instances.start(session, key=LINE, actor=CLERK, skip_policy=True).id for _ in range(count)]


def open_tasks(session: Session, instance_ids: Sequence[str]) -> dict[str, str]:
    """Return instance → its open task, of instances that have one each."""
    wanted = select(Task.instance_id, Task.id).where(
        Task.instance_id.in_(instance_ids), Task.closed_at.is_(None)
    )
    return {row.instance_id: row.id for row in session.execute(wanted)}


@dataclass(frozen=True)
class Served:
    """The program, served: where, and its first process."""

    address: str
    pid: int


@contextmanager
def served(url: str, *arguments: str) -> Iterator[Served]:
    """Give the program served over this database, as `duban serve` does; stopped on leaving."""
    process = subprocess.Popen(
        [program(), "serve", "--port", "0", *arguments],
        env=environment(url),
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    try:
        yield Served(_address(process), process.pid)
    finally:
        process.terminate()
        process.communicate(timeout=60)


def program() -> str:
    """Return the path of the command line."""
    return str(Path(sys.executable).with_name("duban"))


def environment(url: str) -> dict[str, str]:
    """Return the environment of a process that works on this database."""
    return {
        **os.environ,
        "DUBAN_DATABASE_URL": url,
        "DUBAN_SECRET_KEY": secrets.token_hex(32),
        "PYTHONUNBUFFERED": "1",
    }


def _address(process: subprocess.Popen[str]) -> str:
    assert process.stdout
    for said in process.stdout:
        if found := re.search(r"ready: (http://\S+?)/?$", said.rstrip()):
            return found[1]
    raise RuntimeError("The server did not start.")
