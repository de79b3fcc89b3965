"""Putting the live tokens of a run on another version of its definition.

A token keeps its id, its data, its instants and what it waits for; only its element is another object. So nothing
is done again, and nothing that is drawn behind it can be skipped: a token reads what follows when it leaves. Where
the new version has no such place, or the token could not do there what it does here, the move is refused.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from workflows.engine import calls, compensation, continuations, cosigning, events, joins, quantities
from workflows.engine.adhoc import AdHocSubProcess
from workflows.engine.instance import Instance
from workflows.engine.migration import Migration, called, changed_kind, refusal, remark
from workflows.engine.spots import JOINS
from workflows.engine.tokens import BACK, BEEN, CAME, Token
from workflows.findings import Finding


class Placing:
    """One run on its way to another version."""

    def __init__(self, migration: Migration, run: Instance, made: Instance) -> None:
        self.migration = migration
        self.names = migration.names
        self.run = run
        self.made = made  #: on the target's definition, empty at first
        self.findings: list[Finding] = []

    def place(self) -> None:
        """Put every token on its new element, or note why that cannot be; what hangs on one that cannot is left out."""
        for token in self.run.tasks.values():
            around = self.made.tasks.get(token._parent or "")
            if token._parent is not None and around is None:
                continue
            if compensation.is_compensating(token):
                self.refuse(token, "undoing", "What it stands for is being undone at this moment.")
                continue
            spec = self._spec(token, around)
            if spec is not None:
                kept = self._kept(token, spec, around)
                state, since = token._state, token.last_state_change
                Token(self.made, spec, around, state, since, id=token.id, internal=kept, data=token.data)

    def refuse(self, token: Token, rule: str, why: str) -> None:
        """Note why a token cannot be moved, once for an element."""
        node = token.task_spec.node
        finding = refusal(node.id, rule, f"The instance stands at {called(node)}. {why}")
        if finding not in self.findings:
            self.findings.append(finding)

    # -- the element -------------------------------------------------------------------------------

    def _spec(self, token: Token, around: Token | None) -> Any:
        own = token.task_spec
        if own.is_root:
            return self._process(token, around)
        assert around is not None
        tasks = around.task_spec._wf_spec.task_specs
        if calls.reference_of(token):
            return tasks[own.name]  # a process called by its reference keeps its version
        new = self.names.get(own.element)
        spec = tasks.get(new + own.name.removeprefix(own.element)) if new is not None else None
        if spec is None:
            self._gone(token)
            return None
        refused = next(self._differences(token, spec, around), None)
        if refused is not None:
            self.findings.append(refused)
            return None
        return spec

    def _process(self, root: Token, caller: Token | None) -> Any:
        """Return the process scope of the run, or of a process that it has called."""
        if caller is None:
            return self.migration.target.spec.start
        key, reference = root.task_spec._wf_spec.name, root.internal_data.get("of")
        assert root.parent is not None
        if not calls.reference_of(root.parent) and _calling(root.parent) != _calling(caller):
            self.refuse(
                root.parent, "call", "The process that it has called is running; another would be called."
            )
            return None
        if not reference and key not in caller.task_spec._wf_spec.definition.called:
            self.refuse(
                root.parent, "call", f"The process '{key}' that it has called is not in the new file."
            )
            return None
        return calls.definition_at(self.made, caller, reference, key).spec.start

    def _gone(self, token: Token) -> None:
        own, parent = token.task_spec, token.parent
        assert parent is not None
        beside = own.silent or parent.task_spec.arms_flows
        if beside and not own.is_part:
            gone = f"{called(own.node)} is waited for no longer: the new version does not have it."
            self.findings.append(remark(own.element, "disarmed", gone))
        else:
            self.refuse(token, "removed", "Nothing in the new version takes its place.")

    def _differences(self, token: Token, spec: Any, around: Token) -> Iterator[Finding]:
        """Yield why the token could not do on `spec` what it does now."""
        own = token.task_spec
        if own.repeats != spec.repeats:
            yield self._refusal(token, "repeats", "It is repeated in one version and done once in the other.")
        elif type(own) is not type(spec) or own.node.kind != spec.node.kind:
            yield changed_kind(own.node, spec.node)
        elif cosigning.is_signer(token):
            if spec is not around.task_spec:
                yield self._refusal(token, "scope", "It lies in another part of the new version.")
        elif not _fits(spec, around):
            yield self._refusal(token, "scope", "It lies in another part of the new version.")
        elif own.repeats and _repeating(own.loop) != _repeating(spec.loop):
            yield self._refusal(token, "repeats", "It is repeated in another way in the new version.")
        elif getattr(own, "external", False) != getattr(spec, "external", False):
            yield self._refusal(token, "worker", "It is done by an outside worker in one version only.")
        elif _awaited(own) != _awaited(spec):
            yield self._refusal(token, "event", "It waits for events of other kinds in the new version.")
        elif own.silent and hasattr(own, "handler") and not self._same(own.handler, spec.handler):
            yield self._refusal(token, "event", "It starts another part of the new version.")
        elif quantities.is_gathering(token) and own.start_quantity != spec.start_quantity:
            yield self._refusal(token, "quantity", "Another number of tokens starts it in the new version.")

    def _refusal(self, token: Token, rule: str, why: str) -> Finding:
        node = token.task_spec.node
        return refusal(node.id, rule, f"The instance stands at {called(node)}. {why}")

    def _same(self, own: Any, spec: Any) -> bool:
        return bool(self.names.get(own.element) == spec.element)

    # -- what it keeps -----------------------------------------------------------------------------

    def _kept(self, token: Token, spec: Any, around: Token | None) -> dict[str, Any]:
        """Return what the token remembers, its element and flow ids put in those of the new version."""
        own, kept = token.task_spec, dict(token.internal_data)
        if own is spec or (own.is_root and calls.reference_of(token)):
            return kept
        if around is not None and around.task_spec.arms_flows:
            kept["flow"] = next(flow.id for flow in around.task_spec.flows if flow.target == spec.name)
        elif isinstance(own, JOINS) and "flow" in kept:
            kept["flow"] = self._flow(token, spec, kept["flow"])
        if joins.is_rest(token):
            kept["consumed"] = [self._flow(token, spec, flow) for flow in kept["consumed"]]
        if taken := set(kept.get("take", ())) - {flow.id for flow in spec.flows}:
            self.refuse(token, "flow", f"It is about to go on by {', '.join(sorted(taken))}, which is gone.")
        if "completed" in kept:
            kept["completed"] = [self._record(token, spec, record) for record in kept["completed"]]
        if came := kept.pop(CAME, None):
            kept.update(self._came(came))
        if BEEN in kept:
            kept[BEEN] = [self.names[element] for element in kept[BEEN] if element in self.names]
        if BACK in kept:
            kept[BACK] = self._back(token, spec, kept[BACK])
        _keep_what_is_awaited(own, spec, kept)
        return kept

    def _came(self, came: dict[str, Any]) -> dict[str, Any]:
        """Return of which completion a token came; of none that could be taken back where its step is gone."""
        steps = [came["step"], *came.get(BACK, ())]
        if not all(step in self.names for step in steps):
            return {}
        step, *back = (self.names[step] for step in steps)
        return {CAME: {**came, "step": step, **({BACK: back} if back else {})}}

    def _back(self, token: Token, spec: Any, chain: list[str]) -> list[str]:
        """Return where a token that was sent back comes straight back to."""
        there = spec._wf_spec.task_specs
        back = [self.names.get(element, "") for element in chain]
        if not all(e in there and there[e].node.scope == spec.node.scope for e in back):
            gone = f"It comes straight back to {chain[-1]}, which is not beside it in the new version."
            self.refuse(token, "return", gone)
        return back

    def _flow(self, token: Token, spec: Any, flow: str) -> str:
        """Return the flow on which a token has come to a join; one that was drawn anew is told by elimination."""
        lost = set(token.task_spec.incoming) - set(spec.incoming)
        new = set(spec.incoming) - set(token.task_spec.incoming)
        if flow not in lost:
            return flow
        if len(lost) == len(new) == 1:
            return new.pop()
        self.refuse(
            token, "join", f"It came on the flow {flow}, which does not lead here in the new version."
        )
        return flow

    def _record(self, token: Token, around: Any, record: dict[str, Any]) -> dict[str, Any]:
        """Return what is remembered of a completed activity for its compensation, in the new version's names."""
        tasks, was = around._wf_spec.task_specs, token.task_spec._wf_spec.task_specs
        if "process" in record or record["node"] not in was:
            self.refuse(token, "undoing", "A process that it has called could be undone; that is not moved.")
            return record
        spec = tasks.get(self._renamed(was[record["node"]]))
        handler = self._renamed(was[record["handler"]]) if record["handler"] else None
        if spec is None or (record["handler"] and spec.undone_by != handler):
            done = called(was[record["node"]].node)
            self.refuse(
                token, "undoing", f"{done} is done and could be undone; in the new version it could not."
            )
            return record
        inner = [self._record(token, around, each) for each in record["inner"]]
        return {**record, "node": spec.name, "handler": handler, "inner": inner}

    def _renamed(self, own: Any) -> str:
        return self.names.get(own.element, "") + str(own.name.removeprefix(own.element))


