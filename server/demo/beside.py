"""What the demo's office does beside its clues: sealed items passed on, the lists and reports of the last quarter."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from handlers import announcing, office
from workflows import calendar, clock, instances, plans, tasks
from workflows.model import Instance, Task

#: Reason, items, carrier, working days ago that it came, working days until it was handed over.
SEALED: tuple[tuple[str, int, str, int, int | None], ...] = (
    ("T01", 1, "principal", 41, 3),
    ("T02", 1, "intake", 22, 0),
    ("T01", 2, "principal", 9, 4),
    ("T01", 1, "principal", 2, None),
    ("T02", 1, "intake", 1, None),
)


def pass_on_sealed(session: Session) -> None:
    """Log the sealed items, and hand over those that were."""
    for reason, items, carrier, ago, took in SEALED:
        came = morning(session, ago)
        with clock.held_at(came):
            day = office.today().isoformat()
            answers = {
                "reason": reason,
                "items": items,
                "received_on": day,
                "carrier": carrier,
                "to_body": "UP1",
            }
            item = begin(session, "divert", "intake", answers)
        if took is not None:
            with clock.held_at(came + timedelta(hours=5) if took == 0 else morning(session, ago - took)):
                who = "principal" if reason == "T01" else "intake"
                finish(session, item, who, handed_on=office.today().isoformat(), sign=True)


def tell_results(session: Session) -> None:
    """Make the lists of the last quarter; one office has handed its list in, the others have not yet."""
    with clock.held_at(morning(session, 4)):
        lists = begin(session, "quarterly_results", "clerk", _last_quarter())
    with clock.held_at(morning(session, 3)):
        finish(session, lists, "head", sign=True)
    with clock.held_at(morning(session, 2)):
        finish(session, lists, "intake", sign=True)


def report_announcements(session: Session) -> None:
    """Make the report on the announcements of the last quarter; the leader has still to sign it."""
    with clock.held_at(morning(session, 4)):
        report = begin(session, "announcement_report", "reviewer", _last_quarter())
    with clock.held_at(morning(session, 3)):
        late = [number for number, _ in announcing.late(session, report.id)]
        reasons = [{"decision_no": number, "reason": "本人住院，已约定出院后宣布。"} for number in late]
        finish(session, report, "reviewer", reasons=reasons, sign=True)


def _last_quarter() -> dict[str, Any]:
    """Return what the forms that make up for a past quarter ask for."""
    last = office.today().replace(month=(office.today().month - 1) // 3 * 3 + 1, day=1) - timedelta(days=1)
    return {"year": last.year, "quarter": str((last.month + 2) // 3)}


def begin(session: Session, process: str, login: str, answers: dict[str, Any]) -> Instance:
    """Let somebody start a process."""
    return instances.start(session, key=process, actor=office.actor_for(session, login), answers=answers)


def finish(session: Session, instance: Instance, login: str, **answers: Any) -> None:
    """Let somebody complete the task of the instance that is offered to him."""
    actor = office.actor_for(session, login)
    here = set(
        session.scalars(select(Task.id).where(Task.instance_id == instance.id, Task.closed_at.is_(None)))
    )
    offered = next(
        task for task in tasks.listing(session, actor, box="groups", limit=1000).rows if task.id in here
    )
    tasks.complete(session, offered.id, actor=actor, answers=answers)


def morning(session: Session, ago: int) -> datetime:
    """Return ten o'clock of the working day so many before today."""
    today = clock.day_of(clock.now())
    day = calendar.subtract_working_days(today, ago, plans.work_days(session))
    return datetime.combine(day, time(10, 0), clock.office_zone())
