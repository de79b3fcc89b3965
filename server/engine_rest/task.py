"""`/task`: the open tasks one may see, and what one does with them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import Response, jsonify
from marshmallow import RAISE, Schema
from sqlalchemy import ColumnElement, Select, func, or_, select, true
from sqlalchemy.orm import Session

from handlers import office
from server.db import reading, unit_of_work
from server.engine_rest import dates
from server.engine_rest.area import blueprint
from server.engine_rest.bodies import loaded, no_content
from server.engine_rest.errors import BadUserRequest
from server.engine_rest.forms import form_reference, form_source
from server.engine_rest.process_instance import variables_if_seen
from server.engine_rest.queries import (
    Filter,
    Flag,
    Query,
    after,
    among,
    arguments,
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
from server.engine_rest.text import Name
from server.engine_rest.variables import plain, typed, typed_map, variable_map
from server.guard import guard
from workflows import deployed, engine, instances, tasks, visibility
from workflows.actor import Actor
from workflows.errors import NotAllowed, NotFound
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
    groups = actor.groups if login == actor.id else office.actor_for(session, login).groups
    return or_(_offered("user", login), _offered("group", *groups))


def _involved(login: str) -> ColumnElement[bool]:
    return or_(Task.assignee == login, _offered("user", login))


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


QUERY = Query(FILTERS, SORTS, Task.id, _candidates_together)


class UserSchema(Schema):
    """Whom a command is about."""

    class Meta:
        unknown = RAISE

    userId = Name(required=True, allow_none=True)


class CompleteSchema(Schema):
    """How a task is completed."""

    class Meta:
        unknown = RAISE

    variables = variable_map()
    withVariablesInReturn = Flag(load_default=False)


@blueprint.route("/task", methods=["GET", "POST"])
@guard()
def list_tasks(actor: Actor) -> Response:
    """Return the open tasks that match."""
    with reading() as session:
        return jsonify([_shown(session, row.Task) for row in QUERY.rows(session, _visible(actor), actor)])


@blueprint.route("/task/count", methods=["GET", "POST"])
@guard()
def count_tasks(actor: Actor) -> Response:
    """Return how many open tasks match."""
    with reading() as session:
        return jsonify(QUERY.count(session, _visible(actor), actor))


@blueprint.get("/task/<task_id>")
@guard()
def get_task(task_id: str, actor: Actor) -> Response:
    """Return one open task."""
    arguments(withCommentAttachmentInfo=Flag())
    with reading() as session:
        return jsonify(_shown(session, _open(session, task_id, actor)))


@blueprint.post("/task/<task_id>/claim")
@guard()
def claim_task(task_id: str, actor: Actor) -> Response:
    """Take the task for oneself; `userId: null` gives it back, as in Camunda."""
    user = loaded(UserSchema())["userId"]
    if user not in {None, actor.id}:
        raise NotAllowed(f"{actor.id} claims for {actor.id} only: POST /task/{task_id}/assignee for others.")
    with unit_of_work() as session:
        if user is None:
            tasks.release(session, task_id, actor=actor)
        else:
            tasks.claim(session, task_id, actor=actor)
    return no_content()


@blueprint.post("/task/<task_id>/unclaim")
@guard()
def unclaim_task(task_id: str, actor: Actor) -> Response:
    """Give the task back to its candidates."""
    with unit_of_work() as session:
        tasks.release(session, task_id, actor=actor)
    return no_content()


@blueprint.post("/task/<task_id>/assignee")
@guard()
def assign_task(task_id: str, actor: Actor) -> Response:
    """Give the task to a user, whoever has it; `userId: null` takes it from whoever has it."""
    user = loaded(UserSchema())["userId"]
    with unit_of_work() as session:
        tasks.assign(session, task_id, user, actor=actor)
    return no_content()


@blueprint.post("/task/<task_id>/complete")
@blueprint.post("/task/<task_id>/submit-form")
@guard()
def complete_task(task_id: str, actor: Actor) -> Response:
    """Complete the task with these variables, checked by its form if it has one."""
    body = loaded(CompleteSchema())
    values = plain(body["variables"])
    with unit_of_work() as session:
        done = tasks.complete(session, task_id, actor=actor, variables=values)
        if not body["withVariablesInReturn"]:
            return no_content()
        return jsonify(typed_map(variables_if_seen(session, done.instance.id, actor)))


@blueprint.get("/task/<task_id>/variables")
@guard()
def task_variables(task_id: str, actor: Actor) -> Response:
    """Return the variables that the task sees: those of its instance."""
    asked = arguments(deserializeValues=Flag(load_default=True))
    with reading() as session:
        values = instances.variables(session, _open(session, task_id, actor).instance_id, actor)
        return jsonify(typed_map(values, deserialize=asked["deserializeValues"]))


@blueprint.get("/task/<task_id>/variables/<name>")
@guard()
def task_variable(task_id: str, name: str, actor: Actor) -> Response:
    """Return one variable that the task sees."""
    asked = arguments(deserializeValue=Flag(load_default=True))
    with reading() as session:
        values = instances.variables(session, _open(session, task_id, actor).instance_id, actor)
    if name not in values:
        raise NotFound(f"task variable with name {name} does not exist")
    return jsonify(typed(values[name], deserialize=asked["deserializeValue"]))


@blueprint.get("/task/<task_id>/form-variables")
@guard()
def task_form_variables(task_id: str, actor: Actor) -> Response:
    """Return what the task's form starts with, else the variables of its instance."""
    asked = arguments(variableNames=Name(load_default=None), deserializeValues=Flag(load_default=True))
    with reading() as session:
        task = _open(session, task_id, actor)
        form, values = tasks.form(session, task_id, actor=actor)
        if form is None:
            values = instances.variables(session, task.instance_id, actor)
    if asked["variableNames"] is not None:
        wanted = set(asked["variableNames"].split(","))
        values = {name: value for name, value in values.items() if name in wanted}
    return jsonify(typed_map(values, deserialize=asked["deserializeValues"]))


