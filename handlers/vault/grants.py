"""Unsealing: who may read a sealed identity for some hours, after two leaders have agreed (domain §4.2 rules 5, 6).

Applicant, leader in charge (A3) and principal (A4) are three persons. A grant ends by the clock, or is withdrawn;
it is no use to who has lost sight of the clue meanwhile.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Select, exists, or_, select
from sqlalchemy.orm import Session

from handlers import codes, notifications, office, wall
from handlers.registers import Clue, MatterEvent
from handlers.registers.numbers import next_number
from handlers.registers.record import Answers, clue_of, note, numbered, parties, who
from handlers.vault import protected, reporters
from handlers.vault.model import Grant
from workflows import audit, clock
from workflows.actor import Actor
from workflows.errors import EngineFault, NotAllowed, NotFound, refused
from workflows.model import Instance
from workflows.operations import Context, Recorded, operation

PROCESS = "unsealing"
PURPOSES = "unsealing_purposes"
#: What there is of a clue to be opened, by what a purpose opens (`what` of the table).
THERE: Mapping[str, Callable[[Session, Clue], bool]] = {
    "reporter": lambda session, clue: reporters.found(session, clue) is not None,
    "protected": lambda session, clue: bool(protected.of_clue(session, clue)),
}
#: Who may need to know a sealed identity, in a matter whose content he sees.
ASKING = wall.roles("reporter", {"V"}, "unsealed")


@operation("unsealing.ask")
def ask(context: Context, *, answers: Answers) -> Recorded:
    """Ask to read what a purpose opens of a clue: for it, for a reason, for so many hours."""
    session = context.session
    what = opens(answers["purpose"])
    clue = _clue(context, answers["number"], what)
    hours, most = int(answers["hours"]), longest(answers["purpose"])
    if hours > most:
        raise refused("hours", "max", max=most)
    if pending(session, who(context), clue, what):
        raise refused("number", "unsealing_waits")
    row = Grant(
        number=next_number(session, "unsealing", context.now),
        clue_id=clue.id,
        instance_id=context.instance_id,
        applicant=who(context),
        purpose=answers["purpose"],
        reason=answers["reason"],
        hours=hours,
        asked_at=context.now,
    )
    session.add(row)
    session.flush()
    note(context, clue, "unsealing.asked", number=row.number)
    return Recorded(
        variables={"unsealing_no": row.number}, scope_id=clue.scope_id, business_key=clue.transfer_no
    )


@operation("unsealing.decide_leader")
def decide_leader(context: Context, *, answers: Answers) -> dict[str, Any]:
    """Decide as the leader in charge (A3)."""
    row = _of_process(context)
    _as(context, "leader", row.applicant)
    row.leader, row.leader_at = who(context), context.now
    return {"decision_leader": _decided(context, row, answers)}


@operation("unsealing.decide_principal")
def decide_principal(context: Context, *, answers: Answers) -> dict[str, Any]:
    """Decide as the principal (A4), who is neither the applicant nor the leader that agreed."""
    row = _of_process(context)
    _as(context, "principal", row.applicant, row.leader)
    row.principal, row.principal_at = who(context), context.now
    return {"decision_principal": _decided(context, row, answers)}


@operation("unsealing.grant")
def grant(context: Context) -> None:
    """Let the applicant read from now on, for the hours asked for; EngineFault where not both have agreed."""
    clue, row = clue_of(context), _of_process(context)
    if row.refused or len({row.applicant, row.leader, row.principal} - {None}) != 3:
        raise EngineFault(
            "Two others have to agree before a reporter is unsealed.", element=context.element_id
        )
    row.granted_at, row.expires_at = context.now, context.now + timedelta(hours=row.hours)
    note(context, clue, "unsealing.granted", number=row.number, hours=row.hours)
    audit.record(
        context.session,
        actor=context.actor,
        act="vault.grant",
        scope_id=clue.scope_id,
        object_id=f"vault_grant:{row.id}",
        purpose=row.purpose,
        detail={"to": row.applicant, "hours": row.hours},
    )
    _tell(context.session, row, "clue.unsealing_granted")


def withdraw(session: Session, actor: Actor, number: str) -> Grant:
    """End a grant before its time: by who holds it, or by one of those who agreed. Raises NotFound."""
    row = session.scalar(select(Grant).where(Grant.number == number))
    if (
        row is None
        or actor.id not in (row.applicant, row.leader, row.principal)
        or not holds(row, clock.now())
    ):
        raise NotFound(f"There is no grant {number} to withdraw.", code="unsealing")
    row.withdrawn_at, row.withdrawn_by = clock.now(), actor.id
    clue = session.get_one(Clue, row.clue_id)
    line = MatterEvent(
        scope_id=clue.scope_id,
        at=row.withdrawn_at,
        actor=actor.id,
        code="unsealing.withdrawn",
        params={"number": row.number},
    )
    session.add(line)
    detail = {"grant": row.id, "to": row.applicant}
    audit.record(session, actor=actor, act="vault.withdraw", scope_id=clue.scope_id, detail=detail)
    return row


def active(session: Session, actor: Actor, clue: Clue, what: str = "reporter") -> Grant | None:
    """Return the grant by which the actor may read this of the clue now; it ends with his sight of the clue."""
    now = clock.now()
    mine = select(Grant).where(
        Grant.clue_id == clue.id,
        Grant.applicant == actor.id,
        Grant.purpose.in_(purposes(what)),
        Grant.expires_at > now,
        Grant.withdrawn_at.is_(None),
    )
    found = session.scalars(mine.order_by(Grant.expires_at.desc()).limit(1)).first()
    if found is None or actor.groups & reporters.NEVER or wall.view(session, actor, clue) != "content":
        return None
    return found


def may_ask(session: Session, actor: Actor, clue: Clue, what: str = "reporter") -> bool:
    """Return whether the actor may ask for it: he works on the clue, and there is somebody to be read."""
    if not actor.groups & ASKING or actor.groups & reporters.NEVER or not THERE[what](session, clue):
        return False
    return wall.view(session, actor, clue) == "content"


def pending(session: Session, login: str, clue: Clue, what: str = "reporter") -> bool:
    """Return whether somebody's application waits, or his right to read has not ended."""
    # What was cancelled by the head of case supervision waits for nobody.
    running = exists(select(Instance.id).where(Instance.id == Grant.instance_id, Instance.ended_at.is_(None)))
    waits = Grant.granted_at.is_(None) & Grant.refused.is_(False) & running
    holding = (Grant.expires_at > clock.now()) & Grant.withdrawn_at.is_(None)
    mine = select(Grant.id).where(Grant.clue_id == clue.id, Grant.applicant == login, or_(waits, holding))
    return session.scalar(mine.where(Grant.purpose.in_(purposes(what))).limit(1)) is not None


