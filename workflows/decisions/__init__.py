"""DMN decisions: tables by hit policy and literal expressions, over the same language as everything else.

Supported: decision tables (UNIQUE, FIRST, ANY, PRIORITY, RULE ORDER, OUTPUT ORDER, COLLECT with SUM, MIN,
MAX, COUNT), literal expressions, and decisions that need other decisions of the same file: their outputs are
variables here. `inputValues` are for modelers and not judged.
"""

from workflows.decisions.reading import read
from workflows.decisions.table import Decision, Input, Output, Rule

__all__ = ["Decision", "Input", "Output", "Rule", "read"]
