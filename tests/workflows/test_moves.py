"""Moves that nobody has drawn, in the database: who may, who has the step again, which clocks run, what is told."""

from contextlib import contextmanager
from datetime import timedelta

import pytest

from tests.workflows.test_persistence_races import act, at_once
from workflows import clock, history, instances, moves, tasks, watchdog
from workflows.actor import Actor
from workflows.errors import Conflict, InvalidInput, NotAllowed, NotFound
from workflows.model import Activity, ExternalTask, Instance, Task, TaskDraft, Timer
from workflows.moves import ProcessMove

ANNA = Actor("anna", frozenset({"anna", "handler"}))
CARL = Actor("carl", frozenset({"carl", "handler"}))
GUEST = Actor("gast", frozenset({"handler", "guest"}))

LATE = (
    '<bpmn:boundaryEvent id="{0}_late" attachedToRef="{0}" cancelActivity="false"><bpmn:timerEventDefinition>'
    '<bpmn:timeDuration xsi:type="bpmn:tFormalExpression">P2D</bpmn:timeDuration>'
    "</bpmn:timerEventDefinition></bpmn:boundaryEvent>"
)
EXTERNAL = '<bpmn:serviceTask id="x" camunda:type="external" camunda:topic="t"/>'


def user(name):
    return f'<bpmn:userTask id="{name}" camunda:candidateGroups="handler" camunda:dueDate="PT4H"/>'


@pytest.fixture
def forked(office, diagram):
    """Start `pre`, then `b` and what an outside worker does side by side, then `d`; each step runs under a clock."""
    elements = (
        '<bpmn:startEvent id="s"/><bpmn:endEvent id="e"/><bpmn:endEvent id="l"/>'
        '<bpmn:parallelGateway id="g"/><bpmn:parallelGateway id="j"/>'
        + "".join(user(name) for name in ("pre", "b", "d"))
        + LATE.format("b")
        + EXTERNAL
    )
    flows = ("s>pre", "pre>g", "g>b", "g>x", "b>j", "x>j", "j>d", "d>e", "b_late>l")
    office.deploy(diagram("forked", elements, *flows))
    instance = office.start("forked")
    office.complete(office.task("pre"), actor=ANNA)
    return instance


@contextmanager
def later(**delta):
    with clock.held_at(clock.now() + timedelta(**delta)):
        yield


def back(office, element, to, actor=CARL, reason="材料不全", **rest):
    task = office.task(element)
    with office.work() as session:
        tasks.send_back(session, task.id, to, actor=actor, reason=reason, **rest)
    office.check()
    return task


def clocks(office):
    return sorted((t.element_id, t.due_at) for t in office.all(Timer, Timer.status == "waiting"))


def test_sent_back_the_step_is_his_again_who_did_it_and_nothing_of_the_other_branches_stays(office, forked):
    task = office.task("b")
    with office.work() as session:
        tasks.save_draft(session, task.id, actor=CARL, answers={"half": 1})
    with later(hours=1):
        back(office, "b", "pre")
        (again,) = office.open_tasks()
        assert (again.element_id, again.assignee) == ("pre", "anna")
        assert again.due_at == clock.now() + timedelta(hours=4)
        assert clocks(office) == []
    assert office.get(Task, task.id).outcome == "cancelled"
    assert office.all(TaskDraft) == []
    assert office.all(ExternalTask) == []
    gone = {a.element_id for a in office.all(Activity, Activity.cancelled)}
    assert gone == {"b", "x"}
    with office.work() as session:
        assert watchdog.missing(session) == []
        (told,) = [e for e in history.audit(session, forked.id) if e.act == "task.send_back"]
        (why,) = moves.of_instance(session, forked.id)
    assert told.detail == {"element": "b", "to": "pre", "straight": False, "along": ["x"]}
    assert (why.kind, why.left, why.reached) == ("send_back", "b", "pre")
    assert (why.task_id, why.moved_by, why.reason) == (task.id, "carl", "材料不全")
    with later(hours=2):
        office.complete(office.task("pre"), actor=ANNA)
        assert clocks(office) == [("b_late", clock.now() + timedelta(days=2))]
        assert len(office.all(ExternalTask)) == 1
        office.check()


