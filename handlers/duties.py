"""Duties that exclude each other (domain.md §4.2 rules 1–3): held by the wall, whatever a diagram says.

One condition, for lists and for decisions. What diagrams have to show before they are deployed stands in
`workflows.definitions.duties`; what the office's data say, in `handlers.acts`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, bindparam, exists, false, func, or_, select
from sqlalchemy.orm import Session, aliased

from handlers import acts
from handlers.links import MatterLink
from handlers.registers import Clue, ClueHandler
from workflows.model import Task
from workflows.parts import SEVERAL, Part

PREFIX = "clue:"
#: The stage that the handlers of a clue are in from the disposal on, by the way that was approved (domain §3c).
STAGE_OF_WAY = {"DW2": "verification"}
#: Duties that something done before may keep somebody from.
KEPT_APART = ("approve", "sign")


def barred(login: Any, task: Any = Task) -> ColumnElement[bool]:
    """Return the condition that somebody (a text or a column) may not have a task.

    He proposed what it approves, gave the other signature, or had part in a stage kept apart from its own.
    """
    return or_(*(condition for _, condition in _conditions(login, task)))


def bar(session: Session, login: str, task: Task) -> str | None:
    """Return the rule of the wall by which somebody may not have a task, None where nothing of this bars him."""
    # A question or two, each by key: of a task that says nothing of the kind none is asked.
    return next((rule for rule in _concerning(task) if _holds(session, login, task, rule)), None)


def withheld(session: Session, login: str, tasks: Iterable[Any]) -> set[str]:
    """Return which of these tasks (or rows with `id`, `duty`, `act`, `stage`) somebody may not have, by key."""
    ids = [task.id for task in tasks if next(_concerning(task), None)]
    return set(session.scalars(_among(), {"login": login, "ids": ids})) if ids else set()


def separated(session: Session, login: str, task: Task) -> bool:
    """Return whether somebody had part in a stage of the matter that is kept apart from the task's."""
    return task.stage in acts.stages() and _holds(session, login, task, "separated")


def approved_both(session: Session, login: str, task: Task) -> bool:
    """Return whether who may approve this approved at a stage that another leader should: preferred, not refused.

    The investigation and the review of one matter should not answer to one leader in charge (监督执纪工作规则 11).
    """
    before = acts.preferred().get(task.stage or "")
    if task.duty != "approve" or not before:
        return False
    signed = select(Part.id).where(
        Part.scope_id == task.scope_id,
        Part.login == login,
        Part.duty == "approve",
        Part.stage.in_(sorted(before)),
        Part.finished_at.is_not(None),
    )
    return session.scalar(signed.limit(1)) is not None


def _concerning(task: Any) -> Iterator[str]:
    """Yield the rules that what a task says of itself leaves to be asked."""
    if task.duty == "approve":
        yield "proposer"
        if task.act in acts.of(team=True):
            yield "proposing_team"
    if task.duty == "sign":
        yield "other_signature"
    if task.stage in acts.stages():
        yield "separated"


def _holds(session: Session, login: str, task: Task, rule: str) -> bool:
    return session.scalar(_questions()[rule], {"login": login, "task_id": task.id}) is not None


# Built once: to build one of these costs more than to ask it.


@cache
def _questions() -> Mapping[str, Select[str]]:
    one = select(Task.id).where(Task.id == bindparam("task_id"))
    return {rule: one.where(condition) for rule, condition in _conditions(bindparam("login"), Task)}


@cache
def _among() -> Select[str]:
    ids: Any = bindparam("ids", expanding=True)
    return select(Task.id).where(Task.id.in_(ids), barred(bindparam("login")))


def _conditions(login: Any, task: Any) -> Iterator[tuple[str, ColumnElement[bool]]]:
    """Yield what bars somebody, each with its rule of `codes/wall_rules.csv`."""
    yield "proposer", _proposed(login, task)
    yield "proposing_team", _of_team(login, task)
    yield "other_signature", _signed(login, task)
    yield "separated", _took_part(login, task)


def _proposed(login: Any, task: Any) -> ColumnElement[bool]:
    part = aliased(Part)
    anywhere = and_(task.act.in_(sorted(acts.of(within="matter"))), part.scope_id == task.scope_id)
    proposal = _found(
        (part,),
        part.login == login,
        part.act == task.act,
        part.duty == "propose",
        part.finished_at.is_not(None),
        or_(part.instance_id == task.instance_id, anywhere),
    )
    return and_(_said(task.duty) == "approve", proposal)


def _of_team(login: Any, task: Any) -> ColumnElement[bool]:
    handler = aliased(ClueHandler)
    running = _found(
        (handler,),
        handler.clue_id == func.substr(task.scope_id, len(PREFIX) + 1),
        handler.login == login,
        handler.ended_at.is_(None),
    )
    teams = _said(task.act).in_(sorted(acts.of(team=True)))
    return and_(_said(task.duty) == "approve", teams, running)


def _signed(login: Any, task: Any) -> ColumnElement[bool]:
    part = aliased(Part)
    other = _found(
        (part,),
        part.login == login,
        part.instance_id == task.instance_id,
        part.act == task.act,
        part.duty == "sign",
        part.round == task.round,
        part.finished_at.is_not(None),
        # A step that comes again is signed by the same; one of several instances by nobody twice.
        or_(part.element_id != task.element_id, task.round.startswith(SEVERAL)),
    )
    return and_(_said(task.duty) == "sign", other)


def _took_part(login: Any, task: Any) -> ColumnElement[bool]:
    """Return the condition that somebody had a step, or is of the team, in a stage kept apart from the task's."""
    apart = acts.separated()
    if not apart:
        return false()
    part, handler, clue = aliased(Part), aliased(ClueHandler), aliased(Clue)
    own, theirs = aliased(MatterLink), aliased(MatterLink)
    family = (own.scope_id == task.scope_id, theirs.family == own.family)
    had = (
        part.login == login,
        or_(*(and_(task.stage == stage, part.stage.in_(sorted(names))) for stage, names in apart.items())),
    )
    team = (
        handler.clue_id == clue.id,
        handler.login == login,
        handler.recused.is_(False),
        or_(*(_way(clue, task, way, stage) for way, stage in STAGE_OF_WAY.items())),
    )
    # A question by key for each: an alternative inside one would have whole tables read.
    taken = or_(
        _found((part,), part.scope_id == task.scope_id, *had),
        _found((part, own, theirs), *family, part.scope_id == theirs.scope_id, *had),
        _found((handler, clue), clue.id == _clue_id(task.scope_id), *team),
        _found((handler, clue, own, theirs), *family, clue.id == _clue_id(theirs.scope_id), *team),
    )
    return and_(_said(task.stage).in_(sorted(apart)), task.scope_id.is_not(None), taken)


def _clue_id(scope_id: Any) -> ColumnElement[str]:
    return func.substr(scope_id, len(PREFIX) + 1)


def _way(clue: Any, task: Any, way: str, stage: str) -> ColumnElement[bool]:
    return and_(clue.way == way, task.stage.in_(sorted(acts.separated().get(stage, ()))))


def _said(column: Any) -> ColumnElement[str]:
    """Return what a step says, "" for nothing: an unknown would not spare what is asked beside it."""
    return func.coalesce(column, "")


def _found(rows: tuple[Any, ...], *where: ColumnElement[bool]) -> ColumnElement[bool]:
    """Return the condition that there is such a row: looked up for each task that is judged, not all of them first."""
    return exists(select(rows[0].id).where(*where).correlate_except(*rows).offset(0))
