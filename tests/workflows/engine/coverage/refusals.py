"""What is refused for what it says, not for where it stands."""

from __future__ import annotations

from collections.abc import Iterator

from tests.workflows.engine.coverage.rows import Refused
from tests.workflows.engine.diagrams import boundary, flows, nodes, script, timer, user

GROUP = "Refused"
ENDS = nodes("startEvent", "s") + nodes("endEvent", "e")
LINE = flows("s > a > e")


def rows() -> Iterator[Refused]:
    """Yield the rows of what no process can be deployed with."""

    def row(element: str, body: str, at: str = "a") -> Refused:
        return Refused(GROUP, element, body, at)

    yield row("script that is more than assignments", ENDS + script("a", "__import__('os').getcwd()") + LINE)
    yield row("service task without an operation", ENDS + nodes("serviceTask", "a") + LINE)
    yield row(
        "service task with camunda:class", ENDS + '<serviceTask id="a" camunda:class="org.Some"/>' + LINE
    )
    yield row("call of a process that is not there", ENDS + nodes("callActivity", "a") + LINE)
    lost = boundary("a", "gone", "") + flows("a > e")
    yield row("boundary event on nothing", ENDS + user("b") + lost + flows("s > b > e"))
    yield row("timer without a time", ENDS + timer("a", "") + LINE)
    yield row("timer that is no ISO 8601", ENDS + timer("a", "soon") + LINE)
    yield row(
        "condition that reaches for Python's own",
        ENDS
        + nodes("exclusiveGateway", "g")
        + nodes("task", "b")
        + flows("s > g", "g > e | ${x.__class__}", "g > b | ${y}", "b > e"),
        "g_e",
    )
    yield row(
        "choice with a flow that has neither a condition nor the mark of the default",
        ENDS
        + nodes("exclusiveGateway", "g")
        + nodes("task", "b")
        + flows("s > g", "g > e | ${x}", "g > b > e"),
        "g_b",
    )
    yield row("two elements of one id", ENDS + nodes("task", "a", "a") + LINE)
    yield row(
        "association of compensation without a handler", ENDS + user("b") + _undone() + flows("s > b > e")
    )
    yield row("choreography task", ENDS + nodes("choreographyTask", "a") + flows("s > e"))


def _undone() -> str:
    return '<boundaryEvent id="a" attachedToRef="b"><compensateEventDefinition/></boundaryEvent>'
