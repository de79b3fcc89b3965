"""d5 and d6: organisations and persons are decided on one by one, then it is announced, published, carried out.

Who has retired or moved answers all the same (终身问责); an organisation that was merged, by its successor.
"""

from __future__ import annotations

from datetime import date
from typing import Any

from handlers import codes
from handlers.accountability import suspending
from handlers.accountability.inquiring import answerable
from handlers.accountability.model import DutyOwner
from handlers.accountability.owners import PERSON
from handlers.accountability.papering import issue
from handlers.accountability.starting import close as shut
from handlers.accountability.starting import of_process
from handlers.registers.record import Answers, clue_of, keep_files, note, sign
from workflows.errors import refused
from workflows.operations import Context, operation

#: From the lightest to the gravest.
OUTCOMES = ("none", "first_form", "accountability", "filed")
#: Ways after which posts are changed within a month (T36), and those that are made public in a suitable form.
POSTS = frozenset({"AP3", "AO3"})
#: The way by which a post is changed: 组织调整或组织处理.
MEASURES = "AP3"
PUBLIC = frozenset({"AP3", "AP4", "AO3"})
HELD, FILED = "accountability", "filed"
DECISION = "accountability_decision"


@operation("accountability.decide")
def decide(context: Context, *, answers: Answers) -> dict[str, Any]:
    """Write down what the meeting decided of each; InvalidInput where one is missing, or the way is not for him."""
    clue, row, known = clue_of(context), of_process(context), answerable(context)
    given = {one["owner"]: one for one in answers["decisions"]}
    if len(given) < len(answers["decisions"]) or given.keys() != known.keys():
        raise refused("decisions", "owners_once")
    for key, one in given.items():
        _decide(known[key][0], one)
    row.outcome = max((one["outcome"] for one in given.values()), key=OUTCOMES.index)
    row.decided_on = date.fromisoformat(answers["decided_on"])
    sign(context, clue, DECISION, "decided")
    note(context, clue, "accountability.decided", number=row.number, outcome=row.outcome)
    issue(context, clue, "accountability_decision", row.number)
    held = "yes" if _any_held(known.values()) else "no"
    if held == "no":
        shut(context, row)
    suspended = [owner for owner, _ in known.values() if owner.organisational == suspending.MEASURE]
    for owner in suspended:
        suspending.enter(context, row, owner)
    anew = any(owner.outcome == FILED for owner, _ in known.values())
    return {
        "held": held,
        "outcome": row.outcome,
        "decided_on": answers["decided_on"],
        "posts": _posts(known),
        "filed_anew": "yes" if anew else "no",
        "suspended": "yes" if suspended else "no",
    }


@operation("accountability.announce")
def announce(context: Context, *, answers: Answers) -> None:
    """Keep how the decision was announced and published, and when written self-criticism came in."""
    clue, row = clue_of(context), of_process(context)
    ways = {way for owner, _ in answerable(context).values() for way in owner.ways}
    if ways & PUBLIC and answers["public"] == "no":
        raise refused("public", "publish")
    row.announced_on = date.fromisoformat(answers["announced_on"])
    row.archived_on = date.fromisoformat(answers["archived_on"])
    row.self_criticism_on = date.fromisoformat(answers["self_criticism_on"])
    row.published = answers.get("published") or ""
    keep_files(context, clue, answers.get("papers"), "other", "papers")
    note(context, clue, "accountability.announced", number=row.number, day=answers["announced_on"])


@operation("accountability.change_posts")
def change_posts(context: Context, *, answers: Answers) -> None:
    """Keep the day on which posts were changed (T36)."""
    row = of_process(context)
    row.posts_changed_on = date.fromisoformat(answers["changed_on"])
    keep_files(context, clue_of(context), answers.get("proof"), "other", "proof")
    note(context, clue_of(context), "accountability.posts", number=row.number, day=answers["changed_on"])


@operation("accountability.close")
def close(context: Context) -> None:
    """Close the inquiry once what was decided is carried out."""
    row = of_process(context)
    shut(context, row)
    note(context, clue_of(context), "accountability.closed", number=row.number)


def _decide(owner: DutyOwner, given: Answers) -> None:
    ways = list(given.get("ways") or ())
    held = given["outcome"] == HELD
    fitting = {row["code"] for row in codes.rows("accountability_measures") if row["object"] == owner.object}
    if given["outcome"] == FILED and owner.object != PERSON:
        # An organisation answers by 检查, 通报, 改组 (问责条例 8); there is nobody to file against.
        raise refused("decisions", "filed_organisation")
    if held != bool(ways):
        raise refused("decisions", "ways_held")
    if not fitting.issuperset(ways):
        raise refused("decisions", "ways_object")
    _measure(owner, given, ways)
    owner.outcome, owner.ways = given["outcome"], ways
    owner.standing, owner.facts = given["standing"], given["facts"]
    owner.responsibility = given["responsibility"]


def _measure(owner: DutyOwner, given: Answers, ways: list[str]) -> None:
    """Take the organisational measure: the Party committee decides on it, and a suspension runs from that day."""
    owner.organisational, owner.committee_no = (
        given.get("organisational") or None,
        given.get("committee_no") or "",
    )
    owner.committee_on = date.fromisoformat(given["committee_on"]) if given.get("committee_on") else None
    if owner.organisational and MEASURES not in ways:
        raise refused("decisions", "measure_way")
    if owner.organisational == suspending.MEASURE and not (owner.committee_on and owner.committee_no):
        raise refused("decisions", "suspension_committee")


def _any_held(known: Any) -> bool:
    return any(owner.outcome == HELD for owner, _ in known)


def _posts(known: Any) -> str:
    return "yes" if any(POSTS.intersection(owner.ways) for owner, _ in known.values()) else "no"
