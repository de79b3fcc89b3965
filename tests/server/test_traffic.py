"""Counts and kept answers: together over all servers, whole after a crash, on both kinds of database."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import closing
from datetime import datetime, timedelta

import pytest
from sqlalchemy import func, select

from server.db import Database, connect
from server.settings import Settings
from server.traffic import rates, repeats
from server.traffic.rates import Limit, Spent, TooMany, spend
from server.traffic.repeats import Answer, KeyReused, Repeat, once
from workflows import clock

HALF_PAST = datetime.fromisoformat("2026-03-09T09:30:00+08:00")
HOURLY = Limit("test", 2, timedelta(hours=1))
SENDERS = 6


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    """Give a database with the two tables."""
    with closing(connect(Settings(database_url=database_url))) as found:
        for table in (Spent, Repeat):
            table.metadata.tables[table.__tablename__].create(found.engine)
        yield found


def test_each_span_has_its_number(database: Database) -> None:
    with clock.held_at(HALF_PAST), database.unit_of_work() as session:
        for _ in range(HOURLY.most):
            spend(session, "agency", HOURLY)
        spend(session, "another", HOURLY)
        spend(session, "agency", Limit("other", 1, HOURLY.span))
        with pytest.raises(TooMany) as refused:
            spend(session, "agency", HOURLY)
        assert refused.value.retry_after == timedelta(minutes=30)
    with clock.held_at(HALF_PAST + refused.value.retry_after), database.unit_of_work() as session:
        spend(session, "agency", HOURLY)
    with clock.held_at(HALF_PAST + timedelta(days=2)), database.unit_of_work() as session:
        rates.forget(session)
        assert session.scalar(select(func.count()).select_from(Spent)) == 0


def test_who_counts_at_once_counts_together(database: Database) -> None:
    limit = Limit("test", SENDERS // 2, HOURLY.span)
    refused: list[TooMany] = []

    def one() -> None:
        try:
            with database.unit_of_work() as session:
                spend(session, "agency", limit)
        except TooMany as error:
            refused.append(error)

    with clock.held_at(HALF_PAST):
        together(one)
    assert len(refused) == SENDERS - limit.most


def test_of_one_command_sent_at_once_one_is_done(database: Database) -> None:
    done: list[int] = []
    given: list[Answer] = []

    def act() -> Answer:
        done.append(1)
        return Answer({"number": len(done)})

    def one() -> None:
        with database.unit_of_work() as session:
            given.append(once(session, act, login="agency", key="k", digest="d"))

    together(one)
    assert (len(done), [answer.body for answer in given]) == (1, [{"number": 1}] * SENDERS)


def test_a_crash_between_leaves_neither_the_act_nor_the_key(database: Database) -> None:
    class Crash(Exception):
        """The server dies before it commits."""

    def act() -> Answer:
        spend(session, "done", HOURLY)
        return Answer({"done": True}, "/there")

    def crash() -> Answer:
        act()
        raise Crash

    command = {"login": "agency", "key": "k", "digest": "d"}
    with pytest.raises(Crash), database.unit_of_work() as session:
        once(session, crash, **command)
    for _ in range(2):
        with database.unit_of_work() as session:
            assert once(session, act, **command) == Answer({"done": True}, "/there")
    with database.unit_of_work() as session:
        assert session.scalars(select(Spent.count)).all() == [1]
        with pytest.raises(KeyReused):
            once(session, act, **command | {"digest": "other"})
        once(session, act, **command | {"digest": "other", "login": "another"})
    with clock.held_at(clock.now() + repeats.KEPT_FOR * 2), database.unit_of_work() as session:
        once(session, act, **command | {"digest": "other"})
        repeats.forget(session)
        assert session.scalars(select(Repeat.login)).all() == ["agency"]


def together(act: object) -> None:
    """Let several do the same at once."""
    threads = [threading.Thread(target=act) for _ in range(SENDERS)]  # type: ignore[arg-type]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
