"""Pauses of running limits, their end, and extensions: asked for, decided, carried out, reported up.

Which rule may be changed, on what grounds, how often, how far and by whom stands in the table of limits
(`bpmn/time_limits.csv`); nothing of it is here. Every due date that was stays in the register.
"""

from __future__ import annotations

import re
from datetime import date, datetime, time, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from handlers import office
from handlers.registers import clock_rules, papers
from handlers.registers.clock_rules import outside, parted
from handlers.registers.model import Clue, ClueHandler, DeadlineChange
from handlers.registers.numbers import next_number
from handlers.registers.record import (
    Answers,
    clue_of,
    keep_files,
    note,
    numbered,
    parties,
    who,
)
from workflows import calendar, clock, clocks
from workflows.actor import Actor
from workflows.clocks import Clock
from workflows.errors import EngineFault, InvalidInput, NotAllowed, refused
from workflows.operations import Context, Recorded, operation

#: What the record of the matter calls each act.
ACTS = {"extend": "extension", "pause": "pause", "resume": "resume"}
#: Who decides at a level of the office: as a group, of the handling office where the level is its head.
GROUPS = {"A2": "office_head", "A3": "leader", "A4": "principal"}


@operation("extensions.ask")
def ask(context: Context, *, answers: Answers) -> Recorded:
    """Ask for a change of a running limit; refused where its rule does not allow it (domain §2.4)."""
    session = context.session
    clue = _clue(context, answers["number"])
    one = _clock(session, clue, answers["rule"])
    row = _asked_for(context, clue, one, answers)
    row.level = _level(context, one, row)
    row.number = next_number(session, "extension", context.now)
    _papers(context, clue, row, answers)
    session.add(row)
    session.flush()
    papers.issue(context, clue, "extension_form", row.number)
    _note(context, clue, row, "asked", n=row.n, unit=row.unit, level=row.level)
    levels = row.level.split("/")
    return Recorded(
        variables={
            "extension_no": row.number,
            "outside": outside(row.level),
            "approvers": _groups(clue, levels),
            # What only the commission above may do beyond this is reported to it.
            "report_up": row.act == "extend"
            and not outside(row.level)
            and parted(one.rule.extension_approver)[1] == "UP",
        },
        scope_id=clue.scope_id,
        business_key=clue.transfer_no,
    )


@operation("extensions.decide")
def decide(context: Context, *, answers: Answers) -> dict[str, Any]:
    """Grant the change or refuse it, at the level that the rule names."""
    clue, row = _asked(context)
    if row.asked_by in parties(context):
        raise NotAllowed("Who asked for the change may not decide on it.", code="proposer")
    if answers["decision"] == "agree":
        _grant(context, _still(context, clue, row), row, until=None)
    _decided(context, clue, row, answers, office.today())
    return {"decision_extension": answers["decision"]}


@operation("extensions.decide_above")
def decide_above(context: Context, *, answers: Answers) -> dict[str, Any]:
    """Enter what was decided outside the office; its reply has a number."""
    clue, row = _asked(context)
    row.document_no = answers["document_no"]
    if answers["decision"] == "agree":
        one = _still(context, clue, row, on=date.fromisoformat(answers["decided_on"]))
        _grant(context, one, row, until=_until(row, one, answers.get("new_due")))
    _decided(context, clue, row, answers, date.fromisoformat(answers["decided_on"]))
    return {"decision_extension": answers["decision"]}


@operation("extensions.apply")
def apply(context: Context) -> None:
    """Do to the clock what was granted: its tasks, reminders and timers follow in a job of its own matter."""
    clue, row = _asked(context)
    one = _same(context.session, clue, row)
    if one is None:
        return  # the step was finished at the same moment: nothing runs any more
    if row.act == "pause":
        clocks.pause(context.session, one, from_at=_instant(row), reference=row.number)
    elif row.act == "resume":
        clocks.resume(context.session, one, to_at=_instant(row))
    else:
        until = _day(row.new_due_at) if outside(row.level) and row.new_due_at else None
        clocks.extend(context.session, one, n=None if until else row.n, until=until, reference=row.number)


@operation("extensions.told_above")
def told_above(context: Context, *, answers: Answers) -> None:
    """Record that the extension was reported to the commission above."""
    clue, row = _asked(context)
    row.reported_on, row.reported_no = date.fromisoformat(answers["reported_on"]), answers["document_no"]
    row.reported_by = who(context)
    papers.issue(context, clue, "extension_form", row.number)
    note(context, clue, "extension.reported", number=row.number, day=answers["reported_on"])


