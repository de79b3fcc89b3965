"""Where queues would grow: a draft under load, by what comes, who is there and how long a step takes."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from flask import render_template, request, url_for
from flask_babel import gettext as _
from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from handlers import office
from server.db import reading
from server.guard import guard, settings
from server.pages import course, names
from server.pages.blueprint import blueprint
from server.pages.cockpit import lasted
from server.pages.processes import SUPERVISOR
from workflows import definitions, engine, queueing
from workflows.actor import Actor
from workflows.definitions import drafts
from workflows.errors import InvalidInput
from workflows.model import Activity, Instance
from workflows.queueing import Load

#: What may be asked for: instances a day, days, hours, people, minutes, weights.
BOUNDS = {"per_day": (0.01, 1_000.0), "days": (1, 750), "hours": (1.0, 24.0), "seed": (1, 9_999)}
PEOPLE, MINUTES, SHARES = (1, 10_000), (0.1, 100_000.0), (0.0, 1_000_000.0)
#: Passages of gateways that are counted for the shares to begin with.
COUNTED = 20_000


@blueprint.get("/processes/<definition_id>/load")
@guard(roles=SUPERVISOR)
def load_process(actor: Actor, definition_id: str) -> str:
    """Ask for a load, and show what comes of it for a version or its draft."""
    with reading() as session:
        base = definitions.get(session, definition_id)
        draft = drafts.pending(session, base.key)
        drawn = draft is not None and draft.content is not None and draft.based_on == base.id
        content = definitions.xml(session, base.id)
        if draft is not None and draft.content is not None and drawn:
            content = draft.content
        shared: dict[str, Any] = {
            "base": base,
            "draft": drawn,
            "address": url_for("pages.draft_xml" if drawn else "pages.diagram", definition_id=base.id),
        }
        try:
            read = engine.compile_definition(content, base.key)
        except InvalidInput:
            return render_template("load.html", read=None, **shared)
        staff, shares = _staff(session), _shares(session, base.key, read)
        steps = [node for node in read.nodes.values() if node.kind in queueing.WORK]
        roles = sorted({queueing.role_of(node) for node in steps})
        load = Load(
            per_day=_number("per_day", 2.0, *BOUNDS["per_day"]),
            days=int(_number("days", 250, *BOUNDS["days"])),
            hours=_number("hours", 8.0, *BOUNDS["hours"]),
            staff={role: int(_number(f"staff.{role}", staff.get(role, 1), *PEOPLE)) for role in roles},
            minutes={node.id: _number(f"minutes.{node.id}", 60.0, *MINUTES) for node in steps},
            shares={flow: _number(f"share.{flow}", shares.get(flow, 1), *SHARES) for flow in read.flows},
            seed=int(_number("seed", 1, *BOUNDS["seed"])),
        )
        result = queueing.simulate(read, load) if request.args else None
        return render_template(
            "load.html",
            read=read,
            load=load,
            result=result,
            steps=steps,
            roles={role: _role_words(role) for role in roles},
            choices=queueing.choices(read),
            node_name=course.node_name,
            working=lambda minutes: _working(minutes, load.hours),
            marks=_marks(read, result) if result else {},
            **shared,
        )


def _number(name: str, usual: float, least: float, most: float) -> float:
    """Return a number of the address within its bounds; what is none is the usual one."""
    try:
        return min(most, max(least, float(request.args[name])))
    except (KeyError, ValueError):
        return usual


def _staff(session: Session) -> Mapping[str, int]:
    """Return how many hold each role today."""
    held = select(office.Membership.role, func.count(office.Membership.person_id.distinct()))
    today, ends = office.today(), office.Membership.until
    held = held.where(office.Membership.since <= today, or_(ends.is_(None), ends > today))
    held = held.group_by(office.Membership.role)
    return {role: number for role, number in session.execute(held)}  # noqa: C416 -- rows are no pairs to mypy


def _shares(session: Session, key: str, read: engine.Definition) -> dict[str, int]:
    """Return how often each way out of a choice was taken, in tens of a hundred, where it tells of nobody."""
    ways = {flow for _node, flows in queueing.choices(read) for flow in flows}
    taken = select(Activity.flow).join(Instance, Instance.id == Activity.instance_id)
    taken = taken.where(Instance.definition_key == key, Activity.flow.in_(ways))
    latest = taken.order_by(Activity.id.desc()).limit(COUNTED).subquery()
    rows = session.execute(select(latest.c.flow, func.count()).group_by(latest.c.flow))
    counted = {flow: number for flow, number in rows}  # noqa: C416 -- rows are no pairs to mypy
    least = settings().small_count
    return {
        flow: max(1, 10 * round(10 * counted.get(flow, 0) / total))
        for _node, flows in queueing.choices(read)
        if (total := sum(counted.get(one, 0) for one in flows))
        and all(counted.get(one, least) >= least for one in flows)
        for flow in flows
    }


def _role_words(role: str) -> str:
    return names.group(role) if role else _("whoever is named")


def _working(minutes: float, hours: float) -> str:
    """Return working minutes in working days and hours."""
    if minutes < hours * 60:
        return lasted(timedelta(minutes=round(minutes)))
    return _("%(n)s working days", n=f"{minutes / 60 / hours:.1f}")


def _marks(read: engine.Definition, result: queueing.Result) -> dict[str, list[str]]:
    """Return for the diagram how many came to each step, in red what waits at those whose queue grows."""
    return {
        element: [
            str(step.came),
            str(step.came - step.done) if result.roles[queueing.role_of(read.nodes[element])].grows else "",
        ]
        for element, step in result.steps.items()
    }
