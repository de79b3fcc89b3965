"""Which stage of its matter an instance or a task is of; none: the first."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for table in ("process_instance", "task"):
        op.add_column(table, sa.Column("stage", sa.String(length=32), nullable=True))


def downgrade() -> None:
    for table in ("task", "process_instance"):
        with op.batch_alter_table(table) as batch_op:
            batch_op.drop_column("stage")
