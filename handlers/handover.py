"""Handing a case to another body (移送其他机关): an order on jurisdiction, a crime of another body (domain §3 x6, x8).

The leader in charge approves; what is handed over is listed, the other body signs for it, then the case ends here and
its limits with it. Where the order leaves it here, it goes on and its limits run as before.
"""

from __future__ import annotations

from datetime import date
from typing import Any

from handlers.cases import CaseLink, matter
from handlers.joinder import of_process
from handlers.registers import approvals
from handlers.registers.record import Answers, clue_of, handlers_of, keep_files, note, who
from handlers.working import matter_of
from workflows.errors import NotAllowed, refused
from workflows.operations import Context, Recorded, operation

PROCESS, HANDED = "case_handover", "handed"


@operation("handovers.ask")
def ask(context: Context, *, answers: Answers) -> Recorded:
    """Ask that a case be handed to another body, or enter an order that leaves it here."""
    clue = matter_of(context, answers["number"])
    if who(context) not in handlers_of(context.session, clue):
        raise NotAllowed("Only who handles the matter asks for this.", code="role", roles=["handler"])
    case = matter.open_case(context.session, clue)
    if case is None:
        raise refused("number", "no_open_case")
    row = CaseLink(
        clue_id=clue.id,
        case_id=case.id,
        instance_id=context.instance_id,
        kind=HANDED,
        state="asked",
        subjects=[person.subject_id for person in matter.going(context.session, case)],
        reason=answers["reason"],
        body=answers["body"],
        document_no=answers.get("document_no") or "",
        asked_by=who(context),
        asked_at=context.now,
    )
    context.session.add(row)
    note(context, clue, "handover.asked", number=case.case_no)
    known = {"clue_id": clue.id, "office": clue.office_code, "management": clue.management or "committee"}
    variables = {**known, "order": answers["order"], "handlers": handlers_of(context.session, clue)}
    return Recorded(variables=variables, scope_id=clue.scope_id, business_key=clue.transfer_no)


@operation("handovers.stay")
def stay(context: Context) -> None:
    """Keep that the case goes on here, as ordered or because the transfer was not approved."""
    row = of_process(context)
    row.state, row.done_at = "refused", context.now
    note(context, clue_of(context), "handover.stays")


@operation("handovers.list")
def hand(context: Context, *, answers: Answers) -> None:
    """List what is handed over: file, evidence, property, persons under measures; approved before."""
    row = of_process(context)
    approvals.demand(context, "case_handover", "a3", row.asked_at)
    row.handed, row.handed_on = answers["handed"], date.fromisoformat(answers["handed_on"])
    note(context, clue_of(context), "handover.listed", day=answers["handed_on"])


@operation("handovers.receive")
def receive(context: Context, *, answers: Answers) -> dict[str, Any]:
    """Keep the other body's receipt: from now on the case is not here any more."""
    clue, row = clue_of(context), of_process(context)
    received = date.fromisoformat(answers["received_on"])
    if row.handed_on is not None and received < row.handed_on:
        raise refused("received_on", "earliest", earliest=row.handed_on.isoformat())
    row.received_on, row.received_by, row.receipt_no = received, answers["received_by"], answers["receipt_no"]
    row.state, row.done_at = "done", context.now
    keep_files(context, clue, answers.get("files"), "handover_receipt", "files")
    note(context, clue, "handover.received", day=answers["received_on"])
    return {"stopped_by": HANDED}
