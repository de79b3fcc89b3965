"""The order in which a scope's elements follow one another, and which of them lie on a cycle."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from heapq import heapify, heappop, heappush

Followers = Mapping[str, tuple[str, ...]]


def ranks(followers: Followers, starts: Iterable[str]) -> tuple[dict[str, int], set[str]]:
    """Return a number for each element that can be reached, and the elements on a cycle.

    Only the ways back of cycles lead to lower numbers. A whole cycle comes before what lies behind it, and
    after the short side branches that do not need it.
    """
    components = _Search(followers).components(starts)[::-1]
    home = {element: number for number, component in enumerate(components) for element in component}
    round_trips = [
        len(component) > 1 or component[0] in followers.get(component[0], ()) for component in components
    ]
    behind = [
        {home[after] for element in component for after in followers.get(element, ())} - {number}
        for number, component in enumerate(components)
    ]
    waiting = Counter(other for others in behind for other in others)
    ready = [(round_trips[n], n) for n in range(len(components)) if not waiting[n]]
    heapify(ready)
    order: dict[str, int] = {}
    while ready:
        _, number = heappop(ready)
        for element in components[number]:
            order[element] = len(order)
        for other in behind[number]:
            waiting[other] -= 1
            if not waiting[other]:
                heappush(ready, (round_trips[other], other))
    cyclic = {
        element for number, component in enumerate(components) if round_trips[number] for element in component
    }
    return order, cyclic


class _Search:
    """Tarjan's search for strongly connected components, without recursion: diagrams may be long."""

    def __init__(self, followers: Followers) -> None:
        self.followers = followers
        self.index: dict[str, int] = {}
        self.low: dict[str, int] = {}
        self.finished: dict[str, int] = {}
        self.standing: dict[str, None] = {}  #: a stack with a quick look-up
        self.found: list[list[str]] = []

    def components(self, starts: Iterable[str]) -> list[list[str]]:
        """Return the components, the last of the flow first; each in the order of a first walk through it."""
        for start in starts:
            if start not in self.index:
                self._walk(start)
        return self.found

    def _walk(self, start: str) -> None:
        todo = [self._enter(start)]
        while todo:
            element, rest = todo[-1]
            following = next(rest, None)
            if following is None:
                todo.pop()
                self._finish(element, todo[-1][0] if todo else None)
            elif following not in self.index:
                todo.append(self._enter(following))
            elif following in self.standing:
                self.low[element] = min(self.low[element], self.index[following])

    def _enter(self, element: str) -> tuple[str, Iterator[str]]:
        self.index[element] = self.low[element] = len(self.index)
        self.standing[element] = None
        return element, iter(self.followers.get(element, ()))

    def _finish(self, element: str, before: str | None) -> None:
        self.finished[element] = len(self.finished)
        if before is not None:
            self.low[before] = min(self.low[before], self.low[element])
        if self.low[element] == self.index[element]:
            component = []
            while element in self.standing:
                component.append(self.standing.popitem()[0])
            self.found.append(sorted(component, key=lambda member: -self.finished[member]))
