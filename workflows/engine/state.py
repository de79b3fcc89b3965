"""An instance's state as bytes: its live tokens and nothing of its specification.

The library stores the specification with every instance, loses data when the order of tasks changes, cannot
load user data with certain keys, and keeps every task that ever was. Here finished tokens are gone, so that
the size of the state does not grow with the turns of a loop.
"""

from __future__ import annotations

from typing import Any

import orjson

from workflows.engine import calls, events
from workflows.engine.instance import Instance
from workflows.engine.model import Host, Sent
from workflows.engine.reading import Definition
from workflows.engine.specs import ROOT
from workflows.engine.tokens import Token
from workflows.errors import EngineFault

VERSION = 1


def dump(run: Instance, definition: Definition) -> bytes:
    """Return the state of a run between two tokens; parents stand before their children."""
    rows = [
        [
            token.id,
            token._parent,
            "" if token.task_spec._wf_spec.name == definition.id else token.task_spec._wf_spec.name,
            token.task_spec.name,
            token._state,
            token.last_state_change,
            token.internal_data,
            token.data,
        ]
        for token in run.tasks.values()
    ]
    kept = {
        "v": VERSION,
        "process": definition.id,
        "outcome": run.outcome,
        "ends": run.end_nodes,
        "tokens": rows,
    }
    if run.unfinished:
        kept["unfinished"] = _unfinished(run)
    return orjson.dumps(kept)


def _unfinished(run: Instance) -> dict[str, Any]:
    """Return what a run that stopped between two tokens was about to do."""
    return {
        "ready": [token.id for token in run.ready if token.alive],
        "thrown": [[sent.kind, sent.name, sent.payload, sent.node_id] for sent in run.thrown],
        "changed": sorted(run.changed),
    }


def load(state: bytes, definition: Definition, host: Host, library: calls.Library | None = None) -> Instance:
    """Return the run that `dump` stored; raises `EngineFault` when it belongs to another definition."""
    kept = orjson.loads(state)
    if kept.get("v") != VERSION or kept.get("process") != definition.id:
        raise EngineFault(
            f"The state is of '{kept.get('process')}' (format {kept.get('v')}), not of '{definition.id}'.",
            code="state",
        )
    run = Instance(definition.spec, host, library)
    run.outcome, run.end_nodes = kept["outcome"], kept["ends"]
    for row in kept["tokens"]:
        _load_token(run, definition, row)
    run.task_tree = next(iter(run.tasks.values()))
    run.awaits_conditions = any(True for _ in events.waiting(run, "conditional"))
    if unfinished := kept.get("unfinished"):
        run.unfinished = True
        run.ready.extend(run.tasks[identity] for identity in unfinished["ready"])
        run.thrown = [Sent(*sent) for sent in unfinished["thrown"]]
        run.changed = set(unfinished.get("changed", ()))
    return run


def _load_token(run: Instance, definition: Definition, row: list[Any]) -> None:
    identity, parent, _, name, state, entered, internal, data = row
    around = run.tasks[parent] if parent is not None else None
    owner = _owner(run, definition, row, around)
    task_spec = owner.spec.task_specs.get(name)
    if task_spec is None:
        raise EngineFault(
            f"The state stands at '{name}', which the definition does not have.", element=name, code="state"
        )
    Token(run, task_spec, around, state, entered, id=identity, internal=internal, data=data)


def _owner(run: Instance, definition: Definition, row: list[Any], around: Token | None) -> Definition:
    """Return the definition that a token's element is of: a called process has its own below its root."""
    _, _, process, name, *_, internal, _ = row
    if around is None:
        return definition
    if name == ROOT:
        return calls.definition_at(run, around, internal.get("of"), process or definition.id)
    owner: Definition = around.task_spec._wf_spec.definition
    return owner
