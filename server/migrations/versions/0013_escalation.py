"""Rungs that are repeated and that reassign, and who stands in for whom while somebody is away."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("reminder_rung") as table:
        table.add_column(sa.Column("every", sa.Double(), nullable=True))
        table.add_column(sa.Column("times", sa.Integer(), nullable=False, server_default="1"))
        table.add_column(sa.Column("give_to", sa.String(length=255), nullable=True))
    with op.batch_alter_table("reminder_rung") as table:
        table.alter_column("times", server_default=None)
    # Not by a batch: the table is large, and its partial indexes would not survive a copy.
    op.add_column("task", sa.Column("colour", sa.String(length=8), nullable=True))
    op.create_table(
        "absence",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("login", sa.String(length=255), nullable=False),
        sa.Column("proxy", sa.String(length=255), nullable=False),
        sa.Column("since", sa.Date(), nullable=False),
        sa.Column("until", sa.Date(), nullable=False),
        sa.Column("named_by", sa.String(length=255), nullable=False),
        sa.Column("named_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_absence")),
    )
    with op.batch_alter_table("absence") as table:
        table.create_index(op.f("ix_absence_login"), ["login"], unique=False)


def downgrade() -> None:
    op.drop_table("absence")
    op.drop_column("task", "colour")
    with op.batch_alter_table("reminder_rung") as table:
        for name in ("give_to", "times", "every"):
            table.drop_column(name)
