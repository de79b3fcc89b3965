"""A deployed form as JSON Schema, for the OpenAPI document: what is written there is what is judged by."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from workflows.forms import Field, Form, Options
from workflows.forms.checking import MAX_FILES, MAX_LINE, MAX_NUMBER, MAX_TEXT
from workflows.forms.fields import ANSWERED, SEVERAL, flat

#: Tables of the registers, whose codes change with the office: they are not written into the document.
REGISTERS = {"agencies": "a code of `GET /api/v1/agencies`", "offices": "a unit's code", "staff": "a login"}

Json = dict[str, Any]


def schema_of(form: Form, options: Options) -> Json:
    """Return the schema of the form's answers."""
    return {"title": form.en or form.zh, "description": f"{form.zh}。", **_object(form.components, options)}


def _object(parts: Sequence[Field], options: Options) -> Json:
    asked = [part for part in flat(tuple(parts)) if part.type in ANSWERED and not part.readonly]
    # What only some answers make necessary is told by its description, and by the errors.
    required = [part.key for part in asked if _needed(part)]
    found: Json = {
        "type": "object",
        "properties": {part.key: _member(part, options) for part in asked},
        "additionalProperties": False,
    }
    return found | ({"required": required} if required else {})


def _needed(part: Field) -> bool:
    return part.hide is None and (part.required or part.min_rows > 0)


def _member(part: Field, options: Options) -> Json:
    told = [part.en, part.zh, part.description_en]
    if part.hide is not None and part.required:
        told.append("Needed unless other answers make it pointless.")
    if part.type in ("select", "radio", "checklist", "taglist"):
        value, words = _choice(part, options)
        told.append(words)
    else:
        value = _KINDS[part.type](part, options)
    if part.accept:
        told.append(f"Kinds of files: {', '.join(part.accept)}.")
    return {**value, "description": " · ".join(word for word in told if word)}


def _choice(part: Field, options: Options) -> tuple[Json, str]:
    one: Json = {"type": "string"}
    if part.table in REGISTERS:
        words = REGISTERS[part.table]
    else:
        choices = part.choices(options) or ()
        one["enum"] = [option.value for option in choices]
        words = "; ".join(f"`{option.value}` {option.zh} ({option.en})" for option in choices)
    return ({"type": "array", "items": one, "uniqueItems": True} if part.type in SEVERAL else one), words


def _text(longest: int) -> Callable[[Field, Options], Json]:
    def text(part: Field, options: Options) -> Json:
        found: Json = {"type": "string", "maxLength": longest if part.max_length is None else part.max_length}
        return found | ({"minLength": 1} if part.required else {})

    return text


def _number(part: Field, options: Options) -> Json:
    lowest = -MAX_NUMBER if part.min is None else part.min
    highest = MAX_NUMBER if part.max is None else part.max
    kind = "integer" if part.decimals == 0 else "number"
    return {"type": kind, "minimum": lowest, "maximum": highest}


def _moment(part: Field, options: Options) -> Json:
    return {"type": "string", "format": "date" if part.subtype == "date" else "date-time"}


def _tick(part: Field, options: Options) -> Json:
    return {"type": "boolean", "const": True} if part.required else {"type": "boolean"}


def _files(part: Field, options: Options) -> Json:
    reference = {"type": "string", "description": "The `id` that `POST /api/v1/files` answered."}
    return {"type": "array", "items": reference, "maxItems": MAX_FILES if part.multiple else 1}


def _rows(part: Field, options: Options) -> Json:
    bounds = {"minItems": part.min_rows} | ({"maxItems": part.max_rows} if part.max_rows else {})
    return {"type": "array", "items": _object(part.components, options), **bounds}


_KINDS: Mapping[str, Callable[[Field, Options], Json]] = {
    "textfield": _text(MAX_LINE),
    "textarea": _text(MAX_TEXT),
    "number": _number,
    "datetime": _moment,
    "checkbox": _tick,
    "filepicker": _files,
    "dynamiclist": _rows,
}
