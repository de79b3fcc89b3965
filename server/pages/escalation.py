"""Which ladder and which colours apply to which step, for supervisors: everything that happens by itself, in words."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from flask import render_template
from flask_babel import gettext as _
from flask_babel import ngettext
from sqlalchemy import select
from sqlalchemy.orm import Session

from server.db import reading
from server.guard import guard
from server.pages import course, limits, names
from server.pages.blueprint import blueprint
from server.pages.clues import word
from workflows import colours, definitions, deployed, ladder
from workflows.actor import Actor
from workflows.colours import ColourTable
from workflows.model import DecisionDefinition, ReminderRung
from workflows.scale import TimerColour


@dataclass(frozen=True)
class Step:
    """A step of a process, with the ladder that it climbs and what colour tables call it."""

    process: str
    name: str
    ladder: str
    stage: str


@dataclass(frozen=True)
class Rule:
    """A rule of the colour table: when it holds, which colour it gives, what is done and for whom."""

    when: str
    colour: TimerColour
    acts: str
    recipients: str


@blueprint.get("/limits/escalation")
@guard(roles=limits.SUPERVISOR)
def escalation(actor: Actor) -> str:
    """Show every ladder, the office's table of colours, and which step each applies to."""
    with reading() as session:
        table = _table(session)
        steps = list(_steps(session))
        return render_template(
            "escalation.html",
            ladders=_ladders(session),
            steps=steps,
            table=table,
            rules=_rules(table[1]) if table else [],
            applies=applies_words(),
            when=when_words,
            act=act_words,
            recipients=recipient_words,
            word=word,
        )


def applies_words() -> dict[str, str]:
    """Return what the kinds of limits are called, in the order in which a ladder shows them."""
    return {
        "days_long": _("More than %(n)d working days", n=ladder.SHORT),
        "days_short": _("Up to %(n)d working days", n=ladder.SHORT),
        "hours": _("Hours, a day at most"),
    }


def when_words(rung: ReminderRung) -> str:
    """Return when a rung is reached, and how often."""
    if rung.basis == "elapsed":
        when = _("%(n)d%% of the time elapsed", n=round(rung.amount * 100))
    elif rung.amount == 0:
        when = _("when it is due")
    elif rung.basis == "before_due":
        when = _("%(length)s before it is due", length=_length(rung.amount, rung.unit))
    else:
        when = _("%(length)s overdue", length=_length(rung.amount, rung.unit))
    if rung.every is None:
        return when
    every = f"{rung.every:.0%}" if rung.unit == "fraction" else _length(rung.every, rung.unit)
    return _("%(when)s, then every %(every)s, %(n)d times in all", when=when, every=every, n=rung.times)


def act_words(operation: str) -> str:
    """Return what a verb of the vocabulary does; its name where nobody has put it into words."""
    return {
        "escalation.remind": _("reminder"),
        "escalation.notify": _("for information"),
        "escalation.raise": _("raised"),
        "escalation.reassign_if_not_claimed": _("passed on if not claimed"),
        "escalation.reassign_if_not_finished": _("passed on if not finished"),
        "escalation.list_candidate": _("candidate for listed supervision"),
        "escalation.letter": _("supervision letter"),
        "escalation.propose_interview": _("interview proposed"),
    }.get(operation, operation)


def recipient_words(words: Sequence[str]) -> str:
    """Return who is meant by recipients: relations to the task, or roles."""
    relations = {
        "handler": _("who has the task, else all who may"),
        "head": _("head of their office"),
        "leader": _("leader in charge"),
    }
    return names.joined(relations.get(word) or names.role(word) for word in words)


def _length(amount: float, unit: str) -> str:
    number = int(amount)
    if unit == "hours":
        return ngettext("%(num)d hour", "%(num)d hours", number)
    if unit == "months":
        return ngettext("%(num)d month", "%(num)d months", number)
    return ngettext("%(num)d working day", "%(num)d working days", number)


def _ladders(session: Session) -> dict[str, dict[str, list[ReminderRung]]]:
    """Return the newest version of each ladder, its rungs by the kind of limit."""
    found: dict[str, dict[str, list[ReminderRung]]] = {}
    for name in session.scalars(select(ReminderRung.ladder).distinct().order_by(ReminderRung.ladder)):
        for rung in ladder.rungs(session, name):
            found.setdefault(name, {}).setdefault(rung.applies, []).append(rung)
    return found


def _steps(session: Session) -> Iterator[Step]:
    for definition in definitions.list_definitions(session, latest_only=True):
        for node in deployed.compiled(session, definition.id).nodes.values():
            if node.kind == "userTask":
                properties = node.attributes.get("properties", {})
                climbs = properties.get("ladder", "default") if node.attributes.get("dueDate") else "none"
                stage = properties.get("stage") or node.id
                yield Step(names.process_name(definition), course.node_name(node), climbs, stage)


def _table(session: Session) -> tuple[DecisionDefinition, ColourTable] | None:
    """Return the office's table of colours as it holds for tasks that begin now, None where there is none."""
    newest = select(DecisionDefinition).where(DecisionDefinition.key == colours.TABLE)
    row = session.scalar(newest.order_by(DecisionDefinition.version.desc()).limit(1))
    if row is None:
        return None
    return row, colours.read(deployed.decision(session, row, colours.TABLE).table)


def _rules(table: ColourTable) -> list[Rule]:
    return [
        Rule(
            names.joined(f"{asked_words()[asked]} {test}" for asked, test in table.when(rule)),
            shown.colour,
            *_acts(shown.acts, shown.recipients),
        )
        for rule, shown in table.rules()
    ]


def asked_words() -> dict[str, str]:
    """Return what a table of colours may ask, in words."""
    return {
        "stage": _("stage"),
        "dated": _("the day was set"),
        "returned": _("times sent back"),
        "elapsed_days": _("days elapsed"),
        "elapsed_months": _("months elapsed"),
        "elapsed_working_days": _("working days elapsed"),
        "remaining_days": _("days left"),
        "remaining_months": _("months left"),
        "remaining_working_days": _("working days left"),
    }


def _acts(acts: Sequence[str], recipients: Sequence[str]) -> tuple[str, str]:
    return names.joined(act_words(act) for act in acts), recipient_words(recipients)
