"""Jobs that go on where a transaction ended: asynchronous continuations, and acts too long for one."""

from datetime import timedelta

import pytest
from sqlalchemy import update

from tests.workflows.jobs import E, S, incidents_of, work_off
from workflows import clock, history, incidents, instances, jobs, leasing, timers
from workflows.errors import Conflict
from workflows.model import Activity, Job, Timer

ASYNC = 'camunda:asyncBefore="true" camunda:asyncAfter="true"'
LOOP = '<bpmn:exclusiveGateway id="g"/><bpmn:scriptTask id="t"><bpmn:script>n = n + 1</bpmn:script></bpmn:scriptTask>'


def later(**delta):
    return clock.held_at(clock.now() + timedelta(**delta))


@pytest.fixture
def short(monkeypatch):
    monkeypatch.setattr("workflows.engine.instance.MAX_STEPS", 20)


def test_a_service_task_is_done_in_a_transaction_of_its_own(office, diagram, operation):
    done = []
    operation("tests.act")(lambda context: done.append(context.instance_id))
    task = f'<bpmn:serviceTask id="a" camunda:delegateExpression="${{tests.act}}" {ASYNC}/>'
    office.deploy(diagram("later", S + task + E, "s>a", "a>e"))
    instance = office.start("later")
    assert done == []
    office.check()
    assert work_off(office) == 2
    assert done == [instance.id]
    assert office.get(type(instance), instance.id).state == "completed"
    assert {job.status for job in office.all(Job)} == {"done"}
    passages = office.all(Activity, Activity.element_id == "a")
    assert [(p.kind, p.cancelled) for p in passages] == [("serviceTask", False)]
    office.check()


def test_a_continuation_that_fails_is_tried_again_and_then_an_incident(office, diagram, operation):
    broken = [True]

    @operation("tests.act")
    def act(context):
        if broken:
            raise RuntimeError("no")

    task = f'<bpmn:serviceTask id="a" camunda:delegateExpression="${{tests.act}}" {ASYNC}/>'
    office.deploy(diagram("failing", S + task + E, "s>a", "a>e"))
    instance = office.start("failing")
    now = clock.now()
    for _ in range(leasing.MAX_ATTEMPTS):
        with clock.held_at(now):
            work_off(office)
            office.check()
        now += timedelta(hours=1)
    ((kind, element, message),) = incidents_of(office)
    assert (kind, element) == ("failedJob", "a")
    assert "RuntimeError" in message
    (incident,) = (i.id for i in office.all(incidents.Incident))
    with office.work() as session, pytest.raises(Conflict):
        incidents.resolve(session, incident, actor=office.chief)
    broken.clear()
    with office.work() as session:
        incidents.retry(session, incident, actor=office.chief)
    with clock.held_at(now):
        work_off(office)
    assert office.get(type(instance), instance.id).state == "completed"
    assert incidents_of(office) == []


def test_a_long_act_is_continued_by_a_job_and_people_work_meanwhile(office, diagram, short):
    body = S + '<bpmn:parallelGateway id="f"/><bpmn:userTask id="u"/><bpmn:userTask id="v"/>' + LOOP + E
    flows = ["s>f", "f>u", "u>v", "f>g", "g>t", "t>x", "x>g?${n < 60}", "x>e?${n >= 60}"]
    office.deploy(diagram("long", body + '<bpmn:exclusiveGateway id="x"/>', *flows))
    instance = office.start("long", n=0)
    office.check()
    (job,) = office.all(Job)
    assert (job.kind, job.status, job.payload["steps"] >= 20) == ("continue", "waiting", True)
    for turn in range(1, 4):
        with later(seconds=2 * turn):
            assert work_off(office) == 1
            office.check()
    office.complete(office.task("u", instance))
    assert office.task("v", instance)
    turns = 0
    while office.get(Job, job.id).status == "waiting":
        turns += 1
        with later(minutes=turns):
            work_off(office)
            office.check()
    assert turns > 2
    with office.work() as session:
        assert instances.variables(session, instance.id, office.chief)["n"] == 60
    assert [j.status for j in office.all(Job)] == ["done"]


