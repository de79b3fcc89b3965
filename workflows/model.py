"""The engine's tables. One `MetaData` for the whole system; the rooms above add theirs to it.

Rows here are derived from, and written in the same transaction as, the state of an instance.
"""

from __future__ import annotations

import uuid
from datetime import UTC, date, datetime
from typing import Any

from sqlalchemy import (
    JSON,
    DateTime,
    Dialect,
    Enum,
    ForeignKey,
    Index,
    LargeBinary,
    MetaData,
    String,
    Text,
    TypeDecorator,
    UniqueConstraint,
    false,
    text,
)
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship

from workflows.scale import TimerColour

#: What timers and jobs are while something is still to be done about them.
PENDING = ("waiting", "suspended", "failed")
#: Where a task without a due date stands in an order by due date.
NEVER = datetime(9999, 12, 31, tzinfo=UTC)

NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}


class UtcDateTime(TypeDecorator[datetime]):
    """An aware UTC instant; naive values are refused, SQLite's come back aware."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("A database instant must be aware.")
        return value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class Base(DeclarativeBase):
    """The one declarative base: `Base.metadata` is what migrations compare."""

    metadata = MetaData(naming_convention=NAMING)
    type_annotation_map = {
        datetime: UtcDateTime(),
        dict[str, Any]: JSON(none_as_null=True),
        list[Any]: JSON(none_as_null=True),
        str: String(255),
    }


def new_id() -> str:
    """Return a new opaque identifier."""
    return str(uuid.uuid4())


class Deployment(Base):
    """A set of files taken in together; never changed afterwards."""

    __tablename__ = "deployment"

    id: Mapped[str] = mapped_column(String(64), primary_key=True, default=new_id)
    name: Mapped[str]
    source: Mapped[str] = mapped_column(default="")
    deployed_at: Mapped[datetime]
    deployed_by: Mapped[str]
    digest: Mapped[str] = mapped_column(String(64))  #: SHA-256 over names and contents


class Resource(Base):
    """One file of a deployment, byte for byte as it came."""

    __tablename__ = "resource"

    id: Mapped[str] = mapped_column(String(64), primary_key=True, default=new_id)
    deployment_id: Mapped[str] = mapped_column(ForeignKey("deployment.id"), index=True)
    name: Mapped[str]
    content: Mapped[bytes] = mapped_column(LargeBinary)

    __table_args__ = (UniqueConstraint("deployment_id", "name"),)


class ProcessDefinition(Base):
    """One version of a process; running instances keep theirs."""

    __tablename__ = "process_definition"

    id: Mapped[str] = mapped_column(String(255), primary_key=True)  #: key:version:short id
    key: Mapped[str]
    version: Mapped[int]
    version_tag: Mapped[str | None]
    name: Mapped[str]
    name_en: Mapped[str | None]
    deployment_id: Mapped[str] = mapped_column(ForeignKey("deployment.id"), index=True)
    resource_name: Mapped[str]
    digest: Mapped[str] = mapped_column(String(64))  #: SHA-256 of the diagram's bytes
    bundle: Mapped[str] = mapped_column(
        String(64)
    )  #: SHA-256 of the diagram, forms and decisions bound to it
    suspended: Mapped[bool] = mapped_column(default=False)

    __table_args__ = (UniqueConstraint("key", "version"),)


class DiagramDraft(Base):
    """One act on the office's draft of a process: kept, discarded or published; rows are only ever added."""

    __tablename__ = "diagram_draft"

    key: Mapped[str] = mapped_column(primary_key=True)  #: of the process
    number: Mapped[int] = mapped_column(primary_key=True)  #: who writes the next one has seen this one
    act: Mapped[str] = mapped_column(String(16))  #: saved discarded published
    based_on: Mapped[str]  #: the version that was opened; it may have been removed since
    content: Mapped[bytes | None] = mapped_column(LargeBinary)  #: the diagram; none for discarded
    beside: Mapped[dict[str, Any]] = mapped_column(default=dict)  #: forms and tables that differ: file → text
    written_by: Mapped[str]
    written_at: Mapped[datetime]


