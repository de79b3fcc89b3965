"""Lists in pages: the newest first, from where the page before ended, so that new entries shift nothing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from flask import request, url_for
from marshmallow import fields, validate
from sqlalchemy import ColumnElement, Select, and_, or_
from sqlalchemy.orm import Session

from server.api.area import Query
from server.api.fields import text
from server.engine_rest.kinds import Text
from workflows import clock, keyset
from workflows.errors import InvalidInput

LONGEST_PAGE = 200
#: Days that begin and end at an instant in every zone.
FIRST_DAY, LAST_DAY = date(1900, 1, 1), date(9998, 12, 31)


class PageQuery(Query):
    """Which page of a list."""

    limit = fields.Integer(
        load_default=50,
        validate=validate.Range(1, LONGEST_PAGE),
        metadata={"description": "How many entries the page has at most."},
    )
    after = Text(
        metadata={"description": "Where the page before ended; part of its `next`, not to be made up."}
    )


def next_page() -> fields.String:
    """Return the member of a list that leads to its next page."""
    return text(
        "Address of the next page, relative to this one's; null on the last page.",
        "/api/v1/clues?limit=50&after=WyIyMDI2…",
        empty=True,
    )


def day(says: str, name: str) -> fields.Date:
    """Return a parameter that is a day of the office's calendar."""
    told = {"description": says, "examples": ["2026-03-09"]}
    return fields.Date(data_key=name, validate=validate.Range(FIRST_DAY, LAST_DAY), metadata=told)


def midnight(day: date) -> datetime:
    """Return the instant at which a day of the office begins."""
    return datetime.combine(day, time(), clock.office_zone())


def between(column: Any, asked: Mapping[str, Any]) -> list[ColumnElement[bool]]:
    """Return the conditions that an instant lies on the days asked for, `since` and `until` included."""
    found = []
    if since := asked.get("since"):
        found.append(column >= midnight(since))
    if until := asked.get("until"):
        found.append(column < midnight(until + timedelta(days=1)))
    return found


def page(
    session: Session, statement: Select[*tuple[Any, ...]], at: Any, key: Any, asked: Mapping[str, Any]
) -> tuple[Sequence[Any], str | None]:
    """Return the rows of the page asked for, the newest first by `at` and `key`, and the next page's address."""
    if mark := asked.get("after"):
        statement = statement.where(_behind(mark, at, key))
    size = asked["limit"]
    rows = session.execute(statement.order_by(at.desc(), key.desc()).limit(size + 1)).all()
    if len(rows) <= size:
        return rows, None
    last = rows[size - 1][0]
    mark = keyset.cursor(getattr(last, at.key), str(getattr(last, key.key)))
    return rows[:size], _address(mark)


def _behind(mark: str, at: Any, key: Any) -> ColumnElement[bool]:
    instant, identifier = keyset.place(mark)
    try:
        instant, place = instant.astimezone(UTC), key.type.python_type(identifier)
    except (OverflowError, ValueError):
        raise InvalidInput("The cursor is not one that this listing gave.", code="cursor") from None
    return or_(at < instant, and_(at == instant, key < place))


def _address(mark: str) -> str:
    asked = {name: value for name, value in request.args.items() if name != "after"}
    return url_for(request.endpoint or "", **{**(request.view_args or {}), **asked, "after": mark})
