"""The OpenAPI document: whole, true of every route, and true of what is answered whatever is asked."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

import pytest
from flask.testing import FlaskClient
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from werkzeug.test import TestResponse

from tests.contract.api.json_schema import KNOWN, SAID, faults, resolve
from tests.contract.client import basic
from tests.security.conftest import House

METHODS = ("get", "post", "put", "delete")
EXAMPLES = 4
Json = dict[str, Any]


@pytest.fixture(scope="session")
def document(office: House) -> Json:
    """Return the document as anybody gets it."""
    answer = office.anybody().get("/api/openapi.json")
    assert answer.status_code == 200
    found: Json = answer.json()
    return found


def operations(document: Json) -> Iterator[tuple[str, str, Json]]:
    for path, item in document["paths"].items():
        for method in METHODS:
            if method in item:
                shared = item.get("parameters", [])
                operation = item[method]
                yield path, method, {**operation, "parameters": [*shared, *operation.get("parameters", [])]}


def nodes(value: Any) -> Iterator[Any]:
    yield value
    for inner in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from nodes(inner)


def test_the_document_is_valid_and_complete(document: Json) -> None:
    assert re.fullmatch(r"3\.1\.\d", document["openapi"])
    assert document["info"].keys() >= {"title", "version", "description"}
    assert document["security"] == [{"basic": []}, {"bearer": []}]
    assert set(document["components"]["securitySchemes"]) == {"basic", "bearer"}
    for node in nodes(document):
        if isinstance(node, dict) and isinstance(node.get("$ref"), str):
            resolve(document, node["$ref"])
    ids = [operation["operationId"] for _, _, operation in operations(document)]
    assert len(set(ids)) == len(ids) > 12
    tags = {tag["name"] for tag in document["tags"]}
    for path, method, operation in operations(document):
        where = f"{method} {path}"
        assert operation["summary"], where
        assert set(operation["tags"]) <= tags, where
        in_path = {p["name"] for p in operation["parameters"] if p["in"] == "path"}
        assert in_path == set(re.findall(r"{(\w+)}", path)), where
        assert all(p["description"] and "schema" in p for p in operation["parameters"]), where
        assert {"401", "403", "429"} < operation["responses"].keys(), where
        for answer in operation["responses"].values():
            answer = resolve(document, answer["$ref"]) if "$ref" in answer else answer
            assert answer["description"], where
            assert all("schema" in media for media in answer.get("content", {}).values()), where
    for name, schema in document["components"]["schemas"].items():
        assert schema.keys() <= KNOWN | SAID, name
        for member, told in schema.get("properties", {}).items():
            assert told.get("description") or "$ref" in told.get("items", {}), (name, member)


def test_it_tells_of_every_route_and_of_no_other(document: Json, office: House) -> None:
    told = {(path, method.upper()) for path, method, _ in operations(document)}
    offered = {
        (re.sub(r"<(\w+)>", r"{\1}", rule.rule), method)
        for rule in office.city.app.url_map.iter_rules()
        if rule.rule.startswith("/api/v1")
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
    }
    assert told == offered


def test_the_forms_are_those_that_are_deployed(document: Json) -> None:
    form = document["components"]["schemas"]["TransferForm"]
    assert set(form["required"]) >= {"legal_basis", "subjects", "facts", "urgency"}
    assert form["properties"]["urgency"]["enum"] == ["normal", "major"]
    assert form["properties"]["subjects"]["items"]["required"] == ["kind", "name"]
    for path, _, operation in operations(document):
        for media in operation.get("requestBody", {}).get("content", {}).values():
            if "example" in media:
                assert list(faults(document, media["schema"], media["example"])) == [], path
    # The units of an office are nobody's who has not signed in.
    assert "enum" not in form["properties"]["agency"]
    assert "objection_text" not in document["components"]["schemas"]["LetterSignature"]["required"]


#: What else may come as a parameter or in a body.
TEXTS = st.one_of(st.text(max_size=12), st.sampled_from(["%00", "'; --", "../..", "9999-99-99", "-1", "１"]))
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**20), 10**20) | st.floats(allow_nan=False) | TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=6,
)


def fitting(schema: Json) -> st.SearchStrategy[Any]:
    """Return values that mostly are what a schema asks for."""
    if "enum" in schema:
        return st.sampled_from(schema["enum"])
    if schema.get("format") == "date":
        return st.dates().map(str)
    kinds: dict[str, Any] = {
        "integer": st.integers(schema.get("minimum", -5), schema.get("maximum", 5)),
        "number": st.floats(0, 10**15),
        "boolean": st.booleans(),
        "array": st.deferred(lambda: st.lists(fitting(schema.get("items", {})), max_size=2)),
        "object": st.deferred(
            lambda: st.fixed_dictionaries(
                {}, optional={k: fitting(v) for k, v in schema.get("properties", {}).items()}
            )
        ),
    }
    return kinds.get(schema.get("type", ""), TEXTS)


@settings(
    max_examples=EXAMPLES,
    deadline=None,
    derandomize=True,
    database=None,
    phases=[Phase.generate],  # shrinking sends thousands of requests
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(data=st.data())
def test_whatever_is_asked_is_answered_as_the_document_says(
    data: st.DataObject, document: Json, inside: FlaskClient
) -> None:
    """Every operation, asked with what it wants and with what it does not, by an agency and by the office."""
    for path, method, operation in operations(document):
        login = data.draw(st.sampled_from(["agency", "clerk"]), label="login")
        options: Json = {"headers": basic(login, login)}
        query = {}
        for parameter in operation["parameters"]:
            value = data.draw(fitting(parameter["schema"]) | TEXTS, label=parameter["name"])
            if parameter["in"] == "path":
                path = path.replace(f"{{{parameter['name']}}}", quote(str(value) or "x", safe=""))
            elif parameter["in"] == "query" and data.draw(st.booleans()):
                query[parameter["name"]] = value
        body = operation.get("requestBody", {}).get("content", {}).get("application/json")
        if body:
            schema = resolve(document, body["schema"]["$ref"])
            options["json"] = data.draw(fitting(schema) | VALUES, label="body")
        answer = inside.open(path, method=method.upper(), query_string=query, **options)
        check(document, operation, answer)


def check(document: Json, operation: Json, answer: TestResponse) -> None:
    """Hold an answer against what the document says of it."""
    where = (operation["operationId"], answer.status_code, answer.text[:300])
    if answer.status_code == 308:
        return  # an address that the server would write otherwise
    told = operation["responses"].get(str(answer.status_code))
    if told is None and answer.status_code in (404, 405):
        return  # no address of this operation at all
    assert told is not None, where
    told = resolve(document, told["$ref"]) if "$ref" in told else told
    media = told["content"].get(answer.mimetype) or told["content"].get("*/*")
    assert media, (*where, answer.mimetype)
    if answer.is_json:
        assert list(faults(document, media["schema"], answer.json)) == [], where
