"""Tasks, subprocesses, call activities, and how activities repeat."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from tests.workflows.engine.coverage.events import undo
from tests.workflows.engine.coverage.rows import Act, Row, complete, is_open, message, wait
from tests.workflows.engine.diagrams import (
    Story,
    TestHost,
    boundary,
    counted,
    extended,
    flows,
    nodes,
    rule,
    script,
    service,
    several,
    sub,
    timer,
    user,
)
from workflows.engine import BpmnError

TASKS = "Tasks"
REPEATED = "Loops and multi-instance"
NESTED = "Subprocesses and calls"
LISTENERS = "Camunda's listeners"
ENDS = nodes("startEvent", "s") + nodes("endEvent", "e")
LINE = flows("s > a > e")


def rows() -> Iterator[Row]:
    """Yield the rows of activities."""
    yield from _tasks()
    yield from _repeated()
    yield from _nested()
    yield from _adhoc()
    yield from _listeners()


def _tasks() -> Iterator[Row]:
    passing = ("s", "a", "e")
    for kind in ("task", "manualTask"):
        yield Row(TASKS, kind, ENDS + nodes(kind, "a") + LINE, passes=passing, note="passed, as in Camunda 7")
    yield Row(TASKS, "userTask", ENDS + user("a") + LINE, (is_open("a"), complete("a")), passing)
    yield Row(
        TASKS,
        "userTask with humanPerformer and potentialOwner",
        ENDS
        + f'<userTask id="a">{_role("humanPerformer", "anna")}{_role("potentialOwner", "user(li), clerk")}</userTask>'
        + LINE,
        (_people("anna", "li", "clerk"), complete("a")),
        passing,
        note="as assignee, candidate users and groups",
    )
    yield Row(
        TASKS,
        "serviceTask with ${execution.setVariable('more', price + 1)}",
        ENDS
        + '<serviceTask id="a" camunda:expression="${execution.setVariable(\'more\', price + 1)}"/>'
        + LINE,
        passes=passing,
        variables={"price": 4},
        ends_with={"more": 5},
    )
    yield Row(
        TASKS,
        "scriptTask of assignments",
        ENDS + script("a", "total = price * 2") + LINE,
        passes=passing,
        variables={"price": 4},
        ends_with={"total": 8},
    )
    yield Row(
        TASKS,
        "serviceTask with camunda:delegateExpression",
        ENDS + service("a", "registers.note") + LINE,
        passes=passing,
        host=lambda: TestHost(operations={"registers.note": lambda *_: {"noted": True}}),
        ends_with={"noted": True},
    )
    fields = extended(
        '<camunda:field name="to" expression="${price + 1}"/>', '<camunda:field name="by" stringValue="li"/>'
    )
    yield Row(
        TASKS,
        "serviceTask with camunda:field",
        ENDS + service("a", "registers.note", fields) + LINE,
        passes=passing,
        variables={"price": 4},
        host=lambda: TestHost(operations={"registers.note": lambda given, _: {"noted": given}}),
        ends_with={"noted": {"to": 5, "by": "li"}},
        note="the operation is given it, as it is input parameters",
    )
    yield Row(
        TASKS,
        "serviceTask with camunda:expression and camunda:resultVariable",
        ENDS + '<serviceTask id="a" camunda:expression="${price + 1}" camunda:resultVariable="more"/>' + LINE,
        passes=passing,
        variables={"price": 4},
        ends_with={"more": 5},
    )
    yield Row(
        TASKS,
        'serviceTask with camunda:type="external"',
        ENDS + '<serviceTask id="a" camunda:type="external" camunda:topic="mail"/>' + LINE,
        (lambda story: story.reload().complete(story.run.external_tasks[0].id, {}),),
        ("s", "a"),
        note="waits for an outside worker",
    )
    yield Row(
        TASKS,
        "businessRuleTask with camunda:decisionRef",
        ENDS + rule("a", "way", resultVariable="way", mapDecisionResult="singleEntry") + LINE,
        passes=passing,
        host=lambda: TestHost(decisions={"way": [{"way": "left"}]}),
        ends_with={"way": "left"},
    )
    yield Row(
        TASKS,
        "sendTask to a receiveTask beside",
        ENDS
        + nodes("parallelGateway", "both")
        + '<sendTask id="a" messageRef="M"/><receiveTask id="r" messageRef="M"/>'
        + nodes("endEvent", "re")
        + flows("s > both > a > e", "both > r > re"),
        passes=("a", "r", "re"),
        extra='<message id="M" name="report"/>',
    )
    yield Row(
        TASKS,
        "receiveTask",
        ENDS + '<receiveTask id="a" messageRef="M"/>' + LINE,
        (message("report"),),
        passing,
        extra='<message id="M" name="report"/>',
    )
    yield Row(
        TASKS,
        "receiveTask that starts a process",
        '<receiveTask id="a" messageRef="M" instantiate="true"/>' + nodes("endEvent", "e") + flows("a > e"),
        passes=("a", "e"),
        start={"message": "report"},
        extra='<message id="M" name="report"/>',
    )
    for name in ("startQuantity", "completionQuantity"):
        yield _quantity(name)


def _role(kind: str, names: str) -> str:
    expression = f"<formalExpression>{names}</formalExpression>"
    return f"<{kind}><resourceAssignmentExpression>{expression}</resourceAssignmentExpression></{kind}>"


def _people(*names: str) -> Act:
    """Look at who may do the open task: assignee, users, groups."""

    def act(story: Story) -> None:
        (task,) = story.reload().open_tasks
        wanted = ("assignee", "candidateUsers", "candidateGroups")
        assert tuple(task.node.attributes.get(name) for name in wanted) == names

    return act


def _quantity(name: str) -> Row:
    fork, end = nodes("parallelGateway", "both"), nodes("startEvent", "s") + nodes("endEvent", "e")
    if name == "startQuantity":
        body = end + fork + f'<task id="a" {name}="2"/>' + nodes("task", "x", "y")
        body += flows("s > both > x > a > e", "both > y > a")
        return Row(TASKS, name, body, passes=("x", "y", "a", "e"), note="starts when so many tokens came")
    body = end + f'<task id="a" {name}="2"/>' + user("b") + flows("s > a > b > e")
    acts = (is_open("b", "b"), complete("b"), complete("b"))
    return Row(TASKS, name, body, acts, ("a", "b", "b", "e"), note="so many tokens leave")


def _repeated() -> Iterator[Row]:
    twice = (complete("a"), complete("a"))
    three = {"people": ["Li", "Wu", "He"]}
    each = several(**{"camunda:collection": "people", "camunda:elementVariable": "person"})
    yield Row(
        REPEATED,
        "parallel, by number",
        ENDS + user("a", counted("2")) + LINE,
        (is_open("a", "a"), *twice),
        ("e",),
    )
    yield Row(
        REPEATED,
        "sequential, by number",
        ENDS + user("a", counted("2", isSequential="true")) + LINE,
        (is_open("a"), complete("a"), is_open("a"), complete("a")),
        ("e",),
    )
    yield Row(
        REPEATED,
        "parallel, over a collection",
        ENDS + user("a", each) + LINE,
        (is_open("a", "a", "a"), *twice, complete("a")),
        ("e",),
        variables=three,
    )
    yield Row(
        REPEATED,
        "completion condition",
        ENDS
        + user(
            "a",
            several(
                "<loopCardinality>3</loopCardinality>"
                "<completionCondition>${nrOfCompletedInstances &gt;= 2}</completionCondition>"
            ),
        )
        + LINE,
        twice,
        ("e",),
    )
    yield Row(
        REPEATED,
        "output collection",
        ENDS + _collected() + LINE,
        (complete("a", mark=1), complete("a", mark=2)),
        ("e",),
        ends_with={"marks": [1, 2]},
    )
    yield Row(
        REPEATED,
        "over a subprocess, with a boundary event",
        ENDS
        + sub(
            "a",
            nodes("startEvent", "bs") + user("b") + nodes("endEvent", "be"),
            flows("bs > b > be"),
            counted("2"),
        )
        + timer("t", "PT1H", on="a")
        + nodes("endEvent", "te")
        + LINE
        + flows("t > te"),
        (is_open("b", "b"), complete("b"), wait(hours=1)),
        ("t", "te"),
        never=("e",),
    )
    for behavior in ("None", "One", "Complex"):
        yield _behavior(behavior)
    yield from _standard_loops()


def _collected() -> str:
    inner = (
        "<loopDataOutputRef>marks</loopDataOutputRef>"
        '<outputDataItem id="item" name="mark"/><loopCardinality>2</loopCardinality>'
    )
    return user("a", several(inner, isSequential="true"))


def _behavior(behavior: str) -> Row:
    """Return the row of events that a multi-instance activity throws by itself (table 10.29)."""
    inner = "<loopCardinality>2</loopCardinality>"
    attributes = {"behavior": behavior, "isSequential": "true"}
    if behavior == "Complex":
        condition = "<condition>${nrOfCompletedInstances == 1}</condition>"
        inner += f'<complexBehaviorDefinition id="cb">{condition}'
        inner += '<event id="ce"><signalEventDefinition signalRef="S"/></event></complexBehaviorDefinition>'
    else:
        attributes[f"{behavior.lower()}BehaviorEventRef"] = "told"
    body = ENDS + nodes("task", "h") + user("a", several(inner, **attributes))
    held = boundary("x", "a", '<signalEventDefinition id="told" signalRef="S"/>', cancel=False)
    acts = (complete("a"), complete("a"))
    return Row(
        REPEATED,
        f"behavior {behavior}",
        body + held + LINE + flows("x > h"),
        acts,
        ("x", "h"),
        extra='<signal id="S" name="told"/>',
    )


def _global_tasks() -> Iterator[Row]:
    """Yield the rows of tasks that stand beside the processes of a file; `test_calls` has those of other files."""
    ends: dict[str, dict[str, Any]] = {
        "globalScriptTask": {"n": 1},
        "globalBusinessRuleTask": {"way": "left"},
    }
    decided = (
        ' camunda:decisionRef="way" camunda:resultVariable="way" camunda:mapDecisionResult="singleEntry"'
    )
    for kind in (
        "globalTask",
        "globalManualTask",
        "globalUserTask",
        "globalScriptTask",
        "globalBusinessRuleTask",
    ):
        given = decided if kind == "globalBusinessRuleTask" else ""
        inner = "<script>n = 1</script>" if kind == "globalScriptTask" else ""
        yield Row(
            NESTED,
            f"call activity of a {kind}",
            ENDS + '<callActivity id="a" calledElement="g"/>' + LINE,
            (_complete_only_task,) if kind == "globalUserTask" else (),
            passes=("a", "e"),
            extra=f'<{kind} id="g" name="sign"{given}>{inner}</{kind}>',
            ends_with=ends.get(kind, {}),
            note="of the same file or of another",
            host=lambda: TestHost(decisions={"way": [{"way": "left"}]}),
        )


def _undone_calls() -> Iterator[Row]:
    """Yield the rows of compensation that reaches into a called process that has ended."""
    throw = (
        '<intermediateThrowEvent id="t"><compensateEventDefinition activityRef="a"/></intermediateThrowEvent>'
    )
    body = ENDS + '<callActivity id="a" calledElement="q"/>' + throw + flows("s > a > t > e")
    inner = nodes("startEvent", "qs") + user("b") + undo("h", "b") + user("c") + undo("k", "c")
    inner += flows("qs > b > c")
    by_itself = (
        '<subProcess id="x" triggeredByEvent="true"><startEvent id="xs"><compensateEventDefinition/></startEvent>'
        f"{user('u')}{flows('xs > u')}</subProcess>"
    )
    done = (complete("b"), complete("c"))
    for name, called, undone in (
        ("call activity, compensated: what was done in the called process is undone", inner, ("k", "h")),
        ("call activity, compensated by the called process's event subprocess", inner + by_itself, ("u",)),
    ):
        yield Row(
            NESTED,
            name,
            body,
            (*done, *(act for task in undone for act in (is_open(task), complete(task)))),
            ("a", "b", "c", "t", *undone, "e"),
            extra=f'<process id="q" isExecutable="true">{called}</process>',
        )


def _standard_loops() -> Iterator[Row]:
    def loop(condition: str, **attributes: str) -> str:
        written = " ".join(f'{name}="{value}"' for name, value in attributes.items())
        return (
            f'<scriptTask id="a"><standardLoopCharacteristics {written}><loopCondition>{condition}</loopCondition>'
            "</standardLoopCharacteristics><script>n = n + 1</script></scriptTask>"
        )

    def row(name: str, xml: str, start: int, end: int) -> Row:
        return Row(
            REPEATED, name, ENDS + xml + LINE, passes=("e",), variables={"n": start}, ends_with={"n": end}
        )

    yield row("standard loop, tested after", loop("${n &lt; 3}"), 5, 6)
    yield row("standard loop, tested before", loop("${n &lt; 3}", testBefore="true"), 5, 5)
    yield row("standard loop with loopMaximum", loop("${n &lt; 99}", loopMaximum="4"), 0, 4)


def _nested() -> Iterator[Row]:
    inside = nodes("startEvent", "bs") + user("b") + nodes("endEvent", "be") + flows("bs > b > be")
    yield Row(
        NESTED, "embedded subprocess", ENDS + sub("a", inside) + LINE, (complete("b"),), ("a", "b", "e")
    )
    yield Row(
        NESTED,
        "subprocess without start and end events",
        ENDS + sub("a", user("b")) + LINE,
        (complete("b"),),
        ("a", "b", "e"),
    )
    yield Row(
        NESTED,
        "transaction, cancelled: what was done is undone",
        ENDS
        + sub(
            "a",
            nodes("startEvent", "bs") + user("b") + undo("h", "b"),
            '<endEvent id="be"><cancelEventDefinition/></endEvent>' + flows("bs > b > be"),
            tag="transaction",
        )
        + boundary("x", "a", "<cancelEventDefinition/>")
        + nodes("endEvent", "xe")
        + LINE
        + flows("x > xe"),
        (complete("b"), is_open("h"), complete("h")),
        ("b", "be", "h", "x", "xe"),
        never=("e",),
    )
    called = (
        f'<process id="q" isExecutable="true">{nodes("startEvent", "qs")}{user("b")}'
        f"{nodes('endEvent', 'qe')}{flows('qs > b > qe')}</process>"
    )
    maps = extended('<camunda:in source="n" target="m"/>', '<camunda:out source="m" target="k"/>')
    yield Row(
        NESTED,
        "call activity with camunda:in and camunda:out",
        ENDS + f'<callActivity id="a" calledElement="q">{maps}</callActivity>' + LINE,
        (complete("b", m=7),),
        ("a", "b", "qe", "e"),
        variables={"n": 1},
        ends_with={"n": 1, "k": 7, "m": None},
        extra=called,
    )
    key = extended(
        '<camunda:in businessKey="#{execution.processBusinessKey}"/>', '<camunda:out source="m" target="k"/>'
    )
    yield Row(
        NESTED,
        "call activity with camunda:in businessKey",
        ENDS + f'<callActivity id="a" calledElement="q">{key}</callActivity>' + LINE,
        passes=("a", "b", "e"),
        ends_with={"k": "JW-1"},
        extra=f'<process id="q" isExecutable="true">{script("b", "m = execution.processBusinessKey")}</process>',
        host=lambda: TestHost(business_key="JW-1"),
        note="the called process reads it as execution.processBusinessKey",
    )
    yield Row(
        NESTED,
        "call activity, multi-instance",
        ENDS + f'<callActivity id="a" calledElement="q">{counted("2")}</callActivity>' + LINE,
        (is_open("b", "b"), complete("b"), complete("b")),
        ("e",),
        extra=called,
    )
    yield from _undone_calls()
    yield from _global_tasks()


def _complete_only_task(story: Any) -> None:
    (task,) = story.reload().open_tasks
    story.run.complete(task.id, {})
    story.steps += story.run.steps


def _adhoc() -> Iterator[Row]:
    for ordering in ("Parallel", "Sequential"):
        inside = user("b") + user("c")
        tag = f'<adHocSubProcess id="a" ordering="{ordering}">{inside}</adHocSubProcess>'
        first = is_open("b", "c") if ordering == "Parallel" else is_open("b")
        acts = (first, complete("b"), is_open("c"), complete("c"))
        yield Row(NESTED, f"ad-hoc subprocess, {ordering.lower()}", ENDS + tag + LINE, acts, ("a", "e"))
    condition = "<completionCondition>${enough}</completionCondition>"
    tag = f'<adHocSubProcess id="a">{user("b")}{user("c")}{condition}</adHocSubProcess>'
    acts = (is_open("b", "c"), complete("c", enough=True))
    yield Row(
        NESTED,
        "ad-hoc subprocess with completionCondition",
        ENDS + tag + LINE,
        acts,
        ("a", "e"),
        variables={"enough": False},
        note="what is still open is cancelled unless cancelRemainingInstances is false",
    )


def _listeners() -> Iterator[Row]:
    """Yield the rows of what is run at the events of an element's life."""

    def set_on(kind: str, event: str, value: str = "true") -> str:
        assigned = f"${{execution.setVariable('{event}', {value})}}"
        return extended(f'<camunda:{kind} event="{event}" expression="{assigned}"/>')

    for event in ("start", "end"):
        yield Row(
            LISTENERS,
            f"execution listener of an element, {event}",
            ENDS + user("a", set_on("executionListener", event)) + LINE,
            (complete("a"),),
            ("a", "e"),
            ends_with={event: True},
            note="also where it is cancelled" if event == "end" else "",
        )
        yield Row(
            LISTENERS,
            f"execution listener of a process, {event}",
            set_on("executionListener", event) + ENDS + nodes("task", "a") + LINE,
            passes=("a", "e"),
            ends_with={event: True},
        )
    taken = f'<sequenceFlow id="f" sourceRef="s" targetRef="e">{set_on("executionListener", "take")}</sequenceFlow>'
    yield Row(
        LISTENERS,
        "execution listener of a sequence flow, take",
        ENDS + taken,
        passes=("e",),
        ends_with={"take": True},
    )
    for event, value in (("create", "true"), ("assignment", "task.assignee"), ("complete", "true")):
        yield Row(
            LISTENERS,
            f"task listener, {event}",
            ENDS + user("a", set_on("taskListener", event, value), assignee="li") + LINE,
            (complete("a"),),
            ("a", "e"),
            ends_with={event: "li" if event == "assignment" else True},
        )
    held = boundary("x", "a", '<messageEventDefinition messageRef="M"/>') + nodes("endEvent", "xe")
    yield Row(
        LISTENERS,
        "task listener, delete",
        ENDS + user("a", set_on("taskListener", "delete")) + held + LINE + flows("x > xe"),
        (message("report"),),
        ("x", "xe"),
        ends_with={"delete": True},
        extra='<message id="M" name="report"/>',
    )

    def refuse(*_: Any) -> None:
        raise BpmnError("wrong")

    for event in ("start", "end"):
        bad = extended(f'<camunda:executionListener event="{event}" delegateExpression="${{registers.no}}"/>')
        caught = boundary("x", "a", "<errorEventDefinition/>") + nodes("endEvent", "xe")
        yield Row(
            LISTENERS,
            f"error of a listener for {event}, caught by a boundary event",
            ENDS + user("a", bad) + caught + LINE + flows("x > xe"),
            (complete("a"),) if event == "end" else (),
            ("a", "x", "xe"),
            never=("e",),
            host=lambda: TestHost(operations={"registers.no": refuse}),
        )
