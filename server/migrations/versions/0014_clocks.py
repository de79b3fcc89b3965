"""Timers that remember how a calendar counted them, and an index of those that wait."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

WAITING = sa.text("status = 'waiting'")


def upgrade() -> None:
    with op.batch_alter_table("timer") as table:
        table.add_column(sa.Column("counted", sa.JSON(), nullable=True))
        table.drop_index("ix_timer_status_due_at")
        table.create_index(
            "ix_timer_waiting", ["due_at", "id"], postgresql_where=WAITING, sqlite_where=WAITING
        )


def downgrade() -> None:
    with op.batch_alter_table("timer") as table:
        table.drop_index("ix_timer_waiting")
        table.create_index("ix_timer_status_due_at", ["status", "due_at"])
        table.drop_column("counted")