class Sandbox(Base):
    """A draft as one person plays it: a made-up house of its own, kept as the bytes of a database."""

    __tablename__ = "sandbox"

    key: Mapped[str] = mapped_column(primary_key=True)  #: of the process
    owner: Mapped[str] = mapped_column(primary_key=True)
    definition_id: Mapped[str]  #: the version that the draft goes on from
    played_id: Mapped[str]  #: of the process in the house
    image: Mapped[bytes] = mapped_column(LargeBinary)
    at: Mapped[datetime]  #: what the clock shows there
    steps: Mapped[list[Any]]  #: what was done, in the words of scenarios
    taken: Mapped[list[Any]]  #: sequence flows that earlier runs took
    before: Mapped[bytes | None] = mapped_column(LargeBinary)  #: the house before the last act, to undo it
    before_at: Mapped[datetime | None]
    before_steps: Mapped[int] = mapped_column(default=0)
    revision: Mapped[int] = mapped_column(default=1)
    touched_at: Mapped[datetime]

    __mapper_args__ = {"version_id_col": revision}


class Publication(Base):
    """Files that one person asks to have published, and what a second one has said to that."""

    __tablename__ = "publication"

    id: Mapped[str] = mapped_column(String(64), primary_key=True, default=new_id)
    name: Mapped[str]  #: what changes, and why: the deployment's name
    source: Mapped[str] = mapped_column(default="")
    key: Mapped[str | None]  #: of the process whose draft it is; none for files that came as such
    draft: Mapped[int | None]  #: the number of that draft
    follows: Mapped[
        dict[str, Any]
    ]  #: key of each process in it → the id of its newest version then, None if new
    only_changed: Mapped[bool] = mapped_column(default=True)
    asked_by: Mapped[str]
    asked_at: Mapped[datetime]
    state: Mapped[str] = mapped_column(String(16), default="waiting")  #: waiting published refused withdrawn
    decided_by: Mapped[str | None]
    decided_at: Mapped[datetime | None]
    remark: Mapped[str | None]  #: why it was refused
    deployment_id: Mapped[str | None]  #: what came of it; it may have been removed since

    files: Mapped[list[PublicationFile]] = relationship(order_by="PublicationFile.name")

    __table_args__ = (Index("ix_publication_state", "state", "asked_at"),)


class PublicationFile(Base):
    """One file of a publication, byte for byte as it came."""

    __tablename__ = "publication_file"

    publication_id: Mapped[str] = mapped_column(ForeignKey("publication.id"), primary_key=True)
    name: Mapped[str] = mapped_column(primary_key=True)
    content: Mapped[bytes] = mapped_column(LargeBinary)


class DecisionDefinition(Base):
    """One version of a DMN decision."""

    __tablename__ = "decision_definition"

    id: Mapped[str] = mapped_column(String(255), primary_key=True)
    key: Mapped[str]
    version: Mapped[int]
    name: Mapped[str]
    deployment_id: Mapped[str] = mapped_column(ForeignKey("deployment.id"), index=True)
    resource_name: Mapped[str]
    digest: Mapped[str] = mapped_column(String(64))

    __table_args__ = (UniqueConstraint("key", "version"),)


class FormDefinition(Base):
    """One version of a form-js form."""

    __tablename__ = "form_definition"

    id: Mapped[str] = mapped_column(String(255), primary_key=True)
    key: Mapped[str]
    version: Mapped[int]
    deployment_id: Mapped[str] = mapped_column(ForeignKey("deployment.id"), index=True)
    resource_name: Mapped[str]
    digest: Mapped[str] = mapped_column(String(64))

    __table_args__ = (UniqueConstraint("key", "version"),)


