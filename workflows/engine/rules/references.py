"""References: whatever an attribute or element names must be there, and be what the standard says (chapters 8-11).

A prefix stands for a namespace: the file's own (`targetNamespace`), or that of an `<import>`, which is not followed.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator

from workflows.engine.dialect import ACTIVITIES, FLOW_NODES, local
from workflows.engine.rules.document import Document, Element, called, error, policy, warning
from workflows.findings import Finding

_EVENT_DEFINITIONS = frozenset(
    f"{kind}EventDefinition"
    for kind in (
        "cancel",
        "compensate",
        "conditional",
        "error",
        "escalation",
        "link",
        "message",
        "signal",
        "terminate",
        "timer",
    )
)
_CONVERSATIONS = frozenset({"conversation", "subConversation", "callConversation"})
_CHOREOGRAPHY = frozenset({"choreographyTask", "subChoreography", "callChoreography"})
#: What carries data: `ItemAwareElement` (10.4.1).
ITEMS = frozenset(
    {
        "dataInput",
        "dataObject",
        "dataObjectReference",
        "dataOutput",
        "dataStore",
        "dataStoreReference",
        "inputDataItem",
        "outputDataItem",
        "property",
    }
)
_ANY: frozenset[str] = frozenset()

#: Attribute, or holder.attribute, that names an element → what it may be; the standard's class diagrams.
ATTRIBUTES: dict[str, frozenset[str]] = {
    "activityRef": ACTIVITIES,
    "association.sourceRef": _ANY,
    "association.targetRef": _ANY,
    "attachedToRef": ACTIVITIES,
    "calledChoreographyRef": frozenset({"choreography", "globalChoreographyTask"}),
    "calledCollaborationRef": frozenset({"collaboration", "globalConversation", "choreography"}),
    "categoryValueRef": frozenset({"categoryValue"}),
    "conversationLink.sourceRef": _CONVERSATIONS | FLOW_NODES | {"participant"},
    "conversationLink.targetRef": _CONVERSATIONS | FLOW_NODES | {"participant"},
    "correlationKeyRef": frozenset({"correlationKey"}),
    "correlationPropertyRef": frozenset({"correlationProperty"}),
    "dataObjectRef": frozenset({"dataObject"}),
    "dataStoreRef": frozenset({"dataStore"}),
    "default": frozenset({"sequenceFlow"}),
    "definitionalCollaborationRef": frozenset({"collaboration", "choreography", "globalConversation"}),
    "error.structureRef": frozenset({"itemDefinition"}),
    "errorRef": frozenset({"error"}),
    "escalation.structureRef": frozenset({"itemDefinition"}),
    "escalationRef": frozenset({"escalation"}),
    "initiatingParticipantRef": frozenset({"participant"}),
    "innerConversationNodeRef": _CONVERSATIONS,
    "innerMessageFlowRef": frozenset({"messageFlow"}),
    "inputDataRef": frozenset({"inputSet"}),
    "itemRef": frozenset({"itemDefinition"}),
    "itemSubjectRef": frozenset({"itemDefinition"}),
    "messageFlow.sourceRef": FLOW_NODES | {"participant"},
    "messageFlow.targetRef": FLOW_NODES | {"participant"},
    "messageRef": frozenset({"message"}),
    "noneBehaviorEventRef": _EVENT_DEFINITIONS,
    "oneBehaviorEventRef": _EVENT_DEFINITIONS,
    "operationRef": frozenset({"operation"}),
    "outerConversationNodeRef": _CONVERSATIONS,
    "outerMessageFlowRef": frozenset({"messageFlow"}),
    "outputDataRef": frozenset({"outputSet"}),
    "parameterRef": frozenset({"resourceParameter"}),
    "partitionElementRef": _ANY,
    "processRef": frozenset({"process"}),
    "sequenceFlow.sourceRef": FLOW_NODES | _CHOREOGRAPHY,
    "sequenceFlow.targetRef": FLOW_NODES | _CHOREOGRAPHY,
    "signal.structureRef": frozenset({"itemDefinition"}),
    "signalRef": frozenset({"signal"}),
}
#: Element, or holder/element, whose text names an element → what it may be.
ELEMENTS: dict[str, frozenset[str]] = {
    "categoryValueRef": frozenset({"categoryValue"}),
    "choreographyRef": frozenset({"choreography", "globalChoreographyTask"}),
    "correlationPropertyRef": frozenset({"correlationProperty"}),
    "dataInputAssociation/sourceRef": ITEMS,
    "dataInputAssociation/targetRef": ITEMS,
    "dataInputRefs": frozenset({"dataInput", "inputDataItem"}),
    "dataOutputAssociation/sourceRef": ITEMS,
    "dataOutputAssociation/targetRef": ITEMS,
    "dataOutputRefs": frozenset({"dataOutput", "outputDataItem"}),
    "endPointRef": frozenset({"endPoint"}),
    "errorRef": frozenset({"error"}),
    "eventDefinitionRef": _EVENT_DEFINITIONS,
    "flowNodeRef": FLOW_NODES,
    "inMessageRef": frozenset({"message"}),
    "incoming": frozenset({"sequenceFlow"}),
    "innerParticipantRef": frozenset({"participant"}),
    "inputSetRefs": frozenset({"inputSet"}),
    "interfaceRef": frozenset({"interface"}),
    "linkEventDefinition/source": frozenset({"linkEventDefinition"}),
    "linkEventDefinition/target": frozenset({"linkEventDefinition"}),
    "loopDataInputRef": ITEMS,
    "loopDataOutputRef": ITEMS,
    "messageFlowRef": frozenset({"messageFlow"}),
    "operationRef": frozenset({"operation"}),
    "optionalInputRefs": frozenset({"dataInput", "inputDataItem"}),
    "optionalOutputRefs": frozenset({"dataOutput", "outputDataItem"}),
    "outMessageRef": frozenset({"message"}),
    "outerParticipantRef": frozenset({"participant"}),
    "outgoing": frozenset({"sequenceFlow"}),
    "outputSetRefs": frozenset({"outputSet"}),
    "participantRef": frozenset({"participant"}),
    "relationship/source": _ANY,
    "relationship/target": _ANY,
    "resourceRef": frozenset({"resource"}),
    "supportedInterfaceRef": frozenset({"interface"}),
    "supports": frozenset({"process"}),
    "whileExecutingInputRefs": frozenset({"dataInput", "inputDataItem"}),
    "whileExecutingOutputRefs": frozenset({"dataOutput", "outputDataItem"}),
}
#: What a lane stands for is there for the drawing's sake.
_LANES: dict[str, Callable[[Element, str, str], Finding]] = {"partitionElementRef": warning}
#: In engines of the Camunda family these name variables; where data is drawn, they name what is drawn.
_VARIABLES = frozenset({"loopDataInputRef", "loopDataOutputRef"})
_XML_SCHEMA = "http://www.w3.org/2001/XMLSchema"


def check(document: Document) -> Iterator[Finding]:
    """Yield every reference that leads nowhere, or to what cannot stand there; and ids given twice."""
    yield from _ids(document)
    own = document.root.get("targetNamespace", "")
    imported = {i.get("namespace", "") for i in document.every("import")}
    for element in document.every(*list(document.by_name)):
        name = local(element)
        for attribute in map(str, element.attrib):
            allowed = ATTRIBUTES.get(f"{name}.{attribute}", ATTRIBUTES.get(attribute))
            if allowed is not None and name != "extensionElements":
                yield from _Reference(document, element, attribute, allowed, own, imported).check()
        if (holder := element.getparent()) is not None:
            allowed = ELEMENTS.get(f"{local(holder)}/{name}", ELEMENTS.get(name))
            if allowed is not None and not element.get("id"):
                yield from _Reference(document, element, "", allowed, own, imported).check()
    yield from _called(document)
    yield from _imports(document)


class _Reference:
    """One reference: the attribute of an element, or (attribute "") the text of a child of one."""

    def __init__(
        self,
        document: Document,
        element: Element,
        attribute: str,
        allowed: frozenset[str],
        own: str,
        imported: set[str],
    ) -> None:
        self.document, self.allowed, self.own, self.imported = document, allowed, own, imported
        self.text = ((element.get(attribute) if attribute else element.text) or "").strip()
        self.name = attribute or local(element)
        parent = element.getparent()
        self.holder = element if attribute or parent is None else parent
        self.say = _LANES.get(self.name, error)

    def check(self) -> Iterator[Finding]:
        if not self.text:
            return  # the schema has said it
        target = self.document.named(self.text)
        if target is None:
            yield from self.missing()
        elif self.allowed and local(target) not in self.allowed:
            message = f"{self.name} of {called(self.holder)} names the {called(target)}; "
            yield self.say(self.holder, "wrong_type", message + f"it must name {self.wanted}.")
        elif (namespace := self.namespace) is not None and namespace not in (self.own, ""):
            message = f"{self.name} '{self.text}' of {called(self.holder)} names the namespace {namespace}, "
            yield warning(
                self.holder, "prefix", message + f"not this file's; it is read as {target.get('id')}."
            )

    def missing(self) -> Iterator[Finding]:
        namespace = self.namespace
        if namespace in self.imported and namespace != self.own:
            return
        if self.name in _VARIABLES and not any(self.document.every("dataInput", "dataObject", "property")):
            return
        message = (
            f"{self.name} of {called(self.holder)} names '{self.text}', but there is no such {self.kind}."
        )
        # Flowable's manual writes itemSubjectRef="xsd:string"; nothing depends on it.
        yield (policy if namespace == _XML_SCHEMA else self.say)(self.holder, "dangling", message)

    @property
    def namespace(self) -> str | None:
        prefix, colon, _ = self.text.rpartition(":")
        return self.holder.nsmap.get(prefix) if colon else None

    @property
    def kind(self) -> str:
        return " or ".join(sorted(self.allowed)) if 0 < len(self.allowed) < 4 else "element"

    @property
    def wanted(self) -> str:
        if self.allowed in (ACTIVITIES, FLOW_NODES, FLOW_NODES | _CHOREOGRAPHY):
            return "an activity" if self.allowed == ACTIVITIES else "an activity, event or gateway"
        return ", ".join(f"<{name}>" for name in sorted(self.allowed))


def _ids(document: Document) -> Iterator[Finding]:
    """Ids are unique in a file (8.2.1)."""
    counts = Counter(e.get("id") for e in document.every(*list(document.by_name)) if e.get("id"))
    for identity, count in counts.items():
        if count > 1:
            message = f"The id '{identity}' is used {count} times; ids must be unique."
            yield Finding(identity, "duplicate_id", "error", message)


def _called(document: Document) -> Iterator[Finding]:
    """A call activity calls a process or a global task (10.3.6); one of other files is looked for elsewhere."""
    for call in document.every("callActivity"):
        target = document.referred(call, "calledElement")
        if target is not None and not (local(target) == "process" or local(target).startswith("global")):
            message = (
                f"{called(call)} calls the {called(target)}; only a process or global task can be called."
            )
            yield error(call, "wrong_type", message)


def _imports(document: Document) -> Iterator[Finding]:
    """An import names what it imports, by a type that is known (8.2.2); none is followed."""
    known = {
        "http://www.omg.org/spec/BPMN/20100524/MODEL": "BPMN",
        "http://www.w3.org/2001/XMLSchema": "XML Schema",
        "http://www.w3.org/TR/wsdl20/": "WSDL 2.0",
        "http://www.w3.org/ns/wsdl": "WSDL 2.0",
        "http://schemas.xmlsoap.org/wsdl/": "WSDL 1.1",
    }
    for element in document.every("import"):
        location, kind = element.get("location", ""), known.get(element.get("importType", ""))
        if "/DMN/" in element.get("importType", ""):
            continue  # decisions are found by their ids among the files deployed together
        if kind is None:
            message = f"The import of '{location}' has the unknown importType '{element.get('importType')}'."
            yield error(element, "import", message)
        elif kind == "BPMN":
            message = f"The import of '{location}' is not followed: processes called are found by their ids."
            yield policy(element, "import", message)
        else:
            yield policy(element, "import", f"The {kind} '{location}' is not imported; nothing can use it.")
