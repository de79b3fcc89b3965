"""Called processes of other files and deployments: the gate, running instances, simulation."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from tests.workflows.engine.diagrams import HEAD, file_of, flows, nodes, timer, user
from workflows import definitions, instances, persistence
from workflows.errors import Conflict, InvalidInput
from workflows.model import Instance
from workflows.simulation import simulate

NOW = datetime(2026, 10, 8, 1, 0, tzinfo=UTC)


def calling(key: str, binding: str = "") -> bytes:
    activity = f'<callActivity id="c" calledElement="{key}" {binding}/>'
    return file_of(
        nodes("startEvent", "s") + activity + nodes("endEvent", "e") + flows("s > c > e"), process="caller"
    )


def called(task: str) -> bytes:
    """Return the process `q` with one task; its elements share ids with those of the caller."""
    body = nodes("startEvent", "s") + user(task) + nodes("endEvent", "e") + flows(f"s > {task} > e")
    return file_of(body.replace(' camunda:formKey="f"', ""), process="q")


def findings(**files: bytes) -> set[tuple[str | None, str]]:
    content = {f"{name}.bpmn": xml for name, xml in files.items()}
    return {(f.element, f.message) for f in definitions.check(content, profile="engine") if f.rule == "call"}


def test_the_gate_finds_callees_in_the_other_files() -> None:
    assert findings(caller=calling("q"), other=called("a")) == set()
    ((element, message),) = findings(caller=calling("q"))
    assert element == "c"
    assert "q is neither deployed nor among the files" in message


def test_the_gate_asks_for_a_plain_start_event_to_begin_at() -> None:
    start = '<startEvent id="s"><timerEventDefinition><timeCycle>R/P1D</timeCycle></timerEventDefinition></startEvent>'
    other = file_of(start + user("a") + flows("s > a"), process="q")
    ((element, message),) = findings(caller=calling("q"), other=other)
    assert (element, "no plain start event" in message) == ("c", True)


def test_a_running_call_keeps_its_version_and_a_later_one_takes_the_latest(office) -> None:
    office.deploy(called("old"), name="q")
    office.deploy(calling("q"), name="caller")
    first = office.start("caller")
    office.deploy(called("fresh"), name="q")
    second = office.start("caller")
    found = {task.instance_id: (task.element_id, task.definition_id[:4]) for task in office.open_tasks()}
    assert found == {first.id: ("old", "q:1:"), second.id: ("fresh", "q:2:")}
    office.check()
    office.complete(office.task("old"))
    assert office.get(Instance, first.id).state == "completed"
    office.check()


def globals_of(name: str) -> bytes:
    """Return a file of two global tasks and no process."""
    person = f'<globalUserTask id="g" name="{name}" camunda:candidateGroups="clerk"/>'
    count = '<globalScriptTask id="h"><script>n = n + 1</script></globalScriptTask>'
    return f"{HEAD}{person}{count}</definitions>".encode()


def test_global_tasks_of_other_files_and_deployments_are_called(office) -> None:
    assert findings(caller=calling("g"), other=globals_of("sign")) == set()
    office.deploy(globals_of("sign"), name="tasks")
    office.deploy(calling("g"), name="caller")
    instance = office.start("caller")
    office.deploy(globals_of("seal"), name="tasks")
    (task,) = office.open_tasks(instance)
    assert (task.element_id, task.name, task.definition_id[:4]) == ("g", "sign", "g:1:")
    office.complete(task)
    assert office.get(Instance, instance.id).state == "completed"
    office.check()
    office.deploy(calling("h"), globals_of("sign"), name="both")
    counted = office.start("caller", n=1)
    with office.work() as session:
        assert persistence.variables(session, office.get(Instance, counted.id)) == {"n": 2}
    with pytest.raises(InvalidInput, match="global task"):
        office.start("g")
    document = simulate(calling("h"), now=NOW, variables={"n": 1}, beside=[globals_of("sign")])
    assert (document["outcome"], document["variables"]) == ("completed", {"n": 2})


def test_bindings_by_deployment_and_by_number(office) -> None:
    number = 'camunda:calledElementBinding="version" camunda:calledElementVersion="1"'
    office.deploy(called("one"), calling("q", 'camunda:calledElementBinding="deployment"'), name="both")
    office.deploy(called("two"), name="q")
    office.start("caller")
    assert office.open_tasks()[0].element_id == "one"
    office.deploy(calling("q", number), name="by number")
    assert [task.element_id for task in office.open_tasks(office.start("caller"))] == ["one"]
    office.deploy(calling("q"), name="latest")
    assert [task.element_id for task in office.open_tasks(office.start("caller"))] == ["two"]


def test_a_deployment_whose_process_has_been_called_stays(office) -> None:
    deployment = office.deploy(called("a"), name="q")
    office.deploy(calling("q"), name="caller")
    office.start("caller")
    with pytest.raises(Conflict), office.work() as session:
        definitions.delete_deployment(session, deployment.id, False, actor=office.chief)


def test_a_deployment_whose_process_waits_without_a_task_stays(office) -> None:
    body = nodes("startEvent", "s") + timer("a", "P1D") + nodes("endEvent", "e") + flows("s > a > e")
    deployment = office.deploy(file_of(body, process="q"), name="q")
    office.deploy(calling("q"), name="caller")
    instance = office.start("caller")
    with pytest.raises(Conflict), office.work() as session:
        definitions.delete_deployment(session, deployment.id, False, actor=office.chief)
    with office.work() as session:
        instances.cancel(session, instance.id, actor=office.chief, reason="no more")
    with office.work() as session:
        definitions.delete_deployment(session, deployment.id, False, actor=office.chief)


def test_the_simulation_calls_processes_of_the_files_beside() -> None:
    beside = [b"no diagram", called("b").replace(b'id="q"', b'id="qq"'), called("a"), called("b")]
    document = simulate(calling("q"), now=NOW, beside=beside, complete_all=True)
    assert document["outcome"] == "completed"
    assert [step["element"] for step in document["trace"] if step["event"] == "entered"] == list("scsaee")


def test_the_simulation_names_the_call_that_finds_nobody() -> None:
    document = simulate(calling("q"), now=NOW)
    assert document["outcome"] == "refused"
    assert ("c", "call") in {(f["element"], f["rule"]) for f in document["findings"]}
    assert document["nodes"] == {"s": "startEvent", "c": "callActivity", "e": "endEvent"}


def test_an_imported_process_is_called_by_its_id() -> None:
    kind = "http://www.omg.org/spec/BPMN/20100524/MODEL"
    imported = f'<import namespace="urn:other" location="other.bpmn" importType="{kind}"/>'
    caller = calling("o:q").replace(b"<process", imported.encode() + b"<process")
    caller = caller.replace(b"<definitions ", b'<definitions xmlns:o="urn:other" ')
    assert findings(caller=caller, other=called("a")) == set()
    document = simulate(caller, now=NOW, beside=[called("a")], complete_all=True)
    assert document["outcome"] == "completed"


def test_a_called_process_takes_the_decisions_of_its_own_deployment(office) -> None:
    def table(outcome: str) -> bytes:
        return (
            '<definitions xmlns="https://www.omg.org/spec/DMN/20191111/MODEL/" id="d" name="d" namespace="n">'
            '<decision id="way" name="way"><decisionTable id="t"><output id="o" name="to" typeRef="string"/>'
            f'<rule id="r"><outputEntry id="e"><text>"{outcome}"</text></outputEntry></rule></decisionTable>'
            "</decision></definitions>"
        ).encode()

    rule = '<businessRuleTask id="r" camunda:decisionRef="way" camunda:decisionRefBinding="deployment"/>'
    rule = rule.replace("/>", ' camunda:resultVariable="to" camunda:mapDecisionResult="singleEntry"/>')
    inner = (
        nodes("startEvent", "s") + rule + user("a").replace(' camunda:formKey="f"', "") + flows("s > r > a")
    )
    office.deploy(file_of(inner, process="q"), name="q", others={"way.dmn": table("theirs")})
    office.deploy(calling("q"), name="caller", others={"way.dmn": table("ours")})
    (task,) = office.open_tasks(office.start("caller"))
    with office.work() as session:
        run, _ = persistence.peek(session, session.get_one(Instance, task.instance_id))
        assert run.seen_by(task.id)["to"] == "theirs"


def test_a_step_says_for_which_of_several_it_is_done_beyond_the_call_around_it(office) -> None:
    several = '<multiInstanceLoopCharacteristics camunda:collection="${people}" camunda:elementVariable="subject_id"/>'
    xml = calling("q").replace(
        b'calledElement="q" />', f'calledElement="q">{several}</callActivity>'.encode()
    )
    office.deploy(called("a"), name="q")
    office.deploy(xml, name="caller")
    office.start("caller", people=[7, "x" * 65, {"id": 8}, "nine"])
    assert sorted(task.subject or "" for task in office.open_tasks()) == ["", "", "7", "nine"]
