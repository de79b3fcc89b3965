"""Who fled and does not appear for a year after the wanted notice: confiscation is asked for (监察法 55)."""

from __future__ import annotations

from typing import Any

from handlers.cases import persons
from handlers.cases.matter import concerned_of
from handlers.registers import approvals
from handlers.registers.record import Answers, clue_of, handlers_of, last_opinion, note, sign
from workflows.errors import EngineFault, refused
from workflows.operations import Context, operation

STEP = "confiscation"


@operation("confiscations.begin")
def begin(context: Context) -> dict[str, Any]:
    """Return who fled, as the message says, else whoever of the matter is wanted, and the day of the notice."""
    clue = clue_of(context)
    wanted = [row for row in persons.of_clue(context.session, clue) if row.wanted_on]
    told = context.variables.get("changed_subject")
    row = next((one for one in wanted if told in (None, one.subject_id)), None)
    if row is None or row.wanted_on is None:
        raise EngineFault("Nobody of this matter is wanted.", element=context.element_id)
    return {
        "clue_id": clue.id,
        "subject_id": row.subject_id,
        "wanted_on": row.wanted_on.isoformat(),
        "handlers": handlers_of(context.session, clue),
        "office": clue.office_code,
        "management": row.management or clue.management or "committee",
    }


@operation("confiscations.propose")
def propose(context: Context, *, answers: Answers) -> dict[str, Any]:
    """Propose that the procuratorate be asked to apply for confiscation, or that it is not needed."""
    row = concerned_of(context)
    if answers["petition"] == "returned" and row.missing_since is not None:
        raise refused("petition", "still_missing")
    if answers["petition"] == "ask" and row.missing_since is None:
        raise refused("petition", "not_missing")
    sign(context, clue_of(context), STEP, "proposed", answers["reasons"])
    note(context, clue_of(context), f"confiscation.{answers['petition']}")
    return {"petition": answers["petition"]}


@operation("confiscations.sent")
def sent(context: Context) -> None:
    """Record that the petition was approved: it goes to the procuratorate."""
    clue = clue_of(context)
    asked = last_opinion(context.session, clue, STEP)
    approvals.demand(context, STEP, "a4", asked.signed_at if asked else context.now)
    note(context, clue, "confiscation.sent")
