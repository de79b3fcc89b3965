"""The review (审理): acceptance, the panel, its opinion, the returns, the talk, the report (c10–c12; 规则 53–56)."""

from __future__ import annotations

from typing import Any

from handlers import codes, duties, office
from handlers.cases.matter import case_of
from handlers.registers import papers
from handlers.registers.numbers import next_number
from handlers.registers.record import FEWEST_HANDLERS, Answers, clue_of, keep_files, note, sign, who
from handlers.sanctions import choosing, clocking
from handlers.sanctions.matter import name, open_persons, person_of, proposal
from handlers.sanctions.model import Proposal
from handlers.sanctions.preconditions import check_kinds
from workflows.errors import EngineFault, NotAllowed, refused
from workflows.forms import Options
from workflows.model import Task
from workflows.operations import Context, operation

REVIEWERS = frozenset({"reviewer"})
HANDLERS = frozenset({"handler", "office_head"})


@operation("reviews.accept")
def accept(context: Context, *, answers: Answers) -> dict[str, Any]:
    """Accept the case for review, postpone that until its file is complete, or refuse (c10); T24 begins here."""
    office.require(context.actor, REVIEWERS)
    clue, case, result = clue_of(context), case_of(context), answers["acceptance"]
    sign(context, clue, "c10", result, answers.get("reason") or "", {"checked": answers.get("checked") or []})
    note(context, clue, f"review.{result}", number=case.case_no)
    if result != "accept":
        return {"acceptance": result}
    case.accepted_at, case.stage = context.now, "review"
    return {
        "acceptance": result,
        "accepted_at": context.now.isoformat(),
        "review_office": _review_office(context),
        "subject_ids": [row.subject_id for row in open_persons(context.session, case)],
    }


@operation("reviews.complete")
def complete(context: Context, *, answers: Answers) -> None:
    """Complete a file whose acceptance was postponed (c10)."""
    office.require(context.actor, HANDLERS)
    clue = clue_of(context)
    sign(context, clue, "c10_complete", "completed", answers["added"])
    keep_files(context, clue, answers.get("files"), "case_material", "files")
    note(context, clue, "review.completed")


@operation("reviews.reviewers", use="options")
def reviewers(context: Context) -> Options:
    """Return the reviewers as the `staff` of a panel or an announcement."""
    return codes.staff(context.session, {one.login for one in office.people_in(context.session, "reviewer")})


@operation("reviews.name_panel")
def name_panel(context: Context, *, answers: Answers) -> dict[str, Any]:
    """Name the panel: two reviewers at least, none of whom verified or investigated (c11; domain §4.2 rules 1–2)."""
    office.require(context.actor, {"office_head", "leader", "principal"})
    named = list(dict.fromkeys(answers["panel"]))
    if len(named) < FEWEST_HANDLERS:
        raise refused("panel", "too_few", min=FEWEST_HANDLERS)
    reviewers = {person.login for person in office.people_in(context.session, "reviewer")}
    if strangers := [login for login in named if login not in reviewers]:
        raise refused("panel", "not_reviewers", logins=strangers)
    task = context.session.get(Task, context.task_id) if context.task_id else None
    if task is None:
        raise EngineFault("Only a step that somebody does names a panel.", element=context.element_id)
    if barred := [login for login in named if duties.separated(context.session, login, task)]:
        raise refused("panel", "investigated_it", logins=barred)
    clue = clue_of(context)
    sign(context, clue, "c11_panel", "assigned", detail={"panel": named})
    note(context, clue, "review.panel", logins=named)
    return {"panel": named}


@operation("reviews.examine")
def examine(context: Context, *, answers: Answers) -> dict[str, Any]:
    """Give the panel's opinion: to the report, back for evidence or re-investigation, or shown to the person again."""
    _of_panel(context)
    clue, opinion = clue_of(context), answers["review_opinion"]
    sign(context, clue, "c11", opinion, answers["assessment"])
    note(context, clue, f"review.found_{opinion}")
    return {"review_opinion": opinion}


@operation("reviews.propose_return")
def propose_return(context: Context, *, answers: Answers) -> dict[str, Any]:
    """Propose a return: for evidence or new facts to A3, for unclear main facts to A4 (规则 55)."""
    _of_panel(context)
    kinds = {"reinvestigate": "return_to_investigation"}
    about = kinds.get(context.variables.get("review_opinion", ""), "evidence_return")
    sign(context, clue_of(context), "c11_return", "proposed", answers["wanted"])
    return {"return_about": about}


@operation("reviews.pause")
def pause(context: Context) -> dict[str, Any]:
    """Let the clock of the review stand while its file is supplemented (规则 55: that time is not counted)."""
    clue, case = clue_of(context), case_of(context)
    clocking.pause(context, clue, reference=case.case_no)
    note(context, clue, "review.paused", number=case.case_no)
    return {"supplemented": "no"}


