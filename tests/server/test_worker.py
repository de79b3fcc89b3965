"""The worker: fires what is due, once, in order, whatever else breaks, and however many of it there are."""

import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select

from server import auth, worker
from server.auth import sessions
from server.db import Database, connect
from server.settings import Settings
from server.wiring import wire
from workflows import clock, definitions, incidents, instances, leasing, operations, timers
from workflows.actor import Actor
from workflows.model import Activity, Incident, Instance, Timer
from workflows.operations import Context

CHIEF = Actor("chief", frozenset({"supervisor"}))
MONDAY = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)
WAIT = b"""<?xml version="1.0" encoding="UTF-8"?>
<bpmn:definitions xmlns:bpmn="http://www.omg.org/spec/BPMN/20100524/MODEL"
    xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"
    xmlns:camunda="http://camunda.org/schema/1.0/bpmn" id="d" targetNamespace="http://duban.test">
  <bpmn:process id="wait" isExecutable="true">
    <bpmn:startEvent id="start" /><bpmn:sequenceFlow id="f1" sourceRef="start" targetRef="pause" />
    <bpmn:intermediateCatchEvent id="pause"><bpmn:timerEventDefinition id="t">
      <bpmn:timeDuration xsi:type="bpmn:tFormalExpression">${length}</bpmn:timeDuration>
    </bpmn:timerEventDefinition></bpmn:intermediateCatchEvent>
    <bpmn:sequenceFlow id="f2" sourceRef="pause" targetRef="act" />
    <bpmn:serviceTask id="act" camunda:delegateExpression="${tests.worker}" />
    <bpmn:sequenceFlow id="f3" sourceRef="act" targetRef="end" /><bpmn:endEvent id="end" />
  </bpmn:process>
</bpmn:definitions>"""

broken: set[str] = set()


@operations.operation("tests.worker")
def act(context: Context) -> None:
    """Fail for instances that a test has broken."""
    if context.business_key in broken:
        raise RuntimeError(f"{context.business_key} is broken")


Start = Callable[..., None]


@pytest.fixture
def both(migrated_url: str) -> Iterator[Database]:
    """Give a migrated database of each kind, with the waiting process deployed."""
    settings = Settings(database_url=migrated_url)
    wire(settings)
    database = connect(settings)
    with database.unit_of_work() as session:
        definitions.deploy(session, {"wait.bpmn": WAIT}, name="wait", actor=CHIEF, profile="engine")
    yield database
    broken.clear()
    database.close()


def start(database: Database, *keys: str, length: str = "PT1H") -> None:
    for key in keys:
        with database.unit_of_work() as session:
            instances.start(
                session,
                key="wait",
                actor=CHIEF,
                variables={"length": length},
                business_key=key,
                skip_policy=True,
            )


def states(database: Database) -> dict[str | None, str]:
    with database.reading() as session:
        return {i.business_key: i.state for i in session.scalars(select(Instance))}


def test_nothing_fires_before_its_time(both: Database) -> None:
    with clock.held_at(MONDAY):
        start(both, "a")
        assert worker.run_due(both) == 0
    with clock.held_at(MONDAY + timedelta(minutes=59, seconds=59)):
        assert worker.run_due(both) == 0
    with clock.held_at(MONDAY + timedelta(hours=1)):
        assert worker.run_due(both) == 1
        assert worker.run_due(both) == 0
    assert states(both) == {"a": "completed"}


def test_after_an_outage_everything_fires_once_in_order(both: Database) -> None:
    with clock.held_at(MONDAY):
        for number in range(30):
            start(both, f"k{number}", length=f"PT{60 - number}M")
    with clock.held_at(MONDAY + timedelta(days=30)):
        assert worker.run_due(both) == 30
    with both.reading() as session:
        order = session.scalars(
            select(Instance.business_key)
            .join(Activity, Activity.instance_id == Instance.id)
            .where(Activity.element_id == "act")
            .order_by(Activity.id)
        )
        assert list(order) == [f"k{number}" for number in reversed(range(30))]


def test_one_broken_matter_stops_no_other(both: Database) -> None:
    broken.add("bad")
    with clock.held_at(MONDAY):
        start(both, "a", "bad", "b")
    with clock.held_at(MONDAY + timedelta(hours=1)):
        assert worker.run_due(both) == 2
    assert states(both) == {"a": "completed", "bad": "active", "b": "completed"}


