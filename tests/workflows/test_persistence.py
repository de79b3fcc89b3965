"""One command, one transaction: what is stored, what is not, and that rows say what the run says."""

from datetime import date, timedelta

import pytest
from sqlalchemy import delete, func, select, update

from workflows import instances, persistence, tasks
from workflows.actor import Actor
from workflows.errors import Conflict, EngineFault, InvalidInput, NotFound
from workflows.model import (
    Activity,
    AuditEvent,
    Base,
    Incident,
    Instance,
    InstanceState,
    Subscription,
    Task,
    TaskCandidate,
    TimeLimit,
    Timer,
)
from workflows.operations import Recorded

HANDLER = Actor("anna", frozenset({"anna", "handler"}))


def everything(office):
    """Return how many rows each table has."""
    with office.work() as session:
        return {
            t.name: session.scalar(select(func.count()).select_from(t)) for t in Base.metadata.sorted_tables
        }


SERVICE = (
    '<bpmn:startEvent id="s"/><bpmn:userTask id="ask" camunda:candidateGroups="handler"/>'
    '<bpmn:serviceTask id="do" camunda:delegateExpression="${{{operation}}}">'
    "<bpmn:extensionElements><camunda:inputOutput>{inputs}</camunda:inputOutput></bpmn:extensionElements>"
    '</bpmn:serviceTask><bpmn:userTask id="after"/><bpmn:endEvent id="e"/>'
)


def service(diagram, operation, **inputs):
    given = "".join(
        f'<camunda:inputParameter name="{k}">{v}</camunda:inputParameter>' for k, v in inputs.items()
    )
    elements = SERVICE.format(operation=operation, inputs=given)
    return diagram("served", elements, "s>ask", "ask>do", "do>after", "after>e")


def test_an_operation_is_given_its_place_and_arguments_and_gives_variables(office, diagram, operation):
    seen = []

    @operation("books.write")
    def write(context, *, title, pages=1):
        seen.append((context, title, pages))
        return {"written": True}

    office.deploy(service(diagram, "books.write", title="${name}", pages="${2 + 1}"))
    instance = office.start("served", business_key="K-1")
    office.complete(office.task("ask"), HANDLER, name="监督")
    context, title, pages = seen[0]
    assert (title, pages) == ("监督", 3)
    assert (context.instance_id, context.element_id, context.business_key) == (instance.id, "do", "K-1")
    assert (context.actor, context.definition_key) == (HANDLER, "served")
    assert context.variables["name"] == "监督"
    with pytest.raises(TypeError):
        context.variables["name"] = "other"
    with office.work() as session:
        assert instances.variables(session, instance.id, office.chief) == {"name": "监督", "written": True}
    office.check()


def test_a_failing_operation_stores_nothing_at_all(office, diagram, operation):
    @operation("books.burn")
    def burn(context):
        context.session.add(TimeLimit(**LIMIT))
        context.session.flush()
        raise RuntimeError("fire")

    office.deploy(service(diagram, "books.burn"))
    instance = office.start("served")
    before = everything(office)
    task = office.task("ask")
    with pytest.raises((EngineFault, RuntimeError)):
        office.complete(task, HANDLER)
    # Beside what is written after the rollback: the incident, and the answers as a draft.
    assert everything(office) == {**before, "incident": 1, "task_draft": 1}
    office.check()
    assert office.get(Instance, instance.id).revision == 1
    assert office.get(Task, task.id).assignee is None


LIMIT = {
    "rule_id": "X1",
    "version": 1,
    "effective_from": date(2026, 1, 1),
    "title_zh": "x",
    "title_en": "x",
    "start_event": "x",
    "n": 1,
    "unit": "hours",
    "status": "design",
}


