"""The opinions of a matter, as far as a reader may read them: who said what at which step, in words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from handlers import areas, codes, wall
from handlers.registers import Clue, Opinion
from server.pages import events, frame, names
from workflows.actor import Actor
from workflows.model import Task


@dataclass(frozen=True)
class Said:
    """An opinion in the matter: who said what at which step, and when."""

    at: str
    who: str
    step: str
    words: str
    text: str
    details: tuple[tuple[str, str], ...]


def said(session: Session, actor: Actor, clue: Clue) -> tuple[Said, ...]:
    """Return the opinions that the reader may read, the latest first, each with its step in words."""
    closed = wall.closed_areas(session, actor, clue)
    steps = _steps(session, clue)
    rows = session.scalars(select(Opinion).where(Opinion.clue_id == clue.id).order_by(Opinion.id.desc()))
    return tuple(
        Said(
            at=frame.local(row.signed_at),
            who=names.person(row.login, row.on_behalf_of),
            step=_step_words(row.step, steps),
            words=events.opinion_words(row),
            text=row.opinion,
            details=tuple(events.opinion_details(row)),
        )
        for row in rows
        if areas.of_stage(row.stage) not in closed
    )


def _steps(session: Session, clue: Clue) -> dict[str, str]:
    """Return the names of the steps that the matter has had, by element."""
    names_of = (
        select(Task.element_id, Task.name, Task.name_en).where(Task.scope_id == clue.scope_id).distinct()
    )
    english = names.lang() == "en"
    return {element: (en if english else None) or zh for element, zh, en in session.execute(names_of)}


def _step_words(step: str, steps: Mapping[str, str]) -> str:
    """Return a step in words: of what several steps share what it is about, and at which level or as what."""
    subjects = {row["code"] for row in codes.rows("approval_subjects")}
    subject, _sign, part = (step, "", "") if step in subjects else step.rpartition("_")
    if step in steps or subject not in subjects:
        return steps.get(step, "")
    about = codes.word("approval_subjects", subject, names.lang())
    level = codes.word("approval_levels", part.upper(), names.lang())
    as_what = level if level != part.upper() else steps.get(f"sign_{part}", "")
    return " · ".join(filter(None, (about, as_what)))
