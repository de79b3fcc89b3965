"""Dual investigation: judgments, inquiries, who answers; interference, leaks, accidents."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0036"
down_revision = "0032"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "leak",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("number", sa.String(length=32), nullable=False),
        sa.Column("scope_id", sa.String(length=255), nullable=False),
        sa.Column("instance_id", sa.String(length=64), nullable=False),
        sa.Column("found_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("what", sa.Text(), nullable=False),
        sa.Column("reported_by", sa.String(length=255), nullable=False),
        sa.Column("frozen_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("finding", sa.Text(), nullable=False),
        sa.Column("looked_into_by", sa.String(length=255), nullable=True),
        sa.Column("lifted_by", sa.String(length=255), nullable=True),
        sa.Column("lifted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("lift_reason", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_leak")),
        sa.UniqueConstraint("number", name=op.f("uq_leak_number")),
    )
    op.create_index(op.f("ix_leak_instance_id"), "leak", ["instance_id"])
    op.create_index(op.f("ix_leak_scope_id"), "leak", ["scope_id"])
    op.create_table(
        "accident",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("number", sa.String(length=32), nullable=False),
        sa.Column("clue_id", sa.String(length=64), nullable=False),
        sa.Column("instance_id", sa.String(length=64), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("person", sa.String(length=255), nullable=False),
        sa.Column("occurred_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("place", sa.String(length=255), nullable=False),
        sa.Column("what", sa.Text(), nullable=False),
        sa.Column("measures", sa.Text(), nullable=False),
        sa.Column("reported_by", sa.String(length=255), nullable=False),
        sa.Column("reported_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("above_no", sa.String(length=100), nullable=False),
        sa.Column("above_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("result", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["clue_id"], ["clue.id"], name=op.f("fk_accident_clue_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_accident")),
        sa.UniqueConstraint("number", name=op.f("uq_accident_number")),
    )
    op.create_index(op.f("ix_accident_clue_id"), "accident", ["clue_id"])
    op.create_index(op.f("ix_accident_instance_id"), "accident", ["instance_id"])
    op.create_table(
        "interference",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("number", sa.String(length=32), nullable=False),
        sa.Column("clue_id", sa.String(length=64), nullable=False),
        sa.Column("instance_id", sa.String(length=64), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("person", sa.String(length=255), nullable=False),
        sa.Column("unit", sa.String(length=255), nullable=False),
        sa.Column("post", sa.String(length=255), nullable=False),
        sa.Column("happened_on", sa.Date(), nullable=False),
        sa.Column("how", sa.Text(), nullable=False),
        sa.Column("reported_by", sa.String(length=255), nullable=False),
        sa.Column("reported_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("result", sa.String(length=16), nullable=True),
        sa.Column("opinion", sa.Text(), nullable=False),
        sa.Column("handled_by", sa.String(length=255), nullable=True),
        sa.Column("handled_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["clue_id"], ["clue.id"], name=op.f("fk_interference_clue_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_interference")),
        sa.UniqueConstraint("number", name=op.f("uq_interference_number")),
    )
    op.create_index(op.f("ix_interference_clue_id"), "interference", ["clue_id"])
    op.create_index(op.f("ix_interference_instance_id"), "interference", ["instance_id"])
    op.create_table(
        "dual_judgement",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("number", sa.String(length=32), nullable=False),
        sa.Column("clue_id", sa.String(length=64), nullable=False),
        sa.Column("case_id", sa.String(length=64), nullable=True),
        sa.Column("instance_id", sa.String(length=64), nullable=False),
        sa.Column("point", sa.String(length=16), nullable=False),
        sa.Column("trigger", sa.String(length=32), nullable=False),
        sa.Column("dual_type", sa.String(length=1), nullable=False),
        sa.Column("unit", sa.String(length=255), nullable=False),
        sa.Column("unit_code", sa.String(length=32), nullable=True),
        sa.Column("proposal", sa.String(length=16), nullable=False),
        sa.Column("reasons", sa.Text(), nullable=False),
        sa.Column("result", sa.String(length=16), nullable=True),
        sa.Column("recorded_by", sa.String(length=255), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["case_id"], ["case_file.id"], name=op.f("fk_dual_judgement_case_id")),
        sa.ForeignKeyConstraint(["clue_id"], ["clue.id"], name=op.f("fk_dual_judgement_clue_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_dual_judgement")),
        sa.UniqueConstraint("number", name=op.f("uq_dual_judgement_number")),
    )
    op.create_index(op.f("ix_dual_judgement_clue_id"), "dual_judgement", ["clue_id"])
    op.create_index(op.f("ix_dual_judgement_instance_id"), "dual_judgement", ["instance_id"])
    op.create_table(
        "accountability_inquiry",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("number", sa.String(length=32), nullable=False),
        sa.Column("clue_id", sa.String(length=64), nullable=False),
        sa.Column("case_id", sa.String(length=64), nullable=True),
        sa.Column("judgement_id", sa.String(length=64), nullable=False),
        sa.Column("instance_id", sa.String(length=64), nullable=False),
        sa.Column("lead", sa.String(length=32), nullable=True),
        sa.Column("basis", sa.Text(), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("team", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("objective", sa.Text(), nullable=False),
        sa.Column("tolerance", sa.String(length=16), nullable=True),
        sa.Column("tolerance_basis", sa.Text(), nullable=False),
        sa.Column("report", sa.Text(), nullable=False),
        sa.Column("outcome", sa.String(length=16), nullable=True),
        sa.Column("decided_on", sa.Date(), nullable=True),
        sa.Column("announced_on", sa.Date(), nullable=True),
        sa.Column("published", sa.Text(), nullable=False),
        sa.Column("archived_on", sa.Date(), nullable=True),
        sa.Column("self_criticism_on", sa.Date(), nullable=True),
        sa.Column("posts_changed_on", sa.Date(), nullable=True),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["case_id"], ["case_file.id"], name=op.f("fk_accountability_inquiry_case_id")
        ),
        sa.ForeignKeyConstraint(["clue_id"], ["clue.id"], name=op.f("fk_accountability_inquiry_clue_id")),
        sa.ForeignKeyConstraint(
            ["judgement_id"], ["dual_judgement.id"], name=op.f("fk_accountability_inquiry_judgement_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_accountability_inquiry")),
        sa.UniqueConstraint("number", name=op.f("uq_accountability_inquiry_number")),
    )
    op.create_index(op.f("ix_accountability_inquiry_clue_id"), "accountability_inquiry", ["clue_id"])
    op.create_index(op.f("ix_accountability_inquiry_instance_id"), "accountability_inquiry", ["instance_id"])
    op.create_table(
        "duty_owner",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("clue_id", sa.String(length=64), nullable=False),
        sa.Column("judgement_id", sa.String(length=64), nullable=False),
        sa.Column("subject_id", sa.Integer(), nullable=False),
        sa.Column("object", sa.String(length=16), nullable=False),
        sa.Column("responsibility", sa.String(length=8), nullable=False),
        sa.Column("since", sa.Date(), nullable=False),
        sa.Column("until", sa.Date(), nullable=True),
        sa.Column("known", sa.String(length=16), nullable=False),
        sa.Column("action", sa.Text(), nullable=False),
        sa.Column("filed_case_id", sa.String(length=64), nullable=True),
        sa.Column("standing", sa.String(length=16), nullable=True),
        sa.Column("statement", sa.Text(), nullable=False),
        sa.Column("heard_on", sa.Date(), nullable=True),
        sa.Column("outcome", sa.String(length=16), nullable=True),
        sa.Column("ways", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("facts", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["clue_id"], ["clue.id"], name=op.f("fk_duty_owner_clue_id")),
        sa.ForeignKeyConstraint(
            ["filed_case_id"], ["case_file.id"], name=op.f("fk_duty_owner_filed_case_id")
        ),
        sa.ForeignKeyConstraint(
            ["judgement_id"], ["dual_judgement.id"], name=op.f("fk_duty_owner_judgement_id")
        ),
        sa.ForeignKeyConstraint(["subject_id"], ["clue_subject.id"], name=op.f("fk_duty_owner_subject_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_duty_owner")),
    )
    op.create_index(op.f("ix_duty_owner_clue_id"), "duty_owner", ["clue_id"])
    op.create_index(op.f("ix_duty_owner_judgement_id"), "duty_owner", ["judgement_id"])
    op.create_table(
        "inquiry_member",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("clue_id", sa.String(length=64), nullable=False),
        sa.Column("inquiry_id", sa.String(length=64), nullable=False),
        sa.Column("login", sa.String(length=255), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["clue_id"], ["clue.id"], name=op.f("fk_inquiry_member_clue_id")),
        sa.ForeignKeyConstraint(
            ["inquiry_id"], ["accountability_inquiry.id"], name=op.f("fk_inquiry_member_inquiry_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_inquiry_member")),
    )
    op.create_index(op.f("ix_inquiry_member_clue_id"), "inquiry_member", ["clue_id"])
    op.create_index(op.f("ix_inquiry_member_inquiry_id"), "inquiry_member", ["inquiry_id"])
    op.create_index(op.f("ix_inquiry_member_login"), "inquiry_member", ["login"])


def downgrade() -> None:
    op.drop_index(op.f("ix_inquiry_member_login"), table_name="inquiry_member")
    op.drop_index(op.f("ix_inquiry_member_inquiry_id"), table_name="inquiry_member")
    op.drop_index(op.f("ix_inquiry_member_clue_id"), table_name="inquiry_member")
    op.drop_table("inquiry_member")
    op.drop_index(op.f("ix_duty_owner_judgement_id"), table_name="duty_owner")
    op.drop_index(op.f("ix_duty_owner_clue_id"), table_name="duty_owner")
    op.drop_table("duty_owner")
    op.drop_index(op.f("ix_accountability_inquiry_instance_id"), table_name="accountability_inquiry")
    op.drop_index(op.f("ix_accountability_inquiry_clue_id"), table_name="accountability_inquiry")
    op.drop_table("accountability_inquiry")
    op.drop_index(op.f("ix_dual_judgement_instance_id"), table_name="dual_judgement")
    op.drop_index(op.f("ix_dual_judgement_clue_id"), table_name="dual_judgement")
    op.drop_table("dual_judgement")
    op.drop_index(op.f("ix_interference_instance_id"), table_name="interference")
    op.drop_index(op.f("ix_interference_clue_id"), table_name="interference")
    op.drop_table("interference")
    op.drop_index(op.f("ix_accident_instance_id"), table_name="accident")
    op.drop_index(op.f("ix_accident_clue_id"), table_name="accident")
    op.drop_table("accident")
    op.drop_index(op.f("ix_leak_scope_id"), table_name="leak")
    op.drop_index(op.f("ix_leak_instance_id"), table_name="leak")
    op.drop_table("leak")
