"""Lists as the Camunda 7 REST API asks for them: filters, sorting, paging, by query string or JSON body.

A list resource says once which filters it has; whatever it does not know is refused, for a filter that is
silently ignored gives a wrong result.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any

from flask import request
from marshmallow import RAISE, Schema, ValidationError, fields, validate
from sqlalchemy import ColumnElement, Select, SQLColumnExpression, and_, func, or_, select, true
from sqlalchemy.orm import Session

from server.engine_rest import dates
from server.engine_rest.bodies import json_object, loaded
from server.engine_rest.errors import BadUserRequest, invalid
from server.engine_rest.text import Text
from workflows.actor import Actor

#: No list is longer than this; a client that wants more pages through it.
LONGEST_LIST = 10_000
#: No filter names more values than this.
MOST_VALUES = 1000
INT32 = 2**31
PAGING = {"firstResult", "maxResults"}
SORTING = {"sortBy", "sortOrder"}

Column = SQLColumnExpression[Any]
Condition = ColumnElement[bool]
#: Puts a condition on another table's column into place, such as `id IN (SELECT … WHERE condition)`.
Within = Callable[[Condition], Condition]


def _itself(condition: Condition) -> Condition:
    return condition


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


@dataclass(frozen=True)
class Query:
    """What one list resource may be asked."""

    filters: Mapping[str, Filter]
    sorts: Mapping[str, Column]
    key: Column  #: unique, so that pages never overlap
    #: What filters mean together: takes what is asked, gives further conditions or raises BadUserRequest.
    together: Callable[[Mapping[str, Any]], Sequence[Condition]] = lambda asked: ()

    def rows(self, session: Session, statement: Select[*tuple[Any, ...]], actor: Actor) -> Sequence[Any]:
        """Return the rows the request asks for, of those that the statement lets be seen."""
        asked = self._asked()
        statement = statement.where(*self._conditions(asked, session, actor)).order_by(*self._order(asked))
        first, most = _page()
        limit = LONGEST_LIST + 1 if most is None else most
        found = session.execute(statement.offset(first).limit(limit)).all()
        if len(found) > LONGEST_LIST:
            raise BadUserRequest(f"More than {LONGEST_LIST} results: page with firstResult and maxResults.")
        return found

    def count(self, session: Session, statement: Select[*tuple[Any, ...]], actor: Actor) -> dict[str, int]:
        """Return `{"count": n}` of the rows that match the request's filters."""
        conditions = self._conditions(self._asked(), session, actor)
        matching = statement.where(*conditions).with_only_columns(self.key).subquery()
        return {"count": session.scalar(select(func.count()).select_from(matching)) or 0}

    def _asked(self) -> dict[str, Any]:
        """Return the request's filters and sorting, read and checked."""
        asked = json_object() if request.method == "POST" else {}
        in_url = {name: _once(name) for name in request.args if name not in PAGING}
        if request.method == "POST" and in_url:
            raise invalid({name: ["Filters stand in the body of a POST."] for name in in_url})
        for name, value in in_url.items():
            asked[name] = value.split(",") if isinstance(self._fields.get(name), fields.List) else value
        return loaded(self._schema, asked)

    @cached_property
    def _fields(self) -> dict[str, fields.Field[Any]]:
        return {name: found.field for name, found in self.filters.items()}

    @cached_property
    def _schema(self) -> Schema:
        sort_by = fields.String(validate=validate.OneOf(sorted(self.sorts)))
        order = fields.String(validate=validate.OneOf(["asc", "desc"]))
        nothing = fields.Raw(allow_none=True, validate=validate.OneOf([None, {}]))
        one = Schema.from_dict({"sortBy": sort_by, "sortOrder": order, "parameters": nothing})
        sorting = fields.List(fields.Nested(one(unknown=RAISE)))
        all_fields = {**self._fields, "sortBy": sort_by, "sortOrder": order, "sorting": sorting}
        return Schema.from_dict(all_fields)(unknown=RAISE)

    def _conditions(self, asked: Mapping[str, Any], session: Session, actor: Actor) -> list[Condition]:
        filters = [(self.filters[name], value) for name, value in asked.items() if name in self.filters]
        return [*(one.of(value, session, actor) for one, value in filters), *self.together(asked)]

    def _order(self, asked: Mapping[str, Any]) -> list[ColumnElement[Any]]:
        """Return the asked order, made total by the key; what has no value comes last, descending first."""
        wanted = list(asked.get("sorting", []))
        if SORTING & set(asked):
            wanted.insert(0, {name: asked[name] for name in SORTING & set(asked)})
        if any(not one.keys() >= SORTING for one in wanted):
            raise BadUserRequest("Only a single sorting parameter specified. sortBy and sortOrder required.")
        order = [_directed(self.sorts[one["sortBy"]], one["sortOrder"]) for one in wanted]
        return [*order, self.key.asc()]


def _directed(column: Column, order: str) -> ColumnElement[Any]:
    if not getattr(column, "nullable", True):
        # Said of a column that is never empty, where they would stand keeps SQLite from the index.
        return column.asc() if order == "asc" else column.desc()
    return column.asc().nulls_last() if order == "asc" else column.desc().nulls_first()


def _once(name: str) -> str:
    values = request.args.getlist(name)
    if len(values) > 1:
        raise invalid({name: ["The parameter is given more than once."]})
    return values[0]


def _page() -> tuple[int, int | None]:
    first, most = _whole("firstResult"), _whole("maxResults")
    if most is not None and most > LONGEST_LIST:
        raise BadUserRequest(f"Max results limit of {LONGEST_LIST} exceeded!")
    return first or 0, most


def _whole(name: str) -> int | None:
    if name not in request.args:
        return None
    value = _once(name)
    # Ten digits: PostgreSQL takes 64 bits, and no list is that long.
    if not re.fullmatch(r"[0-9]{1,10}", value):
        raise invalid({name: ["It must be a whole number, 0 or more."]})
    return int(value)


def arguments(**known: fields.Field[Any]) -> dict[str, Any]:
    """Return the request's query parameters as these fields read them; any other is refused."""
    asked = {name: _once(name) for name in request.args}
    return loaded(Schema.from_dict(dict(known))(unknown=RAISE), asked)
