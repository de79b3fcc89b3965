"""Papers and files as they are given out: a paper as PDF, as a page or as it is kept; a file byte for byte."""

from __future__ import annotations

import base64
import hashlib
from datetime import datetime
from typing import Any

from flask import Response, render_template, request
from werkzeug.exceptions import NotAcceptable

from handlers.registers import Document, papers
from server.downloads import download
from server.papers import pdf
from workflows.papers import Paper, word

PDF, HTML, JSON = "application/pdf", "text/html", "application/json"
#: What the document says of a paper's forms.
FORMS: dict[str, Any] = {
    PDF: {"schema": {"type": "string", "contentMediaType": PDF}},
    HTML: {"schema": {"type": "string"}},
    word.MEDIA_TYPE: {"schema": {"type": "string", "contentMediaType": word.MEDIA_TYPE}},
}


def wanted(*offered: str) -> str:
    """Return the media type that the client wants of those offered, the first where it does not mind; else 406."""
    best = request.accept_mimetypes.best_match(offered) if request.accept_mimetypes else offered[0]
    if best is None:
        raise NotAcceptable(f"This is given as {', '.join(offered)}.")
    return best


def drawn(found: Document, media_type: str) -> Response:
    """Return a paper in this form, or a file as it is."""
    paper = papers.content(found)
    if paper is None:
        return _given(found.content, found.media_type, found.title)
    name = f"{found.title}-{found.number}-v{found.version}"
    if media_type == papers.MEDIA_TYPE:
        return _given(found.content, papers.MEDIA_TYPE, f"{name}.json")
    return paper_as(media_type, paper, name, at=found.created_at)


def paper_as(media_type: str, paper: Paper, name: str, *, at: datetime) -> Response:
    """Return a paper as PDF, as a Word file or as a page."""
    if media_type == word.MEDIA_TYPE:
        return _given(word.written(paper), word.MEDIA_TYPE, f"{name}.docx")
    if media_type == HTML:
        page = render_template("paper.html", paper=paper, title=name)
        return _given(page.encode(), f"{HTML}; charset=utf-8", f"{name}.html")
    return _given(pdf(paper, at=at), PDF, f"{name}.pdf")


def _given(content: bytes, media_type: str, name: str) -> Response:
    response = download(content, media_type, name)
    digest = base64.b64encode(hashlib.sha256(content).digest()).decode()
    response.headers["Repr-Digest"] = f"sha-256=:{digest}:"
    response.headers["Vary"] = "Accept"
    return response
