"""Signing in by a real OpenID provider, through the real pages."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pyotp
import pytest
import requests
from flask.testing import FlaskClient
from sqlalchemy import select
from werkzeug.test import TestResponse

from server import auth
from server.app import create_app
from server.auth import factors
from server.provider import Provider
from server.settings import Settings
from tests.city import City
from tests.server.visitors import TOKEN
from workflows import clock
from workflows.errors import InvalidInput
from workflows.model import AuditEvent

#: In a process of its own: what it imports is deprecated, and our warnings are errors.
SERVED = """
import json, sys
from oidc_provider_mock import User, run_server_in_thread
users = [User(sub=sub, claims=claims) for sub, claims in json.loads(sys.argv[1]).items()]
with run_server_in_thread(require_nonce=True, user_claims=users) as server:
    print(server.server_port, flush=True)
    sys.stdin.read()
"""
USERS = {
    "1001": {"preferred_username": "handler", "groups": ["admin"]},
    "1002": {"preferred_username": "Handler"},
    "1003": {"preferred_username": "nobody-here"},
    "1004": {},
    "1005": {"preferred_username": "handler3"},
    "1006": {"preferred_username": "clerk2"},
}


@pytest.fixture(scope="module")
def issuer() -> Iterator[str]:
    """Give the address of a running provider that knows USERS."""
    environ = {**os.environ, "AUTHLIB_INSECURE_TRANSPORT": "1"}
    command = [sys.executable, "-W", "ignore", "-c", SERVED, json.dumps(USERS)]
    with subprocess.Popen(
        command,
        env=environ,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    ) as process:
        assert process.stdout
        yield f"http://localhost:{int(process.stdout.readline())}"
        process.communicate()


def joined(city: City, issuer: str, **more: Any) -> City:
    """Return the city's application with this provider."""
    settings: Settings = city.app.extensions["duban.settings"]
    provider = Provider(issuer, "duban", "a secret of the client", **more)
    changed = replace(settings, provider=provider, master_key="a2tra2tra2tra2tra2tra2tra2tra2tra2tra2tra2s=")
    return City(city.database, create_app(changed, city.database))


@pytest.fixture(scope="module")
def joint(city: City, issuer: str) -> City:
    """Return the city with the provider."""
    return joined(city, issuer)


def depart(client: FlaskClient, target: str = "") -> str:
    """Return the address of the provider that a visitor is sent to."""
    answer = client.get("/signin/provider", query_string={"next": target})
    assert answer.status_code == 302, answer.text
    return answer.location


def agree(address: str, sub: str) -> str:
    """Say at the provider who one is, and return where it sends one back to."""
    answer = requests.post(address, data={"sub": sub}, allow_redirects=False, timeout=20)
    parts = urlsplit(answer.headers["Location"])
    return f"{parts.path}?{parts.query}"


def come(city: City, sub: str, target: str = "") -> tuple[FlaskClient, TestResponse]:
    client = city.app.test_client()
    return client, client.get(agree(depart(client, target), sub))


def test_the_button_is_there_only_with_a_provider(city: City, joint: City) -> None:
    assert "统一身份认证登录" in joint.app.test_client().get("/signin").text
    plain = city.app.test_client()
    assert "统一身份认证" not in plain.get("/signin").text
    for address in ("/signin/provider", "/signin/provider/back", "/signin/provider/out"):
        assert plain.get(address).location == "/signin"


def test_whom_the_provider_names_is_in_with_the_roles_of_here(joint: City, issuer: str) -> None:
    client = joint.app.test_client()
    there = depart(client, "/inbox?box=done")
    asked = parse_qs(urlsplit(there).query)
    assert there.startswith(f"{issuer}/oauth2/authorize")
    assert asked["code_challenge_method"] == ["S256"]
    assert asked["redirect_uri"] == ["http://localhost/signin/provider/back"]
    assert {"state", "nonce", "code_challenge"} <= asked.keys()
    assert client.get(agree(there, "1001")).location == "/inbox?box=done"
    assert client.get("/clues").status_code == 200
    assert client.get("/people").status_code == 403, "a group at the provider is no role here"
    assert "统一身份认证" in client.get("/profile/security").text
    found = TOKEN.search(client.get("/profile").text)
    assert found
    out = client.post("/signout", data={"csrf_token": found[1]})
    assert out.location == "/signin?out=provider"
    assert "/signin/provider/out" in client.get(out.location).text
    farewell = client.get("/signin/provider/out").location
    assert farewell.startswith(f"{issuer}/oauth2/end_session?")
    assert parse_qs(urlsplit(farewell).query)["client_id"] == ["duban"]


