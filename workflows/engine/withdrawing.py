"""Taking a completion back: the tokens that came of it go, and the step is begun again.

That is possible as long as nothing was done since: every token that came of a completed task remembers it. Once one
of them is gone, or something inside it has moved, there is nothing to take back; nor where something ran on the way
that cannot be undone.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from hashlib import sha256
from typing import Any

from workflows.engine import moves, parking
from workflows.engine.model import Step
from workflows.engine.soundness import Budget
from workflows.engine.spots import spots
from workflows.engine.tokens import BACK, CAME, Token
from workflows.errors import Conflict

#: What may happen on the way: everything else has been told to others, or recorded.
_UNTOLD = frozenset(
    {
        "userTask",
        "receiveTask",
        "task",
        "manualTask",
        "scriptTask",
        "businessRuleTask",
        "subProcess",
        "startEvent",
        "endEvent",
    }
    | {
        "exclusiveGateway",
        "parallelGateway",
        "inclusiveGateway",
        "eventBasedGateway",
        "intermediateThrowEvent",
        "intermediateThrowEvent:link",
        "intermediateCatchEvent:link",
    }
    | {f"intermediateCatchEvent:{kind}" for kind in ("timer", "message", "signal", "conditional")}
)


class Completion:
    """A task that is about to be completed, and what is alive before."""

    def __init__(self, token: Token) -> None:
        self.run, self.id, self.spec, self.around = token.workflow, token.id, token.task_spec, token.parent
        self.back = list(token.internal_data.get(BACK, ()))
        self.before = {each.id: each.task_spec for each in self.run.tasks.values()}
        self.own = {token.id, *token._children}
        self.begun = len(self.run.steps)

    def remember(self) -> None:
        """Note in the tokens that came of it that they did."""
        run = self.run
        if self.id in run.tasks:
            return  # it waits for who signs after it
        if run.outcome != "running" or run.unfinished or self.spec.body is not None or not self.around.alive:
            return
        new = [token for token in run.tasks.values() if token.id not in self.before]
        came = [token for token in new if token._parent in self.before and not token.task_spec.silent]
        if not came or any(token.parent is not self.around for token in came):
            return
        never = next(self._never(run.steps[self.begun :]), None) or self._consumed()
        for token in came:
            kept = {"of": self.id, "step": self.spec.name, "count": len(came), "holds": _holds(token)}
            kept.update({BACK: self.back} if self.back else {}, **({"never": never} if never else {}))
            token.internal_data[CAME] = kept

    def _never(self, steps: Iterable[Step]) -> Iterator[str]:
        """Yield the elements on the way that cannot be undone."""
        tasks = self.around.task_spec._wf_spec.task_specs
        for step in steps:
            spec = tasks.get(step.node.id)
            works = spec is None or spec.listeners or (getattr(spec, "work", None) and spec.work.operation)
            if step.what == "entered" and (step.node.kind not in _UNTOLD or works):
                yield step.node.id

    def _consumed(self) -> str | None:
        """Return where another token has gone on together with it, or was taken away."""
        kept = self.own | self.run.tasks.keys()
        lost = (spec for each, spec in self.before.items() if each not in kept)
        return next((spec.node.id for spec in lost if not spec.silent), None)


def came_of(run: Any, task_id: str) -> list[Token]:
    """Return the tokens that came of a completion and stand where they came; `Conflict` (`done_since`, `irrevocable`)."""
    came = [token for token in run.tasks.values() if token.internal_data.get(CAME, {}).get("of") == task_id]
    if not came or len(came) < came[0].internal_data[CAME]["count"]:
        raise Conflict("Something has been done since with what came of it.", code="done_since")
    never = came[0].internal_data[CAME].get("never")
    if never is not None:
        raise Conflict(
            f"'{never}' was done on the way and cannot be undone.", code="irrevocable", element=never
        )
    for token in came:
        if _holds(token) != token.internal_data[CAME]["holds"] or parking.is_parked(token):
            raise Conflict("Something has been done since with what came of it.", code="done_since")
    return came


def open_in(tokens: Collection[Token]) -> list[str]:
    """Return the ids of all that is alive in these tokens."""
    return [inner.id for token in tokens for inner in _inside(token)]


def plan(run: Any, task_id: str) -> moves.Move:
    """Return the move that takes a completion back; `Conflict` as `came_of`, and (`unsafe`) as every move."""
    came = came_of(run, task_id)
    around, kept = came[0].parent, came[0].internal_data[CAME]
    assert around is not None
    spec = around.task_spec._wf_spec.task_specs[kept["step"]]
    back = tuple(kept.get(BACK, ()))
    places = [*spots(around, without=came), (back[0] if back else spec.element, None, False)]
    moves.guard_safe(around, places, Budget(moves.PLACES))
    return moves.Move(came[0], around, spec, tuple(came[1:]), back)


def _inside(token: Token) -> Iterator[Token]:
    yield token
    for child in token.children:
        yield from _inside(child)


def _holds(token: Token) -> str:
    """Return what tells whether anything inside a token has moved."""
    inner = sorted(str(one.id) for one in _inside(token) if not one.task_spec.silent)
    # Short: it is stored with every token.
    return sha256(" ".join(inner).encode()).hexdigest()[:16]
