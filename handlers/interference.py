"""The register of interference (监察法 66): who asks about a matter, intervenes or pleads is reported and recorded.

Reported by anybody who works on the matter; read by internal supervision (干部监督室) and the principal, never by
whom it concerns. The process belongs to no matter, so that not even its steps show on the matter's page.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import ForeignKey, String, Text, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from handlers import office
from handlers.office import Person
from handlers.registers import Clue
from handlers.registers.numbers import next_number
from handlers.registers.record import Answers, parties, who
from handlers.working import matter_of
from workflows.actor import Actor
from workflows.errors import EngineFault, FieldError, InvalidInput, NotAllowed
from workflows.model import Base, new_id
from workflows.operations import Context, Recorded, operation

PROCESS = "interference"
#: Who reads the register.
READING = frozenset({"cadre_supervision", "principal"})


class Interference(Base):
    """One entry: who asked, intervened or pleaded, how, and what was done about it."""

    __tablename__ = "interference"

    id: Mapped[str] = mapped_column(String(64), primary_key=True, default=new_id)
    number: Mapped[str] = mapped_column(String(32), unique=True)
    clue_id: Mapped[str] = mapped_column(ForeignKey("clue.id"), index=True)
    instance_id: Mapped[str] = mapped_column(String(64), index=True)
    kind: Mapped[str] = mapped_column(String(16))  #: of `codes/interference_kinds.csv`
    person: Mapped[str]  #: who did it
    unit: Mapped[str] = mapped_column(default="")
    post: Mapped[str] = mapped_column(default="")
    happened_on: Mapped[date]
    how: Mapped[str] = mapped_column(Text)
    reported_by: Mapped[str]
    reported_at: Mapped[datetime]
    result: Mapped[str | None] = mapped_column(String(16))  #: of `codes/interference_results.csv`
    opinion: Mapped[str] = mapped_column(Text, default="")
    handled_by: Mapped[str | None]
    handled_at: Mapped[datetime | None]


@operation("interference.report")
def report(context: Context, *, answers: Answers) -> Recorded:
    """Record the entry; those who read the register deal with it, without whom it concerns."""
    clue, name = matter_of(context, answers["number"]), answers["person"].strip()
    readers = _readers(context.session, name)
    if not readers:
        raise InvalidInput(
            "Nobody is left here who may read it.",
            fields={"person": FieldError("report_above")},
            code="form",
        )
    row = Interference(
        number=next_number(context.session, "interference", context.now),
        clue_id=clue.id,
        instance_id=context.instance_id,
        kind=answers["kind"],
        person=name,
        unit=answers.get("unit") or "",
        post=answers.get("post") or "",
        happened_on=date.fromisoformat(answers["happened_on"]),
        how=answers["how"],
        reported_by=who(context),
        reported_at=context.now,
    )
    context.session.add(row)
    variables = {"interference_no": row.number, "readers": readers}
    return Recorded(variables=variables, business_key=row.number)


@operation("interference.handle")
def handle(context: Context, *, answers: Answers) -> None:
    """Keep what was done about it, by one of those who read the register and whom it does not concern."""
    office.require(context.actor, READING)
    row = context.session.scalar(select(Interference).where(Interference.instance_id == context.instance_id))
    if row is None:
        raise EngineFault("The process is of no entry.", element=context.element_id)
    if not parties(context).isdisjoint(_called(context.session, row.person)):
        raise NotAllowed("Whom it concerns does not deal with it.", code="proposer")
    row.result, row.opinion = answers["result"], answers.get("opinion") or ""
    row.handled_by, row.handled_at = who(context), context.now


@operation("interference.entry", use="prefill")
def entry(context: Context) -> dict[str, Any]:
    """Return the entry in words, for who deals with it."""
    row = context.session.scalar(select(Interference).where(Interference.instance_id == context.instance_id))
    if row is None:
        raise EngineFault("The process is of no entry.", element=context.element_id)
    place = " ".join(filter(None, (row.unit, row.post)))
    return {"entry": "\n".join(filter(None, (f"{row.happened_on} {row.person} {place}".strip(), row.how)))}


def listing(session: Session, actor: Actor) -> Sequence[tuple[Interference, Clue]]:
    """Return the register as the actor may read it, newest first: nothing that concerns himself."""
    if not actor.groups & READING:
        return []
    own = select(Person.name).where(Person.login.in_(actor.parties))
    rows = select(Interference, Clue).join(Clue, Clue.id == Interference.clue_id)
    found = session.execute(rows.where(Interference.person.not_in(own)).order_by(Interference.number.desc()))
    return [(row[0], row[1]) for row in found]


def _readers(session: Session, name: str) -> list[str]:
    concerned = _called(session, name)
    people = (person for role in sorted(READING) for person in office.people_in(session, role))
    return sorted({one.login for one in people if one.login} - concerned)


def _called(session: Session, name: str) -> set[str]:
    return set(session.scalars(select(Person.login).where(Person.name == name, Person.login.is_not(None))))
