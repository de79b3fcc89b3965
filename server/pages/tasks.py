"""The task page: form, matter, deadline, history and diagram of a task; claim it, fill it in, complete it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import structlog
from flask import flash, jsonify, redirect, render_template, request, url_for
from flask_babel import gettext as _
from sqlalchemy import or_, select
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from handlers import duties, uploads
from server.db import reading, unit_of_work
from server.downloads import download
from server.errors import status_of
from server.guard import guard, record_refusal
from server.limited import limited
from server.pages import (
    concerning,
    course,
    deadline,
    drafting,
    form_view,
    inbox,
    matter,
    names,
    returns,
    submission,
    words,
)
from server.pages.blueprint import blueprint
from server.pages.clues import word
from server.pages.form_view import FormView
from server.pages.submission import Submission
from server.pages.transfers import status_word
from server.traffic.rates import EXPORTS, UPLOADS
from workflows import definitions, instances, tasks
from workflows.actor import Actor
from workflows.errors import (
    Conflict,
    DubanError,
    EngineFault,
    FieldError,
    InvalidInput,
    NotAllowed,
    NotFound,
)
from workflows.model import Instance, Task, TaskCandidate
from workflows.visibility import policy

log = structlog.get_logger()


@dataclass(frozen=True)
class Typed:
    """What the visitor has just sent, to be shown again with what became of it."""

    answers: Mapping[str, Any] | None = None  #: None where the visitor sent no form
    errors: Mapping[str, FieldError] = field(default_factory=dict)
    problem: str = ""  #: what is wrong with the whole of it
    status: int = 200
    paper: str = ""  #: as it would look, drawn


@blueprint.get("/tasks/<task_id>")
@guard()
def task(actor: Actor, task_id: str) -> Response | tuple[str, int]:
    """Show a task."""
    with reading() as session:
        tasks.get(session, task_id, actor)
        return _page(session, task_id, actor)


@blueprint.post("/tasks/<task_id>/claim")
@guard()
def claim(actor: Actor, task_id: str) -> Response | tuple[str, int]:
    """Make the task the visitor's own; from the inbox, stay there."""
    filters = inbox.Filters.of_request(request.form) if request.form.get("back") == "inbox" else None
    try:
        with unit_of_work() as session:
            found = tasks.claim(session, task_id, actor=actor)
    except (Conflict, NotFound) as error:
        return _lost(task_id, actor, filters, error)
    if filters:
        flash(_claimed_words(found, actor), "done")
        return redirect(filters.address(), 303)
    return redirect(url_for("pages.task", task_id=task_id, _anchor="form"), 303)


@blueprint.post("/tasks/<task_id>/release")
@guard()
def release(actor: Actor, task_id: str) -> Response | tuple[str, int]:
    """Give the task back to its group."""
    try:
        with unit_of_work() as session:
            found = tasks.release(session, task_id, actor=actor)
    except Conflict as error:
        return _lost(task_id, actor, None, error)
    flash(_("“%(task)s” is back with its group.", task=names.task_name(found)), "done")
    return redirect(url_for("pages.inbox", box="groups"), 303)


@blueprint.post("/tasks/<task_id>/draft")
@guard()
@limited(UPLOADS)
def save_draft(actor: Actor, task_id: str) -> Response | tuple[str, int]:
    """Keep what is typed so far for the visitor alone; a script may ask for it quietly."""
    quiet = request.headers.get("X-Requested-With") == "fetch"
    sent = _received(task_id, actor)
    try:
        with unit_of_work() as session:
            tasks.save_draft(session, task_id, actor=actor, answers=sent.answers)
            drafting.classify(session, tasks.get(session, task_id, actor), actor)
    except Conflict as error:
        if quiet:
            raise
        return _again(task_id, actor, sent, error)
    if quiet:
        return Response(status=204)
    if sent.errors:
        return _again(
            task_id, actor, sent, InvalidInput("Files were refused.", fields=sent.errors, code="form")
        )
    flash(_("Your draft is saved. Only you can see it."), "done")
    return redirect(url_for("pages.task", task_id=task_id), 303)


