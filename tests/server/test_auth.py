"""Passwords, sessions and tokens: what lets in, what no longer does, and how often one may try."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlalchemy import select

from server import auth
from server.auth import attempts, memory, passwords, sessions, tokens
from server.db import Database
from tests.server.conftest import PASSWORD
from workflows import clock
from workflows.actor import Actor
from workflows.errors import Conflict, InvalidInput, NotFound
from workflows.model import AuditEvent

HOME = "10.0.0.1"
LASTS = timedelta(hours=12)
#: As it is in production; `quick_passwords` puts another in its place while a test runs.
REAL = passwords._hasher
Make = Callable[..., str]


def signed_in(database: Database, login: str = "handler", **more: str) -> str:
    return auth.sign_in(database, login, PASSWORD, remote=HOME, lasts=LASTS, **more)


def valid(database: Database, token: str, idle: timedelta = timedelta(hours=2)) -> str | None:
    with database.reading() as session:
        found = sessions.find(session, token, idle=idle)
    return found.actor.id if found else None


def fail(database: Database, login: str = "handler", remote: str = HOME) -> None:
    with pytest.raises(auth.Refused):
        auth.verify(database, login, "wrong", remote=remote)


def test_passwords_are_kept_as_argon2(account: Make, database: Database) -> None:
    account("handler")
    with database.reading() as session:
        assert session.get_one(auth.Account, "handler").password_hash.startswith("$argon2id$")


def test_real_passwords_cost_a_thief_work() -> None:
    """RFC 9106's second choice: 64 MB, three passes, four lanes."""
    assert (REAL.memory_cost, REAL.time_cost, REAL.parallelism) == (65536, 3, 4)


@pytest.mark.parametrize("login", ["", "Handler", "a b", "x" * 65, "handler@JD1", "-a", "张三", "a\n"])
def test_a_login_is_plain(database: Database, login: str) -> None:
    with pytest.raises(InvalidInput) as caught, database.unit_of_work() as session:
        auth.create(session, login, PASSWORD)
    assert caught.value.fields["login"].code == "login"


@pytest.mark.parametrize("password", ["", "short", "x" * 257, "long-handler"])
def test_a_password_is_neither_short_nor_the_login(database: Database, password: str) -> None:
    with pytest.raises(InvalidInput) as caught, database.unit_of_work() as session:
        auth.create(session, "long-handler", password)
    assert caught.value.fields["password"].code == "password"


def test_an_account_exists_once(account: Make, database: Database) -> None:
    account("handler")
    with pytest.raises(Conflict, match="handler"):
        account("handler")


def test_nobody_can_name_himself_into_a_role(account: Make, database: Database) -> None:
    """A login is also a group of its own: one named as a role would hold it."""
    with database.unit_of_work() as session:
        session.add(office_role("supervisor"))
    with pytest.raises(InvalidInput, match="role"):
        account("supervisor")
    assert account("supervisor", trusted=True) == "supervisor"


def office_role(name: str) -> object:
    from handlers.office import Role

    return Role(id=name, name_zh=name, name_en=name)


def test_the_right_password_lets_in(account: Make, database: Database) -> None:
    account("handler")
    token = signed_in(database)
    assert valid(database, token) == "handler"
    assert valid(database, "made up") is None


def test_the_database_does_not_know_the_cookie(account: Make, database: Database) -> None:
    account("handler")
    token = signed_in(database)
    with database.reading() as session:
        row = session.scalars(select(auth.AuthSession)).one()
    assert token not in {str(value) for value in vars(row).values()}


@pytest.mark.parametrize("login", ["handler", "nobody", "no such/login", "x" * 300])
def test_all_refusals_are_alike(account: Make, database: Database, login: str) -> None:
    account("handler")
    with pytest.raises(auth.Refused) as caught:
        auth.sign_in(database, login, "wrong", remote=HOME, lasts=LASTS)
    assert str(caught.value) == "The account name or the password is wrong."


