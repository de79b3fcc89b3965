"""DMN decisions: tables by hit policy and literal expressions, over the same language as everything else.

Supported: decision tables (UNIQUE, FIRST, ANY, PRIORITY, RULE ORDER, OUTPUT ORDER, COLLECT with SUM, MIN,
MAX, COUNT), literal expressions, and decisions that need other decisions of the same file: their outputs are
variables here. `inputValues` say what is looked for in a check for gaps; a run does not judge them.
See docs/reference/decisions.md.
"""

from workflows.decisions.coverage import MAX_WORK
from workflows.decisions.judging import findings
from workflows.decisions.reading import read
from workflows.decisions.table import Decision, Input, Output, Rule, Taken

__all__ = ["MAX_WORK", "Decision", "Input", "Output", "Rule", "Taken", "findings", "read"]
