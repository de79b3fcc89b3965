"""Outside workers on PostgreSQL when several want the same: one outcome, the others told plainly."""

from collections import Counter
from datetime import timedelta

import pytest
from sqlalchemy import true

from tests.workflows.test_persistence_races import act, at_once
from workflows import clock, external_tasks, instances, timers
from workflows.actor import Actor
from workflows.errors import Conflict, NotFound
from workflows.external_tasks import Wanted
from workflows.model import Activity, AuditEvent, ExternalTask, Instance, Timer

WORKERS = [Actor(f"worker{n}", frozenset({"worker"})) for n in range(4)]
HOUR = timedelta(hours=1)
PRINT = [Wanted("print", HOUR, true())]
PRINTED = (
    '<bpmn:startEvent id="s"/><bpmn:serviceTask id="print" camunda:type="external" camunda:topic="print"/>'
    '<bpmn:boundaryEvent id="late" attachedToRef="print"><bpmn:timerEventDefinition><bpmn:timeDuration>P1D'
    "</bpmn:timeDuration></bpmn:timerEventDefinition></bpmn:boundaryEvent>"
    '<bpmn:endEvent id="printed"/><bpmn:endEvent id="missed"/>'
)


@pytest.fixture
def office(racing_office, held_clock, diagram):
    racing_office.deploy(diagram("letter", PRINTED, "s>print", "print>printed", "late>missed"))
    return racing_office


def later(**delta):
    return clock.held_at(clock.now() + timedelta(**delta))


def fetch(office, worker, limit=1):
    """Return a function by which a worker fetches tasks and gets their ids."""
    given = act(office, external_tasks.fetch, worker.id, PRINT, actor=worker, limit=limit)
    return lambda: [one.task.id for one in given()]


def complete(office, task_id, worker):
    """Return a function by which a worker completes a task."""
    return act(
        office, external_tasks.complete, task_id, actor=worker, worker=worker.id, variables={}, local={}
    )


def ends(office, instance):
    """Return the end events that an instance has reached."""
    passed = office.all(Activity, Activity.instance_id == instance.id, ~Activity.cancelled)
    return [activity.element_id for activity in passed if activity.element_id in ("printed", "missed")]


def test_workers_who_fetch_at_once_never_get_the_same_task(office):
    for _ in range(12):
        office.start("letter")
    given = at_once(*(fetch(office, worker, 4) for worker in WORKERS))
    rest = fetch(office, WORKERS[0], 12)()
    handed = Counter(task_id for batch in [*given, rest] for task_id in batch)
    assert (len(handed), set(handed.values())) == (12, {1})
    for task in office.all(ExternalTask):
        assert task.locked_by == task.worker
    office.check()


@pytest.mark.parametrize("turn", range(4))
def test_of_two_who_complete_one_task_who_holds_it_does(office, turn):
    instance = office.start("letter")
    first, second = WORKERS[:2]
    (task_id,) = fetch(office, first)()
    with later(hours=2):
        # The first one's lock has ended, and it knows nothing of the second.
        assert fetch(office, second)() == [task_id]
        acts = [complete(office, task_id, first), complete(office, task_id, second)]
        stale, done = at_once(*acts) if turn % 2 else at_once(*acts[::-1])[::-1]
        assert done is None
        assert isinstance(stale, Conflict | NotFound), stale
        assert stale.code in ("locked", "external_task")
    assert ends(office, instance) == ["printed"]
    assert len(office.all(AuditEvent, AuditEvent.act == "external.complete")) == 1
    office.check()


def test_of_one_worker_who_completes_twice_at_once_one_does(office):
    for _ in range(4):
        instance = office.start("letter")
        (task_id,) = fetch(office, WORKERS[0])()
        given = at_once(*(complete(office, task_id, WORKERS[0]) for _ in range(4)))
        assert Counter(type(result).__name__ for result in given) == {"NoneType": 1, "NotFound": 3}
        assert ends(office, instance) == ["printed"]
    office.check()


def test_a_worker_and_a_deadline_at_once_leave_one_of_two_results(office):
    for turn in range(8):
        instance = office.start("letter")
        (timer,) = office.all(Timer, Timer.instance_id == instance.id)
        with later(days=1) if turn < 4 else later(hours=1):
            (task_id,) = fetch(office, WORKERS[0])()
            fire, finish = act(office, timers.fire, timer.id), complete(office, task_id, WORKERS[0])
            fired, finished = at_once(fire, finish) if turn % 2 else at_once(finish, fire)[::-1]
            if turn < 4:
                # At the deadline the timer goes first, whoever comes first.
                assert isinstance(finished, Conflict | NotFound), finished
                # Where the worker was at it the timer's waited for nothing: it comes back a moment later.
                assert fired is True or fire() is True
            else:
                assert (fired, finished) == (False, None)
            assert ends(office, instance) == (["missed"] if turn < 4 else ["printed"])
            assert office.all(ExternalTask, ExternalTask.instance_id == instance.id) == []
            office.check()


def test_a_worker_and_who_cancels_at_once_leave_one_of_two_results(office):
    for turn in range(8):
        instance = office.start("letter")
        (task_id,) = fetch(office, WORKERS[0])()
        finish = complete(office, task_id, WORKERS[0])
        stop = act(office, instances.cancel, instance.id, actor=office.chief, reason="Withdrawn.")
        finished, stopped = at_once(finish, stop) if turn % 2 else at_once(stop, finish)[::-1]
        ended = office.get(Instance, instance.id)
        if finished is None:
            assert (ended.state, stopped.code, ends(office, instance)) == ("completed", "ended", ["printed"])
        else:
            assert (ended.state, finished.code, ends(office, instance)) == ("cancelled", "external_task", [])
            assert isinstance(stopped, Instance)
    office.check()
