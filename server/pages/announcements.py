"""The reports on announcements: what the Party committee is told each quarter (T31)."""

from __future__ import annotations

from flask import Response, render_template
from sqlalchemy import select

from handlers import announcing
from server.db import reading
from server.downloads import download
from server.guard import guard
from server.limited import limited
from server.pages.blueprint import blueprint
from server.papers import pdf
from server.traffic.rates import EXPORTS
from workflows.actor import Actor

PAGE = 60


@blueprint.get("/announcements")
@guard(roles=announcing.READERS)
def announcement_reports(actor: Actor) -> str:
    """List the reports, the newest quarter first."""
    newest = select(announcing.AnnouncementReport).order_by(announcing.AnnouncementReport.until.desc())
    with reading() as session:
        rows = session.scalars(newest.limit(PAGE)).all()
        counted = {row.id: announcing.counts(session, row) for row in rows}
        return render_template("announcement_reports.html", rows=rows, counted=counted)


@blueprint.get("/announcements/<sheet_no>")
@guard(roles=announcing.READERS)
def announcement_report(actor: Actor, sheet_no: str) -> str:
    """Show one report as it is printed."""
    with reading() as session:
        row = announcing.find(session, sheet_no)
        return render_template(
            "announcement_report.html", row=row, paper=announcing.sheet(session, row, actor)
        )


@blueprint.get("/announcements/<sheet_no>/sheet.pdf")
@guard(roles=announcing.READERS)
@limited(EXPORTS)
def announcement_report_pdf(actor: Actor, sheet_no: str) -> Response:
    """Give one report as PDF."""
    with reading() as session:
        row = announcing.find(session, sheet_no)
        content = pdf(announcing.sheet(session, row, actor), at=row.made_at)
    return download(content, "application/pdf", f"{sheet_no}.pdf")
