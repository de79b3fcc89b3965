"""The paper beside the form: how it would look with the present answers, and its class of secrecy.

A step names the kind of paper that it drafts in the diagram (property `drafts`). To show the paper the step is done
with the answers so far, in a transaction that is taken back: what stands on it is what would stand on it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

import structlog
from flask import render_template, request
from sqlalchemy import select
from sqlalchemy.orm import Session

from handlers import areas, wall
from handlers.registers import Clue, Document, papers
from handlers.registers.papers import classes
from server.db import reading, unit_of_work
from server.pages import names
from workflows import clock, deployed, forms, persistence, recording, tasks
from workflows.actor import Actor
from workflows.errors import InvalidInput, NotFound
from workflows.forms import Field, Form
from workflows.model import Instance, Task
from workflows.papers import Paper

#: The page's own input: no question's key begins with an underscore.
SECRECY = "_paper_secrecy"
#: Stands on the paper where an answer is still open, and where a number is not given yet.
OPEN, UNNUMBERED = "（待填写）", "（待编号）"

log = structlog.get_logger()


@dataclass(frozen=True)
class Drafting:
    """What a step drafts: the kind of paper, and the class that it has or may have."""

    kind: str
    secrecy: str
    offered: tuple[str, ...]


@dataclass(frozen=True)
class Look:
    """A paper that nobody has made yet."""

    paper: Paper | None = None
    open: tuple[str, ...] = ()  #: labels of the answers that it lacks
    done: bool = True  #: whether the answers so far are on it


class _TakenBack(Exception):
    """Ends a transaction of which nothing may stay."""

    def __init__(self, look: Look) -> None:
        super().__init__("taken back")
        self.look = look


def drafting(session: Session, actor: Actor, found: Task) -> Drafting | None:
    """Return what a step drafts, None for nothing, or nothing that the actor may see."""
    kind = kind_of(session, found)
    clue = session.get(Clue, (found.scope_id or "").removeprefix("clue:"))
    if not kind or clue is None or not _may_see(session, actor, clue, kind):
        return None
    secrecy = request.form.get(SECRECY) or classes.of(session, clue, kind)
    return Drafting(kind, secrecy, tuple(classes.offered(kind)))


def kind_of(session: Session, found: Task) -> str:
    """Return the kind of paper that the diagram says a step drafts, empty for none."""
    node = deployed.process(session, found.definition_id).node(found.element_id)
    kind = recording.properties_of(node).get("drafts", "")
    return kind if kind in papers.KINDS else ""


def classify(session: Session, found: Task, actor: Actor) -> None:
    """Set the class that was chosen beside the form; InvalidInput for one that the kind does not allow."""
    chosen = request.form.get(SECRECY)
    said = drafting(session, actor, found) if chosen else None
    clue = session.get(Clue, (found.scope_id or "").removeprefix("clue:"))
    if said and chosen and clue is not None:
        classes.say(session, actor, clue, said.kind, chosen)


def look(task_id: str, actor: Actor, form: Form | None, answers: Mapping[str, Any]) -> Look:
    """Return the paper as it would look; nothing of it stays.

    Where the answers cannot be taken yet, the form is recorded with stand-ins for what is required; where that does not
    help, the paper shows what was known before the step. NotFound where the step drafts nothing that the actor may see.
    """
    with reading() as session:
        if drafting(session, actor, tasks.get(session, task_id, actor)) is None:
            raise NotFound("This step drafts no paper.", code="task")
    done = partial(tasks.complete, task_id=task_id, actor=actor, answers=answers)
    try:
        return _tried(task_id, actor, (), done)
    except InvalidInput as error:
        lacking = _open(form, error)
        filled = _filled(form, {key: answers[key] for key in answers if key not in error.fields})
    half = partial(tasks.rehearse, task_id=task_id, actor=actor, answers=filled)
    try:
        return _tried(task_id, actor, tuple(lacking.values()), half)
    except InvalidInput:
        return _before(task_id, actor, tuple(lacking.values()))


def shown(task_id: str, actor: Actor, form: Form | None, answers: Mapping[str, Any]) -> str:
    """Return the paper as a part of a page."""
    return render_template("_paper_beside.html", look=look(task_id, actor, form, answers))


def _tried(task_id: str, actor: Actor, lacking: tuple[str, ...], act: Callable[[Session], object]) -> Look:
    """Do something and take it back, having looked at the paper; InvalidInput where the answers are refused."""
    try:
        with unit_of_work() as session:
            found = tasks.get(session, task_id, actor)
            kind, clue = kind_of(session, found), _clue(session, found)
            classify(session, found, actor)
            before = set(session.scalars(_of_kind(clue, kind)))
            try:
                act(session)
                session.flush()
            except InvalidInput:
                raise
            except Exception as error:
                # Half-filled answers may trip any operation: that is no fault of the process, and leaves no trace.
                log.info("no look at a paper", task=task_id, error=type(error).__name__)
                raise _TakenBack(Look(None, lacking, False)) from error
            made = [one for one in session.scalars(_of_kind(clue, kind)) if one not in before]
            row = session.get_one(Document, made[-1]) if made else None
            paper = papers.content(row) if row else _unissued(session, found, actor, clue, kind)
            raise _TakenBack(Look(paper, lacking))
    except _TakenBack as taken:
        if taken.look.paper is None:
            return _before(task_id, actor, lacking)
        return taken.look


def _before(task_id: str, actor: Actor, lacking: tuple[str, ...]) -> Look:
    """Return the paper of what the registers know before the step."""
    try:
        with unit_of_work() as session:
            found = tasks.get(session, task_id, actor)
            classify(session, found, actor)
            kind, clue = kind_of(session, found), _clue(session, found)
            raise _TakenBack(Look(_unissued(session, found, actor, clue, kind), lacking, False))
    except _TakenBack as taken:
        return taken.look


def _unissued(session: Session, found: Task, actor: Actor, clue: Clue, kind: str) -> Paper:
    instance = session.get_one(Instance, found.instance_id)
    context = persistence.context_of(session, instance, found, actor=actor)
    return papers.made(context, clue, kind, UNNUMBERED, 1)


def _of_kind(clue: Clue, kind: str) -> Any:
    rows = select(Document.id).where(Document.clue_id == clue.id, Document.kind == kind)
    return rows.order_by(Document.created_at, Document.version)


def _clue(session: Session, found: Task) -> Clue:
    return session.get_one(Clue, (found.scope_id or "").removeprefix("clue:"))


def _may_see(session: Session, actor: Actor, clue: Clue, kind: str) -> bool:
    """Return whether the actor could read the paper once it is made."""
    view = wall.view(session, actor, clue)
    if view == "content":
        closed = wall.closed_areas(session, actor, clue)
        return not any(kind in areas.kinds_of(area) for area in closed)
    return view == "status" and kind in papers.FOR_AGENCY


def _open(form: Form | None, error: InvalidInput) -> dict[str, str]:
    """Return the answers that are wrong or lacking: path → label."""
    known = {part.key: part for part in _questions(form.fields)} if form else {}
    found = {}
    for path in error.fields:
        part = known.get(path.rpartition(".")[2])
        found[path] = part.label(names.lang()) if part else path
    return dict(list(found.items())[:20])


def _questions(parts: Any) -> list[Field]:
    return [one for part in parts for one in (part, *_questions(part.components))]


def _filled(form: Form | None, answers: Mapping[str, Any]) -> dict[str, Any]:
    """Return the answers with stand-ins for what is required and not there; nothing is chosen for anybody."""
    filled = dict(answers)
    for part in forms.visible(form, answers) if form else ():
        if part.required and not part.readonly and filled.get(part.key) in (None, "", []):
            filled[part.key] = _stand_in(part)
    return filled


def _stand_in(part: Field) -> Any:
    if part.type in ("textfield", "textarea"):
        return OPEN
    if part.type == "datetime":
        return clock.now().astimezone(clock.office_zone()).date().isoformat()
    if part.type in ("checklist", "taglist", "filepicker", "dynamiclist"):
        return []
    return True if part.type == "checkbox" else "" if part.type in ("radio", "select") else 0
