"""The way into the house and out of it: the password, a code where a second factor is asked for, the session cookie."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from flask import redirect, request, session, url_for
from werkzeug.wrappers import Response

from server import auth
from server.auth import browsers, factors, sessions
from server.auth.credentials import Account
from server.db import database, reading, unit_of_work
from server.guard import COOKIE, HOME, SIGN_IN, identity, safe_target, settings
from workflows import clock

#: Tells a browser that has signed in before from a strange one; it lets nobody in.
KNOWN_COOKIE = "duban_known"
#: How long after the password the code may follow.
PATIENCE = timedelta(minutes=10)
_HALF = "half"


@dataclass(frozen=True)
class Half:
    """Somebody who has proved the password, or come from the provider, and still owes a code."""

    login: str
    method: str
    target: str | None


def sign_in(login: str, password: str, *, target: str | None = None) -> Response:
    """Return the way into the house for who knows the password; raises auth.Refused or auth.TooManyAttempts."""
    login, remote = login.strip(), request.remote_addr or ""
    known = _known().mark_for(login)
    account = auth.verify(database(), login, password, remote=remote, known=known)
    return admit(account, method=sessions.PASSWORD, target=target)


def admit(account: Account, *, method: str, target: str | None = None) -> Response:
    """Return the next step of who has proved to be the account: the page for the code, or into the house."""
    if account.second_factor_at is None:
        return _enter(account, method=method, target=target, second_factor=False)
    # Nothing that was set before, by whomever, survives: messages, form tokens. The cookie is signed.
    session.clear()
    until = clock.now() + PATIENCE
    session[_HALF] = [account.login, account.generation, method, safe_target(target), until.timestamp()]
    return redirect(url_for("pages.signin_code"), 303)


def again(account: Account, *, target: str) -> Response:
    """Return the way on for who is in the house, and whose sessions have all just ended: a new one, as it was."""
    here = identity()
    return _enter(account, method=sessions.PASSWORD, target=target, second_factor=here.second_factor)


def half() -> Half | None:
    """Return who owes a code in this browser, None where nobody does, or it is too late."""
    return _half()[0]


def prove(code: str) -> Response:
    """Return the way into the house for who gives the code; raises auth.WrongCode, rates.TooMany or auth.Refused."""
    owing, account = _half()
    if owing is None or account is None:
        raise auth.Refused
    with unit_of_work() as transaction:
        factors.count(transaction, account.login)
    try:
        with unit_of_work() as transaction:
            factors.check(transaction, account.login, code)
    except auth.WrongCode:
        with unit_of_work() as transaction:
            factors.note_refusal(transaction, account.login, request.remote_addr or "")
        raise
    return _enter(account, method=owing.method, target=owing.target, second_factor=True)


def sign_out() -> Response:
    """Return the way out: the session ends, and the page to sign in follows."""
    token, method = request.cookies.get(COOKIE), ""
    if token:
        with unit_of_work() as transaction:
            method = auth.sign_out(transaction, token)
    session.clear()
    out = "provider" if method == sessions.PROVIDER and settings().provider else None
    response = redirect(url_for(SIGN_IN, out=out), 303)
    response.delete_cookie(COOKIE)
    return response


def _enter(account: Account, *, method: str, target: str | None, second_factor: bool) -> Response:
    with unit_of_work() as transaction:
        token = sessions.begin(
            transaction,
            account,
            remote=request.remote_addr or "",
            lasts=settings().session_lasts,
            replacing=request.cookies.get(COOKIE),
            method=method,
            second_factor=second_factor,
            browser=browsers.name(request.headers.get("User-Agent", "")),
        )
    session.clear()
    response = redirect(safe_target(target) or url_for(HOME), 303)
    _keep(response, COOKIE, token, settings().session_lasts)
    known = browsers.written(_known().after(account.login), settings().secret_key)
    _keep(response, KNOWN_COOKIE, known, browsers.REMEMBERED)
    return response


def _half() -> tuple[Half | None, Account | None]:
    login, generation, method, target, until = session.get(_HALF) or ("", 0, "", None, 0)
    if clock.now().timestamp() >= until:
        return None, None
    with reading() as transaction:
        account = transaction.get(Account, login)
    if account is None or account.disabled_at or account.generation != generation:
        return None, None
    return Half(login, method, target), account


def _known() -> browsers.Known:
    return browsers.read(request.cookies.get(KNOWN_COOKIE), settings().secret_key)


def _keep(response: Response, name: str, value: str, lasts: timedelta) -> None:
    response.set_cookie(
        name,
        value,
        max_age=lasts,
        secure=request.is_secure or settings().https,
        httponly=True,
        samesite="Lax",
    )
