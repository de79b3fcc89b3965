"""Signers who are added to a task, opinions asked for, and why who does a task was changed."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0067"
down_revision = "0069"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "task_act",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("task_id", sa.String(length=64), nullable=False),
        sa.Column("instance_id", sa.String(length=64), nullable=False),
        sa.Column("scope_id", sa.String(length=255), nullable=True),
        sa.Column("act", sa.String(length=16), nullable=False),
        sa.Column("by", sa.String(length=255), nullable=False),
        sa.Column("on_behalf_of", sa.String(length=255), nullable=True),
        sa.Column("who", sa.String(length=255), nullable=True),
        sa.Column("agrees", sa.Boolean(), nullable=True),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["task_id"], ["task.id"], name=op.f("fk_task_act_task_id")),
        sa.ForeignKeyConstraint(
            ["instance_id"], ["process_instance.id"], name=op.f("fk_task_act_instance_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_task_act")),
    )
    for column in ("task_id", "instance_id", "scope_id"):
        op.create_index(op.f(f"ix_task_act_{column}"), "task_act", [column])
    with op.batch_alter_table("task") as table:
        table.add_column(sa.Column("owner", sa.String(length=255), nullable=True))
        table.add_column(sa.Column("delegation", sa.String(length=8), nullable=True))
        table.add_column(sa.Column("parent_id", sa.String(length=64), nullable=True))
        table.add_column(sa.Column("parked", sa.Boolean(), nullable=False, server_default=sa.false()))


def downgrade() -> None:
    with op.batch_alter_table("task") as table:
        for column in ("parked", "parent_id", "delegation", "owner"):
            table.drop_column(column)
    op.drop_table("task_act")
