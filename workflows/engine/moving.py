"""A run on another version of its definition: tokens placed, new events armed, and the reasons against it.

An event that the new version adds to what goes on already is armed as of when that began: a limit on a step counts
from the step, and nobody gains time, or loses it, by the day on which somebody moves the instance.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from datetime import datetime
from functools import partial
from typing import Any

from workflows.engine import calls, events
from workflows.engine.instance import Instance
from workflows.engine.migration import Migration, called, refusal, remark
from workflows.engine.model import Host
from workflows.engine.placing import Placing, begun
from workflows.engine.prospects import full, prospects
from workflows.engine.tokens import Token
from workflows.errors import EngineFault
from workflows.findings import Finding

HeldAt = Callable[[datetime], AbstractContextManager[None]]


def move(
    migration: Migration, run: Instance, host: Host, library: calls.Library | None, held_at: HeldAt
) -> tuple[Instance, list[Finding]]:
    """Return the run as it stands on the target, and what there is to say; with an error it is not to be used."""
    made = Instance(migration.target.spec, host, library)
    made.outcome, made.end_nodes = run.outcome, list(run.end_nodes)
    placing = Placing(migration, run, made)
    if run.unfinished:
        placing.refuse(run.task_tree, "busy", "It is in the middle of a long act: try again when it rests.")
    placing.place()
    made.task_tree = next(iter(made.tasks.values()), run.task_tree)
    if not _refused(placing):
        _look_anew(placing)
        for token in list(made.tasks.values()):
            if not calls.reference_of(token) and begun(token):
                _arm_new(placing, token, held_at)
    if not _refused(placing):
        _check(placing)
    return made, placing.findings


def _refused(placing: Placing) -> bool:
    return any(finding.severity == "error" for finding in placing.findings)


def _look_anew(placing: Placing) -> None:
    """Give events whose name or condition is another one what they wait for now."""
    made = placing.made
    for token, kind in events.waiting(made, "message", "signal", "conditional"):
        if kind == "conditional":
            made.awaits_conditions = True
            if "held" not in token.internal_data:
                made.changed.add("")
        elif "name" not in token.internal_data:
            _guarded(placing, partial(events.arm, made, token))


def _arm_new(placing: Placing, token: Token, held_at: HeldAt) -> None:
    spec, was = token.task_spec, placing.run.tasks[token.id].task_spec
    for event in _new(placing, spec.boundaries, was.boundaries):
        _arm(placing, token, event, None, held_at)
    if not _interrupted(token):
        for event in _new(placing, spec.armed, was.armed):
            _arm(placing, token, event, None, held_at)
    if spec.arms_flows:
        targets = {flow.target: flow for flow in spec.flows}
        known = {placing.names.get(flow.target) for flow in was.flows}
        for target in targets.keys() - known:
            _arm(placing, token, spec._wf_spec.task_specs[target], targets[target].id, held_at)


def _new(placing: Placing, now: tuple[Any, ...], before: tuple[Any, ...]) -> Iterator[Any]:
    """Yield the events of the new version that take no other's place; others wait already, or have happened."""
    known = {placing.names.get(event.element) for event in before}
    yield from (event for event in now if event.element not in known)


def _interrupted(scope: Token) -> bool:
    """Tell whether an event subprocess has ended everything else in the scope: it waits for nothing more."""
    handlers = {event.handler.element for event in scope.task_spec.armed if event.interrupting}
    return "finishing" in scope.internal_data or any(
        child.task_spec.element in handlers and not child.task_spec.silent for child in scope.children
    )


def _arm(placing: Placing, token: Token, event: Any, flow: str | None, held_at: HeldAt) -> None:
    made, known = placing.made, set(placing.made.tasks)

    def wait() -> None:
        with held_at(token.entered_at):
            made.wait_for(event, token, flow)

    _guarded(placing, wait)
    dues = [due for due, new in events.due(made) if new.id not in known]
    what = f"{called(event.node)} is waited for from now on"
    if dues and dues[0] <= made.host.now():
        what = f"{called(event.node)}, counted from {token.entered_at.isoformat()}, is due at once"
    elif dues:
        what = f"{called(event.node)} is due at {dues[0].isoformat()}"
    placing.findings.append(remark(event.element, "armed", f"{what}: the new version adds it."))


def _guarded(placing: Placing, act: Callable[[], None]) -> None:
    try:
        act()
    except EngineFault as fault:
        placing.findings.append(refusal(fault.element, "expression", fault.message))


def _check(placing: Placing) -> None:
    """Note where the moved run would hang, or wait for what cannot come."""
    for token in placing.made.tasks.values():
        if token.task_spec.arms_flows and not token.children:
            placing.refuse(token, "event", "Of what it waits for, nothing is in the new version.")
    for token in full(placing.made):
        placing.refuse(token, "join", "All that it waits for in the new version is there already.")
    placing.findings.extend(prospects(placing))
