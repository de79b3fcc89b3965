"""Process variables as typed JSON: `{"value": 42, "type": "Integer", "valueInfo": {}}`.

The engine keeps plain JSON values. A typed value that comes in is converted as Camunda 7 converts it; the
type that goes out is inferred from the value as Camunda 7 infers an untyped one.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping
from typing import Any

from marshmallow import RAISE, Schema, fields, validate

from server.engine_rest import dates
from server.engine_rest.errors import invalid
from server.engine_rest.kinds import Name, storable

SHORT, INTEGER, LONG = 2**15, 2**31, 2**63
DEEPEST = 100
JSON_FORMAT = "application/json"
JAVA = {
    "Boolean": "java.lang.Boolean",
    "Short": "java.lang.Short",
    "Integer": "java.lang.Integer",
    "Long": "java.lang.Long",
    "Double": "java.lang.Double",
    "String": "java.lang.String",
    "Date": "java.util.Date",
}


class VariableSchema(Schema):
    """One variable as it comes in."""

    class Meta:
        unknown = RAISE

    value = fields.Raw(allow_none=True, load_default=None)
    type = fields.String(allow_none=True, load_default=None)
    valueInfo = fields.Dict(keys=fields.String(), allow_none=True, load_default=None)
    #: Said by clients that were generated from the reference; every variable here is the process's.
    local = fields.Boolean(validate=validate.Equal(False, error="Local variables are not offered."))


def variable_map() -> fields.Dict:
    """Return the field for `{"name": {"value": …}}`."""
    return fields.Dict(keys=Name(), values=fields.Nested(VariableSchema), allow_none=True, load_default=None)


def plain(variables: Mapping[str, Mapping[str, Any]] | None) -> dict[str, Any]:
    """Return name → JSON value of what came in; InvalidInput names every variable that cannot be kept."""
    values: dict[str, Any] = {}
    wrong: dict[str, list[str]] = {}
    for name, variable in (variables or {}).items():
        try:
            values[name] = value_of(variable)
        except ValueError as error:
            wrong[name] = [str(error)]
    if wrong:
        raise invalid({"variables": wrong})
    return values


def value_of(variable: Mapping[str, Any]) -> Any:
    """Return the JSON value of one variable; ValueError says why there is none."""
    info = variable["valueInfo"] or {}
    if info.get("transient"):
        raise ValueError("Transient variables are not offered: every variable is kept.")
    kind, value = variable["type"], variable["value"]
    if kind is None:
        return _storable(value)
    kind = kind[:1].upper() + kind[1:]
    if kind in {"Object", "Json"}:
        return _parsed(kind, value, info)
    if kind == "Null":
        return _nothing(value)
    if kind not in _READ:
        raise ValueError(f"Unsupported value type {kind!r}: there are {', '.join(sorted(TYPES))}.")
    return None if value is None else _converted(kind, value)


def typed(value: Any, *, deserialize: bool = True) -> dict[str, Any]:
    """Return the variable as it goes out; lists and objects as JSON text unless `deserialize`."""
    if isinstance(value, list | dict):
        name = "java.util.ArrayList" if isinstance(value, list) else "java.util.LinkedHashMap"
        return {
            "type": "Object",
            "value": value if deserialize else json.dumps(value, ensure_ascii=False),
            "valueInfo": {"objectTypeName": name, "serializationDataFormat": JSON_FORMAT},
        }
    return {"type": type_of(value), "value": value, "valueInfo": {}}


def typed_map(values: Mapping[str, Any], *, deserialize: bool = True) -> dict[str, Any]:
    """Return `typed` of every value."""
    return {name: typed(value, deserialize=deserialize) for name, value in values.items()}


def type_of(value: Any) -> str:
    """Return the Camunda name of the type of a JSON value that is neither list nor object."""
    if value is None:
        return "Null"
    if isinstance(value, bool):  # before int, which a bool is too
        return "Boolean"
    if isinstance(value, int):
        return "Integer" if -INTEGER <= value < INTEGER else "Long"
    return "Double" if isinstance(value, float) else "String"


def _nothing(value: Any) -> None:
    if value is not None:
        raise ValueError("A variable of type Null has the value null.")


def _parsed(kind: str, value: Any, info: Mapping[str, Any]) -> Any:
    """Return what a serialized value says; only JSON can be read without running foreign code."""
    if value is not None and not isinstance(value, str):
        raise ValueError(f"Must provide null or a String as value of the serializable type {kind!r}.")
    if kind == "Object" and info.get("serializationDataFormat") != JSON_FORMAT:
        raise ValueError(f"An Object must come with valueInfo.serializationDataFormat {JSON_FORMAT!r}.")
    try:
        return None if value is None else _storable(json.loads(value, parse_constant=_no_constant))
    except (json.JSONDecodeError, RecursionError):
        raise ValueError(f"The value of the type {kind!r} is not JSON.") from None


def _no_constant(name: str) -> Any:
    raise ValueError(f"{name} is not JSON.")


def _converted(kind: str, value: Any) -> Any:
    refusal = f"Cannot convert value {str(value)[:80]!r} of type {kind!r} to java type {JAVA[kind]}."
    if isinstance(value, list | dict):
        raise ValueError(refusal)
    try:
        return _storable(_READ[kind](value))
    except (ValueError, OverflowError):
        raise ValueError(refusal) from None


def _boolean(value: Any) -> bool:
    found = {"true": True, "false": False}.get(str(value).lower())
    if found is None:
        raise ValueError
    return found


def _whole(limit: int) -> Callable[[Any], int]:
    def read(value: Any) -> int:
        if isinstance(value, bool | float):
            raise ValueError
        number = int(value)
        if not -limit <= number < limit:
            raise ValueError
        return number

    return read


def _double(value: Any) -> float:
    if isinstance(value, bool):
        raise ValueError
    return float(value)


def _string(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)


def _date(value: Any) -> str:
    """Return the date as the API writes it: the engine's variables are JSON, which has no dates."""
    return dates.written(dates.read(value if isinstance(value, str) else "")) or ""


_READ: dict[str, Callable[[Any], Any]] = {
    "Boolean": _boolean,
    "Short": _whole(SHORT),
    "Integer": _whole(INTEGER),
    "Long": _whole(LONG),
    "Double": _double,
    "String": _string,
    "Date": _date,
}
TYPES = frozenset(_READ) | {"Null", "Object", "Json"}


def _storable(value: Any, depth: int = 0) -> Any:
    """Return the value unchanged if both databases and every client can hold it."""
    if depth > DEEPEST:
        raise ValueError(f"A value must not be nested more than {DEEPEST} levels deep.")
    if isinstance(value, str):
        storable(value)
    elif isinstance(value, float) and not math.isfinite(value):
        raise ValueError("A number must be finite.")
    elif isinstance(value, int) and not -LONG <= value < LONG:
        raise ValueError("A whole number must fit in 64 bits.")
    elif isinstance(value, list):
        for item in value:
            _storable(item, depth + 1)
    elif isinstance(value, dict):
        for name, item in value.items():
            storable(name)
            _storable(item, depth + 1)
    return value
