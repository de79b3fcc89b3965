"""What an exploration proves about a scope, as findings with the shortest way to what is wrong."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from workflows.engine.soundness.exploring import Explored
from workflows.engine.soundness.net import Net, Place
from workflows.findings import Finding

#: Elements of a path that a message names; the path itself is whole.
MAX_SHOWN = 40


def verdicts(seen: Explored, subject: str) -> Iterator[Finding]:
    """Yield deadlocks, unbounded growth, dead elements, no way to the end, and what is not proved."""
    yield from _deadlocks(seen)
    if seen.growing is not None:
        yield _unbounded(seen, *seen.growing)
    if seen.finished:
        yield from _dead_elements(seen)
        yield from _no_end(seen)
    if not seen.bounded:
        looked = (
            "Not proved sound: the ways through are too many to look at all of them. Nothing more was found in "
            f"{len(seen.markings):,} markings, up to {max(seen.depth):,} steps deep; "
            "draw parts of it as subprocesses to have it proved."
        )
        yield Finding(subject, "not_proved", "warning", looked)


def unexplored(element: str) -> Finding:
    """Return what is said of a scope with an element whose token game is not modelled."""
    message = "Not proved sound: what tokens do here depends on data, so no way through was looked at."
    return Finding(element, "not_proved", "warning", message)


def unsynchronised(seen: Explored) -> Iterator[Finding]:
    """Yield the elements where two tokens can be at once, but not those where that only follows."""
    first = _doubled(seen)
    stuck = {seen.net.places[place].element for number in seen.dead() for place in seen.markings[number]}
    for element, (number, flow) in first.items():
        explained = any(e in first and first[e][0] < number for e in _before(seen.net, element))
        if explained or element in stuck:
            continue
        path = (*seen.path(number), element)
        where = f"on the flow {flow}" if flow else "here"
        message = (
            f"Two tokens can be {where} at once, so that what follows happens twice: "
            f"join parallel branches by a gateway that waits for them. {shown(path)}"
        )
        yield Finding(element, "lack_of_synchronisation", "policy", message, path)


def _deadlocks(seen: Explored) -> Iterator[Finding]:
    """Yield one finding for each element where tokens stay for ever when nothing else can move."""
    told: set[str] = set()
    for number in sorted(seen.dead()):
        for element in dict.fromkeys(seen.net.places[place].element for place in seen.markings[number]):
            if element not in told:
                told.add(element)
                yield _deadlock(seen, number, element)


def _deadlock(seen: Explored, number: int, element: str) -> Finding:
    here = [seen.net.places[place] for place in seen.markings[number]]
    came = [place.flow for place in here if place.element == element and place.flow]
    missing = [place.flow for place in _places_of(seen.net, element) if place.flow and place.flow not in came]
    path = (*seen.path(number), element)
    where = f" (it came on {', '.join(dict.fromkeys(came))})" if came else ""
    lacking = f" for one on {', '.join(missing)}" if missing else ""
    message = f"A token gets stuck here{where}: it waits{lacking} and none can come. {shown(path)}"
    return Finding(element, "deadlock", "error", message, path)


def _places_of(net: Net, element: str) -> list[Place]:
    return [place for place in net.places if place.element == element]


def _unbounded(seen: Explored, number: int, smaller: int) -> Finding:
    net, more = seen.net, Counter(seen.markings[number]) - Counter(seen.markings[smaller])
    element = next(net.places[place].element for place in more if net.stays(place))
    step = seen.came[number]
    fresh = step[1].put if step else ()
    again = [net.places[place].element for place in fresh if place in seen.markings[smaller]]
    path = (*seen.path(number), *again[:1])
    message = (
        "Tokens can pile up here without end: a loop of the diagram leaves one more each time round. "
        f"{shown(path)}"
    )
    return Finding(element, "unbounded", "error", message, path)


def _before(net: Net, element: str) -> Iterator[str]:
    """Yield the elements that lead to another one, their hosts in place of boundary events."""
    for source, following in net.followers.items():
        if element in following:
            yield source
            if source not in net.standing:
                yield from _before(net, source)


def _doubled(seen: Explored) -> dict[str, tuple[int, str | None]]:
    """Return element → the first marking with two tokens on it, and on which flow they are."""
    first: dict[str, tuple[int, str | None]] = {}
    for number, marking in enumerate(seen.markings):
        standing: set[tuple[str, str | None]] = set()
        for place in map(seen.net.places.__getitem__, marking):
            spot = (place.element, place.flow)
            if spot in standing and place.element not in seen.net.quiet:
                first.setdefault(place.element, (number, place.flow))
            standing.add(spot)
    return first


def _dead_elements(seen: Explored) -> Iterator[Finding]:
    """Yield the first elements on each way that no token ever takes."""
    alive = set(seen.fired)
    alive.update(seen.net.places[place].element for marking in seen.markings for place in marking)
    for element in seen.net.followers:
        before = [e for e, after in seen.net.followers.items() if element in after]
        if element not in alive and any(e in alive for e in before):
            message = "No instance ever gets here, though flows lead here: what stands before never lets it."
            yield Finding(element, "dead", "policy", message)


def _no_end(seen: Explored) -> Iterator[Finding]:
    """Yield the first way into a part of the diagram that goes round for ever."""
    if seen.net.escapable:
        return
    before: dict[int, list[int]] = {}
    for number, following in seen.following.items():
        for other in following:
            before.setdefault(other, []).append(number)
    todo = [number for number, following in seen.following.items() if not following]
    leading = set(todo)
    while todo:
        for number in before.get(todo.pop(), ()):
            if number not in leading:
                leading.add(number)
                todo.append(number)
    trapped = next((n for n in range(len(seen.markings)) if n not in leading), None)
    if trapped is not None:
        yield _endless(seen, trapped)


def _endless(seen: Explored, number: int) -> Finding:
    step = seen.came[number]
    entered = step[1].put if step and step[1].put else seen.markings[number]
    element = seen.net.places[entered[0]].element
    path = (*seen.path(number), element)
    message = f"From here no way leads to an end: the flow goes round for ever. {shown(path)}"
    return Finding(element, "no_end", "policy", message, path)


def shown(path: tuple[str, ...]) -> str:
    """Return a path for people to read; the middle of a long one is left out."""
    if len(path) <= MAX_SHOWN:
        return f"The way there: {' → '.join(path)}."
    half = MAX_SHOWN // 2
    between = f"… {len(path) - 2 * half} more …"
    return f"The way there: {' → '.join((*path[:half], between, *path[-half:]))}."
