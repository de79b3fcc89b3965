"""The deployment gate, versions, and what is found beside a diagram."""

import json

import pytest

from workflows import definitions, deployed
from workflows.definitions import checking
from workflows.errors import Conflict, InvalidInput, NotFound
from workflows.model import (
    Deployment,
    FormDefinition,
    Instance,
    ProcessDefinition,
    Resource,
    Subscription,
    Timer,
)

FORM = {"type": "default", "id": "receive", "components": [{"type": "textfield", "key": "a", "label": "甲"}]}
ATTRIBUTES = 'camunda:candidateGroups="handler" camunda:dueDate="P1D"'


def form(**changes):
    return json.dumps({**FORM, **changes}).encode()


def filled(diagram, key="filled", attributes='camunda:formRef="receive" camunda:formRefBinding="deployment"'):
    elements = (
        f'<bpmn:startEvent id="s"/><bpmn:userTask id="u" {attributes} {ATTRIBUTES}/><bpmn:endEvent id="e"/>'
    )
    return diagram(key, elements, "s>u", "u>e")


def rules(findings):
    return {(f.element, f.rule, f.severity) for f in findings}


def refused(office, content, profile="engine"):
    with pytest.raises(InvalidInput) as error, office.work() as session:
        definitions.deploy(session, content, name="x", actor=office.chief, profile=profile)
    return error.value


def test_the_same_files_again_add_nothing(office, two_steps):
    first = office.deploy(two_steps)
    assert office.deploy(two_steps).id == first.id
    assert len(office.all(Deployment)) == len(office.all(ProcessDefinition)) == len(office.all(Resource)) == 1


def test_a_changed_diagram_is_a_new_version_and_running_instances_keep_theirs(office, two_steps):
    office.deploy(two_steps)
    old = office.start("pair")
    office.deploy(two_steps.replace('name="一"', 'name="壹"'))
    new = office.start("pair")
    assert office.definition("pair").version == 2
    assert office.task("one", old).name == "一"
    assert office.task("one", new).name == "壹"
    office.complete(office.task("one", old))
    assert office.task("two", old).definition_id == old.definition_id
    assert old.definition_id.startswith("pair:1:")
    office.check()


def test_what_did_not_change_keeps_its_version(office, diagram, two_steps):
    office.deploy(two_steps, filled(diagram), others={"receive.form": form()})
    office.deploy(two_steps.replace("一", "壹"), filled(diagram), others={"receive.form": form()})
    assert [(d.key, d.version) for d in sorted(office.all(ProcessDefinition), key=lambda d: d.id)] == [
        ("filled", 1),
        ("pair", 1),
        ("pair", 2),
    ]
    assert len(office.all(FormDefinition)) == 1


def test_a_changed_form_bound_to_the_deployment_is_a_new_version_of_its_process(office, diagram):
    office.deploy(filled(diagram), others={"receive.form": form()})
    office.deploy(filled(diagram), others={"receive.form": form(title="新")})
    assert office.definition("filled").version == 2
    with office.work() as session:
        versions = definitions.list_definitions(session, key="filled")
        titles = []
        for version in versions:
            node = definitions.compiled(session, version.id).nodes["u"]
            titles.append(definitions.form(session, version, node).title("zh"))
    assert titles == ["新", "receive"]


def test_a_form_that_is_not_bound_is_the_latest(office, diagram):
    office.deploy(filled(diagram, attributes='camunda:formRef="receive"'), others={"receive.form": form()})
    office.deploy(filled(diagram, "other"), name="b", others={"receive.form": form(title="新")})
    with office.work() as session:
        version = definitions.latest(session, "filled")
        node = definitions.compiled(session, version.id).nodes["u"]
        assert definitions.form(session, version, node).title("zh") == "新"


@pytest.mark.parametrize(
    "attributes",
    ['camunda:formKey="camunda-forms:deployment:receive.form"', 'camunda:formRef="receive"'],
)
def test_a_form_is_found_by_file_or_id(office, diagram, attributes):
    office.deploy(filled(diagram, attributes=attributes), others={"receive.form": form()})
    with office.work() as session:
        version = definitions.latest(session, "filled")
        node = definitions.compiled(session, version.id).nodes["u"]
        assert definitions.form(session, version, node).fields[0].key == "a"


def test_a_form_version_is_found_by_number(office, diagram):
    bound = 'camunda:formRef="receive" camunda:formRefBinding="version" camunda:formRefVersion="1"'
    office.deploy(filled(diagram, attributes=bound), others={"receive.form": form(title="旧")})
    office.deploy(filled(diagram, "other"), name="b", others={"receive.form": form(title="新")})
    with office.work() as session:
        version = definitions.latest(session, "filled")
        node = definitions.compiled(session, version.id).nodes["u"]
        assert definitions.form(session, version, node).title("zh") == "旧"


