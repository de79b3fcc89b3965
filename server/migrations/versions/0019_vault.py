"""The vault of reporters, and what was taken out of files."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "vault_grant",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("number", sa.String(length=32), nullable=False),
        sa.Column("clue_id", sa.String(length=64), nullable=False),
        sa.Column("instance_id", sa.String(length=64), nullable=False),
        sa.Column("applicant", sa.String(length=255), nullable=False),
        sa.Column("purpose", sa.String(length=32), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("hours", sa.Integer(), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("leader", sa.String(length=255), nullable=True),
        sa.Column("leader_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("principal", sa.String(length=255), nullable=True),
        sa.Column("principal_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("refused", sa.Boolean(), nullable=False),
        sa.Column("opinion", sa.Text(), nullable=False),
        sa.Column("granted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("withdrawn_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("withdrawn_by", sa.String(length=255), nullable=True),
        sa.ForeignKeyConstraint(["clue_id"], ["clue.id"], name=op.f("fk_vault_grant_clue_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_vault_grant")),
        sa.UniqueConstraint("number", name=op.f("uq_vault_grant_number")),
    )
    with op.batch_alter_table("vault_grant") as batch_op:
        batch_op.create_index(batch_op.f("ix_vault_grant_clue_id"), ["clue_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_vault_grant_instance_id"), ["instance_id"], unique=False)

    op.create_table(
        "vault_receipt",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("clue_id", sa.String(length=64), nullable=False),
        sa.Column("code_hash", sa.String(length=64), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("made_by", sa.String(length=255), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["clue_id"], ["clue.id"], name=op.f("fk_vault_receipt_clue_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_vault_receipt")),
        sa.UniqueConstraint("code_hash", name=op.f("uq_vault_receipt_code_hash")),
    )
    with op.batch_alter_table("vault_receipt") as batch_op:
        batch_op.create_index(batch_op.f("ix_vault_receipt_clue_id"), ["clue_id"], unique=False)

    op.create_table(
        "vault_reporter",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("clue_id", sa.String(length=64), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("written_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("written_by", sa.String(length=255), nullable=False),
        sa.Column("key_id", sa.String(length=16), nullable=False),
        sa.Column("wrapped_key", sa.LargeBinary(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["clue_id"], ["clue.id"], name=op.f("fk_vault_reporter_clue_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_vault_reporter")),
        sa.UniqueConstraint("clue_id", "version", name=op.f("uq_vault_reporter_clue_id_version")),
    )
    with op.batch_alter_table("vault_reporter") as batch_op:
        batch_op.create_index(batch_op.f("ix_vault_reporter_clue_id"), ["clue_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_vault_reporter_key_id"), ["key_id"], unique=False)

    op.create_table(
        "vault_addition",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("clue_id", sa.String(length=64), nullable=False),
        sa.Column("receipt_id", sa.String(length=64), nullable=False),
        sa.Column("added_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("passed_on_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("passed_on_by", sa.String(length=255), nullable=True),
        sa.Column("key_id", sa.String(length=16), nullable=False),
        sa.Column("wrapped_key", sa.LargeBinary(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["clue_id"], ["clue.id"], name=op.f("fk_vault_addition_clue_id")),
        sa.ForeignKeyConstraint(
            ["receipt_id"], ["vault_receipt.id"], name=op.f("fk_vault_addition_receipt_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_vault_addition")),
    )
    with op.batch_alter_table("vault_addition") as batch_op:
        batch_op.create_index(batch_op.f("ix_vault_addition_clue_id"), ["clue_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_vault_addition_key_id"), ["key_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_vault_addition_receipt_id"), ["receipt_id"], unique=False)

    op.create_table(
        "vault_read",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("login", sa.String(length=255), nullable=False),
        sa.Column("clue_id", sa.String(length=64), nullable=False),
        sa.Column("grant_id", sa.String(length=64), nullable=True),
        sa.Column("purpose", sa.String(length=32), nullable=False),
        sa.ForeignKeyConstraint(["clue_id"], ["clue.id"], name=op.f("fk_vault_read_clue_id")),
        sa.ForeignKeyConstraint(["grant_id"], ["vault_grant.id"], name=op.f("fk_vault_read_grant_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_vault_read")),
    )
    with op.batch_alter_table("vault_read") as batch_op:
        batch_op.create_index(batch_op.f("ix_vault_read_clue_id"), ["clue_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_vault_read_grant_id"), ["grant_id"], unique=False)

    with op.batch_alter_table("document") as batch_op:
        batch_op.add_column(sa.Column("cleaned", sa.JSON(), nullable=True))

    with op.batch_alter_table("upload") as batch_op:
        batch_op.add_column(sa.Column("cleaned", sa.JSON(), nullable=True))


def downgrade() -> None:
    with op.batch_alter_table("upload") as batch_op:
        batch_op.drop_column("cleaned")

    with op.batch_alter_table("document") as batch_op:
        batch_op.drop_column("cleaned")

    op.drop_table("vault_read")
    op.drop_table("vault_addition")
    op.drop_table("vault_reporter")
    op.drop_table("vault_receipt")
    op.drop_table("vault_grant")
