"""What holds other elements: processes, subprocesses, calls, and the bodies of what repeats."""

from __future__ import annotations

from typing import Any

from SpiffWorkflow.bpmn.specs import defaults
from SpiffWorkflow.bpmn.specs.bpmn_process_spec import BpmnProcessSpec
from SpiffWorkflow.bpmn.specs.bpmn_task_spec import BpmnTaskSpec
from SpiffWorkflow.specs import WorkflowSpec

from workflows.engine import multiple
from workflows.engine.plan import Call, Copy, Loop
from workflows.engine.specs.flowing import Flowing
from workflows.engine.tokens import STARTED, Token
from workflows.expressions import Expression

#: No BPMN id can be this name, so ids "Start" and "End" are free (the library takes them for itself).
ROOT = "(process)"


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
    outs: tuple[Copy, ...] = ()
    business_key: Expression | None = None

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
