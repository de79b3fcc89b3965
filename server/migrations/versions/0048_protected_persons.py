"""Minors and victims under seal."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0048"
down_revision = "0044"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "vault_protected",
        sa.Column("clue_id", sa.String(length=64), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("written_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("written_by", sa.String(length=255), nullable=False),
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("key_id", sa.String(length=16), nullable=False),
        sa.Column("wrapped_key", sa.LargeBinary(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["clue_id"], ["clue.id"], name=op.f("fk_vault_protected_clue_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_vault_protected")),
        sa.UniqueConstraint("clue_id", "number", name=op.f("uq_vault_protected_clue_id_number")),
    )
    op.create_index(op.f("ix_vault_protected_clue_id"), "vault_protected", ["clue_id"])
    op.create_index(op.f("ix_vault_protected_key_id"), "vault_protected", ["key_id"])


def downgrade() -> None:
    op.drop_index(op.f("ix_vault_protected_key_id"), table_name="vault_protected")
    op.drop_index(op.f("ix_vault_protected_clue_id"), table_name="vault_protected")
    op.drop_table("vault_protected")
