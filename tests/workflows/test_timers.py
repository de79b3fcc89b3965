"""What is due: leased once, fired once, tried again, and given to an operator in the end."""

from datetime import timedelta

import pytest
from sqlalchemy import update

from workflows import clock, history, incidents, instances, persistence, starting, timers
from workflows.actor import Actor
from workflows.errors import Conflict, NotFound
from workflows.model import AuditEvent, Incident, Instance, ReminderRung, Task, Timer

ANNA = Actor("anna", frozenset({"anna", "handler"}))


def later(**delta):
    return clock.held_at(clock.now() + timedelta(**delta))


def work_off(office, worker="w"):
    """Fire what is due as a worker does, and return the elements in order."""
    fired = []
    while True:
        with office.work() as session:
            leased = timers.lease(session, worker, limit=2)
        if not leased:
            return fired
        for timer_id in leased:
            try:
                with office.work() as session:
                    if timers.fire(session, timer_id):
                        fired.append(session.get(Timer, timer_id).element_id)
            except Exception as error:  # noqa: BLE001 -- whatever it is, the worker reports it
                with office.work() as session:
                    timers.failed(session, timer_id, error)


@pytest.fixture
def pair(office, two_steps):
    office.deploy(two_steps)
    return office.start("pair")


def test_nothing_is_due_before_its_time(office, pair):
    with later(hours=47, minutes=59), office.work() as session:
        assert timers.due(session) == []
        assert timers.lease(session, "w") == []
        assert timers.next_due_at(session) == pair.started_at + timedelta(days=2)
    with later(days=2), office.work() as session:
        assert len(timers.due(session)) == 1


def test_a_leased_timer_is_nobody_elses_until_the_lease_ends(office, pair):
    with later(days=2):
        with office.work() as session:
            leased = timers.lease(session, "one", length=timedelta(minutes=2))
        with office.work() as session:
            assert timers.lease(session, "two") == []
            assert timers.due(session) == []
        with later(minutes=3), office.work() as session:
            assert timers.lease(session, "two") == leased


def test_a_timer_fires_once_and_says_so(office, pair):
    with later(days=3):
        assert work_off(office) == ["late"]
        assert work_off(office) == []
    timer = office.all(Timer)[0]
    assert (timer.status, timer.leased_by, timer.fired_at) == (
        "fired",
        None,
        pair.started_at + timedelta(days=3),
    )
    assert ("timer.fire", "system") in {(e.act, e.actor) for e in office.all(AuditEvent)}
    office.check()


def test_a_completed_step_takes_its_timer_with_it(office, pair):
    office.complete(office.task("one"), ANNA)
    assert [t.status for t in office.all(Timer)] == ["cancelled"]
    with later(days=3):
        assert work_off(office) == []
    office.check()


CHAIN = (
    '<bpmn:startEvent id="s"/>'
    + "".join(
        f'<bpmn:intermediateCatchEvent id="t{n}"><bpmn:timerEventDefinition><bpmn:timeDuration'
        f' xsi:type="bpmn:tFormalExpression">PT{n}H</bpmn:timeDuration></bpmn:timerEventDefinition>'
        "</bpmn:intermediateCatchEvent>"
        for n in (3, 1, 2)
    )
    + '<bpmn:parallelGateway id="p"/><bpmn:userTask id="u"/>'
)


def test_after_an_outage_each_fires_once_in_order_of_due_time(office, diagram, two_steps):
    office.deploy(diagram("chain", CHAIN, "s>p", "p>t3", "p>t1", "p>t2", "t1>u", "t2>u", "t3>u"), two_steps)
    office.start("pair")
    started = [office.start("chain") for _ in range(2)]
    with later(days=30):
        order = work_off(office)
        # One drain of an instance takes all of its due timers, soonest first.
        assert sorted(order) == ["late", "t1", "t1"]
        office.check()
    for instance in started:
        with office.work() as session:
            left = [
                a.element_id for a in sorted(history.activities(session, instance.id), key=lambda a: a.id)
            ]
        assert [element for element in left if element[0] == "u"] == ["u", "u", "u"]


