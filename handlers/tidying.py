"""What the worker deletes without asking: rows that only work needed, each kind after its time in `retention.csv`."""

from __future__ import annotations

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from handlers import clue_import, outbox, uploads
from handlers.keeping import periods
from handlers.notifications import Notification
from handlers.outbox import OutgoingMessage
from workflows import jobs
from workflows.model import Sandbox, TaskDraft


def tidy(session: Session) -> None:
    """Delete what has had its time; InvalidInput where the file of periods is wrong."""
    uploads.forget(session, periods.over("upload"))
    clue_import.forget(session, periods.over("transfer_list"))
    outbox.queue.forget(session, periods.over("message"))
    jobs.forget(session, periods.over("job"))
    session.execute(delete(Sandbox).where(Sandbox.touched_at < periods.over("sandbox")))
    session.execute(delete(TaskDraft).where(TaskDraft.saved_at < periods.over("draft")))
    told = select(OutgoingMessage.notification_id).where(OutgoingMessage.notification_id.is_not(None))
    read = delete(Notification).where(Notification.read_at < periods.over("notification"))
    session.execute(read.where(Notification.id.not_in(told)).execution_options(synchronize_session=False))
