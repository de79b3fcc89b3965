"""What people do with their tasks: find, claim, release, fill, complete."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from typing import Any

import orjson
from sqlalchemy import delete, insert, select, update
from sqlalchemy.orm import Session

from workflows import audit, clock, deployed, parts, persistence, recording
from workflows.actor import Actor
from workflows.errors import Conflict, EngineFault, InvalidInput, NotAllowed, NotFound
from workflows.forms import Form, Options
from workflows.model import Instance, Task, TaskCandidate, TaskDraft
from workflows.operations import Context
from workflows.visibility import policy

MAX_USER = 255
MAX_DRAFT = 200_000  #: bytes
PENDING = "pending"  #: of a task: another was asked for his opinion, and has not given it


def get(session: Session, task_id: str, actor: Actor) -> Task:
    """Return a task, open or closed, that the actor may see; else NotFound."""
    task = session.scalar(select(Task).where(Task.id == task_id, policy().tasks(actor)))
    if task is None:
        raise _unknown(task_id)
    return task


def claim(session: Session, task_id: str, *, actor: Actor) -> Task:
    """Make an open task the actor's own; claiming one's own again changes nothing.

    What is not his to claim, but his for whom he stands in today, becomes that one's: he does it in his place.
    Raises NotFound, Conflict (`claimed` with `by`, `closed`, `suspended`), NotAllowed.
    """
    task, instance = take(session, task_id, actor)
    actor = capacity(session, actor, "claim", task)
    if task.assignee == actor.holder:
        return task
    if task.assignee is not None:
        raise claimed(task)
    guard(session, actor, "claim", task)
    # The lock already decides the race; the condition holds even where there is no lock.
    taken = session.execute(
        update(Task)
        .where(Task.id == task_id, Task.assignee.is_(None), Task.closed_at.is_(None))
        .values(assignee=actor.holder, claimed_at=clock.now(), revision=Task.revision + 1)
    )
    if taken.rowcount != 1:  # type: ignore[attr-defined]
        session.refresh(task)
        raise claimed(task)
    _offer(session, task)
    for login in sorted(actor.parties):
        parts.hold(session, task, login)
    note(session, actor, "task.claim", task)
    tell(session, task, instance, actor)
    return task


def release(session: Session, task_id: str, *, actor: Actor) -> Task:
    """Give a claimed task back to its candidates; releasing an unclaimed one changes nothing."""
    task, _ = take(session, task_id, actor)
    if task.assignee is None:
        return task
    guard_own(task, actor)
    actor = capacity(session, actor, "release", task)
    guard(session, actor, "release", task)
    give(session, task, None)
    note(session, actor, "task.release", task)
    return task


def assign(session: Session, task_id: str, user: str | None, *, actor: Actor) -> Task:
    """Give a task to a user, or (None) back to its candidates."""
    task, instance = take(session, task_id, actor)
    guard(session, actor, "assign", task)
    guard_own(task, actor)
    given = None if user is None else user_named(user)
    if given is None:
        guard(session, actor, "release", task)
    else:
        guard(session, Actor(given), "hold", task)
    before = task.assignee
    give(session, task, given)
    note(session, actor, "task.assign", task, {"from": before, "to": task.assignee})
    if task.assignee not in (None, before):
        tell(session, task, instance, actor)
    return task


def pass_on(session: Session, task: Task, user: str | None) -> None:
    """Give an open task whose instance is locked to a user, or (None) back to its candidates, as a rule says.

    What a supervisor who reassigns may not do, a rule may not either: NotAllowed if the user may not hold the
    task, or if it is offered to nobody else.
    """
    if user is None and not task.candidates:
        raise NotAllowed("The task is offered to nobody else.", code="not_allowed", act="release")
    if user is not None:
        guard(session, Actor(user), "hold", task)
    before = task.assignee
    give(session, task, user)
    note(session, None, "task.assign", task, {"from": before, "to": user})
    if user not in (None, before):
        tell(session, task, session.get_one(Instance, task.instance_id), None)


def offer_to(session: Session, task: Task, name: str, *, kind: str = "group") -> None:
    """Offer an open task whose instance is locked to one more group, or `user`; to one who has it offered, no more."""
    if any((row.kind, row.name) == (kind, name) for row in task.candidates):
        return
    free = task.assignee is None
    session.add(TaskCandidate(task_id=task.id, kind=kind, name=name, claimable=free, sorts_at=task.sorts_at))
    session.flush()
    session.expire(task, ["candidates"])


def form(session: Session, task_id: str, *, actor: Actor) -> tuple[Form | None, dict[str, Any]]:
    """Return the form of a task and the answers to begin with: the actor's draft, else what is known."""
    task = get(session, task_id, actor)
    owner = deployed.process(session, task.definition_id)
    node = owner.node(task.element_id)
    found = deployed.form(session, owner, node)
    if found is None:
        return None, {}
    instance = session.get_one(Instance, task.instance_id)
    run, host = persistence.peek(session, instance, actor=actor)
    known = recording.prefill(
        node,
        found,
        run.seen_by(task_id),
        lambda: host.context(element_id=node.id, variables=run.seen_by(task_id), task_id=task_id),
    )
    drafted = draft(session, task_id, actor=actor)
    if drafted is None:
        return found, known
    # What a form only shows is in no draft, and is always as things stand.
    shown = {field.key: known[field.key] for field in found.fields if field.readonly and field.key in known}
    return found, {**drafted, **shown}


