"""Who had part in which step, which matters hang together, and records of meetings."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0025"
down_revision = "0028"
branch_labels = None
depends_on = None

STEP = (("act", 32), ("duty", 16), ("round", 65))


def upgrade() -> None:
    for name, length in STEP:
        op.add_column("task", sa.Column(name, sa.String(length=length), nullable=True))
    op.create_table(
        "part",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("scope_id", sa.String(length=255), nullable=True),
        sa.Column("instance_id", sa.String(length=64), nullable=False),
        sa.Column("task_id", sa.String(length=64), nullable=True),
        sa.Column("element_id", sa.String(length=255), nullable=False),
        sa.Column("login", sa.String(length=255), nullable=False),
        sa.Column("stage", sa.String(length=32), nullable=True),
        sa.Column("act", sa.String(length=32), nullable=True),
        sa.Column("duty", sa.String(length=16), nullable=True),
        sa.Column("round", sa.String(length=65), nullable=True),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["instance_id"], ["process_instance.id"], name=op.f("fk_part_instance_id_process_instance")
        ),
        sa.ForeignKeyConstraint(["task_id"], ["task.id"], name=op.f("fk_part_task_id_task")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_part")),
    )
    op.create_index(op.f("ix_part_instance_id"), "part", ["instance_id"])
    op.create_index(op.f("ix_part_task_id"), "part", ["task_id"])
    op.create_index("ix_part_scope_id_login", "part", ["scope_id", "login"])
    op.create_table(
        "matter_link",
        sa.Column("scope_id", sa.String(length=255), nullable=False),
        sa.Column("family", sa.String(length=255), nullable=False),
        sa.PrimaryKeyConstraint("scope_id", name=op.f("pk_matter_link")),
    )
    op.create_index(op.f("ix_matter_link_family"), "matter_link", ["family"])
    _link()
    with op.batch_alter_table("meeting") as batch_op:
        batch_op.add_column(sa.Column("number", sa.String(length=32), nullable=True))
        batch_op.add_column(sa.Column("act", sa.String(length=32), nullable=True))
        batch_op.create_unique_constraint(op.f("uq_meeting_number"), ["number"])
    op.add_column("role", sa.Column("above", sa.String(length=255), nullable=False, server_default=""))


def _link() -> None:
    """Let clues that were joined or split before be of one family."""
    clue = sa.table("clue", *(sa.column(name) for name in ("id", "duplicate_of", "split_from")))
    of: dict[str, str] = {}

    def first(one: str) -> str:
        while of.setdefault(one, one) != one:
            one = of[one]
        return one

    for row in op.get_bind().execute(sa.select(clue.c.id, clue.c.duplicate_of, clue.c.split_from)):
        for other in (row.duplicate_of, row.split_from):
            if other:
                of[first(row.id)] = first(other)
    rows = [{"scope_id": f"clue:{one}", "family": f"clue:{first(one)}"} for one in list(of)]
    links = sa.table("matter_link", sa.column("scope_id"), sa.column("family"))
    op.bulk_insert(links, rows)


def downgrade() -> None:
    with op.batch_alter_table("role") as batch_op:
        batch_op.drop_column("above")
    with op.batch_alter_table("meeting") as batch_op:
        batch_op.drop_constraint(op.f("uq_meeting_number"), type_="unique")
        batch_op.drop_column("act")
        batch_op.drop_column("number")
    op.drop_table("matter_link")
    op.drop_table("part")
    with op.batch_alter_table("task") as batch_op:
        for name, _ in reversed(STEP):
            batch_op.drop_column(name)
