"""Second factors, known browsers, sessions, tokens and one-time links, through the real pages."""

from __future__ import annotations

import base64
import html
import itertools
import re
from collections.abc import Iterator
from contextlib import closing, nullcontext
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pyotp
import pytest
from flask import Flask
from sqlalchemy import delete, select, text

from handlers import office
from handlers.vault import keys, rotation
from server import auth, boot, scopes
from server.app import create_app
from server.auth import attempts, browsers, factors, links, passwords, sessions, tokens
from server.db import Database, connect
from server.guard import COOKIE
from server.settings import Settings
from server.wiring import wire
from tests import city as cities
from tests.city import City
from tests.server.visitors import Visitor, basic
from workflows import clock
from workflows.errors import InvalidInput
from workflows.model import AuditEvent

PASSWORD = "a long enough sentence"
LIFE = timedelta(hours=1)
NOW = datetime.fromisoformat("2026-03-09T09:00:10+08:00")
numbers = itertools.count(1)


@pytest.fixture(scope="module")
def city(tmp_path_factory: pytest.TempPathFactory) -> Iterator[City]:
    """Give the city with a master key, as the demo has one."""
    found = cities.found(tmp_path_factory.mktemp("signing"))
    key = base64.b64encode(b"k" * 32).decode()
    settings: Settings = replace(found.app.extensions["duban.settings"], master_key=key)
    yield City(found.database, create_app(settings, found.database))
    found.database.close()


@pytest.fixture
def somebody(city: City) -> str:
    """Return an account that one test may change, and no other test uses."""
    login = f"somebody{next(numbers)}"
    with city.database.unit_of_work() as session:
        auth.create(session, login, PASSWORD)
    return login


def demanding(city: City, *roles: str) -> City:
    settings = replace(city.app.extensions["duban.settings"], second_factor_roles=frozenset(roles))
    return City(city.database, create_app(settings, city.database))


def acts(database: Database, actor: str) -> list[str]:
    with database.reading() as session:
        found = select(AuditEvent.act).where(AuditEvent.actor == actor).order_by(AuditEvent.id)
        return list(session.scalars(found))


def shown(text: str) -> list[str]:
    """Return the codes that a page shows."""
    return re.findall(r"<li><code>([^<]+)</code></li>", text)


def enrol(visitor: Visitor, at: datetime = NOW) -> tuple[pyotp.TOTP, list[str]]:
    """Set the second factor up on the pages, and return the authenticator and the recovery codes."""
    visitor.post("/profile/second-factor/begin")
    page = visitor.get("/profile/second-factor").text
    assert "<svg" in page
    found = re.search(r'<code class="long-code">([A-Z2-7 ]+)</code>', page)
    assert found
    device = pyotp.TOTP(found[1].replace(" ", ""))
    done = visitor.post("/profile/second-factor/confirm", code=device.at(at), password=PASSWORD)
    assert done.status_code == 200, done.text
    return device, shown(done.text)


def code_page(city: City, login: str) -> Visitor:
    """Return who has given the password and is asked for a code."""
    visitor = Visitor(city, login, PASSWORD)
    assert visitor.entered.location == "/signin/code"
    assert visitor.get("/inbox").location.startswith("/signin")
    return visitor


def give(visitor: Visitor, code: str) -> int:
    sent = {"code": code, "csrf_token": visitor.token("/signin/code")}
    return visitor.client.post("/signin/code", data=sent).status_code


@pytest.mark.parametrize(
    "password",
    [
        "fourteen chars",
        "passwordpassword",
        "Password 12345678",
        "111111111111111111",
        "qwertyuiopasdfgh",
        "1q2w3e4r1q2w3e4r",
        "不忘初心牢记使命2026！！！！！",
        "ＰＡＳＳＷＯＲＤ！！１２３４５６",
        "zhang-san zhang-san",
        "duban-administrator",
    ],
)
def test_what_is_guessed_first_is_no_password(password: str) -> None:
    with pytest.raises(InvalidInput):
        passwords.check_strength("zhang-san", password)


