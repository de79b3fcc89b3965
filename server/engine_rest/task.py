"""`/task`: the open tasks one may see, and what one does with them."""

from __future__ import annotations

from typing import Any

from flask import Response, jsonify
from marshmallow import RAISE, Schema
from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from server.db import reading, unit_of_work
from server.engine_rest import dates
from server.engine_rest.area import blueprint
from server.engine_rest.bodies import loaded, no_content
from server.engine_rest.errors import BadUserRequest
from server.engine_rest.forms import form_reference, form_source
from server.engine_rest.kinds import Flag, Name
from server.engine_rest.process_instance import variables_if_seen
from server.engine_rest.queries import arguments
from server.engine_rest.task_query import QUERY
from server.engine_rest.variables import plain, typed, typed_map, variable_map
from server.guard import guard
from workflows import deployed, engine, instances, tasks, visibility
from workflows.actor import Actor
from workflows.errors import NotAllowed, NotFound
from workflows.model import Task, TaskCandidate


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


class ResolveSchema(Schema):
    """What is said of a task that one was asked about."""

    class Meta:
        unknown = RAISE

    variables = variable_map()


_COMPLETION = CompleteSchema()
_RESOLUTION = ResolveSchema()


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
    """Take the task, also one's own from whom one has asked about it; `userId: null` gives it back, as in Camunda."""
    user = loaded(UserSchema())["userId"]
    if user not in {None, actor.id}:
        raise NotAllowed(f"{actor.id} claims for {actor.id} only: POST /task/{task_id}/assignee for others.")
    with unit_of_work() as session:
        if user is None:
            tasks.release(session, task_id, actor=actor)
        elif tasks.is_asked_about(session, task_id, actor=actor):
            tasks.recall(session, task_id, actor=actor)
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


@blueprint.post("/task/<task_id>/delegate")
@guard()
def delegate_task(task_id: str, actor: Actor) -> Response:
    """Ask a user for his opinion on the task that one has; it comes back."""
    user = loaded(UserSchema())["userId"]
    with unit_of_work() as session:
        tasks.delegate(session, task_id, user or "", actor=actor)
    return no_content()


@blueprint.post("/task/<task_id>/resolve")
@guard()
def resolve_task(task_id: str, actor: Actor) -> Response:
    """Give the task back to its owner with an opinion: the variables `opinion` and perhaps `agrees`."""
    given = plain(loaded(_RESOLUTION)["variables"])
    opinion, agrees = given.pop("opinion", ""), given.pop("agrees", None)
    if given or not isinstance(opinion, str) or not isinstance(agrees, bool | None):
        raise BadUserRequest(
            "An opinion has the variables opinion (a String) and agrees (a Boolean), and no other."
        )
    with unit_of_work() as session:
        tasks.resolve(session, task_id, actor=actor, opinion=opinion, agrees=agrees)
    return no_content()


@blueprint.post("/task/<task_id>/complete")
@blueprint.post("/task/<task_id>/submit-form")
@guard()
def complete_task(task_id: str, actor: Actor) -> Response:
    """Complete the task with these variables, checked by its form if it has one."""
    body = loaded(_COMPLETION)
    values = plain(body["variables"])
    with unit_of_work() as session:
        instance = tasks.complete(session, task_id, actor=actor, variables=values)
        if not body["withVariablesInReturn"]:
            return no_content()
        return jsonify(typed_map(variables_if_seen(session, instance.id, actor)))


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
    if task.owner:
        links.insert(0, _link("owner", user=task.owner))
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
    return deployed.process(session, task.definition_id).node(task.element_id)


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
        "delegationState": task.delegation.upper() if task.delegation else None,
        "description": None,
        "executionId": task.instance_id,
        "owner": task.owner,
        "parentTaskId": task.parent_id,
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
