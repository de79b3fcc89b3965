"""d2 and d3: who asks for an accountability inquiry, who inquires, and who may not (问责条例 9; domain §3d).

The team holds nobody of the office that supervises the unit in its line, and for type H (the handlers themselves) only
people of internal supervision, none of whom had part in the source case.
"""

from __future__ import annotations

import functools
from collections.abc import Iterable
from typing import Any, cast

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from handlers import codes, office
from handlers.accountability.model import DualJudgement, Inquiry, InquiryMember
from handlers.accountability.papering import ABOVE, issue
from handlers.cases import beginning
from handlers.links import linked
from handlers.office import Membership, Person, Unit
from handlers.registers import Clue, ClueHandler, ClueSubject, approvals
from handlers.registers.numbers import next_number
from handlers.registers.record import FEWEST_HANDLERS, Answers, clue_of, last_opinion, note, sign
from workflows.errors import EngineFault, refused
from workflows.forms import Option, Options
from workflows.model import Instance
from workflows.operations import Context, operation
from workflows.parts import Part

#: The handlers themselves.
HANDLERS = "H"
INTERNAL = "cadre_supervision"
STEP = "accountability_start"
PROCESS = "accountability"


@operation("accountability.begin")
def begin(context: Context) -> dict[str, Any]:
    """Open the inquiry of the matter's last judgment; return what its steps go by."""
    clue, session = clue_of(context), context.session
    judged = select(DualJudgement).where(DualJudgement.clue_id == clue.id, DualJudgement.result == "start")
    judgement = session.scalars(judged.order_by(DualJudgement.number.desc()).limit(1)).first()
    if judgement is None:
        raise EngineFault("No judgment has started an accountability inquiry.", element=context.element_id)
    row = Inquiry(
        number=next_number(session, "accountability", context.now),
        clue_id=clue.id,
        case_id=judgement.case_id,
        judgement_id=judgement.id,
        instance_id=context.instance_id,
    )
    session.add(row)
    begun = cast("dict[str, Any]", beginning.begin(context))
    inner = judgement.dual_type == HANDLERS
    if not inner:
        return {**begun, "inquiry_no": row.number, "proposers": begun["handlers"]}
    # The handlers themselves ask for nothing here, nor does their office.
    offices = sorted(_internal_offices(session)) or [ABOVE]
    staff = office.people_in(session, f"handler@{offices[0]}") or internal(session)
    proposers = [one.login for one in staff if one.login]
    session.flush()
    _let_in(session, row, {*proposers, *(head.login for head in office.head_of(session, offices[0]))})
    return {**begun, "inquiry_no": row.number, "proposers": proposers, "office": offices[0]}


@operation("accountability.ask")
def ask(context: Context, *, answers: Answers) -> dict[str, Any]:
    """Ask for the inquiry: which office is to lead it, and whose cadres those are who answer (A5 where so)."""
    clue, row = clue_of(context), of_process(context)
    lead, judgement = answers["lead"], context.session.get_one(DualJudgement, row.judgement_id)
    if lead != ABOVE and (code := _barred_office(context.session, judgement, lead)):
        raise refused("lead", code)
    row.lead, row.basis = lead, answers["basis"]
    sign(context, clue, STEP, "proposed", row.basis, {"lead": lead})
    note(context, clue, "accountability.asked", number=row.number)
    issue(context, clue, "accountability_start_form", row.number)
    return {"lead": lead}


@operation("accountability.started")
def started(context: Context) -> dict[str, Any]:
    """Let the inquiry begin: its two months run from now (D98C)."""
    clue, row = clue_of(context), of_process(context)
    asked = last_opinion(context.session, clue, STEP)
    if asked is None:
        raise EngineFault("Nobody has asked for the inquiry.", element=context.element_id)
    approvals.demand(context, STEP, "a4", asked.signed_at)
    row.started_at = context.now
    if row.lead == ABOVE:
        row.closed_at = context.now
    else:
        _let_in(
            context.session, row, (head.login for head in office.head_of(context.session, row.lead or ""))
        )
    issue(context, clue, "accountability_start_form", row.number)
    note(context, clue, "accountability.started", number=row.number)
    return {"started_on": context.now.isoformat()}


@operation("accountability.not_started")
def not_started(context: Context) -> None:
    """Close what was refused; the opinion of who refused it stands in the matter's record."""
    row = of_process(context)
    row.closed_at = context.now
    note(context, clue_of(context), "accountability.not_started", number=row.number)


