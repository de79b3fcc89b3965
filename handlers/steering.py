"""Steering one process instance by two persons: who steers it asks with a reason, another confirms and it is done.

What is done is done as who asked: his rights are asked again at that moment, and both names are in the audit. The
reason is a narrative: it stands here and beside the move, where it is erased with the matter, and not in the audit.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ForeignKey, Index, String, Text, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from handlers.office import actor_for
from workflows import audit, clock, instances, moves, persistence, tasks
from workflows.actor import Actor
from workflows.engine import Moved
from workflows.errors import Conflict, InvalidInput, NotAllowed, NotFound
from workflows.model import Base, Instance, Task, new_id
from workflows.visibility import policy

#: What can be asked for, and the act over which the policy decides it.
KINDS = {
    "suspend": "suspend",
    "resume": "suspend",
    "cancel": "cancel",
    "send_back": "jump",
    "jump": "jump",
    "reopen": "reopen",
}
#: Those of one task, to a step.
OF_TASK = frozenset({"send_back", "jump"})
#: A reason, or a remark, has at most so many characters.
MAX_REASON = 255
#: Waiting requests that are looked at for one list.
MOST = 500


@dataclass(frozen=True)
class Step:
    """What is to be done with an instance."""

    kind: str  #: of `KINDS`
    task_id: str | None = None  #: that is sent back, or jumps
    to: str | None = None  #: the element on which the instance goes on


class Steering(Base):
    """One request to steer an instance, and what became of it."""

    __tablename__ = "steering"

    id: Mapped[str] = mapped_column(String(64), primary_key=True, default=new_id)
    instance_id: Mapped[str] = mapped_column(ForeignKey("process_instance.id"), index=True)
    scope_id: Mapped[str | None] = mapped_column(String(64), index=True)  #: the matter
    kind: Mapped[str] = mapped_column(String(16))
    task_id: Mapped[str | None] = mapped_column(ForeignKey("task.id"))
    to: Mapped[str | None]
    reason: Mapped[str] = mapped_column(Text)
    asked_by: Mapped[str]
    asked_at: Mapped[datetime]
    state: Mapped[str] = mapped_column(String(16), default="waiting")  #: waiting done refused withdrawn
    decided_by: Mapped[str | None]
    decided_at: Mapped[datetime | None]
    remark: Mapped[str | None] = mapped_column(Text)  #: why it was refused

    __table_args__ = (Index("ix_steering_state", "state", "asked_at"),)


def act(session: Session, instance_id: str, step: Step, *, actor: Actor, reason: str) -> Instance:
    """Do at once what an office without a second person lets one do alone.

    NotFound, NotAllowed, Conflict, InvalidInput as the act itself: `instances.jump`, `tasks.steer_back` …
    """
    return _do(session, instance_id, step, actor, _reason(reason))


def ask(session: Session, instance_id: str, step: Step, *, actor: Actor, reason: str) -> Steering:
    """Let a step wait for a second person; nothing is done yet.

    What could not be done now is refused now: NotFound, NotAllowed, Conflict (`steering_waiting` for an instance with
    another request; `suspended`, `ended`, `running`, `closed`, `unsafe` …), InvalidInput (`reason`, `step`).
    """
    why = _reason(reason)
    instance = persistence.lock(session, _known(session, instance_id, actor).id)
    decision = policy().may(session, actor, _act(step), instance)
    if not decision.allowed:
        raise decision.refusal(_act(step))
    waits = select(Steering).where(Steering.instance_id == instance.id, Steering.state == "waiting")
    if (before := session.scalar(waits.limit(1))) is not None:
        raise Conflict(
            f"{before.asked_by} has asked for something already.",
            code="steering_waiting",
            by=before.asked_by,
            at=before.asked_at,
        )
    _guard_possible(session, instance, step, actor)
    asked = Steering(
        instance_id=instance.id,
        scope_id=instance.scope_id,
        kind=step.kind,
        task_id=step.task_id,
        to=step.to,
        reason=why,
        asked_by=actor.id,
        asked_at=clock.now(),
    )
    session.add(asked)
    session.flush()
    _record(session, asked, "ask", actor)
    return asked


def waiting(session: Session, actor: Actor) -> list[Steering]:
    """Return what waits that the actor has asked for or may confirm, the oldest first."""
    asked = select(Steering).where(Steering.state == "waiting").order_by(Steering.asked_at, Steering.id)
    return [one for one in session.scalars(asked.limit(MOST)) if _may_read(session, one, actor)]


def of_instance(session: Session, instance_id: str) -> Sequence[Steering]:
    """Return what was asked for with an instance, the latest first; who may see the instance has been asked."""
    asked = select(Steering).where(Steering.instance_id == instance_id)
    return session.scalars(asked.order_by(Steering.asked_at.desc(), Steering.id)).all()


def steering(session: Session, steering_id: str, actor: Actor) -> Steering:
    """Return a request that the actor has made, may confirm, or whose instance he sees; else NotFound."""
    found = session.get(Steering, steering_id)
    if found is None or not _may_read(session, found, actor):
        raise NotFound(f"There is no request {steering_id}.", code="steering")
    return found


def look(session: Session, asked: Steering) -> Moved:
    """Return what a request of a task would come to now, as who asked; raises what doing it would raise."""
    task = _guard_task(session, asked.instance_id, asked.task_id or "")
    persistence.guard_open(task)
    asker, back = actor_for(session, asked.asked_by), asked.kind == "send_back"
    return instances.look(session, asked.instance_id, task.id, asked.to or "", actor=asker, back=back)


def may_confirm(session: Session, asked: Steering, actor: Actor) -> bool:
    """Tell whether the actor can be the second person: another than who asked, with the right to."""
    instance = session.get_one(Instance, asked.instance_id)
    return asked.asked_by != actor.id and policy().may(session, actor, "confirm", instance).allowed


def confirm(session: Session, steering_id: str, *, actor: Actor) -> Instance:
    """Do what another has asked for, as he; his rights are asked anew.

    NotAllowed `own_steering` for who asked, or whoever may not confirm; Conflict `steering_decided`; and what the act
    itself raises by now.
    """
    asked = _undecided(session, steering_id, actor)
    step = Step(asked.kind, asked.task_id, asked.to)
    instance = _do(session, asked.instance_id, step, actor_for(session, asked.asked_by), asked.reason)
    _decide(session, asked, "done", "confirm", actor)
    return instance


def refuse(session: Session, steering_id: str, remark: str, *, actor: Actor) -> Steering:
    """Send back what another has asked for, with the reason; raises as `confirm` does."""
    asked = _undecided(session, steering_id, actor)
    asked.remark = _reason(remark)
    return _decide(session, asked, "refused", "refuse", actor)


def withdraw(session: Session, steering_id: str, *, actor: Actor) -> Steering:
    """Take back what the actor has asked for; NotAllowed for another's, Conflict for what is decided."""
    asked = _waiting(session, steering_id, actor)
    if asked.asked_by != actor.id:
        raise NotAllowed("Only who asked may take it back.", code="not_own_steering")
    return _decide(session, asked, "withdrawn", "withdraw", actor)


