"""Signing in by the city's own sign-in: there, back, and out of it."""

from __future__ import annotations

from datetime import timedelta

from flask import redirect, request, session, url_for
from werkzeug.wrappers import Response

from server import auth, entry, openid
from server.auth import credentials, sessions
from server.db import reading, unit_of_work
from server.guard import public, safe_target, settings
from server.pages import signin
from server.pages.blueprint import blueprint
from server.traffic import rates
from workflows import audit

#: Each asks another server something; from one address, behind which a whole office may sit.
COMINGS = rates.Limit("provider", 300, timedelta(minutes=15))
_TARGET = "provider_target"


@blueprint.get("/signin/provider")
@public
def leave_to_provider() -> Response | tuple[str, int]:
    """Send the visitor to the provider."""
    _count()
    try:
        response = openid.leave(_address("pages.come_from_provider"))
    except openid.ProviderFailed as error:
        return _failed(error)
    session[_TARGET] = safe_target(request.args.get("next"))
    return response


@blueprint.get("/signin/provider/back")
@public
def come_from_provider() -> Response | tuple[str, int]:
    """Let in whom the provider names, where there is such an account, and ask for the second factor it has."""
    _count()
    target = session.pop(_TARGET, None)
    try:
        account = _account(openid.arrive())
    except openid.ProviderFailed as error:
        return _failed(error)
    return entry.admit(account, method=sessions.PROVIDER, target=target)


@blueprint.get("/signin/provider/out")
@public
def leave_provider() -> Response | tuple[str, int]:
    """Send who has signed out of this house to sign out at the provider, too."""
    _count()
    try:
        return redirect(openid.farewell(_address("pages.signin")), 303)
    except openid.ProviderFailed as error:
        return _failed(error)


def _account(name: str) -> auth.Account:
    with reading() as transaction:
        plain = credentials.LOGIN.fullmatch(name)
        account = transaction.get(auth.Account, name) if plain else None
    if account and account.disabled_at is None:
        return account
    with unit_of_work() as transaction:
        # A name that is no account's is not written down: it is somebody's.
        detail = {"address": request.remote_addr or "", "method": sessions.PROVIDER}
        audit.record(transaction, actor=account.login if account else "", act="signin.refused", detail=detail)
    raise openid.ProviderFailed("There is no such account here.", code="provider_account")


def _failed(error: openid.ProviderFailed) -> Response | tuple[str, int]:
    if error.code == "provider":
        return redirect(url_for("pages.signin"), 303)
    status = {"provider_away": 502, "provider_account": 403}.get(error.code, 400)
    return signin.page("", None, error), status


def _count() -> None:
    with unit_of_work() as transaction:
        rates.spend(transaction, f"ip:{request.remote_addr or ''}"[:64], COMINGS)


def _address(endpoint: str) -> str:
    """Return a full address: the one that the operator has named, and registered at the provider."""
    known = settings().way_out.public_url
    return known + url_for(endpoint) if known else url_for(endpoint, _external=True)
