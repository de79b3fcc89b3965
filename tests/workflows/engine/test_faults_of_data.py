"""Variables, multi-instance, calls, state. Each test is named after what the library does wrong."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import Any

import orjson
import pytest

from tests.workflows.engine.diagrams import (
    HEAD,
    Story,
    TestHost,
    boundary,
    counted,
    file_of,
    flows,
    nodes,
    rule,
    script,
    service,
    sub,
    timer,
    user,
)
from workflows.engine import EngineFault, Run, compile_definition
from workflows.errors import InvalidInput

FORK = nodes("startEvent", "s") + nodes("parallelGateway", "split", "join")


def each(name: str, loop: str, inner: str = "") -> str:
    """Return a user task with a loop in it."""
    return user(name, f"{inner}{loop}")


def over(collection: str, item: str, *, sequential: bool = False, inner: str = "") -> str:
    order = "true" if sequential else "false"
    return (
        f'<multiInstanceLoopCharacteristics isSequential="{order}" camunda:collection="{collection}"'
        f' camunda:elementVariable="{item}">{inner}</multiInstanceLoopCharacteristics>'
    )


# -- variables ----------------------------------------------------------------------------------------


def test_lists_are_overwritten_at_joins() -> None:
    body = FORK + user("a") + user("b") + nodes("endEvent", "e")
    body += flows("s > split", "split > a > join", "split > b > join", "join > e")
    story = Story.begin(body, {"votes": [1]})
    story.complete("a", votes=[1, "a"])
    assert story.variables["votes"] == [1, "a"]
    story.complete("b", votes=[*story.variables["votes"], "b"])
    assert story.variables["votes"] == [1, "a", "b"]


def test_shortened_lists_are_corrupted() -> None:
    story = Story.begin(nodes("startEvent", "s") + user("a") + flows("s > a"), {"list": [1, 2, 3]})
    story.complete("a", list=[9])
    assert story.variables == {"list": [9]}


def test_nested_edits_change_siblings_and_the_past() -> None:
    given: dict[str, Any] = {"file": {"pages": [1]}}

    def meddle(arguments: dict[str, Any], variables: dict[str, Any]) -> None:
        variables["file"]["pages"].append(99)
        arguments["part"].append(98)

    body = nodes("startEvent", "s")
    body += service(
        "call",
        "call",
        "<extensionElements><camunda:inputOutput>"
        '<camunda:inputParameter name="part">${file.pages}</camunda:inputParameter>'
        "</camunda:inputOutput></extensionElements>",
    )
    body += user("a") + flows("s > call > a")
    story = Story.begin(body, given, host=TestHost(operations={"call": meddle}))
    given["file"]["pages"].append(97)
    assert story.run.variables == {"file": {"pages": [1]}}


@pytest.mark.parametrize(
    "bad",
    [
        {"typename": 1},
        {"a": {"typename": 1}},
        {"__builtins__": {}},
        {"a": {1: 2}},
        {"": 1},
        {"a": datetime(2026, 1, 1, tzinfo=UTC)},
        {"a": {1, 2}},
        {"a": b"x"},
        {"a": float("nan")},
        {"a": 10**20},
        {"a": "\ud800"},
        {"\ud800": 1},
        ["a"],
    ],
)
def test_some_user_data_makes_an_instance_unloadable(bad: Any) -> None:
    body = nodes("startEvent", "s") + user("a") + flows("s > a")
    with pytest.raises(InvalidInput):
        Story.begin(body, bad)
    story = Story.begin(body, {"ok": 1})
    run = story.run
    with pytest.raises(InvalidInput):
        run.complete(run.open_tasks[0].id, bad)
    # Refused input leaves the run as it was.
    assert run.variables == {"ok": 1}
    assert run.dump()


def test_deeply_nested_data_is_refused() -> None:
    value: Any = 1
    for _ in range(200):
        value = [value]
    with pytest.raises(InvalidInput):
        Story.begin(nodes("startEvent", "s") + user("a") + flows("s > a"), {"a": value})


def test_form_keys_like_function_names_stall_the_process() -> None:
    body = nodes("startEvent", "s") + user("a") + script("b", "n = len(list)") + flows("s > a > b")
    story = Story.begin(body)
    story.complete("a", len=3, list=[1, 2], now="then")
    assert story.variables == {"len": 3, "list": [1, 2], "now": "then", "n": 2}


def test_values_of_expressions_are_stored_as_json() -> None:
    host = TestHost(functions={"limit": lambda name: datetime(2026, 11, 8, tzinfo=UTC)})
    body = (
        nodes("startEvent", "s")
        + script("b", "due = limit('T11')\nat = now()")
        + user("a")
        + flows("s > b > a")
    )
    values = Story.begin(body, host=host).variables
    assert datetime.fromisoformat(values["due"]) == datetime(2026, 11, 8, tzinfo=UTC)
    assert datetime.fromisoformat(values["at"]) == host.now()


def test_input_parameters_are_local_and_output_parameters_are_not() -> None:
    mapping = (
        "<extensionElements><camunda:inputOutput>"
        '<camunda:inputParameter name="kind">urgent</camunda:inputParameter>'
        '<camunda:inputParameter name="twice">${n * 2}</camunda:inputParameter>'
        '<camunda:inputParameter name="both"><camunda:list><camunda:value>${kind}</camunda:value>'
        "<camunda:value>x</camunda:value></camunda:list></camunda:inputParameter>"
        '<camunda:inputParameter name="map"><camunda:map><camunda:entry key="k">${n}</camunda:entry>'
        "</camunda:map></camunda:inputParameter>"
        '<camunda:outputParameter name="result">${twice + 1}</camunda:outputParameter>'
        "</camunda:inputOutput></extensionElements>"
    )
    host = TestHost()
    body = nodes("startEvent", "s") + service("call", "op", mapping) + user("a") + flows("s > call > a")
    story = Story.begin(body, {"n": 4}, host=host)
    assert host.called == [("op", {"kind": "urgent", "twice": 8, "both": ["urgent", "x"], "map": {"k": 4}})]
    assert story.variables == {"n": 4, "result": 9}


def test_subprocess_writes_reach_the_process() -> None:
    inner = nodes("startEvent", "is") + user("a") + nodes("endEvent", "ie") + flows("is > a > ie")
    story = Story.begin(nodes("startEvent", "s") + sub("box", inner) + user("b") + flows("s > box > b"))
    story.complete("a", found=True)
    assert story.variables == {"found": True}


@pytest.mark.parametrize(
    ("mapping", "rows", "value"),
    [
        ("singleEntry", [{"to": "B"}], "B"),
        ("singleEntry", "B", "B"),
        ("singleEntry", [], None),
        ("singleEntry", None, None),
        ("singleResult", [{"to": "B", "n": 1}], {"to": "B", "n": 1}),
        ("singleResult", {"to": "B"}, {"to": "B"}),
        ("collectEntries", [{"to": "B"}, {"to": "C"}], ["B", "C"]),
        ("resultList", [{"to": "B"}, {"to": "C"}], [{"to": "B"}, {"to": "C"}]),
        ("resultList", 7, [7]),
    ],
)
def test_decision_results_are_mapped(mapping: str, rows: Any, value: Any) -> None:
    body = nodes("startEvent", "s") + rule("r", "d", resultVariable="v", mapDecisionResult=mapping)
    body += user("a") + flows("s > r > a")
    assert Story.begin(body, host=TestHost(decisions={"d": rows})).variables == {"v": value}


@pytest.mark.parametrize(
    ("mapping", "rows"),
    [("singleEntry", [1, 2]), ("singleEntry", [{"a": 1, "b": 2}]), ("collectEntries", [{"a": 1, "b": 2}])],
)
def test_a_decision_result_that_does_not_fit_fails(mapping: str, rows: Any) -> None:
    body = (
        nodes("startEvent", "s")
        + rule("r", "d", resultVariable="v", mapDecisionResult=mapping)
        + flows("s > r")
    )
    with pytest.raises(EngineFault) as failed:
        Story.begin(body, host=TestHost(decisions={"d": rows}))
    assert failed.value.element == "r"


# -- multi-instance -----------------------------------------------------------------------------------


def test_multi_instance_keeps_what_each_wrote_and_survives_reload() -> None:
    collect = "<loopDataOutputRef>opinions</loopDataOutputRef><outputDataItem name='opinion'/>"
    body = (
        nodes("startEvent", "s")
        + each("vote", over("members", "member", inner=collect))
        + nodes("endEvent", "e")
    )
    story = Story.begin(body + flows("s > vote > e"), {"members": ["wang", "li", "zhao"]})
    run = story.reload()
    assert [t.local["member"] for t in run.open_tasks] == ["wang", "li", "zhao"]
    assert run.evaluate("${member}", run.open_tasks[1]) == "li"
    for member in ("zhao", "wang", "li"):
        run = story.reload()
        task = next(t for t in run.open_tasks if t.local["member"] == member)
        run.complete(task.id, {"opinion": f"{member} agrees", f"comment_{member}": True})
    assert story.variables["opinions"] == ["wang agrees", "li agrees", "zhao agrees"]
    assert story.variables["comment_li"] is True
    assert "member" not in story.variables
    assert story.outcome == "completed"


def test_sequential_multi_instance_without_output_collection_fails_at_the_second_item() -> None:
    body = (
        nodes("startEvent", "s")
        + each("sign", over("names", "name", sequential=True))
        + nodes("endEvent", "e")
    )
    story = Story.begin(body + flows("s > sign > e"), {"names": ["a", "b", "c"]})
    for name in ("a", "b", "c"):
        (task,) = story.reload().open_tasks
        assert task.local["name"] == name
        story.complete("sign")
    assert story.outcome == "completed"


def test_multi_instance_completion_condition_cancels_the_rest() -> None:
    enough = "<completionCondition>${nrOfCompletedInstances / nrOfInstances >= 0.5}</completionCondition>"
    body = (
        nodes("startEvent", "s")
        + each("vote", over("members", "member", inner=enough))
        + nodes("endEvent", "e")
    )
    story = Story.begin(body + flows("s > vote > e"), {"members": [1, 2, 3, 4]})
    story.complete("vote")
    assert len(story.open) == 3
    story.complete("vote")
    assert story.outcome == "completed"
    assert [s.what for s in story.steps if s.node_id == "vote"].count("cancelled") == 2


@pytest.mark.parametrize("count", [0, 1, 3])
def test_multi_instance_by_cardinality(count: int) -> None:
    loop = counted("${n}")
    body = nodes("startEvent", "s") + each("a", loop) + nodes("endEvent", "e") + flows("s > a > e")
    story = Story.begin(body, {"n": count})
    assert len(story.open) == count
    for _ in range(count):
        story.complete("a")
    assert story.ends == ["e"]


@pytest.mark.parametrize("bad", [-1, 1.5, "many", 5_000, None, True])
def test_bad_cardinality_fails_with_the_element(bad: Any) -> None:
    loop = counted("${n}")
    with pytest.raises(EngineFault) as failed:
        Story.begin(nodes("startEvent", "s") + each("a", loop) + flows("s > a"), {"n": bad})
    assert failed.value.element == "a"


def test_boundary_timer_leading_to_a_parallel_multi_instance_task() -> None:
    body = nodes("startEvent", "s") + user("wait") + timer("late", "PT1H", on="wait")
    body += each("warn", over("heads", "head")) + flows("s > wait", "late > warn")
    story = Story.begin(body, {"heads": ["x", "y"]})
    story.wait(hours=1)
    assert story.open == ["warn", "warn"]


def test_interrupting_boundary_on_a_multi_instance_subprocess() -> None:
    inner = nodes("startEvent", "is") + user("a") + nodes("endEvent", "ie") + flows("is > a > ie")
    body = (
        nodes("startEvent", "s") + sub("box", inner, over("units", "unit")) + timer("late", "P1D", on="box")
    )
    body += user("chase") + nodes("endEvent", "e") + flows("s > box > e", "late > chase")
    story = Story.begin(body, {"units": ["u1", "u2"]})
    assert story.open == ["a", "a"]
    story.complete("a")
    story.wait(days=1)
    assert story.open == ["chase"]
    assert [s.node_id for s in story.steps if s.what == "cancelled"] == ["a", "box", "box#multiInstanceBody"]
    story = Story.begin(body, {"units": ["u1", "u2"]})
    story.complete("a")
    story.complete("a")
    assert story.ends == ["ie", "ie", "e"]


def test_automatic_multi_instance_does_not_overflow() -> None:
    loop = counted("900", isSequential="true")
    body = (
        nodes("startEvent", "s")
        + service("call", "call", loop)
        + nodes("endEvent", "e")
        + flows("s > call > e")
    )
    host = TestHost()
    assert Story.begin(body, host=host).ends == ["e"]
    assert len(host.called) == 900


def test_standard_loop() -> None:
    loop = '<standardLoopCharacteristics loopMaximum="5"><loopCondition>${n &lt; 3}</loopCondition>'
    loop += "</standardLoopCharacteristics>"
    body = nodes("startEvent", "s") + f'<scriptTask id="t"><script>n = n + 1</script>{loop}</scriptTask>'
    body += user("a") + flows("s > t > a")
    assert Story.begin(body, {"n": 0}).variables == {"n": 3}
    assert Story.begin(body, {"n": 7}).variables == {"n": 8}
    assert Story.begin(body, {"n": -9}).variables == {"n": -4}


# -- call activities ----------------------------------------------------------------------------------


def calling(inner: str, call: str, extra: str = "") -> bytes:
    called = f'<process id="q" isExecutable="true">{inner}</process>'
    caller = nodes("startEvent", "s") + call + user("after") + flows("s > call > after")
    return (
        f'{HEAD}{extra}<process id="p" isExecutable="true">{caller}</process>{called}</definitions>'.encode()
    )


CALLED = nodes("startEvent", "qs") + user("ask") + nodes("endEvent", "qe") + flows("qs > ask > qe")


def test_called_process_has_variables_of_its_own() -> None:
    mapping = (
        '<extensionElements><camunda:in source="n" target="number"/>'
        '<camunda:in sourceExpression="${n + 1}" target="next"/>'
        '<camunda:in source="absent" target="nothing"/>'
        '<camunda:out source="answer" target="reply"/></extensionElements>'
    )
    definition = compile_definition(
        calling(CALLED, f'<callActivity id="call" calledElement="q">{mapping}</callActivity>'), "p"
    )
    host = TestHost()
    run = Run.start(definition, {"n": 1, "secret": "x"}, host)
    story = Story(definition, host, run)
    (task,) = story.reload().open_tasks
    assert story.reload().evaluate("${number} ${next} ${empty nothing}", task) == "1 2 true"
    story.complete("ask", answer="yes", scratch=5)
    assert story.variables == {"n": 1, "secret": "x", "reply": "yes"}
    assert definition.node("ask").kind == "userTask"
    assert story.open == ["after"]


def test_error_of_a_called_process_reaches_the_caller() -> None:
    inner = (
        nodes("startEvent", "qs")
        + '<endEvent id="qf"><errorEventDefinition errorRef="E"/></endEvent>'
        + flows("qs > qf")
    )
    call = '<callActivity id="call" calledElement="q"/>' + boundary(
        "caught", "call", "<errorEventDefinition/>"
    )
    call += user("mend") + flows("caught > mend")
    definition = compile_definition(calling(inner, call, '<error id="E" errorCode="e"/>'), "p")
    run = Run.start(definition, {}, TestHost())
    assert [t.node.id for t in run.open_tasks] == ["mend"]


def test_self_calling_process_loops_for_ever() -> None:
    body = nodes("startEvent", "s") + '<callActivity id="again" calledElement="p"/>' + flows("s > again")
    with pytest.raises(EngineFault) as failed:
        Story.begin(body)
    assert failed.value.element == "again"


# -- state --------------------------------------------------------------------------------------------


def test_state_holds_no_specification_and_no_history() -> None:
    story = Story.begin(nodes("startEvent", "s") + user("a") + user("b") + flows("s > a > b"), {"x": 1})
    story.complete("a")
    state = orjson.loads(story.run.dump())
    assert [row[3] for row in state["tokens"]] == ["(process)", "b"]
    assert len(story.run.dump()) < 400


def test_task_ids_and_times_are_stable_over_reload() -> None:
    story = Story.begin(nodes("startEvent", "s") + user("a") + timer("t", "P1D", on="a") + flows("s > a"))
    first = (story.run.open_tasks, story.run.due_timers)
    story.host.move(hours=3)
    run = story.reload()
    assert (run.open_tasks, run.due_timers) == first
    assert story.run.dump() == story.reload().dump()


def test_state_of_another_definition_is_refused() -> None:
    story = Story.begin(nodes("startEvent", "s") + user("a") + flows("s > a"))
    other = compile_definition(file_of(nodes("startEvent", "s") + user("b") + flows("s > b")), "p")
    with pytest.raises(EngineFault, match="'a'"):
        Run.restore(other, story.run.dump(), story.host)
    third = compile_definition(
        file_of(nodes("startEvent", "s") + user("b") + flows("s > b"), process="z"), "z"
    )
    with pytest.raises(EngineFault, match="'p'"):
        Run.restore(third, story.run.dump(), story.host)


def test_shared_definition_is_mutated_and_threads_disturb_each_other() -> None:
    inner = nodes("startEvent", "is") + user("a") + nodes("endEvent", "ie") + flows("is > a > ie")
    body = (
        nodes("startEvent", "s") + sub("box", inner, over("units", "unit")) + timer("late", "P1D", on="box")
    )
    body += (
        nodes("eventBasedGateway", "g") + timer("t1", "PT1H") + timer("t2", "PT2H") + nodes("endEvent", "e")
    )
    definition = compile_definition(
        file_of(body + flows("s > box > g", "g > t1 > e", "g > t2 > e", "late > e")), "p"
    )

    def live(number: int) -> tuple[str, list[str]]:
        host = TestHost()
        run = Run.start(definition, {"units": list(range(number % 5)), "n": number}, host)
        while run.outcome == "running":
            run = Run.restore(definition, run.dump(), host)
            if run.open_tasks:
                run.complete(run.open_tasks[0].id, {"n": number})
            else:
                host.move(hours=1)
                run.drain()
        assert run.variables["n"] == number
        return run.outcome, run.end_nodes

    with ThreadPoolExecutor(8) as pool:
        outcomes = list(pool.map(live, range(200)))
    assert outcomes == [("completed", ["ie"] * (n % 5) + ["e"]) for n in range(200)]
