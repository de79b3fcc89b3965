"""As much of JSON Schema 2020-12 as the OpenAPI document uses, to hold answers against it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date, datetime
from typing import Any

Schema = Mapping[str, Any]
KNOWN = {"$ref", "anyOf", "type", "enum", "const", "format", "minimum", "maximum", "minLength", "maxLength"}
KNOWN |= {"properties", "required", "additionalProperties", "items", "minItems", "maxItems", "uniqueItems"}
SAID = {"description", "title", "examples", "default", "contentMediaType", "x-minimum", "x-maximum"}
TYPES: dict[str, Any] = {"string": str, "boolean": bool, "array": list, "object": dict, "null": type(None)}


def resolve(document: Schema, reference: str) -> Any:
    """Return what a reference within the document leads to; KeyError where it leads nowhere."""
    found: Any = document
    for step in reference.removeprefix("#/").split("/"):
        found = found[step]
    return found


def faults(document: Schema, schema: Schema, value: Any, path: str = "#") -> Iterator[str]:
    """Yield what in the value the schema does not allow; AssertionError for a keyword that is not known here."""
    assert schema.keys() <= KNOWN | SAID, (path, schema.keys() - KNOWN - SAID)
    if "$ref" in schema:
        yield from faults(document, resolve(document, schema["$ref"]), value, path)
    if "anyOf" in schema and all(list(faults(document, one, value)) for one in schema["anyOf"]):
        yield f"{path}: none of its kinds"
    kinds = schema.get("type", [])
    if kinds and not any(_is(kind, value) for kind in ([kinds] if isinstance(kinds, str) else kinds)):
        yield f"{path}: {value!r} is no {kinds}"
        return
    if value not in schema.get("enum", [value]) or schema.get("const", value) != value:
        yield f"{path}: {value!r} is not allowed"
    if isinstance(value, str) and "format" in schema:
        {"date": date.fromisoformat, "date-time": datetime.fromisoformat}[schema["format"]](value)
    if isinstance(value, list):
        for place, item in enumerate(value):
            yield from faults(document, schema.get("items", {}), item, f"{path}/{place}")
    if isinstance(value, dict):
        yield from _members(document, schema, value, path)


def _members(document: Schema, schema: Schema, value: dict[str, Any], path: str) -> Iterator[str]:
    known = schema.get("properties", {})
    yield from (f"{path}/{name}: missing" for name in schema.get("required", ()) if name not in value)
    for name, member in value.items():
        if name in known:
            yield from faults(document, known[name], member, f"{path}/{name}")
        elif schema.get("additionalProperties") is False:
            yield f"{path}/{name}: not told of"


def _is(kind: str, value: Any) -> bool:
    if kind in ("number", "integer"):
        whole = int if kind == "integer" else int | float
        return isinstance(value, whole) and not isinstance(value, bool)
    return isinstance(value, TYPES[kind])