CYCLE = (
    '<bpmn:startEvent id="s"/><bpmn:userTask id="u"/>'
    '<bpmn:boundaryEvent id="b" attachedToRef="u" cancelActivity="false"><bpmn:timerEventDefinition>'
    '<bpmn:timeCycle xsi:type="bpmn:tFormalExpression">R3/PT1H</bpmn:timeCycle></bpmn:timerEventDefinition>'
    '</bpmn:boundaryEvent><bpmn:userTask id="reminded"/>'
)


def test_a_cycle_fires_turn_by_turn_and_ends(office, diagram):
    office.deploy(diagram("cycle", CYCLE, "s>u", "b>reminded"))
    office.start("cycle")
    for hour in (1, 2, 3, 4):
        with later(hours=hour):
            work_off(office)
            office.check()
            reminded = [t for t in office.open_tasks() if t.element_id == "reminded"]
            assert len(reminded) == min(hour, 3)
    assert {t.status for t in office.all(Timer)} == {"fired"}


FAILING = (
    '<bpmn:startEvent id="s"/><bpmn:intermediateCatchEvent id="t"><bpmn:timerEventDefinition>'
    '<bpmn:timeDuration xsi:type="bpmn:tFormalExpression">PT1H</bpmn:timeDuration>'
    "</bpmn:timerEventDefinition>"
    '</bpmn:intermediateCatchEvent><bpmn:scriptTask id="x" scriptFormat="javascript"><bpmn:script>y = missing'
    '</bpmn:script></bpmn:scriptTask><bpmn:userTask id="u"/>'
)


def test_a_failing_timer_is_tried_again_later_and_later_and_then_an_incident(office, diagram, pair):
    office.deploy(diagram("failing", FAILING, "s>t", "t>x", "x>u"), name="f")
    instance = office.start("failing")
    wait = timedelta(hours=1)
    with later(hours=1):
        for attempt, pause in enumerate((10, 40, 160, 640), 1):
            with clock.held_at(clock.now() + wait - timedelta(hours=1)):
                assert work_off(office) == []
                timer = office.all(Timer, Timer.instance_id == instance.id)[0]
                assert (timer.attempts, timer.status) == (attempt, "waiting")
                assert timer.retry_at == clock.now() + timedelta(seconds=pause)
                assert work_off(office) == []
            wait += timedelta(seconds=pause)
        office.check()
        with later(hours=1):
            work_off(office)
    timer = office.all(Timer, Timer.instance_id == instance.id)[0]
    assert (timer.status, timer.retry_at) == ("failed", None)
    incident = office.all(Incident)[0]
    assert (incident.kind, incident.instance_id, incident.timer_id) == ("failedTimer", instance.id, timer.id)
    assert "missing" in incident.message
    office.check()
    with later(days=2):
        assert work_off(office) == ["late"]
        with office.work() as session:
            instances.set_variables(session, instance.id, {"missing": 1}, actor=office.chief)
    office.check()


def test_an_operator_lets_a_failed_timer_try_again(office, pair):
    with office.work() as session:
        timer_id = session.scalar(update(Timer).values(attempts=4).returning(Timer.id))
    with later(days=2):
        with office.work() as session:
            incident = timers.failed(session, timer_id, RuntimeError("broken"))
        assert incident
        assert work_off(office) == []
        with office.work() as session:
            assert timers.failed(session, timer_id, RuntimeError("again")) is None
            incidents.retry(session, incident, actor=office.chief)
        with office.work() as session, pytest.raises(Conflict):
            incidents.retry(session, incident, actor=office.chief)
        with office.work() as session, pytest.raises(NotFound):
            incidents.retry(session, "nothing", actor=office.chief)
        assert work_off(office) == ["late"]
    assert office.all(Incident)[0].resolved_by == "chief"
    office.check()


def test_a_failed_timer_of_a_suspended_instance_waits_on(office, pair):
    with office.work() as session:
        timer_id = session.scalar(update(Timer).values(attempts=4).returning(Timer.id))
        incident = timers.failed(session, timer_id, RuntimeError("broken"))
    with office.work() as session:
        instances.suspend(session, pair.id, actor=office.chief)
        incidents.retry(session, incident, actor=office.chief)
    assert office.get(Timer, timer_id).status == "suspended"
    office.check()