class Instance(Base):
    """A running or ended process instance. The row is the lock that every command takes first."""

    __tablename__ = "process_instance"

    id: Mapped[str] = mapped_column(String(64), primary_key=True, default=new_id)
    definition_id: Mapped[str] = mapped_column(ForeignKey("process_definition.id"), index=True)
    definition_key: Mapped[str] = mapped_column(index=True)
    business_key: Mapped[str | None] = mapped_column(index=True)
    scope_id: Mapped[str | None] = mapped_column(index=True)  #: opaque to the engine: the matter
    stage: Mapped[str | None] = mapped_column(
        String(32)
    )  #: opaque to the engine: of the matter; none: its first
    state: Mapped[str] = mapped_column(String(16), default="active")  #: active suspended completed cancelled
    revision: Mapped[int] = mapped_column(default=1)  #: raised by every command; a stale writer conflicts
    started_at: Mapped[datetime]
    started_by: Mapped[str]
    ended_at: Mapped[datetime | None]
    end_element: Mapped[str | None]
    end_reason: Mapped[str | None] = mapped_column(Text)

    definition: Mapped[ProcessDefinition] = relationship(lazy="raise", viewonly=True)

    __mapper_args__ = {"version_id_col": revision, "version_id_generator": False}
    __table_args__ = (Index("ix_process_instance_started_at", "started_at", "id"),)


class InstanceState(Base):
    """The tasks and variables of an instance as the engine's bytes; the specification is not in it."""

    __tablename__ = "instance_state"

    instance_id: Mapped[str] = mapped_column(ForeignKey("process_instance.id"), primary_key=True)
    content: Mapped[bytes] = mapped_column(LargeBinary)


def _open_index(name: str, *columns: str) -> Index:
    """Return an index over open tasks alone: the closed ones grow for years and are no inbox's business."""
    still_open = text("closed_at IS NULL")
    return Index(name, *columns, postgresql_where=still_open, sqlite_where=still_open)


class Task(Base):
    """A user task that is or was in an inbox; `id` is the engine's task id."""

    __tablename__ = "task"

    id: Mapped[str] = mapped_column(String(64), primary_key=True)
    instance_id: Mapped[str] = mapped_column(ForeignKey("process_instance.id"), index=True)
    definition_id: Mapped[str] = mapped_column(ForeignKey("process_definition.id"), index=True)
    scope_id: Mapped[str | None] = mapped_column(index=True)
    stage: Mapped[str | None] = mapped_column(String(32))  #: which the step is of, see `persistence.staging`
    act: Mapped[str | None] = mapped_column(String(32))  #: opaque to the engine: what the step is about
    duty: Mapped[str | None] = mapped_column(String(16))  #: its part in that: propose approve sign
    round: Mapped[str | None] = mapped_column(
        String(65)
    )  #: of a duty: what is around the step, of several instances behind a star; see `workflows.parts`
    subject: Mapped[str | None] = mapped_column(
        String(64)
    )  #: opaque to the engine: which of several the step is about, see `parts.SUBJECT`
    element_id: Mapped[str]
    name: Mapped[str]
    name_en: Mapped[str | None]
    assignee: Mapped[str | None] = mapped_column(index=True)
    owner: Mapped[str | None]  #: whose it is while, or since, another was asked for an opinion
    delegation: Mapped[str | None] = mapped_column(String(8))  #: pending resolved; none: nobody was asked
    parent_id: Mapped[str | None] = mapped_column(
        String(64)
    )  #: the task that somebody added signs; a copy of the database may bring it later
    parked: Mapped[bool] = mapped_column(default=False)  #: open, but others sign first
    priority: Mapped[int] = mapped_column(default=50)
    proxy: Mapped[str | None] = mapped_column(
        String(64)
    )  #: group as whose work another may do what is somebody's by name; `none`: in person only
    form_key: Mapped[str | None]
    created_at: Mapped[datetime]
    claimed_at: Mapped[datetime | None]
    due_at: Mapped[datetime | None]
    sorts_at: Mapped[datetime] = mapped_column(
        default=NEVER
    )  #: `due_at`, or the end of time: the inbox's order
    paused_at: Mapped[datetime | None]  #: since when its clock stands; it has no due date meanwhile
    due_provisional: Mapped[bool] = mapped_column(default=False)
    due_explained: Mapped[dict[str, Any] | None]  #: how the due date was counted, for the page
    limit_id: Mapped[str | None]  #: rule of `time_limit`, with the version that holds for this task
    limit_version: Mapped[int | None]
    follow_up_at: Mapped[datetime | None]
    level: Mapped[str] = mapped_column(
        String(16), default="normal"
    )  #: highest rung fired: normal remind warn alarm overdue
    colour: Mapped[TimerColour | None] = mapped_column(
        Enum(TimerColour, native_enum=False, length=8, values_callable=lambda scale: [c.value for c in scale])
    )  #: as the office's table of colours has it; none: the level alone says how the task stands
    suspended: Mapped[bool] = mapped_column(default=False)
    closed_at: Mapped[datetime | None]
    closed_by: Mapped[str | None]
    on_behalf_of: Mapped[str | None]  #: in whose place who closed it acted
    outcome: Mapped[str | None] = mapped_column(String(16))  #: completed cancelled
    revision: Mapped[int] = mapped_column(default=1)

    instance: Mapped[Instance] = relationship(lazy="raise", viewonly=True)
    definition: Mapped[ProcessDefinition] = relationship(lazy="raise", viewonly=True)
    candidates: Mapped[list[TaskCandidate]] = relationship(viewonly=True)

    __table_args__ = (
        _open_index("ix_task_open", "sorts_at", "id"),
        _open_index("ix_task_open_assignee", "assignee", "sorts_at", "id"),
        Index("ix_task_closed_by", "closed_by", "closed_at", "id"),
    )


