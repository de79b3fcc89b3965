"""Recusal (回避): asked for by himself or by another, decided by the principal, carried out at every door.

The principal decides on everybody but himself; on him the commission above does, and its number is entered.
Until it is decided the person does nothing in the matter (`handlers.wall`); who asked, who decides and who is
concerned are three, or two where somebody recuses himself. (监察法 67, 监察法实施条例 on recusal.)
"""

from __future__ import annotations

from collections.abc import Set
from datetime import date
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from handlers import office, outbox, upward, wall
from handlers.office import Membership, Person
from handlers.recusals import ASKED, RECUSED, Recusal, state_of
from handlers.registers import Clue, ClueHandler, ClueSubject, MatterEvent
from handlers.registers.numbers import next_number
from handlers.registers.record import Answers, clue_of, note, numbered, parties, who
from workflows import audit, clock
from workflows.actor import Actor
from workflows.errors import EngineFault, NotAllowed, NotFound, refused
from workflows.model import Task
from workflows.operations import Context, Recorded, operation

PROCESS = "recusal"
OVERSEEING = ("case_supervision", "case_supervision_head")
#: Who may ask that somebody keeps out of a matter that he works on himself.
ASKING = frozenset(
    {"handler", "office_head", "case_supervision", "case_supervision_head", "leader", "reviewer"}
)
#: Who enters what the commission above decided, and looks through what a recused person had done.
LOOKING_THROUGH = frozenset({"case_supervision_head", "leader"})
#: Who may be recused: whoever may get a task of a matter.
WORKING = ("intake_clerk", "office_head", "handler", "leader", "principal", "reviewer", *OVERSEEING)


@operation("recusals.ask")
def ask(context: Context, *, answers: Answers) -> Recorded:
    """Ask that somebody keeps out of a matter; from now on he does nothing in it until it is decided."""
    session, asking = context.session, who(context)
    clue = _clue(context, answers["number"])
    login = answers["person"]
    if login not in people(session):
        raise refused("person", "account", login=login)
    if state_of(session, login, clue.scope_id) is not None:
        # The same words whether it waits or was decided: who asks must not learn the one from the other.
        raise refused("person", "recusal_known")
    row = Recusal(
        number=next_number(session, "recusal", context.now),
        scope_id=clue.scope_id,
        login=login,
        state=ASKED,
        ground=answers["ground"],
        reason=answers["reason"],
        asked_by=asking,
        asked_at=context.now,
        instance_id=context.instance_id,
    )
    session.add(row)
    session.flush()
    above = "yes" if _is_principal(session, login) else "no"
    return Recorded(
        variables={"recusal_no": row.number, "decided_above": above},
        scope_id=clue.scope_id,
        business_key=clue.transfer_no,
    )


@operation("recusals.decide")
def decide(context: Context, *, answers: Answers) -> dict[str, Any]:
    """Decide as the principal, on anybody but himself and on nothing that he asked for."""
    row = _of_process(context)
    _as(context, {"principal"}, row.login, row.asked_by)
    if _is_principal(context.session, row.login):
        raise NotAllowed("On the principal the commission above decides.", code="proposer")
    row.opinion = answers.get("opinion") or ""
    return _decided(context, row, answers["decision"])


@operation("recusals.decide_above")
def decide_above(context: Context, *, answers: Answers) -> dict[str, Any]:
    """Enter what the commission above has decided on the principal; its reply has a number."""
    row = _of_process(context)
    _as(context, LOOKING_THROUGH, row.login)
    if not _is_principal(context.session, row.login):
        raise NotAllowed("The commission above decides on the principal alone.", code="proposer")
    row.document_no, row.decided_on = answers["document_no"], date.fromisoformat(answers["decided_on"])
    return _decided(context, row, answers["decision"])


@operation("recusals.carry_out")
def carry_out(context: Context) -> dict[str, Any]:
    """Take the matter from who is recused: his tasks go to others, what he was told disappears."""
    clue, row, session = clue_of(context), _of_process(context), context.session
    if row.state != RECUSED:
        raise EngineFault("Nobody has decided on the recusal.", element=context.element_id)
    row.earlier_steps = _finished(session, row)
    assigned = update(ClueHandler).where(ClueHandler.clue_id == clue.id, ClueHandler.login == row.login)
    session.execute(assigned.where(ClueHandler.ended_at.is_(None)).values(recused=True, grounds=row.ground))
    keep_out(context, clue, row.login)
    note(context, clue, "recusal.decided", number=row.number, login=row.login)
    return {"earlier_work": "yes" if row.earlier_steps else "no"}


def keep_out(context: Context, clue: Clue, login: str) -> None:
    """Take a matter from who is recused: his steps in it go to others, what waits to be told to him does not leave."""
    context.session.flush()
    # To the other candidates, or upward; the instances run beside the one that decides.
    upward.look_through(context.session, clue.scope_id, besides=context.instance_id)
    outbox.queue.withdraw(context.session, login, clue.scope_id)


