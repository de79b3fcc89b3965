"""What has been kept long enough (到期鉴定): matters, and identities of reporters, whose period is over."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, exists, false, func, not_, or_, select, true
from sqlalchemy.orm import Session

from handlers import archiving, keeping, office
from handlers.keeping import Destruction, periods
from handlers.keeping.periods import Rule
from handlers.recusals import blocking
from handlers.registers import Clue
from handlers.vault import Reporter, shredding
from workflows import clock
from workflows.actor import Actor
from workflows.errors import FieldError, InvalidInput
from workflows.model import Instance

WHATS = ("matter", "reporter")
#: States of a line of the register that stand in the way of another one.
WAITING = ("proposed", "agreed")


@dataclass(frozen=True)
class Due:
    """One thing whose period is over."""

    clue: Clue
    what: str  #: matter reporter
    rule: Rule
    ended: date
    kept_until: date
    held: bool
    archived: bool


def kept_until(session: Session, clue: Clue, what: str = "matter") -> tuple[Rule, date | None] | None:
    """Return by which rule a matter, or its reporter, is kept and until when (None: for ever); None while it runs."""
    ended = archiving.ended_at(session, clue)
    if ended is None:
        return None
    rule = _rule(clue, what)
    return rule, rule.kept_until(_day(ended))


def erased(session: Session, clue: Clue) -> Destruction | None:
    """Return the line by which a matter was destroyed."""
    done = select(Destruction).where(Destruction.scope_id == clue.scope_id, Destruction.state == "done")
    return session.scalars(done.where(Destruction.what == "matter").limit(1)).first()


def waiting(session: Session, clue: Clue, what: str) -> Destruction | None:
    """Return the proposal about it that nobody has decided on."""
    here = select(Destruction).where(Destruction.scope_id == clue.scope_id, Destruction.what == what)
    rows = session.scalars(here.where(Destruction.state.in_(WAITING))).all()
    running = (row for row in rows if session.get_one(Instance, row.instance_id).ended_at is None)
    # What was cancelled waits for nobody.
    return next(running, None)


def check(session: Session, clue: Clue, what: str, *, field: str = "number") -> tuple[Rule, date]:
    """Return by which rule it may be destroyed and until when it was kept, or raise InvalidInput with what hinders."""
    kept = kept_until(session, clue, what)
    if kept is None or kept[1] is None or kept[1] >= office.today():
        raise _hindered(field, "erasure_not_due")
    if keeping.held(session, clue.scope_id):
        raise _hindered(field, "erasure_held")
    if erased(session, clue) or (what == "reporter" and not shredding.left(session, clue)):
        raise _hindered(field, "erasure_done")
    if _leaning(session, clue):
        raise _hindered(field, "erasure_related")
    return kept[0], kept[1]


def due(session: Session, actor: Actor, what: str, *, limit: int) -> tuple[list[Due], int]:
    """Return what is due, the longest ended first, and how many there are in all; proposals that wait are left out."""
    wanted = _query(actor, what)
    total = session.scalar(select(func.count()).select_from(wanted.subquery())) or 0
    rows = session.execute(wanted.order_by("ended", Clue.id).limit(limit)).all()
    return [_due(session, clue, what, ended) for clue, ended in rows], total


def _query(actor: Actor, what: str) -> Any:
    last = select(func.max(Instance.ended_at)).where(Instance.scope_id == "clue:" + Clue.id)
    ended = last.correlate(Clue).scalar_subquery()
    running = exists().where(Instance.scope_id == "clue:" + Clue.id, Instance.ended_at.is_(None))
    settled = exists().where(
        Destruction.scope_id == "clue:" + Clue.id,
        Destruction.what.in_(("matter", what)),
        or_(
            Destruction.state == "done",
            and_(
                Destruction.state.in_(WAITING),
                exists().where(Instance.id == Destruction.instance_id, Instance.ended_at.is_(None)),
            ),
            Destruction.again_on > office.today(),
        ),
    )
    main = select(Instance.id).where(Instance.id == Clue.instance_id, Instance.ended_at.is_not(None))
    return select(Clue, ended.label("ended")).where(
        exists(main),
        not_(running),
        _over(ended, what),
        not_(settled),
        not_(blocking(actor.id, "clue:" + Clue.id)),
    )


def _over(ended: ColumnElement[Any], what: str) -> ColumnElement[bool]:
    """Return the condition that the period is over: each matter goes by the first rule that fits it."""
    if what == "reporter":
        end = periods.of(periods.REPORTER).ended_before(office.today())
        sealed = exists().where(Reporter.clue_id == Clue.id, Reporter.key_id != shredding.SHREDDED)
        return and_(sealed, ended < end) if end else false()
    found: list[ColumnElement[bool]] = []
    others: ColumnElement[bool] = true()
    for rule in (rule for rule in periods.in_force() if rule.of_matters):
        fits = and_(
            Clue.stage.in_(rule.stages) if rule.stages else true(),
            Clue.close_reason.in_(rule.close_reasons) if rule.close_reasons else true(),
        )
        end = rule.ended_before(office.today())
        if end and rule.act == "appraise":
            found.append(and_(others, fits, ended < end))
        others = and_(others, not_(func.coalesce(fits, false())))
    return or_(false(), *found)


def _due(session: Session, clue: Clue, what: str, ended: datetime) -> Due:
    rule, day = _rule(clue, what), _day(ended)
    until = rule.kept_until(day)
    assert until  # the query leaves out what is kept for ever
    held = bool(keeping.held(session, clue.scope_id))
    return Due(clue, what, rule, day, until, held, keeping.archived(session, clue.scope_id) is not None)


def _rule(clue: Clue, what: str) -> Rule:
    if what == "reporter":
        return periods.of(periods.REPORTER)
    return periods.of_matter(clue.stage, clue.close_reason)


def _leaning(session: Session, clue: Clue) -> bool:
    """Whether a part of it, or a clue joined to it, is still kept: those read its reporter and its facts."""
    leaning = select(Clue).where((Clue.split_from == clue.id) | (Clue.duplicate_of == clue.id))
    return any(erased(session, one) is None for one in session.scalars(leaning))


def _day(instant: datetime) -> date:
    return clock.day_of(instant)


def _hindered(field: str, code: str) -> InvalidInput:
    return InvalidInput("This cannot be destroyed now.", fields={field: FieldError(code, {})}, code="form")
