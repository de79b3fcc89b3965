"""What a process under construction holds: findings, expressions, operations, decisions, calls."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

from workflows.errors import InvalidInput
from workflows.expressions import Expression, compile_expression, template
from workflows.findings import Finding


@dataclass(frozen=True)
class Used:
    """An expression of an element: its source, the variables it reads and the functions it calls."""

    element: str
    source: str
    names: frozenset[str]
    calls: frozenset[str]


@dataclass(frozen=True)
class Calling:
    """A call activity whose process is named outright."""

    element: str
    key: str
    binding: str  #: latest | deployment | version | versionTag
    version: str | None  #: None also where an expression says it


@dataclass
class Ledger:
    """The notes of one process; `findings` grows with everything that is wrong."""

    findings: list[Finding] = field(default_factory=list)
    expressions: list[Used] = field(default_factory=list)
    operations: list[tuple[str, str]] = field(default_factory=list)  #: (element, operation)
    decisions: list[tuple[str, str]] = field(default_factory=list)  #: (element, decision)
    listeners: list[tuple[str, str, frozenset[str]]] = field(
        default_factory=list
    )  #: element, operation, fields
    calls: list[Calling] = field(default_factory=list)
    calls_any: bool = False  #: a process called is named by an expression

    def error(self, element: str, rule: str, message: str) -> None:
        """Note an error."""
        self.findings.append(Finding(element, rule, "error", message))

    def policy(self, element: str, rule: str, message: str) -> None:
        """Note what is legal and nearly always a mistake."""
        self.findings.append(Finding(element, rule, "policy", message))

    def warn(self, element: str, rule: str, message: str) -> None:
        """Note a warning."""
        self.findings.append(Finding(element, rule, "warning", message))

    def condition(self, element: str, source: str, what: str) -> Expression | None:
        """Return a compiled condition or value, None with a finding when it is wrong."""
        return self._compiled(element, source, what, compile_expression)

    def text(self, element: str, source: str, what: str) -> Expression | None:
        """Return a compiled attribute, in which `${…}` may stand, None with a finding when it is wrong."""
        return self._compiled(element, source, what, template)

    def parameters(self, element: str, sources: Mapping[str, Any]) -> Mapping[str, Any]:
        """Return compiled parameters; lists and maps keep their shape."""
        return MappingProxyType({name: self._shaped(element, name, s) for name, s in sources.items()})

    def use(self, element: str, expression: Expression) -> None:
        """Note an expression that reads or calls anything."""
        if expression.names or expression.calls:
            self.expressions.append(Used(element, expression.source, expression.names, expression.calls))

    def _compiled(self, element: str, source: str, what: str, compiler: Any) -> Expression | None:
        try:
            expression: Expression = compiler(source)
        except InvalidInput as problem:
            self.error(element, "expression", f"{what} '{source.strip()[:200]}': {problem.message}")
            return None
        self.use(element, expression)
        return expression

    def _shaped(self, element: str, name: str, source: Any) -> Any:
        if isinstance(source, tuple):
            return tuple(self._shaped(element, name, item) for item in source)
        if isinstance(source, Mapping):
            return MappingProxyType({key: self._shaped(element, name, item) for key, item in source.items()})
        return self.text(element, source, f"The parameter '{name}'")
