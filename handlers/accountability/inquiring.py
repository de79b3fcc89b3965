"""d3 and d4: those who answer are heard, factors that nobody answers for and tolerance are weighed, others review it."""

from __future__ import annotations

from datetime import date
from typing import Any

from handlers.accountability import owners
from handlers.accountability.model import DutyOwner
from handlers.accountability.papering import issue
from handlers.accountability.starting import of_process
from handlers.registers import ClueSubject
from handlers.registers.record import Answers, clue_of, keep_files, note, sign, who
from workflows.errors import refused
from workflows.forms import Option, Options
from workflows.operations import Context, operation


@operation("accountability.hear")
def hear(context: Context, *, answers: Answers) -> None:
    """Keep the statement of each who answers; the second of the two who heard them signs after (监察法 44)."""
    clue, known = clue_of(context), answerable(context)
    for given in answers["statements"]:
        owner, _ = known[given["owner"]]
        owner.statement, owner.heard_on = given["statement"], date.fromisoformat(given["heard_on"])
    if unheard := [subject.name for owner, subject in known.values() if owner.heard_on is None]:
        raise refused("statements", "unheard", names=unheard)
    keep_files(context, clue, answers.get("records"), "other", "records")
    note(context, clue, "accountability.heard", number=of_process(context).number)


@operation("accountability.report")
def report(context: Context, *, answers: Answers) -> None:
    """Keep the report (问责调查报告): facts, factors beyond control, tolerance with its evidence."""
    clue, row = clue_of(context), of_process(context)
    row.objective, row.report = answers["objective"], answers["report"]
    row.tolerance, row.tolerance_basis = answers["tolerance"], answers.get("tolerance_basis") or ""
    sign(context, clue, "d3_report", "proposed", row.report)
    note(context, clue, "accountability.reported", number=row.number)
    issue(context, clue, "accountability_report", row.number)


@operation("accountability.review")
def review(context: Context, *, answers: Answers) -> dict[str, Any]:
    """Agree with the report or send it back, as one who had no part in the inquiry: that is the wall's to hold."""
    clue, row = clue_of(context), of_process(context)
    sign(context, clue, "d4", answers["review"], answers["opinion"])
    note(context, clue, f"accountability.review_{answers['review']}", number=row.number)
    return {"review_result": answers["review"], "reviewers": [who(context)]}


@operation("accountability.owners", use="options")
def choices(context: Context) -> Options:
    """Return who answers in this inquiry, to be chosen from: those filed elsewhere are not among them."""
    named = [
        Option(key, _named(subject), _named(subject)) for key, (_, subject) in answerable(context).items()
    ]
    return {"duty_owners": named}


@operation("accountability.unheard", use="prefill")
def unheard(context: Context) -> dict[str, Any]:
    """Return a row for each who answers, with the statement that was kept before."""
    found = answerable(context).items()
    return {
        "statements": [
            {"owner": key, **({"statement": owner.statement} if owner.statement else {})}
            for key, (owner, _) in found
        ]
    }


def answerable(context: Context) -> dict[str, tuple[DutyOwner, ClueSubject]]:
    """Return who answers in the inquiry of this process, by key."""
    rows = owners.of_judgement(context.session, of_process(context).judgement_id)
    return {str(owner.id): (owner, subject) for owner, subject in rows if owner.filed_case_id is None}


def _named(subject: ClueSubject) -> str:
    return f"{subject.name}（{subject.post}）" if subject.post else subject.name
