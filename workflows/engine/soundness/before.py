"""What has happened for certain: whether an element is ever passed without another before it, or beside it.

Asked of the token game, whatever conditions say. Where that is not modelled, or is too much to look at, it counts as
possible: nothing is let through that is not proved.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator

from workflows.engine.reading import Definition
from workflows.engine.soundness.drawing import draw
from workflows.engine.soundness.net import Marking, Net, after
from workflows.engine.soundness.playing import moves

#: Markings looked at for one question.
MAX_MARKINGS = 20_000
_SUBPROCESSES = ("subProcess", "transaction", "adHocSubProcess")
#: What a way is told by: the ids of the elements passed.
Path = tuple[str, ...]
_State = tuple[Marking, bool]


def without_before(definition: Definition, element: str, needed: Collection[str]) -> Path | None:
    """Return a way to an element on which none of those needed was finished before, None if there is none."""
    scope = definition.nodes[element].scope
    path = _way(definition, scope, element, _certain(definition, scope, needed), to_end=False)
    if path is None or scope is None or _by_event(definition, scope):
        return path
    return without_before(definition, scope, needed)


def without_beside(definition: Definition, element: str, others: Collection[str]) -> Path | None:
    """Return a way through the scope of an element that finishes it and none of the others, None if there is none."""
    scope = definition.nodes[element].scope
    return _way(definition, scope, element, _certain(definition, scope, others), to_end=True)


def without(definition: Definition, needed: Collection[str]) -> Path | None:
    """Return a way from begin to end of a process that finishes none of these elements, None if there is none."""
    return _way(definition, None, None, _certain(definition, None, needed), to_end=True)


def _certain(definition: Definition, scope: str | None, needed: Collection[str]) -> frozenset[str]:
    """Return the elements of a scope that are not finished without one of those needed: these, and what is around."""
    return frozenset(_finished_with(definition, scope, needed))


def _finished_with(definition: Definition, scope: str | None, needed: Collection[str]) -> Iterator[str]:
    for node in definition.nodes.values():
        if node.scope != scope:
            continue
        # Of several instances there may be none.
        if node.id in needed and node.attributes.get("instances", "1") not in ("", "0"):
            yield node.id
        elif node.kind in _SUBPROCESSES and "instances" not in node.attributes:
            inner = _certain(definition, node.id, needed)
            if inner and _way(definition, node.id, None, inner, to_end=True) is None:
                yield node.id


def _by_event(definition: Definition, scope: str) -> bool:
    around = definition.spec.task_specs[scope]
    return bool(getattr(getattr(around, "inner", around), "by_event", False))


def _way(
    definition: Definition, scope: str | None, element: str | None, without: Collection[str], *, to_end: bool
) -> Path | None:
    """Return a way that passes the element (None: any) and none of the others; `to_end`: and ends the scope."""
    if scope is not None and definition.nodes[scope].kind == "adHocSubProcess":
        return (scope,)
    net = draw(definition.nodes, definition.spec, scope)
    if net.unknown is not None:
        return (net.unknown,)
    return _play(net, element, frozenset(without), to_end)


def _play(net: Net, element: str | None, without: frozenset[str], to_end: bool) -> Path | None:
    came: dict[_State, tuple[_State, Path] | None] = {(start, element is None): None for start in net.starts}
    todo = list(came)
    for state in todo:
        marking, passed = state
        if passed and to_end and not marking:
            return _path(came, state)
        for move in moves(net, marking):
            if move.element in without:
                continue
            if move.element == element and not to_end:
                return (*_path(came, state), element)
            following = after(marking, move), passed or move.element == element
            if following not in came:
                came[following] = state, move.told
                todo.append(following)
        if len(todo) > MAX_MARKINGS:
            return _path(came, state)
    return None


def _path(came: dict[_State, tuple[_State, Path] | None], state: _State) -> Path:
    told: list[Path] = []
    while (step := came[state]) is not None:
        state, passed = step
        told.append(passed)
    return tuple(element for passed in reversed(told) for element in passed)
