"""The words of messages in the reader's language, outside any request."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from pathlib import Path

from babel.support import NullTranslations, Translations

from server.language import DEFAULT, LANGUAGES

_CATALOGS = str(Path(__file__).parents[1] / "translations")


def gettext_for(locale: str | None) -> Callable[[str], str]:
    """Return gettext of a language; Chinese where it is none of ours."""
    return _catalog(locale if locale in LANGUAGES else DEFAULT).gettext


@lru_cache
def _catalog(locale: str | None) -> NullTranslations:
    return Translations.load(_CATALOGS, [locale] if locale else None)


def kind_words(kind: str, locale: str | None) -> str:
    """Return what a message of this kind is about."""
    _ = gettext_for(locale)
    return {
        "near": _("Deadline coming near"),
        "overdue": _("Deadline passed"),
        "changed": _("Deadline changed"),
        "matter": _("News of a matter"),
        "return": _("Periodic returns"),
    }.get(kind, _("Notice"))
