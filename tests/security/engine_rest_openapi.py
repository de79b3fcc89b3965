"""What `/engine-rest` takes, as an OpenAPI document, for making requests up; people read engine-rest.md."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from flask import Flask
from werkzeug.routing import Rule

from server.engine_rest import RESOURCES
from server.engine_rest.queries import Query

Json = dict[str, Any]

#: Members of bodies that some route takes; any may come with any kind of value.
MEMBERS = (
    *("userId", "variables", "modifications", "value", "type", "businessKey", "suspended", "messageName"),
    *("processInstanceId", "correlationKeys", "withVariablesInReturn", "migrationPlan", "processInstanceIds"),
    *("sourceProcessDefinitionId", "targetProcessDefinitionId", "instructions", "sorting", "all"),
)
ANY: Json = {}


def document(app: Flask, known: Mapping[str, str]) -> Json:
    """Return the document of every route below /engine-rest; `known` gives ids that exist, by argument."""
    paths: dict[str, Json] = {}
    for rule in app.url_map.iter_rules():
        if not rule.rule.startswith("/engine-rest"):
            continue
        path = re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", rule.rule)
        methods = sorted((rule.methods or set()) & {"GET", "POST", "PUT", "DELETE"})
        paths.setdefault(path, {}).update(
            {method.lower(): _operation(rule, method, known) for method in methods}
        )
    return {"openapi": "3.1.0", "info": {"title": "engine-rest", "version": "0"}, "paths": paths}


def _operation(rule: Rule, method: str, known: Mapping[str, str]) -> Json:
    parameters = [_place(name, known) for name in sorted(rule.arguments)]
    found: Json = {"responses": {"default": {"description": ""}}, "parameters": parameters}
    if method == "GET":
        parameters += [{"name": name, "in": "query", "schema": _worded()} for name in _filters(rule.rule)]
    elif method != "DELETE":
        members = dict.fromkeys((*MEMBERS, *_filters(rule.rule)), ANY)
        content: Json = {
            "application/json": {"schema": {"anyOf": [{"type": "object", "properties": members}, ANY]}}
        }
        if rule.rule.endswith("/create"):
            content = {"multipart/form-data": {"schema": _deployment()}}
        found["requestBody"] = {"content": content}
    return found


def _place(name: str, known: Mapping[str, str]) -> Json:
    kinds = [{"enum": [known[name]]}] if name in known else []
    return {
        "name": name,
        "in": "path",
        "required": True,
        "schema": {"anyOf": [*kinds, {"type": "string", "minLength": 1}]},
    }


def _worded() -> Json:
    return {
        "anyOf": [
            {"enum": ["true", "0", "asc", "a_eq_b", "2026-01-01T00:00:00.000+0800"]},
            {"type": "string"},
        ]
    }


def _filters(path: str) -> list[str]:
    """Return the filters of the list at the path, or none where it is no list."""
    for module in RESOURCES:
        resource = "/engine-rest/" + module.__name__.removeprefix("server.engine_rest.").replace(
            ".", "/"
        ).replace("_", "-")
        query: Query | None = getattr(module, "QUERY", None)
        if query and path in (resource, f"{resource}/count"):
            return [*query.filters, "sortBy", "sortOrder", "firstResult", "maxResults"]
    return []


def _deployment() -> Json:
    file = {"type": "string", "format": "binary"}
    words = {
        name: {"type": "string"}
        for name in ("deployment-name", "deployment-source", "enable-duplicate-filtering")
    }
    return {"type": "object", "properties": {**words, "data": file, "process.bpmn": file, "table.dmn": file}}