def test_a_disabled_account_is_out_at_once_and_for_good(account: Make, database: Database) -> None:
    account("handler")
    token = signed_in(database)
    with database.unit_of_work() as session:
        bearer = tokens.create(session, "handler", "ci", lasts=LASTS, actor="handler")
        auth.disable(session, "handler", actor="admin")
    assert valid(database, token) is None
    with pytest.raises(auth.Refused):
        signed_in(database)
    with database.unit_of_work() as session:
        auth.enable(session, "handler", actor="admin")
    assert valid(database, token) is None
    with database.reading() as session:
        assert tokens.find(session, bearer) is None
    assert valid(database, signed_in(database)) == "handler"


def test_a_new_password_ends_sessions_and_tokens(account: Make, database: Database) -> None:
    account("handler")
    token = signed_in(database)
    with database.unit_of_work() as session:
        bearer = tokens.create(session, "handler", "ci", lasts=LASTS, actor="handler")
    auth.change_password(database, "handler", PASSWORD, "another good one", remote=HOME)
    assert valid(database, token) is None
    with database.reading() as session:
        assert tokens.find(session, bearer) is None
    with pytest.raises(auth.Refused):
        signed_in(database)
    auth.sign_in(database, "handler", "another good one", remote=HOME, lasts=LASTS)


def test_a_password_is_changed_by_who_knows_it(account: Make, database: Database) -> None:
    account("handler")
    with pytest.raises(auth.Refused):
        auth.change_password(database, "handler", "wrong", "another good one", remote=HOME)
    with pytest.raises(InvalidInput):
        auth.change_password(database, "handler", PASSWORD, "weak", remote=HOME)
    assert signed_in(database)


def test_a_session_ends_with_the_day_or_when_left_alone(account: Make, database: Database) -> None:
    account("handler")
    start = clock.now()
    with clock.held_at(start):
        token = signed_in(database)
    with clock.held_at(start + timedelta(hours=1, minutes=59)):
        assert valid(database, token) == "handler"
    with clock.held_at(start + timedelta(hours=2)):
        assert valid(database, token) is None
    with clock.held_at(start + timedelta(hours=12)):
        assert valid(database, token, idle=timedelta(days=9)) is None


def test_a_session_in_use_goes_on(account: Make, database: Database) -> None:
    account("handler")
    start = clock.now()
    with clock.held_at(start):
        token = signed_in(database)
    for minutes in (60, 120, 180):
        with clock.held_at(start + timedelta(minutes=minutes)):
            with database.reading() as session:
                found = sessions.find(session, token, idle=timedelta(hours=2))
            assert found
            assert found.stale
            with database.unit_of_work() as session:
                sessions.touch(session, found.id)


def test_signing_out_and_signing_in_again_end_the_old_session(account: Make, database: Database) -> None:
    account("handler")
    first = signed_in(database)
    second = signed_in(database, replacing=first)
    assert valid(database, first) is None
    with database.unit_of_work() as session:
        auth.sign_out(session, second)
        auth.sign_out(session, "made up")
    assert valid(database, second) is None


def test_ended_sessions_and_old_failures_are_swept(account: Make, database: Database) -> None:
    account("handler")
    signed_in(database)
    fail(database)
    with clock.held_at(clock.now() + timedelta(days=1)), database.unit_of_work() as session:
        sessions.forget_ended(session)
        attempts.forget(session)
    with database.reading() as session:
        assert session.scalar(select(auth.AuthSession.id)) is None
        assert session.scalar(select(attempts.FailedSignIn.id)) is None


def test_guessing_is_stopped_for_the_pair_only(account: Make, database: Database, quick: None) -> None:
    account("handler")
    for _ in range(attempts.MOST_PER_PAIR):
        fail(database)
    with pytest.raises(auth.TooManyAttempts) as caught:
        signed_in(database)
    assert timedelta(minutes=14) < caught.value.retry_after <= timedelta(minutes=15)
    # The one who is being guessed at can still work, from his own desk.
    auth.sign_in(database, "handler", PASSWORD, remote="10.0.0.2", lasts=LASTS)
    with clock.held_at(clock.now() + timedelta(minutes=16)):
        assert signed_in(database)