def of_clue(session: Session, clue: Clue) -> list[DeadlineChange]:
    """Return the changes of limits that were asked for in a matter, in order."""
    asked = select(DeadlineChange).where(DeadlineChange.clue_id == clue.id).order_by(DeadlineChange.id)
    return list(session.scalars(asked))


def may_ask(session: Session, actor: Actor, clue: Clue) -> bool:
    """Whether the actor handles the clue: a handler, the head of their office; before them, case supervision."""
    if clue.office_code is None:
        return "case_supervision" in actor.groups
    mine = select(ClueHandler.id).where(
        ClueHandler.clue_id == clue.id,
        ClueHandler.login == actor.id,
        ClueHandler.ended_at.is_(None),
        ClueHandler.recused.is_(False),
    )
    return f"office_head@{clue.office_code}" in actor.groups or session.scalar(mine.limit(1)) is not None


def acts_for(session: Session, one: Clock, now: datetime) -> list[str]:
    """Return what a rule allows to be asked for a clock as it stands."""
    if one.open is None:
        return []
    if one.stands:
        return ["resume"]
    if one.due_at is None or one.due_at <= now:
        return []
    rule = one.rule
    allowed = {
        "extend": (rule.extension_approver, rule.extension_count),
        "pause": (rule.pause_approver, rule.pause_count),
    }
    return [
        act
        for act, (approver, most) in allowed.items()
        if approver
        and (most is None or clocks.times(one, act) < most)
        and (act != "pause" or clocks.pause_left(session, one) != 0)
    ]


# --- the application


def _asked_for(context: Context, clue: Clue, one: Clock, answers: Answers) -> DeadlineChange:
    act = answers["act"]
    waiting = select(DeadlineChange.id).where(
        DeadlineChange.clue_id == clue.id,
        DeadlineChange.rule_id == one.rule.id,
        DeadlineChange.decision.is_(None),
    )
    if context.session.scalar(waiting.limit(1)) is not None:
        raise refused("rule", "extension_waits")
    ground = {"extend": answers.get("extension_reason"), "pause": answers.get("pause_reason")}.get(act)
    if act == "resume" and one.stands:
        ground = _ground_of(context.session, one)
    return DeadlineChange(
        clue_id=clue.id,
        act=act,
        rule_id=one.rule.id,
        instance_id=one.instance_id,
        start_at=one.start_at,
        n=int(answers["n"]) if act == "extend" else None,
        unit=one.rule.unit,
        effective_at=None if act == "extend" else _effective(one, answers),
        ground=ground or "",
        reason=answers["reason"],
        asked_by=who(context),
        asked_at=context.now,
        old_due_at=one.due_at,
    )


def _level(context: Context, one: Clock, row: DeadlineChange) -> str:
    """Return who decides; InvalidInput names what the rule does not allow."""
    if row.act == "extend":
        return clock_rules.extension_level(one, row.n or 0, row.ground, context.now)
    if row.act == "pause":
        return clock_rules.pause_level(context.session, one, _instant(row), row.ground, context.now)
    return clock_rules.resume_level(context.session, one, _instant(row), context.now)


def _papers(context: Context, clue: Clue, row: DeadlineChange, answers: Answers) -> None:
    """Keep the document by which a clock stands or runs again: its number, or the file itself."""
    row.paper_no = answers.get("document_no")
    files = keep_files(context, clue, answers.get("document"), "clock_document", "document")
    if files:
        row.paper_id = files[0].id
    elif not row.paper_no and row.act != "extend":
        raise refused("document_no", "paper_needed")


def _effective(one: Clock, answers: Answers) -> datetime:
    """Return since when the clock is to stand or run: the day of the document, of hours its time as well."""
    day = date.fromisoformat(answers["effective_on"])
    if one.rule.unit != "hours":
        return clocks.midnight(day)
    given = answers.get("effective_time") or ""
    if not re.fullmatch(r"([01]?[0-9]|2[0-3])[:：][0-5][0-9]", given):
        raise refused("effective_time", "time_of_day")
    hour, minute = re.split("[:：]", given)
    return datetime.combine(day, time(int(hour), int(minute)), clock.office_zone())


def _ground_of(session: Session, one: Clock) -> str:
    """Return why the clock stands."""
    begun = select(DeadlineChange.ground).where(DeadlineChange.number == one.rows[-1].reference)
    return session.scalar(begun) or ""


def _groups(clue: Clue, levels: list[str]) -> list[str]:
    """Return who decides, as groups: the head is that of the handling office, before there is one our own."""
    head = f"office_head@{clue.office_code}" if clue.office_code else "case_supervision_head"
    return [head if level == "A2" else GROUPS[level] for level in levels if level in GROUPS]


