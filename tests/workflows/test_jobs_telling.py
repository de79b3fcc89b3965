"""Jobs that carry messages and signals from one instance to others."""

from datetime import timedelta

from tests.workflows.jobs import THROW, E, S, event, incidents_of, pools, work_off
from workflows import clock, definitions, incidents, instances, jobs
from workflows.model import AuditEvent, Instance, Job, Subscription

START_BY = event("startEvent", "s2")
USER = '<bpmn:userTask id="{}" camunda:candidateGroups="handler"/>'
TELLER = ("teller", S + THROW + E, "s>throw", "throw>e")
#: The buyer orders, and waits for the reply; the seller is started, replies, and its clerk has a task.
BUYER = (
    "buyer",
    S + '<bpmn:sendTask id="ask" messageRef="m"/><bpmn:receiveTask id="hear" messageRef="r"/>' + E,
    "s>ask",
    "ask>hear",
    "hear>e",
)
SELLER = (
    "seller",
    START_BY + USER.format("sell") + event("endEvent", "answer", ref="r"),
    "s2>sell",
    "sell>answer",
)


HS = '<bpmn:startEvent id="hs"/>'


def hearing(kind="message", ref="m"):
    """Return a process that waits for a message or signal."""
    hear = event("intermediateCatchEvent", "hear", kind, ref)
    return ("hearer", HS + hear + '<bpmn:endEvent id="he"/>', "hs>hear", "hear>he")


HEARER = hearing()


def later(**delta):
    return clock.held_at(clock.now() + timedelta(**delta))


def states(office, key):
    return [(i.business_key, i.state) for i in office.all(Instance, Instance.definition_key == key)]


def test_a_message_starts_the_other_pool_and_the_reply_finds_its_way_back(office):
    office.deploy(pools(BUYER, SELLER, flows=("ask>s2", "answer>hear")))
    first, second = office.start("buyer"), office.start("buyer", business_key="k2")
    assert states(office, "seller") == []
    assert work_off(office) == 2
    assert sorted(states(office, "seller"), key=str) == [("k2", "active"), (None, "active")]
    office.check()
    sale = next(t for t in office.open_tasks() if office.get(Instance, t.instance_id).business_key is None)
    office.complete(sale)
    work_off(office)
    assert office.get(Instance, first.id).state == "completed", "by who spoke with whom, without any key"
    assert office.get(Instance, second.id).state == "active"
    office.complete(office.task("sell"))
    work_off(office)
    assert office.get(Instance, second.id).state == "completed"
    assert incidents_of(office) == []
    office.check()


def test_what_is_sent_comes_with_the_message(office):
    office.deploy(pools(TELLER, ("hearer", START_BY + USER.format("u"), "s2>u"), flows=("throw>s2",)))
    office.start("teller", n=7)
    work_off(office)
    (task,) = office.open_tasks()
    with office.work() as session:
        assert instances.variables(session, task.instance_id, office.chief) == {"amount": 7}
    told = office.all(AuditEvent, AuditEvent.act == "instance.start", AuditEvent.actor == "system")
    assert [t.instance_id for t in told] == [task.instance_id]


def test_by_name_where_no_flow_is_drawn_and_across_deployments(office, diagram):
    office.deploy(pools(TELLER))
    hear = event("intermediateCatchEvent", "hear")
    extra = '<bpmn:message id="m" name="order"/>'
    office.deploy(diagram("hearer", S + hear + E, "s>hear", "hear>e", before=extra))
    hearer = office.start("hearer")
    office.start("teller", n=1)
    assert work_off(office) == 1
    assert office.get(Instance, hearer.id).state == "completed"


def test_a_business_key_of_another_matter_is_never_meant(office):
    office.deploy(pools(TELLER, HEARER))
    other = office.start("hearer", business_key="theirs")
    office.start("teller", business_key="mine", n=1)
    assert work_off(office) == 0
    assert office.get(Instance, other.id).state == "active"
    mine = office.start("hearer", business_key="mine")
    assert work_off(office) == 1, "the message was kept, and woken when somebody came to wait"
    assert office.get(Instance, mine.id).state == "completed"
    assert incidents_of(office) == []


