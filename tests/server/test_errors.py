"""Failures as each area shows them: right status, right shape, and nothing that is nobody's business."""

import logging
from contextlib import closing
from dataclasses import replace

import pytest
from flask import Flask
from flask.testing import FlaskClient

from server import auth
from server.app import create_app
from server.db import connect
from server.errors import STATUS, status_of
from server.settings import Settings
from tests.server import house
from tests.server.conftest import PASSWORD
from tests.server.visitors import basic, sign_in
from workflows import errors
from workflows.errors import DubanError

STATUSES = {
    "missing": 404,
    "forbidden": 403,
    "conflict": 409,
    "invalid": 400,
    "diagram": 400,
    "fault": 500,
    "crash": 500,
    "overtaken": 409,
    "away": 503,
}
CAMUNDA = {
    "missing": "InvalidRequestException",
    "forbidden": "AuthorizationException",
    "conflict": "TaskAlreadyClaimedException",
    "invalid": "InvalidRequestException",
    "fault": "ProcessEngineException",
    "crash": "RestException",
}


@pytest.fixture(autouse=True)
def handler(account) -> str:
    return account("handler")


@pytest.mark.parametrize(("kind", "status"), STATUSES.items())
def test_the_engine_api_answers_as_its_clients_expect(client: FlaskClient, kind: str, status: int) -> None:
    answer = client.get(f"/engine-rest/fail/{kind}", headers=basic("handler"))
    assert answer.status_code == status
    assert answer.mimetype == "application/json"
    assert answer.json
    assert {"type", "message"} <= answer.json.keys()
    if kind in CAMUNDA:
        assert answer.json["type"] == CAMUNDA[kind]


@pytest.mark.parametrize(("kind", "status"), STATUSES.items())
def test_the_office_api_answers_with_problems(client: FlaskClient, kind: str, status: int) -> None:
    answer = client.get(f"/api/v1/fail/{kind}", headers=basic("handler"))
    assert answer.status_code == status
    assert answer.mimetype == "application/problem+json"
    assert answer.json
    assert answer.json["status"] == status
    assert answer.json["instance"].endswith(answer.headers["X-Request-ID"])


@pytest.mark.parametrize(("kind", "status"), STATUSES.items())
def test_pages_answer_with_a_page(client: FlaskClient, kind: str, status: int) -> None:
    sign_in(client, "handler")
    answer = client.get(f"/fail/{kind}")
    assert answer.status_code == status
    assert answer.mimetype == "text/html"
    assert answer.headers["X-Request-ID"] in answer.text or status < 500


def test_bad_fields_and_elements_are_named(client: FlaskClient) -> None:
    fields = client.get("/api/v1/fail/invalid", headers=basic("handler")).json
    assert fields
    assert fields["errors"] == [{"pointer": "#/amount", "code": "min", "detail": "This is wrong: min."}]
    diagram = client.get("/engine-rest/fail/diagram", headers=basic("handler")).json
    assert diagram
    assert diagram["findings"] == [
        {"element": "Task_1", "rule": "deadline", "severity": "policy", "message": "No deadline."}
    ]


@pytest.mark.parametrize("area", ["/api/v1", "/engine-rest", ""])
def test_a_crash_tells_nothing_outside_and_enough_inside(
    client: FlaskClient, area: str, caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]
) -> None:
    sign_in(client, "handler")
    with caplog.at_level(logging.INFO):
        answer = client.get(f"{area}/fail/crash", headers=basic("handler") if area else {})
    assert answer.status_code == 500
    for word in ("Traceback", "RuntimeError", "张三", "house.py"):
        assert word not in answer.text
    assert "unexpected failure" in capsys.readouterr().out + caplog.text


@pytest.mark.parametrize("value", ["%00", "%ED%A0%80", "x" * 300])
def test_what_postgresql_cannot_store_is_the_senders_fault(
    migrated_postgresql_url: str, settings: Settings, value: str
) -> None:
    with closing(connect(replace(settings, database_url=migrated_postgresql_url))) as database:
        with database.unit_of_work() as session:
            auth.create(session, "handler", PASSWORD)
        client = create_app(settings, database, blueprints=house.blueprints()).test_client()
        answer = client.get(f"/engine-rest/keep/{value}", headers=basic("handler"))
        assert answer.status_code in {200, 400}
        assert (answer.status_code == 400) == (value != "%ED%A0%80")


@pytest.mark.parametrize("area", ["/api", "/engine-rest", ""])
def test_an_unknown_address_is_answered_in_the_shape_of_its_area(client: FlaskClient, area: str) -> None:
    answer = client.get(f"{area}/no/such/thing")
    assert answer.status_code == 404
    assert (answer.mimetype == "text/html") == (area == "")


def test_a_wrong_method_names_the_right_ones(client: FlaskClient) -> None:
    answer = client.delete("/engine-rest/whoami")
    assert answer.status_code == 405
    assert "GET" in answer.headers["Allow"]


def test_every_kind_of_failure_has_a_status() -> None:
    kinds = [
        kind for kind in vars(errors).values() if isinstance(kind, type) and issubclass(kind, DubanError)
    ]
    assert {kind for kind in kinds if kind is not DubanError} <= STATUS.keys()


def test_a_new_kind_inherits_its_parents_status() -> None:
    class Narrower(errors.NotFound):
        pass

    assert status_of(Narrower("x")) == 404
    assert status_of(DubanError("x")) == 500


def test_the_error_page_survives_its_own_failure(app: Flask, client: FlaskClient) -> None:
    app.jinja_env.globals["current_actor"] = None
    app.template_context_processors[None].append(lambda: 1 / 0)
    answer = client.get("/nowhere")
    assert answer.status_code == 404
    assert answer.headers["X-Request-ID"] in answer.text
