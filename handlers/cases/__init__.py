"""The case line after the clue: persons concerned, cases, allegations, ledgers. Importing it registers its tables.

In the order of the processes: `beginning`, `verifying`, `filing`, `investigating`; beside them `measuring` and
`talking`, which both verification and investigation call, `widening` of the case type, and `changes`: death,
retirement, flight (`situations`: what each lets be decided; `confiscating`: after a flight). `closing`: how a case
ends. `allegations`, `persons`, `matter`: what their steps have in common. `clearance`: what a filed case
holds up. `facts`: what their papers say; `overview`: what pages show.
"""

from handlers.cases import (
    allegations,
    beginning,
    changes,
    closing,
    confiscating,
    facts,
    filing,
    investigating,
    matter,
    measuring,
    overview,
    persons,
    situations,
    talking,
    verifying,
    widening,
)
from handlers.cases.clearance import blocked
from handlers.cases.ledgers import Evidence, Measure, PropertyItem, Showing, Talk
from handlers.cases.model import Allegation, Case, CaseLink, CasePerson, Concerned

__all__ = [
    "Allegation",
    "Case",
    "CaseLink",
    "CasePerson",
    "Concerned",
    "Evidence",
    "Measure",
    "PropertyItem",
    "Showing",
    "Talk",
    "allegations",
    "beginning",
    "blocked",
    "changes",
    "closing",
    "confiscating",
    "facts",
    "filing",
    "investigating",
    "matter",
    "measuring",
    "overview",
    "persons",
    "situations",
    "talking",
    "verifying",
    "widening",
]
