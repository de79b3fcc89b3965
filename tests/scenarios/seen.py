"""What a story may expect of a matter: each word of `expect`, and how it is looked up."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from handlers import announcing, duties, office, registers, wall
from handlers.accountability import suspending
from handlers.cases import Case, CasePerson
from handlers.notifications import Notification
from handlers.registers import quarterly, returns
from workflows import clock
from workflows.model import Instance, Task, TaskCandidate


@dataclass(frozen=True)
class Seen:
    """A matter as it stands when a story looks at it."""

    session: Session
    instance: Instance

    @property
    def clue(self) -> registers.Clue:
        """Return the register's entry."""
        assert self.instance.scope_id
        return self.session.get_one(registers.Clue, self.instance.scope_id.removeprefix("clue:"))

    @property
    def period(self) -> returns.ReturnPeriod:
        """Return the return period."""
        assert self.instance.scope_id
        return self.session.get_one(returns.ReturnPeriod, self.instance.scope_id.removeprefix(returns.PREFIX))

    @property
    def open_tasks(self) -> Sequence[Task]:
        """Return the tasks that wait, by step."""
        wanted = select(Task).where(Task.instance_id == self.instance.id, Task.closed_at.is_(None))
        return self.session.scalars(wanted.order_by(Task.element_id, Task.assignee)).all()


def _open(seen: Seen, wanted: Any) -> Any:
    """Return the steps that wait; asked by a mapping, with who has or may take each."""
    if isinstance(wanted, list):
        return _same(wanted, [task.element_id for task in seen.open_tasks])
    return {task.element_id: _holders(seen.session, task) for task in seen.open_tasks}


def _holders(session: Session, task: Task) -> Any:
    candidates = select(TaskCandidate.name).where(TaskCandidate.task_id == task.id)
    found = [task.assignee] if task.assignee else sorted(session.scalars(candidates))
    return found[0] if len(found) == 1 else found


def _clue(seen: Seen, wanted: Mapping[str, Any]) -> Any:
    values = {name: getattr(seen.clue, name) for name in wanted}
    return {name: value.isoformat() if isinstance(value, date) else value for name, value in values.items()}


def _signed(seen: Seen, wanted: Iterable[str]) -> Any:
    """Return for each kind of hand-over whether both sides have signed all of them."""
    rows = seen.session.scalars(select(registers.Handover).where(registers.Handover.clue_id == seen.clue.id))
    sides: dict[str, list[bool]] = {}
    for row in rows:
        assert row.signed_by_from_at
        sides.setdefault(row.step, []).append(row.signed_by_to_at is not None)
    return {step: ("both" if all(sides[step]) else "one") if step in sides else "none" for step in wanted}


def _subjects(seen: Seen, wanted: Sequence[Any]) -> Any:
    rows = select(registers.ClueSubject.name).where(registers.ClueSubject.clue_id == seen.clue.id)
    return _same(wanted, seen.session.scalars(rows).all())


def _warned(seen: Seen, wanted: Mapping[str, Any]) -> Any:
    """Return for each step which leaders are told that they approved at the investigation, too."""
    leaders = [person.login or "" for person in office.people_in(seen.session, "leader")]
    return {
        task.element_id: [login for login in leaders if duties.approved_both(seen.session, login, task)]
        for task in seen.open_tasks
        if task.element_id in wanted
    }


def _told(seen: Seen, wanted: Mapping[str, Mapping[str, int]]) -> Any:
    """Return how often each login had each of the notifications."""
    rows = seen.session.execute(
        select(Notification.login, Notification.code, func.count())
        .where(Notification.scope_id == seen.instance.scope_id)
        .group_by(Notification.login, Notification.code)
    )
    counted = {(login, code): count for login, code, count in rows}
    return {login: {code: counted.get((login, code), 0) for code in codes} for login, codes in wanted.items()}