@pytest.mark.parametrize(
    "password",
    [
        "the password is under the mat",
        "六月下了三场雨，第四场在七月。",
        "aaaa bbbb cccc dd",
        "0571 8839 2204 917",
        "x" * 5 + "yz" * 100,
    ],
)
def test_anything_else_is_one(password: str) -> None:
    """No rule of composition; a listed word within a longer password is no reason (NIST SP 800-63B-4, 3.1.1.2)."""
    passwords.check_strength("zhang-san", password)


def test_passwords_are_shorter_beside_a_second_factor_and_the_same_on_every_keyboard() -> None:
    passwords.check_strength("zhang-san", "blue-tin", second_factor=True)
    with pytest.raises(InvalidInput):
        passwords.check_strength("zhang-san", "blue-tn", second_factor=True)
    with pytest.raises(InvalidInput):
        passwords.check_strength("zhang-san", "password", second_factor=True)
    kept = passwords.stored("Café au lait")
    assert passwords.fits(kept, "Ｃafe\u0301 au lait")
    assert not passwords.fits("", "")


def test_a_second_factor_from_its_first_code_to_its_end(city: City, somebody: str) -> None:
    with clock.held_at(NOW):
        visitor, elsewhere = Visitor(city, somebody, PASSWORD), Visitor(city, somebody, PASSWORD)
        assert (
            city.app.test_client().get("/engine-rest/task", headers=basic(somebody, PASSWORD)).status_code
            == 200
        )
        visitor.post("/profile/second-factor/begin")
        for wrong in ({"code": "000000", "password": PASSWORD}, {"code": "", "password": "wrong"}):
            assert visitor.post("/profile/second-factor/confirm", **wrong).status_code == 422
        device, codes = enrol(visitor)
        assert len(set(codes)) == factors.RECOVERY_CODES
        assert visitor.get("/inbox").status_code == 200
        assert elsewhere.get("/inbox").location.startswith("/signin"), "it was signed in without a code"
        # A code is used once: the one that has set it up does not sign in.
        late = code_page(city, somebody)
        assert give(late, device.at(NOW)) == 401
        assert give(late, device.at(NOW + timedelta(seconds=60))) == 401
        assert give(late, device.at(NOW + timedelta(seconds=30))) == 303, (
            "a telephone may be 30 seconds ahead"
        )
        assert give(code_page(city, somebody), device.at(NOW)) == 401, "older than the last that was used"
        lost = code_page(city, somebody)
        assert give(lost, codes[0].upper()) == 303
        assert give(code_page(city, somebody), codes[0]) == 401, "it is spent"
        assert "还剩 9 个恢复码" in lost.get("/profile/security").text
        # Programs cannot give a code.
        refused = city.app.test_client().get("/engine-rest/task", headers=basic(somebody, PASSWORD))
        assert refused.status_code == 403
        assert "token" in refused.json["message"]
    with clock.held_at(NOW + timedelta(minutes=15)):
        made = lost.post("/profile/second-factor/codes", password=PASSWORD, code=codes[1])
        assert len(shown(made.text)) == factors.RECOVERY_CODES
        lost.post("/profile/second-factor/remove", password=PASSWORD, code=codes[2])
        assert "验证码有误" in lost.get("/profile/security").text, "old codes count no more"
        lost.post("/profile/second-factor/remove", password="wrong", code=shown(made.text)[0])
        assert lost.get("/profile/second-factor").location == "/profile/security"
        lost.post("/profile/second-factor/remove", password=PASSWORD, code=shown(made.text)[0])
        assert Visitor(city, somebody, PASSWORD).entered.location == "/inbox"
    told = acts(city.database, somebody)
    for act in ("factor.enrol", "factor.refused", "factor.recovery", "factor.codes", "factor.remove"):
        assert act in told
    with city.database.reading() as session:
        details = str([event.detail for event in session.scalars(select(AuditEvent))])
    assert device.secret not in details
    assert not [code for code in codes if code in details]


