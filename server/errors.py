"""What a failure looks like from outside: one table of kinds, three shapes, no stack trace to anybody."""

from __future__ import annotations

import math

import structlog
from flask import Flask, Response, g, jsonify, render_template, request
from flask_wtf.csrf import CSRFError
from sqlalchemy.exc import DataError, OperationalError, SQLAlchemyError
from sqlalchemy.orm.exc import StaleDataError
from werkzeug.exceptions import HTTPException
from werkzeug.wrappers import Response as AnyResponse

from server.auth import CodeNeeded, Refused, TooManyAttempts, WrongCode
from server.engine_rest.errors import shape
from server.guard import (
    Forged,
    NotSignedIn,
    SecondFactorMissing,
    ask_for_second_factor,
    ask_to_sign_in,
    current_actor,
    for_programs,
    record_refusal,
)
from server.problems import MEDIA_TYPE, Unprocessable, problem
from server.traffic.rates import TooMany
from server.traffic.repeats import KeyReused
from workflows.errors import (
    Conflict,
    DubanError,
    EngineFault,
    InvalidInput,
    NotAllowed,
    NotFound,
)

#: Kind of failure → HTTP status. Pages show a bad form again by themselves, with 422.
STATUS: dict[type[DubanError], int] = {
    NotFound: 404,
    NotAllowed: 403,
    Conflict: 409,
    InvalidInput: 400,
    EngineFault: 500,
    NotSignedIn: 401,
    Refused: 401,
    CodeNeeded: 401,
    WrongCode: 401,
    SecondFactorMissing: 403,
    TooManyAttempts: 429,
    TooMany: 429,
    Forged: 400,
    KeyReused: 422,
    Unprocessable: 422,
}

log = structlog.get_logger()


def install(app: Flask) -> None:
    """Let this module answer every failure of the application."""
    app.register_error_handler(DubanError, _known)
    app.register_error_handler(CSRFError, lambda error: _known(Forged()))
    app.register_error_handler(HTTPException, _http)
    app.register_error_handler(StaleDataError, lambda error: _known(_overtaken()))
    app.register_error_handler(DataError, lambda error: _known(_unstorable()))
    app.register_error_handler(UnicodeEncodeError, lambda error: _known(_unstorable()))
    app.register_error_handler(OperationalError, _away)
    app.register_error_handler(Exception, _unknown)


def status_of(error: DubanError) -> int:
    """Return the HTTP status of a failure."""
    return next((STATUS[kind] for kind in type(error).__mro__ if kind in STATUS), 500)


def _known(error: DubanError) -> AnyResponse:
    status = status_of(error)
    # What may not be seen is not found: both are kept, so that trying doors leaves a trace.
    if isinstance(error, NotAllowed | NotFound) and current_actor():
        _write_down(error)
    if isinstance(error, NotSignedIn) and not for_programs():
        return ask_to_sign_in()
    if isinstance(error, SecondFactorMissing):
        return ask_for_second_factor()
    if isinstance(error, EngineFault):
        log.error("engine fault", element=error.element, message=error.message)
    response = _shape(status, error)
    if isinstance(error, TooManyAttempts | TooMany):
        response.headers["Retry-After"] = str(math.ceil(error.retry_after.total_seconds()))
    if status == 401:
        response.headers["WWW-Authenticate"] = _challenge()
    return response


def _write_down(error: DubanError) -> None:
    try:
        record_refusal(error)
    except SQLAlchemyError:
        log.exception("a refusal could not be recorded")


def _http(error: HTTPException) -> AnyResponse:
    status = error.code or 500
    if status < 400:
        return error.get_response()
    response = _shape(status, DubanError(error.description or error.name, code=f"http_{status}"))
    for name, value in error.get_headers():
        if name in {"Allow", "Retry-After"}:
            response.headers[name] = value
    return response


def _overtaken() -> Conflict:
    return Conflict("Somebody else has just changed this: look again, and repeat what you did.", code="stale")


def _unstorable() -> InvalidInput:
    # Such as a NUL, half of a surrogate pair, or more characters than a column takes.
    return InvalidInput("A value is too long, or holds characters that cannot be stored.", code="unstorable")


def _away(error: OperationalError) -> AnyResponse:
    log.exception("the database does not answer", exc_info=error)
    response = _shape(503, DubanError("The database is busy or away: try again.", code="http_503"))
    response.headers["Retry-After"] = "5"
    return response


def _unknown(error: Exception) -> AnyResponse:
    # The log gets it all; outside, the number of the request is enough to find it there.
    log.exception("unexpected failure", exc_info=error)
    return _shape(500, DubanError("The server failed. Nothing of the request was stored.", code="http_500"))


def _shape(status: int, error: DubanError) -> Response:
    if not for_programs():
        return Response(_page(status, error), status, mimetype="text/html")
    engine_rest = request.path.startswith("/engine-rest")
    response = jsonify(shape(error) if engine_rest else problem(status, error))
    response.status_code = status
    if not engine_rest:
        response.mimetype = MEDIA_TYPE
    return response


def _page(status: int, error: DubanError) -> str:
    number = g.get("request_id", "")
    try:
        return render_template("error.html", status=status, error=error, request_id=number)
    except Exception:
        # It may meet the very failure that it reports, such as a lost database.
        log.exception("the error page failed")
        return f"<!doctype html><title>{status}</title><h1>{status}</h1><p>{number}</p>"


def _challenge() -> str:
    # A browser that is asked for a Basic password remembers it, and sends it wherever a page makes it to.
    browser = request.headers.get("User-Agent", "").startswith("Mozilla/")
    return 'Bearer realm="Duban"' if browser else 'Basic realm="Duban", charset="UTF-8"'