class TaskCandidate(Base):
    """Who may claim a task: a group or a user."""

    __tablename__ = "task_candidate"

    task_id: Mapped[str] = mapped_column(ForeignKey("task.id"), primary_key=True)
    kind: Mapped[str] = mapped_column(String(8), primary_key=True)  #: group user
    name: Mapped[str] = mapped_column(primary_key=True)
    claimable: Mapped[bool] = mapped_column(
        default=True
    )  #: the task is open and nobody's: a group's inbox is these
    sorts_at: Mapped[datetime] = mapped_column(
        default=NEVER
    )  #: the task's: a group's page is read off the index

    __table_args__ = (
        Index(
            "ix_task_candidate_claimable",
            "kind",
            "name",
            "sorts_at",
            "task_id",
            postgresql_where=text("claimable"),
            sqlite_where=text("claimable = 1"),
        ),
    )


class TaskAct(Base):
    """What was done about who does a task, and why: never changed. Reasons and opinions stand behind the wall."""

    __tablename__ = "task_act"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    task_id: Mapped[str] = mapped_column(ForeignKey("task.id"), index=True)
    instance_id: Mapped[str] = mapped_column(ForeignKey("process_instance.id"), index=True)
    scope_id: Mapped[str | None] = mapped_column(index=True)
    act: Mapped[str] = mapped_column(String(16))  #: add remove transfer delegate resolve sign
    by: Mapped[str]
    on_behalf_of: Mapped[str | None]
    who: Mapped[str | None]  #: whom it concerns
    agrees: Mapped[bool | None]  #: of an opinion
    text: Mapped[str] = mapped_column(Text)  #: the reason, or the opinion
    at: Mapped[datetime]


class TaskDraft(Base):
    """Half-filled answers, seen by the one who wrote them only."""

    __tablename__ = "task_draft"

    task_id: Mapped[str] = mapped_column(ForeignKey("task.id"), primary_key=True)
    user_id: Mapped[str] = mapped_column(primary_key=True)
    answers: Mapped[dict[str, Any]]
    saved_at: Mapped[datetime]


class Timer(Base):
    """Something due at an instant: an engine timer, a rung of a task's reminder ladder, a timer start."""

    __tablename__ = "timer"

    id: Mapped[str] = mapped_column(String(64), primary_key=True, default=new_id)
    kind: Mapped[str] = mapped_column(String(8))  #: engine ladder start
    instance_id: Mapped[str | None] = mapped_column(ForeignKey("process_instance.id"), index=True)
    definition_id: Mapped[str | None] = mapped_column(ForeignKey("process_definition.id"))
    task_id: Mapped[str | None] = mapped_column(ForeignKey("task.id"), index=True)
    engine_id: Mapped[str | None] = mapped_column(
        String(64)
    )  #: the engine's own id of the waiting event; of a start: which of its timers
    element_id: Mapped[str | None]
    ladder: Mapped[str | None] = mapped_column(String(32))
    ladder_version: Mapped[int | None]
    rung: Mapped[int | None]
    due_at: Mapped[datetime]
    counted: Mapped[dict[str, Any] | None]  #: how a calendar counted `due_at`: an engine timer by limit()
    status: Mapped[str] = mapped_column(
        String(16), default="waiting"
    )  #: waiting suspended fired cancelled failed
    attempts: Mapped[int] = mapped_column(default=0)
    retry_at: Mapped[datetime | None]
    leased_until: Mapped[datetime | None]
    leased_by: Mapped[str | None]
    fired_at: Mapped[datetime | None]

    __table_args__ = (
        # What has fired grows for years and is no worker's business.
        Index(
            "ix_timer_waiting",
            "due_at",
            "id",
            postgresql_where=text("status = 'waiting'"),
            sqlite_where=text("status = 'waiting'"),
        ),
        # No rung is climbed twice for one due date.
        UniqueConstraint("task_id", "rung", "due_at"),
    )


