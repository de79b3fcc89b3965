"""How often an account may do what costs much: counted in the database, so that every server process counts together."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import String, delete
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Mapped, Session, mapped_column

from workflows import clock
from workflows.errors import DubanError
from workflows.model import Base

HOUR = timedelta(hours=1)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Limit:
    """So many of a kind in each span; spans follow one another without a gap, from midnight UTC."""

    name: str
    most: int
    span: timedelta


#: Requests that bring files: an agency's system may send a night's transfers with their materials.
UPLOADS = Limit("upload", 1000, HOUR)
#: Papers drawn as PDF, workbooks, files given out: more than anybody can read.
EXPORTS = Limit("export", 600, HOUR)


class Spent(Base):
    """How many of a kind an account has spent in a span."""

    __tablename__ = "rate_spent"

    login: Mapped[str] = mapped_column(String(64), primary_key=True)
    kind: Mapped[str] = mapped_column(String(16), primary_key=True)
    since: Mapped[datetime] = mapped_column(primary_key=True)  #: when the span began
    count: Mapped[int]


class TooMany(DubanError):
    """The account has done this too often; `retry_after` says how long to wait."""

    def __init__(self, limit: Limit, retry_after: timedelta) -> None:
        minutes = max(1, round(retry_after.total_seconds() / 60))
        super().__init__(
            f"Too many requests of the kind {limit.name!r}: at most {limit.most} in {limit.span}.",
            code="rate_limit",
            minutes=minutes,
        )
        self.retry_after = retry_after


def spend(session: Session, login: str, limit: Limit) -> None:
    """Count one more, or raise TooMany where the span's number is spent."""
    now = clock.now()
    since = now - (now - _EPOCH) % limit.span
    one = _insert(session)(Spent).values(login=login, kind=limit.name, since=since, count=1)
    # One statement, so that of two servers each sees what the other has counted.
    counted = one.on_conflict_do_update(
        index_elements=[Spent.login, Spent.kind, Spent.since], set_={"count": Spent.count + 1}
    )
    if session.scalar(counted.returning(Spent.count)) > limit.most:
        raise TooMany(limit, since + limit.span - now)


def forget(session: Session) -> None:
    """Delete the counts of spans that are over."""
    session.execute(delete(Spent).where(Spent.since < clock.now() - timedelta(days=1)))


def _insert(session: Session) -> Any:
    return postgresql.insert if session.get_bind().dialect.name == "postgresql" else sqlite.insert
