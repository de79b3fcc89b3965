"""Corrections; the stage of opinions and meetings."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0039"
down_revision = "0036"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "correction",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("number", sa.String(length=32), nullable=False),
        sa.Column("clue_id", sa.String(length=64), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("entry", sa.String(length=64), nullable=False),
        sa.Column("was", sa.Text(), nullable=False),
        sa.Column("becomes", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("asked_by", sa.String(length=255), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("decision", sa.String(length=16), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["clue_id"], ["clue.id"], name=op.f("fk_correction_clue_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_correction")),
        sa.UniqueConstraint("number", name=op.f("uq_correction_number")),
    )
    op.create_index(op.f("ix_correction_clue_id"), "correction", ["clue_id"])
    op.add_column("meeting", sa.Column("stage", sa.String(length=32), nullable=True))
    op.add_column("opinion", sa.Column("stage", sa.String(length=32), nullable=True))


def downgrade() -> None:
    op.drop_column("opinion", "stage")
    op.drop_column("meeting", "stage")
    op.drop_index(op.f("ix_correction_clue_id"), table_name="correction")
    op.drop_table("correction")
