"""Limits that the office edits, and the holiday plans that it loads."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("time_limit") as table:
        table.add_column(sa.Column("reason", sa.Text(), nullable=True))
        table.add_column(sa.Column("written_by", sa.String(length=255), nullable=True))
        table.add_column(sa.Column("written_at", sa.DateTime(timezone=True), nullable=True))
    op.create_table(
        "calendar_year",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("jurisdiction", sa.String(length=16), nullable=False),
        sa.Column("year", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("loaded_by", sa.String(length=255), nullable=False),
        sa.Column("loaded_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_calendar_year")),
        sa.UniqueConstraint(
            "jurisdiction", "year", "version", name=op.f("uq_calendar_year_jurisdiction_year_version")
        ),
    )
    op.create_table(
        "calendar_day",
        sa.Column("plan_id", sa.String(length=64), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("kind", sa.String(length=8), nullable=False),
        sa.Column("name", sa.String(length=255), nullable=False),
        sa.Column("source", sa.String(length=255), nullable=False),
        sa.ForeignKeyConstraint(
            ["plan_id"], ["calendar_year.id"], name=op.f("fk_calendar_day_plan_id_calendar_year")
        ),
        sa.PrimaryKeyConstraint("plan_id", "day", name=op.f("pk_calendar_day")),
    )


def downgrade() -> None:
    op.drop_table("calendar_day")
    op.drop_table("calendar_year")
    with op.batch_alter_table("time_limit") as table:
        for name in ("written_at", "written_by", "reason"):
            table.drop_column(name)
