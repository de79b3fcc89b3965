"""The rows that say what a run says: tasks, candidates, timers, subscriptions, history, and the end."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from typing import Any

from sqlalchemy import String, bindparam, case, delete, exists, func, or_, select, update
from sqlalchemy.orm import Session
from sqlalchemy.sql.dml import ReturningUpdate

from workflows import engine, history, ladder, parts, writing
from workflows.errors import EngineFault
from workflows.model import (
    PENDING,
    Activity,
    DecisionRun,
    Incident,
    Instance,
    InstanceState,
    Job,
    Subscription,
    Task,
    TaskCandidate,
    TaskDraft,
    Timer,
    new_id,
)
from workflows.persistence import external, outgoing, staging
from workflows.persistence.entering import Entry, enter, span
from workflows.persistence.host import InstanceHost
from workflows.persistence.recounting import recount
from workflows.persistence.waits import Waits, waits

#: Incidents that are nobody's business any more once the instance has ended.
MOOT = (
    "failedTimer",
    "noCandidate",
    "endless",
    "failedStep",
    "failedCancel",
    "failedCompletion",
    "failedMessage",
    "failedSignal",
    "failedVariables",
    "failedMigration",
    "failedExternalTask",
)


# Every step needs these. They pass the session by, and name one row: a list of ids costs more than the row.
_TASK = writing.table(Task).c
_BY = bindparam("by", type_=String())
_BEHALF = bindparam("behalf", type_=String())
#: Whose the task was: his for whom it was done.
_HOLDER = func.coalesce(_BEHALF, _BY)


def _closing(outcome: str, **values: Any) -> ReturningUpdate[Any]:
    """Return what closes a task and tells when it was due, and whether it has drafts, without having read it before."""
    closing = update(writing.table(Task)).where(_TASK.id == bindparam("of_task"))
    closing = closing.values(outcome=outcome, closed_at=bindparam("now"), suspended=False, **values)
    drafted = exists().where(TaskDraft.task_id == bindparam("of_task"))
    return closing.values(revision=_TASK.revision + 1).returning(_TASK.due_at, drafted)


#: Who completes a task that nobody had claimed is recorded as its assignee, or he for whom it is completed.
_COMPLETE = _closing(
    "completed",
    closed_by=_BY,
    on_behalf_of=_BEHALF,
    assignee=func.coalesce(_TASK.assignee, _HOLDER),
    claimed_at=case(
        (_TASK.assignee.is_(None) & _BY.is_not(None), bindparam("now", type_=_TASK.claimed_at.type)),
        else_=_TASK.claimed_at,
    ),
)
_CANCEL = _closing("cancelled")
#: What these two write.
_CLOSED = (
    "outcome",
    "closed_at",
    "closed_by",
    "on_behalf_of",
    "suspended",
    "assignee",
    "claimed_at",
    "revision",
)
_STANDING = select(Task).where(Task.id.in_(bindparam("ids", expanding=True)))
_ARMED = select(Timer).where(
    Timer.instance_id == bindparam("of_instance"), Timer.kind == "engine", Timer.status.in_(PENDING)
)
_STATE = update(writing.table(InstanceState)).where(InstanceState.instance_id == bindparam("of_instance"))
_LEAVE = update(writing.table(Activity)).where(
    Activity.instance_id == bindparam("of_instance"),
    Activity.engine_id == bindparam("ended_id"),
    Activity.left_at.is_(None),
)
_TAKEN = (
    update(writing.table(TaskCandidate))
    .where(TaskCandidate.task_id == bindparam("of_task"), TaskCandidate.claimable)
    .values(claimable=False)
)


def write(session: Session, instance: Instance, run: engine.Run, host: InstanceHost, waited: Waits) -> None:
    """Write what a run has become; instance and tasks are left to the session's flush."""
    with session.no_autoflush:  # one flush at the end, not one for each question in between
        _write(session, instance, run, host, waited)


def _write(session: Session, instance: Instance, run: engine.Run, host: InstanceHost, waited: Waits) -> None:
    left = _write_history(session, instance, run, host)
    writing.add_later(session, DecisionRun, host.decided)
    _write_tasks(session, instance, run, host, left, waited.tasks)
    external.write(session, instance, run, host, waited)
    now_waits = waits(run)
    if now_waits.timers != waited.timers:
        _write_timers(session, instance, run, host, left)
    if now_waits.subscriptions != waited.subscriptions:
        _write_subscriptions(session, instance, run)
        heard = {
            name for kind, name, _ in now_waits.subscriptions - waited.subscriptions if kind == "message"
        }
        if heard:
            outgoing.wake(session, heard)
    outgoing.write(session, instance, run, host, waited)
    if run.outcome != "running":
        _end(session, instance, run, host)
    writing.later(session, _STATE, [{"of_instance": instance.id, "content": run.dump()}])