def test_a_broken_timer_is_tried_again_and_then_shown_to_an_operator(both: Database) -> None:
    broken.add("bad")
    with clock.held_at(MONDAY):
        start(both, "bad")
    now = MONDAY + timedelta(hours=1)
    for _ in range(leasing.MAX_ATTEMPTS):
        with clock.held_at(now):
            assert worker.run_due(both) == 0
        now += timedelta(hours=1)
    with both.reading() as session:
        (incident,) = session.scalars(select(Incident))
        assert session.scalars(select(Timer.status)).all() == ["failed"]
    broken.clear()
    with clock.held_at(now):
        assert worker.run_due(both) == 0
        with both.unit_of_work() as session:
            incidents.retry(session, incident.id, actor=CHIEF)
        assert worker.run_due(both) == 1
    assert states(both) == {"bad": "completed"}


def test_several_workers_share_without_doing_anything_twice(both: Database) -> None:
    with clock.held_at(MONDAY):
        start(both, *(f"k{number}" for number in range(40)))
    fired: list[int] = []
    with clock.held_at(MONDAY + timedelta(hours=1)):
        threads = [threading.Thread(target=lambda: fired.append(worker.run_due(both))) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert sum(fired) == 40
    assert set(states(both).values()) == {"completed"}
    with both.reading() as session:
        assert len(session.scalars(select(Activity).where(Activity.element_id == "act")).all()) == 40


def test_what_a_killed_worker_had_taken_is_done_by_the_next(both: Database) -> None:
    with clock.held_at(MONDAY):
        start(both, "a")
    due = MONDAY + timedelta(hours=1)
    with clock.held_at(due):
        with both.unit_of_work() as session:
            assert timers.lease(session, "the one that dies")
        assert worker.run_due(both) == 0
    with clock.held_at(due + timedelta(minutes=5)):
        assert worker.run_due(both) == 1


def test_a_worker_that_is_told_to_stop_begins_nothing(both: Database) -> None:
    with clock.held_at(MONDAY):
        start(both, "a")
    stopping = threading.Event()
    stopping.set()
    with clock.held_at(MONDAY + timedelta(hours=1)):
        assert worker.run_due(both, stopping=stopping) == 0


def test_the_thread_fires_and_stops(both: Database) -> None:
    done = threading.Event()
    start(both, "a", length="PT0S")
    running = worker.Worker(both, Settings())
    ticked = running._tick

    def tick() -> None:
        ticked()
        done.set()

    running._scheduler.get_jobs()[0].modify(func=tick)
    running.start()
    assert done.wait(10)
    running.stop()
    assert states(both) == {"a": "completed"}


def test_a_lost_database_does_not_end_the_thread(both: Database) -> None:
    running = worker.Worker(both, Settings())
    with both.unit_of_work() as session:
        session.connection().exec_driver_sql("alter table timer rename to mislaid")
    running._tick()
    with both.unit_of_work() as session:
        session.connection().exec_driver_sql("alter table mislaid rename to timer")
    running._tick()


def test_no_two_workers_have_one_name() -> None:
    assert worker.name() != worker.name()


def test_tidying_leaves_what_is_in_use(both: Database) -> None:
    with both.unit_of_work() as session:
        auth.create(session, "handler", "correct horse battery")
    token = auth.sign_in(
        both, "handler", "correct horse battery", remote="10.0.0.1", lasts=timedelta(hours=12)
    )
    worker.tidy(both)
    with both.reading() as session:
        assert sessions.find(session, token, idle=timedelta(hours=2))


def test_a_server_that_hangs_delays_no_timer_and_no_round_begins_before_it_is_over(
    both: Database, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    for name in ("TICK", "SENDING"):
        monkeypatch.setattr(worker, name, timedelta(milliseconds=30))
    ticks, rounds, answers = threading.Semaphore(0), threading.Semaphore(0), threading.Event()

    def send_mail() -> int:
        rounds.release()
        assert answers.wait(20)
        return 0

    running = worker.Worker(both, Settings())
    running._scheduler.modify_job("send_mail", args=[send_mail])
    ticked = running._tick
    running._scheduler.get_jobs()[0].modify(func=lambda: (ticked(), ticks.release()))
    running.start()
    assert rounds.acquire(timeout=20)
    start(both, "a", length="PT0S")
    for _ in range(8):
        assert ticks.acquire(timeout=20), "timers wait for nobody"
    assert states(both) == {"a": "completed"}
    assert not rounds.acquire(blocking=False)
    assert not [one for one in caplog.messages if "_send" in one and "maximum number" in one]
    answers.set()
    assert rounds.acquire(timeout=20), "and then it goes on"
    running.stop()
