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

#: Who declared a recusal as he signed for a clue stood in its list of handlers alone: he is out of the matter, too.
DECLARED = """
insert into recusal (id, number, scope_id, login, state, ground, reason, asked_by, asked_at, decided_by, decided_at,
    opinion, document_no, earlier_steps, review_opinion, lift_reason)
select 'declared-' || min(h.id), 'HB-0-' || min(h.id), 'clue:' || h.clue_id, h.login, 'recused', 'other', max(h.grounds),
    h.login, min(h.assigned_at), h.login, min(h.assigned_at), '', '', '[]', '', ''
from clue_handler h
where h.recused and not exists (select 1 from recusal r where r.scope_id = 'clue:' || h.clue_id and r.login = h.login)
group by h.clue_id, h.login
"""


def upgrade() -> None:
    op.execute(DECLARED)
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
