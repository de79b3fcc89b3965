"""One instance in the cockpit: tokens, tasks, clocks, variables, jobs, faults and history, and what is done with it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from handlers import steering
from handlers.steering import Steering, Step
from server.db import reading, unit_of_work
from server.guard import guard, settings
from server.pages import course, names, words
from server.pages.blueprint import blueprint
from server.pages.cockpit import kind_words, state_words
from server.pages.cockpit_faults import incident_words, job_words
from server.pages.frame import COCKPIT
from workflows import instances, moves, overview, visibility
from workflows.actor import Actor
from workflows.errors import Conflict, DubanError, InvalidInput
from workflows.model import Instance, ProcessDefinition, Task

#: Longer values are cut off on the page.
SHOWN = 500


@dataclass(frozen=True)
class Targets:
    """A task, and the steps to which it can be sent back or moved: id and name of each."""

    task: Task
    back: list[tuple[str, str]]
    anywhere: list[tuple[str, str]]


@blueprint.get("/cockpit/instances/<instance_id>")
@guard(roles=COCKPIT)
def cockpit_instance(actor: Actor, instance_id: str) -> str:
    """Show an instance that the actor sees."""
    return _page(actor, instance_id)


@blueprint.post("/cockpit/instances/<instance_id>/steer")
@guard(roles=COCKPIT)
def steer(actor: Actor, instance_id: str) -> Response | tuple[str, int]:
    """Ask a second person to do something with an instance; or do it, in an office that lets one do it alone."""
    task_id, _bar, element = request.form.get("target", "").partition("|")
    step = Step(request.form.get("kind", ""), task_id or None, element or None)
    reason = request.form.get("reason", "")
    try:
        with unit_of_work() as session:
            if settings().second_person:
                asked = steering.ask(session, instance_id, step, actor=actor, reason=reason)
                address = url_for("pages.steering", steering_id=asked.id)
                done = _("It waits for a second person. Until then nothing changes.")
            else:
                steering.act(session, instance_id, step, actor=actor, reason=reason)
                address = url_for("pages.cockpit_instance", instance_id=instance_id)
                done = _("Done, and recorded with its reason.")
    except (Conflict, InvalidInput) as error:
        status = 409 if isinstance(error, Conflict) else 422
        return _page(actor, instance_id, words.error_words(error, status)), status
    flash(done, "done")
    return redirect(address, 303)


@blueprint.get("/cockpit/requests/<steering_id>", endpoint="steering")
@guard(roles=COCKPIT)
def show_steering(actor: Actor, steering_id: str) -> str:
    """Show what is asked to be done with an instance, what it would come to now, and what was decided."""
    return _request(actor, steering_id)


@blueprint.post("/cockpit/requests/<steering_id>/confirm")
@guard(roles=COCKPIT)
def confirm_steering(actor: Actor, steering_id: str) -> Response | tuple[str, int]:
    """Do what another has asked for."""

    def confirm(session: Session) -> None:
        steering.confirm(session, steering_id, actor=actor)

    return _decided(actor, steering_id, confirm, _("Done, and recorded with both names and the reason."))


@blueprint.post("/cockpit/requests/<steering_id>/refuse")
@guard(roles=COCKPIT)
def refuse_steering(actor: Actor, steering_id: str) -> Response | tuple[str, int]:
    """Send back what another has asked for, with the reason."""

    def refuse(session: Session) -> None:
        steering.refuse(session, steering_id, request.form.get("remark", ""), actor=actor)

    return _decided(actor, steering_id, refuse, _("Sent back. Nothing was changed."))


@blueprint.post("/cockpit/requests/<steering_id>/withdraw")
@guard(roles=COCKPIT)
def withdraw_steering(actor: Actor, steering_id: str) -> Response | tuple[str, int]:
    """Take back what oneself has asked for."""

    def withdraw(session: Session) -> None:
        steering.withdraw(session, steering_id, actor=actor)

    return _decided(actor, steering_id, withdraw, _("Taken back. Nothing was changed."))


def _decided(
    actor: Actor, steering_id: str, act: Callable[[Session], None], done: str
) -> Response | tuple[str, int]:
    try:
        with unit_of_work() as session:
            act(session)
    except (Conflict, InvalidInput) as error:
        status = 409 if isinstance(error, Conflict) else 422
        return _request(actor, steering_id, words.error_words(error, status)), status
    flash(done, "done")
    return redirect(url_for("pages.steering", steering_id=steering_id), 303)


def _request(actor: Actor, steering_id: str, error: str = "") -> str:
    with reading() as session:
        asked = steering.steering(session, steering_id, actor)
        instance = session.get_one(Instance, asked.instance_id)
        seen = visibility.policy().may(session, actor, "see", instance).allowed
        nodes = course.nodes_of(session, instance.definition_id)
        task = session.get(Task, asked.task_id) if asked.task_id else None
        along, impossible = _outcome(session, asked) if asked.state == "waiting" and seen else ([], "")
        return render_template(
            "steering.html",
            asked=asked,
            instance=instance,
            definition=session.get_one(ProcessDefinition, instance.definition_id),
            seen=seen,
            step=names.task_name(task) if task else "",
            to=course.node_name(nodes.get(asked.to or ""), asked.to or ""),
            along=along,
            impossible=impossible,
            may_confirm=steering.may_confirm(session, asked, actor),
            kinds=kind_words(),
            request_states={
                "waiting": _("waits for a second person"),
                "done": _("done"),
                "refused": _("sent back"),
                "withdrawn": _("taken back"),
            },
            error=error,
        )


def _outcome(session: Session, asked: Steering) -> tuple[list[str], str]:
    """Return the steps whose tokens would go along as it stands now, and why it could not be done, if so."""
    if asked.kind not in steering.OF_TASK:
        return [], ""
    try:
        made = steering.look(session, asked)
    except DubanError as error:
        return [], words.error_words(error, 409)
    return [course.node_name(node) for node in made.along], ""


def _page(actor: Actor, instance_id: str, error: str = "") -> str:
    with reading() as session:
        instance = instances.get(session, instance_id, actor)
        may = {
            kind: visibility.policy().may(session, actor, act, instance).allowed
            for kind, act in steering.KINDS.items()
        }
        whole = _is_whole(session, instance, actor)
        open_tasks = _open_tasks(session, instance, actor)
        steered = may["jump"] and instance.state == "active"
        return render_template(
            "cockpit_instance.html",
            instance=instance,
            definition=instance.definition,
            state=state_words()[instance.state],
            whole=whole,
            tasks=open_tasks,
            stations=course.stations(session, instance, actor),
            lines=course.lines(session, instance, actor),
            variables=_variables(session, instance, actor) if whole else [],
            timers=overview.timers(session, actor, instance_id=instance.id),
            jobs=overview.jobs(session, actor, instance_id=instance.id),
            incidents=overview.incidents(session, actor, instance_id=instance.id),
            next_try=overview.next_try,
            moves=moves.of_instance(session, instance.id) if whole else [],
            asked=steering.of_instance(session, instance.id) if any(may.values()) else [],
            may=may,
            targets=[_targets(session, instance, task, actor) for task in open_tasks] if steered else [],
            again=_again(session, instance) if may["reopen"] and instance.ended_at else [],
            kinds=kind_words(),
            incident_words=incident_words(),
            job_words=job_words(),
            second_person=settings().second_person,
            error=error,
        )


def _is_whole(session: Session, instance: Instance, actor: Actor) -> bool:
    """Tell whether nothing of the instance is hidden from the actor: then he sees variables, faults and jobs too."""
    whole = select(Instance.id).where(Instance.id == instance.id, visibility.policy().whole(actor))
    return session.scalar(whole) is not None


def _open_tasks(session: Session, instance: Instance, actor: Actor) -> list[Task]:
    standing = select(Task).where(Task.instance_id == instance.id, Task.closed_at.is_(None))
    standing = standing.where(visibility.policy().tasks(actor))
    return list(session.scalars(standing.order_by(Task.created_at, Task.id)))


def _variables(session: Session, instance: Instance, actor: Actor) -> list[tuple[str, str, bool]]:
    """Return name and value of the variables, long ones cut off and said to be."""
    found: dict[str, Any] = instances.variables(session, instance.id, actor)
    told = [(name, repr(value)) for name, value in sorted(found.items())]
    return [(name, value[:SHOWN], len(value) > SHOWN) for name, value in told]


def _targets(session: Session, instance: Instance, task: Task, actor: Actor) -> Targets:
    back, anywhere = instances.targets(session, instance.id, task.id, actor=actor)
    return Targets(
        task,
        [(node.id, course.node_name(node)) for node in back],
        [(node.id, course.node_name(node)) for node in anywhere if node.id != task.element_id],
    )


def _again(session: Session, instance: Instance) -> list[tuple[str, str]]:
    """Return the steps of the process itself at which it could go on."""
    nodes = course.nodes_of(session, instance.definition_id)
    return [
        (node.id, course.node_name(node))
        for node in nodes.values()
        if node.kind in course.STATIONS and node.name and node.scope is None
    ]
