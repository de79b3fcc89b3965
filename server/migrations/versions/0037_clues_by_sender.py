"""The clues that somebody has entered are found by who it was."""

from __future__ import annotations

from alembic import op

revision = "0037"
down_revision = "0031"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index(op.f("ix_clue_submitted_by"), "clue", ["submitted_by"])


def downgrade() -> None:
    op.drop_index(op.f("ix_clue_submitted_by"), table_name="clue")
