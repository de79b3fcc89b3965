"""What happened, in the reader's language: the record of a matter, opinions in it, and notifications."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import Any

from flask_babel import gettext as _

from handlers import codes
from handlers.notifications import Notification
from handlers.registers import MatterEvent, Opinion
from server.pages import (
    case_events,
    caseflow_events,
    clearing_events,
    dual_events,
    inquiry_events,
    part_events,
    sanction_events,
)
from server.pages.frame import day, local
from server.pages.names import colon, joined, lang, length, person, unit

Params = Mapping[str, Any]


def event_words(event: MatterEvent) -> str:
    """Return one line of a matter's record; its code where nobody has put it into words."""
    wording = EVENTS.get(event.code)
    return wording(event.params) if wording else event.code


def notification_words(row: Notification) -> str:
    """Return a notification in words."""
    wording = NOTIFICATIONS.get(row.code) or EVENTS.get(row.code)
    words = wording(row.params) if wording else row.code
    if absent := row.params.get("for"):
        return _("For %(name)s, who is away: %(what)s", name=_names(absent), what=words)
    return words


#: The code tables of what is decided at steps.
DECIDED = (
    "decisions",
    "disposal_proposals",
    "close_reasons",
    "hold_reasons",
    "inquiry_modes",
    "inquiry_outcomes",
)
#: Steps that have a code table of their own: `accept` is another word at a review than after an inquiry.
DECIDED_AT = {"c10": "acceptances", "c11": "review_opinions", "c13_consult": "consultation_states"}


def opinion_words(row: Opinion) -> str:
    """Return what was decided, in a word of its code table or of the step."""
    if row.step.endswith("_second") or row.step == "c3_sign":
        return {"signed": _("signed"), "back": _("sent back")}.get(row.decision, "")
    for table in (DECIDED_AT[row.step],) if row.step in DECIDED_AT else DECIDED:
        if any(entry["code"] == row.decision for entry in codes.rows(table)):
            return codes.word(table, row.decision, lang())
    return {
        "accepted": _("accepted"),
        "assigned": _("handlers assigned"),
        "completed": _("completed"),
        "concluded": _("concluded"),
        "evidence_reopen": _("new evidence checked: to be studied again"),
        "evidence_stands": _("new evidence checked: the result stands"),
        "jurisdiction_go_on": _("stays here, the limits run on"),
        "jurisdiction_leave": _("goes to the designated body"),
        "jurisdiction_restart": _("stays here, the limits begin anew"),
        "objected": _("objection raised"),
        "none": _("no reply"),
        "complete": _("reply complete"),
        "incomplete": _("reply incomplete"),
        "changed": _("changed"),
        "partly": _("changed in part"),
        "unchanged": _("not changed"),
        "talk": _("another talk"),
        "report": _("report on what there is"),
        "recused": _("recused"),
        "ordered": _("order given"),
        "progress": _("progress noted"),
        "decided": _("decided"),
        "proposed": _("proposed"),
        "redirected": _("redirected"),
        "registered": _("registered"),
        "signed": _("signed for"),
        "split": _("split in two"),
        "told": _("told"),
        "transferred": _("handed on"),
    }.get(row.decision, "")


def opinion_details(row: Opinion) -> list[tuple[str, str]]:
    """Return what stands beside an opinion, each with its label: plan and risk, office, handlers, days."""
    detail = row.detail or {}
    found = [
        (_("Plan"), detail.get("plan")),
        (_("Risk"), detail.get("risk")),
        (_("To office"), unit(detail.get("to_office"))),
        (_("Handlers"), joined(person(login) for login in detail.get("handlers") or ())),
        (_("On"), detail.get("on") or detail.get("told_on")),
        (_("Ordered by"), detail.get("by")),
        (_("Order number"), detail.get("order")),
        (_("Designated body"), detail.get("to") if detail.get("by") else None),
        (_("Objection"), detail.get("objection")),
        (_("New evidence"), detail.get("evidence")),
        (_("Number of the case"), detail.get("case")),
        (_("The other part"), detail.get("number") if row.decision == "split" else None),
        (_("Facts before it was split"), detail.get("facts") if row.decision == "split" else None),
    ]
    return [(label, str(words)) for label, words in found if words]


