"""Closed cases held against a draft: at which places they would have gone differently, in numbers that tell nobody."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from flask import current_app, render_template, request, url_for
from flask_babel import gettext as _
from sqlalchemy import select
from sqlalchemy.orm import Session

from server.db import reading
from server.guard import guard
from server.pages import course
from server.pages.blueprint import blueprint
from server.pages.processes import SUPERVISOR
from workflows import decisions, definitions, deployed, engine, replay
from workflows.actor import Actor
from workflows.definitions import drafts
from workflows.errors import InvalidInput, NotFound
from workflows.model import Instance
from workflows.replay import Place, Replay
from workflows.visibility import policy


@dataclass(frozen=True)
class Line:
    """What the page says of one place; the numbers merged."""

    name: str
    element: str
    passed: str
    other: str
    unknown: str
    ways: tuple[tuple[str, str, str], ...] = ()  #: how many, went, would have gone


@blueprint.get("/processes/<definition_id>/replay")
@guard(roles=SUPERVISOR)
def replay_process(actor: Actor, definition_id: str) -> str:
    """Show where closed instances would differ on the draft, or the version; `with` narrows them to a version."""
    with reading() as session:
        base = definitions.get(session, definition_id)
        draft = drafts.pending(session, base.key)
        content = {file.name: file.content for file in definitions.resources(session, base.deployment_id)}
        drawn = draft is not None and draft.content is not None and draft.based_on == base.id
        if drawn and draft is not None and draft.content is not None:
            content = drafts.together(session, base, draft.content, draft.beside)
        chosen = request.args.get("with") or None
        if chosen is not None and definitions.get(session, chosen).key != base.key:
            raise NotFound(f"{chosen} is no version of {base.key}.", code="definition")
        shared = {
            "base": base,
            "draft": drawn,
            "chosen": chosen,
            "most": replay.MOST,
            "versions": list(definitions.list_definitions(session, key=base.key)),
            "address": url_for("pages.draft_xml" if drawn else "pages.diagram", definition_id=base.id),
        }
        try:
            read = engine.compile_definition(content[base.resource_name], base.key)
        except InvalidInput:
            return render_template("replay.html", found=None, **shared)
        tables = {
            table.id: (table, deployed.sha256(data))
            for name, data in content.items()
            if name.endswith(deployed.DECISION_SUFFIXES)
            for table in decisions.read(data)[0]
        }
        found = replay.replay(session, base.key, read, tables, of_version=chosen)
        return render_template(
            "replay.html", found=found, **shared, **_told(found, read), seen=_seen(session, actor, found)
        )


def _told(found: Replay, read: engine.Definition) -> dict[str, object]:
    some, least = _some()
    names = {flow: _flow_words(read, flow) for flow in read.flows}
    gateways = [
        _line(course.node_name(read.nodes[element]), element, place, names)
        for element, place in found.gateways.items()
    ]
    counted = {element: _other(place) for element, place in found.gateways.items()}
    counted |= {element: len(who) for element, who in found.new.items()}
    return {
        "looked": some(found.looked),
        "gateways": gateways,
        "tables": [_line(key, key, place, names) for key, place in found.tables.items()],
        "gone": [(found.names[element], element, some(len(who))) for element, who in found.gone.items()],
        "new": [
            (course.node_name(read.nodes[element]), element, some(len(who)))
            for element, who in found.new.items()
        ],
        "marks": {element: [some(n), ""] for element, n in counted.items() if n >= least},
    }


def _line(name: str, element: str, place: Place, names: dict[str, str]) -> Line:
    some, least = _some()
    ways = tuple(
        (some(len(who)), *(", ".join(names.get(flow, flow) for flow in way.split()) for way in pair))
        for pair, who in place.other.items()
        if pair != ("", "") and len(who) >= least
    )
    told = [(number, went, would) for number, went, would in ways]
    return Line(
        name, element, some(len(place.passed)), some(_other(place)), some(len(place.unknown)), tuple(told)
    )


def _other(place: Place) -> int:
    return len(set().union(*place.other.values()))


def _some() -> tuple[Callable[[int], str], int]:
    """Return what words a number, and the least that is told.

    None and a few are one word here, and more are told in steps: a condition can be drawn to ask for one matter, and
    the difference to another draft's number would be its answer.
    """
    least: int = current_app.extensions["duban.settings"].small_count
    least = least if least > 2 else 1

    def words(count: int) -> str:
        if least == 1:
            return str(count)
        low = count - count % least
        return f"{low}–{low + least - 1}" if low else _("fewer than %(n)d", n=least)

    return words, least


def _flow_words(read: engine.Definition, flow: str) -> str:
    return "→ " + course.node_name(read.nodes[read.flows[flow][1]])


def _seen(session: Session, actor: Actor, found: Replay) -> list[tuple[str, str]]:
    """Return the number and version of those without a matter that the actor may see and that would differ."""
    places = [*found.gateways.values(), *found.tables.values()]
    who = {one for place in places for group in place.other.values() for one in group}
    who |= {one for group in [*found.gone.values(), *found.new.values()] for one in group}
    wanted = select(Instance).where(
        Instance.id.in_(who), Instance.scope_id.is_(None), policy().instances(actor)
    )
    return [
        (one.business_key or one.id, one.definition_id)
        for one in session.scalars(wanted.order_by(Instance.ended_at.desc()))
    ]
