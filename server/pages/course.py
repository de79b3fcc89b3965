"""The course of a process: what happened, by whom, and where it stands; it says what the diagram shows."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import select
from sqlalchemy.orm import Session

from server.pages import frame, names
from workflows import clock, deployed, engine, history, visibility
from workflows.actor import Actor
from workflows.model import Activity, AuditEvent, Instance, Task

#: What a reader of the course wants to see; gateways and services go without saying.
STATIONS = ("userTask", "manualTask", "receiveTask", "callActivity", "subProcess")


@dataclass(frozen=True)
class Line:
    """One line of a record: when, who, and what in words."""

    at: str
    who: str
    words: str


@dataclass(frozen=True)
class Station:
    """One passage through a step: how it stands, since and until when, and with whom."""

    name: str
    state: str  #: active done cancelled
    state_word: str
    since: str
    until: str
    who: str


def lines(session: Session, instance: Instance, actor: Actor) -> list[Line]:
    """Return who did what with the instance and those of its tasks that the reader sees, the latest first."""
    nodes = _nodes(session, instance)
    of_instance = select(Task).where(Task.instance_id == instance.id, visibility.policy().tasks(actor))
    steps = {task.id: names.task_name(task) for task in session.scalars(of_instance)}
    found = []
    for event in history.audit(session, instance.id):
        if event.task_id and event.task_id not in steps:
            continue
        words = _words(event, nodes, steps)
        if words:
            found.append(Line(frame.local(event.at), names.person(event.actor, event.on_behalf_of), words))
    return found[::-1]


def stations(session: Session, instance: Instance, actor: Actor) -> list[Station]:
    """Return the passages that the reader sees through steps that somebody works on or waits at, in order."""
    nodes = _nodes(session, instance)
    tasks = {task.id: task for task in session.scalars(select(Task).where(Task.instance_id == instance.id))}
    return [
        _station(activity, nodes, tasks.get(activity.task_id or ""))
        for activity in history.activities(session, instance.id, visibility.policy().passages(actor))
        if _is_station(activity)
    ]


def tokens(session: Session, instance: Instance, actor: Actor) -> dict[str, list[str]]:
    """Return where tokens stand and which way they came, as the viewer in the browser marks it."""
    found = history.tokens(session, instance.id, visibility.policy().passages(actor))
    late = select(Task.element_id).where(
        Task.instance_id == instance.id, Task.closed_at.is_(None), Task.due_at <= clock.now()
    )
    return {
        "active": list(found.active),
        "done": list(found.done),
        "flows": list(found.flows),
        "overdue": sorted(set(session.scalars(late))),
    }


def nodes_of(session: Session, definition_id: str) -> dict[str, engine.Node]:
    """Return the elements of a process and of those that it calls, by id."""
    definition = deployed.compiled(session, definition_id)
    called = (other.nodes for other in definition.called.values())
    return {**{name: node for nodes in called for name, node in nodes.items()}, **definition.nodes}


def _nodes(session: Session, instance: Instance) -> dict[str, engine.Node]:
    """Return the elements of an instance's process and of all that it has called, in files of their own too."""
    owners = select(Task.definition_id).where(Task.instance_id == instance.id).distinct()
    others = (nodes_of(session, owner) for owner in sorted(session.scalars(owners)))
    found = {name: node for nodes in others for name, node in nodes.items()}
    return {**found, **nodes_of(session, instance.definition_id)}


def node_name(node: engine.Node | None, otherwise: str = "") -> str:
    """Return the name of an element in the page's language."""
    if node is None:
        return otherwise
    english = node.attributes.get("properties", {}).get("en") if names.lang() == "en" else None
    return english or node.name or otherwise or node.id


def _is_station(activity: Activity) -> bool:
    kind = activity.kind
    if kind.startswith("boundaryEvent"):
        return activity.left_at is not None and not activity.cancelled
    return bool(activity.name) and (kind in STATIONS or "Event" in kind or activity.left_at is None)