def options(session: Session, task_id: str, *, actor: Actor) -> Options:
    """Return the code tables of a task's form, with the choices that only its matter has."""
    task = get(session, task_id, actor)
    owner = deployed.process(session, task.definition_id)
    node = owner.node(task.element_id)
    found = deployed.form(session, owner, node)
    if found is None:
        return {}
    instance = session.get_one(Instance, task.instance_id)
    own = recording.choices(node, lambda: _seen(session, instance, task, actor))
    return recording.options(session, found, own)


def _seen(session: Session, instance: Instance, task: Task, actor: Actor) -> Context:
    """Return the context of a task with the variables that it sees: of several like it, which one it is."""
    run, _ = persistence.peek(session, instance, actor=actor)
    context = persistence.context_of(session, instance, task, actor=actor)
    return replace(context, variables=run.seen_by(task.id))


def draft(session: Session, task_id: str, *, actor: Actor) -> dict[str, Any] | None:
    """Return the actor's own half-filled answers, if there are any."""
    return session.scalar(
        select(TaskDraft.answers).where(TaskDraft.task_id == task_id, TaskDraft.user_id == actor.id)
    )


def save_draft(session: Session, task_id: str, *, actor: Actor, answers: Mapping[str, Any]) -> None:
    """Keep half-filled answers for the actor alone, unchecked; they replace the draft before."""
    _, _, actor = mine(session, task_id, actor)
    if len(orjson.dumps(dict(answers))) > MAX_DRAFT:
        raise InvalidInput(f"A draft has at most {MAX_DRAFT} bytes.", code="draft")
    session.execute(delete(TaskDraft).where(TaskDraft.task_id == task_id, TaskDraft.user_id == actor.id))
    row = {"task_id": task_id, "user_id": actor.id, "answers": dict(answers), "saved_at": clock.now()}
    session.execute(insert(TaskDraft), [row])


def complete(
    session: Session,
    task_id: str,
    *,
    actor: Actor,
    answers: Mapping[str, Any] | None = None,
    variables: Mapping[str, Any] | None = None,
) -> Instance:
    """Finish a task, and return its instance, moved to the next rest.

    A candidate may complete an unclaimed task and is then recorded as its assignee. What is not the actor's own is
    completed for him whose it is and for whom he stands in today; task, audit and record name both. Raises, in this
    order, NotFound, Conflict (`closed`, `suspended`, `claimed` with `by`), NotAllowed, InvalidInput naming every bad
    field.
    """
    task, instance, actor = mine(session, task_id, actor)
    guard_own(task, actor)
    guard_free(task)
    owner = deployed.process(session, task.definition_id)
    node = owner.node(task.element_id)
    task_form = deployed.form(session, owner, node)
    own = recording.choices(node, lambda: _seen(session, instance, task, actor))
    checked = recording.check(session, task_form, {**(variables or {}), **(answers or {})}, own)
    with (
        drafting(task_id, actor, {**(variables or {}), **(answers or {})}),
        persistence.advance(session, instance, actor=actor, act="failedCompletion", task_id=task_id) as (
            run,
            host,
        ),
    ):
        result = recording.record(
            node,
            task_form,
            checked,
            context=lambda: host.context(element_id=node.id, variables=run.seen_by(task_id), task_id=task_id),
            absorb=host.absorb,
        )
        run.complete(task_id, result)
    # Of a step done in another's place both had their part: what it excludes, it excludes for both.
    for login in sorted(actor.parties):
        parts.hold(session, task, login, finished=True)
    note(session, actor, "task.complete", task)
    return instance


def rehearse(session: Session, task_id: str, *, actor: Actor, answers: Mapping[str, Any]) -> None:
    """Record a half-filled form unchecked, and go no further: for a look at what registers would say, taken back after.

    For who may complete the task. The caller rolls back; what the recording operation raises goes through.
    """
    task, instance, actor = mine(session, task_id, actor)
    owner = deployed.process(session, task.definition_id)
    node = owner.node(task.element_id)
    run, host = persistence.peek(session, instance, actor=actor)
    recording.record(
        node,
        deployed.form(session, owner, node),
        answers,
        context=lambda: host.context(element_id=node.id, variables=run.seen_by(task_id), task_id=task_id),
        absorb=lambda returned: {},
    )
    session.flush()


@contextmanager
def drafting(task_id: str, actor: Actor, answers: Mapping[str, Any]) -> Iterator[None]:
    """Keep the answers as the actor's draft where the process fails inside: nothing typed is lost."""
    try:
        yield
    except EngineFault as fault:
        fault.afterwards.append(partial(save_draft, task_id=task_id, actor=actor, answers=answers))
        raise


