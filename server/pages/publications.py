"""What waits for a second person: the files that one supervisor asks to publish, and what another says to that."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from flask import Response, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as AnyResponse

from server.db import reading, unit_of_work
from server.downloads import download
from server.guard import guard, settings
from server.pages import remarks, words
from server.pages.blueprint import blueprint
from server.pages.processes import SUPERVISOR
from workflows import definitions
from workflows.actor import Actor
from workflows.definitions import publishing
from workflows.deployed import PROCESS_SUFFIXES
from workflows.errors import Conflict, InvalidInput, NotFound
from workflows.model import ProcessDefinition, Publication, PublicationFile, Resource


@dataclass(frozen=True)
class Asked:
    """One file of a request: what becomes of the newest file of its name."""

    name: str
    state: str  #: added changed same
    diagram: bool


@blueprint.get("/processes/publications/<publication_id>")
@guard(roles=SUPERVISOR)
def publication(actor: Actor, publication_id: str) -> str:
    """Show what is asked for, what the gate finds in it, and what was decided."""
    return _page(publication_id)


@blueprint.get("/processes/publications/<publication_id>/file")
@guard(roles=SUPERVISOR)
def publication_file(actor: Actor, publication_id: str) -> Response:
    """Give one file that is asked for, `name` of the address."""
    with reading() as session:
        file = session.get(PublicationFile, (publication_id, request.args.get("name", "")))
        if file is None:
            raise NotFound("There is no such file in the request.", code="publication")
        return download(file.content, "application/octet-stream", file.name.rsplit("/", 1)[-1])


@blueprint.post("/processes/publications/<publication_id>/confirm")
@guard(roles=SUPERVISOR)
def confirm_publication(actor: Actor, publication_id: str) -> AnyResponse | tuple[str, int]:
    """Publish what another supervisor has asked for."""

    def confirm(session: Session) -> None:
        publishing.confirm(session, publication_id, actor=actor, profile=settings().gate)

    return _decided(
        publication_id, confirm, _("Published. New matters take it; running ones keep their version.")
    )


@blueprint.post("/processes/publications/<publication_id>/refuse")
@guard(roles=SUPERVISOR)
def refuse_publication(actor: Actor, publication_id: str) -> AnyResponse | tuple[str, int]:
    """Send back what another supervisor has asked for, with the reason."""

    def refuse(session: Session) -> None:
        publishing.refuse(session, publication_id, request.form.get("remark", ""), actor=actor)

    return _decided(publication_id, refuse, _("Sent back. The draft stays, for who asked to mend it."))


@blueprint.post("/processes/publications/<publication_id>/withdraw")
@guard(roles=SUPERVISOR)
def withdraw_publication(actor: Actor, publication_id: str) -> AnyResponse | tuple[str, int]:
    """Take back what oneself has asked for."""

    def withdraw(session: Session) -> None:
        publishing.withdraw(session, publication_id, actor=actor)

    return _decided(publication_id, withdraw, _("Taken back. The draft stays."))


def _decided(publication_id: str, act: Callable[[Session], None], done: str) -> AnyResponse | tuple[str, int]:
    try:
        with unit_of_work() as session:
            act(session)
    except (Conflict, InvalidInput) as error:
        status = 409 if isinstance(error, Conflict) else 422
        return _page(publication_id, words.error_words(error, status)), status
    flash(done, "done")
    return redirect(url_for("pages.publication", publication_id=publication_id), 303)


def _page(publication_id: str, error: str = "") -> str:
    with reading() as session:
        asked = publishing.publication(session, publication_id)
        files = _files(session, asked)
        diagram = next((file.name for file in files if file.diagram and file.state != "same"), None)
        content = {file.name: file.content for file in asked.files} if asked.state == "waiting" else {}
        found = definitions.check(content, profile=settings().gate, session=session) if content else []
        return render_template(
            "publication.html",
            asked=asked,
            files=files,
            diagram=diagram or next((file.name for file in files if file.diagram), None),
            findings=remarks.told(found, ""),
            published=_published(session, asked),
            state_words={
                "waiting": _("waits for a second person"),
                "published": _("published"),
                "refused": _("sent back"),
                "withdrawn": _("taken back"),
            },
            file_words={"added": _("new"), "changed": _("altered"), "same": _("as it was")},
            error=error,
        )


def _files(session: Session, asked: Publication) -> list[Asked]:
    followed = select(ProcessDefinition.deployment_id).where(
        ProcessDefinition.id.in_([one for one in asked.follows.values() if one])
    )
    rows = select(Resource.name, Resource.content).where(Resource.deployment_id.in_(followed))
    before = {name: content for name, content in session.execute(rows)}  # noqa: C416 -- rows are no pairs to mypy

    def state(file: PublicationFile) -> str:
        if file.name not in before:
            return "added"
        return "same" if before[file.name] == file.content else "changed"

    return [Asked(file.name, state(file), file.name.endswith(PROCESS_SUFFIXES)) for file in asked.files]


def _published(session: Session, asked: Publication) -> list[ProcessDefinition]:
    if asked.deployment_id is None:
        return []
    of_it = select(ProcessDefinition).where(ProcessDefinition.deployment_id == asked.deployment_id)
    return list(session.scalars(of_it.order_by(ProcessDefinition.key)))