def of_clue(session: Session, clue: Clue) -> list[Grant]:
    """Return what was asked for in a matter, in order."""
    return list(session.scalars(select(Grant).where(Grant.clue_id == clue.id).order_by(Grant.asked_at)))


def listing() -> Select[Grant, Clue]:
    """Return the query for all applications with their clue, the newest first: for the auditor."""
    return select(Grant, Clue).join(Clue, Clue.id == Grant.clue_id).order_by(Grant.asked_at.desc(), Grant.id)


def state(row: Grant, now: datetime) -> str:
    """Return how an application stands: waiting, refused, active, withdrawn or expired."""
    if row.refused:
        return "refused"
    if row.granted_at is None:
        return "waiting"
    if row.withdrawn_at:
        return "withdrawn"
    return "active" if holds(row, now) else "expired"


def holds(row: Grant, now: datetime) -> bool:
    """Return whether a grant may be read by at this instant; at its last one it no longer may."""
    return row.expires_at is not None and row.expires_at > now and row.withdrawn_at is None


def opens(purpose: str) -> str:
    """Return what a purpose opens: `reporter` or `protected`."""
    return next(one["what"] for one in codes.rows(PURPOSES) if one["code"] == purpose)


def purposes(what: str) -> list[str]:
    """Return the purposes that open this."""
    return [one["code"] for one in codes.rows(PURPOSES) if one["what"] == what]


def longest(purpose: str) -> int:
    """Return for how many hours an identity is opened for a purpose at most."""
    return next(int(one["max_hours"]) for one in codes.rows(PURPOSES) if one["code"] == purpose)


def _decided(context: Context, row: Grant, answers: Answers) -> str:
    clue, decision = clue_of(context), str(answers["decision"])
    detail = {"grant": row.id, "decision": decision}
    audit.record(
        context.session, actor=context.actor, act="vault.decide", scope_id=clue.scope_id, detail=detail
    )
    if decision != "agree":
        row.refused, row.opinion = True, answers.get("opinion") or ""
        note(context, clue, "unsealing.refused", number=row.number)
        _tell(context.session, row, "clue.unsealing_refused")
    return decision


def _as(context: Context, role: str, *others: str | None) -> None:
    """Refuse who does not hold the role, whoever a diagram lets decide, or has had a hand in it before."""
    office.require(context.actor, {role})
    if not parties(context).isdisjoint(others):
        raise NotAllowed(
            "Applicant, leader in charge and principal are three different persons.", code="unsealing_person"
        )


def _clue(context: Context, number: str, what: str) -> Clue:
    """Return the matter; who may not ask in it learns nothing of it."""
    clue = numbered(context.session, number)
    if clue is None or context.actor is None or not may_ask(context.session, context.actor, clue, what):
        raise refused("number", "clue_number", number=number)
    return clue


def _of_process(context: Context) -> Grant:
    # By the process, which no variable can change.
    row = context.session.scalar(select(Grant).where(Grant.instance_id == context.instance_id))
    if row is None:
        raise EngineFault("The process opens no application.", element=context.element_id)
    return row


def _tell(session: Session, row: Grant, code: str) -> None:
    scope = f"clue:{row.clue_id}"
    notifications.notify(session, [row.applicant], code=code, params={"number": row.number}, scope_id=scope)
