"""Reports on announced decisions, each quarter, and who else announced a decision."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0062"
down_revision = "0064"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "announcement_report",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("number", sa.String(length=32), nullable=False),
        sa.Column("instance_id", sa.String(length=64), nullable=False),
        sa.Column("year", sa.Integer(), nullable=False),
        sa.Column("quarter", sa.Integer(), nullable=False),
        sa.Column("until", sa.Date(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("drafted_by", sa.String(length=255), nullable=True),
        sa.Column("drafted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("signed_by", sa.String(length=255), nullable=True),
        sa.Column("signed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("opinion", sa.Text(), nullable=False),
        sa.Column("handed_on", sa.Date(), nullable=True),
        sa.Column("handed_to", sa.String(length=255), nullable=False),
        sa.Column("receipt_no", sa.String(length=64), nullable=False),
        sa.Column("handed_by", sa.String(length=255), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_announcement_report")),
        sa.UniqueConstraint("number", name=op.f("uq_announcement_report_number")),
        sa.UniqueConstraint("year", "quarter", name=op.f("uq_announcement_report_year_quarter")),
    )
    op.create_index(op.f("ix_announcement_report_instance_id"), "announcement_report", ["instance_id"])
    op.create_table(
        "announcement_line",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("report_id", sa.Integer(), nullable=False),
        sa.Column("clue_id", sa.String(length=64), nullable=False),
        sa.Column("decision_id", sa.Integer(), nullable=False),
        sa.Column("announced_on", sa.Date(), nullable=True),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["clue_id"], ["clue.id"], name=op.f("fk_announcement_line_clue_id")),
        sa.ForeignKeyConstraint(
            ["decision_id"], ["case_decision.id"], name=op.f("fk_announcement_line_decision_id")
        ),
        sa.ForeignKeyConstraint(
            ["report_id"], ["announcement_report.id"], name=op.f("fk_announcement_line_report_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_announcement_line")),
    )
    op.create_index(op.f("ix_announcement_line_clue_id"), "announcement_line", ["clue_id"])
    op.create_index(op.f("ix_announcement_line_report_id"), "announcement_line", ["report_id"])
    op.add_column("sanction_execution", sa.Column("second_by", sa.String(length=255), nullable=True))


def downgrade() -> None:
    with op.batch_alter_table("sanction_execution") as table:
        table.drop_column("second_by")
    op.drop_table("announcement_line")
    op.drop_table("announcement_report")