def _heard(seen: Seen, wanted: Iterable[str]) -> Any:
    """Return of each login whether anything was told about the tasks of the process."""
    of_process = select(Task.id).where(Task.instance_id == seen.instance.id)
    told = set(seen.session.scalars(select(Notification.login).where(Notification.task_id.in_(of_process))))
    return {login: login in told for login in wanted}


def _lists(seen: Seen, wanted: Iterable[str]) -> Any:
    """Return the lines of each office's newest list of results."""
    found: dict[str, list[str]] = {}
    for row in seen.session.scalars(select(quarterly.QuarterlyList).order_by(quarterly.QuarterlyList.id)):
        results = select(quarterly.QuarterlyResult).where(quarterly.QuarterlyResult.list_id == row.id)
        clues = [
            (one, seen.session.get_one(registers.Clue, one.clue_id)) for one in seen.session.scalars(results)
        ]
        found[row.office_code] = [
            f"{clue.clue_no} {clue.report_no} {one.result} {one.concluded_on}" for one, clue in clues
        ]
    return found


def _announcements(seen: Seen, wanted: Any) -> Any:
    """Return the newest report on announcements: its lines as the leader reads them, and to whom it was handed."""
    newest = select(announcing.AnnouncementReport).order_by(announcing.AnnouncementReport.id.desc()).limit(1)
    row = seen.session.scalars(newest).one()
    lines = announcing.content(seen.session, row, office.actor_for(seen.session, "principal"))
    said = [
        f"{one.number} {one.name} {one.announced_on or ('overdue' if one.overdue else 'waits')}"
        for one in lines
    ]
    return {"quarter": f"{row.year}-Q{row.quarter}", "lines": said, "handed_to": row.handed_to}


def _suspensions(seen: Seen, wanted: Any) -> Any:
    """Return of each suspension of the matter until when it lasts, and what became of it."""
    rows = select(suspending.Suspension).where(suspending.Suspension.clue_id == seen.clue.id)
    return [
        f"{row.until} {row.outcome or ('expired' if row.expired_at else 'suspended')}"
        for row in seen.session.scalars(rows.order_by(suspending.Suspension.id))
    ]


def _due(seen: Seen, wanted: Iterable[str]) -> Any:
    """Return the last day of each step; 24:00 of a day is 0:00 of the next, and people say the day."""
    due = {task.element_id: task.due_at for task in seen.open_tasks}
    return {step: _last_day(due[step]) for step in wanted}


def _last_day(instant: Any) -> str | None:
    if instant is None:
        return None
    return (instant.astimezone(clock.office_zone()) - timedelta(seconds=1)).date().isoformat()


def _record(seen: Seen, wanted: Sequence[str]) -> Any:
    """Return the wanted lines if the matter's record has them all, else the whole record."""
    events = select(registers.MatterEvent.code).where(
        registers.MatterEvent.scope_id == seen.instance.scope_id
    )
    found = seen.session.scalars(events.order_by(registers.MatterEvent.id)).all()
    return wanted if Counter(wanted) <= Counter(found) else list(found)


def _sees(seen: Seen, wanted: Iterable[str]) -> Any:
    actors = {login: office.actor_for(seen.session, login) for login in wanted}
    return {login: wall.view(seen.session, actor, seen.clue) or "nothing" for login, actor in actors.items()}


def _papers(seen: Seen, wanted: Sequence[Any]) -> Any:
    """Return the files that came with forms."""
    return _same(wanted, [f"{row.kind}: {row.title}" for row in _documents(seen) if not row.number])


def _made(seen: Seen, wanted: Sequence[Any]) -> Any:
    """Return the papers that the process made, each version on its own."""
    rows = (row for row in _documents(seen) if row.number)
    return _same(wanted, [f"{row.kind} {row.number} v{row.version}" for row in rows])


