"""The wall as decisions on single acts, each with its reason. `conditions` says the same in SQL."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from handlers.office import Unit, actor_for
from handlers.recusals import ASKED, RECUSED, state_of
from handlers.registers import Clue, ClueHandler
from handlers.wall import proxies
from handlers.wall.conditions import assignments
from handlers.wall.rules import (
    EVERYTHING,
    FOR_AGENCIES,
    MATTER_ACTS,
    PERIOD,
    PREFIX,
    SHOWN_BY_TASK,
    STAFF,
    units_of,
)
from workflows import definitions
from workflows.actor import Actor, StandIn
from workflows.model import Deployment, Instance, ProcessDefinition, Task, TaskCandidate
from workflows.visibility import Decision

_UNSEEN = Decision(False, "This user may not know of it.")
#: What somebody whose recusal is being decided does no more.
FROZEN = frozenset({"claim", "complete", "assign", "hold", "stand_in"})


def view(session: Session, actor: Actor, clue: Clue) -> str | None:
    """Return the best view of the clue that the actor has, or None where it does not exist for him."""
    if state_of(session, actor.id, clue.scope_id) == RECUSED:
        return None
    if content_reason(session, actor, clue):
        return "content"
    if "intake_clerk" in actor.groups and (
        clue.submitted_by == actor.id or _has_open_task(session, actor, clue)
    ):
        return "metadata"
    if clue.agency_code in units_of(actor, "agency_clerk"):
        return "status"
    return None


def may_task(session: Session, actor: Actor, act: str, task: Task) -> Decision:
    recusal = state_of(session, actor.id, task.scope_id)
    if recusal == RECUSED:
        return _UNSEEN
    if recusal == ASKED and act in FROZEN:
        return Decision(
            False, f"{actor.id} may be recused: until that is decided he does not act in the matter."
        )
    if actor.acting_for is not None:
        return _may_for(session, actor, actor.acting_for, act, task)
    if act == "hold":
        return _may_hold(session, actor.id, task)
    if act == "stand_in":
        return _may_stand_in(session, actor.id, task)
    seen = _sees_task(session, actor, task)
    if act == "see" or not seen.allowed:
        return seen
    mine = task.assignee == actor.id
    if act == "claim":
        return _decide(mine or _may_take(session, actor, task), "Only a candidate of the task may claim it.")
    if act == "complete":
        unclaimed = task.assignee is None and _may_take(session, actor, task)
        return _decide(mine or unclaimed, "Only who has claimed the task may complete it.")
    if act in ("release", "assign"):
        if act == "release" and task.scope_id is not None and not _is_offered(session, task):
            return Decision(False, "The task is nobody else's to take: it is done, not given back.")
        allowed = mine or _heads(session, actor, task) or _runs(session, actor, task)
        # A return that somebody has claimed and left lying is given back by who may make it himself.
        allowed = allowed or _for_agency(session, actor, task)
        return _decide(allowed, "Only who has claimed the task, or the head of the office, may pass it on.")
    return Decision(False, f"Nobody may {act} a task.")


def may_instance(session: Session, actor: Actor, act: str, instance: Instance) -> Decision:
    if act == "start":
        return _may_start(session, actor, instance)
    if state_of(session, actor.id, instance.scope_id) == RECUSED:
        return _UNSEEN
    seen = _sees_instance(session, actor, instance)
    if act == "see" or not seen.allowed:
        return seen
    if act == "variables":
        return seen
    if instance.scope_id is None:
        own = actor.id in (instance.started_by, _deployed_by(session, instance.definition_id))
        return _decide(own, f"Only who started or deployed the process may {act} it.")
    allowed = MATTER_ACTS.get(act, frozenset())
    words = ", ".join(sorted(allowed)) or "nobody: the forms alone write what was decided"
    return _decide(bool(actor.groups & allowed), f"Who may {act} a matter: {words}.")


def _may_start(session: Session, actor: Actor, instance: Instance) -> Decision:
    starters = definitions.compiled(session, instance.definition_id).starter_groups
    if starters:
        allowed = not actor.groups.isdisjoint(starters)
        return _decide(allowed, f"The diagram lets only these groups start it: {', '.join(starters)}.")
    own = "supervisor" in actor.groups or _deployed_by(session, instance.definition_id) == actor.id
    return _decide(own, "Only a supervisor, or who deployed the process, may start it.")


def _sees_task(session: Session, actor: Actor, task: Task) -> Decision:
    if actor.id == task.closed_by:
        return Decision(True, "The task was this user's.")
    if _works_on(session, actor, task.scope_id):
        if actor.id == task.assignee:
            return Decision(True, "The task is this user's.")
        if task.closed_at is None and _is_candidate(session, actor, task):
            return Decision(True, "This user is a candidate of the task.")
        if any(_is_passed(session, actor, one, task) for one in actor.stands_in):
            return Decision(True, "The task is his for whom this user stands in.")
    if task.scope_id is not None:
        return _sees_matter(session, actor, task.scope_id)
    return _decide(_runs(session, actor, task), _UNSEEN.reason)


def _works_on(session: Session, actor: Actor, scope_id: str | None) -> bool:
    """Whether a task is of no matter, or of one in which the actor may have one, whatever a diagram says."""
    if scope_id is None or actor.groups & STAFF:
        return True
    if scope_id.startswith(PERIOD):
        # Its own return: what it is offered in a period is offered to its clerks alone.
        return bool(units_of(actor, "agency_clerk"))
    clue = session.get(Clue, scope_id.removeprefix(PREFIX)) if scope_id.startswith(PREFIX) else None
    return clue is not None and clue.agency_code in units_of(actor, "agency_clerk")


def _may_for(session: Session, actor: Actor, one: StandIn, act: str, task: Task) -> Decision:
    """Decide an act in the place of somebody who is away: of his, what he passes on, and nothing that bars either."""
    if act not in proxies.ACTS or not _is_passed(session, actor, one, task):
        return Decision(False, f"{actor.id} may not {act} it in the place of {one.id}.")
    asked = [login for login in (one.id, *one.via) if state_of(session, login, task.scope_id) == ASKED]
    if asked and act in FROZEN:
        return Decision(False, f"{asked[0]} may be recused: until that is decided nobody acts in his place.")
    if act == "release" and task.scope_id is not None and not _is_offered(session, task):
        return Decision(False, "The task is nobody else's to take: it is done, not given back.")
    return Decision(True, f"{actor.id} stands in for {one.id}.")


def _is_passed(session: Session, actor: Actor, one: StandIn, task: Task) -> bool:
    """Whether the task is his who is away, passed on, and both may work in the matter."""
    return (
        proxies.has_share(session, one, task)
        and proxies.is_open_to(session, actor, one, task.scope_id)
        and _works_on(session, actor, task.scope_id)
        and _works_on(session, Actor(one.id, one.groups), task.scope_id)
    )


def _may_hold(session: Session, login: str, task: Task) -> Decision:
    """Decide whether somebody may be given a task: one of a matter goes to its candidates only."""
    if task.scope_id is None:
        return Decision(True, "The task is of no matter.")
    somebody = actor_for(session, login)
    allowed = _works_on(session, somebody, task.scope_id) and _may_take(session, somebody, task)
    return _decide(allowed, f"{login} is no candidate of the task.")


def _may_stand_in(session: Session, login: str, task: Task) -> Decision:
    """Decide whether somebody may be told of a task in the place of one who is away."""
    somebody = actor_for(session, login)
    if somebody.groups <= {login}:
        return Decision(False, f"{login} holds no role today.")
    if not _works_on(session, somebody, task.scope_id):
        return Decision(False, f"{login} works no such matters.")
    if proxies.is_about(session, login, task.scope_id):
        return Decision(False, f"{login} bears the name of somebody whom the matter is about.")
    return Decision(True, "")


def _sees_instance(session: Session, actor: Actor, instance: Instance) -> Decision:
    if instance.scope_id is not None:
        return _sees_matter(session, actor, instance.scope_id)
    if actor.id in (instance.started_by, _deployed_by(session, instance.definition_id)):
        return Decision(True, "This user started or deployed the process.")
    tasks = session.scalars(select(Task).where(Task.instance_id == instance.id))
    mine = any(
        actor.id in (task.assignee, task.closed_by)
        or (task.closed_at is None and _is_candidate(session, actor, task))
        or any(_is_passed(session, actor, one, task) for one in actor.stands_in)
        for task in tasks
    )
    return Decision(True, "This user has a task in it.") if mine else _UNSEEN


def _sees_matter(session: Session, actor: Actor, scope_id: str) -> Decision:
    if scope_id.startswith(PERIOD):
        return _decide(bool(actor.groups & EVERYTHING), _UNSEEN.reason)
    clue = session.get(Clue, scope_id.removeprefix(PREFIX)) if scope_id.startswith(PREFIX) else None
    reason = content_reason(session, actor, clue) if clue and actor.groups & STAFF else ""
    return Decision(True, reason) if reason else _UNSEEN


def content_reason(session: Session, actor: Actor, clue: Clue) -> str:
    """Return why the actor sees everything of the clue, or nothing."""
    groups = actor.groups
    if groups & EVERYTHING:
        return f"The role {min(groups & EVERYTHING)} sees every clue."
    if clue.office_code is not None and f"office_head@{clue.office_code}" in groups:
        return "The clue is with this user's office."
    if "leader" in groups and _leads(session, actor, clue):
        return "The clue is in this leader's line."
    if "handler" in groups and session.scalar(
        assignments(actor).where(ClueHandler.clue_id == clue.id).limit(1)
    ):
        return "This user is an assigned handler of the clue."
    if "intake_clerk" in groups and clue.submitted_by == actor.id and clue.office_code is None:
        return "This user took the clue in, and it is not distributed yet."
    if groups & SHOWN_BY_TASK and _has_open_task(session, actor, clue):
        return "This user has an open task in the matter."
    return ""


def _leads(session: Session, actor: Actor, clue: Clue) -> bool:
    codes = units_of(actor, "leader")
    if not codes:
        return True
    if clue.office_code is None:
        units = session.scalars(select(Unit).where(Unit.code.in_(codes)))
        return any(unit.kind == "commission" for unit in units)
    office = session.scalar(select(Unit).where(Unit.code == clue.office_code))
    return office is not None and not set(codes).isdisjoint(office.path.split("/"))


def _has_open_task(session: Session, actor: Actor, clue: Clue) -> bool:
    tasks = session.scalars(select(Task).where(Task.scope_id == clue.scope_id, Task.closed_at.is_(None)))
    return any(
        task.assignee == actor.id
        or _is_candidate(session, actor, task)
        or any(_is_passed(session, actor, one, task) for one in actor.stands_in)
        for task in tasks
    )


def _may_take(session: Session, actor: Actor, task: Task) -> bool:
    """Whether the task is the actor's to take: he is a candidate, or makes a return for an agency."""
    return _is_candidate(session, actor, task) or _for_agency(session, actor, task)


