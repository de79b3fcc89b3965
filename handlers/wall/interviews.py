"""Who may know of an interview without a clue (谈话提醒、约谈): the matrix' column of interviews, read for its own table.

The scopes of a matter say the same of it where they can: whose office, whose line, whose unit; who proposed or holds
it stands for who is assigned. What asks for a matter shows none of them.
"""

from __future__ import annotations

from sqlalchemy import ColumnElement, String, cast, exists, false, not_, or_, select, true

from handlers.inquiries.model import Interview, InterviewPerson
from handlers.office import Person, Unit
from handlers.wall import matrix
from handlers.wall.matrix import Held
from handlers.wall.sight import RIGHTS
from workflows.actor import Actor

AREA = "interview"


def interviews(actor: Actor, view: str = "content") -> ColumnElement[bool]:
    """Return the SQL condition over `Interview` of those the actor has at least this view of."""
    held = matrix.current().held(actor, {AREA}, RIGHTS[view])
    himself = select(InterviewPerson.id).join(Person, Person.name == InterviewPerson.name)
    himself = himself.where(InterviewPerson.interview_id == Interview.id, Person.login == actor.id)
    # Nobody reads here what is held with one who bears his name.
    return or_(false(), *(_holds(actor, one) for one in held)) & not_(exists(himself.correlate(Interview)))


def _holds(actor: Actor, one: Held) -> ColumnElement[bool]:
    if one.scope == "everything":
        return true()
    if one.scope == "own_office":
        return Interview.office_code.in_(one.units)
    if one.scope == "own_line":
        below = or_(false(), *(Unit.path.contains(f"/{code}/", autoescape=True) for code in one.units))
        return Interview.office_code.in_(select(Unit.code).where(below)) if one.units else true()
    if one.scope == "assigned":
        signs = cast(Interview.interviewers, String).contains(f'"{actor.id}"', autoescape=True)
        return or_(Interview.proposed_by == actor.id, signs)
    if one.scope == "own_unit":
        return Interview.unit_code.in_(one.units)
    return false()
