"""What a matter's page shows of dual investigation: judgments, who answers, inquiries; and the freeze after a leak."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import select
from sqlalchemy.orm import Session

from handlers import (
    accidents,
    correcting,
    freezing,
    handover,
    interference,
    joinder,
    leaking,
    office,
    working,
)
from handlers.accountability import DualJudgement, DutyOwner, Inquiry, counting, owners, suspending
from handlers.accountability.counting import Figures
from handlers.accountability.suspending import Suspension
from handlers.cases import Case
from handlers.cases.matter import open_case
from handlers.freezing import Leak
from handlers.registers import Clue, ClueSubject
from handlers.registers.record import handlers_of
from workflows import limits
from workflows.actor import Actor


@dataclass(frozen=True)
class DualView:
    """The section's content; `tellable` is what the reader may tell happened, by process."""

    judgements: list[tuple[DualJudgement, list[tuple[DutyOwner, ClueSubject]], Inquiry | None]]
    figures: list[
        tuple[str, Figures]
    ]  #: of each source case that somebody was held accountable beside, by its number
    suspensions: dict[str, Sequence[tuple[Suspension, ClueSubject]]]  #: by inquiry
    suspension_source: str  #: the limit and the article that a suspension lasts by
    leak: Leak | None
    tellable: dict[str, str]
    reads_interference: bool


def titles() -> dict[str, str]:
    """Return what may be told to have happened beside the steps, by the process that it begins."""
    return {
        interference.PROCESS: _("Report an interference"),
        leaking.PROCESS: _("Report a leak"),
        accidents.PROCESS: _("Report a safety accident"),
        correcting.PROCESS: _("Ask for a correction of an entry"),
        joinder.PROCESS: _("Join or split the case"),
        handover.PROCESS: _("Hand the case to another body"),
    }


def _tellable(session: Session, actor: Actor, clue: Clue) -> dict[str, str]:
    """Return what the reader may tell: of a case, only its handlers, while it runs."""
    found = titles() if working.works_on(session, actor, clue) else {}
    if actor.id not in handlers_of(session, clue) or open_case(session, clue) is None:
        found = {key: title for key, title in found.items() if key not in (joinder.PROCESS, handover.PROCESS)}
    return found


def of_matter(session: Session, actor: Actor, clue: Clue) -> DualView:
    """Return what this reader, who sees the matter's content, is shown of it."""
    judged = select(DualJudgement).where(DualJudgement.clue_id == clue.id).order_by(DualJudgement.number)
    return DualView(
        [_judgement(session, row) for row in session.scalars(judged)],
        [(case.case_no, counting.of_case(session, case.id)) for case in _sources(session, clue)],
        {
            row.id: suspending.of_inquiry(session, row.id)
            for row in session.scalars(select(Inquiry).where(Inquiry.clue_id == clue.id))
        },
        f"{suspending.RULE} {limits.current(session, suspending.RULE, office.today()).article}",
        freezing.standing(session, clue.scope_id),
        _tellable(session, actor, clue),
        bool(actor.groups & interference.READING),
    )


def _sources(session: Session, clue: Clue) -> list[Case]:
    """Return the cases of the matter in which an accountability inquiry was decided."""
    decided = select(Inquiry.case_id).where(Inquiry.clue_id == clue.id, Inquiry.decided_on.is_not(None))
    return list(session.scalars(select(Case).where(Case.id.in_(decided)).order_by(Case.case_no)))


def _judgement(session: Session, row: DualJudgement) -> Any:
    inquiry = session.scalar(select(Inquiry).where(Inquiry.judgement_id == row.id))
    return row, list(owners.of_judgement(session, row.id)), inquiry
