"""The office's choices of how limits are counted, where law and Party rules leave it open (domain §8.6, §9).

Questions and the answers offered are data: `bpmn/codes/time_conventions.csv` and `time_convention_options.csv`. A
question without options is fixed by law, or nothing here acts on its answer yet.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from handlers import codes, office, return_calendar
from workflows import calendar, conventions
from workflows.actor import Actor
from workflows.calendar.limits import (
    DAYS_ARE_WORKED,
    EXTENDED_FROM_LAST_DAY,
    FIRST_DAY_COUNTS,
    LAST_DAY_STAYS,
)
from workflows.conventions import Answer
from workflows.errors import FieldError, InvalidInput, NotFound
from workflows.model import TimeConvention, TimeLimit

QUESTIONS, OPTIONS = "time_conventions", "time_convention_options"
#: When what comes electronically is received: an answer that registers act on, beside those of the count.
ELECTRONIC, RECEIVED_WHEN_SIGNED = "electronic", "received_when_signed"
EFFECTS = frozenset(
    {
        "",
        DAYS_ARE_WORKED,
        EXTENDED_FROM_LAST_DAY,
        FIRST_DAY_COUNTS,
        LAST_DAY_STAYS,
        RECEIVED_WHEN_SIGNED,
    }
)
MAX_DOCUMENT = 64
FURTHEST_YEARS = 10
Row = Mapping[str, str]


def open_questions() -> dict[str, list[Row]]:
    """Return the questions that the office decides, each with the options that there are, the default first."""
    found: dict[str, list[Row]] = {}
    for row in sorted(codes.rows(OPTIONS), key=lambda row: row["default"] != "true"):
        found.setdefault(row["question"], []).append(row)
    return {row["code"]: found[row["code"]] for row in codes.rows(QUESTIONS) if row["code"] in found}


def seed(session: Session) -> None:
    """Take in the answers that hold until the office decides; `InvalidInput` names what is wrong in the files."""
    limits = set(session.scalars(select(TimeLimit.rule_id)))
    questions = {row["code"]: row for row in codes.rows(QUESTIONS)}
    guard(questions, codes.rows(OPTIONS), limits)
    conventions.seed(
        session, [_answer(questions[code], options[0]) for code, options in open_questions().items()]
    )


def guard(questions: Mapping[str, Row], options: Sequence[Row], limits: set[str]) -> None:
    """Refuse options of no question or with an effect that there is not, two defaults, and limits that there are not."""
    for number, row in enumerate(options, 2):
        if row["question"] not in questions:
            raise _bad(OPTIONS, number, "question", f"must be a code of {QUESTIONS}.csv")
        known = return_calendar.options() if row["question"] == return_calendar.QUESTION else EFFECTS
        if row["effect"] not in known:
            must = f"must be empty or one of {', '.join(sorted(known - {''}))}"
            raise _bad(OPTIONS, number, "effect", must)
        defaults = [one for one in options if one["question"] == row["question"] and one["default"] == "true"]
        if len(defaults) != 1:
            raise _bad(OPTIONS, number, "default", f"must be true once for {row['question']}")
    for number, question in enumerate(questions.values(), 2):
        if unknown := set(question["rules"].split()) - limits:
            raise _bad(QUESTIONS, number, "rules", f"there is no limit {', '.join(sorted(unknown))}")


def decide(session: Session, question: str, given: Row, *, actor: Actor) -> TimeConvention:
    """Write the office's answer to a question, in force from a day on; deadlines that have begun keep theirs.

    `given` are texts: `option`, `effective_from`, `document_no`, and `follows`, the version that the reader saw.
    `InvalidInput` names each that is wrong; `Conflict` where somebody has decided meanwhile.
    """
    options = {row["code"]: row for row in open_questions().get(question, [])}
    if not options:
        raise NotFound(f"There is no question {question!r} to decide.")
    faults: dict[str, FieldError] = {}
    if given["option"] not in options:
        faults["option"] = FieldError("choice", {"must": f"must be one of {', '.join(options)}"})
    day = _day(given["effective_from"], earliest(session, question), faults)
    if day and question == return_calendar.QUESTION and day.day != 1:
        faults["effective_from"] = FieldError("month_begin")
    if not given["document_no"]:
        faults["document_no"] = FieldError("required")
    elif len(given["document_no"]) > MAX_DOCUMENT:
        faults["document_no"] = FieldError(
            "too_long", {"length": len(given["document_no"]), "max": MAX_DOCUMENT}
        )
    if not faults and day and _holds(session, question, given["option"], day):
        faults["option"] = FieldError("convention_same")
    if faults or day is None:
        raise InvalidInput(f"The answer to {question} is refused.", fields=faults, code="convention")
    asked = next(row for row in codes.rows(QUESTIONS) if row["code"] == question)
    return conventions.decide(
        session,
        _answer(asked, options[given["option"]]),
        effective_from=day,
        document_no=given["document_no"],
        follows=int(given["follows"]) if given["follows"].isdecimal() else 0,
        actor=actor,
    )


def earliest(session: Session, question: str) -> date:
    """Return the first day from which an answer can hold: deadlines of today, and the present period, have begun."""
    today = office.today()
    if question == return_calendar.QUESTION:
        return return_calendar.standing(session).period_of(today).last + timedelta(days=1)
    return today + timedelta(days=1)


def _day(text: str, first: date, faults: dict[str, FieldError]) -> date | None:
    last = calendar.add_months(office.today(), 12 * FURTHEST_YEARS)
    try:
        day = date.fromisoformat(text) if len(text) == 10 else None
    except ValueError:
        day = None
    if day is None or not first <= day <= last:
        code = "begun" if day and day < first else "day_between"
        faults["effective_from"] = FieldError(code, {"min": first.isoformat(), "max": last.isoformat()})
        return None
    return day


def _holds(session: Session, question: str, option: str, day: date) -> bool:
    """Whether this answer would hold anyway from that day on."""
    now = conventions.answered(session, question, day)
    later = any(row.effective_from > day for row in conventions.versions(session, question))
    return now is not None and now.option == option and not later


def _answer(question: Row, option: Row) -> Answer:
    return Answer(question["code"], option["code"], option["effect"], question["rules"])


def _bad(table: str, row: int, column: str, why: str) -> InvalidInput:
    return InvalidInput(
        f"bpmn/codes/{table}.csv, row {row}, column {column}: {why}.", code="cell", row=row, column=column
    )
