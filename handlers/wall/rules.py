"""Words of the wall that are not the office's to change: how a scope names a matter, and in which order views stand.

Which role sees what is data: `bpmn/visibility.csv`, read by `matrix`.
"""

from __future__ import annotations

from workflows.actor import Actor

#: Views of a clue, each including those after it: everything in the register and the matter; numbers, stage
#: and dates; the transfer form as sent, and one status word.
VIEWS = ("content", "metadata", "status")
#: How the scope of an instance or task names a clue.
PREFIX = "clue:"

#: How the scope of an instance or task names a return period; what an agency returned is its own and theirs
#: who see everything.
PERIOD = "period:"


def units_of(actor: Actor, role: str) -> list[str]:
    """Return the codes of the units in which the actor holds the role."""
    prefix = f"{role}@"
    return sorted(group.removeprefix(prefix) for group in actor.groups if group.startswith(prefix))
