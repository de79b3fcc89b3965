"""Token cardinality (BPMN 2.0, 13.3.2): how many tokens start an activity, and how many it leaves behind."""

from __future__ import annotations

from lxml import etree

from workflows.engine.ledger import Ledger
from workflows.engine.tokens import Token

#: More tokens at once than any real process needs; a slip of the pen must not fill the memory.
MAX_QUANTITY = 1_000


def quantity(ledger: Ledger, element: etree._Element, attribute: str) -> int:
    """Return `startQuantity` or `completionQuantity`, 1 with a finding where it is no such number."""
    written = element.get(attribute, "1").strip()
    if written.isdecimal() and 1 <= int(written) <= MAX_QUANTITY:
        return int(written)
    bad = f"{attribute} is a whole number from 1 to {MAX_QUANTITY}, not '{written}'."
    ledger.error(element.get("id", ""), "quantity", bad)
    return 1


def gather(token: Token) -> bool:
    """Return True when `token` completes the number that the activity needs; its fellows are consumed."""
    run, spec, around = token.workflow, token.task_spec, token.parent
    assert around is not None
    token.internal_data["gathering"] = True
    gathered = [t for t in around.children if t.task_spec is spec and is_gathering(t)]
    if len(gathered) < spec.start_quantity:
        return False
    for other in gathered:
        if other is not token:
            run.remove(other)
    del token.internal_data["gathering"]
    return True


def is_gathering(token: Token) -> bool:
    """Tell whether a token waits for fellows before its activity begins: it has not entered yet."""
    return "gathering" in token.internal_data
