"""The token game of one run: how tokens enter, leave, wait, are thrown at and are cancelled."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from types import MappingProxyType
from typing import Any

from SpiffWorkflow.bpmn.script_engine import PythonScriptEngine
from SpiffWorkflow.bpmn.workflow import BpmnWorkflow

from workflows.clock import office_zone
from workflows.engine import (
    calls,
    compensation,
    continuations,
    cosigning,
    data,
    events,
    execution,
    joins,
    listeners,
    multiple,
    quantities,
    scope,
    timers,
    work,
)
from workflows.engine.dialect import ACTIVITIES
from workflows.engine.model import BpmnError, Host, Sent, Step
from workflows.engine.plan import MAX_DEPTH, MAX_SECONDS, MAX_STEPS, MAX_TOKENS, Flow
from workflows.engine.tokens import BACK, BEEN, CANCELLED, FUTURE, READY, STARTED, Token, to_micros
from workflows.errors import DubanError, EngineFault, InvalidInput
from workflows.expressions import BUILTINS, Expression, MissingVariable, plain, truth


class NoScripts(PythonScriptEngine):
    """The library's default evaluates and executes Python; this one refuses, should anything ever ask."""

    def evaluate(self, task: Any, expression: str, external_context: Any = None) -> Any:
        raise EngineFault("Python expressions are not evaluated.", code="script")

    def execute(self, task: Any, script: str, external_context: Any = None) -> Any:
        raise EngineFault("Python scripts are not executed.", code="script")

    def call_service(self, task: Any, **_: Any) -> Any:
        raise EngineFault("Services are called through the host.", code="script")


_NO_SCRIPTS = NoScripts()
_NOTHING: Mapping[str, Any] = MappingProxyType({})


