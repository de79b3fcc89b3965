"""Constructs whose tokens wait in their own ways, stored: the rows say at every rest what the run says."""

from __future__ import annotations

import pytest

from tests.workflows.engine.diagrams import counted, file_of, flows, nodes, user
from workflows.model import Activity, Instance


def form_free(task: str) -> str:
    return task.replace(' camunda:formKey="f"', "")


def fork(meeting: str) -> str:
    """Return three tasks that lead into `g`."""
    tasks = "".join(form_free(user(name)) for name in "abc")
    body = (
        nodes("startEvent", "s") + nodes("parallelGateway", "fork") + tasks + meeting + nodes("endEvent", "e")
    )
    return body + flows("s > fork > a > g > e", "fork > b > g", "fork > c > g")


ACTIVATED = '<complexGateway id="g"><activationCondition>activationCount &gt;= 2</activationCondition></complexGateway>'
GATHERING = '<task id="g" startQuantity="3" completionQuantity="2"/>'
ADHOC = (
    nodes("startEvent", "s")
    + '<adHocSubProcess id="h" ordering="Sequential">'
    + "".join(form_free(user(name)) for name in "abc")
    + "</adHocSubProcess>"
    + nodes("endEvent", "e")
    + flows("s > h > e")
)
THROWN = (
    nodes("startEvent", "s")
    + form_free(user("a", counted("3", isSequential="true", behavior="One", oneBehaviorEventRef="sd")))
    + '<boundaryEvent id="b" attachedToRef="a" cancelActivity="false"><signalEventDefinition signalRef="S"/>'
    + "</boundaryEvent>"
    + nodes("endEvent", "e", "be")
    + flows("s > a > e", "b > be")
)
NAMES = '<signal id="S" name="one"/><signalEventDefinition id="sd" signalRef="S"/>'


@pytest.mark.parametrize(
    ("body", "tasks"), [(fork(ACTIVATED), 3), (fork(GATHERING), 3), (ADHOC, 3), (THROWN, 3)], ids=list("cqat")
)
def test_rows_and_run_agree_at_every_rest(office, body: str, tasks: int) -> None:
    office.deploy(file_of(body, extra=NAMES))
    instance = office.start("p")
    for _ in range(tasks):
        assert office.get(Instance, instance.id).state == "active"
        office.complete(office.open_tasks(instance)[0])
        office.check()
    assert office.get(Instance, instance.id).state == "completed"
    assert office.all(Activity, Activity.left_at.is_(None)) == []