def _close_timers(session: Session, task_ids: Collection[str]) -> None:
    """Cancel the reminders of tasks that are nobody's business any more."""
    pending = update(Timer).where(
        Timer.task_id.in_(task_ids), Timer.kind == "ladder", Timer.status.in_(PENDING)
    )
    session.execute(pending.values(status="cancelled", leased_until=None, leased_by=None))


# --- tasks


def _write_tasks(
    session: Session,
    instance: Instance,
    run: engine.Run,
    host: InstanceHost,
    left: Collection[str],
    known: Collection[str],
) -> None:
    wanted = {task.id: task for task in run.open_tasks}
    _close(session, [task_id for task_id in known if task_id not in wanted], host, left)
    _open(session, [enter(task, instance, run, host) for key, task in wanted.items() if key not in known])
    if standing := [task_id for task_id in known if task_id in wanted]:
        rows = [(row, wanted[row.id]) for row in session.scalars(_STANDING, {"ids": standing})]
        for row, task in rows:
            if row.parked != task.parked:
                row.parked = task.parked
                row.revision += 1
        recount(session, instance, rows, run, host)


def _close(session: Session, ids: Sequence[str], host: InstanceHost, left: Collection[str]) -> None:
    if not ids:
        return
    by, behalf = (host.actor.id, host.actor.on_behalf_of) if host.actor else (None, None)
    connection = session.connection()
    due, drafted = False, []
    for task_id in ids:
        close = _COMPLETE if task_id in left else _CANCEL
        was_due, has_drafts = connection.execute(
            close, {"of_task": task_id, "now": host.now(), "by": by, "behalf": behalf}
        ).one()
        due |= was_due is not None
        drafted += [task_id] * has_drafts
        if loaded := session.identity_map.get(session.identity_key(Task, task_id)):
            session.expire(loaded, _CLOSED)
    writing.later(session, _TAKEN, [{"of_task": task_id} for task_id in ids])
    if drafted:
        session.execute(delete(TaskDraft).where(TaskDraft.task_id.in_(drafted)))
        # A completion that failed left its answers as a draft: now that it worked, nobody need look.
        _settle(session, ids, host)
    if due:
        _close_timers(session, ids)


def _settle(session: Session, task_ids: Collection[str], host: InstanceHost) -> None:
    failed = Incident.task_id.in_(task_ids) & Incident.resolved_at.is_(None)
    by = host.actor.id if host.actor else None
    session.execute(update(Incident).where(failed).values(resolved_at=host.now(), resolved_by=by))


def _open(session: Session, entries: Sequence[Entry]) -> None:
    if not entries:
        return
    writing.add_later(session, Task, [entry.row for entry in entries])
    writing.add_later(session, TaskCandidate, [row for entry in entries for row in _candidates(entry)])
    ladder.arm(session, [span(entry) for entry in entries if entry.ladder])
    writing.add_later(
        session,
        parts.Part,
        [
            parts.row(entry.row, entry.row["assignee"])
            for entry in entries
            if entry.row["assignee"] and parts.tells(entry.row)
        ],
    )
    for entry in entries:
        if entry.nobody:
            _note_nobody(session, entry)


def _note_nobody(session: Session, entry: Entry) -> None:
    """Leave an incident for a task that was meant for somebody and found nobody: it must not lie unseen."""
    element = entry.row["element_id"]
    history.fault(
        session,
        kind="noCandidate",
        error=EngineFault(f"Assignee and candidates of task {element} turned out empty.", element=element),
        instance_id=entry.row["instance_id"],
    )


def _candidates(entry: Entry) -> Iterable[dict[str, Any]]:
    common = {
        "task_id": entry.row["id"],
        "claimable": entry.row["assignee"] is None,
        "sorts_at": entry.row["sorts_at"],
    }
    for kind, names in (("group", entry.groups), ("user", entry.users)):
        for name in names:
            yield {**common, "kind": kind, "name": name}


# --- timers and subscriptions


