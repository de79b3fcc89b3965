"""What a check says about one element of a diagram, decision or form."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Finding:
    """One remark: where (`element` id, None = the whole file), which rule, how grave, what would be right.

    `severity` is `error` (never deployable), `policy` (refused in an office) or `warning`. `path` shows how an
    instance gets there, as element ids in order, where the finding is about what happens on the way; or which rules
    of a table it is about.
    """

    element: str | None
    rule: str
    severity: str
    message: str
    path: tuple[str, ...] = ()

    def told(self) -> dict[str, Any]:
        """Return the finding as JSON; `path` only where there is one."""
        told: dict[str, Any] = {
            "element": self.element,
            "rule": self.rule,
            "severity": self.severity,
            "message": self.message,
        }
        return {**told, "path": list(self.path)} if self.path else told
