"""Notifications: one line a person, only one's own, newest first."""

from datetime import UTC, datetime

from sqlalchemy.orm import Session

from handlers import notifications
from workflows import clock

NOW = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)


def test_each_person_is_told_once_in_the_order_given(session: Session) -> None:
    with clock.held_at(NOW):
        told = notifications.notify(session, ["bert", "anna", "bert"], code="deadline.warn", level="warn")
    assert told == ["bert", "anna"]
    assert notifications.unread_count(session, "bert") == 1
    (row,) = notifications.listing(session, "anna").rows
    assert (row.at, row.code, row.level, row.read_at) == (NOW, "deadline.warn", "warn", None)


def test_reading_touches_only_ones_own(session: Session) -> None:
    notifications.notify(session, ["anna", "bert"], code="x")
    notifications.notify(session, ["anna"], code="y")
    (foreign,) = notifications.listing(session, "bert").rows
    first = notifications.listing(session, "anna").rows[-1]
    assert notifications.mark_read(session, "anna", [first.id, foreign.id]) == 1
    assert notifications.unread_count(session, "anna") == 1
    assert notifications.unread_count(session, "bert") == 1
    assert notifications.mark_read(session, "anna") == 1
    assert notifications.mark_read(session, "anna") == 0
    assert notifications.listing(session, "anna", unread=True).rows == []


def test_pages_follow_one_another_without_gap(session: Session) -> None:
    for number in range(5):
        notifications.notify(session, ["anna"], code="x", params={"number": number})
    seen, before = [], None
    while True:
        page = notifications.listing(session, "anna", before=before, limit=2)
        seen += [row.params["number"] for row in page.rows]
        before = page.next
        if before is None:
            break
    assert seen == [4, 3, 2, 1, 0]
