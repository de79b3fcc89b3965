"""The supervisor's pages: versions of processes with their diagrams, and taking in changed ones."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import PurePath
from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from sqlalchemy import func, select
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from server.db import reading, unit_of_work
from server.guard import guard, settings
from server.limited import limited
from server.pages.blueprint import blueprint
from server.pages.words import field_words
from server.traffic.rates import UPLOADS
from workflows import definitions
from workflows.actor import Actor
from workflows.definitions import blank, publishing
from workflows.errors import FieldError, InvalidInput, NotFound
from workflows.model import Deployment, Instance, ProcessDefinition, Publication

SUPERVISOR = {"supervisor"}


@blueprint.get("/processes")
@guard(roles=SUPERVISOR)
def processes(actor: Actor) -> str:
    """List the processes with their latest version, and offer to take in files."""
    return _page()


@blueprint.post("/processes")
@guard(roles=SUPERVISOR)
@limited(UPLOADS)
def deploy(actor: Actor) -> Response | tuple[str, int]:
    """Take in the uploaded files, or show what speaks against them, element by element."""
    files = {_plain(file.filename): file.read() for file in request.files.getlist("files") if file.filename}
    name = request.form.get("name", "").strip()
    try:
        if settings().second_person:
            return _ask(files, name, actor)
        deployment_id = _deploy(files, name, actor)
    except InvalidInput as error:
        return _page(error, name), 422
    with reading() as session:
        fresh = session.scalars(
            select(ProcessDefinition).where(ProcessDefinition.deployment_id == deployment_id)
        ).all()
    words = ", ".join(f"{row.name or row.key} v{row.version}" for row in fresh)
    flash(
        _("Published: %(what)s. New matters take it; running ones keep their version.", what=words)
        if fresh
        else _("Nothing changed: these files are deployed already."),
        "done",
    )
    return redirect(url_for("pages.processes"), 303)


@blueprint.post("/processes/new")
@guard(roles=SUPERVISOR)
def new_process(actor: Actor) -> Response | tuple[str, int]:
    """Begin a new process, empty and not to be started yet, and open it to be drawn."""
    key, name = request.form.get("key", "").strip(), request.form.get("name", "")
    try:
        with unit_of_work() as session:
            made = blank.begin(session, key, name, actor=actor, profile=settings().gate)
    except InvalidInput as error:
        return _page(begun={"key": key, "name": name, "wrong": error.fields}), 422
    return redirect(url_for("pages.process_modeler", definition_id=made.id), 303)


@blueprint.get("/processes/<definition_id>")
@guard(roles=SUPERVISOR)
def process(actor: Actor, definition_id: str) -> str:
    """Show one version: its diagram, its siblings, how many matters run on it."""
    with reading() as session:
        row = session.get(ProcessDefinition, definition_id)
        if row is None:
            raise NotFound(f"There is no process version {definition_id}.", code="process")
        versions = session.scalars(
            select(ProcessDefinition)
            .where(ProcessDefinition.key == row.key)
            .order_by(ProcessDefinition.version.desc())
        ).all()
        deployment = session.get(Deployment, row.deployment_id)
        return render_template(
            "process.html",
            row=row,
            versions=versions,
            deployment=deployment,
            asked=session.get(Publication, row.deployment_id),
            running=_running(session),
        )


def _deploy(files: Mapping[str, bytes], name: str, actor: Actor) -> str:
    _guard_any(files)
    gate = settings().gate
    with unit_of_work() as session:
        taken = definitions.deploy(
            session, files, name=name or next(iter(files)), source="page", actor=actor, profile=gate
        )
        return taken.id


def _ask(files: Mapping[str, bytes], name: str, actor: Actor) -> Response:
    """Let the files wait for a second person."""
    _guard_any(files)
    if not name:
        raise InvalidInput("Say what changes, and why.", fields={"name": FieldError("required")})
    gate = settings().gate
    with unit_of_work() as session:
        asked = publishing.ask_files(session, files, name=name, source="page", actor=actor, profile=gate)
        address = url_for("pages.publication", publication_id=asked.id)
    flash(_("The files are sound, and wait for a second person. Until then nothing changes."), "done")
    return redirect(address, 303)


def _guard_any(files: Mapping[str, bytes]) -> None:
    if not files:
        raise InvalidInput("Choose at least one file.", fields={"files": FieldError("required")})


def _page(error: InvalidInput | None = None, name: str = "", begun: Mapping[str, Any] | None = None) -> str:
    latest = select(ProcessDefinition.key, func.max(ProcessDefinition.version).label("version"))
    newest = latest.group_by(ProcessDefinition.key).subquery()
    with reading() as session:
        rows = session.execute(
            select(ProcessDefinition, Deployment)
            .join(
                newest,
                (newest.c.key == ProcessDefinition.key) & (newest.c.version == ProcessDefinition.version),
            )
            .join(Deployment, Deployment.id == ProcessDefinition.deployment_id)
            .order_by(ProcessDefinition.key)
        ).all()
        return render_template(
            "processes.html",
            begun=begun or {},
            wrong={key: field_words(one) for key, one in (begun or {}).get("wrong", {}).items()},
            rows=rows,
            waiting=publishing.waiting(session),
            second_person=settings().second_person,
            running=_running(session),
            error=error,
            name=name,
        )


def _running(session: Session) -> dict[str, int]:
    """Return how many instances run on each version."""
    counted: Any = session.execute(
        select(Instance.definition_id, func.count())
        .where(Instance.state.in_(("active", "suspended")))
        .group_by(Instance.definition_id)
    )
    return dict(counted.all())


def _plain(filename: str | None) -> str:
    # A browser may send a path; both slashes separate.
    return PurePath((filename or "").replace("\\", "/")).name
