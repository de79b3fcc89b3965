"""What tests of jobs share: a worker in one loop, and small pools that talk."""

from workflows import jobs, timers
from workflows.model import Incident

MESSAGES = (
    '<bpmn:message id="m" name="order"/><bpmn:message id="r" name="reply"/><bpmn:signal id="g" name="alarm"/>'
)


def work_off(office, worker="w"):
    """Do what is due as a worker does, and return how much was done."""
    done, busy = 0, True
    while busy:
        busy = False
        for room, act in ((timers, timers.fire), (jobs, jobs.run)):
            with office.work() as session:
                leased = room.lease(session, worker)
            busy = busy or bool(leased)
            for row_id in leased:
                try:
                    with office.work() as session:
                        done += act(session, row_id)
                except Exception as error:  # noqa: BLE001 -- whatever it is, the worker reports it
                    with office.work() as session:
                        room.failed(session, row_id, error)
    return done


def incidents_of(office):
    """Return kind, element and message of the open incidents."""
    return [(i.kind, i.element_id, i.message) for i in office.all(Incident, Incident.resolved_at.is_(None))]


def event(tag, name, kind="message", ref="m", inner=""):
    """Return an event or receive task of one kind."""
    definition = f'<bpmn:{kind}EventDefinition {kind}Ref="{ref}"/>'
    return f'<bpmn:{tag} id="{name}">{inner}{definition}</bpmn:{tag}>'


S, E = '<bpmn:startEvent id="s"/>', '<bpmn:endEvent id="e"/>'
EXTRA = (
    "<bpmn:extensionElements><camunda:inputOutput>"
    '<camunda:inputParameter name="amount">${n}</camunda:inputParameter>'
    "</camunda:inputOutput></bpmn:extensionElements>"
)
THROW = event("intermediateThrowEvent", "throw", inner=EXTRA)


def pools(*processes, flows=()):
    """Return one file of several processes `(key, body, *flows)`, as pools with message flows `a>b`."""
    drawn, parties = "", ""
    for key, body, *ways in processes:
        lines = (way.split(">") for way in ways if way)
        sequence = "".join(
            f'<bpmn:sequenceFlow id="{a}_{b}" sourceRef="{a}" targetRef="{b}"/>' for a, b in lines
        )
        drawn += f'<bpmn:process id="{key}" isExecutable="true">{body}{sequence}</bpmn:process>'
        parties += f'<bpmn:participant id="pool_{key}" processRef="{key}"/>'
    parties += '<bpmn:participant id="outside" name="somebody"/>'
    for number, flow in enumerate(flows):
        source, target = flow.split(">")
        parties += f'<bpmn:messageFlow id="mf{number}" sourceRef="{source}" targetRef="{target}"/>'
    return (
        '<bpmn:definitions xmlns:bpmn="http://www.omg.org/spec/BPMN/20100524/MODEL"'
        ' xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"'
        ' xmlns:camunda="http://camunda.org/schema/1.0/bpmn" id="file" targetNamespace="t">'
        f"{MESSAGES}<bpmn:collaboration id='c'>{parties}</bpmn:collaboration>{drawn}</bpmn:definitions>"
    )
