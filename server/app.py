"""The composition root: where policy, handlers, blueprints and the edge's own rules come together."""

from __future__ import annotations

import re
import secrets
from collections.abc import Sequence
from typing import Any

import structlog
from flask import Blueprint, Flask, Request, Response, g, request
from flask.sessions import SecureCookieSession, SecureCookieSessionInterface
from flask_babel import Babel
from werkzeug.middleware.proxy_fix import ProxyFix

from server import api, engine_rest, errors, guard, health, language, openid, pages, reads, writes
from server.db import Database
from server.settings import Settings
from server.wiring import wire
from workflows import audit

#: frontend.md: nothing from elsewhere, no inline script, no eval; the diagram viewer sets inline styles.
CONTENT_POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self' 'unsafe-inline'",
        "img-src 'self' data: blob:",
        "font-src 'self'",
        "connect-src 'self'",
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
    )
)
HEADERS = {
    "Content-Security-Policy": CONTENT_POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
}
YEAR = 365 * 24 * 3600
#: A form's text fields together; files are counted by the upload limit.
FORM_BYTES = 2 * 1024 * 1024

log = structlog.get_logger()


def create_app(
    settings: Settings, database: Database, *, blueprints: Sequence[Blueprint] | None = None
) -> Flask:
    """Return the application over this database, or raise RuntimeError when a route is unguarded.

    `blueprints` are those of the pages and the APIs; a test may bring its own.
    """
    wire(settings)
    app = Flask("server")
    app.extensions |= {"duban.settings": settings, "duban.database": database}
    app.config.update(_config(settings))
    app.session_interface = _Cookies()
    app.json.sort_keys = False  # type: ignore[attr-defined]
    app.json.ensure_ascii = False  # type: ignore[attr-defined]
    if settings.proxies:
        n = settings.proxies
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=n, x_proto=n, x_host=n)  # type: ignore[method-assign]
    _install_edge(app, settings, database)
    rooms = (*pages.blueprints, engine_rest.blueprint) if blueprints is None else blueprints
    for blueprint in (*rooms, health.blueprint):
        app.register_blueprint(blueprint)
    if blueprints is None:
        api.install(app)
    app.view_functions["static"] = guard.public(app.view_functions["static"])
    if open_routes := guard.unguarded(app):
        raise RuntimeError(f"Routes without @guard or @public: {', '.join(open_routes)}")
    return app


def _config(settings: Settings) -> dict[str, Any]:
    return {
        "SECRET_KEY": settings.secret_key,
        "MAX_CONTENT_LENGTH": settings.upload_bytes,
        "MAX_FORM_MEMORY_SIZE": FORM_BYTES,
        "MAX_FORM_PARTS": 2000,
        "TRUSTED_HOSTS": sorted(settings.hosts) or None,
        "SESSION_COOKIE_NAME": "duban_page",
        "SESSION_COOKIE_HTTPONLY": True,
        "SESSION_COOKIE_SAMESITE": "Lax",
        "SESSION_COOKIE_SECURE": settings.https,
        # A form token lives as long as the browser's session: nobody's half-filled form expires.
        "WTF_CSRF_TIME_LIMIT": None,
        # `guard.admit` asks for tokens where a cookie signs in.
        "WTF_CSRF_CHECK_DEFAULT": False,
        "BABEL_DEFAULT_LOCALE": language.DEFAULT,
        "BABEL_DEFAULT_TIMEZONE": settings.timezone,
    }


def _install_edge(app: Flask, settings: Settings, database: Database) -> None:
    Babel(app, locale_selector=language.current)
    guard.csrf.init_app(app)
    openid.install(app, settings.provider)
    errors.install(app)
    meter = health.Meter(database)
    app.extensions["duban.metrics"] = meter.registry
    app.before_request(meter.start)
    app.before_request(lambda: _number_request(settings))
    app.before_request(guard.admit)
    app.after_request(meter.finish)
    app.after_request(lambda response: _protect(response, settings))
    app.after_request(_log_request)
    app.after_request(reads.keep)
    app.after_request(writes.keep)
    app.context_processor(
        lambda: {
            "current_actor": guard.current_actor(),
            "current_language": language.current(),
            "languages": language.LANGUAGES,
            "settings": settings,
        }
    )


class _Cookies(SecureCookieSessionInterface):
    """Flask's own signed cookie, which stays on https once it came by https; programs have none."""

    def open_session(self, app: Flask, request: Request) -> SecureCookieSession | None:
        # None gives a session that nothing can be kept in.
        return None if guard.for_programs() else super().open_session(app, request)

    def get_cookie_secure(self, app: Flask) -> bool:
        return super().get_cookie_secure(app) or request.is_secure


def _number_request(settings: Settings) -> None:
    g.request_id = _given_number(request) if settings.proxies else secrets.token_hex(8)
    structlog.contextvars.clear_contextvars()
    structlog.contextvars.bind_contextvars(request_id=g.request_id)
    audit.comes_from(_door(), address=request.remote_addr, request_id=g.request_id)


def _door() -> str:
    return request.path.split("/")[1] if guard.for_programs() else "page"


def _given_number(request: Request) -> str:
    number = request.headers.get("X-Request-ID", "")
    return number if re.fullmatch(r"[A-Za-z0-9_.-]{8,64}", number) else secrets.token_hex(8)


def _protect(response: Response, settings: Settings) -> Response:
    given = {name for name, _ in response.headers}
    response.headers.extend((name, value) for name, value in HEADERS.items() if name not in given)
    response.headers["X-Request-ID"] = g.get("request_id", "")
    if request.is_secure:
        response.headers["Strict-Transport-Security"] = f"max-age={YEAR}"
        # Browsers heed it on https only, and complain elsewhere.
        response.headers["Cross-Origin-Opener-Policy"] = "same-origin"
    if request.endpoint != "static":
        # Case material must not stay behind in a shared computer's cache.
        response.headers.setdefault("Cache-Control", "no-store")
    elif request.path.startswith("/static/dist/assets/"):
        # Their names change with their contents.
        response.headers["Cache-Control"] = f"public, max-age={YEAR}, immutable"
    return response


def _path() -> str:
    """Return the address for the log: without the query, where people search for names, and without tokens."""
    if guard.SECRET_ARGUMENT in (request.view_args or {}) or not request.path.isascii():
        return str(request.url_rule or "(no such address)")
    return request.path


def _log_request(response: Response) -> Response:
    if request.endpoint in {"static", "health.healthz"}:
        return response
    actor = guard.current_actor()
    log.info(
        "request",
        method=request.method,
        path=_path(),
        status=response.status_code,
        actor=actor.id if actor else None,
    )
    return response
