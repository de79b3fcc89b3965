"""Claiming, filling and completing tasks: who may, how it is refused, and what becomes of answers."""

import json

import pytest

from tests.workflows.engine.diagrams import extended, file_of, flows, nodes, user
from workflows import instances, persistence, recording, tasks
from workflows.actor import Actor
from workflows.errors import Conflict, FieldError, InvalidInput, NotAllowed, NotFound
from workflows.forms import Option
from workflows.model import Instance, Task, TaskCandidate, TaskDraft

ANNA = Actor("anna", frozenset({"anna", "handler"}))
CARL = Actor("carl", frozenset({"carl", "handler"}))
GUEST = Actor("gast", frozenset({"handler", "guest"}))
STRANGER = Actor("stranger", frozenset({"stranger"}))

FORM = {
    "type": "default",
    "id": "receive",
    "components": [
        {"type": "textfield", "key": "story", "label": "事", "validate": {"required": True}},
        {"type": "number", "key": "amount", "label": "数", "properties": {"target": "variable"}},
        {"type": "select", "key": "way", "label": "方式", "valuesKey": "ways"},
    ],
}


def filled(diagram, properties="", start_properties="", *, start_form=""):
    def extension(content):
        inner = f"<camunda:properties>{content}</camunda:properties>"
        return "<bpmn:extensionElements>" + inner + "</bpmn:extensionElements>"

    elements = (
        f'<bpmn:startEvent id="s" {start_form}>{extension(start_properties)}</bpmn:startEvent>'
        '<bpmn:userTask id="u" camunda:candidateGroups="handler" camunda:formRef="receive"'
        f' camunda:formRefBinding="deployment">{extension(properties)}</bpmn:userTask>'
        '<bpmn:userTask id="v" camunda:candidateGroups="handler"/><bpmn:endEvent id="e"/>'
    )
    return diagram("filled", elements, "s>u", "u>v", "v>e")


def named(name, value):
    return f'<camunda:property name="{name}" value="{value}"/>'


@pytest.fixture(autouse=True)
def code_tables():
    recording.install(lambda session: {"ways": [Option("DW1", "谈话"), Option("DW2", "初核")]})
    yield
    recording.install(lambda session: {})


@pytest.fixture
def task(office, two_steps):
    office.deploy(two_steps)
    office.start("pair")
    return office.task("one")


def raised(office, kind, act, *given, **named):
    with pytest.raises(kind) as error, office.work() as session:
        act(session, *given, **named)
    return error.value


def test_claiming_makes_a_task_ones_own(office, task):
    with office.work() as session:
        claimed = tasks.claim(session, task.id, actor=ANNA)
        assert (claimed.assignee, claimed.claimed_at, claimed.revision) == ("anna", task.created_at, 2)
    lost = raised(office, Conflict, tasks.claim, task.id, actor=CARL)
    assert (lost.code, lost.params) == ("claimed", {"by": "anna"})
    with office.work() as session:
        assert tasks.claim(session, task.id, actor=ANNA).revision == 2
    assert not any(c.claimable for c in office.all(TaskCandidate))
    office.check()


def test_releasing_gives_a_task_back(office, task):
    with office.work() as session:
        tasks.claim(session, task.id, actor=ANNA)
        assert tasks.release(session, task.id, actor=ANNA).assignee is None
    with office.work() as session:
        tasks.release(session, task.id, actor=ANNA)
        assert tasks.claim(session, task.id, actor=CARL).assignee == "carl"
    office.check()


def test_assigning_gives_a_task_to_anybody_or_nobody(office, task):
    with office.work() as session:
        assert tasks.assign(session, task.id, "zoe", actor=office.chief).assignee == "zoe"
    office.check()
    with office.work() as session:
        assert tasks.assign(session, task.id, None, actor=office.chief).assignee is None
    office.check()
    for wrong in ("", " ", "x" * 256):
        raised(office, InvalidInput, tasks.assign, task.id, wrong, actor=office.chief)


def test_refusals_come_in_order(office, task):
    for act in (tasks.claim, tasks.release, tasks.complete):
        assert raised(office, NotFound, act, "nothing", actor=ANNA).message == "There is no task nothing."
        assert (
            raised(office, NotFound, act, task.id, actor=STRANGER).message == f"There is no task {task.id}."
        )
    raised(office, NotAllowed, tasks.claim, task.id, actor=GUEST)
    assert raised(office, NotAllowed, tasks.complete, task.id, actor=GUEST).message == "Guests only look."
    with office.work() as session:
        tasks.claim(session, task.id, actor=ANNA)
    taken = raised(office, Conflict, tasks.complete, task.id, actor=GUEST)
    assert taken.params["by"] == "anna"
    with office.work() as session:
        instances.suspend(session, task.instance_id, actor=office.chief)
    for act in (tasks.claim, tasks.release, tasks.complete):
        assert raised(office, Conflict, act, task.id, actor=ANNA).code == "suspended"
    with office.work() as session:
        instances.resume(session, task.instance_id, actor=office.chief)
    office.complete(task, ANNA)
    closed = raised(office, Conflict, tasks.complete, task.id, actor=GUEST)
    assert (closed.code, closed.params["by"]) == ("closed", "anna")


