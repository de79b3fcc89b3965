"""One row of the visibility matrix."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date


@dataclass(frozen=True)
class Grant:
    """A role's right in an area, within a scope, from a day on."""

    role: str
    area: str  #: code of `codes/visibility_areas.csv`
    version: int  #: of the cell: the role and the area
    effective_from: date
    right: str  #: V E A m status do steer mend confirm none, see `codes/visibility_rights.csv`
    scope: str  #: code of `codes/visibility_scopes.csv`
    mark: str = field(
        default="DES", compare=False
    )  #: the rule's source in domain.md; DES: the office's to change
    line: int = field(default=0, compare=False)

    @property
    def rule(self) -> str:
        """The grant by name, as reasons and the explanation give it."""
        return f"{self.role}/{self.area}/{self.right}/{self.scope}"
