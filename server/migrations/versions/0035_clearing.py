"""Keep what follows a finding of untrue: clearings, tolerance, prior filings, false accusations."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0035"
down_revision = "0033"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "tolerance_filing",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("number", sa.String(length=32), nullable=False),
        sa.Column("instance_id", sa.String(length=64), nullable=False),
        sa.Column("unit_code", sa.String(length=32), nullable=False),
        sa.Column("matter", sa.Text(), nullable=False),
        sa.Column("legal_basis", sa.Text(), nullable=False),
        sa.Column("risks", sa.Text(), nullable=False),
        sa.Column("safeguards", sa.Text(), nullable=False),
        sa.Column("filed_by", sa.String(length=255), nullable=False),
        sa.Column("filed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("returned", sa.Text(), nullable=False),
        sa.Column("received_by", sa.String(length=255), nullable=True),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_tolerance_filing")),
        sa.UniqueConstraint("instance_id", name=op.f("uq_tolerance_filing_instance_id")),
        sa.UniqueConstraint("number", name=op.f("uq_tolerance_filing_number")),
    )
    op.create_index(op.f("ix_tolerance_filing_unit_code"), "tolerance_filing", ["unit_code"])
    op.create_table(
        "false_accusation",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("number", sa.String(length=32), nullable=False),
        sa.Column("clue_id", sa.String(length=64), nullable=False),
        sa.Column("instance_id", sa.String(length=64), nullable=False),
        sa.Column("signs", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("raised_on", sa.Date(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("judgement", sa.String(length=16), nullable=True),
        sa.Column("basis", sa.Text(), nullable=False),
        sa.Column("determined_by", sa.String(length=8), nullable=True),
        sa.Column("document_no", sa.String(length=100), nullable=True),
        sa.Column("decision", sa.String(length=16), nullable=True),
        sa.Column("decided_on", sa.Date(), nullable=True),
        sa.Column("consequence", sa.String(length=16), nullable=True),
        sa.Column("gains", sa.Text(), nullable=False),
        sa.Column("carried_out_on", sa.Date(), nullable=True),
        sa.ForeignKeyConstraint(["clue_id"], ["clue.id"], name=op.f("fk_false_accusation_clue_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_false_accusation")),
        sa.UniqueConstraint("instance_id", name=op.f("uq_false_accusation_instance_id")),
        sa.UniqueConstraint("number", name=op.f("uq_false_accusation_number")),
    )
    op.create_index(op.f("ix_false_accusation_clue_id"), "false_accusation", ["clue_id"])
    op.create_table(
        "tolerance_filing_file",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("filing_id", sa.String(length=64), nullable=False),
        sa.Column("title", sa.String(length=255), nullable=False),
        sa.Column("media_type", sa.String(length=255), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["filing_id"], ["tolerance_filing.id"], name=op.f("fk_tolerance_filing_file_filing_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_tolerance_filing_file")),
    )
    op.create_index(op.f("ix_tolerance_filing_file_filing_id"), "tolerance_filing_file", ["filing_id"])
    op.create_table(
        "clarification",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("number", sa.String(length=32), nullable=False),
        sa.Column("clue_id", sa.String(length=64), nullable=False),
        sa.Column("subject_id", sa.Integer(), nullable=False),
        sa.Column("instance_id", sa.String(length=64), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("applicant", sa.String(length=16), nullable=True),
        sa.Column("applied_on", sa.Date(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("harm", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("rumour", sa.Text(), nullable=False),
        sa.Column("refusal", sa.String(length=16), nullable=True),
        sa.Column("consent_by", sa.String(length=16), nullable=True),
        sa.Column("consented_on", sa.Date(), nullable=True),
        sa.Column("consents_public", sa.Boolean(), nullable=True),
        sa.Column("wishes", sa.Text(), nullable=False),
        sa.Column("methods", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("audience", sa.Text(), nullable=False),
        sa.Column("place", sa.Text(), nullable=False),
        sa.Column("clarified_on", sa.Date(), nullable=True),
        sa.Column("reaction", sa.Text(), nullable=False),
        sa.Column("organisation_told_on", sa.Date(), nullable=True),
        sa.Column("archive_told_on", sa.Date(), nullable=True),
        sa.Column("retaliation", sa.String(length=16), nullable=True),
        sa.Column("retaliation_note", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["clue_id"], ["clue.id"], name=op.f("fk_clarification_clue_id")),
        sa.ForeignKeyConstraint(
            ["subject_id"], ["clue_subject.id"], name=op.f("fk_clarification_subject_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_clarification")),
        sa.UniqueConstraint("instance_id", name=op.f("uq_clarification_instance_id")),
        sa.UniqueConstraint("number", name=op.f("uq_clarification_number")),
    )
    op.create_index(op.f("ix_clarification_clue_id"), "clarification", ["clue_id"])
    op.create_index(op.f("ix_clarification_state"), "clarification", ["state"])
    op.create_table(
        "tolerance",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("number", sa.String(length=32), nullable=False),
        sa.Column("clue_id", sa.String(length=64), nullable=False),
        sa.Column("subject_id", sa.Integer(), nullable=True),
        sa.Column("instance_id", sa.String(length=64), nullable=False),
        sa.Column("filing_id", sa.String(length=64), nullable=True),
        sa.Column("raised_by", sa.String(length=16), nullable=False),
        sa.Column("raised_on", sa.Date(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("grounds", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("hard_stops", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("conclusion", sa.Text(), nullable=False),
        sa.Column("proposed", sa.String(length=16), nullable=True),
        sa.Column("outcome", sa.String(length=16), nullable=True),
        sa.Column("decided_on", sa.Date(), nullable=True),
        sa.Column("meeting_no", sa.String(length=32), nullable=True),
        sa.Column("person_told_on", sa.Date(), nullable=True),
        sa.Column("unit_told_on", sa.Date(), nullable=True),
        sa.Column("copied_on", sa.Date(), nullable=True),
        sa.Column("correction", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["clue_id"], ["clue.id"], name=op.f("fk_tolerance_clue_id")),
        sa.ForeignKeyConstraint(["filing_id"], ["tolerance_filing.id"], name=op.f("fk_tolerance_filing_id")),
        sa.ForeignKeyConstraint(["subject_id"], ["clue_subject.id"], name=op.f("fk_tolerance_subject_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_tolerance")),
        sa.UniqueConstraint("instance_id", name=op.f("uq_tolerance_instance_id")),
        sa.UniqueConstraint("number", name=op.f("uq_tolerance_number")),
    )
    op.create_index(op.f("ix_tolerance_clue_id"), "tolerance", ["clue_id"])
    op.create_table(
        "clarification_visit",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("clarification_id", sa.Integer(), nullable=False),
        sa.Column("clue_id", sa.String(length=64), nullable=False),
        sa.Column("visited_on", sa.Date(), nullable=False),
        sa.Column("visited", sa.String(length=16), nullable=False),
        sa.Column("removed", sa.Boolean(), nullable=False),
        sa.Column("result", sa.Text(), nullable=False),
        sa.Column("recorded_by", sa.String(length=255), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["clarification_id"], ["clarification.id"], name=op.f("fk_clarification_visit_clarification_id")
        ),
        sa.ForeignKeyConstraint(["clue_id"], ["clue.id"], name=op.f("fk_clarification_visit_clue_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_clarification_visit")),
    )
    op.create_index(
        op.f("ix_clarification_visit_clarification_id"), "clarification_visit", ["clarification_id"]
    )
    op.create_index(op.f("ix_clarification_visit_clue_id"), "clarification_visit", ["clue_id"])
    op.create_table(
        "tolerance_criterion",
        sa.Column("tolerance_id", sa.Integer(), nullable=False),
        sa.Column("round", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("criterion", sa.String(length=16), nullable=False),
        sa.Column("clue_id", sa.String(length=64), nullable=False),
        sa.Column("score", sa.String(length=16), nullable=False),
        sa.Column("evidence", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["clue_id"], ["clue.id"], name=op.f("fk_tolerance_criterion_clue_id")),
        sa.ForeignKeyConstraint(
            ["tolerance_id"], ["tolerance.id"], name=op.f("fk_tolerance_criterion_tolerance_id")
        ),
        sa.PrimaryKeyConstraint("tolerance_id", "round", "criterion", name=op.f("pk_tolerance_criterion")),
    )
    op.create_index(op.f("ix_tolerance_criterion_clue_id"), "tolerance_criterion", ["clue_id"])


def downgrade() -> None:
    op.drop_index(op.f("ix_tolerance_criterion_clue_id"), table_name="tolerance_criterion")
    op.drop_table("tolerance_criterion")
    op.drop_index(op.f("ix_clarification_visit_clue_id"), table_name="clarification_visit")
    op.drop_index(op.f("ix_clarification_visit_clarification_id"), table_name="clarification_visit")
    op.drop_table("clarification_visit")
    op.drop_index(op.f("ix_tolerance_clue_id"), table_name="tolerance")
    op.drop_table("tolerance")
    op.drop_index(op.f("ix_clarification_state"), table_name="clarification")
    op.drop_index(op.f("ix_clarification_clue_id"), table_name="clarification")
    op.drop_table("clarification")
    op.drop_index(op.f("ix_tolerance_filing_file_filing_id"), table_name="tolerance_filing_file")
    op.drop_table("tolerance_filing_file")
    op.drop_index(op.f("ix_false_accusation_clue_id"), table_name="false_accusation")
    op.drop_table("false_accusation")
    op.drop_index(op.f("ix_tolerance_filing_unit_code"), table_name="tolerance_filing")
    op.drop_table("tolerance_filing")