def test_an_operation_that_moves_another_instance_is_refused(office, diagram, operation, two_steps):
    @operation("books.meddle")
    def meddle(context):
        with persistence.advancing(context.session, context.variables["other"], actor=None):
            pass

    @operation("books.beget")
    def beget(context):
        instances.start(context.session, key="pair", actor=context.actor)

    office.deploy(two_steps, service(diagram, "books.meddle"))
    other = office.start("pair")
    office.start("served", other=other.id)
    with pytest.raises(EngineFault, match="job of its own"):
        office.complete(office.task("ask"), HANDLER)
    office.deploy(service(diagram, "books.beget"), name="second")
    served = office.start("served")
    with pytest.raises(EngineFault, match="job of its own"):
        office.complete(office.task("ask", served), HANDLER)
    office.check()


def test_wrong_arguments_of_an_operation_are_named(office, diagram, operation):
    @operation("books.write")
    def write(context, *, title):
        return None

    with pytest.raises(InvalidInput) as refused:
        office.deploy(service(diagram, "books.write", titel="x"))
    messages = [f.message for f in refused.value.findings if f.rule == "arguments"]
    assert any("needs title" in m for m in messages)
    assert any("knows no titel" in m and "takes title" in m for m in messages)


def test_a_matter_opened_at_the_beginning_is_taken_over_by_instance_and_tasks(office, diagram, operation):
    @operation("books.write")
    def write(context):
        return Recorded({"written": True}, scope_id="book:1", business_key="B-1")

    elements = (
        '<bpmn:startEvent id="s"/><bpmn:serviceTask id="do" camunda:delegateExpression="${books.write}"/>'
        '<bpmn:userTask id="after" camunda:candidateGroups="handler"/><bpmn:endEvent id="e"/>'
    )
    office.deploy(diagram("opened", elements, "s>do", "do>after", "after>e"))
    found = office.get(Instance, office.start("opened").id)
    assert (found.scope_id, found.business_key) == ("book:1", "B-1")
    assert office.task("after").scope_id == "book:1"
    office.deploy(service(diagram, "books.write"), name="later")
    office.start("served")
    with pytest.raises(EngineFault, match="Only the beginning"):
        office.complete(office.task("ask"), HANDLER)
    office.check()


def stopped(office, kind, instance_id, revision=None):
    """Return why an instance does not move."""
    with office.work() as session, pytest.raises(kind) as error:
        persistence.advancing(session, instance_id, actor=None, revision=revision).__enter__()
    return error.value


def test_an_instance_moves_only_when_active_and_at_the_revision_expected(office, two_steps):
    office.deploy(two_steps)
    instance = office.start("pair")
    with office.work() as session, persistence.advancing(session, instance.id, actor=None, revision=1):
        pass
    stale = stopped(office, Conflict, instance.id, revision=1)
    assert stale.code == "stale"
    with office.work() as session:
        instances.suspend(session, instance.id, actor=office.chief)
    held = stopped(office, Conflict, instance.id)
    assert held.code == "suspended"
    with office.work() as session:
        instances.cancel(session, instance.id, actor=office.chief, reason="done with it")
    ended = stopped(office, Conflict, instance.id)
    assert ended.code == "ended"
    stopped(office, NotFound, "nothing")


def test_a_writer_that_missed_another_ones_turn_conflicts(office, two_steps):
    """The row lock keeps writers apart; the version is the belt to those braces."""
    office.deploy(two_steps)
    instance = office.start("pair")
    with (
        pytest.raises(Conflict) as stale,
        office.work() as session,
        persistence.advancing(session, instance.id, actor=None),
    ):
        # What a writer without the lock would do behind our back.
        session.connection().execute(update(Instance.__table__).values(revision=Instance.revision + 1))
    assert stale.value.code == "stale"


def test_few_statements_complete_a_task(office, two_steps):
    office.deploy(two_steps)
    instance = office.start("pair")
    task = office.task("one", instance)
    with office.counting() as claimed, office.work() as session:
        tasks.claim(session, task.id, actor=HANDLER)
    with office.counting() as completed:
        office.complete(task, HANDLER)
    assert len(claimed) <= 6
    assert len(completed) < 20
    with office.counting() as started:
        office.start("pair")
    assert len(started) < 20


