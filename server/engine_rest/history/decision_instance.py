"""`/history/decision-instance`: the decisions that instances took, of the passages that one may see.

What went in and what came out are variables: `includeInputs` and `includeOutputs` show them to who may look into
those of the instance (`/process-instance/{id}/variables`).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import Response, jsonify
from sqlalchemy import Select, and_, func, select
from sqlalchemy.orm import Session

from server.db import reading, unit_of_work
from server.engine_rest import dates
from server.engine_rest.area import blueprint
from server.engine_rest.errors import BadUserRequest
from server.engine_rest.filters import Filter, among, equals, everything, flag, like, since, until
from server.engine_rest.history.variable_instance import keep
from server.engine_rest.kinds import Flag
from server.engine_rest.queries import Query, arguments
from server.engine_rest.variables import typed
from server.guard import guard
from workflows import visibility
from workflows.actor import Actor
from workflows.errors import NotFound
from workflows.model import Activity, DecisionRun, Instance

PASSAGE = DecisionRun.element_id + ":" + DecisionRun.engine_id
#: What is shown of the rows, not which rows there are; nothing is binary or Java here.
SHOWN = ("includeInputs", "includeOutputs", "disableBinaryFetching", "disableCustomObjectDeserialization")
FILTERS: dict[str, Filter] = {
    "decisionInstanceId": equals(DecisionRun.id),
    "decisionInstanceIdIn": among(DecisionRun.id),
    "decisionDefinitionId": equals(DecisionRun.definition_id),
    "decisionDefinitionIdIn": among(DecisionRun.definition_id),
    "decisionDefinitionKey": equals(DecisionRun.key),
    "decisionDefinitionKeyIn": among(DecisionRun.key),
    "decisionDefinitionName": equals(DecisionRun.name),
    "decisionDefinitionNameLike": like(DecisionRun.name),
    "processDefinitionId": equals(Instance.definition_id),
    "processDefinitionKey": equals(Instance.definition_key),
    "processInstanceId": equals(DecisionRun.instance_id),
    "activityIdIn": among(DecisionRun.element_id),
    "activityInstanceIdIn": among(PASSAGE),
    "evaluatedBefore": until(DecisionRun.at),
    "evaluatedAfter": since(DecisionRun.at),
    "rootDecisionInstanceId": equals(func.coalesce(DecisionRun.root_id, DecisionRun.id)),
    "rootDecisionInstancesOnly": flag(lambda: DecisionRun.root_id.is_(None)),
    "withoutTenantId": everything(),
    **{name: everything() for name in SHOWN},
}
QUERY = Query(FILTERS, {"evaluationTime": DecisionRun.at}, DecisionRun.id)


@blueprint.get("/history/decision-instance")
@guard()
def list_history_decisions(actor: Actor) -> Response:
    """Return the decisions that match; with inputs or outputs, those of one instance."""
    with unit_of_work() as session:
        asked = QUERY.asked()
        found = QUERY.rows(session, _visible(actor), actor)
        if wants := _wants(asked):
            if "processInstanceId" not in asked:
                raise BadUserRequest("includeInputs and includeOutputs need a processInstanceId.")
            if not found or not _may_look(session, found[0][1], actor):
                return jsonify([])
            keep(session, found[0][1], actor)
        return jsonify([_shown(run, instance, wants) for run, instance in found])


@blueprint.get("/history/decision-instance/count")
@guard()
def count_history_decisions(actor: Actor) -> Response:
    """Return how many decisions match."""
    with reading() as session:
        return jsonify(QUERY.count(session, _visible(actor), actor))


@blueprint.get("/history/decision-instance/<decision_run_id>")
@guard()
def get_history_decision(decision_run_id: str, actor: Actor) -> Response:
    """Return one decision."""
    asked = arguments(**{name: Flag(load_default=False) for name in SHOWN})
    with unit_of_work() as session:
        found = session.execute(_visible(actor).where(DecisionRun.id == decision_run_id)).first()
        wants = _wants(asked)
        if found is None or (wants and not _may_look(session, found[1], actor)):
            raise NotFound(f"Historic decision instance with id '{decision_run_id}' does not exist")
        run, instance = found
        if wants:
            keep(session, instance, actor)
        return jsonify(_shown(run, instance, wants))


def _wants(asked: Mapping[str, Any]) -> frozenset[str]:
    return frozenset(name for name in SHOWN[:2] if asked.get(name))


def _visible(actor: Actor) -> Select[DecisionRun, Instance]:
    passage = and_(
        Activity.instance_id == DecisionRun.instance_id,
        Activity.engine_id == DecisionRun.engine_id,
        Activity.element_id == DecisionRun.element_id,
    )
    found = select(DecisionRun, Instance).join(Instance, DecisionRun.instance_id == Instance.id)
    return found.join(Activity, passage).where(visibility.policy().passages(actor))


def _may_look(session: Session, instance: Instance, actor: Actor) -> bool:
    return visibility.policy().may(session, actor, "variables", instance).allowed


def _shown(run: DecisionRun, instance: Instance, wants: frozenset[str]) -> dict[str, Any]:
    collected = run.collected["value"] if run.collected and "includeOutputs" in wants else None
    return {
        "id": run.id,
        "decisionDefinitionId": run.definition_id,
        "decisionDefinitionKey": run.key,
        "decisionDefinitionName": run.name,
        "evaluationTime": dates.written(run.at),
        "removalTime": None,
        "processDefinitionId": instance.definition_id,
        "processDefinitionKey": instance.definition_key,
        "processInstanceId": instance.id,
        "rootProcessInstanceId": instance.id,
        "caseDefinitionId": None,
        "caseDefinitionKey": None,
        "caseInstanceId": None,
        "activityId": run.element_id,
        "activityInstanceId": f"{run.element_id}:{run.engine_id}",
        "tenantId": None,
        "userId": None,
        "inputs": [_input(run, place, one) for place, one in enumerate(run.inputs)]
        if "includeInputs" in wants
        else None,
        "outputs": [_output(run, place, one) for place, one in enumerate(run.outputs)]
        if "includeOutputs" in wants
        else None,
        "collectResultValue": collected,
        "rootDecisionInstanceId": run.root_id,
        "decisionRequirementsDefinitionId": None,
        "decisionRequirementsDefinitionKey": None,
    }


def _input(run: DecisionRun, place: int, one: Mapping[str, Any]) -> dict[str, Any]:
    return {**_value(run, f"input-{place}", one), "clauseName": one["name"]}


def _output(run: DecisionRun, place: int, one: Mapping[str, Any]) -> dict[str, Any]:
    return {
        **_value(run, f"output-{place}", one),
        "clauseName": one["name"],
        "variableName": one["name"],
        "ruleId": one["rule"],
        "ruleOrder": one["number"],
    }


def _value(run: DecisionRun, part: str, one: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "id": f"{run.id}:{part}",
        "decisionInstanceId": run.id,
        "clauseId": one["clause"],
        "errorMessage": "The value was too long to be kept." if one.get("cut") else None,
        **typed(one["value"]),
        "createTime": dates.written(run.at),
        "removalTime": None,
        "rootProcessInstanceId": run.instance_id,
    }
