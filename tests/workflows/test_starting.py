"""Every kind of start event starts a process: message, signal, time and condition."""

from datetime import UTC, datetime, timedelta

import pytest

from tests.workflows.jobs import E, event, work_off
from workflows import clock, instances, persistence
from workflows.actor import Actor
from workflows.model import Instance

ALL = (
    '<bpmn:startEvent id="s" parallelMultiple="true"><bpmn:messageEventDefinition messageRef="m"/>'
    '<bpmn:signalEventDefinition signalRef="g"/><bpmn:timerEventDefinition><bpmn:timeDate>'
    "2030-01-01T00:00:00Z</bpmn:timeDate></bpmn:timerEventDefinition></bpmn:startEvent>"
)
EXTRA = '<bpmn:message id="m" name="order"/><bpmn:signal id="g" name="alarm"/>'
TIMER = (
    '<bpmn:startEvent id="s"><bpmn:timerEventDefinition><bpmn:timeCycle>R2/PT1H</bpmn:timeCycle>'
    "</bpmn:timerEventDefinition></bpmn:startEvent>"
)
TASK = '<bpmn:userTask id="t" camunda:candidateGroups="handler"/>'
CONDITION = (
    '<bpmn:startEvent id="{}"><bpmn:conditionalEventDefinition><bpmn:condition>${{{}}}</bpmn:condition>'
    "</bpmn:conditionalEventDefinition></bpmn:startEvent>"
)


def states(office):
    return [(i.business_key, i.state) for i in office.all(Instance)]


def test_a_message_and_a_signal_from_outside(office, diagram):
    office.deploy(diagram("told", event("startEvent", "s") + E, "s>e", before=EXTRA))
    office.deploy(diagram("called", event("startEvent", "s", "signal", "g") + E, "s>e", before=EXTRA))
    with office.work() as session:
        instances.message(session, "order", actor=office.chief, business_key="k")
        instances.signal(session, "alarm", actor=office.chief)
    assert sorted(states(office), key=str) == [("k", "completed"), (None, "completed")]


def test_a_time(office, diagram):
    office.deploy(diagram("timed", TIMER + E, "s>e"))
    for hours, wanted in ((0, 0), (1, 1), (2, 2), (3, 2)):
        with clock.held_at(clock.now() + timedelta(hours=hours)):
            work_off(office)
        assert len(office.all(Instance)) == wanted


def test_several_times_of_one_start_event(office, diagram):
    daily = TIMER.split(">", 1)[1].replace("R2/PT1H", "R2/P1D").removesuffix("</bpmn:startEvent>")
    office.deploy(
        diagram("timed", TIMER.replace("</bpmn:startEvent>", daily + "</bpmn:startEvent>") + E, "s>e")
    )
    for hours, wanted in ((1, 1), (2, 2), (3, 2), (24, 3), (48, 4), (72, 4)):
        with clock.held_at(clock.now() + timedelta(hours=hours)):
            work_off(office)
        assert len(office.all(Instance)) == wanted


def test_a_condition_over_variables_from_outside(office, diagram):
    office.deploy(diagram("high", CONDITION.format("s", "temperature > 30") + E, "s>e"))
    office.deploy(diagram("low", CONDITION.format("s", "temperature &lt; 10") + E, "s>e"))
    low = office.definition("low").id
    with office.work() as session:
        for variables, wanted in (
            ({"temperature": 35}, ["high"]),
            ({"temperature": 20}, []),
            ({"humidity": 35}, []),
            ({"temperature": "warm"}, []),
        ):
            given = instances.condition(session, variables, actor=office.chief, business_key="k")
            assert [i.definition_key for i in given] == wanted
        both = {"temperature": 5}
        assert len(instances.condition(session, both, actor=office.chief, definition_id=low)) == 1
        guest = Actor("guest", frozenset({"guest"}))
        assert instances.condition(session, both, actor=guest) == []
    assert states(office) == [("k", "completed"), (None, "completed")]


def test_only_the_latest_version_starts(office, diagram):
    for limit in (30, 40):
        office.deploy(diagram("high", CONDITION.format("s", f"temperature > {limit}") + E, "s>e"))
    with office.work() as session:
        assert instances.condition(session, {"temperature": 35}, actor=office.chief) == []
        assert len(instances.condition(session, {"temperature": 45}, actor=office.chief)) == 1


@pytest.mark.parametrize("first", ["message", "signal", "time"])
def test_several_events_of_all_kinds_begin_one_instance(office, diagram, first):
    office.deploy(diagram("all", ALL + E, "s>e", before=EXTRA))

    def message(session):
        instances.message(session, "order", actor=office.chief)

    def signal(session):
        instances.signal(session, "alarm", actor=office.chief)

    acts = {"message": message, "signal": signal, "time": None}
    for name in sorted(acts, key=lambda name: name != first):
        assert "completed" not in {state for _, state in states(office)}
        if act := acts[name]:
            with office.work() as session:
                act(session)
            continue
        with clock.held_at(datetime(2030, 1, 1, 0, 1, tzinfo=UTC)):
            work_off(office)
    assert states(office) == [(None, "completed")]
    office.check()


def test_a_signal_thrown_by_another_process_goes_to_the_instance_begun_already(office, diagram):
    office.deploy(diagram("all", ALL + E, "s>e", before=EXTRA))
    throw = '<bpmn:endEvent id="e"><bpmn:signalEventDefinition signalRef="g"/></bpmn:endEvent>'
    office.deploy(diagram("thrower", '<bpmn:startEvent id="s"/>' + throw, "s>e", before=EXTRA))
    with office.work() as session:
        instances.message(session, "order", actor=office.chief)
        instances.start(session, key="thrower", actor=office.chief)
    work_off(office)
    with clock.held_at(datetime(2030, 1, 1, 0, 1, tzinfo=UTC)):
        work_off(office)
    assert states(office) == [(None, "completed")] * 2


def test_a_diagram_may_ask_who_has_started_it(office, diagram):
    office.deploy(diagram("asked", '<bpmn:startEvent id="s" camunda:initiator="who"/>' + TASK, "s>t"))
    instance = office.start("asked")
    with office.work() as session:
        assert persistence.variables(session, session.get_one(Instance, instance.id)) == {
            "who": instance.started_by
        }
