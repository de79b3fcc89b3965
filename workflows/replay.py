"""Closed instances held against another reading of their process: where they would have gone differently.

Nothing is run. Conditions are judged with the values that an instance ended with, and only where those still give the
way that history shows; tables with what was recorded when they were asked. A condition may read only what a condition
of the instance's own version reads: whoever draws it must not be able to ask the matters for anything else.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from workflows import decisions, deployed, engine, persistence
from workflows.decisions import Decision
from workflows.engine import choosing
from workflows.errors import DubanError
from workflows.expressions import BUILTINS, EvaluationError, Meter, compile_expression
from workflows.model import Activity, DecisionDefinition, DecisionRun, Instance

#: Instances that are looked at, the last closed ones, and steps that all conditions together may take.
MOST, WORK = 500, 2_000_000


@dataclass
class Place:
    """What is told of one gateway, table or step; ids of instances, each once."""

    passed: set[str] = field(default_factory=set)
    unknown: set[str] = field(default_factory=set)  #: where it cannot be told
    other: dict[tuple[str, str], set[str]] = field(
        default_factory=lambda: defaultdict(set)
    )  #: (taken, would have been taken) → who


@dataclass
class Replay:
    """What was found, by element id; tables by their key."""

    looked: int = 0
    gateways: dict[str, Place] = field(default_factory=lambda: defaultdict(Place))
    tables: dict[str, Place] = field(default_factory=lambda: defaultdict(Place))
    gone: dict[str, set[str]] = field(
        default_factory=lambda: defaultdict(set)
    )  #: steps passed, no longer there
    new: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))  #: new steps on the way taken
    names: dict[str, str] = field(default_factory=dict)  #: of steps that are gone


def replay(
    session: Session,
    key: str,
    draft: engine.Definition,
    tables: Mapping[str, tuple[Decision, str]],
    *,
    of_version: str | None = None,
) -> Replay:
    """Return where the last closed instances of a process would have gone differently on `draft`.

    `tables` are the draft's, by key, with the digests of their files. With `of_version` only instances of that version.
    """
    found = Replay()
    wanted = select(Instance).where(Instance.definition_key == key, Instance.state == "completed")
    if of_version is not None:
        wanted = wanted.where(Instance.definition_id == of_version)
    closed = session.scalars(wanted.order_by(Instance.ended_at.desc(), Instance.id).limit(MOST)).all()
    meter = Meter(WORK)
    olds: dict[str, Decision | None] = {}
    for instance in closed:
        try:
            old = deployed.compiled(session, instance.definition_id)
            values = persistence.variables(session, instance)
        except DubanError:
            continue  # erased since, or no longer readable
        found.looked += 1
        rows = select(Activity).where(Activity.instance_id == instance.id, ~Activity.cancelled)
        passages = session.scalars(rows.order_by(Activity.id)).all()
        _gateways(found, instance.id, old, draft, passages, values, meter)
        _steps(found, instance.id, old, draft, passages)
        runs = select(DecisionRun).where(DecisionRun.instance_id == instance.id)
        for run in session.scalars(runs):
            _table(found, session, run, tables, olds)
    return found


def _gateways(
    found: Replay,
    instance: str,
    old: engine.Definition,
    draft: engine.Definition,
    passages: Sequence[Activity],
    values: Mapping[str, Any],
    meter: Meter,
) -> None:
    taken = [row.flow for row in passages if row.flow in old.flows]
    times = Counter(row.element_id for row in passages)
    both = [node.id for node in old.nodes.values() if node.kind in choosing.KINDS and node.id in draft.nodes]
    open_to = frozenset().union(
        *(choosing.reads(old, node.id) for node in old.nodes.values() if node.kind in choosing.KINDS)
    )
    for gateway in both:
        out = [flow for flow in taken if flow and old.flows[flow][0] == gateway]
        kind = draft.nodes[gateway].kind
        if not out or not times[gateway] or kind not in choosing.KINDS or not choosing.reads(old, gateway):
            continue
        place = found.gateways[gateway]
        place.passed.add(instance)
        # The values are those of the end: of several passages the last is nearest to them.
        went = frozenset(out[-1:] if old.nodes[gateway].kind == "exclusiveGateway" else out)
        then = choosing.chosen(old, gateway, values, meter)
        now = choosing.chosen(draft, gateway, values, meter)
        if then != went or now is None or not choosing.reads(draft, gateway) <= open_to:
            place.unknown.add(instance)
        elif now != went and _targets(draft, now) != _targets(old, went):
            place.other[_told(went), _told(now)].add(instance)


def _targets(definition: engine.Definition, flows: Iterable[str]) -> set[str]:
    return {definition.flows[flow][1] for flow in flows}


def _told(flows: Iterable[str]) -> str:
    return " ".join(sorted(flows))


def _steps(
    found: Replay,
    instance: str,
    old: engine.Definition,
    draft: engine.Definition,
    passages: Sequence[Activity],
) -> None:
    for row in passages:
        if row.element_id in old.nodes and row.element_id not in draft.nodes:
            found.gone[row.element_id].add(instance)
            found.names[row.element_id] = row.name or row.element_id
    behind: dict[str, set[str]] = defaultdict(set)
    for source, target in draft.flows.values():
        behind[source].add(target)
    for flow in {row.flow for row in passages if row.flow in old.flows}:
        source, target = old.flows[flow or ""]
        if target in draft.nodes and target not in behind[source]:
            for node in _between(source, target, behind, frozenset(old.nodes)):
                found.new[node].add(instance)


def _between(source: str, target: str, behind: Mapping[str, set[str]], known: frozenset[str]) -> set[str]:
    """Return the new steps that lie on a way from one known step to another."""
    ahead, todo = set[str](), [source]
    while todo:
        fresh = {node for node in behind.get(todo.pop(), ()) if node not in known} - ahead
        ahead |= fresh
        todo += fresh
    on: set[str] = set()
    while more := {node for node in ahead - on if behind.get(node, set()) & ({target} | on)}:
        on |= more
    return on


def _table(
    found: Replay,
    session: Session,
    run: DecisionRun,
    tables: Mapping[str, tuple[Decision, str]],
    olds: dict[str, Decision | None],
) -> None:
    row = session.get(DecisionDefinition, run.definition_id) if run.definition_id else None
    if run.key not in tables or (row is not None and row.digest == tables[run.key][1]):
        return
    place = found.tables[run.key]
    place.passed.add(run.instance_id)
    if row is not None and row.id not in olds:
        data = deployed.content(session, row.deployment_id, row.resource_name)
        olds[row.id] = next((one for one in decisions.read(data)[0] if one.id == run.key), None)
    old = olds.get(row.id) if row is not None else None
    recorded = [(one["name"], one["value"]) for one in run.outputs]
    cut = any(one.get("cut") for one in [*run.inputs, *run.outputs])
    if old is None or cut or _outcome(old, old, run.inputs) != recorded:
        place.unknown.add(run.instance_id)
        return
    now = _outcome(tables[run.key][0], old, run.inputs)
    if now is None:
        place.unknown.add(run.instance_id)
    elif now != recorded:
        place.other["", ""].add(run.instance_id)


def _outcome(table: Decision, old: Decision, inputs: Sequence[Mapping[str, Any]]) -> list[Any] | None:
    """Return what a table says to recorded inputs of `old`; None where it asks for something else, or fails."""
    known = {
        column.expression.source: kept["value"] for column, kept in zip(old.inputs, inputs, strict=False)
    }
    if table.literal or any(column.expression.source not in known for column in table.inputs):
        return None
    given = {f"given{n}": known[column.expression.source] for n, column in enumerate(table.inputs)}
    columns = tuple(
        replace(column, expression=compile_expression(f"given{n}")) for n, column in enumerate(table.inputs)
    )
    try:
        taken = replace(table, inputs=columns, required=()).take(given, BUILTINS)[0]
    except EvaluationError:
        return None
    return [(out.name, result[out.name]) for _rule, result in taken.given for out in table.outputs]
