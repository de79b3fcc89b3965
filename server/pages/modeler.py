"""The modeler: a supervisor draws on at a deployed process, is told what is wrong, keeps a draft, publishes.

Where the office wants a second person, publishing is asking for it: see `publications`.
"""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Any

from flask import Response, flash, jsonify, redirect, render_template, request, url_for
from flask_babel import gettext as _
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as AnyResponse

from server.db import reading, unit_of_work
from server.downloads import download
from server.guard import guard, settings
from server.pages import frame, names, pick_lists, remarks
from server.pages.blueprint import blueprint
from server.pages.processes import SUPERVISOR
from workflows import definitions
from workflows.actor import Actor
from workflows.definitions import drafts
from workflows.deployed import DECISION_SUFFIXES, FORM_SUFFIXES
from workflows.errors import Conflict, InvalidInput, NotFound
from workflows.model import DiagramDraft, ProcessDefinition


@blueprint.get("/processes/<definition_id>/model")
@guard(roles=SUPERVISOR)
def process_modeler(actor: Actor, definition_id: str) -> str | AnyResponse:
    """Open one version of a process, or the draft of it that the office is working on."""
    with reading() as session:
        base = definitions.get(session, definition_id)
        draft = drafts.pending(session, base.key)
        if draft is not None and _other_base(session, draft, base):
            return redirect(url_for("pages.process_modeler", definition_id=draft.based_on), 303)
        last = drafts.newest(session, base.key)
        return render_template(
            "modeler.html",
            base=base,
            draft=draft,
            seen=last.number if last else 0,
            newest=definitions.latest(session, base.key),
            choices=pick_lists.of(session, base),
            uses=pick_lists.USES,
            shortcuts=_shortcuts(),
            second_person=settings().second_person,
        )


@blueprint.get("/processes/<definition_id>/draft.xml")
@guard(roles=SUPERVISOR)
def draft_xml(actor: Actor, definition_id: str) -> Response:
    """Give the diagram of the draft."""
    with reading() as session:
        base = definitions.get(session, definition_id)
        draft = drafts.pending(session, base.key)
        if draft is None or draft.content is None:
            raise NotFound(f"There is no draft of {base.key}.", code="draft")
        return download(draft.content, "application/xml", "draft.bpmn")


@blueprint.get("/processes/<definition_id>/files.json")
@guard(roles=SUPERVISOR)
def draft_files(actor: Actor, definition_id: str) -> Response:
    """Give the forms and tables beside a version (`base`), and those that its draft changes, by name."""
    with reading() as session:
        base = definitions.get(session, definition_id)
        draft = drafts.pending(session, base.key)
        found = {
            file.name: file.content.decode(errors="replace")
            for file in definitions.resources(session, base.deployment_id)
            if file.name.endswith((*FORM_SUFFIXES, *DECISION_SUFFIXES))
        }
        return jsonify(base=found, draft=draft.beside if draft else {})


@blueprint.post("/processes/<definition_id>/check")
@guard(roles=SUPERVISOR)
def check_diagram(actor: Actor, definition_id: str) -> Response:
    """Say what the gate finds in a diagram; nothing is kept."""
    diagram, beside = _diagram(), _beside()
    with reading() as session:
        base = definitions.get(session, definition_id)
        found = definitions.check_diagram(session, base, diagram, beside, profile=settings().gate)
        return jsonify(findings=remarks.told(found, base.resource_name))


@blueprint.post("/processes/<definition_id>/draft")
@guard(roles=SUPERVISOR)
def save_diagram(actor: Actor, definition_id: str) -> Response:
    """Keep the diagram as the draft of its process, or say who has changed the draft since."""
    diagram, beside = _diagram(), _beside()
    try:
        with unit_of_work() as session:
            base = definitions.get(session, definition_id)
            draft = drafts.save(session, base, diagram, beside=beside, seen=_seen(), actor=actor)
    except Conflict as conflict:
        told = conflict.params
        joins = told.get("act") == "saved" and told["based_on"] == definition_id
        return _refusal(409, _conflict_words(conflict), joins=joins)
    return jsonify(seen=draft.number, at=frame.local(draft.written_at))


