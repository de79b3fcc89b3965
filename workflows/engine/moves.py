"""Moves that no sequence flow draws: the token of an open task is put on another step of its scope."""

from __future__ import annotations

from typing import Any

from workflows.engine import compensation
from workflows.engine.adhoc import AdHocSubProcess
from workflows.engine.dialect import ACTIVITIES
from workflows.engine.tokens import Token
from workflows.errors import InvalidInput


def step(token: Token, element: str) -> Any:
    """Return the activity of the task's own scope that its token may be put on; `InvalidInput` if it is none."""
    steps = {spec.name: spec for spec in _steps(_moved(token))}
    if element not in steps:
        there = ", ".join(sorted(steps)) or "none"
        raise InvalidInput(
            f"'{element}' is no step beside '{token.task_spec.element}'; there are: {there}.", code="step"
        )
    return steps[element]


def go(run: Any, token: Token, spec: Any) -> None:
    """Take an open task away and put its token on another activity; what its boundary events waited for is over."""
    moved = _moved(token)
    around = moved.parent
    run.cancel_token(moved)
    run.enter(spec, around, None)


def _moved(token: Token) -> Any:
    """Return what goes: an instance of a repeated activity takes the whole activity along."""
    return token if token.task_spec.body is None else token.parent


def _steps(moved: Any) -> list[Any]:
    around, here = moved.parent, moved.task_spec
    # Handlers come one after another, and an ad-hoc subprocess chooses for itself: neither has a way back.
    if compensation.is_compensating(around) or isinstance(around.task_spec, AdHocSubProcess):
        return []
    specs = here._wf_spec.task_specs.values()
    handlers = {spec.undone_by for spec in specs}
    return [
        spec
        for spec in specs
        if not spec.is_root
        and spec.body is None
        and spec.node.kind in ACTIVITIES
        and spec.node.scope == here.node.scope
        and not (spec.by_event or spec.node.id in handlers)
    ]