def _for_agency(session: Session, actor: Actor, task: Task) -> bool:
    """Whether the task is an agency's return, and the actor one who may make it on its behalf."""
    if not (task.scope_id or "").startswith(PERIOD) or not actor.groups & FOR_AGENCIES:
        return False
    named = session.scalars(select(TaskCandidate.name).where(TaskCandidate.task_id == task.id))
    return any(name.startswith("agency_clerk@") for name in named)


def _is_candidate(session: Session, actor: Actor, task: Task) -> bool:
    return any(
        row.name in actor.groups if row.kind == "group" else row.name == actor.id for row in task.candidates
    )


def _is_offered(session: Session, task: Task) -> bool:
    named = select(TaskCandidate.task_id).where(TaskCandidate.task_id == task.id)
    return session.scalar(named.limit(1)) is not None


def _heads(session: Session, actor: Actor, task: Task) -> bool:
    """Whether the actor heads a unit that the task's candidates come from."""
    groups = session.scalars(
        select(TaskCandidate.name).where(TaskCandidate.task_id == task.id, TaskCandidate.kind == "group")
    )
    for group in groups:
        role, _, unit = group.partition("@")
        if f"office_head@{unit}" in actor.groups:
            return True
        if role == "case_supervision" and "case_supervision_head" in actor.groups:
            return True
    return _heads_handlers(session, actor, task)


