"""Element templates for the desktop Camunda Modeler: our operations and limits, to be picked there by name."""

from __future__ import annotations

import json
from typing import Any

from flask import Response
from flask_babel import gettext as _

from server.db import reading
from server.downloads import download
from server.guard import guard
from server.pages import pick_lists
from server.pages.blueprint import blueprint
from server.pages.pick_lists import Choice
from server.pages.processes import SUPERVISOR
from workflows import operations
from workflows.actor import Actor

SCHEMA = "https://unpkg.com/@camunda/element-templates-json-schema/resources/schema.json"
Template = dict[str, Any]


@blueprint.get("/processes/element-templates.json")
@guard(roles=SUPERVISOR)
def element_templates(actor: Actor) -> Response:
    """Give the templates in the page's language, as one file that the desktop modeler reads from its folder."""
    with reading() as session:
        lists = pick_lists.common(session)
    written = json.dumps(templates(lists), ensure_ascii=False, indent=1)
    return download(written.encode(), "application/json", "duban-element-templates.json")


def templates(lists: pick_lists.Lists) -> list[Template]:
    """Return one template for each operation of a service task, each that records a form, and each limit."""
    return [
        *(_operation(one) for one in lists["step"]),
        *(_recording(one) for one in lists["record"]),
        *(_limit(one) for one in lists["limits"]),
    ]


def _operation(one: Choice) -> Template:
    _required, accepted = operations.arguments(one["value"])
    given = [
        {"label": name, "type": "String", "binding": {"type": "camunda:inputParameter", "name": name}}
        for name in sorted(accepted)
    ]
    hidden = _hidden({"type": "property", "name": "camunda:delegateExpression"}, f"${{{one['value']}}}")
    return _template("operation", one, _("Operations"), ["bpmn:ServiceTask"], [hidden, *given])


def _recording(one: Choice) -> Template:
    hidden = _hidden({"type": "camunda:property", "name": "record"}, one["value"])
    return _template("record", one, _("Forms recorded"), ["bpmn:UserTask", "bpmn:StartEvent"], [hidden])


def _limit(one: Choice) -> Template:
    due = {
        "label": _("Due date"),
        "description": _("After the limit the variables from which and to which it counts, if any."),
        "type": "String",
        "value": f"${{limit('{one['value']}')}}",
        "binding": {"type": "property", "name": "camunda:dueDate"},
        "constraints": {"notEmpty": True},
    }
    return _template("limit", one, _("Time limits"), ["bpmn:UserTask"], [due])


def _hidden(binding: dict[str, str], value: str) -> dict[str, Any]:
    return {"type": "Hidden", "value": value, "binding": binding}


def _template(
    kind: str, one: Choice, category: str, on: list[str], properties: list[dict[str, Any]]
) -> Template:
    return {
        "$schema": SCHEMA,
        "name": one["label"],
        "id": f"duban.{kind}.{one['value']}",
        "description": one["value"],
        "category": {"id": f"duban.{kind}", "name": category},
        "appliesTo": on,
        # The modeler's own settings stay beside those of the template.
        "entriesVisible": True,
        "properties": properties,
    }