@blueprint.post("/processes/<definition_id>/draft/join")
@guard(roles=SUPERVISOR)
def join_diagram(actor: Actor, definition_id: str) -> Response:
    """Put a diagram together with the draft that another has saved meanwhile, and say what clashes; nothing is kept."""
    diagram, beside = _diagram(), _beside()
    with reading() as session:
        base = definitions.get(session, definition_id)
        joined = drafts.join(session, base, diagram, beside=beside, seen=_seen(), chosen=_chosen())
        return jsonify(
            seen=joined.draft.number,
            diagram=joined.diagram.content.decode(),
            beside=joined.beside,
            clashes=[asdict(clash) for clash in joined.clashes],
            message=_joined_words(joined),
        )


@blueprint.post("/processes/<definition_id>/draft/discard")
@guard(roles=SUPERVISOR)
def discard_diagram(actor: Actor, definition_id: str) -> AnyResponse:
    """End the draft unpublished, and open what is deployed."""
    try:
        with unit_of_work() as session:
            base = definitions.get(session, definition_id)
            drafts.discard(session, base, seen=_seen(), actor=actor)
    except Conflict as conflict:
        flash(_conflict_words(conflict), "error")
    else:
        flash(_("The draft is discarded. What was saved stays on record."), "done")
    return redirect(url_for("pages.process_modeler", definition_id=definition_id), 303)


@blueprint.post("/processes/<definition_id>/publish")
@guard(roles=SUPERVISOR)
def publish(actor: Actor, definition_id: str) -> Response:
    """Publish the draft as the next version of its process, or ask for it, or say what speaks against it."""
    diagram, beside, reason = _diagram(), _beside(), request.form.get("reason", "")
    follows = request.form.get("follows", "")
    file = ""
    try:
        with unit_of_work() as session:
            base = definitions.get(session, definition_id)
            file = base.resource_name
            drawn = definitions.Drawn(base, diagram, beside, _seen(), follows)
            how: dict[str, Any] = {"reason": reason, "actor": actor, "profile": settings().gate}
            if settings().second_person:
                asked = definitions.publishing.ask(session, drawn, **how)
                address = url_for("pages.publication", publication_id=asked.id)
                what = _("The draft is saved, and waits for a second person. Until then nothing changes.")
            else:
                made = definitions.publish(session, drawn, **how)
                address = url_for("pages.process", definition_id=made.id)
                what = _(
                    "Published: %(what)s. New matters take it; running ones keep their version.",
                    what=f"{names.process_name(made)} v{made.version}",
                )
    except Conflict as conflict:
        return _refusal(409, _conflict_words(conflict), follows=conflict.params.get("follows", follows))
    except InvalidInput as error:
        words = _("Say why, in at most 255 characters.") if error.code == "reason" else ""
        words = words or _("Not published: mend what is listed first.")
        return _refusal(422, words, findings=remarks.told(error.findings, file))
    flash(what, "done")
    return jsonify(url=address)


def _other_base(session: Session, draft: DiagramDraft, base: ProcessDefinition) -> bool:
    """Return whether a draft goes on from another version, and that one is still there."""
    return draft.based_on != base.id and session.get(ProcessDefinition, draft.based_on) is not None


def _diagram() -> bytes:
    file = request.files.get("diagram")
    if file is None:
        raise InvalidInput("There is no diagram in the request.")
    return file.read()


def _beside() -> dict[str, str]:
    """Return the forms and tables that came with the diagram; InvalidInput for one that is no text."""
    found = {}
    for file in request.files.getlist("beside"):
        try:
            found[file.filename or ""] = file.read().decode()
        except UnicodeDecodeError:
            raise InvalidInput(f"{file.filename} is not written in UTF-8.", code="file_name") from None
    return found


