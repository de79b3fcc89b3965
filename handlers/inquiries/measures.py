"""First-form measures (第一种形态): decided, carried out; an admonition by two, with an effect and a report on change."""

from __future__ import annotations

from datetime import date
from typing import Any

from sqlalchemy import select

from handlers import office
from handlers.inquiries.model import FirstFormMeasure
from handlers.registers import Clue, papers
from handlers.registers.numbers import next_number
from handlers.registers.record import Answers, clue_of, handlers_of, note, sign, who
from workflows import calendar, clock, limits, plans
from workflows.errors import EngineFault
from workflows.operations import Context, Recorded, operation

ADMONITION = "FM11"
#: How long an admonition has an effect.
EFFECT = "D74"


def decide(context: Context, clue: Clue, subject_id: int, measure: str) -> FirstFormMeasure:
    """Return the new entry of a measure that was approved against a person of the clue."""
    row = FirstFormMeasure(
        number=next_number(context.session, "measure", context.now),
        clue_id=clue.id,
        subject_id=subject_id,
        measure=measure,
        state="decided",
        decided_at=context.now,
    )
    context.session.add(row)
    context.session.flush()
    note(context, clue, "measure.decided", number=row.number, measure=measure)
    return row


@operation("first_forms.carry_out")
def carry_out(context: Context, *, answers: Answers) -> None:
    """Enter how the measures of this inquiry were carried out, other than admonition."""
    clue = clue_of(context)
    for row in _decided(context, clue):
        if row.measure != ADMONITION:
            _carried(context, clue, row, answers, [who(context)])
            row.state = "carried_out"


@operation("first_forms.begin_admonition")
def begin_admonition(context: Context, *, answers: Answers) -> Recorded:
    """Begin the admonition that was decided on (诫勉); EngineFault where none was."""
    clue = clue_of(context)
    found = [row for row in _decided(context, clue) if row.measure == ADMONITION]
    if not found:
        raise EngineFault("No admonition was decided on.", element=context.element_id)
    return Recorded(
        variables={
            "clue_id": clue.id,
            "office": clue.office_code,
            "handlers": handlers_of(context.session, clue),
            "measure_no": found[0].number,
            "subject_id": found[0].subject_id,
        }
    )


@operation("first_forms.admonish")
def admonish(context: Context, *, answers: Answers) -> dict[str, Any]:
    """Record the admonition as one of the two who gave it; its effect runs from this day."""
    clue = clue_of(context)
    row = _named(context)
    _carried(context, clue, row, answers, [who(context)])
    row.effect_until = _effect_until(context, date.fromisoformat(answers["held_on"]))
    context.session.flush()
    papers.issue(context, clue, "admonition", row.number)
    return {"effect_from": answers["held_on"], "effect_until": row.effect_until.isoformat()}


@operation("first_forms.in_effect")
def in_effect(context: Context) -> None:
    """Let the admonition have its effect, once it is signed by both and served."""
    clue = clue_of(context)
    row = _named(context)
    row.state = "in_effect"
    assert row.effect_until is not None
    note(context, clue, "measure.in_effect", number=row.number, day=row.effect_until.isoformat())


@operation("first_forms.follow_up")
def follow_up(context: Context, *, answers: Answers) -> None:
    """Keep the report on how the admonished person has changed (b6); the effect is over."""
    clue = clue_of(context)
    row = _named(context)
    row.change_report, row.followed_up_on, row.state = answers["change_report"], office.today(), "ended"
    sign(context, clue, "b6", answers["change"], answers["change_report"], {"number": row.number})
    note(context, clue, "measure.followed_up", number=row.number, change=answers["change"])


def _effect_until(context: Context, day: date) -> date:
    """Return the last day of the effect of an admonition given on a day."""
    rule = limits.current(context.session, EFFECT, day)
    return calendar.due(rule, day, plans.work_days(context.session), clock.office_zone()).date


def _carried(context: Context, clue: Clue, row: FirstFormMeasure, answers: Answers, by: list[str]) -> None:
    row.carried_out_on, row.carried_out_by = date.fromisoformat(answers["held_on"]), by
    row.content, row.statement = answers["content"], answers.get("statement") or ""
    note(context, clue, "measure.carried_out", number=row.number, day=answers["held_on"])


def _decided(context: Context, clue: Clue) -> list[FirstFormMeasure]:
    rows = select(FirstFormMeasure).where(
        FirstFormMeasure.clue_id == clue.id, FirstFormMeasure.state == "decided"
    )
    return list(context.session.scalars(rows.order_by(FirstFormMeasure.id)))


def _named(context: Context) -> FirstFormMeasure:
    """Return the measure that the process is about: one of its own matter."""
    clue, number = clue_of(context), context.variables.get("measure_no")
    rows = select(FirstFormMeasure).where(
        FirstFormMeasure.number == number, FirstFormMeasure.clue_id == clue.id
    )
    found = context.session.scalars(rows).one_or_none()
    if found is None:
        raise EngineFault(f"The matter has no measure {number}.", element=context.element_id)
    return found
