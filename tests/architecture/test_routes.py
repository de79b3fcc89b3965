"""No route without a guard: neither in the application as it stands, nor one that somebody adds."""

import re
from collections.abc import Iterator
from contextlib import closing

import pytest
from flask import Flask
from werkzeug.routing import Rule

from server.app import create_app
from server.db import Database, connect, migrate
from server.guard import HEADER_AREAS, unguarded
from server.settings import Settings

#: What anybody may see. Whoever adds an address here says why in the review.
PUBLIC = {
    "/",
    "/healthz",
    "/readyz",
    "/metrics",
    "/signin",
    "/signout",
    "/language",
    # The second step of signing in: asks for a code from who has proved the password, else leads to the first.
    "/signin/code",
    # There and back again: who comes back is let in by what the provider signs, with state, nonce and PKCE.
    "/signin/provider",
    "/signin/provider/back",
    "/signin/provider/out",
    # Whoever holds the one-time link: 256 random bits, stored as a digest, for some days.
    "/welcome/<token>",
    # What can be asked, and nothing of what is answered: clients are generated from it.
    "/api/openapi.json",
    "/static/<path:filename>",
    # Whoever has the address is let in: 256 random bits, stored as a digest, withdrawn by its owner.
    "/calendar/<token>.ics",
    # Whoever holds the code of a receipt, typed into the form: 125 random bits, stored as a digest, counted by address.
    "/report",
    "/report/add",
}


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    """Give a database with all tables; nobody here looks at its rows."""
    path = tmp_path_factory.mktemp("routes") / "empty.sqlite3"
    with closing(connect(Settings(database_url=f"sqlite:///{path}"))) as found:
        migrate(found)
        yield found


@pytest.fixture
def app(database: Database) -> Flask:
    """Return the real application on an empty database."""
    settings = Settings(database_url=str(database.engine.url), secret_key="k" * 40)
    return create_app(settings, database)


def rules(app: Flask) -> list[Rule]:
    return [rule for rule in app.url_map.iter_rules() if rule.rule not in PUBLIC]


def address(rule: Rule) -> str:
    """Return an address that the rule matches."""
    given = {
        name: 1 if type(converter).__name__ == "IntegerConverter" else "x"
        for name, converter in rule._converters.items()
    }
    built = rule.build(given)
    assert built
    return built[1]


def test_every_route_says_who_may_use_it(app: Flask) -> None:
    assert unguarded(app) == []


def test_a_route_added_without_a_guard_is_found(app: Flask) -> None:
    app._got_first_request = False
    app.add_url_rule("/careless", view_func=lambda: "everything", endpoint="careless")
    assert unguarded(app) == ["careless"]


def test_nothing_else_is_public(app: Flask) -> None:
    guards = {
        rule.rule: getattr(app.view_functions[rule.endpoint], "__guarded__", None) for rule in rules(app)
    }
    assert [rule for rule, guard in guards.items() if guard == "public"] == []


def test_a_stranger_gets_nowhere(app: Flask) -> None:
    """Every route is really tried, with every method, without signing in."""
    client = app.test_client()
    # Without a form token nobody is even asked who he is.
    found = re.search(r'name="csrf_token" value="([^"]+)"', client.get("/signin").text)
    assert found
    headers = {"X-CSRFToken": found[1]}
    answers = {}
    for rule in rules(app):
        for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"}):
            answer = client.open(address(rule), method=method, headers=headers)
            program = rule.rule.startswith(HEADER_AREAS)
            asked = answer.status_code == 401 if program else (answer.location or "").startswith("/signin")
            if not asked:
                answers[f"{method} {rule.rule}"] = answer.status_code
    assert answers == {}


def test_what_is_given_out_is_counted(app: Flask) -> None:
    """A route that gives papers or workbooks names its limit: `@limited(EXPORTS)`."""
    given = [rule for rule in rules(app) if rule.rule.endswith((".pdf", ".xlsx", "/content", "/paper"))]
    assert len(given) > 3
    counts = {rule.rule: getattr(app.view_functions[rule.endpoint], "__limited__", None) for rule in given}
    assert [rule for rule, limit in counts.items() if limit != "export"] == []
