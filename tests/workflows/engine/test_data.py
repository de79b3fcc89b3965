"""Data objects, stores, properties, inputs and outputs: carried out as copies of variables, or told."""

from __future__ import annotations

import pytest

from tests.workflows.engine.diagrams import (
    Story,
    TestHost,
    boundary,
    extended,
    file_of,
    flows,
    nodes,
    script,
    service,
    several,
    sub,
    user,
)
from workflows.engine import read

OBJECT = '<dataObject id="DO_1" name="order"/><dataObjectReference id="DOR_1" dataObjectRef="DO_1"/>'


def spec_of(inputs: str = "", outputs: str = "") -> str:
    """Return an ioSpecification; "id:name id2" lists the items of a side."""
    made = ""
    for tag, listed in (("dataInput", inputs), ("dataOutput", outputs)):
        for item in listed.split():
            identity, _, name = item.partition(":")
            made += f'<{tag} id="{identity}" name="{name}"/>' if name else f'<{tag} id="{identity}"/>'

    def refs(tag: str, listed: str) -> str:
        return "".join(f"<{tag}>{item.partition(':')[0]}</{tag}>" for item in listed.split())

    sets = f"<inputSet>{refs('dataInputRefs', inputs)}</inputSet>"
    sets += f"<outputSet>{refs('dataOutputRefs', outputs)}</outputSet>"
    return f"<ioSpecification>{made}{sets}</ioSpecification>"


def into(source: str, target: str, inner: str = "") -> str:
    listed = "".join(f"<sourceRef>{name}</sourceRef>" for name in source.split())
    return f"<dataInputAssociation>{listed}<targetRef>{target}</targetRef>{inner}</dataInputAssociation>"


def out_of(source: str, target: str, inner: str = "") -> str:
    return into(source, target, inner).replace("dataInputAssociation", "dataOutputAssociation")


def task(text: str, *data: str) -> str:
    return script("t", text).replace("<script>", f"{''.join(data)}<script>")


def line(middle: str, *before: str) -> str:
    return "".join(before) + nodes("startEvent", "s") + middle + nodes("endEvent", "e") + flows("s > t > e")


def test_associations_copy_variables_in_and_out() -> None:
    body = line(
        task(
            "given = given + 1\nresult = given * 10",
            spec_of("di:given", "do:result"),
            into("DOR_1", "di"),
            out_of("do", "DOR_1"),
        ),
        OBJECT,
    )
    variables = Story.begin(body, {"order": 4}).variables
    assert variables["order"] == 50
    assert "given" not in variables


def test_a_data_object_is_named_by_itself_its_reference_or_its_id() -> None:
    unnamed = '<dataObject id="DO_2"/><dataObjectReference id="DOR_2" name="bill" dataObjectRef="DO_2"/>'
    spaced = '<dataObject id="DO_3" name="A paper"/><dataObjectReference id="DOR_3" dataObjectRef="DO_3"/>'
    outputs = spec_of("", "o1 o2 o3") + out_of("o1", "DOR_1") + out_of("o2", "DOR_2") + out_of("o3", "DOR_3")
    story = Story.begin(line(task("o1 = 1\no2 = 2\no3 = 3", outputs), OBJECT, unnamed, spaced))
    assert {k: v for k, v in story.variables.items() if k[0] != "o" or k == "order"} == {
        "order": 1,
        "bill": 2,
        "DO_3": 3,
    }


def test_a_data_store_is_a_variable_of_the_process_also_from_within() -> None:
    store = '<dataStoreReference id="DSR" dataStoreRef="DS"/>'
    inner = sub("t", task("x = 7", spec_of("", "o:x"), out_of("o", "DSR")).replace('"t"', '"inner"'))
    story = Story.begin(line(inner, store), extra='<dataStore id="DS" name="shelf"/>')
    assert story.variables["shelf"] == 7


def test_a_data_object_of_a_subprocess_is_local_to_it() -> None:
    data = spec_of("", "do:result") + out_of("do", "DOR_1")
    inner = OBJECT + task("result = 5", data).replace('"t"', '"inner"')
    story = Story.begin(line(sub("t", inner)), {"order": 1})
    assert story.variables == {"order": 1, "result": 5}


