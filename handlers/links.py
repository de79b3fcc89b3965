"""Which matters hang together: joined, split, continued. What is linked once stays linked, in the whole family.

A matter that hangs together with none has no row.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import Select, String, select, update
from sqlalchemy.orm import Mapped, Session, aliased, mapped_column

from workflows.model import Base


class MatterLink(Base):
    """The family of a matter, named by the first of its matters."""

    __tablename__ = "matter_link"

    scope_id: Mapped[str] = mapped_column(primary_key=True)
    family: Mapped[str] = mapped_column(String(255), index=True)


def link(session: Session, one: str, other: str) -> None:
    """Let two matters, and all that either is linked to, be of one family."""
    families = [_family(session, scope_id) for scope_id in (one, other)]
    if families[0] != families[1]:
        joining = update(MatterLink).where(MatterLink.family == families[1])
        session.execute(joining.values(family=families[0]))


def linked(session: Session, scope_id: str) -> set[str]:
    """Return the matter and all that it is linked to."""
    return {scope_id, *session.scalars(others(scope_id))}


def others(scope_id: Any) -> Select[Any]:
    """Select the matters of a matter's family, itself among them where it has one; it is a text or a column."""
    own, theirs = aliased(MatterLink), aliased(MatterLink)
    family = select(theirs.scope_id).join(own, own.family == theirs.family)
    return family.where(own.scope_id == scope_id).correlate_except(own, theirs)


def _family(session: Session, scope_id: str) -> str:
    found = session.get(MatterLink, scope_id)
    if found is None:
        found = MatterLink(scope_id=scope_id, family=scope_id)
        session.add(found)
        session.flush()
    session.refresh(found)
    return found.family
