"""Events that are thrown, and where a token ends."""

from __future__ import annotations

from typing import Any

from SpiffWorkflow.bpmn.specs import defaults
from SpiffWorkflow.bpmn.specs.event_definitions.item_aware_event import (
    ErrorEventDefinition,
    EscalationEventDefinition,
    SignalEventDefinition,
)
from SpiffWorkflow.bpmn.specs.event_definitions.message import MessageEventDefinition
from SpiffWorkflow.bpmn.specs.event_definitions.simple import CancelEventDefinition, TerminateEventDefinition

from workflows.engine import compensation, throws, work
from workflows.engine.compensation import CompensationEventDefinition
from workflows.engine.specs.tasks import Performing
from workflows.engine.tokens import Token
from workflows.expressions import Expression

_ACTS = (
    (MessageEventDefinition, throws.send_message),
    (SignalEventDefinition, throws.broadcast),
    (EscalationEventDefinition, throws.raise_escalation),
    (ErrorEventDefinition, throws.end_in_error),
    (CancelEventDefinition, throws.cancel_transaction),
    (TerminateEventDefinition, throws.terminate),
)


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
        event, own = self.event_definition, my_task.task_spec.work
        operates = bool(own.operation or own.expression)
        if operates and (isinstance(event, MessageEventDefinition) or not self.is_part):
            return work.perform(my_task) is True
        if isinstance(event, CompensationEventDefinition):
            return compensation.throw(my_task, event)
        for kind, act in _ACTS:
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
