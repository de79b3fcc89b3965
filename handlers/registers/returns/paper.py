"""The return on paper: the list of the period's transfers, or the nil return (移送清单、零报告)."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Any

from handlers.registers import papers
from handlers.registers.papers import facts
from handlers.registers.returns.model import AgencyReturn, ReturnPeriod
from handlers.registers.returns.reading import Sent
from workflows.operations import Context
from workflows.papers import Paper, know

KIND = "return_list"
#: As of what it lists.
SECRECY = "C"
#: What the template may ask for: nothing of persons and facts, which stand on the transfer forms.
NAMES = frozenset(
    {
        "agency",
        "ahead",
        "carried",
        "clues",
        "count",
        "due_on",
        "head_sign",
        "late",
        "nil",
        "number",
        "organ",
        "period",
        "reason",
        "signed_by",
        "today",
    }
)
know(KIND, NAMES)


def issue(context: Context, row: AgencyReturn, period: ReturnPeriod, sent: Sequence[Sent]) -> None:
    """Write the return's paper: kept as what stands on it, by the template of the process's own deployment."""
    said = _said(context, row, period, sent)
    marks = (("密级", facts.word("secrecy_classes", SECRECY)), ("编号", row.number or ""))
    row.paper = papers.template(context, KIND).fill(said, marks).to_bytes()
    row.paper_sha256 = hashlib.sha256(row.paper).hexdigest()


def content(row: AgencyReturn) -> Paper | None:
    """Return what stands on the paper of a return, None where it is not closed."""
    return Paper.from_bytes(row.paper) if row.paper else None


def _said(context: Context, row: AgencyReturn, period: ReturnPeriod, sent: Sequence[Sent]) -> dict[str, Any]:
    return {
        "agency": facts.unit(context.session, row.agency_code),
        "ahead": row.ahead,
        "carried": sum(one.carried for one in sent),
        "clues": [_line(one) for one in sent],
        "count": row.clues,
        "due_on": facts.day(row.due_on),
        "head_sign": row.head_sign,
        "late": row.state == "late",
        "nil": row.kind == "nil",
        "number": row.number,
        "organ": facts.organ(context.session),
        "period": f"{facts.day(period.first_on)}至{facts.day(period.last_on)}",
        "reason": row.reason,
        "signed_by": facts.person(context.session, row.signed_by),
        "today": facts.day(context.now),
    }


def _line(one: Sent) -> dict[str, Any]:
    return {
        "number": one.clue.transfer_no,
        "receipt": one.clue.receipt_no or "",
        "on": facts.day(one.clue.submitted_at),
        "domain": facts.word("domains", one.clue.domain),
        "ahead": one.ahead,
        "carried": one.carried,
    }
