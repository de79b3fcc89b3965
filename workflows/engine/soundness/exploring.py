"""Every marking that a net can reach, breadth first, so that the first way found to one is a shortest."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from workflows.engine.soundness.budget import Budget
from workflows.engine.soundness.net import Marking, Move, Net, after
from workflows.engine.soundness.playing import few_moves, moves

#: Markings of one scope looked at with all interleavings, before only those that matter are.
MAX_PLAIN = 2_000
#: Markings of one scope looked at altogether.
MAX_MARKINGS = 60_000
#: Tokens looked at for one scope, as a measure of work.
MAX_WORK = 1_500_000


@dataclass
class Explored:
    """What an exploration has seen; markings are numbered in the order of the steps that lead to them."""

    net: Net
    markings: list[Marking] = field(default_factory=list)
    numbers: dict[Marking, int] = field(default_factory=dict)
    came: list[tuple[int, Move] | None] = field(default_factory=list)  #: from where, by which move
    depth: list[int] = field(default_factory=list)
    following: dict[int, list[int]] = field(default_factory=dict)  #: of every marking that was played on
    fired: set[str] = field(default_factory=set)  #: elements that tokens have left
    #: a marking that holds all tokens of one on the way to it, and more: (number, the earlier number)
    growing: tuple[int, int] | None = None
    finished: bool = True  #: neither stopped by a bound nor cut where tokens grow
    bounded: bool = True  #: no bound was met

    def way(self, number: int) -> list[Move]:
        """Return the moves that lead to a marking."""
        made: list[Move] = []
        while (step := self.came[number]) is not None:
            number, move = step
            made.append(move)
        return made[::-1]

    def path(self, number: int) -> tuple[str, ...]:
        """Return the ids of the elements on the way to a marking."""
        return tuple(element for move in self.way(number) for element in move.told)

    def dead(self) -> Iterator[int]:
        """Yield the markings in which tokens are left and none can move."""
        for number, following in self.following.items():
            if not following and self.markings[number]:
                yield number


def explore(net: Net, budget: Budget, *, plain: int = MAX_PLAIN) -> Explored:
    """Return what can be reached: by every order of moves where that is little, else by those that matter."""
    limit = min(plain, budget.markings)
    seen = _Exploration(net, lambda marking: moves(net, marking), limit, MAX_WORK).go()
    if not seen.bounded:
        limit = min(MAX_MARKINGS, budget.markings)
        # An inclusive join passes before anybody does anything: on a loop, who waits meanwhile may make tokens pile up.
        suffice = moves if any(gateway.element in net.cyclic for gateway in net.inclusive) else few_moves
        seen = _Exploration(net, lambda marking: suffice(net, marking), limit, MAX_WORK, reduced=True).go()
    budget.markings = max(0, budget.markings - len(seen.markings))
    return seen


@dataclass
class _Exploration:
    net: Net
    possible: Callable[[Marking], list[Move]]
    limit: int
    work: int
    reduced: bool = False

    def go(self) -> Explored:
        """Play until there is nothing new, or a bound is met."""
        self.seen = seen = Explored(self.net)
        self.loops = any(self.net.looping)
        for start in self.net.starts:
            self._reach(start, None)
        number = 0
        while number < len(seen.markings):
            if len(seen.markings) > self.limit or self.work < 0:
                seen.finished = seen.bounded = False
                break
            if number not in seen.following:
                seen.following[number] = self._play(number)
            number += 1
        return seen

    def _play(self, number: int) -> list[int]:
        """Return the numbers of the markings that follow one."""
        marking = self.seen.markings[number]
        self.work -= len(marking) + 1
        chosen = self.possible(marking)
        if self.reduced and any(self._closes(number, move) for move in chosen):
            # Else a token that goes round for ever would keep the others waiting for ever.
            chosen = moves(self.net, marking)
        return [self._follow(number, move) for move in chosen]

    def _closes(self, number: int, move: Move) -> bool:
        """Tell whether a move round a loop leads to a marking seen before: every circle of markings has one."""
        if not any(self.net.looping[place] for place in move.put):
            return False
        known = self.seen.numbers.get(after(self.seen.markings[number], move))
        return known is not None and known <= number

    def _follow(self, number: int, move: Move) -> int:
        self.seen.fired.update(move.told)
        return self._reach(after(self.seen.markings[number], move), (number, move))

    def _reach(self, marking: Marking, step: tuple[int, Move] | None) -> int:
        """Return the number of a marking, a new one if it was not seen before."""
        seen = self.seen
        if (known := seen.numbers.get(marking)) is not None:
            return known
        number = seen.numbers[marking] = len(seen.markings)
        seen.markings.append(marking)
        seen.came.append(step)
        seen.depth.append(seen.depth[step[0]] + 1 if step else 0)
        if step and self.loops and (smaller := self._outgrown(marking, step)) is not None:
            # What follows would only be more of the same.
            seen.following[number] = [number]
            seen.finished = False
            if seen.growing is None:
                seen.growing = number, smaller
        return number

    def _outgrown(self, marking: Marking, step: tuple[int, Move]) -> int | None:
        """Return a marking on the way here that this one holds, with tokens over, if that can go on."""
        fresh = [place for place in step[1].put if self.net.looping[place]]
        before: tuple[int, Move] | None = step if fresh else None
        held = Counter(marking)
        while before is not None:
            number = before[0]
            smaller = self.seen.markings[number]
            self.work -= 1
            if len(smaller) < len(marking) and any(place in smaller for place in fresh):
                self.work -= len(smaller)
                if held >= Counter(smaller) and self._goes_on(number, marking, step):
                    return number
            before = self.seen.came[number]
        return None

    def _goes_on(self, smaller: int, marking: Marking, step: tuple[int, Move]) -> bool:
        """Tell whether tokens over stay, and the same moves leave more of them once more."""
        over = Counter(marking) - Counter(self.seen.markings[smaller])
        return any(map(self.net.stays, over)) and self._repeats(smaller, marking, step)

    def _repeats(self, smaller: int, marking: Marking, step: tuple[int, Move]) -> bool:
        """Tell whether the same moves are possible once more, for tokens over may keep some from it."""
        made = [*self.seen.way(step[0])[self.seen.depth[smaller] :], step[1]]
        now = marking
        self.work -= len(made) * len(marking)
        for move in made:
            possible = (m for m in moves(self.net, now) if (m.told, m.put) == (move.told, move.put))
            again = next(possible, None)
            if again is None:
                return False
            now = after(now, again)
        return len(now) > len(marking) and Counter(now) >= Counter(marking)
