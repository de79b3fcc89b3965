"""Commands sent twice: what was answered under a client's own key, so that sending it again does nothing again.

The key's row and what the command did are one transaction: either both are there or neither, whatever crashes
between. Of two requests with one key at a time, the second waits for the first at the row.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import String, delete
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Mapped, Session, mapped_column

from workflows import clock
from workflows.errors import DubanError
from workflows.model import Base

#: How long an answer is kept under its key.
KEPT_FOR = timedelta(days=7)
LONGEST_KEY = 255


@dataclass(frozen=True)
class Answer:
    """What a command answered: a JSON object without names or narratives, and where the new thing is."""

    body: dict[str, Any]
    location: str = ""


class Repeat(Base):
    """A key that an account has sent a command under, and the answer."""

    __tablename__ = "idempotency_key"

    login: Mapped[str] = mapped_column(String(64), primary_key=True)
    key: Mapped[str] = mapped_column(String(LONGEST_KEY), primary_key=True)
    digest: Mapped[str] = mapped_column(String(64))  #: SHA-256 of the command
    body: Mapped[dict[str, Any]]
    location: Mapped[str] = mapped_column(default="")
    created_at: Mapped[datetime] = mapped_column(index=True)


class KeyReused(DubanError):
    """The key was sent with another command before."""

    def __init__(self) -> None:
        super().__init__(
            "This Idempotency-Key was sent with another request before: use a new key for each command, "
            "and the same key only to repeat it.",
            code="key_reused",
        )


def once(session: Session, act: Callable[[], Answer], *, login: str, key: str | None, digest: str) -> Answer:
    """Return what the act answers, or what it answered when it was sent under this key before.

    Without a key it is done each time. A command that fails keeps nothing: its key may be used again.
    """
    if key is None:
        return act()
    _forget_old(session, login, key)
    row = Repeat(login=login, key=key, digest=digest, body={}, created_at=clock.now())
    try:
        with session.begin_nested():
            session.add(row)
    except IntegrityError:
        found = session.get_one(Repeat, (login, key))
        if found.digest != digest:
            raise KeyReused from None
        return Answer(found.body, found.location)
    answer = act()
    row.body, row.location = answer.body, answer.location
    return answer


def forget(session: Session) -> None:
    """Delete the answers that are no longer kept."""
    session.execute(delete(Repeat).where(Repeat.created_at < clock.now() - KEPT_FOR))


def _forget_old(session: Session, login: str, key: str) -> None:
    old = Repeat.created_at < clock.now() - KEPT_FOR
    session.execute(delete(Repeat).where(Repeat.login == login, Repeat.key == key, old))
