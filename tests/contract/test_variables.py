"""Typed JSON values: converted as Camunda 7 converts them, inferred as it infers them."""

from typing import Any

import pytest

from server.engine_rest.variables import plain, typed
from tests.contract.client import Client
from workflows.errors import InvalidInput


def variable(value: Any, kind: str | None = None, info: dict[str, Any] | None = None) -> dict[str, Any]:
    """Return one variable as a schema has read it."""
    return {"value": value, "type": kind, "valueInfo": info}


@pytest.mark.parametrize(
    ("value", "kind"),
    [
        (None, "Null"),
        (True, "Boolean"),
        (0, "Integer"),
        (-(2**31), "Integer"),
        (2**31 - 1, "Integer"),
        (2**31, "Long"),
        (-(2**31) - 1, "Long"),
        (2**63 - 1, "Long"),
        (1.5, "Double"),
        (1.0, "Double"),
        ("", "String"),
        ("2026-11-22T09:00:00.000+0000", "String"),
    ],
)
def test_untyped_values_are_inferred(value: Any, kind: str) -> None:
    assert plain({"a": variable(value)}) == {"a": value}
    assert typed(value) == {"type": kind, "value": value, "valueInfo": {}}


def test_lists_and_objects_are_objects() -> None:
    shown = typed([1, {"a": "中"}])
    assert shown == {
        "type": "Object",
        "value": [1, {"a": "中"}],
        "valueInfo": {
            "objectTypeName": "java.util.ArrayList",
            "serializationDataFormat": "application/json",
        },
    }
    assert typed([1, {"a": "中"}], deserialize=False)["value"] == '[1, {"a": "中"}]'
    assert typed({})["valueInfo"]["objectTypeName"] == "java.util.LinkedHashMap"


@pytest.mark.parametrize(
    ("kind", "value", "kept"),
    [
        ("Integer", "42", 42),
        ("integer", 42, 42),
        ("Integer", -1, -1),
        ("Short", "7", 7),
        ("Long", "9007199254740993", 9007199254740993),
        ("Double", "1.5", 1.5),
        ("Double", 2, 2.0),
        ("Boolean", "true", True),
        ("Boolean", False, False),
        ("String", "x", "x"),
        ("string", 42, "42"),
        ("String", True, "true"),
        ("String", None, None),
        ("Integer", None, None),
        ("Null", None, None),
        ("Date", "2026-11-22T09:00:00.000+0800", "2026-11-22T01:00:00.000+0000"),
        ("Json", '{"a": [1, null]}', {"a": [1, None]}),
        ("Json", None, None),
    ],
)
def test_typed_values_are_converted(kind: str, value: Any, kept: Any) -> None:
    assert plain({"a": variable(value, kind)}) == {"a": kept}
    assert type(plain({"a": variable(value, kind)})["a"]) is type(kept)


def test_an_object_comes_as_json() -> None:
    info = {
        "objectTypeName": "java.util.ArrayList<java.lang.String>",
        "serializationDataFormat": "application/json",
    }
    assert plain({"a": variable('["x"]', "Object", info)}) == {"a": ["x"]}
    java = {"objectTypeName": "x.Y", "serializationDataFormat": "application/x-java-serialized-object"}
    for refused in (
        variable("rO0AB", "Object", java),
        variable('["x"]', "Object"),
        variable(["x"], "Object", info),
    ):
        with pytest.raises(InvalidInput):
            plain({"a": refused})


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        ("Integer", "x"),
        ("Integer", "1.5"),
        ("Integer", 1.5),
        ("Integer", True),
        ("Integer", 2**31),
        ("Integer", "9" * 5000),
        ("Short", 2**15),
        ("Long", 2**63),
        ("Double", "x"),
        ("Double", "nan"),
        ("Double", "1e999"),
        ("Double", True),
        ("Boolean", "yes"),
        ("Boolean", 1),
        ("String", {"a": 1}),
        ("String", "a\x00b"),
        ("Date", "2026-11-22"),
        ("Date", "2026-02-30T00:00:00.000+0000"),
        ("Date", "0001-01-01T00:00:00.000+1400"),
        ("Date", 5),
        ("Null", 1),
        ("Json", "{"),
        ("Json", "NaN"),
        ("Json", "[" * 5000),
        ("Json", {"a": 1}),
        ("Bytes", "eA=="),
        ("File", "eA=="),
        ("Xml", "<a/>"),
        ("INTEGER", 1),
        ("", 1),
        (None, 2**63),
        (None, float("inf")),
        (None, {"a": "\ud800"}),
        (None, {"a\x00": 1}),
    ],
)
def test_what_cannot_be_kept_is_refused_by_name(kind: str | None, value: Any) -> None:
    with pytest.raises(InvalidInput) as refused:
        plain({"amount": variable(value, kind), "good": variable(1)})
    assert list(refused.value.fields) == ["variables.amount"]
    assert "variables.amount: " in refused.value.message


def test_a_value_may_not_be_a_tower() -> None:
    tower: Any = 1
    for _ in range(200):
        tower = [tower]
    with pytest.raises(InvalidInput, match="levels deep"):
        plain({"a": variable(tower)})


def test_nothing_is_kept_in_passing() -> None:
    with pytest.raises(InvalidInput, match="Transient"):
        plain({"a": variable(1, "Integer", {"transient": True})})


def test_a_bad_variable_names_itself_to_the_client(supervisor: Client) -> None:
    body = {"messageName": "m", "processVariables": {"amount": {"value": "x", "type": "Integer"}}}
    refused = supervisor.post("/message", body, 400)
    assert refused["type"] == "InvalidRequestException"
    assert "Cannot convert value 'x' of type 'Integer' to java type java.lang.Integer" in refused["message"]
    assert "amount" in refused["message"]
