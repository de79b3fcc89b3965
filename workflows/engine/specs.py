"""What each element does to a token: SpiffWorkflow's task specs with their hooks rewritten.

Kept from the library: the classes, the states and the order of hooks (`_update` when a token arrives,
`_run` when it is ready, `_on_complete` when it is done). Replaced: prediction, data copying, joins,
boundary splits and event delivery.
"""

from __future__ import annotations

from typing import Any

from SpiffWorkflow.bpmn.specs import defaults
from SpiffWorkflow.bpmn.specs.bpmn_process_spec import BpmnProcessSpec
from SpiffWorkflow.bpmn.specs.bpmn_task_spec import BpmnTaskSpec
from SpiffWorkflow.bpmn.specs.event_definitions.item_aware_event import (
    ErrorEventDefinition,
    EscalationEventDefinition,
    SignalEventDefinition,
)
from SpiffWorkflow.bpmn.specs.event_definitions.message import MessageEventDefinition
from SpiffWorkflow.bpmn.specs.event_definitions.simple import (
    CancelEventDefinition,
    NoneEventDefinition,
    TerminateEventDefinition,
)
from SpiffWorkflow.bpmn.specs.mixins import BpmnSpecMixin
from SpiffWorkflow.specs import WorkflowSpec

from workflows.engine import compensation, complex_gateway, joins, multiple, work
from workflows.engine.compensation import CompensationEventDefinition
from workflows.engine.model import Node
from workflows.engine.plan import Call, Copy, Data, Flow, Listener, Loop, Parameters, Work
from workflows.engine.reach import Reach
from workflows.engine.tokens import STARTED, WAITING, Token
from workflows.expressions import Expression

#: No BPMN id can be this name, so ids "Start" and "End" are free (the library takes them for itself).
ROOT = "(process)"


class Flowing(BpmnSpecMixin):
    """An element that tokens pass: what every kind has in common."""

    is_root = False
    repeats = False  #: holds the instances or turns of an activity
    instantiates = False  #: begins the process when its message comes
    is_part = False  #: one of several definitions on one event
    by_event = False  #: a subprocess that an event starts
    rolls_back = False  #: a transaction
    silent = False  #: armed with its host, so that waiting is no step of its own
    arms_flows = False  #: arms the events behind it
    joins_inclusively = False
    node: Node
    element = ""  #: the BPMN id, as failures name it
    shown = ""  #: the BPMN id, as steps name it
    flows: tuple[Flow, ...] = ()
    incoming: tuple[str, ...] = ()
    boundaries: tuple[Flowing, ...] = ()
    armed: tuple[Armed, ...] = ()  #: what the event subprocesses of this scope wait for
    undone_by: str | None = None  #: name of what compensates it: an activity, or an event subprocess in it
    body: Repeated | None = None
    start_quantity = 1  #: tokens that make it begin
    completion_quantity = 1  #: tokens that leave it by each flow taken
    sends = False  #: what it has for itself is sent
    parameters = Parameters()
    associations = Data()
    listeners: tuple[Listener, ...] = ()
    locals: tuple[str, ...] = ()  #: variables that a scope keeps for itself
    work = Work()
    async_before = False
    async_after = False

    @property
    def is_async(self) -> bool:
        """Tell whether what follows an event, which happens at once, is a transaction of its own."""
        return self.async_before or self.async_after

    def _predict(self, *_: Any, **__: Any) -> None:
        """Grow nothing: tokens are made when they arrive."""

    def _update(self, my_task: Token) -> None:
        if self._update_hook(my_task):
            my_task._ready()

    def _update_hook(self, my_task: Token) -> bool:
        my_task.workflow.open(my_task)
        return self.begin(my_task)

    def begin(self, my_task: Token) -> bool:
        """Return True when the token is ready at once."""
        return True

    def _on_ready(self, my_task: Token) -> None:
        if not self.manual:
            my_task.workflow.queue(my_task)

    def _run_hook(self, my_task: Token) -> bool | None:
        return True

    def _on_complete(self, my_task: Token) -> None:
        my_task.workflow.leave(my_task)

    def _on_cancel(self, my_task: Token) -> None:
        """Nothing to undo: children are cancelled by the instance, with their steps told."""

    def passed(self, my_task: Token, inner: Flowing) -> bool:
        """Tell, of a scope, whether what follows a completed element inside is not to be followed any more."""
        return False

    def stop(self, my_task: Token) -> None:
        """Start nothing more inside, as a scope in which all has been cancelled."""

    def choose(self, run: Any, scope: Token) -> list[Flow]:
        """Return the flows taken: all without condition and all whose condition holds, else the default.

        The library refuses a second flow out of an activity and ignores the condition of an only one.
        """
        taken = [
            f for f in self.flows if not f.default and (f.condition is None or run.holds(f, self, scope))
        ]
        return taken or self.otherwise(run)

    def otherwise(self, run: Any) -> list[Flow]:
        """Return the default flow where no other was taken; raises where a token would be lost."""
        default = [f for f in self.flows if f.default]
        if not default and self.flows:
            raise run.fault(
                f"No condition out of '{self.element}' holds and there is no default flow.",
                self.element,
                "no_flow",
            )
        return default


