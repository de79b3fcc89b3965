"""The tables of what leaves the system: where to, how each person wants it, and every message with its fate."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from workflows.model import Base, new_id


class MailAddress(Base):
    """Where a person wants his mail; nobody else sees it."""

    __tablename__ = "mail_address"

    login: Mapped[str] = mapped_column(primary_key=True)
    address: Mapped[str] = mapped_column(String(254))
    changed_at: Mapped[datetime]


class DeliveryChoice(Base):
    """How one kind of notice reaches a person beyond his page; without a row, as `KINDS` has it."""

    __tablename__ = "delivery_choice"

    login: Mapped[str] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(String(16), primary_key=True)
    mail: Mapped[str] = mapped_column(String(8))  #: one of MAIL
    webhooks: Mapped[bool]


class Webhook(Base):
    """A system of the office that is told; its secret is derived, so the table holds none."""

    __tablename__ = "webhook"

    id: Mapped[str] = mapped_column(String(64), primary_key=True, default=new_id)
    name: Mapped[str] = mapped_column(String(64))
    url: Mapped[str] = mapped_column(String(1000))
    kinds: Mapped[list[Any]]  #: of KINDS
    generation: Mapped[int] = mapped_column(default=1)  #: raised to make another secret
    created_by: Mapped[str]
    created_at: Mapped[datetime]
    stopped_at: Mapped[datetime | None]


class OutgoingMessage(Base):
    """A notice on its way to one receiver: what it says is read from the notice when it is sent."""

    __tablename__ = "outgoing_message"

    id: Mapped[str] = mapped_column(String(64), primary_key=True, default=new_id)
    key: Mapped[str] = mapped_column(unique=True)  #: notice and receiver: nothing is written twice
    channel: Mapped[str] = mapped_column(String(8))  #: mail digest webhook
    login: Mapped[str]  #: whom the notice is for
    notification_id: Mapped[int] = mapped_column(ForeignKey("notification.id"), index=True)
    webhook_id: Mapped[str | None] = mapped_column(ForeignKey("webhook.id"))
    created_at: Mapped[datetime]
    due_at: Mapped[datetime]  #: of a digest, its hour
    status: Mapped[str] = mapped_column(
        String(8), default="waiting"
    )  #: waiting sent failed (an administrator must look) dropped (nobody is to have it any more)
    attempts: Mapped[int] = mapped_column(default=0)
    retry_at: Mapped[datetime | None]
    leased_until: Mapped[datetime | None]
    leased_by: Mapped[str | None]
    done_at: Mapped[datetime | None]
    error: Mapped[str | None]  #: in our words and numbers, never the other side's

    __table_args__ = (Index("ix_outgoing_message_channel_status_due_at", "channel", "status", "due_at"),)
