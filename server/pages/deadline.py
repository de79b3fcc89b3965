"""A task's deadline as the page explains it: the rule and its source, and how the days were counted."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask_babel import gettext as _
from flask_babel import ngettext
from sqlalchemy.orm import Session

from handlers import codes
from server.pages import frame, limit_words, names
from workflows import limits
from workflows.model import Task, TimeLimit


@dataclass(frozen=True)
class Deadline:
    """What a page says about when a task is due."""

    level: str
    due: str  #: a day, or a day and a time where the limit is in hours
    remaining: str
    rule: str = ""  #: what is limited, and to how much
    source: str = ""  #: the article that says so
    status: str = ""  #: whether the office still has to confirm the rule
    count: tuple[str, ...] = ()
    provisional: bool = False


def explain(session: Session, task: Task) -> Deadline:
    """Return the deadline of a task in words."""
    if task.due_at is None and task.paused_at is None:
        return Deadline("none", "", "")
    rule = limits.get(session, task.limit_id, task.limit_version or 1) if task.limit_id else None
    return Deadline(
        level=frame.level_of(task),
        due=frame.due_words(task.due_at)
        if task.due_at
        else _("stands since %(day)s", day=frame.local(task.paused_at)[:16]),
        remaining="" if task.closed_at else frame.remaining(task.due_at),
        rule=_rule(rule),
        source=names.source(rule.article) if rule else "",
        status=_status(rule),
        count=steps_in_words((task.due_explained or {}).get("steps") or ()),
        provisional=task.due_provisional,
    )


def _rule(rule: TimeLimit | None) -> str:
    if rule is None:
        return ""
    words = f"{rule.rule_id} · {names.named(rule)}{names.colon()}{limit_words.length(rule)}"
    return _("%(rule)s (version %(n)d)", rule=words, n=rule.version)


def _status(rule: TimeLimit | None) -> str:
    if rule is None or rule.status == "sourced":
        return ""
    if rule.status == "design":
        return _("A limit that the office has set for itself.")
    return _("The office has not yet confirmed this limit.")


def steps_in_words(steps: Iterable[Mapping[str, Any]]) -> tuple[str, ...]:
    """Return the steps of a count, one sentence each: `workflows.calendar.Due.explanation`."""
    return tuple(sentence(step) for step in steps)


def sentence(step: Mapping[str, Any]) -> str:
    """Return one step of a count in words."""
    return STEPS[step["what"]](step)


def _start(step: Mapping[str, Any]) -> str:
    at = frame.local(datetime.fromisoformat(step["at"])) if step.get("at") else step["day"]
    if step.get("counts"):
        return _("Begins with %(at)s; that day is counted.", at=at)
    return _("Begins with %(at)s; that day is not counted.", at=at)


def _convention(step: Mapping[str, Any]) -> str:
    question = codes.word("time_conventions", step["question"], names.lang())
    option = codes.word("time_convention_options", step["option"], names.lang())
    if step["document"]:
        return _(
            "%(question)s: %(option)s (decided by the office, %(document)s).",
            question=question,
            option=option,
            document=step["document"],
        )
    return _("%(question)s: %(option)s (default).", question=question, option=option)


def _span(step: Mapping[str, Any]) -> str:
    return step["from"] if step["from"] == step["to"] else _("%(a)s to %(b)s", a=step["from"], b=step["to"])


def _holiday_name(step: Mapping[str, Any]) -> str:
    return str(step.get(names.lang()) or "")


def _moved(step: Mapping[str, Any]) -> str:
    name = _holiday_name(step)
    if name:
        return _(
            "%(day)s is a rest day (%(name)s): moved to %(to)s.", day=step["from"], name=name, to=step["to"]
        )
    return _("%(day)s is a rest day: moved to %(to)s.", day=step["from"], to=step["to"])


def _hours(step: Mapping[str, Any]) -> str:
    return ngettext(
        "%(num)d hour runs without a break, rest days included.",
        "%(num)d hours run without a break, rest days included.",
        step["n"],
    )


def _extended(step: Mapping[str, Any]) -> str:
    more = names.length(step["n"], step["unit"])
    if "all" not in step:
        return _("Extended by %(more)s.", more=more)
    return _("Extended by %(more)s: %(all)s in all.", more=more, all=names.length(step["all"], step["unit"]))


def _paused(step: Mapping[str, Any]) -> str:
    if "hours" in step:
        return _(
            "The clock stood from %(a)s to %(b)s: %(hours)s hours are added.",
            a=step["from"],
            b=step["to"],
            hours=names.number(step["hours"]),
        )
    return _(
        "The clock stood from %(a)s and ran again on %(b)s: %(length)s are added.",
        a=step["from"],
        b=step["to"],
        length=names.length(step["n"], step["unit"]),
    )


#: The steps of `workflows.calendar.Due.explanation`.
STEPS: dict[str, Callable[[Mapping[str, Any]], str]] = {
    "start": _start,
    "counted_from": lambda s: _("Counted from %(day)s.", day=s["day"]),
    "holiday": lambda s: _("%(span)s left out: %(name)s.", span=_span(s), name=_holiday_name(s)),
    "makeup": lambda s: _("%(day)s counts: a weekend worked in exchange.", day=s["day"]),
    "weekends": lambda s: ngettext(
        "%(num)d more rest day at weekends left out.", "%(num)d more rest days at weekends left out.", s["n"]
    ),
    "counted": lambda s: ngettext(
        "%(num)d working day counted: it is %(day)s.",
        "%(num)d working days counted: the last is %(day)s.",
        s["n"],
        day=s["day"],
    ),
    "last_day": lambda s: _("The last day is %(day)s.", day=s["day"]),
    "month_end": lambda s: _(
        "That month has no day %(wanted)d: its last day %(day)s takes its place.",
        wanted=s["wanted"],
        day=s["day"],
    ),
    "moved": _moved,
    "kept": lambda s: _("%(day)s is a rest day and stays the last day all the same.", day=s["day"]),
    "hours": _hours,
    "extended": _extended,
    "set": lambda s: _("Ends on the day that was set with approval: %(day)s.", day=s["day"]),
    "until": lambda s: _("Extended to a day that was set: %(day)s.", day=s["day"]),
    "paused": _paused,
    "stands": lambda s: _("The clock stands since %(day)s: what follows is not counted yet.", day=s["day"]),
    "provisional": lambda s: _(
        "The holiday plan of %(years)s is not loaded yet: the day is provisional.",
        years=names.joined(str(year) for year in s["years"]),
    ),
    "convention": _convention,
    "local": lambda s: _("Counted by the calendar of %(place)s.", place=s["jurisdiction"]),
}
