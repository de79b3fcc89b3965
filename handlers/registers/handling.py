"""In the handling office: handlers, collective study, the line of approvals, the four ways, feedback."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from sqlalchemy import select

from handlers import codes, notifications, office
from handlers.recusals import ASKED, RECUSED, Recusal
from handlers.registers import meetings, papers
from handlers.registers.model import Clue, ClueHandler, Opinion
from handlers.registers.numbers import next_number
from handlers.registers.record import (
    FEWEST_HANDLERS,
    Answers,
    clue_of,
    hand_over,
    keep_files,
    last_opinion,
    move,
    not_the_proposer,
    note,
    original_of,
    parties,
    receive,
    sign,
    who,
)
from workflows import calendar, clock, limits, plans
from workflows.errors import FieldError, InvalidInput, NotAllowed, refused
from workflows.forms import Options
from workflows.operations import Context, operation

#: The steps of the line of approvals.
APPROVALS = ("a10_a2", "a10_a3", "a10_a4", "a10_a5")
STAGE_OF_WAY = {"DW1": "talk", "DW2": "verification", "DW3": "holding", "DW4": "closing"}


@operation("clues.assign")
def assign(context: Context, *, answers: Answers) -> dict[str, Any]:
    """Assign at least two handlers of the office, or give the clue back for another office (a8)."""
    clue = clue_of(context)
    receive(context, clue, "distribution")
    receive(context, clue, "recusal")
    if answers["taken"] == "no":
        return _decline(context, clue, answers["reason"])
    chosen = list(dict.fromkeys(answers["handlers"]))
    if len(chosen) < FEWEST_HANDLERS:
        raise refused("handlers", "too_few", min=FEWEST_HANDLERS)
    check_handlers(context, clue, chosen)
    _end_assignments(context, clue)
    for login in chosen:
        context.session.add(
            ClueHandler(clue_id=clue.id, login=login, assigned_by=who(context), assigned_at=context.now)
        )
        hand_over(context, clue, "assignment", to_login=login)
    sign(context, clue, "a8", "assigned", detail={"handlers": chosen})
    move(context, clue, "signing", handlers=chosen)
    return {"taken_a8": "yes", "handlers": chosen, "recusal_a8": "no"}


@operation("clues.assignable", use="options")
def assignable(context: Context) -> Options:
    """Return the `staff` that may handle the clue: handlers of its office whom no recusal keeps out."""
    clue = clue_of(context)
    own = {person.login for person in office.people_in(context.session, f"handler@{clue.office_code}")}
    return codes.staff(context.session, own - _recused(context, clue))


@operation("clues.fit_handlers", use="prefill")
def fit_handlers(context: Context) -> dict[str, Any]:
    """Return those of the handlers so far who may go on, for who has to assign again."""
    clue = clue_of(context)
    own = {person.login for person in office.people_in(context.session, f"handler@{clue.office_code}")}
    fit = own - _recused(context, clue)
    return {"handlers": [login for login in context.variables.get("handlers") or () if login in fit]}


def declare(context: Context, *, answers: Answers) -> dict[str, Any]:
    """Sign for the file and declare on recusal (监察法 67); who must recuse himself is out at once (a8)."""
    clue = clue_of(context)
    receive(context, clue, "assignment")
    mine = context.session.scalars(
        select(ClueHandler).where(
            ClueHandler.clue_id == clue.id, ClueHandler.login == who(context), ClueHandler.ended_at.is_(None)
        )
    ).one_or_none()
    if mine is None:
        # The step came to the head of the office: who was to sign has been recused meanwhile.
        clue.stage = "assigning"
        return {"recusal_a8": "yes"}
    mine.declared_at = context.now
    if answers["recusal"] == "yes":
        mine.recused = True
        mine.grounds = grounds(answers)
        hand_over(context, clue, "recusal", to_unit=clue.office_code)
        note(context, clue, "clue.recused", login=mine.login)
        clue.stage = "assigning"
        return {"recusal_a8": "yes"}
    note(context, clue, "clue.declared", login=mine.login)
    context.session.flush()
    waiting = select(ClueHandler.id).where(
        ClueHandler.clue_id == clue.id, ClueHandler.ended_at.is_(None), ClueHandler.declared_at.is_(None)
    )
    # What the others have declared stands: only the last one to sign may open the study.
    if context.session.scalars(waiting).first() is None and context.variables.get("recusal_a8") != "yes":
        move(context, clue, "studying")
        return {"study_from": context.variables["received_at"]}
    return {}


def grounds(answers: Answers) -> str:
    """Return the grounds of a recusal as somebody has declared them."""
    return ": ".join(filter(None, (answers["grounds"], answers.get("grounds_text"))))


@operation("clues.propose_disposal")
def propose_disposal(context: Context, *, answers: Answers) -> dict[str, Any]:
    """Record the collective study and its proposal: no single-signature path (a9, 监督执纪工作规则 21)."""
    clue = clue_of(context)
    present = list(answers["present"])
    _check_study(context, clue, present)
    detail = {"plan": answers["plan"], "risk": answers.get("risk") or ""}
    if answers["way"] == "JN":
        # Only what is approved becomes a link: see `_dispose`.
        detail["join_to"] = original_of(context.session, answers["join_to"], "join_to", clue).id
    meetings.keep(context, clue, answers, step="a9")
    keep_files(context, clue, answers.get("minutes"), "minutes", "minutes")
    decided = last_opinion(context.session, clue, *APPROVALS)
    sign(context, clue, "a9", answers["way"], answers["reasons"], detail)
    _issue_sheet(context, clue, anew=decided is not None and decided.decision == "agree")
    move(context, clue, "approving", way=answers["way"])
    return {"way": answers["way"]}


@operation("clues.last_proposal", use="prefill")
def last_proposal(context: Context) -> dict[str, Any]:
    """Return the proposal as it was made before, for the study that has to change it."""
    proposed = last_opinion(context.session, clue_of(context), "a9")
    if proposed is None or proposed.detail is None:
        return {}
    return {
        "reasons": proposed.opinion,
        "plan": proposed.detail["plan"],
        "risk": proposed.detail["risk"] or None,
    }


@operation("clues.approve_disposal")
def approve_disposal(context: Context, *, answers: Answers) -> dict[str, Any]:
    """Agree to the proposal, return it one step, or refuse it: A2, A3, A4 in turn (a10)."""
    clue = clue_of(context)
    _not_a_handler(context, clue)
    _not_twice(context, clue)
    step = context.element_id or ""
    decision = answers["decision"]
    sign(context, clue, step, decision, answers.get("opinion") or "")
    _issue_sheet(context, clue)
    _go_on(context, clue, step, decision, last=_last(context, step))
    return {f"decision_{step.removeprefix('a10_')}": decision}


@operation("clues.record_committee")
def record_committee(context: Context, *, answers: Answers) -> dict[str, Any]:
    """Record what the principal of the Party committee at the same level decided (A5)."""
    clue = clue_of(context)
    detail = {"decided_on": answers["decided_on"], "document_no": answers.get("document_no") or ""}
    sign(context, clue, "a10_a5", answers["decision"], answers["opinion"], detail)
    _issue_sheet(context, clue)
    _go_on(context, clue, "a10_a5", answers["decision"], last=True)
    return {"decision_a5": answers["decision"]}


@operation("clues.hold")
def hold(context: Context, *, answers: Answers) -> dict[str, Any]:
    """Hold the clue until its review date or until the condition for reopening is met (a11)."""
    clue = clue_of(context)
    clue.review_on = date.fromisoformat(answers["review_on"])
    if clue.review_on <= office.today():
        tomorrow = (office.today() + timedelta(days=1)).isoformat()
        raise InvalidInput(
            "A clue is held beyond today.",
            fields={"review_on": FieldError("earliest", {"earliest": tomorrow})},
        )
    clue.reopen_condition = answers["reopen_condition"]
    sign(context, clue, "a11", answers["hold_reason"], answers.get("reason_text") or "")
    move(context, clue, "held", day=clue.review_on.isoformat())
    return {"review_on": clue.review_on.isoformat()}


@operation("clues.usual_review", use="prefill")
def usual_review(context: Context) -> dict[str, Any]:
    """Return when a held clue is usually looked at again (D05)."""
    rule = limits.current(context.session, "D05", office.today())
    due = calendar.due(rule, office.today(), plans.work_days(context.session), clock.office_zone())
    return {"review_on": due.date.isoformat()}


@operation("clues.reopen")
def reopen(context: Context, *, clue_id: str) -> dict[str, Any]:
    """Bring a held clue back to study: its review date has come, or the condition is met. T11 begins anew."""
    clue = clue_of(context, clue_id)
    clue.review_on = clue.way = clue.concluded_at = clue.close_reason = clue.resolution = None
    note(context, clue, "clue.reopened")
    move(context, clue, "studying")
    return {"study_from": context.now.isoformat()}


@operation("clues.close")
def close(context: Context, *, answers: Answers) -> dict[str, Any]:
    """Close the clue with a reason of the list (a12); what is in a case already names the case."""
    clue = clue_of(context)
    clue.close_reason = answers["close_reason"]
    case = {"case": answers["case_no"]} if answers.get("case_no") else None
    sign(context, clue, "a12", answers["close_reason"], answers["reason_text"], case)
    return _conclude(context, clue)


@operation("clues.conclude")
def conclude(context: Context, *, answers: Answers) -> dict[str, Any]:
    """Record the outcome of what was done outside: matters whose process began before its own was in service."""
    clue = clue_of(context)
    sign(
        context,
        clue,
        context.element_id or "",
        "concluded",
        answers["result"],
        {"on": answers["concluded_on"]},
    )
    return _conclude(context, clue)


@operation("clues.transfer_out")
def transfer_out(context: Context, *, answers: Answers) -> None:
    """Hand the clue to the body that was designated (x6); the matter ends here."""
    clue = clue_of(context)
    clue.competent_body = answers["to_body"]
    clue.concluded_at = context.now
    sign(
        context,
        clue,
        "x6_letter",
        "transferred",
        answers["letter_text"],
        {"order": answers.get("order_no") or ""},
    )
    number = next_number(context.session, "letter", context.now)
    papers.issue(context, clue, "jurisdiction_letter", number)
    move(context, clue, "transferred", number=number)


@operation("clues.ordered_body", use="prefill")
def ordered_body(context: Context) -> dict[str, Any]:
    """Return where the order on jurisdiction sends the clue."""
    order = last_opinion(context.session, clue_of(context), "x6_order")
    detail = (order.detail if order else None) or {}
    return {"to_body": detail.get("to"), "order_no": detail.get("order")}


@operation("clues.record_jurisdiction")
def record_jurisdiction(context: Context, *, answers: Answers) -> dict[str, Any]:
    """Record an order on jurisdiction (x6): the clue leaves, or stays with its limits run on or begun anew."""
    clue, effect = clue_of(context), answers["effect"]
    detail = {"order": answers["order_no"], "by": answers["ordered_by"], "on": answers["ordered_on"]}
    if effect == "leave":
        detail["to"] = answers["to_body"]
    sign(context, clue, "x6_order", f"jurisdiction_{effect}", detail=detail)
    keep_files(context, clue, answers.get("order"), "jurisdiction_order", "order")
    note(context, clue, "clue.jurisdiction", effect=effect)
    if effect == "leave":
        return {"order_x6": "leave"}
    again = {"study_from": context.now.isoformat()} if effect == "restart" else {}
    return {"order_x6": "stay", **again}


@operation("clues.check_evidence")
def check_evidence(context: Context, *, answers: Answers) -> dict[str, Any]:
    """Record what became of the evidence that a named reporter brought: the result stands, or study again (T06)."""
    clue = clue_of(context)
    sign(context, clue, "a13_check", f"evidence_{answers['outcome']}", answers["reasons"])
    keep_files(context, clue, answers.get("materials"), "material", "materials")
    note(context, clue, "clue.evidence_checked", outcome=answers["outcome"])
    return {"checked": answers["outcome"]}


@operation("clues.note_withdrawal")
def note_withdrawal(context: Context, *, clue_id: str) -> None:
    """Record that the reporter withdraws: by itself that does not end the clue (domain x1)."""
    note(context, clue_of(context, clue_id), "clue.withdrawn")


@operation("clues.feed_back")
def feed_back(context: Context, *, answers: Answers) -> None:
    """Tell the agency the result, and nothing but the result (a13)."""
    clue = clue_of(context)
    clue.feedback = answers["text"]
    number = next_number(context.session, "feedback", context.now)
    sign(
        context,
        clue,
        "a13",
        "told",
        answers["text"],
        {"told_on": answers["told_on"], "way": answers["told_way"]},
    )
    move(context, clue, "fed_back", number=number)
    clerks = [
        person.login for person in office.people_in(context.session, f"agency_clerk@{clue.agency_code}")
    ]
    notifications.notify(
        context.session,
        [login for login in clerks if login] or [clue.submitted_by],
        code="clue.result",
        params={"number": clue.transfer_no},
        scope_id=clue.scope_id,
    )


def _issue_sheet(context: Context, clue: Clue, *, anew: bool = False) -> None:
    """Write the disposal sheet anew; one that was agreed to is closed, and the next has its own number."""
    kind = "disposal_form"
    number = papers.sheet_number(context, clue, kind, series="disposal", anew=anew)
    papers.issue(context, clue, kind, number)


def _conclude(context: Context, clue: Clue) -> dict[str, Any]:
    clue.concluded_at = context.now
    move(context, clue, "concluded", way=clue.way)
    return {"concluded_at": context.now.isoformat()}


def _go_on(context: Context, clue: Clue, step: str, decision: str, *, last: bool) -> None:
    note(context, clue, "clue.decided", step=step, decision=decision)
    back_to_study = decision == "refuse" or (decision == "return" and step == "a10_a2")
    if back_to_study:
        move(context, clue, "studying")
    elif decision == "agree" and last:
        _dispose(context, clue, context.variables["way"])


def _dispose(context: Context, clue: Clue, way: str) -> None:
    """Let the approved way take effect in the register."""
    if way in STAGE_OF_WAY:
        clue.way = way
        move(context, clue, STAGE_OF_WAY[way])
        return
    proposal = last_opinion(context.session, clue, "a9")
    assert proposal is not None
    assert proposal.detail is not None
    named = context.session.get_one(Clue, proposal.detail["join_to"])
    # It may have been joined itself since the study, even to this one.
    clue.duplicate_of = original_of(context.session, named.transfer_no, "decision", clue).id


def _last(context: Context, step: str) -> bool:
    """Return whether nobody has to agree after this step, by the table of approvers (domain §2.3)."""
    approval = context.variables.get("approval") or {}
    if step == "a10_a3":
        return approval.get("last_approver") == "A3"
    return step == "a10_a4" and not approval.get("party_committee")


def check_handlers(context: Context, clue: Clue, chosen: list[str], *, field: str = "handlers") -> None:
    """Raise InvalidInput naming the field unless these are fit: of the office, not recused, and not who assigns."""
    group = f"handler@{clue.office_code}"
    own = {person.login for person in office.people_in(context.session, group)}
    if not parties(context).isdisjoint(chosen):
        raise refused(field, "own_handler")
    if strangers := [login for login in chosen if login not in own]:
        raise refused(field, "not_of_office", logins=strangers)
    if out := sorted(set(chosen) & _recused(context, clue)):
        raise refused(field, "recused", logins=out)


def _check_study(context: Context, clue: Clue, present: list[str]) -> None:
    def refuse(field: str, code: str, **params: Any) -> InvalidInput:
        return InvalidInput("The study cannot have been held so.", fields={field: FieldError(code, params)})

    if who(context) not in present:
        raise refuse("present", "recorder_absent")
    if out := sorted(set(present) & _recused(context, clue)):
        raise refuse("present", "recused", logins=out)


def _decline(context: Context, clue: Clue, reason: str) -> dict[str, Any]:
    """Give the clue back for another office; who was assigned is out, and D03 begins anew."""
    sign(context, clue, "a8", "return", reason)
    _end_assignments(context, clue)
    clue.office_code = None
    clue.stage = "registered"
    note(context, clue, "clue.declined")
    return {"taken_a8": "no", "distribute_from": context.now.isoformat()}


def _recused(context: Context, clue: Clue) -> set[str]:
    """Return who has recused himself from the clue, whenever that was, or is kept out of it otherwise."""
    declared = select(ClueHandler.login).where(ClueHandler.clue_id == clue.id, ClueHandler.recused.is_(True))
    decided = select(Recusal.login).where(
        Recusal.scope_id == clue.scope_id, Recusal.state.in_((ASKED, RECUSED))
    )
    return {*context.session.scalars(declared), *context.session.scalars(decided)}


def _not_a_handler(context: Context, clue: Clue) -> None:
    """Refuse who recorded the proposal and who studied it: it is the team's, and nobody approves his own."""
    not_the_proposer(context, clue, "a9")
    running = select(ClueHandler.login).where(ClueHandler.clue_id == clue.id, ClueHandler.ended_at.is_(None))
    if not parties(context).isdisjoint(context.session.scalars(running)):
        raise NotAllowed("A handler of the clue may not approve its disposal.", code="proposer")


def _not_twice(context: Context, clue: Clue) -> None:
    """Refuse who signed at another level of the same proposal, where one acts for the other: each level is a person's."""
    proposal = last_opinion(context.session, clue, "a9")
    signed = select(Opinion).where(
        Opinion.clue_id == clue.id,
        Opinion.step.in_(APPROVALS),
        Opinion.step != context.element_id,
        Opinion.id > (proposal.id if proposal else 0),
    )
    mine = parties(context)
    for row in context.session.scalars(signed):
        stood_in = len(mine) > 1 or row.on_behalf_of is not None
        if stood_in and not mine.isdisjoint({row.login, row.on_behalf_of}):
            raise NotAllowed("Nobody signs at two levels of approval, by proxy or for one.", code="proposer")


def _end_assignments(context: Context, clue: Clue) -> None:
    running = select(ClueHandler).where(ClueHandler.clue_id == clue.id, ClueHandler.ended_at.is_(None))
    for row in context.session.scalars(running):
        row.ended_at = context.now
