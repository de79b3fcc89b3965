"""Who does a task, as the standard writes it (BPMN 2.0, 10.3.4): roles with an expression that names them.

Camunda 7 reads `user(anna), group(clerk)`, and what is neither as a group; its own attributes say the same.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Any

from lxml import etree

from workflows.engine.dialect import Q, attributes_of, local
from workflows.engine.model import Node

#: The property of an external task that names the groups whose members may do it, separated by commas.
WORKERS = "workers"
_NAMED = re.compile(r"(user|group)\(\s*([^()]+?)\s*\)\Z")
_PATH = f"{Q}resourceAssignmentExpression/{Q}formalExpression"


def workers(node: Node) -> tuple[str, ...]:
    """Return the groups whose members may do the external tasks of an element."""
    given = str(node.attributes.get("properties", {}).get(WORKERS, ""))
    return tuple(dict.fromkeys(name for part in given.split(",") if (name := part.strip())))


def attributes_with_people(element: etree._Element) -> Mapping[str, Any]:
    """Return the attributes of an element, assignee and candidates of a user task also from its roles."""
    found = attributes_of(element)
    if local(element) != "userTask":
        return found
    named: dict[str, list[str]] = {}
    for key, name in _named(element):
        named.setdefault(key, []).append(name)
    if "assignee" in found:
        named.pop("assignee", None)
    told = {key: ",".join([*filter(None, (found.get(key),)), *names]) for key, names in named.items()}
    return MappingProxyType({**found, **told}) if told else found


def _named(element: etree._Element) -> Iterator[tuple[str, str]]:
    """Yield attribute and name for everybody whom the roles name."""
    for performer in element.iterfind(f"{Q}humanPerformer/{_PATH}"):
        if name := (performer.text or "").strip():
            yield "assignee", name
            break
    for owner in element.iterfind(f"{Q}potentialOwner/{_PATH}"):
        text = (owner.text or "").strip()
        # An expression may hold commas of its own.
        for part in [text] if "{" in text else text.split(","):
            match = _NAMED.match(part.strip())
            kind, name = match.groups() if match else ("group", part.strip())
            if name:
                yield "candidateUsers" if kind == "user" else "candidateGroups", name