@pytest.mark.parametrize(
    ("sub", "status", "said"),
    [
        ("1002", 403, "本系统没有您的账号"),
        ("1003", 403, "本系统没有您的账号"),
        ("1004", 400, "未提供您的账号"),
        ("1006", 403, "账号已停用"),
    ],
)
def test_who_has_no_account_here_is_told_so(joint: City, sub: str, status: int, said: str) -> None:
    if sub == "1006":
        with joint.database.unit_of_work() as session:
            auth.disable(session, "clerk2", actor="admin")
    client, answer = come(joint, sub)
    assert (answer.status_code, said in answer.text) == (status, True)
    assert client.get("/inbox").location.startswith("/signin")
    with joint.database.reading() as session:
        assert session.get(auth.Account, "nobody-here") is None
        kept = select(AuditEvent).where(AuditEvent.act == "signin.refused").order_by(AuditEvent.id.desc())
        details = [event.detail for event in session.scalars(kept)]
    assert "nobody-here" not in str(details)


def test_the_second_factor_is_asked_for_besides(joint: City) -> None:
    with joint.database.unit_of_work() as session:
        device = pyotp.TOTP(factors.begin(session, "handler3").secret)
        codes = factors.confirm(session, "handler3", device.at(clock.now()), session_id=None)
    client, answer = come(joint, "1005")
    assert answer.location == "/signin/code"
    assert client.get("/inbox").location.startswith("/signin")
    found = TOKEN.search(client.get("/signin/code").text)
    assert found
    sent = {"code": codes[0], "csrf_token": found[1]}
    assert client.post("/signin/code", data=sent).location == "/inbox"


def test_what_does_not_come_from_the_provider_is_refused(joint: City) -> None:
    client, other = joint.app.test_client(), joint.app.test_client()
    stolen = agree(depart(client), "1001")
    assert "其他窗口" in other.get(stolen).text, "the state is another browser's"
    code = parse_qs(urlsplit(agree(depart(other), "1001")).query)["code"][0]
    state = parse_qs(urlsplit(depart(client)).query)["state"][0]
    answer = client.get("/signin/provider/back", query_string={"code": code, "state": state})
    assert (answer.status_code, "未能确认您的身份" in answer.text) == (400, True), (
        "the nonce is another sign-in's"
    )
    denied = client.get("/signin/provider/back", query_string={"error": "access_denied", "state": "x"})
    assert (denied.status_code, "未能确认您的身份" in denied.text) == (400, True)
    assert client.get("/inbox").location.startswith("/signin")
    here = agree(depart(client), "1001")
    assert client.get(here).location == "/inbox"
    assert client.get(here).status_code == 400, "a code comes once"


def test_a_provider_that_is_away_or_somebody_else_is_told(city: City, issuer: str) -> None:
    with requests.Session() as probe:
        assert probe.get(f"{issuer}/jwks", timeout=20).ok
    for address in ("http://localhost:9", issuer.replace("localhost", "127.0.0.1") + "/elsewhere"):
        answer = joined(city, address).app.test_client().get("/signin/provider")
        assert (answer.status_code, "没有响应" in answer.text) == (502, True), address


@pytest.mark.parametrize(
    ("said", "word"),
    [
        ({"DUBAN_OIDC_ISSUER": "http://id.example.gov.cn"}, "https"),
        ({"DUBAN_OIDC_ISSUER": "https://user:x@id.example.gov.cn"}, "DUBAN_OIDC_ISSUER"),
        ({"DUBAN_OIDC_ISSUER": "https://id.example.gov.cn"}, "DUBAN_OIDC_CLIENT_ID"),
        (
            {
                "DUBAN_OIDC_ISSUER": "https://id.example.gov.cn",
                "DUBAN_OIDC_CLIENT_ID": "duban",
                "DUBAN_OIDC_CLIENT_SECRET_FILE": "/nowhere",
            },
            "/nowhere",
        ),
    ],
)
def test_an_unsafe_provider_is_refused_at_the_start(said: dict[str, str], word: str) -> None:
    with pytest.raises(InvalidInput, match=word):
        Settings.from_env(said)
