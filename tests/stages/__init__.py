"""One matter in each stage that comes after the clue, by small diagrams: for tests of who may see and do what.

The diagrams pass the office's gate. Each lays one task on the scope of a clue of its own.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import select

from handlers import office, stages
from handlers.registers import Clue, ClueHandler
from server.db import Database
from tests.clues import bare
from tests.security.drawing import START, form, process, properties, task
from workflows import clock, definitions, persistence
from workflows.model import Task

#: Stage → the handling office of its matter, and to whom its task is offered.
STAGES: Mapping[str, tuple[str, str]] = {
    "interview": ("JD1", "handler@JD1"),
    "investigation": ("SC1", "handler@SC1"),
    "review": ("SC1", "reviewer@SLS"),
    "appeal": ("SC1", "reviewer@SLS"),
    "rectification": ("JD1", "handler@JD1"),
    "register": ("JD1", "case_supervision"),
    "clearing": ("JD1", "handler@JD1"),
}
#: Handling office → the two handlers of its matters.
HANDLERS = {"JD1": ("handler", "handler2"), "SC1": ("handler5", "handler6")}


@dataclass(frozen=True)
class Laid:
    """What there is of one matter."""

    clue_id: str
    scope_id: str
    instance_id: str
    task_id: str
    element_id: str


def lay_stages(house: Database) -> dict[str, Laid]:
    """Return stage → its matter, in a house with the demo city's people; each call lays new ones."""
    assert STAGES.keys() <= stages.known()
    with house.unit_of_work() as session:
        supervisor = office.actor_for(session, "supervisor")
        for stage in STAGES:
            definitions.deploy(session, diagram(stage), name=stage, actor=supervisor, profile="office")
    return {stage: _lay(house, stage) for stage in STAGES}


def diagram(stage: str) -> dict[str, bytes]:
    """Return the files of a stage's process: one task, then the end."""
    step = task(f"work_{stage}", f'camunda:candidateGroups="{STAGES[stage][1]}"')
    start = properties(en=f"Stage {stage}", stage=stage) + START
    return {"p.bpmn": process(f"stage_{stage}", step, start=start), "f.form.json": form("form", "note")}


def _lay(house: Database, stage: str) -> Laid:
    unit, _ = STAGES[stage]
    with house.unit_of_work() as session:
        count = len(session.scalars(select(Clue.id)).all())
        clue = bare(
            f"JD-2026-{count + 1:05d}", facts="未到现场核查即签字确认。", stage="studying", office_code=unit
        )
        session.add(clue)
        session.flush()
        for login in HANDLERS[unit]:
            session.add(
                ClueHandler(clue_id=clue.id, login=login, assigned_by="head", assigned_at=clock.now())
            )
        begun = persistence.begin(
            session, definitions.latest(session, f"stage_{stage}"), actor=None, scope_id=clue.scope_id
        )
        session.flush()
        opened = session.scalars(select(Task).where(Task.instance_id == begun.id)).one()
        return Laid(clue.id, clue.scope_id, begun.id, opened.id, opened.element_id)
