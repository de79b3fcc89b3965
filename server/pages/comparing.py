"""Two versions of a process side by side; or a version and its draft, or what somebody asks to publish."""

from __future__ import annotations

from dataclasses import dataclass

from flask import render_template, request, url_for
from flask_babel import gettext as _
from sqlalchemy import select
from sqlalchemy.orm import Session

from server.db import reading
from server.guard import guard
from server.pages.blueprint import blueprint
from server.pages.processes import SUPERVISOR
from workflows import definitions
from workflows.actor import Actor
from workflows.definitions import comparing, drafts, files, publishing
from workflows.errors import NotFound
from workflows.model import ProcessDefinition

DRAFT, ASKED = "draft", "asked:"


@dataclass(frozen=True)
class Side:
    """One of the two: what it is called, where its diagram is, and its files."""

    name: str
    diagram: str
    files: dict[str, bytes]


@blueprint.get("/processes/<definition_id>/compare")
@guard(roles=SUPERVISOR)
def compare(actor: Actor, definition_id: str) -> str:
    """Show what differs between a version and `with`: another version's id, `draft`, or `asked:` and a request's id."""
    with reading() as session:
        base = definitions.get(session, definition_id)
        chosen = request.args.get("with") or _likely(session, base)
        other = _other(session, base, chosen)
        this = _version(session, base)
        # The earlier one stands on the left.
        newer = chosen == DRAFT or chosen.startswith(ASKED)
        newer = newer or definitions.get(session, chosen).version > base.version
        sides = (this, other) if newer else (other, this)
        beside = [
            {name: content for name, content in side.files.items() if name != base.resource_name}
            for side in sides
        ]
        return render_template(
            "compare.html",
            base=base,
            sides=sides,
            chosen=chosen,
            choices=_choices(session, base),
            changes=comparing.files(*beside),
            file_words={"added": _("new"), "removed": _("gone"), "changed": _("altered")},
        )


def _likely(session: Session, base: ProcessDefinition) -> str:
    """Return what the base is compared with where nobody says: its draft, the version before, or the newest."""
    draft = drafts.pending(session, base.key)
    if draft is not None and draft.based_on == base.id:
        return DRAFT
    before = select(ProcessDefinition.id).where(
        ProcessDefinition.key == base.key, ProcessDefinition.version < base.version
    )
    found = session.scalar(before.order_by(ProcessDefinition.version.desc()).limit(1))
    return found or definitions.latest(session, base.key).id


def _other(session: Session, base: ProcessDefinition, chosen: str) -> Side:
    if chosen == DRAFT:
        draft = drafts.pending(session, base.key)
        if draft is None or draft.content is None:
            raise NotFound(f"There is no draft of {base.key}.", code="draft")
        content = drafts.together(session, base, draft.content, draft.beside)
        return Side(_("Draft"), url_for("pages.draft_xml", definition_id=base.id), content)
    if chosen.startswith(ASKED):
        asked = publishing.publication(session, chosen.removeprefix(ASKED))
        content = {file.name: file.content for file in asked.files}
        drawn = [name for name, process in files.read(content).processes if process.id == base.key]
        if not drawn:
            raise NotFound(f"{asked.name} has no process {base.key}.", code="definition")
        address = url_for("pages.publication_file", publication_id=asked.id, name=drawn[0])
        return Side(asked.name, address, content)
    row = definitions.get(session, chosen)
    if row.key != base.key:
        raise NotFound(f"{chosen} is no version of {base.key}.", code="definition")
    return _version(session, row)


def _version(session: Session, row: ProcessDefinition) -> Side:
    content = {file.name: file.content for file in definitions.resources(session, row.deployment_id)}
    return Side(_("version %(n)d", n=row.version), url_for("pages.diagram", definition_id=row.id), content)


def _choices(session: Session, base: ProcessDefinition) -> list[tuple[str, str]]:
    found = [
        (row.id, _("version %(n)d", n=row.version))
        for row in definitions.list_definitions(session, key=base.key)
        if row.id != base.id
    ]
    if drafts.pending(session, base.key) is not None:
        found.insert(0, (DRAFT, _("Draft")))
    return found + [
        (ASKED + asked.id, asked.name) for asked in publishing.waiting(session) if asked.key == base.key
    ]
