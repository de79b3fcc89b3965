"""The clock of the review (T24), which stands while the file is supplemented (监督执纪工作规则 55)."""

from __future__ import annotations

from handlers.registers import Clue
from workflows import clocks
from workflows.clocks import Clock
from workflows.operations import Context

RULE = "T24"


def pause(context: Context, clue: Clue, *, reference: str) -> None:
    """Let it stand from now on; one that stands already goes on standing."""
    one = _clock(context, clue)
    if one is not None and not _stands(one):
        clocks.pause(context.session, one, from_at=context.now, reference=reference)


def resume(context: Context, clue: Clue) -> None:
    """Let it run again from now on."""
    one = _clock(context, clue)
    if one is not None and _stands(one):
        clocks.resume(context.session, one, to_at=context.now)


def _stands(one: Clock) -> bool:
    return bool(one.rows) and one.rows[-1].kind == "pause" and one.rows[-1].to_at is None


def _clock(context: Context, clue: Clue) -> Clock | None:
    """Return the clock of the review that began last in this instance."""
    found = [
        one
        for one in clocks.of_scope(context.session, clue.scope_id)
        if one.rule.id == RULE and one.instance_id == context.instance_id
    ]
    return max(found, key=lambda one: one.start_at, default=None)