def test_fields_drawn_on_a_task_become_a_form(office, diagram):
    fields = (
        '<bpmn:startEvent id="s"/><bpmn:userTask id="u"><bpmn:extensionElements><camunda:formData>'
        '<camunda:formField id="name" label="名称" type="string"/>'
        '<camunda:formField id="n" label="数" type="long"/>'
        '<camunda:formField id="way" label="方式" type="enum"><camunda:value id="a" name="甲"/>'
        "</camunda:formField>"
        "</camunda:formData></bpmn:extensionElements></bpmn:userTask>"
    )
    office.deploy(diagram("drawn", fields, "s>u"))
    with office.work() as session:
        version = definitions.latest(session, "drawn")
        found = definitions.form(session, version, definitions.compiled(session, version.id).nodes["u"])
    assert [(f.key, f.type) for f in found.fields] == [
        ("name", "textfield"),
        ("n", "number"),
        ("way", "select"),
    ]


def test_a_foreign_form_key_is_no_form_of_ours(office, diagram):
    office.deploy(filled(diagram, attributes='camunda:formKey="embedded:app:x.html"'))
    with office.work() as session:
        version = definitions.latest(session, "filled")
        assert (
            definitions.form(session, version, definitions.compiled(session, version.id).nodes["u"]) is None
        )


def test_what_a_diagram_names_must_be_there(office, diagram, operation):
    elements = (
        '<bpmn:startEvent id="s"><bpmn:extensionElements><camunda:properties>'
        '<camunda:property name="record" value="no.record"/></camunda:properties></bpmn:extensionElements>'
        "</bpmn:startEvent>"
        '<bpmn:serviceTask id="t" camunda:delegateExpression="${no.such}"/>'
        '<bpmn:businessRuleTask id="r" camunda:decisionRef="who" camunda:resultVariable="x"/>'
        '<bpmn:userTask id="u" camunda:formRef="nowhere" camunda:dueDate="${limit(\'T99\')}"/>'
        '<bpmn:userTask id="v" camunda:formRef="receive" camunda:formRefBinding="deployment"'
        ' camunda:assignee="${whoever()}"/>'
    )
    xml = diagram("asking", elements, "s>t", "t>r", "r>u", "u>v")
    error = refused(office, {"a.bpmn": xml.encode()})
    assert rules(error.findings) >= {
        ("s", "operation", "error"),
        ("t", "operation", "error"),
        ("r", "decision", "error"),
        ("u", "form", "error"),
        ("u", "limit", "error"),
        ("v", "form", "error"),
        ("v", "function", "error"),
    }
    assert all(f.message.startswith("a.bpmn: ") for f in error.findings)
    assert office.all(Deployment) == []


def test_a_recording_operation_must_take_answers(office, diagram, operation):
    @operation("books.odd")
    def odd(context):
        return None

    elements = (
        '<bpmn:startEvent id="s"><bpmn:extensionElements><camunda:properties>'
        '<camunda:property name="record" value="books.odd"/></camunda:properties></bpmn:extensionElements>'
        '</bpmn:startEvent><bpmn:userTask id="u"/>'
    )
    error = refused(office, {"a.bpmn": diagram("odd", elements, "s>u").encode()})
    assert ("s", "arguments", "error") in rules(error.findings)


def test_the_office_refuses_what_the_engine_would_run(office, diagram):
    xml = diagram("bare", '<bpmn:startEvent id="s"/><bpmn:userTask id="u"/>', "s>u").encode()
    error = refused(office, {"a.bpmn": xml}, profile="office")
    assert {f.rule for f in error.findings if f.severity == "policy"} >= {
        "no_candidates",
        "no_form",
        "no_deadline",
    }
    office.deploy(xml)


def test_unknown_roles_are_policy(office, diagram):
    definitions.know_roles({"handler"})
    try:
        task = '<bpmn:userTask id="u" camunda:candidateGroups="handler@JD1, painter@JD1"/>'
        elements = '<bpmn:startEvent id="s"/>' + task
        findings = definitions.check({"a.bpmn": diagram("roles", elements, "s>u").encode()}, profile="engine")
    finally:
        definitions.know_roles(None)
    assert [f.message for f in findings if f.rule == "role"] == [
        "a.bpmn: There is no role 'painter@JD1'; there are: handler."
    ]


