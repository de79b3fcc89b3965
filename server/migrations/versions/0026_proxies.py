"""Proxies that act: what an absence passes on, who may stand in for a role, and who acted for whom."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0026"
down_revision = "0024"
branch_labels = None
depends_on = None

#: Where it is written down in whose place somebody acted.
SIGNED = ("task", "opinion", "matter_event")


def upgrade() -> None:
    for table in SIGNED:
        with op.batch_alter_table(table) as batch:
            batch.add_column(sa.Column("on_behalf_of", sa.String(length=255), nullable=True))
    with op.batch_alter_table("task") as batch:
        batch.add_column(sa.Column("proxy", sa.String(length=64), nullable=True))
    with op.batch_alter_table("role") as batch:
        batch.add_column(sa.Column("proxies", sa.String(length=255), nullable=False, server_default=""))
    with op.batch_alter_table("absence") as batch:
        batch.add_column(sa.Column("scope", sa.String(length=128), nullable=False, server_default="all"))
        batch.create_index(batch.f("ix_absence_proxy"), ["proxy"])


def downgrade() -> None:
    with op.batch_alter_table("absence") as batch:
        batch.drop_index(batch.f("ix_absence_proxy"))
        batch.drop_column("scope")
    with op.batch_alter_table("role") as batch:
        batch.drop_column("proxies")
    with op.batch_alter_table("task") as batch:
        batch.drop_column("proxy")
    for table in SIGNED:
        with op.batch_alter_table(table) as batch:
            batch.drop_column("on_behalf_of")
