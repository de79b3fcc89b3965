"""What outside workers, jobs and moves to another version cost: tasks, jobs and instances in a second."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import orjson
from sqlalchemy import func, select

from server import worker
from server.bench import house, load, machine
from server.bench.house import Served
from server.bench.load import Load, Request
from server.bench.places import Amount, Place, places
from server.bench.tables import Table
from server.db import Database
from workflows import definitions, instances
from workflows.model import ExternalTask, Instance, Job

CLIENTS = (1, 8)
#: Tasks that a worker fetches at once.
TOGETHER = 10
PRINTED, TELLER = "bench_printed", "bench_teller"
#: Running instances, and the seconds in which they are to be looked at and moved, on two cores.
MOVED, GOAL = 1_000, 60

_HEAD = (
    '<bpmn:definitions xmlns:bpmn="http://www.omg.org/spec/BPMN/20100524/MODEL" targetNamespace="http://duban.test" '
    'xmlns:camunda="http://camunda.org/schema/1.0/bpmn">'
)


@dataclass(frozen=True)
class Found:
    """What was measured on one database: external tasks by so many clients, jobs, and a look and a move."""

    place: Place
    external: dict[int, tuple[Load, Load]]  #: clients → fetching, completing
    jobs: tuple[int, float, float]  #: how many, in how many seconds, of how much processor time
    moved: tuple[int, Load]  #: how many; the look, and the move


def measure(amount: Amount) -> Iterator[Table]:
    """Yield the tables of outside workers, of jobs, and of moves."""
    count = max(100, amount.timers // 10)
    with places("workers") as there:
        found = [_measured(place, count) for place in there]
    yield of_external(found)
    yield of_jobs(found)
    yield of_moves(found)


def _measured(place: Place, count: int) -> Found:
    with house.settled(place.url) as database:
        prepare(database)
        jobs = run_jobs(database, place, count)
        with house.served(place.url, "--no-worker", *place.arguments) as served:
            watched = {"server": served.pid, **place.watched}
            external = {
                clients: work_outside(database, served, watched, clients=clients, each=count // clients)
                for clients in CLIENTS
            }
            moving = min(MOVED, count)
            moved = move(database, served, watched, moving)
    return Found(place, external, jobs, (moving, moved))


def prepare(database: Database) -> None:
    """Deploy the processes that are worked on here."""
    with database.unit_of_work() as session:
        files = {"printed.bpmn": printed(), "teller.bpmn": teller()}
        definitions.deploy(session, files, name="bench", actor=house.CLERK, profile="engine")


# --- outside workers


def work_outside(
    database: Database, served: Served, watched: dict[str, int], *, clients: int, each: int
) -> tuple[Load, Load]:
    """Return the loads of fetching and of completing so many tasks a client; RuntimeError where one is left."""
    header = house.token(database)
    _start(database, PRINTED, clients * each)
    fetches = -(-each // TOGETHER)
    fetched = load.run(served.address, header, [[_fetch(n)] * fetches for n in range(clients)], watched)
    with database.reading() as session:
        held = select(ExternalTask.worker, ExternalTask.id).where(ExternalTask.worker.is_not(None))
        tasks = [(row.worker, row.id) for row in session.execute(held)]
    done = [[_complete(task, who) for who, task in tasks if who == _name(n)] for n in range(clients)]
    completed = load.run(served.address, header, [mine for mine in done if mine], watched)
    if len(completed.milliseconds) != clients * each or _left(database):
        raise RuntimeError(f"{len(completed.milliseconds)} of {clients * each} external tasks were done.")
    return fetched, completed


def _name(number: int) -> str:
    return f"worker {number}"


def _fetch(number: int) -> Request:
    topics = [{"topicName": PRINTED, "lockDuration": 600_000}]
    body = {"workerId": _name(number), "maxTasks": TOGETHER, "topics": topics}
    return ("POST", "/engine-rest/external-task/fetchAndLock", orjson.dumps(body).decode())


def _complete(task_id: str, who: str) -> Request:
    body = {"workerId": who, "variables": {"paper": {"value": "A4", "type": "String"}}}
    return ("POST", f"/engine-rest/external-task/{task_id}/complete", orjson.dumps(body).decode())


def _left(database: Database) -> int:
    with database.reading() as session:
        return session.scalar(select(func.count()).select_from(ExternalTask)) or 0


# --- jobs


def run_jobs(database: Database, place: Place, count: int) -> tuple[int, float, float]:
    """Return how many messages a worker delivered, each starting a process, in which time, wall and processor's."""
    _start(database, TELLER, count)
    watched = {"worker": os.getpid(), **place.watched}
    before = {name: machine.cpu_seconds(pid) for name, pid in watched.items()}
    begun = time.perf_counter()
    worker.run_due(database, worker="bench")
    seconds = time.perf_counter() - begun
    cpu = sum(machine.cpu_seconds(pid) - before[name] for name, pid in watched.items())
    with database.reading() as session:
        done = session.scalar(select(func.count()).select_from(Job).where(Job.status == "done")) or 0
    if done != count:
        raise RuntimeError(f"{done} of {count} jobs were done.")
    return done, seconds, cpu