class Instance(BpmnWorkflow):
    """The live tokens of one run, flat by id and nested by scope."""

    def __init__(self, spec: Any, host: Host, library: calls.Library | None = None) -> None:
        super().__init__(spec, script_engine=_NO_SCRIPTS, deserializing=True)
        self.host = host
        self.library = library
        self.functions = {**BUILTINS, **host.functions, "now": host.now}
        self.outcome = "running"
        self.steps: list[Step] = []
        self.sent: list[Sent] = []
        self.awaits_conditions = False  #: somebody waits for one, or did
        self.changed: set[str] = set()  #: names of variables written since conditions were looked at
        self.fired: set[str] = set()  #: ids of the events that have happened
        self.end_nodes: list[str] = []
        self.thrown: list[Sent] = []  #: messages thrown but not yet offered to this run's own catch events
        self.pauses = (
            False  #: jobs go on where a transaction ends: rest when the act is spent, hold where async
        )
        self.unfinished = False  #: stopped between two tokens, not at rest
        self.taken = 0  #: steps since start or restore
        self._left = MAX_STEPS
        self._until = 0.0
        self._ready: list[Token] = []
        self._fresh: list[Token] = []

    # -- tokens ------------------------------------------------------------------------------------

    def stamp(self) -> int:
        """Return the present instant in the form that tokens keep."""
        return to_micros(self.host.now())

    def begin_act(self) -> None:
        """Grant the steps and the processor time of one act."""
        self._left = MAX_STEPS
        self._until = time.thread_time() + MAX_SECONDS

    @property
    def exhausted(self) -> bool:
        """Tell whether the act has had its steps or its time."""
        return self._left <= 0 or time.thread_time() > self._until

    def spend(self, spec: Any) -> None:
        """Count one step; raises where an act will not end by itself."""
        self._left -= 1
        self.taken += 1
        # A run that pauses does so between two tokens: this bounds what a single one sets going.
        if self._left < (-MAX_TOKENS if self.pauses else 0):
            raise self.fault(f"More than {MAX_STEPS:,} steps without waiting.", spec.element, "budget")
        if not self.pauses and time.thread_time() > self._until:
            raise self.fault(f"More than {MAX_SECONDS:.0f} s without waiting.", spec.element, "budget")
        if len(self.tasks) > MAX_TOKENS:
            raise self.fault(f"More than {MAX_TOKENS:,} tokens are alive.", spec.element, "budget")

    def create(self, spec: Any, parent: Token | None, **rest: Any) -> Token:
        """Return a new token at `spec`, not yet entered."""
        return Token(self, spec, parent, FUTURE, self.stamp(), **rest)

    def enter(
        self,
        spec: Any,
        parent: Token,
        flow: str | None,
        *,
        data: dict[str, Any] | None = None,
        internal: dict[str, Any] | None = None,
        later: bool = False,
    ) -> None:
        """Put a token on an element, in a job of its own if `later`; the element decides what becomes of it."""
        self.spend(spec)
        kept = dict(internal or {})
        if flow is not None:
            kept["flow"] = flow
        token = self.create(spec, parent, data=data, internal=kept)
        if self.pauses and (later or spec.async_before):
            continuations.hold_before(token)
        else:
            self.arrive(token)

    def put(self, spec: Any, around: Token, back: Sequence[str] = ()) -> None:
        """Put a token on an activity to which no flow has led it: it begins with this one, however many it needs.

        `back` are the activities to which it comes straight back, the next one last.
        """
        internal: dict[str, Any] = {BACK: list(back)} if back else {}
        if spec.start_quantity > 1:
            internal["enough"] = True
        self.enter(spec, around, None, internal=internal)

    def arrive(self, token: Token) -> None:
        """Let a token come into its element, once there are as many as it needs."""
        alone = token.task_spec.start_quantity == 1 or token.internal_data.pop("enough", False)
        if not alone and not quantities.gather(token):
            return
        self.note(token, "entered", token.internal_data.get("flow"))
        token.task_spec._update(token)

    def open(self, token: Token) -> bool:
        """Give an element that has just been reached its input parameters and its boundary events.

        False when an error of its listeners took the token away.
        """
        work.map_in(token)
        spec = token.task_spec
        # Listeners may write what times and conditions are made of; an error of theirs is to be caught.
        first = [b for b in spec.boundaries if events.kind_of_spec(b) == "error"] if spec.listeners else []
        for boundary in first:
            self.wait_for(boundary, token, None)
        if spec.listeners and not self._welcome(token):
            return False
        for boundary in spec.boundaries:
            if boundary not in first:
                self.wait_for(boundary, token, None)
        return True

    def _welcome(self, token: Token) -> bool:
        """Tell the listeners of an element that it begins; False when an error of theirs took it away."""
        return listeners.tell(token, "start") and listeners.tell(token, "create") and work.assign(token)

    def wait_for(self, spec: Any, parent: Token, flow: str | None) -> None:
        """Arm an event beside or behind another token, which is no step of its own."""
        token = self.create(spec, parent, internal={"flow": flow} if flow else {})
        spec.begin(token)

    def arm(self, token: Token) -> None:
        """Compute what a waiting event waits for."""
        events.arm(self, token)

    def queue(self, token: Token) -> None:
        """Remember a token that can run by itself."""
        self._fresh.append(token)

    @property
    def ready(self) -> list[Token]:
        """Return the tokens that can run by themselves, the next one last."""
        self._ready.extend(reversed(self._fresh))
        self._fresh.clear()
        return self._ready

    def next_ready(self) -> Token | None:
        """Return the next token to run: the newest branch first, its flows in the order of the file."""
        while self.ready:
            token = self._ready.pop()
            # Whatever was cancelled since it became ready must not run.
            if token.alive and token._state == READY:
                return token
        return None

    def leave(self, token: Token) -> None:
        """Take a completed token out of its element and along the flows."""
        if not listeners.tell_end(token):
            return
        work.map_out(token)
        spec, around = token.task_spec, token.parent
        straight = spec.body is not None or BACK in token.internal_data
        flows = [] if straight else spec.choose(self, around)
        if not cosigning.is_kept(token):
            self.note(token, "left")
        _remember(spec, around)
        compensation.remember(token)
        if self.pauses and spec.async_after:
            continuations.hold_after(token, flows)
        else:
            self.depart(token, flows)

    def depart(self, token: Token, flows: list[Flow]) -> None:
        """Put what follows in the place of a token that has left its element."""
        spec, around = token.task_spec, token.parent
        self.remove(token)
        if spec.body is not None:
            multiple.instance_done(around, token)
        elif compensation.is_compensating(around) or around.task_spec.passed(around, spec):
            self.settle(around)
        elif back := token.internal_data.get(BACK):
            self.put(spec._wf_spec.task_specs[back[-1]], around, back[:-1])
        else:
            self.follow(spec, flows * spec.completion_quantity, around)

    def follow(self, spec: Any, flows: list[Flow], around: Token, *, later: bool = False) -> None:
        """Put a token on the target of every flow; where there is none, see whether the scope is done."""
        for flow in flows:
            if flow.listeners and not listeners.take(self, flow, around):
                return
            # A flow taken before may have ended the whole scope.
            if around.alive:
                self.enter(spec._wf_spec.task_specs[flow.target], around, flow.id, later=later)
        if not flows:
            self.settle(around)

    def absorb(self, token: Token) -> None:
        """End a token that a join has taken in."""
        self.note(token, "left")
        self.remove(token)

    def remove(self, token: Token) -> None:
        """Take a token and all it holds out of the run, without a word."""
        todo = [token]
        while todo:
            gone = todo.pop()
            todo.extend(gone.children)
            del self.tasks[gone.id]
        if token._parent in self.tasks:
            self.tasks[token._parent]._children.remove(token.id)

    def cancel_token(self, token: Token) -> None:
        """Cancel a token and all it holds, innermost first, telling each as a step."""
        order, todo = [], [token]
        while todo:
            gone = todo.pop()
            order.append(gone)
            todo.extend(gone.children)
        for gone in reversed(order):
            self._tell_cancelled(gone)
        self.remove(token)

    def _tell_cancelled(self, token: Token) -> None:
        parent = token.parent
        armed = token.task_spec.silent or (parent is not None and parent.task_spec.arms_flows)
        silent = (
            continuations.is_held(token)
            or quantities.is_gathering(token)
            or joins.is_rest(token)
            or compensation.is_unseen(token)
        )
        if not (armed or silent):
            if not cosigning.is_signer(token):
                listeners.tell_cancelled(token)
            if not (token.task_spec.is_root or cosigning.is_kept(token)):
                self.note(token, "cancelled")
        token._set_state(CANCELLED)
        token.task_spec._on_cancel(token)

    def cancel_inside(self, around: Token) -> None:
        """Cancel every token in a scope, leaving the scope, its boundary events and what is armed in it."""
        for token in around.children:
            if not token.task_spec.silent:
                self.cancel_token(token)

    def clear(self, around: Token) -> None:
        """Cancel every token in a scope and disarm its event subprocesses, leaving its boundary events."""
        self.cancel_inside(around)
        around.task_spec.stop(around)
        for token in around.children:
            if token.task_spec in around.task_spec.armed:
                self.remove(token)

    def note(self, token: Token, what: str, flow: str | None = None) -> None:
        """Remember a step."""
        spec = token.task_spec
        callers = tuple(scope.callers(token).values()) if what == "entered" else ()
        self.steps.append(Step(spec.shown, token.id, what, spec.node, self.host.now(), flow, callers))

    # -- scopes ------------------------------------------------------------------------------------

    def start_scope(self, around: Token, starts: tuple[Any, ...], *, happened: str = "") -> None:
        """Begin a scope at its start events, its event subprocesses armed; an empty one is done at once."""
        if sum(1 for _ in scope.above(around)) > MAX_DEPTH:
            # A called process stands in for the activity that calls it.
            holder = around.parent if around.task_spec.is_root else around
            element = holder.task_spec.element if holder is not None else None
            raise self.fault(f"Processes are nested deeper than {MAX_DEPTH} levels.", element, "depth")
        for name in around.task_spec.locals:
            around.data.setdefault(name, None)
        for event in around.task_spec.armed:
            self.wait_for(event, around, None)
        for start in starts:
            self.enter(start, around, None, internal={"happened": happened} if start.instantiates else None)
        if not starts:
            self.settle(around)

    def settle(self, around: Token) -> None:
        """Complete a scope in which no token is left."""
        if not around.alive or any(not token.task_spec.silent for token in around.children):
            return
        if compensation.is_compensating(around):
            compensation.go_on(around)
        elif not around.task_spec.is_root:
            around.task_spec.drained(around)
        elif around.parent is None:
            self.finish("completed")
        else:
            calls.end(self, around)

    def call(self, caller: Token) -> None:
        """Start the called process."""
        calls.begin(self, caller)

    def come_back(self, caller: Token, reference: str | None, process: str, data: dict[str, Any]) -> Token:
        """Return a called process that has ended, standing again for its compensation."""
        return calls.come_back(self, caller, reference, process, data)

    def finish(self, outcome: str) -> None:
        """End the run: every token is cancelled."""
        self.clear(self.task_tree)
        listeners.tell_uncaught(self.task_tree, "end")
        self.outcome = outcome

    def begin_again(self, spec: Any) -> None:
        """Go on at an activity of the process after its end, with its variables and its event subprocesses armed."""
        root = self.task_tree
        root.internal_data.pop("finishing", None)
        root._set_state(STARTED)
        self.outcome, self.end_nodes = "running", []
        for event in root.task_spec.armed:
            self.wait_for(event, root, None)
        self.put(spec, root)

    # -- events ------------------------------------------------------------------------------------

    def fire(self, token: Token, payload: Mapping[str, Any] | None = None) -> None:
        """Let a waiting event happen: cancel what it interrupts at once, then go on behind it."""
        if payload:
            data.take_in(token, self.cleaned(token, payload))
        host, spec = token.parent, token.task_spec
        self.fired.add(token.id)
        if spec.silent:
            spec.happen(token)
        elif host.task_spec.arms_flows:
            self._fire_behind_gateway(token, host)
        else:
            token.complete()

    def fire_boundary(self, token: Token) -> None:
        """Go on behind a boundary event; an interrupting one cancels its activity first."""
        spec, host = token.task_spec, token.parent
        around = host.parent
        if not self._passes(token, around):
            return
        if spec.cancel_activity:
            self.note(token, "entered")
            self.cancel_token(host)
            _remember(host.task_spec, around)
            self.note(token, "left")
        else:
            happened = self.create(spec, around)
            self.note(happened, "entered")
            self.note(happened, "left")
            self.remove(happened)
            events.rearm(self, token)
        self.follow(spec, spec.choose(self, around), around, later=spec.is_async)

    def _passes(self, token: Token, around: Token) -> bool:
        """Run listeners and outputs of an event that happens; False when an error of theirs went to its scope."""
        told = listeners.tell(token, "start", origin=around) and listeners.tell(token, "end", origin=around)
        if told:
            work.map_out(token)
        return told

    def _fire_behind_gateway(self, token: Token, gateway: Token) -> None:
        spec, around = token.task_spec, gateway.parent
        if not self._passes(token, around):
            return
        self.note(gateway, "left")
        self.note(token, "entered", token.internal_data["flow"])
        self.note(token, "left")
        self.remove(gateway)
        self.follow(spec, spec.choose(self, around), around, later=spec.is_async)

    def begin_behind(self, gateway: Token, happened: str) -> None:
        """Go on behind the event that began the process; a parallel gateway waits for the others as well."""
        spec, around = gateway.task_spec, gateway.parent
        self.note(gateway, "left")
        if spec.parallel and (others := [flow for flow in spec.flows if flow.id != happened]):
            self.follow(spec, others, around)
        first = next(flow for flow in spec.flows if flow.id == happened)
        self.remove(gateway)
        self.enter(spec._wf_spec.task_specs[first.target], around, first.id, internal={"happened": ""})

    def raise_error(self, origin: Token, code: str, message: str = "") -> bool:
        """Hand an error to the nearest boundary event around `origin` that catches it; tell whether one did.

        The library offers it to every waiting boundary event, a parallel sibling's too.
        """
        caught = events.find_handler(origin, "error", code)
        if caught is None:
            return False
        self.fire(caught, events.error_variables(caught.task_spec, code, message))
        return True

    def leave_transaction(self, around: Token) -> None:
        """Leave a transaction by its cancel boundary event; without one it just ends."""
        caught = next((token for _, token in events.armed_on(around, "cancel")), None)
        if caught is None:
            self.settle(around)
        else:
            self.fire(caught)

    # -- expressions -------------------------------------------------------------------------------

    def value(self, expression: Expression, token: Token, own: Mapping[str, Any] = _NOTHING) -> Any:
        """Return an expression's value in the scope of `token`, with values of its element's `own`."""
        with self.guarding(
            token.task_spec.element, "expression", f"The expression '{expression.source}' failed"
        ):
            return expression.evaluate(execution.seen(expression, token, own), self.functions)

    def truth(self, expression: Expression, token: Token, own: Mapping[str, Any] = _NOTHING) -> bool:
        """Return whether a condition holds in the scope of `token`, with values of its element's `own`."""
        with self.guarding(
            token.task_spec.element, "expression", f"The condition '{expression.source}' failed"
        ):
            return truth(expression.evaluate(execution.seen(expression, token, own), self.functions))

    def holds(self, flow: Flow, spec: Any, around: Token, own: Mapping[str, Any] = _NOTHING) -> bool:
        """Return whether a sequence flow's condition holds, with values of its element's `own`."""
        assert flow.condition is not None
        with self.guarding(
            spec.element, "expression", f"The condition '{flow.condition.source}' of {flow.id} failed"
        ):
            seen = execution.seen(flow.condition, around, own)
            return truth(flow.condition.evaluate(seen, self.functions))

    def holds_already(self, expression: Expression, token: Token) -> bool:
        """Return whether a conditional event's condition holds; no while a variable is missing."""
        with self.guarding(
            token.task_spec.element, "expression", f"The condition '{expression.source}' failed"
        ):
            try:
                seen = execution.seen(expression, token, _NOTHING)
                return truth(expression.evaluate(seen, self.functions))
            except MissingVariable:
                return False

    def cleaned(self, token: Token, variables: Mapping[str, Any]) -> dict[str, Any]:
        """Return variables made by the diagram or an operation as pure JSON, or fail the run."""
        try:
            return scope.clean({name: plain(value) for name, value in variables.items()})
        except InvalidInput as error:
            raise self.fault(error.message, token.task_spec.element, "variables") from error

    def fault(self, message: str, element: str | None, code: str = "") -> EngineFault:
        """Return the failure of this run at an element."""
        return EngineFault(message, element=element, code=code)

    @contextmanager
    def guarding(self, element: str, code: str, what: str) -> Iterator[None]:
        """Turn whatever fails inside into the failure of this run at `element`."""
        try:
            yield
        except (EngineFault, BpmnError):
            raise
        except Exception as error:
            reason = error.message if isinstance(error, DubanError) else f"{type(error).__name__}: {error}"
            raise self.fault(f"{what}: {reason}", element, code) from error

    # -- timers ------------------------------------------------------------------------------------

    def arm_timer(self, token: Token, value: Any, kind: str) -> None:
        """Remember when a timer is due."""
        try:
            armed = timers.arm(kind, value, self.host.now(), office_zone())
            if events.counted_by(token)[1].calls:
                armed["armed"] = self.host.now().isoformat()  # what it calls may come to say another instant
            token.internal_data["timer"] = armed
        except timers.BadTimer as error:
            raise self.fault(str(error), token.task_spec.element, "timer") from error


def _remember(spec: Any, around: Token) -> None:
    """Note in a scope that an activity in it has been done, or taken away by an event on it."""
    if spec.body is None and spec.node.kind in ACTIVITIES:
        been = around.internal_data.setdefault(BEEN, [])
        if spec.element not in been:
            been.append(spec.element)