def test_of_several_receivers_none_is_guessed(office):
    office.deploy(pools(TELLER, HEARER, flows=("throw>hear",)))
    hearers = [office.start("hearer") for _ in range(2)]
    teller = office.start("teller", n=1)
    work_off(office)
    ((kind, element, message),) = incidents_of(office)
    assert (kind, element) == ("undelivered", "throw")
    assert "2 wait for it" in message
    (incident,) = office.all(incidents.Incident)
    assert incident.instance_id == teller.id
    with office.work() as session:
        instances.cancel(session, hearers[0].id, actor=office.chief, reason="too many")
        incidents.retry(session, incident.id, actor=office.chief)
    assert work_off(office) == 1
    assert office.get(Instance, hearers[1].id).state == "completed"


def test_a_message_that_nobody_can_ever_take_is_an_incident_at_once(office):
    office.deploy(pools(TELLER))
    office.start("teller", n=1)
    work_off(office)
    ((kind, element, message),) = incidents_of(office)
    assert (kind, element) == ("undelivered", "throw")
    assert "'order'" in message
    assert "nothing that is deployed waits for it" in message
    (incident,) = office.all(incidents.Incident)
    with office.work() as session:
        incidents.resolve(session, incident.id, actor=office.chief)
    assert [job.status for job in office.all(Job)] == ["cancelled"]


def test_a_message_is_kept_for_a_week_and_then_an_incident(office):
    hearer = ("hearer", HS + USER.format("u") + event("intermediateCatchEvent", "hear"), "hs>u", "u>hear")
    office.deploy(pools(TELLER, hearer))
    office.start("hearer")
    office.start("teller", n=1)
    for minutes in (0, 6, 60 * 24 * 6):
        with later(minutes=minutes):
            assert work_off(office) == 0
            assert incidents_of(office) == []
    with later(days=7, minutes=1):
        work_off(office)
        assert [kind for kind, *_ in incidents_of(office)] == ["undelivered"]
        # The operator sees who was late; the message is not lost yet.
        office.complete(office.task("u"))
        (incident,) = office.all(incidents.Incident)
        with office.work() as session:
            incidents.retry(session, incident.id, actor=office.chief)
        assert work_off(office) == 1


def test_a_pool_in_which_nothing_runs_is_told_outside(office):
    office.deploy(pools(TELLER, flows=("throw>outside",)))
    teller = office.start("teller", n=1)
    assert office.all(Job) == []
    (told,) = office.all(AuditEvent, AuditEvent.act == "message.outside")
    assert (told.instance_id, told.detail) == (teller.id, {"name": "order", "element": "throw"})


def test_a_signal_reaches_all_who_wait_and_all_it_starts(office):
    hearer = hearing("signal", "g")
    started = ("started", event("startEvent", "s3", "signal", "g") + USER.format("u"), "s3>u")
    caller = ("caller", S + event("endEvent", "call", "signal", "g"), "s>call")
    office.deploy(pools(hearer, started, caller))
    hearers = [office.start("hearer") for _ in range(3)]
    office.start("caller")
    late = office.start("hearer")
    assert [job.kind for job in office.all(Job)] == ["signal"] * 4
    with office.work() as session:
        instances.suspend(session, hearers[0].id, actor=office.chief)
        instances.cancel(session, hearers[1].id, actor=office.chief, reason="gone")
    assert work_off(office) == 2
    assert states(office, "started") == [(None, "active")]
    assert office.get(Instance, hearers[2].id).state == "completed"
    assert office.get(Instance, late.id).state == "active", "a signal is for who waits when it is thrown"
    with office.work() as session:
        instances.resume(session, hearers[0].id, actor=office.chief)
    assert work_off(office) == 1
    assert office.get(Instance, hearers[0].id).state == "completed"
    assert incidents_of(office) == []
    office.check()


def test_a_message_to_a_suspended_instance_waits_for_it(office):
    office.deploy(pools(TELLER, HEARER))
    waits = office.start("hearer")
    with office.work() as session:
        instances.suspend(session, waits.id, actor=office.chief)
    office.start("teller", n=1)
    assert work_off(office) == 0
    with office.work() as session:
        instances.resume(session, waits.id, actor=office.chief)
    with later(minutes=6):
        assert work_off(office) == 1


