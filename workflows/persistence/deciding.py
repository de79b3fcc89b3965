"""The rows that say how a decision was taken."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from workflows.decisions import Taken
from workflows.engine import Node
from workflows.expressions import plain
from workflows.model import Instance, new_id

#: Characters of JSON that are kept of one value: a list of files or a text may be long.
LONGEST = 4_000


def rows(
    taken: Sequence[Taken],
    ids: Mapping[str, str],
    instance: Instance,
    node: Node,
    activity_id: str,
    at: datetime,
) -> list[dict[str, Any]]:
    """Return the rows of a decision and, behind it, of those that it needed; `ids` are those of their versions."""
    found: list[dict[str, Any]] = []
    for one in taken:
        found.append(
            {
                "id": new_id(),
                "root_id": found[0]["id"] if found else None,
                "instance_id": instance.id,
                "scope_id": instance.scope_id,
                "element_id": node.id,
                "engine_id": activity_id,
                "definition_id": ids.get(one.decision.id),
                "key": one.decision.id,
                "name": one.decision.name,
                "at": at,
                "inputs": _inputs(one),
                "rules": [{"id": rule.id, "number": rule.number} for rule in one.held],
                "outputs": _outputs(one),
                "collected": _collected(one),
            }
        )
    return found


def _inputs(taken: Taken) -> list[dict[str, Any]]:
    pairs = zip(taken.decision.inputs, taken.inputs, strict=True)
    return [{"clause": column.id, "name": column.label, **_kept(plain(value))} for column, value in pairs]


def _outputs(taken: Taken) -> list[dict[str, Any]]:
    return [
        {
            "clause": out.id,
            "name": out.name,
            "rule": rule.id if rule and rule.number else None,
            "number": rule.number if rule and rule.number else None,
            **_kept(result[out.name]),
        }
        for rule, result in taken.given
        for out in taken.decision.outputs
    ]


def _collected(taken: Taken) -> dict[str, Any] | None:
    if not taken.decision.aggregation or not taken.results:
        return None
    return {"value": taken.results[0][taken.decision.outputs[0].name]}


def _kept(value: Any) -> dict[str, Any]:
    """Return a value, or that it was too long to be kept."""
    return {"value": value} if len(json.dumps(value)) <= LONGEST else {"value": None, "cut": True}