@blueprint.post("/tasks/<task_id>/complete")
@guard()
@limited(UPLOADS)
def complete(actor: Actor, task_id: str) -> Response | tuple[str, int]:
    """Finish the task and go on to the next, or show again what was typed with what is wrong."""
    sent = _received(task_id, actor)
    if submission.asks_for_rows():
        with reading() as session:
            return _page(session, task_id, actor, Typed(sent.answers))
    try:
        if sent.errors:
            raise InvalidInput("Files were refused.", fields=sent.errors, code="form")
        with unit_of_work() as session:
            found = tasks.get(session, task_id, actor)
            behalf = tasks.acting_for(session, found, actor)
            drafting.classify(session, found, actor)
            instance = tasks.complete(session, task_id, actor=actor, answers=sent.answers)
            following = _following(session, actor, tasks.next_of(session, instance.id, actor), behalf)
    except (Conflict, EngineFault, InvalidInput, NotAllowed) as error:
        return _again(task_id, actor, sent, error)
    if following is None:
        flash(_("“%(task)s” is done. Nothing else is waiting for you.", task=names.task_name(found)), "done")
        return redirect(url_for("pages.inbox"), 303)
    flash(_("“%(task)s” is done. This is your next task.", task=names.task_name(found)), "done")
    return redirect(url_for("pages.task", task_id=following), 303)


@blueprint.post("/tasks/<task_id>/paper")
@guard()
@limited(EXPORTS)
def preview_paper(actor: Actor, task_id: str) -> str | tuple[str, int]:
    """Show the paper that a step drafts as it would look with what is typed so far; a script gets it alone."""
    if request.headers.get("X-Requested-With") == "fetch":
        with reading() as session:
            form, _known = tasks.form(session, task_id, actor=actor)
            answers = submission.typed(form)
        return drafting.shown(task_id, actor, form, answers)
    sent = _received(task_id, actor)
    with reading() as session:
        form, _known = tasks.form(session, task_id, actor=actor)
    paper = drafting.shown(task_id, actor, form, sent.answers)
    with reading() as session:
        return _page(session, task_id, actor, Typed(sent.answers, paper=paper))


@blueprint.get("/instances/<instance_id>/tokens.json")
@guard()
def tokens(actor: Actor, instance_id: str) -> Response:
    """Tell the viewer where tokens stand and which way they came."""
    with reading() as session:
        return jsonify(course.tokens(session, instances.get(session, instance_id, actor), actor))


@blueprint.get("/processes/<definition_id>/diagram.xml")
@guard()
def diagram(actor: Actor, definition_id: str) -> Response:
    """Give the diagram of a process to who sees an instance of it, or of what has called it, and to supervisors."""
    with reading() as session:
        seen = select(Instance.id).where(Instance.definition_id == definition_id, policy().instances(actor))
        called = select(Task.id).join(Instance, Instance.id == Task.instance_id)
        called = called.where(Task.definition_id == definition_id, policy().instances(actor))
        seen = select(or_(seen.exists(), called.exists()))
        if "supervisor" not in actor.groups and not session.scalar(seen):
            raise NotFound(f"There is no process definition {definition_id}.", code="definition")
        return download(definitions.xml(session, definition_id), "application/xml", "diagram.bpmn")


# --- what the acts share


def _claimed_words(found: Task, actor: Actor) -> str:
    task = names.task_name(found)
    if found.assignee == actor.id:
        return _("You have claimed “%(task)s”. It is among yours now.", task=task)
    return _("You have claimed “%(task)s” for %(name)s.", task=task, name=names.person(found.assignee))


def _received(task_id: str, actor: Actor) -> Submission:
    """Return what was sent, its files stored at once: whatever happens next, they are not lost."""
    with unit_of_work() as session:
        form, _known = tasks.form(session, task_id, actor=actor)
        return submission.received(session, form, actor)


def _again(task_id: str, actor: Actor, sent: Submission, error: DubanError) -> Response | tuple[str, int]:
    """Show the page again with what was typed and what became of it."""
    if isinstance(error, NotAllowed):
        record_refusal(error)
    if isinstance(error, EngineFault):
        log.error("engine fault", element=error.element, message=error.message)
    fields = error.fields if isinstance(error, InvalidInput) else {}
    status = 422 if isinstance(error, InvalidInput) else status_of(error)
    problem = "" if fields else words.error_words(error, status)
    if isinstance(error, EngineFault) and error.code not in words.ERRORS:
        problem = words.fault_words()
    with reading() as session:
        return _page(session, task_id, actor, Typed(sent.answers, fields, problem, status))


