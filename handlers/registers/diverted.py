"""Reports that are not registered (class X): a sealed item is passed on, and nothing is known of its content.

What belongs to a higher commission goes up through the principal in person within five working days; what
concerns the own principal goes straight up, and the principal is not told of it (检举控告规则 15). Kept are the
number, the day, who carries it, and where to: no field here could take in a word of the report.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Select, select, true
from sqlalchemy.orm import Mapped, Session, mapped_column
from sqlalchemy.types import String

from handlers import codes, office
from handlers.registers.numbers import next_number
from handlers.registers.papers import chosen, facts
from workflows import calendar, clock, definitions, deployed, limits, papers, plans
from workflows.actor import Actor
from workflows.errors import EngineFault, FieldError, InvalidInput, NotFound
from workflows.model import Base
from workflows.operations import Context, Recorded, operation
from workflows.papers import Paper

#: Reason → the limit for handing the item over. `T02` says at once; D35 gives that a number.
LIMITS = {"T01": "T01", "T02": "D35"}
#: Who keeps this register; the principal sees only what goes through his hands.
KEEPERS = frozenset({"intake_clerk", "case_supervision"})
READERS = KEEPERS | {"case_supervision_head", "principal"}
PROCESS = "divert"
COVER = "sealed_cover"


class DivertedItem(Base):
    """One sealed item that was passed on unregistered."""

    __tablename__ = "diverted_item"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    number: Mapped[str] = mapped_column(String(32), unique=True)
    instance_id: Mapped[str] = mapped_column(String(64), index=True)  #: of the process that passes it on
    reason: Mapped[str] = mapped_column(String(8))  #: T01 T02
    items: Mapped[int]  #: sealed envelopes
    received_on: Mapped[date]
    carrier: Mapped[str]  #: login
    to_body: Mapped[str] = mapped_column(String(32))  #: code of `codes/higher_commissions.csv`
    entered_by: Mapped[str]
    entered_at: Mapped[datetime]
    due_at: Mapped[datetime]
    handed_on: Mapped[date | None]
    handed_by: Mapped[str | None]


#: What a cover may say: nothing of it was written by hand.
_FACTS: Mapping[str, Callable[[Session, DivertedItem], Any]] = {
    "carrier": lambda session, row: facts.person(session, row.carrier),
    "due": lambda session, row: facts.day(row.due_at - timedelta(microseconds=1)),
    "items": lambda session, row: row.items,
    "number": lambda session, row: row.number,
    "organ": lambda session, row: facts.organ(session),
    "received_on": lambda session, row: facts.day(row.received_on),
    "to_body": lambda session, row: codes.word("higher_commissions", row.to_body, "zh"),
}
papers.know(COVER, frozenset(_FACTS))


@operation("diverted.enter")
def enter(context: Context, *, answers: dict[str, Any]) -> Recorded:
    """Log a sealed item: number, day, carrier, receiving body, and until when it has to be handed over."""
    if context.actor is None:
        raise EngineFault("Only a person logs a sealed item.", element=context.element_id)
    day, carrier = date.fromisoformat(answers["received_on"]), answers["carrier"]
    if answers["reason"] == "T02" and carrier in _principals(context.session):
        raise InvalidInput(
            "The principal does not carry what is about the principal.",
            fields={"carrier": FieldError("own_principal")},
        )
    row = DivertedItem(
        number=next_number(context.session, "sealed", context.now),
        instance_id=context.instance_id,
        reason=answers["reason"],
        items=int(answers["items"]),
        received_on=day,
        carrier=carrier,
        to_body=answers["to_body"],
        entered_by=context.actor.id,
        entered_at=context.now,
        due_at=_due(context.session, answers["reason"], day),
    )
    context.session.add(row)
    return Recorded(
        variables={
            "item_no": row.number,
            "reason": row.reason,
            "received_on": day.isoformat(),
            "carrier": carrier,
        },
        business_key=row.number,
    )


@operation("diverted.hand_over")
def hand_over(context: Context, *, answers: dict[str, Any]) -> None:
    """Log that the item was handed over: the day, and by whom."""
    # By the process, which no variable can change.
    row = context.session.scalar(select(DivertedItem).where(DivertedItem.instance_id == context.instance_id))
    if row is None:
        raise EngineFault("The matter is no sealed item.", element=context.element_id)
    day = date.fromisoformat(answers["handed_on"])
    if day < row.received_on:
        raise InvalidInput(
            "An item is not handed over before it came.",
            fields={"handed_on": FieldError("earliest", {"earliest": row.received_on.isoformat()})},
        )
    row.handed_on, row.handed_by = day, context.actor.id if context.actor else None


def seen(actor: Actor) -> ColumnElement[bool]:
    """Return the condition over `DivertedItem` of what the actor may know of.

    The principal never sees that there is a report about the principal, whatever other roles he holds.
    """
    if "principal" in actor.groups:
        return DivertedItem.reason == "T01"
    return true() if actor.groups & READERS else DivertedItem.carrier == actor.id


def listing(actor: Actor, *, year: int | None = None) -> Select[Any]:
    """Return the query for the items that the actor may know of, the newest first."""
    found = select(DivertedItem).where(seen(actor))
    if year is not None:
        found = found.where(DivertedItem.number.contains(f"-{year}-", autoescape=True))
    return found.order_by(DivertedItem.id.desc())


def find(session: Session, actor: Actor, number: str) -> DivertedItem:
    """Return the item of this number; NotFound where the actor may not know of it."""
    found = session.scalar(select(DivertedItem).where(DivertedItem.number == number, seen(actor)))
    if found is None:
        raise NotFound(f"There is no sealed item {number}.", code="sealed_item")
    return found


def cover(session: Session, row: DivertedItem) -> Paper:
    """Return the cover of a sealed item, by the template that is deployed with its process."""
    owner = deployed.process(session, definitions.latest(session, PROCESS).id)
    template = chosen(session, COVER) or deployed.paper(session, owner, COVER)
    if template is None:
        raise NotFound("The template of the cover is not deployed.", code="template")
    said = {name: fact(session, row) for name, fact in _FACTS.items() if name in template.names}
    return template.fill(said, (("密级", "密件"), ("编号", row.number)))


def _principals(session: Session) -> set[str | None]:
    return {person.login for person in office.people_in(session, "principal")}


def _due(session: Session, reason: str, day: date) -> datetime:
    rule = limits.current(session, LIMITS[reason], day)
    return calendar.due(rule, day, plans.work_days(session), clock.office_zone()).at