# --- what every command begins with


def mine(session: Session, task_id: str, actor: Actor) -> tuple[Task, Instance, Actor]:
    """Return an open task that the actor may complete, its instance, both locked, and as whom he would do so."""
    task, instance = take(session, task_id, actor)
    actor = capacity(session, actor, "complete", task)
    if task.assignee not in (None, actor.holder):
        raise claimed(task)
    guard(session, actor, "complete", task)
    return task, instance, actor


def take(session: Session, task_id: str, actor: Actor) -> tuple[Task, Instance]:
    """Return an open task that the actor may see and its instance, both locked by the instance's row.

    NotFound, Conflict (`closed`, `suspended`).
    """
    try:
        instance, task = persistence.lock_of_task(session, task_id)
    except NotFound:
        raise _unknown(task_id) from None
    # One task is looked at by the policy itself: its condition is for lists, and costs more than all the rest.
    if not policy().may(session, actor, "see", task).allowed:
        _read_candidates(session, task)
        if not policy().may(session, actor, "see", task).allowed:
            raise _unknown(task_id)
    persistence.guard_open(task)
    persistence.guard_active(instance)
    return task, instance


def acting_for(session: Session, task: Task, actor: Actor) -> str | None:
    """Return in whose place the actor would complete the task now; None in his own right, or not at all."""
    return capacity(session, actor, "complete", task).on_behalf_of


def capacity(session: Session, actor: Actor, act: str, task: Task) -> Actor:
    """Return the actor as who he does this: himself where that is enough, else for whom he stands in."""
    for again in (False, True):
        if again:
            _read_candidates(session, task)
        for one in actor.capacities():
            if task.assignee in (None, one.holder) and policy().may(session, one, act, task).allowed:
                return one
    return actor


def guard_own(task: Task, actor: Actor) -> None:
    """Raise Conflict (`delegated`, `signs_only`) for who has a task for his opinion only: he gives nothing else."""
    if task.parent_id is not None:
        raise Conflict("The task is signed for another, and nothing else.", code="signs_only")
    his = {actor.id, *(one.id for one in actor.stands_in)}
    if task.delegation == PENDING and task.assignee in his:
        raise Conflict("The task is here for an opinion: it goes back to its owner.", code="delegated")


def user_named(user: str) -> str:
    """Return a user id without blanks around it; InvalidInput (`assignee`) if it cannot be one."""
    if not 0 < len(user.strip()) <= MAX_USER:
        raise InvalidInput("The assignee must be a user id of 1 to 255 characters.", code="assignee")
    return user.strip()


def guard_free(task: Task) -> None:
    """Raise Conflict (`parked`) while others sign before the task may be completed."""
    if task.parked:
        raise Conflict("Others sign before the task can be completed.", code="parked")


def _read_candidates(session: Session, task: Task) -> None:
    """Read the candidates anew before a refusal: who waited for the lock has those of before the wait."""
    session.expire(task, ["candidates"])


def guard(session: Session, actor: Actor, act: str, task: Task) -> None:
    """Raise NotAllowed with the policy's reason if the actor may not do this with the task."""
    decision = policy().may(session, actor, act, task)
    if not decision.allowed:
        raise decision.refusal(act)


def _unknown(task_id: str) -> NotFound:
    return NotFound(f"There is no task {task_id}.", code="task")


def claimed(task: Task) -> Conflict:
    """Return the refusal of what is another's."""
    return Conflict(f"The task is already claimed by {task.assignee}.", code="claimed", by=task.assignee)


def give(session: Session, task: Task, user: str | None) -> None:
    """Let a task be a user's, or (None) its candidates'; an opinion asked for before is asked for no more."""
    task.assignee = user
    task.owner = task.delegation = None
    task.claimed_at = clock.now() if user else None
    task.revision += 1
    _offer(session, task)
    if user is not None:
        parts.hold(session, task, user)


def tell(session: Session, task: Task, instance: Instance, actor: Actor | None) -> None:
    """Run the diagram's listeners for the assignment of a task, where it has any."""
    node = deployed.process(session, task.definition_id).node(task.element_id)
    if any(listener.get("event") == "assignment" for listener in node.attributes.get("listeners", ())):
        with persistence.advance(session, instance, actor=actor, task_id=task.id) as (run, _):
            run.assigned(task.id, task.assignee or "")


def _offer(session: Session, task: Task) -> None:
    """Let the candidates' index follow whether the task is anybody's."""
    candidates = update(TaskCandidate).where(TaskCandidate.task_id == task.id)
    session.execute(candidates.values(claimable=task.assignee is None))


def note(
    session: Session, actor: Actor | None, act: str, task: Task, detail: Mapping[str, Any] | None = None
) -> None:
    """Audit what somebody did with a task."""
    audit.record(
        session,
        actor=actor,
        act=act,
        instance_id=task.instance_id,
        task_id=task.id,
        scope_id=task.scope_id,
        detail=detail or {"element": task.element_id},
    )
