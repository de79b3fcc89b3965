"""Who had part in which step: kept for whoever decides that nobody does two things which exclude each other.

Steps say what they are by the properties `act` and `duty` (`propose`, `approve`, `sign`), and of which stage they are.
What they mean is nothing to the engine.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, String, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from workflows import clock, writing
from workflows.engine import Node, OpenTask
from workflows.model import Base, Instance, Task

#: What an activity with several instances has before its round: there each instance is a place of its own.
SEVERAL = "*"
#: The duty of a step in a shared part that does what the part is called for.
CALLED = "called"
#: The variable that tells for which of several a step is done; the nearest one around it, also of what calls it.
SUBJECT = "subject_id"
_COPIED = ("scope_id", "instance_id", "element_id", "stage", "act", "duty", "round")


class Part(Base):
    """That somebody has had a step, or has finished it; never taken back."""

    __tablename__ = "part"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    scope_id: Mapped[str | None]  #: the matter
    instance_id: Mapped[str] = mapped_column(ForeignKey("process_instance.id"), index=True)
    task_id: Mapped[str | None] = mapped_column(ForeignKey("task.id"), index=True)  #: none: the start event
    element_id: Mapped[str]
    login: Mapped[str]
    stage: Mapped[str | None] = mapped_column(String(32))
    act: Mapped[str | None] = mapped_column(String(32))
    duty: Mapped[str | None] = mapped_column(String(16))
    round: Mapped[str | None] = mapped_column(String(65))  #: see `Task.round`
    since: Mapped[datetime]
    finished_at: Mapped[datetime | None]  #: none: had it, and did not finish it (so far)

    __table_args__ = (Index("ix_part_scope_id_login", "scope_id", "login"),)


def columns(task: OpenTask, instance: Instance) -> Mapping[str, str | None]:
    """Return what a step says of itself, as columns of its task: InvalidInput is the gate's, nothing is checked here."""
    # Who was added to a task has part in what that is of.
    within = task.within[1:] if task.signer else task.within
    said, around = _said(task.node), within[0] if within else instance.id
    if said.get("duty") and "act" not in said:
        said, around = _of_call(task, said["duty"], around)
    duty = _short(said.get("duty"), 16)
    several = SEVERAL if "instances" in task.node.attributes else ""
    return {
        "act": _short(said.get("act"), 32),
        "duty": duty,
        "round": f"{several}{around}" if duty else None,
    }


def _of_call(task: OpenTask, duty: str, around: str) -> tuple[Mapping[str, str], str]:
    """Return what a step of a shared part does for the call activity that calls it; its round is the caller's."""
    for key, node in task.callers.items():
        said = _said(node)
        if act := said.get("act"):
            outer = task.within[task.within.index(key) + 1]
            meant = said.get("duty", "") if duty == CALLED else duty
            return {"act": act, "duty": meant}, key if "instances" in node.attributes else outer
    return {"duty": duty}, around


def _said(node: Node) -> Mapping[str, str]:
    said: Mapping[str, str] = node.attributes.get("properties", {})
    return said


def row(task: Mapping[str, Any], login: str, finished_at: datetime | None = None) -> dict[str, Any]:
    """Return the row that says that somebody has this task, of which the columns are given."""
    said = {name: task[name] for name in _COPIED}
    return {**said, "task_id": task["id"], "login": login, "since": clock.now(), "finished_at": finished_at}


def tells(task: Mapping[str, Any]) -> bool:
    """Return whether a task says anything of itself that could exclude something."""
    return bool(task["stage"] or task["duty"])


def hold(session: Session, task: Task, login: str, *, finished: bool = False) -> None:
    """Keep that somebody has a task, or (`finished`) has finished it."""
    known = {name: getattr(task, name) for name in ("id", *_COPIED)}
    if not tells(known):
        return
    now = clock.now() if finished else None
    mine = update(Part).where(Part.task_id == task.id, Part.login == login)
    # One row for one person and task: who takes it again has had it before.
    again = mine.values(finished_at=now) if finished else mine.values(login=login)
    if not session.execute(again).rowcount:  # type: ignore[attr-defined]
        writing.add(session, Part, [row(known, login, now)])


def begun(session: Session, instance: Instance, node: Node, login: str) -> None:
    """Keep that somebody has begun an instance by a start event that is a duty of an act."""
    properties = node.attributes.get("properties", {})
    if not (properties.get("duty") or instance.stage):
        return
    said = {
        "id": None,
        "scope_id": instance.scope_id,
        "instance_id": instance.id,
        "element_id": node.id,
        "stage": instance.stage,
        "act": _short(properties.get("act"), 32),
        "duty": _short(properties.get("duty"), 16),
        "round": instance.id,
    }
    writing.add(session, Part, [row(said, login, clock.now())])


def _short(text: str | None, most: int) -> str | None:
    return text[:most] if text else None
