"""One matter from deployment to its end, and a timer in between: the shortest way through every floor."""

from datetime import timedelta

from workflows import clock, tasks, timers
from workflows.actor import Actor
from workflows.model import Instance, Task

HANDLER = Actor("anna", frozenset({"anna", "handler"}))
BOB = Actor("bob", frozenset({"bob"}))


def test_a_matter_goes_from_deployment_to_its_end(office, two_steps):
    office.deploy(two_steps)
    instance = office.start("pair")
    with office.work() as session:
        page = tasks.listing(session, HANDLER, box="groups")
        assert [(task.element_id, task.name, task.name_en) for task in page.rows] == [("one", "一", "One")]
        assert page.rows[0].instance.id == instance.id
        assert tasks.listing(session, HANDLER, box="mine").rows == ()
    with office.work() as session:
        tasks.claim(session, page.rows[0].id, actor=HANDLER)
    with office.work() as session:
        assert [task.element_id for task in tasks.listing(session, HANDLER, box="mine").rows] == ["one"]
        assert tasks.count(session, HANDLER, box="groups") == 0
    office.check()
    moved = office.complete(page.rows[0], HANDLER)
    with office.work() as session:
        assert tasks.next_of(session, moved.id, HANDLER) == []
    office.check()
    office.complete(office.task("two"), BOB)
    office.check()
    ended = office.get(Instance, instance.id)
    assert (ended.state, ended.end_element) == ("completed", "e")
    with office.work() as session:
        assert [task.element_id for task in tasks.listing(session, HANDLER, box="done").rows] == ["one"]
    assert office.get(Task, page.rows[0].id).due_at == instance.started_at + timedelta(hours=4)


def test_a_due_timer_takes_the_step_away(office, two_steps):
    office.deploy(two_steps)
    instance = office.start("pair")
    with clock.held_at(instance.started_at + timedelta(days=2)):
        with office.work() as session:
            leased = timers.lease(session, "worker")
        assert len(leased) == 1
        with office.work() as session:
            assert timers.fire(session, leased[0])
        office.check()
        assert [task.element_id for task in office.open_tasks()] == ["escalated"]
        with office.work() as session:
            assert not timers.fire(session, leased[0])
            assert timers.lease(session, "worker") == []
        office.complete(office.task("escalated"))
    office.check()
    assert office.get(Instance, instance.id).state == "completed"
