"""The audit: what a row says, its seals, and a database that refuses to change either."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None

KEPT = ("audit_event", "audit_seal")
ADDED = (
    ("on_behalf_of", 255),
    ("object_id", 255),
    ("field_group", 32),
    ("purpose", 32),
    ("origin", 16),
    ("address", 64),
    ("request_id", 64),
)


def upgrade() -> None:
    for name, length in ADDED:
        op.add_column("audit_event", sa.Column(name, sa.String(length=length), nullable=True))
    op.create_table(
        "audit_seal",
        sa.Column("position", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("event_id", sa.Integer(), nullable=False),
        sa.Column("sealed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("position", name=op.f("pk_audit_seal")),
        sa.UniqueConstraint("event_id", name=op.f("uq_audit_seal_event_id")),
    )
    if op.get_bind().dialect.name == "postgresql":
        _refuse_on_postgresql()
    else:
        _refuse_on_sqlite()


def _refuse_on_postgresql() -> None:
    op.execute(
        "create function duban_append_only() returns trigger language plpgsql as $$ begin "
        "raise exception '% is append-only: rows are neither changed nor removed', tg_table_name; end $$"
    )
    for table in KEPT:
        op.execute(
            f"create trigger {table}_append_only before update or delete or truncate on {table} "
            "for each statement execute function duban_append_only()"
        )


def _refuse_on_sqlite() -> None:
    for table in KEPT:
        for act in ("update", "delete"):
            op.execute(
                f"create trigger {table}_no_{act} before {act} on {table} begin "
                f"select raise(abort, '{table} is append-only: rows are neither changed nor removed'); end"
            )


def downgrade() -> None:
    if op.get_bind().dialect.name == "postgresql":
        op.execute("drop function duban_append_only() cascade")
    else:
        op.execute("drop trigger audit_event_no_update")
        op.execute("drop trigger audit_event_no_delete")
    op.drop_table("audit_seal")
    for name, _length in reversed(ADDED):
        op.drop_column("audit_event", name)
