"""Return periods: who owes returns, what came, what is to be put right; and what a list repeats."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "rectification_item",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("source", sa.String(length=32), nullable=False),
        sa.Column("agency_code", sa.String(length=32), nullable=False),
        sa.Column("periods", sa.String(length=64), nullable=False),
        sa.Column("opened_on", sa.Date(), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_rectification_item")),
        sa.UniqueConstraint(
            "source", "agency_code", "periods", name=op.f("uq_rectification_item_source_agency_code_periods")
        ),
    )
    with op.batch_alter_table("rectification_item", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_rectification_item_agency_code"), ["agency_code"], unique=False)
        batch_op.create_index("ix_rectification_item_state", ["state", "opened_at"], unique=False)

    op.create_table(
        "return_duty",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("agency_code", sa.String(length=32), nullable=False),
        sa.Column("since", sa.Date(), nullable=False),
        sa.Column("until", sa.Date(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_return_duty")),
        sa.UniqueConstraint("agency_code", "since", name=op.f("uq_return_duty_agency_code_since")),
    )
    op.create_table(
        "return_period",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("label", sa.String(length=32), nullable=False),
        sa.Column("first_on", sa.Date(), nullable=False),
        sa.Column("last_on", sa.Date(), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("opened_by", sa.String(length=255), nullable=True),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_return_period")),
        sa.UniqueConstraint("label", name=op.f("uq_return_period_label")),
    )
    with op.batch_alter_table("return_period", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_return_period_first_on"), ["first_on"], unique=False)

    op.create_table(
        "agency_return",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("period_id", sa.String(length=64), nullable=False),
        sa.Column("agency_code", sa.String(length=32), nullable=False),
        sa.Column("instance_id", sa.String(length=64), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=True),
        sa.Column("number", sa.String(length=32), nullable=True),
        sa.Column("clues", sa.Integer(), nullable=False),
        sa.Column("ahead", sa.Integer(), nullable=False),
        sa.Column("head_sign", sa.String(length=255), nullable=True),
        sa.Column("signed_by", sa.String(length=255), nullable=True),
        sa.Column("signed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("paper", sa.LargeBinary(), nullable=True),
        sa.Column("paper_sha256", sa.String(length=64), nullable=True),
        sa.ForeignKeyConstraint(["period_id"], ["return_period.id"], name=op.f("fk_agency_return_period_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_agency_return")),
        sa.UniqueConstraint("number", name=op.f("uq_agency_return_number")),
        sa.UniqueConstraint("period_id", "agency_code", name=op.f("uq_agency_return_period_id_agency_code")),
    )
    with op.batch_alter_table("agency_return", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_agency_return_agency_code"), ["agency_code"], unique=False)
        batch_op.create_index(batch_op.f("ix_agency_return_instance_id"), ["instance_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_agency_return_state"), ["state"], unique=False)

    op.create_table(
        "return_urging",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("period_id", sa.String(length=64), nullable=False),
        sa.Column("login", sa.String(length=255), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("measures", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["period_id"], ["return_period.id"], name=op.f("fk_return_urging_period_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_return_urging")),
    )
    with op.batch_alter_table("return_urging", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_return_urging_period_id"), ["period_id"], unique=False)

    op.create_table(
        "returned_clue",
        sa.Column("clue_id", sa.String(length=64), nullable=False),
        sa.Column("return_id", sa.String(length=64), nullable=False),
        sa.Column("ahead", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["clue_id"], ["clue.id"], name=op.f("fk_returned_clue_clue_id")),
        sa.ForeignKeyConstraint(["return_id"], ["agency_return.id"], name=op.f("fk_returned_clue_return_id")),
        sa.PrimaryKeyConstraint("clue_id", name=op.f("pk_returned_clue")),
    )
    with op.batch_alter_table("returned_clue", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_returned_clue_return_id"), ["return_id"], unique=False)

    with op.batch_alter_table("transfer_list", schema=None) as batch_op:
        batch_op.add_column(sa.Column("repeated", sa.JSON(), nullable=False, server_default="[]"))
    with op.batch_alter_table("transfer_list", schema=None) as batch_op:
        batch_op.alter_column("repeated", server_default=None)


def downgrade() -> None:
    with op.batch_alter_table("transfer_list", schema=None) as batch_op:
        batch_op.drop_column("repeated")

    with op.batch_alter_table("returned_clue", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_returned_clue_return_id"))

    op.drop_table("returned_clue")
    with op.batch_alter_table("return_urging", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_return_urging_period_id"))

    op.drop_table("return_urging")
    with op.batch_alter_table("agency_return", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_agency_return_state"))
        batch_op.drop_index(batch_op.f("ix_agency_return_instance_id"))
        batch_op.drop_index(batch_op.f("ix_agency_return_agency_code"))

    op.drop_table("agency_return")
    with op.batch_alter_table("return_period", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_return_period_first_on"))

    op.drop_table("return_period")
    op.drop_table("return_duty")
    with op.batch_alter_table("rectification_item", schema=None) as batch_op:
        batch_op.drop_index("ix_rectification_item_state")
        batch_op.drop_index(batch_op.f("ix_rectification_item_agency_code"))

    op.drop_table("rectification_item")
