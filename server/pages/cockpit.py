"""The cockpit: what runs by process and version, where it stands on the diagram, and one instance among many."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from flask import render_template, request
from flask_babel import gettext as _
from sqlalchemy import ColumnElement, true
from sqlalchemy.orm import Session

from handlers import steering
from server.db import reading
from server.guard import guard
from server.pages import course
from server.pages.blueprint import blueprint
from server.pages.frame import COCKPIT, OPERATING, few
from workflows import definitions, overview, signs
from workflows.actor import Actor
from workflows.visibility import policy


@blueprint.get("/cockpit")
@guard(roles=COCKPIT)
def cockpit(actor: Actor) -> str:
    """Show what runs on each version, what has failed, what waits for a second person, and the workers."""
    seen, whole, _passages = _sight(actor)
    with reading() as session:
        return render_template(
            "cockpit.html",
            rows=overview.versions(session, seen, whole),
            asked=steering.waiting(session, actor),
            faults=len(overview.incidents(session, actor)),
            silent=sum(worker.silent for worker in signs.known(session)),
            counted=_counted(actor),
            kinds=kind_words(),
            text="",
        )


@blueprint.get("/cockpit/instances")
@guard(roles=COCKPIT)
def cockpit_search(actor: Actor) -> str:
    """List the instances of all processes that match."""
    with reading() as session:
        return render_template("cockpit_instances.html", **_found(session, actor, None))


@blueprint.get("/cockpit/processes/<definition_id>")
@guard(roles=COCKPIT)
def cockpit_process(actor: Actor, definition_id: str) -> str:
    """Show on the diagram of a version where its instances stand, and list them."""
    seen, _whole, passages = _sight(actor)
    with reading() as session:
        row = definitions.get(session, definition_id)
        counts = overview.steps(session, definition_id, seen, passages)
        nodes = course.nodes_of(session, definition_id)
        lines = [
            (element, course.node_name(nodes.get(element), element), step, lasted(step.usual))
            for element, step in counts.items()
            if step.standing or step.overdue or (element in nodes and nodes[element].kind in course.STATIONS)
        ]
        lines.sort(key=lambda line: (-line[2].overdue, -line[2].standing, line[1]))
        counted = _counted(actor)
        return render_template(
            "cockpit_process.html",
            row=row,
            versions=list(definitions.list_definitions(session, key=row.key)),
            lines=lines,
            counted=counted,
            marks={
                element: [counted(step.standing), counted(step.overdue) if step.overdue else ""]
                for element, step in counts.items()
                if step.standing
            },
            names={element: name for element, name, _step, _usual in lines},
            **_found(session, actor, definition_id),
        )


def state_words() -> dict[str, str]:
    """Return the states of an instance in words."""
    return {
        "active": _("under way"),
        "suspended": _("suspended"),
        "completed": _("completed"),
        "cancelled": _("ended before its time"),
    }


def kind_words() -> dict[str, str]:
    """Return what can be asked for with an instance, in words."""
    return {
        "suspend": _("suspend it"),
        "resume": _("let it go on"),
        "cancel": _("end it before its time"),
        "send_back": _("send a task back"),
        "jump": _("move a token"),
        "reopen": _("open it again"),
    }


def lasted(usual: timedelta | None) -> str:
    """Return a mean time in words: days and hours, hours and minutes, or minutes."""
    if usual is None:
        return "–"
    minutes = round(usual.total_seconds() / 60)
    if minutes >= 24 * 60:
        return _("%(d)d d %(h)d h", d=minutes // 1440, h=minutes % 1440 // 60)
    if minutes >= 60:
        return _("%(h)d h %(m)d min", h=minutes // 60, m=minutes % 60)
    return _("%(m)d min", m=minutes)


def _found(session: Session, actor: Actor, definition_id: str | None) -> dict[str, object]:
    """Return the list of instances that the address asks for, and what it asks."""
    wanted: dict[str, Any] = {
        "text": request.args.get("text", "").strip()[:64],
        "state": request.args.get("state", "running" if definition_id else ""),
        "element": request.args.get("element", "")[:255],
        "overdue": request.args.get("overdue") == "1",
        "incident": request.args.get("incident") == "1",
    }
    page = overview.instances(
        session, actor, definition_id=definition_id, after=request.args.get("after"), **wanted
    )
    asked = {key: ("1" if value is True else value) for key, value in wanted.items() if value}
    return {"wanted": wanted, "asked": asked, "page": page, "states": state_words()}


def _sight(actor: Actor) -> tuple[ColumnElement[bool], ColumnElement[bool], ColumnElement[bool]]:
    """Return what is counted: what the actor sees; for who draws processes all of it, in numbers that tell nobody."""
    if not actor.groups & OPERATING:
        return true(), true(), true()
    here = policy()
    return here.instances(actor), here.whole(actor), here.passages(actor)


def _counted(actor: Actor) -> Callable[[int], str]:
    return str if actor.groups & OPERATING else few
