"""Who may use a route. Every route says so, with `@guard()` or `@public`, or the application does not start.

    @bp.get("/inbox")
    @guard()                          # anybody who is signed in; @guard(roles={"supervisor"}) for some
    def inbox(actor: Actor) -> str: ...

Pages know their visitors by cookie and are protected against forged requests. The areas for programs
(`HEADER_AREAS`) know theirs by the Authorization header alone: a cookie never signs in there.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Set
from dataclasses import dataclass
from datetime import timedelta
from functools import wraps
from typing import Any, TypeVar
from urllib.parse import urlsplit

from flask import Flask, Response, current_app, g, redirect, request, url_for
from flask_wtf.csrf import CSRFProtect
from werkzeug.wrappers import Response as AnyResponse

from handlers import office
from server import auth, matters, scopes
from server.auth import sessions, tokens
from server.db import database, reading, unit_of_work
from server.settings import Settings
from server.traffic import rates
from workflows import audit
from workflows.actor import Actor
from workflows.errors import DubanError, NotAllowed

COOKIE = "duban_session"
HEADER_AREAS = ("/engine-rest", "/api", "/metrics")
#: What pages ask by themselves, while nobody may be there.
UNATTENDED = frozenset({"pages.unread_notifications"})
#: Where a visitor goes after signing in, to sign in, and to set up a second factor.
HOME, SIGN_IN, ENROL = "pages.inbox", "pages.signin", "pages.second_factor"
#: What who lacks the second factor that his role demands may do, until he has one.
ENROLLING = frozenset({ENROL, "pages.begin_factor", "pages.confirm_factor", "pages.sign_out"})
EVERYBODY = "all"

#: The argument of a route whose address lets in: neither log nor audit shall have it.
SECRET_ARGUMENT = "token"
#: What an identifier or a number of the registers looks like: what else stands in an address may be a name.
PLAIN = re.compile(r"[A-Za-z0-9:._-]{1,64}")

csrf = CSRFProtect()
View = TypeVar("View", bound=Callable[..., Any])


class NotSignedIn(DubanError):
    """Nobody is signed in, and the route is for somebody."""

    def __init__(self) -> None:
        super().__init__("Sign in first.", code="not_signed_in")


class SecondFactorMissing(DubanError):
    """The role demands a second factor, and this browser has not shown one."""

    def __init__(self) -> None:
        super().__init__("Your role demands a second factor: set one up first.", code="second_factor_missing")


class TokenNeeded(NotAllowed):
    """The account has a second factor, which a program cannot show: it has to come with a token."""

    def __init__(self) -> None:
        super().__init__(
            "This account signs in with a second factor: a program comes with an API token "
            "(Authorization: Bearer …), made on the page Sign-in and security.",
            code="token_needed",
        )


class Forged(DubanError):
    """The request comes from a page that is not ours, or from one that has become too old."""

    def __init__(self) -> None:
        super().__init__("This page has expired: load it again and repeat what you did.", code="csrf")


@dataclass(frozen=True)
class Identity:
    """Who sends the present request, and how the server knows."""

    actor: Actor
    locale: str | None = None
    session_id: str | None = None  #: of the signed-in browser; None for a program
    second_factor: bool = False  #: whether one was shown, or a token that stands for it
    scopes: frozenset[str] | None = None  #: of the token; None without one


def guard(*, roles: Set[str] = frozenset()) -> Callable[[View], View]:
    """Let only who is signed in use the view, and holds one of the roles if any are named.

    The view is given the actor as its argument `actor`.
    """

    def decorate(view: View) -> View:
        @wraps(view)
        def guarded(*args: Any, **kwargs: Any) -> Any:
            identity = _identify()
            if identity is None:
                raise NotSignedIn
            _check(identity)
            _count(identity.actor)
            if roles:
                office.require(identity.actor, roles)
            return view(*args, actor=identity.actor, **kwargs)

        guarded.__guarded__ = "guarded"  # type: ignore[attr-defined]
        return guarded  # type: ignore[return-value]

    return decorate


def public(view: View) -> View:
    """Let anybody use the view."""
    view.__guarded__ = "public"  # type: ignore[attr-defined]
    return view


def unguarded(app: Flask) -> list[str]:
    """Return the endpoints that do not say who may use them."""
    return sorted(name for name, view in app.view_functions.items() if not hasattr(view, "__guarded__"))


def for_programs() -> bool:
    """Return whether the present request is to an area that knows its visitors by header."""
    return any(request.path == area or request.path.startswith(f"{area}/") for area in HEADER_AREAS)


def current_actor() -> Actor | None:
    """Return who is signed in, for what every page shows; views take their `actor` argument."""
    identity = g.get("identity")
    return identity.actor if identity else None


def admit() -> None:
    """Before each request: find out who sends it, and refuse what another site's page made a browser send."""
    g.identity = None
    if request.endpoint == "static":
        return
    if for_programs():
        _refuse_foreign_pages()
        return
    g.identity = _by_cookie()
    if request.endpoint is not None:
        csrf.protect()