def test_a_data_object_that_is_only_drawn_hides_no_variable() -> None:
    inner = OBJECT + task("order = order + 1").replace('"t"', '"inner"')
    assert Story.begin(line(sub("t", inner)), {"order": 1}).variables == {"order": 2}


@pytest.mark.parametrize("order", ["true", "false"])
def test_each_instance_of_a_subprocess_has_its_own_data_object(order: str) -> None:
    inner = sub("t", OBJECT + user("ask", spec_of("di:given") + into("DOR_1", "di")))
    loop = several("<loopCardinality>2</loopCardinality>", isSequential=order)
    body = line(inner.replace('<subProcess id="t">', f'<subProcess id="t">{loop}'))
    story = Story.begin(body)
    story.complete("ask", order="mine")
    if order == "false":
        assert [story.run.seen_by(task.id)["order"] for task in story.reload().open_tasks] == [None]
    story.complete("ask", order="yours")
    assert (story.outcome, story.variables) == ("completed", {})


def test_a_listed_input_without_a_value_blocks_nothing() -> None:
    body = line(task("x = 1", spec_of("di:given other"), into("DOR_1", "di")), OBJECT)
    assert Story.begin(body).variables == {"x": 1}


def test_transformation_and_assignment_compute() -> None:
    transformed = into("DOR_1", "di", "<transformation>${order * 2}</transformation>")
    assignment = "<assignment><from>${order + given}</from><to>${both}</to></assignment>"
    assigned = out_of("do", "DOR_1", assignment)
    body = line(task("x = given", spec_of("di:given", "do"), transformed, assigned), OBJECT)
    assert Story.begin(body, {"order": 3}).variables == {"order": 3, "x": 6, "both": 9}


def test_an_answer_to_data_seen_under_its_own_name_is_kept() -> None:
    body = line(user("t", spec_of("di:order") + into("DOR_1", "di")), OBJECT)
    story = Story.begin(body, {"order": 1})
    story.complete("t", order=2)
    assert story.variables == {"order": 2}


def test_a_message_carries_data_inputs_and_fills_data_outputs() -> None:
    thrown = (
        '<intermediateThrowEvent id="t"><dataInput id="di" name="number"/>'
        + into("DOR_1", "di")
        + "<inputSet><dataInputRefs>di</dataInputRefs></inputSet>"
        + '<messageEventDefinition messageRef="M"/></intermediateThrowEvent>'
    )
    caught = (
        '<intermediateCatchEvent id="t"><dataOutput id="do" name="number"/>'
        + out_of("do", "DOR_1")
        + "<outputSet><dataOutputRefs>do</dataOutputRefs></outputSet>"
        + '<messageEventDefinition messageRef="M"/></intermediateCatchEvent>'
    )
    names = '<message id="M" name="m"/>'
    story = Story.begin(line(thrown, OBJECT), {"order": 9}, extra=names)
    assert [(s.name, s.payload) for s in story.sent] == [("m", {"number": 9})]
    story = Story.begin(line(caught, OBJECT), extra=names)
    story.deliver("m", number=12)
    assert story.variables["order"] == 12


def test_a_boundary_event_fills_its_data_output() -> None:
    event = '<dataOutput id="do" name="number"/>' + out_of("do", "DOR_1")
    event += "<outputSet><dataOutputRefs>do</dataOutputRefs></outputSet>"
    event += '<messageEventDefinition messageRef="M"/>'
    body = line(user("t") + boundary("b", "t", event) + nodes("endEvent", "be"), OBJECT) + flows("b > be")
    story = Story.begin(body, extra='<message id="M" name="m"/>')
    story.deliver("m", number=12)
    assert story.variables["order"] == 12


def test_a_called_process_takes_data_inputs_and_gives_data_outputs() -> None:
    activity = (
        '<callActivity id="t" calledElement="q">'
        + spec_of("di:number", "do:double")
        + into("DOR_1", "di")
        + out_of("do", "DOR_1")
        + "</callActivity>"
    )
    inner = nodes("startEvent", "qs") + script("w", "double = number * 2\nother = 1") + flows("qs > w")
    called = f'<process id="q">{inner}</process>'
    assert Story.begin(line(activity, OBJECT), {"order": 4}, extra=called).variables == {"order": 8}


