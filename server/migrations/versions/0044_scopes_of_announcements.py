"""Before whom a decision was announced is a line, not a code."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0044"
down_revision = "0041"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("sanction_execution") as table:
        table.alter_column("result", existing_type=sa.String(16), type_=sa.String(255))


def downgrade() -> None:
    with op.batch_alter_table("sanction_execution") as table:
        table.alter_column("result", existing_type=sa.String(255), type_=sa.String(16))
