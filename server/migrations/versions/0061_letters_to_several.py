"""An inquiry says who is talked to, and who is sent a letter with which questions."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0061"
down_revision = "0063"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for name in ("talks_to", "letters"):
        op.add_column(
            "inquiry", sa.Column(name, sa.JSON(none_as_null=True), nullable=False, server_default="[]")
        )
    inquiry = sa.table(
        "inquiry",
        sa.column("id", sa.Integer),
        sa.column("mode", sa.String),
        *(sa.column(name, sa.JSON) for name in ("subjects", "talks_to", "letters")),
    )
    connection = op.get_bind()
    for row in connection.execute(sa.select(inquiry)).all():
        letters = [{"subject": one, "questions": ""} for one in row.subjects]
        said = {
            "talks_to": row.subjects if row.mode != "letter" else [],
            "letters": letters if row.mode != "talk" else [],
        }
        connection.execute(inquiry.update().where(inquiry.c.id == row.id).values(said))


def downgrade() -> None:
    with op.batch_alter_table("inquiry") as batch:
        batch.drop_column("letters")
        batch.drop_column("talks_to")
