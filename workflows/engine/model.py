"""The values that cross the engine's border."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from types import MappingProxyType
from typing import Any, Protocol

_EMPTY: Mapping[str, Any] = MappingProxyType({})


@dataclass(frozen=True)
class Node:
    """A flow node of a diagram, as understood."""

    id: str
    kind: str  #: the BPMN element, for events with their kind: "userTask", "boundaryEvent:timer"
    name: str
    lane: str | None
    attributes: Mapping[str, Any] = field(
        default_factory=lambda: _EMPTY
    )  #: Camunda attributes by local name, see `dialect`
    scope: str | None = None  #: id of the enclosing embedded subprocess
    attached_to: str | None = None  #: id of the activity that a boundary event sits on


@dataclass(frozen=True)
class OpenTask:
    """A step that waits for a person or an outside worker."""

    id: str
    node: Node
    created_at: datetime  #: aware UTC
    local: Mapping[str, Any]  #: variables of this task alone: input parameters, multi-instance items
    within: tuple[str, ...] = ()  #: ids of the activities around it, innermost first
    callers: Mapping[str, Node] = field(
        default_factory=lambda: _EMPTY
    )  #: those of them that have called a process, id → call activity, innermost first
    definition: str = ""  #: reference of the called process that it is of, where that came from a library
    parked: bool = False  #: it waits until others have signed, see `signers`
    signer: str | None = None  #: who was added to sign the task that holds it, see `cosigning`
    begun_at: datetime | None = None  #: of such a one: when the step began, which its limit counts from


@dataclass(frozen=True)
class Signer:
    """Who signs a step that several sign."""

    index: int
    item: Any  #: of the list of signers; None where they are counted
    state: str  #: waiting | open | parked | signed
    task_id: str | None = None  #: the open or parked task
    added_by: str | None = None  #: None: of the beginning
    helps: bool = False  #: he was added to a task that another does


@dataclass(frozen=True)
class DueTimer:
    """An armed timer."""

    id: str
    node_id: str
    due_at: datetime  #: aware UTC; fires when due_at <= now
    task_id: str | None  #: the activity that the timer's boundary event sits on
    calls: frozenset[str]  #: the functions that its expression calls


@dataclass(frozen=True)
class Subscription:
    """What a run waits for, beside people and timers."""

    id: str
    kind: str  #: message | signal | conditional
    name: str
    node_id: str


@dataclass(frozen=True)
class Step:
    """One thing that happened to one element."""

    node_id: str
    activity_id: str
    what: str  #: entered | left | cancelled
    node: Node = field(repr=False)  #: the element, also where it is of a called process
    at: datetime  #: aware UTC
    flow: str | None = None  #: the sequence flow taken into the node
    callers: tuple[Node, ...] = ()  #: of what is entered: the call activities around it, innermost first


@dataclass(frozen=True)
class Moved:
    """What a move has done: a token has left one step for another, and others were given up for it."""

    left: Node
    to: Node
    along: tuple[Node, ...] = ()


@dataclass(frozen=True)
class Change:
    """One change to where the tokens of a run stand."""

    kind: str  #: before after flow: a token is put before an element, behind it, on a flow; cancel: some are taken away
    node: str | None  #: the element or flow; of a cancellation all that stand there
    token: str | None = None  #: of a cancellation: the one to take away
    within: str | None = None  #: of what is put: a token that it lies in, where there are several such scopes
    variables: Mapping[str, Any] = field(default_factory=lambda: _EMPTY)


@dataclass(frozen=True)
class Continuation:
    """A token that is held until a job lets it go on."""

    id: str
    node_id: str


@dataclass(frozen=True)
class Sent:
    """A message thrown by a run that nothing inside it caught, or any signal it threw."""

    kind: str  #: message | signal
    name: str
    payload: Mapping[str, Any]
    node_id: str


class BpmnError(Exception):
    """A business error of an operation, for the error boundary event of that code."""

    def __init__(self, code: str, message: str = "") -> None:
        super().__init__(message or code)
        self.code = code
        self.message = message


class Host(Protocol):
    """What the outside gives a run."""

    @property
    def functions(self) -> Mapping[str, Callable[..., Any]]:
        """Return the expression functions beyond the built-in ones."""

    @property
    def business_key(self) -> str | None:
        """Return the instance's business key, None if it has none."""

    def now(self) -> datetime:
        """Return the present instant, aware UTC: the run's only source of time."""

    def call(
        self, node: Node, operation: str, arguments: dict[str, Any], variables: dict[str, Any]
    ) -> Mapping[str, Any] | None:
        """Perform a service task's operation; a mapping is merged into the variables."""

    def decide(self, node: Node, decision: str, variables: dict[str, Any], activity_id: str) -> Any:
        """Return the decision's outcome, rows, a row or a single value, for the passage `activity_id`."""