STARTING = (
    '<bpmn:startEvent id="s"><bpmn:timerEventDefinition><bpmn:time{kind} xsi:type="bpmn:tFormalExpression">'
    '{when}</bpmn:time{kind}></bpmn:timerEventDefinition></bpmn:startEvent><bpmn:userTask id="u"/>'
)


def test_a_timer_starts_a_process_again_and_again(office, diagram):
    office.deploy(diagram("daily", STARTING.format(kind="Cycle", when="R/P1D"), "s>u"))
    for day in (1, 2):
        with later(days=day):
            assert work_off(office) == ["s"]
            assert len(office.all(Instance)) == day
    with later(days=10):
        # Missed turns are not made up for: the matter is started once.
        assert work_off(office) == ["s"]
    assert len(office.all(Instance)) == 3
    assert {i.started_by for i in office.all(Instance)} == {"system"}
    assert [e.actor for e in office.all(AuditEvent, AuditEvent.act == "instance.start")] == ["system"] * 3
    office.check()


def test_a_timer_starts_a_process_once(office, diagram):
    office.deploy(diagram("once", STARTING.format(kind="Date", when="2026-03-05T09:00:00"), "s>u"))
    with later(days=5):
        assert work_off(office) == ["s"]
        assert work_off(office) == []
    assert len(office.all(Instance)) == 1


LADDER = [
    {
        "rung": 1,
        "applies": "days_short",
        "basis": "elapsed",
        "amount": 0.5,
        "unit": "fraction",
        "level": "normal",
    },
    {
        "rung": 2,
        "applies": "days_short",
        "basis": "before_due",
        "amount": 2,
        "unit": "working_days",
        "level": "remind",
    },
    {
        "rung": 3,
        "applies": "days_short",
        "basis": "after_due",
        "amount": 0,
        "unit": "hours",
        "level": "overdue",
    },
    {
        "rung": 4,
        "applies": "days_long",
        "basis": "elapsed",
        "amount": 0.5,
        "unit": "fraction",
        "level": "warn",
    },
]
WITH_DUE = (
    '<bpmn:startEvent id="s"/>'
    '<bpmn:userTask id="u" camunda:dueDate="{due}" camunda:candidateGroups="handler">'
    "<bpmn:extensionElements><camunda:properties>{properties}</camunda:properties></bpmn:extensionElements>"
    "</bpmn:userTask>"
)


@pytest.fixture
def ladder(office, operation):
    climbed = []

    @operation("escalation.remind")
    def remind(context, *, reached):
        climbed.append(
            (reached.rung, reached.level, reached.recipients, context.task_id, context.actor, context.now)
        )

    with office.work() as session:
        for rung in LADDER:
            session.add(
                ReminderRung(
                    ladder="default",
                    version=1,
                    recipients="handler leader",
                    operation="escalation.remind",
                    **rung,
                )
            )
    return climbed


def laddered(office, diagram, due="${workdays(9)}", properties=""):
    office.deploy(diagram("due", WITH_DUE.format(due=due, properties=properties), "s>u"))
    office.start("due")
    return office.task("u")


def test_a_task_left_alone_climbs_every_rung_once(office, diagram, ladder):
    task = laddered(office, diagram)
    levels = []
    for hour in range(0, 24 * 14, 12):
        with later(hours=hour):
            work_off(office)
            levels.append(office.get(Task, task.id).level)
    assert [(rung, level) for rung, level, *_ in ladder] == [(1, "normal"), (2, "remind"), (3, "overdue")]
    assert {given[2:5] for given in ladder} == {(("handler", "leader"), task.id, None)}
    assert list(dict.fromkeys(levels)) == ["normal", "remind", "overdue"]
    office.check()


def test_rungs_missed_while_the_server_was_down_are_climbed_once_in_order(office, diagram, ladder):
    task = laddered(office, diagram)
    with later(days=30):
        assert work_off(office) == ["u", "u", "u"]
        assert work_off(office) == []
    assert [rung for rung, *_ in ladder] == [1, 2, 3]
    assert office.get(Task, task.id).level == "overdue"


