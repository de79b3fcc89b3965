"""Workers killed amid messages: every message is delivered, and none twice; what always fails holds up no other."""

import os
import re
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event as listening
from sqlalchemy import func, select

from server import boot, worker
from server.db import Database, connect
from server.settings import Settings
from server.wiring import wire
from tests.server.process import Process
from tests.workflows.jobs import E, S, event, pools
from workflows import clock, definitions, instances, persistence
from workflows.actor import Actor
from workflows.model import Incident, Instance, Job

pytestmark = pytest.mark.slow

CHIEF = Actor("chief")
TELLERS = 30
TELL = '<bpmn:sendTask id="throw" messageRef="m"/>'
TELLER = ("teller", S + TELL + E, "s>throw", "throw>e")
HEARER = ("hearer", event("startEvent", "hs") + '<bpmn:userTask id="u"/>', "hs>u")


def done(database: Database) -> int:
    with database.reading() as session:
        return session.scalar(select(func.count()).select_from(Job).where(Job.status == "done")) or 0


#: When a worker is killed: the statement that it has sent last, and whether that is committed by then.
PHASES = {
    "noting a failure": ("UPDATE job SET attempts", False),
    "a failure is noted": ("UPDATE job SET attempts", True),
    "leasing": ("UPDATE job SET leased", False),
    "leased": ("UPDATE job SET leased", True),
    "the receiver has moved": ("INSERT INTO instance_state", False),
    "the job is done": ("UPDATE job SET instance_id", False),
    "all is committed": ("UPDATE job SET instance_id", True),
}


@contextmanager
def laid(url: str) -> Iterator[Database]:
    """Give a database in which so many messages wait to be delivered, each to start a process."""
    settings = Settings(database_url=url)
    wire(settings)
    with closing(connect(settings)) as database:
        boot.lay(database)
        files = {"talk.bpmn": pools(TELLER, HEARER, flows=("throw>hs",)).encode()}
        with database.unit_of_work() as session:
            definitions.deploy(session, files, name="talk", actor=CHIEF, profile="engine")
        for number in range(TELLERS):
            with database.unit_of_work() as session:
                instances.start(
                    session, key="teller", actor=CHIEF, business_key=str(number), skip_policy=True
                )
        yield database


def test_a_worker_killed_between_messages_delivers_each_once(postgresql_url: str, tmp_path: Path) -> None:
    with laid(postgresql_url) as database:
        with Process(tmp_path, command="worker", DUBAN_DATABASE_URL=postgresql_url) as killed:
            started = time.monotonic()
            while done(database) < 5 and time.monotonic() < started + 60:
                pass  # the database answers in its own time: nothing else is waited for
            killed.kill()
        assert done(database) >= 5
        # The dead one's leases end; then another goes on where it stood.
        with clock.held_at(clock.now() + timedelta(minutes=5)):
            worker.run_due(database)
        _check(database)


def test_a_worker_killed_in_each_phase_of_a_job_while_one_always_fails(postgresql_url: str) -> None:
    with laid(postgresql_url) as database:
        with database.unit_of_work() as session:
            first = session.scalars(select(Job).order_by(Job.due_at).limit(1)).one()
            poison = Job(kind="clock", key="poison", instance_id=first.origin_id, payload={})
            poison.created_at = poison.due_at = first.due_at - timedelta(hours=1)
            session.add(poison)
        for number, phase in enumerate(PHASES):
            script = "import sys; from tests.server.test_jobs_killed import die; die(*sys.argv[1:])"
            told = [sys.executable, "-c", script, postgresql_url, phase, str(number)]
            assert subprocess.run(told, check=False).returncode == -signal.SIGKILL, phase
        assert done(database) < TELLERS
        for hours in range(len(PHASES), len(PHASES) + 6):
            with clock.held_at(clock.now() + timedelta(hours=hours)):
                worker.run_due(database)
            # Whatever becomes of the one, nobody waits for it.
            assert done(database) == TELLERS
        with database.unit_of_work() as session:
            left = session.get_one(Job, poison.id)
            (incident,) = session.scalars(select(Incident)).all()
            assert (left.status, left.attempts, incident.kind, incident.job_id) == (
                "failed",
                5,
                "failedJob",
                poison.id,
            )
            session.delete(incident)
            session.flush()
            session.delete(left)
        _check(database)


def die(url: str, phase: str, hours: str) -> None:
    """Work as a worker does until a phase is reached, then be killed; leases of before have ended."""
    pattern, committed = PHASES[phase]
    reached = False

    def sent(*given: Any) -> None:
        nonlocal reached
        if re.search(pattern, given[2]):
            reached = True
            if not committed:
                os.kill(os.getpid(), signal.SIGKILL)

    def begun(*given: Any) -> None:
        if reached:
            os.kill(os.getpid(), signal.SIGKILL)

    settings = Settings(database_url=url)
    wire(settings)
    with closing(connect(settings)) as database:
        listening.listen(database.engine, "after_cursor_execute", sent)
        listening.listen(database.engine, "begin", begun)
        with clock.held_at(clock.now() + timedelta(hours=int(hours))):
            worker.run_due(database)


def _check(database: Database) -> None:
    with database.reading() as session:
        found = session.scalars(select(Instance)).all()
        heard = Counter(i.business_key for i in found if i.definition_key == "hearer")
        assert heard == {str(number): 1 for number in range(TELLERS)}
        assert {job.status for job in session.scalars(select(Job))} == {"done"}
        assert {i.id: persistence.rows_equal_run(session, i.id) for i in found} == {i.id: [] for i in found}