def test_what_one_may_not_see_cannot_be_looked_into(office, task):
    for act in (tasks.get, lambda s, i, actor: tasks.form(s, i, actor=actor)):
        raised(office, NotFound, act, task.id, actor=STRANGER)
    with office.work() as session:
        assert tasks.get(session, task.id, ANNA).id == task.id


def test_a_candidate_completes_an_unclaimed_task_and_is_recorded(office, task):
    office.complete(task, ANNA)
    done = office.get(Task, task.id)
    assert (done.assignee, done.closed_by, done.outcome) == ("anna", "anna", "completed")
    assert done.closed_at == done.claimed_at
    office.check()


def test_completing_tells_what_the_actor_may_do_next(office, diagram):
    office.deploy(filled(diagram), others={"receive.form": json.dumps(FORM).encode()})
    office.start("filled")
    with office.work() as session:
        instance = tasks.complete(session, office.task("u").id, actor=ANNA, variables={"story": "事情"})
        (following,) = tasks.next_of(session, instance.id, ANNA)
    assert (following.element_id, instance.state) == ("v", "active")
    with office.work() as session:
        instance = tasks.complete(session, following.id, actor=ANNA)
        assert (instance.state, tasks.next_of(session, instance.id, ANNA)) == ("completed", [])


def test_answers_that_the_form_refuses_change_nothing(office, diagram):
    office.deploy(filled(diagram), others={"receive.form": json.dumps(FORM).encode()})
    office.start("filled")
    task = office.task("u")
    for way in ("answers", "variables"):
        wrong = raised(
            office,
            InvalidInput,
            tasks.complete,
            task.id,
            actor=ANNA,
            **{way: {"amount": "x", "way": "DW9", "extra": 1}},
        )
        assert {key: error.code for key, error in wrong.fields.items()} == {
            "story": "required",
            "amount": "type",
            "way": "option",
            "extra": "unknown",
        }
        assert isinstance(wrong.fields["story"], FieldError)
    assert office.task("u").revision == task.revision
    office.check()


def variables(office, instance):
    with office.work() as session:
        return instances.variables(session, instance.id, office.chief)


def test_only_marked_fields_become_variables(office, diagram):
    office.deploy(filled(diagram), others={"receive.form": json.dumps(FORM).encode()})
    instance = office.start("filled")
    office.complete(office.task("u"), ANNA, story="事情", amount=3, way="DW1")
    assert variables(office, instance) == {"amount": 3}


def test_without_marks_every_answer_is_a_variable_and_a_missing_one_is_null(office, diagram):
    plain = json.loads(json.dumps(FORM))
    del plain["components"][1]["properties"]
    office.deploy(filled(diagram), others={"receive.form": json.dumps(plain).encode()})
    instance = office.start("filled")
    office.complete(office.task("u"), ANNA, story="事情")
    assert variables(office, instance) == {"story": "事情", "amount": None, "way": None}


def test_the_recording_operation_gets_the_answers_and_gives_variables(office, diagram, operation):
    seen = []

    @operation("books.receive")
    def receive(context, *, answers):
        seen.append((context.task_id, context.element_id, context.actor, answers, dict(context.variables)))
        return {"clue_id": "c1"}

    office.deploy(filled(diagram, named("record", "books.receive")), others=files())
    instance = office.start("filled", before=1)
    task = office.task("u")
    office.complete(task, ANNA, story="事情", amount=3)
    assert seen == [(task.id, "u", ANNA, {"story": "事情", "amount": 3}, {"before": 1})]
    assert variables(office, instance) == {"before": 1, "amount": 3, "clue_id": "c1"}


def files():
    return {"receive.form": json.dumps(FORM).encode()}


def test_a_refusing_recording_operation_leaves_the_task_open(office, diagram, operation):
    @operation("books.receive")
    def receive(context, *, answers):
        raise NotAllowed("Who proposed may not approve.", code="same_person")

    office.deploy(filled(diagram, named("record", "books.receive")), others=files())
    office.start("filled")
    refused = raised(
        office, NotAllowed, tasks.complete, office.task("u").id, actor=ANNA, answers={"story": "事情"}
    )
    assert refused.code == "same_person"
    assert office.task("u").assignee is None
    office.check()


def test_a_form_begins_with_what_is_known(office, diagram, operation):
    @operation("books.known", use="prefill")
    def known(context):
        return {"story": f"{context.variables['amount']} 件", "other": 1}

    office.deploy(filled(diagram, named("prefill", "books.known")), others=files())
    office.start("filled", amount=7)
    task = office.task("u")
    with office.work() as session:
        found, answers = tasks.form(session, task.id, actor=ANNA)
    assert found.id == "receive"
    assert answers == {"amount": 7, "story": "7 件"}


