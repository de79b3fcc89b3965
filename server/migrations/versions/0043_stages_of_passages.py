"""Passages that are of another stage than their instance say so."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0043"
down_revision = "0040"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("activity", sa.Column("stage", sa.String(length=32), nullable=True))
    # What people did says of which stage it was; gateways between such steps stay with the instance.
    op.execute(
        "UPDATE activity SET stage = (SELECT task.stage FROM task JOIN process_instance ON "
        "process_instance.id = task.instance_id WHERE task.id = activity.task_id AND "
        "coalesce(task.stage, '') != coalesce(process_instance.stage, '')) WHERE task_id IS NOT NULL"
    )


def downgrade() -> None:
    with op.batch_alter_table("activity") as table:
        table.drop_column("stage")
