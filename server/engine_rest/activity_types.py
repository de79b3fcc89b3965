"""The names that the Camunda 7 API has for kinds of elements, by the engine's own."""

from __future__ import annotations

#: Kind of node → Camunda's `activityType`; kinds that are not here are called the same in both.
NAMES = {
    "startEvent:timer": "startTimerEvent",
    "startEvent:message": "messageStartEvent",
    "startEvent:signal": "signalStartEvent",
    "startEvent:conditional": "conditionalStartEvent",
    "startEvent:error": "errorStartEvent",
    "startEvent:escalation": "escalationStartEvent",
    "startEvent:compensate": "compensationStartEvent",
    "boundaryEvent:timer": "boundaryTimer",
    "boundaryEvent:message": "boundaryMessage",
    "boundaryEvent:signal": "boundarySignal",
    "boundaryEvent:error": "boundaryError",
    "boundaryEvent:escalation": "boundaryEscalation",
    "boundaryEvent:conditional": "boundaryConditional",
    "boundaryEvent:compensate": "compensationBoundaryCatch",
    "boundaryEvent:cancel": "cancelBoundaryCatch",
    "intermediateCatchEvent:timer": "intermediateTimer",
    "intermediateCatchEvent:message": "intermediateMessageCatch",
    "intermediateCatchEvent:signal": "intermediateSignalCatch",
    "intermediateCatchEvent:conditional": "intermediateConditional",
    "intermediateCatchEvent:link": "intermediateLinkCatch",
    "intermediateThrowEvent": "intermediateNoneThrowEvent",
    "intermediateThrowEvent:message": "intermediateMessageThrowEvent",
    "intermediateThrowEvent:signal": "intermediateSignalThrow",
    "intermediateThrowEvent:escalation": "intermediateEscalationThrowEvent",
    "intermediateThrowEvent:compensate": "intermediateCompensationThrowEvent",
    "intermediateThrowEvent:link": "intermediateLinkThrow",
    "endEvent": "noneEndEvent",
    "endEvent:terminate": "terminateEndEvent",
    "endEvent:message": "messageEndEvent",
    "endEvent:signal": "signalEndEvent",
    "endEvent:error": "errorEndEvent",
    "endEvent:escalation": "escalationEndEvent",
    "endEvent:compensate": "compensationEndEvent",
    "endEvent:cancel": "cancelEndEvent",
}


def name(kind: str) -> str:
    """Return Camunda's name of a kind of node."""
    return NAMES.get(kind, kind)


def kinds(name: str) -> list[str]:
    """Return the kinds of node that have this name in Camunda."""
    if name in NAMES:
        return []
    return [kind for kind, said in NAMES.items() if said == name] or [name]
