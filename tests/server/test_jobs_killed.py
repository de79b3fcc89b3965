"""Workers killed amid messages: every message is delivered, and none twice."""

import time
from collections import Counter
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import func, select

from server import boot, worker
from server.db import Database, connect
from server.settings import Settings
from server.wiring import wire
from tests.server.process import Process
from tests.workflows.jobs import E, S, event, pools
from workflows import clock, definitions, instances, persistence
from workflows.actor import Actor
from workflows.model import Instance, Job

pytestmark = pytest.mark.slow

CHIEF = Actor("chief")
TELLERS = 30
TELL = '<bpmn:sendTask id="throw" messageRef="m"/>'
TELLER = ("teller", S + TELL + E, "s>throw", "throw>e")
HEARER = ("hearer", event("startEvent", "hs") + '<bpmn:userTask id="u"/>', "hs>u")


def done(database: Database) -> int:
    with database.reading() as session:
        return session.scalar(select(func.count()).select_from(Job).where(Job.status == "done")) or 0


def test_a_worker_killed_between_messages_delivers_each_once(postgresql_url: str, tmp_path: Path) -> None:
    settings = Settings(database_url=postgresql_url)
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


def _check(database: Database) -> None:
    with database.reading() as session:
        found = session.scalars(select(Instance)).all()
        heard = Counter(i.business_key for i in found if i.definition_key == "hearer")
        assert heard == {str(number): 1 for number in range(TELLERS)}
        assert {job.status for job in session.scalars(select(Job))} == {"done"}
        assert {i.id: persistence.rows_equal_run(session, i.id) for i in found} == {i.id: [] for i in found}
