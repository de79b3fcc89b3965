"""Tasks: work of people, of operations, of outside workers."""

from __future__ import annotations

from typing import Any

from SpiffWorkflow.bpmn.specs import defaults
from SpiffWorkflow.bpmn.specs.mixins import BpmnSpecMixin

from workflows.engine import throws, work
from workflows.engine.specs.flowing import Flowing
from workflows.engine.tokens import Token
from workflows.expressions import Expression


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
            throws.send_message(my_task, self)
            return True if my_task.alive else None
        return super()._run_hook(my_task)


class DecisionTask(Performing, BpmnSpecMixin):
    """Asks the host for a decision (the library has no class for a decision outside its own DMN engine)."""


class ScriptTask(Performing, BpmnSpecMixin):
    """Assigns expressions to variables; no text ever reaches Python."""
