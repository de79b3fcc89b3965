"""The deployment gate: what is wrong with files, by file and element, before anything of them can run."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from workflows import calendar, colours, decisions, engine, operations, papers
from workflows.definitions import duties, files, stages
from workflows.definitions.files import Files
from workflows.definitions.proving import proved
from workflows.deployed import deployment_file
from workflows.engine import Finding, soundness
from workflows.expressions import BUILTINS, Meter
from workflows.model import DecisionDefinition, FormDefinition, ProcessDefinition, TimeLimit

#: Functions that a run's host adds to the built-in ones.
HOST_FUNCTIONS = frozenset({"now", "limit", "workdays"})
#: What keeps a file from being deployed, by profile.
REFUSED = {"office": frozenset({"error", "policy"}), "engine": frozenset({"error"})}
RECORDING = frozenset({"answers"})

_LIMIT = re.compile(r"\blimit\(\s*(['\"])([^'\"]*)\1((?:\s*,[^,()]*)*)")
_roles: frozenset[str] | None = None


def know_roles(roles: frozenset[str] | set[str] | None) -> None:
    """Let the check know which roles exist; None = any group is right."""
    global _roles
    _roles = None if roles is None else frozenset(roles)


def check(
    content: Mapping[str, bytes], *, profile: str = "office", session: Session | None = None
) -> list[Finding]:
    """Return every finding about these files, the grave ones first.

    Errors and, in the profile `office`, policy findings keep them from being deployed; see `refused`. With a
    session, forms, decisions and limits that are deployed already count as there.
    """
    return check_files(files.read(content), profile=profile, session=session)


def check_files(read: Files, *, profile: str, session: Session | None) -> list[Finding]:
    """Return every finding about files that are read already."""
    if profile not in REFUSED:
        raise ValueError(f"There is no profile {profile!r}.")
    findings = list(read.findings)
    for name, definition in read.processes:
        for process in (definition, *definition.called.values()):
            findings += [files.in_file(name, found) for found in _Gate(read, process, session).findings()]
    meter = Meter(decisions.MAX_WORK)
    for name, table in read.decisions:
        findings += [files.in_file(name, found) for found in _of_decision(table, meter)]
    findings += proved(read)
    order = {"error": 0, "policy": 1, "warning": 2}
    return sorted(dict.fromkeys(findings), key=lambda finding: order[finding.severity])


def refused(findings: list[Finding], profile: str) -> list[Finding]:
    """Return those findings for which a profile refuses a deployment."""
    return [finding for finding in findings if finding.severity in REFUSED[profile]]


def forgivable(finding: Finding) -> bool:
    """Tell whether a deployment may be forced in spite of a finding: those of the token game only."""
    return finding.rule in soundness.RULES


def _of_decision(table: decisions.Decision, meter: Meter) -> Iterator[Finding]:
    for finding in decisions.findings(table, HOST_FUNCTIONS, meter):
        # Where no rule of colours holds, a step has none: that says something.
        if finding.rule != "uncovered" or table.id != colours.TABLE:
            yield finding
    if table.id == colours.TABLE:
        yield from colours.findings(table)


@dataclass(frozen=True)
class _Gate:
    """Checks of one process against what surrounds it."""

    read: Files
    definition: engine.Definition
    session: Session | None

    def findings(self) -> Iterator[Finding]:
        yield from self.functions()
        for node in self.definition.nodes.values():
            yield from self.recording(node)
            yield from self.form(node)
            yield from self.decision(node)
            yield from _unserved(node)
        yield from self.service_tasks()
        yield from self.listeners()
        yield from self.calls()
        yield from self.groups()
        yield from stages.findings(self.definition)
        yield from duties.findings(self.definition, self.read)
        yield from self.limits()

    def functions(self) -> Iterator[Finding]:
        """What the expressions call."""
        known = BUILTINS.keys() | HOST_FUNCTIONS
        for used in self.definition.expressions:
            for name in sorted(used.calls - known):
                right = ", ".join(sorted(known))
                yield _error(
                    used.element,
                    "function",
                    f"There is no function {name}() ({used.source}); there are: {right}.",
                )

    def service_tasks(self) -> Iterator[Finding]:
        """Whether the operations exist and are given what they take."""
        for element, name in self.definition.operations:
            if name not in operations.names():
                yield _no_operation(element, name)
                continue
            yield from _misplaced(element, name, "step")
            attributes = self.definition.nodes[element].attributes
            given = {*attributes.get("inputs", {}), *attributes.get("fields", {})}
            yield from _arguments(element, name, frozenset(given))

    def listeners(self) -> Iterator[Finding]:
        """Whether the operations that listeners call exist and are given what they take."""
        for element, name, given in self.definition.listeners:
            if name not in operations.names():
                yield _no_operation(element, name)
            else:
                yield from _misplaced(element, name, "step")
                yield from _arguments(element, name, given)

    def recording(self, node: engine.Node) -> Iterator[Finding]:
        """Whether the operations that record a form, prefill it or give its choices exist, and the paper it drafts."""
        properties = node.attributes.get("properties", {})
        drafts = properties.get("drafts")
        if drafts is not None and papers.kinds() and drafts not in papers.kinds():
            known = ", ".join(sorted(papers.kinds()))
            yield _error(node.id, "drafts", f"There is no kind of paper {drafts}; there are: {known}.")
        for word, given in (
            ("record", RECORDING),
            ("prefill", frozenset[str]()),
            ("options", frozenset[str]()),
        ):
            name = properties.get(word)
            if name is not None and name not in operations.names():
                yield _no_operation(node.id, name)
            elif name is not None:
                yield from _misplaced(node.id, name, word)
                yield from _arguments(node.id, name, given)

    def form(self, node: engine.Node) -> Iterator[Finding]:
        """Whether the form that an element names is here, or deployed."""
        attributes = node.attributes
        reference = attributes.get("formRef")
        file = deployment_file(attributes.get("formKey", ""))
        if reference and "{" not in reference:
            here = any(form.id == reference for _, form in self.read.forms)
            if attributes.get("formRefBinding", "latest") == "deployment":
                if not here:
                    yield _error(
                        node.id, "form", f"The form {reference} is not among the files deployed together."
                    )
            elif not here and not self.is_deployed(FormDefinition, reference):
                yield _error(
                    node.id, "form", f"The form {reference} is neither among the files nor deployed."
                )
        elif file and file not in self.read.content:
            yield _error(node.id, "form", f"The form's file {file} is not among the files deployed together.")

    def decision(self, node: engine.Node) -> Iterator[Finding]:
        """Whether the decision that a business rule task names is here, or deployed."""
        reference = node.attributes.get("decisionRef", "")
        if (
            not reference
            or "{" in reference
            or any(table.id == reference for _, table in self.read.decisions)
        ):
            return
        if node.attributes.get("decisionRefBinding") == "deployment":
            yield _error(
                node.id, "decision", f"The decision {reference} is not among the files deployed together."
            )
        elif not self.is_deployed(DecisionDefinition, reference):
            yield _error(
                node.id, "decision", f"The decision {reference} is neither among the files nor deployed."
            )

    def calls(self) -> Iterator[Finding]:
        """Whether the processes called are here, or deployed, and can be begun."""
        beside = {process.id: process for _, process in self.read.processes}
        for call in self.definition.calls:
            found = self.definition.called.get(call.key) or beside.get(call.key)
            if found is None and not self.is_callable(call):
                wanted = f"{call.key} ({call.binding} {call.version})" if call.version else call.key
                where = "not" if call.binding == "deployment" else "neither deployed nor"
                yield _error(
                    call.element, "call", f"The called process {wanted} is {where} among the files given."
                )
            elif found is not None and found.start_node.kind.startswith("startEvent:"):
                yield _error(
                    call.element,
                    "call",
                    f"The called process {call.key} has no plain start event to begin at.",
                )

    def is_callable(self, call: engine.Calling) -> bool:
        if self.session is None or call.binding == "deployment":
            return False
        known = ProcessDefinition.key == call.key
        if call.binding == "version" and call.version is not None:
            known &= ProcessDefinition.version == int(call.version)
        elif call.binding == "versionTag" and call.version is not None:
            known &= ProcessDefinition.version_tag == call.version
        return bool(self.session.scalar(select(exists().where(known))))

    def groups(self) -> Iterator[Finding]:
        """Whether the candidate groups are roles of the office (`handler`, `handler@JD1`)."""
        for element, group in self.definition.groups if _roles is not None else ():
            if _roles is not None and group.partition("@")[0] not in _roles:
                right = ", ".join(sorted(_roles))
                yield Finding(element, "role", "policy", f"There is no role {group!r}; there are: {right}.")

    def limits(self) -> Iterator[Finding]:
        """Whether the limits that expressions name exist, and can run a clock."""
        if self.session is None:
            return
        for used in self.definition.expressions:
            for match in _LIMIT.finditer(used.source) if "limit" in used.calls else ():
                sets_a_day = match.group(3).count(",") > 1
                if wrong := self._limit(self.session, match.group(2), sets_a_day=sets_a_day):
                    yield Finding(used.element, *wrong)

    @staticmethod
    def _limit(session: Session, rule: str, *, sets_a_day: bool) -> tuple[str, str, str] | None:
        of_rule = select(TimeLimit).where(TimeLimit.rule_id == rule).order_by(TimeLimit.version.desc())
        newest = session.scalar(of_rule.limit(1))
        if newest is None:
            return "limit", "error", f"There is no limit {rule!r} in the table of limits."
        if newest.liberty:
            return "limit_recorded", "error", f"The dates of {rule} are recorded only: no clock runs on them."
        if not (sets_a_day or calendar.ends(newest.n, newest.unit)):
            return (
                "limit_number",
                "policy",
                f"The limit {rule} has no number ({newest.unit}): name the day as well, limit('{rule}', start, day).",
            )
        return None

    def is_deployed(self, kind: type[FormDefinition] | type[DecisionDefinition], key: str) -> bool:
        return self.session is not None and bool(self.session.scalar(select(exists().where(kind.key == key))))


def _unserved(node: engine.Node) -> Iterator[Finding]:
    """Say what can be drawn and run, and to which nobody here will answer."""
    if node.attributes.get("type") == "external" and not engine.workers(node):
        message = "No worker may do the task in a matter: name groups, separated by commas, in its property `workers`."
        yield Finding(node.id, "external", "policy", message)
    if node.kind == "startEvent:conditional" and node.scope is None:
        message = "Nothing watches the condition of a start event; start by a message or a timer."
        yield Finding(node.id, "start", "policy", message)


def _arguments(element: str, name: str, given: frozenset[str]) -> Iterator[Finding]:
    required, accepted = operations.arguments(name)
    if missing := required - given:
        yield _error(element, "arguments", f"The operation {name} needs {', '.join(sorted(missing))}.")
    if unknown := given - accepted:
        takes = ", ".join(sorted(accepted)) or "nothing"
        yield _error(
            element,
            "arguments",
            f"The operation {name} knows no {', '.join(sorted(unknown))}; it takes {takes}.",
        )


def _misplaced(element: str, name: str, place: str) -> Iterator[Finding]:
    if (use := operations.use_of(name)) != place:
        message = f"The operation {name} is {operations.USES[use]}, not {operations.USES[place]}."
        yield _error(element, "operation", message)


def _no_operation(element: str, name: str) -> Finding:
    there = ", ".join(sorted(operations.names())) or "none"
    return _error(element, "operation", f"There is no operation {name}; there are: {there}.")


def _error(element: str, rule: str, message: str) -> Finding:
    return Finding(element, rule, "error", message)
