"""The whole server as it is started: ready when it says so, gentle when stopped, whole when killed."""

import os
import random
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
import requests
from sqlalchemy import select

from server import auth, boot, demo
from server.db import Database, connect, migrate
from server.demo import story
from server.demo.fates import Fate
from server.settings import Settings
from server.wiring import wire
from tests.server.conftest import PASSWORD
from tests.server.process import Process
from workflows import definitions, instances, persistence
from workflows.actor import Actor
from workflows.model import Activity, Instance, Task, Timer

WHOLE = int(os.environ.get("DUBAN_WALKS", "300")) >= 20_000

pytestmark = pytest.mark.slow

CHIEF = Actor("chief")
CLIENTS = 8
INSTANCES = 24
#: After this many completions the server is killed, while the clients go on.
KILLED_AFTER = (20, 60)
#: Two people's steps side by side, then a third; a timer rides along on the first.
TEAM = """<?xml version="1.0" encoding="UTF-8"?>
<bpmn:definitions xmlns:bpmn="http://www.omg.org/spec/BPMN/20100524/MODEL"
    xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"
    xmlns:camunda="http://camunda.org/schema/1.0/bpmn" id="d" targetNamespace="http://duban.test">
  <bpmn:process id="team" isExecutable="true">
    <bpmn:startEvent id="start" /><bpmn:sequenceFlow id="f0" sourceRef="start" targetRef="split" />
    <bpmn:parallelGateway id="split" />
    <bpmn:sequenceFlow id="f1" sourceRef="split" targetRef="left" />
    <bpmn:sequenceFlow id="f2" sourceRef="split" targetRef="right" />
    <bpmn:userTask id="left" camunda:candidateUsers="crew" />
    <bpmn:boundaryEvent id="late" attachedToRef="left" cancelActivity="false">
      <bpmn:timerEventDefinition id="t">
        <bpmn:timeDuration xsi:type="bpmn:tFormalExpression">PT2S</bpmn:timeDuration>
      </bpmn:timerEventDefinition></bpmn:boundaryEvent>
    <bpmn:sequenceFlow id="f3" sourceRef="late" targetRef="warned" /><bpmn:endEvent id="warned" />
    <bpmn:userTask id="right" camunda:candidateUsers="crew" />
    <bpmn:sequenceFlow id="f4" sourceRef="left" targetRef="join" />
    <bpmn:sequenceFlow id="f5" sourceRef="right" targetRef="join" />
    <bpmn:parallelGateway id="join" /><bpmn:sequenceFlow id="f6" sourceRef="join" targetRef="last" />
    <bpmn:userTask id="last" camunda:candidateUsers="crew" />
    <bpmn:sequenceFlow id="f7" sourceRef="last" targetRef="end" /><bpmn:endEvent id="end" />
  </bpmn:process>
</bpmn:definitions>"""


@pytest.fixture
def crew(postgresql_url: str) -> Iterator[Database]:
    """Give a database with an account and instances of the process that it works on."""
    settings = Settings(database_url=postgresql_url)
    wire(settings)
    with closing(connect(settings)) as database:
        boot.lay(database)
        with database.unit_of_work() as session:
            auth.create(session, "crew", PASSWORD)
            files = {"team.bpmn": TEAM.encode()}
            definitions.deploy(session, files, name="team", actor=CHIEF, profile="engine")
        for number in range(INSTANCES):
            with database.unit_of_work() as session:
                instances.start(session, key="team", actor=CHIEF, business_key=str(number), skip_policy=True)
        yield database


class Crew:
    """Clients that complete whatever tasks there are until none is left, server or no server."""

    def __init__(self) -> None:
        self.address = ""
        self.accepted: Counter[str] = Counter()
        self.refused: Counter[int] = Counter()
        self.up, self.enough = threading.Event(), threading.Condition()
        self.threads = [
            threading.Thread(target=self._work, args=[number], daemon=True) for number in range(CLIENTS)
        ]

    def wait_for(self, completions: int) -> None:
        with self.enough:
            assert self.enough.wait_for(lambda: self.accepted.total() >= completions, timeout=120)

    def _work(self, number: int) -> None:
        chance = random.Random(number)
        session = requests.Session()
        session.auth = ("crew", PASSWORD)
        while True:
            assert self.up.wait(120)
            try:
                tasks = session.get(f"{self.address}/engine-rest/task", timeout=30).json()
                if not tasks:
                    return
                self._complete(session, chance.choice(tasks)["id"])
            except (requests.RequestException, ValueError):
                continue

    def _complete(self, session: requests.Session, task_id: str) -> None:
        answer = session.post(f"{self.address}/engine-rest/task/{task_id}/complete", json={}, timeout=30)
        with self.enough:
            if answer.ok:
                self.accepted[task_id] += 1
            else:
                self.refused[answer.status_code] += 1
            self.enough.notify_all()


def test_killed_amid_work_nothing_is_lost_or_done_twice(
    crew: Database, postgresql_url: str, tmp_path: Path
) -> None:
    clients = Crew()
    server = Process(tmp_path, DUBAN_DATABASE_URL=postgresql_url)
    clients.address = server.address
    clients.up.set()
    for thread in clients.threads:
        thread.start()
    for completions in KILLED_AFTER:
        clients.wait_for(completions)
        server.kill()
        clients.up.clear()
        # Its processes notice that their parent is gone, and finish what they have beside the next server.
        server = Process(tmp_path, "--processes", "2", DUBAN_DATABASE_URL=postgresql_url)
        clients.address = server.address
        clients.up.set()
    for thread in clients.threads:
        thread.join(120)
        assert not thread.is_alive()
    assert server.stop() == 0
    _check(crew, clients)