# -- what is done


def _do(session: Session, instance_id: str, step: Step, actor: Actor, why: str) -> Instance:
    if step.kind in OF_TASK:
        if not step.task_id or not step.to:
            raise InvalidInput("Name the task and the step.", code="step")
        if step.kind == "jump":
            return instances.jump(session, instance_id, step.task_id, step.to, actor=actor, reason=why)
        _guard_task(session, instance_id, step.task_id)
        return tasks.steer_back(session, step.task_id, step.to, actor=actor, reason=why)
    if step.kind == "reopen":
        return instances.reopen(session, instance_id, step.to or "", actor=actor, reason=why)
    acts = {"suspend": instances.suspend, "resume": instances.resume, "cancel": instances.cancel}
    if step.kind not in acts:
        raise _unknown_kind(step.kind)
    return acts[step.kind](session, instance_id, actor=actor, reason=why)


def _guard_possible(session: Session, instance: Instance, step: Step, actor: Actor) -> None:
    """Raise what doing the step would raise as the instance stands, as far as that can be known without doing it."""
    if step.kind == "reopen":
        if instance.ended_at is None:
            raise Conflict("The process instance still runs.", code="running")
        return
    persistence.guard_running(instance)
    if step.kind == "suspend" or step.kind in OF_TASK:
        persistence.guard_active(instance)
    if step.kind == "resume" and instance.state != "suspended":
        raise Conflict("The process instance is not suspended.", code="not_suspended")
    if step.kind in OF_TASK:
        if not step.task_id or not step.to:
            raise InvalidInput("Name the task and the step.", code="step")
        persistence.guard_open(_guard_task(session, instance.id, step.task_id))
        back = step.kind == "send_back"
        instances.look(session, instance.id, step.task_id, step.to, actor=actor, back=back)


