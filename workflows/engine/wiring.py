"""From a checked process element to shared, wired task specs and the nodes that the outside sees."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from lxml import etree

from workflows.clock import office_zone
from workflows.engine import (
    adhoc,
    correlation,
    data,
    listeners,
    looping,
    openings,
    several,
    specs,
    timers,
    working,
)
from workflows.engine.dialect import (
    ACTIVITIES,
    FLOW_NODES,
    SUBPROCESSES,
    Q,
    associated,
    attributes_of,
    children,
    definition_kind,
    event_definitions,
    event_kind,
    is_event_subprocess,
    is_handler,
    local,
    node_kind,
    text_of,
)
from workflows.engine.event_subprocesses import arm_scope, is_start
from workflows.engine.ledger import Ledger
from workflows.engine.model import Node
from workflows.engine.people import attributes_with_people
from workflows.engine.plan import Flow, Parameters
from workflows.engine.quantities import quantity


@dataclass
class Wiring:
    """One process under construction."""

    process: etree._Element
    spec: Any
    ledger: Ledger = field(default_factory=Ledger)
    #: Every flow node of the process by id, nested ones too.
    elements: dict[str, etree._Element] = field(init=False)
    names: data.Names = field(init=False)  #: the variables of its data
    nodes: dict[str, Node] = field(default_factory=dict)
    flows: dict[str, tuple[str, str]] = field(default_factory=dict)
    conditioned: set[str] = field(default_factory=set)  #: flows with a condition, a bad one too

    def __post_init__(self) -> None:
        nodes = self.process.iter(*(Q + name for name in FLOW_NODES))
        self.elements = {element.get("id", ""): element for element in nodes}
        self.names = data.Names(self.process)

    # -- the whole ---------------------------------------------------------------------------------

    def wire(self) -> None:
        """Fill nodes, flows and specs."""
        lanes = _lanes(self.process)
        self.spec.correlation = correlation.keys_of(self.ledger, self.process)
        self._listen(self.spec.start, _node(self.process, lanes))
        for element in self.elements.values():
            node = _node(element, lanes)
            self.nodes[node.id] = node
            self._attach(element, node)
        self._wire_scope(self.process, self.spec.start)
        for element in self.elements.values():
            if local(element) in SUBPROCESSES:
                self._wire_scope(element, self.spec.task_specs[element.get("id")])
        self._attach_boundaries()
        for element in self.elements.values():
            if local(element) in ACTIVITIES:
                self._repeat(element)

    def _attach(self, element: etree._Element, node: Node) -> None:
        spec, ledger = self.spec.task_specs[node.id], self.ledger
        spec.shown = node.id
        spec.parameters = Parameters(
            ledger.parameters(node.id, node.attributes.get("inputs", {})),
            ledger.parameters(node.id, node.attributes.get("outputs", {})),
        )
        self._listen(spec, node)
        spec.associations = data.data_of(ledger, element, self.names)
        spec.async_before = "true" in (node.attributes.get("asyncBefore"), node.attributes.get("async"))
        spec.async_after = node.attributes.get("asyncAfter") == "true"
        if isinstance(spec, specs.Performing):
            throws = getattr(spec, "event_definition", None) is not None
            spec.work = working.work_of(ledger, element, node, throws=throws)
        spec.instantiates = openings.instantiates(element)
        if isinstance(spec, adhoc.AdHocSubProcess):
            adhoc.describe(ledger, element, spec)
        if isinstance(spec, specs.EventGateway):
            spec.parallel = element.get("eventGatewayType") == "Parallel"
        if local(element) in ACTIVITIES:
            spec.start_quantity = quantity(ledger, element, "startQuantity")
            spec.completion_quantity = quantity(ledger, element, "completionQuantity")
        if isinstance(spec, specs.CallActivity):
            if (call := working.call_of(ledger, element, node)) is not None:
                spec.call = call
            spec.ins = tuple(working.copies(ledger, node, "in"))
            spec.outs = tuple(working.copies(ledger, node, "out"))
            spec.business_key = working.business_key(ledger, node)
        if isinstance(spec, specs.ComplexGateway) and (source := text_of(element, "activationCondition")):
            spec.activation = ledger.condition(node.id, source, "The activation condition")
        waiting = arm_scope(element, self.spec) if is_start(element) else spec
        definitions = event_definitions(element)
        parts = several.split(waiting) if several.has_several(waiting) else [waiting] * len(definitions)
        for part, definition in zip(parts, definitions, strict=True):
            self._event(part, definition, node.id)
        if local(element) in ("receiveTask", "sendTask") and spec.event_definition is not None:
            spec.event_name = ledger.text(node.id, spec.event_definition.name, "The message name")

    def _listen(self, spec: Any, node: Node) -> None:
        spec.node, spec.element = node, node.id
        spec.listeners = tuple(listeners.listeners_of(self.ledger, node))
        if any(listener.event == "assignment" for listener in spec.listeners):
            spec.assignee = self.ledger.text(node.id, node.attributes.get("assignee", ""), "camunda:assignee")

    # -- events ------------------------------------------------------------------------------------

    def _event(self, spec: Any, definition: etree._Element, element: str) -> None:
        kind = definition_kind(definition)
        if kind == "timer":
            self._timer(spec, definition, element)
        elif kind == "conditional":
            source = text_of(definition, "condition")
            if not source:
                self.ledger.error(element, "condition", "The conditional event has no condition.")
            else:
                spec.condition = self.ledger.condition(element, source, "The condition")
        elif kind in ("message", "signal"):
            if isinstance(spec, specs.Throwing):
                carried = replace(spec.node, attributes=attributes_of(definition))
                spec.ins = tuple(working.copies(self.ledger, carried, "in"))
            spec.event_name = self.ledger.text(
                element, spec.event_definition.name or element, f"The {kind} name"
            )

    def _timer(self, spec: Any, definition: etree._Element, element: str) -> None:
        kind = next((k for k in timers.KINDS if definition.find(Q + k) is not None), "")
        source = text_of(definition, kind) if kind else ""
        if not source:
            self.ledger.error(
                element,
                "timer",
                "The timer says no time; write a date, a duration (P3D) or a cycle (R3/PT1H).",
            )
            return
        spec.timer_kind = kind
        spec.timer = self.ledger.text(element, source, "The timer")
        if spec.timer is None or spec.timer.names or spec.timer.calls or "{" in source:
            return
        try:
            timers.check_literal(kind, source, office_zone())
        except timers.BadTimer as problem:
            self.ledger.error(element, "timer", f"The timer: {problem}")

    # -- flows -------------------------------------------------------------------------------------

    def _wire_scope(self, scope: etree._Element, around: Any) -> None:
        inside = children(scope, FLOW_NODES)
        for element in children(scope, frozenset({"sequenceFlow"})):
            self._flow(element)
        for element in inside:
            spec = self.spec.task_specs[element.get("id")]
            if local(element) == "exclusiveGateway":
                self._check_choice(element, spec)
            openings.check(self.ledger, element, spec)
        self._link(scope, inside)
        self._gateways(inside)
        around.locals = data.locals_of(scope, self.names)
        around.starts = self._starts(scope, inside)

    def _flow(self, element: etree._Element) -> None:
        identity, tasks = element.get("id", ""), self.spec.task_specs
        source, target = tasks[element.get("sourceRef")], tasks[element.get("targetRef")]
        self.flows[identity] = (source.name, target.name)
        default = self.elements[source.name].get("default") == identity
        text = text_of(element, "conditionExpression")
        condition = None
        if text and not default:
            self.conditioned.add(identity)
            condition = self.ledger.condition(identity, text, f"The condition of the flow {identity}")
        heard = tuple(listeners.listeners_of(self.ledger, _node(element, {})))
        source.flows += (Flow(identity, target.name, condition, default, heard),)
        source._outputs.append(target.name)
        target._inputs.append(source.name)
        target.incoming += (identity,)

    def _check_choice(self, element: etree._Element, spec: Any) -> None:
        if len(spec.flows) < 2:
            return
        for flow in spec.flows:
            if flow.id not in self.conditioned and not flow.default:
                self.ledger.error(
                    flow.id,
                    "condition",
                    f"The flow {flow.id} out of the gateway {spec.name} has no condition and is not its default.",
                )

    def _link(self, scope: etree._Element, inside: list[etree._Element]) -> None:
        """Wire a throwing link to the catching link of its name in the same scope; the library drops both."""
        links = [(e, d) for e in inside if (d := e.find(Q + "linkEventDefinition")) is not None]
        catches = {_link_name(e, d): e for e, d in links if local(e) == "intermediateCatchEvent"}
        for element, definition in links:
            if local(element) != "intermediateThrowEvent":
                continue
            source = self.spec.task_specs[element.get("id")]
            target = catches.get(_link_name(element, definition))
            if target is None:
                self.ledger.error(
                    source.name,
                    "link",
                    f"No link catches '{_link_name(element, definition)}' in the same scope.",
                )
                continue
            identity = f"link:{source.name}"
            source.flows = (Flow(identity, target.get("id", "")),)
            self.spec.task_specs[target.get("id")].incoming += (identity,)

    def _gateways(self, inside: list[etree._Element]) -> None:
        for element in inside:
            if local(element) != "eventBasedGateway":
                continue
            spec = self.spec.task_specs[element.get("id")]
            if not spec.flows:
                self.ledger.error(spec.name, "event_gateway", "The event gateway leads to no event.")
            for flow in spec.flows:
                target = self.spec.task_specs[flow.target]
                if not isinstance(target, specs.CatchEvent | specs.ReceiveTask):
                    self.ledger.error(
                        target.name,
                        "event_gateway",
                        "Behind an event gateway only catching events and receive tasks may stand.",
                    )
                elif looping.repeats(self.elements[target.element]):
                    self.ledger.error(
                        target.name, "event_gateway", "A task behind an event gateway cannot repeat."
                    )
                elif len(target.incoming) > 1:
                    self.ledger.error(
                        target.name,
                        "event_gateway",
                        "An event behind an event gateway has one incoming flow.",
                    )

    def _starts(self, scope: etree._Element, inside: list[etree._Element]) -> tuple[Any, ...]:
        tasks = self.spec.task_specs
        starts = [tasks[e.get("id")] for e in inside if local(e) == "startEvent" or openings.instantiates(e)]
        if starts:
            return tuple(starts)
        # BPMN's implicit start: everything that no flow leads into.
        heads = [
            tasks[e.get("id")] for e in inside if not tasks[e.get("id")].incoming and not _comes_otherwise(e)
        ]
        if local(scope) == "process" and not self.spec.alone:
            if heads:
                self.ledger.warn(
                    scope.get("id", ""),
                    "no_start",
                    "There is no start event; what comes first starts.",
                )
            else:
                self.ledger.error(
                    scope.get("id", ""),
                    "no_start",
                    "The process has no start event and nothing that could start.",
                )
        elif inside and not heads:
            self.ledger.error(
                scope.get("id", ""),
                "no_start",
                "The subprocess has no start event and nothing that could start.",
            )
        return tuple(heads)

    # -- boundaries and loops ----------------------------------------------------------------------

    def _attach_boundaries(self) -> None:
        for element in self.elements.values():
            if local(element) == "boundaryEvent":
                host = self.spec.task_specs[element.get("attachedToRef")]
                if event_kind(element) == "compensate":
                    handlers = [e for e in associated(element) if is_handler(e)]
                    host.undone_by = handlers[0].get("id")
                else:
                    host.boundaries += (self.spec.task_specs[element.get("id")],)

    def _repeat(self, element: etree._Element) -> None:
        loop = looping.loop_of(self.ledger, element, self.names)
        if loop is None:
            return
        tasks = self.spec.task_specs
        inner = tasks.pop(element.get("id"))
        body = specs.Repeated(self.spec, inner.name)
        body.node, body.element = inner.node, inner.element
        body.shown = f"{inner.name}#multiInstanceBody"
        body.async_before, body.async_after = inner.async_before, inner.async_after
        # What holds an instance, not the whole, stands on the loop.
        inner.async_before, inner.async_after = looping.asynchronous(element)
        body.flows, body.incoming, body.boundaries = inner.flows, inner.incoming, inner.boundaries
        body._inputs, body._outputs = inner._inputs, inner._outputs
        body.start_quantity, body.completion_quantity = inner.start_quantity, inner.completion_quantity
        inner.start_quantity = inner.completion_quantity = 1
        inner.flows, inner.incoming, inner.boundaries = (), (), ()
        inner._inputs, inner._outputs = [inner.name], []
        body.inner, body.loop, inner.body = inner, loop, body
        inner.name = f"{inner.name} [child]"
        tasks[inner.name] = inner
        self._rewire_starts(inner, body)

    def _rewire_starts(self, inner: Any, body: Any) -> None:
        for spec in self.spec.task_specs.values():
            if inner in getattr(spec, "starts", ()):
                spec.starts = tuple(body if start is inner else start for start in spec.starts)


def _node(element: etree._Element, lanes: Mapping[str, str]) -> Node:
    scope = element.getparent()
    inside = local(scope) in SUBPROCESSES if scope is not None else False
    return Node(
        id=element.get("id", ""),
        kind=node_kind(element),
        name=element.get("name") or "",
        lane=_lane_of(element, lanes),
        attributes=attributes_with_people(element),
        scope=scope.get("id") if inside and scope is not None else None,
        attached_to=element.get("attachedToRef"),
    )


def _lanes(process: etree._Element) -> dict[str, str]:
    """Return the innermost lane of every element that one lists."""
    found: dict[str, str] = {}
    # Document order visits an outer lane before those inside it.
    for lane in process.iter(Q + "lane"):
        for reference in lane.iterfind(Q + "flowNodeRef"):
            found[(reference.text or "").strip()] = lane.get("name") or lane.get("id") or ""
    return found


def _lane_of(element: etree._Element, lanes: Mapping[str, str]) -> str | None:
    around: etree._Element | None = element
    while around is not None:
        host = around.get("attachedToRef") or ""
        if lane := lanes.get(around.get("id") or "") or lanes.get(host):
            return lane
        around = around.getparent()
    return None


def _link_name(element: etree._Element, definition: etree._Element) -> str:
    return definition.get("name") or element.get("name") or ""


def _comes_otherwise(element: etree._Element) -> bool:
    """Tell whether the element is reached without a flow, and not by the start of its scope."""
    if local(element) == "intermediateCatchEvent":
        return event_kind(element) == "link"
    return local(element) == "boundaryEvent" or is_event_subprocess(element) or is_handler(element)
