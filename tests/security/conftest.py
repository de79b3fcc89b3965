"""The whole application, served, over the demo's office; visitors by page and API; matters at given steps."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import requests
import yaml
from sqlalchemy import select

from server import auth
from server.serving import Server, listen
from server.settings import Settings
from tests import city as cities
from tests.city import TRANSFER, City
from tests.conftest import PostgreSQL
from tests.contract.client import Client, basic
from workflows import clock, tasks
from workflows.model import Instance, Task

ANSWERS: Mapping[str, Any] = yaml.safe_load(
    (Path(__file__).parents[2] / "bpmn/clue_transfer/scenarios/answers.yaml").read_text("utf-8")
)
#: What a table proposes, and a person would leave as it is.
PROPOSED = {"clue_distribution_opinion": {"to_office": "JD1"}}
#: Who goes which step of a matter, up to the collective study, and on which form.
LINE = (
    ("clerk", "a3", "clue_receive"),
    ("clerk", "a5", "clue_register"),
    ("clerk", "a7", "clue_distribution_opinion"),
    ("principal", "a7_approve", "clue_distribution_approval"),
    ("head", "a8", "clue_assign"),
    ("handler", "a8_sign", "clue_declare"),
    ("handler2", "a8_sign", "clue_declare"),
    ("handler", "a9", "clue_study"),
)
#: Who is needed here besides those who have an account in the small city: of another agency or office.
STRANGERS = ("agency2", "handler4", "head2", "intake", "leader", "reviewer")
SECONDS = 60


class Visitor:
    """Somebody with a browser: pages, cookies, form tokens."""

    def __init__(self, base: str, login: str | None = None, password: str | None = None) -> None:
        self.base = base
        self.session = requests.Session()
        if login:
            answer = self.post("/signin", login=login, password=password or login)
            assert answer.status_code == 303, answer.text[:300]

    def get(self, path: str, **options: Any) -> requests.Response:
        """Return the answer to a page asked for; redirects are answers."""
        return self.session.get(self.base + path, allow_redirects=False, timeout=SECONDS, **options)

    def post(self, path: str, files: Any = None, **form: Any) -> requests.Response:
        """Return the answer to a form sent with a valid token."""
        data = {"csrf_token": self.token(), **form}
        return self.session.post(
            self.base + path, data=data, files=files, allow_redirects=False, timeout=SECONDS
        )

    def token(self) -> str:
        """Return a form token of this browser."""
        page = self.get("/profile")
        if page.status_code != 200:
            page = self.get("/signin")
        return page.text.partition('name="csrf_token" value="')[2].partition('"')[0]


class House:
    """The served application: its city behind, its address before."""

    def __init__(self, city: City, base: str) -> None:
        self.city = city
        self.base = base
        self._visitors: dict[str, Visitor] = {}
        self._programs: dict[str, Client] = {}

    def visitor(self, login: str) -> Visitor:
        """Return somebody who is signed in."""
        if login not in self._visitors:
            self._visitors[login] = Visitor(self.base, login)
        return self._visitors[login]

    def anybody(self) -> Visitor:
        """Return somebody who is not."""
        return Visitor(self.base)

    def program(self, login: str) -> Client:
        """Return somebody's client of the engine's API."""
        if login not in self._programs:
            self._programs[login] = Client(f"{self.base}/engine-rest", basic(login, login))
        return self._programs[login]

    def matter(self, until: str = "a3", *, by: str = "agency", **transfer: Any) -> Instance:
        """Return a new matter that has come to this step."""
        instance = self.city.start("clue_transfer", by=by, answers={**TRANSFER, **transfer})
        for login, element, form in LINE:
            if element == until:
                return instance
            self.city.complete(self.task(instance, element, login), login, **answers(form))
        raise AssertionError(f"The line does not come to {until}.")

    def task(self, instance: Instance, element: str, login: str | None = None) -> Task:
        """Return an open task of a matter, one that is nobody's or this login's."""
        wanted = select(Task).where(
            Task.instance_id == instance.id, Task.element_id == element, Task.closed_at.is_(None)
        )
        if login:
            wanted = wanted.where(Task.assignee.is_(None) | (Task.assignee == login))
        with self.city.database.reading() as session:
            return session.scalars(wanted).one()

    def assign(self, task: Task, login: str, *, by: str) -> None:
        """Let somebody give a task to somebody."""
        with self.city.database.unit_of_work() as session:
            tasks.assign(session, task.id, login, actor=self.city.actor(by))


def answers(form: str) -> dict[str, Any]:
    """Return the usual answers of a form of the clue process."""
    today = clock.day_of(clock.now()).isoformat()
    given = {
        key: today if value == "today" else value.isoformat() if isinstance(value, date) else value
        for key, value in ANSWERS[form].items()
    }
    return {key: value for key, value in (given | PROPOSED.get(form, {})).items() if value is not None}


def settle(folder: Path, url: str = "") -> City:
    """Return the small city with the strangers in it."""
    city = cities.found(folder, url)
    with city.database.unit_of_work() as session:
        for login in (login for login in STRANGERS if login not in cities.LOGINS):
            auth.create(session, login, login, trusted=True)
    city.app.extensions["duban.prepared"] = True
    return city


@contextmanager
def serving(city: City) -> Iterator[House]:
    """Give the city served from a thread."""
    settings: Settings = replace(city.app.extensions["duban.settings"], port=0)
    bound = listen(settings)
    server = Server(city.app, bound, settings)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    yield House(city, f"http://127.0.0.1:{bound.getsockname()[1]}")
    server.stop()
    thread.join(30)
    city.database.close()


@pytest.fixture(scope="session")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """Give the served house; tests share it, each with matters of its own."""
    with serving(settle(tmp_path_factory.mktemp("house"))) as house:
        yield house


@pytest.fixture(scope="session")
def postgresql_house(postgresql: PostgreSQL, tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """Give the same house on PostgreSQL, for what the kind of database may decide."""
    name = postgresql.create()
    with serving(settle(tmp_path_factory.mktemp("house"), postgresql.url(name))) as house:
        yield house
    postgresql.drop(name)


@pytest.fixture(params=["house", "postgresql_house"])
def both(request: pytest.FixtureRequest) -> House:
    """Return the house; the test runs once on each kind of database."""
    found: House = request.getfixturevalue(request.param)
    return found


@pytest.fixture(scope="session")
def studied(house: House) -> Instance:
    """Return a matter that its two handlers study: whatever nobody else may reach is in it."""
    return house.matter("a9")


@pytest.fixture
def supervisor(house: House) -> Client:
    """Return the one who owns the processes."""
    return house.program("supervisor")
