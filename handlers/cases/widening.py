"""A case type is only widened, and only by an approval of its own (domain §3c: 案件类型)."""

from __future__ import annotations

from typing import Any

from handlers.cases.filing import date_filings
from handlers.cases.matter import case_of
from handlers.registers import approvals
from handlers.registers.record import Answers, clue_of, last_opinion, note, sign
from workflows.errors import EngineFault, refused
from workflows.operations import Context, operation

#: To which wider types each may go; what is not here is no widening.
WIDER = {"CT1": {"CT3", "CT4"}, "CT2": {"CT3", "CT4"}, "CT3": {"CT4"}, "CT5": {"CT3", "CT4"}}
STEP = "case_type"


@operation("case_types.propose")
def propose(context: Context, *, answers: Answers) -> None:
    """Propose a wider type; InvalidInput (`case_type`) where it is not wider than the present one."""
    clue, case, wanted = clue_of(context), case_of(context), answers["case_type"]
    if wanted not in WIDER.get(case.case_type, ()):
        raise refused("case_type", "not_wider")
    sign(context, clue, STEP, "proposed", answers["reason"], {"case_type": wanted})
    note(context, clue, "case_type.proposed", case_type=wanted)


@operation("case_types.widen")
def widen(context: Context, *, answers: Answers) -> dict[str, Any]:
    """Let the approved type take effect, with the date and authority of the filing that it adds."""
    clue, case = clue_of(context), case_of(context)
    proposal = last_opinion(context.session, clue, STEP)
    if proposal is None or proposal.detail is None:
        raise EngineFault("Nobody has proposed another case type.", element=context.element_id)
    approvals.demand(context, STEP, "a4", proposal.signed_at)
    case.case_type = proposal.detail["case_type"]
    date_filings(context, case, answers, STEP)
    note(context, clue, "case_type.widened", case_type=case.case_type)
    return {"case_type": case.case_type}
