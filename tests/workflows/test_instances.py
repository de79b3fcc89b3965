"""Starting, telling, holding and ending instances."""

import json

import pytest

from workflows import clock, instances, tasks, timers
from workflows.actor import Actor
from workflows.errors import Conflict, InvalidInput, NotAllowed, NotFound
from workflows.model import Activity, AuditEvent, Incident, Instance, Task, Timer
from workflows.operations import Recorded

ANNA = Actor("anna", frozenset({"anna", "handler"}))
BOB = Actor("bob", frozenset({"bob"}))
GUEST = Actor("gast", frozenset({"handler", "guest"}))
STRANGER = Actor("stranger", frozenset({"stranger"}))

MESSAGE = '<bpmn:message id="m" name="answered"/><bpmn:signal id="g" name="closed"/>'
WAITING = (
    '<bpmn:startEvent id="s"/>'
    '<bpmn:intermediateCatchEvent id="wait"><bpmn:messageEventDefinition messageRef="m"/>'
    "</bpmn:intermediateCatchEvent>"
    '<bpmn:userTask id="after" camunda:candidateGroups="handler"/>'
    '<bpmn:boundaryEvent id="out" attachedToRef="after"><bpmn:signalEventDefinition signalRef="g"/>'
    '</bpmn:boundaryEvent><bpmn:endEvent id="e"/>'
)


@pytest.fixture
def waiting(office, diagram):
    office.deploy(diagram("waiting", WAITING, "s>wait", "wait>after", "after>e", "out>e", before=MESSAGE))


def raised(office, kind, act, *given, **named):
    with pytest.raises(kind) as error, office.work() as session:
        act(session, *given, **named)
    return error.value


def state(office, instance):
    return office.get(Instance, instance.id).state


def test_starting_names_one_process(office, two_steps):
    office.deploy(two_steps)
    raised(office, NotFound, instances.start, key="nothing", actor=ANNA)
    raised(office, NotFound, instances.start, definition_id="nothing", actor=ANNA)
    raised(office, InvalidInput, instances.start, actor=ANNA)
    raised(office, InvalidInput, instances.start, key="pair", definition_id="pair:1:x", actor=ANNA)
    raised(office, InvalidInput, instances.start, key="pair", actor=ANNA, business_key="x" * 256)
    refused = raised(office, NotAllowed, instances.start, key="pair", actor=GUEST)
    assert refused.message == "Guests only look."
    with office.work() as session:
        instance = instances.start(session, key="pair", actor=GUEST, skip_policy=True, business_key="K")
    assert (instance.business_key, instance.started_by, instance.revision) == ("K", "gast", 1)
    with office.work() as session:
        by_id = instances.start(session, definition_id=instance.definition_id, actor=ANNA)
    assert by_id.definition_key == "pair"
    office.check()


START_FORM = {
    "type": "default",
    "id": "transfer",
    "components": [
        {"type": "textfield", "key": "story", "label": "事", "validate": {"required": True}},
        {"type": "number", "key": "amount", "label": "数", "properties": {"target": "variable"}},
    ],
}


@pytest.fixture
def transfer(office, diagram, operation):
    seen = []

    @operation("books.submit")
    def submit(context, *, answers):
        # A register may point at the instance's row, which must be there already.
        context.session.add(
            Activity(
                instance_id=context.instance_id,
                engine_id="x",
                element_id="s",
                kind="x",
                name="",
                entered_at=context.now,
                left_at=context.now,
            )
        )
        context.session.flush()
        seen.append((context, answers))
        return Recorded({"clue_id": "1"}, scope_id="clue:1", business_key="YS-1")

    elements = (
        '<bpmn:startEvent id="s" camunda:formRef="transfer" camunda:formRefBinding="deployment">'
        '<bpmn:extensionElements><camunda:properties><camunda:property name="record" value="books.submit"/>'
        '</camunda:properties></bpmn:extensionElements></bpmn:startEvent><bpmn:userTask id="u"/>'
    )
    office.deploy(diagram("transfer", elements, "s>u"), others={"t.form": json.dumps(START_FORM).encode()})
    return seen


def test_a_start_form_is_checked_and_recorded(office, transfer):
    wrong = raised(office, InvalidInput, instances.start, key="transfer", actor=ANNA, answers={"amount": "x"})
    assert set(wrong.fields) == {"story", "amount"}
    raised(office, InvalidInput, instances.start, key="transfer", actor=ANNA, variables={"other": "x"})
    assert office.all(Instance) == []
    with office.work() as session:
        answers = {"story": "事情", "amount": 2}
        instance = instances.start(session, key="transfer", actor=ANNA, answers=answers)
    context, got = transfer[0]
    assert got == answers
    assert (context.instance_id, context.element_id, context.actor) == (instance.id, "s", ANNA)
    found = office.get(Instance, instance.id)
    assert (found.scope_id, found.business_key) == ("clue:1", "YS-1")
    assert office.task("u").scope_id == "clue:1"
    with office.work() as session:
        assert instances.variables(session, instance.id, office.chief) == {"amount": 2, "clue_id": "1"}


