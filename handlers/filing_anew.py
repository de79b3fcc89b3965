"""A matter of its own for persons whom an accountability inquiry found should be filed (另行立案, domain §3d)."""

from __future__ import annotations

from handlers import links
from handlers.accountability.deciding import DECISION, FILED
from handlers.accountability.inquiring import answerable
from handlers.accountability.model import Inquiry
from handlers.accountability.owners import PERSON
from handlers.accountability.starting import of_process
from handlers.cases import CaseLink
from handlers.registers import Clue, ClueHandler, ClueSubject
from handlers.registers.numbers import next_number
from handlers.registers.record import clue_of, last_opinion, note
from handlers.vault import protected
from workflows.errors import EngineFault
from workflows.operations import Context, operation

#: Of `codes/clue_sources.csv`: found while a case was investigated.
SOURCE = "SR11"


@operation("accountability.file")
def file(context: Context) -> None:
    """Open a matter of its own for the persons who are to be filed: handled by the team, linked to the source.

    Its case is filed as any other (`bpmn/filing`); it is counted for itself, its persons never among the source's.
    """
    clue, row, session = clue_of(context), of_process(context), context.session
    decided = last_opinion(session, clue, DECISION)
    filed = [(owner, one) for owner, one in answerable(context).values() if owner.outcome == FILED]
    if decided is None or not filed:
        raise EngineFault("Nobody is to be filed anew.", element=context.element_id)
    other = _separate(context, clue, row, decided.login)
    for owner, one in filed:
        known = {key: getattr(one, key) for key in ("name", "unit", "post", "rank", "political_status")}
        session.add(ClueSubject(clue_id=other.id, kind=PERSON, unit_code=one.unit_code, **known))
        other.facts = "\n".join(filter(None, (other.facts, owner.facts)))
    session.add(
        CaseLink(
            clue_id=clue.id,
            case_id=row.case_id,
            instance_id=context.instance_id,
            kind=FILED,
            state="done",
            to_clue_id=other.id,
            subjects=[one.id for _, one in filed],
            reason=row.number,
            asked_by=decided.login,
            asked_at=decided.signed_at,
            done_at=context.now,
        )
    )
    links.link(session, clue.scope_id, other.scope_id)
    protected.carry(session, clue, other)
    note(context, clue, "accountability.filed", number=row.number, to=other.clue_no)
    note(context, other, "accountability.filed_here", number=row.number)


def _separate(context: Context, clue: Clue, row: Inquiry, by: str) -> Clue:
    """Return a new matter of the office that led the inquiry; the agency of the source is told nothing of it."""
    session, now = context.session, context.now
    other = Clue(
        transfer_no=next_number(session, "transfer", now),
        clue_no=next_number(session, "clue", now),
        source=SOURCE,
        agency_code=row.lead,
        office_code=row.lead,
        legal_basis=clue.legal_basis,
        domain=clue.domain,
        category=clue.category,
        management=clue.management,
        secrecy=clue.secrecy,
        stage=clue.stage,
        competence="yes",
        way="DW2",
        facts="",
        contact="",
        head_sign="",
        submitted_by=by,
        submitted_at=now,
        received_by=by,
        received_at=now,
        registered_by=by,
        registered_at=now,
    )
    session.add(other)
    session.flush()
    given = {"clue_id": other.id, "assigned_by": by, "assigned_at": now, "declared_at": now}
    session.add_all(ClueHandler(login=login, **given) for login in row.team)
    return other
