"""SpiffWorkflow's parser, taught our spec classes; the flows between them are wired in `wiring`.

The library's own walk along the flows drops unreached nodes, flow ids and flows without id, overflows the
stack at 500 steps, can loop for ever on data objects, and reads several event kinds as plain events. Its
element and event parsers are used; the walk is not.
"""

from __future__ import annotations

from typing import Any

from lxml import etree
from SpiffWorkflow.bpmn.parser.BpmnParser import BpmnParser
from SpiffWorkflow.bpmn.parser.event_parsers import EventDefinitionParser
from SpiffWorkflow.bpmn.parser.ProcessParser import ProcessParser
from SpiffWorkflow.bpmn.parser.TaskParser import TaskParser
from SpiffWorkflow.bpmn.parser.util import full_tag
from SpiffWorkflow.bpmn.specs.event_definitions.conditional import ConditionalEventDefinition
from SpiffWorkflow.bpmn.specs.event_definitions.multiple import MultipleEventDefinition
from SpiffWorkflow.bpmn.specs.event_definitions.simple import NoneEventDefinition
from SpiffWorkflow.bpmn.specs.event_definitions.timer import DurationTimerEventDefinition

from workflows.engine import adhoc, dialect, event_subprocesses, specs
from workflows.engine.compensation import CompensationEventDefinition


class Plain:
    """Attributes without the library's data associations, which fail on what other modellers draw."""

    node: etree._Element

    @property
    def bpmn_attributes(self) -> dict[str, Any]:
        """Return what every spec is told."""
        return {"bpmn_name": self.node.get("name"), "description": dialect.local(self.node)}


class ElementParser(Plain, TaskParser):
    """Any element that is no event."""


class SubProcessParser(ElementParser):
    """An embedded subprocess, entered by a flow or begun by an event."""

    def create_task(self) -> Any:
        """Return the spec."""
        by_event = dialect.is_event_subprocess(self.node)
        made = event_subprocesses.EventSubProcess if by_event else self.spec_class
        return made(self.spec, self.bpmn_id, **self.bpmn_attributes)


class EventParser(Plain, EventDefinitionParser):
    """Any event: every position accepts every kind here, `structure` judges what is allowed."""

    def parse_timer_event(self, event: Any) -> Any:
        """Return any timer definition: `wiring` reads the time, which the library would run as code."""
        return DurationTimerEventDefinition(self.bpmn_id, "")

    def parse_conditional_event(self, event: Any) -> Any:
        """Return a conditional definition: `wiring` reads and judges the condition."""
        return ConditionalEventDefinition("")

    def parse_error_event(self, error_event: Any) -> Any:
        """Return the error with the message that the file gives it."""
        definition = super().parse_error_event(error_event)
        named = error_event.getroottree().iterfind(f"{dialect.Q}error")
        found = next((e for e in named if e.get("id") == error_event.get("errorRef")), None)
        definition.message = found.get(f"{dialect.C}errorMessage", "") if found is not None else ""
        return definition

    def parse_compensate_event(self, event: Any) -> Any:
        """Return what is to be compensated."""
        wait = event.get("waitForCompletion", "true") not in ("false", "0")
        return CompensationEventDefinition(event.get("activityRef"), wait=wait)

    def create_task(self) -> Any:
        """Return the spec with its event definition."""
        definition = self._definition()
        extra = {}
        if dialect.local(self.node) == "boundaryEvent":
            extra["cancel_activity"] = self.node.get("cancelActivity", "true") == "true"
        return self.spec_class(
            self.spec, self.bpmn_id, event_definition=definition, **self.bpmn_attributes, **extra
        )

    def _definition(self) -> Any:
        read = {
            "message": self.parse_message_event,
            "signal": self.parse_signal_event,
            "timer": self.parse_timer_event,
            "conditional": self.parse_conditional_event,
            "error": self.parse_error_event,
            "escalation": self.parse_escalation_event,
            "compensate": self.parse_compensate_event,
            "cancel": self.parse_cancel_event,
            "terminate": self.parse_terminate_event,
        }
        kinds = [(d, dialect.definition_kind(d)) for d in dialect.event_definitions(self.node)]
        # Links are wired as flows.
        found = [read[kind](definition) for definition, kind in kinds if kind in read]
        if len(found) > 1:
            return MultipleEventDefinition(found, dialect.event_kind(self.node) == "parallelMultiple")
        return found[0] if found else NoneEventDefinition()