def test_codes_are_guessed_ten_times_and_no_more(city: City, somebody: str) -> None:
    with clock.held_at(NOW):
        device, codes = enrol(Visitor(city, somebody, PASSWORD))
        guess = code_page(city, somebody)
        answers = [give(guess, "123456") for _ in range(factors.LIMITS[0].most)]
        assert set(answers) == {401, 429}
        assert give(guess, codes[0]) == 429
    with clock.held_at(NOW + timedelta(minutes=15)):
        assert guess.get("/signin/code").location == "/signin", "the password was given too long ago"
        assert give(code_page(city, somebody), device.at(clock.now())) == 303


def test_the_secret_lies_sealed_and_follows_a_new_master_key(
    city: City, somebody: str, tmp_path: Path
) -> None:
    with clock.held_at(NOW):
        device, codes = enrol(Visitor(city, somebody, PASSWORD))
    with city.database.reading() as session:
        kept = [
            list(row)
            for table in ("second_factor", "recovery_code")
            for row in session.execute(text(f"select * from {table}"))
        ]
    rows = str(kept)
    assert device.secret not in rows
    assert codes[0].replace("-", "") not in rows
    old = city.app.extensions["duban.settings"].master_key
    both = base64.b64encode(b"n" * 32).decode()
    try:
        keys.use(None, f"{both}\n{old}")
        with city.database.unit_of_work() as session:
            place: rotation.Place | None = rotation.BEGIN
            while place is not None:
                _done, place, faults = rotation.rotate(session, after=place)
                assert faults == []
        keys.use(None, both)
        with clock.held_at(NOW + timedelta(minutes=1)), city.database.unit_of_work() as session:
            factors.check(session, somebody, device.at(clock.now()))
    finally:
        keys.use(None, f"{old}\n{both}")


def test_a_role_that_demands_it_lets_do_nothing_else(city: City) -> None:
    strict = demanding(city, "admin")
    assert Visitor(strict, "handler").get("/inbox").status_code == 200
    admin = Visitor(strict, "admin")
    for address in ("/inbox", "/people", "/profile", "/profile/security"):
        assert admin.get(address).location == "/profile/second-factor", address
    fragment = admin.client.get("/notifications/unread", headers={"HX-Request": "true"})
    assert (fragment.status_code, fragment.headers["HX-Redirect"]) == (403, "/profile/second-factor")
    assert "您的岗位要求启用二次验证" in admin.get("/profile/second-factor").text
    assert strict.app.test_client().get("/api/v1/clues", headers=basic("admin", "admin")).status_code == 403
    with city.database.unit_of_work() as session:
        enrolment = factors.begin(session, "admin")
    sent = {"code": pyotp.TOTP(enrolment.secret).at(clock.now()), "password": "admin"}
    sent["csrf_token"] = admin.token("/profile/second-factor")
    assert admin.client.post("/profile/second-factor/confirm", data=sent).status_code == 200
    assert admin.get("/people").status_code == 200
    with city.database.unit_of_work() as session:
        factors.remove(session, "admin", actor="admin")
    assert admin.get("/people").location == "/profile/second-factor"


