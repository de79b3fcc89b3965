"""Lists as the Camunda 7 REST API asks for them: filters, sorting, paging, by query string or JSON body.

A list resource says once which filters it has; whatever it does not know is refused, for a filter that is
silently ignored gives a wrong result.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from flask import request
from marshmallow import RAISE, Schema, fields, validate
from sqlalchemy import ColumnElement, Select, func, select, true
from sqlalchemy.orm import Session

from server.engine_rest.bodies import json_object, loaded
from server.engine_rest.errors import BadUserRequest, invalid
from server.engine_rest.filters import Column, Condition, Filter
from workflows.actor import Actor

#: No list is longer than this; a client that wants more pages through it.
LONGEST_LIST = 10_000
PAGING = {"firstResult", "maxResults"}
SORTING = {"sortBy", "sortOrder"}


@dataclass(frozen=True)
class Shortcut:
    """Where a page is found without looking at all that match it: filters that an index serves in the asked order.

    `condition` takes what is asked and gives None where that is not so; else what makes of all other conditions,
    and how many rows are wanted, the condition on these rows.
    """

    filters: frozenset[str]
    condition: Callable[
        [Mapping[str, Any], Session, Actor], Callable[[Sequence[Condition], int], Condition] | None
    ]


@dataclass(frozen=True)
class Query:
    """What one list resource may be asked."""

    filters: Mapping[str, Filter]
    sorts: Mapping[str, Column]
    key: Column  #: unique, so that pages never overlap
    #: What filters mean together: takes what is asked, gives further conditions or raises BadUserRequest.
    together: Callable[[Mapping[str, Any]], Sequence[Condition]] = lambda asked: ()
    shortcut: Shortcut | None = None

    def rows(self, session: Session, statement: Select[*tuple[Any, ...]], actor: Actor) -> Sequence[Any]:
        """Return the rows the request asks for, of those that the statement lets be seen."""
        asked = self.asked()
        first, most = page()
        limit = LONGEST_LIST + 1 if most is None else most
        conditions = self._conditions(asked, session, actor)
        if self.shortcut and (condition := self.shortcut.condition(asked, session, actor)):
            others = {name: value for name, value in asked.items() if name not in self.shortcut.filters}
            rest = self._conditions(others, session, actor)
            seen = true() if statement.whereclause is None else statement.whereclause
            conditions = [condition([seen, *rest], first + limit)]
        statement = statement.where(*conditions).order_by(*self._order(asked))
        found = session.execute(statement.offset(first).limit(limit)).all()
        if len(found) > LONGEST_LIST:
            raise BadUserRequest(f"More than {LONGEST_LIST} results: page with firstResult and maxResults.")
        return found

    def count(self, session: Session, statement: Select[*tuple[Any, ...]], actor: Actor) -> dict[str, int]:
        """Return `{"count": n}` of the rows that match the request's filters."""
        conditions = self._conditions(self.asked(), session, actor)
        matching = statement.where(*conditions).with_only_columns(self.key).subquery()
        return {"count": session.scalar(select(func.count()).select_from(matching)) or 0}

    def asked(self) -> dict[str, Any]:
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


def page() -> tuple[int, int | None]:
    """Return where the asked page begins, and how long it is, None for all; InvalidInput where either is no number."""
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