class Job(Base):
    """Work for a transaction of its own, written in the transaction that causes it."""

    __tablename__ = "job"

    id: Mapped[str] = mapped_column(String(64), primary_key=True, default=new_id)
    kind: Mapped[str] = mapped_column(String(16))  #: continue message signal recount clock migrate stop
    key: Mapped[str] = mapped_column(unique=True)  #: what caused it: the same effect is never written twice
    name: Mapped[str | None] = mapped_column(index=True)  #: of the message or signal
    instance_id: Mapped[str | None] = mapped_column(
        ForeignKey("process_instance.id"), index=True
    )  #: the instance that it moves; of a message, the one that took it or was started by it
    definition_id: Mapped[str | None] = mapped_column(
        ForeignKey("process_definition.id")
    )  #: what a signal starts
    origin_id: Mapped[str | None] = mapped_column(
        ForeignKey("process_instance.id"), index=True
    )  #: the instance that caused it
    element_id: Mapped[str | None]
    payload: Mapped[dict[str, Any]]
    created_at: Mapped[datetime]
    due_at: Mapped[datetime]
    status: Mapped[str] = mapped_column(
        String(16), default="waiting"
    )  #: waiting suspended done cancelled failed
    attempts: Mapped[int] = mapped_column(default=0)
    retry_at: Mapped[datetime | None]
    leased_until: Mapped[datetime | None]
    leased_by: Mapped[str | None]
    done_at: Mapped[datetime | None]

    __table_args__ = (Index("ix_job_status_due_at", "status", "due_at"),)


class MigrationBatch(Base):
    """An order to move instances from one version of their process to another, a job for each."""

    __tablename__ = "migration_batch"

    id: Mapped[str] = mapped_column(String(64), primary_key=True, default=new_id)
    source_id: Mapped[str] = mapped_column(ForeignKey("process_definition.id"))
    target_id: Mapped[str] = mapped_column(ForeignKey("process_definition.id"))
    renamed: Mapped[dict[str, Any]]  #: source element id → target element id, where they differ
    total: Mapped[int]
    ordered_by: Mapped[str] = mapped_column(index=True)
    ordered_at: Mapped[datetime]


class MigrationItem(Base):
    """What came of one instance of a batch."""

    __tablename__ = "migration_item"

    batch_id: Mapped[str] = mapped_column(ForeignKey("migration_batch.id"), primary_key=True)
    instance_id: Mapped[str] = mapped_column(ForeignKey("process_instance.id"), primary_key=True, index=True)
    state: Mapped[str] = mapped_column(String(16))  #: waiting moved refused undone
    findings: Mapped[list[Any]]  #: severity, element, rule, message
    done_at: Mapped[datetime | None]
    revision: Mapped[int | None]  #: of the instance, moved: until its next step the move can be undone


