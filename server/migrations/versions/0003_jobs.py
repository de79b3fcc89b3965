"""jobs."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "job",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("key", sa.String(length=255), nullable=False),
        sa.Column("name", sa.String(length=255), nullable=True),
        sa.Column("instance_id", sa.String(length=64), nullable=True),
        sa.Column("definition_id", sa.String(length=255), nullable=True),
        sa.Column("origin_id", sa.String(length=64), nullable=True),
        sa.Column("element_id", sa.String(length=255), nullable=True),
        sa.Column("payload", sa.JSON(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("status", sa.String(length=16), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("retry_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("leased_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("leased_by", sa.String(length=255), nullable=True),
        sa.Column("done_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["definition_id"], ["process_definition.id"], name=op.f("fk_job_definition_id")
        ),
        sa.ForeignKeyConstraint(["instance_id"], ["process_instance.id"], name=op.f("fk_job_instance_id")),
        sa.ForeignKeyConstraint(["origin_id"], ["process_instance.id"], name=op.f("fk_job_origin_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_job")),
        sa.UniqueConstraint("key", name=op.f("uq_job_key")),
    )
    with op.batch_alter_table("job", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_job_instance_id"), ["instance_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_job_name"), ["name"], unique=False)
        batch_op.create_index(batch_op.f("ix_job_origin_id"), ["origin_id"], unique=False)
        batch_op.create_index("ix_job_status_due_at", ["status", "due_at"], unique=False)

    with op.batch_alter_table("incident", schema=None) as batch_op:
        batch_op.add_column(sa.Column("definition_id", sa.String(length=255), nullable=True))
        batch_op.add_column(sa.Column("task_id", sa.String(length=64), nullable=True))
        batch_op.add_column(sa.Column("job_id", sa.String(length=64), nullable=True))
        batch_op.create_foreign_key(batch_op.f("fk_incident_job_id"), "job", ["job_id"], ["id"])
        batch_op.create_foreign_key(
            batch_op.f("fk_incident_definition_id"), "process_definition", ["definition_id"], ["id"]
        )
        batch_op.create_foreign_key(batch_op.f("fk_incident_task_id"), "task", ["task_id"], ["id"])


def downgrade() -> None:
    with op.batch_alter_table("incident", schema=None) as batch_op:
        batch_op.drop_constraint(batch_op.f("fk_incident_task_id"), type_="foreignkey")
        batch_op.drop_constraint(batch_op.f("fk_incident_definition_id"), type_="foreignkey")
        batch_op.drop_constraint(batch_op.f("fk_incident_job_id"), type_="foreignkey")
        batch_op.drop_column("job_id")
        batch_op.drop_column("task_id")
        batch_op.drop_column("definition_id")

    with op.batch_alter_table("job", schema=None) as batch_op:
        batch_op.drop_index("ix_job_status_due_at")
        batch_op.drop_index(batch_op.f("ix_job_origin_id"))
        batch_op.drop_index(batch_op.f("ix_job_name"))
        batch_op.drop_index(batch_op.f("ix_job_instance_id"))

    op.drop_table("job")