def test_guessing_from_many_places_is_stopped_too(account: Make, database: Database, quick: None) -> None:
    account("handler")
    for number in range(attempts.MOST_PER_LOGIN):
        fail(database, remote=f"10.1.0.{number % 250}")
    with pytest.raises(auth.TooManyAttempts):
        auth.sign_in(database, "handler", PASSWORD, remote="10.2.0.1", lasts=LASTS)


def test_one_place_cannot_try_everybody(account: Make, database: Database, quick: None) -> None:
    account("handler")
    for number in range(attempts.MOST_PER_ADDRESS):
        fail(database, login=f"guess{number}")
    with pytest.raises(auth.TooManyAttempts):
        signed_in(database)


def test_a_password_typed_as_a_login_is_not_kept(database: Database) -> None:
    fail(database, login="MySecret!Password")
    with database.reading() as session:
        row = session.scalars(select(attempts.FailedSignIn)).one()
        events = [event.detail for event in session.scalars(select(AuditEvent))]
    assert len(row.login_mark) == 8
    assert "MySecret" not in str(events)


def test_sign_ins_and_refusals_are_in_the_audit(account: Make, database: Database) -> None:
    account("handler")
    fail(database)
    token = signed_in(database)
    with database.unit_of_work() as session:
        auth.sign_out(session, token)
        found = [(e.actor, e.act) for e in session.scalars(select(AuditEvent).order_by(AuditEvent.id))]
    assert found == [("handler", "signin.refused"), ("handler", "signin"), ("handler", "signout")]


def test_a_verified_password_is_remembered_until_it_changes(
    account: Make, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    account("handler")
    checks = []
    fits = passwords.fits
    monkeypatch.setattr(passwords, "fits", lambda *given: checks.append(1) or fits(*given))

    def ask(password: str = PASSWORD) -> None:
        auth.verify(database, "handler", password, remote=HOME, remembering=True)

    ask()
    ask()
    assert len(checks) == 1
    with pytest.raises(auth.Refused):
        ask("wrong")
    with database.unit_of_work() as session:
        auth.reset(session, "handler", "another good one", actor="admin")
    with pytest.raises(auth.Refused):
        ask()
    ask("another good one")
    with database.unit_of_work() as session:
        auth.disable(session, "handler", actor="admin")
    with pytest.raises(auth.Refused):
        ask("another good one")


def test_memory_fades_and_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    remembered = memory.Memory()
    now = [0.0]
    monkeypatch.setattr(memory.time, "monotonic", lambda: now[0])
    remembered.keep("a", "p", "stored")
    assert remembered.knows("a", "p", "stored")
    now[0] = memory.REMEMBERED.total_seconds() + 1
    assert not remembered.knows("a", "p", "stored")
    for number in range(memory.MOST_REMEMBERED + 5):
        remembered.keep(str(number), "p", "stored")
    assert len(remembered._proofs) == memory.MOST_REMEMBERED


def test_tokens_act_as_their_account_until_they_end(account: Make, database: Database) -> None:
    account("handler")
    with database.unit_of_work() as session:
        token = tokens.create(session, "handler", "nightly", lasts=timedelta(days=30), actor="handler")
        found = tokens.find(session, token)
        assert found
        assert found.actor == Actor("handler", frozenset({"handler"}), "handler")
        assert tokens.find(session, "duban_made-up") is None
        (listed,) = tokens.listing(session, "handler")
        assert token not in {str(value) for value in vars(listed).values()}
        with pytest.raises(NotFound):
            tokens.revoke(session, listed.id, login="somebody-else")
        with clock.held_at(clock.now() + timedelta(days=31)):
            assert tokens.find(session, token) is None
        tokens.revoke(session, listed.id, login="handler")
        assert tokens.find(session, token) is None
        assert tokens.listing(session, "handler") == []


@pytest.mark.parametrize("command", [auth.disable, auth.enable])
def test_an_unknown_account_is_named(database: Database, command: Callable[..., None]) -> None:
    with pytest.raises(NotFound, match="ghost"), database.unit_of_work() as session:
        command(session, "ghost", actor="admin")


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let wrong passwords fail without the slow check: what is tested is the counting."""
    fits = passwords.fits
    monkeypatch.setattr(passwords, "fits", lambda who, password: password != "wrong" and fits(who, password))
