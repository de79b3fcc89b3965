"""A line in a matter's record is of a stage, and read by who reads that."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0049"
down_revision = "0048"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("matter_event", sa.Column("stage", sa.String(length=32), nullable=True))
    # Lines of reviews are known by their codes.
    op.execute("UPDATE matter_event SET stage = 'review' WHERE code LIKE 'review.%'")


def downgrade() -> None:
    with op.batch_alter_table("matter_event") as table:
        table.drop_column("stage")