@operation("accountability.eligible", use="options")
def eligible(context: Context) -> Options:
    """Return the `staff` that may be of the team: nobody whom the matter is about, who supervises or handled it."""
    clue, row = clue_of(context), of_process(context)
    judgement = context.session.get_one(DualJudgement, row.judgement_id)
    everybody = [option.value for option in codes.staff_options(context.session)]
    out = {
        login for _code, barred in _barred(context.session, clue, judgement, everybody) for login in barred
    }
    return codes.staff(context.session, set(everybody) - out)


@operation("accountability.assign")
def assign(context: Context, *, answers: Answers) -> dict[str, Any]:
    """Name the team: InvalidInput names who may not be of it."""
    clue, row = clue_of(context), of_process(context)
    team, session = sorted(set(answers["team"])), context.session
    if len(team) < FEWEST_HANDLERS:
        raise refused("team", "too_few", min=FEWEST_HANDLERS)
    judgement = session.get_one(DualJudgement, row.judgement_id)
    for code, barred in _barred(session, clue, judgement, team):
        if barred:
            raise refused("team", code, logins=sorted(barred))
    row.team = team
    _let_in(session, row, team)
    note(context, clue, "accountability.team", number=row.number, people=team)
    return {"team": team}


@operation("accountability.leads", use="options")
def leads(context: Context) -> Options:
    """Return the offices that may lead the inquiry, and the commission above."""
    units = context.session.scalars(select(Unit).where(Unit.kind == "office").order_by(Unit.path))
    offices = [Option(unit.code, unit.name_zh, unit.name_en) for unit in units]
    return {"lead_offices": [*offices, Option(ABOVE, "上级纪检监察机关", "the commission above")]}


def of_process(context: Context) -> Inquiry:
    """Return the inquiry of this process, which no variable can change."""
    row = context.session.scalar(select(Inquiry).where(Inquiry.instance_id == context.instance_id))
    if row is None:
        raise EngineFault("The process is of no accountability inquiry.", element=context.element_id)
    return row


def internal(session: Session) -> list[Person]:
    """Return who is of internal supervision (干部监督室) today and can sign in."""
    return [person for person in office.people_in(session, INTERNAL) if person.login]


def close(context: Context, row: Inquiry) -> None:
    """Close an inquiry: who took part in it sees the matter no more by that."""
    row.closed_at = context.now
    members = update(InquiryMember).where(InquiryMember.inquiry_id == row.id)
    context.session.execute(members.values(ended_at=context.now))


def _let_in(session: Session, row: Inquiry, logins: Iterable[str | None]) -> None:
    known = {"clue_id": row.clue_id, "inquiry_id": row.id}
    session.add_all(InquiryMember(login=login, **known) for login in logins if login)


def _barred(
    session: Session, clue: Clue, judgement: DualJudgement, team: list[str]
) -> Iterable[tuple[str, set[str]]]:
    offices = {login: set(office.units_of(session, login)) for login in team}
    names = select(ClueSubject.name).where(ClueSubject.clue_id == clue.id)
    yield (
        "about",
        set(session.scalars(select(Person.login).where(Person.login.in_(team), Person.name.in_(names)))),
    )
    yield "line_supervisor", {login for login in team if offices[login] & _in_line(judgement.unit_code)}
    if judgement.dual_type == HANDLERS:
        yield "not_internal", {login for login in team if not offices[login] & _internal_offices(session)}
        yield "handled_source", _handled(session, clue).intersection(team)


def _barred_office(session: Session, judgement: DualJudgement, lead: str) -> str | None:
    if judgement.dual_type == HANDLERS and lead not in _internal_offices(session):
        return "not_internal"
    return "line_supervisor" if lead in _in_line(judgement.unit_code) else None


@functools.cache
def _in_line(unit_code: str | None) -> frozenset[str]:
    """Return the offices that supervise a unit in their line (`codes/line_supervision.csv`)."""
    rows = (row["offices"].split() for row in codes.rows("line_supervision") if row["code"] == unit_code)
    return frozenset(one for offices in rows for one in offices)


def _internal_offices(session: Session) -> set[str]:
    held = select(Unit.code).join(Membership, Membership.unit_id == Unit.id)
    today = office.in_force(Membership.since, Membership.until, office.today())
    return set(session.scalars(held.where(Membership.role == INTERNAL, today)))


def _handled(session: Session, clue: Clue) -> set[str]:
    """Return who handled the source case, or had a step in it or in a matter that it is linked to."""
    handlers = session.scalars(select(ClueHandler.login).where(ClueHandler.clue_id == clue.id))
    of_source = Instance.definition_key != PROCESS
    parts = select(Part.login).join(Instance, Instance.id == Part.instance_id)
    parts = parts.where(Part.scope_id.in_(linked(session, clue.scope_id)), of_source)
    return {*handlers, *session.scalars(parts.distinct())}
