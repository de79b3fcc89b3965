"""Signers who are added and removed, opinions asked for and tasks passed on: who may, and what is kept of it."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest
from sqlalchemy import select

from tests.workflows.conftest import START, Candidates
from workflows import clock, instances, persistence, tasks, watchdog
from workflows.actor import Actor
from workflows.audit.recording import AuditEvent
from workflows.errors import Conflict, InvalidInput, NotAllowed, NotFound
from workflows.model import Activity, Task, TaskAct, Timer
from workflows.visibility import Decision

ANNA, BOB, CARL = (Actor(name, frozenset({name})) for name in ("anna", "bob", "carl"))
STRANGER = Actor("stranger")


def countersigned(diagram, *, order="false", condition="", ballots=""):
    loop = f'<bpmn:multiInstanceLoopCharacteristics isSequential="{order}"'
    loop += ' camunda:collection="${signers}" camunda:elementVariable="signer">'
    loop += '<bpmn:loopDataOutputRef>answers</bpmn:loopDataOutputRef><bpmn:outputDataItem name="answer"/>'
    if condition:
        loop += f"<bpmn:completionCondition><![CDATA[${{{condition}}}]]></bpmn:completionCondition>"
    steps = (
        '<bpmn:startEvent id="s"/><bpmn:userTask id="t" camunda:assignee="${signer}" camunda:dueDate="PT4H">'
        f"{ballots}{loop}</bpmn:multiInstanceLoopCharacteristics></bpmn:userTask>"
        '<bpmn:boundaryEvent id="late" attachedToRef="t"><bpmn:timerEventDefinition>'
        "<bpmn:timeDuration>P2D</bpmn:timeDuration></bpmn:timerEventDefinition></bpmn:boundaryEvent>"
        '<bpmn:userTask id="u" camunda:assignee="chief"/><bpmn:endEvent id="e"/>'
    )
    return diagram("countersigned", steps, "s>t", "t>u", "late>u", "u>e")


@pytest.fixture
def begun(office, diagram):
    """Give what begins a step that anna, bob and carl sign."""

    def begin(**drawn):
        office.deploy(countersigned(diagram, **drawn))
        return office.start("countersigned", signers=["anna", "bob", "carl"])

    return begin


def of(office, login):
    return next(task for task in office.open_tasks() if task.assignee == login)


def act(office, doing, *given, **named):
    with office.work() as session:
        return doing(session, *given, **named)


def refused(office, kind, doing, *given, **named):
    with pytest.raises(kind) as error:
        act(office, doing, *given, **named)
    office.check()
    return error.value


def number_of(office, task, login):
    found = act(office, tasks.signers, task.id, actor=office.chief)
    return next(one.index for one in found if one.item == login)


def test_who_is_added_has_the_step_in_his_inbox_and_counts(office, begun):
    begun(condition="nrOfCompletedInstances / nrOfInstances >= 0.6")
    bob = of(office, "bob")
    assert act(office, tasks.add_signers, bob.id, ["dora"], actor=BOB, place="last", reason="懂行") == [3]
    office.check()
    dora = of(office, "dora")
    assert (dora.element_id, dora.due_at) == ("t", bob.due_at)
    office.complete(of(office, "anna"), ANNA, answer="yes")
    office.complete(dora, Actor("dora"), answer="yes")
    assert [task.element_id for task in office.open_tasks()] == ["t", "t"]
    office.complete(bob, BOB, answer="yes")
    assert [task.element_id for task in office.open_tasks()] == ["u"]
    office.check()
    assert [task.outcome for task in office.all(Task, Task.assignee == "carl")] == ["cancelled"]
    (kept,) = act(office, tasks.told, bob.id)
    assert (kept.act, kept.by, kept.who, kept.text) == ("add", "bob", "dora", "懂行")
    (said,) = office.all(AuditEvent, AuditEvent.act == "task.add_signers")
    assert (said.actor, said.detail) == ("bob", {"who": ["dora"], "place": "last"})


def test_in_a_sequence_the_task_is_parked_and_comes_back_as_it_was(office, begun):
    begun(order="true")
    anna = of(office, "anna")
    act(office, tasks.save_draft, anna.id, actor=ANNA, answers={"answer": "half"})
    act(office, tasks.add_signers, anna.id, ["dora"], actor=ANNA, place="before")
    office.check()
    assert office.get(Task, anna.id).parked
    assert refused(office, Conflict, tasks.complete, anna.id, actor=ANNA).code == "parked"
    office.complete(of(office, "dora"), Actor("dora"), answer="yes")
    office.check()
    again = office.get(Task, anna.id)
    assert (again.parked, again.assignee, again.closed_at, again.due_at) == (False, "anna", None, anna.due_at)
    assert act(office, tasks.draft, anna.id, actor=ANNA) == {"answer": "half"}
    office.complete(again, ANNA, answer="yes")
    assert of(office, "bob").element_id == "t"


def test_only_who_has_added_a_signer_or_passes_on_others_work_removes_him(office, begun):
    begun()
    anna, bob = of(office, "anna"), of(office, "bob")
    act(office, tasks.add_signers, anna.id, ["dora"], actor=ANNA)
    dora = number_of(office, anna, "dora")
    why = {"reason": "误加"}
    assert (
        refused(office, InvalidInput, tasks.remove_signer, anna.id, dora, actor=ANNA, reason=" ").code
        == "words"
    )
    for task, number, actor in ((bob, 1, BOB), (anna, 0, ANNA)):
        got = refused(office, Conflict, tasks.remove_signer, task.id, number, actor=actor, **why)
        assert got.code == "own_signature"
    assert refused(office, NotFound, tasks.remove_signer, bob.id, dora, actor=STRANGER, **why).code == "task"
    act(office, tasks.remove_signer, anna.id, dora, actor=ANNA, **why)
    office.check()
    act(office, tasks.remove_signer, anna.id, number_of(office, anna, "carl"), actor=office.chief, **why)
    office.complete(anna, ANNA, answer="yes")
    assert (
        refused(office, Conflict, tasks.remove_signer, bob.id, 0, actor=office.chief, **why).code == "signed"
    )
    assert (
        refused(office, NotFound, tasks.remove_signer, bob.id, 9, actor=office.chief, **why).code == "signer"
    )
    act(office, tasks.remove_signer, bob.id, 1, actor=office.chief, **why)
    office.check()
    assert [task.element_id for task in office.open_tasks()] == ["u"]
    assert [(row.by, row.who) for row in office.all(TaskAct, TaskAct.act == "remove")] == [
        ("anna", "dora"),
        ("chief", "carl"),
        ("chief", "bob"),
    ]


def test_who_does_not_head_the_step_removes_nobody_he_has_not_added(office, begun, monkeypatch):
    begun()
    anna = of(office, "anna")

    def may(self, session, actor, doing, subject):
        allowed = doing == "see" or (doing == "assign" and subject.assignee == actor.id)
        return Decision(allowed, "Only his own.")

    monkeypatch.setattr(Candidates, "may", may)
    got = refused(office, NotAllowed, tasks.remove_signer, anna.id, 1, actor=ANNA, reason="不要")
    assert got.message == "Only his own."
    got = refused(office, NotAllowed, tasks.add_signers, anna.id, ["dora"], actor=ANNA, place="last")
    assert got.params["act"] == "sign"


def test_a_waiting_one_of_a_sequence_is_not_removed_by_who_signs_before_him(office, begun):
    begun(order="true")
    anna = of(office, "anna")
    got = refused(office, NotAllowed, tasks.remove_signer, anna.id, 1, actor=ANNA, reason="不要")
    assert got.params["rule"] == "adding"
    act(office, tasks.remove_signer, anna.id, 1, actor=office.chief, reason="出差")
    office.complete(anna, ANNA, answer="yes")
    assert of(office, "carl").element_id == "t"


def test_a_limit_that_runs_out_ends_all_signatures(office, begun):
    begun(order="true")
    act(office, tasks.add_signers, of(office, "anna").id, ["dora"], actor=ANNA, place="before")
    (late,) = office.all(Timer, Timer.kind == "engine", Timer.status == "waiting")
    assert late.element_id == "late"
    instance = office.open_tasks()[0].instance_id
    act(office, instances.suspend, instance, actor=office.chief)
    office.check()
    got = refused(office, Conflict, tasks.add_signers, of(office, "dora").id, ["x"], actor=office.chief)
    assert got.code == "suspended"
    act(office, instances.resume, instance, actor=office.chief)
    act(office, instances.cancel, instance, actor=office.chief, reason="x")
    office.check()
    assert office.open_tasks() == []
    assert {row.cancelled for row in office.all(Activity, Activity.element_id == "t")} == {True}


def test_a_signature_and_a_removal_at_once_leave_one_of_them(racing_office, diagram, held_clock):
    office = racing_office
    office.deploy(countersigned(diagram))
    for _ in range(5):
        office.start("countersigned", signers=["anna", "bob"])
        bob, anna = of(office, "bob"), of(office, "anna")
        told = []

        def race(doing, *given, told=told, **named):
            try:
                act(office, doing, *given, **named)
                told.append("done")
            except (Conflict, NotFound) as error:
                told.append(error.code)

        threads = [
            threading.Thread(target=race, args=(tasks.complete, bob.id), kwargs={"actor": BOB}),
            threading.Thread(
                target=race,
                args=(tasks.remove_signer, anna.id, 1),
                kwargs={"actor": office.chief, "reason": "x"},
            ),
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert sorted(told) in (["closed", "done"], ["done", "signed"])
        office.check()
        office.complete(anna, ANNA)
        office.check()
        with office.work() as session:
            left = session.scalars(select(Task).where(Task.closed_at.is_(None))).all()
            assert [task.element_id for task in left] == ["u"]
        office.complete(left[0])


# -- opinions asked for, and tasks passed on ------------------------------------------------------------


@pytest.fixture
def mine(office, two_steps):
    """Give a task that anna has, with a draft of hers."""
    office.deploy(two_steps)
    office.start("pair")
    task = office.task("one")
    act(office, tasks.assign, task.id, "anna", actor=office.chief)
    act(office, tasks.save_draft, task.id, actor=ANNA, answers={"x": 1})
    return task


def test_who_is_asked_gives_his_opinion_and_the_task_comes_back(office, mine):
    act(office, tasks.delegate, mine.id, "bob", actor=ANNA, question="金额对吗")
    office.check()
    asked = office.get(Task, mine.id)
    assert (asked.assignee, asked.owner, asked.delegation, asked.due_at) == (
        "bob",
        "anna",
        "pending",
        mine.due_at,
    )
    assert act(office, tasks.form, mine.id, actor=BOB) == (None, {})
    for doing, given in (
        (tasks.complete, {}),
        (tasks.release, {}),
        (tasks.assign, {"user": "carl"}),
        (tasks.delegate, {"user": "carl"}),
    ):
        assert refused(office, Conflict, doing, mine.id, actor=BOB, **given).code == "delegated"
    assert refused(office, InvalidInput, tasks.resolve, mine.id, actor=BOB, opinion=" ").code == "words"
    assert refused(office, NotFound, tasks.resolve, mine.id, actor=STRANGER, opinion="x").code == "task"
    act(office, tasks.resolve, mine.id, actor=BOB, opinion="对", agrees=True)
    office.check()
    back = office.get(Task, mine.id)
    assert (back.assignee, back.owner, back.delegation, back.due_at) == (
        "anna",
        "anna",
        "resolved",
        mine.due_at,
    )
    assert act(office, tasks.draft, mine.id, actor=ANNA) == {"x": 1}
    told = act(office, tasks.told, mine.id)
    assert [(one.act, one.by, one.who, one.agrees, one.text) for one in told] == [
        ("delegate", "anna", "bob", None, "金额对吗"),
        ("resolve", "bob", "anna", True, "对"),
    ]
    assert refused(office, Conflict, tasks.resolve, mine.id, actor=ANNA, opinion="x").code == "not_delegated"
    office.complete(back, ANNA)
    assert office.get(Task, mine.id).closed_by == "anna"
    said = {row.act: row.detail for row in office.all(AuditEvent, AuditEvent.task_id == mine.id)}
    assert said["task.delegate"] == {"from": "anna", "to": "bob"}
    assert said["task.resolve"] == {"from": "bob", "to": "anna"}


def test_who_asked_takes_the_task_back_before_the_answer_and_nobody_else_does(office, mine):
    assert refused(office, Conflict, tasks.recall, mine.id, actor=ANNA).code == "not_delegated"
    act(office, tasks.delegate, mine.id, "bob", actor=ANNA)
    assert refused(office, Conflict, tasks.recall, mine.id, actor=BOB).code == "not_held"
    act(office, tasks.recall, mine.id, actor=ANNA)
    office.check()
    back = office.get(Task, mine.id)
    assert (back.assignee, back.owner, back.delegation) == ("anna", None, None)
    assert refused(office, NotFound, tasks.resolve, mine.id, actor=BOB, opinion="x").code == "task"
    office.complete(back, ANNA)
    said = {row.act: row.detail for row in office.all(AuditEvent, AuditEvent.task_id == mine.id)}
    assert said["task.recall"] == {"from": "bob", "to": "anna"}


def test_only_who_has_a_task_asks_another_who_may_be_asked(office, mine, monkeypatch):
    assert refused(office, Conflict, tasks.delegate, mine.id, "bob", actor=office.chief).code == "not_held"
    assert refused(office, InvalidInput, tasks.delegate, mine.id, "anna", actor=ANNA).code == "asks_himself"
    assert refused(office, InvalidInput, tasks.delegate, mine.id, " ", actor=ANNA).code == "assignee"
    held = Candidates.may

    def may(self, session, actor, doing, subject):
        return Decision(False, "Recused.") if doing == "sign" else held(self, session, actor, doing, subject)

    monkeypatch.setattr(Candidates, "may", may)
    assert refused(office, NotAllowed, tasks.delegate, mine.id, "bob", actor=ANNA).message == "Recused."


def test_who_leads_takes_a_task_from_who_was_asked_and_the_limit_goes_on(office, mine):
    act(office, tasks.delegate, mine.id, "bob", actor=ANNA)
    act(office, tasks.transfer, mine.id, "carl", actor=office.chief, reason="bob 出差")
    office.check()
    taken = office.get(Task, mine.id)
    assert (taken.assignee, taken.owner, taken.delegation) == ("carl", None, None)
    assert refused(office, Conflict, tasks.resolve, mine.id, actor=CARL, opinion="x").code == "not_delegated"
    act(office, tasks.delegate, mine.id, "bob", actor=CARL)
    with clock.held_at(START + timedelta(days=3)):
        with office.work() as session, persistence.advancing(session, mine.instance_id, actor=None):
            pass  # what is due fires
        assert [task.element_id for task in office.open_tasks()] == ["escalated"]
        office.check()
    assert (office.get(Task, mine.id).outcome, office.get(Task, mine.id).delegation) == (
        "cancelled",
        "pending",
    )


def test_a_task_passed_on_is_the_others_alone(office, mine):
    assert (
        refused(office, InvalidInput, tasks.transfer, mine.id, "bob", actor=ANNA, reason=" ").code == "words"
    )
    assert refused(office, Conflict, tasks.transfer, mine.id, "anna", actor=ANNA, reason="x").code == "has_it"
    act(office, tasks.transfer, mine.id, "bob", actor=ANNA, reason="调岗")
    office.check()
    assert refused(office, NotFound, tasks.complete, mine.id, actor=ANNA).code == "task"
    (kept,) = act(office, tasks.told, mine.id)
    assert (kept.act, kept.by, kept.who, kept.text) == ("transfer", "anna", "bob", "调岗")
    office.complete(mine, BOB)
    assert office.get(Task, mine.id).assignee == "bob"


# -- signers added to a task that one person does ------------------------------------------------------


def added(office, parent, login):
    return next(task for task in office.open_tasks() if (task.parent_id, task.assignee) == (parent.id, login))


@pytest.mark.parametrize("place", ["before", "after"])
def test_an_added_signer_signs_and_the_task_or_the_process_goes_on(office, mine, place):
    act(office, tasks.add_signers, mine.id, ["bob", "carl"], actor=ANNA, place=place, reason="涉及财务")
    office.check()
    if place == "after":
        office.complete(mine, ANNA, way=1)
        office.check()
        assert (office.get(Task, mine.id).outcome, office.get(Task, mine.id).closed_by) == (
            "completed",
            "anna",
        )
    else:
        assert refused(office, Conflict, tasks.complete, mine.id, actor=ANNA).code == "parked"
    bob = added(office, mine, "bob")
    assert (bob.element_id, bob.due_at, bob.form_key) == ("one", mine.due_at, None)
    for doing, given in ((tasks.complete, {}), (tasks.release, {}), (tasks.delegate, {"user": "carl"})):
        assert refused(office, Conflict, doing, bob.id, actor=BOB, **given).code == "signs_only"
    got = refused(office, Conflict, tasks.add_signers, bob.id, ["x"], actor=BOB)
    assert got.code == "signs_only"
    assert refused(office, Conflict, tasks.sign, bob.id, actor=office.chief, opinion="x").code == "claimed"
    act(office, tasks.sign, bob.id, actor=BOB, opinion="同意", agrees=True)
    office.check()
    assert office.get(Task, bob.id).closed_by == "bob"
    act(office, tasks.sign, added(office, mine, "carl").id, actor=CARL, opinion="保留意见", agrees=False)
    office.check()
    if place == "before":
        back = office.get(Task, mine.id)
        assert (back.parked, back.assignee, back.due_at) == (False, "anna", mine.due_at)
        assert act(office, tasks.draft, mine.id, actor=ANNA) == {"x": 1}
        office.complete(mine, ANNA)
    assert [task.element_id for task in office.open_tasks()] == ["two"]
    told = [(one.act, one.by, one.who, one.agrees, one.text) for one in act(office, tasks.told, mine.id)]
    assert told == [
        ("add", "anna", "bob", None, "涉及财务"),
        ("add", "anna", "carl", None, "涉及财务"),
        ("sign", "bob", "anna", True, "同意"),
        ("sign", "carl", "anna", False, "保留意见"),
    ]
    office.check()


def test_who_was_added_to_a_task_is_removed_by_who_has_it(office, mine):
    act(office, tasks.add_signers, mine.id, ["bob"], actor=office.chief, place="before")
    act(office, tasks.add_signers, mine.id, ["carl"], actor=ANNA, place="after")
    assert refused(office, Conflict, tasks.sign, mine.id, actor=ANNA, opinion="x").code == "completes"
    got = refused(
        office, Conflict, tasks.remove_signer, added(office, mine, "bob").id, 0, actor=BOB, reason="x"
    )
    assert got.code == "own_signature"
    act(office, tasks.remove_signer, mine.id, 0, actor=ANNA, reason="误加")
    office.check()
    assert not office.get(Task, mine.id).parked
    office.complete(mine, ANNA)
    carl = added(office, mine, "carl")
    with office.work() as session:
        assert [one.what for one in watchdog.missing(session)] == []
    act(office, tasks.remove_signer, carl.id, 1, actor=office.chief, reason="出差")
    office.check()
    assert [task.element_id for task in office.open_tasks()] == ["two"]
    assert office.get(Task, carl.id).outcome == "cancelled"


def test_a_limit_ends_a_kept_completion_and_suspension_holds_it(office, mine):
    act(office, tasks.add_signers, mine.id, ["bob"], actor=ANNA)
    office.complete(mine, ANNA)
    bob = added(office, mine, "bob")
    act(office, instances.suspend, mine.instance_id, actor=office.chief)
    office.check()
    assert refused(office, Conflict, tasks.sign, bob.id, actor=BOB, opinion="x").code == "suspended"
    act(office, instances.resume, mine.instance_id, actor=office.chief)
    with clock.held_at(START + timedelta(days=3)):
        with office.work() as session, persistence.advancing(session, mine.instance_id, actor=None):
            pass  # what is due fires
        office.check()
        assert [task.element_id for task in office.open_tasks()] == ["escalated"]
    assert (office.get(Task, bob.id).outcome, office.get(Task, mine.id).outcome) == ("cancelled", "completed")
