"""What the gate finds, in the words of the page: a headline by rule; the gate's own sentence is in English."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from flask_babel import gettext as _

from workflows.findings import Finding


def told(findings: Iterable[Finding], file: str) -> list[dict[str, Any]]:
    """Return findings about the diagram in `file` for the browser, each with its headline."""
    headlines = _headlines()
    return [
        {
            **finding.told(),
            "message": finding.message.removeprefix(f"{file}: "),
            "headline": headlines.get(finding.rule) or _otherwise(finding),
        }
        for finding in findings
    ]


def _otherwise(finding: Finding) -> str:
    if finding.severity == "warning":
        return _("This deserves a look.")
    return _("This is not right BPMN, or cannot be run here.")


def _headlines() -> dict[str, str]:
    return {
        "no_deadline": _("The step has no deadline: choose a limit, or say that it has none."),
        "no_candidates": _("Nobody can find this step: choose the role that does it."),
        "no_form": _("The step has no form: choose one."),
        "due_date": _("The deadline is not a date, a duration or an expression."),
        "limit_recorded": _("The dates of this rule are only recorded: no clock may run on them."),
        "limit_number": _(
            "This rule has no number to count by: write the day itself, or choose another rule."
        ),
        "limit": _("There is no such limit in the table of limits."),
        "role": _("There is no such role in this office."),
        "form": _("The form that is named here is not deployed with this process."),
        "decision": _("The decision table that is named here is not deployed with this process."),
        "call": _("The process that is called here is not there, or cannot be begun."),
        "operation": _("There is no such operation, or it does not belong here."),
        "arguments": _("The operation is not given what it needs."),
        "function": _("The expression uses a function that does not exist."),
        "expression": _("The expression cannot be read."),
        "bare_word": _("The expression uses a bare word: write texts in quotation marks."),
        "condition": _("The condition of the sequence flow is not right."),
        "default": _("The default flow is not right."),
        "timer": _("The time of this timer cannot be read."),
        "script": _("Scripts are not run here; use an expression or an operation."),
        "listeners": _("This listener is not run here; draw a service task instead."),
        "external": _("Nobody answers this step: there are no outside workers here."),
        "unsupported": _("This element is not supported here."),
        "structure": _("The element cannot stand here like this."),
        "position": _("The element cannot stand here like this."),
        "dangling": _("A connection leads nowhere: draw it again."),
        "reference": _("Something that this element refers to is missing."),
        "duplicate_id": _("Two elements have the same id."),
        "duplicate": _("Two elements have the same id."),
        "unreachable": _("No path leads here from the start."),
        "deadlock": _("The process can get stuck here."),
        "unbounded": _("The process can multiply here without end."),
        "lack_of_synchronisation": _("Parallel paths meet here without being joined: steps are done twice."),
        "dead": _("This element can never be reached."),
        "no_end": _("From here no end can be reached."),
        "gap": _("It may be that no way out of this gateway is open: name a default flow."),
        "overlap": _("Two ways out of this gateway may be open at once; the first is taken."),
        "uncovered": _("There are inputs for which no rule of the table holds."),
        "rules_overlap": _("Two rules hold together, and may not by the table's hit policy."),
        "rule_unreachable": _("The rule is never reached: an earlier one holds wherever it does."),
        "rule_never": _("No value passes this test."),
        "not_looked_at": _("Gaps and overlaps of the table could not all be looked for."),
        "hit_policy": _("The hit policy does not fit the table."),
        "type": _("The value is not of the column's type."),
        "input_values": _("The allowed values of the column cannot be read."),
        "output_values": _("The value is not among the allowed ones of the column."),
        "not_proved": _("The process is too large to prove that it never gets stuck."),
        "stage": _("There is no such stage, or it cannot be stated here."),
        "act": _("There is no such act in the table of acts."),
        "duty": _("The duty is not right: a step proposes, approves or signs, one of them."),
        "no_proposal": _("What is approved here need not have been proposed by anybody."),
        "same_person": _("Two duties that exclude each other would be one person's."),
        "one_signature": _("Two different persons have to sign, on every way."),
        "no_meeting": _("A collective decision needs the record of a meeting."),
        "separation": _("Who investigates and who reviews would be one person."),
        "no_start": _("The process has no start."),
        "no_outgoing": _("The way ends here without an end event."),
        "no_process": _("The file holds no process."),
        "key": _("The process has another id: its next version needs the same one."),
        "xml": _("The file is not sound XML."),
        "not_bpmn": _("The file is not a BPMN diagram."),
        "lost": _("Part of the diagram would be lost."),
    }