def test_the_state_of_an_instance_is_small_and_holds_no_specification(office, two_steps):
    office.deploy(two_steps)
    instance = office.start("pair")
    state = office.get(InstanceState, instance.id)
    assert len(state.content) < 2000
    assert b"candidateGroups" not in state.content


@pytest.mark.parametrize(
    ("harm", "word"),
    [
        (delete(TaskCandidate).where(TaskCandidate.name == "none"), None),
        (update(Task).values(closed_at=Task.created_at), "open in the run only"),
        (update(Task).values(element_id="two"), "stands at two"),
        (update(Task).values(suspended=True), "differ in being suspended"),
        (update(TaskCandidate).values(claimable=False), "claimable"),
        (update(Timer).values(status="cancelled"), "in the run only"),
        (update(Timer).values(status="suspended"), "differ in being suspended"),
        (update(Instance).values(state="completed"), "the instance is completed"),
        (update(Activity).values(left_at=Activity.entered_at), "history lacks the passage"),
        (update(Timer).values(kind="ladder", task_id=None), "waits for a task that is not open"),
    ],
)
def test_every_difference_between_rows_and_run_is_told(office, two_steps, harm, word):
    office.deploy(two_steps)
    instance = office.start("pair")
    with office.work() as session:
        session.execute(harm.execution_options(synchronize_session=False))
    with office.work() as session:
        found = persistence.rows_equal_run(session, instance.id)
    assert (found == []) if word is None else any(word in line for line in found), found


def test_a_subscription_too_many_is_told(office, two_steps):
    office.deploy(two_steps)
    instance = office.start("pair")
    with office.work() as session:
        session.add(Subscription(kind="message", name="m", instance_id=instance.id, element_id="x"))
    with office.work() as session:
        assert persistence.rows_equal_run(session, instance.id) == ["message m at x is in the rows only"]


def test_history_tells_each_passage_with_the_flow_by_which_it_came(office, two_steps):
    office.deploy(two_steps)
    instance = office.start("pair")
    office.complete(office.task("one"), HANDLER)
    rows = [(a.element_id, a.flow, a.left_at is not None) for a in office.all(Activity)]
    assert ("s", None, True) in rows
    assert ("one", "f1", True) in rows
    assert ("two", "f2", False) in rows
    assert all(a.instance_id == instance.id for a in office.all(Activity))


def test_every_act_leaves_one_audit_event(office, two_steps):
    office.deploy(two_steps)
    instance = office.start("pair")
    task = office.task("one")
    with office.work() as session:
        tasks.claim(session, task.id, actor=HANDLER)
    with office.work() as session:
        tasks.release(session, task.id, actor=HANDLER)
    with office.work() as session:
        tasks.assign(session, task.id, "anna", actor=office.chief)
    office.complete(task, HANDLER)
    events = office.all(AuditEvent)
    assert [(e.act, e.actor) for e in events] == [
        ("deployment.create", "chief"),
        ("instance.start", "chief"),
        ("task.claim", "anna"),
        ("task.release", "anna"),
        ("task.assign", "chief"),
        ("task.complete", "anna"),
    ]
    assert {e.instance_id for e in events[1:]} == {instance.id}


DUE = (
    '<bpmn:startEvent id="s"/>'
    '<bpmn:userTask id="u" {attributes}><bpmn:extensionElements><camunda:properties>{properties}'
    '</camunda:properties></bpmn:extensionElements></bpmn:userTask><bpmn:endEvent id="e"/>'
)


def due(diagram, properties="", **attributes):
    given = " ".join(f'camunda:{name}="{value}"' for name, value in attributes.items())
    return diagram("due", DUE.format(attributes=given, properties=properties), "s>u", "u>e")


def entered(office, xml, **variables):
    office.deploy(xml)
    office.start("due", **variables)
    return office.task("u")


WORKDAY = '<camunda:property name="calendar" value="workday"/>'


