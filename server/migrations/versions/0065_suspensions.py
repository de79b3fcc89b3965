"""Suspensions from post (停职检查), and the organisational measure that an accountability decision names."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0065"
down_revision = "0062"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "suspension",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("number", sa.String(length=32), nullable=False),
        sa.Column("clue_id", sa.String(length=64), nullable=False),
        sa.Column("inquiry_id", sa.String(length=64), nullable=False),
        sa.Column("subject_id", sa.Integer(), nullable=False),
        sa.Column("instance_id", sa.String(length=64), nullable=True),
        sa.Column("begins_on", sa.Date(), nullable=False),
        sa.Column("document_no", sa.String(length=64), nullable=False),
        sa.Column("until", sa.Date(), nullable=False),
        sa.Column("expired_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("outcome", sa.String(length=16), nullable=True),
        sa.Column("ended_on", sa.Date(), nullable=True),
        sa.ForeignKeyConstraint(["clue_id"], ["clue.id"], name=op.f("fk_suspension_clue_id")),
        sa.ForeignKeyConstraint(
            ["inquiry_id"], ["accountability_inquiry.id"], name=op.f("fk_suspension_inquiry_id")
        ),
        sa.ForeignKeyConstraint(["subject_id"], ["clue_subject.id"], name=op.f("fk_suspension_subject_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_suspension")),
        sa.UniqueConstraint("number", name=op.f("uq_suspension_number")),
    )
    for column in ("clue_id", "inquiry_id", "instance_id"):
        op.create_index(op.f(f"ix_suspension_{column}"), "suspension", [column])
    op.create_table(
        "suspension_decision",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("clue_id", sa.String(length=64), nullable=False),
        sa.Column("suspension_id", sa.Integer(), nullable=False),
        sa.Column("outcome", sa.String(length=16), nullable=False),
        sa.Column("decided_on", sa.Date(), nullable=False),
        sa.Column("document_no", sa.String(length=64), nullable=False),
        sa.Column("until", sa.Date(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("recorded_by", sa.String(length=255), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["clue_id"], ["clue.id"], name=op.f("fk_suspension_decision_clue_id")),
        sa.ForeignKeyConstraint(
            ["suspension_id"], ["suspension.id"], name=op.f("fk_suspension_decision_suspension_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_suspension_decision")),
    )
    for column in ("clue_id", "suspension_id"):
        op.create_index(op.f(f"ix_suspension_decision_{column}"), "suspension_decision", [column])
    op.add_column("duty_owner", sa.Column("organisational", sa.String(length=8), nullable=True))
    op.add_column("duty_owner", sa.Column("committee_on", sa.Date(), nullable=True))
    op.add_column(
        "duty_owner", sa.Column("committee_no", sa.String(length=64), nullable=False, server_default="")
    )


def downgrade() -> None:
    with op.batch_alter_table("duty_owner") as table:
        table.drop_column("committee_no")
        table.drop_column("committee_on")
        table.drop_column("organisational")
    op.drop_table("suspension_decision")
    op.drop_table("suspension")
