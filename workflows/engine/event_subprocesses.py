"""Event subprocesses: armed with the scope around them, begun by their start event (BPMN 2.0, 10.3.4, 13.4.4)."""

from __future__ import annotations

from itertools import islice
from typing import Any

from lxml import etree

from workflows.engine import events
from workflows.engine.dialect import event_kind, is_event_subprocess, local
from workflows.engine.specs import Armed, SubProcess
from workflows.engine.tokens import Token


class EventSubProcess(SubProcess):
    """A subprocess that no flow reaches: it runs when its start event happens, perhaps several times."""

    by_event = True


class ScopeEvent(Armed):
    """What the start event of an event subprocess waits for, as long as the scope around lasts."""

    handler: EventSubProcess
    interrupting = True

    def happen(self, my_task: Token) -> None:
        """Begin the event subprocess in the scope; an interrupting one ends all else there first."""
        run, around = my_task.workflow, my_task.parent
        if self.interrupting:
            run.clear(around)
        else:
            events.rearm(run, my_task)
        # Where it repeats, its body stands in the place of its name.
        run.enter(self._wf_spec.task_specs[self.handler.element], around, None)


def is_start(element: etree._Element) -> bool:
    """Tell whether the element is the start event of an event subprocess."""
    scope = element.getparent()
    return local(element) == "startEvent" and scope is not None and is_event_subprocess(scope)


def arm_scope(element: etree._Element, spec: Any) -> Any:
    """Return the spec that waits on behalf of a start event: one of the scope around, which arms it.

    An event subprocess for compensation is not waited for: it undoes the scope when that is completed.
    """
    tasks = spec.task_specs
    handler, outer = islice(element.iterancestors(), 2)
    start = tasks[element.get("id")]
    if event_kind(element) == "compensate":
        undone = spec.start if local(outer) == "process" else tasks[outer.get("id")]
        undone.undone_by = handler.get("id")
        return start
    made = ScopeEvent(spec, f"{start.name} [armed]")
    made.node, made.element, made.shown = start.node, start.element, start.shown
    made.event_definition = start.event_definition
    made.handler = tasks[handler.get("id")]
    made.interrupting = element.get("isInterrupting", "true") not in ("false", "0")
    around = spec.start if local(outer) == "process" else tasks[outer.get("id")]
    around.armed += (made,)
    return made
