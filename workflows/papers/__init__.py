"""Papers: official documents as content, made from templates that are data and drawn elsewhere.

A template (`*.j2`) says in a few elements what stands on a paper; made with data, it gives a `Paper`: plain
values that every drawing (HTML, PDF) shows alike and that is kept as it is.
"""

from workflows.papers.model import Block, Cell, Paper, Seal, Table, Text
from workflows.papers.names import know, names_on
from workflows.papers.template import SUFFIX, Template, kind, problems, read

__all__ = [
    "SUFFIX",
    "Block",
    "Cell",
    "Paper",
    "Seal",
    "Table",
    "Template",
    "Text",
    "kind",
    "know",
    "names_on",
    "problems",
    "read",
]