@pytest.mark.parametrize(
    ("given", "properties", "instant"),
    [
        ("PT90M", "", "2026-03-02T02:30:00+00:00"),
        ("P1M", "", "2026-04-02T01:00:00+00:00"),
        ("P3D", "", "2026-03-05T01:00:00+00:00"),
        ("P15D", WORKDAY, "2026-03-23T16:00:00+00:00"),
        ("2026-03-10", "", "2026-03-10T16:00:00+00:00"),
        ("2026-03-10T12:00:00", "", "2026-03-10T04:00:00+00:00"),
        ("2026-03-10T12:00:00Z", "", "2026-03-10T12:00:00+00:00"),
        ("${workdays(2)}", "", "2026-03-04T16:00:00+00:00"),
        ("${when}", "", "2026-03-20T16:00:00+00:00"),
        ("${add_days(now(), 1)}", "", "2026-03-03T01:00:00+00:00"),
        ("${date(when)}", "", "2026-03-20T16:00:00+00:00"),
    ],
)
def test_a_due_date_is_a_day_an_instant_a_duration_or_an_expression(
    office, diagram, given, properties, instant
):
    task = entered(office, due(diagram, properties, dueDate=given), when="2026-03-20")
    assert task.due_at.isoformat() == instant
    assert task.sorts_at == task.due_at


def test_a_task_without_due_date_sorts_last(office, diagram):
    task = entered(office, due(diagram))
    assert task.due_at is None
    assert task.sorts_at.year == 9999


@pytest.mark.parametrize(
    ("attributes", "word"),
    [
        ({"dueDate": "${soon}"}, "dueDate"),
        ({"dueDate": "${1 + 1}"}, "dueDate"),
        ({"dueDate": "${nothing}"}, "nothing"),
        ({"priority": "${soon}"}, "priority"),
        ({"priority": "-1"}, "priority"),
        ({"candidateGroups": "${[1, 2]}"}, "candidateGroups"),
        ({"assignee": "${[soon]}"}, "assignee"),
    ],
)
def test_an_attribute_without_sense_fails_the_step_and_is_named(office, diagram, attributes, word):
    office.deploy(due(diagram, **attributes))
    with pytest.raises(EngineFault, match=word) as fault:
        office.start("due", soon="soon")
    assert fault.value.element == "u"
    assert office.all(Instance) == []


def test_candidates_come_from_names_texts_and_lists(office, diagram):
    xml = due(
        diagram,
        candidateGroups="handler, office_head@${unit}, ${more}",
        candidateUsers="${users}",
        priority="70",
        followUpDate="P1D",
    )
    task = entered(office, xml, unit="JD1", more="a,b", users=["x", "y"])
    names = {(c.kind, c.name) for c in office.all(TaskCandidate)}
    assert names == {
        ("group", "handler"),
        ("group", "office_head@JD1"),
        ("group", "a"),
        ("group", "b"),
        ("user", "x"),
        ("user", "y"),
    }
    assert task.priority == 70
    assert task.follow_up_at - task.created_at == timedelta(days=1)


def test_an_assigned_task_is_offered_to_nobody(office, diagram):
    task = entered(office, due(diagram, assignee="${who}", candidateGroups="handler"), who="anna")
    assert task.assignee == "anna"
    assert task.claimed_at is not None
    assert not any(c.claimable for c in office.all(TaskCandidate))


def test_a_task_that_found_nobody_is_an_incident(office, diagram):
    office.deploy(due(diagram, candidateGroups="${groups}", assignee="${who}"))
    office.start("due", groups=[], who=None)
    incident = office.all(Incident)[0]
    assert (incident.kind, incident.element_id) == ("noCandidate", "u")
    office.start("due", groups=["handler"], who=None)
    assert len(office.all(Incident)) == 1
    for task in office.open_tasks():
        with office.work() as session:
            tasks.assign(session, task.id, "anna", actor=office.chief)
        office.complete(task, HANDLER)
    assert office.all(Incident)[0].resolved_at is not None
    office.check()