class ExternalTask(Base):
    """A task that waits for an outside worker, as long as it waits; `id` is the engine's task id."""

    __tablename__ = "external_task"

    id: Mapped[str] = mapped_column(String(64), primary_key=True)
    instance_id: Mapped[str] = mapped_column(ForeignKey("process_instance.id"), index=True)
    definition_id: Mapped[str] = mapped_column(ForeignKey("process_definition.id"))
    scope_id: Mapped[str | None]
    stage: Mapped[str | None] = mapped_column(String(32))  #: which the step is of, see `persistence.staging`
    element_id: Mapped[str]
    topic: Mapped[str]
    priority: Mapped[int] = mapped_column(default=0)
    created_at: Mapped[datetime]
    worker: Mapped[str | None]  #: who took it last, by the name that the worker gives itself
    locked_by: Mapped[str | None]  #: the account that this worker signed in with
    locked_until: Mapped[datetime | None]
    retries: Mapped[int | None]  #: none: nothing has failed yet; 0: an incident waits for an operator
    error_message: Mapped[str | None] = mapped_column(Text)
    error_details: Mapped[str | None] = mapped_column(Text)

    groups: Mapped[list[ExternalTaskGroup]] = relationship(viewonly=True)

    __table_args__ = (Index("ix_external_task_topic", "topic", "created_at", "id"),)


class ExternalTaskGroup(Base):
    """A group whose members may do an external task."""

    __tablename__ = "external_task_group"

    task_id: Mapped[str] = mapped_column(ForeignKey("external_task.id"), primary_key=True)
    name: Mapped[str] = mapped_column(primary_key=True)


class Subscription(Base):
    """What a running instance, or a definition's start event, waits to hear."""

    __tablename__ = "subscription"

    id: Mapped[str] = mapped_column(String(64), primary_key=True, default=new_id)
    kind: Mapped[str] = mapped_column(String(16))  #: message signal conditional
    name: Mapped[str] = mapped_column(index=True)
    instance_id: Mapped[str | None] = mapped_column(ForeignKey("process_instance.id"), index=True)
    definition_id: Mapped[str | None] = mapped_column(ForeignKey("process_definition.id"))
    element_id: Mapped[str]


class Activity(Base):
    """History: one passage of a token through a node."""

    __tablename__ = "activity"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    instance_id: Mapped[str] = mapped_column(ForeignKey("process_instance.id"), index=True)
    engine_id: Mapped[str] = mapped_column(String(64), index=True)
    element_id: Mapped[str]
    kind: Mapped[str]
    name: Mapped[str]
    stage: Mapped[str | None] = mapped_column(String(32))  #: where it is of another than its instance's
    flow: Mapped[str | None]  #: sequence flow by which the token came in
    task_id: Mapped[str | None]
    entered_at: Mapped[datetime]
    left_at: Mapped[datetime | None]
    cancelled: Mapped[bool] = mapped_column(default=False)


class DecisionRun(Base):
    """A decision that an instance took: what went in, which rules held, and what came out."""

    __tablename__ = "decision_run"

    id: Mapped[str] = mapped_column(String(64), primary_key=True, default=new_id)
    root_id: Mapped[str | None] = mapped_column(
        String(64)
    )  #: the decision for which it was taken; none: for itself
    instance_id: Mapped[str] = mapped_column(ForeignKey("process_instance.id"), index=True)
    scope_id: Mapped[str | None] = mapped_column(index=True)
    element_id: Mapped[str]
    engine_id: Mapped[str] = mapped_column(String(64))  #: of the passage that took it
    definition_id: Mapped[str | None]  #: of `decision_definition`, which may have been removed since
    key: Mapped[str]
    name: Mapped[str]
    at: Mapped[datetime]
    inputs: Mapped[list[Any]]  #: clause, name, value
    rules: Mapped[list[Any]]  #: those that held: id, number
    outputs: Mapped[list[Any]]  #: of the rules that count: clause, name, rule, number, value
    collected: Mapped[dict[str, Any] | None]  #: `{"value": …}`: what an aggregation made of them