def _step(params: Params) -> str:
    english = params.get("task_en") if lang() == "en" else None
    return str(english or params.get("task") or "")


def _destruction(params: Params) -> dict[str, str]:
    words = {"matter": _("the whole matter"), "reporter": _("the reporter's identity only")}
    return {"number": _number(params), "what": words.get(str(params.get("what")), "")}


def _due(params: Params) -> str:
    due = params.get("due")
    return day(datetime.fromisoformat(due)) if due else ""


def _names(logins: Iterable[str]) -> str:
    return joined(person(login) for login in logins)


def _told(params: Params) -> str:
    """Return whom a rung told, those who stood in with the names of the absent."""
    proxies = params.get("proxies", {})
    instead = (
        _("%(proxy)s (for %(name)s)", proxy=person(proxy), name=_names(absent))
        for proxy, absent in proxies.items()
    )
    return joined([*(person(login) for login in params.get("to", ())), *instead])


def _reminder(params: Params) -> str:
    return _(
        "“%(step)s” of %(number)s is due on %(due)s.",
        step=_step(params),
        number=params.get("number") or "",
        due=_due(params),
    )


def _overdue(params: Params) -> str:
    return _(
        "“%(step)s” of %(number)s was due on %(due)s and is overdue; a reason in writing is required.",
        step=_step(params),
        number=params.get("number") or "",
        due=_due(params),
    )


def _listed(params: Params) -> str:
    return _(
        "“%(step)s” of %(number)s, due on %(due)s, has been overdue for long: consider listed supervision.",
        step=_step(params),
        number=params.get("number") or "",
        due=_due(params),
    )


def _known(params: Params) -> str:
    return _(
        "For your information: “%(step)s” of %(number)s is due on %(due)s.",
        step=_step(params),
        number=params.get("number") or "",
        due=_due(params),
    )


def _given(params: Params) -> str:
    named = {"step": _step(params), "number": params.get("number") or "", "due": _due(params)}
    if "has" in params:
        return _(
            "“%(step)s” of %(number)s, due on %(due)s, was given to %(name)s.",
            name=person(params["has"]),
            **named,
        )
    return _("“%(step)s” of %(number)s, due on %(due)s, was given to another person in time.", **named)


def _released(params: Params) -> str:
    return _(
        "“%(step)s” of %(number)s, due on %(due)s, is offered to all who may do it again.",
        step=_step(params),
        number=params.get("number") or "",
        due=_due(params),
    )


def _stranded(params: Params) -> str:
    return _(
        "“%(step)s” of %(number)s, due on %(due)s, should pass to another person, but nobody may have it: "
        "see to it that somebody can.",
        step=_step(params),
        number=params.get("number") or "",
        due=_due(params),
    )


def _letter(params: Params) -> str:
    named = {"step": _step(params), "number": params.get("number") or "", "due": _due(params)}
    if params.get("letter"):
        return _(
            "“%(step)s” of %(number)s, due on %(due)s: letter %(letter)s was made, look at the papers.",
            letter=params["letter"],
            **named,
        )
    return _("“%(step)s” of %(number)s, due on %(due)s: a supervision letter was made.", **named)


def _interview(params: Params) -> str:
    return _(
        "“%(step)s” of %(number)s, due on %(due)s: an interview is proposed, the leader in charge decides.",
        step=_step(params),
        number=params.get("number") or "",
        due=_due(params),
    )


def _kept(params: Params) -> str:
    return _(
        "“%(step)s” of %(number)s was claimed in time by %(name)s and stays there.",
        step=_step(params),
        number=params.get("number") or "",
        name=person(params.get("has")),
    )


def _recounted(params: Params) -> str:
    given = {name: day(datetime.fromisoformat(params[name])) for name in ("old", "new")}
    named = {"step": _step(params), "number": params.get("number") or "", "year": params["year"]}
    if given["old"] == given["new"]:
        return _(
            "The deadline of “%(step)s” of %(number)s was counted again by the holiday plan of %(year)d: "
            "%(new)s stands.",
            **named,
            **given,
        )
    return _(
        "The deadline of “%(step)s” of %(number)s was counted again by the holiday plan of %(year)d: "
        "%(new)s instead of %(old)s.",
        **named,
        **given,
    )