def test_a_rung_loads_no_instance(office, diagram, ladder):
    laddered(office, diagram)
    with later(days=7):
        with office.work() as session:
            timer_id = timers.lease(session, "w")[0]
        with office.counting() as statements, office.work() as session:
            assert timers.fire(session, timer_id)
    assert not any("instance_state" in statement for statement in statements)
    assert len(statements) <= 7


def test_completing_takes_the_ladder_away(office, diagram, ladder):
    task = laddered(office, diagram)
    office.complete(task, ANNA)
    assert {t.status for t in office.all(Timer)} == {"cancelled"}
    with later(days=30):
        assert work_off(office) == []
    assert ladder == []
    office.check()


def test_rungs_of_before_the_task_are_not_climbed(office, diagram, ladder):
    laddered(office, diagram, due="${workdays(5, '2026-02-25')}")
    assert sorted(t.rung for t in office.all(Timer)) == [3]


@pytest.mark.parametrize(
    ("due", "properties", "rungs"),
    [
        ("${workdays(5)}", '<camunda:property name="ladder" value="none"/>', []),
        ("${workdays(5)}", '<camunda:property name="ladder" value="unknown"/>', []),
        ("${workdays(11)}", "", [4]),
        ("${workdays(10)}", "", [1, 2, 3]),
        ("P1Y", "", [4]),
        ("PT5H", "", []),
    ],
)
def test_the_ladder_fits_the_span(office, diagram, ladder, due, properties, rungs):
    laddered(office, diagram, due, properties)
    assert sorted(t.rung for t in office.all(Timer)) == rungs


def test_a_failing_rung_is_tried_again_and_others_go_on(office, diagram, ladder, operation, pair):
    laddered(office, diagram)
    with office.work() as session:
        session.execute(update(ReminderRung).where(ReminderRung.rung == 1).values(operation="no.such"))
    with later(days=30):
        assert sorted(work_off(office)) == ["late", "u", "u"]
        assert [rung for rung, *_ in ladder] == [2, 3]
        with later(minutes=1), office.work() as session:
            session.execute(update(ReminderRung).values(operation="escalation.remind"))
        with later(minutes=1):
            assert work_off(office) == ["u"]
    assert [rung for rung, *_ in ladder] == [2, 3, 1]


def test_a_rung_that_moves_an_instance_is_refused(office, diagram, ladder, operation, pair):
    @operation("escalation.decide")
    def decide(context, *, reached):
        instances.cancel(context.session, pair.id, actor=office.chief, reason="late")

    laddered(office, diagram)
    with office.work() as session:
        session.execute(update(ReminderRung).values(operation="escalation.decide"))
    with later(days=1, hours=12), office.work() as session:
        assert timers.due(session) == []
    with later(days=10):
        assert "u" not in work_off(office)
        assert {
            t.attempts for t in office.all(Timer, Timer.kind == "ladder", Timer.due_at < clock.now())
        } == {1}


def test_rungs_keep_their_order_whichever_worker_takes_them(office, diagram, ladder):
    laddered(office, diagram)
    with later(days=30):
        with office.work() as session:
            first, second, third = timers.lease(session, "one")
        for early in (second, third):
            with office.work() as session:
                assert not timers.fire(session, early)
        for turn in (first, second, third):
            with office.work() as session:
                assert timers.fire(session, turn)
    assert [rung for rung, *_ in ladder] == [1, 2, 3]


def test_nobody_waits_for_a_matter_that_somebody_else_is_moving(racing_office, two_steps):
    racing_office.deploy(two_steps)
    pair = racing_office.start("pair")
    with later(days=3):
        with racing_office.work() as session:
            (timer_id,) = timers.lease(session, "one")
        with racing_office.work() as slow:
            persistence.lock(slow, pair.id)
            with racing_office.work() as session:
                assert not timers.fire(session, timer_id)
        assert work_off(racing_office) == [], "it comes a moment later"
        with later(seconds=2):
            assert work_off(racing_office) == ["late"]
    racing_office.check()


def test_a_lease_of_a_clock_that_ran_ahead_holds_up_nothing(office, pair):
    with later(days=40), office.work() as session:
        assert timers.lease(session, "ahead")
    with office.work() as session:
        assert timers.lease(session, "here") == [], "it is not due by the clock set right"
    with later(days=3):
        assert work_off(office) == ["late"]
        office.check()
    assert work_off(office) == [], "set back again, the clock fires nothing twice"


