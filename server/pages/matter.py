"""What a page says of the matter of a task, behind the wall: a line in lists, a summary beside the form."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from flask_babel import gettext as _
from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from handlers import codes, wall
from handlers.registers import DUTY, Assignment, Clue, ClueSubject
from server.pages import clocks, frame, names, papers, recusals, unsealing
from server.pages.opinions import Said, said
from workflows.actor import Actor

PREFIX = "clue:"


@dataclass(frozen=True)
class Fact:
    """One line of a summary; `long` texts stand below their label."""

    label: str
    words: str
    long: bool = False


@dataclass(frozen=True)
class Paper:
    """A document of the matter that this reader may see, in its newest version."""

    id: str
    title: str
    kind: str
    number: str


@dataclass(frozen=True)
class Matter:
    """What this reader may know of a matter."""

    id: str
    number: str
    title: str
    urgent: bool = False
    facts: tuple[Fact, ...] = ()
    said: tuple[Said, ...] = ()  #: the latest first
    papers: tuple[Paper, ...] = ()


def headings(session: Session, actor: Actor, scope_ids: Iterable[str | None]) -> dict[str, Matter]:
    """Return number and title of those matters that the actor may know of, by scope."""
    wanted = {scope.removeprefix(PREFIX) for scope in scope_ids if scope and scope.startswith(PREFIX)}
    if not wanted:
        return {}
    visible = select(Clue).where(Clue.id.in_(wanted), wall.clues(actor, "status"))
    return {clue.scope_id: _heading(clue) for clue in session.scalars(visible)}


def scope_of(session: Session, actor: Actor, number: str) -> str | None:
    """Return the scope of the matter that has this number, if the actor may know of it."""
    known = or_(Clue.clue_no == number, Clue.receipt_no == number)
    clue = session.scalar(select(Clue).where(known, wall.clues(actor, "status")))
    return clue.scope_id if clue else None


def summary(session: Session, actor: Actor, scope_id: str | None) -> Matter | None:
    """Return what the actor may read of a matter; None where there is none, or none for this reader."""
    clue, view = _seen(session, actor, scope_id)
    if clue is None:
        return None
    facts = {"content": _content, "metadata": _metadata, "status": _status}[view](session, clue)
    if view == "content":
        waiting = recusals.pending_words(session, actor, clue)
        facts = [*(Fact(_("Recusal asked for"), words, long=True) for words in waiting), *facts]
        facts = [Fact(_("Recusal to be looked into"), recusals.alike_words(session, actor, clue)), *facts]
    found = replace(_heading(clue), facts=tuple(fact for fact in facts if fact.words))
    found = replace(found, papers=_papers(session, actor, clue, view))
    return replace(found, said=said(session, actor, clue)) if view == "content" else found


def _seen(session: Session, actor: Actor, scope_id: str | None) -> tuple[Clue | None, str]:
    if not scope_id or not scope_id.startswith(PREFIX):
        return None, ""
    clue = session.get(Clue, scope_id.removeprefix(PREFIX))
    view = wall.view(session, actor, clue) if clue else None
    return (clue, view) if view else (None, "")


def _heading(clue: Clue) -> Matter:
    lang = names.lang()
    domain = codes.word("domains", clue.domain, lang)
    title = _("%(domain)s, from %(agency)s", domain=domain, agency=names.unit(clue.agency_code))
    return Matter(clue.id, clue.clue_no or clue.transfer_no, title, clue.major or clue.urgency == "major")


def _metadata(session: Session, clue: Clue) -> list[Fact]:
    lang = names.lang()
    return [
        Fact(_("Clue number"), clue.clue_no or ""),
        Fact(_("Transfer number"), clue.transfer_no),
        Fact(_("Receipt number"), clue.receipt_no or ""),
        Fact(_("Stage"), codes.word("clue_stages", clue.stage, lang)),
        Fact(_("Source"), codes.word("clue_sources", clue.source, lang)),
        Fact(_("Agency"), names.unit(clue.agency_code)),
        Fact(_("Received"), frame.local(clue.received_at)),
        Fact(_("Registered"), frame.local(clue.registered_at)),
        Fact(_("Handling office"), names.unit(clue.office_code)),
        Fact(_("Number of the report"), clue.report_no or ""),
        Fact(_("To be concluded by"), _concluded_by(session, clue)),
    ]


def _concluded_by(session: Session, clue: Clue) -> str:
    """Return until when a matter that was assigned from above is to be concluded, with its extensions."""
    assignment = session.get(Assignment, clue.id)
    return frame.day(assignment.due_at) if assignment else ""


def _sent(session: Session, clue: Clue) -> list[Fact]:
    """Return the transfer form as it was sent."""
    lang = names.lang()
    about = select(ClueSubject).where(ClueSubject.clue_id == clue.id, ClueSubject.kind != DUTY)
    subjects = about.order_by(ClueSubject.id)
    return [
        Fact(_("Urgency"), codes.word("urgencies", clue.urgency, lang)),
        Fact(_("Domain"), codes.word("domains", clue.domain, lang)),
        Fact(_("Legal basis"), codes.word("legal_bases", clue.legal_basis, lang)),
        Fact(
            _("Persons and bodies concerned"),
            "\n".join(map(_subject, session.scalars(subjects))),
            long=True,
        ),
        Fact(_("Facts"), clue.facts, long=True),
        Fact(_("Time of the events"), _period(clue)),
        Fact(
            _("Amount"),
            _("%(amount)s yuan", amount=names.number(clue.amount)) if clue.amount is not None else "",
        ),
        Fact(_("Conclusion of the agency"), clue.agency_conclusion, long=True),
        Fact(_("Contact"), clue.contact),
    ]


def _content(session: Session, clue: Clue) -> list[Fact]:
    lang = names.lang()
    decided = [
        Fact(_("Category"), codes.word("problem_categories", clue.category, lang)),
        Fact(_("Way of disposal"), codes.word("disposal_ways", clue.way, lang)),
        Fact(_("Review on"), frame.day(clue.review_on)),
        Fact(_("Reason of closing"), codes.word("close_reasons", clue.close_reason, lang)),
    ]
    waiting = [Fact(_("Change asked for"), words, long=True) for words in clocks.pending_words(session, clue)]
    waiting += [
        Fact(_("Application to read the reporter's identity"), words, long=True)
        for words in unsealing.pending_words(session, clue)
    ]
    return [*waiting, *_metadata(session, clue), *decided, *_sent(session, clue)]


def _papers(session: Session, actor: Actor, clue: Clue, view: str) -> tuple[Paper, ...]:
    newest = (line.newest for line in papers.lines(session, actor, clue, view))
    lang = names.lang()
    return tuple(
        Paper(row.id, row.title, codes.word("document_kinds", row.kind, lang), row.number or "")
        for row in newest
    )


def _status(session: Session, clue: Clue) -> list[Fact]:
    words = {stage["code"]: stage["agency_word"] for stage in codes.rows("clue_stages")}
    known = [
        Fact(_("Transfer number"), clue.transfer_no),
        Fact(_("Receipt number"), clue.receipt_no or ""),
        Fact(_("State"), codes.word("agency_words", words.get(clue.stage, ""), names.lang())),
        Fact(_("Result"), clue.feedback or "", long=True),
    ]
    return [*known, *_sent(session, clue)]


def _subject(subject: ClueSubject) -> str:
    status = codes.word("political_statuses", subject.political_status, names.lang())
    rank = codes.word("ranks", subject.rank, names.lang())
    return names.joined(filter(None, (subject.name, subject.unit, subject.post, rank, status)))


def _period(clue: Clue) -> str:
    if clue.event_from and clue.event_to and clue.event_from != clue.event_to:
        return _("%(a)s to %(b)s", a=frame.day(clue.event_from), b=frame.day(clue.event_to))
    return frame.day(clue.event_from or clue.event_to)