# --- moves


def move(database: Database, served: Served, watched: dict[str, int], count: int) -> Load:
    """Return the load of two requests: a look at moving so many instances to a changed version, and the move."""
    ids = _start(database, house.LINE, count)
    with database.unit_of_work() as session:
        source = definitions.latest(session, house.LINE).id
        changed = house.line().replace(b'name="Step step2"', b'name="Second step"')
        definitions.deploy(
            session, {"line.bpmn": changed}, name="changed", actor=house.CLERK, profile="engine"
        )
        target = definitions.latest(session, house.LINE).id
    plan = {"sourceProcessDefinitionId": source, "targetProcessDefinitionId": target, "instructions": []}
    look = orjson.dumps({**plan, "processInstanceIds": ids}).decode()
    execute = orjson.dumps({"migrationPlan": plan, "processInstanceIds": ids}).decode()
    asked: list[Request] = [
        ("POST", "/engine-rest/migration/validate", look),
        ("POST", "/engine-rest/migration/execute", execute),
    ]
    taken = load.run(served.address, house.token(database), [asked], watched)
    with database.reading() as session:
        of_target = select(func.count()).select_from(Instance).where(Instance.definition_id == target)
        moved = session.scalar(of_target) or 0
    if moved != count:
        raise RuntimeError(f"{moved} of {count} instances were moved.")
    return taken


# --- what is moved, told and done


def _start(database: Database, key: str, count: int) -> list[str]:
    with database.unit_of_work() as session:
        return [
            instances.start(session, key=key, actor=house.CLERK, skip_policy=True).id for _ in range(count)
        ]


def printed() -> bytes:
    """Return a process of one external task and a user task after it."""
    return (
        f'{_HEAD}<bpmn:process id="{PRINTED}" name="Printed" isExecutable="true"><bpmn:startEvent id="begin"/>'
        f'<bpmn:serviceTask id="print" name="Print" camunda:type="external" camunda:topic="{PRINTED}"/>'
        '<bpmn:userTask id="read" name="Read" camunda:candidateGroups="case_supervision"/><bpmn:endEvent id="finish"/>'
        '<bpmn:sequenceFlow id="f1" sourceRef="begin" targetRef="print"/>'
        '<bpmn:sequenceFlow id="f2" sourceRef="print" targetRef="read"/>'
        '<bpmn:sequenceFlow id="f3" sourceRef="read" targetRef="finish"/></bpmn:process></bpmn:definitions>'
    ).encode()


