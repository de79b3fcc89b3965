"""An empty process to draw on: a beginning and an end."""

from __future__ import annotations

import re
from xml.sax.saxutils import escape, quoteattr

from sqlalchemy import select
from sqlalchemy.orm import Session

from workflows.actor import Actor
from workflows.definitions.deploying import deploy, set_suspended
from workflows.definitions.finding import latest
from workflows.errors import FieldError, InvalidInput
from workflows.model import ProcessDefinition

#: What a process is called by programs: in addresses, files and messages.
KEY = re.compile(r"[a-z][a-z0-9_]{1,47}")
MAX_NAME = 80

_XML = """<?xml version="1.0" encoding="UTF-8"?>
<bpmn:definitions xmlns:bpmn="http://www.omg.org/spec/BPMN/20100524/MODEL"
    xmlns:bpmndi="http://www.omg.org/spec/BPMN/20100524/DI" xmlns:dc="http://www.omg.org/spec/DD/20100524/DC"
    xmlns:di="http://www.omg.org/spec/DD/20100524/DI" xmlns:camunda="http://camunda.org/schema/1.0/bpmn"
    id="definitions_{key}" targetNamespace="urn:duban">
  <bpmn:process id="{key}" name={name} isExecutable="true" camunda:historyTimeToLive="P30Y">
    <bpmn:startEvent id="start">
      <bpmn:outgoing>flow</bpmn:outgoing>
    </bpmn:startEvent>
    <bpmn:sequenceFlow id="flow" sourceRef="start" targetRef="end" />
    <bpmn:endEvent id="end">
      <bpmn:incoming>flow</bpmn:incoming>
    </bpmn:endEvent>
  </bpmn:process>
  <bpmndi:BPMNDiagram id="diagram">
    <bpmndi:BPMNPlane id="plane" bpmnElement="{key}">
      <bpmndi:BPMNShape id="start_di" bpmnElement="start">
        <dc:Bounds x="180" y="200" width="36" height="36" />
      </bpmndi:BPMNShape>
      <bpmndi:BPMNShape id="end_di" bpmnElement="end">
        <dc:Bounds x="780" y="200" width="36" height="36" />
      </bpmndi:BPMNShape>
      <bpmndi:BPMNEdge id="flow_di" bpmnElement="flow">
        <di:waypoint x="216" y="218" />
        <di:waypoint x="780" y="218" />
      </bpmndi:BPMNEdge>
    </bpmndi:BPMNPlane>
  </bpmndi:BPMNDiagram>
</bpmn:definitions>
"""


def begin(session: Session, key: str, name: str, *, actor: Actor, profile: str) -> ProcessDefinition:
    """Return the first version of a new process, empty and suspended: nobody starts it before it is published.

    InvalidInput naming `key` (`process_key`, or `process_exists` where there is one) or `name` (`required`).
    """
    name = " ".join(name.split())
    wrong: dict[str, FieldError] = {}
    if not KEY.fullmatch(key):
        wrong["key"] = FieldError("process_key")
    elif session.scalar(select(ProcessDefinition.id).where(ProcessDefinition.key == key).limit(1)):
        wrong["key"] = FieldError("process_exists")
    if not 0 < len(name) <= MAX_NAME:
        wrong["name"] = FieldError("required")
    if wrong:
        raise InvalidInput("A new process needs a name and a key of its own.", fields=wrong, code="form")
    drawn = _XML.format(key=escape(key), name=quoteattr(name)).encode()
    deploy(session, {f"{key}.bpmn": drawn}, name=name, source="modeler", actor=actor, profile=profile)
    made = latest(session, key)
    return set_suspended(session, made.id, True, actor=actor)
