"""The figures: completions, turns of a loop, sizes of data, diagram and instance, reading."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from statistics import mean, median
from typing import Any

from workflows.engine.benchmark import diagrams
from workflows.engine.benchmark.cycles import Cycle, Naive, Ours, steady, timed, whole_instance
from workflows.engine.benchmark.naive import read as read_naively
from workflows.engine.reading import read

#: Completions per second of processor time, beside the naive cycle, that the engine owes.
SPEED_GOAL = 4.0
#: The cost of the thousandth turn of a loop, beside the tenth's, that the engine owes.
LOOP_GOAL = 1.5

FORM = "x" * 1_300  #: what a filled form of the office weighs
TURNS = 1_000
#: Beyond this the library's parser overflows its stack.
LONGEST_NAIVE_LINE = 200


@dataclass(frozen=True)
class Figure:
    """What one thing costs in milliseconds of processor time, and what it costs the bare library."""

    what: str
    ours: float
    naive: float | None = None

    @property
    def ratio(self) -> float | None:
        """Return how many times more the naive use costs."""
        return self.naive / self.ours if self.naive is not None else None


@dataclass(frozen=True)
class Section:
    """Figures that belong together; `value` is what the goal, if there is one, is about."""

    title: str
    figures: tuple[Figure, ...]
    note: str = ""
    value: float | None = None
    goal: str = ""
    reached: bool = True


def measure(rounds: int) -> Iterator[Section]:
    """Yield the sections as they are measured; `rounds` is how often each thing is repeated."""
    yield completions(rounds)
    yield turns(rounds)
    yield data(rounds)
    yield diagram(rounds)
    yield side_by_side(rounds)
    yield reading(rounds)


def goals_missed(sections: list[Section]) -> list[str]:
    """Return what was promised and not reached."""
    return [f"{s.title}: {s.value:.2f}, wanted {s.goal}" for s in sections if not s.reached]


def completions(rounds: int) -> Section:
    """Measure all completions of a process of 20 activities."""
    xml = diagrams.office()
    cycles: tuple[Cycle[Any], ...] = (Ours(xml), Naive(xml))
    # The two by turns, so that a busy machine is busy for both.
    pairs = [
        [mean(whole_instance(cycle, diagrams.VARIABLES, FORM)) for cycle in cycles] for _ in range(rounds + 1)
    ][1:]
    ours, naive = (median(column) for column in zip(*pairs, strict=True))
    ratio = naive / ours
    return Section(
        "Completing a task, 20 activities",
        (Figure("load, complete, store", ours, naive),),
        f"{1000 / ours:,.0f} completions per second of processor time; naive: {1000 / naive:,.0f}.",
        ratio,
        f"at least {SPEED_GOAL} times",
        ratio >= SPEED_GOAL,
    )


def turns(rounds: int) -> Section:
    """Measure the tenth and the thousandth turn of a loop; naively, growth ends at the hundredth."""
    xml = diagrams.loop()
    late = [_turns(Ours(xml), TURNS) for _ in range(max(1, rounds // 10))]
    early = _turns(Naive(xml), 100)
    tenth = median(median(taken[5:15]) for taken in late)
    last = median(median(taken[-10:]) for taken in late)
    figures = (
        Figure("10th turn", tenth, median(early[5:15])),
        Figure("100th turn", median(median(taken[90:100]) for taken in late), median(early[-10:])),
        Figure(f"{TURNS:,}th turn", last),
    )
    ratio = last / tenth
    note = "The thousandth turn beside the tenth; the bare library stops at its 500th."
    return Section("Turns of a loop", figures, note, ratio, f"at most {LOOP_GOAL} times", ratio <= LOOP_GOAL)


def _turns(cycle: Cycle[Any], times: int) -> list[float]:
    state = cycle.start(diagrams.VARIABLES)
    taken: list[float] = []
    for turn in range(times):
        spent, state = timed(lambda kept=state, n=turn: cycle.complete(kept, {"turn": n}))  # type: ignore[misc]
        taken.append(spent)
    return taken


def data(rounds: int) -> Section:
    """Measure completions of an instance that carries 1 KB to 1 MB of variables."""
    figures = []
    for size in (1, 10, 100, 1_000):
        carried = {f"v{n}": "x" * 1_000 for n in range(size)}
        times = max(5, rounds // (1 + size // 100))
        line = diagrams.line(10)
        figures.append(
            Figure(f"{size:,} KB", steady(Ours(line), carried, times), steady(Naive(line), carried, times))
        )
    return Section("Size of the data", tuple(figures))


def diagram(rounds: int) -> Section:
    """Measure completions in diagrams of 10 to 500 activities."""
    figures = []
    for length in (10, 50, 100, 200, 500):
        line = diagrams.line(length)
        naive = steady(Naive(line), {}, max(5, rounds // 5)) if length <= LONGEST_NAIVE_LINE else None
        figures.append(Figure(f"{length} activities", steady(Ours(line), {}, rounds * 2), naive))
    return Section(
        "Size of the diagram", tuple(figures), "The bare library cannot read 500 activities in a row."
    )


def side_by_side(rounds: int) -> Section:
    """Measure completing one of 10 to 1,000 open tasks of an instance."""
    figures = []
    for width in (10, 100, 1_000):
        many = diagrams.several(width)
        naive = steady(Naive(many), {}, max(3, rounds // 5)) if width < 1_000 else None
        figures.append(Figure(f"{width:,} open tasks", steady(Ours(many), {}, rounds), naive))
    return Section("Open tasks side by side", tuple(figures))


def reading(rounds: int) -> Section:
    """Measure reading a diagram with all its checks; naively, without any."""
    figures = []
    for length in (10, 50, 100, 200, 500):
        xml = diagrams.line(length)
        naive = _reading(read_naively, xml, rounds) if length <= LONGEST_NAIVE_LINE else None
        figures.append(Figure(f"{length} activities", _reading(read, xml, rounds), naive))
    return Section("Reading a diagram", tuple(figures), "Ours with every check, the library's without any.")


def _reading(how: Callable[[bytes], Any], xml: bytes, rounds: int) -> float:
    return median(timed(lambda: how(xml))[0] for _ in range(max(3, rounds // 5)))
