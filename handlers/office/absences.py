"""Who is away, and who stands in: a named proxy with a period, never in a circle."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session

from handlers.office.model import Absence
from handlers.office.people import person, today
from workflows import audit, clock
from workflows.errors import FieldError, InvalidInput

#: What was withdrawn before it began has no day.
_REAL = Absence.until > Absence.since


def stand_in(session: Session, login: str, proxy: str, *, since: date, until: date, by: str) -> Absence:
    """Return the absence of `login` from `since` until the day before `until`, with who stands in.

    InvalidInput names the field: `proxy` (`absence_self`, `absence_circle`), `until` (`absence_order`), `since`
    (`absence_taken`: another absence in these days). NotFound names who does not exist.
    """
    for known in (login, proxy):
        person(session, known)
    wrong = _wrong(session, login, proxy, since, until)
    if wrong:
        raise InvalidInput(f"{proxy} cannot stand in for {login}.", fields=wrong)
    row = Absence(login=login, proxy=proxy, since=since, until=until, named_by=by, named_at=clock.now())
    session.add(row)
    session.flush()
    _record(session, row, "absence.name", by)
    return row


def back(session: Session, absence: Absence) -> None:
    """End an absence today: who was away is back."""
    absence.until = max(absence.since, min(absence.until, today()))
    session.flush()
    _record(session, absence, "absence.end", absence.login)


def absences(session: Session, login: str) -> list[Absence]:
    """Return the absences of the login that are not over, soonest first."""
    ahead = select(Absence).where(Absence.login == login, Absence.until > today(), _REAL)
    return list(session.scalars(ahead.order_by(Absence.since)))


def is_away(session: Session, login: str) -> bool:
    """Whether the login is away today."""
    return _proxy(session, login, today()) is not None


def proxy_for(session: Session, login: str, *, blocked: Callable[[str], bool]) -> str | None:
    """Return who stands in today for somebody who is away: the proxy, or his own where he is away himself.

    None where the login is not away, where a proxy is `blocked`, or where nobody in the line is there.
    """
    met = {login}
    asked = _proxy(session, login, today())
    while asked is not None and asked not in met and not blocked(asked):
        further = _proxy(session, asked, today())
        if further is None:
            return asked
        met.add(asked)
        asked = further
    return None


def _record(session: Session, row: Absence, act: str, by: str) -> None:
    days = {"since": row.since.isoformat(), "until": row.until.isoformat()}
    detail = {"login": row.login, "proxy": row.proxy, **days}
    audit.record(session, actor=by, act=act, object_id=f"absence:{row.id}", detail=detail)


def _wrong(session: Session, login: str, proxy: str, since: date, until: date) -> dict[str, FieldError]:
    if until <= since:
        return {"until": FieldError("absence_order")}
    if _during(session, login, since, until):
        return {"since": FieldError("absence_taken")}
    if proxy == login:
        return {"proxy": FieldError("absence_self")}
    if _leads_to(session, proxy, login, since, until):
        return {"proxy": FieldError("absence_circle")}
    return {}


def _leads_to(session: Session, proxy: str, login: str, since: date, until: date) -> bool:
    """Whether whoever stands in for the proxy in these days, and so on, comes to be the login."""
    asked, met = [(proxy, since, until)], set[tuple[str, date, date]]()
    while asked:
        somebody, first, end = asked.pop()
        if somebody == login:
            return True
        if (somebody, first, end) not in met:
            met.add((somebody, first, end))
            named = _during(session, somebody, first, end)
            asked += [(row.proxy, max(first, row.since), min(end, row.until)) for row in named]
    return False


def _during(session: Session, login: str, since: date, until: date) -> list[Absence]:
    rows = select(Absence).where(Absence.login == login, Absence.since < until, Absence.until > since, _REAL)
    return list(session.scalars(rows))


def _proxy(session: Session, login: str, day: date) -> str | None:
    named = select(Absence.proxy).where(Absence.login == login, Absence.since <= day, Absence.until > day)
    return session.scalar(named.order_by(Absence.named_at.desc()).limit(1))
