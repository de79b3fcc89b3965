"""Acts that fail in mid-run: nothing of them is stored, an incident is, and what was typed is kept."""

import pytest

from tests.workflows.jobs import E, S, incidents_of
from workflows import incidents, instances, tasks
from workflows.actor import Actor
from workflows.errors import Conflict, EngineFault, InvalidInput, NotAllowed, NotFound
from workflows.model import Incident, Instance, Task, TaskDraft

BAD = '<bpmn:scriptTask id="bad"><bpmn:script>x = missing + 1</bpmn:script></bpmn:scriptTask>'
USER = '<bpmn:userTask id="u" camunda:candidateGroups="handler"/>'
ANNA = Actor("anna", frozenset({"handler"}))
GUEST = Actor("guest", frozenset({"operator", "guest"}))
WAIT = (
    '<bpmn:intermediateCatchEvent id="w"><bpmn:{0}EventDefinition {0}Ref="x"/></bpmn:intermediateCatchEvent>'
)


@pytest.fixture
def fails_behind(office, diagram):
    office.deploy(diagram("behind", S + USER + BAD + E, "s>u", "u>bad", "bad>e"))
    return office.start("behind")


def test_a_completion_that_fails_keeps_the_answers_and_tells_the_operator(office, fails_behind):
    task = office.task("u", fails_behind)
    for word in ("once", "twice"):
        with pytest.raises(EngineFault) as failed:
            office.complete(task, ANNA, word=word)
        assert failed.value.element == "bad"
    assert office.get(Task, task.id).closed_at is None
    (incident,) = office.all(Incident)
    assert (incident.kind, incident.instance_id, incident.task_id) == (
        "failedCompletion",
        fails_behind.id,
        task.id,
    )
    assert (incident.element_id, "missing" in incident.message) == ("bad", True)
    (draft,) = office.all(TaskDraft)
    assert (draft.user_id, draft.answers) == ("anna", {"word": "twice"})
    office.check()


def test_a_completion_that_works_in_the_end_settles_its_incident(office, fails_behind):
    task = office.task("u", fails_behind)
    with pytest.raises(EngineFault):
        office.complete(task, ANNA)
    office.complete(task, ANNA, missing=1)
    (incident,) = office.all(Incident)
    assert (incident.resolved_by, office.all(TaskDraft)) == ("anna", [])


def test_an_operator_settles_it_or_says_try_again_and_nobody_else(office, fails_behind):
    task = office.task("u", fails_behind)
    for settle in (incidents.resolve, incidents.retry):
        with pytest.raises(EngineFault):
            office.complete(task, ANNA)
        (incident,) = office.all(Incident, Incident.resolved_at.is_(None))
        for actor, error in ((Actor("stranger"), NotFound), (GUEST, NotAllowed)):
            with office.work() as session, pytest.raises(error):
                settle(session, incident.id, actor=actor)
        with office.work() as session:
            settle(session, incident.id, actor=office.chief)
        with office.work() as session, pytest.raises(Conflict):
            settle(session, incident.id, actor=office.chief)
    assert incidents_of(office) == []


def test_a_start_that_fails_leaves_no_instance_but_an_incident(office, diagram):
    office.deploy(diagram("never", S + BAD, "s>bad"))
    for _ in range(2):
        with pytest.raises(EngineFault):
            office.start("never")
    assert office.all(Instance) == []
    (incident,) = office.all(Incident)
    assert (incident.kind, incident.instance_id, incident.element_id) == ("failedStart", None, "bad")
    assert incident.definition_id == office.definition("never").id
    with office.work() as session, pytest.raises(NotAllowed):
        incidents.resolve(session, incident.id, actor=GUEST)
    with office.work() as session:
        incidents.resolve(session, incident.id, actor=office.chief)


@pytest.mark.parametrize("door", ["message", "signal", "variables"])
def test_every_other_door_leaves_an_incident_too(office, diagram, door):
    kind = "signal" if door == "signal" else "message"
    wait = WAIT.format(kind)
    if door == "variables":
        wait = '<bpmn:intermediateCatchEvent id="w"><bpmn:conditionalEventDefinition><bpmn:condition>'
        wait += "${go}</bpmn:condition></bpmn:conditionalEventDefinition></bpmn:intermediateCatchEvent>"
    office.deploy(diagram("door", S + wait + BAD, "s>w", "w>bad", before=f'<bpmn:{kind} id="x" name="x"/>'))
    instance = office.start("door")
    acts = {
        "message": lambda session: instances.message(session, "x", actor=office.chief),
        "signal": lambda session: instances.signal(session, "x", actor=office.chief),
        "variables": lambda session: instances.set_variables(
            session, instance.id, {"go": True}, actor=office.chief
        ),
    }
    with pytest.raises(EngineFault), office.work() as session:
        acts[door](session)
    assert [(k, element) for k, element, _ in incidents_of(office)] == [(f"failed{door.title()}", "bad")]
    assert office.get(Instance, instance.id).revision == 1
    office.check()
    with office.work() as session:
        instances.cancel(session, instance.id, actor=office.chief, reason="broken")
    assert incidents_of(office) == []


def test_an_operation_that_breaks_is_a_fault_and_what_it_refuses_is_an_answer(office, diagram, operation):
    said = [RuntimeError("the printer is on fire"), InvalidInput("Not like this.", code="form")]

    @operation("tests.record")
    def record(context, answers):
        raise said.pop(0)

    recorded = (
        '<bpmn:userTask id="u"><bpmn:extensionElements><camunda:properties>'
        '<camunda:property name="record" value="tests.record"/></camunda:properties>'
        "</bpmn:extensionElements></bpmn:userTask>"
    )
    office.deploy(diagram("recorded", S + recorded, "s>u"))
    task = office.task("u", office.start("recorded"))
    with pytest.raises(EngineFault) as failed:
        office.complete(task)
    assert "fire" not in failed.value.message, "what broke inside is the operator's to read"
    assert "the printer is on fire" in office.all(Incident)[0].message
    with pytest.raises(InvalidInput):
        office.complete(task)
    assert len(office.all(Incident)) == 1


def test_a_draft_too_large_to_keep_does_not_hide_the_incident(office, fails_behind, monkeypatch):
    monkeypatch.setattr("workflows.tasks.acts.MAX_DRAFT", 1)
    with pytest.raises((EngineFault, InvalidInput)):
        office.complete(office.task("u", fails_behind), ANNA)
    assert [kind for kind, *_ in incidents_of(office)] == ["failedCompletion"]
    with office.work() as session:
        assert tasks.draft(session, office.task("u", fails_behind).id, actor=ANNA) is None
