"""From the bytes of a file to shared, immutable definitions and findings that say what is wrong where."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

from lxml import etree
from SpiffWorkflow.bpmn.parser.ValidationException import ValidationException

from workflows import hardening
from workflows.engine import checks, drafts, losses, normalise, parsing, people, rules, specs, structure
from workflows.engine.collaboration import Receiver, message_flows
from workflows.engine.dialect import FLOW_NODES, C, Q, attributes_of, children
from workflows.engine.ledger import Calling, Used
from workflows.engine.model import Node
from workflows.engine.openings import openings
from workflows.engine.wiring import Wiring
from workflows.errors import InvalidInput, NotFound
from workflows.findings import Finding

#: Processes in one file; each is compared with those that it calls.
MAX_PROCESSES = 300


@dataclass(frozen=True, eq=False)
class Definition:
    """One process of a file: parsed, checked, shareable between threads."""

    id: str
    name: str
    version_tag: str | None
    executable: bool
    nodes: Mapping[str, Node]  #: also those inside embedded subprocesses
    flows: Mapping[str, tuple[str, str]]  #: sequence flow id → (source, target)
    messages: frozenset[str]  #: names of messages that start an instance
    catches: frozenset[str]  #: names of messages and signals that a running instance may wait for
    start_node: Node
    start_form_key: str | None
    expressions: tuple[Used, ...]
    operations: tuple[tuple[str, str], ...]  #: (element, operation)
    listeners: tuple[tuple[str, str, frozenset[str]], ...]  #: (element, operation, fields it is given)
    decisions: tuple[tuple[str, str], ...]  #: (element, decision id); only those named without an expression
    forms: tuple[tuple[str, str], ...]  #: (element, form key or reference)
    groups: tuple[tuple[str, str], ...]  #: (element, group named without an expression)
    calls: tuple[Calling, ...]  #: the processes called, those named by an expression left out
    calls_any: bool  #: a call activity names its process by an expression
    documentation: str
    properties: Mapping[str, str]  #: camunda:properties of the process
    starter_groups: tuple[str, ...]  #: camunda:candidateStarterGroups
    spec: Any = field(repr=False)  #: the wired task specs; nobody outside the engine looks inside
    message_flows: Mapping[str, tuple[Receiver, ...]] = field(repr=False)  #: of the whole file, by element
    called: Mapping[str, Definition] = field(repr=False)  #: every process that this one calls, itself perhaps

    @property
    def correlates(self) -> bool:
        """Tell whether messages to it, or to what it calls, are told apart by correlation keys."""
        return any(each.spec.correlation for each in (self, *self.called.values()))

    @property
    def alone(self) -> bool:
        """Tell whether it is a global task, which others call and nobody starts."""
        return bool(self.spec.alone)

    def node(self, node_id: str) -> Node:
        """Return a node of this process or of one that it calls; raises `NotFound`."""
        for known in (self, *self.called.values()):
            if node_id in known.nodes:
                return known.nodes[node_id]
        raise NotFound(f"The process '{self.id}' has no element '{node_id}'.", code="element")


@dataclass(eq=False)
class _Read:
    """One process of a file on its way to a definition."""

    element: etree._Element
    faults: list[Finding]  #: of the static rules of BPMN
    findings: list[Finding]
    wirable: bool
    wiring: Wiring | None = None
    definition: Definition | None = None
    message_flows: Mapping[str, tuple[Receiver, ...]] = field(default_factory=dict)
    called: dict[str, Definition] = field(default_factory=dict)  #: filled when all definitions stand

    @property
    def alone(self) -> bool:
        return self.element.get(normalise.ALONE) is not None

    @property
    def broken(self) -> bool:
        return self.wiring is None or any(f.severity == "error" for f in (*self.faults, *self.findings))

    @property
    def remarks(self) -> list[Finding]:
        """Return everything found, nothing of it twice."""
        said = {(fault.element, fault.rule) for fault in self.faults}
        return [*self.faults, *(f for f in self.findings if (f.element, f.rule) not in said)]


def read(xml: bytes, *, drawn: bool = False) -> tuple[list[Definition], list[Finding]]:
    """Return a file's executable processes that have no errors, and all findings; never raises.

    A global task comes as a process of that task alone, for others to call. With `drawn`, processes marked
    isExecutable="false" come too: pictures can be simulated, not started.
    """
    findings, processes = _read(xml)
    startable = [p for p in processes.values() if not p.alone]
    chosen = [p for p in startable if drawn or _executable(p.element)]
    if startable and not chosen:
        findings.append(
            Finding(
                None,
                "not_executable",
                "error",
                'No process is executable: set isExecutable="true" to start it.',
            )
        )
    for process in processes.values():
        if process in chosen or process.alone or not chosen:
            findings.extend(process.remarks)
        else:
            findings.extend(_beside(process))
    given = chosen if startable and not chosen else [*chosen, *(p for p in processes.values() if p.alone)]
    return [p.definition for p in given if p.definition is not None], findings


def _beside(process: _Read) -> Iterator[Finding]:
    """Yield what is wrong with a picture beside the process that is to run: it does not forbid that."""
    for fault in process.faults:
        if fault.severity == "error":
            where = f"In the process {process.element.get('id')}, which is not executable: {fault.message}"
            yield Finding(fault.element, fault.rule, "warning", where)


def compile_definition(xml: bytes, process_id: str) -> Definition:
    """Return one process of a file, executable or not; `InvalidInput` carries the findings of a bad one."""
    findings, processes = _read(xml)
    process = processes.get(process_id)
    if process is None and not any(f.severity == "error" for f in findings):
        raise NotFound(
            f"The file holds no process '{process_id}'; it holds {', '.join(processes) or 'none'}."
        )
    if process is not None:
        findings = findings + process.remarks
    if process is None or process.definition is None:
        errors = [f for f in findings if f.severity == "error"]
        first = errors[0] if errors else None
        where = f" ({first.element})" if first and first.element else ""
        raise InvalidInput(
            f"The process '{process_id}' cannot be run: {first.message if first else 'it is wrong.'}{where}",
            findings=tuple(findings),
            code="diagram",
        )
    return process.definition


def _read(xml: bytes) -> tuple[list[Finding], dict[str, _Read]]:
    """Return the findings of the file as a whole and its processes by id."""
    try:
        root = drafts.parse(xml)
    except hardening.Unsafe as problem:
        return [Finding(None, "xml", "error", str(problem))], {}
    except drafts.NotBpmn as problem:
        return [Finding(None, "not_bpmn", "error", str(problem))], {}
    normalise.give_ids(root)
    faults = rules.check(root)
    findings = faults.pop(None, [])
    normalise.normalise(root)
    elements = [p for p in root.iterfind(Q + "process") if children(p, FLOW_NODES)]
    if not elements:
        findings.append(
            Finding(None, "no_process", "error", "The file holds no process with any element in it.")
        )
    elif len(elements) > MAX_PROCESSES:
        text = f"The file holds {len(elements)} processes; at most {MAX_PROCESSES} are read."
        findings.append(Finding(None, "no_process", "error", text))
    if any(f.rule in ("no_process", "duplicate_id") for f in findings):
        return [*findings, *(fault for found in faults.values() for fault in found)], {}
    processes = {p.get("id", ""): _read_process(p, root, faults.get(p.get("id"), [])) for p in elements}
    # A process without any element in it is no process to run, but a part of the file.
    findings += [fault for identity, found in faults.items() if identity not in processes for fault in found]
    flows = message_flows(root)
    for process in processes.values():
        process.message_flows = flows
    _wire(root, processes)
    if any(f.severity == "error" for f in findings):
        return findings, processes
    for process in processes.values():
        _define(process, processes)
    for process in processes.values():
        called = {identity: processes[identity].definition for identity in _called(process, processes)}
        process.called.update({identity: other for identity, other in called.items() if other is not None})
    return findings, processes


#: Static rules about which `structure` says more: what can stand there, and what can be run.
_PLACES = frozenset({"compensation", "dangling", "required", "wrong_type"})
#: Static rules about the flows of an element, beside which more may be wrong with it.
_LOOSE = frozenset({"no_outgoing", "unreachable"})


def _read_process(process: etree._Element, root: etree._Element, faults: list[Finding]) -> _Read:
    found = list(structure.check_process(process, root))
    misplaced = {f.element for f in found}
    faults = [f for f in faults if f.rule not in _PLACES or f.element not in misplaced]
    refused = {f.element for f in faults if f.severity == "error" and f.rule not in _LOOSE}
    # What is said of an element already is not said again, yet nothing is wired over it.
    fresh = [f for f in found if f.rule == "unsupported" or f.element not in refused]
    return _Read(process, faults, fresh, wirable=not found)


def _wire(root: etree._Element, processes: Mapping[str, _Read]) -> None:
    """Parse with the library and wire every process whose structure is sound."""
    sound = {identity: p for identity, p in processes.items() if p.wirable}
    if not sound:
        return
    try:
        parser = parsing.parse(root)
        parsed = {identity: parser.process_parsers[identity].get_spec() for identity in sound}
    except ValidationException as problem:
        for process in sound.values():
            process.findings.append(Finding(problem.id, "structure", "error", str(problem)))
        return
    except Exception as problem:  # noqa: BLE001 — whatever a stranger's file makes the library do, it is a finding
        for process in sound.values():
            text = f"The library cannot read the file: {type(problem).__name__}: {problem}"
            process.findings.append(Finding(None, "structure", "error", text))
        return
    for identity, process in sound.items():
        parsed[identity].alone = process.alone
        try:
            _wire_process(process, parsed[identity])
        except Exception as problem:  # noqa: BLE001 — see above
            if any(fault.severity == "error" for fault in process.faults):
                continue  # what breaks a rule may well not be wired
            text = f"The process cannot be wired: {type(problem).__name__}: {problem}"
            process.findings.append(Finding(identity, "structure", "error", text))


def _wire_process(process: _Read, parsed: Any) -> None:
    wiring = Wiring(process.element, parsed)
    wiring.wire()
    process.findings += [*wiring.ledger.findings, *losses.losses(process.element, wiring.spec)]
    noted = len(wiring.ledger.findings)
    process.findings += list(checks.check(wiring))
    process.findings += wiring.ledger.findings[noted:]
    process.wiring = wiring


def _define(process: _Read, processes: Mapping[str, _Read]) -> None:
    """Build the definition of a process whose calls, too, lead to sound processes only."""
    if process.broken or process.wiring is None:
        return
    reachable = {identity: processes[identity] for identity in _called(process, processes)}
    if bad := [identity for identity, other in reachable.items() if other.broken]:
        for call in process.wiring.ledger.calls[:1]:
            text = f"The called process '{bad[0]}' has errors."
            process.findings.append(Finding(call.element, "call", "error", text))
        return
    process.definition = _definition(process)
    process.wiring.spec.definition = process.definition


def _called(process: _Read, processes: Mapping[str, _Read]) -> set[str]:
    """Return the processes of the file that this one may call, by others too; an expression may name any."""
    found: set[str] = set()
    todo = [process]
    while todo:
        wiring = todo.pop().wiring
        if wiring is None:
            continue
        if wiring.ledger.calls_any:
            return {identity for identity, other in processes.items() if other is process or not other.broken}
        for call in wiring.ledger.calls:
            if call.key not in found and call.key in processes:
                found.add(call.key)
                todo.append(processes[call.key])
    return found


def _definition(process: _Read) -> Definition:
    wiring, element = process.wiring, process.element
    assert wiring is not None
    start = wiring.spec.start.starts[0].node
    return Definition(
        id=element.get("id", ""),
        name=element.get("name") or element.get("id") or "",
        version_tag=element.get(C + "versionTag"),
        executable=_executable(element),
        nodes=MappingProxyType(dict(wiring.nodes)),
        flows=MappingProxyType(dict(wiring.flows)),
        messages=frozenset(o.message for o in openings(wiring.spec) if o.message is not None),
        catches=frozenset(_caught(wiring)),
        start_node=_plain_start(wiring) or start,
        start_form_key=_form(_plain_start(wiring) or start),
        expressions=tuple(wiring.ledger.expressions),
        operations=tuple(wiring.ledger.operations),
        listeners=tuple(wiring.ledger.listeners),
        decisions=tuple(wiring.ledger.decisions),
        forms=tuple((n.id, form) for n in wiring.nodes.values() if (form := _form(n)) and "{" not in form),
        groups=tuple(_groups(wiring)),
        calls=tuple(wiring.ledger.calls),
        calls_any=wiring.ledger.calls_any,
        documentation=(element.findtext(Q + "documentation") or "").strip(),
        properties=attributes_of(element).get("properties", MappingProxyType({})),
        starter_groups=tuple(_split(element.get(C + "candidateStarterGroups", ""))),
        spec=wiring.spec,
        message_flows=process.message_flows,
        called=MappingProxyType(process.called),
    )


def _plain_start(wiring: Wiring) -> Node | None:
    return next((s.node for s in wiring.spec.start.starts if s.node.kind == "startEvent"), None)


def _caught(wiring: Wiring) -> Iterator[str]:
    for spec in wiring.spec.task_specs.values():
        name = getattr(spec, "event_name", None)
        if name is not None and isinstance(spec, specs.Catching) and not spec.instantiates:
            yield name.source


def _form(node: Node) -> str | None:
    return node.attributes.get("formKey") or node.attributes.get("formRef")


def _groups(wiring: Wiring) -> Iterator[tuple[str, str]]:
    for node in wiring.nodes.values():
        groups = node.attributes.get("candidateGroups", "")
        if "{" not in groups:
            yield from ((node.id, group) for group in _split(groups))
        yield from ((node.id, group) for group in people.workers(node))


def _split(text: str) -> list[str]:
    return [part.strip() for part in text.split(",") if part.strip()]


def _executable(process: etree._Element) -> bool:
    return process.get("isExecutable", "true") != "false"
