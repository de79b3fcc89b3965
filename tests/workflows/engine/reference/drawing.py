"""A model drawn as BPMN."""

from __future__ import annotations

from tests.workflows.engine.diagrams import file_of, user
from tests.workflows.engine.reference.model import Event, Flow, Graph, Node, Repeat

TAGS = {
    "start": "startEvent",
    "end": "endEvent",
    "task": "task",
    "exclusive": "exclusiveGateway",
    "parallel": "parallelGateway",
    "inclusive": "inclusiveGateway",
    "complex": "complexGateway",
    "handler": "subProcess",
    "events": "eventBasedGateway",
    "catch": "intermediateCatchEvent",
    "throw": "intermediateThrowEvent",
    "sub": "subProcess",
    "boundary": "boundaryEvent",
}
#: Every step may be skipped: where none may is not for the token game to say.
SKIPPABLE = (
    "<extensionElements><camunda:properties>"
    '<camunda:property name="skippable" value="true"/></camunda:properties></extensionElements>'
)
SHARED = {"message": "name", "signal": "name", "error": "errorCode", "escalation": "escalationCode"}


def file_with(graph: Graph) -> bytes:
    """Return a BPMN file with the process."""
    return file_of(draw(graph), extra=shared(graph))


def shared(graph: Graph) -> str:
    """Return the messages, signals, errors and escalations that the process names."""
    named = {(node.event.kind, node.event.name) for node in graph.every_node() if node.event}
    return "".join(
        f'<{kind} id="{kind}_{name}" {SHARED[kind]}="{name}"/>'
        for kind, name in sorted(named)
        if kind in SHARED and name
    )


def draw(graph: Graph) -> str:
    """Return the elements and flows of a scope."""
    defaults = {flow.source: flow.id for flow in graph.flows if flow.default}
    nodes = "".join(_node(node, defaults.get(node.id, "")) for node in graph.nodes)
    return nodes + "".join(_flow(flow) for flow in graph.flows if not flow.link)


def _node(node: Node, default: str) -> str:
    inner = _repeat(node.repeat) + (_event(node.event) if node.event and node.kind != "receive" else "")
    attributes = f' default="{default}"' if default else ""
    attributes += f' startQuantity="{node.needs}"' if node.needs > 1 and node.kind != "complex" else ""
    attributes += f' completionQuantity="{node.leaves}"' if node.leaves > 1 else ""
    if node.kind == "complex":
        inner += f"<activationCondition>${{activationCount &gt;= {node.needs}}}</activationCondition>"
    if node.kind == "handler":
        attributes += ' triggeredByEvent="true"'
    if node.kind == "start" and not node.interrupting:
        attributes += ' isInterrupting="false"'
    if node.kind == "user":
        # `default` belongs to BPMN itself, the rest of what `user` writes to the dialect.
        return user(node.id, SKIPPABLE + inner).replace("<userTask", f"<userTask{attributes}", 1)
    if node.kind == "receive":
        assert node.event is not None
        reference = f' messageRef="message_{node.event.name}"'
        return f'<receiveTask id="{node.id}"{reference}{attributes}>{inner}</receiveTask>'
    if node.kind == "boundary":
        flag = "true" if node.interrupting else "false"
        attributes += f' attachedToRef="{node.host}" cancelActivity="{flag}"'
    if node.inside is not None:
        inner += draw(node.inside)
    tag = TAGS[node.kind]
    return f'<{tag} id="{node.id}"{attributes}>{inner}</{tag}>'


def _flow(flow: Flow) -> str:
    condition = f"<conditionExpression>{_condition(flow.when)}</conditionExpression>" if flow.when else ""
    ends = f'sourceRef="{flow.source}" targetRef="{flow.target}"'
    return f'<sequenceFlow id="{flow.id}" {ends}>{condition}</sequenceFlow>'


def _condition(when: str) -> str:
    return "${" + when.replace("!", "not ") + "}"


def _event(event: Event) -> str:
    tag = {"condition": "conditional"}.get(event.kind, event.kind) + "EventDefinition"
    if event.kind == "timer" and event.turns > 1:
        inner = f"<timeCycle>R{event.turns}/PT{event.minutes}M</timeCycle>"
    elif event.kind == "timer":
        inner = f"<timeDuration>PT{event.minutes}M</timeDuration>"
    elif event.kind == "condition":
        inner = f"<condition>{_condition(event.name)}</condition>"
    elif event.kind == "link":
        return f'<{tag} name="{event.name}"/>'
    elif event.kind in SHARED and event.name:
        return f'<{tag} {event.kind}Ref="{event.kind}_{event.name}"/>'
    else:
        inner = ""
    return f"<{tag}>{inner}</{tag}>"


def _repeat(repeat: Repeat | None) -> str:
    if repeat is None:
        return ""
    if repeat.kind == "loop":
        again = f"<loopCondition>{_condition(repeat.again)}</loopCondition>" if repeat.again else ""
        tag = "standardLoopCharacteristics"
        return f'<{tag} loopMaximum="{repeat.count}">{again}</{tag}>'
    condition = "" if repeat.enough is None else f"nrOfCompletedInstances == {repeat.enough}"
    if repeat.half:
        condition = "nrOfCompletedInstances * 2 &gt;= nrOfInstances"
    enough = f"<completionCondition>${{{condition}}}</completionCondition>" if condition else ""
    order = "true" if repeat.kind == "sequential" else "false"
    tag = "multiInstanceLoopCharacteristics"
    if repeat.named:
        signers = f'camunda:collection="${{{list(range(repeat.count))}}}" camunda:elementVariable="signer"'
        return f'<{tag} isSequential="{order}" {signers}>{enough}</{tag}>'
    return f'<{tag} isSequential="{order}"><loopCardinality>{repeat.count}</loopCardinality>{enough}</{tag}>'
