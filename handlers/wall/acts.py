"""The one decision point: what somebody may do with a task or an instance, each refusal with its rule."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from handlers import codes, duties
from handlers.keeping import archived, sealed
from handlers.office import actor_for
from handlers.recusals import ASKED, state_of
from handlers.registers import Clue, ClueHandler
from handlers.wall import proxies, sight, working
from handlers.wall.offered import is_candidate
from handlers.wall.rules import PERIOD
from handlers.wall.ruling import RULES, UNSEEN, allowed, decide, refused
from handlers.wall.tasks import deployed_by, runs, sees_instance, sees_task
from workflows import definitions
from workflows.actor import Actor, StandIn
from workflows.model import Instance, Task, TaskCandidate
from workflows.visibility import Decision

#: What somebody whose recusal is being decided does no more.
FROZEN = frozenset({"claim", "complete", "assign", "hold", "stand_in", "sign"})
#: What a duty that somebody had before may keep him from.
KEPT_APART = frozenset({"claim", "complete", "hold", "sign"})
#: The right over the course of a matter that an act on its instance needs; what is not here, nobody may.
COURSE = {
    **dict.fromkeys(("cancel", "suspend", "migrate", "jump", "reopen"), "steer"),
    **dict.fromkeys(("retry", "message"), "mend"),
    "confirm": "confirm",
}


def may(session: Session, actor: Actor, act: str, subject: Instance | Task | Clue) -> Decision:
    """Decide one act on a task (see claim release complete assign), an instance (see start cancel …) or a matter.

    Of a matter: `see` its content, or `know` of it at all.
    """
    if isinstance(subject, Clue):
        return _may_matter(session, actor, act, subject)
    if isinstance(subject, Task):
        return _may_task(session, actor, act, subject)
    return _may_instance(session, actor, act, subject)


def _may_matter(session: Session, actor: Actor, act: str, clue: Clue) -> Decision:
    if act not in ("see", "know"):
        return refused("unknown", f"Nobody may {act} a matter.")
    found = sight.view(session, actor, clue)
    if found == "content" or (found and act == "know"):
        return allowed(f"The visibility matrix shows its {found}.")
    return UNSEEN


def _may_task(session: Session, actor: Actor, act: str, task: Task) -> Decision:
    recusal = state_of(session, actor.id, task.scope_id)
    if sight.hides(session, actor, task.scope_id, recusal):
        return UNSEEN
    if task.closed_at and sealed(session, actor.id, task.scope_id):
        return UNSEEN
    if recusal == ASKED and act in FROZEN:
        return refused("recusal_asked")
    if act == "sit":
        return _may_sit(session, actor.id, task, recusal)
    if actor.acting_for is not None:
        return _unless_barred(
            session, actor, act, task, _may_for(session, actor, actor.acting_for, act, task)
        )
    if act == "hold":
        return _unless_barred(session, actor, act, task, _may_hold(session, actor.id, task))
    if act == "stand_in":
        return _may_be_told(session, actor.id, task, "standing_in")
    if act == "sign":
        return _unless_barred(session, actor, act, task, _may_be_told(session, actor.id, task, "signing"))
    seen = sees_task(session, actor, task)
    if act == "see" or not seen.allowed:
        return seen
    return _unless_barred(session, actor, act, task, _acts_on_task(session, actor, act, task))


def _unless_barred(session: Session, actor: Actor, act: str, task: Task, decision: Decision) -> Decision:
    """Return the decision, or the refusal for what either party did before in the matter (domain.md §4.2)."""
    if decision.allowed and act in KEPT_APART:
        for login in sorted(actor.parties):
            if rule := duties.bar(session, login, task):
                return refused(rule, f"{codes.word(RULES, rule, 'en')}: {login}.")
    return decision


def _may_sit(session: Session, login: str, task: Task, recusal: str | None) -> Decision:
    """Decide whether somebody may sit in the meeting that a task records."""
    if recusal is not None:
        return refused("recusal_asked")
    if actor_for(session, login).groups <= {login}:
        return refused("standing_in", f"{login} holds no role today.")
    return decide(not duties.separated(session, login, task), "separated")


def _acts_on_task(session: Session, actor: Actor, act: str, task: Task) -> Decision:
    mine = task.assignee == actor.id
    if act == "claim":
        return decide(
            mine or _may_take(session, actor, task), "candidate", "Only a candidate of the task may claim it."
        )
    if act == "complete":
        unclaimed = task.assignee is None and _may_take(session, actor, task)
        return decide(mine or unclaimed, "holder", "Only who has claimed the task may complete it.")
    if act in ("release", "assign"):
        if act == "release" and task.scope_id is not None and not _is_offered(session, task):
            return refused("sole")
        # A return that somebody has claimed and left lying is given back by who may make it himself.
        others = (_heads(session, actor, task), runs(session, actor, task), _for_agency(session, actor, task))
        return decide(mine or any(others), "passing")
    return refused("unknown", f"Nobody may {act} a task.")


def _may_instance(session: Session, actor: Actor, act: str, instance: Instance) -> Decision:
    if act == "start":
        return _may_start(session, actor, instance)
    if sight.out_of_sight(session, actor, instance.scope_id):
        return UNSEEN
    if instance.ended_at and sealed(session, actor.id, instance.scope_id):
        return UNSEEN
    if act == "confirm" and instance.scope_id is None:
        # What belongs to no matter is seen by who runs it alone: another supervisor judges what he asks for.
        return decide("supervisor" in actor.groups, "confirm")
    seen = sees_instance(session, actor, instance)
    if act in ("see", "variables") or not seen.allowed:
        return seen
    if instance.scope_id is None:
        own = actor.id in (instance.started_by, deployed_by(session, instance.definition_id))
        return decide(own, "owner", f"Only who started or deployed the process may {act} it.")
    if act == "reopen" and archived(session, instance.scope_id):
        return refused("archived")
    right = COURSE.get(act)
    if right is None:
        return refused("forms")
    return decide(working.may(actor, right), right)


def _may_start(session: Session, actor: Actor, instance: Instance) -> Decision:
    starters = definitions.compiled(session, instance.definition_id).starter_groups
    if starters:
        named = f"The diagram lets only these groups start it: {', '.join(starters)}."
        return decide(not actor.groups.isdisjoint(starters), "starters", named)
    own = "supervisor" in actor.groups or deployed_by(session, instance.definition_id) == actor.id
    return decide(own, "starting")


def _may_for(session: Session, actor: Actor, one: StandIn, act: str, task: Task) -> Decision:
    """Decide an act in the place of somebody who is away: of his, what he passes on, and nothing that bars either."""
    if act not in proxies.ACTS or not working.is_passed(session, actor, one, task):
        return refused("acting_for", f"{actor.id} may not {act} it in the place of {one.id}.")
    asked = [login for login in (one.id, *one.via) if state_of(session, login, task.scope_id) == ASKED]
    if asked and act in FROZEN:
        return refused(
            "recusal_asked", f"{asked[0]} may be recused: until that is decided nobody acts in his place."
        )
    if act == "release" and task.scope_id is not None and not _is_offered(session, task):
        return refused("sole")
    return allowed(f"{actor.id} stands in for {one.id}.")


def _may_hold(session: Session, login: str, task: Task) -> Decision:
    """Decide whether somebody may be given a task: one of a matter goes to its candidates only."""
    if task.scope_id is None:
        return allowed("The task is of no matter.")
    somebody = actor_for(session, login)
    works = working.may_work(session, somebody, task.scope_id, task.stage)
    taking = works and _may_take(session, somebody, task)
    return decide(taking, "holding", f"{login} is no candidate of the task.")


def _may_be_told(session: Session, login: str, task: Task, rule: str) -> Decision:
    """Decide whether somebody may be told of a task who is none of its candidates: for another, or to sign it too."""
    somebody = actor_for(session, login)
    if somebody.groups <= {login}:
        return refused(rule, f"{login} holds no role today.")
    if not working.may_work(session, somebody, task.scope_id, task.stage):
        return refused(rule, f"{login} works no such matters.")
    if proxies.is_about(session, login, task.scope_id):
        return refused(rule, f"{login} bears the name of somebody whom the matter is about.")
    return allowed()


def _may_take(session: Session, actor: Actor, task: Task) -> bool:
    """Whether the task is the actor's to take: he is a candidate, or makes a return for an agency."""
    return is_candidate(actor, task) or _for_agency(session, actor, task)


def _for_agency(session: Session, actor: Actor, task: Task) -> bool:
    """Whether the task is an agency's return, and the actor one who may make it on its behalf."""
    if not (task.scope_id or "").startswith(PERIOD) or not working.makes_for_agencies(actor):
        return False
    named = session.scalars(select(TaskCandidate.name).where(TaskCandidate.task_id == task.id))
    return any(name.startswith("agency_clerk@") for name in named)


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
    clue = sight.clue_of(session, task.scope_id or "")
    if clue is None or f"office_head@{clue.office_code}" not in actor.groups:
        return False
    named = select(TaskCandidate.name).where(TaskCandidate.task_id == task.id, TaskCandidate.kind == "user")
    theirs = select(ClueHandler.id).where(ClueHandler.clue_id == clue.id, ClueHandler.login.in_(named))
    return session.scalar(theirs.limit(1)) is not None
