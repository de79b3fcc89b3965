"""How cases end otherwise: persons who die or flee, transfers to the procuratorate, links between cases."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0041"
down_revision = "0043"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "case_link",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("clue_id", sa.String(length=64), nullable=False),
        sa.Column("case_id", sa.String(length=64), nullable=True),
        sa.Column("instance_id", sa.String(length=255), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("to_clue_id", sa.String(length=64), nullable=True),
        sa.Column("to_case_id", sa.String(length=64), nullable=True),
        sa.Column("subjects", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("body", sa.String(length=255), nullable=False),
        sa.Column("document_no", sa.String(length=255), nullable=False),
        sa.Column("handed", sa.Text(), nullable=False),
        sa.Column("handed_on", sa.Date(), nullable=True),
        sa.Column("received_by", sa.String(length=255), nullable=False),
        sa.Column("received_on", sa.Date(), nullable=True),
        sa.Column("receipt_no", sa.String(length=255), nullable=False),
        sa.Column("asked_by", sa.String(length=255), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("done_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["case_id"], ["case_file.id"], name=op.f("fk_case_link_case_id")),
        sa.ForeignKeyConstraint(["clue_id"], ["clue.id"], name=op.f("fk_case_link_clue_id")),
        sa.ForeignKeyConstraint(["to_case_id"], ["case_file.id"], name=op.f("fk_case_link_to_case_id")),
        sa.ForeignKeyConstraint(["to_clue_id"], ["clue.id"], name=op.f("fk_case_link_to_clue_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_case_link")),
    )
    op.create_index(op.f("ix_case_link_case_id"), "case_link", ["case_id"])
    op.create_index(op.f("ix_case_link_clue_id"), "case_link", ["clue_id"])
    op.create_index(op.f("ix_case_link_instance_id"), "case_link", ["instance_id"])
    op.create_index(op.f("ix_case_link_to_clue_id"), "case_link", ["to_clue_id"])
    op.create_table(
        "prosecution",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("clue_id", sa.String(length=64), nullable=False),
        sa.Column("case_id", sa.String(length=64), nullable=False),
        sa.Column("subject_id", sa.Integer(), nullable=False),
        sa.Column("number", sa.String(length=32), nullable=False),
        sa.Column("charge", sa.Text(), nullable=False),
        sa.Column("facts", sa.Text(), nullable=False),
        sa.Column("handed", sa.Text(), nullable=False),
        sa.Column("handed_on", sa.Date(), nullable=True),
        sa.Column("received_by", sa.String(length=255), nullable=False),
        sa.Column("receipt_no", sa.String(length=255), nullable=False),
        sa.Column("returns", sa.Integer(), nullable=False),
        sa.Column("result", sa.String(length=16), nullable=True),
        sa.Column("result_on", sa.Date(), nullable=True),
        sa.Column("remark", sa.Text(), nullable=False),
        sa.Column("recorded_by", sa.String(length=255), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["case_file.id"], name=op.f("fk_prosecution_case_id")),
        sa.ForeignKeyConstraint(["clue_id"], ["clue.id"], name=op.f("fk_prosecution_clue_id")),
        sa.ForeignKeyConstraint(["subject_id"], ["clue_subject.id"], name=op.f("fk_prosecution_subject_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_prosecution")),
        sa.UniqueConstraint("number", name=op.f("uq_prosecution_number")),
    )
    op.create_index(op.f("ix_prosecution_case_id"), "prosecution", ["case_id"])
    op.create_index(op.f("ix_prosecution_clue_id"), "prosecution", ["clue_id"])
    op.create_index(op.f("ix_prosecution_subject_id"), "prosecution", ["subject_id"])
    op.add_column("case_decision", sa.Column("benefits", sa.Text(), nullable=True))
    op.add_column("case_decision", sa.Column("gains", sa.Text(), nullable=True))
    op.add_column("case_measure", sa.Column("ended_on", sa.Date(), nullable=True))
    op.add_column("concerned", sa.Column("wanted_on", sa.Date(), nullable=True))


def downgrade() -> None:
    op.drop_column("concerned", "wanted_on")
    op.drop_column("case_measure", "ended_on")
    op.drop_column("case_decision", "gains")
    op.drop_column("case_decision", "benefits")
    op.drop_index(op.f("ix_prosecution_subject_id"), table_name="prosecution")
    op.drop_index(op.f("ix_prosecution_clue_id"), table_name="prosecution")
    op.drop_index(op.f("ix_prosecution_case_id"), table_name="prosecution")
    op.drop_table("prosecution")
    op.drop_index(op.f("ix_case_link_to_clue_id"), table_name="case_link")
    op.drop_index(op.f("ix_case_link_instance_id"), table_name="case_link")
    op.drop_index(op.f("ix_case_link_clue_id"), table_name="case_link")
    op.drop_index(op.f("ix_case_link_case_id"), table_name="case_link")
    op.drop_table("case_link")
