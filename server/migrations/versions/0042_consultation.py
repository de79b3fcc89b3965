"""Consultation before a sanction."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0042"
down_revision = "0039"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "consultation",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("number", sa.String(length=32), nullable=False),
        sa.Column("clue_id", sa.String(length=64), nullable=False),
        sa.Column("case_id", sa.String(length=64), nullable=False),
        sa.Column("meeting_no", sa.String(length=32), nullable=False),
        sa.Column("unit_code", sa.String(length=32), nullable=True),
        sa.Column("answered_by", sa.String(length=64), nullable=False),
        sa.Column("addressee", sa.String(length=255), nullable=False),
        sa.Column("matter", sa.Text(), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("reply", sa.Text(), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("replied_on", sa.Date(), nullable=True),
        sa.Column("recorded_by", sa.String(length=255), nullable=True),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["case_id"], ["case_file.id"], name=op.f("fk_consultation_case_id")),
        sa.ForeignKeyConstraint(["clue_id"], ["clue.id"], name=op.f("fk_consultation_clue_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_consultation")),
        sa.UniqueConstraint("number", name=op.f("uq_consultation_number")),
    )
    op.create_index(op.f("ix_consultation_clue_id"), "consultation", ["clue_id"])


def downgrade() -> None:
    op.drop_index(op.f("ix_consultation_clue_id"), table_name="consultation")
    op.drop_table("consultation")