def _write_timers(
    session: Session, instance: Instance, run: engine.Run, host: InstanceHost, left: Collection[str]
) -> None:
    known = {timer.engine_id: timer for timer in session.scalars(_ARMED, {"of_instance": instance.id})}
    wanted = {timer.id: timer for timer in run.due_timers}
    for engine_id, row in known.items():
        if engine_id not in wanted:
            row.status = "fired" if engine_id in run.fired or engine_id in left else "cancelled"
            row.fired_at = host.now() if row.status == "fired" else None
            row.leased_until = row.leased_by = None
        elif row.due_at != wanted[engine_id].due_at:
            _turn(row, wanted[engine_id], host, fired=engine_id in run.fired)
    new = [
        _timer(instance, timer, run, host) for engine_id, timer in wanted.items() if engine_id not in known
    ]
    writing.add_later(session, Timer, new)


def _turn(row: Timer, timer: engine.DueTimer, host: InstanceHost, *, fired: bool) -> None:
    """Set a timer to its next turn, or to the instant that it was moved to."""
    row.due_at = timer.due_at
    row.fired_at = host.now() if fired else row.fired_at
    row.counted = _counted(timer, host) or row.counted
    row.status = "waiting"
    row.attempts = 0
    row.retry_at = row.leased_until = row.leased_by = None


def _counted(timer: engine.DueTimer, host: InstanceHost) -> dict[str, Any] | None:
    """Return how a calendar counted a timer's instant, if its expression had it counted in this command."""
    found = host.counted.get(timer.due_at) if timer.calls else None
    return found.remembered() if found else None


def _timer(instance: Instance, timer: engine.DueTimer, run: engine.Run, host: InstanceHost) -> dict[str, Any]:
    open_ids = {task.id for task in run.open_tasks}
    return {
        "id": new_id(),
        "kind": "engine",
        "instance_id": instance.id,
        "task_id": timer.task_id if timer.task_id in open_ids else None,
        "engine_id": timer.id,
        "element_id": timer.node_id,
        "due_at": timer.due_at,
        "counted": _counted(timer, host),
    }


def _write_subscriptions(session: Session, instance: Instance, run: engine.Run) -> None:
    session.execute(delete(Subscription).where(Subscription.instance_id == instance.id))
    new = [
        {
            "id": new_id(),
            "kind": event.kind,
            "name": event.name,
            "instance_id": instance.id,
            "element_id": event.node_id,
        }
        for event in run.subscriptions
    ]
    writing.add(session, Subscription, new)


# --- history and the end


def _write_history(
    session: Session, instance: Instance, run: engine.Run, host: InstanceHost
) -> frozenset[str]:
    """Write the passages since the last command and return the activities left in good order."""
    begun: list[dict[str, Any]] = []
    standing: dict[str, dict[str, Any]] = {}
    ended: list[dict[str, Any]] = []
    for step in run.steps:
        if step.what == "entered":
            standing[step.activity_id] = _passage(instance, step, host)
            begun.append(standing[step.activity_id])
            continue
        end = {"left_at": step.at, "cancelled": step.what == "cancelled"}
        if passage := standing.pop(step.activity_id, None):
            passage.update(end)
        else:
            ended.append({**end, "of_instance": instance.id, "ended_id": step.activity_id})
    writing.later(session, _LEAVE, ended)
    writing.add_later(session, Activity, begun)
    return frozenset(step.activity_id for step in run.steps if step.what == "left")


def _passage(instance: Instance, step: engine.Step, host: InstanceHost) -> dict[str, Any]:
    _, _, body = step.node_id.partition("#")  # what is repeated, and the body around the repetitions
    node, stage = step.node, staging.of_passage(step, host.library)
    return {
        "instance_id": instance.id,
        "stage": stage if stage != instance.stage else None,
        "engine_id": step.activity_id,
        "element_id": node.id,
        "kind": body or node.kind,
        "name": node.name,
        "flow": step.flow,
        "task_id": step.activity_id if node.kind == "userTask" and not body else None,
        "entered_at": step.at,
        "left_at": None,
        "cancelled": False,
    }


def _end(session: Session, instance: Instance, run: engine.Run, host: InstanceHost) -> None:
    instance.state = run.outcome
    instance.ended_at = host.now()
    instance.end_element = run.end_nodes[-1] if run.end_nodes else None
    # A message that the instance threw is somebody's business yet.
    own_job = Incident.job_id.in_(select(Job.id).where(Job.instance_id == instance.id))
    session.execute(
        update(Incident)
        .where(
            Incident.instance_id == instance.id,
            or_(Incident.kind.in_(MOOT), own_job),
            Incident.resolved_at.is_(None),
        )
        .values(resolved_at=host.now(), resolved_by=host.actor.id if host.actor else None)
    )