def test_a_loop_goes_over_the_data_behind_its_input() -> None:
    loop = several(
        "<loopDataInputRef>di</loopDataInputRef><loopDataOutputRef>do</loopDataOutputRef>"
        '<inputDataItem id="one"/><outputDataItem id="told"/>'
    )
    data = spec_of("di:list", "do:results") + into("DOR_1", "di") + out_of("do", "DOR_9")
    objects = (
        OBJECT
        + '<dataObject id="DO_9" name="doubled"/><dataObjectReference id="DOR_9" dataObjectRef="DO_9"/>'
    )
    repeated = task("told = one * 2", data, loop)
    assert Story.begin(line(repeated, objects), {"order": [1, 2]}).variables["doubled"] == [2, 4]


def test_data_is_no_argument_of_an_operation() -> None:
    parameters = extended(
        '<camunda:inputOutput><camunda:inputParameter name="no">${order}</camunda:inputParameter></camunda:inputOutput>'
    )
    inner = (
        parameters
        + spec_of("di:given")
        + into("DOR_1", "di")
        + several("<loopCardinality>1</loopCardinality>")
    )
    host = TestHost()
    Story.begin(line(service("t", "x.run", inner), OBJECT), {"order": 3}, host=host)
    assert host.called == [("x.run", {"no": 3})]


def told(*data: str) -> set[tuple[str | None, str]]:
    return {
        (f.element, f.severity)
        for f in read(file_of(line(task("x = 1", *data), OBJECT)))[1]
        if f.rule == "data"
    }


def test_an_association_that_cannot_be_carried_out_is_told() -> None:
    assert told(spec_of("di"), into("nothing", "di")) == {("t", "policy")}
    assert told(spec_of("di"), into("DOR_1", "nothing")) == {("t", "policy")}
    assert told(spec_of("di"), into("DOR_1 DO_1", "di")) == {("t", "policy")}
    nowhere = "<assignment><from>1</from><to>a + b</to></assignment>"
    assert told(spec_of("di"), into("DOR_1", "di", nowhere)) == {("t", "policy")}
    assert told(spec_of("di"), into("DOR_1", "di")) == set()


def test_lines_that_a_modeller_only_draws_mean_nothing() -> None:
    drawn = '<property id="P_1" name="__targetRef_placeholder"/>' + into("DOR_1", "P_1")
    assert told(drawn, "<dataOutputAssociation><targetRef>DOR_1</targetRef></dataOutputAssociation>") == set()
    assert Story.begin(line(task("x = 1", drawn), OBJECT), {"order": 1}).variables == {"order": 1, "x": 1}


def test_sender_and_receiver_of_a_message_may_name_what_it_carries_each_in_its_own_way() -> None:
    sets = "<{0}Set><data{1}Refs>{2}</data{1}Refs></{0}Set>"
    thrown = '<dataInput id="xi"/>' + into("DOR_1", "xi") + sets.format("input", "Input", "xi")
    caught = '<dataOutput id="co"/><dataOutputAssociation><sourceRef>co</sourceRef><targetRef>D2</targetRef>'
    caught += "</dataOutputAssociation>" + sets.format("output", "Output", "co")
    message = '<messageEventDefinition messageRef="M"/>'
    body = (
        OBJECT
        + '<dataObject id="D2" name="bill"/>'
        + nodes("startEvent", "s")
        + nodes("parallelGateway", "g")
    )
    body += f'<intermediateThrowEvent id="x">{thrown}{message}</intermediateThrowEvent>'
    body += f'<intermediateCatchEvent id="c">{caught}{message}</intermediateCatchEvent>'
    story = Story.begin(body + flows("s > g > x", "g > c"), {"order": 7}, extra='<message id="M" name="m"/>')
    assert (story.outcome, story.variables) == ("completed", {"order": 7, "bill": 7})