def identity() -> Identity:
    """Return who sends the present request, in a view with a guard."""
    found: Identity = g.identity
    return found


def safe_target(target: str | None) -> str | None:
    """Return the target if it is a page of this house, else None: nobody is sent on to another site."""
    if not target or not target.startswith("/") or target.startswith("//"):
        return None
    # Browsers read a backslash as a slash, and drop control characters.
    if "\\" in target or any(ord(character) < 32 for character in target):
        return None
    parts = urlsplit(target)
    return target if not parts.scheme and not parts.netloc else None


def settings() -> Settings:
    """Return the settings of the present application."""
    found: Settings = current_app.extensions["duban.settings"]
    return found


def ask_to_sign_in() -> AnyResponse:
    """Return what brings a visitor without a session to the page to sign in, and back afterwards."""
    fragment = request.headers.get("HX-Request") == "true"
    place = request.headers.get("HX-Current-URL", "") if fragment else request.full_path.rstrip("?")
    if fragment:
        parts = urlsplit(place)
        place = f"{parts.path}?{parts.query}" if parts.query else parts.path
    elif request.method not in {"GET", "HEAD"}:
        place = ""
    address = url_for(SIGN_IN, next=safe_target(place))
    if fragment:
        return Response(status=401, headers={"HX-Redirect": address})
    return redirect(address, 303)


def route() -> dict[str, str]:
    """Return the present request's route and what its address names, as far as that can be no secret."""
    named = ((name, str(value)) for name, value in (request.view_args or {}).items())
    plain = {name: value for name, value in named if name != SECRET_ARGUMENT and PLAIN.fullmatch(value)}
    return {"endpoint": request.endpoint or "", "method": request.method, **plain}


def ask_for_second_factor() -> AnyResponse:
    """Return what brings somebody who lacks a demanded second factor to the page on which it is set up."""
    if request.headers.get("HX-Request") == "true":
        return Response(status=403, headers={"HX-Redirect": url_for(ENROL)})
    return redirect(url_for(ENROL), 303)


def record_refusal(error: DubanError) -> None:
    """Write down, in a transaction of its own, that the present request was refused."""
    # No more than this: what exists would answer later than what does not, and tell of itself by that.
    with unit_of_work() as transaction:
        found = matters.named(transaction, request.view_args or {})
        detail = {**route(), "code": error.code}
        audit.record(transaction, actor=current_actor() or "", act="refusal", detail=detail, **vars(found))


def _identify() -> Identity | None:
    if g.identity is None and for_programs():
        g.identity = _by_header()
    found: Identity | None = g.identity
    return found


def _check(identity: Identity) -> None:
    """Refuse what the token is not for, and everything but its setting up to who lacks a demanded second factor."""
    if identity.scopes is not None:
        scopes.check(identity.scopes)
    demanded = settings().second_factor_roles
    if identity.second_factor or not demanded & (identity.actor.groups | {EVERYBODY}):
        return
    if for_programs():
        raise TokenNeeded
    if request.endpoint not in ENROLLING:
        raise SecondFactorMissing


def _count(actor: Actor) -> None:
    """Refuse programs that ask more often than the operator lets them."""
    most = settings().api_per_minute
    if most and for_programs():
        with unit_of_work() as transaction:
            rates.spend(transaction, actor.id, rates.Limit("api", most, timedelta(minutes=1)))


def _by_cookie() -> Identity | None:
    token = request.cookies.get(COOKIE)
    if not token:
        return None
    with reading() as transaction:
        signed = sessions.find(transaction, token, idle=settings().session_idle)
    if signed is None:
        return None
    # What a page asks by itself is no use of it: a browser left open ends its session as one left closed does.
    if signed.stale and request.endpoint not in UNATTENDED:
        with unit_of_work() as transaction:
            sessions.touch(transaction, signed.id)
    return Identity(signed.actor, signed.locale, signed.id, signed.second_factor)


def _by_header() -> Identity | None:
    header = request.authorization
    if header is None:
        return None
    if header.type == "basic" and header.username and header.password:
        account = auth.verify(
            database(), header.username, header.password, remote=request.remote_addr or "", remembering=True
        )
        if account.second_factor_at:
            raise TokenNeeded
        with reading() as transaction:
            return Identity(office.actor_for(transaction, account.login))
    if header.type == "bearer" and header.token:
        return _by_token(header.token)
    return None


def _by_token(token: str) -> Identity | None:
    with reading() as transaction:
        found = tokens.find(transaction, token)
    if found is None:
        return None
    if found.stale:
        with unit_of_work() as transaction:
            tokens.touch(transaction, found.id)
    return Identity(found.actor, second_factor=True, scopes=found.scopes)


def _refuse_foreign_pages() -> None:
    # A browser that remembers a Basic password would send it along with another site's form.
    site, mode = request.headers.get("Sec-Fetch-Site"), request.headers.get("Sec-Fetch-Mode")
    if site in {"cross-site", "same-site"} and mode in {"navigate", "no-cors"}:
        raise Forged
