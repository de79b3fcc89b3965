"""Whether a chain holds: each seal is counted again, and the first one that differs is named."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from workflows.audit.chain import Head, Link, digest

#: A row sealed so long after a row with a higher id was not committed late: it was put in afterwards. No
#: transaction lasts so long, and a sealer's whole rounds are closer together.
AFTERWARDS = timedelta(hours=1)


@dataclass(frozen=True)
class Break:
    """The first link that does not hold."""

    position: int | None  #: in the chain; None for a row without a seal
    event_id: int | None  #: of the audit row, where it is known
    fault: str  #: changed missing reordered doubled inserted unreadable cut rewritten


@dataclass(frozen=True)
class Verdict:
    """What was found; `head` is the last link that holds."""

    head: Head
    unsealed: int = 0
    gaps: int = 0  #: ids that no row bears: of transactions rolled back, or of rows deleted before their seal
    broken: Break | None = None


def check(links: Iterable[Link], *, noted: Head | None = None, as_of: str = "") -> Verdict:
    """Return whether these links, sealed ones first, hold together and reach the head that was noted elsewhere.

    `as_of` is the instant at which they were read, as `chain.instant` writes it: rows that wait for their seal are
    measured by it.
    """
    return _Check(noted, as_of).of(links)


class _Check:
    """One walk along the chain, which remembers its last link only."""

    def __init__(self, noted: Head | None, as_of: str) -> None:
        self._noted = noted
        self._as_of = as_of
        self._last = Head()
        self._highest = self._rows = self._unsealed = 0
        self._recent: deque[tuple[str, int]] = (
            deque()
        )  #: when something was sealed, and the highest id before it
        self._settled = 0  #: ids up to here have been sealed long ago

    def of(self, links: Iterable[Link]) -> Verdict:
        walk = _Ahead(links)
        for link in walk:
            fault = self._sealed(link, walk) if link.position is not None else self._waiting(link)
            if fault:
                expected = fault in ("missing", "reordered")
                position = self._last.position + 1 if expected else link.position
                lost = fault == "missing" and link.position != position
                return self._verdict(Break(position, None if lost else link.event_id, fault))
        if self._noted and self._last.position < self._noted.position:
            return self._verdict(Break(self._last.position + 1, None, "cut"))
        return self._verdict(None)

    def _sealed(self, link: Link, walk: _Ahead) -> str:
        fault = self._out_of_place(link, walk) or self._differs(link, walk)
        if fault:
            return fault
        assert link.position is not None
        assert link.event_id is not None
        assert link.hash
        assert link.sealed_at
        if self._noted and link.position == self._noted.position and link.hash != self._noted.hash:
            return "rewritten"
        if self._came_afterwards(link.event_id, link.sealed_at):
            return "inserted"
        self._last = Head(link.position, link.hash)
        self._rows, self._highest = self._rows + 1, max(self._highest, link.event_id)
        return ""

    def _out_of_place(self, link: Link, walk: _Ahead) -> str:
        expected, found = self._last.position + 1, link.position or 0
        if found < expected:
            return "doubled"
        if found == expected:
            return ""
        following = walk.next()
        return "reordered" if following and following.position == expected else "missing"

    def _differs(self, link: Link, walk: _Ahead) -> str:
        if link.unreadable:
            return "unreadable"
        if link.event is None:
            return "missing"
        if self._holds(link, link.event) and link.event.get("id") == link.event_id:
            return ""
        following = walk.next()
        if following is None or following.event is None or self._in_place(following, following.event, link):
            return "changed"
        return self._exchanged(link, link.event, following, following.event)

    def _exchanged(
        self, link: Link, event: Mapping[str, Any], following: Link, later: Mapping[str, Any]
    ) -> str:
        """Say what became of this link where the following one does not stand in its place, either."""
        if self._holds(link, later) or self._holds(link, {**later, "id": link.event_id}):
            return "reordered"
        if not self._holds(replace(following, position=link.position), later):
            return "changed"
        moved = replace(link, position=following.position)
        return "reordered" if self._holds(moved, event, after=following.hash or "") else "inserted"

    def _in_place(self, following: Link, event: Mapping[str, Any], link: Link) -> bool:
        """Whether the following row stands where it belongs, after the seal that this link bears."""
        return link.hash is not None and self._holds(following, event, after=link.hash)

    def _holds(self, link: Link, event: Mapping[str, Any], *, after: str = "") -> bool:
        if link.sealed_at is None or link.position is None:
            return False
        try:
            return digest(after or self._last.hash, link.position, link.sealed_at, event) == link.hash
        except TypeError:
            return False  # bytes, or half a character, where a text should be

    def _came_afterwards(self, event_id: int, sealed_at: str) -> bool:
        if not self._recent or self._recent[-1][0] != sealed_at:
            self._recent.append((sealed_at, self._highest))
        while len(self._recent) > 1 and _long_before(self._recent[0][0], sealed_at):
            self._recent.popleft()
            self._settled = max(self._settled, self._recent[0][1])
        return event_id < self._settled

    def _waiting(self, link: Link) -> str:
        if link.unreadable:
            return "unreadable"
        if link.event is None or link.event_id is None:
            return "cut"  # an export without its last line
        if self._as_of and self._came_afterwards(link.event_id, self._as_of):
            return "inserted"
        self._rows, self._unsealed = self._rows + 1, self._unsealed + 1
        self._highest = max(self._highest, link.event_id)
        return ""

    def _verdict(self, broken: Break | None) -> Verdict:
        gaps = 0 if broken else self._highest - self._rows
        return Verdict(self._last, self._unsealed, gaps, broken)


def _long_before(earlier: str, later: str) -> bool:
    return datetime.fromisoformat(later) - datetime.fromisoformat(earlier) > AFTERWARDS


class _Ahead(Iterator[Link]):
    """Links one after the other, with a look at the next."""

    def __init__(self, links: Iterable[Link]) -> None:
        self._links = iter(links)
        self._kept: Link | None = None

    def __next__(self) -> Link:
        kept, self._kept = self._kept, None
        return kept if kept is not None else next(self._links)

    def next(self) -> Link | None:
        """Return the link that comes next, and leave it to come."""
        if self._kept is None:
            self._kept = next(self._links, None)
        return self._kept
