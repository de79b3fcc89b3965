"""Which matter, and which thing of it, the address of a request names: for the audit, whoever asks."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from handlers.registers import Clue, Document
from handlers.registers.returns import AgencyReturn
from handlers.steering import Steering
from handlers.wall.rules import PERIOD, PREFIX
from workflows import operating
from workflows.model import Activity, Incident, Instance, Job, Task, Timer


@dataclass(frozen=True)
class Named:
    """What an address names, as far as there is such a thing."""

    scope_id: str | None = None
    instance_id: str | None = None
    task_id: str | None = None
    object_id: str | None = None

    @property
    def clue_id(self) -> str | None:
        """The clue, if the matter is one."""
        scope = self.scope_id or ""
        return scope.removeprefix(PREFIX) if scope.startswith(PREFIX) else None


NOTHING = Named()


def named(session: Session, arguments: Mapping[str, Any]) -> Named:
    """Return what the arguments of an address name; nothing where nothing of the kind is there."""
    found = NOTHING
    for name, value in arguments.items():
        finder = FINDERS.get(name)
        # No database stores a NUL, nor looks one up.
        if finder and isinstance(value, str) and "\0" not in value:
            known = {key: said for key, said in vars(finder(session, value)).items() if said}
            found = replace(found, **known)
    return found


def _clue(session: Session, clue_id: str) -> Named:
    return _of_clue(session, Clue.id == clue_id)


def _number(session: Session, number: str) -> Named:
    columns = (Clue.clue_no, Clue.transfer_no, Clue.receipt_no, Clue.id)
    return _of_clue(session, or_(*(column == number for column in columns)))


def _document(session: Session, document_id: str) -> Named:
    owner = select(Document.clue_id).where(Document.id == document_id)
    found = _of_clue(session, Clue.id == owner.scalar_subquery())
    return replace(found, object_id=f"document:{document_id}") if found.scope_id else NOTHING


def _of_clue(session: Session, condition: Any) -> Named:
    row = session.execute(select(Clue.id, Clue.instance_id).where(condition).limit(1)).one_or_none()
    return Named(PREFIX + row.id, row.instance_id) if row else NOTHING


def _task(session: Session, task_id: str) -> Named:
    wanted = select(Task.scope_id, Task.instance_id, Task.id).where(Task.id == task_id)
    return Named(*(session.execute(wanted).one_or_none() or ()))


def _instance(session: Session, instance_id: str) -> Named:
    wanted = select(Instance.scope_id, Instance.id).where(Instance.id == instance_id)
    return Named(*(session.execute(wanted).one_or_none() or ()))


def _variable(session: Session, variable_id: str) -> Named:
    return _instance(session, variable_id.partition(":")[0])


def _of_instance(
    kind: type[Activity] | type[Incident] | type[Steering], word: str
) -> Callable[[Session, str], Named]:
    def find(session: Session, row_id: str) -> Named:
        wanted = select(Instance.scope_id, Instance.id).join(kind, kind.instance_id == Instance.id)
        row = session.execute(wanted.where(kind.id == row_id)).one_or_none()
        return Named(*row, object_id=f"{word}:{row_id}") if row else NOTHING

    return find


def _job(session: Session, job_id: str) -> Named:
    for table in (Timer, Job):
        wanted = select(Instance.scope_id, Instance.id).join(
            table, operating.instance_of(table) == Instance.id
        )
        if row := session.execute(wanted.where(table.id == job_id)).one_or_none():
            return Named(*row, object_id=f"job:{job_id}")
    return NOTHING


def _return(session: Session, return_id: str) -> Named:
    period = session.scalar(select(AgencyReturn.period_id).where(AgencyReturn.id == return_id))
    return Named(PERIOD + period, object_id=f"return:{return_id}") if period else NOTHING


def _period(session: Session, period_id: str) -> Named:
    there = session.scalar(select(AgencyReturn.id).where(AgencyReturn.period_id == period_id).limit(1))
    return Named(PERIOD + period_id) if there else NOTHING


def _thing(word: str) -> Callable[[Session, str], Named]:
    return lambda session, number: Named(object_id=f"{word}:{number}"[:255])


FINDERS: Mapping[str, Callable[[Session, str], Named]] = {
    "clue_id": _clue,
    "transfer_id": _clue,
    "number": _number,
    "document_id": _document,
    "task_id": _task,
    "instance_id": _instance,
    "passage_id": _of_instance(Activity, "passage"),
    "variable_id": _variable,
    "job_id": _job,
    "steering_id": _of_instance(Steering, "steering"),
    "incident_id": _of_instance(Incident, "incident"),
    "return_id": _return,
    "period_id": _period,
    "list_id": _thing("list"),
    "sheet_no": _thing("sheet"),
    "sealed_no": _thing("sealed"),
}
