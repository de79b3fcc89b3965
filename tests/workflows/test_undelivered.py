"""What an instance throws beyond itself is never lost in silence."""

from workflows.model import Incident

MESSAGE = '<bpmn:message id="m" name="to the others"/><bpmn:signal id="g" name="alarm"/>'
THROW = (
    '<bpmn:startEvent id="s"/><bpmn:endEvent id="e">'
    '<bpmn:{kind}EventDefinition {kind}Ref="{ref}"/></bpmn:endEvent>'
)
WAIT = (
    '<bpmn:startEvent id="s"/><bpmn:intermediateCatchEvent id="w">'
    '<bpmn:signalEventDefinition signalRef="g"/></bpmn:intermediateCatchEvent><bpmn:endEvent id="e"/>'
)


def test_a_message_that_nobody_takes_leaves_an_incident(office, diagram):
    office.deploy(diagram("teller", THROW.format(kind="message", ref="m"), "s>e", before=MESSAGE))
    instance = office.start("teller")
    (incident,) = office.all(Incident)
    assert (incident.instance_id, incident.kind, incident.element_id) == (instance.id, "undelivered", "e")
    assert "to the others" in incident.message


def test_a_signal_leaves_one_only_where_another_instance_waits_for_it(office, diagram):
    office.deploy(diagram("caller", THROW.format(kind="signal", ref="g"), "s>e", before=MESSAGE))
    office.start("caller")
    assert office.all(Incident) == []
    office.deploy(diagram("hearer", WAIT, "s>w", "w>e", before=MESSAGE))
    office.start("hearer")
    office.start("caller")
    assert [incident.kind for incident in office.all(Incident)] == ["undelivered"]
