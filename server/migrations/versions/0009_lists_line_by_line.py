"""lists of any length: their lines as rows of their own.

Lists are kept for thirty days to be sent or mended. Those that wait are dropped: what was sent stays sent, and
the same file sent again goes on where it stood.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

_GONE = ("content", "good", "bad", "done", "repeated")


def upgrade() -> None:
    op.execute("delete from transfer_list")
    with op.batch_alter_table("transfer_list", schema=None) as batch_op:
        for name in (*_GONE, "late"):
            batch_op.drop_column(name)
        batch_op.add_column(sa.Column("heading", sa.JSON(), nullable=False))
        batch_op.add_column(sa.Column("merges", sa.JSON(), nullable=False))
        for name in ("lines", "reached", "checked", "bad_rows", "late"):
            batch_op.add_column(sa.Column(name, sa.Integer(), nullable=False))
    op.create_table(
        "transfer_list_line",
        sa.Column("list_id", sa.String(length=255), nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("cells", sa.JSON(), nullable=False),
        sa.Column("hidden", sa.Boolean(), nullable=False),
        sa.Column("problems", sa.JSON(), nullable=True),
        sa.Column("repeat", sa.JSON(), nullable=True),
        sa.ForeignKeyConstraint(
            ["list_id"], ["transfer_list.id"], name=op.f("fk_transfer_list_line_list_id_transfer_list")
        ),
        sa.PrimaryKeyConstraint("list_id", "number", name=op.f("pk_transfer_list_line")),
    )


def downgrade() -> None:
    op.drop_table("transfer_list_line")
    op.execute("delete from transfer_list")
    with op.batch_alter_table("transfer_list", schema=None) as batch_op:
        for name in ("heading", "merges", "lines", "reached", "checked", "bad_rows", "late"):
            batch_op.drop_column(name)
        batch_op.add_column(sa.Column("content", sa.LargeBinary(), nullable=False))
        for name in ("good", "bad", "late", "repeated"):
            batch_op.add_column(sa.Column(name, sa.JSON(), nullable=False))
        batch_op.add_column(sa.Column("done", sa.Integer(), nullable=False))
