"""Text that both databases can hold: what they cannot is refused at the door, not by an error in mid-work."""

from __future__ import annotations

from typing import Any

from marshmallow import ValidationError, fields, validate

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
