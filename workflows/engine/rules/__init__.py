"""The static rules of BPMN 2.0: what makes a file wrong before any token moves, one subject a file."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice

from lxml import etree

from workflows.engine.rules import (
    activities,
    calls,
    collaboration,
    data,
    events,
    flows,
    gateways,
    links,
    payloads,
    references,
    resources,
    schema,
    scopes,
)
from workflows.engine.rules.document import Document, process_of
from workflows.findings import Finding

_SUBJECTS = (
    schema,
    references,
    flows,
    gateways,
    events,
    links,
    scopes,
    activities,
    calls,
    data,
    payloads,
    collaboration,
    resources,
)


#: Findings of one file; what is wrong a thousand times over is wrong as a whole.
MOST = 500


def check(root: etree._Element) -> dict[str | None, list[Finding]]:
    """Return every static fault of a file by the id of the process it lies in, None for none of them.

    `root` is what the file says, with ids given but nothing else changed.
    """
    document = Document(root)
    found: dict[str | None, list[Finding]] = {}
    every = (finding for subject in _SUBJECTS for finding in subject.check(document))
    for finding in islice(_once(every), MOST):
        # An id given twice is of no process alone.
        unique = finding.rule != "duplicate_id"
        element = document.by_id.get(finding.element or "") if unique else None
        process = None if element is None else process_of(element)
        found.setdefault(None if process is None else process.get("id"), []).append(finding)
    return found


def _once(findings: Iterator[Finding]) -> Iterator[Finding]:
    """Yield what has not been said of the same element under the same rule."""
    said: set[tuple[str | None, str, str]] = set()
    for finding in findings:
        key = (finding.element, finding.rule, finding.message if finding.element is None else "")
        if key not in said:
            said.add(key)
            yield finding