class Incident(Base):
    """A failure that an operator has to look at; nothing of the failed step was stored."""

    __tablename__ = "incident"

    id: Mapped[str] = mapped_column(String(64), primary_key=True, default=new_id)
    kind: Mapped[str] = mapped_column(
        String(32)
    )  #: failedTimer failedJob failedCompletion failedStart … undelivered endless noCandidate
    instance_id: Mapped[str | None] = mapped_column(ForeignKey("process_instance.id"), index=True)
    definition_id: Mapped[str | None] = mapped_column(
        ForeignKey("process_definition.id")
    )  #: what was to be started
    task_id: Mapped[str | None] = mapped_column(ForeignKey("task.id"))
    timer_id: Mapped[str | None] = mapped_column(ForeignKey("timer.id"))
    job_id: Mapped[str | None] = mapped_column(ForeignKey("job.id"))
    external_id: Mapped[str | None] = mapped_column(
        String(64), index=True
    )  #: of an external task, whose row goes when it is done
    element_id: Mapped[str | None]
    message: Mapped[str] = mapped_column(Text)
    created_at: Mapped[datetime]
    resolved_at: Mapped[datetime | None]
    resolved_by: Mapped[str | None]


class AuditEvent(Base):
    """Who did what, when, insert only: the database refuses to change it. Names and narratives never stand here.

    Written by `workflows.audit.record` alone. What is kept: the access log of domain.md §4.2 rule 7.
    """

    __tablename__ = "audit_event"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    at: Mapped[datetime]
    actor: Mapped[str]
    act: Mapped[str] = mapped_column(String(64))  #: task.claim task.complete instance.start refusal …
    instance_id: Mapped[str | None] = mapped_column(String(64), index=True)
    task_id: Mapped[str | None] = mapped_column(String(64), index=True)
    scope_id: Mapped[str | None] = mapped_column(index=True)  #: the matter
    detail: Mapped[dict[str, Any] | None]
    on_behalf_of: Mapped[str | None]  #: in whose place the actor acted
    object_id: Mapped[str | None]  #: a thing of the matter, as `document:…`
    field_group: Mapped[str | None] = mapped_column(String(32))  #: which part was seen or changed
    purpose: Mapped[str | None] = mapped_column(String(32))  #: what it was read for
    origin: Mapped[str | None] = mapped_column(String(16))  #: page api engine-rest cli worker
    address: Mapped[str | None] = mapped_column(String(64))  #: of the network
    request_id: Mapped[str | None] = mapped_column(String(64))  #: as in the log


class AuditSeal(Base):
    """The place of one committed audit row in the chain, insert only.

    No foreign key: a row that somebody removed must leave its seal behind.
    """

    __tablename__ = "audit_seal"

    position: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)  #: from 1, without gaps
    event_id: Mapped[int] = mapped_column(unique=True)
    sealed_at: Mapped[datetime]
    hash: Mapped[str] = mapped_column(String(64))  #: SHA-256 in hexadecimal, see `workflows.audit.chain`


class TimeLimit(Base):
    """One version of a legal or office limit; a running deadline keeps the version it started with."""

    __tablename__ = "time_limit"

    rule_id: Mapped[str] = mapped_column(String(16), primary_key=True)
    version: Mapped[int] = mapped_column(primary_key=True)
    effective_from: Mapped[date]
    title_zh: Mapped[str]
    title_en: Mapped[str]
    start_event: Mapped[str]
    n: Mapped[int | None]
    unit: Mapped[str] = mapped_column(String(16))
    liberty: Mapped[bool] = mapped_column(default=False)
    extension: Mapped[str] = mapped_column(Text, default="")
    cap: Mapped[str] = mapped_column(default="")
    approver: Mapped[str] = mapped_column(default="")
    document: Mapped[str] = mapped_column(default="")
    article: Mapped[str] = mapped_column(Text, default="")
    status: Mapped[str] = mapped_column(String(16))  #: sourced to_confirm design
    extension_approver: Mapped[str] = mapped_column(default="", server_default="")  #: empty: no extension
    extension_count: Mapped[int | None]
    extension_reasons: Mapped[str] = mapped_column(default="", server_default="")
    pause_approver: Mapped[str] = mapped_column(default="", server_default="")  #: empty: no pause
    pause_count: Mapped[int | None]
    pause_cap: Mapped[str] = mapped_column(default="", server_default="")
    pause_reasons: Mapped[str] = mapped_column(default="", server_default="")
    pause_source: Mapped[str] = mapped_column(default="", server_default="")
    reason: Mapped[str | None] = mapped_column(
        Text
    )  #: why the office wrote this version; none for the file's
    written_by: Mapped[str | None]
    written_at: Mapped[datetime | None]


