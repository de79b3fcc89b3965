"""The clocks of a matter as a timeline: running, paused, extended, met, missed, with each change and the count."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from flask_babel import gettext as _
from sqlalchemy.orm import Session

from handlers import codes
from handlers.registers import Clue, DeadlineChange, changing
from server.pages import concerning, deadline, frame, limit_words, names
from workflows import clock, clocks
from workflows.actor import Actor
from workflows.clocks import Clock
from workflows.model import Task


@dataclass(frozen=True)
class Line:
    """Something on a clock's timeline."""

    at: str
    words: str
    details: tuple[tuple[str, str], ...] = ()
    paper_id: str = ""  #: the file by which it was done


@dataclass(frozen=True)
class Dial:
    """One clock of a matter as the page shows it."""

    rule: str
    title: str
    steps: str  #: what is done within it
    state: str  #: running extended paused met missed dropped
    level: str  #: of the mark beside it
    start: str
    due: str
    remaining: str
    source: str
    lines: tuple[Line, ...]
    count: tuple[str, ...]
    acts: tuple[str, ...] = ()  #: what this reader may ask for
    open: bool = True
    provisional: bool = False

    @property
    def told(self) -> bool:
        """Whether there is more to tell than its first and last day."""
        return self.open or len(self.lines) > 0


def of_matter(session: Session, actor: Actor, clue: Clue) -> list[Dial]:
    """Return the clocks of a matter, those that run before those that are over, changed ones first."""
    asked = changing.of_clue(session, clue)
    may = changing.may_ask(session, actor, clue)
    running = clocks.of_scope(session, clue.scope_id)
    whom = concerning.of_whom(session, actor, [task for one in running for task in one.tasks])
    found = [
        dial(one, asked, changing.acts_for(session, one, clock.now()) if may else (), whom) for one in running
    ]
    return sorted(found, key=lambda one: (not one.open, not one.lines, one.due if one.open else ""))


def dial(
    one: Clock,
    asked: Sequence[DeadlineChange] = (),
    acts: Sequence[str] = (),
    whom: Mapping[str, str] | None = None,
) -> Dial:
    """Return one clock; of `asked` the changes that are its own, and what may be asked where nothing waits.

    `whom`: for which of several persons a step is done (`concerning.of_whom`).
    """
    now = clock.now()
    mine = [row for row in asked if (row.instance_id, row.rule_id, row.start_at) == _named(one)]
    waits = any(row.decision is None for row in mine)
    task = one.open or one.tasks[-1]
    state = one.state(now)
    return Dial(
        rule=one.rule.id,
        title=f"{names.named(one.rule)}{names.colon()}{limit_words.length(one.rule)}",
        steps=names.listed(dict.fromkeys(_step(task, whom or {}) for task in one.tasks)),
        state=state,
        level=_level(state, task),
        start=_at(one.start_at, one.rule.unit),
        due=frame.due_words(one.due_at) if one.due_at else "",
        remaining=frame.remaining(one.due_at) if one.open else "",
        source=names.source(one.rule.article),
        lines=tuple(line for row in mine for line in (_line(one, row), *_capped(one, row))),
        count=deadline.steps_in_words((task.due_explained or {}).get("steps") or ()),
        acts=() if waits else tuple(acts),
        open=one.open is not None,
        provisional=task.due_provisional,
    )


def _step(task: Task, whom: Mapping[str, str]) -> str:
    return " · ".join(filter(None, (names.task_name(task), whom.get(task.id))))


def _named(one: Clock) -> tuple[str, str, datetime]:
    return one.instance_id, one.rule.id, one.start_at


def _level(state: str, task: object) -> str:
    return {"met": "normal", "missed": "overdue", "dropped": "none", "paused": "paused"}.get(
        state
    ) or frame.level_of(task)


