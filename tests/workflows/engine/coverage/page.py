"""The page `docs/reference/bpmn-coverage.md`, made from the rows that the tests prove.

`python -m tests.workflows.engine.coverage.page` writes it anew.
"""

from __future__ import annotations

from itertools import groupby
from pathlib import Path

from tests.workflows.engine.coverage import activities, events, gateways, refusals
from tests.workflows.engine.coverage.rows import Refused, Row

PAGE = Path(__file__).resolve().parents[4] / "docs/reference/bpmn-coverage.md"
ROWS: tuple[Row | Refused, ...] = (*activities.rows(), *gateways.rows(), *events.rows(), *refusals.rows())
HEAD = """# BPMN coverage

What each element of BPMN 2.0 does here: it works, or a diagram with it is refused at deployment with the message
shown. Every line is proved by a test that runs the element, saved and loaded again between any two acts
(`tests/workflows/engine/coverage/`). This page is made from those tests; write it anew by
`.venv/bin/python -m tests.workflows.engine.coverage.page`."""


def page() -> str:
    """Return the page as it should be."""
    parts = [HEAD]
    for group, rows in groupby(ROWS, key=lambda row: row.group):
        parts += [f"\n## {group}\n", "| Element | Here |", "|---|---|"]
        parts += [f"| {row.element} | {_verdict(row)} |" for row in rows]
    return "\n".join(parts) + "\n"


def _verdict(row: Row | Refused) -> str:
    note = f"; {row.note}" if row.note else ""
    if isinstance(row, Row):
        return f"works{note}"
    return f"refused: “{row.finding().message}”{note}"


if __name__ == "__main__":
    PAGE.write_text(page(), "utf-8")
