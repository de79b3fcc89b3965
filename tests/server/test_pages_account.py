"""Signing in and out, the language, one's own account."""

from __future__ import annotations

import itertools

import pytest
from flask.testing import FlaskClient

from server import auth
from tests.city import City
from tests.server.visitors import Visitor

numbers = itertools.count(1)


@pytest.fixture
def newcomer(city: City) -> str:
    """Return an account that one test may change, and no other test uses."""
    login = f"newcomer{next(numbers)}"
    with city.database.unit_of_work() as session:
        auth.create(session, login, "an old password")
    return login


def test_the_way_to_a_page_leads_by_the_sign_in(city: City) -> None:
    client = city.app.test_client()
    asked = client.get("/inbox?box=done")
    assert asked.location == "/signin?next=/inbox?box%3Ddone"
    visitor = Visitor(city, "handler", target="/inbox?box=done")
    assert visitor.entered.location == "/inbox?box=done"


@pytest.mark.parametrize(
    "target", ["https://evil.example/", "//evil.example", "/\\evil.example", "javascript:alert(1)"]
)
def test_nobody_is_sent_to_another_site(city: City, target: str) -> None:
    assert Visitor(city, "handler", target=target).entered.location == "/inbox"


def test_a_wrong_password_is_told_without_saying_which_was_wrong(city: City) -> None:
    for login in ("handler", "nobody"):
        answer = Visitor(city, login, "wrong").entered
        assert answer.status_code == 401
        assert "账号或密码有误" in answer.text
        assert f'value="{login}"' in answer.text


def test_the_language_is_the_account_s(city: City) -> None:
    visitor = Visitor(city, "handler3")
    answer = visitor.post("/language", language="en", next="/inbox?box=done")
    assert answer.location == "/inbox?box=done"
    assert "Done by me" in visitor.get("/inbox").text
    again = Visitor(city, "handler3")
    assert 'lang="en"' in again.get("/inbox").text
    again.post("/language", language="zh_Hans_CN")
    assert again.post("/language", language="tlh").status_code == 400


def test_signing_out_ends_the_session(city: City) -> None:
    visitor = Visitor(city, "handler")
    cookie = visitor.client.get_cookie("duban_session")
    assert cookie
    visitor.post("/signout")
    stolen: FlaskClient = city.app.test_client()
    stolen.set_cookie("duban_session", cookie.value)
    assert stolen.get("/inbox").location.startswith("/signin")


def test_who_one_is(city: City) -> None:
    page = Visitor(city, "head").get("/profile").text
    assert "孙主任" in page
    assert "第一监督检查室 · 承办部门主要负责人" in page
    assert "案件监督管理室 · 案件监督管理室主任" in page


@pytest.mark.parametrize(
    ("old", "new", "again", "said"),
    [
        ("wrong", "a newer password", "a newer password", "当前密码有误"),
        ("an old password", "a newer password", "another password", "两次输入的新密码不一致"),
        ("an old password", "short", "short", "密码为 15 至 256 个字符"),
        ("an old password", "{login} {login} {login}", "{login} {login} {login}", "极易被猜中"),
    ],
)
def test_a_password_that_is_not_changed_says_why(
    city: City, newcomer: str, old: str, new: str, again: str, said: str
) -> None:
    visitor = Visitor(city, newcomer, "an old password")
    sent = {"old": old, "new": new.format(login=newcomer), "again": again.format(login=newcomer)}
    answer = visitor.post("/profile/password", **sent)
    assert answer.status_code == 422
    assert said in answer.text
    assert "a newer password" not in answer.text


def test_a_changed_password_ends_the_other_sessions(city: City, newcomer: str) -> None:
    elsewhere, visitor = (
        Visitor(city, newcomer, "an old password"),
        Visitor(city, newcomer, "an old password"),
    )
    sent = {"old": "an old password", "new": "a newer password", "again": "a newer password"}
    answer = visitor.post("/profile/password", **sent)
    assert answer.location == "/profile"
    assert "密码已修改" in visitor.get("/profile").text
    assert elsewhere.get("/inbox").location.startswith("/signin")
    assert Visitor(city, newcomer, "an old password").entered.status_code == 401