# --- the decision


def _still(context: Context, clue: Clue, row: DeadlineChange, on: date | None = None) -> Clock:
    """Return the clock, if what was asked for may still be granted; InvalidInput says what has come between."""
    one = _same(context.session, clue, row)
    if one is None:
        raise refused("decision", "clock_ended")
    now = min(context.now, clocks.midnight(on)) if on else context.now
    try:
        if row.act == "extend":
            clock_rules.guard_running(one, now, "decision", "extension_late")
        elif row.act == "pause":
            clock_rules.guard_from(one, _instant(row), context.now)
        else:
            clock_rules.resume_level(context.session, one, _instant(row), context.now)
    except InvalidInput as error:
        # Whatever was wrong with the application is now wrong with agreeing to it.
        raise InvalidInput(error.message, fields={"decision": next(iter(error.fields.values()))}) from None
    return one


def _grant(context: Context, one: Clock, row: DeadlineChange, until: date | None) -> None:
    """Note what the due date becomes."""
    if row.act == "pause":
        row.new_due_at = None
        return
    if row.act == "resume":
        assert one.stands is not None
        ended = [*one.changes[:-1], calendar.Pause(one.stands.start, row.effective_at)]
        row.new_due_at = clocks.counted(context.session, one, ended, instead=True).at
        return
    more = calendar.Extension(until=until) if until else calendar.Extension(row.n)
    row.new_due_at = clocks.counted(context.session, one, [more]).at


def _until(row: DeadlineChange, one: Clock, given: str | None) -> date | None:
    """Return until when the commission above has extended; it has to be later than it was."""
    if row.act != "extend":
        return None
    if not given:
        raise refused("new_due", "required")
    day = date.fromisoformat(given)
    if one.due_at and day <= _day(one.due_at):
        raise refused("new_due", "earliest", earliest=_day(one.due_at).isoformat())
    return day


def _decided(context: Context, clue: Clue, row: DeadlineChange, answers: Answers, on: date) -> None:
    row.decision, row.opinion = answers["decision"], answers.get("opinion") or ""
    row.decided_by, row.decided_on = who(context), on
    papers.issue(context, clue, "extension_form", row.number)
    day = _day(row.new_due_at).isoformat() if row.new_due_at else None
    if row.act == "pause" and row.effective_at:
        day = clock.day_of(row.effective_at).isoformat()
    _note(context, clue, row, row.decision, level=row.level, day=day)


def _note(context: Context, clue: Clue, row: DeadlineChange, what: str, **params: Any) -> None:
    note(context, clue, f"{ACTS[row.act]}.{what}", number=row.number, rule=row.rule_id, **params)


# --- finding


def _clue(context: Context, number: str) -> Clue:
    """Return the matter; who may not ask in it learns nothing of it."""
    clue = numbered(context.session, number)
    if clue is None or context.actor is None or not may_ask(context.session, context.actor, clue):
        raise refused("number", "clue_number", number=number)
    return clue


def _clock(session: Session, clue: Clue, rule: str) -> Clock:
    """Return the running clock of a rule; of several, the one that ends first."""
    found = [one for one in clocks.running(session, clue.scope_id) if one.rule.id == rule.strip().upper()]
    if not found:
        raise refused("rule", "no_clock", rule=rule)
    return min(found, key=pressing)


def pressing(one: Clock) -> tuple[bool, datetime, datetime]:
    """Return where a clock stands among those of its rule: first what ends first, last what stands."""
    return one.due_at is None, one.due_at or one.start_at, one.start_at


def _same(session: Session, clue: Clue, row: DeadlineChange) -> Clock | None:
    """Return the clock that an application is about, if it still runs."""
    running = clocks.running(session, clue.scope_id)
    wanted = (row.instance_id, row.rule_id, row.start_at)
    return next((one for one in running if (one.instance_id, one.rule.id, one.start_at) == wanted), None)


def _asked(context: Context) -> tuple[Clue, DeadlineChange]:
    clue, number = clue_of(context), context.variables.get("extension_no")
    asked = select(DeadlineChange).where(DeadlineChange.number == number, DeadlineChange.clue_id == clue.id)
    row = context.session.scalars(asked).one_or_none()
    if row is None:
        raise EngineFault(f"The matter has no application {number}.", element=context.element_id)
    return clue, row


def _instant(row: DeadlineChange) -> datetime:
    if row.effective_at is None:
        raise EngineFault(f"The change {row.number} says no instant.")
    return row.effective_at


def _day(instant: datetime) -> date:
    """Return the last day before an instant that ends a day."""
    return clock.day_of(instant - timedelta(microseconds=1))
