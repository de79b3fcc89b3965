"""Review, decision and execution (c10–c17): proposals, hearings, decisions, sanctions, rights.

In the order of the process: `reviewing` and `hearing`, `consulting`, `deciding` (with `preconditions`, `choosing` and
`weighing`), `rights`, `executing`, `effects`; `deaths` in place of a decision, `prosecuting` beside it. Importing this
package registers its tables.
"""

from handlers.sanctions.model import (
    AgendaItem,
    Consultation,
    Decision,
    Execution,
    Hearing,
    Proposal,
    Prosecution,
    RightProof,
    Sanction,
)

__all__ = [
    "AgendaItem",
    "Consultation",
    "Decision",
    "Execution",
    "Hearing",
    "Proposal",
    "Prosecution",
    "RightProof",
    "Sanction",
]
