"""What every element does with a token: SpiffWorkflow's hooks rewritten, one flow node a class.

Kept from the library: the classes, the states and the order of hooks (`_update` when a token arrives,
`_run` when it is ready, `_on_complete` when it is done). Replaced: prediction, data copying, joins,
boundary splits and event delivery.
"""

from __future__ import annotations

from typing import Any

from SpiffWorkflow.bpmn.specs.mixins import BpmnSpecMixin

from workflows.engine.model import Node
from workflows.engine.plan import Copy, Data, Flow, Listener, Parameters, Work
from workflows.engine.tokens import Token
from workflows.expressions import Expression


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
    armed: tuple[Flowing, ...] = ()  #: what the event subprocesses of this scope wait for
    undone_by: str | None = None  #: name of what compensates it: an activity, or an event subprocess in it
    body: Flowing | None = None
    start_quantity = 1  #: tokens that make it begin
    completion_quantity = 1  #: tokens that leave it by each flow taken
    sends = False  #: what it has for itself is sent
    ins: tuple[Copy, ...] = ()  #: what it hands to the process it calls, or sends with its signal
    parameters = Parameters()
    associations = Data()
    listeners: tuple[Listener, ...] = ()
    assignee: Expression | None = None  #: of a task that tells listeners to whom it is given
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
        return bool(my_task.workflow.open(my_task)) and self.begin(my_task)

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