def _station(activity: Activity, nodes: Mapping[str, engine.Node], task: Task | None) -> Station:
    state = "cancelled" if activity.cancelled else "done" if activity.left_at else "active"
    who = ""
    if task is not None:
        closed = task.closed_at is not None
        who = names.person(task.closed_by, task.on_behalf_of) if closed else names.person(task.assignee)
    return Station(
        name=names.task_name(task) if task else node_name(nodes.get(activity.element_id), activity.name),
        state=state,
        state_word={"active": _("under way"), "done": _("done"), "cancelled": _("cancelled")}[state],
        since=frame.local(activity.entered_at),
        until=frame.local(activity.left_at),
        who=who,
    )


def _words(event: AuditEvent, nodes: Mapping[str, engine.Node], steps: Mapping[str, str]) -> str:
    wording = ACTS.get(event.act)
    if wording is None:
        return ""
    detail = dict(event.detail or {})
    element = str(detail.get("element") or "")
    step = steps.get(event.task_id or "") or node_name(nodes.get(element), element)
    return wording({**detail, "step": step})


def _passed_on(detail: Mapping[str, Any]) -> str:
    to = names.person(detail.get("to"))
    if not to:
        return _("gave “%(step)s” back to its group", step=detail["step"])
    return _("passed “%(step)s” to %(name)s", step=detail["step"], name=to)


def _recounted(detail: Mapping[str, Any]) -> str:
    old, new = (frame.due_words(datetime.fromisoformat(detail[name])) for name in ("old", "new"))
    if old == new:
        return _(
            "counted the deadline of “%(step)s” again, by the holiday plan of %(year)d: %(new)s stands",
            step=detail["step"],
            year=detail["year"],
            new=new,
        )
    return _(
        "counted the deadline of “%(step)s” again, by the holiday plan of %(year)d: %(new)s instead of %(old)s",
        step=detail["step"],
        year=detail["year"],
        new=new,
        old=old,
    )


def _timer(step: str) -> str:
    return _("a timer fired: “%(step)s”", step=step) if step else _("a timer fired")


def _number(definition_id: str) -> str:
    """Return the number of a version out of its id, `key:version:…`."""
    return definition_id.split(":")[-2]


#: Acts of the audit as a reader of the course sees them; reads and sign-ins are the auditor's.
ACTS: dict[str, Callable[[Mapping[str, Any]], str]] = {
    "task.claim": lambda d: _("claimed “%(step)s”", step=d["step"]),
    "task.release": lambda d: _("gave “%(step)s” back to its group", step=d["step"]),
    "task.assign": _passed_on,
    "task.complete": lambda d: _("finished “%(step)s”", step=d["step"]),
    "task.send_back": lambda d: _("sent “%(step)s” back", step=d["step"]),
    "task.skip": lambda d: _("skipped “%(step)s”", step=d["step"]),
    "task.withdraw": lambda d: _("took “%(step)s” back after finishing it", step=d["step"]),
    "task.jump": lambda d: _("moved the process on from “%(step)s” to another step", step=d["step"]),
    "instance.start": lambda d: _("started the process"),
    "instance.cancel": lambda d: _("ended the process before its time"),
    "instance.reopen": lambda d: _("opened the process again"),
    "instance.modify": lambda d: _("moved the process to other steps"),
    "instance.suspend": lambda d: _("suspended the process"),
    "instance.resume": lambda d: _("resumed the process"),
    "instance.migrate": lambda d: _(
        "moved the process from version %(old)s of its diagram to version %(new)s",
        old=_number(d["from"]),
        new=_number(d["to"]),
    ),
    "instance.variables": lambda d: _("changed values of the process"),
    "instance.message": lambda d: _("sent the process a message"),
    "instance.signal": lambda d: _("sent the process a signal"),
    "task.recount": lambda d: _recounted(d),
    "timer.fire": lambda d: _timer(d["step"]),
    "incident.retry": lambda d: _("tried a failed step again"),
    "incident.resolve": lambda d: _("settled a failed step"),
    "message.outside": lambda d: _("sent word to somebody outside"),
}


def standing(found: Sequence[Station]) -> dict[str, int]:
    """Return the names of the steps at which the process stands now, and how often each."""
    return dict(Counter(station.name for station in found if station.state == "active"))
