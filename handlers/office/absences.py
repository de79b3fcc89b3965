"""Who is away, and who stands in: a named proxy with a period, never in a circle."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session

from handlers.office import proxies
from handlers.office.model import Absence
from handlers.office.people import person, today
from workflows import audit, clock
from workflows.errors import FieldError, InvalidInput

#: What was withdrawn before it began has no day.
_REAL = Absence.until > Absence.since


def stand_in(
    session: Session, login: str, proxy: str, *, since: date, until: date, by: str, scope: str = proxies.ALL
) -> Absence:
    """Return the absence of `login` from `since` until the day before `until`, with who stands in, and for what.

    `scope`: `all`, `process:<key>`, `role:<id>`. InvalidInput names the field: `proxy` (`absence_self`,
    `absence_circle`, `absence_role`: no role of his lets him stand in), `until` (`absence_order`), `since`
    (`absence_taken`: another absence in these days). NotFound names who does not exist.
    """
    for known in (login, proxy):
        person(session, known)
    row = Absence(login=login, proxy=proxy, since=since, until=until, scope=scope)
    wrong = _wrong(session, row)
    if wrong:
        raise InvalidInput(f"{proxy} cannot stand in for {login}.", fields=wrong)
    row.named_by, row.named_at = by, clock.now()
    session.add(row)
    session.flush()
    _record(session, row, "absence.name", by)
    return row


def back(session: Session, absence: Absence, *, by: str) -> None:
    """End an absence today: who was away is back, and from now on nobody acts for him."""
    absence.until = max(absence.since, min(absence.until, today()))
    session.flush()
    _record(session, absence, "absence.end", by)


def absences(session: Session, login: str) -> list[Absence]:
    """Return the absences of the login that are not over, soonest first."""
    ahead = select(Absence).where(Absence.login == login, Absence.until > today(), _REAL)
    return list(session.scalars(ahead.order_by(Absence.since)))


def is_away(session: Session, login: str) -> bool:
    """Whether the login is away today."""
    return login in proxies.away_today(session)


def proxy_for(session: Session, login: str, *, blocked: Callable[[str], bool]) -> str | None:
    """Return who stands in today for somebody who is away: the proxy, or his own where he is away himself.

    None where the login is not away, where a proxy is `blocked`, or where nobody in the line is there.
    """
    away = proxies.away_today(session)
    line = proxies.line_of(away, login) if login in away else []
    return line[-1].proxy if line and not any(blocked(row.proxy) for row in line) else None


def _record(session: Session, row: Absence, act: str, by: str) -> None:
    days = {"since": row.since.isoformat(), "until": row.until.isoformat()}
    detail = {"login": row.login, "proxy": row.proxy, "scope": row.scope, **days}
    audit.record(session, actor=by, act=act, object_id=f"absence:{row.id}", detail=detail)


def _wrong(session: Session, row: Absence) -> dict[str, FieldError]:
    if row.until <= row.since:
        return {"until": FieldError("absence_order")}
    if _during(session, row.login, row.since, row.until):
        return {"since": FieldError("absence_taken")}
    if row.proxy == row.login:
        return {"proxy": FieldError("absence_self")}
    if _leads_to(session, row.proxy, row.login, row.since, row.until):
        return {"proxy": FieldError("absence_circle")}
    # By the roles of today: those of the first day are not known yet.
    if proxies.passed_on(session, proxies.actor_for(session, row.proxy), [row]) is None:
        return {"proxy": FieldError("absence_role")}
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
