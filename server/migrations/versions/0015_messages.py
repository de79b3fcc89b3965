"""Messages that leave the system, how each person wants them, and calendar feeds."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

INSTANT = sa.DateTime(timezone=True)


def upgrade() -> None:
    with op.batch_alter_table("notification") as table:
        # What was told before there was mail is not mailed now.
        table.add_column(sa.Column("spread", sa.Boolean(), nullable=False, server_default=sa.true()))
    with op.batch_alter_table("notification") as table:
        table.alter_column("spread", server_default=None)
    op.create_index(
        "ix_notification_unspread",
        "notification",
        ["id"],
        postgresql_where=sa.text("NOT spread"),
        sqlite_where=sa.text("spread = 0"),
    )
    _choices()
    _messages()
    _feeds()


def _choices() -> None:
    op.create_table(
        "mail_address",
        sa.Column("login", sa.String(length=255), nullable=False),
        sa.Column("address", sa.String(length=254), nullable=False),
        sa.Column("changed_at", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("login", name=op.f("pk_mail_address")),
    )
    op.create_table(
        "delivery_choice",
        sa.Column("login", sa.String(length=255), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("mail", sa.String(length=8), nullable=False),
        sa.Column("webhooks", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("login", "kind", name=op.f("pk_delivery_choice")),
    )
    op.create_table(
        "webhook",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("url", sa.String(length=1000), nullable=False),
        sa.Column("kinds", sa.JSON(), nullable=False),
        sa.Column("generation", sa.Integer(), nullable=False),
        sa.Column("created_by", sa.String(length=255), nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("stopped_at", INSTANT, nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_webhook")),
    )


def _messages() -> None:
    op.create_table(
        "outgoing_message",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("key", sa.String(length=255), nullable=False),
        sa.Column("channel", sa.String(length=8), nullable=False),
        sa.Column("login", sa.String(length=255), nullable=False),
        sa.Column("notification_id", sa.Integer(), nullable=False),
        sa.Column("webhook_id", sa.String(length=64), nullable=True),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("due_at", INSTANT, nullable=False),
        sa.Column("status", sa.String(length=8), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("retry_at", INSTANT, nullable=True),
        sa.Column("leased_until", INSTANT, nullable=True),
        sa.Column("leased_by", sa.String(length=255), nullable=True),
        sa.Column("done_at", INSTANT, nullable=True),
        sa.Column("error", sa.String(length=255), nullable=True),
        sa.ForeignKeyConstraint(
            ["notification_id"],
            ["notification.id"],
            name=op.f("fk_outgoing_message_notification_id_notification"),
        ),
        sa.ForeignKeyConstraint(
            ["webhook_id"], ["webhook.id"], name=op.f("fk_outgoing_message_webhook_id_webhook")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_outgoing_message")),
        sa.UniqueConstraint("key", name=op.f("uq_outgoing_message_key")),
    )
    for columns in (["channel", "status", "due_at"], ["notification_id"]):
        op.create_index(f"ix_outgoing_message_{'_'.join(columns)}", "outgoing_message", columns)


def _feeds() -> None:
    op.create_table(
        "calendar_feed",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("login", sa.String(length=64), nullable=False),
        sa.Column("generation", sa.Integer(), nullable=False),
        sa.Column("locale", sa.String(length=16), nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("revoked_at", INSTANT, nullable=True),
        sa.ForeignKeyConstraint(["login"], ["account.login"], name=op.f("fk_calendar_feed_login_account")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_calendar_feed")),
        sa.UniqueConstraint("digest", name=op.f("uq_calendar_feed_digest")),
    )
    op.create_index("ix_calendar_feed_login", "calendar_feed", ["login"])


def downgrade() -> None:
    for name in ("calendar_feed", "outgoing_message", "webhook", "delivery_choice", "mail_address"):
        op.drop_table(name)
    op.drop_index("ix_notification_unspread", "notification")
    with op.batch_alter_table("notification") as table:
        table.drop_column("spread")
