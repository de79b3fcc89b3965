"""Tasks for outside workers are rows that a worker fetches, locks and completes."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0064"
down_revision = "0061"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "external_task",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("instance_id", sa.String(length=64), nullable=False),
        sa.Column("definition_id", sa.String(length=255), nullable=False),
        sa.Column("scope_id", sa.String(length=255), nullable=True),
        sa.Column("stage", sa.String(length=32), nullable=True),
        sa.Column("element_id", sa.String(length=255), nullable=False),
        sa.Column("topic", sa.String(length=255), nullable=False),
        sa.Column("priority", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("worker", sa.String(length=255), nullable=True),
        sa.Column("locked_by", sa.String(length=255), nullable=True),
        sa.Column("locked_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("retries", sa.Integer(), nullable=True),
        sa.Column("error_message", sa.Text(), nullable=True),
        sa.Column("error_details", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(
            ["instance_id"], ["process_instance.id"], name=op.f("fk_external_task_instance_id")
        ),
        sa.ForeignKeyConstraint(
            ["definition_id"], ["process_definition.id"], name=op.f("fk_external_task_definition_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_external_task")),
    )
    op.create_index("ix_external_task_instance_id", "external_task", ["instance_id"])
    op.create_index("ix_external_task_topic", "external_task", ["topic", "created_at", "id"])
    op.create_table(
        "external_task_group",
        sa.Column("task_id", sa.String(length=64), nullable=False),
        sa.Column("name", sa.String(length=255), nullable=False),
        sa.ForeignKeyConstraint(
            ["task_id"], ["external_task.id"], name=op.f("fk_external_task_group_task_id")
        ),
        sa.PrimaryKeyConstraint("task_id", "name", name=op.f("pk_external_task_group")),
    )
    op.add_column("incident", sa.Column("external_id", sa.String(length=64), nullable=True))
    op.create_index("ix_incident_external_id", "incident", ["external_id"])


def downgrade() -> None:
    op.drop_index("ix_incident_external_id", "incident")
    with op.batch_alter_table("incident") as table:
        table.drop_column("external_id")
    op.drop_table("external_task_group")
    op.drop_table("external_task")
