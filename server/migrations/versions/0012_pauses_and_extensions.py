"""Pauses and extensions of running clocks, and what each rule allows of them."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0016"
branch_labels = None
depends_on = None

DESIGN = "本办规定（设计值）"
ASKING = "instructions_awaited person_unavailable"
#: What the rules already said in prose, spelt out: versions that are loaded stay what they are.
SPELT: dict[str, dict[str, object]] = {
    "T08": {
        "extension_approver": "A4/UP",
        "extension_reasons": "complex_case evidence_pending person_unavailable other",
        "pause_approver": "A4",
        "pause_count": 2,
        "pause_cap": "180 natural_days",
        "pause_reasons": ASKING,
        "pause_source": DESIGN,
    },
    "T11": {
        "pause_approver": "A4",
        "pause_count": 2,
        "pause_cap": "90 natural_days",
        "pause_reasons": ASKING,
        "pause_source": DESIGN,
    },
    "T12": {
        "extension_approver": "A2",
        "extension_count": 1,
        "extension_reasons": "evidence_pending person_unavailable other",
    },
    "T13": {
        "pause_approver": "A4",
        "pause_count": 2,
        "pause_cap": "90 natural_days",
        "pause_reasons": ASKING,
        "pause_source": DESIGN,
    },
    "T16": {"extension_approver": "UP", "extension_reasons": "complex_case evidence_pending other"},
    "T24": {
        "extension_approver": "A4",
        "extension_reasons": "complex_case",
        "pause_approver": "A4",
        "pause_count": 2,
        "pause_reasons": f"supplement_evidence {ASKING}",
        "pause_source": "《中国共产党纪律检查机关监督执纪工作规则》第五十五条（补证）；其余事由为本办规定（设计值）",
    },
    "T28": {"extension_approver": "CB", "extension_reasons": "special_circumstances"},
    "D02": {
        "pause_approver": "A4",
        "pause_count": 1,
        "pause_cap": "48 hours",
        "pause_reasons": "instructions_awaited",
        "pause_source": DESIGN,
    },
    "D09": {
        "extension_approver": "A2",
        "extension_count": 1,
        "extension_reasons": "complex_case person_unavailable other",
        "pause_approver": "A2",
        "pause_count": 1,
        "pause_reasons": ASKING,
        "pause_source": DESIGN,
    },
    "D31": {
        "extension_approver": "A3",
        "extension_count": 1,
        "extension_reasons": "complex_case evidence_pending other",
        "pause_approver": "A3",
        "pause_count": 2,
        "pause_reasons": "person_unavailable instructions_awaited",
        "pause_source": DESIGN,
    },
}
TEXTS = (
    "extension_approver",
    "extension_reasons",
    "pause_approver",
    "pause_cap",
    "pause_reasons",
    "pause_source",
)
#: What the register of extensions and that of all changes have in common.
COPIED = (
    "number, clue_id, rule_id, level, reason, asked_by, asked_at, old_due_at, new_due_at, decision, opinion, "
    "decided_by, decided_on, document_no, reported_on, reported_no, reported_by"
)
NUMBERS = ("extension_count", "pause_count")


def upgrade() -> None:
    with op.batch_alter_table("time_limit") as table:
        for name in TEXTS:
            table.add_column(sa.Column(name, sa.String(length=255), server_default="", nullable=False))
        for name in NUMBERS:
            table.add_column(sa.Column(name, sa.Integer(), nullable=True))
    limit = sa.table("time_limit", sa.column("rule_id"), *(sa.column(name) for name in (*TEXTS, *NUMBERS)))
    for rule, values in SPELT.items():
        op.execute(limit.update().where(limit.c.rule_id == rule).values(**values))
    with op.batch_alter_table("task") as table:
        table.add_column(sa.Column("paused_at", sa.DateTime(timezone=True), nullable=True))
    op.create_table(
        "clock_change",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("instance_id", sa.String(length=64), nullable=False),
        sa.Column("rule_id", sa.String(length=16), nullable=False),
        sa.Column("start_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("kind", sa.String(length=8), nullable=False),
        sa.Column("from_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("to_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("n", sa.Integer(), nullable=True),
        sa.Column("until", sa.Date(), nullable=True),
        sa.Column("reference", sa.String(length=32), nullable=True),
        sa.ForeignKeyConstraint(
            ["instance_id"],
            ["process_instance.id"],
            name=op.f("fk_clock_change_instance_id_process_instance"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_clock_change")),
    )
    op.create_index(op.f("ix_clock_change_instance_id"), "clock_change", ["instance_id"])
    _register()
    op.execute(
        f"INSERT INTO deadline_change ({COPIED}, act, n, unit, ground) "
        f"SELECT {COPIED}, 'extend', months, 'months', 'other' FROM extension ORDER BY id"
    )
    op.drop_table("extension")


def _register() -> None:
    op.create_table(
        "deadline_change",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("number", sa.String(length=32), nullable=False),
        sa.Column("clue_id", sa.String(length=64), nullable=False),
        sa.Column("act", sa.String(length=8), nullable=False),
        sa.Column("rule_id", sa.String(length=16), nullable=False),
        sa.Column("instance_id", sa.String(length=64), nullable=True),
        sa.Column("start_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("level", sa.String(length=32), nullable=False),
        sa.Column("n", sa.Integer(), nullable=True),
        sa.Column("unit", sa.String(length=16), nullable=False),
        sa.Column("effective_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ground", sa.String(length=64), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("paper_no", sa.String(length=100), nullable=True),
        sa.Column("paper_id", sa.String(length=64), nullable=True),
        sa.Column("asked_by", sa.String(length=255), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("old_due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("new_due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("decision", sa.String(length=16), nullable=True),
        sa.Column("opinion", sa.Text(), nullable=False),
        sa.Column("decided_by", sa.String(length=255), nullable=True),
        sa.Column("decided_on", sa.Date(), nullable=True),
        sa.Column("document_no", sa.String(length=100), nullable=True),
        sa.Column("reported_on", sa.Date(), nullable=True),
        sa.Column("reported_no", sa.String(length=100), nullable=True),
        sa.Column("reported_by", sa.String(length=255), nullable=True),
        sa.ForeignKeyConstraint(["clue_id"], ["clue.id"], name=op.f("fk_deadline_change_clue_id_clue")),
        sa.ForeignKeyConstraint(
            ["paper_id"], ["document.id"], name=op.f("fk_deadline_change_paper_id_document")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_deadline_change")),
        sa.UniqueConstraint("number", name=op.f("uq_deadline_change_number")),
    )
    op.create_index(op.f("ix_deadline_change_clue_id"), "deadline_change", ["clue_id"])


def downgrade() -> None:
    op.create_table(
        "extension",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("number", sa.String(length=32), nullable=False),
        sa.Column("clue_id", sa.String(length=64), nullable=False),
        sa.Column("rule_id", sa.String(length=16), nullable=False),
        sa.Column("level", sa.String(length=8), nullable=False),
        sa.Column("months", sa.Integer(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("asked_by", sa.String(length=255), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("old_due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("new_due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("decision", sa.String(length=16), nullable=True),
        sa.Column("opinion", sa.Text(), nullable=False),
        sa.Column("decided_by", sa.String(length=255), nullable=True),
        sa.Column("decided_on", sa.Date(), nullable=True),
        sa.Column("document_no", sa.String(length=100), nullable=True),
        sa.Column("reported_on", sa.Date(), nullable=True),
        sa.Column("reported_no", sa.String(length=100), nullable=True),
        sa.Column("reported_by", sa.String(length=255), nullable=True),
        sa.ForeignKeyConstraint(["clue_id"], ["clue.id"], name=op.f("fk_extension_clue_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_extension")),
        sa.UniqueConstraint("number", name=op.f("uq_extension_number")),
    )
    op.create_index(op.f("ix_extension_clue_id"), "extension", ["clue_id"])
    op.execute(
        f"INSERT INTO extension ({COPIED}, months) SELECT {COPIED}, n FROM deadline_change "
        "WHERE act = 'extend' AND unit = 'months' ORDER BY id"
    )
    op.drop_table("deadline_change")
    op.drop_table("clock_change")
    with op.batch_alter_table("task") as table:
        table.drop_column("paused_at")
    with op.batch_alter_table("time_limit") as table:
        for name in (*TEXTS, *NUMBERS):
            table.drop_column(name)
