"""`/batch`: migrations of many instances that go on in the background, of the account that has ordered them."""

from __future__ import annotations

from typing import Any

from flask import Response, jsonify
from marshmallow import fields
from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from server.db import reading, unit_of_work
from server.engine_rest import dates
from server.engine_rest.area import blueprint
from server.engine_rest.bodies import no_content
from server.engine_rest.filters import Filter, equals
from server.engine_rest.queries import Query, arguments
from server.guard import guard
from workflows import batches
from workflows.actor import Actor
from workflows.batches import Progress
from workflows.model import MigrationBatch, MigrationItem

#: What a batch of that API can be; here it is always this.
TYPE = "instance-migration"
FILTERS: dict[str, Filter] = {"batchId": equals(MigrationBatch.id)}
SORTS = {"batchId": MigrationBatch.id, "startTime": MigrationBatch.ordered_at}
QUERY = Query(FILTERS, SORTS, MigrationBatch.id)


@blueprint.get("/batch")
@guard()
def list_batches(actor: Actor) -> Response:
    """Return the batches that the account has ordered, ended ones too."""
    with reading() as session:
        return jsonify([shown(batch) for (batch,) in QUERY.rows(session, _own(actor), actor)])


@blueprint.get("/batch/count")
@guard()
def count_batches(actor: Actor) -> Response:
    """Return how many batches the account has ordered."""
    with reading() as session:
        return jsonify(QUERY.count(session, _own(actor), actor))


@blueprint.get("/batch/statistics")
@guard()
def list_batch_statistics(actor: Actor) -> Response:
    """Return the batches that the account has ordered, with how far each is."""
    with reading() as session:
        return jsonify([_statistics(session, batch) for (batch,) in QUERY.rows(session, _own(actor), actor)])


@blueprint.get("/batch/<batch_id>")
@guard()
def get_batch(batch_id: str, actor: Actor) -> Response:
    """Return one batch, with how far it is."""
    with reading() as session:
        return jsonify(_statistics(session, batches.of(session, batch_id, actor)))


@blueprint.get("/batch/<batch_id>/report")
@guard()
def get_batch_report(batch_id: str, actor: Actor) -> Response:
    """Return what came of each instance, a thousand at most, from the one behind `after` on."""
    asked = arguments(after=fields.String(load_default=""))
    with reading() as session:
        batch = batches.of(session, batch_id, actor)
        return jsonify([_report(*one) for one in batches.items(session, batch, after=asked["after"])])


@blueprint.delete("/batch/<batch_id>")
@guard()
def delete_batch(batch_id: str, actor: Actor) -> Response:
    """Take back the moves that have not been made yet."""
    with unit_of_work() as session:
        batches.drop(session, batch_id, actor=actor)
    return no_content()


def shown(batch: MigrationBatch) -> dict[str, Any]:
    """Return a batch as the API shows it."""
    return {
        "id": batch.id,
        "type": TYPE,
        "totalJobs": batch.total,
        "jobsCreated": batch.total,
        "batchJobsPerSeed": batch.total,
        "invocationsPerBatchJob": 1,
        "seedJobDefinitionId": None,
        "monitorJobDefinitionId": None,
        "batchJobDefinitionId": None,
        "suspended": False,
        "tenantId": None,
        "createUserId": batch.ordered_by,
        "startTime": dates.written(batch.ordered_at),
        "executionStartTime": dates.written(batch.ordered_at),
    }


def _statistics(session: Session, batch: MigrationBatch) -> dict[str, Any]:
    found = batches.progress(session, batch)
    return {
        **shown(batch),
        "remainingJobs": found.waiting + found.failed,
        "completedJobs": found.moved + found.refused,
        "failedJobs": found.failed,
        **_of_instances(found),
    }


def _of_instances(found: Progress) -> dict[str, Any]:
    return {
        "instancesMoved": found.moved,
        "instancesRefused": found.refused,
        "instancesDropped": found.dropped,
        "ended": found.ended,
    }


def _report(item: MigrationItem, state: str) -> dict[str, Any]:
    said = [(severity, message) for severity, _element, _rule, message in item.findings]
    return {
        "processInstanceId": item.instance_id,
        "state": state,
        "doneTime": dates.written(item.done_at),
        "failures": [message for severity, message in said if severity == "error"],
        "remarks": [message for severity, message in said if severity != "error"],
    }


def _own(actor: Actor) -> Select[MigrationBatch]:
    return select(MigrationBatch).where(MigrationBatch.ordered_by == actor.id)
