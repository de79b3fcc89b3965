"""Moves that nobody has drawn, in the database: who may, who has the step again, which clocks run, what is told."""

from contextlib import contextmanager
from datetime import timedelta

import pytest
from sqlalchemy import delete, select

from tests.workflows.test_persistence_races import act, at_once
from workflows import clock, history, instances, moves, tasks, watchdog
from workflows.actor import Actor
from workflows.errors import Conflict, InvalidInput, NotAllowed, NotFound
from workflows.model import Activity, ExternalTask, Incident, Instance, Task, TaskDraft, Timer
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


def user(name, **properties):
    given = "".join(f'<camunda:property name="{key}" value="{value}"/>' for key, value in properties.items())
    inner = f"<camunda:properties>{given}</camunda:properties>" if given else ""
    return (
        f'<bpmn:userTask id="{name}" camunda:candidateGroups="handler" camunda:dueDate="PT4H">'
        f"<bpmn:extensionElements>{inner}</bpmn:extensionElements></bpmn:userTask>"
    )


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


@pytest.fixture
def line(office, diagram, operation):
    """Start `one` (may be skipped), a way that is chosen, `two`, and `three`, which a register records."""

    @operation("registers.note")
    def note(context, answers):
        return {}

    elements = (
        '<bpmn:startEvent id="s"/><bpmn:endEvent id="e"/><bpmn:exclusiveGateway id="x"/>'
        + user("one", skippable="true")
        + user("two", skippable="true")
        + user("three", record="registers.note")
        + user("four")
    )
    flows = ("s>one", "one>x", "x>two?${agreed}", "x>e?${not agreed}", "two>three", "three>four", "four>e")
    office.deploy(diagram("line", elements, *flows))
    return office.start("line")


def test_a_step_is_skipped_with_a_reason_unless_what_follows_asks_for_its_answers(office, line):
    def refused(kind, element, actor=CARL, reason="why"):
        with pytest.raises(kind) as error, office.work() as session:
            tasks.skip(session, office.task(element).id, actor=actor, reason=reason)
        office.check()
        return error.value.code

    assert refused(InvalidInput, "one", reason="") == "reason"
    assert refused(NotAllowed, "one", actor=GUEST) == "not_allowed"
    assert refused(Conflict, "one") == "needs_answers"
    assert office.all(Incident) == []
    office.complete(office.task("one"), agreed=True)
    with office.work() as session:
        tasks.skip(session, office.task("two").id, actor=CARL, reason="无此情形")
    office.check()
    assert refused(Conflict, "three") == "not_skippable"
    (told,) = office.all(ProcessMove)
    assert (told.kind, told.left, told.reached, told.reason) == ("skip", "two", None, "无此情形")
    with office.work() as session:
        assert "task.skip" in {event.act for event in history.audit(session, line.id)}


def test_who_has_completed_a_step_takes_it_back_until_somebody_begins_with_what_came_of_it(office, line):
    one = office.task("one")
    office.complete(one, actor=ANNA, agreed=True)

    def refused(kind, task=one, actor=ANNA):
        with pytest.raises(kind) as error, office.work() as session:
            tasks.withdraw(session, task.id, actor=actor)
        office.check()
        return error.value.code

    assert refused(NotAllowed, actor=CARL) == "not_allowed"
    two = office.task("two")
    with office.work() as session:
        tasks.claim(session, two.id, actor=CARL)
    assert refused(Conflict) == "claimed"
    with office.work() as session:
        tasks.release(session, two.id, actor=CARL)
        tasks.save_draft(session, two.id, actor=CARL, answers={"half": 1})
    assert refused(Conflict) == "claimed"
    with office.work() as session:
        session.execute(delete(TaskDraft))
        tasks.withdraw(session, one.id, actor=ANNA)
    office.check()
    (again,) = office.open_tasks()
    assert (again.element_id, again.assignee) == ("one", "anna")
    assert office.get(Task, two.id).outcome == "cancelled"
    (told,) = office.all(ProcessMove)
    assert (told.kind, told.left, told.reached) == ("withdraw", "two", "one")
    office.complete(again, actor=ANNA, agreed=True)
    office.complete(office.task("two"), actor=CARL)
    assert refused(Conflict, again) == "done_since"
    three = office.task("three")
    office.complete(three, actor=CARL)
    assert refused(Conflict, three, CARL) == "irrevocable"


@pytest.mark.parametrize("office", ["postgresql"], indirect=True)
def test_taken_back_and_claimed_at_once_one_of_both_is_done(office, line):
    one = office.task("one")
    office.complete(one, actor=ANNA, agreed=True)
    two = office.task("two")
    back, claimed = at_once(
        act(office, tasks.withdraw, one.id, actor=ANNA), act(office, tasks.claim, two.id, actor=CARL)
    )
    assert isinstance(back, Conflict) != isinstance(claimed, Conflict)
    office.check()


def test_an_ended_instance_is_opened_again_by_who_steers_it_and_its_history_stays(office, forked):
    office.complete(office.task("b"), actor=ANNA)
    with office.work() as session:
        external = session.scalars(select(ExternalTask.id)).one()
    with office.work() as session:
        instances.cancel(session, forked.id, actor=office.chief, reason="误立")
    passed = [(one.element_id, one.left_at) for one in office.all(Activity)]
    onlooker = Actor("gast", frozenset({"guest", "operator"}))
    for actor, error, to in ((onlooker, NotAllowed, "d"), (office.chief, InvalidInput, "nowhere")):
        with pytest.raises(error), office.work() as session:
            instances.reopen(session, forked.id, to, actor=actor, reason="x")
    with pytest.raises(InvalidInput), office.work() as session:
        instances.reopen(session, forked.id, "d", actor=office.chief, reason=" ")
    with office.work() as session:
        instances.reopen(session, forked.id, "d", actor=office.chief, reason="有新证据")
    office.check()
    row = office.get(Instance, forked.id)
    assert (row.state, row.ended_at, row.end_element, row.end_reason) == ("active", None, None, None)
    assert [(one.element_id, one.left_at) for one in office.all(Activity)][: len(passed)] == passed
    with office.work() as session:
        made = [(one.kind, one.reached, one.reason) for one in moves.of_instance(session, forked.id)]
        assert made == [("reopen", "d", "有新证据"), ("cancel", None, "误立")]
        assert session.get(ExternalTask, external) is None
    with pytest.raises(Conflict), office.work() as session:
        instances.reopen(session, forked.id, "d", actor=office.chief, reason="再开")
    office.complete(office.task("d"), actor=ANNA)
    assert office.get(Instance, forked.id).state == "completed"
    office.check()
