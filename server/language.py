"""Which language a page speaks: the visitor's choice, else the account's, else Chinese."""

from __future__ import annotations

from flask import g, request
from werkzeug.wrappers import Response

COOKIE = "duban_language"
DEFAULT = "zh_Hans_CN"
#: Locale → the name that the language has for itself.
LANGUAGES = {"zh_Hans_CN": "中文", "en": "English"}
_YEAR_SECONDS = 365 * 24 * 3600


def current() -> str:
    """Return the locale of the page being made."""
    identity = g.get("identity")
    for wish in (request.cookies.get(COOKIE), identity.locale if identity else None):
        if wish in LANGUAGES:
            return str(wish)
    return DEFAULT


def remember(response: Response, locale: str) -> None:
    """Let this browser see pages in the given language from now on."""
    response.set_cookie(
        COOKIE, locale, max_age=_YEAR_SECONDS, secure=request.is_secure, httponly=True, samesite="Lax"
    )
