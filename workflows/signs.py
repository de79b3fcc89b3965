"""Signs of life of those who do due work: our own workers, and the outside ones that fetch external tasks."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import bindparam, delete, func, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Mapped, Session, mapped_column

from workflows import clock
from workflows.model import Base

#: How often one signs at most, and after how long without a sign it counts as silent.
EVERY, SILENT = timedelta(seconds=15), timedelta(minutes=1)
#: Signs that are older are of no use any more.
KEPT = timedelta(days=2)
#: Names under which one account's workers sign; of more, nothing is kept.
MOST = 50


class WorkerSign(Base):
    """When a worker was seen last."""

    __tablename__ = "worker_sign"

    name: Mapped[str] = mapped_column(primary_key=True)  #: that it gives itself
    account: Mapped[str] = mapped_column(
        primary_key=True, default=""
    )  #: that it signed in with; none: our own
    since: Mapped[datetime]
    seen_at: Mapped[datetime]
    done: Mapped[int] = mapped_column(default=0)  #: what it has done, or was handed, since it is known

    @property
    def silent(self) -> bool:
        """Tell whether it should have signed since."""
        return clock.now() - self.seen_at > SILENT


def sign(session: Session, name: str, *, account: str = "", done: int = 0) -> None:
    """Note that a worker lives and has done so much more; a sign without work is written every 15 s at most."""
    now = clock.now()
    seen_at = session.scalar(_SEEN, {"name": name, "account": account})
    if seen_at is None and _count(session, account) >= MOST:
        return
    if seen_at is not None and not done and now - seen_at < EVERY:
        return
    insert = postgresql.insert if session.get_bind().dialect.name == "postgresql" else sqlite.insert
    made = insert(WorkerSign).values(name=name, account=account, since=now, seen_at=now, done=done)
    again = {"seen_at": now, "done": WorkerSign.done + made.excluded.done}
    session.execute(made.on_conflict_do_update(index_elements=["name", "account"], set_=again))


_SEEN = select(WorkerSign.seen_at).where(
    WorkerSign.name == bindparam("name"), WorkerSign.account == bindparam("account")
)


def _count(session: Session, account: str) -> int:
    return session.scalar(select(func.count()).where(WorkerSign.account == account)) or 0


def leave(session: Session, name: str) -> None:
    """Forget one of our own workers, which stops."""
    session.execute(delete(WorkerSign).where(WorkerSign.name == name, WorkerSign.account == ""))


def known(session: Session) -> Sequence[WorkerSign]:
    """Return the workers, our own first, the one seen last first."""
    order = (WorkerSign.account != "", WorkerSign.seen_at.desc(), WorkerSign.name)
    return session.scalars(select(WorkerSign).order_by(*order)).all()


def forget(session: Session) -> None:
    """Delete the signs of those who have been silent for days."""
    session.execute(delete(WorkerSign).where(WorkerSign.seen_at < clock.now() - KEPT))