@blueprint.get("/task/<task_id>/form")
@guard()
def task_form(task_id: str, actor: Actor) -> Response:
    """Return which form the task has."""
    with reading() as session:
        task = _open(session, task_id, actor)
        return jsonify({**form_reference(_node(session, task)), "contextPath": None})


@blueprint.get("/task/<task_id>/deployed-form")
@guard()
def task_deployed_form(task_id: str, actor: Actor) -> Response:
    """Return the form itself, as it was deployed."""
    with reading() as session:
        task = _open(session, task_id, actor)
        owner = deployed.process(session, task.definition_id)
        return Response(form_source(session, owner, _node(session, task)), mimetype="application/json")


@blueprint.get("/task/<task_id>/identity-links")
@guard()
def task_identity_links(task_id: str, actor: Actor) -> Response:
    """Return who has the task, and to whom it is offered."""
    kind = arguments(type=Name(load_default=None))["type"]
    with reading() as session:
        task = _open(session, task_id, actor)
        offered = select(TaskCandidate).where(TaskCandidate.task_id == task.id)
        candidates = session.scalars(offered.order_by(TaskCandidate.kind, TaskCandidate.name)).all()
    links = [_link("candidate", **{candidate.kind: candidate.name}) for candidate in candidates]
    if task.assignee:
        links.insert(0, _link("assignee", user=task.assignee))
    return jsonify([link for link in links if kind in {None, link["type"]}])


def _link(kind: str, *, user: str | None = None, group: str | None = None) -> dict[str, Any]:
    return {"userId": user, "groupId": group, "type": kind}


def _visible(actor: Actor) -> Select[Task]:
    return select(Task).where(Task.closed_at.is_(None), visibility.policy().tasks(actor))


def _open(session: Session, task_id: str, actor: Actor) -> Task:
    found = session.scalar(_visible(actor).where(Task.id == task_id))
    if found is None:
        raise NotFound(f"No matching task with id {task_id}")
    return found


def _node(session: Session, task: Task) -> engine.Node:
    return deployed.compiled(session, task.definition_id).nodes[task.element_id]


def _shown(session: Session, task: Task) -> dict[str, Any]:
    """Return the task as the API shows it; what has no counterpart here is null."""
    form = form_reference(_node(session, task))
    return {
        "id": task.id,
        "name": task.name,
        "assignee": task.assignee,
        "created": dates.written(task.created_at),
        "due": dates.written(task.due_at),
        "followUp": dates.written(task.follow_up_at),
        "lastUpdated": dates.written(task.claimed_at),
        "delegationState": None,
        "description": None,
        "executionId": task.instance_id,
        "owner": None,
        "parentTaskId": None,
        "priority": task.priority,
        "processDefinitionId": task.definition_id,
        "processInstanceId": task.instance_id,
        "taskDefinitionKey": task.element_id,
        "caseExecutionId": None,
        "caseInstanceId": None,
        "caseDefinitionId": None,
        "suspended": task.suspended,
        "formKey": form["key"],
        "camundaFormRef": form["camundaFormRef"],
        "tenantId": None,
        "taskState": "Updated" if task.claimed_at else "Created",
    }
