"""The audit for the auditor: who did, read or was refused what; numbers of matters, never their content."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from flask import Response, render_template, request
from flask_babel import gettext as _
from sqlalchemy import ColumnElement, Row, func, or_, select
from sqlalchemy.orm import Session

from handlers import codes, lists, wall
from handlers.registers import Clue
from handlers.wall.rules import PREFIX
from server import reads
from server.db import reading
from server.guard import guard
from server.limited import limited
from server.pages import frame, names
from server.pages.blueprint import blueprint
from server.pages.frame import day_of, midnight
from server.pages.names import lang
from server.traffic.rates import EXPORTS
from workflows import audit, clock
from workflows.actor import Actor
from workflows.model import AuditEvent, AuditSeal

#: domain.md §4.1, column "Access log": who sees it in the present matrix; who may ask at all.
WHOLE = wall.roles("access_log", {"V"}, "everything")
PAGE = 60
#: More is taken out by `duban audit export`.
MOST_EXPORTED = 50_000
#: Over which the summary counts.
SPAN = timedelta(days=30)
GROUPS = ("read", "write", "refusal", "signin", "operate")


@dataclass(frozen=True)
class Wanted:
    """What the list is narrowed to; empty leaves a thing open."""

    since: str = ""
    until: str = ""
    actor: str = ""
    act: str = ""
    number: str = ""

    @classmethod
    def from_request(cls) -> Wanted:
        """Return the filter in the present address."""
        return cls(**{name: request.args.get(name, "").strip()[:64] for name in cls.__dataclass_fields__})

    def conditions(self, session: Session) -> list[ColumnElement[bool]]:
        """Return the filter over `AuditEvent`; a day that cannot be read leaves its end open."""
        found: list[ColumnElement[bool]] = []
        if since := day_of(self.since):
            found.append(AuditEvent.at >= midnight(since))
        if until := day_of(self.until):
            found.append(AuditEvent.at < midnight(until + timedelta(days=1)))
        if self.actor:
            found.append(or_(AuditEvent.actor == self.actor, AuditEvent.on_behalf_of == self.actor))
        if self.act:
            found.append(AuditEvent.act.in_(_acts(self.act)))
        if self.number:
            found.append(AuditEvent.scope_id == _scope(session, self.number))
        return found


@dataclass(frozen=True)
class Line:
    """One row of the audit in words."""

    id: int
    at: str
    who: str
    login: str
    instead_of: str
    what: str
    refused: bool
    about: str  #: fields, purpose and object
    number: str
    origin: str
    address: str
    request_id: str
    position: int | None  #: in the chain; None while it is not sealed


@blueprint.get("/audit", endpoint="audit")
@guard(roles=frame.LOG)
def audit_page(actor: Actor) -> str:
    """List the audit, newest first; the principal sees numbers only."""
    with reading() as session:
        if wall.reads_log(actor) == "summary":
            return render_template(
                "audit_summary.html", counted=_summary(session), groups=groups(), span=SPAN
            )
        wanted = Wanted.from_request()
        rows = _rows(session, wanted, request.args.get("before", type=int), PAGE + 1)
        return render_template(
            "audit.html",
            lines=lines(session, rows[:PAGE]),
            before=rows[PAGE - 1].AuditEvent.id if len(rows) > PAGE else None,
            wanted=wanted,
            query={name: value for name, value in vars(wanted).items() if value},
            groups=groups(),
            acts=codes.rows("audit_acts"),
            chain=_chain(session),
        )


@blueprint.get("/audit/rows.csv")
@guard(roles=WHOLE)
@limited(EXPORTS)
def audit_rows(actor: Actor) -> Response:
    """Give the rows of the filter as CSV, newest first; a cell never becomes a formula."""
    wall.reads_log(actor, "everything")
    wanted = Wanted.from_request()
    headings = [_("Time"), _("Who acted"), _("In place of"), _("Act"), _("About"), _("Matter"), _("Came by")]
    headings += [_("Address"), _("Request"), _("Position in the chain")]
    with reading() as session:
        found = lines(session, _rows(session, wanted, None, MOST_EXPORTED))
    cells = (_cells(row) for row in found)
    response = Response(lists.csv_pieces(headings, cells), mimetype="text/csv")
    response.headers["Content-Disposition"] = "attachment; filename=audit.csv"
    return response


def _cells(row: Line) -> list[lists.Value]:
    came = (row.origin, row.address, row.request_id)
    return [row.at, row.login, row.instead_of, row.what, row.about, row.number, *came, row.position]


def readers(session: Session, scope_id: str, most: int = PAGE) -> list[Line]:
    """Return who has lately read a matter, or was refused it: for case supervision, which answers for it."""
    watched = AuditEvent.act.in_(_acts("read") + _acts("refusal"))
    found = _selected().where(AuditEvent.scope_id == scope_id, watched)
    return lines(session, session.execute(found.order_by(AuditEvent.id.desc()).limit(most)).all())


def lines(session: Session, rows: Sequence[Row[Any]]) -> list[Line]:
    """Return rows in the reader's language."""
    numbers = _numbers(session, {row.AuditEvent.scope_id for row in rows})
    return [_line(row.AuditEvent, row.position, numbers) for row in rows]


