"""From one version of a process to another: which element is which, and whether that can be at all.

A migration moves no token by itself (`placing` does): it says which element of the target takes the place of
which of the source. Only elements of one kind may, and only one that has another id now may become another: two
never become one, and no step becomes another that was there beside it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Any

from workflows.engine.dialect import ACTIVITIES, GATEWAYS
from workflows.engine.model import Node
from workflows.engine.reading import Definition
from workflows.findings import Finding

_STAYS = ACTIVITIES | (GATEWAYS - {"exclusiveGateway"}) | {"boundaryEvent", "intermediateCatchEvent"}


class Migration:
    """A mapping of element ids from one definition to another, shared by all runs that it moves."""

    def __init__(
        self, source: Definition, target: Definition, renamed: Mapping[str, str] = MappingProxyType({})
    ) -> None:
        self.source = source
        self.target = target
        self.names: Mapping[str, str] = MappingProxyType({**_same(source, target), **renamed})
        #: What was found out about where tokens may stand, so that a thousand runs at one place cost one look.
        self.known: dict[Any, tuple[Finding, ...]] = {}

    def check(self) -> list[Finding]:
        """Return what is wrong with the mapping itself, as errors that name the element of the source."""
        return list(self._check())

    def _check(self) -> Iterator[Finding]:
        before, after = elements(self.source), elements(self.target)
        if self.source.id != self.target.id:
            message = f"'{self.target.id}' is another process than '{self.source.id}', not a version of it."
            yield refusal(None, "other_process", message)
        taken = Counter(self.names.values())
        for old, new in self.names.items():
            if old not in before:
                yield refusal(old, "unknown", f"The version that is left has no element '{old}'.")
            elif new not in after:
                yield refusal(old, "unknown", f"The new version has no element '{new}'.")
            elif before[old].kind != after[new].kind:
                yield changed_kind(before[old], after[new])
            elif old != new and (old in after or new in before):
                yield refusal(old, "other_step", _other_step(before[old], after[new], both=old in after))
            elif taken[new] > 1:
                several = f"More than one element is to become {called(after[new])}; each needs its own."
                yield refusal(old, "twice", several)


def _other_step(old: Node, new: Node, *, both: bool) -> str:
    # Else a migration would be a way past a step, such as an approval.
    if both:
        return f"{called(old)} is in the new version as well: it cannot become {called(new)}."
    return f"{called(new)} is in the version that is left as well: {called(old)} cannot become it."


def _same(source: Definition, target: Definition) -> dict[str, str]:
    """Return the elements that both have under the same id and of the same kind, each mapped to itself."""
    after = elements(target)
    return {
        identity: identity
        for identity, node in elements(source).items()
        if identity in after and after[identity].kind == node.kind
    }


def stands(node: Node) -> bool:
    """Tell whether a token can stand or wait at an element, so that it matters what becomes of it."""
    base, _, kind = node.kind.partition(":")
    if base == "startEvent":
        return bool(kind)
    return base in _STAYS or kind == "compensate"


def elements(definition: Definition) -> dict[str, Node]:
    """Return the elements of a process, and of those of its file that it calls."""
    return {i: node for one in (*definition.called.values(), definition) for i, node in one.nodes.items()}


def called(node: Node) -> str:
    """Return an element in words: its name with its id behind, or the id alone."""
    return f"'{node.name}' ({node.id})" if node.name else f"'{node.id}'"


def changed_kind(before: Node, after: Node) -> Finding:
    """Return the refusal of an element that has become something else."""
    became = f"{called(before)} is of kind {before.kind} and would become one of kind {after.kind}."
    return refusal(before.id, "kind", became)


def refusal(element: str | None, rule: str, message: str) -> Finding:
    """Return why there is no safe move."""
    return Finding(element, rule, "error", message)


def remark(element: str | None, rule: str, message: str) -> Finding:
    """Return what a move brings about that somebody should know before."""
    return Finding(element, rule, "warning", message)
