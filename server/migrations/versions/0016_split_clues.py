"""Clues that were split off from another."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("clue") as table:
        table.add_column(sa.Column("split_from", sa.String(length=64), nullable=True))
        table.create_foreign_key(op.f("fk_clue_split_from"), "clue", ["split_from"], ["id"])
        table.create_unique_constraint(op.f("uq_clue_split_from"), ["split_from"])


def downgrade() -> None:
    with op.batch_alter_table("clue") as table:
        table.drop_constraint(op.f("uq_clue_split_from"), type_="unique")
        table.drop_constraint(op.f("fk_clue_split_from"), type_="foreignkey")
        table.drop_column("split_from")
