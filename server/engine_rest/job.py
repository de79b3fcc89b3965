"""`/job`: the timers and jobs that wait, of the instances one may see whole; they are one thing to that API."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from flask import Response, jsonify
from marshmallow import RAISE, Schema, ValidationError, fields, validate
from sqlalchemy import ColumnElement, Select, and_, case, cast, literal, null, or_, select, union_all
from sqlalchemy.orm import Session

from server.db import reading, unit_of_work
from server.engine_rest import dates
from server.engine_rest.area import blueprint
from server.engine_rest.bodies import loaded, no_content
from server.engine_rest.errors import BadUserRequest
from server.engine_rest.filters import Filter, among, equals, everything, flag, like, number
from server.engine_rest.kinds import Instant, Whole
from server.engine_rest.queries import Query, arguments
from server.guard import guard
from workflows import clock, operating, visibility
from workflows.actor import Actor
from workflows.errors import NotFound
from workflows.leasing import MAX_ATTEMPTS
from workflows.model import PENDING, Incident, Instance, Job, Timer, UtcDateTime


def _pending(table: type[Timer] | type[Job]) -> Select[Any]:
    """Return the timers or jobs that are still to be done, in columns that both have."""
    is_job = table is Job
    return select(
        table.id.label("id"),
        operating.instance_of(table).label("instance_id"),
        table.element_id.label("element_id"),
        table.status.label("status"),
        table.due_at.label("due_at"),
        table.attempts.label("attempts"),
        (Job.created_at if is_job else cast(null(), UtcDateTime())).label("created_at"),
        literal("job" if is_job else "timer").label("table"),
    ).where(table.status.in_(PENDING))


_WAITING = union_all(_pending(Timer), _pending(Job)).subquery("waiting")
_ROW = _WAITING.c
_LEFT = case((_ROW.status == "failed", 0), else_=MAX_ATTEMPTS - _ROW.attempts)
_OPEN = and_(or_(Incident.timer_id == _ROW.id, Incident.job_id == _ROW.id), Incident.resolved_at.is_(None))
_MESSAGE = select(Incident.message).where(_OPEN).order_by(Incident.id).limit(1).scalar_subquery()


class _Bound(fields.Field[ColumnElement[bool]]):
    """A date before or after which: `lt_2026-…` in an address, `{"operator": "lt", "value": "2026-…"}` in a body."""

    def _deserialize(self, value: Any, *args: Any, **kwargs: Any) -> ColumnElement[bool]:
        if isinstance(value, Mapping):
            operator, day = value.get("operator"), value.get("value")
        else:
            operator, _, day = str(value).partition("_")
        if operator not in ("lt", "gt"):
            raise ValidationError("It must begin with gt_ or lt_, followed by a date.")
        at: Any = Instant().deserialize(day)
        return _ROW.due_at < at if operator == "lt" else _ROW.due_at >= at + dates.MILLISECOND


def _executable() -> ColumnElement[bool]:
    return and_(_ROW.status == "waiting", _ROW.due_at <= clock.now())


def _one_kind(asked: Mapping[str, Any]) -> Sequence[ColumnElement[bool]]:
    if asked.get("timers") and asked.get("messages"):
        raise BadUserRequest("Parameter timers cannot be used together with parameter messages.")
    return ()


FILTERS: dict[str, Filter] = {
    "jobId": equals(_ROW.id),
    "jobIds": among(_ROW.id),
    "processInstanceId": equals(Instance.id),
    "processInstanceIds": among(Instance.id),
    "executionId": equals(Instance.id),
    "processDefinitionId": equals(Instance.definition_id),
    "processDefinitionKey": equals(Instance.definition_key),
    "activityId": equals(_ROW.element_id),
    "failedActivityId": equals(_ROW.element_id, within=lambda failed: and_(failed, _ROW.status == "failed")),
    "withRetriesLeft": flag(lambda: _ROW.status != "failed"),
    "noRetriesLeft": flag(lambda: _ROW.status == "failed"),
    "executable": flag(_executable),
    "timers": flag(lambda: _ROW.table == "timer"),
    "messages": flag(lambda: _ROW.table == "job"),
    "dueDates": Filter(fields.List(_Bound(), validate=validate.Length(max=2)), lambda bounds: and_(*bounds)),
    "withException": flag(lambda: _MESSAGE.is_not(None)),
    "exceptionMessage": equals(_MESSAGE),
    "exceptionMessageLike": like(_MESSAGE),
    "active": flag(lambda: Instance.state == "active"),
    "suspended": flag(lambda: Instance.state == "suspended"),
    "priorityLowerThanOrEquals": number(lambda most: literal(0) <= most),
    "priorityHigherThanOrEquals": number(lambda least: literal(0) >= least),
    "withoutTenantId": everything(),
}
SORTS = {
    "jobId": _ROW.id,
    "executionId": Instance.id,
    "processInstanceId": Instance.id,
    "processDefinitionId": Instance.definition_id,
    "processDefinitionKey": Instance.definition_key,
    "jobRetries": _LEFT,
    "jobDueDate": _ROW.due_at,
}
QUERY = Query(FILTERS, SORTS, _ROW.id, together=_one_kind)


class JobRetriesSchema(Schema):
    """How often a job may fail yet."""

    class Meta:
        unknown = RAISE

    retries = Whole(required=True)


class DueSchema(Schema):
    """When a job is due."""

    class Meta:
        unknown = RAISE

    duedate = Instant(required=True)


@blueprint.route("/job", methods=["GET", "POST"])
@guard()
def list_jobs(actor: Actor) -> Response:
    """Return the jobs that match."""
    with reading() as session:
        return jsonify([_shown(row) for row in QUERY.rows(session, _visible(actor), actor)])


@blueprint.route("/job/count", methods=["GET", "POST"])
@guard()
def count_jobs(actor: Actor) -> Response:
    """Return how many jobs match."""
    with reading() as session:
        return jsonify(QUERY.count(session, _visible(actor), actor))


@blueprint.get("/job/<job_id>")
@guard()
def get_job(job_id: str, actor: Actor) -> Response:
    """Return one job."""
    arguments()
    with reading() as session:
        return jsonify(_shown(_found(session, job_id, actor)))


@blueprint.get("/job/<job_id>/stacktrace")
@guard()
def get_job_cause(job_id: str, actor: Actor) -> Response:
    """Return why a job failed, in words: where in the program is nobody's affair outside."""
    arguments()
    with reading() as session:
        message = _found(session, job_id, actor).message
    return Response(message, mimetype="text/plain") if message else no_content()


