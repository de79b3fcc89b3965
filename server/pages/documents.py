"""The documents of a matter: papers to be read and printed, files to be looked at and saved."""

from __future__ import annotations

from flask import Response, render_template, request, url_for
from sqlalchemy import select
from sqlalchemy.orm import Session

from handlers import filetypes
from handlers.registers import Clue, Document, papers
from server.db import reading
from server.downloads import INERT, download
from server.guard import guard
from server.limited import limited
from server.pages import words
from server.pages.blueprint import blueprint
from server.pages.clues import visible, word
from server.pages.frame import OFFICE
from server.pages.papers import Line, lines, readable
from server.papers import pdf
from server.papers.picture import page_of
from server.traffic.rates import EXPORTS
from workflows.actor import Actor
from workflows.errors import NotFound
from workflows.papers import word as word_file

READERS = OFFICE | {"agency_clerk"}
#: Longer texts are shown by their beginning.
LONGEST_SHOWN = 100_000


@blueprint.get("/clues/<clue_id>/documents/<document_id>/page")
@guard(roles=READERS)
def document_page(actor: Actor, clue_id: str, document_id: str) -> str:
    """Show a document: a paper as it is printed, a file by what can be shown of it without running it."""
    with reading() as session:
        clue, found, view = seen(session, actor, clue_id, document_id)
        line = next(line for line in lines(session, actor, clue, view) if found.id in _ids(line))
        shown = filetypes.shown_as(found.media_type)
        text = filetypes.text(found.content) if shown == "text" else None
        return render_template(
            "document.html",
            clue=clue,
            document=found,
            line=line,
            paper=papers.content(found),
            shown=shown,
            text=(text or "")[:LONGEST_SHOWN],
            cut=len(text or "") > LONGEST_SHOWN,
            renamed=_claims_otherwise(found),
            page=_page(),
            back=url_for("pages.clue", clue_id=clue.id) if view == "content" else url_for("pages.transfers"),
            word=word,
            taken_out=words.cleaned_words(found.cleaned),
        )


@blueprint.get("/clues/<clue_id>/documents/<document_id>/picture")
@guard(roles=READERS)
def document_picture(actor: Actor, clue_id: str, document_id: str) -> Response:
    """Give what a page shows of a file: a picture as it is, of a PDF the picture of one page."""
    with reading() as session:
        _, found, _ = seen(session, actor, clue_id, document_id)
        shown, content, media_type = filetypes.shown_as(found.media_type), found.content, found.media_type
    if shown == "pdf":
        # Outside the transaction: drawing a stranger's file may take its time.
        content, media_type = page_of(content, _page()) or b"", "image/png"
    if shown not in ("image", "pdf") or not content:
        raise NotFound("There is nothing to be shown of this document.", code="document")
    response = Response(content, mimetype=media_type)
    # A picture can carry no script, and is given no right to run one.
    response.headers["Content-Security-Policy"] = INERT
    return response


@blueprint.get("/clues/<clue_id>/documents/<document_id>")
@guard(roles=READERS)
@limited(EXPORTS)
def document(actor: Actor, clue_id: str, document_id: str) -> Response:
    """Give a document to be saved: a paper as PDF or (`as=word`) as a Word file, a file byte for byte."""
    with reading() as session:
        _, found, _ = seen(session, actor, clue_id, document_id)
        content, media_type, name = found.content, found.media_type, found.title
        if paper := papers.content(found):
            name = f"{found.title}-{found.number}-v{found.version}"
            if request.args.get("as") == "word":
                return download(word_file.written(paper), word_file.MEDIA_TYPE, f"{name}.docx")
            content, media_type, name = pdf(paper, at=found.created_at), "application/pdf", f"{name}.pdf"
    return download(content, media_type, name)


def seen(session: Session, actor: Actor, clue_id: str, document_id: str) -> tuple[Clue, Document, str]:
    """Return a document that the actor may see; NotFound otherwise."""
    clue, view = visible(session, actor, clue_id)
    found = session.scalar(
        select(Document).where(
            Document.id == document_id, Document.clue_id == clue.id, readable(session, actor, clue, view)
        )
    )
    if found is None:
        raise NotFound(f"There is no document {document_id}.", code="document")
    return clue, found, view


def _ids(line: Line) -> set[str]:
    return {line.newest.id, *(row.id for row in line.earlier)}


def _page() -> int:
    asked = request.args.get("page", "1")
    return max(1, int(asked)) if asked.isascii() and asked.isdecimal() and len(asked) < 5 else 1


def _claims_otherwise(found: Document) -> bool:
    """Whether the file's name says that it is something else than it is."""
    endings = {"pdf": "pdf", "image": "png jpg jpeg gif webp", "text": ""}
    ending = found.title.rpartition(".")[2].lower()
    known = [kind for kind, words in endings.items() if ending in words.split()]
    return bool(known) and known[0] != filetypes.shown_as(found.media_type)
