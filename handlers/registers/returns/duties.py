"""Which agencies owe returns: registered and struck off by the case-supervision office, with dates."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session

from handlers import office
from handlers.registers.returns.model import ReturnDuty
from workflows import audit
from workflows.actor import Actor
from workflows.errors import Conflict, FieldError, InvalidInput, NotFound

COLUMNS = ["agency", "since"]


def owing(session: Session, on: date) -> list[str]:
    """Return the codes of the agencies that owe returns on a day, in order."""
    held = select(ReturnDuty.agency_code).where(office.in_force(ReturnDuty.since, ReturnDuty.until, on))
    return sorted(set(session.scalars(held)))


def duties(session: Session) -> Sequence[ReturnDuty]:
    """Return every duty there is or was, by agency, the newest first."""
    return session.scalars(select(ReturnDuty).order_by(ReturnDuty.agency_code, ReturnDuty.since.desc())).all()


def begin(session: Session, agency: str, *, since: date, actor: Actor | None = None) -> ReturnDuty:
    """Return the new duty: the agency is asked from the next period that opens on or after `since`.

    InvalidInput where the unit is no agency, Conflict where it owes returns already.
    """
    if office.unit(session, agency).kind != "agency":
        raise InvalidInput(
            f"{agency} is no agency.", fields={"agency": FieldError("option", {"value": agency})}
        )
    standing = select(ReturnDuty.id).where(ReturnDuty.agency_code == agency)
    if session.scalar(standing.where(ReturnDuty.until.is_(None) | (ReturnDuty.until > since))) is not None:
        raise Conflict(f"{agency} owes returns already.", code="return_duty")
    duty = ReturnDuty(agency_code=agency, since=since)
    session.add(duty)
    session.flush()
    _audit(session, actor, "return_duty.begin", agency, since)
    return duty


def end(session: Session, agency: str, *, until: date, actor: Actor | None = None) -> ReturnDuty:
    """End an agency's duty: from `until` on no period asks it; an open return is released on its own."""
    found = session.scalar(
        select(ReturnDuty)
        .where(ReturnDuty.agency_code == agency, ReturnDuty.until.is_(None))
        .with_for_update()
    )
    if found is None:
        raise Conflict(f"{agency} owes no returns.", code="no_return_duty")
    if until <= found.since:
        raise InvalidInput(
            f"The duty began on {found.since}.",
            fields={"until": FieldError("earliest", {"earliest": found.since.isoformat()})},
        )
    found.until = until
    _audit(session, actor, "return_duty.end", agency, until)
    return found


def load(session: Session, text: str) -> int:
    """Return how many duties of a CSV text (`agency,since`) are new; InvalidInput names the bad row."""
    table = csv.DictReader(io.StringIO(text.removeprefix("\ufeff")))
    if list(table.fieldnames or ()) != COLUMNS:
        raise InvalidInput(f"The first line must be {','.join(COLUMNS)}.", code="columns")
    known = {(duty.agency_code, duty.since) for duty in duties(session)}
    added = 0
    for number, row in enumerate(table, 2):
        try:
            agency, since = row["agency"], date.fromisoformat(row["since"] or "")
            if (agency, since) not in known:
                begin(session, agency, since=since)
                added += 1
        except ValueError:
            must = "since must be a day such as 2026-01-01"
            raise InvalidInput(f"Row {number}: {must}.", code="bad_row", row=number) from None
        except (InvalidInput, NotFound, Conflict) as error:
            raise InvalidInput(f"Row {number}: {error.message}", code="bad_row", row=number) from error
    return added


def _audit(session: Session, actor: Actor | None, act: str, agency: str, day: date) -> None:
    if actor is not None:
        audit.record(session, actor=actor, act=act, detail={"agency": agency, "day": day.isoformat()})
