"""An instance on another version of its definition: its state and every row that names an element of it.

What people and clocks have stays as it is: who holds a task, its drafts, its due date, its reminders, timers as they
were set. What a task is called and which form it has come from the new version. A due date, or reminders, that the
new version gives to a task without are counted from the task's own beginning.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session
from sqlalchemy.orm.exc import StaleDataError

from workflows import clock, deployed, engine, faults, ladder, parts
from workflows.actor import Actor
from workflows.errors import Conflict, EngineFault
from workflows.findings import Finding
from workflows.model import PENDING, Activity, ExternalTask, Instance, Job, Task, Timer
from workflows.persistence import rows, staging
from workflows.persistence.command import alone
from workflows.persistence.entering import NO_LADDER, Entry, enter
from workflows.persistence.host import InstanceHost
from workflows.persistence.locking import guard_running
from workflows.persistence.reading import peek
from workflows.persistence.recounting import LIVE, move
from workflows.persistence.waits import waits


def judge(session: Session, instance: Instance, migration: engine.Migration, target_id: str) -> list[Finding]:
    """Return what there is to say of moving an instance as it stands now; nothing is stored."""
    return _Moving(session, instance, migration, target_id, None).findings


def migrate(
    session: Session, instance: Instance, migration: engine.Migration, target_id: str, *, actor: Actor | None
) -> list[Finding]:
    """Move an instance that is locked to another version; with an error in what is returned, nothing was done.

    An active one is drained as in every command: what is due already fires. A suspended one stays as it is.
    """
    guard_running(instance)
    with (
        alone(session, instance.id),
        faults.noted("failedMigration", actor=actor, instance_id=instance.id),
    ):
        moving = _Moving(session, instance, migration, target_id, actor)
        if not moving.refused:
            moving.write()
    return moving.findings


class _Moving:
    """One instance on its way."""

    def __init__(
        self,
        session: Session,
        instance: Instance,
        migration: engine.Migration,
        target_id: str,
        actor: Actor | None,
    ) -> None:
        self.session, self.instance = session, instance
        self.target_id, self.names = target_id, migration.names
        run, _ = peek(session, instance, actor=actor)
        self.waited = waits(run)
        self.before = {task.id: task.node for task in run.open_tasks}
        found = deployed.process(session, target_id)
        self.host = InstanceHost(session, instance, found, actor=actor, at=clock.now())
        self.run, self.findings = run.on(
            migration, self.host, held_at=self.host.held_at, library=self.host.library, pauses=True
        )
        self.changed: dict[str, Entry] = {}  #: the tasks that read otherwise in the new version
        if not self.refused:
            self.findings += self._read_tasks()

    @property
    def refused(self) -> bool:
        """Tell whether there is no safe move."""
        return any(finding.severity == "error" for finding in self.findings)

    # -- tasks -------------------------------------------------------------------------------------

    def _read_tasks(self) -> Iterator[Finding]:
        """Read the tasks whose attributes have changed as they would have been opened by the new version."""
        for task in self.run.open_tasks:
            was, node = self.before[task.id], task.node
            if (was.name, was.attributes) == (node.name, node.attributes):
                continue
            if _is_live(node) and _due(was) != _due(node):
                yield Finding(was.id, "due", "error", _follows(node))
                continue
            try:
                with self.host.held_at(task.created_at):
                    self.changed[task.id] = enter(task, self.instance, self.run, self.host)
            except EngineFault as fault:
                yield Finding(was.id, "attribute", "error", fault.message)

    def _write_tasks(self) -> None:
        tasks = {task.id: task for task in self.run.open_tasks}
        for row in self.session.scalars(select(Task).where(Task.id.in_(self.before))):
            task = tasks[row.id]
            row.element_id = task.node.id
            row.definition_id = task.definition or self.target_id
            row.stage = staging.of_step(task, self.host.library)
            for name, said in parts.columns(task, self.instance).items():
                setattr(row, name, said)
            if entry := self.changed.get(row.id):
                self._rewrite(row, task, entry)

    def _rewrite(self, row: Task, task: engine.OpenTask, entry: Entry) -> None:
        for name in ("name", "name_en", "form_key"):
            setattr(row, name, entry.row[name])
        row.revision += 1
        if row.paused_at is not None:
            return  # its clock stands; it is counted when it runs again
        if row.due_at is None and entry.deadline is not None:
            move(self.session, row, entry, self.host)
        elif row.due_at is not None and entry.ladder and not _climbs(self.before[row.id]):
            ladder.arm(self.session, [self._span(row, row.due_at, entry.ladder, entry.stage)])

    def _span(self, row: Task, due_at: datetime, name: str, stage: str) -> ladder.Span:
        """Return what the reminders of a task that had none are counted from; what lies behind is not told."""
        start = (row.due_explained or {}).get("start")
        return ladder.Span(
            task_id=row.id,
            instance_id=row.instance_id,
            element_id=row.element_id,
            ladder=name,
            start_at=datetime.fromisoformat(start) if start else row.created_at,
            due_at=due_at,
            created_at=self.host.now(),
            stage=stage,
            dated=not row.due_explained,
        )

    # -- rows --------------------------------------------------------------------------------------

    def write(self) -> None:
        """Write the state and the rows."""
        self.instance.definition_id = self.target_id
        self.instance.stage = staging.of_process(self.host.definition.definition)
        self._write_places()
        self._write_tasks()
        self.session.flush()
        if self.instance.state == "active":
            self.run.drain()
        self.instance.revision += 1
        rows.write(self.session, self.instance, self.run, self.host, self.waited)
        try:
            self.session.flush()
        except StaleDataError:
            raise Conflict("Somebody else has moved the process instance meanwhile.", code="stale") from None

    def _write_places(self) -> None:
        """Let what stands somewhere, or waits there, name its element as the new version does."""
        places, mine = self.run.places, self.instance.id
        standing = select(Activity).where(Activity.instance_id == mine, Activity.left_at.is_(None))
        for passage in self.session.scalars(standing):
            if node := places.get(passage.engine_id):
                passage.element_id, passage.name = node.id, node.name
        timers = select(Timer).where(Timer.instance_id == mine)
        waiting = Timer.status.in_(PENDING) | Timer.task_id.in_(self.before)
        for timer in self.session.scalars(timers.where(waiting)):
            # One that has fired beside a task is known by the element of its row alone.
            node = places.get(timer.engine_id or timer.task_id or "")
            name = node.id if node else self.names.get(timer.element_id or "")
            timer.element_id = name or timer.element_id
        for task in self.run.external_tasks:
            # Who has it in hand goes on; topic and groups stay as they were when it was opened.
            row = self.session.get_one(ExternalTask, task.id)
            row.element_id, row.definition_id = task.node.id, task.definition or self.target_id
            row.stage = staging.of_step(task, self.host.library)
        held = {hold.id: hold.node_id for hold in self.run.continuations}
        jobs = select(Job).where(Job.instance_id == mine, Job.kind == "continue", Job.status.in_(PENDING))
        for job in self.session.scalars(jobs):
            job.element_id = held.get(str(job.payload.get("hold")), job.element_id)


def _climbs(node: engine.Node) -> bool:
    """Tell whether a task at this element has reminders."""
    properties: Mapping[str, str] = node.attributes.get("properties", {})
    return bool(node.attributes.get("dueDate")) and properties.get("ladder") != NO_LADDER


def _is_live(node: engine.Node) -> bool:
    return bool(node.attributes.get("properties", {}).get("due") == LIVE)


def _due(node: engine.Node) -> tuple[object, ...]:
    properties: Mapping[str, str] = node.attributes.get("properties", {})
    return (node.attributes.get("dueDate"), properties.get("due"), properties.get("calendar"))


def _follows(node: engine.Node) -> str:
    return (
        f"The due date of '{node.name or node.id}' follows its expression while the task is open (due=live), and the "
        "new version says another one: a clock that runs is not changed by a migration."
    )
