"""Which person of its matter a task is about, where the same step is done for each of several by himself."""

from __future__ import annotations

from collections.abc import Iterable

from flask_babel import gettext as _
from sqlalchemy import select
from sqlalchemy.orm import Session

from handlers import wall
from handlers.registers import Clue, ClueSubject
from workflows.actor import Actor
from workflows.model import Task


def of_whom(session: Session, actor: Actor, tasks: Iterable[Task]) -> dict[str, str]:
    """Return for which of a matter's several persons each task is done, by task.

    By name for who reads the matter's content, and for the head of the person's unit, who is told of nobody else;
    for others by the order in which it names them.
    """
    named = {task.id: int(task.subject) for task in tasks if task.subject and task.subject.isdecimal()}
    if not named:
        return {}
    of = select(ClueSubject.clue_id).where(ClueSubject.id.in_(named.values()))
    listed = select(ClueSubject).where(ClueSubject.clue_id.in_(of), ClueSubject.kind == "person")
    people: dict[str, list[ClueSubject]] = {}
    for row in session.scalars(listed.order_by(ClueSubject.id)):
        people.setdefault(row.clue_id, []).append(row)
    known = set(session.scalars(select(Clue.id).where(Clue.id.in_(people), wall.clues(actor, "content"))))
    words = {
        row.id: row.name
        if row.clue_id in known or _heads(actor, row)
        else _("person %(number)d", number=number)
        for rows in people.values()
        if len(rows) > 1
        for number, row in enumerate(rows, 1)
    }
    return {task_id: words[one] for task_id, one in named.items() if one in words}


def _heads(actor: Actor, row: ClueSubject) -> bool:
    return f"unit_head@{row.unit_code}" in actor.groups
