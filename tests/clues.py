"""A clue with no more in it than a register's row must have, for tests that need a matter and not its story."""

from __future__ import annotations

from typing import Any

from handlers.registers import Clue
from workflows import clock


def bare(transfer_no: str, **given: Any) -> Clue:
    """Return a clue that no session knows yet; `given` are further columns, or others' values."""
    usual: dict[str, Any] = {
        "source": "SR09",
        "agency_code": "STJ",
        "legal_basis": "other",
        "domain": "ecology",
        "facts": "某企业排污",
        "contact": "联系人",
        "head_sign": "负责人",
        "submitted_by": "agency",
        "submitted_at": clock.now(),
        "stage": "submitted",
    }
    return Clue(transfer_no=transfer_no, **usual | given)