def test_after_months_an_hourly_cycle_fires_once_and_goes_on_by_the_hour(office, diagram):
    office.deploy(diagram("cycle", CYCLE.replace("R3", "R"), "s>u", "b>reminded"))
    started = office.start("cycle").started_at
    for months in (3, 4):
        with later(days=30 * months, minutes=20):
            assert work_off(office) == ["b"]
            (waiting,) = office.all(Timer, Timer.status == "waiting")
            assert waiting.due_at == started + timedelta(days=30 * months, hours=1)
    assert len([t for t in office.open_tasks() if t.element_id == "reminded"]) == 2
    with clock.held_at(started):
        # The clock was wrong by months: what it has fired stays fired, and the next turn is where it is.
        assert work_off(office) == []
    office.check()


def clocks(office):
    """Return what waits: (element, kind, due) of every timer that is not over."""
    pending = Timer.status.in_(("waiting", "suspended"))
    return sorted((t.element_id, t.kind, t.due_at, t.status) for t in office.all(Timer, pending))


def test_a_step_gone_back_to_has_new_clocks_and_a_held_one_keeps_its_own(office, diagram, ladder):
    steps = (
        '<bpmn:startEvent id="s"/><bpmn:userTask id="u" camunda:dueDate="${workdays(5)}"/>'
        '<bpmn:boundaryEvent id="late" attachedToRef="u"><bpmn:timerEventDefinition>'
        '<bpmn:timeDate xsi:type="bpmn:tFormalExpression">${workdays(5)}</bpmn:timeDate>'
        '</bpmn:timerEventDefinition></bpmn:boundaryEvent><bpmn:userTask id="next"/>'
        '<bpmn:exclusiveGateway id="x" default="f4"/><bpmn:endEvent id="e"/>'
    )
    office.deploy(diagram("back", steps, "s>u", "u>next", "next>x", "x>e", "x>u?${again == 'yes'}", "late>e"))
    instance = office.start("back")
    before = clocks(office)
    assert {element for element, *_ in before} == {"u", "late"}
    with later(days=1):
        # Suspended and resumed: the same instants, whatever was missed fires once.
        with office.work() as session:
            instances.suspend(session, instance.id, actor=office.chief)
        assert [c[:3] for c in clocks(office)] == [c[:3] for c in before]
        assert {c[3] for c in clocks(office)} == {"suspended"}
        office.check()
    with later(days=2):
        with office.work() as session:
            instances.resume(session, instance.id, actor=office.chief)
        assert clocks(office) == before
        office.complete(office.task("u"))
        assert clocks(office) == []
    with later(days=7):
        # Sent back, withdrawn or opened again: whichever way a token comes, the step's clocks begin anew.
        office.complete(office.task("next"), again="yes")
        anew = clocks(office)
        assert [c[:2] for c in anew] == [c[:2] for c in before]
        assert all(new[2] > old[2] for new, old in zip(anew, before, strict=True))
        office.check()
    with later(days=9):
        task = office.task("u")
        with office.work() as session, persistence.advancing(session, instance.id, actor=None) as run:
            run.send_back(task.id, "u")
        assert [c[:2] for c in clocks(office)] == [c[:2] for c in before]
        assert max(c[2] for c in clocks(office)) > max(c[2] for c in anew)
        office.check()


def test_a_first_turn_that_is_yet_to_come_is_the_next_one(office, diagram):
    office.deploy(diagram("monthly", STARTING.format(kind="Cycle", when="0 0 9 1 * ?"), "s>u"))
    definition = office.definition("monthly")
    (timer,) = office.all(Timer)
    with office.work() as session:
        trigger = starting.trigger_of(session, definition, timer)
        assert starting.next_start(session, definition, trigger, clock.now()) == timer.due_at
        assert starting.next_start(session, definition, trigger, timer.due_at) > timer.due_at


def test_what_starts_once_from_now_on_starts_once(office, diagram):
    office.deploy(diagram("soon", STARTING.format(kind="Date", when="${now()}"), "s>u"))
    for day in range(3):
        with later(days=day, minutes=1):
            work_off(office)
    assert len(office.all(Instance)) == 1
