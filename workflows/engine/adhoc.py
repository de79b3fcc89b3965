"""Ad-hoc subprocesses (BPMN 2.0, 10.3.5 and 13.3.5): activities without an order, until a condition holds.

What no flow leads into is enabled. Nobody here chooses by hand, so that the engine starts what is enabled:
all at once where the ordering is `Parallel`, one after another in the order of the file where it is
`Sequential`. The completion condition is tried after every inner activity. When it holds, nothing new starts;
what still runs is cancelled, or with `cancelRemainingInstances="false"` awaited. Without a condition all is
done once; with one that does not hold when all is done, everything is enabled again.
"""

from __future__ import annotations

from typing import Any

from lxml import etree

from workflows.engine.dialect import ACTIVITIES, text_of
from workflows.engine.ledger import Ledger
from workflows.engine.specs import SubProcess
from workflows.engine.tokens import STARTED, Token
from workflows.expressions import Expression


class AdHocSubProcess(SubProcess):
    """A subprocess whose activities need no flows between them."""

    condition: Expression | None = None
    sequential = False
    cancels_rest = True

    def begin(self, my_task: Token) -> bool:
        my_task._set_state(STARTED)
        my_task.internal_data["done"] = 0
        my_task.workflow.start_scope(my_task, self._enabled(my_task))
        return False

    def passed(self, my_task: Token, inner: Any) -> bool:
        """Count an inner activity that has completed; True where its flows are not to be followed any more."""
        kept = my_task.internal_data
        if inner.node.kind not in ACTIVITIES or inner.by_event or "finishing" in kept:
            return "finishing" in kept
        kept["done"] += 1
        own = {"nrOfCompletedInstances": kept["done"], "numberOfCompletedInstances": kept["done"]}
        if self.condition is None or not my_task.workflow.truth(self.condition, my_task, own):
            return False
        kept["finishing"] = True
        if self.cancels_rest:
            my_task.workflow.cancel_inside(my_task)
        return True

    def drained(self, my_task: Token) -> None:
        """Go on when nothing runs inside: with the next activity, from the beginning, or behind it."""
        kept, run = my_task.internal_data, my_task.workflow
        if "finishing" in kept:
            my_task.complete()
        elif pending := kept.get("pending"):
            kept["pending"] = pending[1:]
            run.enter(self._wf_spec.task_specs[pending[0]], my_task, None)
        elif self.condition is None or not self.starts:
            my_task.complete()
        else:
            for start in self._enabled(my_task):
                run.enter(start, my_task, None)

    def stop(self, my_task: Token) -> None:
        """Start nothing more."""
        my_task.internal_data["finishing"] = True

    def _enabled(self, my_task: Token) -> tuple[Any, ...]:
        """Return what starts now; the rest of a sequence is remembered."""
        if not self.sequential:
            return self.starts
        my_task.internal_data["pending"] = [start.name for start in self.starts[1:]]
        return self.starts[:1]


def describe(ledger: Ledger, element: etree._Element, spec: AdHocSubProcess) -> None:
    """Read how the activities of an ad-hoc subprocess are ordered and when it is done."""
    identity = element.get("id", "")
    ordering = element.get("ordering", "Parallel")
    if ordering not in ("Parallel", "Sequential"):
        ledger.error(identity, "ad_hoc", f"The ordering is Parallel or Sequential, not '{ordering}'.")
    spec.sequential = ordering == "Sequential"
    spec.cancels_rest = element.get("cancelRemainingInstances", "true") not in ("false", "0")
    if source := text_of(element, "completionCondition"):
        spec.condition = ledger.condition(identity, source, "The completion condition")
