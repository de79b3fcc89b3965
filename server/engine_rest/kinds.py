"""The kinds of values that parameters and members have.

Text that a database cannot hold is refused at the door, not by an error in mid-work.
"""

from __future__ import annotations

import re
from datetime import datetime
from typing import Any

from marshmallow import ValidationError, fields, validate

from server.engine_rest import dates

INT32 = 2**31
#: As long as a name, key or id may be: the width of the columns.
LONGEST = 255


def storable(text: str) -> str:
    """Return the text unchanged; ValueError when it holds what PostgreSQL cannot store."""
    if "\x00" in text:
        raise ValueError("Text must not hold the character U+0000.")
    try:
        text.encode()
    except UnicodeEncodeError:
        raise ValueError("Text must not hold half of a surrogate pair.") from None
    return text


class Text(fields.String):
    """A text for the database."""

    def _deserialize(self, value: Any, *args: Any, **kwargs: Any) -> str:
        try:
            return storable(super()._deserialize(value, *args, **kwargs))
        except ValueError as error:  # a ValidationError is one too, and says more
            raise error if isinstance(error, ValidationError) else ValidationError(str(error)) from None


class Name(Text):
    """A name, key or id: a text of at most 255 characters."""

    def __init__(self, *, shortest: int = 0, **options: Any) -> None:
        super().__init__(validate=validate.Length(min=shortest, max=LONGEST), **options)


class Flag(fields.Boolean):
    """`true` or `false` as clients in several languages write them, and nothing else."""

    truthy = {"true", "True", "TRUE", True}
    falsy = {"false", "False", "FALSE", False}


class Instant(fields.Field[datetime]):
    """A date and time in the API's format."""

    def _deserialize(self, value: Any, *args: Any, **kwargs: Any) -> datetime:
        try:
            return dates.read(value if isinstance(value, str) else str(value))
        except ValueError as error:
            raise ValidationError(str(error)) from None


class Whole(fields.Field[int]):
    """A whole number of 32 bits, in digits or as JSON."""

    def _deserialize(self, value: Any, *args: Any, **kwargs: Any) -> int:
        digits = str(value) if isinstance(value, int | str) and not isinstance(value, bool) else ""
        if not re.fullmatch(r"-?[0-9]{1,10}", digits) or not -INT32 <= int(digits) < INT32:
            raise ValidationError("It must be a whole number of 32 bits.")
        return int(digits)


class Pattern(Text):
    """An SQL pattern: `%` stands for any text, `_` for any character, `\\` takes their meaning away."""

    def _deserialize(self, value: Any, *args: Any, **kwargs: Any) -> str:
        text = super()._deserialize(value, *args, **kwargs)
        if re.search(r"(?<!\\)(\\\\)*\\$", text):
            raise ValidationError("A pattern must not end with a single backslash.")
        return text