def _lost(
    task_id: str, actor: Actor, filters: inbox.Filters | None, error: DubanError
) -> Response | tuple[str, int]:
    """Say who was quicker, where the visitor was."""
    status = status_of(error)
    with reading() as session:
        if filters:
            return inbox.page(session, actor, filters, problem=words.error_words(error, status)), status
        return _page(session, task_id, actor, Typed(None, {}, words.error_words(error, status), status))


def _following(session: Session, actor: Actor, of_matter: Sequence[Task], behalf: str | None) -> str | None:
    """Return what the visitor does next: in the same matter, else the soonest of his own, or of who is away."""
    if of_matter:
        return of_matter[0].id
    mine = tasks.listing(session, actor, box="others" if behalf else "mine", limit=1).rows
    return mine[0].id if mine else None


# --- the page


def _page(session: Session, task_id: str, actor: Actor, typed: Typed | None = None) -> tuple[str, int]:
    found = tasks.get(session, task_id, actor)
    behalf = tasks.acting_for(session, found, actor)
    may_fill = (
        found.closed_at is None
        and not found.suspended
        and found.assignee is not None
        and found.assignee in (actor.id, behalf)
    )
    instance = _instance(session, found, actor)
    stations = course.stations(session, instance, actor) if instance else []
    page = render_template(
        "task.html",
        task=found,
        form=_form(session, found, actor, typed),
        typed=typed,
        may_fill=may_fill,
        behalf=behalf,
        # Whoever is the office's principal approves everywhere: it is the leaders in charge who should differ.
        approved_both="leader" in actor.groups and duties.approved_both(session, actor.id, found),
        drafts=drafting.drafting(session, actor, found) if may_fill else None,
        may_claim=_may(session, actor, "claim", found) and found.assignee is None,
        may_release=_may(session, actor, "release", found) and found.assignee is not None,
        offered=_offered(session, found),
        matter=matter.summary(session, actor, found.scope_id),
        of_whom=concerning.of_whom(session, actor, [found]),
        returned=returns.card(session, actor, found),
        word=word,
        status=status_word,
        deadline=deadline.explain(session, found),
        instance=instance,
        process=names.process_name(definitions.get(session, found.definition_id)),
        purpose=_purpose(session, found),
        lines=course.lines(session, instance, actor) if instance else [],
        stations=stations,
        standing=course.standing(stations),
    )
    return page, typed.status if typed else 200


def _form(session: Session, found: Task, actor: Actor, typed: Typed | None) -> FormView | None:
    sent = typed.answers if typed else None
    if found.closed_at is not None and sent is None:
        return None
    form, answers = tasks.form(session, found.id, actor=actor)
    if form is None:
        return None
    if sent is not None:
        # What the page only shows is never in what is sent.
        shown = {part.key: answers[part.key] for part in form.fields if part.readonly and part.key in answers}
        answers = {**shown, **sent}
    references = submission.references(form, answers)
    return form_view.view(
        form,
        answers,
        lang=names.lang(),
        errors=typed.errors if typed else None,
        options=tasks.options(session, found.id, actor=actor),
        files=uploads.names(session, references, actor.id),
    )


def _instance(session: Session, found: Task, actor: Actor) -> Instance | None:
    """Return the instance if the actor may look into it: a candidate from outside sees his task only."""
    try:
        return instances.get(session, found.instance_id, actor)
    except NotFound:
        return None


def _may(session: Session, actor: Actor, act: str, found: Task) -> bool:
    return (
        found.closed_at is None
        and not found.suspended
        and any(policy().may(session, one, act, found).allowed for one in actor.capacities())
    )


def _offered(session: Session, found: Task) -> list[str]:
    candidates = select(TaskCandidate).where(TaskCandidate.task_id == found.id).order_by(TaskCandidate.name)
    return [names.candidate(row.kind, row.name) for row in session.scalars(candidates)]


def _purpose(session: Session, found: Task) -> str:
    """Return what the diagram says about the step: its documentation in Chinese, its property `help_en` in English."""
    node = course.nodes_of(session, found.definition_id).get(found.element_id)
    attributes: Mapping[str, Any] = node.attributes if node else {}
    english = attributes.get("properties", {}).get("help_en")
    words = str((attributes.get("documentation") if names.lang() == "zh" else english) or "")
    # Authors put the number of the step in front, as the rules number it.
    return words.removeprefix(found.element_id).strip()
