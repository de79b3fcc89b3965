"""Jobs on PostgreSQL when several want the same: one effect, the others find nothing left to do."""

from datetime import timedelta

import pytest

from tests.workflows.jobs import THROW, E, S, event, incidents_of, pools, work_off
from tests.workflows.test_persistence_races import act, at_once
from workflows import clock, jobs, timers
from workflows.errors import Conflict, EngineFault
from workflows.model import Activity, Instance, Job, Timer

TELLER = ("teller", S + THROW + E, "s>throw", "throw>e")
HS = '<bpmn:startEvent id="hs"/>'


@pytest.fixture
def office(racing_office, held_clock):
    return racing_office


def later(**delta):
    return clock.held_at(clock.now() + timedelta(**delta))


def test_of_four_workers_on_one_job_one_does_it(office):
    office.deploy(pools(TELLER, ("hearer", event("startEvent", "hs") + '<bpmn:userTask id="u"/>', "hs>u")))
    for _ in range(3):
        office.start("teller", n=1)
        (job,) = office.all(Job, Job.status == "waiting")
        given = at_once(*(act(office, jobs.run, job.id) for _ in range(4)))
        assert sorted(given) == [False, False, False, True]
    assert len(office.all(Instance, Instance.definition_key == "hearer")) == 3
    office.check()


WAIT = (
    '<bpmn:eventBasedGateway id="wait"/><bpmn:endEvent id="told"/><bpmn:endEvent id="late"/>'
    + event("intermediateCatchEvent", "hear")
    + '<bpmn:intermediateCatchEvent id="time"><bpmn:timerEventDefinition><bpmn:timeDuration>PT1H'
    "</bpmn:timeDuration></bpmn:timerEventDefinition></bpmn:intermediateCatchEvent>"
)


def test_a_message_and_a_deadline_at_once_leave_one_of_two_results(office):
    hearer = ("hearer", HS + WAIT, "hs>wait", "wait>hear", "wait>time", "hear>told", "time>late")
    office.deploy(pools(TELLER, hearer))
    for turn in range(8):
        hears = office.start("hearer", business_key=str(turn))
        office.start("teller", business_key=str(turn), n=1)
        (job,) = office.all(Job, Job.status == "waiting")
        (timer,) = office.all(Timer, Timer.instance_id == hears.id)
        with later(hours=1):
            fire, tell = act(office, timers.fire, timer.id), act(office, jobs.run, job.id)
            given = at_once(*((fire, tell) if turn % 2 else (tell, fire)))
            assert all(isinstance(r, bool | Conflict | EngineFault) for r in given), given
            if not any(result is True for result in given):
                # Who brought the message found the deadline due before it; who was to fire it gave way, and comes again.
                assert fire() is True
            ends = [a.element_id for a in office.all(Activity, Activity.instance_id == hears.id)]
            assert len({"told", "late"} & set(ends)) == 1
            office.check()
        with office.work() as session:
            # What is left of it is nobody's any more.
            session.get_one(Job, job.id).status = "cancelled"


def test_who_comes_to_wait_while_a_message_looks_for_him_gets_it_in_the_end(office):
    hearer = (
        "hearer",
        HS + '<bpmn:userTask id="u"/>' + event("intermediateCatchEvent", "hear"),
        "hs>u",
        "u>hear",
    )
    office.deploy(pools(TELLER, hearer))
    for turn in range(6):
        hears = office.start("hearer", business_key=str(turn))
        office.start("teller", business_key=str(turn), n=1)
        (job,) = office.all(Job, Job.status == "waiting")
        task = office.task("u", hears)
        come, look = (lambda task=task: office.complete(task)), act(office, jobs.run, job.id)
        at_once(*((come, look) if turn % 2 else (look, come)))
        with later(minutes=6):
            work_off(office)
        assert office.get(Instance, hears.id).state == "completed"
    assert incidents_of(office) == []
    office.check()
