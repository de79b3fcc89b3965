"""Review, decision, execution: proposals, hearings, decisions, sanctions, rights."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0034"
down_revision = "0035"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "agenda_item",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("clue_id", sa.String(length=64), nullable=False),
        sa.Column("case_id", sa.String(length=64), nullable=False),
        sa.Column("reasons", sa.Text(), nullable=False),
        sa.Column("put_by", sa.String(length=255), nullable=False),
        sa.Column("put_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["case_file.id"], name=op.f("fk_agenda_item_case_id")),
        sa.ForeignKeyConstraint(["clue_id"], ["clue.id"], name=op.f("fk_agenda_item_clue_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_agenda_item")),
    )
    op.create_index(op.f("ix_agenda_item_case_id"), "agenda_item", ["case_id"])
    op.create_index(op.f("ix_agenda_item_clue_id"), "agenda_item", ["clue_id"])
    op.create_table(
        "case_decision",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("number", sa.String(length=32), nullable=True),
        sa.Column("clue_id", sa.String(length=64), nullable=False),
        sa.Column("case_id", sa.String(length=64), nullable=False),
        sa.Column("subject_id", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("outcome", sa.String(length=16), nullable=False),
        sa.Column("party", sa.String(length=8), nullable=True),
        sa.Column("party_months", sa.Integer(), nullable=True),
        sa.Column("probation_months", sa.Integer(), nullable=True),
        sa.Column("instead_of_removal", sa.Boolean(), nullable=False),
        sa.Column("administrative", sa.String(length=8), nullable=True),
        sa.Column("administrative_months", sa.Integer(), nullable=True),
        sa.Column("facts", sa.Text(), nullable=False),
        sa.Column("basis", sa.Text(), nullable=False),
        sa.Column("meeting_no", sa.String(length=32), nullable=False),
        sa.Column("authority", sa.String(length=16), nullable=False),
        sa.Column("committee_on", sa.Date(), nullable=True),
        sa.Column("committee_no", sa.String(length=255), nullable=False),
        sa.Column("branch_on", sa.Date(), nullable=True),
        sa.Column("branch_special", sa.String(length=16), nullable=True),
        sa.Column("congress_removed_on", sa.Date(), nullable=True),
        sa.Column("party_effective_on", sa.Date(), nullable=True),
        sa.Column("made_on", sa.Date(), nullable=True),
        sa.Column("announced_on", sa.Date(), nullable=True),
        sa.Column("supersedes", sa.Integer(), nullable=True),
        sa.Column("effects_instance", sa.String(length=255), nullable=True),
        sa.Column("recorded_by", sa.String(length=255), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["case_file.id"], name=op.f("fk_case_decision_case_id")),
        sa.ForeignKeyConstraint(["clue_id"], ["clue.id"], name=op.f("fk_case_decision_clue_id")),
        sa.ForeignKeyConstraint(
            ["subject_id"], ["clue_subject.id"], name=op.f("fk_case_decision_subject_id")
        ),
        sa.ForeignKeyConstraint(
            ["supersedes"], ["case_decision.id"], name=op.f("fk_case_decision_supersedes")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_case_decision")),
        sa.UniqueConstraint("number", name=op.f("uq_case_decision_number")),
    )
    op.create_index(op.f("ix_case_decision_case_id"), "case_decision", ["case_id"])
    op.create_index(op.f("ix_case_decision_clue_id"), "case_decision", ["clue_id"])
    op.create_index(op.f("ix_case_decision_subject_id"), "case_decision", ["subject_id"])
    op.create_table(
        "case_proposal",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("clue_id", sa.String(length=64), nullable=False),
        sa.Column("case_id", sa.String(length=64), nullable=False),
        sa.Column("subject_id", sa.Integer(), nullable=False),
        sa.Column("outcome", sa.String(length=16), nullable=False),
        sa.Column("party", sa.String(length=8), nullable=True),
        sa.Column("administrative", sa.String(length=8), nullable=True),
        sa.Column("facts", sa.Text(), nullable=False),
        sa.Column("assessment", sa.Text(), nullable=False),
        sa.Column("reasons", sa.Text(), nullable=False),
        sa.Column("proposed_by", sa.String(length=255), nullable=False),
        sa.Column("proposed_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["case_file.id"], name=op.f("fk_case_proposal_case_id")),
        sa.ForeignKeyConstraint(["clue_id"], ["clue.id"], name=op.f("fk_case_proposal_clue_id")),
        sa.ForeignKeyConstraint(
            ["subject_id"], ["clue_subject.id"], name=op.f("fk_case_proposal_subject_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_case_proposal")),
    )
    op.create_index(op.f("ix_case_proposal_case_id"), "case_proposal", ["case_id"])
    op.create_index(op.f("ix_case_proposal_clue_id"), "case_proposal", ["clue_id"])
    op.create_index(op.f("ix_case_proposal_subject_id"), "case_proposal", ["subject_id"])
    op.create_table(
        "hearing",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("clue_id", sa.String(length=64), nullable=False),
        sa.Column("case_id", sa.String(length=64), nullable=False),
        sa.Column("subject_id", sa.Integer(), nullable=False),
        sa.Column("told_on", sa.Date(), nullable=False),
        sa.Column("party", sa.String(length=8), nullable=True),
        sa.Column("administrative", sa.String(length=8), nullable=True),
        sa.Column("statement", sa.Text(), nullable=False),
        sa.Column("adopted", sa.String(length=16), nullable=False),
        sa.Column("reasons", sa.Text(), nullable=False),
        sa.Column("recorded_by", sa.String(length=255), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["case_file.id"], name=op.f("fk_hearing_case_id")),
        sa.ForeignKeyConstraint(["clue_id"], ["clue.id"], name=op.f("fk_hearing_clue_id")),
        sa.ForeignKeyConstraint(["subject_id"], ["clue_subject.id"], name=op.f("fk_hearing_subject_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_hearing")),
    )
    op.create_index(op.f("ix_hearing_case_id"), "hearing", ["case_id"])
    op.create_index(op.f("ix_hearing_clue_id"), "hearing", ["clue_id"])
    op.create_index(op.f("ix_hearing_subject_id"), "hearing", ["subject_id"])
    op.create_table(
        "right_proof",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("clue_id", sa.String(length=64), nullable=False),
        sa.Column("case_id", sa.String(length=64), nullable=False),
        sa.Column("subject_id", sa.Integer(), nullable=False),
        sa.Column("right", sa.String(length=32), nullable=False),
        sa.Column("given", sa.String(length=16), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("recorded_by", sa.String(length=255), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["case_file.id"], name=op.f("fk_right_proof_case_id")),
        sa.ForeignKeyConstraint(["clue_id"], ["clue.id"], name=op.f("fk_right_proof_clue_id")),
        sa.ForeignKeyConstraint(["subject_id"], ["clue_subject.id"], name=op.f("fk_right_proof_subject_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_right_proof")),
    )
    op.create_index(op.f("ix_right_proof_case_id"), "right_proof", ["case_id"])
    op.create_index(op.f("ix_right_proof_clue_id"), "right_proof", ["clue_id"])
    op.create_index(op.f("ix_right_proof_subject_id"), "right_proof", ["subject_id"])
    op.create_table(
        "sanction",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("clue_id", sa.String(length=64), nullable=False),
        sa.Column("decision_id", sa.Integer(), nullable=False),
        sa.Column("subject_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=8), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("effective_on", sa.Date(), nullable=False),
        sa.Column("until", sa.Date(), nullable=True),
        sa.Column("remainder_days", sa.Integer(), nullable=False),
        sa.Column("probation_until", sa.Date(), nullable=True),
        sa.Column("restored_on", sa.Date(), nullable=True),
        sa.ForeignKeyConstraint(["clue_id"], ["clue.id"], name=op.f("fk_sanction_clue_id")),
        sa.ForeignKeyConstraint(["decision_id"], ["case_decision.id"], name=op.f("fk_sanction_decision_id")),
        sa.ForeignKeyConstraint(["subject_id"], ["clue_subject.id"], name=op.f("fk_sanction_subject_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sanction")),
    )
    op.create_index(op.f("ix_sanction_clue_id"), "sanction", ["clue_id"])
    op.create_index(op.f("ix_sanction_decision_id"), "sanction", ["decision_id"])
    op.create_index(op.f("ix_sanction_subject_id"), "sanction", ["subject_id"])
    op.create_table(
        "sanction_execution",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("clue_id", sa.String(length=64), nullable=False),
        sa.Column("decision_id", sa.Integer(), nullable=True),
        sa.Column("act", sa.String(length=16), nullable=False),
        sa.Column("done_on", sa.Date(), nullable=False),
        sa.Column("result", sa.String(length=16), nullable=False),
        sa.Column("remark", sa.Text(), nullable=False),
        sa.Column("recorded_by", sa.String(length=255), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["clue_id"], ["clue.id"], name=op.f("fk_sanction_execution_clue_id")),
        sa.ForeignKeyConstraint(
            ["decision_id"], ["case_decision.id"], name=op.f("fk_sanction_execution_decision_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sanction_execution")),
    )
    op.create_index(op.f("ix_sanction_execution_clue_id"), "sanction_execution", ["clue_id"])
    op.create_index(op.f("ix_sanction_execution_decision_id"), "sanction_execution", ["decision_id"])
    op.add_column("service", sa.Column("unit_code", sa.String(length=32), nullable=True))
    op.create_index(op.f("ix_service_unit_code"), "service", ["unit_code"])


def downgrade() -> None:
    op.drop_index(op.f("ix_service_unit_code"), table_name="service")
    op.drop_column("service", "unit_code")
    op.drop_index(op.f("ix_sanction_execution_decision_id"), table_name="sanction_execution")
    op.drop_index(op.f("ix_sanction_execution_clue_id"), table_name="sanction_execution")
    op.drop_table("sanction_execution")
    op.drop_index(op.f("ix_sanction_subject_id"), table_name="sanction")
    op.drop_index(op.f("ix_sanction_decision_id"), table_name="sanction")
    op.drop_index(op.f("ix_sanction_clue_id"), table_name="sanction")
    op.drop_table("sanction")
    op.drop_index(op.f("ix_right_proof_subject_id"), table_name="right_proof")
    op.drop_index(op.f("ix_right_proof_clue_id"), table_name="right_proof")
    op.drop_index(op.f("ix_right_proof_case_id"), table_name="right_proof")
    op.drop_table("right_proof")
    op.drop_index(op.f("ix_hearing_subject_id"), table_name="hearing")
    op.drop_index(op.f("ix_hearing_clue_id"), table_name="hearing")
    op.drop_index(op.f("ix_hearing_case_id"), table_name="hearing")
    op.drop_table("hearing")
    op.drop_index(op.f("ix_case_proposal_subject_id"), table_name="case_proposal")
    op.drop_index(op.f("ix_case_proposal_clue_id"), table_name="case_proposal")
    op.drop_index(op.f("ix_case_proposal_case_id"), table_name="case_proposal")
    op.drop_table("case_proposal")
    op.drop_index(op.f("ix_case_decision_subject_id"), table_name="case_decision")
    op.drop_index(op.f("ix_case_decision_clue_id"), table_name="case_decision")
    op.drop_index(op.f("ix_case_decision_case_id"), table_name="case_decision")
    op.drop_table("case_decision")
    op.drop_index(op.f("ix_agenda_item_clue_id"), table_name="agenda_item")
    op.drop_index(op.f("ix_agenda_item_case_id"), table_name="agenda_item")
    op.drop_table("agenda_item")
