"""A server killed amid a list: it goes on at the next row, and every good row is there once."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest
import requests
from sqlalchemy import func, select

from handlers import clue_import, office
from handlers.registers import Clue
from server.demo.sample import Sample, write
from tests import city as cities
from tests.city import City
from tests.server.process import Process
from tests.server.visitors import TOKEN
from workflows.model import Task

pytestmark = pytest.mark.slow

ROWS = 60  #: some are sent, and some are not, when a transaction of twenty is written


@pytest.fixture
def city(tmp_path: Path) -> Iterator[City]:
    """Give a city whose database others may serve."""
    found = cities.found(tmp_path)
    with closing(found.database):
        yield found


def test_a_server_killed_amid_a_list_goes_on_at_the_next_row(
    city: City, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DUBAN_DATABASE_URL", city.database.engine.url.render_as_string())
    path, wanted = sample(city, tmp_path)
    with Process(tmp_path) as server:
        visitor = Visitor(server.address)
        address = visitor.post("/transfers/lists", files={"list": (path.name, path.read_bytes())}).url
        killing = threading.Thread(target=when, args=(lambda: clues(city) >= 3, server.kill))
        killing.start()
        with pytest.raises(requests.ConnectionError):
            visitor.send_for_ever(address)
        killing.join()
    assert 3 <= clues(city) < len(wanted)
    with Process(tmp_path) as server:
        visitor = Visitor(server.address)
        address = f"{server.address}/transfers/lists/{address.rpartition('/')[2]}"
        page = visitor.get(address)
        assert f'<progress max="{ROWS}"' in page
        while "<progress" in page:
            page = visitor.post(f"{address}/send").text
        assert f"已移送 {len(wanted)} 件线索" in page
    assert taken_in(city) == wanted
    assert clues(city) == waiting(city) == len(wanted)


class Visitor:
    """The agency's clerk, with a browser that has no script."""

    def __init__(self, address: str) -> None:
        self._address, self._session = address, requests.Session()
        self.post("/signin", data={"login": "agency", "password": "agency"})

    def get(self, address: str) -> str:
        return self._session.get(address, timeout=60).text

    def post(self, address: str, **given: object) -> requests.Response:
        token = TOKEN.search(self.get(f"{self._address}/signin"))
        assert token
        given["data"] = {**given.get("data", {}), "csrf_token": token[1]}  # type: ignore[dict-item]
        whole = address if address.startswith("http") else f"{self._address}{address}"
        return self._session.post(whole, timeout=60, **given)  # type: ignore[arg-type]

    def send_for_ever(self, address: str) -> None:
        while True:
            self.post(f"{address}/send")


def sample(city: City, folder: Path) -> tuple[Path, set[str]]:
    """Write a list, and return it with what is the same for two rows that say the same."""
    path = folder / "list.xlsx"
    write(path, Sample(ROWS, office.today()))
    with path.open("rb") as stream, clue_import.opened(city.database.reading, stream, path.name) as incoming:
        return path, {row.digest for row in incoming.rows() if isinstance(row, clue_import.Row)}


def when(condition: Callable[[], bool], act: Callable[[], None]) -> None:
    """Act as soon as the condition holds, or after two minutes in any case."""
    until = time.monotonic() + 120
    while not condition() and time.monotonic() < until:
        os.sched_yield()  # the database answers in its own time: nothing else is waited for
    act()


def taken_in(city: City) -> set[str]:
    """Return the rows that are taken in."""
    with city.database.reading() as session:
        return set(session.scalars(select(clue_import.ImportedRow.digest)))


def clues(city: City) -> int:
    """Return how many clues there are."""
    with city.database.reading() as session:
        return session.scalar(select(func.count()).select_from(Clue)) or 0


def waiting(city: City) -> int:
    """Return how many clues wait in the inbox where each begins."""
    first = select(func.count(Task.scope_id.distinct())).where(
        Task.element_id == "a3", Task.closed_at.is_(None)
    )
    with city.database.reading() as session:
        return session.scalar(first) or 0
