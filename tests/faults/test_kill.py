"""The server dies in mid-work: no task is lost, none is completed twice, rows equal the engine's own view."""

import os
import re
import signal
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from queue import Empty, Queue

import pytest
import requests
from sqlalchemy import select

from handlers import office
from server import auth
from server.boot import lay
from server.db import Database, connect
from server.settings import Settings
from server.wiring import wire
from workflows import persistence
from workflows.model import Activity, AuditEvent, Instance, Task

DUBAN = Path(sys.executable).with_name("duban")
DIAGRAM = Path(__file__).with_name("three_steps.bpmn")
PASSWORD = "correct horse battery"
CLIENTS = 8
MATTERS = 40
STEPS = 3
KILLS = 3
PATIENCE_SECONDS = 120


@dataclass
class Served:
    """A running server, as another process sees it."""

    process: "subprocess.Popen[str]"
    base: str

    def kill(self) -> None:
        """End the server as a power failure would."""
        self.process.send_signal(signal.SIGKILL)
        self.process.wait(PATIENCE_SECONDS)


@dataclass
class Tally:
    """What the clients were told."""

    acknowledged: Counter[str] = field(default_factory=Counter)
    refused: Counter[int] = field(default_factory=Counter)
    lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def completions(self) -> int:
        """How many completions the server has acknowledged so far."""
        return sum(self.acknowledged.values())


@pytest.fixture
def database(postgresql_url: str) -> Iterator[Database]:
    """Give a database with one account, as an administrator would prepare it."""
    settings = Settings(database_url=postgresql_url)
    wire(settings)
    found = connect(settings)
    lay(found)
    with found.unit_of_work() as session:
        auth.create(session, "clerk", PASSWORD)
        session.add(office.Person(login="clerk", name="Clerk"))
        session.flush()
        office.enrol(session, "clerk", "supervisor", since=office.today())
    yield found
    found.close()


@contextmanager
def served(url: str, folder: Path) -> Iterator[Served]:
    """Serve the database from a process of its own, on a free port, until the block ends or it is killed."""
    environment = {
        **os.environ,
        "DUBAN_DATABASE_URL": url,
        "DUBAN_SECRET_KEY": "k" * 40,
        "DUBAN_GATE": "engine",
        "PYTHONUNBUFFERED": "1",
    }
    command = [DUBAN, "serve", "--port", "0"]
    with subprocess.Popen(command, env=environment, cwd=folder, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        address = next(filter(None, (re.search(r"http://\S+", line) for line in process.stdout)), None)
        assert address, "the server ended before it was ready"
        # It says next to nothing from now on, and whatever it does say fits into the pipe.
        try:
            yield Served(process, address[0].rstrip("/") + "/engine-rest")
        finally:
            process.kill()


def client() -> requests.Session:
    """Return a client that signs in as the clerk."""
    session = requests.Session()
    session.auth = ("clerk", PASSWORD)
    return session


def prepare(base: str) -> None:
    """Deploy the diagram and start every matter."""
    with client() as session, DIAGRAM.open("rb") as file:
        answer = session.post(
            f"{base}/deployment/create", data={"deployment-name": "kill"}, files={"diagram.bpmn": file}
        )
        assert answer.status_code == 200, answer.text
        for number in range(MATTERS):
            answer = session.post(
                f"{base}/process-definition/key/three_steps/start", json={"businessKey": str(number)}
            )
            assert answer.status_code == 200, answer.text


def complete_all(base: str, tasks: "Queue[str]", tally: Tally) -> None:
    """Complete tasks from the queue until it is empty or the server is gone."""
    with client() as session:
        while True:
            try:
                task = tasks.get_nowait()
            except Empty:
                return
            try:
                answer = session.post(f"{base}/task/{task}/complete", json={}, timeout=PATIENCE_SECONDS)
            except requests.ConnectionError:
                return
            with tally.lock:
                if answer.status_code == 204:
                    tally.acknowledged[task] += 1
                else:
                    tally.refused[answer.status_code] += 1


def open_tasks(base: str) -> list[str]:
    """Return the ids of all open tasks, each twice: clients race for them."""
    with client() as session:
        answer = session.get(
            f"{base}/task", params={"candidateGroup": "clerk", "includeAssignedTasks": "true"}
        )
    assert answer.status_code == 200, answer.text
    return [task["id"] for task in answer.json() for _ in range(2)]


def work(base: str, tally: Tally) -> list[threading.Thread]:
    """Let the clients complete what is open now."""
    tasks: Queue[str] = Queue()
    for task in open_tasks(base):
        tasks.put(task)
    threads = [threading.Thread(target=complete_all, args=(base, tasks, tally)) for _ in range(CLIENTS)]
    for thread in threads:
        thread.start()
    return threads


def wait_for(tally: Tally, completions: int, threads: list[threading.Thread]) -> None:
    """Wait until so many completions are acknowledged, or the clients have nothing left to do."""
    while tally.completions < completions and any(thread.is_alive() for thread in threads):
        threads[0].join(0.01)


def check_rows(database: Database) -> None:
    """Assert that the rows of every instance equal the engine's own view."""
    with database.reading() as session:
        for instance_id in session.scalars(select(Instance.id)):
            assert persistence.rows_equal_run(session, instance_id) == []


def test_a_killed_server_loses_no_task_and_completes_none_twice(
    postgresql_url: str, database: Database, tmp_path: Path
) -> None:
    tally = Tally()
    for kill in range(KILLS):
        with served(postgresql_url, tmp_path) as server:
            if kill == 0:
                prepare(server.base)
            threads = work(server.base, tally)
            wait_for(tally, MATTERS // 2 + kill * MATTERS * 2 // 3, threads)
            server.kill()
            for thread in threads:
                thread.join(PATIENCE_SECONDS)
        check_rows(database)
    with served(postgresql_url, tmp_path) as server:
        while open_tasks(server.base):
            for thread in work(server.base, tally):
                thread.join(PATIENCE_SECONDS)
    check_rows(database)
    with database.reading() as session:
        states = Counter(session.scalars(select(Instance.state)))
        completed = Counter(session.scalars(select(Task.id).where(Task.outcome == "completed")))
        acts = select(AuditEvent.task_id).where(AuditEvent.act == "task.complete")
        audited = Counter(session.scalars(acts))
        passed = select(Activity.instance_id, Activity.element_id).where(Activity.task_id.is_not(None))
        passages = Counter(session.execute(passed).all())
    assert states == {"completed": MATTERS}
    assert len(completed) == MATTERS * STEPS
    assert audited == completed, "every task is completed once, and the audit says so once"
    assert set(passages.values()) == {1}
    assert max(tally.acknowledged.values()) == 1, "nobody was told twice that the same task is done"
    assert set(tally.acknowledged) <= set(completed), "what was acknowledged is stored"
    assert 500 not in tally.refused