@operation("reviews.supplement")
def supplement(context: Context, *, answers: Answers) -> dict[str, Any]:
    """Send the supplemented file back to the review."""
    office.require(context.actor, HANDLERS)
    clue = clue_of(context)
    sign(context, clue, "c11_supplement", "completed", answers["added"])
    keep_files(context, clue, answers.get("files"), "case_material", "files")
    note(context, clue, "review.supplemented")
    return {"supplemented": "yes"}


@operation("reviews.receive")
def receive(context: Context, *, answers: Answers) -> None:
    """Take the supplemented file in; NotAllowed before it was sent."""
    _of_panel(context)
    if context.variables.get("supplemented") != "yes":
        raise NotAllowed("The handlers have not sent the supplemented file yet.", code="not_supplemented")
    sign(context, clue_of(context), "c11_receive", "accepted", answers.get("remark") or "")


@operation("reviews.resume")
def resume(context: Context) -> None:
    """Let the clock of the review run again."""
    clue = clue_of(context)
    clocking.resume(context, clue)
    note(context, clue, "review.resumed")


@operation("reviews.show_again")
def show_again(context: Context, *, answers: Answers) -> None:
    """Record that facts which became worse were shown to the person again, and what he said."""
    office.require(context.actor, HANDLERS)
    clue = clue_of(context)
    sign(context, clue, "c11_show", "told", answers["said"], {"on": answers["shown_on"]})
    note(context, clue, "review.shown_again", day=answers["shown_on"])


@operation("reviews.talk")
def talk(context: Context, *, answers: Answers) -> dict[str, Any]:
    """Record the review talk (审理谈话), or propose to go without it."""
    _of_panel(context)
    clue, held = clue_of(context), answers["talk"]
    if held == "skip":
        sign(context, clue, "c11_talk", "proposed", answers["skip_reason"])
    else:
        detail = {"on": answers["held_on"], "place": answers["place"]}
        sign(context, clue, "c11_talk", "told", answers["record"], detail)
        note(context, clue, "review.talked", day=answers["held_on"])
    return {"talk": held}


@operation("reviews.report")
def report(context: Context, *, answers: Answers) -> None:
    """Write the report on one person, with what is proposed for him (审理报告, c12)."""
    _of_panel(context)
    clue, person = clue_of(context), person_of(context)
    row = Proposal(
        clue_id=clue.id,
        case_id=person.case_id,
        subject_id=person.subject_id,
        outcome=answers["outcome"],
        party=answers.get("party") or None,
        administrative=answers.get("administrative") or None,
        facts=answers["facts"],
        assessment=answers["assessment"],
        reasons=answers["reasons"],
        proposed_by=who(context),
        proposed_at=context.now,
    )
    check_kinds(context, person, row.outcome, row.party, row.administrative)
    context.session.add(row)
    papers.issue(context, clue, "review_report", next_number(context.session, "review_report", context.now))
    note(context, clue, "review.reported", number=person.person_no)


@operation("reviews.last_report", use="prefill")
def last_report(context: Context) -> dict[str, Any]:
    """Return who the report is about, and the report as it was written before."""
    person = person_of(context)
    before = proposal(context.session, person.case_id, person.subject_id)
    said = ("outcome", "party", "administrative", "facts", "assessment", "reasons")
    given = {key: getattr(before, key) for key in said if before and getattr(before, key)}
    who_and_how = {
        "person": name(context.session, person.subject_id),
        "situation": choosing.words(context, person),
    }
    return {**{key: value for key, value in who_and_how.items() if value}, **given}


@operation("reviews.finish")
def finish(context: Context) -> dict[str, Any]:
    """Say that the review is done: the case goes to the standing committee."""
    case_of(context).stage = "decision"
    return {"review_result": "reviewed"}


@operation("reviews.send_back")
def send_back(context: Context) -> dict[str, Any]:
    """Say that the case goes back for re-investigation: refused at its acceptance, or returned by the principal."""
    case = case_of(context)
    case.stage = "investigation"
    note(context, clue_of(context), "review.sent_back", number=case.case_no)
    return {"review_result": "reinvestigate"}


def _of_panel(context: Context) -> None:
    office.require(context.actor, REVIEWERS)
    if who(context) not in (context.variables.get("panel") or ()):
        raise NotAllowed("This is for the panel that reviews the case.", code="panel")


def _review_office(context: Context) -> str:
    """Return the unit in which who accepts is a reviewer: its head names the panel."""
    assert context.actor is not None
    held = sorted(group for group in context.actor.groups if group.startswith("reviewer@"))
    if not held:
        raise NotAllowed("Who accepts a case is a reviewer of a unit.", code="role", roles=["reviewer"])
    return held[0].partition("@")[2]
