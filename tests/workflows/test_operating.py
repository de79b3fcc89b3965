"""What an operator does with one timer or job, and what rules keep from him."""

from datetime import timedelta

import pytest

from tests.workflows.jobs import THROW, E, S, event, incidents_of, pools
from workflows import clock, jobs, operating
from workflows.errors import Conflict, InvalidInput
from workflows.model import Incident, Instance, Job, Timer

TELLER = ("teller", S + THROW + E, "s>throw", "throw>e")
HEARER = (
    "hearer",
    '<bpmn:startEvent id="hs"/><bpmn:userTask id="u"/>' + event("intermediateCatchEvent", "hear"),
    "hs>u",
    "u>hear",
)
REPEATS = (
    '<bpmn:startEvent id="s"/><bpmn:userTask id="u"/><bpmn:boundaryEvent id="b" attachedToRef="u"'
    ' cancelActivity="false"><bpmn:timerEventDefinition><bpmn:timeCycle>R3/PT1H</bpmn:timeCycle>'
    '</bpmn:timerEventDefinition></bpmn:boundaryEvent><bpmn:endEvent id="e"/>'
)


def do(office, act, row, *given):
    with office.work() as session:
        return act(session, row.id, *given, actor=office.chief)


def test_in_a_matter_no_timer_is_moved_or_done_before_its_time(office, two_steps):
    office.deploy(two_steps)
    instance = office.start("pair")
    (timer,) = office.all(Timer)
    with office.work() as session:
        session.get_one(Instance, instance.id).scope_id = "matter"
    for act, given in ((operating.move, (clock.now(),)), (operating.execute, ())):
        with pytest.raises(Conflict) as refused:
            do(office, act, timer, *given)
        assert refused.value.code == "counted"
    with clock.held_at(timer.due_at):
        do(office, operating.execute, timer)
    assert office.get(Timer, timer.id).status == "fired"
    office.check()


def test_a_timer_that_repeats_keeps_its_turns(office, diagram):
    office.deploy(diagram("repeats", REPEATS, "s>u", "u>e", "b>e"))
    office.start("repeats")
    (timer,) = office.all(Timer)
    with pytest.raises(InvalidInput):
        do(office, operating.move, timer, clock.now() + timedelta(days=1))
    office.check()


def test_a_message_is_delivered_at_once_and_waits_for_its_receiver(office):
    office.deploy(pools(TELLER, HEARER))
    office.start("teller", n=1)
    (job,) = office.all(Job)
    with pytest.raises(Conflict) as refused:
        do(office, operating.execute, job)
    assert refused.value.code == "waits"
    # Given up for good: it is an operator's, who leaves it to the worker again.
    with office.work() as session:
        jobs.failed(session, job.id, jobs.Undelivered("Nobody."))
    hears = office.start("hearer")
    office.complete(office.task("u", hears))
    do(office, operating.execute, job)
    assert office.get(Job, job.id).status == "waiting"
    assert incidents_of(office) == []
    do(office, operating.execute, job)
    assert office.get(Job, job.id).status == "done"
    assert office.get(Instance, hears.id).state == "completed"
    assert office.all(Incident, Incident.resolved_at.is_(None)) == []
    office.check()