def test_an_endless_loop_is_polite_visible_and_stopped(office, diagram, short, monkeypatch):
    office.deploy(diagram("endless", S + LOOP, "s>g", "g>t", "t>g"), diagram("short", S + E, "s>e"))
    instance = office.start("endless", n=0)
    for turn in range(1, 6):
        with later(minutes=turn):
            assert work_off(office) == 1, "it is due again later, behind whatever else is due by then"
    with office.work() as session:
        instances.suspend(session, instance.id, actor=office.chief)
    office.check()
    with later(hours=1):
        assert work_off(office) == 0
    with office.work() as session:
        instances.resume(session, instance.id, actor=office.chief)
    monkeypatch.setattr(jobs, "MAX_STEPS_WITHOUT_REST", 100)
    with later(hours=1):
        work_off(office)
        office.check()
    with later(hours=2):
        assert work_off(office) == 0
    assert [kind for kind, *_ in incidents_of(office)] == ["endless"]
    with office.work() as session:
        instances.cancel(session, instance.id, actor=office.chief, reason="it never ends")
    assert [job.status for job in office.all(Job)] == ["cancelled"]
    assert incidents_of(office) == []
    office.check()


def test_an_operator_lets_an_endless_run_go_on(office, diagram, short, monkeypatch):
    monkeypatch.setattr(jobs, "MAX_STEPS_WITHOUT_REST", 30)
    office.deploy(diagram("endless", S + LOOP, "s>g", "g>t", "t>g"))
    office.start("endless", n=0)
    with later(minutes=1):
        work_off(office)
    (incident,) = (i.id for i in office.all(incidents.Incident))
    with office.work() as session:
        incidents.retry(session, incident, actor=office.chief)
    with later(minutes=2):
        assert work_off(office) == 1
    (job,) = office.all(Job)
    assert (job.status, job.payload["steps"] < 30) == ("waiting", True)


def test_a_job_that_was_done_before_its_lease_ended_is_not_done_again(office, diagram, operation):
    done = []
    operation("tests.act")(lambda context: done.append(1))
    task = f'<bpmn:serviceTask id="a" camunda:delegateExpression="${{tests.act}}" {ASYNC}/>'
    office.deploy(diagram("once", S + task + '<bpmn:userTask id="u"/>', "s>a", "a>u"))
    instance = office.start("once")
    work_off(office)
    assert done == [1]
    # As if the worker had been killed after its commit, and the row had come back from an old backup.
    with office.work() as session:
        session.execute(update(Job).values(status="waiting"))
    work_off(office)
    assert done == [1]
    assert len(office.open_tasks(instance)) == 1
    office.check()


def test_the_viewer_shows_where_a_token_is_held(office, diagram):
    office.deploy(diagram("held", S + f'<bpmn:userTask id="u" {ASYNC}/>' + E, "s>u", "u>e"))
    instance = office.start("held")

    def active():
        with office.work() as session:
            return history.tokens(session, instance.id).active

    assert active() == ("u",)
    work_off(office)
    assert active() == ("u",)
    office.complete(office.task("u", instance))
    assert active() == ("u",)
    work_off(office)
    assert active() == ()


def test_jobs_are_forgotten_once_their_instance_has_ended(office, diagram):
    office.deploy(diagram("held", S + f'<bpmn:task id="t" {ASYNC}/><bpmn:userTask id="u"/>', "s>t", "t>u"))
    instance = office.start("held")
    work_off(office)
    for done, left in ((False, 2), (True, 0)):
        if done:
            office.complete(office.task("u", instance))
        with office.work() as session:
            jobs.forget(session, clock.now() + timedelta(days=1))
        assert len(office.all(Job)) == left
    office.check()


def test_a_timer_behind_a_long_act_fires_in_the_next_transaction(office, diagram, short):
    wait = (
        '<bpmn:intermediateCatchEvent id="{}"><bpmn:timerEventDefinition><bpmn:timeDuration>PT{}H'
        "</bpmn:timeDuration></bpmn:timerEventDefinition></bpmn:intermediateCatchEvent>"
    )
    body = S + '<bpmn:parallelGateway id="f"/>' + wait.format("one", 1) + wait.format("two", 2) + LOOP
    flows = ["s>f", "f>one", "f>two", "one>g", "g>t", "t>g", "two>u"]
    office.deploy(diagram("late", body + '<bpmn:userTask id="u"/>', *flows))
    instance = office.start("late", n=0)
    (second,) = office.all(Timer, Timer.element_id == "two")
    with later(hours=3):
        with office.work() as session:
            timers.fire(session, second.id)
        assert office.open_tasks(instance) == []
        office.check()
        work_off(office)
    with later(hours=3, seconds=2):
        work_off(office)
        assert office.task("u", instance)
        office.check()
    assert incidents_of(office) == []