def test_an_administrator_helps_who_has_lost_it(city: City, somebody: str) -> None:
    with clock.held_at(NOW):
        visitor, admin = Visitor(city, somebody, PASSWORD), Visitor(city, "admin")
        enrol(visitor)
        assert admin.post("/people/admin/second-factor").status_code == 409
        assert admin.post(f"/people/{somebody}/second-factor").location == "/people"
        assert visitor.get("/inbox").location.startswith("/signin")
        again = Visitor(city, somebody, PASSWORD)
        assert "管理员已解除您的二次验证" in again.get("/notifications").text
        assert admin.post(f"/people/{somebody}/sessions").location == "/people"
        assert again.get("/inbox").location.startswith("/signin")
        assert admin.post("/people/ghost/sessions").status_code == 404
        page = admin.post(f"/people/{somebody}/reset").text
        link = html.unescape(re.findall(r"/welcome/[\w-]+", page)[0])
        assert Visitor(city, somebody, PASSWORD).entered.status_code == 401, "the old password is out at once"
        new = Visitor(city, somebody, PASSWORD)
        assert somebody in new.get(link).text
        sent = {"csrf_token": new.token(link), "password": "another long sentence", "again": "differs"}
        assert new.client.post(link, data=sent).status_code == 422
        assert new.client.post(link, data={**sent, "again": sent["password"]}).location == "/inbox"
        assert new.get(link).status_code == 404, "once"
    assert {"factor.remove", "session.end", "account.clear"} <= set(acts(city.database, "admin"))


def test_strangers_lock_nobody_out_of_a_known_browser(city: City, somebody: str) -> None:
    at_home = Visitor(city, somebody, PASSWORD)
    with city.database.unit_of_work() as session:
        for number in range(attempts.MOST_PER_ADDRESS + 1):
            attempts.note(session, somebody, attempts.Source(f"203.0.113.{number}"))
            attempts.note(session, "another", attempts.Source("127.0.0.1"))
    before = acts(city.database, somebody).count("signin.limit")
    for _ in range(3):
        assert Visitor(city, somebody, PASSWORD).entered.status_code == 429, "a strange browser"
    assert acts(city.database, somebody).count("signin.limit") - before == 1, "once a window, however often"
    sent = {"login": somebody, "password": PASSWORD, "csrf_token": at_home.token()}
    at_home.client.delete_cookie(COOKIE)
    sent["csrf_token"] = at_home.token("/signin")
    assert at_home.client.post("/signin", data=sent).location == "/inbox"
    for _ in range(attempts.MOST_PER_PAIR):
        at_home.client.post("/signin", data={**sent, "password": "wrong", "csrf_token": at_home.token()})
    sent["csrf_token"] = at_home.token()
    assert at_home.client.post("/signin", data=sent).status_code == 429, "it is stopped by its own guesses"
    with city.database.unit_of_work() as session:
        session.execute(delete(attempts.FailedSignIn))


def test_nobody_makes_himself_a_known_browser() -> None:
    known = browsers.read(None, "s" * 40).after("wang")
    cookie = browsers.written(known, "s" * 40)
    assert browsers.read(cookie, "s" * 40).mark_for("wang") == known.mark
    assert browsers.read(cookie, "s" * 40).mark_for("zhang") == ""
    assert browsers.read(cookie, "t" * 40).mark_for("wang") == ""
    assert browsers.read(f"{cookie}x", "s" * 40).mark_for("wang") == ""
    for number in range(20):
        known = known.after(f"login{number}")
    assert len(known.logins) == browsers.MOST_LOGINS


def test_browsers_are_named_in_words() -> None:
    edge = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/140.0 Safari/537.36 Edg/140.0"
    assert browsers.name(edge) == "Edge · Windows"
    assert browsers.name("curl/8") == ""


def test_sessions_are_listed_and_ended(city: City, somebody: str) -> None:
    here, other, third = (Visitor(city, somebody, PASSWORD) for _ in range(3))
    with city.database.reading() as session:
        found = {one.id for one in sessions.listing(session, somebody, idle=timedelta(hours=2))}
        mine = sessions.find(session, here.client.get_cookie(COOKIE).value, idle=timedelta(hours=2))
        his = sessions.find(session, other.client.get_cookie(COOKIE).value, idle=timedelta(hours=2))
    assert mine
    assert his
    assert len(found) == 3
    page = here.get("/profile/security").text
    assert page.count("/end") == 3, "each other one, and all of them"
    stranger = Visitor(city, "handler")
    assert stranger.post(f"/profile/sessions/{his.id}/end").status_code == 404
    assert here.post(f"/profile/sessions/{his.id}/end").location == "/profile/security"
    assert other.get("/inbox").location.startswith("/signin")
    assert third.get("/inbox").status_code == 200
    here.post("/profile/sessions/end")
    assert third.get("/inbox").location.startswith("/signin")
    assert here.get("/inbox").status_code == 200
    # Who is offline for long is no longer listed.
    with clock.held_at(clock.now() + timedelta(hours=3)), city.database.reading() as session:
        assert sessions.listing(session, somebody, idle=timedelta(hours=2)) == []


