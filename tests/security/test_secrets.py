"""What the real server writes down: in its log and its database nothing that lets anybody in, no word of a case."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

import pytest

from server import auth
from server.auth import tokens
from server.guard import COOKIE
from tests.contract.client import Client, basic, values
from tests.security.conftest import Visitor, answers, settle
from tests.server.process import Process

PASSWORD, WRONG = "horse battery 7!", "staple correct 8?"
FACTS = "绝密：关于某甲收受礼金的一段叙述"
#: Where the facts of a clue may stand: in the register, and in the half-filled form of who writes them.
PLACES = {("clue", "facts"), ("document", "content"), ("task_draft", "answers")}


@dataclass
class Day:
    """A day's work on a served database: what must not be found afterwards, and where to look."""

    folder: Path
    secrets: dict[str, str] = field(default_factory=dict)
    said: str = ""

    def tables(self) -> Iterator[tuple[str, str, str]]:
        """Yield (table, column, text) of everything in the database."""
        with closing(sqlite3.connect(self.folder / "city.sqlite3")) as connection:
            names = [
                name for (name,) in connection.execute("select name from sqlite_master where type = 'table'")
            ]
            for table in names:
                rows = connection.execute(f'select * from "{table}"')
                columns = [column[0] for column in rows.description]
                for row in rows:
                    for column, value in zip(columns, row, strict=True):
                        text = value.decode(errors="replace") if isinstance(value, bytes) else str(value)
                        # JSON may have been written in ASCII.
                        yield table, column, text + text.encode().decode("unicode_escape", errors="replace")


@pytest.fixture(scope="module")
def day(tmp_path_factory: pytest.TempPathFactory) -> Day:
    """Let a production server work: sign-ins of every kind, a transfer, mistakes, failures; then end."""
    done = Day(tmp_path_factory.mktemp("production"))
    city = settle(done.folder)
    with city.database.unit_of_work() as session:
        auth.reset(session, "agency", PASSWORD, actor="test")
        token = tokens.create(session, "agency", "test", lasts=timedelta(days=1), actor="test")
    city.database.close()
    with Process(done.folder, DUBAN_DATABASE_URL=f"sqlite:///{done.folder / 'city.sqlite3'}") as process:
        done.secrets = {
            "password": PASSWORD,
            "wrong password": WRONG,
            "token": token,
            **_work(process.address, token),
        }
        assert process.stop() == 0
        done.said = "\n".join(process.said) + process.log.read_text()
    return done


def _work(address: str, token: str) -> dict[str, str]:
    agency = Visitor(address, "agency", PASSWORD)
    anybody = Visitor(address)
    assert anybody.post("/signin", login="agency", password=WRONG).status_code == 401
    assert anybody.post("/signin", login=WRONG, password=WRONG).status_code == 401
    header = basic("agency", PASSWORD)
    for headers in (header, basic("agency", WRONG), {"Authorization": f"Bearer {token}"}):
        agency.session.get(f"{address}/engine-rest/task", headers=headers, timeout=60)
    assert agency.get(f"/transfers?text={FACTS}").status_code == 200
    given = answers("clue_submit") | {"facts": FACTS}
    # Refused, with the facts in it; then sent.
    program = Client(f"{address}/engine-rest", header)
    for wrong in ({"amount": "x"}, {FACTS: "unknown"}, {"subjects": FACTS}):
        program.post(
            "/process-definition/key/clue_transfer/start", {"variables": values(**(given | wrong))}, 400
        )
    office = Client(f"{address}/api/v1", header)
    office.call("POST", "/transfers", 422, json=given | {"amount": FACTS, FACTS: 1})
    office.call("POST", "/transfers", 201, json=given, headers={"Idempotency-Key": "day"})
    (started,) = [program.start("clue_transfer", variables=values(**given))]
    clerk = Visitor(address, "clerk")
    opened = Client(f"{address}/engine-rest", basic("clerk", "clerk")).task(started)["id"]
    assert clerk.post(f"/tasks/{opened}/draft", missing=FACTS).status_code == 303
    assert clerk.post(f"/tasks/{opened}/complete", missing=FACTS, complete="perhaps").status_code in {
        409,
        422,
        403,
    }
    assert clerk.get(f"/clues?text={FACTS}").status_code == 200
    assert clerk.get("/tasks/nothing").status_code == 404
    assert agency.post("/profile/password", old=WRONG, new=WRONG, again=WRONG).status_code == 422
    return {
        "cookie": str(agency.session.cookies[COOKIE]),
        "form token": agency.token(),
        "header": header["Authorization"].partition(" ")[2],
    }


def test_the_log_holds_no_secret_and_no_case(day: Day) -> None:
    assert "status" in day.said
    assert {name for name, secret in day.secrets.items() if secret in day.said} == set()
    assert FACTS not in day.said
    assert FACTS.encode("unicode_escape").decode() not in day.said
    assert "Traceback" not in day.said


def test_the_database_lets_nobody_in(day: Day) -> None:
    found = {
        (table, column, name)
        for table, column, text in day.tables()
        for name, secret in day.secrets.items()
        if secret in text
    }
    assert found == set()


def test_the_facts_are_in_the_register_only(day: Day) -> None:
    places = {(table, column) for table, column, text in day.tables() if FACTS in text}
    assert places == PLACES


def test_names_are_in_the_register_only(day: Day) -> None:
    name = answers("clue_submit")["subjects"][0]["name"]
    assert {(table, column) for table, column, text in day.tables() if name in text} == {
        ("clue_subject", "name"),
        ("document", "content"),
    }
