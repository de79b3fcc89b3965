"""Small diagrams and forms, as somebody who means ill would draw them; right enough for the office's gate."""

from __future__ import annotations

import itertools
import json
from collections.abc import Mapping
from typing import Any

BPMN = "http://www.omg.org/spec/BPMN/20100524/MODEL"
XSI = "http://www.w3.org/2001/XMLSchema-instance"
CAMUNDA = "http://camunda.org/schema/1.0/bpmn"
START = '<startEvent id="start" name="Start"/>'
#: What the office's gate wants of a task that has no deadline.
PLAIN = {"deadline": "none", "deadline_reason": "test", "en": "Task"}


def process(key: str, *steps: tuple[str, str], start: str = START, name: str = "Process") -> bytes:
    """Return a diagram of steps (id, element) in a row."""
    places = ["start", *(place for place, _ in steps), "end"]
    flows = "".join(
        f'<sequenceFlow id="flow_{number}" sourceRef="{one}" targetRef="{other}"/>'
        for number, (one, other) in enumerate(itertools.pairwise(places))
    )
    elements = "".join(element for _, element in steps)
    return (
        f'<definitions xmlns="{BPMN}" xmlns:camunda="{CAMUNDA}" xmlns:xsi="{XSI}" id="definitions" '
        f'targetNamespace="test"><process id="{key}" name="{name}" isExecutable="true">'
        f'{start}{elements}<endEvent id="end" name="End"/>{flows}</process></definitions>'
    ).encode()


def task(
    place: str, attributes: str = 'camunda:candidateGroups="supervisor"', *, name: str = "Task", **said: str
) -> tuple[str, str]:
    """Return a user task with the form `form`, and these properties."""
    return place, (
        f'<userTask id="{place}" name="{name}" {attributes} camunda:formRef="form" '
        f'camunda:formRefBinding="deployment">'
        f"{properties(**(PLAIN | said))}</userTask>"
    )


def service(place: str, operation: str, **inputs: str) -> tuple[str, str]:
    """Return a service task that names an operation."""
    given = "".join(
        f'<camunda:inputParameter name="{k}">{v}</camunda:inputParameter>' for k, v in inputs.items()
    )
    return place, (
        f'<serviceTask id="{place}" name="Service" camunda:delegateExpression="${{{operation}}}">'
        f"<extensionElements><camunda:inputOutput>{given}</camunda:inputOutput></extensionElements></serviceTask>"
    )


def properties(**said: str) -> str:
    """Return `camunda:properties`."""
    listed = "".join(f'<camunda:property name="{name}" value="{value}"/>' for name, value in said.items())
    return f"<extensionElements><camunda:properties>{listed}</camunda:properties></extensionElements>"


def form(identifier: str, *keys: str, label: str = "Question") -> bytes:
    """Return a form of free texts."""
    components: list[Mapping[str, Any]] = [
        {"type": "textarea", "id": f"Field_{key}", "key": key, "label": label, "properties": {"en": label}}
        for key in keys
    ]
    return json.dumps(
        {"type": "default", "id": identifier, "schemaVersion": 16, "components": components}
    ).encode()
