"""The supervisor's pages of paper templates: take one to Word, try a changed one, let it hold, go back."""

from __future__ import annotations

import difflib
from dataclasses import dataclass

from flask import Response, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as Redirect

from handlers import codes
from handlers.registers import papers
from handlers.registers.papers import classes, saying, templates
from server.db import reading, unit_of_work
from server.downloads import download
from server.guard import guard
from server.limited import limited
from server.pages import names, words
from server.pages.blueprint import blueprint
from server.papers import pdf
from server.traffic.rates import UPLOADS
from workflows import clock
from workflows import papers as paper_kinds
from workflows.actor import Actor
from workflows.errors import Conflict, DubanError, FieldError, InvalidInput, NotFound
from workflows.papers import Mark, Paper, shapes, word

SUPERVISOR = {"supervisor"}


@dataclass(frozen=True)
class Tried:
    """What a supervisor has just sent: how the paper would look, or what is wrong."""

    paper: Paper | None = None
    changes: tuple[tuple[str, str], ...] = ()
    problems: tuple[str, ...] = ()
    note: str = ""


@blueprint.get("/paper-templates")
@guard(roles=SUPERVISOR)
def paper_templates(actor: Actor) -> str:
    """List the kinds of papers with the template that holds for each."""
    with reading() as session:
        listed = [(kind, templates.newest(session, kind)) for kind in _kinds()]
        return render_template("paper_templates.html", listed=listed, kind_word=_kind_word)


@blueprint.get("/paper-templates/<kind>")
@guard(roles=SUPERVISOR)
def paper_template(actor: Actor, kind: str) -> str:
    """Show a kind's template: its versions, what the paper can say, and where to send a changed one."""
    return _page(kind, Tried())


@blueprint.post("/paper-templates/<kind>")
@guard(roles=SUPERVISOR)
@limited(UPLOADS)
def send_template(actor: Actor, kind: str) -> Redirect | tuple[str, int]:
    """Try the template that was sent, or let it hold; wrong ones are shown with what is wrong, place by place."""
    templates.known(kind)
    file, note = request.files.get("file"), request.form.get("note", "").strip()
    content = file.read() if file else b""
    try:
        if not content:
            raise InvalidInput("Choose a file.", fields={"file": FieldError("word_missing")}, code="form")
        if request.form.get("act") == "try":
            return _page(kind, _tried(kind, content, note)), 200
        with unit_of_work() as session:
            row = templates.bring(session, actor, kind, content, note)
            number = row.version
    except (Conflict, InvalidInput) as error:
        return _page(kind, Tried(problems=_problems(error), note=note)), 422
    flash(_("Version %(n)s holds from now on.", n=number), "done")
    return redirect(url_for("pages.paper_template", kind=kind), 303)


@blueprint.post("/paper-templates/<kind>/back")
@guard(roles=SUPERVISOR)
def template_back(actor: Actor, kind: str) -> Redirect | tuple[str, int]:
    """Let an earlier version, or the program's own template, hold again."""
    asked = request.form.get("version", "")
    if not (asked.isascii() and asked.isdecimal() and len(asked) < 7):
        raise NotFound(f"There is no version {asked!r}.", code="template")
    try:
        with unit_of_work() as session:
            row = templates.go_back(session, actor, kind, int(asked), request.form.get("note", ""))
            number = row.version
    except (Conflict, InvalidInput) as error:
        return _page(kind, Tried(problems=_problems(error))), 422
    flash(_("Version %(n)s holds from now on.", n=number), "done")
    return redirect(url_for("pages.paper_template", kind=kind), 303)


@blueprint.get("/paper-templates/<kind>/<int:number>")
@guard(roles=SUPERVISOR)
def template_version(actor: Actor, kind: str, number: int) -> str | Response:
    """Show one version with made-up data and what changed in it; give it as Word file or PDF (`as=word`, `as=pdf`).

    Version 0 is the template that the program brings.
    """
    with reading() as session:
        content = _content(session, kind, number)
        before = _content(session, kind, number - 1) if number else content
        row = templates.version(session, kind, number) if number else None
        name = f"{_kind_word(kind)}-v{number}"
        if request.args.get("as") == "word":
            return download(content, word.MEDIA_TYPE, f"{name}.docx")
        paper = _example(kind, content)
        if request.args.get("as") == "pdf":
            return download(pdf(paper, at=clock.now()), "application/pdf", f"{name}.pdf")
        return render_template(
            "paper_template_version.html",
            kind=kind,
            number=number,
            row=row,
            paper=paper,
            changed=_changes(before, content),
            kind_word=_kind_word,
        )


def _page(kind: str, tried: Tried) -> str:
    templates.known(kind)
    with reading() as session:
        rows = templates.versions(session, kind)
        return render_template(
            "paper_template.html",
            kind=kind,
            rows=rows,
            holds=rows[0] if rows and rows[0].sha256 else None,
            tried=tried,
            sayings=saying.sayings(kind),
            offered=[codes.word(classes.TABLE, code, names.lang()) for code in classes.offered(kind)],
            kind_word=_kind_word,
        )


def _kinds() -> list[str]:
    listed = (row["code"] for row in codes.rows("document_kinds"))
    return [kind for kind in listed if paper_kinds.names_on(kind) is not None]


def _kind_word(kind: str) -> str:
    return codes.word("document_kinds", kind, names.lang())


def _content(session: Session, kind: str, number: int) -> bytes:
    """Return a version as a Word file; what goes back to the program's own is that."""
    templates.known(kind)
    content = templates.version(session, kind, number).content if number else None
    return content if content is not None else word.starting(papers.source(kind))


def _tried(kind: str, content: bytes, note: str) -> Tried:
    paper = _example(kind, content)
    with reading() as session:
        last = templates.newest(session, kind)
        before = _content(session, kind, last.version if last else 0)
    return Tried(paper, _changes(before, content), (), note)


def _example(kind: str, content: bytes) -> Paper:
    """Return the paper that a template makes of made-up data."""
    shape = saying.shape(kind)
    marks: tuple[Mark, ...] = (
        ("密级", codes.word(classes.TABLE, classes.offered(kind)[-1], "zh")),
        ("编号", "样张"),
        ("版本", "第1版"),
    )
    return word.read(content, shape).fill(shapes.example(shape), marks)


def _changes(before: bytes, after: bytes) -> tuple[tuple[str, str], ...]:
    """Return the lines that went (`-`) and came (`+`) with a version."""
    found = difflib.ndiff(word.lines(before), word.lines(after))
    return tuple((line[0], line[2:]) for line in found if line[0] in "+-")


def _problems(error: DubanError) -> tuple[str, ...]:
    if isinstance(error, InvalidInput) and error.fields:
        return tuple(words.field_words(fault) for fault in error.fields.values())
    return (words.error_words(error, 422),)
