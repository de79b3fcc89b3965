"""Where an instance stands, which way it came, and who did what."""

from workflows import audit, history
from workflows.actor import Actor
from workflows.model import AuditEvent, Incident

ANNA = Actor("anna", frozenset({"anna", "handler"}))

CHOICE = (
    '<bpmn:startEvent id="s"/><bpmn:userTask id="one"/><bpmn:exclusiveGateway id="g" default="f3"/>'
    '<bpmn:userTask id="two"/><bpmn:userTask id="never"/><bpmn:endEvent id="e"/>'
)


def tokens(office, instance):
    with office.work() as session:
        return history.tokens(session, instance.id)


def test_the_viewer_is_told_where_the_token_stands_and_which_way_it_came(office, diagram):
    office.deploy(
        diagram("choice", CHOICE, "s>one", "one>g", "g>never", "g>two?${yes}", "two>one", "never>e")
    )
    instance = office.start("choice")
    assert tokens(office, instance) == history.Tokens(("one",), ("s",), (), ("f1",))
    office.complete(office.task("one"), yes=True)
    assert tokens(office, instance) == history.Tokens(("two",), ("s", "one", "g"), (), ("f1", "f2", "f4"))
    office.complete(office.task("two"))
    back = tokens(office, instance)
    assert back.active == ("one",)
    assert "f5" in back.flows
    with office.work() as session:
        passages = history.activities(session, instance.id)
    assert [p.element_id for p in passages] == ["s", "one", "g", "two", "one"]
    assert [p.task_id is not None for p in passages] == [False, True, False, True, True]


def test_what_was_taken_away_is_told_apart_from_what_was_done(office, two_steps):
    office.deploy(two_steps)
    instance = office.start("pair")
    office.complete(office.task("one"), ANNA)
    with office.work() as session:
        from_before = history.tokens(session, instance.id)
    assert (from_before.active, from_before.cancelled) == (("two",), ())


def test_the_audit_tells_who_did_what(office, two_steps):
    office.deploy(two_steps)
    instance = office.start("pair")
    with office.work() as session:
        audit.record(
            session, actor=ANNA, act="task.read", instance_id=instance.id, scope_id="clue:1", detail={"a": 1}
        )
        audit.record(session, actor=None, act="timer.look", instance_id=instance.id)
        told = history.audit(session, instance.id)
    assert [(e.actor, e.act) for e in told] == [
        ("chief", "instance.start"),
        ("anna", "task.read"),
        ("system", "timer.look"),
    ]
    assert (told[1].scope_id, told[1].detail, told[2].detail) == ("clue:1", {"a": 1}, None)
    assert len(office.all(AuditEvent)) == 4


def test_a_fault_is_left_for_an_operator(office, two_steps):
    office.deploy(two_steps)
    instance = office.start("pair")
    with office.work() as session:
        incident_id = history.fault(
            session, kind="failedCompletion", error=ValueError("x" * 5000), instance_id=instance.id
        )
    incident = office.get(Incident, incident_id)
    assert incident.message.startswith("ValueError: xxx")
    assert len(incident.message) == 2000
