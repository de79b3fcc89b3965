"""Trying a draft before it is published: played step by step in a sandbox, with a clock to be moved."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from flask import flash, jsonify, redirect, render_template, request, url_for
from flask_babel import gettext as _
from sqlalchemy import select
from sqlalchemy.orm.exc import StaleDataError
from werkzeug.wrappers import Response

from handlers import office
from handlers.notifications import Notification
from server.db import reading, unit_of_work
from server.downloads import download
from server.guard import guard
from server.limited import limited
from server.pages import course, form_view, names, remarks, submission, words
from server.pages.blueprint import blueprint
from server.pages.cockpit_faults import incident_words
from server.pages.form_view import FormView
from server.pages.frame import local
from server.pages.processes import SUPERVISOR
from server.sandbox import house as houses
from server.sandbox import scenario
from server.sandbox.house import House
from server.traffic.rates import UPLOADS
from workflows import clock, definitions, deployed, history, recording, tasks
from workflows.actor import Actor
from workflows.errors import Conflict, DubanError, FieldError, InvalidInput, NotFound
from workflows.model import (
    Activity,
    Incident,
    Instance,
    Job,
    ProcessDefinition,
    Resource,
    Sandbox,
    Subscription,
    Task,
    Timer,
)

#: Lines of one list.
SHOWN = 50


@dataclass(frozen=True)
class Typed:
    """What was sent with a form that was refused, to be shown again."""

    task_id: str = ""  #: empty: the form that begins the process
    answers: Mapping[str, Any] = field(default_factory=dict)
    errors: Mapping[str, FieldError] = field(default_factory=dict)
    problem: str = ""


@dataclass(frozen=True)
class Open:
    """An open task: who may do it, and its form if it is chosen."""

    id: str
    name: str
    element: str
    due_at: datetime | None
    people: list[tuple[str, str]]
    who: str
    form: FormView | None = None
    chosen: bool = False


@blueprint.get("/processes/<definition_id>/try", endpoint="try_process")
@guard(roles=SUPERVISOR)
def try_process(actor: Actor, definition_id: str) -> str:
    """Show the sandbox of the reader for this process, or offer to build one."""
    return _page(actor, definition_id)


@blueprint.get("/processes/<definition_id>/try/diagram.xml")
@guard(roles=SUPERVISOR)
def tried_diagram(actor: Actor, definition_id: str) -> Response:
    """Give the diagram that is played."""
    with _looking(actor, definition_id) as house, house.database.reading() as session:
        row = session.get_one(ProcessDefinition, house.kept.played_id)
        wanted = (Resource.deployment_id == row.deployment_id, Resource.name == row.resource_name)
        content = session.scalars(select(Resource.content).where(*wanted)).one()
    return download(content, "application/xml", "draft.bpmn")


@blueprint.get("/processes/<definition_id>/try/tokens.json")
@guard(roles=SUPERVISOR)
def tried_tokens(actor: Actor, definition_id: str) -> Response:
    """Tell the viewer where tokens stand, and which flows were taken in any run."""
    with _looking(actor, definition_id) as house:
        taken = house.taken()
        with house.database.reading() as session:
            running = select(Instance.id).where(Instance.definition_id == house.kept.played_id)
            found = [history.tokens(session, each) for each in session.scalars(running)]
            late = select(Task.element_id).where(Task.closed_at.is_(None), Task.due_at <= clock.now())
            return jsonify(
                active=sorted({element for one in found for element in one.active}),
                done=sorted({element for one in found for element in one.done}),
                flows=sorted(taken),
                overdue=sorted(set(session.scalars(late))),
            )


@blueprint.get("/processes/<definition_id>/try/scenario.yaml")
@guard(roles=SUPERVISOR)
def tried_scenario(actor: Actor, definition_id: str) -> Response:
    """Give what was played as a scenario test."""
    kept = _kept(actor, definition_id)
    text = scenario.written(kept)
    return download(text.encode(), "application/yaml", f"{kept.key}.yaml")


@blueprint.post("/processes/<definition_id>/try/begin")
@guard(roles=SUPERVISOR)
def begin_trying(actor: Actor, definition_id: str) -> Response | tuple[str, int]:
    """Build a new sandbox for the draft, or start over; what was covered stays counted."""
    try:
        with unit_of_work() as session:
            houses.begin(session, definitions.get(session, definition_id), actor=actor)
    except (InvalidInput, NotFound) as error:
        return _page(actor, definition_id, refused=error), 422
    return _back(definition_id)


@blueprint.post("/processes/<definition_id>/try/start")
@guard(roles=SUPERVISOR)
@limited(UPLOADS)
def start_trying(actor: Actor, definition_id: str) -> Response | tuple[str, int]:
    """Begin an instance in the sandbox."""
    login, how = request.form.get("who", ""), request.form.get("how", "")
    if submission.asks_for_rows():
        return _with_rows(actor, definition_id, "")
    sent = submission.Submission()

    def act(house: House) -> None:
        nonlocal sent
        form = house.form() if not how else None
        with house.database.unit_of_work() as session:
            sent = submission.received(session, form, office.actor_for(session, login))
        told = scenario.told(sent.answers, sent.files)
        if how:
            sent.answers = _handed(request.form.get("handed", ""))
        message = how.removeprefix("message:") if how.startswith("message:") else None
        house.start(login, sent.answers, told, matter=how == "matter", message=message)

    return _acted(actor, definition_id, act, lambda: Typed("", sent.answers))


@blueprint.post("/processes/<definition_id>/try/tasks/<played_task>")
@guard(roles=SUPERVISOR)
@limited(UPLOADS)
def complete_trying(actor: Actor, definition_id: str, played_task: str) -> Response | tuple[str, int]:
    """Complete a task in the sandbox as somebody."""
    login = request.form.get("who", "")
    if submission.asks_for_rows():
        return _with_rows(actor, definition_id, played_task)
    sent = submission.Submission()

    def act(house: House) -> None:
        nonlocal sent
        with house.database.unit_of_work() as session:
            as_who = office.actor_for(session, login)
            form, _known = tasks.form(session, played_task, actor=as_who)
            sent = submission.received(session, form, as_who)
        house.complete(played_task, login, sent.answers, scenario.told(sent.answers, sent.files))

    return _acted(actor, definition_id, act, lambda: Typed(played_task, sent.answers))


@blueprint.post("/processes/<definition_id>/try/clock")
@guard(roles=SUPERVISOR)
def move_tried_clock(actor: Actor, definition_id: str) -> Response | tuple[str, int]:
    """Let time pass in the sandbox: to what is due next, by some days, or to a day."""

    def act(house: House) -> None:
        wanted = _until(house)
        fired = house.move_clock(wanted)
        flash(_("%(n)d timers and jobs were due on the way.", n=fired), "done")
        if house.kept.at < wanted:
            flash(_("So much was due that the clock stands at %(when)s.", when=local(house.kept.at)), "error")

    return _acted(actor, definition_id, act, Typed)


@blueprint.post("/processes/<definition_id>/try/message")
@guard(roles=SUPERVISOR)
def tell_tried(actor: Actor, definition_id: str) -> Response | tuple[str, int]:
    """Let a message come in that the sandbox waits for."""
    return _acted(actor, definition_id, lambda house: house.tell(request.form.get("name", "")), Typed)


@blueprint.post("/processes/<definition_id>/try/undo")
@guard(roles=SUPERVISOR)
def undo_trying(actor: Actor, definition_id: str) -> Response | tuple[str, int]:
    """Take back the last act in the sandbox."""
    kept = _kept(actor, definition_id)
    try:
        houses.undo(kept)
        _keep(kept)
    except Conflict as error:
        return _page(actor, definition_id, Typed(problem=words.error_words(error, 409))), 409
    return _back(definition_id)


@blueprint.post("/processes/<definition_id>/try/drop")
@guard(roles=SUPERVISOR)
def drop_tried(actor: Actor, definition_id: str) -> Response:
    """Take the sandbox down."""
    with unit_of_work() as session:
        houses.drop(session, definitions.get(session, definition_id).key, actor.id)
    flash(_("The sandbox is gone."), "done")
    return _back(definition_id)


def _kept(actor: Actor, definition_id: str) -> Sandbox:
    with reading() as session:
        kept = houses.of(session, definitions.get(session, definition_id).key, actor.id)
    if kept is None:
        raise NotFound("There is no sandbox of yours for this process.", code="sandbox")
    return kept


@contextmanager
def _looking(actor: Actor, definition_id: str) -> Iterator[House]:
    with houses.opened(_kept(actor, definition_id)) as house:
        yield house


def _keep(kept: Sandbox) -> None:
    """Write a house down; Conflict where its owner has done something in another window since."""
    try:
        with unit_of_work() as session:
            session.add(kept)
            session.flush()
    except StaleDataError:
        raise Conflict("Something was done in another window since.", code="sandbox_changed") from None


def _acted(
    actor: Actor, definition_id: str, act: Callable[[House], None], typed: Callable[[], Typed]
) -> Response | tuple[str, int]:
    """Do something in the house and keep it; what is refused is told, and nothing of it is kept."""
    kept = _kept(actor, definition_id)
    try:
        with houses.opened(kept, act=True) as house:
            act(house)
        _keep(kept)
    except DubanError as error:
        status = 409 if isinstance(error, Conflict) else 422
        fields = error.fields if isinstance(error, InvalidInput) else {}
        # The engine's own sentence names the element: that is what one tries a draft for.
        problem = (
            error.message
            if error.code not in words.ERRORS and not fields
            else words.error_words(error, status)
        )
        was = typed()
        return _page(actor, definition_id, Typed(was.task_id, was.answers, fields, problem)), status
    return _back(definition_id)


def _with_rows(actor: Actor, definition_id: str, task_id: str) -> tuple[str, int]:
    """Show a form again with a row more or less; files have to be chosen again."""
    login = request.form.get("who", "")
    with _looking(actor, definition_id) as house:
        form = None if task_id else house.form()
        with house.database.unit_of_work() as session:
            as_who = office.actor_for(session, login)
            if task_id:
                form, _known = tasks.form(session, task_id, actor=as_who)
            sent = submission.received(session, form, as_who)
    return _page(actor, definition_id, Typed(task_id, sent.answers)), 200


def _back(definition_id: str) -> Response:
    return redirect(url_for("pages.try_process", definition_id=definition_id), 303)


def _handed(text: str) -> dict[str, Any]:
    """Return what whoever begins the process hands over, written as JSON."""
    try:
        found = json.loads(text or "{}")
    except (ValueError, RecursionError):
        found = None
    if not isinstance(found, dict):
        raise InvalidInput("What is handed over is no JSON object.", code="handed")
    return found


def _until(house: House) -> datetime:
    """Return the instant to which the request moves the clock."""
    if request.form.get("to") == "next":
        due = house.next_due()
        if due is None or due.year == 9999:
            raise InvalidInput("Nothing is due.", code="nothing_due")
        return max(due, house.kept.at + timedelta(seconds=1))
    if days := request.form.get("days", ""):
        return house.kept.at + timedelta(days=int(days) if days.isdecimal() and len(days) < 5 else 0)
    try:
        local = datetime.fromisoformat(request.form.get("at", ""))
    except ValueError:
        raise InvalidInput("Choose a day and a time.", code="clock_forward") from None
    return local.replace(tzinfo=clock.office_zone())


def _page(
    actor: Actor, definition_id: str, typed: Typed | None = None, refused: DubanError | None = None
) -> str:
    typed = typed or Typed()
    with reading() as session:
        base = definitions.get(session, definition_id)
        draft = definitions.drafts.pending(session, base.key)
        kept = houses.of(session, base.key, actor.id)
    shared: dict[str, Any] = {
        "base": base,
        "draft": draft if draft is not None and draft.based_on == base.id else None,
        "kept": kept,
        "typed": typed,
        "findings": remarks.told(list(refused.findings), "") if isinstance(refused, InvalidInput) else [],
        "refused": words.error_words(refused, 422) if refused is not None else "",
    }
    if kept is None:
        return render_template("try.html", **shared)
    with houses.opened(kept) as house:
        return render_template("try.html", **shared, **_state(house, typed), incident_words=incident_words())


def _state(house: House, typed: Typed) -> dict[str, Any]:
    """Return what the page shows of a house."""
    starters = house.people()
    everybody: dict[str, str] = {}
    flows, taken = house.flows(), house.taken()
    due = house.next_due()
    with house.database.reading() as session:
        rows = session.execute(select(office.Person.login, office.Person.name)).all()
        everybody = {login: name for login, name in rows if login}
        played = deployed.compiled(session, house.kept.played_id)
        standing = session.scalars(
            select(Task).where(Task.closed_at.is_(None)).order_by(Task.created_at, Task.id).limit(SHOWN)
        ).all()
        waits = session.scalars(
            select(Subscription.name)
            .where(Subscription.kind == "message", Subscription.instance_id.is_not(None))
            .distinct()
        ).all()
        sent = session.scalars(select(Job.name).where(Job.kind == "message", Job.status == "waiting")).all()
        told = session.scalars(select(Notification).order_by(Notification.id.desc()).limit(SHOWN)).all()
        timers = session.scalars(
            select(Timer).where(Timer.status == "waiting").order_by(Timer.due_at).limit(SHOWN)
        ).all()
        faults = session.scalars(select(Incident).where(Incident.resolved_at.is_(None)).limit(SHOWN)).all()
        passed = session.scalars(select(Activity).order_by(Activity.id.desc()).limit(SHOWN)).all()
        instances = session.scalars(select(Instance).order_by(Instance.started_at).limit(SHOWN)).all()
    names_of = {node.id: course.node_name(node) for node in played.nodes.values() if node.name}
    chosen = request.args.get("task", "") or typed.task_id or (standing[0].id if standing else "")
    form, known, options = _start_form(house, typed)
    return {
        "tasks": [_open(house, task, everybody, chosen, typed) for task in standing],
        "starters": starters,
        "messages": house.messages(),
        "plainly": house.begins_plainly(),
        "handed": request.form.get("handed") or json.dumps(houses.HANDED),
        "start_form": form_view.view(
            form, known, lang=names.lang(), errors={} if typed.task_id else typed.errors, options=options
        )
        if form
        else None,
        "waits": waits,
        "sent": sent,
        "told": told,
        "timers": timers,
        "faults": faults,
        "passed": passed,
        "instances": instances,
        "names_of": names_of,
        "everybody": everybody,
        "flows": len(flows),
        "taken": len(taken & set(flows)),
        "missed": [played.flows[flow] for flow in flows if flow not in taken],
        "due": due if due is not None and due.year < 9999 else None,
    }


def _start_form(house: House, typed: Typed) -> tuple[Any, Mapping[str, Any], Any]:
    form = house.form()
    if form is None:
        return None, {}, {}
    with house.database.reading() as session:
        return form, {} if typed.task_id else typed.answers, recording.options(session, form, {})


def _open(house: House, task: Task, everybody: Mapping[str, str], chosen: str, typed: Typed) -> Open:
    people = house.people(task.id)
    who = task.assignee or (people[0][0] if people else "")
    shown = Open(
        task.id, names.task_name(task), task.element_id, task.due_at, people, everybody.get(who, who)
    )
    if task.id != chosen or not people:
        return shown
    with house.database.reading() as session:
        as_who = office.actor_for(session, people[0][0])
        form, known = tasks.form(session, task.id, actor=as_who)
        options = tasks.options(session, task.id, actor=as_who)
    mine = typed.task_id == task.id
    view = form and form_view.view(
        form,
        typed.answers if mine and typed.answers else known,
        lang=names.lang(),
        errors=typed.errors if mine else {},
        options=options,
    )
    return Open(shown.id, shown.name, shown.element, shown.due_at, people, shown.who, view or None, True)
