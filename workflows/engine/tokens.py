"""A token is a SpiffWorkflow task that exists only while it lives.

The library predicts every possible future into a tree and keeps every past in it: that tree is what grows
for ever, hides what lies deeper than 1,000, counts cancelled joins as arrived and takes most of the time.
Here the tree is the nesting of what is alive: process scope > subprocess > token > its boundary events.
What has finished is history, told as steps.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

from SpiffWorkflow.task import Task
from SpiffWorkflow.util.task import TaskState

#: Of a token that was sent back: the elements that it comes straight back to, the next one last.
BACK = "back"
#: Of a token: the completion that it came of, as long as it stands where it came.
CAME = "came"
#: Of a scope: the activities in it that have been done, each once, in the order of the first time.
BEEN = "been"
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


def to_micros(instant: datetime) -> int:
    """Return an aware instant as whole microseconds since 1970."""
    return (instant - _EPOCH) // _MICROSECOND


def from_micros(micros: int) -> datetime:
    """Return the aware UTC instant of `to_micros`."""
    return _EPOCH + micros * _MICROSECOND


class Token(Task):
    """A task with a text id (UUID objects hash in Python code), no prediction, no log record per state."""

    def __init__(
        self,
        workflow: Any,
        task_spec: Any,
        parent: Token | None,
        state: int,
        entered_at: int,
        *,
        id: str | None = None,
        internal: dict[str, Any] | None = None,
        data: dict[str, Any] | None = None,
    ) -> None:
        # The parent constructor draws a UUID, reads the machine's clock and walks the parent; none is wanted.
        self.id = id or str(uuid4())
        self.workflow = workflow
        self.task_spec = task_spec
        self._parent = parent.id if parent is not None else None
        self._children: list[str] = []
        self._state = state
        self.triggered = False
        self.thread_id = 0
        self.data: dict[str, Any] = {} if data is None else data
        self.internal_data: dict[str, Any] = {} if internal is None else internal
        self.last_state_change = entered_at
        workflow.tasks[self.id] = self
        if parent is not None:
            parent._children.append(self.id)

    @property
    def entered_at(self) -> datetime:
        """Return when the token reached its element, aware UTC."""
        return from_micros(self.last_state_change)

    @property
    def alive(self) -> bool:
        """Tell whether the token is still part of its run."""
        return self.workflow.tasks.get(self.id) is self

    def _set_state(self, value: int) -> None:
        self._state = value


WAITING = TaskState.WAITING
READY = TaskState.READY
STARTED = TaskState.STARTED
FUTURE = TaskState.FUTURE
COMPLETED = TaskState.COMPLETED
CANCELLED = TaskState.CANCELLED