def _line(one: Clock, row: DeadlineChange) -> Line:
    """Return a change as it stands: asked for, refused, or carried out, with everything that it rests on."""
    table = "extension_reasons" if row.act == "extend" else "pause_reasons"
    details = [
        (_("Number"), row.number),
        (_("Ground"), codes.word(table, row.ground, names.lang())),
        (_("Reasons"), row.reason),
        (_("Document"), row.paper_no or ""),
        (_("Asked by"), f"{names.person(row.asked_by)} {frame.local(row.asked_at)}"),
        (_("Decision"), _decision(row)),
        (_("Opinion"), row.opinion),
        (_("Due date before"), _due(row.old_due_at) or _("the clock stood")),
        (_("Due date after"), _after(row)),
        (_("Reported up"), " ".join(filter(None, (str(row.reported_on or ""), row.reported_no or "")))),
    ]
    return Line(
        at=_at(row.effective_at, row.unit) if row.effective_at else frame.local(row.asked_at),
        words=_words(row),
        details=tuple((label, words) for label, words in details if words),
        paper_id=row.paper_id or "",
    )


def _capped(one: Clock, row: DeadlineChange) -> list[Line]:
    """Return the end of a pause that nobody has ended: it had reached the cap of its rule."""
    ended = [
        change for change in one.rows if change.reference == row.number and change.capped and change.to_at
    ]
    reason = (_("Reason"), _("cap reached: the rule lets the clock stand no longer"))
    return [
        Line(_at(change.to_at, row.unit), _("The clock runs again"), ((_("Number"), row.number), reason))
        for change in ended
        if change.to_at
    ]


def _words(row: DeadlineChange) -> str:
    if row.act == "extend":
        return (
            _("Extended by %(length)s", length=names.length(row.n, row.unit)) if _done(row) else _tried(row)
        )
    if not _done(row):
        return _tried(row)
    return _("The clock stands") if row.act == "pause" else _("The clock runs again")


def _done(row: DeadlineChange) -> bool:
    return row.decision == "agree"


def _tried(row: DeadlineChange) -> str:
    act = act_words(row.act)
    return (
        _("%(act)s: refused", act=act) if row.decision else _("%(act)s: asked for, not decided yet", act=act)
    )


def _decision(row: DeadlineChange) -> str:
    levels = names.joined(
        codes.word("approval_levels", level, names.lang()) for level in row.level.split("/")
    )
    if row.decision is None:
        return _("not decided yet; it lies with: %(levels)s", levels=levels)
    who = names.person(row.decided_by)
    return " · ".join(
        filter(
            None,
            (
                codes.word("decisions", row.decision, names.lang()),
                f"{levels} {row.document_no}" if row.document_no else f"{who} ({levels})",
                str(row.decided_on),
            ),
        )
    )


def _after(row: DeadlineChange) -> str:
    if not _done(row):
        return ""
    return _("none while it stands") if row.act == "pause" else _due(row.new_due_at)


def _due(instant: datetime | None) -> str:
    return frame.due_words(instant) if instant else ""


def _at(instant: datetime, unit: str) -> str:
    """Return an instant as a rule needs it: to the minute, or the day."""
    return frame.local(instant) if unit == "hours" else frame.local(instant)[:10]


def act_words(act: str) -> str:
    """Return what is asked for."""
    return {
        "extend": _("Extend the limit"),
        "pause": _("Let the clock stand"),
        "resume": _("Let the clock run again"),
    }[act]


def state_words(state: str) -> str:
    """Return how a clock stands."""
    return {
        "running": _("the clock runs"),
        "extended": _("the clock runs, extended"),
        "paused": _("paused"),
        "met": _("met"),
        "missed": _("missed"),
        "dropped": _("dropped"),
    }[state]


def pending_words(session: Session, clue: Clue) -> list[str]:
    """Return the changes that wait for a decision, in a line each: what who decides has before the eyes."""
    return [
        "\n".join(
            filter(
                None,
                (
                    f"{row.rule_id} {act_words(row.act)} "
                    + (
                        names.length(row.n, row.unit)
                        if row.n
                        else _at(row.effective_at or row.asked_at, row.unit)
                    ),
                    codes.word(
                        "extension_reasons" if row.act == "extend" else "pause_reasons",
                        row.ground,
                        names.lang(),
                    ),
                    row.reason,
                    row.paper_no,
                    _("Due date before") + names.colon() + (_due(row.old_due_at) or _("the clock stood")),
                ),
            )
        )
        for row in changing.of_clue(session, clue)
        if row.decision is None
    ]
