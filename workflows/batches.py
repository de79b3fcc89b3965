"""Moving many instances to another version in the background: a job for each, and what came of it.

Who orders a batch is asked once for each instance what he may, and named in the audit of each move. A move is its
instance's own transaction: one that is refused, or fails, holds up no other, and a worker that is killed leaves
every instance either moved or as it was.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sqlalchemy import case, func, literal, select
from sqlalchemy.orm import Session

from workflows import audit, clock, migrations, persistence
from workflows.actor import Actor
from workflows.errors import Conflict, InvalidInput, NotFound
from workflows.migrations import Plan
from workflows.model import PENDING, Instance, Job, MigrationBatch, MigrationItem, new_id

KIND = "migrate"
#: As many as one order may move; more are more batches.
MOST = 10_000


_OF_ITEM = Job.key == literal(f"{KIND}:") + MigrationItem.batch_id + ":" + MigrationItem.instance_id
#: An instance that ends takes its jobs with it, and old jobs are forgotten: what waited for them is dropped.
_STATE = case(
    (MigrationItem.state != "waiting", MigrationItem.state),
    (Job.status == "failed", "failed"),
    (Job.status.in_(PENDING), "waiting"),
    else_="dropped",
)


@dataclass(frozen=True)
class Progress:
    """How far a batch is, in instances."""

    total: int
    waiting: int  #: yet to be moved
    moved: int
    refused: int  #: no safe move, or ended or moved otherwise meanwhile
    failed: int  #: given up after several tries; an incident says why, and may have it tried again
    dropped: int  #: taken back, or ended, before their turn
    undone: int = 0  #: moved, and moved back

    @property
    def ended(self) -> bool:
        """Tell whether nothing more will be done by itself."""
        return not (self.waiting or self.failed)


def order(session: Session, plan: Plan, instance_ids: Iterable[str], *, actor: Actor) -> MigrationBatch:
    """Let the instances be moved by jobs, and return the batch; who may move them has been asked.

    `InvalidInput` for none, or more than 10,000.
    """
    ids = list(dict.fromkeys(instance_ids))
    if not 1 <= len(ids) <= MOST:
        raise InvalidInput(f"A batch moves from 1 to {MOST:,} instances, not {len(ids):,}.", code="batch")
    now = clock.now()
    batch = MigrationBatch(
        id=new_id(),
        source_id=plan.source_id,
        target_id=plan.target_id,
        renamed=dict(plan.renamed),
        total=len(ids),
        ordered_by=actor.id,
        ordered_at=now,
    )
    session.add(batch)
    session.flush()
    for each in ids:
        session.add(MigrationItem(batch_id=batch.id, instance_id=each, state="waiting", findings=[]))
        session.add(
            Job(
                kind=KIND,
                key=_key(batch.id, each),
                instance_id=each,
                origin_id=each,
                payload={"batch": batch.id},
                created_at=now,
                due_at=now,
            )
        )
    detail = {"batch": batch.id, "from": plan.source_id, "to": plan.target_id, "instances": len(ids)}
    audit.record(session, actor=actor, act="batch.order", detail=detail)
    return batch


def run(session: Session, job: Job, instance: Instance) -> None:
    """Move the instance of a job, which is locked, and note what came of it."""
    batch = session.get_one(MigrationBatch, job.payload["batch"])
    item = session.get_one(MigrationItem, (batch.id, instance.id), with_for_update=True)
    if item.state != "waiting":
        return
    plan = migrations.plan(session, batch.source_id, batch.target_id, batch.renamed)
    try:
        verdict = migrations.move(session, plan, instance, actor=Actor(batch.ordered_by))
    except Conflict as conflict:
        if conflict.code not in ("ended", "other_version"):
            raise
        item.state, item.findings = "refused", [["error", None, conflict.code, conflict.message]]
    else:
        item.state = "refused" if verdict.reasons else "moved"
        item.findings = [[one.severity, one.element, one.rule, one.message] for one in verdict.findings]
        item.revision = None if verdict.reasons else instance.revision
    item.done_at = clock.now()


def drop(session: Session, batch_id: str, *, actor: Actor) -> int:
    """Take back the moves that have not been made yet, and return how many; those made stay.

    `NotFound` for another's batch.
    """
    batch = of(session, batch_id, actor)
    waiting = select(Job.id, MigrationItem.instance_id).join(MigrationItem, _OF_ITEM)
    waiting = waiting.where(MigrationItem.batch_id == batch.id, Job.status.in_(PENDING))
    dropped = 0
    # Each under the lock of its instance, as every change of a job.
    for job_id, instance_id in session.execute(waiting.order_by(MigrationItem.instance_id)).all():
        persistence.lock(session, instance_id)
        job = session.get_one(Job, job_id, with_for_update=True, populate_existing=True)
        if job.status in PENDING:
            job.status, job.done_at = "cancelled", clock.now()
            dropped += 1
    audit.record(session, actor=actor, act="batch.drop", detail={"batch": batch.id, "instances": dropped})
    return dropped


def undo(session: Session, batch_id: str, instance_id: str, *, actor: Actor) -> None:
    """Move an instance of a batch back to the version it came from, as long as it has done no step since.

    Whether the actor may move it has been asked. `NotFound` for another's batch; Conflict (`not_moved`, `moved_on`,
    `merged` where two elements have become one, `unsafe` with `findings`).
    """
    batch = of(session, batch_id, actor)
    instance = persistence.lock(session, instance_id)
    item = session.get(MigrationItem, (batch.id, instance_id), with_for_update=True)
    if item is None or item.state != "moved":
        raise Conflict("It was not moved by this order.", code="not_moved")
    if (instance.definition_id, instance.revision) != (batch.target_id, item.revision):
        raise Conflict("It has gone on since it was moved.", code="moved_on")
    back = {new: old for old, new in batch.renamed.items()}
    if len(back) != len(batch.renamed):
        raise Conflict("Several elements have become one: which it was is not known any more.", code="merged")
    plan = migrations.plan(session, batch.target_id, batch.source_id, back)
    verdict = migrations.move(session, plan, instance, actor=actor)
    if verdict.reasons:
        told = " ".join(finding.message for finding in verdict.reasons)
        raise Conflict(f"It cannot go back: {told}", code="unsafe", findings=verdict.reasons)
    item.state, item.done_at = "undone", clock.now()


def of(session: Session, batch_id: str, actor: Actor) -> MigrationBatch:
    """Return a batch that the actor has ordered; `NotFound` for any other."""
    batch = session.get(MigrationBatch, batch_id)
    if batch is None or batch.ordered_by != actor.id:
        raise NotFound(f"There is no batch {batch_id}.", code="batch")
    return batch


def progress(session: Session, batch: MigrationBatch) -> Progress:
    """Return how far a batch is."""
    states = select(_STATE, func.count()).select_from(MigrationItem).outerjoin(Job, _OF_ITEM)
    states = states.where(MigrationItem.batch_id == batch.id).group_by(_STATE)
    counts = {state: number for state, number in session.execute(states)}  # noqa: C416 -- rows are no pairs to mypy
    kinds = ("waiting", "moved", "refused", "failed", "dropped", "undone")
    return Progress(batch.total, *(counts.get(kind, 0) for kind in kinds))


def items(
    session: Session, batch: MigrationBatch, *, after: str = "", limit: int = 1_000
) -> Sequence[tuple[MigrationItem, str]]:
    """Return the instances of a batch with what came of each, by their ids, from the one behind `after` on."""
    of_batch = select(MigrationItem, _STATE).outerjoin(Job, _OF_ITEM)
    of_batch = of_batch.where(MigrationItem.batch_id == batch.id, MigrationItem.instance_id > after)
    found = session.execute(of_batch.order_by(MigrationItem.instance_id).limit(limit)).all()
    return [(item, state) for item, state in found]


def _key(batch_id: str, instance_id: str) -> str:
    return f"{KIND}:{batch_id}:{instance_id}"
