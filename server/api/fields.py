"""The kinds of members that answers have; every one is described, for the OpenAPI document is made of them."""

from __future__ import annotations

from typing import Any

from marshmallow import Schema, fields


def _told(says: str, example: Any) -> dict[str, Any]:
    return {"description": says} | ({} if example is None else {"examples": [example]})


def text(says: str, example: str | None = None, *, empty: bool = False) -> fields.String:
    """Return a text; `empty` ones may be null."""
    return fields.String(required=True, allow_none=empty, metadata=_told(says, example))


def whole(says: str, example: int | None = None) -> fields.Integer:
    """Return a whole number."""
    return fields.Integer(required=True, metadata=_told(says, example))


def number(says: str, example: float | None = None) -> fields.Float:
    """Return a number, or null."""
    return fields.Float(required=True, allow_none=True, metadata=_told(says, example))


def flag(says: str) -> fields.Boolean:
    """Return a yes or no."""
    return fields.Boolean(required=True, metadata={"description": says})


def instant(says: str, *, empty: bool = False) -> fields.DateTime:
    """Return an instant in UTC, as RFC 3339 writes it."""
    return fields.DateTime(required=True, allow_none=empty, metadata=_told(says, "2026-03-09T06:30:00+00:00"))


def day(says: str) -> fields.Date:
    """Return a day of the office's calendar, or null."""
    return fields.Date(required=True, allow_none=True, metadata=_told(says, "2026-03-09"))


def texts(says: str, example: list[str] | None = None) -> fields.List[Any]:
    """Return a list of texts."""
    return fields.List(fields.String(), required=True, metadata=_told(says, example))


def one(schema: type[Schema], says: str, *, empty: bool = False) -> fields.Nested:
    """Return an object of its own schema, or null."""
    return fields.Nested(schema, required=True, allow_none=empty, metadata={"description": says})


def several(schema: type[Schema], says: str) -> fields.List[Any]:
    """Return a list of objects."""
    return fields.List(fields.Nested(schema), required=True, metadata={"description": says})


class WordSchema(Schema):
    """A code with its names."""

    code = text("The code, which stays.", "in_progress")
    zh = text("Its Chinese name.", "办理中")
    en = text("Its English name.", "in progress")


class SideSchema(Schema):
    """One side of a hand-over: a unit, a person, or both."""

    unit = one(WordSchema, "The unit.", empty=True)
    name = text("The person's name.", "王案管", empty=True)