def _recorded(words: Callable[[Params], str]) -> Callable[[Params], str]:
    """Return the words of a rung in the record: what was said, which turn it was, and to whom."""

    def line(params: Params) -> str:
        what = words(params)
        if params.get("times"):
            turn = _("Time %(turn)s of %(times)s.", turn=params["turn"], times=params["times"])
            what = f"{what} {turn}" if lang() == "en" else f"{what}{turn}"
        return _("%(what)s Told: %(whom)s.", what=what, whom=_told(params)) if params.get("to") else what

    return line


def _raised(params: Params) -> str:
    return _(
        "Nobody whom “%(step)s” of %(number)s was for may do it: it is offered to the next above.",
        step=_step(params),
        number=_number(params),
    )


def _nobody(params: Params) -> str:
    return _(
        "Nobody may do “%(step)s” of %(number)s, at any level: see to it that somebody can.",
        step=_step(params),
        number=_number(params),
    )


def _freed(params: Params) -> str:
    return _(
        "“%(step)s” of %(number)s is free to be claimed again: %(name)s may no longer do it.",
        step=_step(params),
        number=_number(params),
        name=person(params.get("had")),
    )


def _number(params: Params) -> str:
    return str(params.get("number") or "")


def _office(params: Params) -> str:
    return unit(params.get("office"))


def _people(params: Params) -> str:
    return joined(person(login) for login in params.get("handlers", ()))


def _way(params: Params) -> str:
    return codes.word("disposal_proposals", params.get("way"), lang())


def _registered(params: Params) -> str:
    if params.get("major"):
        return _("Registered as %(number)s, major.", number=_number(params))
    return _("Registered as %(number)s.", number=_number(params))


def _decided(params: Params) -> str:
    decision = codes.word("decisions", params.get("decision"), lang())
    level = {"a10_a2": "A2", "a10_a3": "A3", "a10_a4": "A4", "a10_a5": "A5"}.get(str(params.get("step")), "")
    who = codes.word("approval_levels", level, lang())
    return _("Opinion on the disposal, %(level)s: %(decision)s.", level=who, decision=decision)


def _reporter(params: Params) -> str:
    if params.get("objection"):
        return _("The named reporter was told on %(day)s and objects.", day=params.get("day"))
    return _("The named reporter was told on %(day)s.", day=params.get("day"))


def _agency(params: Params) -> str:
    return unit(params.get("agency"))


def _returned(params: Params) -> str:
    if params.get("late"):
        return _("%(agency)s has returned late, %(number)s.", agency=_agency(params), number=_number(params))
    return _("%(agency)s has returned, %(number)s.", agency=_agency(params), number=_number(params))


def _twice(params: Params) -> str:
    return _(
        "%(agency)s has missed two periods in a row (%(periods)s): an item for rectification is opened.",
        agency=_agency(params),
        periods=joined(params.get("periods", ())),
    )


def _missing(params: Params) -> str:
    return _("Overdue: %(agencies)s.", agencies=joined(unit(code) for code in params.get("agencies", ())))


def _jurisdiction(params: Params) -> str:
    return {
        "leave": _("Jurisdiction was changed: the clue goes to the designated body."),
        "restart": _("Jurisdiction was settled: the clue stays, the limits begin anew."),
    }.get(str(params.get("effect")), _("Jurisdiction was settled: the clue stays, the limits run on."))


def _evidence(params: Params) -> str:
    if params.get("outcome") == "reopen":
        return _("The reporter's new evidence was checked: the disposal is studied again.")
    return _("The reporter's new evidence was checked: the result stands.")


def _asked(params: Params) -> str:
    if not params.get("n"):
        return _("Extension %(number)s asked for.", number=_number(params))
    return _(
        "Extension %(number)s of %(rule)s asked for: %(length)s; %(levels)s decides.",
        number=_number(params),
        rule=params.get("rule"),
        length=length(int(params["n"]), str(params.get("unit"))),
        levels=_levels(params),
    )


