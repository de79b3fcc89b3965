"""A decision says that the person was dead when it was made: a Party member is expelled all the same."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0063"
down_revision = "0060"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("case_decision") as table:
        table.add_column(sa.Column("posthumous", sa.Boolean(), nullable=False, server_default=sa.false()))
    with op.batch_alter_table("case_decision") as table:
        table.alter_column("posthumous", server_default=None)


def downgrade() -> None:
    with op.batch_alter_table("case_decision") as table:
        table.drop_column("posthumous")