def _written(seen: Seen, wanted: Mapping[str, Any]) -> Any:
    """Return what was asked for if the newest paper of each kind `says` those words and `not` these, else the papers."""
    found = {}
    for kind, said in wanted.items():
        row = max(
            (row for row in _documents(seen) if row.kind == kind),
            key=lambda row: (row.created_at, row.number),
        )
        text = row.content.decode()
        holds = all(word in text for word in said["says"]) and not any(word in text for word in said["not"])
        found[kind] = said if holds else text
    return found


def _documents(seen: Seen) -> Sequence[registers.Document]:
    wanted = select(registers.Document).where(registers.Document.clue_id == seen.clue.id)
    return seen.session.scalars(wanted).all()


def _outcomes(seen: Seen, wanted: Sequence[Any]) -> Any:
    """Return what became of the persons of the matter's cases, by their numbers; each case is closed."""
    rows = select(CasePerson).join(Case, Case.id == CasePerson.case_id).where(Case.clue_id == seen.clue.id)
    found = seen.session.scalars(rows.order_by(CasePerson.person_no)).all()
    return [row.outcome if row.closed_at else "open" for row in found]


def _returns(seen: Seen, wanted: Mapping[str, Any]) -> Any:
    """Return the state of each agency's return of the period, or what else of it is asked for."""
    rows = seen.session.scalars(
        select(returns.AgencyReturn).where(returns.AgencyReturn.period_id == seen.period.id)
    )
    found = {row.agency_code: row for row in rows}
    assert set(found) == set(wanted)
    return {
        code: {name: _plain(getattr(found[code], name)) for name in said}
        if isinstance(said, Mapping)
        else found[code].state
        for code, said in wanted.items()
    }


def _period(seen: Seen, wanted: Mapping[str, Any]) -> Any:
    return {name: _plain(getattr(seen.period, name)) for name in wanted}


def _items(seen: Seen, wanted: Any) -> Any:
    """Return the items for rectification: agency and periods, in the order in which they were opened."""
    rows = seen.session.scalars(
        select(returns.RectificationItem).order_by(returns.RectificationItem.opened_at)
    )
    return [f"{row.agency_code} {row.periods} {row.state}" for row in rows]


def _on_paper(seen: Seen, wanted: Mapping[str, Any]) -> Any:
    """Return the wanted words if the agency's paper has them all, else the whole paper."""
    found = {}
    for code, said in wanted.items():
        row = seen.session.scalars(
            select(returns.AgencyReturn).where(
                returns.AgencyReturn.period_id == seen.period.id, returns.AgencyReturn.agency_code == code
            )
        ).one()
        written = (row.paper or b"").decode()
        found[code] = said if all(word in written for word in said) else written
    return found


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, date) else value


def _same(wanted: Sequence[Any], found: Sequence[Any]) -> Sequence[Any]:
    """Return what was wanted if the same was found in another order, else what was found."""
    return wanted if Counter(found) == Counter(wanted) else found


#: Word of `expect` → what is found, in the shape in which it was asked for.
EXPECTATIONS: Mapping[str, Callable[[Seen, Any], Any]] = {
    "clue": _clue,
    "due": _due,
    "heard": _heard,
    "announcements": _announcements,
    "lists": _lists,
    "suspensions": _suspensions,
    "level": lambda seen, wanted: {t.element_id: t.level for t in seen.open_tasks if t.element_id in wanted},
    "made": _made,
    "open": _open,
    "items": _items,
    "on_paper": _on_paper,
    "outcomes": _outcomes,
    "papers": _papers,
    "period": _period,
    "receipt": lambda seen, wanted: _signed(seen, ["receipt"]) == {"receipt": "both"},
    "record": _record,
    "returns": _returns,
    "sees": _sees,
    "signed": _signed,
    "written": _written,
    "stage": lambda seen, wanted: seen.clue.stage,
    "state": lambda seen, wanted: seen.instance.state,
    "subjects": _subjects,
    "told": _told,
    "warned": _warned,
}
