"""Small diagrams written as text, one element a line, and a host that tests can look into."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

from workflows.engine import Definition, Node, Run, compile_definition

START = datetime(2026, 10, 8, 1, 0, tzinfo=UTC)

HEAD = (
    '<?xml version="1.0" encoding="UTF-8"?>'
    '<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL"'
    ' xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"'
    ' xmlns:camunda="http://camunda.org/schema/1.0/bpmn" targetNamespace="http://duban.test">'
)


def file_of(body: str, *, extra: str = "", process: str = "p", executable: str = "true") -> bytes:
    """Return a BPMN file with one process; `extra` stands beside it."""
    opening = f'{HEAD}{extra}<process id="{process}" isExecutable="{executable}">'
    return f"{opening}{body}</process></definitions>".encode()


def flows(*chains: str) -> str:
    """Return sequence flows: "a > b > c" makes a_b and b_c; "a > b | condition" has a condition."""
    made = []
    for chain in chains:
        path, _, condition = chain.partition("|")
        names = [name.strip() for name in path.split(">")]
        for source, target in pairwise(names):
            inner = (
                f"<conditionExpression>{_escaped(condition.strip())}</conditionExpression>"
                if condition
                else ""
            )
            made.append(
                f'<sequenceFlow id="{source}_{target}" sourceRef="{source}" targetRef="{target}">'
                f"{inner}</sequenceFlow>"
            )
    return "".join(made)


def _escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def user(name: str, inner: str = "", **attributes: str) -> str:
    """Return a user task without findings of policy."""
    given = {"candidateGroups": "clerk", "formKey": "f", "dueDate": "P1D", **attributes}
    written = " ".join(f'camunda:{key}="{value}"' for key, value in given.items())
    return f'<userTask id="{name}" {written}>{inner}</userTask>'


def script(name: str, text: str) -> str:
    """Return a script task of assignments."""
    return f'<scriptTask id="{name}" scriptFormat="juel"><script>{_escaped(text)}</script></scriptTask>'


def service(name: str, operation: str, inner: str = "") -> str:
    """Return a service task that calls an operation."""
    return f'<serviceTask id="{name}" camunda:delegateExpression="${{{operation}}}">{inner}</serviceTask>'


def extended(*inner: str) -> str:
    """Return extension elements."""
    return f"<extensionElements>{''.join(inner)}</extensionElements>"


def several(inner: str = "", **attributes: str) -> str:
    """Return multi-instance loop characteristics."""
    written = " ".join(f'{key}="{value}"' for key, value in attributes.items())
    return f"<multiInstanceLoopCharacteristics {written}>{inner}</multiInstanceLoopCharacteristics>"


def counted(number: str, **attributes: str) -> str:
    """Return multi-instance loop characteristics by cardinality."""
    return several(f"<loopCardinality>{number}</loopCardinality>", **attributes)


def conditional(condition: str) -> str:
    """Return a conditional event definition."""
    inner = f"<condition>{_escaped(condition)}</condition>"
    return f"<conditionalEventDefinition>{inner}</conditionalEventDefinition>"


def rule(name: str, decision: str, **attributes: str) -> str:
    """Return a business rule task."""
    written = " ".join(f'camunda:{key}="{value}"' for key, value in attributes.items())
    return f'<businessRuleTask id="{name}" camunda:decisionRef="{decision}" {written}/>'


def sub(name: str, *inner: str, tag: str = "subProcess") -> str:
    """Return an embedded subprocess."""
    return f'<{tag} id="{name}">{"".join(inner)}</{tag}>'


def on_event(name: str, trigger: str, inner: str, *, cancel: bool = True) -> str:
    """Return an event subprocess; its start event is `name`_s."""
    flag = "" if cancel else ' isInterrupting="false"'
    start = f'<startEvent id="{name}_s"{flag}>{trigger}</startEvent>'
    return f'<subProcess id="{name}" triggeredByEvent="true">{start}{inner}</subProcess>'


def timer(
    name: str, time: str, *, on: str | None = None, cancel: bool = True, kind: str = "timeDuration"
) -> str:
    """Return a timer: an intermediate one, or a boundary event on `on`."""
    inner = f"<timerEventDefinition><{kind}>{time}</{kind}></timerEventDefinition>"
    if on is None:
        return f'<intermediateCatchEvent id="{name}">{inner}</intermediateCatchEvent>'
    return boundary(name, on, inner, cancel=cancel)


def boundary(name: str, on: str, inner: str, *, cancel: bool = True) -> str:
    """Return a boundary event."""
    flag = "true" if cancel else "false"
    return f'<boundaryEvent id="{name}" attachedToRef="{on}" cancelActivity="{flag}">{inner}</boundaryEvent>'


def nodes(kind: str, *names: str) -> str:
    """Return elements of one kind without anything in them."""
    return "".join(f'<{kind} id="{name}"/>' for name in names)


@dataclass
class TestHost:
    """A host with a clock to move, operations to define and a memory of what was called."""

    __test__ = False
    instant: datetime = START
    operations: dict[str, Callable[..., Any]] = field(default_factory=dict)
    decisions: dict[str, Any] = field(default_factory=dict)
    functions: Mapping[str, Callable[..., Any]] = field(default_factory=dict)
    business_key: str | None = None
    called: list[tuple[str, dict[str, Any]]] = field(default_factory=list)

    def now(self) -> datetime:
        return self.instant

    def move(self, **delta: float) -> None:
        self.instant += timedelta(**delta)

    def call(self, node: Node, operation: str, arguments: dict[str, Any], variables: dict[str, Any]) -> Any:
        self.called.append((operation, arguments))
        performed = self.operations.get(operation)
        return performed(arguments, variables) if performed else None

    def decide(self, node: Node, decision: str, variables: dict[str, Any], activity_id: str) -> Any:
        outcome = self.decisions[decision]
        return outcome(variables) if callable(outcome) else outcome


class Story:
    """A run that is saved and loaded again between any two acts, so that every test proves the round trip."""

    def __init__(self, definition: Definition, host: TestHost, run: Run) -> None:
        self.definition, self.host, self._run = definition, host, run
        self.steps = list(run.steps)
        self.sent = list(run.sent)

    @classmethod
    def begin(
        cls,
        body: str,
        variables: Mapping[str, Any] | None = None,
        *,
        host: TestHost | None = None,
        extra: str = "",
        **start: Any,
    ) -> Story:
        definition = compile_definition(file_of(body, extra=extra), "p")
        told = host or TestHost()
        return cls(definition, told, Run.start(definition, variables or {}, told, **start))

    def reload(self) -> Run:
        """Return the run, restored from its own bytes."""
        self._run = Run.restore(self.definition, self._run.dump(), self.host)
        return self._run

    def _after(self) -> None:
        self.steps += self._run.steps
        self.sent += self._run.sent

    def complete(self, name: str, /, **variables: Any) -> None:
        run = self.reload()
        task = next(t for t in run.open_tasks if t.node.id == name)
        run.complete(task.id, variables)
        self._after()

    def drain(self) -> None:
        self.reload().drain()
        self._after()

    def wait(self, **delta: float) -> None:
        self.host.move(**delta)
        self.drain()

    def deliver(self, message: str, **payload: Any) -> bool:
        taken = self.reload().deliver(message, payload)
        self._after()
        return taken

    def signal(self, name: str, **payload: Any) -> bool:
        taken = self.reload().signal(name, payload)
        self._after()
        return taken

    def set(self, **variables: Any) -> None:
        self.reload().set_variables(variables)
        self._after()

    @property
    def run(self) -> Run:
        return self._run

    @property
    def open(self) -> list[str]:
        """Return the ids of the elements with an open task, sorted."""
        return sorted(task.node.id for task in self.reload().open_tasks)

    @property
    def variables(self) -> dict[str, Any]:
        return self.reload().variables

    @property
    def outcome(self) -> str:
        return self.reload().outcome

    @property
    def ends(self) -> list[str]:
        return self.reload().end_nodes

    def entered(self) -> list[str]:
        return [step.node_id for step in self.steps if step.what == "entered"]

    def travelled(self) -> list[str]:
        return [step.flow for step in self.steps if step.flow]
