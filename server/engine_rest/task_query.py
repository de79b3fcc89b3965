"""What a list of tasks may be asked."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from sqlalchemy import ColumnElement, func, or_, select, true
from sqlalchemy.orm import Session

from handlers import office
from server.engine_rest.errors import BadUserRequest
from server.engine_rest.filters import (
    Condition,
    Filter,
    after,
    among,
    at,
    before,
    equals,
    everything,
    flag,
    instant,
    like,
    not_among,
    number,
    text,
    texts,
)
from server.engine_rest.kinds import Flag
from server.engine_rest.queries import Query, Shortcut
from workflows import tasks
from workflows.actor import Actor
from workflows.model import Instance, ProcessDefinition, Task, TaskCandidate

CANDIDATE_FILTERS = {"candidateUser", "candidateGroup", "candidateGroups"}


def _of_instance(condition: ColumnElement[bool]) -> ColumnElement[bool]:
    return Task.instance_id.in_(select(Instance.id).where(condition))


def _of_definition(condition: ColumnElement[bool]) -> ColumnElement[bool]:
    return Task.definition_id.in_(select(ProcessDefinition.id).where(condition))


def _offered(kind: str, *names: str) -> ColumnElement[bool]:
    offers = select(TaskCandidate.task_id).where(TaskCandidate.kind == kind)
    return Task.id.in_(offers.where(TaskCandidate.name.in_(names)) if names else offers)


def _candidate_user(login: str, session: Session, actor: Actor) -> ColumnElement[bool]:
    """Return the condition that a task is offered to the user or to a group that the user is in today."""
    return or_(_offered("user", login), _offered("group", *_groups(login, session, actor)))


def _groups(login: str, session: Session, actor: Actor) -> frozenset[str]:
    return actor.groups if login == actor.id else office.actor_for(session, login).groups


def _involved(login: str) -> ColumnElement[bool]:
    return or_(Task.assignee == login, Task.owner == login, _offered("user", login))


FILTERS: dict[str, Filter] = {
    "taskId": equals(Task.id),
    "taskIdIn": among(Task.id),
    "processInstanceId": equals(Task.instance_id),
    "processInstanceIdIn": among(Task.instance_id),
    "processInstanceBusinessKey": equals(Instance.business_key, within=_of_instance),
    "processInstanceBusinessKeyIn": among(Instance.business_key, within=_of_instance),
    "processInstanceBusinessKeyLike": like(Instance.business_key, within=_of_instance),
    "processDefinitionId": equals(Task.definition_id),
    "processDefinitionKey": equals(Instance.definition_key, within=_of_instance),
    "processDefinitionKeyIn": among(Instance.definition_key, within=_of_instance),
    "processDefinitionName": equals(ProcessDefinition.name, within=_of_definition),
    "processDefinitionNameLike": like(ProcessDefinition.name, within=_of_definition),
    "executionId": equals(Task.instance_id),
    "activityInstanceIdIn": among(Task.element_id + ":" + Task.id),
    "withoutTenantId": everything(),
    "assignee": equals(Task.assignee),
    "assigneeLike": like(Task.assignee),
    "assigneeIn": among(Task.assignee),
    "assigneeNotIn": not_among(Task.assignee),
    "owner": equals(Task.owner),
    "delegationState": text(lambda value: Task.delegation == value.lower()),
    "candidateUser": text(_candidate_user, asks_actor=True),
    "candidateGroup": text(lambda value: _offered("group", value)),
    "candidateGroups": texts(lambda values: _offered("group", *values)),
    "includeAssignedTasks": Filter(Flag(), lambda value: true()),
    "withCandidateGroups": flag(lambda: _offered("group")),
    "withoutCandidateGroups": flag(lambda: ~_offered("group")),
    "withCandidateUsers": flag(lambda: _offered("user")),
    "withoutCandidateUsers": flag(lambda: ~_offered("user")),
    "involvedUser": text(_involved),
    "assigned": flag(lambda: Task.assignee.is_not(None)),
    "unassigned": flag(lambda: Task.assignee.is_(None)),
    "taskDefinitionKey": equals(Task.element_id),
    "taskDefinitionKeyIn": among(Task.element_id),
    "taskDefinitionKeyNotIn": not_among(Task.element_id),
    "taskDefinitionKeyLike": like(Task.element_id),
    # In that API, too, the case of a task's name does not count.
    "name": text(lambda value: func.lower(Task.name) == func.lower(value)),
    "nameNotEqual": text(lambda value: func.lower(Task.name) != func.lower(value)),
    "nameLike": like(Task.name),
    "nameNotLike": like(Task.name, within=lambda condition: ~condition),
    "priority": number(lambda value: Task.priority == value),
    "maxPriority": number(lambda value: Task.priority <= value),
    "minPriority": number(lambda value: Task.priority >= value),
    "dueDate": at(Task.due_at),
    "dueAfter": after(Task.due_at),
    "dueBefore": before(Task.due_at),
    "withoutDueDate": flag(lambda: Task.due_at.is_(None)),
    "followUpDate": at(Task.follow_up_at),
    "followUpAfter": after(Task.follow_up_at),
    "followUpBefore": before(Task.follow_up_at),
    "followUpBeforeOrNotExistent": instant(
        lambda value: or_(Task.follow_up_at.is_(None), Task.follow_up_at < value)
    ),
    "createdOn": at(Task.created_at),
    "createdAfter": after(Task.created_at),
    "createdBefore": before(Task.created_at),
    "active": flag(lambda: ~Task.suspended),
    "suspended": flag(lambda: Task.suspended.is_(True)),
}

SORTS = {
    "instanceId": Task.instance_id,
    "executionId": Task.instance_id,
    "dueDate": Task.sorts_at,  # what has no due date stands at the end of time
    "followUpDate": Task.follow_up_at,
    "assignee": Task.assignee,
    "created": Task.created_at,
    "lastUpdated": Task.claimed_at,
    "id": Task.id,
    "name": Task.name,
    "nameCaseInsensitive": func.lower(Task.name),
    "priority": Task.priority,
}


def _candidates_together(asked: Mapping[str, Any]) -> list[ColumnElement[bool]]:
    """Return what a query for candidates means besides: only what nobody has taken, unless told otherwise."""
    used = CANDIDATE_FILTERS & set(asked)
    if "candidateUser" in used and len(used) > 1:
        raise BadUserRequest("Invalid query usage: cannot set both candidateUser and candidateGroup(s).")
    if asked.get("includeAssignedTasks") and not used:
        raise BadUserRequest(
            "Invalid query usage: includeAssignedTasks needs candidateUser or candidateGroup(s)."
        )
    return [Task.assignee.is_(None)] if used and not asked.get("includeAssignedTasks") else []


def _candidates(name: str, value: Any, session: Session, actor: Actor) -> Iterator[tuple[str, str]]:
    """Yield kind and name of all that a filter on candidates asks for."""
    groups = [value] if name == "candidateGroup" else value
    if name == "candidateUser":
        yield "user", value
        groups = _groups(value, session, actor)
    for group in set(groups):
        yield "group", group


def _soonest(
    asked: Mapping[str, Any], session: Session, actor: Actor
) -> Callable[[Sequence[Condition], int], Condition] | None:
    """Return how the soonest due of what is offered and not taken are found; None where something else is asked."""
    sorting = asked.get("sortBy"), asked.get("sortOrder"), asked.get("sorting")
    if asked.get("includeAssignedTasks") or sorting != ("dueDate", "asc", None):
        return None
    offered = [
        one
        for name in CANDIDATE_FILTERS & asked.keys()
        for one in _candidates(name, asked[name], session, actor)
    ]
    if not offered or len(CANDIDATE_FILTERS & asked.keys()) > 1:
        return None
    return lambda others, first: tasks.among_offered(offered, others, first=first)


QUERY = Query(FILTERS, SORTS, Task.id, _candidates_together, Shortcut(frozenset(CANDIDATE_FILTERS), _soonest))
