"""Second factors, one-time links, sessions that can be told apart, tokens with a scope."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0027"
down_revision = "0030"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("account", sa.Column("second_factor_at", sa.DateTime(timezone=True), nullable=True))
    for column in (
        sa.Column("method", sa.String(length=16), nullable=False, server_default="password"),
        sa.Column("second_factor", sa.Boolean(), nullable=False, server_default=sa.false()),
        sa.Column("browser", sa.String(length=64), nullable=False, server_default=""),
    ):
        op.add_column("auth_session", column)
    op.add_column(
        "failed_sign_in",
        sa.Column("kind", sa.String(length=8), nullable=False, server_default="failed"),
    )
    # What was made before scopes were may go on with all that it did.
    op.add_column(
        "api_token", sa.Column("scopes", sa.JSON(), nullable=False, server_default='["everything"]')
    )
    op.add_column("api_token", sa.Column("last_used_at", sa.DateTime(timezone=True), nullable=True))
    op.create_table(
        "second_factor",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("key_id", sa.String(length=16), nullable=False),
        sa.Column("wrapped_key", sa.LargeBinary(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.Column("login", sa.String(length=64), nullable=False),
        sa.Column("begun_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_step", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(["login"], ["account.login"], name=op.f("fk_second_factor_login")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_second_factor")),
        sa.UniqueConstraint("login", name=op.f("uq_second_factor_login")),
    )
    op.create_index(op.f("ix_second_factor_key_id"), "second_factor", ["key_id"])
    op.create_table(
        "recovery_code",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("login", sa.String(length=64), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["login"], ["account.login"], name=op.f("fk_recovery_code_login")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_recovery_code")),
    )
    op.create_index(op.f("ix_recovery_code_login"), "recovery_code", ["login"])
    op.create_table(
        "one_time_link",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("login", sa.String(length=64), nullable=True),
        sa.Column("generation", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["login"], ["account.login"], name=op.f("fk_one_time_link_login")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_one_time_link")),
        sa.UniqueConstraint("digest", name=op.f("uq_one_time_link_digest")),
    )
    op.create_index(op.f("ix_one_time_link_login"), "one_time_link", ["login"])


def downgrade() -> None:
    for table in ("one_time_link", "recovery_code", "second_factor"):
        op.drop_table(table)
    for table, names in (
        ("api_token", ("last_used_at", "scopes")),
        ("failed_sign_in", ("kind",)),
        ("auth_session", ("browser", "second_factor", "method")),
        ("account", ("second_factor_at",)),
    ):
        with op.batch_alter_table(table) as batch:
            for name in names:
                batch.drop_column(name)