class Root(Flowing, BpmnTaskSpec):
    """The process scope itself: holds the shared variables, never leaves."""

    is_root = True
    starts: tuple[Flowing, ...] = ()


class ProcessSpec(BpmnProcessSpec):
    """A process with all it embeds in one table of specs, without the library's own start and end."""

    def __init__(self, name: str, **_: Any) -> None:
        WorkflowSpec.__init__(self, name=name)
        self.data_objects: dict[str, Any] = {}
        self.data_stores: dict[str, Any] = {}
        self.correlation_keys: dict[str, Any] = {}
        self.correlation: tuple[Any, ...] = ()
        self.bpmn_start_events: list[Any] = []
        self.io_specification = None
        self.start = Root(self, ROOT)
        self.definition: Any = None  #: what was made of it, once it stands
        self.alone = False  #: a global task, which works on its caller's variables


class PassThrough(Flowing, defaults.NoneTask):
    """A plain or manual task: work outside the engine, passed as Camunda 7 passes it."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.manual = False


class UserTask(Flowing, defaults.UserTask):
    """Waits, ready, for somebody to complete it."""


class Performing(Flowing):
    """Performs its `work` when it runs; an external one waits for a worker."""

    @property
    def external(self) -> bool:
        """Tell whether an outside worker does it."""
        return self.work.external

    def _on_ready(self, my_task: Token) -> None:
        if not self.work.external:
            my_task.workflow.queue(my_task)

    def _run_hook(self, my_task: Token) -> bool | None:
        return work.perform(my_task)


class ServiceTask(Performing, defaults.ServiceTask):
    """Calls an operation, evaluates an expression or waits for an external worker."""


class SendTask(Performing, BpmnSpecMixin):
    """Calls an operation or throws a message."""

    sends = True
    event_definition: Any = None
    event_name: Expression

    def _run_hook(self, my_task: Token) -> bool | None:
        if self.event_definition is not None and not (self.work.operation or self.work.expression):
            my_task.workflow.send_message(my_task, self)
            return True if my_task.alive else None
        return super()._run_hook(my_task)


class DecisionTask(Performing, BpmnSpecMixin):
    """Asks the host for a decision (the library has no class for a decision outside its own DMN engine)."""


class ScriptTask(Performing, BpmnSpecMixin):
    """Assigns expressions to variables; no text ever reaches Python."""


class ExclusiveGateway(Flowing, defaults.ExclusiveGateway):
    """Takes the first flow whose condition holds, in the order of the file, else the default."""

    def choose(self, run: Any, scope: Token) -> list[Flow]:
        for flow in self.flows:
            if not flow.default and (flow.condition is None or run.holds(flow, self, scope)):
                return [flow]
        return self.otherwise(run)

    def _run_hook(self, my_task: Token) -> bool:
        return True


class ParallelGateway(Flowing, defaults.ParallelGateway):
    """Waits for a token on every incoming flow, keeps what is in excess, leaves by every flow."""

    def begin(self, my_task: Token) -> bool:
        if len(self.incoming) <= 1:
            return True
        my_task._set_state(WAITING)
        return joins.join_parallel(my_task)

    def choose(self, run: Any, scope: Token) -> list[Flow]:
        return list(self.flows)

    def _run_hook(self, my_task: Token) -> bool:
        return True


class InclusiveGateway(Flowing, defaults.InclusiveGateway):
    """Waits until no further token can come, judged when the run is quiet; leaves by all that holds."""

    joins_inclusively = True

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.reach: Reach | None = None

    def begin(self, my_task: Token) -> bool:
        if len(self.incoming) <= 1:
            return True
        my_task._set_state(WAITING)
        return False

    def _run_hook(self, my_task: Token) -> bool:
        return True


class ComplexGateway(Flowing, BpmnSpecMixin):
    """Waits for what its activation condition says, then for the rest; leaves by all that holds."""

    activation: Expression | None = None

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.reach: Reach | None = None

    @property
    def joins_inclusively(self) -> bool:  # type: ignore[override]
        """Tell whether it joins without any condition."""
        return self.activation is None

    def begin(self, my_task: Token) -> bool:
        if self.activation is None and len(self.incoming) <= 1:
            return True
        my_task._set_state(WAITING)
        return complex_gateway.arrive(my_task)

    def choose(self, run: Any, scope: Token) -> list[Flow]:
        return complex_gateway.choose(run, self, scope)


class SubProcess(Flowing, defaults.SubWorkflowTask):
    """An embedded subprocess: a token that holds the tokens inside."""

    starts: tuple[Flowing, ...] = ()

    def __init__(self, wf_spec: Any, bpmn_id: str, **kwargs: Any) -> None:
        super().__init__(wf_spec, bpmn_id, subworkflow_spec=bpmn_id, **kwargs)

    def begin(self, my_task: Token) -> bool:
        my_task._set_state(STARTED)
        my_task.workflow.start_scope(my_task, self.starts)
        return False

    def drained(self, my_task: Token) -> None:
        """Complete it: no token is left inside."""
        my_task.complete()


class Transaction(SubProcess):
    """An embedded subprocess that a cancel end event leaves by its cancel boundary, all undone inside."""

    rolls_back = True


class CallActivity(Flowing, defaults.CallActivity):
    """Runs another process with variables of its own."""

    def __init__(self, wf_spec: Any, bpmn_id: str, **kwargs: Any) -> None:
        super().__init__(wf_spec, bpmn_id, subworkflow_spec="", **kwargs)

    call: Call
    ins: tuple[Copy, ...] = ()
    outs: tuple[Copy, ...] = ()

    def begin(self, my_task: Token) -> bool:
        my_task._set_state(STARTED)
        my_task.workflow.call(my_task)
        return False


class Repeated(Flowing):
    """The body of a multi-instance or looping activity; `inner` is what is repeated."""

    repeats = True

    inner: Flowing
    loop: Loop

    def begin(self, my_task: Token) -> bool:
        my_task._set_state(STARTED)
        return multiple.begin(my_task)


class StartEvent(Flowing, defaults.StartEvent):
    """Where a scope begins; what it waited for has happened when the run starts."""

    event_name: Expression
    parts: tuple[Armed, ...] = ()  #: one for each of several event definitions
    needs_all = False  #: of several definitions, which are messages then

    def begin(self, my_task: Token) -> bool:
        if not self.needs_all:
            return True
        my_task._set_state(WAITING)
        for part in self.parts:
            if part.name != my_task.internal_data["happened"]:
                my_task.workflow.wait_for(part, my_task, None)
        return False

    def _on_ready(self, my_task: Token) -> None:
        my_task.workflow.queue(my_task)

    def _run_hook(self, my_task: Token) -> bool:
        return True


class Catching(Flowing):
    """Waits for an event. A fired event is acted upon at once, before any step that is merely ready."""

    event_definition: Any
    event_name: Expression
    parts: tuple[Armed, ...] = ()  #: one for each of several event definitions
    needs_all = False  #: of several definitions
    timer: Expression
    timer_kind = ""
    condition: Expression

    def begin(self, my_task: Token) -> bool:
        if isinstance(self.event_definition, NoneEventDefinition):
            # The catching half of a link.
            return True
        if "happened" in my_task.internal_data:
            # The process began with it.
            return True
        my_task._set_state(WAITING)
        for part in self.parts:
            my_task.workflow.wait_for(part, my_task, None)
        my_task.workflow.arm(my_task)
        return False

    def _on_cancel(self, my_task: Token) -> None:
        """The instance finds what waits by looking; there is no register to clean."""


class CatchEvent(Catching, defaults.IntermediateCatchEvent):
    """An intermediate catching event."""


class ReceiveTask(Catching, defaults.ReceiveTask):
    """A task that waits for a message, also when the diagram names none (then one of its own name)."""


class Armed(Catching):
    """Waits beside what goes on, as long as its activity or scope lasts."""

    silent = True

    def happen(self, my_task: Token) -> None:
        """Go on behind the event; what it interrupts is cancelled at once."""
        raise NotImplementedError


class BoundaryEvent(Armed, defaults.BoundaryEvent):
    """Sits on an activity, waiting beside it."""

    def happen(self, my_task: Token) -> None:
        my_task.workflow.fire_boundary(my_task)


class EventGateway(Flowing, defaults.EventBasedGateway):
    """Waits for the first of several events, each armed apart (the library gives two timers one time)."""

    arms_flows = True
    parallel = False  #: of those that begin a process: all events must happen

    def begin(self, my_task: Token) -> bool:
        my_task._set_state(STARTED)
        run = my_task.workflow
        if happened := my_task.internal_data.get("happened"):
            run.begin_behind(my_task, happened)
            return False
        for flow in self.flows:
            run.wait_for(self._wf_spec.task_specs[flow.target], my_task, flow.id)
        return False


class Throwing(Performing):
    """Throws its event when it runs; a message with an operation calls that instead, as Camunda 7 does."""

    sends = True
    event_definition: Any
    event_name: Expression
    parts: tuple[Throwing, ...] = ()  #: one for each of several event definitions
    needs_all = False

    def _run_hook(self, my_task: Token) -> bool | None:
        return True if self._throw_rest(my_task) else None

    def resume(self, my_task: Token) -> None:
        """Go on when what the event has begun is done."""
        if self._throw_rest(my_task):
            my_task.complete()

    def _throw_rest(self, my_task: Token) -> bool:
        """Throw what is not yet thrown; False where that takes time or the token away."""
        parts, done = self.parts or (self,), my_task.internal_data.pop("thrown", 0)
        for number, part in enumerate(parts[done:], done + 1):
            my_task.internal_data["thrown"] = number
            if not part.throw(my_task):
                return False
        return True

    def throw(self, my_task: Token) -> bool:
        """Throw this one event for a token, which may be of an event that throws several."""
        run, event, own = my_task.workflow, self.event_definition, my_task.task_spec.work
        operates = bool(own.operation or own.expression)
        if operates and (isinstance(event, MessageEventDefinition) or not self.is_part):
            return work.perform(my_task) is True
        if isinstance(event, CompensationEventDefinition):
            return compensation.throw(my_task, event)
        for kind, act in (
            (MessageEventDefinition, run.send_message),
            (SignalEventDefinition, run.broadcast),
            (EscalationEventDefinition, run.raise_escalation),
            (ErrorEventDefinition, run.end_in_error),
            (CancelEventDefinition, run.cancel_transaction),
            (TerminateEventDefinition, run.terminate),
        ):
            if isinstance(event, kind):
                act(my_task, self)
        return my_task.alive


class ThrowEvent(Throwing, defaults.IntermediateThrowEvent):
    """An intermediate throwing event, a none event or the throwing half of a link."""


class EndEvent(Throwing, defaults.EndEvent):
    """Where a token ends, and perhaps its scope."""

    def _run_hook(self, my_task: Token) -> bool | None:
        my_task.workflow.end_nodes.append(self.name)
        return super()._run_hook(my_task)

    def _on_complete(self, my_task: Token) -> None:
        my_task.workflow.leave(my_task)
