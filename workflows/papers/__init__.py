"""Papers: official documents as content, made from templates that are data and drawn elsewhere.

A template (`*.j2`) says in a few elements what stands on a paper; made with data, it gives a `Paper`: plain
values that every drawing (HTML, PDF) shows alike and that is kept as it is.
"""

from workflows.papers.model import Block, Box, Cell, Grid, Mark, Page, Paper, Para, Run, Seal, Table, Text
from workflows.papers.names import kinds, know, names_on
from workflows.papers.template import SUFFIX, Template, kind, problems, read

__all__ = [
    "SUFFIX",
    "Block",
    "Box",
    "Cell",
    "Grid",
    "Mark",
    "Page",
    "Paper",
    "Para",
    "Run",
    "Seal",
    "Table",
    "Template",
    "Text",
    "kind",
    "kinds",
    "know",
    "names_on",
    "problems",
    "read",
]