def _keep_what_is_awaited(own: Any, spec: Any, kept: dict[str, Any]) -> None:
    """Let a clock run on as it was set; a name or condition that is written anew is looked at anew."""
    if "timer" in kept:
        said = tuple(kept.pop(events.SAID, (own.timer_kind, own.timer.source)))
        if said != (spec.timer_kind, spec.timer.source):
            kept[events.SAID] = list(said)
    if "name" in kept and own.event_name.source != spec.event_name.source:
        del kept["name"]
    if "held" in kept and own.condition.source != spec.condition.source:
        del kept["held"]


def _fits(spec: Any, around: Token) -> bool:
    """Tell whether a token at `spec` can be held by one at the element around."""
    outer = around.task_spec
    if spec.is_part:
        return spec in outer.parts
    if spec.silent:
        return spec in outer.boundaries or spec in outer.armed
    if spec.body is not None:
        return spec.body is outer
    if outer.arms_flows:
        return any(flow.target == spec.name for flow in outer.flows)
    return bool(spec.node.scope == (None if outer.is_root else outer.element))


def _repeating(loop: Any) -> tuple[Any, ...]:
    return (loop.sequential, loop.standard, loop.element_variable, loop.output_item, loop.output_collection)


def _awaited(spec: Any) -> tuple[Any, ...]:
    parts = getattr(spec, "parts", ())
    kinds = [events.kind_of_spec(each) for each in (spec, *parts)]
    return (*kinds, getattr(spec, "needs_all", False), getattr(spec, "parallel", False))


def _calling(caller: Token) -> tuple[Any, ...]:
    call = caller.task_spec.call
    return (call.key.source, call.binding, call.version.source if call.version else None)


def begun(token: Token) -> bool:
    """Tell whether a token has come into its element and not left it: its events are armed."""
    return not (
        cosigning.is_signer(token)
        or continuations.is_held(token)
        or quantities.is_gathering(token)
        or joins.is_rest(token)
    )


def is_ad_hoc(token: Token) -> bool:
    """Tell whether the token holds activities without an order."""
    return isinstance(token.task_spec, AdHocSubProcess)
