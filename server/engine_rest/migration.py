"""`/migration`: running instances are moved from one version of their process to another."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from flask import Response, jsonify
from marshmallow import RAISE, Schema, fields, validate
from sqlalchemy.orm import Session

from server.db import reading, unit_of_work
from server.engine_rest import batch as batch_resource
from server.engine_rest.area import blueprint
from server.engine_rest.bodies import loaded, no_content
from server.engine_rest.errors import BadUserRequest, CannotMigrate
from server.engine_rest.kinds import Flag, Name
from server.guard import guard
from workflows import batches
from workflows.actor import Actor
from workflows.errors import InvalidInput
from workflows.findings import Finding
from workflows.instances import migration
from workflows.instances.migration import Plan, Verdict

#: How that API names what repeats beside the repeated: here both are one element.
_BODY = "#multiInstanceBody"
#: Instances that one request moves, each in a transaction of its own.
MOST = 1_000


class VersionsSchema(Schema):
    """Between which versions a plan is asked for."""

    class Meta:
        unknown = RAISE

    sourceProcessDefinitionId = Name(required=True)
    targetProcessDefinitionId = Name(required=True)


class InstructionSchema(Schema):
    """Which element becomes which."""

    class Meta:
        unknown = RAISE

    sourceActivityIds = fields.List(Name(), required=True, validate=validate.Length(equal=1))
    targetActivityIds = fields.List(Name(), required=True, validate=validate.Length(equal=1))
    updateEventTrigger = Flag(load_default=False)


class PlanSchema(VersionsSchema):
    """A plan."""

    instructions = fields.List(fields.Nested(InstructionSchema), required=True)
    #: Members of the generated plan that come back; a migration writes no variables.
    variables = fields.Dict(allow_none=True, validate=validate.Length(max=0))


class ValidateSchema(PlanSchema):
    """A plan, and (beyond that API) instances to look at."""

    processInstanceIds = fields.List(Name(), load_default=list, validate=validate.Length(max=MOST))


class RunningSchema(Schema):
    """All running instances of the version that is left: the one question that a batch may ask."""

    class Meta:
        unknown = RAISE

    processDefinitionId = Name(required=True)


class ExecuteAsyncSchema(Schema):
    """A plan and the instances to move in the background: named, or all of them."""

    class Meta:
        unknown = RAISE

    migrationPlan = fields.Nested(PlanSchema, required=True)
    processInstanceIds = fields.List(Name(), load_default=list, validate=validate.Length(max=batches.MOST))
    processInstanceQuery = fields.Nested(RunningSchema, load_default=None)


class ExecuteSchema(Schema):
    """A plan and the instances to move."""

    class Meta:
        unknown = RAISE

    migrationPlan = fields.Nested(PlanSchema, required=True)
    processInstanceIds = fields.List(Name(), required=True, validate=validate.Length(min=1, max=MOST))


@blueprint.post("/migration/generate")
@guard()
def generate_migration(actor: Actor) -> Response:
    """Return the plan that leaves every element where it is."""
    asked = loaded(VersionsSchema())
    with reading() as session:
        made = migration.plan(session, *_versions(asked))
    instructions = [_instruction(old, new) for old, new in made.names.items()]
    return jsonify({**asked, "instructions": instructions, "variables": {}})


@blueprint.post("/migration/validate")
@guard()
def validate_migration(actor: Actor) -> Response:
    """Return what is wrong with a plan, and what moving the instances named would come to."""
    asked = loaded(ValidateSchema())
    with reading() as session:
        try:
            made = _plan(session, asked)
        except InvalidInput as refused:
            if not refused.findings:
                raise
            return jsonify({"instructionReports": list(_reports(asked, refused.findings))})
        ids = asked["processInstanceIds"]
        verdicts = [migration.validate(session, made, each, actor=actor) for each in ids]
    told: dict[str, Any] = {"instanceReports": [_report(verdict) for verdict in verdicts]} if verdicts else {}
    return jsonify({"instructionReports": [], **told})


@blueprint.post("/migration/execute")
@guard()
def execute_migration(actor: Actor) -> Response:
    """Move the instances, one after another; none where one of them cannot be moved."""
    asked = loaded(ExecuteSchema())
    ids = list(dict.fromkeys(asked["processInstanceIds"]))
    with reading() as session:
        made = _plan(session, asked["migrationPlan"])
        verdicts = [migration.validate(session, made, each, actor=actor) for each in ids]
    if refused := [verdict for verdict in verdicts if verdict.reasons]:
        raise CannotMigrate(_words(refused), [_report(verdict) for verdict in refused])
    for each in ids:
        with unit_of_work() as session:
            migration.execute(session, made, each, actor=actor)
    return no_content()


@blueprint.post("/migration/executeAsync")
@guard()
def execute_migration_later(actor: Actor) -> Response:
    """Order the instances to be moved in the background, each as far as that is safe, and return the batch."""
    asked = loaded(ExecuteAsyncSchema())
    with unit_of_work() as session:
        made = _plan(session, asked["migrationPlan"])
        ids = asked["processInstanceIds"]
        if (query := asked["processInstanceQuery"]) is not None:
            if query["processDefinitionId"] != made.source_id:
                raise BadUserRequest(
                    "processInstanceQuery: processDefinitionId must be the version that is left."
                )
            ids = [*ids, *migration.running(session, made, actor=actor)]
        migration.guard_all(session, ids, actor=actor)
        return jsonify(batch_resource.shown(batches.order(session, made, ids, actor=actor)))


def _versions(asked: Mapping[str, Any]) -> tuple[str, str]:
    return asked["sourceProcessDefinitionId"], asked["targetProcessDefinitionId"]


def _plan(session: Session, asked: Mapping[str, Any]) -> Plan:
    names: dict[str, str] = {}
    for instruction in asked["instructions"]:
        old, new = (
            instruction[side][0].removesuffix(_BODY) for side in ("sourceActivityIds", "targetActivityIds")
        )
        if instruction["updateEventTrigger"]:
            raise BadUserRequest(
                f"updateEventTrigger of {old}: a clock that runs is not set anew by a migration."
            )
        if names.setdefault(old, new) != new:
            raise BadUserRequest(f"{old} is to become both {names[old]} and {new}.")
    return migration.plan(session, *_versions(asked), names)


def _instruction(old: str, new: str) -> dict[str, Any]:
    return {"sourceActivityIds": [old], "targetActivityIds": [new], "updateEventTrigger": False}


def _reports(asked: Mapping[str, Any], findings: Sequence[Finding]) -> Iterator[dict[str, Any]]:
    for instruction in asked["instructions"]:
        old = instruction["sourceActivityIds"][0].removesuffix(_BODY)
        if failures := [finding.message for finding in findings if finding.element in (old, None)]:
            yield {"instruction": instruction, "failures": failures}


def _report(verdict: Verdict) -> dict[str, Any]:
    return {
        "processInstanceId": verdict.instance_id,
        "failures": [finding.message for finding in verdict.reasons],
        "remarks": [finding.message for finding in verdict.findings if finding not in verdict.reasons],
    }


def _words(refused: Sequence[Verdict]) -> str:
    told = (f"{v.instance_id}: {' '.join(finding.message for finding in v.reasons)}" for v in refused[:10])
    return f"{len(refused)} of the process instances cannot be moved. {' '.join(told)}"