@operation("recusals.review")
def review(context: Context, *, answers: Answers) -> None:
    """Say of the work that the person had finished whether it stands or is to be done anew."""
    clue, row = clue_of(context), _of_process(context)
    _as(context, LOOKING_THROUGH, row.login)
    row.review, row.review_opinion = answers["outcome"], answers["opinion"]
    row.reviewed_by, row.reviewed_at = who(context), context.now
    note(context, clue, "recusal.reviewed", number=row.number, outcome=row.review)


@operation("recusals.earlier", use="prefill")
def earlier(context: Context) -> dict[str, Any]:
    """Return the steps that the recused person had finished, one a line, for who looks through them."""
    clue_of(context)
    return {"steps": "\n".join(_of_process(context).earlier_steps)}


def people(session: Session) -> dict[str, str]:
    """Return who may be recused, login and name: whoever holds today a role that works matters."""
    held = office.in_force(Membership.since, Membership.until, office.today())
    working = select(Person.login, Person.name).join(Membership, Membership.person_id == Person.id)
    found = session.execute(working.where(Person.login.is_not(None), Membership.role.in_(WORKING), held))
    return {str(login): name for login, name in found}


def may_ask(session: Session, actor: Actor, clue: Clue) -> bool:
    """Return whether the actor may ask for a recusal in the matter: he works on it, or sees all of it."""
    return bool(actor.groups & ASKING) and wall.view(session, actor, clue) == "content"


def alike(session: Session, actor: Actor, clue: Clue) -> dict[str, list[office.Relative]]:
    """Return whom case supervision is to look into, by login: with the declared relatives the matter may be about.

    None of them: the person himself is called like somebody it is about. Those whose recusal is asked for or
    decided are left out, and so is the actor: nobody reads that he himself may have to keep out.
    """
    if not actor.groups & {*OVERSEEING, "principal"}:
        return {}
    names = set(session.scalars(select(ClueSubject.name).where(ClueSubject.clue_id == clue.id)))
    working = people(session)
    found: dict[str, list[office.Relative]] = {login: [] for login, name in working.items() if name in names}
    for relative in office.relatives.called(session, names):
        if relative.login in working:
            found.setdefault(relative.login, []).append(relative)
    known = {row.login for row in of_clue(session, actor, clue) if row.state in (ASKED, RECUSED)}
    return {login: rows for login, rows in found.items() if login not in known | {actor.id}}


def of_clue(session: Session, actor: Actor, clue: Clue) -> list[Recusal]:
    """Return the recusals of a matter that the actor may know of: none that is about himself."""
    rows = select(Recusal).where(Recusal.scope_id == clue.scope_id, Recusal.login != actor.id)
    return list(session.scalars(rows.order_by(Recusal.asked_at, Recusal.id)))


def lift(session: Session, actor: Actor, number: str, *, reason: str) -> Recusal:
    """End a recusal whose ground is gone, by who decides on one: NotFound, or InvalidInput without a reason."""
    if not reason.strip():
        raise refused("reason", "required")
    row = session.scalar(select(Recusal).where(Recusal.number == number, Recusal.state == RECUSED))
    if row is None or "principal" not in actor.groups or row.login == actor.id:
        raise NotFound(f"There is no recusal {number} to be lifted.", code="recusal")
    row.state, row.lifted_by, row.lifted_at, row.lift_reason = "lifted", actor.id, clock.now(), reason.strip()
    line = {"scope_id": row.scope_id, "at": row.lifted_at, "actor": actor.id, "params": {"number": number}}
    session.add(MatterEvent(code="recusal.lifted", **line))
    audit.record(session, actor=actor, act="recusal.lift", scope_id=row.scope_id, detail={"number": number})
    return row


def _decided(context: Context, row: Recusal, decision: str) -> dict[str, Any]:
    row.state = RECUSED if decision == "agree" else "refused"
    row.decided_by, row.decided_at = who(context), context.now
    if row.state == "refused":
        note(context, clue_of(context), "recusal.refused", number=row.number)
    return {"decision_recusal": decision}


def _as(context: Context, roles: Set[str], *others: str) -> None:
    """Refuse who holds none of the roles, whoever a diagram lets decide, or is concerned or asked for it."""
    office.require(context.actor, roles)
    if not parties(context).isdisjoint(others):
        raise NotAllowed("Who asked for it, and who is concerned, does not decide.", code="proposer")


def _is_principal(session: Session, login: str) -> bool:
    return "principal" in office.actor_for(session, login).groups


def _finished(session: Session, row: Recusal) -> list[str]:
    done = select(Task.name).where(
        Task.scope_id == row.scope_id, Task.closed_by == row.login, Task.instance_id != row.instance_id
    )
    return list(session.scalars(done.order_by(Task.closed_at, Task.id)))


def _clue(context: Context, number: str) -> Clue:
    """Return the matter; who may not ask in it learns nothing of it."""
    clue = numbered(context.session, number)
    if clue is None or context.actor is None or not may_ask(context.session, context.actor, clue):
        raise refused("number", "clue_number", number=number)
    return clue


def _of_process(context: Context) -> Recusal:
    # By the process, which no variable can change.
    row = context.session.scalar(select(Recusal).where(Recusal.instance_id == context.instance_id))
    if row is None:
        raise EngineFault("The process decides on no recusal.", element=context.element_id)
    return row