def test_a_draft_is_its_writers_alone_and_goes_with_the_task(office, diagram):
    office.deploy(filled(diagram), others=files())
    office.start("filled")
    task = office.task("u")
    for story in ("一", "二"):
        with office.work() as session:
            tasks.save_draft(
                session, task.id, actor=ANNA, answers={"story": story, "amount": "not yet a number"}
            )
    with office.work() as session:
        assert tasks.form(session, task.id, actor=ANNA)[1] == {"story": "二", "amount": "not yet a number"}
        assert tasks.form(session, task.id, actor=CARL)[1] == {}
        assert tasks.draft(session, task.id, actor=CARL) is None
    raised(office, NotFound, tasks.save_draft, task.id, actor=STRANGER, answers={})
    raised(office, NotAllowed, tasks.save_draft, task.id, actor=GUEST, answers={})
    raised(office, InvalidInput, tasks.save_draft, task.id, actor=ANNA, answers={"story": "x" * 300_000})
    with office.work() as session:
        tasks.claim(session, task.id, actor=CARL)
    raised(office, Conflict, tasks.save_draft, task.id, actor=ANNA, answers={})
    office.complete(task, CARL, story="三")
    assert office.all(TaskDraft) == []


def test_a_task_without_form_takes_variables_as_they_are(office, task):
    with office.work() as session:
        assert tasks.form(session, task.id, actor=ANNA) == (None, {})
    office.complete(task, ANNA, decision="agree", list=[1, {"a": None}])
    assert variables(office, office.get(Instance, task.instance_id)) == {
        "decision": "agree",
        "list": [1, {"a": None}],
    }


@pytest.mark.parametrize(
    "values", [{"__class__": 1}, {"": 1}, {"x": float("nan")}, {"x": {1, 2}}, {"x": 2**70}]
)
def test_variables_are_json_or_refused(office, task, values):
    raised(office, InvalidInput, tasks.complete, task.id, actor=ANNA, variables=values)
    assert office.task("one").closed_at is None


def test_each_of_several_tasks_sees_its_own_item(office, diagram, operation):
    seen = []

    @operation("books.receive")
    def receive(context, *, answers):
        seen.append((context.variables["who"], context.variables["all"]))

    @operation("books.known", use="prefill")
    def known(context):
        return {"story": context.variables["who"]}

    elements = (
        '<bpmn:startEvent id="s"/><bpmn:userTask id="u" camunda:assignee="${who}" camunda:formRef="receive"'
        ' camunda:formRefBinding="deployment"><bpmn:extensionElements><camunda:properties>'
        + named("record", "books.receive")
        + named("prefill", "books.known")
        + "</camunda:properties></bpmn:extensionElements><bpmn:multiInstanceLoopCharacteristics"
        ' camunda:collection="${all}" camunda:elementVariable="who"/></bpmn:userTask>'
    )
    office.deploy(diagram("each", elements, "s>u"), others=files())
    office.start("each", all=["anna", "carl"])
    for actor in (ANNA, CARL):
        with office.work() as session:
            mine = tasks.listing(session, actor, box="mine").rows
            assert len(mine) == 1
            assert tasks.form(session, mine[0].id, actor=actor)[1] == {"story": actor.id}
        office.complete(mine[0], actor, story="事情")
    assert seen == [("anna", ["anna", "carl"]), ("carl", ["anna", "carl"])]
    assert office.open_tasks() == []
    office.check()


def test_a_task_of_a_called_process_is_like_any_other(office, diagram):
    caller = diagram(
        "caller", '<bpmn:startEvent id="s"/><bpmn:callActivity id="c" calledElement="called"/>', "s>c"
    )
    called = (
        '<bpmn:process id="called" isExecutable="true"><bpmn:startEvent id="cs"/>'
        '<bpmn:userTask id="cu" camunda:candidateGroups="handler" camunda:formRef="receive"'
        ' camunda:formRefBinding="deployment"/><bpmn:sequenceFlow id="cf" sourceRef="cs" targetRef="cu"/>'
        "</bpmn:process></bpmn:definitions>"
    )
    office.deploy(caller.replace("</bpmn:definitions>", called), others=files())
    instance = office.start("caller")
    task = office.task("cu")
    with office.work() as session:
        assert tasks.form(session, task.id, actor=ANNA)[0].id == "receive"
    office.complete(task, ANNA, story="事情")
    assert office.get(Instance, instance.id).state == "completed"
    office.check()


def test_a_diagram_hears_to_whom_its_task_is_given(office):
    who = '<camunda:taskListener event="assignment" expression="${execution.setVariable(\'who\', task.assignee)}"/>'
    task = user("a", extended(who)).replace(' camunda:formKey="f"', "")
    office.deploy(file_of(nodes("startEvent", "s") + task + flows("s > a")))
    instance = office.start("p")
    task_id = office.task("a").id
    for act, heard in (
        (lambda session: tasks.claim(session, task_id, actor=office.chief), "chief"),
        (lambda session: tasks.assign(session, task_id, "li", actor=office.chief), "li"),
        (lambda session: tasks.assign(session, task_id, None, actor=office.chief), "li"),
    ):
        with office.work() as session:
            act(session)
        with office.work() as session:
            assert persistence.variables(session, session.get_one(Instance, instance.id)) == {"who": heard}
    office.check()
