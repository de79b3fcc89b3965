"""Who may transfer what: what a transfer form says wrongly although each of its fields is right by itself.

Asked when a transfer is entered, and before that when a list of transfers is only being checked.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from workflows.actor import Actor
from workflows.errors import FieldError, InvalidInput, NotAllowed

Answers = Mapping[str, Any]

#: What the office itself comes upon: reports of people, what comes from above, its own work.
OWN_SOURCES = frozenset(f"SR{number:02}" for number in (1, 2, 3, 4, 5, 6, 10, 11, 12, 13, 14, 15, 17))
#: A number of a report: nothing that could be a name.
REPORT_NO = re.compile(r"[A-Za-z0-9〔〕()（）\-字第号信访举报]{1,40}")
#: Who may enter what the office comes upon, or a transfer on behalf of an agency.
RECEIVERS = frozenset({"intake_clerk", "case_supervision"})


def guard(actor: Actor, answers: Answers) -> None:
    """Raise InvalidInput naming every field that is wrong for this sender, NotAllowed for who sends nothing."""
    own = agencies_of(actor)
    if not own and not actor.groups & RECEIVERS:
        raise NotAllowed("Only an agency, or who takes transfers in, opens a clue.", code="receiver")
    if wrong := dict(_faults(own, answers)):
        raise InvalidInput("The transfer cannot be sent so.", fields=wrong)


def agency(actor: Actor, answers: Answers) -> str:
    """Return the unit that transfers: the actor's own agency, the one that the office names, or the office."""
    own, chosen = agencies_of(actor), answers.get("agency")
    return str(chosen or (own[0] if own else _own_office(actor)))


def report_no(answers: Answers) -> str | None:
    """Return the number of a named report."""
    number = (answers.get("report_no") or "").strip() if answers.get("named") == "yes" else ""
    return number or None


def agencies_of(actor: Actor) -> list[str]:
    """Return the codes of the agencies whose clerk the actor is."""
    groups = (group.partition("@") for group in actor.groups)
    return sorted(unit for role, _, unit in groups if role == "agency_clerk" and unit)


def _faults(own: list[str], answers: Answers) -> Iterator[tuple[str, FieldError]]:
    begin, end = answers.get("event_from"), answers.get("event_to")
    if begin and end and end < begin:
        yield "event_to", FieldError("before_start")
    chosen, found_here = answers.get("agency"), answers.get("source") in OWN_SOURCES
    if own and chosen and chosen not in own:
        yield "agency", FieldError("own_agency")
    if own and found_here:
        yield "source", FieldError("own_agency")
    if not own and not chosen and not found_here:
        yield "agency", FieldError("required")
    number = report_no(answers)
    if number and not (REPORT_NO.fullmatch(number) and any(letter.isdigit() for letter in number)):
        yield "report_no", FieldError("report_no")


def _own_office(actor: Actor) -> str:
    """Return the office of the actor that takes clues in itself."""
    return next(
        group.partition("@")[2]
        for group in sorted(actor.groups)
        if "@" in group and group.partition("@")[0] in RECEIVERS
    )
