"""Moving stored instances to another version: rows, clocks, drafts and history, one instance at a time."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import inspect

from tests.workflows import jobs as worker
from tests.workflows.test_timers import clocks, later, work_off
from workflows import batches, history, instances, tasks, timers, watchdog
from workflows.actor import Actor
from workflows.errors import Conflict, InvalidInput, NotAllowed, NotFound
from workflows.instances import migration
from workflows.model import (
    AuditEvent,
    Base,
    Instance,
    ReminderRung,
    Subscription,
    Task,
    TaskCandidate,
    TaskDraft,
)

GUEST = Actor("guest", frozenset({"guest", "operator"}))
TIMED = (
    '<bpmn:boundaryEvent id="{0}" attachedToRef="{1}" cancelActivity="{2}"><bpmn:timerEventDefinition>'
    '<bpmn:timeDuration xsi:type="bpmn:tFormalExpression">{3}</bpmn:timeDuration>'
    "</bpmn:timerEventDefinition></bpmn:boundaryEvent>"
)
HEARD = '<bpmn:message id="m" name="answered"/>'
RECEIVE = '<bpmn:receiveTask id="heard" messageRef="m"/>'


def task(element, name="一", **attributes):
    given = {"candidateGroups": "handler", "dueDate": "P5D", **attributes}
    written = " ".join(f'camunda:{key}="{value}"' for key, value in given.items() if value)
    return f'<bpmn:userTask id="{element}" name="{name}" {written}/>'


@pytest.fixture
def ladder(office, operation):
    operation("escalation.remind")(lambda context, *, reached: None)
    halfway = {"applies": "days_short", "basis": "elapsed", "amount": 0.5, "unit": "fraction"}
    told = {"recipients": "handler", "operation": "escalation.remind", "level": "remind"}
    with office.work() as session:
        session.add(ReminderRung(ladder="default", version=1, rung=1, **halfway, **told))


@pytest.fixture
def versions(office, diagram, ladder):
    """Give what deploys a version of `p` and returns its id; every step has reminders."""

    def deploy(elements, *flows):
        ends = '<bpmn:startEvent id="s"/><bpmn:endEvent id="e"/>'
        office.deploy(diagram("p", ends + elements, *flows, before=HEARD))
        return office.definition("p").id

    return deploy


def plan(office, source, target, names=None):
    with office.work() as session:
        return migration.plan(session, source, target, names)


def move(office, made, instance, actor=None):
    with office.work() as session:
        seen = migration.validate(session, made, instance.id)
    with office.work() as session:
        verdict = migration.execute(session, made, instance.id, actor=actor or office.chief)
    assert verdict == seen, "what was said before is what was done"
    office.check()
    return verdict


def everything(office, *but):
    """Return every row of every table, as it is, but for some columns."""
    found = {}
    for mapper in Base.registry.mappers:
        columns = [
            c.key
            for c in inspect(mapper.class_).column_attrs
            if f"{mapper.class_.__name__}.{c.key}" not in but
        ]
        rows = office.all(mapper.class_) if mapper.class_ is not AuditEvent else []
        found[mapper.class_.__name__] = sorted(
            repr([getattr(row, column) for column in columns]) for row in rows
        )
    return found


STEPS = task("one") + TIMED.format("late", "one", "true", "P9D") + RECEIVE + task("two", "二")
FLOWS = ("s>one", "s>heard", "one>two", "heard>e", "two>e", "late>e")


def test_an_identical_version_changes_no_row_but_the_versions_name(office, versions):
    source = versions(STEPS, *FLOWS)
    instance = office.start("p", x=1)
    one = office.task("one")
    with office.work() as session:
        tasks.save_draft(session, one.id, actor=office.chief, answers={"a": 1})
    target = versions(STEPS + "<!-- seen -->", *FLOWS)
    assert target != source
    but = ("Instance.definition_id", "Instance.revision", "Task.definition_id", "Timer.definition_id")
    with later(days=2):
        before = everything(office, *but)
        assert move(office, plan(office, source, target), instance).findings == ()
        assert everything(office, *but) == before
    assert office.get(Instance, instance.id).definition_id == target
    assert {t.definition_id for t in office.all(Task)} == {target}


def test_people_clocks_and_drafts_stay_and_the_step_reads_as_the_new_version_has_it(office, versions):
    source = versions(STEPS, *FLOWS)
    instance = office.start("p")
    one = office.task("one")
    with office.work() as session:
        tasks.claim(session, one.id, actor=office.chief)
        tasks.save_draft(session, one.id, actor=office.chief, answers={"a": 1})
    before = clocks(office)
    target = versions(
        task("first", "壹", candidateGroups="others", dueDate="P1D", formKey="f")
        + TIMED.format("overdue", "first", "true", "P1D")
        + RECEIVE
        + task("seal", "印")
        + task("two", "二"),
        *("s>first", "s>heard", "first>seal", "seal>two", "heard>e", "two>e", "overdue>e"),
    )
    with later(days=2):
        made = plan(office, source, target, {"one": "first", "late": "overdue"})
        assert move(office, made, instance).findings == ()
    new = office.get(Task, one.id)
    assert (new.element_id, new.name, new.form_key, new.definition_id) == ("first", "壹", "f", target)
    assert (new.assignee, new.due_at, new.sorts_at) == ("chief", one.due_at, one.due_at)
    assert [c.name for c in office.all(TaskCandidate)] == ["handler"]
    assert [d.answers for d in office.all(TaskDraft)] == [{"a": 1}]
    names = {"one": "first", "late": "overdue"}
    assert sorted((names[c[0]], *c[1:]) for c in before) == clocks(office)
    with office.work() as session:
        assert set(history.tokens(session, instance.id).active) == {"first", "heard"}
        assert watchdog.missing(session) == []
        (told,) = [e for e in history.audit(session, instance.id) if e.act == "instance.migrate"]
    assert (told.actor, told.detail["from"], told.detail["to"]) == ("chief", source, target)
    assert told.detail["renamed"] == names
    office.complete(office.task("first"))
    assert [t.element_id for t in office.open_tasks()] == ["seal"]
    with office.work() as session:
        instances.message(session, "answered", instance_id=instance.id, actor=office.chief)
    office.complete(office.task("seal"))
    office.complete(office.task("two"))
    assert office.get(Instance, instance.id).state == "completed"
    assert office.all(Subscription) == []
    assert clocks(office) == []
    office.check()


def test_clocks_that_the_new_version_adds_count_from_the_steps_beginning_and_fire_once(office, versions):
    source = versions(task("one", dueDate="") + task("two"), "s>one", "one>two", "two>e")
    instance = office.start("p")
    began = office.task("one").created_at
    target = versions(
        task("one")
        + task("two")
        + TIMED.format("soon", "one", "false", "P1D")
        + TIMED.format("late", "one", "true", "P3D"),
        *("s>one", "one>two", "two>e", "soon>two", "late>e"),
    )
    with later(days=2):
        with office.work() as session:
            instances.suspend(session, instance.id, actor=office.chief)
        verdict = move(office, plan(office, source, target), instance)
        assert [(f.element, f.rule) for f in verdict.findings] == [("soon", "armed"), ("late", "armed")]
        assert "due at once" in verdict.findings[0].message
        # It stays suspended, and what is new waits with the rest.
        assert {c[3] for c in clocks(office)} == {"suspended"}
        assert work_off(office) == []
        with office.work() as session:
            instances.resume(session, instance.id, actor=office.chief)
        assert work_off(office) == ["soon"]
        assert work_off(office) == []
        assert [t.element_id for t in office.open_tasks()] == ["one", "two"]
        assert office.task("one").due_at == began + timedelta(days=5)
        assert {c[0] for c in clocks(office) if c[1] == "ladder"} == {"one", "two"}
        with office.work() as session:
            assert watchdog.missing(session) == []
        office.check()
    with later(days=3):
        assert "late" in work_off(office)
    office.check()


LIVE = task("one", dueDate="P{}D").replace(
    "/>",
    '><bpmn:extensionElements><camunda:properties><camunda:property name="due" value="live"/>'
    "</camunda:properties></bpmn:extensionElements></bpmn:userTask>",
)


def test_where_there_is_no_safe_move_nothing_is_stored_and_the_reason_is_told(office, versions):
    source = versions(LIVE.replace("{}", "5"), "s>one", "one>e")
    instance = office.start("p")
    gone = versions(task("other"), "s>other", "other>e")
    sooner = versions(LIVE.replace("{}", "1"), "s>one", "one>e")
    broken = versions(task("one", candidateUsers="${who}"), "s>one", "one>e")
    before = everything(office)
    for target, rule, words in (
        (gone, "removed", "The instance stands at '一' (one). Nothing in the new version takes its place."),
        (sooner, "due", "a clock that runs is not changed"),
        (broken, "attribute", "candidateUsers of task one"),
    ):
        made = plan(office, source, target)
        with office.work() as session:
            verdict = migration.validate(session, made, instance.id)
        assert [f.rule for f in verdict.reasons] == [rule]
        with pytest.raises(Conflict, match="cannot be moved") as refused, office.work() as session:
            migration.execute(session, made, instance.id, actor=office.chief)
        assert words in refused.value.message
    assert everything(office) == before
    made = plan(office, source, gone)
    with pytest.raises(NotAllowed), office.work() as session:
        migration.execute(session, made, instance.id, actor=GUEST)
    office.complete(office.task("one"))
    with pytest.raises(Conflict, match="has ended"), office.work() as session:
        migration.execute(session, made, instance.id, actor=office.chief)
    with pytest.raises(InvalidInput) as bad, office.work() as session:
        migration.plan(session, source, gone, {"one": "e"})
    assert ("one", "kind") in [(f.element, f.rule) for f in bad.value.findings]
    with office.work() as session:
        assert migration.running(session, made) == []


def test_what_fires_meanwhile_is_done_by_one_of_the_two_versions(office, versions):
    """A timer that is due as the instance is moved fires with the move, once, by the new version."""
    source = versions(STEPS, *FLOWS)
    instance = office.start("p")
    target = versions(STEPS + task("chief"), *FLOWS[:-1], "late>chief", "chief>e")
    with later(days=10):
        with office.work() as session:
            leased = timers.lease(session, "w")
        made = plan(office, source, target)
        with office.work() as session:
            migration.execute(session, made, instance.id, actor=office.chief)
        for timer_id in leased:
            with office.work() as session:
                timers.fire(session, timer_id)
        assert [t.element_id for t in office.open_tasks()] == ["chief"]
        office.check()


def test_a_batch_moves_each_that_can_be_and_says_why_the_others_stay(office, versions):
    source = versions(task("a") + task("gone"), "s>a", "a>gone", "gone>e")
    moves, held, stands, ends = (office.start("p") for _ in range(4))
    office.complete(office.task("a", stands))
    with office.work() as session:
        instances.suspend(session, held.id, actor=office.chief)
    target = versions(task("a") + task("b"), "s>a", "a>b", "b>e")
    made = plan(office, source, target)
    with office.work() as session:
        ids = migration.running(session, made, actor=office.chief)
        migration.guard_all(session, ids, actor=office.chief)
        batch = batches.order(session, made, ids, actor=office.chief)
        with pytest.raises(NotAllowed):
            migration.guard_all(session, ids, actor=GUEST)
    with office.work() as session:
        instances.cancel(session, ends.id, actor=office.chief, reason="撤回")
    assert progress(office, batch).waiting == 3, "who has ended waits for nothing"
    worker.work_off(office)
    office.check()
    found = progress(office, batch)
    assert (found.total, found.moved, found.refused, found.ended) == (4, 2, 1, True)
    with office.work() as session:
        said = {one.instance_id: (state, one.findings) for one, state in batches.items(session, batch)}
        states = {one.id: (one.definition_id, one.state) for one in session.query(Instance)}
        with pytest.raises(NotFound):
            batches.of(session, batch.id, GUEST)
    assert states[moves.id] == (target, "active")
    assert states[held.id] == (target, "suspended")
    assert (states[stands.id][0], said[stands.id][1][0][2]) == (source, "removed")
    assert [said[one.id][0] for one in (moves, held, stands, ends)] == [
        "moved",
        "moved",
        "refused",
        "dropped",
    ]
    assert [event.actor for event in office.all(AuditEvent, AuditEvent.act == "instance.migrate")] == [
        *(office.chief.id,) * 2
    ]


def test_what_a_batch_has_not_moved_yet_can_be_taken_back(office, versions):
    source = versions(task("a"), "s>a", "a>e")
    waits = office.start("p")
    target = versions(task("a") + task("b"), "s>a", "a>b", "b>e")
    made = plan(office, source, target)
    with office.work() as session:
        batch = batches.order(session, made, [waits.id], actor=office.chief)
        with pytest.raises(InvalidInput):
            batches.order(session, made, [], actor=office.chief)
    with office.work() as session:
        assert batches.drop(session, batch.id, actor=office.chief) == 1
    worker.work_off(office)
    assert progress(office, batch).dropped == 1
    assert office.all(Instance)[0].definition_id == source
    # Ordered anew, and moved by somebody in between: it is told, and nothing breaks.
    with office.work() as session:
        again = batches.order(session, made, [waits.id], actor=office.chief)
    move(office, made, waits)
    worker.work_off(office)
    assert progress(office, again).refused == 1
    office.check()


def progress(office, batch):
    with office.work() as session:
        return batches.progress(session, batch)