def _heads_handlers(session: Session, actor: Actor, task: Task) -> bool:
    """Whether the task is offered to handlers of the clue by name, and the actor heads their office."""
    scope = task.scope_id or ""
    clue = session.get(Clue, scope.removeprefix(PREFIX)) if scope.startswith(PREFIX) else None
    if clue is None or f"office_head@{clue.office_code}" not in actor.groups:
        return False
    named = select(TaskCandidate.name).where(TaskCandidate.task_id == task.id, TaskCandidate.kind == "user")
    theirs = select(ClueHandler.id).where(ClueHandler.clue_id == clue.id, ClueHandler.login.in_(named))
    return session.scalar(theirs.limit(1)) is not None


def _runs(session: Session, actor: Actor, task: Task) -> bool:
    """Whether the actor started or deployed the process of a task that belongs to no matter."""
    instance = session.get(Instance, task.instance_id)
    if task.scope_id is not None or instance is None:
        return False
    return actor.id in (instance.started_by, _deployed_by(session, instance.definition_id))


def _deployed_by(session: Session, definition_id: str) -> str | None:
    return session.scalar(
        select(Deployment.deployed_by)
        .join(ProcessDefinition, ProcessDefinition.deployment_id == Deployment.id)
        .where(ProcessDefinition.id == definition_id)
    )


def _decide(allowed: bool, otherwise: str) -> Decision:
    return Decision(True, "") if allowed else Decision(False, otherwise)
