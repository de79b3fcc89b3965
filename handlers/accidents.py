"""Safety accidents of persons under investigation: reported level by level to the top within 24 hours (T40, 规则 70)."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, String, Text, select
from sqlalchemy.orm import Mapped, mapped_column

from handlers import office
from handlers.registers.numbers import next_number
from handlers.registers.record import Answers, clue_of, keep_files, note, sign, who
from handlers.working import matter_of
from workflows.errors import EngineFault, FieldError, InvalidInput
from workflows.model import Base, new_id
from workflows.operations import Context, Recorded, operation

PROCESS = "safety_incident"
#: Who passes the report on at each step.
LEVELS = {"si_a2": {"office_head"}, "si_a3": {"leader"}, "si_a4": {"principal"}}


class Accident(Base):
    """One accident: what happened to whom, when the commission above was told, and how it was dealt with."""

    __tablename__ = "accident"

    id: Mapped[str] = mapped_column(String(64), primary_key=True, default=new_id)
    number: Mapped[str] = mapped_column(String(32), unique=True)
    clue_id: Mapped[str] = mapped_column(ForeignKey("clue.id"), index=True)
    instance_id: Mapped[str] = mapped_column(String(64), index=True)
    kind: Mapped[str] = mapped_column(String(16))  #: of `codes/accident_kinds.csv`
    person: Mapped[str]
    occurred_at: Mapped[datetime]
    place: Mapped[str] = mapped_column(default="")
    what: Mapped[str] = mapped_column(Text)
    measures: Mapped[str] = mapped_column(Text)  #: taken at once
    reported_by: Mapped[str]
    reported_at: Mapped[datetime]
    above_no: Mapped[str] = mapped_column(String(100), default="")  #: of the report to the commission above
    above_at: Mapped[datetime | None]
    result: Mapped[str] = mapped_column(Text, default="")


@operation("accidents.report")
def report(context: Context, *, answers: Answers) -> Recorded:
    """Record the accident; its 24 hours run from when it happened, whoever hears of it when."""
    clue = matter_of(context, answers["number"])
    occurred = datetime.fromisoformat(answers["occurred_at"])
    if occurred > context.now:
        raise InvalidInput("It lies ahead.", fields={"occurred_at": FieldError("latest_now")}, code="form")
    row = Accident(
        number=next_number(context.session, "accident", context.now),
        clue_id=clue.id,
        instance_id=context.instance_id,
        kind=answers["kind"],
        person=answers["person"],
        occurred_at=occurred,
        place=answers.get("place") or "",
        what=answers["what"],
        measures=answers["measures"],
        reported_by=who(context),
        reported_at=context.now,
    )
    context.session.add(row)
    variables = {
        "accident_no": row.number,
        "occurred_at": occurred.isoformat(),
        "office": clue.office_code,
        "reporters": [row.reported_by],
    }
    return Recorded(variables=variables, scope_id=clue.scope_id, business_key=clue.transfer_no)


@operation("accidents.pass_on")
def pass_on(context: Context, *, answers: Answers) -> None:
    """Sign that the report has come and goes on to the next level, with what was ordered."""
    level = context.element_id or ""
    office.require(context.actor, LEVELS.get(level, set()))
    sign(context, clue_of(context), level, "ordered", answers.get("opinion") or "")
    note(context, clue_of(context), "accident.passed_on", number=_of_process(context).number)


@operation("accidents.report_above")
def report_above(context: Context, *, answers: Answers) -> None:
    """Keep when and under which number the commission above was told."""
    row, clue = _of_process(context), clue_of(context)
    row.above_no, row.above_at = answers["above_no"], datetime.fromisoformat(answers["above_at"])
    note(context, clue, "accident.reported_above", number=row.number)


@operation("accidents.settle")
def settle(context: Context, *, answers: Answers) -> None:
    """Keep how it was dealt with."""
    row, clue = _of_process(context), clue_of(context)
    row.result = answers["result"]
    keep_files(context, clue, answers.get("papers"), "other", "papers")
    note(context, clue, "accident.settled", number=row.number)


def _of_process(context: Context) -> Accident:
    row = context.session.scalar(select(Accident).where(Accident.instance_id == context.instance_id))
    if row is None:
        raise EngineFault("The process is of no accident.", element=context.element_id)
    return row
