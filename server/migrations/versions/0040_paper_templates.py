"""The templates that supervisors wrote in Word, and the class of secrecy of a paper."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0040"
down_revision = "0042"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "paper_template",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=True),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("of_version", sa.Integer(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_by", sa.String(length=255), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_paper_template")),
        sa.UniqueConstraint("kind", "version", name=op.f("uq_paper_template_kind_version")),
    )
    op.create_table(
        "paper_class",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("clue_id", sa.String(length=64), nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("secrecy", sa.String(length=1), nullable=False),
        sa.Column("set_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("set_by", sa.String(length=255), nullable=False),
        sa.ForeignKeyConstraint(["clue_id"], ["clue.id"], name=op.f("fk_paper_class_clue_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_paper_class")),
    )
    op.create_index(op.f("ix_paper_class_clue_id"), "paper_class", ["clue_id"])


def downgrade() -> None:
    op.drop_index(op.f("ix_paper_class_clue_id"), table_name="paper_class")
    op.drop_table("paper_class")
    op.drop_table("paper_template")
