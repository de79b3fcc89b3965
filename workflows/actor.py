"""Who acts, and for whom. The engine knows users and groups as opaque identifiers only."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace


@dataclass(frozen=True)
class StandIn:
    """Somebody who is away, and what of his work another may do for him at this moment."""

    id: str
    groups: frozenset[str]  #: those of his groups whose work is passed on
    everything: bool = False  #: what is his by name alone, and belongs to no group, is passed on too
    process: str | None = None  #: only the work of processes with this key
    via: tuple[str, ...] = ()  #: who was to stand in and is away himself


@dataclass(frozen=True)
class Actor:
    """A signed-in person or client: its user id and every group it belongs to at this moment.

    Groups are opaque strings (`handler`, `handler@JD1`, the user's own name); `name` is for display only.
    Whoever stands in for others has no more groups for it: an act in another's right names him (`acting_for`).
    """

    id: str
    groups: frozenset[str] = frozenset()
    name: str = ""
    stands_in: tuple[StandIn, ...] = ()
    acting_for: StandIn | None = None

    @property
    def on_behalf_of(self) -> str | None:
        """Return in whose place the actor acts, None in his own right."""
        return self.acting_for.id if self.acting_for else None

    @property
    def holder(self) -> str:
        """Return whose the task becomes that the actor takes: his own, or his for whom he acts."""
        return self.on_behalf_of or self.id

    @property
    def parties(self) -> frozenset[str]:
        """Return whose hand an act is: what bars either of them bars both."""
        return frozenset({self.id, self.holder})

    def capacities(self) -> Iterator[Actor]:
        """Yield the actor in his own right, then in the place of each for whom he stands in."""
        yield self
        if self.acting_for is None:
            for one in self.stands_in:
                yield replace(self, acting_for=one)
