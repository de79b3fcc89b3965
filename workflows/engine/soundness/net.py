"""The token game of one scope as a small net: places that hold tokens, and moves between them.

It knows no data: every choice that conditions could make is possible. An activity is one place, whatever
goes on inside it; a join has a place for each incoming flow, because only there does it matter on which
flow a token came.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from workflows.engine.soundness.order import ranks

#: A multiset of tokens: the numbers of the places where they stand, sorted. () = the scope has ended.
Marking = tuple[int, ...]


@dataclass(frozen=True)
class Place:
    """Where tokens stand: on an element, or on a flow into a join."""

    element: str
    flow: str | None = None  #: the flow into a join
    swift: bool = False  #: nothing is waited for here, as at a gateway


@dataclass(frozen=True)
class Outcome:
    """What leaving an element may come to."""

    put: Marking = ()
    ended: tuple[str, ...] = ()  #: the plain end events that take tokens away


@dataclass(frozen=True)
class Move:
    """What an element does to tokens: takes some, puts others."""

    element: str
    told: tuple[str, ...]  #: the element ids by which a path tells of it
    take: Marking
    put: Marking
    ends: bool = False  #: it ends the scope, whatever else is in it
    guard: frozenset[int] = frozenset()  #: places that hold no token when it is made


@dataclass(frozen=True)
class Join:
    """Tokens that are taken together, and what then may come of them."""

    element: str
    take: Marking
    moves: tuple[Move, ...]


@dataclass(frozen=True)
class Inclusive:
    """An inclusive join: takes what is there as soon as nothing more can come (BPMN 2.0, 13.4.3)."""

    element: str
    incoming: tuple[int, ...]  #: its places
    outcomes: tuple[Outcome, ...]
    #: place → those of its own places that a token there could still reach, as bits in the order of `incoming`
    reach: Mapping[int, int]


@dataclass
class Net:
    """One scope."""

    scope: str | None  #: the id of the subprocess, None for the process
    places: list[Place]
    starts: tuple[Marking, ...]  #: each of them may be how it begins
    moves: Mapping[int, tuple[Move, ...]]  #: what a token does by itself, by its place
    joins: tuple[Join, ...]
    inclusive: tuple[Inclusive, ...]
    followers: Mapping[str, tuple[str, ...]]  #: element → those that its flows and boundary events lead to
    quiet: frozenset[str] = frozenset()  #: elements where several tokens are no mistake
    aside: frozenset[str] = frozenset()  #: elements where a token meets no other on its way to an end
    escapable: bool = False  #: something outside its flows can end the scope
    unknown: str | None = None  #: an element whose token game is not modelled
    #: by place: the order of the flow, loops cut at their way back; what goes on aside comes first
    rank: list[int] = field(init=False)
    looping: list[bool] = field(init=False)  #: by place: whether its element lies on a cycle
    cyclic: set[str] = field(init=False)  #: the elements on cycles
    standing: frozenset[str] = field(init=False)  #: the elements on which tokens can stand

    def __post_init__(self) -> None:
        self.standing = frozenset(place.element for place in self.places)
        order, self.cyclic = ranks(
            self.followers, (self.places[p].element for start in self.starts for p in start)
        )
        self.rank = [-1 if p.element in self.aside else order.get(p.element, 0) for p in self.places]
        self.looping = [place.element in self.cyclic for place in self.places]

    def stays(self, place: int) -> bool:
        """Tell whether tokens can gather here: at a gateway outside loops or at an end they are about to go."""
        here = self.places[place]
        return not here.swift or here.flow is not None or self.looping[place]


def after(marking: Marking, move: Move) -> Marking:
    """Return the marking that a move leads to."""
    if move.ends:
        return ()
    left = list(marking)
    for place in move.take:
        left.remove(place)
    left += move.put
    left.sort()
    return tuple(left)
