"""The application as a whole: its doors, its headers, its limits, and what machines ask of it."""

import io
from dataclasses import replace

import pytest
from flask import Blueprint, Flask
from flask.testing import FlaskClient
from sqlalchemy import text

from server.app import create_app
from server.db import Database
from server.guard import guard
from server.settings import Settings
from tests.server import house


def test_an_unguarded_route_keeps_the_server_from_starting(settings: Settings, database: Database) -> None:
    careless = Blueprint("careless", __name__)
    careless.add_url_rule("/open", view_func=lambda: "everything")
    with pytest.raises(RuntimeError, match="careless"):
        create_app(settings, database, blueprints=[*house.blueprints(), careless])


def test_a_guard_in_the_wrong_place_counts_for_nothing(settings: Settings, database: Database) -> None:
    careless = Blueprint("careless", __name__)

    @guard()
    @careless.get("/open")
    def upside_down(actor: object = None) -> str:
        return "everything"

    with pytest.raises(RuntimeError, match=r"careless\.upside_down"):
        create_app(settings, database, blueprints=[*house.blueprints(), careless])


def test_pages_may_load_nothing_from_elsewhere(client: FlaskClient) -> None:
    headers = client.get("/signin").headers
    policy = headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "script-src 'self';" in policy
    assert "frame-ancestors 'none'" in policy
    assert "unsafe-eval" not in policy
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Cache-Control"] == "no-store"
    assert "Server" not in headers


def test_every_answer_has_a_number_of_its_own(client: FlaskClient) -> None:
    numbers = [
        client.get("/healthz", headers={"X-Request-ID": "mine-12345678"}).headers["X-Request-ID"]
        for _ in "ab"
    ]
    assert len({*numbers, "mine-12345678"}) == 3


def test_a_proxy_may_number_the_requests(settings: Settings, database: Database) -> None:
    client = create_app(replace(settings, proxies=1), database, blueprints=house.blueprints()).test_client()
    assert (
        client.get("/healthz", headers={"X-Request-ID": "abc-12345678"}).headers["X-Request-ID"]
        == "abc-12345678"
    )
    assert (
        client.get("/healthz", headers={"X-Request-ID": "a\tb<script>"}).headers["X-Request-ID"]
        != "a\tb<script>"
    )


def test_uploads_are_limited(settings: Settings, database: Database) -> None:
    small = create_app(replace(settings, upload_bytes=1000), database, blueprints=house.blueprints())
    client = small.test_client()
    form = {"csrf_token": client.get("/signin").text}
    assert client.post("/upload", data={**form, "file": (io.BytesIO(b"x" * 10), "a")}).text == "10"
    assert client.post("/upload", data={**form, "file": (io.BytesIO(b"x" * 2000), "a")}).status_code == 413


def test_only_known_hosts_are_answered_when_they_are_named(settings: Settings, database: Database) -> None:
    named = create_app(
        replace(settings, hosts=frozenset({"duban.example"})), database, blueprints=house.blueprints()
    )
    client = named.test_client()
    assert client.get("/signin", base_url="http://duban.example").status_code == 200
    assert client.get("/signin", base_url="http://evil.example").status_code == 400


def test_it_is_alive_before_it_is_ready(app: Flask, client: FlaskClient, account) -> None:
    assert client.get("/healthz").text == "ok\n"
    answer = client.get("/readyz")
    assert answer.status_code == 503
    assert answer.json == {
        "ready": False,
        "checks": {"migrated": True, "prepared": False, "accounts": False},
    }
    app.extensions["duban.prepared"] = True
    account("handler")
    assert client.get("/readyz").json == {
        "ready": True,
        "checks": {"migrated": True, "prepared": True, "accounts": True},
    }


def test_it_is_not_ready_on_an_old_or_absent_database(
    app: Flask, client: FlaskClient, account, database: Database
) -> None:
    app.extensions["duban.prepared"] = True
    account("handler")
    with database.unit_of_work() as session:
        session.execute(text("update alembic_version set version_num = 'old'"))
    assert client.get("/readyz").status_code == 503
    with database.unit_of_work() as session:
        session.execute(text("drop table alembic_version"))
        session.execute(text("drop table auth_session"))
        session.execute(text("drop table api_token"))
        session.execute(text("drop table account"))
    assert client.get("/readyz").status_code == 503


def test_the_demo_shows_its_counts_to_all(settings: Settings, database: Database) -> None:
    client = create_app(replace(settings, demo=True), database, blueprints=house.blueprints()).test_client()
    client.get("/signin")
    answer = client.get("/metrics")
    assert answer.status_code == 200
    assert 'duban_requests_total{endpoint="pages.signin",status="200"} 1.0' in answer.text
    assert "duban_open_tasks 0.0" in answer.text
    assert "duban_late_timers 0.0" in answer.text


def test_production_shows_them_to_the_bearer_of_the_token(settings: Settings, database: Database) -> None:
    closed = create_app(settings, database, blueprints=house.blueprints()).test_client()
    assert closed.get("/metrics").status_code == 404
    opened = create_app(
        replace(settings, metrics_token="m" * 20), database, blueprints=house.blueprints()
    ).test_client()
    assert opened.get("/metrics").status_code == 404
    assert opened.get("/metrics", headers={"Authorization": "Bearer wrong"}).status_code == 404
    assert opened.get("/metrics", headers={"Authorization": "Bearer " + "m" * 20}).status_code == 200


def test_two_applications_do_not_share_counts(settings: Settings, database: Database) -> None:
    first, second = (
        create_app(replace(settings, demo=True), database, blueprints=house.blueprints()).test_client()
        for _ in range(2)
    )
    first.get("/signin")
    assert "pages.signin" not in second.get("/metrics").text


def test_requests_are_logged_without_what_was_searched_for(
    client: FlaskClient, capsys: pytest.CaptureFixture[str]
) -> None:
    client.get("/signin?q=张三")
    assert "/signin" in (logged := capsys.readouterr().out)
    assert "张三" not in logged
