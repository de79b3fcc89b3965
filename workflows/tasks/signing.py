"""Who signs a step: added and removed while it goes on (加签、减签), of several who sign and of one who does it.

What it means for the process stands in `engine.signers` and `engine.cosigning`; here, who may, why, and what is kept.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy.orm import Session

from workflows import engine, parts, persistence
from workflows.actor import Actor
from workflows.errors import Conflict, NotAllowed, NotFound
from workflows.model import Instance, Task
from workflows.tasks import acts, keeping


def signers(session: Session, task_id: str, *, actor: Actor) -> list[engine.Signer]:
    """Return who signs the step of a task that the actor may see, in the order of their numbers."""
    task = acts.get(session, task_id, actor)
    run, _ = persistence.peek(session, session.get_one(Instance, task.instance_id), actor=actor)
    return run.signers(task_id)


def add_signers(
    session: Session,
    task_id: str,
    items: Sequence[Any],
    *,
    actor: Actor,
    place: str = "after",
    reason: str = "",
) -> list[int]:
    """Let more sign the step of an open task, each for an item like those of its list; returns their numbers.

    For who may pass the task on. Where all sign at once, `place` says nothing; in a sequence they come `before` the
    task, which is parked meanwhile, `after` it, or `last`. To a task that one person does logins are added, `before` or
    `after` him. Raises as `acts.complete`, and Conflict (`signs_already`, `signs_only`), InvalidInput
    (`unnamed_signers`, `signer_unlike`).
    """
    task, instance = acts.take(session, task_id, actor)
    acts.guard_own(task, actor)
    acts.guard(session, actor, "assign", task)
    said = keeping.words(reason, needed=False)
    with persistence.advance(session, instance, actor=actor, task_id=task_id) as (run, _):
        logins = [run.signer_named(task_id, item) for item in items]
        for login in logins:
            acts.guard(session, Actor(login), "sign", task)
        numbers = run.add_signers(task_id, items, place=place, by=actor.id)
    for login in logins:
        keeping.keep(session, task, actor, "add", who=login, text=said)
    acts.note(session, actor, "task.add_signers", task, {"who": logins, "place": place})
    return numbers


def remove_signer(session: Session, task_id: str, number: int, *, actor: Actor, reason: str) -> None:
    """Let one who has not signed the step of an open task sign no more; the step may be done by that.

    For who has added him, and for who may pass on what another has. The reason is required. Raises as
    `add_signers`, and Conflict (`signed`, `last_signer`, `own_signature`).
    """
    task, instance = acts.take(session, task_id, actor)
    said = keeping.words(reason)
    with persistence.advance(session, instance, actor=actor, task_id=task_id) as (run, _):
        signer = next((one for one in run.signers(task_id) if one.index == number), None)
        if signer is None:
            raise NotFound(f"No signer has the number {number}.", code="signer")
        theirs = session.get(Task, signer.task_id) if signer.task_id else None
        login = (theirs.assignee if theirs else None) or run.signer_named(task_id, signer.item)
        _guard_removal(session, actor, theirs or task, signer, login)
        run.remove_signer(task_id, number)
    keeping.keep(session, task, actor, "remove", who=login, text=said)
    acts.note(session, actor, "task.remove_signer", task, {"who": login, "number": number})


def sign(
    session: Session, task_id: str, *, actor: Actor, opinion: str, agrees: bool | None = None
) -> Instance:
    """Sign a task that one was added to, and return its instance, moved on where this was the last signature.

    Raises as `acts.complete`, Conflict (`completes`) for a task of one's own, InvalidInput (`words`).
    """
    task, instance = acts.take(session, task_id, actor)
    if task.parent_id is None:
        raise Conflict("The task is not signed for another: complete it.", code="completes")
    actor = acts.capacity(session, actor, "complete", task)
    if task.assignee != actor.holder:
        raise acts.claimed(task)
    acts.guard(session, actor, "complete", task)
    said, helped = keeping.words(opinion), session.get_one(Task, task.parent_id)
    with (
        acts.drafting(task_id, actor, {"opinion": said, "agrees": agrees}),
        persistence.advance(session, instance, actor=actor, act="failedCompletion", task_id=task_id) as (
            run,
            _,
        ),
    ):
        run.sign(task_id)
    for login in sorted(actor.parties):
        parts.hold(session, task, login, finished=True)
    keeping.keep(session, helped, actor, "sign", who=helped.assignee, agrees=agrees, text=said)
    acts.note(session, actor, "task.sign", task, {"of": helped.id})
    return instance


def _guard_removal(session: Session, actor: Actor, task: Task, signer: engine.Signer, login: str) -> None:
    if login == actor.id:
        raise Conflict("Nobody takes his own signature away.", code="own_signature")
    if signer.added_by == actor.id:
        return
    if task.assignee == actor.id and task.parent_id is None and not signer.helps:
        # Who only signs himself has no say in who signs beside him.
        raise NotAllowed("Who has not added a signer does not remove him.", code="not_allowed", rule="adding")
    acts.guard(session, actor, "assign", session.get_one(Task, task.parent_id) if task.parent_id else task)