def test_tokens_are_made_on_the_page_and_do_what_their_scope_says(city: City) -> None:
    visitor = Visitor(city, "supervisor")
    assert visitor.post("/profile/tokens", name="", days="30", scopes="read").status_code == 422
    assert visitor.post("/profile/tokens", name="ci", days="30").status_code == 422
    assert visitor.post("/profile/tokens", name="ci", days="31", scopes="read").status_code == 422
    client = city.app.test_client()

    def make(*chosen: str) -> dict[str, str]:
        page = visitor.post("/profile/tokens", name="ci", days="30", scopes=list(chosen)).text
        return {"Authorization": f"Bearer {re.findall('duban_[A-Za-z0-9_-]{43}', page)[0]}"}

    reader, worker, deployer = make("read"), make("tasks"), make("deploy")
    lists, deploy = "/engine-rest/task", "/engine-rest/deployment/create"
    start = "/engine-rest/process-definition/key/errand/start"
    cases = ((reader, (200, 403, 403)), (worker, (200, 200, 403)), (deployer, (403, 403, 400)))
    for header, expected in cases:
        answers = (
            client.get(lists, headers=header),
            client.post(start, json={}, headers=header),
            client.post(deploy, headers=header),
        )
        assert tuple(answer.status_code for answer in answers) == expected
    assert client.get("/engine-rest/process-definition", headers=deployer).status_code == 200
    refused = client.post(deploy, headers=reader).json
    assert "scope deploy" in refused["message"]
    assert client.delete("/engine-rest/process-instance/x", headers=worker).status_code == 403
    with city.database.reading() as session:
        listed = tokens.listing(session, "supervisor")
    assert [one.scopes for one in listed] == [["read"], ["tasks"], ["deploy"]]
    assert all(one.last_used_at for one in listed)
    assert Visitor(city, "handler").post(f"/profile/tokens/{listed[0].id}/revoke").status_code == 404
    visitor.post(f"/profile/tokens/{listed[0].id}/revoke")
    assert client.get(lists, headers=reader).status_code == 401
    assert "refusal" in acts(city.database, "supervisor")


def test_every_route_of_the_apis_has_a_scope(city: City) -> None:
    rules = [
        rule for rule in city.app.url_map.iter_rules() if rule.rule.startswith(("/api/v1", "/engine-rest"))
    ]
    asked = {
        (rule.endpoint, method) for rule in rules for method in rule.methods or () if method != "OPTIONS"
    }
    assert len(asked) > 60
    assert [one for one in sorted(asked) if scopes.needed(*one) is None] == []
    named = [route for routes in scopes.NEEDED.values() for route in routes]
    assert len(named) == len(set(named))
    assert set(named) | scopes.MODEL <= {endpoint for endpoint, _method in asked}
    assert set(scopes.LETS) == set(tokens.SCOPES)
    assert all(set(scopes.NEEDED) <= scopes.LETS[scope] for scope in tokens.ALL)


@pytest.fixture
def empty(settings: Settings, database: Database) -> Flask:
    """Return the real application, with roles and no account."""
    app = create_app(settings, database)
    with database.unit_of_work() as session:
        session.add(office.Role(id="admin", name_zh="系统管理员", name_en="Administrator"))
    return app


