"""Event subprocesses and compensation in a database: rows of timers, messages and history beside the state."""

from datetime import timedelta

from tests.workflows.engine.diagrams import boundary, file_of, flows, nodes, on_event, user
from tests.workflows.test_timers import later, work_off
from workflows import instances
from workflows.actor import Actor
from workflows.model import Activity, Subscription, Timer

CLERK = Actor("clara", frozenset({"clerk", "clara"}))
HOUR = "<timerEventDefinition><timeDuration>PT1H</timeDuration></timerEventDefinition>"
MESSAGE = '<messageEventDefinition messageRef="M"/>'
EXTRA = '<message id="M" name="recall"/>'


def handled(name: str, trigger: str, *, cancel: bool) -> str:
    inner = user(f"{name}_do") + nodes("endEvent", f"{name}_e")
    return on_event(name, trigger, inner + flows(f"{name}_s > {name}_do > {name}_e"), cancel=cancel)


MAIN = nodes("startEvent", "s") + user("a") + nodes("endEvent", "e") + flows("s > a > e")


def test_timers_and_messages_of_a_scope_are_rows_like_any_other(office):
    body = MAIN + handled("late", HOUR, cancel=False) + handled("recalled", MESSAGE, cancel=True)
    office.deploy(file_of(body, extra=EXTRA))
    instance = office.start("p")
    assert [(t.element_id, t.due_at - instance.started_at) for t in office.all(Timer)] == [
        ("late_s", timedelta(hours=1))
    ]
    assert [(s.element_id, s.name) for s in office.all(Subscription)] == [("recalled_s", "recall")]
    with later(hours=1):
        assert work_off(office) == ["late_s"]
    assert [t.status for t in office.all(Timer)] == ["fired"]
    assert sorted(t.element_id for t in office.open_tasks(instance)) == ["a", "late_do"]
    with office.work() as session:
        instances.message(session, "recall", actor=office.chief)
    assert [t.element_id for t in office.open_tasks(instance)] == ["recalled_do"]
    assert office.all(Subscription) == []
    office.check()
    office.complete(office.task("recalled_do"), CLERK)
    stood = {(a.element_id, a.cancelled) for a in office.all(Activity)}
    assert {("a", True), ("late", True), ("late_do", True), ("recalled", False)} <= stood
    assert all(a.left_at is not None for a in office.all(Activity))
    office.check()


def test_an_interrupting_timer_of_a_scope_is_told_as_fired(office):
    office.deploy(file_of(MAIN + handled("late", HOUR, cancel=True)))
    office.start("p")
    with later(hours=1):
        assert work_off(office) == ["late_s"]
    assert [t.status for t in office.all(Timer)] == ["fired"]
    office.check()


def test_handlers_of_compensation_are_tasks_that_outlive_a_reload(office):
    undo = user("undo").replace("<userTask ", '<userTask isForCompensation="true" ')
    body = (
        nodes("startEvent", "s")
        + user("a")
        + boundary("c", "a", "<compensateEventDefinition/>")
        + undo
        + user("b")
        + '<intermediateThrowEvent id="back"><compensateEventDefinition/></intermediateThrowEvent>'
        + nodes("endEvent", "e")
        + flows("s > a > b > back > e")
        + '<association id="as" sourceRef="c" targetRef="undo"/>'
    )
    office.deploy(file_of(body))
    instance = office.start("p")
    for name in ("a", "b", "undo"):
        assert [t.element_id for t in office.open_tasks(instance)] == [name]
        office.check()
        office.complete(office.task(name), CLERK)
    assert office.open_tasks(instance) == []
    assert all(a.left_at is not None for a in office.all(Activity))
    office.check()