@pytest.mark.parametrize(
    "content",
    [
        {},
        {"../a.bpmn": b"x"},
        {"/a.bpmn": b"x"},
        {"a\\b.bpmn": b"x"},
        {"a\nb.bpmn": b"x"},
        {"": b"x"},
        {"x" * 300 + ".bpmn": b"x"},
        {"a.bpmn": b"x" * (5 * 2**20 + 1)},
        {f"{n}.txt": b"" for n in range(201)},
    ],
)
def test_names_and_sizes_of_files_have_bounds(office, content):
    refused(office, content)
    assert office.all(Deployment) == []


BILLION_LAUGHS = b"""<?xml version="1.0"?><!DOCTYPE l [<!ENTITY a "ha"><!ENTITY b "&a;&a;">]>
<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL">&b;</definitions>"""


@pytest.mark.parametrize("data", [BILLION_LAUGHS, b"", b"<a>", b"\xff\xfe\x00", b"{}", b"PK\x03\x04"])
def test_hostile_and_broken_files_are_findings(office, data):
    for name in ("a.bpmn", "a.dmn", "a.form"):
        error = refused(office, {name: data})
        assert error.findings, name
        assert error.findings[0].message.startswith(name)


def test_the_same_process_in_two_files_is_refused(office, two_steps):
    error = refused(office, {"a.bpmn": two_steps.encode(), "b.bpmn": two_steps.encode()})
    assert ("pair", "duplicate", "error") in rules(error.findings)


def test_a_deployment_is_found_and_listed(office, two_steps):
    deployment = office.deploy(two_steps)
    office.deploy(two_steps.replace("一", "壹"))
    with office.work() as session:
        assert (
            definitions.xml(session, office.definition("pair").id) == two_steps.replace("一", "壹").encode()
        )
        assert [d.version for d in definitions.list_definitions(session)] == [2, 1]
        assert [d.version for d in definitions.list_definitions(session, latest_only=True)] == [2]
        assert [r.name for r in definitions.resources(session, deployment.id)] == ["0.bpmn"]
        assert len(definitions.list_deployments(session)) == 2
        for find in (definitions.get, definitions.xml, definitions.latest, definitions.resources):
            with pytest.raises(NotFound):
                find(session, "nothing")


def test_a_deployment_goes_only_while_nobody_has_used_it(office, two_steps):
    office.deploy(two_steps)
    second = office.deploy(two_steps.replace("一", "壹"))
    with office.work() as session:
        definitions.delete_deployment(session, second.id, False, actor=office.chief)
    assert office.definition("pair").version == 1
    instance = office.start("pair")
    with office.work() as session, pytest.raises(Conflict):
        definitions.delete_deployment(session, office.all(Deployment)[0].id, True, actor=office.chief)
    with office.work() as session, pytest.raises(NotFound):
        definitions.delete_deployment(session, second.id, True, actor=office.chief)
    assert office.get(Instance, instance.id).state == "active"


def test_a_suspended_definition_starts_nothing(office, two_steps):
    office.deploy(two_steps)
    with office.work() as session:
        definitions.set_suspended(session, office.definition("pair").id, True, actor=office.chief)
    with pytest.raises(Conflict):
        office.start("pair")
    with office.work() as session:
        definitions.set_suspended(session, office.definition("pair").id, False, actor=office.chief)
    office.start("pair")


MESSAGE_START = (
    '<bpmn:startEvent id="s"><bpmn:messageEventDefinition messageRef="m"/></bpmn:startEvent>'
    '<bpmn:startEvent id="d"><bpmn:timerEventDefinition><bpmn:timeCycle xsi:type="bpmn:tFormalExpression">'
    "R/P1D</bpmn:timeCycle></bpmn:timerEventDefinition></bpmn:startEvent>"
    '<bpmn:userTask id="u"/>'
)
MESSAGE = '<bpmn:message id="m" name="arrived"/>'


def test_only_the_latest_version_is_started_from_outside(office, diagram):
    xml = diagram("told", MESSAGE_START, "s>u", "d>u", before=MESSAGE)
    office.deploy(xml)
    office.deploy(xml.replace('<bpmn:userTask id="u"/>', '<bpmn:userTask id="u" name="新"/>'))
    latest = office.definition("told")
    assert [(s.definition_id, s.element_id, s.name) for s in office.all(Subscription)] == [
        (latest.id, "s", "arrived")
    ]
    assert [t.definition_id for t in office.all(Timer, Timer.status == "waiting")] == [latest.id]
    with office.work() as session:
        definitions.delete_deployment(session, latest.deployment_id, False, actor=office.chief)
    before = office.definition("told")
    assert [s.definition_id for s in office.all(Subscription)] == [before.id]
    assert [t.definition_id for t in office.all(Timer, Timer.status == "waiting")] == [before.id]


