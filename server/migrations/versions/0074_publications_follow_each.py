"""What waits to be published tells the newest version of every process in it."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0074"
down_revision = "0071"
branch_labels = None
depends_on = None

publication = sa.table(
    "publication",
    sa.column("id", sa.String),
    sa.column("key", sa.String),
    sa.column("follows", sa.String),
    sa.column("each", sa.JSON(none_as_null=True)),
)


def upgrade() -> None:
    op.add_column(
        "publication", sa.Column("each", sa.JSON(none_as_null=True), nullable=False, server_default="{}")
    )
    database = op.get_bind()
    asked = sa.select(publication.c.id, publication.c.key, publication.c.follows)
    for one, key, follows in database.execute(asked.where(publication.c.key.is_not(None))).all():
        database.execute(publication.update().where(publication.c.id == one).values(each={key: follows}))
    with op.batch_alter_table("publication") as table:
        table.drop_column("follows")
        table.alter_column("each", new_column_name="follows", server_default=None)


def downgrade() -> None:
    op.add_column("publication", sa.Column("newest", sa.String(length=255), nullable=True))
    with op.batch_alter_table("publication") as table:
        table.drop_column("follows")
        table.alter_column("newest", new_column_name="follows")