def _check(database: Database, clients: Crew) -> None:
    with database.reading() as session:
        found = session.scalars(select(Instance)).all()
        assert [i.state for i in found] == ["completed"] * INSTANCES
        assert {i.id: persistence.rows_equal_run(session, i.id) for i in found} == {i.id: [] for i in found}
        tasks = session.scalars(select(Task)).all()
        assert len(tasks) == 3 * INSTANCES
        assert {task.outcome for task in tasks} == {"completed"}
        rows = session.execute(select(Activity.instance_id, Activity.element_id))
        passages = Counter((instance, element) for instance, element in rows)
        twice = {(instance, element) for (instance, element), count in passages.items() if count != 1}
        assert twice == {(i.id, "join") for i in found}, "a join is entered by each of its two tokens"
        assert session.scalars(select(Timer).where(Timer.status == "failed")).all() == []
    # What a client was told is done was done, and by nobody else.
    assert set(clients.accepted) <= {task.id for task in tasks}
    assert set(clients.accepted.values()) == {1}
    # A lost race is told as one: nobody got an internal error.
    assert 500 not in clients.refused


def test_production_says_when_it_is_ready_and_what_is_missing(sqlite_url: str, tmp_path: Path) -> None:
    with Process(tmp_path, DUBAN_DATABASE_URL=sqlite_url) as server:
        ready = requests.get(f"{server.address}/readyz", timeout=10)
        assert (ready.status_code, ready.json()["checks"]["accounts"]) == (503, False)
        assert (
            requests.get(
                f"{server.address}/engine-rest/task", auth=("admin", "admin"), timeout=10
            ).status_code
            == 401
        )
        with (
            closing(connect(Settings(database_url=sqlite_url))) as database,
            database.unit_of_work() as session,
        ):
            auth.create(session, "wang", PASSWORD)
        assert requests.get(f"{server.address}/readyz", timeout=10).status_code == 200
        assert server.stop() == 0
        assert any("duban user add" in line for line in server.said)
        # There is no default account: the first administrator comes by the link, unless somebody else was first.
        (link,) = [line.strip() for line in server.said if "/welcome/" in line]
        assert link.startswith(f"{server.address}/welcome/")
        assert server.said[-1] == "Stopped."


def test_the_demo_is_ready_with_its_accounts_and_stays_the_demo(
    sqlite_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`make soak` lets the server load the whole demo; here it finds one of a few matters."""
    if not WHOLE:
        monkeypatch.setattr(story, "fates", lambda chance: [Fate(stop="a3"), Fate(stop="a7", waits=9)])
        settings = Settings(database_url=sqlite_url, demo=True)
        wire(settings)
        with closing(connect(settings)) as database:
            boot.prepare(database, settings)
            demo.load(database)
    with Process(tmp_path, "--demo", DUBAN_DATABASE_URL=sqlite_url, DUBAN_SECRET_KEY="") as server:
        assert requests.get(f"{server.address}/readyz", timeout=10).json()["ready"]
        for login in (account.login for account in demo.ACCOUNTS):
            answer = requests.get(f"{server.address}/engine-rest/task/count", auth=(login, login), timeout=10)
            assert answer.status_code == 200, login
        assert server.stop() == 0
        assert {a.login for a in demo.ACCOUNTS} <= {line.split()[0] for line in server.said if line.strip()}
    with pytest.raises(AssertionError, match="known to everyone"):
        Process(tmp_path, DUBAN_DATABASE_URL=sqlite_url)


def test_the_demo_is_not_loaded_into_a_real_database(sqlite_url: str, tmp_path: Path) -> None:
    with closing(connect(Settings(database_url=sqlite_url))) as database:
        migrate(database)
        with database.unit_of_work() as session:
            auth.create(session, "wang", PASSWORD)
    with pytest.raises(AssertionError, match="known to everyone"):
        Process(tmp_path, "--demo", DUBAN_DATABASE_URL=sqlite_url)


def test_a_second_server_on_the_same_file_goes_away_with_a_word(sqlite_url: str, tmp_path: Path) -> None:
    with Process(tmp_path, DUBAN_DATABASE_URL=sqlite_url) as server:
        with pytest.raises(AssertionError, match="PostgreSQL"):
            Process(tmp_path, DUBAN_DATABASE_URL=sqlite_url)
        assert requests.get(f"{server.address}/healthz", timeout=10).text == "ok\n"
        assert server.stop() == 0


def test_a_worker_of_its_own_fires_beside_a_server_without(
    crew: Database, postgresql_url: str, tmp_path: Path
) -> None:
    def waiting() -> list[str]:
        with crew.reading() as session:
            # Those that begin processes on a day of their own wait for ever.
            waits = select(Timer.id).where(Timer.status == "waiting", Timer.instance_id.is_not(None))
            return list(session.scalars(waits))

    with Process(tmp_path, "--no-worker", DUBAN_DATABASE_URL=postgresql_url) as server:
        assert len(waiting()) == INSTANCES
        with Process(tmp_path, command="worker", DUBAN_DATABASE_URL=postgresql_url) as worker:
            started = time.monotonic()
            while waiting() and time.monotonic() < started + 60:
                # The worker ticks once a second; asking the server is how a test waits without sleeping.
                requests.get(f"{server.address}/healthz", timeout=10)
            assert waiting() == []
            assert worker.stop() == 0
        assert server.stop() == 0


def test_two_servers_share_one_postgresql(postgresql_url: str, tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    with (
        Process(tmp_path / "a", DUBAN_DATABASE_URL=postgresql_url) as first,
        Process(tmp_path / "b", DUBAN_DATABASE_URL=postgresql_url) as second,
    ):
        for server in (first, second):
            assert requests.get(f"{server.address}/healthz", timeout=10).text == "ok\n"
            assert server.stop() == 0