def test_parsed_definitions_are_shared(office, two_steps):
    office.deploy(two_steps)
    office.deploy(two_steps, name="again under another name")
    with office.work() as session:
        definition_id = office.definition("pair").id
        assert deployed.compiled(session, definition_id) is deployed.compiled(session, definition_id)
    with office.counting() as statements, office.work() as session:
        deployed.compiled(session, definition_id)
    assert statements == []


WORKERS = (
    '<bpmn:extensionElements><camunda:properties><camunda:property name="workers" value="handler"/>'
    "</camunda:properties></bpmn:extensionElements>"
)


def test_what_nobody_here_would_answer_is_told(office, diagram):
    elements = (
        '<bpmn:startEvent id="s"/><bpmn:serviceTask id="x" camunda:type="external" camunda:topic="t"/>'
        '<bpmn:startEvent id="c"><bpmn:conditionalEventDefinition>'
        '<bpmn:condition xsi:type="bpmn:tFormalExpression">${a}</bpmn:condition>'
        "</bpmn:conditionalEventDefinition></bpmn:startEvent>"
    )
    findings = definitions.check({"a.bpmn": diagram("odd", elements, "s>x", "c>x").encode()})
    assert rules(findings) >= {("x", "external", "policy"), ("c", "start", "policy")}
    named = elements.replace('topic="t"/>', 'topic="t">' + WORKERS + "</bpmn:serviceTask>")
    findings = definitions.check({"a.bpmn": diagram("odd", named, "s>x", "c>x").encode()})
    assert ("x", "external", "policy") not in rules(findings)


def test_processes_that_are_called_pass_the_same_gate(office, diagram):
    caller = diagram(
        "caller", '<bpmn:startEvent id="s"/><bpmn:callActivity id="c" calledElement="called"/>', "s>c"
    )
    called = (
        '<bpmn:process id="called" isExecutable="false"><bpmn:startEvent id="cs"/>'
        '<bpmn:serviceTask id="cx" camunda:delegateExpression="${no.such}"/>'
        '<bpmn:sequenceFlow id="cf" sourceRef="cs" targetRef="cx"/></bpmn:process></bpmn:definitions>'
    )
    findings = definitions.check({"a.bpmn": caller.replace("</bpmn:definitions>", called).encode()})
    assert ("cx", "operation", "error") in rules(findings)


def test_the_operations_of_listeners_exist_and_are_given_what_they_take(office, diagram):
    listener = '<camunda:executionListener event="start" delegateExpression="${no.such}"/>'
    elements = (
        '<bpmn:startEvent id="s"/><bpmn:task id="t"><bpmn:extensionElements>'
        f"{listener}</bpmn:extensionElements></bpmn:task>"
    )
    findings = definitions.check({"a.bpmn": diagram("listening", elements, "s>t").encode()})
    assert ("t", "operation", "error") in rules(findings)


def test_tokens_that_meet_unawares_are_refused_in_an_office_only(diagram):
    elements = (
        '<bpmn:startEvent id="s"/><bpmn:parallelGateway id="f"/><bpmn:exclusiveGateway id="m"/>'
        '<bpmn:task id="a"/><bpmn:task id="b"/><bpmn:task id="c"/><bpmn:endEvent id="e"/>'
    )
    content = {
        "twice.bpmn": diagram("twice", elements, "s>f", "f>a", "f>b", "a>m", "b>m", "m>c", "c>e").encode()
    }
    findings = definitions.check(content)
    assert rules(findings) == {("m", "lack_of_synchronisation", "policy")}
    assert findings[0].path == ("s", "f", "a", "b", "m")
    assert checking.refused(findings, "office") == findings
    assert checking.refused(findings, "engine") == []


def test_a_template_of_a_paper_that_says_more_than_it_may_is_refused(office, two_steps):
    content = {"p.bpmn": two_steps.encode(), "letter.j2": b'<paper title="{{ x.__class__ }}"/>'}
    error = refused(office, content)
    assert {found for found in rules(error.findings) if found[2] == "error"} == {(None, "paper", "error")}
    assert "letter.j2: " in error.message


def test_a_changed_template_is_a_new_version_and_running_instances_keep_theirs(office, two_steps):
    def deploy(title):
        with office.work() as session:
            content = {"p.bpmn": two_steps.encode(), "letter.j2": f'<paper title="{title}"/>'.encode()}
            definitions.deploy(session, content, name="x", actor=office.chief, profile="engine")

    def title_of(instance):
        with office.work() as session:
            owner = deployed.process(session, instance.definition_id)
            assert deployed.paper(session, owner, "other") is None
            return deployed.paper(session, owner, "letter").fill({}).title

    deploy("旧")
    old = office.start("pair")
    deploy("新")
    assert (title_of(old), title_of(office.start("pair"))) == ("旧", "新")
