"""Who acts. The engine knows users and groups as opaque identifiers only."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Actor:
    """A signed-in person or client: its user id and every group it belongs to at this moment.

    Groups are opaque strings (`handler`, `handler@JD1`, the user's own name); `name` is for display only.
    """

    id: str
    groups: frozenset[str] = frozenset()
    name: str = ""
