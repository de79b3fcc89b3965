"""Talk and letter inquiry: inquiries, talks, letters, first-form measures, interviews; what came of a clue's way."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0032"
down_revision = "0034"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "interview",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("number", sa.String(length=32), nullable=False),
        sa.Column("kind", sa.String(length=8), nullable=False),
        sa.Column("unit_code", sa.String(length=32), nullable=False),
        sa.Column("office_code", sa.String(length=32), nullable=False),
        sa.Column("level", sa.Integer(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("proposed_by", sa.String(length=255), nullable=False),
        sa.Column("proposed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("decided_by", sa.String(length=255), nullable=True),
        sa.Column("opinion", sa.Text(), nullable=False),
        sa.Column("held_on", sa.Date(), nullable=True),
        sa.Column("interviewers", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("record", sa.Text(), nullable=False),
        sa.Column("resolved_on", sa.Date(), nullable=True),
        sa.Column("result", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_interview")),
        sa.UniqueConstraint("number", name=op.f("uq_interview_number")),
    )
    op.create_index(op.f("ix_interview_unit_code"), "interview", ["unit_code"])
    op.create_table(
        "inquiry",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("number", sa.String(length=32), nullable=False),
        sa.Column("clue_id", sa.String(length=64), nullable=False),
        sa.Column("mode", sa.String(length=8), nullable=False),
        sa.Column("subjects", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("interviewers", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("delegate", sa.String(length=255), nullable=False),
        sa.Column("questions", sa.Text(), nullable=False),
        sa.Column("place", sa.String(length=255), nullable=False),
        sa.Column("companion", sa.String(length=255), nullable=False),
        sa.Column("safety_plan", sa.Text(), nullable=False),
        sa.Column("health_note", sa.Text(), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("planned_by", sa.String(length=255), nullable=False),
        sa.Column("planned_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("facts_found", sa.Text(), nullable=False),
        sa.Column("assessment", sa.Text(), nullable=False),
        sa.Column("outcome", sa.String(length=16), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("explained_on", sa.Date(), nullable=True),
        sa.Column("explanation", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["clue_id"], ["clue.id"], name=op.f("fk_inquiry_clue_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_inquiry")),
        sa.UniqueConstraint("number", name=op.f("uq_inquiry_number")),
    )
    op.create_index(op.f("ix_inquiry_clue_id"), "inquiry", ["clue_id"])
    op.create_table(
        "interview_person",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("interview_id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=255), nullable=False),
        sa.Column("post", sa.String(length=255), nullable=False),
        sa.Column("rank", sa.String(length=8), nullable=False),
        sa.ForeignKeyConstraint(
            ["interview_id"], ["interview.id"], name=op.f("fk_interview_person_interview_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_interview_person")),
    )
    op.create_index(op.f("ix_interview_person_interview_id"), "interview_person", ["interview_id"])
    op.create_index(op.f("ix_interview_person_name"), "interview_person", ["name"])
    op.create_table(
        "first_form_measure",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("number", sa.String(length=32), nullable=False),
        sa.Column("clue_id", sa.String(length=64), nullable=False),
        sa.Column("subject_id", sa.Integer(), nullable=False),
        sa.Column("measure", sa.String(length=8), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("carried_out_on", sa.Date(), nullable=True),
        sa.Column("carried_out_by", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("content", sa.Text(), nullable=False),
        sa.Column("statement", sa.Text(), nullable=False),
        sa.Column("effect_until", sa.Date(), nullable=True),
        sa.Column("change_report", sa.Text(), nullable=False),
        sa.Column("followed_up_on", sa.Date(), nullable=True),
        sa.ForeignKeyConstraint(["clue_id"], ["clue.id"], name=op.f("fk_first_form_measure_clue_id")),
        sa.ForeignKeyConstraint(
            ["subject_id"], ["clue_subject.id"], name=op.f("fk_first_form_measure_subject_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_first_form_measure")),
        sa.UniqueConstraint("number", name=op.f("uq_first_form_measure_number")),
    )
    op.create_index(op.f("ix_first_form_measure_clue_id"), "first_form_measure", ["clue_id"])
    op.create_index(op.f("ix_first_form_measure_subject_id"), "first_form_measure", ["subject_id"])
    op.create_table(
        "inquiry_letter",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("number", sa.String(length=32), nullable=False),
        sa.Column("clue_id", sa.String(length=64), nullable=False),
        sa.Column("inquiry_id", sa.Integer(), nullable=False),
        sa.Column("subject_id", sa.Integer(), nullable=False),
        sa.Column("unit_code", sa.String(length=32), nullable=True),
        sa.Column("turn", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("issued_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("served_on", sa.Date(), nullable=True),
        sa.Column("reply", sa.Text(), nullable=False),
        sa.Column("unit_opinion", sa.Text(), nullable=False),
        sa.Column("replied_by", sa.String(length=255), nullable=True),
        sa.Column("replied_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["clue_id"], ["clue.id"], name=op.f("fk_inquiry_letter_clue_id")),
        sa.ForeignKeyConstraint(["inquiry_id"], ["inquiry.id"], name=op.f("fk_inquiry_letter_inquiry_id")),
        sa.ForeignKeyConstraint(
            ["subject_id"], ["clue_subject.id"], name=op.f("fk_inquiry_letter_subject_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_inquiry_letter")),
        sa.UniqueConstraint("number", name=op.f("uq_inquiry_letter_number")),
    )
    op.create_index(op.f("ix_inquiry_letter_clue_id"), "inquiry_letter", ["clue_id"])
    op.create_index(op.f("ix_inquiry_letter_inquiry_id"), "inquiry_letter", ["inquiry_id"])
    op.create_index(op.f("ix_inquiry_letter_unit_code"), "inquiry_letter", ["unit_code"])
    op.create_table(
        "inquiry_talk",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("number", sa.String(length=32), nullable=False),
        sa.Column("clue_id", sa.String(length=64), nullable=False),
        sa.Column("inquiry_id", sa.Integer(), nullable=False),
        sa.Column("held_on", sa.Date(), nullable=False),
        sa.Column("begun", sa.String(length=8), nullable=False),
        sa.Column("ended", sa.String(length=8), nullable=False),
        sa.Column("record", sa.Text(), nullable=False),
        sa.Column("statement", sa.Text(), nullable=False),
        sa.Column("recusal_said", sa.Text(), nullable=False),
        sa.Column("signed", sa.Boolean(), nullable=False),
        sa.Column("refusal", sa.Text(), nullable=False),
        sa.Column("stopped", sa.String(length=16), nullable=True),
        sa.Column("delegated", sa.Boolean(), nullable=False),
        sa.Column("recorded_by", sa.String(length=255), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("second_by", sa.String(length=255), nullable=True),
        sa.ForeignKeyConstraint(["clue_id"], ["clue.id"], name=op.f("fk_inquiry_talk_clue_id")),
        sa.ForeignKeyConstraint(["inquiry_id"], ["inquiry.id"], name=op.f("fk_inquiry_talk_inquiry_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_inquiry_talk")),
        sa.UniqueConstraint("number", name=op.f("uq_inquiry_talk_number")),
    )
    op.create_index(op.f("ix_inquiry_talk_clue_id"), "inquiry_talk", ["clue_id"])
    op.create_index(op.f("ix_inquiry_talk_inquiry_id"), "inquiry_talk", ["inquiry_id"])
    op.create_table(
        "inquiry_talk_person",
        sa.Column("talk_id", sa.Integer(), nullable=False),
        sa.Column("subject_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["subject_id"], ["clue_subject.id"], name=op.f("fk_inquiry_talk_person_subject_id")
        ),
        sa.ForeignKeyConstraint(
            ["talk_id"], ["inquiry_talk.id"], name=op.f("fk_inquiry_talk_person_talk_id")
        ),
        sa.PrimaryKeyConstraint("talk_id", "subject_id", name=op.f("pk_inquiry_talk_person")),
    )
    op.add_column("clue", sa.Column("resolution", sa.String(length=32), nullable=True))


def downgrade() -> None:
    op.drop_column("clue", "resolution")
    op.drop_table("inquiry_talk_person")
    op.drop_index(op.f("ix_inquiry_talk_inquiry_id"), table_name="inquiry_talk")
    op.drop_index(op.f("ix_inquiry_talk_clue_id"), table_name="inquiry_talk")
    op.drop_table("inquiry_talk")
    op.drop_index(op.f("ix_inquiry_letter_unit_code"), table_name="inquiry_letter")
    op.drop_index(op.f("ix_inquiry_letter_inquiry_id"), table_name="inquiry_letter")
    op.drop_index(op.f("ix_inquiry_letter_clue_id"), table_name="inquiry_letter")
    op.drop_table("inquiry_letter")
    op.drop_index(op.f("ix_first_form_measure_subject_id"), table_name="first_form_measure")
    op.drop_index(op.f("ix_first_form_measure_clue_id"), table_name="first_form_measure")
    op.drop_table("first_form_measure")
    op.drop_index(op.f("ix_interview_person_name"), table_name="interview_person")
    op.drop_index(op.f("ix_interview_person_interview_id"), table_name="interview_person")
    op.drop_table("interview_person")
    op.drop_index(op.f("ix_inquiry_clue_id"), table_name="inquiry")
    op.drop_table("inquiry")
    op.drop_index(op.f("ix_interview_unit_code"), table_name="interview")
    op.drop_table("interview")