def test_a_message_goes_to_the_one_who_waits(office, waiting):
    first = office.start("waiting", business_key="A", case=1)
    second = office.start("waiting", business_key="B", case=2)
    many = raised(office, InvalidInput, instances.message, "answered", actor=office.chief)
    assert (many.code, many.params["count"]) == ("many_receivers", 2)
    none = raised(office, InvalidInput, instances.message, "other", actor=office.chief)
    assert none.code == "no_receiver"
    raised(office, InvalidInput, instances.message, "answered", actor=office.chief, business_key="C")
    raised(office, InvalidInput, instances.message, "answered", actor=STRANGER, business_key="A")
    with office.work() as session:
        told = instances.message(
            session, "answered", actor=office.chief, business_key="A", variables={"answer": "yes"}
        )
    assert [i.id for i in told] == [first.id]
    with office.work() as session:
        assert instances.variables(session, first.id, office.chief) == {"case": 1, "answer": "yes"}
        told = instances.message(session, "answered", actor=office.chief, correlation={"case": 2})
    assert [i.id for i in told] == [second.id]
    raised(office, InvalidInput, instances.message, "answered", actor=office.chief, instance_id=first.id)
    office.check()


def test_a_message_may_go_to_all(office, waiting):
    started = {office.start("waiting").id for _ in range(3)}
    with office.work() as session:
        told = instances.message(session, "answered", actor=office.chief, all=True)
    assert {i.id for i in told} == started
    assert len(office.open_tasks()) == 3
    raised(office, InvalidInput, instances.message, "answered", actor=office.chief, all=True)
    office.check()


def test_who_may_only_look_tells_nothing(office, waiting):
    office.start("waiting")
    onlooker = Actor("looks", frozenset({"operator", "guest"}))
    raised(office, NotAllowed, instances.message, "answered", actor=onlooker)
    raised(office, InvalidInput, instances.message, "other", actor=onlooker, all=True)
    with office.work() as session:
        assert instances.message(session, "answered", actor=onlooker, all=True) == []


def test_a_message_starts_a_process_when_nobody_waits(office, diagram):
    elements = (
        '<bpmn:startEvent id="s"><bpmn:messageEventDefinition messageRef="m"/></bpmn:startEvent>'
        '<bpmn:userTask id="u"/>'
    )
    office.deploy(diagram("told", elements, "s>u", before=MESSAGE))
    with office.work() as session:
        told = instances.message(session, "answered", actor=ANNA, business_key="K", variables={"x": 1})
    assert (told[0].definition_key, told[0].business_key) == ("told", "K")
    assert office.task("u").instance_id == told[0].id
    raised(office, NotAllowed, instances.message, "answered", actor=GUEST)
    with pytest.raises(InvalidInput):
        office.start("told")
    office.check()


def test_a_signal_reaches_everybody_who_waits_and_may_be_moved(office, waiting):
    both = [office.start("waiting"), office.start("waiting")]
    with office.work() as session:
        assert instances.signal(session, "closed", actor=office.chief) == []
        instances.message(session, "answered", actor=office.chief, all=True)
    with office.work() as session:
        assert instances.signal(session, "closed", actor=STRANGER) == []
        assert {i.id for i in instances.signal(session, "closed", actor=office.chief)} == {i.id for i in both}
    assert {state(office, i) for i in both} == {"completed"}
    assert {t.outcome for t in office.all(Task)} == {"cancelled"}
    office.check()


def test_a_suspended_instance_hears_and_does_nothing(office, waiting):
    instance = office.start("waiting")
    with office.work() as session:
        instances.suspend(session, instance.id, actor=office.chief)
    raised(office, InvalidInput, instances.message, "answered", actor=office.chief)
    raised(office, Conflict, instances.set_variables, instance.id, {"x": 1}, actor=office.chief)
    office.check()
    with office.work() as session:
        instances.suspend(session, instance.id, actor=office.chief)
        instances.resume(session, instance.id, actor=office.chief)
        instances.resume(session, instance.id, actor=office.chief)
        instances.message(session, "answered", actor=office.chief)
    assert [e.act for e in office.all(AuditEvent, AuditEvent.instance_id == instance.id)] == [
        "instance.start",
        "instance.suspend",
        "instance.resume",
        "instance.message",
    ]
    office.check()