def _guard_task(session: Session, instance_id: str, task_id: str) -> Task:
    task = session.get(Task, task_id)
    if task is None or task.instance_id != instance_id:
        raise NotFound(f"The process instance has no task {task_id}.", code="task")
    return task


def _act(step: Step) -> str:
    if step.kind not in KINDS:
        raise _unknown_kind(step.kind)
    return KINDS[step.kind]


def _unknown_kind(kind: str) -> InvalidInput:
    return InvalidInput(f"{kind!r} is none of {', '.join(KINDS)}.", code="kind")


def _known(session: Session, instance_id: str, actor: Actor) -> Instance:
    return instances.get(session, instance_id, actor)


def _reason(reason: str) -> str:
    if len(why := moves.because(reason)) > MAX_REASON:
        raise InvalidInput(f"A reason has 1 to {MAX_REASON} characters.", code="reason")
    return why


# -- what the second person says


def _waiting(session: Session, steering_id: str, actor: Actor) -> Steering:
    asked = steering(session, steering_id, actor)
    # As every command: the instance first, then what hangs on it.
    persistence.lock(session, asked.instance_id)
    session.refresh(asked, with_for_update=True)
    if asked.state != "waiting":
        raise Conflict(f"It is decided already: {asked.state}.", code="steering_decided", by=asked.decided_by)
    return asked


def _undecided(session: Session, steering_id: str, actor: Actor) -> Steering:
    asked = _waiting(session, steering_id, actor)
    if asked.asked_by == actor.id:
        raise NotAllowed("Who asked for it is not the second person.", code="own_steering")
    decision = policy().may(session, actor, "confirm", session.get_one(Instance, asked.instance_id))
    if not decision.allowed:
        raise decision.refusal("confirm")
    return asked


def _may_read(session: Session, asked: Steering, actor: Actor) -> bool:
    instance = session.get_one(Instance, asked.instance_id)
    # Of a matter nobody confirms what he does not see: the policy sees to that.
    return any(policy().may(session, actor, act, instance).allowed for act in ("confirm", KINDS[asked.kind]))


def _decide(session: Session, asked: Steering, state: str, act: str, actor: Actor) -> Steering:
    asked.state, asked.decided_by, asked.decided_at = state, actor.id, clock.now()
    session.flush()
    _record(session, asked, act, actor)
    return asked


def _record(session: Session, asked: Steering, act: str, actor: Actor) -> None:
    audit.record(
        session,
        actor=actor,
        act=f"steering.{act}",
        instance_id=asked.instance_id,
        task_id=asked.task_id,
        scope_id=asked.scope_id,
        detail={"steering": asked.id, "kind": asked.kind, "to": asked.to, "by": asked.asked_by},
    )
