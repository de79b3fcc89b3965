"""The results of each quarter: what offices tell the intake office of people's reports, result only."""

from __future__ import annotations

from flask import Response, render_template
from sqlalchemy import select

from handlers.registers import quarterly
from server.db import reading
from server.downloads import download
from server.guard import guard
from server.limited import limited
from server.pages.blueprint import blueprint
from server.pages.names import lang
from server.papers import pdf
from server.traffic.rates import EXPORTS
from workflows.actor import Actor

READERS = quarterly.READERS | {"office_head"}
PAGE = 60


@blueprint.get("/results")
@guard(roles=READERS)
def results(actor: Actor) -> str:
    """List the lists of results that the reader may know of, the newest quarter first."""
    found = select(quarterly.QuarterlyList).where(quarterly.seen(actor))
    newest = (quarterly.QuarterlyList.until.desc(), quarterly.QuarterlyList.office_code)
    with reading() as session:
        rows = session.scalars(found.order_by(*newest).limit(PAGE)).all()
        counted = {row.id: len(quarterly.content(session, row, lang())) for row in rows}
        return render_template("results.html", rows=rows, counted=counted)


@blueprint.get("/results/<sheet_no>")
@guard(roles=READERS)
def result_list(actor: Actor, sheet_no: str) -> str:
    """Show one list as it is printed."""
    with reading() as session:
        row = quarterly.find(session, actor, sheet_no)
        return render_template("result_list.html", row=row, paper=quarterly.sheet(session, row))


@blueprint.get("/results/<sheet_no>/sheet.pdf")
@guard(roles=READERS)
@limited(EXPORTS)
def result_list_pdf(actor: Actor, sheet_no: str) -> Response:
    """Give one list as PDF."""
    with reading() as session:
        row = quarterly.find(session, actor, sheet_no)
        content = pdf(quarterly.sheet(session, row), at=row.made_at)
    return download(content, "application/pdf", f"{sheet_no}.pdf")
