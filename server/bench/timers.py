"""Ten thousand timers due within a minute: how late they fire, by one worker and by two, and what inboxes cost meanwhile.

Each takes a step from its holder and opens the next one. One matter is started; the others are its rows, state
and all, with ids and due times of their own: a worker cannot tell them from matters that were started.
"""

from __future__ import annotations

import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from statistics import quantiles
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from server.bench import house, inboxes, load, machine
from server.bench.load import Load
from server.bench.places import Amount
from server.bench.postgresql import PostgreSQL
from server.bench.tables import Table
from server.db import Database
from workflows import clock, definitions, instances, writing
from workflows.model import Activity, Base, Instance, InstanceState, Task, TaskCandidate, Timer, new_id

#: What 99 of 100 timers may be late at most.
GOAL = timedelta(seconds=5)
WORKERS = (1, 2)
#: Between two due times: 10,000 in a minute.
APART = timedelta(milliseconds=6)
KEY = "bench_clock"
LONG = timedelta(days=400)
LOOKS = 5
_BATCH = 2_000
_PATIENCE = 1_800
_OWN: dict[type[Base], tuple[str, ...]] = {
    Instance: ("id",),
    InstanceState: ("instance_id", "content"),
    Task: ("id", "instance_id"),
    TaskCandidate: ("task_id",),
    Timer: ("id", "instance_id", "task_id", "engine_id"),
    Activity: ("instance_id", "engine_id", "task_id"),
}


@dataclass(frozen=True)
class Fired:
    """What so many workers made of the timers: seconds late, timers a second, processor time, the inbox meanwhile."""

    workers: int
    late: tuple[float, ...]
    per_second: float
    cpu: Mapping[str, float]
    looked: Load


def measure(server: PostgreSQL, amount: Amount) -> Iterator[Fired]:
    """Yield what one worker and what two make of the same timers, each on a database of its own."""
    for workers in WORKERS:
        url = server.create(f"bench_timers_{workers}")
        with house.settled(url) as database:
            yield _fired(database, url, server, workers, amount.timers)


def _fired(database: Database, url: str, server: PostgreSQL, workers: int, count: int) -> Fired:
    with ExitStack() as stack:
        served = stack.enter_context(house.served(url, "--no-worker"))
        header = house.cookie(database)
        first = clock.now() + timedelta(seconds=15) + count * timedelta(milliseconds=4)
        prepare(database, first, count)
        running = [stack.enter_context(_worker(url)) for _ in range(workers)]
        watched = {"PostgreSQL": server.pid} | {f"worker {n}": pid for n, pid in enumerate(running, 1)}
        before = {name: machine.cpu_seconds(pid) for name, pid in watched.items()}
        time.sleep(max(0.0, (first - clock.now()).total_seconds()))
        looked = load.joined(list(_meanwhile(database, served.address, header, count)))
        cpu = {name: machine.cpu_seconds(pid) - before[name] for name, pid in watched.items()}
    with database.reading() as session:
        return _summed(session, workers, count, cpu, looked)


def _meanwhile(database: Database, address: str, header: dict[str, str], count: int) -> Iterator[Load]:
    """Look into the inbox a few times a second until every timer has fired."""
    patience = time.monotonic() + _PATIENCE
    while _waiting(database):
        if time.monotonic() > patience:
            raise RuntimeError(f"After {_PATIENCE} s not all of the {count} timers have fired.")
        yield load.run(address, header, [[("GET", inboxes.PAGE, "")] * LOOKS], {})
        time.sleep(1)


def _waiting(database: Database) -> bool:
    with database.reading() as session:
        of_ours = select(Timer.id).where(Timer.element_id == "late", Timer.status == "waiting").limit(1)
        return session.scalar(of_ours) is not None


def _summed(session: Session, workers: int, count: int, cpu: Mapping[str, float], looked: Load) -> Fired:
    wanted = select(Timer.due_at, Timer.fired_at).where(Timer.element_id == "late", Timer.status == "fired")
    rows = [(due, fired) for due, fired in session.execute(wanted) if fired]
    opened = select(func.count()).select_from(Task).where(Task.element_id == "taken")
    if (len(rows), session.scalar(opened)) != (count, count):
        raise RuntimeError(f"{len(rows)} of {count} timers fired.")
    late = tuple(sorted((fired - due).total_seconds() for due, fired in rows))
    whole = max(fired for _, fired in rows) - min(due for due, _ in rows)
    return Fired(workers, late, count / whole.total_seconds(), cpu, looked)


@contextmanager
def _worker(url: str) -> Iterator[int]:
    """Give the process id of a `duban worker` that is ready."""
    process = subprocess.Popen(
        [house.program(), "worker"],
        env=house.environment(url),
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    )
    assert process.stdout
    if not any(b"running" in said for said in process.stdout):
        raise RuntimeError("The worker did not start.")
    try:
        yield process.pid
    finally:
        process.terminate()
        process.communicate(timeout=60)


# --- matters that wait


