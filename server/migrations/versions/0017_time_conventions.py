"""What the office answers to questions of counting that rules leave open; pauses that end at their cap."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0020"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "time_convention",
        sa.Column("question", sa.String(length=32), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("option", sa.String(length=64), nullable=False),
        sa.Column("effect", sa.String(length=32), nullable=False),
        sa.Column("rules", sa.Text(), nullable=False),
        sa.Column("effective_from", sa.Date(), nullable=False),
        sa.Column("document_no", sa.String(length=255), nullable=False),
        sa.Column("written_by", sa.String(length=255), nullable=True),
        sa.Column("written_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("question", "version", name=op.f("pk_time_convention")),
    )
    with op.batch_alter_table("clock_change") as table:
        table.add_column(sa.Column("capped", sa.Boolean(), nullable=False, server_default=sa.false()))


def downgrade() -> None:
    with op.batch_alter_table("clock_change") as table:
        table.drop_column("capped")
    op.drop_table("time_convention")