class MessageTaskParser(Plain, EventDefinitionParser):
    """A receive task, or a send task that throws a message."""

    def create_task(self) -> Any:
        """Return the spec, with a message event definition where the task names a message."""
        definition = self.parse_message_event(self.node) if self.node.get("messageRef") else None
        if self.spec_class is specs.ReceiveTask:
            return specs.ReceiveTask(
                self.spec, self.bpmn_id, event_definition=definition, **self.bpmn_attributes
            )
        task = self.spec_class(self.spec, self.bpmn_id, **self.bpmn_attributes)
        task.event_definition = definition
        return task


class EventGatewayParser(Plain, TaskParser):
    """An event-based gateway, whose events stay with the elements behind it."""

    def create_task(self) -> Any:
        """Return the spec."""
        return self.spec_class(
            self.spec, self.bpmn_id, event_definition=MultipleEventDefinition(), **self.bpmn_attributes
        )


class ScopeParser(ProcessParser):
    """A process with all its nested elements in one spec, in the order of the file."""

    def _index_process_nodes(self) -> None:
        """Index nothing: the library's index loses what has no id and mixes in vendors' ids."""

    def _parse(self) -> None:
        self.spec = specs.ProcessSpec(self.bpmn_id)
        for element in self.node.iter(*(dialect.Q + name for name in dialect.FLOW_NODES)):
            parser_class, spec_class = self.parser._get_parser_class(element.tag)
            if parser_class is not None:
                parser_class(self, spec_class, element, lane="").create_task()


class Parser(BpmnParser):
    """The library's parser over our elements."""

    PROCESS_PARSER_CLASS = ScopeParser
    PARSER_CLASSES = {
        full_tag("task"): (ElementParser, specs.PassThrough),
        full_tag("manualTask"): (ElementParser, specs.PassThrough),
        full_tag("userTask"): (ElementParser, specs.UserTask),
        full_tag("serviceTask"): (ElementParser, specs.ServiceTask),
        full_tag("businessRuleTask"): (ElementParser, specs.DecisionTask),
        full_tag("scriptTask"): (ElementParser, specs.ScriptTask),
        full_tag("sendTask"): (MessageTaskParser, specs.SendTask),
        full_tag("receiveTask"): (MessageTaskParser, specs.ReceiveTask),
        full_tag("exclusiveGateway"): (ElementParser, specs.ExclusiveGateway),
        full_tag("parallelGateway"): (ElementParser, specs.ParallelGateway),
        full_tag("inclusiveGateway"): (ElementParser, specs.InclusiveGateway),
        full_tag("complexGateway"): (ElementParser, specs.ComplexGateway),
        full_tag("eventBasedGateway"): (EventGatewayParser, specs.EventGateway),
        full_tag("subProcess"): (SubProcessParser, specs.SubProcess),
        full_tag("transaction"): (ElementParser, specs.Transaction),
        full_tag("adHocSubProcess"): (ElementParser, adhoc.AdHocSubProcess),
        full_tag("callActivity"): (ElementParser, specs.CallActivity),
        full_tag("startEvent"): (EventParser, specs.StartEvent),
        full_tag("endEvent"): (EventParser, specs.EndEvent),
        full_tag("intermediateCatchEvent"): (EventParser, specs.CatchEvent),
        full_tag("intermediateThrowEvent"): (EventParser, specs.ThrowEvent),
        full_tag("boundaryEvent"): (EventParser, specs.BoundaryEvent),
    }

    def _add_data_stores(self, bpmn: Any) -> None:
        """Skip data stores: the library refuses every one without a class."""

    def _add_diagram_indexes(self, bpmn: Any) -> None:
        """Skip positions and lanes: neither decides anything here."""

    def _add_correlations(self, bpmn: Any) -> None:
        """Skip correlation keys: callers address an instance, by its id or business key."""


def parse(root: etree._Element) -> Parser:
    """Return the library's parser, fed with a whole file."""
    parser = Parser()
    parser.add_bpmn_xml(root)
    return parser
