"""Asking another for his opinion on a task (委派), which comes back with it, and passing a task on for good (转办)."""

from __future__ import annotations

from sqlalchemy.orm import Session

from workflows.actor import Actor
from workflows.errors import Conflict, InvalidInput
from workflows.model import Task
from workflows.tasks import acts, keeping

PENDING, RESOLVED = acts.PENDING, "resolved"


def delegate(session: Session, task_id: str, user: str, *, actor: Actor, question: str = "") -> Task:
    """Give a task that the actor has to another, for an opinion; it stays the actor's (`owner`), its limits go on.

    Whoever is asked completes nothing and passes nothing on; he resolves. Raises NotFound, NotAllowed (also for whom
    the policy does not let `sign`), Conflict (`closed`, `suspended`, `parked`, `delegated`, `not_held`), InvalidInput.
    """
    task, instance = acts.take(session, task_id, actor)
    acts.guard_own(task, actor)
    acts.guard_free(task)
    if task.assignee != actor.id:
        raise Conflict("Only who has a task asks for an opinion on it.", code="not_held")
    acts.guard(session, actor, "assign", task)
    asked, said = acts.user_named(user), keeping.words(question, needed=False)
    if asked == actor.id:
        raise InvalidInput("An opinion is asked of another.", code="asks_himself")
    acts.guard(session, Actor(asked), "sign", task)
    acts.give(session, task, asked)
    task.owner, task.delegation = actor.id, PENDING
    keeping.keep(session, task, actor, "delegate", who=asked, text=said)
    acts.note(session, actor, "task.delegate", task, {"from": actor.id, "to": asked})
    acts.tell(session, task, instance, actor)
    return task


def resolve(
    session: Session, task_id: str, *, actor: Actor, opinion: str, agrees: bool | None = None
) -> Task:
    """Give a task back to its owner, with the opinion that he has asked for.

    For who was asked, or stands in for him. Raises NotFound, NotAllowed, Conflict (`closed`, `suspended`,
    `not_delegated`, `claimed`), InvalidInput (`words`).
    """
    task, instance = acts.take(session, task_id, actor)
    if task.delegation != PENDING:
        raise Conflict("No opinion on the task is asked for.", code="not_delegated")
    actor = acts.capacity(session, actor, "complete", task)
    if task.assignee != actor.holder:
        raise acts.claimed(task)
    acts.guard(session, actor, "complete", task)
    said, owner = keeping.words(opinion), task.owner
    acts.give(session, task, owner)
    task.owner, task.delegation = owner, RESOLVED
    keeping.keep(session, task, actor, "resolve", who=owner, agrees=agrees, text=said)
    acts.note(session, actor, "task.resolve", task, {"from": actor.holder, "to": owner})
    acts.tell(session, task, instance, actor)
    return task


def is_asked_about(session: Session, task_id: str, *, actor: Actor) -> bool:
    """Tell whether a task is the actor's, and another is asked for his opinion on it."""
    task = acts.get(session, task_id, actor)
    return task.delegation == PENDING and task.owner == actor.id


def recall(session: Session, task_id: str, *, actor: Actor) -> Task:
    """Take a task back from whoever was asked for an opinion on it, without one: for its owner.

    Raises NotFound, Conflict (`closed`, `suspended`, `not_delegated`; `not_held` for anybody else).
    """
    task, instance = acts.take(session, task_id, actor)
    if task.delegation != PENDING:
        raise Conflict("No opinion on the task is asked for.", code="not_delegated")
    if task.owner != actor.id:
        raise Conflict("Only who asked for an opinion takes the task back.", code="not_held")
    asked = task.assignee
    acts.give(session, task, actor.id)
    acts.note(session, actor, "task.recall", task, {"from": asked, "to": actor.id})
    acts.tell(session, task, instance, actor)
    return task


def transfer(session: Session, task_id: str, user: str, *, actor: Actor, reason: str) -> Task:
    """Put another in the place of who has a task, for good: the one before has no more to do with it.

    As `acts.assign`, whose guards hold; the reason is required and kept. Conflict (`has_it`) where he has it already.
    """
    said = keeping.words(reason)
    before = acts.get(session, task_id, actor).assignee
    if before == user.strip():
        raise Conflict(f"{before} has the task already.", code="has_it", who=before)
    task = acts.assign(session, task_id, user, actor=actor)
    keeping.keep(session, task, actor, "transfer", who=task.assignee, text=said)
    return task
