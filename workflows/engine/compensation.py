"""Compensation: what was completed is undone by its handlers, the last first (BPMN 2.0, 10.7, 13.5.5).

A scope remembers the activities completed in it that can be undone, in the order of their completion. Whoever
compensates takes these records away, so that each handler runs once, and holds the handlers while they run.
"""

from __future__ import annotations

from typing import Any

from SpiffWorkflow.bpmn.specs.event_definitions.base import EventDefinition

from workflows.engine.tokens import STARTED, Token

_DONE = "completed"  #: of a scope: records of what was completed in it, the oldest first
_LEFT = "to_undo"  #: of a token that compensates: records still to be undone, the next one last
_THEN = "then"  #: of the same: what becomes of it afterwards
_BUSY = "busy"  #: of the same, while handlers are being started
#: Ways to end: leave by the flows, vanish from the scope around, or leave the transaction around.
_LEAVE, _VANISH, _CANCEL = "leave", "vanish", "cancel"


class CompensationEventDefinition(EventDefinition):
    """What to compensate: one activity of the scope, or all of them; the library has no such event."""

    def __init__(self, activity: str | None = None, *, wait: bool = True) -> None:
        super().__init__()
        self.activity = activity
        self.wait = wait


# -- remembering --------------------------------------------------------------------------------------


def remember(token: Token) -> None:
    """Note in the scope around that an activity is completed, where that can be undone."""
    spec, around = token.task_spec, token.parent
    inner = token.internal_data.get(_DONE, [])
    if is_compensating(around):
        # What a handler has done is not undone again.
        return
    if spec.repeats:
        # Every instance and every turn stands for itself.
        records = inner
    elif spec.undone_by or inner:
        records = [_record(token, spec.undone_by, inner)]
    else:
        return
    around.internal_data.setdefault(_DONE, []).extend(records)


def remember_called(root: Token) -> None:
    """Note in the call activity that the process called has ended, where that can be undone."""
    spec, inner = root.task_spec, root.internal_data.get(_DONE, [])
    if spec.undone_by or inner:
        root.parent.internal_data[_DONE] = [_record(root, spec.undone_by, inner)]


def _record(token: Token, handler: str | None, inner: list[Any]) -> dict[str, Any]:
    spec = token.task_spec
    record: dict[str, Any] = {"node": spec.name, "handler": handler, "data": token.data, "inner": inner}
    if spec.is_root:
        record.update(process=spec._wf_spec.name, of=token.internal_data.get("of"))
    if handler and not spec._wf_spec.task_specs[handler].by_event:
        # An activity undoes from outside; it sees no more than which instance it is for.
        record.update(data=token.data if spec.body else {}, inner=[])
    return record


# -- throwing -----------------------------------------------------------------------------------------


def throw(token: Token, wanted: CompensationEventDefinition) -> bool:
    """Compensate what is wanted; True when the token that throws need not wait for it."""
    records = _take(token, wanted.activity)
    if not records:
        return True
    if wanted.wait:
        _undo(token, records, _LEAVE)
        return False
    beside = token.workflow.create(token.task_spec, token.parent)
    _undo(beside, records, _VANISH)
    return True


def _take(token: Token, activity: str | None) -> list[Any]:
    """Take the records of the scope around; from inside an event subprocess, also of the scope it serves."""
    tasks = token.task_spec._wf_spec.task_specs
    taken: list[Any] = []
    for around in _reached(token):
        done = around.internal_data.pop(_DONE, [])
        chosen = [r for r in done if activity in (None, tasks[r["node"]].element)]
        if rest := [r for r in done if r not in chosen]:
            around.internal_data[_DONE] = rest
        taken = chosen + taken
    return taken


def _reached(token: Token) -> list[Token]:
    scopes = [token.parent]
    while scopes[-1].task_spec.by_event or (scopes[1:] and scopes[-1].task_spec.repeats):
        scopes.append(scopes[-1].parent)
    return scopes


def roll_back(origin: Token, around: Token) -> None:
    """Undo all that was completed in a transaction, then leave it by its cancel event (BPMN 2.0, 13.4.2)."""
    run = origin.workflow
    records = _gather(around)
    run.clear(around)
    _undo(run.create(origin.task_spec, around), records, _CANCEL)


def _gather(around: Token) -> list[Any]:
    """Take the records of a scope and of what is still going on inside it, the oldest first."""
    records = around.internal_data.pop(_DONE, [])
    for token in around.children:
        inner = _gather(token)
        if token.task_spec.repeats:
            records = records + inner
        elif inner:
            records = [*records, _record(token, None, inner)]
    return list(records)


# -- undoing ------------------------------------------------------------------------------------------


def is_compensating(token: Token) -> bool:
    """Tell whether the token holds handlers that run."""
    return _LEFT in token.internal_data


def is_unseen(token: Token) -> bool:
    """Tell whether the token only holds handlers, being no step of its own."""
    return token.internal_data.get(_THEN) in (_VANISH, _CANCEL)


def _undo(holder: Token, records: list[Any], then: str) -> None:
    holder.internal_data.update({_LEFT: records, _THEN: then})
    holder._set_state(STARTED)
    go_on(holder)


def go_on(holder: Token) -> None:
    """Start the handler of what was completed last; when none is left, end compensating."""
    kept = holder.internal_data
    if _BUSY in kept:
        # A handler that is done at once leads back here; the loop below goes on with the next.
        return
    kept[_BUSY] = True
    while kept[_LEFT] and holder.alive and not holder.children:
        _start_handler(holder, kept[_LEFT].pop())
    del kept[_BUSY]
    if holder.alive and not holder.children:
        _end(holder)


def _start_handler(holder: Token, record: dict[str, Any]) -> None:
    run, tasks, handler = holder.workflow, holder.task_spec._wf_spec.task_specs, record["handler"]
    if handler and "process" not in record and not tasks[handler].by_event:
        run.enter(tasks[handler], holder, None, data=record["data"])
        return
    # What holds others comes back with its variables, to be undone from inside.
    if "process" in record:
        again = run.come_back(holder, record["of"], record["process"], record["data"])
    else:
        again = run.create(tasks[record["node"]], holder, data=record["data"])
    if handler is None:
        _undo(again, record["inner"], _VANISH)
        return
    again.internal_data.update({_DONE: record["inner"], _LEFT: [], _THEN: _VANISH})
    again._set_state(STARTED)
    run.enter(again.task_spec._wf_spec.task_specs[handler], again, None)


def _end(holder: Token) -> None:
    run, around = holder.workflow, holder.parent
    del holder.internal_data[_LEFT]
    then = holder.internal_data.pop(_THEN)
    if then == _LEAVE:
        holder.task_spec.resume(holder)
        return
    run.remove(holder)
    if then == _CANCEL:
        run.leave_transaction(around)
    else:
        run.settle(around)
