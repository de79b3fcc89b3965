"""The end of what disposed of a clue (DW1, DW2): who runs the way settles what came of it, then sends `clue_resolved`.

The transfer of the clue waits for that message, concludes the clue, and tells the agency the result.
"""

from __future__ import annotations

from typing import Any

from handlers import codes
from handlers.registers.model import Clue
from handlers.registers.record import clue_of, move
from workflows.errors import EngineFault
from workflows.operations import Context, operation

#: The ways that run as processes of their own.
WAYS = ("DW1", "DW2")


@operation("clues.resolve")
def resolve(context: Context) -> dict[str, Any]:
    """Conclude the clue whose way has run; what came of it was settled, or came with the message (`resolution`)."""
    clue = clue_of(context)
    brought = context.variables.get("resolution")
    if clue.resolution is None and brought is not None:
        settle(context, clue, str(brought))
    clue.concluded_at = context.now
    move(context, clue, "concluded", way=clue.way, resolution=clue.resolution)
    return {"concluded_at": context.now.isoformat()}


@operation("clues.result_to_tell", use="prefill")
def result_to_tell(context: Context) -> dict[str, Any]:
    """Return what the agency is told: the result of the way that ended, nothing of how it came to it."""
    clue = clue_of(context)
    if clue.way not in WAYS or clue.resolution is None:
        return {}
    told = (row["told"] for row in codes.rows("clue_resolutions") if row["code"] == clue.resolution)
    return {"text": next(told)}


def settle(context: Context, clue: Clue, resolution: str) -> None:
    """Enter what came of the way of a clue, before the message `clue_resolved` is sent; EngineFault for no such code."""
    if resolution not in {row["code"] for row in codes.rows("clue_resolutions")}:
        raise EngineFault(f"A clue is not resolved by {resolution!r}.", element=context.element_id)
    clue.resolution = resolution