def test_the_first_administrator_comes_by_a_link_once(empty: Flask, database: Database) -> None:
    def issue() -> str | None:
        with database.unit_of_work() as session:
            return links.first(session)

    def form(link: str, **given: str) -> dict[str, str]:
        page = client.get(link).text
        token = re.findall(r'name="csrf_token" value="([^"]+)"', page)[0]
        return {"csrf_token": token, "again": given.get("password", ""), **given}

    client, older, newer = empty.test_client(), issue(), issue()
    assert client.get(f"/welcome/{older}").status_code == 404, "a newer one was printed"
    with database.reading() as session:
        assert newer not in str(list(map(vars, session.scalars(select(links.OneTimeLink)))))
    link = f"/welcome/{newer}"
    with clock.held_at(clock.now() + links.FIRST):
        assert client.get(link).status_code == 404
    good = {"login": "wang", "name": "王管理", "password": PASSWORD}
    for field, wrong in (("login", "admin"), ("login", "Wang!"), ("name", " "), ("password", "short")):
        answer = client.post(link, data=form(link, **{**good, field: wrong}))
        assert answer.status_code == 422, field
        assert f'id="{field}-error"' in answer.text
    assert client.post(link, data=form(link, **good)).location == "/inbox"
    assert client.get("/people").status_code == 200
    assert empty.test_client().get(link).status_code == 404
    assert issue() is None
    assert [act for act in acts(database, "wang") if act.startswith("account")] == ["account.create"]


def test_links_are_not_guessed_for_long(empty: Flask) -> None:
    client = empty.test_client()
    answers = [client.get(f"/welcome/guess{number}").status_code for number in range(31)]
    assert answers == [404] * 30 + [429]


def test_both_databases_keep_what_lets_in(database_url: str) -> None:
    settings = Settings(database_url=database_url, master_key=base64.b64encode(b"k" * 32).decode())
    wire(settings)
    with closing(connect(settings)) as database:
        boot.lay(database)
        with database.unit_of_work() as session:
            account = links.use(session, links.first(session) or "", PASSWORD, login="wang", name="王管理")
            made = tokens.create(session, "wang", "ci", lasts=LIFE, actor="wang", scopes=["tasks", "read"])
            cookie = sessions.begin(session, account, remote="x", lasts=LIFE, method=sessions.LINK)
            device = pyotp.TOTP(factors.begin(session, "wang").secret)
        with database.unit_of_work() as session:
            signed, bearer = sessions.find(session, cookie, idle=LIFE), tokens.find(session, made)
            assert signed
            assert bearer
            assert (signed.second_factor, bearer.scopes, bearer.stale) == (False, {"read", "tasks"}, True)
            assert signed.actor.groups == bearer.actor.groups == {"wang", "admin"}
            tokens.touch(session, bearer.id)
            codes = factors.confirm(session, "wang", device.at(clock.now()), session_id=signed.id)
            with pytest.raises(auth.WrongCode):
                factors.check(session, "wang", device.at(clock.now()))
            factors.check(session, "wang", codes[3])
        with database.unit_of_work() as session:
            signed, bearer = sessions.find(session, cookie, idle=LIFE), tokens.find(session, made)
            assert signed
            assert bearer
            assert (signed.second_factor, bearer.stale) == (True, False)
            assert factors.codes_left(session, "wang") == factors.RECOVERY_CODES - 1
            assert attempts.note_limit(session, attempts.Limit("x", "", LIFE))
            assert not attempts.note_limit(session, attempts.Limit("x", "", LIFE))
            assert sessions.end_all(session, "wang", actor="admin") == 1
        for roles, word in (({"wizard"}, "wizard"), ({"admin", "all"}, "")):
            asked = replace(settings, second_factor_roles=frozenset(roles))
            with pytest.raises(InvalidInput, match=word) if word else nullcontext():
                boot.check_demands(database, asked)
        keys.use(None, "")
        with pytest.raises(InvalidInput, match="duban vault key new"):
            boot.check_demands(database, replace(settings, second_factor_roles=frozenset({"admin"})))
