"""What stays of an act that failed in mid-run: nothing of the act, and an incident for an operator.

The edge rolls the act back, then lets the fault write what it leaves behind (`EngineFault.afterwards`), in a
transaction of its own. One open incident is enough, however often somebody tries.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from functools import partial

from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from workflows import history
from workflows.actor import Actor
from workflows.errors import DubanError, EngineFault
from workflows.model import Incident


@dataclass(frozen=True)
class _Place:
    """What an incident is about."""

    kind: str
    instance_id: str | None
    definition_id: str | None
    task_id: str | None
    external_id: str | None


@contextmanager
def noted(
    act: str,
    *,
    actor: Actor | None,
    instance_id: str | None = None,
    definition_id: str | None = None,
    task_id: str | None = None,
    external_id: str | None = None,
) -> Iterator[None]:
    """Let whatever fails inside be a fault that leaves an incident of this kind.

    Not where nobody acts: the worker tries again, and notes what fails for good.
    """
    place = _Place(act, instance_id, definition_id, task_id, external_id)
    try:
        yield
    except EngineFault as fault:
        if actor is not None:
            fault.afterwards.append(partial(_note, place=place, error=fault))
        raise
    except (DubanError, SQLAlchemyError, UnicodeEncodeError):
        # An answer to who asked, or the database's affair.
        raise
    except Exception as error:
        if actor is None:
            raise
        failed = EngineFault(
            f"The step failed: {type(error).__name__}. Nothing of it is stored.", code="step"
        )
        failed.afterwards.append(partial(_note, place=place, error=error))
        raise failed from error


def _note(session: Session, *, place: _Place, error: BaseException) -> None:
    known = select(Incident.id).where(
        Incident.kind == place.kind,
        Incident.instance_id == place.instance_id,
        Incident.definition_id == place.definition_id,
        Incident.task_id == place.task_id,
        Incident.external_id == place.external_id,
        Incident.element_id == getattr(error, "element", None),
        Incident.resolved_at.is_(None),
    )
    if session.scalar(known.limit(1)) is None:
        history.fault(session, error=error, **asdict(place))