@blueprint.put("/job/<job_id>/retries")
@guard()
def set_job_retries(job_id: str, actor: Actor) -> Response:
    """Say how often a job may fail yet; its incident is closed."""
    retries = loaded(JobRetriesSchema())["retries"]
    with unit_of_work() as session:
        operating.set_retries(session, job_id, retries, actor=actor)
    return no_content()


@blueprint.put("/job/<job_id>/duedate")
@guard()
def set_job_due(job_id: str, actor: Actor) -> Response:
    """Say when a job is due."""
    due_at = loaded(DueSchema())["duedate"]
    with unit_of_work() as session:
        operating.move(session, job_id, due_at, actor=actor)
    return no_content()


@blueprint.post("/job/<job_id>/execute")
@guard()
def execute_job(job_id: str, actor: Actor) -> Response:
    """Do a job at once."""
    loaded(Schema.from_dict({})(unknown=RAISE))
    with unit_of_work() as session:
        operating.execute(session, job_id, actor=actor)
    return no_content()


def _visible(actor: Actor) -> Select[Any]:
    # As incidents: what waits tells where a run stands, and is for those from whom nothing of it is hidden.
    shown = select(_WAITING, _LEFT.label("left"), _MESSAGE.label("message"), Instance)
    return shown.join(Instance, Instance.id == _ROW.instance_id).where(visibility.policy().whole(actor))


def _found(session: Session, job_id: str, actor: Actor) -> Any:
    found = session.execute(_visible(actor).where(_ROW.id == job_id)).one_or_none()
    if found is None:
        raise NotFound(f"Job with id {job_id} does not exist")
    return found


def _shown(row: Any) -> dict[str, Any]:
    """Return the job as the API shows it; there are no definitions of jobs, no priorities and no batches here."""
    return {
        "id": row.id,
        "jobDefinitionId": None,
        "processInstanceId": row.Instance.id,
        "executionId": row.Instance.id,
        "processDefinitionId": row.Instance.definition_id,
        "processDefinitionKey": row.Instance.definition_key,
        "retries": row.left,
        "exceptionMessage": row.message,
        "failedActivityId": row.element_id if row.message else None,
        "dueDate": dates.written(row.due_at),
        "createTime": dates.written(row.created_at),
        "suspended": row.status == "suspended",
        "priority": 0,
        "tenantId": None,
        "batchId": None,
    }