def test_a_failing_receiver_keeps_the_message(office, operation):
    broken = [True]

    @operation("tests.act")
    def act(context):
        if broken:
            raise RuntimeError("no")

    task = '<bpmn:serviceTask id="a" camunda:delegateExpression="${tests.act}"/>'
    office.deploy(pools(TELLER, ("hearer", START_BY + task, "s2>a"), flows=("throw>s2",)))
    office.start("teller", n=1)
    now = clock.now()
    for _ in range(5):
        with clock.held_at(now):
            assert work_off(office) == 0
        now += timedelta(hours=1)
    assert states(office, "hearer") == []
    assert [(kind, element) for kind, element, _ in incidents_of(office)] == [("failedJob", "throw")]
    broken.clear()
    with office.work() as session:
        incidents.retry(session, office.all(incidents.Incident)[0].id, actor=office.chief)
    with clock.held_at(now):
        assert work_off(office) == 1
    assert states(office, "hearer") == [(None, "completed")]


def test_a_delivery_that_was_done_is_not_done_again(office):
    office.deploy(pools(TELLER, ("hearer", START_BY + USER.format("u"), "s2>u"), flows=("throw>s2",)))
    office.start("teller", n=1)
    with office.work() as session:
        (job_id,) = jobs.lease(session, "the one that dies")
    with office.work() as session:
        assert jobs.run(session, job_id)
    with later(minutes=5):
        assert work_off(office) == 0
    with office.work() as session:
        assert not jobs.run(session, job_id)
    assert len(states(office, "hearer")) == 1


def test_what_is_undeployed_is_forgotten_with_its_jobs(office):
    started = ("started", event("startEvent", "s3", "signal", "g") + E, "s3>e")
    caller = ("caller", S + event("endEvent", "call", "signal", "g"), "s>call")
    office.deploy(pools(caller))
    deployment = office.deploy(pools(started))
    office.start("caller")
    with office.work() as session:
        definitions.delete_deployment(session, deployment.id, True, actor=office.chief)
    assert office.all(Job) == office.all(Subscription) == []
    assert work_off(office) == 0


KEYS = (
    '<bpmn:correlationProperty id="number"><bpmn:correlationPropertyRetrievalExpression messageRef="m">'
    "<bpmn:messagePath>amount</bpmn:messagePath></bpmn:correlationPropertyRetrievalExpression>"
    '</bpmn:correlationProperty><bpmn:collaboration id="k"><bpmn:correlationKey id="key">'
    "<bpmn:correlationPropertyRef>number</bpmn:correlationPropertyRef></bpmn:correlationKey></bpmn:collaboration>"
)
WANTED = (
    '<bpmn:correlationSubscription id="sub" correlationKeyRef="key"><bpmn:correlationPropertyBinding'
    ' correlationPropertyRef="number"><bpmn:dataPath>${wanted}</bpmn:dataPath>'
    "</bpmn:correlationPropertyBinding></bpmn:correlationSubscription>"
)


def test_the_keys_of_the_diagram_tell_receivers_apart(office, diagram):
    office.deploy(pools(TELLER))
    hear = HS + event("intermediateCatchEvent", "hear")
    flow = '<bpmn:sequenceFlow id="f" sourceRef="hs" targetRef="hear"/>'
    extra = '<bpmn:message id="m" name="order"/>' + KEYS
    office.deploy(diagram("hearer", hear + flow + WANTED, before=extra))
    first, second = (office.start("hearer", wanted=number) for number in (7, 8))
    office.start("teller", n=8)
    assert work_off(office) == 1
    assert office.get(Instance, second.id).state == "completed"
    office.start("teller", n=9)
    assert work_off(office) == 0, "it is meant for nobody yet"
    with office.work() as session:
        office_wants = {"amount": 7}
        (told,) = instances.message(session, "order", actor=office.chief, variables=office_wants)
    assert told.id == first.id
    third = office.start("hearer", wanted=9)
    assert work_off(office) == 1
    assert office.get(Instance, third.id).state == "completed"
    assert incidents_of(office) == []
