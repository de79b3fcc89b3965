"""Browsers: which ones have signed in to an account before, and what to call one in a list."""

from __future__ import annotations

import re
import secrets
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

from itsdangerous import BadSignature, URLSafeSerializer

#: How long a browser is known after it has last signed in.
REMEMBERED = timedelta(days=180)
#: A shared computer knows this many accounts.
MOST_LOGINS = 8

#: In this order: most browsers name others besides themselves.
FAMILIES = (
    ("Edg/", "Edge"),
    ("MicroMessenger/", "WeChat"),
    ("QQBrowser/", "QQ Browser"),
    ("OPR/", "Opera"),
    ("Firefox/", "Firefox"),
    ("Chrome/", "Chrome"),
    ("Safari/", "Safari"),
)
SYSTEMS = (
    ("HarmonyOS", "HarmonyOS"),
    ("Android", "Android"),
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Windows", "Windows"),
    ("Mac OS X", "macOS"),
    ("Linux", "Linux"),
)


@dataclass(frozen=True)
class Known:
    """What a browser brings along to be known by: a mark of its own, and the accounts it has signed in to."""

    mark: str
    logins: tuple[str, ...] = ()

    def mark_for(self, login: str) -> str:
        """Return the browser's mark where it has signed in to the account before, else an empty one."""
        return self.mark if login in self.logins else ""

    def after(self, login: str) -> Known:
        """Return what it brings along from now on, having signed in to the account."""
        return replace(self, logins=(login, *(one for one in self.logins if one != login))[:MOST_LOGINS])


def read(cookie: str | None, secret: str) -> Known:
    """Return what the cookie says, or a new browser where there is none, or none of ours."""
    try:
        mark, logins = _signer(secret).loads(cookie or "")
    except (BadSignature, ValueError, TypeError):
        return Known(secrets.token_urlsafe(12))
    return Known(str(mark), tuple(map(str, logins)))


def written(known: Known, secret: str) -> str:
    """Return the cookie, which nobody else can make."""
    return str(_signer(secret).dumps([known.mark, list(known.logins)]))


def name(user_agent: str) -> str:
    """Return the family of a browser and its system, such as "Edge · Windows"; empty where neither is known."""
    return " · ".join(filter(None, (_first(FAMILIES, user_agent), _first(SYSTEMS, user_agent))))


def _first(words: Sequence[tuple[str, str]], text: str) -> str:
    return next((said for sign, said in words if re.search(re.escape(sign), text)), "")


def _signer(secret: str) -> URLSafeSerializer:
    return URLSafeSerializer(secret, salt="duban known browser")
