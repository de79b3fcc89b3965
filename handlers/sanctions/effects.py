"""Periods of effect: they begin with the decision and end by themselves (政务处分法 26); 留党察看 and its end.

A new sanction inside a running period of the same system takes the remaining days over (published opinion, §5.2).
"""

from __future__ import annotations

from datetime import date
from typing import Any

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from handlers import office
from handlers.cases import Concerned
from handlers.registers import ClueSubject
from handlers.registers.record import Answers, clue_of, note, sign
from handlers.sanctions.model import Decision, Sanction
from handlers.sanctions.weighing import PROBATION, ends, months_of
from workflows.errors import EngineFault, refused
from workflows.operations import Context, operation

#: How long the probation may be lengthened, once (纪律处分条例).
LENGTHENED = 12


def begin(context: Context, row: Decision) -> str:
    """Put the sanctions of a decision into force; return whether any has a period that has to be watched."""
    watched = False
    for kind, months, start in (
        (row.party, row.party_months, row.party_effective_on),
        (row.administrative, row.administrative_months, row.made_on),
    ):
        if kind is None or start is None:
            continue
        left = _remainder(context.session, row.subject_id, kind, start) if months else 0
        context.session.add(
            Sanction(
                clue_id=row.clue_id,
                decision_id=row.id,
                subject_id=row.subject_id,
                kind=kind,
                state="in_force",
                effective_on=start,
                until=ends(start, months, left),
                remainder_days=left,
                probation_until=ends(start, row.probation_months) if kind == PROBATION else None,
            )
        )
        watched = watched or months is not None
    return "yes" if watched else "no"


@operation("effects.begin")
def watch(context: Context) -> None:
    """Take the oldest decision of the matter whose periods nobody watches yet."""
    rows = select(Decision).where(
        Decision.clue_id == clue_of(context).id,
        Decision.state == "made",
        Decision.effects_instance.is_(None),
        Decision.id.in_(select(Sanction.decision_id).where(Sanction.until.is_not(None))),
    )
    row = context.session.scalars(rows.order_by(Decision.id).limit(1)).first()
    if row is None:
        raise EngineFault("No decision waits for its periods to be watched.", element=context.element_id)
    row.effects_instance = context.instance_id


@operation("effects.next")
def following(context: Context) -> dict[str, Any]:
    """Return what ends next and when: `probation`, `period`, or `none`; the day after the last day of it."""
    waits = [
        (row.probation_until, "probation")
        for row in _watched(context)
        if row.probation_until and row.restored_on is None
    ]
    waits += [
        (row.until, "period")
        for row in _watched(context)
        if row.until and not (row.probation_until and row.restored_on is None)
    ]
    if not waits:
        return {"ends": "none", "ends_at": None}
    last, kind = min(waits)
    return {"ends": kind, "ends_at": date.fromordinal(last.toordinal() + 1).isoformat()}


@operation("effects.end")
def end(context: Context) -> None:
    """Let the sanctions whose period is over be ended: nobody decides that."""
    for row in _watched(context):
        if row.until and row.until < office.today() and not (row.probation_until and not row.restored_on):
            row.state = "ended"
            note(context, clue_of(context), "sanction.ended", kind=row.kind, day=row.until.isoformat())


@operation("effects.propose_restoration")
def propose_restoration(context: Context, *, answers: Answers) -> dict[str, Any]:
    """Propose to restore the rights at the end of probation, or to lengthen it once by a year."""
    office.require(context.actor, {"reviewer"})
    clue, row = clue_of(context), _on_probation(context)
    if answers["restoration"] == "lengthen" and _lengthened(context.session, row):
        raise refused("restoration", "lengthened_once")
    sign(context, clue, "c17_restore", "proposed", answers["reasons"], {"branch_on": answers["branch_on"]})
    return {"restoration": answers["restoration"]}


@operation("effects.restore")
def restore(context: Context) -> None:
    """Restore the rights, or lengthen the probation, as approved; the two years run from the restoration."""
    clue, row = clue_of(context), _on_probation(context)
    if context.variables.get("restoration") == "lengthen":
        assert row.probation_until is not None
        row.probation_until = ends(row.probation_until, LENGTHENED)
        row.until = ends(row.probation_until, months_of(PROBATION)) if row.probation_until else None
        note(context, clue, "sanction.lengthened", day=str(row.probation_until))
        return
    row.restored_on = office.today()
    row.until = ends(row.restored_on, months_of(PROBATION), row.remainder_days)
    note(context, clue, "sanction.restored", day=row.restored_on.isoformat())


def in_force(session: Session, subject_id: int, on: date) -> list[Sanction]:
    """Return the sanctions of a person, in whatever matter, that have effect on a day."""
    rows = select(Sanction).where(
        Sanction.subject_id.in_(_same_person(session, subject_id)),
        Sanction.state == "in_force",
        Sanction.effective_on <= on,
        or_(Sanction.until.is_(None), Sanction.until >= on),
    )
    return list(session.scalars(rows.order_by(Sanction.id)))


def _remainder(session: Session, subject_id: int, kind: str, start: date) -> int:
    """Return how many days an earlier sanction of the same system still has to run."""
    system = kind[:2]
    running = [
        row for row in in_force(session, subject_id, start) if row.kind.startswith(system) and row.until
    ]
    return max(((row.until - start).days for row in running if row.until), default=0)


def _same_person(session: Session, subject_id: int) -> list[int]:
    """Return the rows of one person in all matters: known by the person, else by name and unit as written."""
    own, subject = session.get(Concerned, subject_id), session.get_one(ClueSubject, subject_id)
    alike = select(ClueSubject.id).where(ClueSubject.name == subject.name, ClueSubject.unit == subject.unit)
    found = set(session.scalars(alike))
    if own is not None and own.person_id:
        found |= set(
            session.scalars(select(Concerned.subject_id).where(Concerned.person_id == own.person_id))
        )
    return sorted(found)


def _watched(context: Context) -> list[Sanction]:
    rows = select(Sanction).join(Decision, Decision.id == Sanction.decision_id)
    mine = rows.where(
        Decision.clue_id == clue_of(context).id,
        Decision.effects_instance == context.instance_id,
        Sanction.state == "in_force",
    )
    return list(context.session.scalars(mine.order_by(Sanction.id)))


def _on_probation(context: Context) -> Sanction:
    row = next((row for row in _watched(context) if row.probation_until and not row.restored_on), None)
    if row is None:
        raise EngineFault("Nobody is on probation here.", element=context.element_id)
    return row


def _lengthened(session: Session, row: Sanction) -> bool:
    first = session.get_one(Decision, row.decision_id).probation_months
    return row.probation_until != ends(row.effective_on, first)


@operation("effects.office")
def review_office(context: Context) -> dict[str, Any]:
    """Return the unit of the reviewers, whose head approves first, and whose cadre the person is."""
    row = _on_probation(context)
    known = context.session.get(Concerned, row.subject_id)
    return {
        "clue_id": row.clue_id,
        "review_office": reviewers_unit(context.session),
        "management": (known.management if known else None) or "committee",
    }


def reviewers_unit(session: Session) -> str:
    """Return the unit of the reviewers, `none` where there is none."""
    people = office.people_in(session, "reviewer")
    units = {code for one in people if one.login for code in office.units_of(session, one.login)}
    return min(units, default="none")
