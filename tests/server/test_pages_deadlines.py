"""My week, a unit's month, the calendar feed and the unread count: only what the reader may see, at a constant cost."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import event, select, update
from werkzeug.test import TestResponse

from server import auth, icalendar
from server.auth import feeds
from server.auth.feeds import CalendarFeed
from server.auth.sessions import AuthSession
from server.pages.feed import FEEDS, MISSES
from server.traffic.rates import Spent
from tests.city import City
from tests.server.visitors import Visitor
from workflows import clock, ladder
from workflows.model import NEVER, Task

HALF = timedelta(minutes=30)
ADDRESS = re.compile(r"https?://[^<]+?(/calendar/([^<]+)\.ics)")


@contextmanager
def counted(city: City) -> Iterator[list[str]]:
    """Collect the statements that are asked of the table of tasks."""
    asked: list[str] = []

    def note(connection: object, cursor: object, statement: str, *rest: object) -> None:
        if "FROM task " in statement or "FROM task\n" in statement:
            asked.append(statement)

    event.listen(city.database.engine, "before_cursor_execute", note)
    yield asked
    event.remove(city.database.engine, "before_cursor_execute", note)


def due(city: City, task: Task, at: datetime) -> None:
    with city.database.unit_of_work() as session:
        session.execute(update(Task).where(Task.id == task.id).values(due_at=at, sorts_at=at))


def lines(answer: TestResponse) -> list[str]:
    """Return the unfolded lines of a calendar."""
    assert answer.headers["Content-Type"] == "text/calendar; charset=utf-8"
    raw = answer.get_data()
    assert raw.endswith(b"\r\n")
    assert all(len(line) <= 75 for line in raw.split(b"\r\n"))
    return raw.replace(b"\r\n ", b"").decode().split("\r\n")


def test_the_week_and_the_month_show_what_the_reader_may_see(city: City) -> None:
    first = city.transfer()
    held = city.advance(first, "a9")
    city.claim(held, "handler")
    other = city.task(city.transfer(), "a3")
    monday = date(2039, 3, 7)
    # At 24:00 of Sunday: the week that ends, not the one that begins.
    due(city, held, datetime(2039, 3, 13, 16, tzinfo=UTC))
    with counted(city) as asked:
        page = Visitor(city, "handler").get(f"/week?week={monday}").text
    assert f"/tasks/{held.id}" in page
    assert page.index("3月13日") < page.index(f"/tasks/{held.id}")
    assert f"/tasks/{other.id}" not in page
    few = len(asked)
    assert f"/tasks/{held.id}" not in Visitor(city, "handler").get("/week?week=2039-03-14").text
    # In the present week whatever is overdue stands first; an address that says no day is the present week.
    due(city, held, clock.now() - timedelta(days=30))
    late = Visitor(city, "handler").get("/week?week=30%20February").text
    assert 'id="late"' in late
    assert f"/tasks/{held.id}" in late
    # A clock that stands is due on no day, and is shown all the same.
    with city.database.unit_of_work() as session:
        row = session.get_one(Task, held.id)
        row.paused_at, row.due_at, row.sorts_at = clock.now(), None, NEVER
    page = Visitor(city, "handler").get("/week").text
    assert page.index('id="paused"') < page.index(f"/tasks/{held.id}")
    assert 'id="paused"' not in Visitor(city, "handler4").get("/week").text

    due(city, held, datetime(2039, 3, 31, 16, tzinfo=UTC))
    for _ in range(3):
        due(city, city.task(city.transfer(), "a3"), datetime(2039, 3, 8, 16, tzinfo=UTC))
    with counted(city) as asked:
        month = Visitor(city, "head").get("/calendar?unit=JD1&month=2039-03&day=2039-03-31").text
    assert month.count(f"/tasks/{held.id}") == 2  # in the grid, and in the list of the day
    assert len(asked) <= few
    assert f"/tasks/{held.id}" not in Visitor(city, "head").get("/calendar?unit=JD1&month=2039-04").text
    # Another handler of the office, who is not on the matter; another office's calendar does not exist.
    with city.database.reading() as session:
        assert session.get_one(Task, held.id).assignee == "handler"
    stranger = Visitor(city, "handler3")
    assert stranger.get("/calendar?unit=JD1&month=2039-03").status_code == 404
    assert f"/tasks/{held.id}" not in stranger.get("/calendar?month=2039-03").text
    assert Visitor(city, "agency").get("/calendar?unit=AGS").status_code == 404
    assert f"/tasks/{held.id}" not in Visitor(city, "leader").get("/calendar?unit=JD2&month=2039-03").text
    # Who belongs to no unit has his own week.
    assert Visitor(city, "admin").get("/calendar").location == "/week"
    assert Visitor(city, "admin").get("/calendar?unit=JD1").location == "/week"


def test_a_feed_is_shown_once_and_says_number_step_and_day(
    city: City, capsys: pytest.CaptureFixture[str]
) -> None:
    held = city.advance(city.transfer(), "a9")
    city.claim(held, "handler")
    due(city, held, clock.now() + timedelta(days=9, minutes=7))
    reader = Visitor(city, "handler")
    made = ADDRESS.search(reader.post("/profile/calendar").text)
    assert made
    path, token = made.groups()
    assert token not in reader.get("/profile/notices").text
    program = city.app.test_client()
    answer = program.get(path)
    assert answer.headers["Cache-Control"].startswith("private")
    told = lines(answer)
    uid = f"UID:task-{held.id}@duban"
    assert uid in told
    summary = told[told.index(uid) + 3]
    assert re.fullmatch(r"SUMMARY:XS-\d{4}-\d{5} 集体研究并提出处置意见", summary), summary
    assert "钱某某" not in answer.text
    assert told[told.index(uid) + 2].startswith("DTSTART:")  # within a day: the instant
    with city.database.unit_of_work() as session:
        row = session.get_one(Task, held.id)
        row.due_at = row.sorts_at = datetime(2026, 3, 9, 16, tzinfo=UTC).replace(year=clock.now().year + 1)
        day = ladder.last_day(row.sorts_at)
        assert session.scalars(select(CalendarFeed.digest)).one() != token
    told = lines(program.get(path))
    assert told[told.index(uid) + 2] == f"DTSTART;VALUE=DATE:{day:%Y%m%d}"
    assert told[told.index(uid) + 3] == f"DTEND;VALUE=DATE:{day + timedelta(days=1):%Y%m%d}"
    # Another address ends this one; so do withdrawal, and the end of the account.
    second = ADDRESS.search(reader.post("/profile/calendar").text)
    assert second
    assert program.get(path).status_code == 404
    assert program.get(second[1]).status_code == 200
    assert reader.post("/profile/calendar/withdraw").status_code == 303
    assert program.get(second[1]).status_code == 404
    assert reader.post("/profile/calendar/withdraw").status_code == 404
    with city.database.unit_of_work() as session:
        third = feeds.create(session, "handler2", "en")
    assert program.get(f"/calendar/{third}.ics").status_code == 200
    with city.database.unit_of_work() as session:
        auth.disable(session, "handler2", actor="admin")
        auth.enable(session, "handler2", actor="admin")
    assert program.get(f"/calendar/{third}.ics").status_code == 404
    assert token not in capsys.readouterr().out


def test_a_feed_is_asked_for_so_often_only(city: City) -> None:
    with clock.held_at(datetime(2030, 1, 1, 0, 30, tzinfo=UTC)):
        with city.database.unit_of_work() as session:
            token = feeds.create(session, "clerk", "zh_Hans_CN")
            for who, limit in (("clerk", FEEDS), ("ip:127.0.0.1", MISSES)):
                session.add(Spent(login=who, kind=limit.name, since=clock.now() - HALF, count=limit.most - 1))
        program = city.app.test_client()
        answers = [program.get(f"/calendar/{token}.ics").status_code for _ in range(2)]
        assert answers == [200, 429]
        guesses = [program.get(f"/calendar/guess{n}.ics") for n in range(2)]
        assert [answer.status_code for answer in guesses] == [404, 429]
        assert int(guesses[-1].headers["Retry-After"]) <= 1800


@settings(max_examples=25, deadline=None)
@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=120))
def test_any_text_is_folded_and_escaped_as_the_standard_has_it(text: str) -> None:
    day = icalendar.Event("task-1@duban", date(2026, 12, 31), text, "https://duban.test/t", datetime.now(UTC))
    made = icalendar.calendar("期限", "Asia/Shanghai", [day])
    pieces = made.encode().split(b"\r\n")
    assert all(len(piece) <= icalendar.OCTETS for piece in pieces)
    assert [piece.decode() for piece in pieces]  # no character was cut
    value = made.replace("\r\n ", "").partition("\r\nSUMMARY:")[2].partition("\r\nURL")[0]
    back = re.sub(r"\\(.)", lambda found: "\n" if found[1] == "n" else found[1], value)
    kept = text.replace("\r\n", "\n").replace("\r", "\n")
    assert back == "".join(c for c in kept if (c >= " " and c != "\x7f") or c == "\n")
    assert "DTEND;VALUE=DATE:20270101\r\n" in made


def test_asking_for_the_unread_count_keeps_nobody_signed_in(city: City) -> None:
    reader = Visitor(city, "leader")
    with city.database.reading() as session:
        signed = select(AuthSession).where(AuthSession.login == "leader", AuthSession.revoked_at.is_(None))
        before = session.scalars(signed.order_by(AuthSession.signed_in_at.desc())).first()
    assert before
    with clock.held_at(clock.now() + timedelta(minutes=30)):
        answer = reader.get("/notifications/unread")
        assert answer.json == {"unread": ""}
        with city.database.reading() as session:
            assert session.get_one(AuthSession, before.id).seen_at == before.seen_at
    with clock.held_at(clock.now() + timedelta(hours=3)):
        assert reader.get("/notifications/unread").status_code == 303
