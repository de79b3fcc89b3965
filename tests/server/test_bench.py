"""`make bench`: the served program is really asked, and every figure is one."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

import pytest
from sqlalchemy import select

from server.bench import completions, house, inboxes, load, matters, parts, work, workers
from server.bench.places import Place
from server.bench.tables import Table, page
from server.db import Database
from workflows import persistence
from workflows.model import Instance


@pytest.fixture(scope="module")
def bench_url(tmp_path_factory: pytest.TempPathFactory) -> str:
    return f"sqlite:///{tmp_path_factory.mktemp('bench') / 'bench.sqlite3'}"


@pytest.fixture(scope="module")
def settled(bench_url: str) -> Iterator[Database]:
    with house.settled(bench_url) as database:
        yield database


def check(database: Database) -> set[str]:
    """Return the instances that are no copies, having found that the rows of each say what its run says."""
    with database.reading() as session:
        found = set(session.scalars(select(Instance.id).where(~Instance.id.contains(matters.MARK))))
        assert {instance: persistence.rows_equal_run(session, instance) for instance in found} == {
            instance: [] for instance in found
        }
    return found


def test_the_parts_of_a_completion_make_up_the_whole(settled: Database, bench_url: str) -> None:
    taken = parts.measure(settled, bench_url, matters=2, rounds=2)
    for spent in (taken.wall, taken.cpu):
        assert sum(spent.values()) == pytest.approx(2 * spent[parts.TOTAL])
        assert min(spent[name] for name in ("authentication", "lock and load", "run", "task rows")) > 0
    assert 0 < taken.statements < 25
    check(settled)


@pytest.mark.slow
def test_clients_complete_and_look_at_the_served_program(settled: Database, bench_url: str) -> None:
    matters.send_list(settled, 2)
    workers.prepare(settled)
    done, seconds, _cpu = workers.run_jobs(settled, Place("SQLite", bench_url, {}), 2)
    assert (done, seconds > 0) == (2, True)
    before = len(check(settled))
    with settled.reading() as session:
        there = matters.open_tasks(session)
    matters.multiply(settled, range(1, 4))
    with settled.reading() as session:
        assert matters.open_tasks(session) == 4 * there
    place = Place("SQLite", bench_url, {})
    with house.served(bench_url) as served:
        watched = {"server": served.pid}
        moved = completions.measure(settled, served, watched, clients=2, each=2, rounds=2)
        assert (len(moved.milliseconds), moved.p95 >= moved.middle) == (8, True)
        fetched, completed = workers.work_outside(settled, served, watched, clients=2, each=2)
        assert (len(fetched.milliseconds), len(completed.milliseconds)) == (2, 4)
        external = {2: (fetched, completed)}
        measured = workers.Found(
            place, external, (done, seconds, 0.0), (3, workers.move(settled, served, watched, 3))
        )
        for header, address in (
            (house.cookie(settled), inboxes.PAGE),
            (house.token(settled), inboxes.API),
        ):
            looked = load.run(served.address, header, [[("GET", address, "")] * 2], watched)
            assert len(looked.milliseconds) == 2
            with pytest.raises(RuntimeError, match="refused"):
                load.run(served.address, {}, [[("GET", address, "")]], watched)
    assert len(check(settled)) == before + 11
    moves = [work.Moved(place, 2, moved)]
    tables = [work.of_completions(moves), workers.of_external([measured]), workers.of_jobs([measured])]
    shown = page([*tables, workers.of_moves([measured])], machine="2 cores", day=date(2026, 1, 5))
    assert shown.count("SQLite, 1 process(es), 2 clients") == 2
    assert "SQLite reached" in shown


def test_columns_are_aligned_whatever_the_letters() -> None:
    table = Table("T", ("", "数"), (("线索", "1"), ("ab", "1,000")))
    assert table.lines() == ["|      |    数 |", "| ---- | ----: |", "| 线索 |     1 |", "| ab   | 1,000 |"]
