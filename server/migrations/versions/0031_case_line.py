"""The case line: persons concerned, cases, allegations, proofs of service."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0031"
down_revision = "0025"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "case_file",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("case_no", sa.String(length=32), nullable=False),
        sa.Column("clue_id", sa.String(length=64), nullable=False),
        sa.Column("case_type", sa.String(length=8), nullable=False),
        sa.Column("stage", sa.String(length=32), nullable=False),
        sa.Column("party_filed_on", sa.Date(), nullable=True),
        sa.Column("party_authority", sa.String(length=255), nullable=False),
        sa.Column("supervisory_filed_on", sa.Date(), nullable=True),
        sa.Column("supervisory_authority", sa.String(length=255), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("accepted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("decided_on", sa.Date(), nullable=True),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("split_from", sa.String(length=64), nullable=True),
        sa.ForeignKeyConstraint(["clue_id"], ["clue.id"], name=op.f("fk_case_file_clue_id")),
        sa.ForeignKeyConstraint(["split_from"], ["case_file.id"], name=op.f("fk_case_file_split_from")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_case_file")),
        sa.UniqueConstraint("case_no", name=op.f("uq_case_file_case_no")),
    )
    op.create_index(op.f("ix_case_file_clue_id"), "case_file", ["clue_id"])
    op.create_index(op.f("ix_case_file_stage"), "case_file", ["stage"])
    op.create_table(
        "allegation",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("clue_id", sa.String(length=64), nullable=False),
        sa.Column("subject_id", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("category", sa.String(length=8), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("amount", sa.Numeric(precision=18, scale=2), nullable=True),
        sa.Column("stage", sa.String(length=32), nullable=False),
        sa.Column("finding", sa.String(length=16), nullable=False),
        sa.Column("basis", sa.Text(), nullable=False),
        sa.Column("recorded_by", sa.String(length=255), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["clue_id"], ["clue.id"], name=op.f("fk_allegation_clue_id")),
        sa.ForeignKeyConstraint(["subject_id"], ["clue_subject.id"], name=op.f("fk_allegation_subject_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_allegation")),
    )
    op.create_index(op.f("ix_allegation_clue_id"), "allegation", ["clue_id"])
    op.create_index(op.f("ix_allegation_subject_id"), "allegation", ["subject_id"])
    op.create_table(
        "case_person",
        sa.Column("case_id", sa.String(length=64), nullable=False),
        sa.Column("subject_id", sa.Integer(), nullable=False),
        sa.Column("person_no", sa.String(length=40), nullable=False),
        sa.Column("outcome", sa.String(length=16), nullable=True),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["case_id"], ["case_file.id"], name=op.f("fk_case_person_case_id")),
        sa.ForeignKeyConstraint(["subject_id"], ["clue_subject.id"], name=op.f("fk_case_person_subject_id")),
        sa.PrimaryKeyConstraint("case_id", "subject_id", name=op.f("pk_case_person")),
        sa.UniqueConstraint("person_no", name=op.f("uq_case_person_person_no")),
    )
    op.create_table(
        "concerned",
        sa.Column("subject_id", sa.Integer(), nullable=False),
        sa.Column("clue_id", sa.String(length=64), nullable=False),
        sa.Column("person_id", sa.String(length=64), nullable=True),
        sa.Column("rank_at_act", sa.String(length=8), nullable=True),
        sa.Column("rank_at_event", sa.String(length=8), nullable=True),
        sa.Column("management", sa.String(length=16), nullable=True),
        sa.Column("managed_on", sa.Date(), nullable=True),
        sa.Column("party_member", sa.Boolean(), nullable=True),
        sa.Column("party_post", sa.Boolean(), nullable=True),
        sa.Column("public_official", sa.Boolean(), nullable=True),
        sa.Column("congress_post", sa.Boolean(), nullable=True),
        sa.Column("village_cadre", sa.Boolean(), nullable=True),
        sa.Column("inquired_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("verified_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("filed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("sanctioned_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("died_on", sa.Date(), nullable=True),
        sa.Column("retired_on", sa.Date(), nullable=True),
        sa.Column("missing_since", sa.Date(), nullable=True),
        sa.ForeignKeyConstraint(["clue_id"], ["clue.id"], name=op.f("fk_concerned_clue_id")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_concerned_person_id")),
        sa.ForeignKeyConstraint(["subject_id"], ["clue_subject.id"], name=op.f("fk_concerned_subject_id")),
        sa.PrimaryKeyConstraint("subject_id", name=op.f("pk_concerned")),
    )
    op.create_index(op.f("ix_concerned_clue_id"), "concerned", ["clue_id"])
    op.create_index(op.f("ix_concerned_person_id"), "concerned", ["person_id"])
    op.create_table(
        "service",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("clue_id", sa.String(length=64), nullable=False),
        sa.Column("subject_id", sa.Integer(), nullable=True),
        sa.Column("kind", sa.String(length=32), nullable=True),
        sa.Column("paper_no", sa.String(length=32), nullable=True),
        sa.Column("recipient", sa.String(length=255), nullable=False),
        sa.Column("served_on", sa.Date(), nullable=False),
        sa.Column("method", sa.String(length=16), nullable=False),
        sa.Column("received_by", sa.String(length=16), nullable=False),
        sa.Column("witness", sa.String(length=255), nullable=False),
        sa.Column("remark", sa.Text(), nullable=False),
        sa.Column("recorded_by", sa.String(length=255), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["clue_id"], ["clue.id"], name=op.f("fk_service_clue_id")),
        sa.ForeignKeyConstraint(["subject_id"], ["clue_subject.id"], name=op.f("fk_service_subject_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_service")),
    )
    op.create_index(op.f("ix_service_clue_id"), "service", ["clue_id"])


def downgrade() -> None:
    op.drop_index(op.f("ix_service_clue_id"), table_name="service")
    op.drop_table("service")
    op.drop_index(op.f("ix_concerned_person_id"), table_name="concerned")
    op.drop_index(op.f("ix_concerned_clue_id"), table_name="concerned")
    op.drop_table("concerned")
    op.drop_table("case_person")
    op.drop_index(op.f("ix_allegation_subject_id"), table_name="allegation")
    op.drop_index(op.f("ix_allegation_clue_id"), table_name="allegation")
    op.drop_table("allegation")
    op.drop_index(op.f("ix_case_file_stage"), table_name="case_file")
    op.drop_index(op.f("ix_case_file_clue_id"), table_name="case_file")
    op.drop_table("case_file")
