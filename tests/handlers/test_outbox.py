"""The outbox on both kinds of database: what is written for a notice, leased once, put off, given up, tried again."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from handlers import deadlines, notifications, outbox
from handlers.notifications import Notification
from handlers.outbox import OutgoingMessage, Ways, queue
from handlers.wall import Wall
from workflows import clock, plans, tasks, visibility
from workflows.actor import Actor
from workflows.errors import NotFound

FRIDAY = datetime(2026, 3, 6, 2, 0, tzinfo=UTC)  # 10:00 in the office
WAYS = Ways(mail=True, digest_hour=8)
ANNA, ADMIN = Actor("anna"), Actor("admin")


def test_a_notice_becomes_the_messages_that_its_reader_has_chosen(session: Session) -> None:
    mail = {**outbox.KINDS, "matter": "none"}
    outbox.choices.save(session, ANNA, address="anna@office.test", mail=mail, webhooks=["overdue"])
    target = outbox.webhooks.add(
        session,
        name="Board",
        url="https://board.test/",
        kinds=["overdue", "matter"],
        networks=(),
        actor=ADMIN,
    )
    with clock.held_at(FRIDAY):
        for code in ("deadline.overdue", "deadline.recounted", "clue.major"):
            notifications.notify(session, ["anna", "bert"], code=code)
        assert outbox.waiting(session)
        assert outbox.spread(session, WAYS) == 6
        assert not outbox.waiting(session)
        assert outbox.spread(session, WAYS) == 0
    rows = session.scalars(
        select(OutgoingMessage).order_by(OutgoingMessage.notification_id, OutgoingMessage.channel)
    )
    monday = datetime(2026, 3, 9, 0, 0, tzinfo=UTC)
    assert [(row.login, row.channel, row.due_at, row.webhook_id) for row in rows] == [
        ("anna", "mail", FRIDAY, None),
        ("anna", "webhook", FRIDAY, target.id),
        ("bert", "webhook", FRIDAY, target.id),
        ("anna", "digest", monday, None),
        ("bert", "webhook", FRIDAY, target.id),
    ]


def test_a_message_is_leased_once_put_off_longer_and_longer_and_given_up(session: Session) -> None:
    outbox.choices.save(session, ANNA, address="anna@office.test", mail=outbox.KINDS, webhooks=())
    now = FRIDAY
    with clock.held_at(now):
        notifications.notify(session, ["anna"], code="clue.major")
        outbox.spread(session, WAYS)
        (message,) = queue.lease(session, "mail", "one", 20)
        assert queue.lease(session, "mail", "two", 20) == []
        # Who has no lease has no say.
        queue.sent(session, [message.id], "two")
        assert not queue.due(session, "mail")
    pauses = []
    for attempt in range(queue.MAX_ATTEMPTS):
        with clock.held_at(now):
            if attempt:
                (message,) = queue.lease(session, "mail", "one", 20)
            given_up = queue.failed(session, [message.id], "one", "SMTP 450")
            session.flush()
            if message.retry_at:
                pauses.append(message.retry_at - now)
                now = message.retry_at
    assert pauses[:3] == [timedelta(seconds=30), timedelta(minutes=2), timedelta(minutes=8)]
    assert pauses == sorted(pauses)
    assert max(pauses) == queue.LONGEST_RETRY
    assert (given_up, message.status, message.attempts) == (1, "failed", queue.MAX_ATTEMPTS)
    assert queue.undelivered(session, 10) == [message]
    with pytest.raises(NotFound):
        queue.retry(session, "another", actor=ADMIN)
    with clock.held_at(now):
        assert queue.retry(session, None, actor=ADMIN) == 1
        session.expire_all()
        (message,) = queue.lease(session, "mail", "two", 20)
        queue.sent(session, [message.id], "two")
        assert queue.counts(session) == {("mail", "sent"): 1}
    queue.forget(session, now + timedelta(days=1))
    assert queue.counts(session) == {}
    assert session.scalars(select(Notification.spread)).all() == [True]


def test_a_digest_never_leaves_on_a_day_off(session: Session) -> None:
    days = plans.work_days(session)
    eve = datetime(2026, 9, 30, 2, 0, tzinfo=UTC)  # National Day is off until the 7th
    assert outbox.next_digest(eve, 8, days) == datetime(2026, 10, 8, 0, 0, tzinfo=UTC)
    assert outbox.next_digest(FRIDAY, 11, days) == FRIDAY + timedelta(hours=1)
    assert outbox.next_digest(FRIDAY, 10, days) == datetime(2026, 3, 9, 2, 0, tzinfo=UTC)


def test_both_databases_understand_the_questions_of_calendars(session: Session) -> None:
    visibility.install(Wall())
    actor = Actor("head", frozenset({"head", "office_head", "office_head@JD1", "leader", "leader@JW"}))
    ahead = FRIDAY + timedelta(days=31)
    assert tasks.deadlines.mine(session, actor, until=ahead) == []
    wanted = deadlines.of_unit("JD1")
    assert tasks.deadlines.where(session, actor, wanted, since=FRIDAY, until=ahead) == []
    assert deadlines.units_for(session, actor) == []
