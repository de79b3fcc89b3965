"""Whether the rows of an instance say what its run says: for tests, and for an operator after a crash."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from sqlalchemy import select
from sqlalchemy.orm import Session

from workflows import engine
from workflows.errors import NotFound
from workflows.model import (
    PENDING,
    Activity,
    ExternalTask,
    Instance,
    Job,
    Subscription,
    Task,
    TaskCandidate,
    Timer,
)
from workflows.persistence.reading import peek


def rows_equal_run(session: Session, instance_id: str) -> list[str]:
    """Return what differs between an instance's rows and its run, in words; an empty list means nothing."""
    instance = session.get(Instance, instance_id)
    if instance is None:
        raise NotFound(f"There is no process instance {instance_id}.")
    run, _ = peek(session, instance)
    return [
        *_ends(instance, run),
        *_tasks(session, instance, run),
        *_external(session, instance, run),
        *_timers(session, instance, run),
        *_subscriptions(session, instance, run),
        *_passages(session, instance, run),
        *_jobs(session, instance, run),
    ]


def _ends(instance: Instance, run: engine.Run) -> Iterator[str]:
    state = "active" if run.outcome == "running" else run.outcome
    if state != ("active" if instance.state == "suspended" else instance.state):
        yield f"the instance is {instance.state}, its run is {run.outcome}"
    if (instance.ended_at is None) != (run.outcome == "running"):
        yield f"the instance ended at {instance.ended_at}, its run is {run.outcome}"


def _tasks(session: Session, instance: Instance, run: engine.Run) -> Iterator[str]:
    rows = {
        task.id: task
        for task in session.scalars(
            select(Task).where(Task.instance_id == instance.id, Task.closed_at.is_(None))
        )
    }
    open_tasks = {task.id: task for task in run.open_tasks}
    yield from (
        f"task {i} ({rows[i].element_id}) is open in the rows only" for i in rows.keys() - open_tasks.keys()
    )
    yield from (
        f"task {i} ({open_tasks[i].node.id}) is open in the run only" for i in open_tasks.keys() - rows.keys()
    )
    for task_id in rows.keys() & open_tasks.keys():
        if rows[task_id].element_id != open_tasks[task_id].node.id:
            where = open_tasks[task_id].node.id
            yield f"task {task_id} stands at {rows[task_id].element_id}, in the run at {where}"
        if rows[task_id].parked != open_tasks[task_id].parked:
            yield f"task {task_id} differs in waiting for others to sign"
        if rows[task_id].suspended != (instance.state == "suspended"):
            yield f"task {task_id} and its instance differ in being suspended"
    claimable = select(TaskCandidate, Task).join(Task, Task.id == TaskCandidate.task_id)
    for candidate, task in session.execute(claimable.where(Task.instance_id == instance.id)):
        if candidate.claimable != (task.closed_at is None and task.assignee is None):
            yield f"candidate {candidate.name} of task {task.id} is wrong about the task being claimable"
        if candidate.sorts_at != task.sorts_at:
            yield f"candidate {candidate.name} of task {task.id} sorts elsewhere than the task"


def _external(session: Session, instance: Instance, run: engine.Run) -> Iterator[str]:
    found = session.scalars(select(ExternalTask).where(ExternalTask.instance_id == instance.id))
    rows = Counter((task.id, task.element_id) for task in found)
    waiting = Counter((task.id, task.node.id) for task in run.external_tasks)
    yield from (f"external task {i} at {node} is in the rows only" for i, node in (rows - waiting))
    yield from (f"external task {i} at {node} is in the run only" for i, node in (waiting - rows))


def _timers(session: Session, instance: Instance, run: engine.Run) -> Iterator[str]:
    pending = session.scalars(
        select(Timer).where(Timer.instance_id == instance.id, Timer.status.in_(PENDING))
    ).all()
    rows = Counter((timer.engine_id or "", timer.due_at) for timer in pending if timer.kind == "engine")
    armed = Counter((timer.id, timer.due_at) for timer in run.due_timers)
    yield from (f"timer {i} due {due} is in the rows only" for i, due in (rows - armed))
    yield from (f"timer {i} due {due} is in the run only" for i, due in (armed - rows))
    open_ids = {task.id for task in run.open_tasks}
    for timer in pending:
        if timer.kind == "ladder" and timer.task_id not in open_ids:
            yield f"rung {timer.rung} of task {timer.task_id} waits for a task that is not open"
        if (timer.status == "suspended") != (instance.state == "suspended") and timer.status != "failed":
            yield f"timer {timer.id} and its instance differ in being suspended"


def _subscriptions(session: Session, instance: Instance, run: engine.Run) -> Iterator[str]:
    found = session.scalars(select(Subscription).where(Subscription.instance_id == instance.id))
    rows = Counter((event.kind, event.name, event.element_id) for event in found)
    waiting = Counter((event.kind, event.name, event.node_id) for event in run.subscriptions)
    yield from (f"{kind} {name} at {node} is in the rows only" for kind, name, node in (rows - waiting))
    yield from (f"{kind} {name} at {node} is in the run only" for kind, name, node in (waiting - rows))


def _passages(session: Session, instance: Instance, run: engine.Run) -> Iterator[str]:
    standing = select(Activity).where(Activity.instance_id == instance.id, Activity.left_at.is_(None))
    passages = session.scalars(standing).all()
    at_tasks = Counter(passage.task_id for passage in passages if passage.task_id)
    open_ids = Counter(task.id for task in run.open_tasks)
    yield from (f"history has a passage through task {i} that the run has not" for i in at_tasks - open_ids)
    yield from (f"history lacks the passage through task {i}" for i in open_ids - at_tasks)
    if passages and run.outcome != "running":
        yield f"the run is {run.outcome} but history stands at {', '.join(p.element_id for p in passages)}"


def _jobs(session: Session, instance: Instance, run: engine.Run) -> Iterator[str]:
    found = select(Job).where(Job.instance_id == instance.id, Job.kind == "continue", Job.status.in_(PENDING))
    pending = session.scalars(found).all()
    rows = Counter(job.payload.get("hold", "") for job in pending)
    wanted = Counter([*(hold.id for hold in run.continuations), *([""] if run.unfinished else [])])
    yield from (
        f"the job of {hold or 'the rest of a long act'} is in the rows only" for hold in rows - wanted
    )
    yield from (f"{hold or 'the rest of a long act'} has no job" for hold in wanted - rows)
    for job in pending:
        if job.status == "suspended" and instance.state != "suspended":
            yield f"job {job.id} and its instance differ in being suspended"