def _levels(params: Params) -> str:
    levels = str(params.get("level") or "").split("/")
    return joined(codes.word("approval_levels", level, lang()) for level in levels)


def _change(params: Params) -> dict[str, Any]:
    return {"number": _number(params), "rule": params.get("rule"), "levels": _levels(params)}


def _rescheduled(params: Params) -> str:
    named = {"step": _step(params), "number": params.get("number") or ""}
    if not params.get("new"):
        return _("The clock of “%(step)s” of %(number)s stands: no due date until it runs again.", **named)
    due = day(datetime.fromisoformat(params["new"]))
    return _("“%(step)s” of %(number)s is due on %(due)s now.", due=due, **named)


def _capped(params: Params) -> str:
    due = params.get("due")
    return _(
        "The pause %(pause)s of %(rule)s has reached its cap: since %(day)s the clock runs again, until %(due)s.",
        pause=params.get("pause"),
        rule=params.get("rule"),
        day=local(datetime.fromisoformat(params["at"]))[:10],
        due=day(datetime.fromisoformat(due)) if due else "–",
    )


NOTIFICATIONS: Mapping[str, Callable[[Params], str]] = {
    "deadline.normal": _reminder,
    "deadline.remind": _reminder,
    "deadline.warn": _reminder,
    "deadline.alarm": _reminder,
    "deadline.overdue": _overdue,
    "deadline.listed": _listed,
    "deadline.notified": _known,
    "deadline.given": _given,
    "deadline.released": _released,
    "deadline.stranded": _stranded,
    "deadline.kept": _kept,
    "deadline.letter": _letter,
    "deadline.interview": _interview,
    "deadline.recounted": _recounted,
    "deadline.rescheduled": _rescheduled,
    "deadline.capped": lambda params: f"{params.get('number') or ''}{colon()}{_capped(params)}",
    "task.raised": _raised,
    "task.nobody": _nobody,
    "clue.major": lambda params: _("A major clue was registered: %(number)s.", number=_number(params)),
    "clue.ordered": lambda params: _(
        "The principal has given an order on %(number)s.", number=_number(params)
    ),
    "clue.reporter_added": lambda params: _(
        "The reporter of %(number)s has added something: open it on the page of the reporter.",
        number=_number(params),
    ),
    "clue.reporter_passed_on": lambda params: _(
        "What the reporter of %(number)s has added lies among the files.", number=_number(params)
    ),
    "clue.unsealing_granted": lambda params: _(
        "You may read the sealed identity for a while (%(number)s).", number=_number(params)
    ),
    "clue.unsealing_refused": lambda params: _(
        "The application %(number)s to read a sealed identity was refused.", number=_number(params)
    ),
    "clue.attempt": lambda params: _(
        "%(name)s, who is no part of %(number)s, tried to open it and was refused.",
        name=person(params.get("login")),
        number=_number(params),
    ),
    "account.factor_reset": lambda params: _(
        "Your second factor was removed by an administrator. If you did not ask for it, tell him at once; "
        "then set up a new one under Sign-in and security."
    ),
    "clue.result": lambda params: _("The result of %(number)s is there to be read.", number=_number(params)),
    "return.overdue": lambda params: _(
        "Overdue returns of %(period)s: %(count)s.", count=params.get("count"), period=params.get("period")
    ),
    "return.rectification": _twice,
}
EVENTS: Mapping[str, Callable[[Params], str]] = {
    **inquiry_events.EVENTS,
    **part_events.EVENTS,
    **case_events.EVENTS,
    **caseflow_events.EVENTS,
    **clearing_events.EVENTS,
    **sanction_events.EVENTS,
    **dual_events.EVENTS,
    **{code: _recorded(words) for code, words in NOTIFICATIONS.items() if code.startswith("deadline.")},
    "return.batch": _returned,
    "return.nil": _returned,
    "return.overdue": _missing,
    "return.rectification": _twice,
    "return.released": lambda params: _("%(agency)s was let off its return.", agency=_agency(params)),
    "return.recounted": lambda params: _(
        "The holiday plan has changed: returns of %(period)s are due on %(day)s.",
        period=params.get("period"),
        day=params.get("new"),
    ),
    "return.urged": lambda params: _("The agencies that are overdue were urged."),
    "deadline.recounted": _recounted,
    "clue.submitted": lambda params: _("Transferred as %(number)s.", number=_number(params)),
    "clue.incomplete": lambda params: _("Incomplete: returned to the agency to be completed."),
    "clue.received": lambda params: _("Received, receipt %(number)s.", number=params.get("receipt") or ""),
    "clue.receipt_signed": lambda params: _("The agency has countersigned the receipt."),
    "clue.returning": lambda params: _("Received, but of another body's competence; a letter is prepared."),
    "clue.letter_drafted": lambda params: _("The letter is drafted."),
    "clue.letter_sent": lambda params: _("Letter %(number)s was sent.", number=_number(params)),
    "clue.letter_signed": lambda params: _("The agency has signed for the letter."),
    "clue.letter_objected": lambda params: _("The agency objects to the letter."),
    "clue.returned": lambda params: _("Handed on or returned."),
    "clue.joint": lambda params: _("The agency objects: a joint meeting on competence is called."),
    "clue.joint_resolved": lambda params: _("The joint meeting has resolved on competence."),
    "clue.joined": lambda params: _("Joined to %(number)s.", number=_number(params)),
    "clue.repeated": lambda params: _(
        "%(number)s repeats this clue and was joined to it.", number=_number(params)
    ),
    "clue.original_ended": lambda params: _(
        "%(number)s has ended; its result holds for this clue, too.", number=_number(params)
    ),
    "clue.split": lambda params: _("Split: the other part is %(number)s.", number=_number(params)),
    "clue.split_from": lambda params: _("Split from %(number)s.", number=_number(params)),
    "clue.related": lambda params: _("Related to %(number)s.", number=_number(params)),
    "clue.registered": _registered,
    "clue.reporter_told": _reporter,
    "clue.reporter_result": _reporter,
    "clue.reporter_handed_on": _reporter,
    "clue.accepted": lambda params: _("What was forwarded from above is accepted."),
    "clue.redirected": lambda params: _("What was forwarded from above is redirected; a letter is prepared."),
    "clue.jurisdiction": _jurisdiction,
    "clue.evidence_checked": _evidence,
    "assignment.reported": lambda params: _(
        "The verification report was sent up on %(day)s.", day=params.get("day")
    ),
    "extension.asked": _asked,
    "extension.agree": lambda params: _(
        "Extension %(number)s granted: until %(day)s.", number=_number(params), day=params.get("day")
    ),
    "extension.refuse": lambda params: _("Extension %(number)s refused.", number=_number(params)),
    "pause.asked": lambda params: _(
        "Pause %(number)s of %(rule)s asked for; %(levels)s decides.", **_change(params)
    ),
    "pause.agree": lambda params: _(
        "Pause %(number)s granted: %(rule)s stands since %(day)s.", day=params.get("day"), **_change(params)
    ),
    "pause.refuse": lambda params: _("Pause %(number)s refused.", number=_number(params)),
    "resume.asked": lambda params: _(
        "It is asked (%(number)s) that %(rule)s runs again; %(levels)s decides.", **_change(params)
    ),
    "resume.agree": lambda params: _(
        "%(rule)s runs again (%(number)s): until %(day)s.", day=params.get("day"), **_change(params)
    ),
    "resume.refuse": lambda params: _(
        "That %(rule)s runs again was refused (%(number)s).", **_change(params)
    ),
    "pause.capped": _capped,
    "extension.reported": lambda params: _(
        "Extension %(number)s reported to the commission above on %(day)s.",
        number=_number(params),
        day=params.get("day"),
    ),
    "clue.ordered": lambda params: _("Urgent order given."),
    "interview.agree": lambda params: _("Interview on %(day)s.", day=params.get("day")),
    "interview.refuse": lambda params: _("The proposed interview is not held."),
    "clue.distributing": lambda params: _("Distribution to %(office)s proposed.", office=_office(params)),
    "clue.distribution_returned": lambda params: _("The distribution was returned to be proposed again."),
    "clue.declined": lambda params: _("The office asks for another office to handle it."),
    "clue.assigning": lambda params: _("Distributed to %(office)s.", office=_office(params)),
    "clue.signing": lambda params: _("Handlers assigned: %(people)s.", people=_people(params)),
    "clue.declared": lambda params: _("%(name)s signed for the file.", name=person(params.get("login"))),
    "clue.handler_added": lambda p: _("%(name)s is assigned as another handler.", name=person(p["login"])),
    "clue.recused": lambda params: _("%(name)s has to recuse himself.", name=person(params.get("login"))),
    "clue.studying": lambda params: _("Under collective study."),
    "clue.approving": lambda params: _("Disposal proposed: %(way)s.", way=_way(params)),
    "clue.decided": _decided,
    "clue.talk": lambda params: _("Disposal approved: talk or letter of inquiry."),
    "clue.verification": lambda params: _("Disposal approved: preliminary verification."),
    "clue.holding": lambda params: _("Disposal approved: hold."),
    "clue.closing": lambda params: _("Disposal approved: close."),
    "clue.held": lambda params: _("Held; review on %(day)s.", day=params.get("day")),
    "clue.reopened": lambda params: _("Reopened."),
    "clue.concluded": lambda params: _("Concluded."),
    "clue.fed_back": lambda params: _("Result told to the agency, %(number)s.", number=_number(params)),
    "clue.transferred": lambda params: _(
        "Handed to the designated body, %(number)s.", number=_number(params)
    ),
    "reporter.added": lambda params: _("The reporter has added something."),
    "reporter.passed_on": lambda params: _("What the reporter added was put among the files."),
    "task.raised": _raised,
    "task.nobody": _nobody,
    "task.freed": _freed,
    "meeting.recorded": lambda params: _(
        "The record of the meeting was kept (%(number)s).", number=_number(params)
    ),
    "recusal.decided": lambda params: _(
        "%(name)s keeps out of the matter (%(number)s).",
        name=person(str(params.get("login"))),
        number=_number(params),
    ),
    "recusal.lifted": lambda params: _("The recusal %(number)s was lifted.", number=_number(params)),
    "recusal.refused": lambda params: _(
        "A recusal was not found needed (%(number)s).", number=_number(params)
    ),
    "recusal.reviewed": lambda params: _(
        "What was done before the recusal %(number)s was looked through: %(outcome)s.",
        number=_number(params),
        outcome=codes.word("recusal_reviews", params.get("outcome"), lang()),
    ),
    "keeping.hold": lambda params: _("A hold was placed: nothing of the matter is destroyed."),
    "keeping.lift": lambda params: _("A hold was lifted."),
    "keeping.archive": lambda params: _("Put into the archive."),
    "keeping.open": lambda params: _("Opened in the archive."),
    "keeping.take_out": lambda params: _("Taken out of the archive."),
    "erasure.proposed": lambda params: _(
        "It is proposed to destroy %(what)s (%(number)s).", **_destruction(params)
    ),
    "erasure.refused": lambda params: _(
        "To destroy %(what)s was refused (%(number)s).", **_destruction(params)
    ),
    "erasure.done": lambda params: _("Destroyed: %(what)s (%(number)s).", **_destruction(params)),
    "unsealing.asked": lambda params: _(
        "It is asked (%(number)s) to read a sealed identity.", number=_number(params)
    ),
    "unsealing.refused": lambda params: _(
        "Reading a sealed identity was refused (%(number)s).", number=_number(params)
    ),
    "unsealing.granted": lambda params: _(
        "A sealed identity may be read for %(hours)s hours (%(number)s).",
        hours=params.get("hours"),
        number=_number(params),
    ),
    "unsealing.withdrawn": lambda params: _(
        "The right to read a sealed identity was withdrawn (%(number)s).", number=_number(params)
    ),
    "clue.withdrawn": lambda params: _("The reporter withdrew; the clue goes on."),
}
