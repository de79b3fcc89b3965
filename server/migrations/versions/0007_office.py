"""Matters assigned from above, sealed items, quarterly results, and numbers of named reports."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "diverted_item",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("number", sa.String(length=32), nullable=False),
        sa.Column("instance_id", sa.String(length=64), nullable=False),
        sa.Column("reason", sa.String(length=8), nullable=False),
        sa.Column("items", sa.Integer(), nullable=False),
        sa.Column("received_on", sa.Date(), nullable=False),
        sa.Column("carrier", sa.String(length=255), nullable=False),
        sa.Column("to_body", sa.String(length=32), nullable=False),
        sa.Column("entered_by", sa.String(length=255), nullable=False),
        sa.Column("entered_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("handed_on", sa.Date(), nullable=True),
        sa.Column("handed_by", sa.String(length=255), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_diverted_item")),
        sa.UniqueConstraint("number", name=op.f("uq_diverted_item_number")),
    )
    op.create_table(
        "quarterly_list",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("number", sa.String(length=32), nullable=False),
        sa.Column("instance_id", sa.String(length=64), nullable=False),
        sa.Column("office_code", sa.String(length=32), nullable=False),
        sa.Column("year", sa.Integer(), nullable=False),
        sa.Column("quarter", sa.Integer(), nullable=False),
        sa.Column("until", sa.Date(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("signed_by", sa.String(length=255), nullable=True),
        sa.Column("signed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("received_by", sa.String(length=255), nullable=True),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_quarterly_list")),
        sa.UniqueConstraint("number", name=op.f("uq_quarterly_list_number")),
        sa.UniqueConstraint(
            "office_code", "year", "quarter", name=op.f("uq_quarterly_list_office_code_year_quarter")
        ),
    )
    with op.batch_alter_table("quarterly_list", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_quarterly_list_office_code"), ["office_code"], unique=False)
        batch_op.create_index(batch_op.f("ix_quarterly_list_instance_id"), ["instance_id"], unique=False)
    with op.batch_alter_table("diverted_item", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_diverted_item_instance_id"), ["instance_id"], unique=False)

    op.create_table(
        "assignment",
        sa.Column("clue_id", sa.String(length=64), nullable=False),
        sa.Column("assigned_by", sa.String(length=255), nullable=False),
        sa.Column("assignment_no", sa.String(length=100), nullable=False),
        sa.Column("assigned_on", sa.Date(), nullable=False),
        sa.Column("limit_version", sa.Integer(), nullable=False),
        sa.Column("first_due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("report_no", sa.String(length=100), nullable=True),
        sa.Column("reported_on", sa.Date(), nullable=True),
        sa.Column("reported_by", sa.String(length=255), nullable=True),
        sa.Column("result", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["clue_id"], ["clue.id"], name=op.f("fk_assignment_clue_id")),
        sa.PrimaryKeyConstraint("clue_id", name=op.f("pk_assignment")),
    )
    op.create_table(
        "extension",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("number", sa.String(length=32), nullable=False),
        sa.Column("clue_id", sa.String(length=64), nullable=False),
        sa.Column("rule_id", sa.String(length=16), nullable=False),
        sa.Column("level", sa.String(length=8), nullable=False),
        sa.Column("months", sa.Integer(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("asked_by", sa.String(length=255), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("old_due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("new_due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("decision", sa.String(length=16), nullable=True),
        sa.Column("opinion", sa.Text(), nullable=False),
        sa.Column("decided_by", sa.String(length=255), nullable=True),
        sa.Column("decided_on", sa.Date(), nullable=True),
        sa.Column("document_no", sa.String(length=100), nullable=True),
        sa.Column("reported_on", sa.Date(), nullable=True),
        sa.Column("reported_no", sa.String(length=100), nullable=True),
        sa.Column("reported_by", sa.String(length=255), nullable=True),
        sa.ForeignKeyConstraint(["clue_id"], ["clue.id"], name=op.f("fk_extension_clue_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_extension")),
        sa.UniqueConstraint("number", name=op.f("uq_extension_number")),
    )
    with op.batch_alter_table("extension", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_extension_clue_id"), ["clue_id"], unique=False)

    op.create_table(
        "quarterly_result",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("list_id", sa.Integer(), nullable=False),
        sa.Column("clue_id", sa.String(length=64), nullable=False),
        sa.Column("result", sa.String(length=16), nullable=False),
        sa.Column("concluded_on", sa.Date(), nullable=False),
        sa.ForeignKeyConstraint(["clue_id"], ["clue.id"], name=op.f("fk_quarterly_result_clue_id")),
        sa.ForeignKeyConstraint(["list_id"], ["quarterly_list.id"], name=op.f("fk_quarterly_result_list_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_quarterly_result")),
    )
    with op.batch_alter_table("quarterly_result", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_quarterly_result_clue_id"), ["clue_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_quarterly_result_list_id"), ["list_id"], unique=False)

    with op.batch_alter_table("clue", schema=None) as batch_op:
        batch_op.add_column(
            sa.Column("repeat_report", sa.Boolean(), nullable=False, server_default=sa.false())
        )
        batch_op.add_column(sa.Column("report_no", sa.String(length=40), nullable=True))


def downgrade() -> None:
    with op.batch_alter_table("clue", schema=None) as batch_op:
        batch_op.drop_column("report_no")
        batch_op.drop_column("repeat_report")

    with op.batch_alter_table("quarterly_result", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_quarterly_result_list_id"))
        batch_op.drop_index(batch_op.f("ix_quarterly_result_clue_id"))

    op.drop_table("quarterly_result")
    with op.batch_alter_table("extension", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_extension_clue_id"))

    op.drop_table("extension")
    op.drop_table("assignment")
    with op.batch_alter_table("quarterly_list", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_quarterly_list_office_code"))

    op.drop_table("quarterly_list")
    op.drop_table("diverted_item")
