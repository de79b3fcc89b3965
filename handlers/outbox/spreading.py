"""From notices to messages: for each notice, whom it leaves the system for, as its reader has chosen.

A notice is written in the transaction that causes it, unspread; spreading is a transaction of its own, so that
a timer that tells fifty people asks for nobody's preferences.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from handlers.notifications import Notification
from handlers.outbox import choices, webhooks
from handlers.outbox.choices import Choice
from handlers.outbox.kinds import kind_of
from handlers.outbox.model import OutgoingMessage, Webhook
from handlers.recusals import blocking
from workflows import clock, plans
from workflows.calendar import WorkDays

#: Notices spread in one transaction.
BATCH = 200
DAY = timedelta(days=1)


@dataclass(frozen=True)
class Ways:
    """Which ways out there are: no message waits for one that the operator has not opened."""

    mail: bool
    digest_hour: int  #: of the office's clock, on working days


def waiting(session: Session) -> bool:
    """Return whether there are notices to spread."""
    return session.scalar(select(Notification.id).where(~Notification.spread).limit(1)) is not None


def spread(session: Session, ways: Ways) -> int:
    """Write the messages of the oldest notices that have none yet; return how many notices these were."""
    unspread = select(Notification).where(~Notification.spread).order_by(Notification.id)
    notices = session.scalars(unspread.limit(BATCH).with_for_update(skip_locked=True)).all()
    if notices:
        kept_from = _kept_from(session, notices)
        logins = {notice.login for notice in notices}
        chosen = choices.of(session, logins)
        known = choices.addresses(session, logins) if ways.mail else {}
        targets = webhooks.listing(session)
        digest_at = next_digest(clock.now(), ways.digest_hour, plans.work_days(session))
        for notice in notices:
            notice.spread = True
            if notice.id in kept_from:
                continue
            kind = kind_of(notice.code)
            choice = chosen[notice.login][kind]
            if notice.login in known:
                session.add_all(_mail(notice, choice, digest_at))
            session.add_all(_hooks(notice, choice, kind, targets))
        session.flush()
    return len(notices)


def next_digest(now: datetime, hour: int, days: WorkDays) -> datetime:
    """Return when the next digest leaves, aware UTC: at the office's hour of a working day, later than now."""
    zone = clock.office_zone()
    day = now.astimezone(zone).date()
    if datetime.combine(day, time(hour), zone) <= now:
        day += DAY
    while not days.is_working(day):
        day += DAY
    return datetime.combine(day, time(hour), zone).astimezone(UTC)


def _kept_from(session: Session, notices: Sequence[Notification]) -> set[int]:
    """Return which notices are for somebody who has been recused from their matter meanwhile."""
    ids = [notice.id for notice in notices]
    blocked = blocking(Notification.login, Notification.scope_id)
    return set(session.scalars(select(Notification.id).where(Notification.id.in_(ids), blocked)))


def _mail(notice: Notification, choice: Choice, digest_at: datetime) -> Iterator[OutgoingMessage]:
    if choice.mail == "now":
        yield _message(notice, "mail", clock.now())
    elif choice.mail == "digest":
        yield _message(notice, "digest", digest_at)


def _hooks(
    notice: Notification, choice: Choice, kind: str, targets: Sequence[Webhook]
) -> Iterator[OutgoingMessage]:
    if choice.webhooks:
        for target in targets:
            if kind in target.kinds:
                yield _message(notice, "webhook", clock.now(), target.id)


def _message(
    notice: Notification, channel: str, due_at: datetime, webhook_id: str | None = None
) -> OutgoingMessage:
    return OutgoingMessage(
        key=f"{notice.id}:{webhook_id or 'mail'}",
        channel=channel,
        login=notice.login,
        notification_id=notice.id,
        webhook_id=webhook_id,
        created_at=clock.now(),
        due_at=due_at,
    )
