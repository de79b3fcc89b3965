"""Collaborations: pools, message flows, conversations, correlation (chapter 9, 8.3.3), and lanes (10.8)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from workflows.engine.dialect import ACTIVITIES, EVENTS, FLOW_NODES, GATEWAYS, Q, local
from workflows.engine.rules.document import (
    Document,
    Element,
    around,
    called,
    error,
    policy,
    process_of,
    scope_of,
)
from workflows.engine.rules.kinds import kinds
from workflows.findings import Finding

_SENDERS = ("endEvent", "intermediateThrowEvent")
_RECEIVERS = ("startEvent", "intermediateCatchEvent", "boundaryEvent")
_CONVERSATIONS = ("conversation", "subConversation", "callConversation")
_COLLABORATIONS = ("collaboration", "globalConversation", "choreography", "globalChoreographyTask")


def check(document: Document) -> Iterator[Finding]:
    """Yield what is wrong between pools, then with conversations, correlation and lanes."""
    for flow in document.every("messageFlow"):
        yield from _message_flow(document, flow)
    yield from _one_each(document)
    for multiplicity in document.every("participantMultiplicity"):
        yield from _multiplicity(multiplicity)
    yield from _conversations(document)
    yield from _associations(document)
    yield from _correlation(document)
    yield from _retrieval(document)
    for lanes in document.every("laneSet", "childLaneSet"):
        yield from _lanes(document, lanes)


def _message_flow(document: Document, flow: Element) -> Iterator[Finding]:
    """A message goes from one pool to another, between things that send and receive (7.6.2, 9.4)."""
    source, target = (document.referred(flow, end) for end in ("sourceRef", "targetRef"))
    if source is not None:
        yield from _end(document, flow, source, _SENDERS, "send")
    if target is not None:
        yield from _end(document, flow, target, _RECEIVERS, "receive")
    if source is None or target is None:
        return
    if source is target or not _pools(document, source).isdisjoint(_pools(document, target)):
        message = f"The message flow {flow.get('id')} stays in one pool; draw a sequence flow."
        yield error(flow, "message_flow", message)


def _end(
    document: Document, flow: Element, end: Element, events: tuple[str, ...], what: str
) -> Iterator[Finding]:
    name = local(end)
    if name in ACTIVITIES or name not in EVENTS | GATEWAYS:
        return
    message = f"{called(end)} cannot {what} the message flow {flow.get('id')}; only pools, activities and "
    message += f"events that {what} messages can."
    if name not in events or "message" not in kinds(document, end):
        yield error(flow, "message_flow", message)


def _one_each(document: Document) -> Iterator[Finding]:
    """An intermediate event can have one message flow (10.5.4, message flow connections)."""
    for end, kind in (("targetRef", "intermediateCatchEvent"), ("sourceRef", "intermediateThrowEvent")):
        ends = Counter(document.referred(flow, end) for flow in document.every("messageFlow"))
        for event, count in ends.items():
            if event is not None and local(event) == kind and count > 1:
                message = f"{called(event)} has {count} message flows; it can have one."
                yield error(event, "message_flow", message)


def _pools(document: Document, element: Element) -> set[Element]:
    """Return the participant and the process that an element belongs to, as far as the file says."""
    if local(element) == "participant":
        process = document.referred(element, "processRef")
        return {element} if process is None else {element, process}
    process = process_of(element)
    return set() if process is None else {process}


def _multiplicity(multiplicity: Element) -> Iterator[Finding]:
    """At least one participant, and no fewer at most than at least (9.3.2)."""
    low, high = multiplicity.get("minimum", "0"), multiplicity.get("maximum", "1")
    holder = multiplicity.getparent()
    if holder is None or not low.lstrip("-").isdecimal() or not high.lstrip("-").isdecimal():
        return
    if int(low) < 0 or int(high) < 1 or int(high) < int(low):
        message = (
            f"The multiplicity of {called(holder)} is {low} to {high}; it needs 0 <= minimum <= maximum >= 1."
        )
        yield error(holder, "multiplicity", message)


# -- conversations and choreographies -----------------------------------------------------------------


def _conversations(document: Document) -> Iterator[Finding]:
    for node in document.every(*_CONVERSATIONS):
        if (count := len(node.findall(Q + "participantRef"))) < 2:
            yield error(node, "participants", f"{called(node)} needs two participants or more, not {count}.")
    for link in document.every("conversationLink"):
        ends = [e for end in ("sourceRef", "targetRef") if (e := document.referred(link, end)) is not None]
        if len(ends) == 2 and sum(local(end) in _CONVERSATIONS for end in ends) != 1:
            message = (
                f"The {called(link)} must connect one conversation with one participant, activity or event."
            )
            yield error(link, "conversation", message)
    for conversation in document.every("globalConversation"):
        for part in conversation:
            if local(part) in (*_CONVERSATIONS, "conversationLink", "textAnnotation", "group", "association"):
                message = f"The global {called(conversation)} cannot hold the {called(part)}."
                yield error(conversation, "conversation", message)
    for node in document.every(*_CONVERSATIONS, "choreographyTask", "subChoreography", "callChoreography"):
        yield from _own_participants(document, node)


def _associations(document: Document) -> Iterator[Finding]:
    """What a collaboration calls it connects: outer ones are its own, inner ones those of what it calls (9.3)."""
    for association in document.every(
        "participantAssociation", "messageFlowAssociation", "conversationAssociation"
    ):
        home = around(association, *_COLLABORATIONS)
        for side, right in (("outer", True), ("inner", False)):
            for end in _ends_of(document, association, side):
                if (around(end, *_COLLABORATIONS) is home) is not right:
                    whose = "its own" if right else "what it calls"
                    message = (
                        f"The {side} end of the {called(association)}, {called(end)}, is not of {whose}."
                    )
                    yield error(association, "association", message)


def _ends_of(document: Document, association: Element, side: str) -> Iterator[Element]:
    """Yield what an association of two collaborations names on one side, as attribute or as child."""
    for what in ("Participant", "MessageFlow", "ConversationNode"):
        named = document.referred(association, f"{side}{what}Ref")
        if named is not None:
            yield named
        yield from (target for _, target in document.listed(association, f"{side}{what}Ref"))


def _own_participants(document: Document, node: Element) -> Iterator[Finding]:
    """Who takes part is a participant of the same collaboration; so is who begins (9.5, 11.5)."""
    home = around(node, *_COLLABORATIONS)
    partners = [target for _, target in document.listed(node, "participantRef")]
    flows = [target for _, target in document.listed(node, "messageFlowRef")]
    for element in (*partners, *flows):
        if local(element) in ("participant", "messageFlow") and around(element, *_COLLABORATIONS) is not home:
            message = f"{called(node)} names the {called(element)} of another collaboration."
            yield error(node, "participants", message)
    first = document.referred(node, "initiatingParticipantRef")
    if first is not None and partners and first not in partners:
        yield error(
            node, "participants", f"{called(first)} begins {called(node)}, but does not take part in it."
        )


# -- correlation --------------------------------------------------------------------------------------


def _correlation(document: Document) -> Iterator[Finding]:
    """A key is made of properties; a subscription binds properties of its key (8.3.3)."""
    for key in document.every("correlationKey"):
        if key.find(Q + "correlationPropertyRef") is None:
            yield error(key, "correlation", f"The {called(key)} names no correlation property.")
    for subscription in document.every("correlationSubscription"):
        found = document.referred(subscription, "correlationKeyRef")
        if found is None or local(found) != "correlationKey":
            continue
        properties = {target for _, target in document.listed(found, "correlationPropertyRef")}
        for binding in subscription.iterfind(Q + "correlationPropertyBinding"):
            bound = document.referred(binding, "correlationPropertyRef")
            if bound is not None and bound not in properties:
                message = (
                    f"The {called(subscription)} binds the {called(bound)}, which its key does not have."
                )
                yield error(subscription, "correlation", message)


def _retrieval(document: Document) -> Iterator[Finding]:
    """Every property of a key can be taken from every message of its collaboration (8.3.3)."""
    for key in document.every("correlationKey"):
        home = around(key, *_COLLABORATIONS)
        flows = home.iterfind(Q + "messageFlow") if home is not None else ()
        messages = dict.fromkeys(
            m for flow in flows if (m := document.referred(flow, "messageRef")) is not None
        )
        for _, wanted in document.listed(key, "correlationPropertyRef"):
            found = wanted.iterfind(Q + "correlationPropertyRetrievalExpression")
            known = {document.referred(expression, "messageRef") for expression in found}
            for message in messages:
                if message not in known:
                    text = f"The {called(wanted)} does not say how to take it from the {called(message)}."
                    yield policy(key, "correlation", text)


def _lanes(document: Document, lanes: Element) -> Iterator[Finding]:
    """A node lies in one lane of a set (10.8)."""
    seen: dict[str, Element] = {}
    for lane in lanes.iterfind(Q + "lane"):
        for reference in lane.iterfind(Q + "flowNodeRef"):
            first = seen.setdefault((reference.text or "").strip(), lane)
            if first is not lane:
                message = f"{called(lane)} holds '{reference.text}', which {called(first)} holds already."
                yield error(lane, "lane", message)
    scope = scope_of(lanes)
    for lane in lanes.iterfind(Q + "lane"):
        for _, node in document.listed(lane, "flowNodeRef"):
            if local(node) in FLOW_NODES and scope_of(node) is not scope:
                message = f"{called(lane)} holds {called(node)} of another process or subprocess."
                yield error(lane, "lane", message)