def prepare(database: Database, first: datetime, count: int) -> None:
    """Let so many matters wait, each for a timer of its own, due evenly from an instant on."""
    with database.unit_of_work() as session:
        definitions.deploy(session, {"clock.bpmn": diagram()}, name=KEY, actor=house.CLERK, profile="engine")
        model = instances.start(session, key=KEY, actor=house.CLERK, skip_policy=True)
    with database.reading() as session:
        rows = {kind: _rows(session, kind, model.id) for kind in _OWN}
    (timer,) = rows[Timer]
    for begin in range(0, count, _BATCH):
        with database.unit_of_work() as session:
            made: dict[type[Base], list[dict[str, Any]]] = {kind: [] for kind in _OWN}
            for number in range(begin, min(begin + _BATCH, count)):
                for kind, copies in _copy(rows, timer["due_at"], first + number * APART).items():
                    made[kind] += copies
            for kind in _OWN:
                writing.add(session, kind, made[kind])
    with database.unit_of_work() as session:
        instances.cancel(session, model.id, actor=house.CLERK, reason="model")


def _rows(session: Session, kind: type[Base], instance_id: str) -> list[dict[str, Any]]:
    table = writing.table(kind)
    column = {Instance: "id", TaskCandidate: "task_id"}.get(kind, "instance_id")
    of_task = select(Task.id).where(Task.instance_id == instance_id)
    wanted = table.c[column].in_(of_task) if kind is TaskCandidate else table.c[column] == instance_id
    columns = [found for found in table.columns if found is not table.autoincrement_column]
    return [dict(row) for row in session.execute(select(*columns).where(wanted)).mappings()]


def _copy(
    rows: Mapping[type[Base], Sequence[Mapping[str, Any]]], old_due: datetime, due: datetime
) -> dict[type[Base], list[dict[str, Any]]]:
    """Return the rows of one more matter: its own ids wherever the model's stand, in its state, too."""
    ids: dict[str, str] = {}
    state = rows[InstanceState][0]["content"].decode()
    copies: dict[type[Base], list[dict[str, Any]]] = {}
    for kind, own in _OWN.items():
        copies[kind] = [dict(row) for row in rows[kind]]
        for row in copies[kind]:
            for name in own:
                if name != "content" and row[name]:
                    row[name] = ids.setdefault(row[name], new_id())
    for old, new in ids.items():
        state = state.replace(old, new)
    copies[InstanceState][0]["content"] = state.replace(old_due.isoformat(), due.isoformat()).encode()
    copies[Timer][0]["due_at"] = due
    return copies


def diagram() -> bytes:
    """Return a step of case supervision that is taken from it when its time is over."""
    step = 'camunda:candidateGroups="case_supervision"'
    return (
        '<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL" targetNamespace="http://duban.test" '
        'xmlns:camunda="http://camunda.org/schema/1.0/bpmn" '
        'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">'
        f'<process id="{KEY}" name="A step with a time" isExecutable="true"><startEvent id="begin"/>'
        f'<userTask id="step" name="Step" {step}/><userTask id="taken" name="Taken over" {step}/>'
        '<boundaryEvent id="late" attachedToRef="step"><timerEventDefinition>'
        f'<timeDuration xsi:type="tFormalExpression">P{LONG.days}D</timeDuration></timerEventDefinition>'
        '</boundaryEvent><endEvent id="finish"/>'
        '<sequenceFlow id="f1" sourceRef="begin" targetRef="step"/>'
        '<sequenceFlow id="f2" sourceRef="step" targetRef="finish"/>'
        '<sequenceFlow id="f3" sourceRef="late" targetRef="taken"/>'
        '<sequenceFlow id="f4" sourceRef="taken" targetRef="finish"/></process></definitions>'
    ).encode()


# --- the table


def of_firing(fired: Sequence[Fired]) -> Table:
    """Return the table of lateness and throughput."""
    rows = []
    for one in fired:
        late = quantiles(one.late, n=100, method="inclusive")
        cpu = sum(one.cpu.values()) * 1000 / len(one.late)
        workers = sum(spent for name, spent in one.cpu.items() if name != "PostgreSQL")
        rows.append(
            (
                f"{one.workers} worker{'s'[: one.workers > 1]}, {len(one.late):,} timers",
                *(f"{seconds:.1f}" for seconds in (late[49], late[98])),
                f"{one.per_second:.0f}",
                *(f"{ms:.1f}" for ms in (cpu, workers * 1000 / len(one.late))),
                f"{one.looked.middle:.1f}",
                f"{one.looked.p95:.1f}",
            )
        )
    note = (
        f"Timers due {1 / APART.total_seconds():.0f} a second (10,000 in a minute) on PostgreSQL, each of a matter of "
        "its own, each taking a user task away and opening the next one, with history and audit. Late: seconds from "
        "due to fired. Per second: from the first due time to the last firing. Processor time (CPU) is for one "
        "firing, of all and of the workers. The inbox page, with all of these tasks in it, is looked at by another "
        f"process {LOOKS} times a second meanwhile. Wanted: 99 in 100 late by at most {GOAL.seconds} s. "
        f"Measured: {_reached(fired)}."
    )
    columns = (
        "",
        "s late, median",
        "s late, p99",
        "per second",
        "CPU",
        "workers",
        "inbox median",
        "inbox p95",
    )
    return Table("Timers that fall due together", columns, tuple(rows), note)


def _reached(fired: Sequence[Fired]) -> str:
    return "; ".join(
        f"{one.workers} worker{'s'[: one.workers > 1]} "
        f"{'reach it' if quantiles(one.late, n=100, method='inclusive')[98] <= GOAL.total_seconds() else 'miss it'}"
        for one in fired
    )
