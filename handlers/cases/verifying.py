"""Preliminary verification (初步核实): plan, work, report signed by all, and what follows of it (domain §3c c1–G-c1)."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from sqlalchemy.orm import Session

from handlers import codes, office
from handlers.cases import allegations, persons
from handlers.cases.matter import team_of
from handlers.registers import Clue, approvals, papers
from handlers.registers.numbers import next_number
from handlers.registers.record import Answers, clue_of, last_opinion, note, sign, who
from workflows.errors import refused
from workflows.operations import Context, operation

PLAN, REPORT = "c1", "c3"
STAGE = "verification"
#: What the clue comes to by each outcome that ends the verification (`codes/verification_outcomes.csv`).
RESOLUTIONS = {"DV1": "case", "DV2": "closed", "DV3": "reminded", "DV4": "hold", "DV5": "party"}


@operation("verifications.plan")
def plan(context: Context, *, answers: Answers) -> dict[str, Any]:
    """Sign the plan (初核方案): a team of two at least, what is verified, by when (T14 names no number: the plan does).

    `spared`: `yes` where a judgment or penalty in force is named instead, which needs no verification (政务处分法 49).
    """
    clue = clue_of(context)
    if answers.get("judgment"):
        return _on_judgment(context, clue, answers)
    until = date.fromisoformat(answers["until_on"])
    if until <= office.today():
        raise refused("until_on", "earliest", earliest=(office.today() + timedelta(days=1)).isoformat())
    members = team_of(context, answers)
    detail = {
        "members": members,
        "questions": answers["questions"],
        "steps": answers.get("steps") or "",
        "measures": codes.word_list("measures", answers.get("measures") or ()),
        "until": answers["until_on"],
        "safety": answers["safety"],
    }
    sign(context, clue, PLAN, "proposed", answers["basis"], detail)
    papers.issue(context, clue, "verification_plan", next_number(context.session, "verify_plan", context.now))
    note(context, clue, "verification.planned")
    return {"members": members, "until_on": answers["until_on"], "spared": "no"}


@operation("verifications.spare")
def spare(context: Context) -> None:
    """Let a matter go to filing without a verification, which a leader at least has approved."""
    clue = clue_of(context)
    asked = last_opinion(context.session, clue, PLAN)
    approvals.demand(context, "verification_plan", "a3", asked.signed_at if asked else context.now)
    note(context, clue, "verification.spared")


def judgment_of(session: Session, clue: Clue) -> dict[str, Any] | None:
    """Return the judgment or penalty in force that a matter goes by instead of a verification; None for none."""
    asked = last_opinion(session, clue, PLAN)
    detail = (asked.detail if asked else None) or {}
    return detail if detail.get("judgment") else None


def _on_judgment(context: Context, clue: Clue, answers: Answers) -> dict[str, Any]:
    detail = {key: answers[key] for key in ("judgment", "judgment_no", "judgment_by", "judgment_on")}
    sign(context, clue, PLAN, "proposed", answers["basis"], detail)
    papers.issue(context, clue, "verification_plan", next_number(context.session, "verify_plan", context.now))
    note(context, clue, "verification.judgment")
    return {"spared": "yes"}


@operation("verifications.open")
def begin_work(context: Context) -> dict[str, Any]:
    """Let the plan take effect: from now on who is verified is called so (被核查人), and T14 begins."""
    clue = clue_of(context)
    for person in persons.entered(context.session, clue):
        person.verified_at = person.verified_at or context.now
    note(context, clue, "verification.opened")
    return {"verified_from": context.now.isoformat()}


@operation("verifications.progress")
def progress(context: Context, *, answers: Answers) -> dict[str, Any]:
    """Note what was done and say what comes next: `measure`, `talk` or `report`."""
    sign(context, clue_of(context), "c2", "progress", answers["progress"])
    return {"next_step": answers["next"]}


@operation("verifications.report")
def report(context: Context, *, answers: Answers) -> dict[str, Any]:
    """Sign the report (初核报告) with a finding for each allegation; the other members sign after."""
    clue = clue_of(context)
    allegations.record(context, answers["allegations"], STAGE)
    if answers["proposal"] == "DV2" and any(row["finding"] == "true" for row in answers["allegations"]):
        raise refused("proposal", "found_true")
    detail = {"doubts": answers.get("doubts") or "", "proposal": answers["proposal"]}
    sign(context, clue, REPORT, "proposed", answers["process"], detail)
    context.session.flush()
    number = next_number(context.session, "verify_report", context.now)
    papers.issue(context, clue, "verification_findings", number)
    note(context, clue, "verification.reported", number=number)
    members = [login for login in context.variables["members"] if login != who(context)]
    return {"outcome": answers["proposal"], "cosigners": members}


@operation("verifications.cosign")
def cosign(context: Context, *, answers: Answers) -> None:
    """Sign the report as another member of the team; a different view is kept with it (domain §3c c3)."""
    sign(context, clue_of(context), "c3_sign", "signed", answers.get("remark") or "")


@operation("verifications.settle")
def settle(context: Context) -> dict[str, Any]:
    """Return what the approved outcome comes to (`resolution`), and whether everything was found untrue."""
    clue = clue_of(context)
    report = last_opinion(context.session, clue, REPORT)
    outcome = str((report.detail or {})["proposal"]) if report else ""
    untrue = allegations.all_untrue(context.session, clue, STAGE)
    note(context, clue, "verification.settled", outcome=outcome)
    return {"outcome": outcome, "resolution": RESOLUTIONS[outcome], "all_untrue": untrue}


@operation("verifications.hand")
def hand(context: Context, *, answers: Answers) -> None:
    """Record that the clue was handed to a Party organisation (DV5): which, when, and for what."""
    clue = clue_of(context)
    detail = {"on": answers["handed_on"], "to_body": answers["to_body"]}
    sign(context, clue, "v_hand", "transferred", answers["reason"], detail)
    note(context, clue, "verification.handed", day=answers["handed_on"])
