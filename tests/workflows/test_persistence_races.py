"""Many at once on PostgreSQL: one winner, the others told plainly, and rows that still equal the runs."""

import threading
from collections import Counter
from datetime import timedelta

import pytest
from sqlalchemy import func, select

from tests.workflows.conftest import open_office
from workflows import clock, instances, tasks, timers
from workflows.actor import Actor
from workflows.errors import Conflict, DubanError, InvalidInput
from workflows.instances import migration
from workflows.model import Activity, AuditEvent, Instance, ProcessDefinition, Task, Timer

CLERKS = [Actor(f"clerk{n}", frozenset({f"clerk{n}", "handler"})) for n in range(8)]


@pytest.fixture
def office(racing_office, held_clock):
    return racing_office


def at_once(*acts):
    """Run functions in threads of their own from one signal on; return what each gave or raised."""
    barrier = threading.Barrier(len(acts))
    results = [None] * len(acts)

    def run(place, act):
        barrier.wait(30)
        try:
            results[place] = act()
        except DubanError as error:
            results[place] = error

    threads = [threading.Thread(target=run, args=given) for given in enumerate(acts)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
        assert not thread.is_alive()
    return results


def act(office, function, *given, **named):
    """Return a function that does this in a transaction of its own."""

    def run():
        with office.work() as session:
            return function(session, *given, **named)

    return run


def test_of_eight_who_claim_one_gets_it_and_seven_learn_who(office, two_steps):
    office.deploy(two_steps)
    for _ in range(5):
        task = office.task("one", office.start("pair"))
        results = at_once(*(act(office, tasks.claim, task.id, actor=clerk) for clerk in CLERKS))
        winners = [r for r in results if isinstance(r, Task)]
        assert len(winners) == 1
        losers = [r for r in results if isinstance(r, Conflict)]
        assert len(losers) == 7
        assert {(e.code, e.params["by"]) for e in losers} == {("claimed", winners[0].assignee)}
    office.check()


def test_of_eight_who_complete_one_does_it(office, two_steps):
    office.deploy(two_steps)
    for _ in range(5):
        instance = office.start("pair")
        task = office.task("one", instance)
        results = at_once(*(act(office, tasks.complete, task.id, actor=clerk) for clerk in CLERKS))
        assert Counter(type(r).__name__ for r in results) == {"Instance": 1, "Conflict": 7}
        done = office.get(Task, task.id)
        assert {e.params["by"] for e in results if isinstance(e, Conflict)} == {done.closed_by}
        assert len(office.all(AuditEvent, AuditEvent.task_id == task.id)) == 1
        assert len(office.all(Activity, Activity.task_id == task.id)) == 1
    office.check()


def test_on_sqlite_writers_wait_for_each_other(sqlite_url, held_clock, two_steps):
    office = open_office(sqlite_url)
    office.deploy(two_steps)
    task = office.task("one", office.start("pair"))
    results = at_once(*(act(office, tasks.claim, task.id, actor=clerk) for clerk in CLERKS))
    assert Counter(type(r).__name__ for r in results) == {"Task": 1, "Conflict": 7}
    office.check()
    office.engine.dispose()


PARALLEL = (
    '<bpmn:startEvent id="s"/><bpmn:parallelGateway id="split"/><bpmn:parallelGateway id="join"/>'
    + "".join(f'<bpmn:userTask id="u{n}" camunda:candidateGroups="handler"/>' for n in range(6))
    + '<bpmn:userTask id="after"/>'
)


def test_parallel_tasks_of_one_instance_are_all_completed_at_once(office, diagram):
    flows = [flow for n in range(6) for flow in (f"split>u{n}", f"u{n}>join")]
    office.deploy(diagram("parallel", PARALLEL, "s>split", *flows, "join>after"))
    for _ in range(4):
        instance = office.start("parallel")
        open_tasks = office.open_tasks(instance)
        results = at_once(
            *(
                act(office, tasks.complete, task.id, actor=CLERKS[n], variables={task.element_id: n})
                for n, task in enumerate(open_tasks)
            )
        )
        assert {type(r).__name__ for r in results} == {"Instance"}
        assert [t.element_id for t in office.open_tasks(instance)] == ["after"]
        with office.work() as session:
            assert len(instances.variables(session, instance.id, office.chief)) == 6
        assert office.get(Instance, instance.id).revision == 7
    office.check()


def test_a_clerk_and_a_deadline_at_once_leave_one_of_two_results(office, two_steps):
    office.deploy(two_steps)
    results = set()
    for turn in range(12):
        instance = office.start("pair")
        task = office.task("one", instance)
        with clock.held_at(instance.started_at + timedelta(days=2)):
            # At the deadline the timer goes first, whoever comes first: a late step is taken away.
            fire = act(office, timers.fire, office.all(Timer, Timer.instance_id == instance.id)[0].id)
            complete = act(office, tasks.complete, task.id, actor=CLERKS[0])
            given = at_once(*((fire, complete) if turn % 2 else (complete, fire)))
            office.check()
            # Where the clerk was at it the worker waited for nothing: it comes back a moment later.
            fire()
        results.add(office.get(Task, task.id).outcome)
        assert any(isinstance(r, Conflict) for r in given)
        assert [t.element_id for t in office.open_tasks(instance)] == ["escalated"]
    assert results == {"cancelled"}


def test_a_clerk_and_an_early_worker_at_once(office, two_steps):
    """The worker finds the timer gone, or not due: never both results."""
    office.deploy(two_steps)
    for _ in range(6):
        instance = office.start("pair")
        task = office.task("one", instance)
        timer_id = office.all(Timer, Timer.instance_id == instance.id)[0].id
        given = at_once(
            act(office, timers.fire, timer_id), act(office, tasks.complete, task.id, actor=CLERKS[0])
        )
        assert given[0] is False
        assert isinstance(given[1], Instance)
        assert office.get(Timer, timer_id).status == "cancelled"
    office.check()


def test_claim_and_complete_at_once_never_lose_a_claim(office, two_steps):
    office.deploy(two_steps)
    for _ in range(8):
        task = office.task("one", office.start("pair"))
        claimed, completed = at_once(
            act(office, tasks.claim, task.id, actor=CLERKS[0]),
            act(office, tasks.complete, task.id, actor=CLERKS[1]),
        )
        done = office.get(Task, task.id)
        if isinstance(claimed, Task):
            assert isinstance(completed, Conflict)
            assert (done.assignee, done.closed_at) == ("clerk0", None)
        else:
            assert claimed.code == "closed"
            assert (done.assignee, done.closed_by) == ("clerk1", "clerk1")
    office.check()


def test_workers_share_what_is_due(office, two_steps):
    office.deploy(two_steps)
    for _ in range(24):
        office.start("pair")
    with clock.held_at(clock.now() + timedelta(days=2)):
        leased = at_once(*(act(office, timers.lease, f"w{n}", 10) for n in range(4)))
        ids = [timer_id for batch in leased for timer_id in batch]
        assert len(ids) == len(set(ids))
        rest = act(office, timers.lease, "last", 100)()
        assert len(set(ids) | set(rest)) == 24
        # The same timer fired by two workers at once, as after a lease that ran out.
        given = at_once(*(act(office, timers.fire, ids[0]) for _ in range(4)))
        assert sorted(given) == [False, False, False, True]
    office.check()


def test_ten_workers_fire_each_timer_once(office, two_steps):
    office.deploy(two_steps)
    started = [office.start("pair").id for _ in range(30)]

    def works(worker, known):
        """Return a worker that fires what it knows already, then all that it leases, together and one by one."""

        def run():
            fired = [act(office, timers.fire, timer_id)() for timer_id in known].count(True)
            while leased := act(office, timers.lease, worker, 3)():
                together = act(office, timers.fire_together, leased)()
                rest = [timer_id for timer_id in leased if timer_id not in together]
                fired += len(together) + [act(office, timers.fire, timer_id)() for timer_id in rest].count(
                    True
                )
            return fired

        return run

    with clock.held_at(clock.now() + timedelta(days=2)):
        # Ten whose leases of the same ten have run out, each at another of them first.
        lost = act(office, timers.lease, "gone", 10, timedelta(0))()
        fired = at_once(*(works(f"w{n}", lost[n:] + lost[:n]) for n in range(10)))
    with clock.held_at(clock.now() + timedelta(days=2, minutes=1)):
        # What a worker left to another that was at it is not due any more.
        assert works("last", lost)() == 0
    assert sum(fired) == 30
    assert Counter(e.instance_id for e in office.all(AuditEvent, AuditEvent.act == "timer.fire")) == Counter(
        started
    )
    assert {t.status for t in office.all(Timer, Timer.kind == "engine")} == {"fired"}
    chief = [t.instance_id for t in office.open_tasks() if t.element_id == "escalated"]
    assert Counter(chief) == Counter(started)
    office.check()


def test_a_move_a_clerk_and_a_deadline_at_once_come_one_after_the_other(office, two_steps):
    office.deploy(two_steps)
    started = [office.start("pair") for _ in range(6)]
    source = office.definition("pair").id
    office.deploy(two_steps.replace('id="escalated" name="三"', 'id="escalated" name="叁"'))
    target = office.definition("pair").id
    plan = act(office, migration.plan, source, target)()
    with clock.held_at(clock.now() + timedelta(days=2)):
        for instance in started:
            (timer,) = office.all(Timer, Timer.instance_id == instance.id, Timer.kind == "engine")
            one = office.task("one", instance)
            moved, done, fired = at_once(
                act(office, migration.execute, plan, instance.id, actor=office.chief),
                act(office, tasks.complete, one.id, actor=CLERKS[0]),
                act(office, timers.fire, timer.id),
            )
            assert not moved.reasons
            # The deadline was there first, whoever has let it go by: the clerk learns so.
            assert isinstance(done, Conflict)
            assert fired in (True, False)
            assert office.task("escalated", instance).name == "叁"
    assert {i.definition_id for i in office.all(Instance)} == {target}
    assert {t.status for t in office.all(Timer, Timer.kind == "engine")} == {"fired"}
    office.check()


def test_one_message_is_heard_once(office, diagram):
    waiting = (
        '<bpmn:startEvent id="s"/><bpmn:intermediateCatchEvent id="w">'
        '<bpmn:messageEventDefinition messageRef="m"/></bpmn:intermediateCatchEvent><bpmn:userTask id="u"/>'
    )
    office.deploy(diagram("waiting", waiting, "s>w", "w>u", before='<bpmn:message id="m" name="answered"/>'))
    for _ in range(4):
        instance = office.start("waiting")
        given = at_once(
            *(
                act(office, instances.message, "answered", actor=office.chief, instance_id=instance.id)
                for _ in range(4)
            )
        )
        assert sum(isinstance(r, list) for r in given) == 1
        assert all(r.code == "no_receiver" for r in given if isinstance(r, (Conflict, InvalidInput)))
        assert len(office.open_tasks(instance)) == 1
    office.check()


def test_holding_and_completing_at_once_leave_one_of_two_states(office, two_steps):
    office.deploy(two_steps)
    for _ in range(6):
        instance = office.start("pair")
        held, completed = at_once(
            act(office, instances.suspend, instance.id, actor=office.chief),
            act(office, tasks.complete, office.task("one", instance).id, actor=CLERKS[0]),
        )
        assert not isinstance(held, Exception)
        assert isinstance(completed, Instance) or completed.code == "suspended"
        assert all(task.suspended for task in office.open_tasks(instance))
    office.check()


def test_deployments_take_turns(office, two_steps):
    def deploy(number):
        return lambda: office.deploy(two_steps.replace("一", f"第{number}"), name=f"n{number}")

    given = at_once(*(deploy(n) for n in range(6)))
    assert not any(isinstance(r, Exception) for r in given)
    with office.work() as session:
        versions = session.scalars(select(ProcessDefinition.version)).all()
    assert sorted(versions) == [1, 2, 3, 4, 5, 6]


def test_eight_clerks_empty_an_inbox_without_error(office, two_steps):
    office.deploy(two_steps)
    for _ in range(24):
        office.start("pair")

    def clerk(actor):
        def work():
            done = 0
            while True:
                with office.work() as session:
                    page = tasks.listing(session, actor, box="groups", limit=3)
                if not page.rows:
                    return done
                for task in page.rows:
                    try:
                        with office.work() as session:
                            tasks.claim(session, task.id, actor=actor)
                        office.complete(task, actor)
                        done += 1
                    except Conflict:
                        continue

        return work

    given = at_once(*(clerk(actor) for actor in CLERKS))
    assert sum(given) == 24
    with office.work() as session:
        closed = session.scalar(select(func.count()).select_from(Task).where(Task.outcome == "completed"))
    assert closed == 24
    office.check()
