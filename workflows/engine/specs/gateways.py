"""Gateways: where tokens part and meet."""

from __future__ import annotations

from typing import Any

from SpiffWorkflow.bpmn.specs import defaults
from SpiffWorkflow.bpmn.specs.mixins import BpmnSpecMixin

from workflows.engine import complex_gateway, joins
from workflows.engine.plan import Flow
from workflows.engine.reach import Reach
from workflows.engine.specs.flowing import Flowing
from workflows.engine.tokens import STARTED, WAITING, Token
from workflows.expressions import Expression


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