def teller() -> bytes:
    """Return a process whose message starts another one."""
    message = '<bpmn:messageEventDefinition messageRef="told"/>'
    return (
        f'{_HEAD}<bpmn:message id="told" name="bench_told"/><bpmn:collaboration id="both">'
        f'<bpmn:participant id="one" processRef="{TELLER}"/><bpmn:participant id="other" processRef="bench_hearer"/>'
        '<bpmn:messageFlow id="way" sourceRef="tell" targetRef="hear"/></bpmn:collaboration>'
        f'<bpmn:process id="{TELLER}" name="Teller" isExecutable="true"><bpmn:startEvent id="begin"/>'
        f'<bpmn:endEvent id="tell">{message}</bpmn:endEvent>'
        '<bpmn:sequenceFlow id="f1" sourceRef="begin" targetRef="tell"/></bpmn:process>'
        '<bpmn:process id="bench_hearer" name="Hearer" isExecutable="true">'
        f'<bpmn:startEvent id="hear">{message}</bpmn:startEvent>'
        '<bpmn:userTask id="step" name="Step" camunda:candidateGroups="case_supervision"/><bpmn:endEvent id="finish"/>'
        '<bpmn:sequenceFlow id="f2" sourceRef="hear" targetRef="step"/>'
        '<bpmn:sequenceFlow id="f3" sourceRef="step" targetRef="finish"/></bpmn:process></bpmn:definitions>'
    ).encode()


# --- the tables


def of_external(found: Sequence[Found]) -> Table:
    """Return the table of external tasks, fetched and completed."""
    rows = []
    for one in found:
        for clients, (fetched, completed) in one.external.items():
            count, both = len(completed.milliseconds), sum(fetched.cpu.values()) + sum(completed.cpu.values())
            rows.append(
                (
                    f"{one.place.told}, {clients} client{'s'[: clients > 1]}",
                    f"{count / (fetched.seconds + completed.seconds):.0f}",
                    f"{fetched.middle:.1f}",
                    f"{completed.middle:.1f}",
                    f"{completed.p95:.1f}",
                    f"{both * 1000 / count:.1f}",
                )
            )
    note = (
        f"Outside workers fetch {TOGETHER} tasks at a time and complete each, which opens a user task, with history "
        "and audit, through `/engine-rest` with a token. Per second: tasks, fetched and completed. Processor time (CPU) "
        "is for one task, of server, database and clients."
    )
    columns = ("", "per second", "fetch median", "complete median", "complete p95", "CPU")
    return Table("External tasks", columns, tuple(rows), note)


def of_jobs(found: Sequence[Found]) -> Table:
    """Return the table of jobs."""
    rows = [
        (one.place.name, f"{count:,}", f"{count / seconds:.0f}", f"{cpu * 1000 / count:.1f}")
        for one in found
        for count, seconds, cpu in (one.jobs,)
    ]
    note = (
        "One worker delivers messages, each of which starts a process and opens a user task, with history and audit. "
        "Processor time (CPU) is for one job, of worker and database."
    )
    return Table("Jobs", ("", "jobs", "per second", "CPU"), tuple(rows), note)


def of_moves(found: Sequence[Found]) -> Table:
    """Return the table of instances moved to another version."""
    rows, told = [], []
    for one in found:
        count, taken = one.moved
        looked, moved = (ms / 1000 for ms in taken.milliseconds)
        reached = looked + moved <= GOAL * count / MOVED
        told.append(f"{one.place.name} {'reached' if reached else 'missed'}")
        rows.append(
            (
                one.place.told,
                f"{count:,}",
                f"{looked:.1f}",
                f"{moved:.1f}",
                f"{count / (looked + moved):.0f}",
                f"{sum(taken.cpu.values()) * 1000 / count:.1f}",
            )
        )
    note = (
        "Running instances of a process of which one step has another name are looked at (`/migration/validate`) and "
        "moved (`/migration/execute`), each request with all of them, each instance in a transaction of its own. "
        f"Processor time (CPU) is for one instance. Wanted: {MOVED:,} in {GOAL} s: {', '.join(told)}."
    )
    columns = ("", "instances", "s to look", "s to move", "per second", "CPU")
    return Table("Moving instances to another version", columns, tuple(rows), note)
