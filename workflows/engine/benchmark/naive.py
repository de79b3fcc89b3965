"""The library as its manual has it: parse once, then per step load everything from JSON and store it again."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Any

from lxml import etree
from SpiffWorkflow.bpmn.parser import BpmnParser
from SpiffWorkflow.bpmn.serializer import BpmnWorkflowSerializer
from SpiffWorkflow.bpmn.workflow import BpmnWorkflow
from SpiffWorkflow.util.task import TaskState

_LOGGERS = ("spiff.task", "spiff.workflow")


class Naive:
    """One process, run by the bare library."""

    def __init__(self, xml: bytes) -> None:
        for name in _LOGGERS:
            # Its records would cost more than its work.
            logging.getLogger(name).setLevel(logging.WARNING)
        self.spec = read(xml)
        self.serializer = BpmnWorkflowSerializer()

    def start(self, variables: Mapping[str, Any]) -> str:
        """Return the stored state of a new instance."""
        workflow = BpmnWorkflow(self.spec)
        workflow.task_tree.data.update(variables)
        workflow.do_engine_steps()
        return self._stored(workflow)

    def complete(self, state: str, variables: Mapping[str, Any]) -> str | None:
        """Load, complete the first open task and store; None once the process has ended."""
        workflow: Any = self.serializer.deserialize_json(state)
        task = next(iter(workflow.get_tasks(state=TaskState.READY, manual=True)), None)
        if task is None:
            return None
        task.data.update(variables)
        task.run()
        workflow.do_engine_steps()
        return self._stored(workflow)

    def _stored(self, workflow: Any) -> str:
        stored: str = self.serializer.serialize_json(workflow)
        return stored


def read(xml: bytes) -> Any:
    """Return the library's specification of the process."""
    parser = BpmnParser()
    parser.add_bpmn_xml(etree.fromstring(xml, etree.XMLParser(resolve_entities=False)))
    return parser.get_spec("p")
