"""Messages that wait to be sent: leased for a while, sent outside any transaction, tried again, given up to a person.

A lease is committed before anything is sent, and each message's fate right after: who is killed in between
leaves a lease that ends by itself, and at most the one message in the air is sent again, under the same id.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, and_, delete, func, or_, select, update
from sqlalchemy.orm import Session

from handlers.notifications import Notification
from handlers.outbox.model import OutgoingMessage as Message
from workflows import audit, clock
from workflows.actor import Actor
from workflows.errors import NotFound

#: After half a minute, two, eight …, then every six hours: a mail server may be away for a night and a day.
MAX_ATTEMPTS = 10
FIRST_RETRY, RETRY_FACTOR, LONGEST_RETRY = timedelta(seconds=30), 4, timedelta(hours=6)
#: Longer than a batch takes with every time limit reached.
LEASED = timedelta(minutes=15)


def due(session: Session, channel: str) -> bool:
    """Return whether something of the channel is to be sent now."""
    return session.scalar(select(Message.id).where(_ready(channel, clock.now())).limit(1)) is not None


def lease(session: Session, channel: str, worker: str, limit: int) -> Sequence[Message]:
    """Return due messages that are this worker's for a while, a login's together, soonest first; commit at once."""
    now = clock.now()
    ready = select(Message.id).where(_ready(channel, now))
    first = Message.login if channel == "digest" else Message.due_at
    ids = session.scalars(
        ready.order_by(first, Message.notification_id).limit(limit).with_for_update(skip_locked=True)
    ).all()
    if not ids:
        return []
    taken = update(Message).where(Message.id.in_(ids), _ready(channel, now))
    got = session.scalars(taken.values(leased_by=worker, leased_until=now + LEASED).returning(Message)).all()
    return sorted(got, key=lambda message: ids.index(message.id))


def sent(session: Session, ids: Collection[str], worker: str) -> None:
    """Note that these messages have left."""
    _end(session, ids, worker, status="sent", done_at=clock.now(), error=None)


def dropped(session: Session, ids: Collection[str], worker: str, why: str) -> None:
    """Note that nobody is to have these messages any more."""
    _end(session, ids, worker, status="dropped", done_at=clock.now(), error=why)


def withdraw(session: Session, login: str, scope_id: str) -> None:
    """Let nothing leave any more for somebody who is recused from a matter; what waits is dropped."""
    of_matter = select(Notification.id).where(Notification.login == login, Notification.scope_id == scope_id)
    waits = update(Message).where(Message.status == "waiting", Message.notification_id.in_(of_matter))
    session.execute(waits.values(status="dropped", done_at=clock.now(), error="recused", leased_by=None))


def failed(session: Session, ids: Collection[str], worker: str, why: str, *, for_good: bool = False) -> int:
    """Note that these messages did not leave; return how many wait for an administrator from now on."""
    given_up = 0
    mine = select(Message).where(Message.id.in_(ids), Message.leased_by == worker).with_for_update()
    for message in session.scalars(mine):
        message.attempts += 1
        message.leased_by = message.leased_until = None
        message.error = why
        if for_good or message.attempts >= MAX_ATTEMPTS:
            message.status, message.retry_at = "failed", None
            given_up += 1
        else:
            pause = FIRST_RETRY * RETRY_FACTOR ** (message.attempts - 1)
            message.retry_at = clock.now() + min(pause, LONGEST_RETRY)
    return given_up


def undelivered(session: Session, limit: int) -> Sequence[Message]:
    """Return the messages that were given up, the latest first."""
    rows = select(Message).where(Message.status == "failed").order_by(Message.due_at.desc(), Message.id)
    return session.scalars(rows.limit(limit)).all()


def counts(session: Session) -> dict[tuple[str, str], int]:
    """Return how many messages there are by channel and status."""
    rows = select(Message.channel, Message.status, func.count()).group_by(Message.channel, Message.status)
    return {(channel, status): count for channel, status, count in session.execute(rows)}


def retry(session: Session, message_id: str | None, *, actor: Actor) -> int:
    """Let one undelivered message, or all, be tried again at once; return how many. NotFound where none is."""
    again = update(Message).where(Message.status == "failed")
    if message_id is not None:
        again = again.where(Message.id == message_id)
    values = {"status": "waiting", "attempts": 0, "retry_at": None, "error": None}
    count = len(session.scalars(again.values(**values).returning(Message.id)).all())
    if message_id is not None and not count:
        raise NotFound("There is no such undelivered message.", code="message")
    detail = {"message": message_id or "all", "count": count}
    audit.record(session, actor=actor, act="message.retry", detail=detail)
    return count


def forget(session: Session, before: datetime) -> None:
    """Delete what left or was dropped before an instant; what was given up stays until somebody has seen to it."""
    old = delete(Message).where(Message.status.in_(("sent", "dropped")), Message.done_at < before)
    session.execute(old.execution_options(synchronize_session=False))


def _end(session: Session, ids: Collection[str], worker: str, **values: object) -> None:
    # Who was so slow that another has leased it leaves the fate to that one.
    mine = update(Message).where(Message.id.in_(ids), Message.leased_by == worker)
    session.execute(mine.values(leased_by=None, leased_until=None, retry_at=None, **values))


def _ready(channel: str, now: datetime) -> ColumnElement[bool]:
    return and_(
        Message.channel == channel,
        Message.status == "waiting",
        Message.due_at <= now,
        or_(Message.leased_until.is_(None), Message.leased_until < now),
        or_(Message.retry_at.is_(None), Message.retry_at <= now),
    )
