"""A lease of timers in one transaction: the same as one by one, for a fraction of the statements."""

from datetime import timedelta

from tests.workflows.conftest import TWO_STEPS, Office
from workflows import clock, timers
from workflows.model import Job, Timer

TIMER = (
    '<bpmn:intermediateCatchEvent id="{}"><bpmn:timerEventDefinition>'
    '<bpmn:timeDuration xsi:type="bpmn:tFormalExpression">{}</bpmn:timeDuration>'
    "</bpmn:timerEventDefinition></bpmn:intermediateCatchEvent>"
)
SIGNAL = '<bpmn:signalEventDefinition signalRef="g"/>'
BEFORE = '<bpmn:signal id="g" name="gong"/>'
S, E = '<bpmn:startEvent id="s"/>', '<bpmn:endEvent id="e"/>'
HEARS = f'{S}{TIMER.format("t", "PT1H")}<bpmn:intermediateCatchEvent id="c">{SIGNAL}</bpmn:intermediateCatchEvent>{E}'
TELLS = f'{S}{TIMER.format("t", "PT2H")}<bpmn:endEvent id="e">{SIGNAL}</bpmn:endEvent>'
TWICE = f'{S}<bpmn:parallelGateway id="p"/>{TIMER.format("a", "PT1H")}{TIMER.format("b", "PT2H")}<bpmn:userTask id="u"/>'


def fire(office: Office) -> tuple[list[str], list[str], list[str]]:
    """Fire everything that is due in one transaction; return what was leased, what fired, and the statements."""
    with office.work() as session:
        leased = timers.lease(session, "w", limit=100)
    with office.counting() as statements, office.work() as session:
        fired = timers.fire_together(session, leased)
    return leased, fired, statements


def test_many_fire_with_few_statements_and_say_the_same(office):
    office.deploy(TWO_STEPS)
    counted = []
    for many in (2, 12):
        started = [office.start("pair") for _ in range(many)]
        with clock.held_at(clock.now() + timedelta(days=400)):
            leased, fired, statements = fire(office)
            assert leased == fired
            office.check()
        for instance in started:
            assert office.task("escalated", instance)
        counted.append(len(statements))
    assert counted[1] - counted[0] <= 5 * 10


def test_an_instance_fires_one_of_its_timers_and_a_failed_one_goes_alone(office, diagram):
    office.deploy(diagram("twice", TWICE, "s>p", "p>a", "p>b", "a>u", "b>u"))
    first, second = office.start("twice"), office.start("twice")
    with clock.held_at(clock.now() + timedelta(days=1)):
        with office.work() as session:
            for timer in session.query(Timer).where(Timer.instance_id == second.id):
                timer.attempts = 1
        leased, fired, _ = fire(office)
        assert len(leased) == 4
        assert [timer.instance_id for timer in office.all(Timer, Timer.id.in_(fired))] == [first.id]
        with office.work() as session:
            assert [timers.fire(session, timer_id) for timer_id in leased].count(True) == 1
        office.check()


def test_what_one_matter_begins_to_wait_for_the_next_one_can_tell_it(office, diagram):
    office.deploy(
        diagram("hears", HEARS, "s>t", "t>c", "c>e", before=BEFORE),
        diagram("tells", TELLS, "s>t", "t>e", before=BEFORE),
    )
    hearer = office.start("hears")
    office.start("tells")
    with clock.held_at(clock.now() + timedelta(days=1)):
        leased, fired, _ = fire(office)
    assert leased == fired
    assert [job.instance_id for job in office.all(Job, Job.kind == "signal")] == [hearer.id]
