"""What happens to a person while his case runs: he dies, retires, goes missing, comes back (domain §3, x2–x4).

What follows is drawn in `bpmn/case`: who died leaves his own branch for a written conclusion; where nobody is alive
the leader in charge decides that the case ends; of who has fled a confiscation is asked for after a year.
"""

from __future__ import annotations

from datetime import date
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from handlers.cases import matter, measuring, persons
from handlers.cases.matter import day, person_of
from handlers.cases.model import CasePerson, Concerned
from handlers.registers import Clue, approvals
from handlers.registers.record import Answers, clue_of, handlers_of, keep_files, last_opinion, note, sign
from workflows import audit, clock, persistence
from workflows.actor import Actor
from workflows.errors import Conflict, NotAllowed, refused
from workflows.model import Instance, Subscription
from workflows.operations import Context, operation

#: What a case listens for all the time.
MESSAGE = "case_person_changed"

#: The step at which it is entered.
RECORDED = "x2_record"
#: What a form may say, and the column that keeps its day.
COLUMNS = {"died": "died_on", "retired": "retired_on", "missing": "missing_since"}


@operation("cases.change_person")
def change_person(context: Context, *, answers: Answers) -> dict[str, Any]:
    """Enter what happened to a person, and return what follows of it (政务处分法 27; 监察法 55).

    `change`: as entered, or `fled` where a wanted notice was published, `arrived` where who had fled is back;
    `changed_subject`; `living`: `no` where nobody in the case is alive any more. The measures on who died are ended.
    """
    clue, change = clue_of(context), answers["change"]
    person = person_of(context, answers["subject"], "subject")
    found = next(row for row in persons.entered(context.session, clue) if row.subject_id == person.id)
    on = date.fromisoformat(answers["on"])
    wanted = found.wanted_on is not None
    _enter(context, found, answers, on)
    if change == "returned" and wanted:
        change = "arrived"
    detail = {"on": answers["on"], "change": change, "subject": person.id}
    sign(context, clue, RECORDED, "registered", answers.get("remark") or "", detail)
    keep_files(context, clue, answers.get("proof"), "other", "proof")
    note(context, clue, "case.person_changed", change=answers["change"], day=answers["on"])
    context.session.flush()
    return {
        "change": "fled" if change == "missing" and found.wanted_on else change,
        "changed_subject": person.id,
        "living": "yes" if _anybody(context, clue) else "no",
    }


@operation("cases.died")
def died(context: Context) -> dict[str, Any]:
    """Say that the case ends because nobody in it is alive, which the leader in charge has approved."""
    clue = clue_of(context)
    told = last_opinion(context.session, clue, RECORDED)
    approvals.demand(context, "case_end", "a3", told.signed_at if told else context.now)
    note(context, clue, "case.all_died")
    return {"stopped_by": "dead"}


def _enter(context: Context, found: Concerned, answers: Answers, on: date) -> None:
    if answers["change"] == "returned":
        if found.missing_since is None:
            raise refused("change", "not_missing")
        if on < found.missing_since:
            raise refused("on", "earliest", earliest=found.missing_since.isoformat())
        found.missing_since = found.wanted_on = None
        return
    if answers["change"] == "died" and found.died_on is not None and _decided(context, found):
        # What was decided on him as on a dead person goes on to be carried out.
        raise refused("change", "died_before")
    if answers["change"] == "missing":
        found.wanted_on = day(answers, "wanted_on")
        if found.wanted_on is not None and found.wanted_on < on:
            raise refused("wanted_on", "earliest", earliest=on.isoformat())
    setattr(found, COLUMNS[answers["change"]], on)
    if answers["change"] == "died":
        measuring.end_on(context, found.subject_id, on)


def _decided(context: Context, found: Concerned) -> bool:
    case = matter.open_case(context.session, clue_of(context))
    person = case and context.session.get(CasePerson, (case.id, found.subject_id))
    return bool(person and person.outcome)


def _anybody(context: Context, clue: Clue) -> bool:
    """Return whether somebody in the case, or before a filing in the matter, is alive."""
    case = matter.open_case(context.session, clue)
    if case is None:
        return True
    going = {row.subject_id for row in matter.going(context.session, case)}
    rows = [row for row in persons.entered(context.session, clue) if row.subject_id in going]
    return not rows or any(row.died_on is None for row in rows)


def listening(session: Session, clue: Clue) -> Instance | None:
    """Return the case of a matter that can be told of a person's situation now; None where none runs."""
    waiting = (
        select(Instance)
        .join(Subscription, Subscription.instance_id == Instance.id)
        .where(
            Instance.scope_id == clue.scope_id,
            Instance.ended_at.is_(None),
            Subscription.kind == "message",
            Subscription.name == MESSAGE,
        )
    )
    return session.scalars(waiting.limit(1)).first()


def tell(session: Session, clue: Clue, *, actor: Actor) -> None:
    """Let the case of a matter know that a person's situation has changed; its handlers say next what it is.

    NotAllowed unless the actor handles the matter, Conflict where no case waits for it.
    """
    if actor.id not in handlers_of(session, clue):
        raise NotAllowed("Only who handles the matter tells its case.", code="role", roles=["handler"])
    case = listening(session, clue)
    if case is None or clue.instance_id is None:
        raise Conflict("The matter does not wait for this any more.", code="no_receiver")
    told = f"{MESSAGE}:{actor.id}:{clock.now().isoformat()}"
    persistence.send(session, clue.instance_id, name=MESSAGE, cause=told, variables={})
    detail = {"name": MESSAGE}
    audit.record(
        session,
        actor=actor,
        act="instance.message",
        instance_id=case.id,
        scope_id=clue.scope_id,
        detail=detail,
    )
