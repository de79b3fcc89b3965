"""Who sees a matter: the grants of the matrix as one SQL condition, and as one check, over the same scopes.

A step is judged by the area that its stage belongs to. A stage that nobody knows is seen by who sees every area.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from functools import lru_cache
from typing import Any

from sqlalchemy import ColumnElement, and_, false, func, not_, or_, select, true
from sqlalchemy.orm import Session

from handlers import freezing, stages
from handlers.areas import OTHERS
from handlers.keeping import hidden, sealed
from handlers.recusals import RECUSED, blocking, state_of
from handlers.registers import Clue
from handlers.registers.returns import AgencyReturn, RectificationItem
from handlers.wall import matrix
from handlers.wall.matrix import CONTENT, Held, Matrix
from handlers.wall.offered import looked_up
from handlers.wall.rules import PERIOD, PREFIX, VIEWS
from handlers.wall.scopes import SCOPES, in_areas
from workflows.actor import Actor
from workflows.errors import NotAllowed
from workflows.model import Instance, Task

#: Conditions say nothing of time or rows: built once, they are good for as long as actor and matrix are the same.
KEPT = 1024
#: The rights by which one has at least a view.
RIGHTS = {"content": CONTENT, "metadata": CONTENT | {"m"}, "status": CONTENT | {"m", "status"}}
CLUE = "clue"


def clues(actor: Actor, view: str = "content") -> ColumnElement[bool]:
    """Return the SQL condition over `Clue` of those the actor has at least this view of."""
    return _clues(matrix.current(), actor, view)


@lru_cache(maxsize=KEPT)
def _clues(rules: Matrix, actor: Actor, view: str) -> ColumnElement[bool]:
    granted = or_(false(), *(_listed(actor, one) for one in rules.held(actor, {CLUE}, RIGHTS[view])))
    here = PREFIX + Clue.id
    return and_(granted, in_sight(actor, here), not_(hidden(actor.id, here)))


def view(session: Session, actor: Actor, clue: Clue) -> str | None:
    """Return the best view of the clue that the actor has, or None where it does not exist for him."""
    if out_of_sight(session, actor, clue.scope_id) or sealed(session, actor.id, clue.scope_id):
        return None
    rules = matrix.current()
    held = {one: rules.held(actor, {CLUE}, RIGHTS[one]) for one in VIEWS}
    return next((one for one in VIEWS if _by(session, actor, clue, held[one])), None)


def in_area(actor: Actor, area: str, view: str = "content") -> ColumnElement[bool]:
    """Return the SQL condition over `Clue` of those of which the actor has at least this view of one area's files."""
    here = PREFIX + Clue.id
    granted = _any(actor, matrix.current().held(actor, {area}, RIGHTS[view]))
    return and_(granted, in_sight(actor, here), not_(hidden(actor.id, here)))


def area_view(session: Session, actor: Actor, clue: Clue, area: str) -> str | None:
    """Return the best view of one area's files of a clue that the actor may know of; None for none."""
    if view(session, actor, clue) is None:
        return None
    rules = matrix.current()
    held = {one: rules.held(actor, {area}, RIGHTS[one]) for one in VIEWS}
    return next((one for one in VIEWS if _by(session, actor, clue, held[one])), None)


def closed_areas(session: Session, actor: Actor, clue: Clue) -> frozenset[str]:
    """Return the areas of which the actor sees no content, though he may see the clue's."""
    return frozenset(one for one in OTHERS if area_view(session, actor, clue, one) != "content")


def returns(actor: Actor) -> ColumnElement[bool]:
    """Return the SQL condition over `AgencyReturn` of what the actor may see: his own agency's, or all."""
    rules = matrix.current()
    if rules.has(actor, "returns", CONTENT):
        return true()
    return AgencyReturn.agency_code.in_(units_in(rules, actor, "returns", CONTENT, "sent"))


def items(actor: Actor) -> ColumnElement[bool]:
    """Return the SQL condition over `RectificationItem` of what the actor may see."""
    rules = matrix.current()
    if rules.has(actor, "rectification", CONTENT):
        return RectificationItem.id.is_not(None)
    # An agency is told of it by a letter, not by the register: whose unit it is needs another role.
    own = units_in(rules, actor, "rectification", CONTENT, "own_unit")
    return RectificationItem.agency_code.in_(own) if own else false()


def units_in(rules: Matrix, actor: Actor, area: str, rights: Collection[str], scope: str) -> list[str]:
    """Return the units for which the actor has one of these rights in a scope that asks for units."""
    held = rules.held(actor, {area}, rights)
    return sorted({unit for one in held if one.scope == scope for unit in one.units})


def reads_log(actor: Actor, least: str = "summary") -> str:
    """Return how much of the access log the actor reads: `everything`, or the `summary`; NotAllowed for less."""
    rules = matrix.current()
    for scope in ("everything", "summary"):
        if rules.has(actor, "access_log", CONTENT, scope):
            return scope
        if scope == least:
            break
    raise NotAllowed("The visibility matrix gives this role no sight of the access log.", code="log")


