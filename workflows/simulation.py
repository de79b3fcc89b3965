"""A diagram run in memory under a virtual clock: what would happen, without a database or anybody's work."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import Any

from workflows import calendar, decisions, engine
from workflows.calendar import Limit, WorkDays
from workflows.clock import day_of, office_zone
from workflows.engine import soundness, timers
from workflows.errors import EngineFault, InvalidInput, NotFound
from workflows.findings import Finding
from workflows.neighbours import Neighbours
from workflows.persistence import deadlines
from workflows.pools import Pools

#: Acts of people and times of one simulation; a diagram that needs more goes on for ever.
MAX_ACTS = 2_000


def simulate(
    xml: bytes,
    *,
    now: datetime,
    process_id: str | None = None,
    variables: Mapping[str, Any] | None = None,
    advance: str | None = None,
    complete_all: bool = False,
    dmn: Iterable[bytes] = (),
    beside: Iterable[bytes] = (),
    limits: Iterable[Limit] = (),
) -> dict[str, Any]:
    """Return one JSON document: findings, nodes (id → kind), trace, variables and outcome.

    The virtual clock starts at `now` (aware) and is moved by `advance`, an ISO duration or instant; timers
    fire at their own instants on the way. With `complete_all` every open task is completed without answers:
    after the time has passed where a timer sits on it, else at once. Operations do nothing; decisions are
    taken from `dmn`, processes called also from the diagrams `beside`, the rules of `limit()` from `limits`.
    Outcome: completed, waiting, failed (a finding of the rule `run` says why) or refused. `InvalidInput` for
    bad variables or a bad time.

    Other processes of the file that messages or signals start run beside the chosen one: the trace is that of
    all, the variables are the chosen one's, and it is completed when all are.
    """
    nodes = engine.outline(xml, process_id)
    definitions, findings = engine.read(xml, drawn=True)
    definition, findings = _chosen(definitions, findings, process_id or _main(xml))
    if definition is None:
        return _document(findings, nodes, "refused")
    # A token that could get stuck is told, and can be looked at: it is no reason not to simulate.
    findings = [*findings, *_sound(definition)]
    files = list(beside)
    library = Neighbours(definition, files)
    if missing := list(library.findings(definition)):
        return _document([*findings, *missing], nodes, "refused")
    target = _target(advance, now)
    host = _Host(now, _decisions(dmn), limits)
    start = definition.start_node
    named = start.id if start.kind == "startEvent" or engine.triggers(definition) else None
    try:
        run = engine.Run.prepare(definition, variables or {}, host, start_node=named, library=library)
    except EngineFault as fault:
        return _document([*findings, _failure(fault)], nodes, "failed")

    def begin(other: engine.Definition, trigger: engine.Trigger, sent: engine.Sent) -> engine.Run:
        beside = Neighbours(other, files)
        message = trigger.name if trigger.kind == "message" else None
        return engine.Run.prepare(other, sent.payload, host, message=message, trigger=trigger, library=beside)

    pools = Pools(run, definitions, begin)
    try:
        _Simulation(pools, host, target, complete_all).go()
        outcome = "completed" if pools.over and run.outcome == "completed" else "waiting"
    except EngineFault as fault:
        findings = [*findings, _failure(fault)]
        outcome = "failed"
    pools.gather()
    for run in pools.runs:
        nodes |= {node.id: node.kind for node in run.definition.nodes.values()}
    return _document(findings, nodes, outcome, pools)


def _main(xml: bytes) -> str | None:
    """Return the process of a file that is meant where nobody says which: one that begins by itself.

    An executable one, not called by another, begun without a trigger, as far as there is any such; of
    several the first drawn. That it has errors is no reason to run another instead.
    """
    drawn = engine.processes(xml)
    ordered = sorted(drawn, key=lambda process: (not process.executable, process.called, not process.by_hand))
    return ordered[0].id if ordered else None


def _failure(fault: EngineFault) -> Finding:
    return Finding(fault.element, "run", "error", fault.message)


def _chosen(
    definitions: Sequence[engine.Definition], findings: list[Finding], process_id: str | None
) -> tuple[engine.Definition | None, list[Finding]]:
    """Return the process to simulate, None with the findings that forbid it."""
    chosen = next((d for d in definitions if d.id == process_id), None)
    if chosen is None and not any(f.severity == "error" for f in findings):
        missing = Finding(None, "no_process", "error", f"There is no process '{process_id}'.")
        findings = [*findings, missing]
    return chosen, findings


def _sound(definition: engine.Definition) -> Iterable[Finding]:
    budget = soundness.Budget()
    for process in dict.fromkeys((definition, *definition.called.values())):
        yield from soundness.check(process, budget)


def _target(advance: str | None, now: datetime) -> datetime:
    if advance is None:
        return now
    try:
        if advance.lstrip().startswith("P"):
            return timers.parse_duration(advance).after(now, office_zone())
        instant = timers.parse_instant(advance, office_zone())
    except timers.BadTimer as problem:
        raise InvalidInput(f"--advance: {problem}", code="advance") from problem
    if instant < now:
        raise InvalidInput(f"--advance: {advance} lies before {now.isoformat()}.", code="advance")
    return instant


def _decisions(files: Iterable[bytes]) -> dict[str, decisions.Decision]:
    return {decision.id: decision for file in files for decision in decisions.read(file)[0]}


def _document(
    findings: list[Finding],
    nodes: Mapping[str, str],
    outcome: str,
    pools: Pools | None = None,
) -> dict[str, Any]:
    return {
        "findings": [f.told() for f in findings],
        "nodes": dict(nodes),
        "trace": [_told(step) for step in pools.steps] if pools else [],
        "variables": pools.main.variables if pools else {},
        "outcome": outcome,
    }


def _told(step: engine.Step) -> dict[str, Any]:
    return {"element": step.node_id, "event": step.what, "at": step.at.isoformat(), "flow": step.flow}


class _Host:
    """A host whose clock is moved by hand and whose operations do nothing."""

    def __init__(
        self, instant: datetime, decided: Mapping[str, decisions.Decision], limits: Iterable[Limit]
    ) -> None:
        self.instant = instant
        self.decisions = decided
        self.business_key: str | None = None
        self.limits = {limit.id: limit for limit in limits}
        self.functions: Mapping[str, Callable[..., Any]] = {"limit": self.limit, "workdays": self.workdays}

    def now(self) -> datetime:
        """Return the virtual instant."""
        return self.instant

    def limit(
        self,
        rule_id: str,
        start: str | date | datetime | None = None,
        until: str | date | datetime | None = None,
    ) -> datetime:
        """Return when a limit ends that began at `start`, on the day `until` at the latest."""
        if rule_id not in self.limits:
            raise NotFound(f"The simulation knows no limit '{rule_id}'.", code="limit")
        begun = deadlines.instant(start, self.instant)
        last = None if until is None else day_of(deadlines.instant(until, self.instant))
        return calendar.due(self.limits[rule_id], begun, WorkDays.official(), office_zone(), until=last).at

    def workdays(self, days: int, start: str | date | datetime | None = None) -> datetime:
        """Return the end of the `days`-th working day after `start`."""
        return deadlines.by_working_days(days, start, self.instant, WorkDays.official()).due_at

    def call(
        self, node: engine.Node, operation: str, arguments: dict[str, Any], variables: dict[str, Any]
    ) -> Mapping[str, Any] | None:
        """Do nothing: a simulation has no effect."""
        return None

    def decide(self, node: engine.Node, decision: str, variables: dict[str, Any], activity_id: str) -> Any:
        """Return what the decision says, nothing where it is not at hand."""
        found = self.decisions.get(decision)
        return None if found is None else found.decide(variables, {**self.functions, "now": self.now})


class _Simulation:
    """The runs of a file with the people and the time around them."""

    def __init__(self, pools: Pools, host: _Host, target: datetime, complete_all: bool) -> None:
        self.pools = pools
        self.host = host
        self.target = target
        self.complete_all = complete_all

    def go(self) -> None:
        """Let people and time act until nothing more happens."""
        self.pools.main.drain()
        self.pools.gather()
        acts = 0
        while self._act():
            self.pools.gather()
            acts += 1
            if acts > MAX_ACTS:
                raise EngineFault(f"The simulation did not end within {MAX_ACTS} acts.", code="budget")
        self.host.instant = self.target

    def _act(self) -> bool:
        """Let one thing happen; tell whether anything did."""
        return (
            self.pools.carry()
            or self._complete(early=True)
            or self._pass_time()
            or self._complete(early=False)
        )

    def _complete(self, *, early: bool) -> bool:
        """Complete the first open task; `early` leaves those that a timer will still meet."""
        for run in self._running() if self.complete_all else ():
            met = {timer.task_id for timer in run.due_timers if timer.due_at <= self.target}
            for task in [*run.open_tasks, *run.external_tasks]:
                if not early or met.isdisjoint({task.id, *task.within}):
                    run.complete(task.id, {})
                    return True
        return False

    def _pass_time(self) -> bool:
        """Move to the next timer that is due on the way, and let it fire."""
        ahead = [
            (timer.due_at, number)
            for number, run in enumerate(self._running())
            for timer in run.due_timers[:1]
            if timer.due_at <= self.target
        ]
        if not ahead:
            return False
        due_at, number = min(ahead)
        self.host.instant = max(self.host.instant, due_at)
        self._running()[number].drain()
        return True

    def _running(self) -> list[engine.Run]:
        return [run for run in self.pools.runs if run.outcome == "running"]
