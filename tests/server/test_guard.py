"""Doors: who comes in by cookie, who by header, and what neither may do."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from handlers.office import Membership, Person, Role
from server import auth, guard
from server.app import create_app
from server.auth import attempts, passwords, tokens
from server.db import Database
from server.settings import Settings
from tests.server import house
from tests.server.conftest import PASSWORD
from tests.server.visitors import basic, sign_in, token
from workflows import clock
from workflows.model import AuditEvent

Make = Callable[..., str]


@pytest.fixture
def handler(account: Make) -> str:
    return account("handler")


def give_role(database: Database, login: str, role: str) -> None:
    with database.unit_of_work() as session:
        somebody = Person(name=login, login=login)
        session.add_all([somebody, Role(id=role, name_zh=role, name_en=role)])
        session.flush()
        session.add(Membership(person_id=somebody.id, role=role, since=date(2020, 1, 1)))


def test_a_visitor_is_asked_to_sign_in_and_comes_back(client: FlaskClient, handler: str) -> None:
    asked = client.get("/inbox?box=mine&q=a%26b")
    assert asked.status_code == 303
    assert asked.location == "/signin?next=/inbox?box%3Dmine%26q%3Da%2526b"
    back = sign_in(client, handler, next="/inbox?box=mine")
    assert (back.status_code, back.location) == (303, "/inbox?box=mine")
    assert client.get("/inbox").text.startswith("handler ")


def test_a_fragment_sends_the_whole_page_to_sign_in(client: FlaskClient) -> None:
    answer = client.get(
        "/inbox", headers={"HX-Request": "true", "HX-Current-URL": "http://localhost/inbox?a=1"}
    )
    assert answer.status_code == 401
    assert answer.headers["HX-Redirect"] == "/signin?next=/inbox?a%3D1"


@pytest.mark.parametrize(
    "target",
    [
        "http://evil.example",
        "//evil.example",
        "/\\evil.example",
        "\\\\evil.example",
        "/\t/evil.example",
        "javascript:alert(1)",
        "evil",
        "",
        "/\n/evil.example",
    ],
)
def test_nobody_is_sent_to_another_site(client: FlaskClient, handler: str, target: str) -> None:
    assert guard.safe_target(target) is None
    assert sign_in(client, handler, next=target).location == "/inbox"


def test_the_cookie_is_for_the_server_only(client: FlaskClient, handler: str) -> None:
    (cookie,) = [c for c in sign_in(client, handler).headers.getlist("Set-Cookie") if guard.COOKIE in c]
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie
    assert "Secure" not in cookie


def test_on_https_the_cookies_stay_there(client: FlaskClient, handler: str) -> None:
    form = {
        "login": handler,
        "password": PASSWORD,
        "csrf_token": client.get("/signin", base_url="https://localhost").text,
    }
    answer = client.post(
        "/signin", data=form, base_url="https://localhost", headers={"Referer": "https://localhost/signin"}
    )
    assert answer.status_code == 303
    assert all("Secure" in cookie for cookie in answer.headers.getlist("Set-Cookie") if "Max-Age" in cookie)
    assert "max-age" in answer.headers["Strict-Transport-Security"]
    assert "Strict-Transport-Security" not in client.get("/signin").headers


def test_a_planted_cookie_does_not_become_a_session(app: Flask, client: FlaskClient, handler: str) -> None:
    """Session fixation: what somebody else put into the browser is not what signs in."""
    client.set_cookie(guard.COOKIE, "planted")
    sign_in(client, handler)
    other = app.test_client()
    other.set_cookie(guard.COOKIE, "planted")
    assert other.get("/inbox").status_code == 303


def test_signing_in_again_ends_the_first_session(app: Flask, client: FlaskClient, handler: str) -> None:
    sign_in(client, handler)
    old = client.get_cookie(guard.COOKIE)
    assert old
    sign_in(client, handler)
    other = app.test_client()
    other.set_cookie(guard.COOKIE, old.value)
    assert other.get("/inbox").status_code == 303
    assert client.get("/inbox").status_code == 200


def test_signing_out_ends_it_on_the_server(app: Flask, client: FlaskClient, handler: str) -> None:
    sign_in(client, handler)
    kept = client.get_cookie(guard.COOKIE)
    assert kept
    assert client.post("/signout", data={"csrf_token": token(client)}).location == "/signin"
    client.set_cookie(guard.COOKIE, kept.value)
    assert client.get("/inbox").status_code == 303


def test_a_wrong_password_is_told_and_counted(client: FlaskClient, handler: str) -> None:
    answer = sign_in(client, handler, "wrong password")
    assert answer.status_code == 401
    for _ in range(attempts.MOST_PER_PAIR - 1):
        sign_in(client, handler, "wrong password")
    limited = sign_in(client, handler)
    assert limited.status_code == 429
    assert int(limited.headers["Retry-After"]) > 0


def test_forms_from_elsewhere_are_refused(client: FlaskClient, handler: str) -> None:
    assert client.post("/signin", data={"login": handler, "password": PASSWORD}).status_code == 400
    sign_in(client, handler)
    assert client.post("/notes").status_code == 400
    assert client.post("/notes", data={"csrf_token": "made-up"}).status_code == 400
    assert client.get("/notes").json == []
    assert client.post("/notes", data={"csrf_token": token(client)}).text == "kept"
    assert client.post("/notes", headers={"X-CSRFToken": token(client)}).text == "kept"
    assert client.get("/notes").json == ["handler", "handler"]


def test_form_tokens_die_with_the_sign_in(client: FlaskClient, handler: str) -> None:
    before = client.get("/signin").text
    sign_in(client, handler)
    assert client.post("/notes", data={"csrf_token": before}).status_code == 400


def test_a_failing_view_writes_nothing(client: FlaskClient, handler: str) -> None:
    sign_in(client, handler)
    answer = client.post("/notes", data={"csrf_token": token(client), "then": "fail"})
    assert answer.status_code == 409
    assert client.get("/notes").json == []


def test_roles_open_doors(client: FlaskClient, database: Database, account: Make, handler: str) -> None:
    give_role(database, account("boss"), "supervisor")
    sign_in(client, handler)
    assert client.get("/processes").status_code == 403
    sign_in(client, "boss")
    assert client.get("/processes").text == "boss"


def test_refusals_are_written_down(client: FlaskClient, database: Database, handler: str) -> None:
    sign_in(client, handler)
    client.get("/processes")
    client.get("/fail/missing")
    with database.reading() as session:
        refusals = list(session.scalars(select(AuditEvent).where(AuditEvent.act == "refusal")))
    assert [r.actor for r in refusals] == ["handler", "handler"]
    assert refusals[0].detail == {"endpoint": "pages.processes", "method": "GET", "code": "role"}
    assert refusals[1].detail == {
        "endpoint": "pages.page_failure",
        "method": "GET",
        "code": "thing",
        "kind": "missing",
    }


def test_programs_come_with_a_password(client: FlaskClient, handler: str) -> None:
    assert client.get("/engine-rest/whoami", headers=basic(handler)).json == {"id": "handler"}
    # No form token is asked of them.
    assert client.post("/engine-rest/whoami", headers=basic(handler)).status_code == 200


@pytest.mark.parametrize(
    "header",
    [
        None,
        "Basic",
        "Basic !!!",
        "Basic aGFuZGxlcg==",
        "Bearer",
        "Bearer nonsense",
        "Digest username=handler",
        basic("handler", "wrong")["Authorization"],
        basic("handler", "")["Authorization"],
        basic("ghost")["Authorization"],
    ],
)
def test_programs_without_a_good_header_are_refused(
    client: FlaskClient, handler: str, header: str | None
) -> None:
    answer = client.get("/engine-rest/whoami", headers={"Authorization": header} if header else {})
    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"].startswith("Basic ")
    assert answer.json
    assert answer.json["type"] == "AuthenticationException"


def test_browsers_are_not_asked_for_a_password_they_would_remember(client: FlaskClient) -> None:
    answer = client.get("/engine-rest/whoami", headers={"User-Agent": "Mozilla/5.0"})
    assert answer.headers["WWW-Authenticate"].startswith("Bearer ")


def test_programs_come_with_a_token(client: FlaskClient, database: Database, handler: str) -> None:
    with database.unit_of_work() as session:
        made = tokens.create(session, handler, "test", lasts=timedelta(days=1), actor=handler)
    header = {"Authorization": f"Bearer {made}"}
    assert client.get("/engine-rest/whoami", headers=header).json == {"id": "handler"}
    with clock.held_at(clock.now() + timedelta(days=2)):
        assert client.get("/engine-rest/whoami", headers=header).status_code == 401


def test_a_cookie_never_signs_in_a_program(client: FlaskClient, handler: str) -> None:
    sign_in(client, handler)
    assert client.get("/inbox").status_code == 200
    assert client.get("/engine-rest/whoami").status_code == 401
    assert client.get("/api/v1/fail/missing").status_code == 401


def test_a_header_never_signs_in_a_browser(client: FlaskClient, handler: str) -> None:
    assert client.get("/inbox", headers=basic(handler)).status_code == 303


def test_another_sites_form_cannot_use_a_remembered_password(client: FlaskClient, handler: str) -> None:
    headers = {**basic(handler), "Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate"}
    assert client.post("/engine-rest/whoami", headers=headers).status_code == 400


def test_the_password_check_is_off_the_hot_path(
    client: FlaskClient, handler: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert client.get("/engine-rest/whoami", headers=basic(handler)).status_code == 200
    monkeypatch.setattr(passwords, "_hasher", None)
    assert client.get("/engine-rest/whoami", headers=basic(handler)).status_code == 200


def test_a_disabled_account_is_out_everywhere(client: FlaskClient, database: Database, handler: str) -> None:
    sign_in(client, handler)
    client.get("/engine-rest/whoami", headers=basic(handler))
    with database.unit_of_work() as session:
        auth.disable(session, handler, actor="admin")
    assert client.get("/inbox").status_code == 303
    assert client.get("/engine-rest/whoami", headers=basic(handler)).status_code == 401


def test_an_active_session_is_written_again_now_and_then(
    client: FlaskClient, database: Database, handler: str
) -> None:
    start = clock.now()
    with clock.held_at(start):
        sign_in(client, handler)
    for hours in (1.5, 3.0, 4.5):
        with clock.held_at(start + timedelta(hours=hours)):
            assert client.get("/inbox").status_code == 200
    with clock.held_at(start + timedelta(hours=6.5)):
        assert client.get("/inbox").status_code == 303


def test_proxies_are_believed_when_they_are_known(
    settings: Settings, database: Database, account: Make
) -> None:
    account("handler")
    headers = {
        "X-Forwarded-For": "6.6.6.6, 192.0.2.7",
        "X-Forwarded-Proto": "https",
        **basic("handler", "wrong"),
    }
    for proxies, address in ((0, "127.0.0.1"), (1, "192.0.2.7")):
        app = create_app(replace(settings, proxies=proxies), database, blueprints=house.blueprints())
        answer = app.test_client().get("/engine-rest/whoami", headers=headers)
        assert ("Strict-Transport-Security" in answer.headers) == bool(proxies)
        with database.reading() as session:
            last = session.scalars(
                select(attempts.FailedSignIn).order_by(attempts.FailedSignIn.id.desc())
            ).first()
        assert last
        assert last.address == address
