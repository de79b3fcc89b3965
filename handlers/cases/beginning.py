"""How a process of the case line begins on its matter: what its steps need to know of it."""

from __future__ import annotations

from typing import Any

from handlers.cases import matter, persons
from handlers.registers.record import clue_of, handlers_of
from workflows.operations import Context, operation


@operation("cases.begin")
def begin(context: Context) -> dict[str, Any]:
    """Return `clue_id`, the `handlers` (logins), the code of the `office`, whose cadre it is (`management`).

    `filed`: `yes` where a case runs already, one that was split off, with its `case_id`.
    """
    clue = clue_of(context)
    case = matter.open_case(context.session, clue)
    return {
        "filed": "yes" if case else "no",
        "case_id": case.id if case else "none",
        "clue_id": clue.id,
        "office": clue.office_code,
        "handlers": handlers_of(context.session, clue),
        "management": persons.governing(context.session, clue),
    }
