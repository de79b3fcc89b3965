"""Events that are waited for, and where a scope begins."""

from __future__ import annotations

from typing import Any

from SpiffWorkflow.bpmn.specs import defaults
from SpiffWorkflow.bpmn.specs.event_definitions.simple import NoneEventDefinition

from workflows.engine.specs.flowing import Flowing
from workflows.engine.tokens import WAITING, Token
from workflows.expressions import Expression


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