class TimeConvention(Base):
    """One answer to a question of counting that rules leave open; a running deadline keeps the one it began with.

    The first comes with the program. It says of itself what it does and to which rules: a later file changes nothing
    about what was decided.
    """

    __tablename__ = "time_convention"

    question: Mapped[str] = mapped_column(String(32), primary_key=True)
    version: Mapped[int] = mapped_column(primary_key=True)
    option: Mapped[str] = mapped_column(String(64))
    effect: Mapped[str] = mapped_column(String(32))  #: what it does to a count; empty: nothing
    rules: Mapped[str] = mapped_column(Text)  #: the limits that it is about, blanks between; empty: all
    effective_from: Mapped[date]
    document_no: Mapped[str] = mapped_column(default="")  #: of the paper by which the office decided
    written_by: Mapped[str | None]  #: none: with the program
    written_at: Mapped[datetime | None]


class ClockChange(Base):
    """A pause or an extension that was approved; the rows of one clock, in order, say when it ends.

    A clock is named by its instance, rule and start: several steps of a process may share one.
    """

    __tablename__ = "clock_change"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    instance_id: Mapped[str] = mapped_column(ForeignKey("process_instance.id"), index=True)
    rule_id: Mapped[str] = mapped_column(String(16))
    start_at: Mapped[datetime]  #: the event that the clock is counted from
    kind: Mapped[str] = mapped_column(String(8))  #: pause extend
    from_at: Mapped[datetime]  #: since when it stands; of an extension, when it was granted
    to_at: Mapped[datetime | None]  #: when it runs again; none while it stands
    n: Mapped[int | None]  #: of an extension: so many units of the rule
    until: Mapped[date | None]  #: of an extension: the last day, as the commission above has set it
    reference: Mapped[str | None] = mapped_column(String(32))  #: number of the approval
    #: Of a pause: nobody has ended it, it had lasted as long as its rule lets it.
    capped: Mapped[bool] = mapped_column(default=False, server_default=false())


class CalendarYear(Base):
    """One version of a year's holiday plan, as it was loaded; the newest of a year holds."""

    __tablename__ = "calendar_year"

    id: Mapped[str] = mapped_column(String(64), primary_key=True, default=new_id)
    jurisdiction: Mapped[str] = mapped_column(String(16))  #: CN, or CN- and the code of a region
    year: Mapped[int]
    version: Mapped[int]
    reason: Mapped[str | None] = mapped_column(Text)  #: why it replaces another
    loaded_by: Mapped[str]
    loaded_at: Mapped[datetime]

    __table_args__ = (UniqueConstraint("jurisdiction", "year", "version"),)


class CalendarDay(Base):
    """One day of a loaded plan that is not as the week has it."""

    __tablename__ = "calendar_day"

    plan_id: Mapped[str] = mapped_column(ForeignKey("calendar_year.id"), primary_key=True)
    day: Mapped[date] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(String(8))  #: holiday makeup
    name: Mapped[str]
    source: Mapped[str]  #: the notice that says so


class ReminderRung(Base):
    """One rung of a reminder ladder: rule data that arms the timer rows of a task with a due date."""

    __tablename__ = "reminder_rung"

    ladder: Mapped[str] = mapped_column(String(32), primary_key=True)
    version: Mapped[int] = mapped_column(primary_key=True)
    rung: Mapped[int] = mapped_column(primary_key=True)
    applies: Mapped[str] = mapped_column(
        String(16)
    )  #: days_long days_short hours — which limits the offset is for
    basis: Mapped[str] = mapped_column(String(16))  #: elapsed before_due after_due
    amount: Mapped[float]
    unit: Mapped[str] = mapped_column(String(16))  #: fraction working_days hours months
    every: Mapped[float | None]  #: reached again so many units later, `times` times in all
    times: Mapped[int] = mapped_column(default=1)  #: the cap
    recipients: Mapped[str]  #: relations or roles, separated by blanks
    level: Mapped[str] = mapped_column(String(16))  #: remind warn alarm overdue
    operation: Mapped[str]  #: what is called when the rung is reached
    give_to: Mapped[str | None]  #: of a rung that reassigns: the relation or role; none: to the candidates