def test_straight_back_the_other_branch_goes_on_and_the_step_is_begun_anew(office, forked):
    back(office, "b", "pre", straight=True)
    assert len(office.all(ExternalTask)) == 1
    with later(days=1):
        office.complete(office.task("pre"), actor=ANNA)
        assert office.task("b").assignee is None
        assert clocks(office) == [("b_late", clock.now() + timedelta(days=2))]
        office.check()


def test_who_may_not_have_it_any_more_does_not_get_it_again(office, forked, monkeypatch):
    task = office.task("b")
    with office.work() as session:
        assert [node.id for node in tasks.earlier(session, task.id, actor=CARL)] == ["pre"]
    monkeypatch.setattr(tasks.acts, "pass_on", lambda *given: (_ for _ in ()).throw(NotAllowed("away")))
    back(office, "b", "pre")
    assert office.task("pre").assignee is None


def test_sending_back_needs_a_reason_an_earlier_step_and_who_may_complete_it(office, forked):
    task = office.task("b")

    def refused(kind, actor=CARL, to="pre", reason="why"):
        with pytest.raises(kind) as error, office.work() as session:
            tasks.send_back(session, task.id, to, actor=actor, reason=reason)
        return error.value.code

    assert refused(InvalidInput, reason=" ") == "reason"
    assert refused(InvalidInput, to="d") == "step"
    assert refused(NotAllowed, actor=GUEST) == "not_allowed"
    with office.work() as session:
        tasks.claim(session, task.id, actor=ANNA)
    assert refused(Conflict) == "claimed"
    with office.work() as session:
        instances.suspend(session, forked.id, actor=office.chief)
    assert refused(Conflict, actor=ANNA) == "suspended"
    assert office.all(ProcessMove) == []
    office.check()


def test_a_jump_needs_who_steers_the_instance_and_records_nothing_for_what_is_passed_over(office, forked):
    task = office.task("b")

    def refused(kind, task_id=task.id, actor=office.chief, to="d", reason="why"):
        with pytest.raises(kind) as error, office.work() as session:
            instances.jump(session, forked.id, task_id, to, actor=actor, reason=reason)
        return error.value.code

    assert refused(InvalidInput, reason="") == "reason"
    assert refused(InvalidInput, to="j") == "step"
    assert refused(NotAllowed, actor=GUEST) == "not_allowed"
    assert refused(NotFound, actor=Actor("stranger")) == "instance"
    assert refused(NotFound, task_id="other") == "task"
    with office.work() as session:
        instances.jump(session, forked.id, task.id, "d", actor=office.chief, reason="改道")
    office.check()
    assert [t.element_id for t in office.open_tasks()] == ["d"]
    assert office.all(ExternalTask) == []
    assert clocks(office) == []
    (told,) = office.all(ProcessMove)
    assert (told.kind, told.left, told.reached, told.reason) == ("jump", "b", "d", "改道")
    assert {a.element_id for a in office.all(Activity)} == {"s", "pre", "g", "b", "x", "d"}
    office.complete(office.task("d"))
    assert office.get(Instance, forked.id).state == "completed"


@pytest.mark.parametrize("office", ["postgresql"], indirect=True)
def test_of_eight_who_send_one_back_one_does(office, forked):
    task = office.task("b")
    clerks = [Actor(f"clerk{n}", frozenset({f"clerk{n}", "handler"})) for n in range(8)]
    results = at_once(
        *(act(office, tasks.send_back, task.id, "pre", actor=clerk, reason="why") for clerk in clerks)
    )
    assert len([r for r in results if isinstance(r, Instance)]) == 1
    assert {r.code for r in results if isinstance(r, Conflict)} == {"closed"}
    assert len(office.all(ProcessMove)) == 1
    office.check()
