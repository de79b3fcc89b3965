"""The inbox: what is mine, what my groups may claim, what I have done."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from flask import render_template, request, url_for
from flask_babel import gettext as _
from sqlalchemy import select
from sqlalchemy.orm import Session

from server.db import reading
from server.guard import guard
from server.pages import concerning, course, matter, names
from server.pages.blueprint import blueprint
from workflows import clock, definitions, deployed, tasks
from workflows.actor import Actor
from workflows.errors import InvalidInput
from workflows.model import TaskCandidate

BOXES = ("mine", "groups", "others", "done")
LEVELS = ("normal", "remind", "warn", "overdue")
PAGE = 20
#: Counting further would tell nobody more.
COUNTED = 1000
LONGEST_SEARCH = 100


@dataclass(frozen=True)
class Tab:
    """One box of the inbox with how much is in it."""

    box: str
    label: str
    count: str
    url: str
    current: bool


@dataclass(frozen=True)
class Filters:
    """What the list is narrowed to, as the address says."""

    box: str
    text: str = ""
    level: str = ""
    step: str = ""  #: `process key:element id`
    after: str = ""

    @classmethod
    def of_request(cls, given: Mapping[str, str]) -> Filters:
        """Return the filters of an address or a form; what is not understood narrows nothing."""
        box, level = given.get("box", ""), given.get("level", "")
        return cls(
            box=box if box in BOXES else "mine",
            text=given.get("text", "").strip()[:LONGEST_SEARCH],
            level=level if level in LEVELS else "",
            step=given.get("step", "")[: LONGEST_SEARCH * 4],
            after=given.get("after", ""),
        )

    @property
    def narrowed(self) -> dict[str, Any]:
        """The same as `workflows.tasks.listing` understands it."""
        found: dict[str, Any] = {"text": self.text or None}
        process, _, element = self.step.partition(":")
        if element:
            found |= {"definition_key": process, "element_id": element}
        if self.level == "overdue" and self.box != "done":
            # Overdue is what is late now, whether the timer that says so has fired yet or not.
            return found | {"due_before": clock.now()}
        if self.level:
            found |= {"level": self.level}
            if self.box != "done":
                found |= {"due_after": clock.now()}
        return found

    @property
    def active(self) -> bool:
        """Whether anything is narrowed at all."""
        return bool(self.text or self.level or self.step)

    def address(self, **changed: str | None) -> str:
        """Return the address of this list, with parts of it changed."""
        parts = {**asdict(self), **changed}
        wanted: dict[str, Any] = {name: value for name, value in parts.items() if value}
        return url_for("pages.inbox", **wanted)


@blueprint.get("/inbox")
@guard()
def inbox(actor: Actor) -> str:
    """Show one box, soonest due first."""
    with reading() as session:
        return page(session, actor, Filters.of_request(request.args))


def page(session: Session, actor: Actor, filters: Filters, *, problem: str = "") -> str:
    """Return the page of a box; `problem` is what went wrong in it just now."""
    narrowed = filters.narrowed
    if scope_id := matter.scope_of(session, actor, filters.text.upper()) if filters.text else None:
        narrowed |= {"text": None, "scope_id": scope_id}
    try:
        found = tasks.listing(
            session, actor, box=filters.box, limit=PAGE, after=filters.after or None, **narrowed
        )
    except InvalidInput as error:
        if error.code != "cursor":
            raise
        found = tasks.listing(session, actor, box=filters.box, limit=PAGE, **narrowed)
    return render_template(
        "inbox.html",
        filters=filters,
        tabs=_tabs(session, actor, filters),
        rows=found.rows,
        next=found.next,
        matters=matter.headings(session, actor, {task.scope_id for task in found.rows}),
        of_whom=concerning.of_whom(session, actor, found.rows),
        instead={
            task.id: tasks.acting_for(session, task, actor) for task in found.rows if filters.box == "others"
        },
        offered=_offered(session, [task.id for task in found.rows]),
        steps=_steps(session, actor),
        levels=LEVELS,
        problem=problem,
    )


def _tabs(session: Session, actor: Actor, filters: Filters) -> list[Tab]:
    labels = {
        "mine": _("Mine"),
        "groups": _("My groups"),
        "others": _("Standing in"),
        "done": _("Done by me"),
    }
    if not actor.stands_in:
        del labels["others"]
    return [
        Tab(
            box,
            label,
            _count(tasks.count(session, actor, box=box, at_most=COUNTED)),
            url_for("pages.inbox", box=box),
            box == filters.box,
        )
        for box, label in labels.items()
    ]


def _count(number: int) -> str:
    return f"{COUNTED - 1}+" if number >= COUNTED else str(number)


def _offered(session: Session, task_ids: list[str]) -> dict[str, list[str]]:
    """Return whom each of the tasks is offered to, in words."""
    found: dict[str, list[str]] = {}
    candidates = select(TaskCandidate).where(TaskCandidate.task_id.in_(task_ids)).order_by(TaskCandidate.name)
    for row in session.scalars(candidates):
        found.setdefault(row.task_id, []).append(names.candidate(row.kind, row.name))
    return found


def _steps(session: Session, actor: Actor) -> list[tuple[str, list[tuple[str, str]]]]:
    """Return the steps that may come to this actor, by process, for the filter."""
    found = []
    for definition in definitions.list_definitions(session, latest_only=True):
        nodes = deployed.compiled(session, definition.id).nodes.values()
        steps = [
            (f"{definition.key}:{node.id}", course.node_name(node))
            for node in nodes
            if node.kind == "userTask" and _may_come(node.attributes, actor)
        ]
        if steps:
            found.append((names.process_name(definition), steps))
    return found


def _may_come(attributes: Mapping[str, Any], actor: Actor) -> bool:
    """Whether a step is offered to one of the actor's roles, or to somebody only its run can tell."""
    groups = str(attributes.get("candidateGroups") or "")
    if not groups or groups.startswith("${"):
        return True
    return any(name.strip().partition("@")[0] in actor.groups for name in groups.split(","))
