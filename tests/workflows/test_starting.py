"""Every kind of start event starts a process: message, signal, time and condition."""

from datetime import timedelta

from tests.workflows.jobs import E, event, work_off
from workflows import clock, instances
from workflows.actor import Actor
from workflows.model import Instance

EXTRA = '<bpmn:message id="m" name="order"/><bpmn:signal id="g" name="alarm"/>'
TIMER = (
    '<bpmn:startEvent id="s"><bpmn:timerEventDefinition><bpmn:timeCycle>R2/PT1H</bpmn:timeCycle>'
    "</bpmn:timerEventDefinition></bpmn:startEvent>"
)
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
