"""A draft has forms and tables beside its diagram; a second person publishes."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0073"
down_revision = "0066"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "diagram_draft", sa.Column("beside", sa.JSON(none_as_null=True), nullable=False, server_default="{}")
    )
    with op.batch_alter_table("diagram_draft") as table:
        table.alter_column("beside", server_default=None)
    op.create_table(
        "publication",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("name", sa.String(length=255), nullable=False),
        sa.Column("source", sa.String(length=255), nullable=False),
        sa.Column("key", sa.String(length=255), nullable=True),
        sa.Column("draft", sa.Integer(), nullable=True),
        sa.Column("follows", sa.String(length=255), nullable=True),
        sa.Column("only_changed", sa.Boolean(), nullable=False),
        sa.Column("asked_by", sa.String(length=255), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("decided_by", sa.String(length=255), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("remark", sa.String(length=255), nullable=True),
        sa.Column("deployment_id", sa.String(length=255), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_publication")),
    )
    op.create_index("ix_publication_state", "publication", ["state", "asked_at"])
    op.create_table(
        "publication_file",
        sa.Column("publication_id", sa.String(length=64), nullable=False),
        sa.Column("name", sa.String(length=255), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["publication_id"], ["publication.id"], name=op.f("fk_publication_file_publication_id")
        ),
        sa.PrimaryKeyConstraint("publication_id", "name", name=op.f("pk_publication_file")),
    )


def downgrade() -> None:
    op.drop_table("publication_file")
    op.drop_table("publication")
    op.drop_column("diagram_draft", "beside")