def groups() -> dict[str, str]:
    """Return the kinds of acts in words."""
    return {
        "read": _("reads"),
        "write": _("steps and changes"),
        "refusal": _("refusals"),
        "signin": _("sign-ins"),
        "operate": _("operation"),
    }


def _line(row: AuditEvent, position: int | None, numbers: dict[str, str]) -> Line:
    return Line(
        id=row.id,
        at=frame.local(row.at, seconds=True),
        who=_term(names.person(row.actor)) or _("nobody signed in"),
        login=row.actor,
        instead_of=names.person(row.on_behalf_of),
        what=codes.word("audit_acts", row.act, lang()),
        refused=row.act in _acts("refusal"),
        about=names.joined(filter(None, (_term(row.field_group), _purpose(row), _refused(row)))),
        number=numbers.get(row.scope_id or "", ""),
        origin=_term(row.origin),
        address=row.address or "",
        request_id=row.request_id or "",
        position=position,
    )


def _refused(row: AuditEvent) -> str:
    # What was tried, by the route: what was typed into the address is nobody's business.
    tried = reads.READS.get(str((row.detail or {}).get("endpoint"))) if row.act in _acts("refusal") else None
    return codes.word("audit_acts", tried.act, lang()) if tried else ""


def _purpose(row: AuditEvent) -> str:
    # Who looks at something looks: only what more was meant is worth a word.
    return "" if row.purpose == "look" else _term(row.purpose)


def _term(code: str | None) -> str:
    return codes.word("audit_terms", code, lang())


def _acts(wanted: str) -> list[str]:
    """Return the acts of a group, or the act itself."""
    return [row["code"] for row in codes.rows("audit_acts") if row["group"] == wanted] or [wanted]


def _selected() -> Any:
    sealed = AuditSeal.event_id == AuditEvent.id
    return select(AuditEvent, AuditSeal.position).outerjoin(AuditSeal, sealed)


def _rows(session: Session, wanted: Wanted, before: int | None, most: int) -> Sequence[Row[Any]]:
    found = _selected().where(*wanted.conditions(session)).order_by(AuditEvent.id.desc()).limit(most)
    # Larger than any id there can be is no id.
    return session.execute(found.where(AuditEvent.id < before) if before and before < 2**31 else found).all()


def _scope(session: Session, number: str) -> str | None:
    columns = (Clue.clue_no, Clue.transfer_no, Clue.receipt_no)
    clue_id = session.scalar(select(Clue.id).where(or_(*(column == number for column in columns))).limit(1))
    return PREFIX + clue_id if clue_id else "-"


def _numbers(session: Session, scopes: set[str | None]) -> dict[str, str]:
    ids = [scope.removeprefix(PREFIX) for scope in scopes if scope and scope.startswith(PREFIX)]
    found = select(Clue.id, Clue.clue_no, Clue.transfer_no).where(Clue.id.in_(ids))
    return {PREFIX + row.id: row.clue_no or row.transfer_no for row in session.execute(found)}


def _chain(session: Session) -> dict[str, Any]:
    """Return how far the chain goes, and what was found when it was last verified."""
    verified = select(AuditEvent).where(AuditEvent.act == "audit.verify").order_by(AuditEvent.id.desc())
    return {
        "head": audit.head(session),
        "waiting": audit.behind(session, audit.lookback(session)),
        "verified": session.scalar(verified.limit(1)),
    }


def _summary(session: Session) -> dict[str, int]:
    since = AuditEvent.at >= clock.now() - SPAN
    counted = select(AuditEvent.act, func.count()).where(since).group_by(AuditEvent.act)
    found = dict.fromkeys(GROUPS, 0)
    kinds = {row["code"]: row["group"] for row in codes.rows("audit_acts")}
    for act, number in session.execute(counted):
        found[kinds.get(act, "write")] += number
    return found