def _seen() -> int:
    number = request.form.get("seen", "")
    if not (number.isascii() and number.isdigit() and len(number) < 9):
        raise InvalidInput("The number of the draft is missing.")
    return int(number)


def _chosen() -> dict[str, str]:
    """Return whose prevails, by what clashes."""
    try:
        given = json.loads(request.form.get("chosen", "{}"))
    except (ValueError, RecursionError):
        given = None
    if not isinstance(given, dict):
        raise InvalidInput("What is chosen is not told.")
    return {str(name): str(whose) for name, whose in given.items()}


def _refusal(status: int, message: str, **more: Any) -> Response:
    response = jsonify(message=message, **more)
    response.status_code = status
    return response


def _joined_words(joined: drafts.Joined) -> str:
    """Say what was taken from whom."""
    taken = _(
        "Put together: %(theirs)s changes of %(who)s, %(mine)s of yours. Look at it, then save the draft.",
        theirs=names.number(joined.diagram.theirs),
        mine=names.number(joined.diagram.mine),
        who=names.person(joined.draft.written_by),
    )
    if not joined.diagram.laid:
        return taken
    laid = _("What both have moved lies where you have it (%(n)s).", n=names.number(joined.diagram.laid))
    return f"{taken} {laid}"


def _conflict_words(conflict: Conflict) -> str:
    told = conflict.params
    if conflict.code == "unchanged":
        return _("Nothing to publish: the diagram is that of the newest version.")
    if conflict.code == "publication_waiting":
        return _(
            "%(who)s asked on %(when)s to have this process published, and a second person has not decided yet. "
            "Take that back first, or wait for it: it stands on the page of processes.",
            who=names.person(told["by"]),
            when=frame.local(told["at"]),
        )
    given = {"who": names.person(told["by"]), "when": frame.local(told["at"])}
    if conflict.code == "version_overtaken":
        return _(
            "%(who)s published version %(n)d on %(when)s, after you opened this page. Look at it first; "
            "if yours shall replace it all the same, publish again.",
            n=told["version"],
            **given,
        )
    return {
        "saved": _(
            "%(who)s saved this draft on %(when)s, after you opened it. Nothing was overwritten: "
            "save the draft to put both together, or download yours and open this page again.",
            **given,
        ),
        "discarded": _(
            "%(who)s discarded this draft on %(when)s. Download your diagram before you open this page again.",
            **given,
        ),
        "published": _(
            "%(who)s published this draft on %(when)s. Download your diagram before you open this page again.",
            **given,
        ),
    }[told["act"]]


def _shortcuts() -> list[tuple[tuple[str, ...], str]]:
    """Return the keys that the drawing library and the page know, and what each does."""
    return [
        (("Ctrl", "Z"), _("undo")),
        (("Ctrl", "Y"), _("redo")),
        (("Ctrl", "C"), _("copy")),
        (("Ctrl", "X"), _("cut")),
        (("Ctrl", "V"), _("paste: a click puts it down")),
        (("Ctrl", "D"), _("duplicate")),
        (("Ctrl", "A"), _("select everything")),
        (("Ctrl", "F"), _("find an element by its name")),
        (("Ctrl", "S"), _("save the draft")),
        (("Del",), _("delete what is selected")),
        (("E",), _("write its name")),
        (("R",), _("make it another kind of element")),
        (("C",), _("connect")),
        (("L",), _("select with a frame")),
        (("S",), _("make or take away room")),
        (("H",), _("move the view")),
        (("← ↑ ↓ →",), _("move what is selected, with Shift farther")),
        (("Ctrl", "← ↑ ↓ →"), _("move the view, with Shift farther")),
        (("Ctrl", "+ −"), _("larger, smaller")),
        (("Ctrl", "0"), _("actual size")),
        (("Esc",), _("leave a tool, or writing")),
        (("?",), _("this list")),
    ]
