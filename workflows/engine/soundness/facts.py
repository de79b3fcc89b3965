"""Variables that several choices of a scope read and nothing can change in between."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product
from typing import Any

from workflows.engine.soundness.assignments import Path, Values, critical
from workflows.engine.soundness.net import Net

#: Combinations of values for which a scope is explored again.
MAX_CASES = 24


def cases(net: Net, tasks: Any) -> Iterator[Values]:
    """Yield each combination of values of the variables by which several choices hang together.

    Taken to be decided once: those read only outside loops. `kind == 'x'` at the fork and `kind != 'x'` later
    never meet in one instance. Nothing is yielded where there are none, or too many.
    """
    readers: dict[Path, set[str]] = {}
    conditions = []
    for element in net.followers:
        mine = [flow.condition for flow in tasks[element].flows if flow.condition is not None]
        conditions += mine
        for path in critical(mine):
            readers.setdefault(path, set()).add(element)
    telling = critical(conditions)
    shared = [p for p, elements in readers.items() if len(elements) > 1 and not elements & net.cyclic]
    combinations = 1
    for path in shared:
        combinations *= len(telling[path])
    if shared and combinations <= MAX_CASES:
        for chosen in product(*(telling[path] for path in shared)):
            yield dict(zip(shared, chosen, strict=True))
