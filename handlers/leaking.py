"""Leaks (x7, 监察法 18): told by anybody who works on the matter, which closes it at once to all but those who handle it.

Case supervision looks into it; the principal lifts the freeze, with the reason.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import select

from handlers import office
from handlers.freezing import Leak
from handlers.registers import Clue
from handlers.registers.numbers import next_number
from handlers.registers.record import Answers, note, who
from handlers.working import matter_of
from workflows.errors import EngineFault
from workflows.operations import Context, Recorded, operation

PROCESS = "leak"


@operation("leaks.tell")
def tell(context: Context, *, answers: Answers) -> Recorded:
    """Record the leak and freeze the matter from now on."""
    clue = matter_of(context, answers["number"])
    row = Leak(
        number=next_number(context.session, "leak", context.now),
        scope_id=clue.scope_id,
        instance_id=context.instance_id,
        found_at=datetime.fromisoformat(answers["found_at"]),
        what=answers["what"],
        reported_by=who(context),
        frozen_at=context.now,
    )
    context.session.add(row)
    context.session.flush()
    note(context, clue, "leak.frozen", number=row.number)
    return Recorded(variables={"leak_no": row.number}, business_key=row.number)


@operation("leaks.look_into")
def look_into(context: Context, *, answers: Answers) -> None:
    """Keep how it came out and who answers for it."""
    office.require(context.actor, {"case_supervision", "case_supervision_head"})
    row = _of_process(context)
    row.finding, row.looked_into_by = answers["finding"], who(context)
    note(context, _clue(context, row), "leak.looked_into", number=row.number)


@operation("leaks.lift")
def lift(context: Context, *, answers: Answers) -> dict[str, Any]:
    """Lift the freeze, as the principal, or have it looked into again."""
    office.require(context.actor, {"principal"})
    row = _of_process(context)
    if answers["lift"] == "yes":
        row.lifted_by, row.lifted_at, row.lift_reason = who(context), context.now, answers["reason"]
        note(context, _clue(context, row), "leak.lifted", number=row.number)
    return {"freeze_lifted": answers["lift"]}


@operation("leaks.entry", use="prefill")
def entry(context: Context) -> dict[str, Any]:
    """Return what was told of the leak, for who looks into it and who decides."""
    row = _of_process(context)
    return {"entry": "\n".join(filter(None, (row.what, row.finding)))}


def _clue(context: Context, row: Leak) -> Clue:
    # The process is of no matter: who looks into the leak need not see the matter.
    return context.session.get_one(Clue, row.scope_id.removeprefix("clue:"))


def _of_process(context: Context) -> Leak:
    row = context.session.scalar(select(Leak).where(Leak.instance_id == context.instance_id))
    if row is None:
        raise EngineFault("The process is of no leak.", element=context.element_id)
    return row