def test_what_falls_due_while_suspended_fires_after_resuming(office, two_steps):
    office.deploy(two_steps)
    instance = office.start("pair")
    with office.work() as session:
        instances.suspend(session, instance.id, actor=office.chief)
    assert {t.status for t in office.all(Timer)} == {"suspended"}
    assert office.task("one").suspended
    with clock.held_at(clock.now().replace(month=4)):
        with office.work() as session:
            assert timers.lease(session, "w") == []
        with office.work() as session:
            instances.resume(session, instance.id, actor=office.chief)
        with office.work() as session:
            leased = timers.lease(session, "w")
        with office.work() as session:
            assert [timers.fire(session, timer) for timer in leased] == [True]
        assert not office.task("escalated").suspended
    office.check()


def test_cancelling_ends_all_and_keeps_the_history(office, two_steps):
    office.deploy(two_steps)
    instance = office.start("pair")
    raised(office, NotFound, instances.cancel, instance.id, actor=STRANGER, reason="x")
    raised(office, NotAllowed, instances.cancel, instance.id, actor=GUEST, reason="x")
    raised(office, InvalidInput, instances.cancel, instance.id, actor=office.chief, reason=" ")
    with office.work() as session:
        instances.suspend(session, instance.id, actor=office.chief)
        instances.cancel(session, instance.id, actor=office.chief, reason="入错")
    found = office.get(Instance, instance.id)
    assert (found.state, found.end_reason, found.ended_at) == ("cancelled", "入错", clock.now())
    assert office.open_tasks() == []
    assert {(t.outcome, t.closed_by) for t in office.all(Task)} == {("cancelled", None)}
    assert {t.status for t in office.all(Timer)} == {"cancelled"}
    raised(office, Conflict, instances.cancel, instance.id, actor=office.chief, reason="again")
    with office.work() as session:
        assert instances.variables(session, instance.id, office.chief) == {}
    office.check()


def test_ending_closes_open_incidents(office, two_steps):
    office.deploy(two_steps)
    instance = office.start("pair")
    with office.work() as session:
        session.add(
            Incident(kind="failedTimer", instance_id=instance.id, message="x", created_at=clock.now())
        )
    with office.work() as session:
        instances.cancel(session, instance.id, actor=office.chief, reason="x")
    assert office.all(Incident)[0].resolved_by == "chief"


def test_setting_variables_needs_the_right_and_json(office, two_steps):
    office.deploy(two_steps)
    instance = office.start("pair")
    raised(office, NotAllowed, instances.set_variables, instance.id, {"x": 1}, actor=GUEST)
    raised(office, NotFound, instances.set_variables, instance.id, {"x": 1}, actor=STRANGER)
    raised(office, InvalidInput, instances.set_variables, instance.id, {"x": object()}, actor=office.chief)
    with office.work() as session:
        instances.set_variables(session, instance.id, {"x": [1]}, actor=office.chief)
        assert instances.variables(session, instance.id, office.chief) == {"x": [1]}
    raised(office, NotFound, instances.variables, instance.id, STRANGER)
    raised(office, NotAllowed, instances.variables, instance.id, GUEST)


def test_instances_are_listed_latest_first_page_by_page(office, two_steps):
    office.deploy(two_steps)
    started = []
    for minute in range(7):
        with clock.held_at(clock.now().replace(minute=minute // 2)):
            started.append(office.start("pair", actor=ANNA if minute % 2 else BOB, business_key=f"K{minute}"))
    found, after = [], None
    while True:
        with office.work() as session:
            page = instances.listing(session, office.chief, limit=2, after=after)
        found += page.rows
        if (after := page.next) is None:
            break
    assert {i.id for i in found} == {i.id for i in started}
    keys = [(i.started_at, i.id) for i in found]
    assert keys == sorted(keys, reverse=True)
    with office.work() as session:
        assert instances.count(session, office.chief) == 7
        assert instances.count(session, BOB) == 4
        assert instances.count(session, STRANGER) == 0
        assert len(instances.listing(session, office.chief, business_key="K3").rows) == 1
        assert instances.count(session, office.chief, started_by="anna", ended=False, state="active") == 3
        assert instances.get(session, found[0].id, office.chief).definition.key == "pair"
        with pytest.raises(NotFound):
            instances.get(session, found[0].id, STRANGER)


def test_a_task_of_an_ended_instance_is_closed_for_good(office, two_steps):
    office.deploy(two_steps)
    office.start("pair")
    task = office.task("one")
    with office.work() as session:
        instances.cancel(session, task.instance_id, actor=office.chief, reason="x")
    closed = raised(office, Conflict, tasks.complete, task.id, actor=ANNA)
    assert closed.code == "closed"
