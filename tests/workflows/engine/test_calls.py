"""Call activities: callees of the same file and of others, versions, global tasks, cycles, mappings."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from tests.workflows.engine.diagrams import (
    HEAD,
    Story,
    TestHost,
    boundary,
    counted,
    extended,
    file_of,
    flows,
    nodes,
    script,
    several,
    sub,
    timer,
    user,
)
from workflows.engine import Called, Definition, EngineFault, Run, Wanted, compile_definition, read
from workflows.errors import InvalidInput


def call(called: str, inner: str = "", **attributes: str) -> str:
    """Return a call activity `c` between start and end."""
    written = " ".join(f'camunda:{key}="{value}"' for key, value in attributes.items())
    activity = f'<callActivity id="c" calledElement="{called}" {written}>{inner}</callActivity>'
    return nodes("startEvent", "s") + activity + nodes("endEvent", "e") + flows("s > c > e")


def process(key: str, body: str) -> str:
    return f'<process id="{key}" isExecutable="true">{body}</process>'


def line(*tasks: str) -> str:
    """Return a process through user tasks."""
    inner = "".join(user(task) for task in tasks)
    return (
        nodes("startEvent", "cs") + inner + nodes("endEvent", "ce") + flows(" > ".join(["cs", *tasks, "ce"]))
    )


class Shelf:
    """A library of definitions by key, version and tag: the newest is the last."""

    def __init__(self, **files: list[bytes]) -> None:
        self.known = {
            key: [compile_definition(xml, key) for xml in versions] for key, versions in files.items()
        }
        self.asked: list[Wanted] = []

    def find(self, wanted: Wanted) -> Called | None:
        self.asked.append(wanted)
        versions = self.known.get(wanted.key, [])
        numbered = list(enumerate(versions, 1))
        if wanted.binding == "version":
            numbered = [n for n in numbered if str(n[0]) == wanted.version]
        elif wanted.binding == "versionTag":
            numbered = [n for n in numbered if n[1].version_tag == wanted.version]
        return Called(f"{wanted.key}:{numbered[-1][0]}", numbered[-1][1]) if numbered else None

    def get(self, reference: str) -> Definition:
        key, _, version = reference.partition(":")
        return self.known[key][int(version) - 1]


class Shelved(Story):
    """A story whose run has a library."""

    library: Shelf

    @classmethod
    def open_with(cls, library: Shelf, body: str, variables: Mapping[str, Any] | None = None) -> Shelved:
        definition, host = compile_definition(file_of(body), "p"), TestHost()
        story = cls(definition, host, Run.start(definition, variables or {}, host, library=library))
        story.library = library
        return story

    def reload(self) -> Run:
        self._run = Run.restore(self.definition, self._run.dump(), self.host, library=self.library)
        return self._run


def test_a_process_of_another_file_is_called() -> None:
    story = Shelved.open_with(Shelf(q=[file_of(line("a"), process="q")]), call("q"))
    assert story.open == ["a"]
    assert story.run.open_tasks[0].definition == "q:1"
    story.complete("a", hidden=1)
    assert (story.outcome, story.variables) == ("completed", {})
    assert story.entered() == ["s", "c", "cs", "a", "ce", "e"]


def test_a_running_call_keeps_the_version_it_started_with() -> None:
    library = Shelf(q=[file_of(line("old", "older"), process="q")])
    story = Shelved.open_with(library, call("q"))
    library.known["q"].append(compile_definition(file_of(line("new"), process="q"), "q"))
    story.complete("old")
    assert story.open == ["older"]
    assert Shelved.open_with(library, call("q")).open == ["new"]


@pytest.mark.parametrize(
    ("attributes", "opened"),
    [
        ({}, "three"),
        ({"calledElementBinding": "version", "calledElementVersion": "2"}, "two"),
        ({"calledElementBinding": "version", "calledElementVersion": "${n - 1}"}, "one"),
        ({"calledElementBinding": "versionTag", "calledElementVersionTag": "first"}, "one"),
    ],
)
def test_the_binding_chooses_the_version(attributes: dict[str, str], opened: str) -> None:
    tagged = file_of(line("one"), process="q").replace(b'id="q"', b'id="q" camunda:versionTag="first"')
    library = Shelf(q=[tagged, file_of(line("two"), process="q"), file_of(line("three"), process="q")])
    assert Shelved.open_with(library, call("q", **attributes), {"n": 2}).open == [opened]


def test_a_called_process_calls_others_in_its_own_file_and_beyond() -> None:
    twice = file_of(call("r"), process="q").replace(
        b"</definitions>", process("r", call_of_t()).encode() + b"</definitions>"
    )
    story = Shelved.open_with(Shelf(q=[twice], t=[file_of(line("a"), process="t")]), call("q"))
    assert story.open == ["a"]
    assert [wanted.caller for wanted in story.library.asked] == ["", "q:1", "q:1"]
    story.complete("a")
    assert story.outcome == "completed"


def call_of_t() -> str:
    return (
        call("t")
        .replace('"s"', '"rs"')
        .replace('"c"', '"rc"')
        .replace('"e"', '"re"')
        .replace("s_c", "rs_rc")
        .replace("c_e", "rc_re")
    )


def test_an_expression_names_the_process() -> None:
    extra = process("q", line("a")) + process("r", line("b").replace('"c', '"r'))
    assert Story.begin(call("${which}"), {"which": "r"}, extra=extra).open == ["b"]
    assert Story.begin(call("${which}"), {"which": "q"}, extra=extra).open == ["a"]
    with pytest.raises(EngineFault) as refused:
        Story.begin(call("${which}"), {"which": "x"}, extra=extra)
    assert (refused.value.element, "'x'" in refused.value.message) == ("c", True)


def test_a_process_that_nobody_has_is_named_when_it_is_called() -> None:
    with pytest.raises(EngineFault, match="There is no process 'q' to call") as refused:
        Story.begin(call("q"))
    assert refused.value.element == "c"


def test_a_called_process_begins_at_its_plain_start_event() -> None:
    more = (
        '<startEvent id="m"><messageEventDefinition messageRef="M"/></startEvent>'
        + user("b")
        + flows("m > b")
    )
    extra = '<message id="M" name="m"/>'
    assert Story.begin(call("q"), extra=extra + process("q", line("a") + more)).open == ["a"]
    with pytest.raises(EngineFault, match="no start events without a trigger"):
        Story.begin(call("q"), extra=extra + process("q", more))


@pytest.mark.parametrize(
    ("attributes", "said"),
    [
        ({"calledElementBinding": "newest"}, "calledElementBinding is one of"),
        ({"calledElementBinding": "version"}, "needs camunda:calledElementVersion"),
        ({"calledElementBinding": "version", "calledElementVersion": "x"}, "is not a number"),
        ({"calledElementBinding": "versionTag"}, "needs camunda:calledElementVersionTag"),
    ],
)
def test_a_bad_binding_is_said_at_reading(attributes: dict[str, str], said: str) -> None:
    _, findings = read(file_of(call("q", **attributes)))
    assert any(f.element == "c" and said in f.message for f in findings)


def test_a_case_is_not_called() -> None:
    body = call("q").replace('calledElement="q"', 'camunda:caseRef="k"')
    assert [f.element for f in read(file_of(body))[1] if "cases are not run" in f.message] == ["c"]


GLOBAL = {
    "globalUserTask": '<globalUserTask id="g" camunda:candidateGroups="clerk"/>',
    "globalScriptTask": '<globalScriptTask id="g"><script>n = n + 1</script></globalScriptTask>',
    "globalManualTask": '<globalManualTask id="g"/>',
    "globalTask": '<globalTask id="g"/>',
    "globalBusinessRuleTask": '<globalBusinessRuleTask id="g" camunda:decisionRef="d" camunda:resultVariable="n"'
    ' camunda:mapDecisionResult="singleEntry"/>',
}


@pytest.mark.parametrize("kind", GLOBAL)
def test_a_global_task_runs_as_that_task(kind: str) -> None:
    host = TestHost(decisions={"d": [{"x": 2}]})
    story = Story.begin(call("g"), {"n": 1}, extra=GLOBAL[kind], host=host)
    if kind == "globalUserTask":
        assert story.open == ["g"]
        story.complete("g", n=2)
    assert story.outcome == "completed"
    assert story.entered() == ["s", "c", "g", "e"]
    assert story.variables == {"n": 1 if kind in ("globalManualTask", "globalTask") else 2}


def test_a_global_task_is_no_process_to_start() -> None:
    definitions, findings = read(file_of(call("g"), extra=GLOBAL["globalTask"]))
    assert ([d.id for d in definitions], [f for f in findings if f.severity == "error"]) == (["p", "g"], [])
    with pytest.raises(InvalidInput, match="'g' is a global task"):
        Run.start(definitions[1], {}, TestHost())


def test_a_global_task_of_the_file_itself_is_meant_before_one_elsewhere() -> None:
    library = Shelf(g=[f'{HEAD}<globalUserTask id="g"/></definitions>'.encode()])
    body, host = file_of(call("g"), extra=GLOBAL["globalScriptTask"]), TestHost()
    run = Run.start(compile_definition(body, "p"), {"n": 1}, host, library=library)
    assert (run.outcome, run.variables) == ("completed", {"n": 2})


@pytest.mark.parametrize("kind", GLOBAL)
def test_a_global_task_of_another_file_is_called(kind: str) -> None:
    """A file may hold nothing but global tasks, imported by others under a prefix of their own."""
    library = Shelf(g=[f"{HEAD}{GLOBAL[kind]}</definitions>".encode()])
    bpmn = "http://www.omg.org/spec/BPMN/20100524/MODEL"
    imported = f'<import importType="{bpmn}" location="g.bpmn" namespace="http://g"/>'
    definition = compile_definition(
        file_of(call("gg:g"), extra=imported).replace(b"<definitions", b'<definitions xmlns:gg="http://g"'),
        "p",
    )
    host = TestHost(decisions={"d": [{"x": 2}]})
    story = Shelved(definition, host, Run.start(definition, {"n": 1}, host, library=library))
    story.library = library
    if kind == "globalUserTask":
        assert [(task.node.id, task.definition) for task in story.reload().open_tasks] == [("g", "g:1")]
        story.complete("g", n=2)
    assert (story.outcome, story.entered()) == ("completed", ["s", "c", "g", "e"])
    assert story.variables == {"n": 1 if kind in ("globalManualTask", "globalTask") else 2}


def test_a_fault_in_a_global_task_is_found() -> None:
    _, findings = read(file_of(call("g"), extra=GLOBAL["globalScriptTask"].replace("n + 1", "n +")))
    assert {"g", "c"} <= {f.element for f in findings if f.severity == "error"}


def test_calls_in_a_circle_end_where_a_condition_says() -> None:
    body = (
        nodes("startEvent", "s")
        + script("count", "n = n + 1")
        + '<exclusiveGateway id="x" default="x_e"/>'
        + '<callActivity id="again" calledElement="p"><extensionElements>'
        + '<camunda:in source="n" target="n"/><camunda:out source="n" target="n"/>'
        + "</extensionElements></callActivity>"
        + user("deep")
        + nodes("endEvent", "e")
        + flows("s > count > x > e", "x > again | ${n < 5}", "x > deep | ${n == 5}", "again > e", "deep > e")
    )
    story = Story.begin(body, {"n": 0})
    assert story.open == ["deep"]
    story.complete("deep")
    assert (story.outcome, story.variables) == ("completed", {"n": 5})


def test_calls_in_an_endless_circle_are_bounded() -> None:
    extra = process("q", call("p").replace('"c"', '"back"').replace("s_c", "s_b").replace("c_e", "b_e"))
    extra = extra.replace('"s"', '"qs"').replace('"e"', '"qe"').replace("s_b", "qsb").replace("b_e", "bqe")
    with pytest.raises(EngineFault, match="deeper than 60") as refused:
        Story.begin(call("q"), extra=extra)
    assert refused.value.element in ("c", "back")


MAPPED = process("q", nodes("startEvent", "qs") + script("w", "total = a + b\nown = 1") + flows("qs > w"))


def test_variables_go_in_and_out_as_mapped() -> None:
    inner = extended(
        '<camunda:in source="x" target="a"/>',
        '<camunda:in sourceExpression="${x * 10}" target="b"/>',
        '<camunda:in businessKey="${x}"/>',
        '<camunda:out sourceExpression="${total + 1}" target="y"/>',
    )
    assert Story.begin(call("q", inner), {"x": 2}, extra=MAPPED).variables == {"x": 2, "y": 23}


def keyed(key: str) -> str:
    """Return a call with a business key; the process called notes its key, and calls on without any."""
    noted = extended(
        f'<camunda:in businessKey="{key}"/>',
        '<camunda:out source="own" target="own"/>',
        '<camunda:out source="below" target="below"/>',
    )
    return call("q", noted)


BELOW = process(
    "r", nodes("startEvent", "rs") + script("v", "mine = execution.processBusinessKey") + flows("rs > v")
)
KEYED = BELOW + process(
    "q",
    nodes("startEvent", "qs")
    + script("w", "own = execution.getBusinessKey()")
    + '<callActivity id="d" calledElement="r"><extensionElements><camunda:out source="mine" target="below"/>'
    + "</extensionElements></callActivity>"
    + user("rest")
    + script("again", "own = own + '/' + execution.processBusinessKey")
    + flows("qs > w > d > rest > again"),
)


@pytest.mark.parametrize(
    ("key", "own"), [("#{execution.processBusinessKey}", "JW-1/JW-1"), ("${n}-part", "7-part/7-part")]
)
def test_a_called_process_has_the_business_key_that_it_is_given(key: str, own: str) -> None:
    story = Story.begin(keyed(key), {"n": 7}, extra=KEYED, host=TestHost(business_key="JW-1"))
    story.complete("rest")
    assert story.variables == {"n": 7, "own": own, "below": None}


def test_a_class_that_would_map_variables_is_told() -> None:
    mapped = call("q", variableMappingClass="org.X")
    told = [f for f in read(file_of(mapped, extra=KEYED))[1] if f.rule == "call"]
    assert [(f.element, f.severity) for f in told] == [("c", "policy")]


def test_a_business_key_of_its_own_is_told_to_be_no_address() -> None:
    def told(key: str) -> list[str | None]:
        return [f.element for f in read(file_of(keyed(key), extra=KEYED))[1] if f.rule == "business_key"]

    assert (told("#{execution.processBusinessKey}"), told("${n}")) == ([], ["c"])


def test_all_variables_go_in_and_out_where_asked() -> None:
    inner = extended('<camunda:in variables="all"/>', '<camunda:out variables="all"/>')
    story = Story.begin(call("q", inner), {"a": 1, "b": 2}, extra=MAPPED)
    assert story.variables == {"a": 1, "b": 2, "total": 3, "own": 1}


def test_all_local_variables_are_those_of_the_activity_alone() -> None:
    parameters = '<camunda:inputOutput><camunda:inputParameter name="a">${1}</camunda:inputParameter>'
    parameters += '<camunda:inputParameter name="b">${2}</camunda:inputParameter></camunda:inputOutput>'
    inner = extended(
        parameters,
        '<camunda:in variables="all" local="true"/>',
        '<camunda:out source="total" target="total"/>',
    )
    assert Story.begin(call("q", inner), {"a": 50}, extra=MAPPED).variables == {"a": 50, "total": 3}


@pytest.mark.parametrize("order", ["true", "false"])
def test_every_instance_of_a_repeated_call_has_variables_of_its_own(order: str) -> None:
    inner = extended('<camunda:in source="item" target="mine"/>') + several(
        **{"isSequential": order, "camunda:collection": "all", "camunda:elementVariable": "item"}
    )
    story = Story.begin(call("q", inner), {"all": ["a", "b"]}, extra=process("q", line("work")))
    seen = []
    while story.open:
        task = story.run.open_tasks[0]
        seen.append(story.run.seen_by(task.id)["mine"])
        story.reload().complete(task.id, {})
    assert (seen, story.run.outcome) == (["a", "b"], "completed")


def test_a_boundary_event_takes_a_repeated_call_away() -> None:
    body = (
        nodes("startEvent", "s")
        + f'<callActivity id="c" calledElement="q">{counted("2")}</callActivity>'
        + timer("late", "PT1H", on="c")
        + nodes("endEvent", "e", "after")
        + flows("s > c > e", "late > after")
    )
    story = Story.begin(body, extra=process("q", line("work")))
    assert story.open == ["work", "work"]
    story.wait(hours=1)
    assert (story.ends, story.outcome) == (["after"], "completed")


def test_an_error_of_a_process_in_another_file_reaches_the_boundary() -> None:
    failing = nodes("startEvent", "qs") + '<endEvent id="qe"><errorEventDefinition errorRef="X"/></endEvent>'
    library = Shelf(
        q=[file_of(failing + flows("qs > qe"), process="q", extra='<error id="X" errorCode="x"/>')]
    )
    body = call("q") + boundary("b", "c", "<errorEventDefinition/>") + user("after") + flows("b > after")
    story = Shelved.open_with(library, body)
    assert story.open == ["after"]


def test_a_call_inside_a_subprocess_comes_back_there() -> None:
    body = (
        nodes("startEvent", "s")
        + sub("box", call("q").replace('"s"', '"is"').replace("s_c", "is_c"))
        + flows("s > box")
    )
    story = Story.begin(body, extra=process("q", line("a")))
    story.complete("a")
    assert story.entered()[-2:] == ["ce", "e"]
    assert story.outcome == "completed"
