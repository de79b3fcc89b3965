"""Codes, units and persons with their names, for answers: always in both languages."""

from __future__ import annotations

from functools import cached_property

from sqlalchemy import select
from sqlalchemy.orm import Session

from handlers import codes, office

Word = dict[str, str]


def word(table: str, code: str | None) -> Word | None:
    """Return a code of a table with its names; None for none."""
    if not code:
        return None
    return {"code": code, "zh": codes.word(table, code, "zh"), "en": codes.word(table, code, "en")}


def state_of(stage: str) -> str:
    """Return the code of the one word that an agency may know of a clue at this stage."""
    stages = {row["code"]: row["agency_word"] for row in codes.rows("clue_stages")}
    return stages.get(stage, "in_progress")


def stages_of(state: str) -> list[str]:
    """Return the stages that an agency knows by this one word."""
    return [row["code"] for row in codes.rows("clue_stages") if row["agency_word"] == state]


class Names:
    """The names of units and persons, looked up once for each answer."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def unit(self, code: str | None) -> Word | None:
        """Return a unit with its names; None for none."""
        if not code:
            return None
        found = self._units.get(code)
        return {"code": code, "zh": found.name_zh if found else code, "en": found.name_en if found else code}

    def person(self, login: str | None) -> str | None:
        """Return the name of who signs in as `login`; the login where nobody does any more, None for none."""
        return self._people.get(login, login) if login else None

    @cached_property
    def _units(self) -> dict[str, office.Unit]:
        return {row.code: row for row in self._session.scalars(select(office.Unit))}

    @cached_property
    def _people(self) -> dict[str, str]:
        named = select(office.Person.login, office.Person.name).where(office.Person.login.is_not(None))
        return {row.login: row.name for row in self._session.execute(named)}
