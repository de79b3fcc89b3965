"""Instances are moved to another version in batches, in the background."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0069"
down_revision = "0065"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "migration_batch",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("source_id", sa.String(length=255), nullable=False),
        sa.Column("target_id", sa.String(length=255), nullable=False),
        sa.Column("renamed", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("total", sa.Integer(), nullable=False),
        sa.Column("ordered_by", sa.String(length=255), nullable=False),
        sa.Column("ordered_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["source_id"], ["process_definition.id"], name=op.f("fk_migration_batch_source_id")
        ),
        sa.ForeignKeyConstraint(
            ["target_id"], ["process_definition.id"], name=op.f("fk_migration_batch_target_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_migration_batch")),
    )
    op.create_index("ix_migration_batch_ordered_by", "migration_batch", ["ordered_by"])
    op.create_table(
        "migration_item",
        sa.Column("batch_id", sa.String(length=64), nullable=False),
        sa.Column("instance_id", sa.String(length=64), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("findings", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("done_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["batch_id"], ["migration_batch.id"], name=op.f("fk_migration_item_batch_id")
        ),
        sa.ForeignKeyConstraint(
            ["instance_id"], ["process_instance.id"], name=op.f("fk_migration_item_instance_id")
        ),
        sa.PrimaryKeyConstraint("batch_id", "instance_id", name=op.f("pk_migration_item")),
    )
    op.create_index("ix_migration_item_instance_id", "migration_item", ["instance_id"])


def downgrade() -> None:
    op.drop_table("migration_item")
    op.drop_table("migration_batch")
