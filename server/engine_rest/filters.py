"""Filters of lists: how a parameter's value is read, and the SQL condition that it stands for."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from marshmallow import fields, validate
from sqlalchemy import ColumnElement, SQLColumnExpression, and_, func, or_, true
from sqlalchemy.orm import Session

from server.engine_rest import dates
from server.engine_rest.kinds import Flag, Instant, Pattern, Text, Whole
from workflows.actor import Actor

#: No filter names more values than this.
MOST_VALUES = 1000

Column = SQLColumnExpression[Any]
Condition = ColumnElement[bool]
#: Puts a condition on another table's column into place, such as `id IN (SELECT … WHERE condition)`.
Within = Callable[[Condition], Condition]


def _itself(condition: Condition) -> Condition:
    return condition


@dataclass(frozen=True)
class Filter:
    """One query parameter: how its value is read, and the SQL condition it stands for."""

    field: fields.Field[Any]
    condition: Callable[..., Condition]
    asks_actor: bool = False  #: the condition takes the session and the actor besides

    def of(self, value: Any, session: Session, actor: Actor) -> Condition:
        """Return the condition for this value."""
        return self.condition(value, session, actor) if self.asks_actor else self.condition(value)


def text(condition: Callable[..., Condition], *, asks_actor: bool = False) -> Filter:
    """Return a filter on one text."""
    return Filter(Text(), condition, asks_actor)


def equals(column: Column, *, within: Within = _itself) -> Filter:
    """Return a filter on the exact value of a text column."""
    return text(lambda value: within(column == value))


def like(column: Column, *, within: Within = _itself) -> Filter:
    """Return a filter on an SQL pattern; case does not count, on either database."""
    return Filter(Pattern(), lambda value: within(func.lower(column).like(func.lower(value), escape="\\")))


def texts(condition: Callable[[list[str]], Condition]) -> Filter:
    """Return a filter on several texts: separated by commas in a query string, a JSON array in a body."""
    return Filter(fields.List(Text(), validate=validate.Length(min=1, max=MOST_VALUES)), condition)


def among(column: Column, *, within: Within = _itself) -> Filter:
    """Return a filter on the column being one of several texts."""
    return texts(lambda values: within(column.in_(values)))


def not_among(column: Column) -> Filter:
    """Return a filter on the column being none of several texts; an empty column is none of them."""
    return texts(lambda values: or_(column.is_(None), column.not_in(values)))


def flag(condition: Callable[[], Condition]) -> Filter:
    """Return a filter that `true` switches on; `false` is as good as leaving it out, as in Camunda."""
    return Filter(Flag(), lambda value: condition() if value else true())


def number(condition: Callable[[int], Condition]) -> Filter:
    """Return a filter on a whole number of 32 bits."""
    return Filter(Whole(), condition)


def instant(condition: Callable[[datetime], Condition]) -> Filter:
    """Return a filter on an instant."""
    return Filter(Instant(), condition)


# The API writes whole milliseconds and the database keeps microseconds: what is compared are milliseconds.


def at(column: Column, *, within: Within = _itself) -> Filter:
    """Return a filter on the very millisecond."""
    return instant(lambda value: within(and_(column >= value, column < value + dates.MILLISECOND)))


def before(column: Column) -> Filter:
    """Return a filter on instants before, the given one excluded."""
    return instant(lambda value: column < value)


def after(column: Column, *, within: Within = _itself) -> Filter:
    """Return a filter on instants after, the given one excluded."""
    return instant(lambda value: within(column >= value + dates.MILLISECOND))


def until(column: Column, *, within: Within = _itself) -> Filter:
    """Return a filter on instants before, the given one included."""
    return instant(lambda value: within(column < value + dates.MILLISECOND))


def since(column: Column, *, within: Within = _itself) -> Filter:
    """Return a filter on instants after, the given one included."""
    return instant(lambda value: within(column >= value))


def everything() -> Filter:
    """Return a filter that `true` does not narrow, such as `withoutTenantId` where there are no tenants."""
    return flag(true)