def reads_log_of(actor: Actor) -> bool:
    """Return whether the actor sees who has read a matter that he sees himself."""
    rules = matrix.current()
    return any(rules.has(actor, "access_log", CONTENT, scope) for scope in ("of_matter", "everything"))


def in_sight(actor: Actor, scope_id: Any) -> ColumnElement[bool]:
    """Return the condition that no recusal and no freeze hides a matter from the actor: he finds nothing of it then."""
    return not_(or_(blocking(actor.id, scope_id), freezing.closed(actor, scope_id)))


def out_of_sight(session: Session, actor: Actor, scope_id: str | None) -> bool:
    """Return whether a recusal, or the freeze after a leak, hides a matter from the actor: `in_sight`, for one."""
    return hides(session, actor, scope_id, state_of(session, actor.id, scope_id))


def hides(session: Session, actor: Actor, scope_id: str | None, recusal: str | None) -> bool:
    """Return the same for who has asked already how the actor's recusal stands."""
    return recusal == RECUSED or freezing.is_closed(session, actor, scope_id)


def unless_archived(actor: Actor, table: type[Task] | type[Instance], ended_at: Any) -> ColumnElement[bool]:
    """Return the condition that the archive hides neither task nor instance from the actor."""
    # What is under way is never in the archive: inboxes need not ask.
    return or_(ended_at.is_(None), not_(hidden(actor.id, table.scope_id)))


# --- steps and instances of a matter


def shown(rules: Matrix, actor: Actor, table: Any) -> ColumnElement[bool]:
    """Return the condition over tasks, instances or passages that the actor sees the matter at their stage."""
    seen = in_matter(actor, rules.held(actor, matrix.areas_of_stages(), CONTENT), table)
    if not rules.has(actor, "returns", CONTENT):
        return seen
    return or_(seen, table.scope_id.startswith(PERIOD))


def sees(session: Session, actor: Actor, scope_id: str, stage: str | None) -> str:
    """Return by which rule the actor sees a matter at a stage; empty: by none."""
    rules = matrix.current()
    if scope_id.startswith(PERIOD):
        return "returns/everything" if rules.has(actor, "returns", CONTENT) else ""
    clue = clue_of(session, scope_id)
    return _by(session, actor, clue, at_stage(rules, actor, CONTENT, stage)) if clue else ""


def in_matter(actor: Actor, held: Mapping[Held, frozenset[str]], table: Any) -> ColumnElement[bool]:
    """Return the condition over tasks or instances of a clue that one of these scopes holds at their stage."""
    if not held:
        return false()
    at_stages = [
        and_(*_at(table.stage, areas), _any(actor, group)) for areas, group in _by_areas(held).items()
    ]
    # By the clue's key, so that a page of tasks looks up only its own matters.
    clue = select(Clue.id).where(Clue.id == func.substr(table.scope_id, len(PREFIX) + 1), or_(*at_stages))
    return and_(table.scope_id.startswith(PREFIX), looked_up(clue.correlate_except(Clue)))


def at_stage(rules: Matrix, actor: Actor, rights: Collection[str], stage: str | None) -> Mapping[Held, Any]:
    """Return the scopes in which the actor has one of these rights at a stage."""
    every, area = matrix.areas_of_stages(), stages.area(stage)
    held = rules.held(actor, every, rights)
    return {one: areas for one, areas in held.items() if area in areas or areas == every}


def clue_of(session: Session, scope_id: str) -> Clue | None:
    """Return the clue that a scope names, if it names one that is there."""
    return session.get(Clue, scope_id.removeprefix(PREFIX)) if scope_id.startswith(PREFIX) else None


def holds(session: Session, actor: Actor, clue: Clue, held: Held) -> bool:
    """Return whether a scope that the actor has holds for a clue."""
    return SCOPES[held.scope].holds(session, actor, held.units, held.area, clue)


def _by(session: Session, actor: Actor, clue: Clue, held: Collection[Held]) -> str:
    return next((one.scope for one in held if holds(session, actor, clue, one)), "")


def _any(actor: Actor, held: Collection[Held]) -> ColumnElement[bool]:
    return or_(false(), *(SCOPES[one.scope].condition(actor, one.units, one.area) for one in held))


def _listed(actor: Actor, one: Held) -> ColumnElement[bool]:
    scope = SCOPES[one.scope]
    return (scope.listed or scope.condition)(actor, one.units, one.area)


def _at(stage: Any, areas: frozenset[str]) -> list[ColumnElement[bool]]:
    """Return that a stage belongs to these areas; nothing to ask where they are all there are."""
    return [] if areas == matrix.areas_of_stages() else [in_areas(stage, areas)]


def _by_areas(held: Mapping[Held, frozenset[str]]) -> dict[frozenset[str], list[Held]]:
    """Return the scopes by the areas in which they hold, so that each set of areas is asked once."""
    found: dict[frozenset[str], list[Held]] = {}
    for one, areas in held.items():
        found.setdefault(areas, []).append(one)
    return found
