"""A bureau's transfer list, `.xlsx` or `.csv`: read, judged by the transfer form, and started row by row."""

from handlers.clue_import.columns import COLUMNS
from handlers.clue_import.corrections import corrections
from handlers.clue_import.rows import Problem, Row
from handlers.clue_import.starting import MODES, ImportedRow, Outcome, Reading, import_clues, read
from handlers.clue_import.template import template
from handlers.clue_import.uploaded import TransferList, drop, forget, mended, mine, recent, send_some, take
from handlers.clue_import.words import explain, explain_cell

__all__ = [
    "COLUMNS",
    "MODES",
    "ImportedRow",
    "Outcome",
    "Problem",
    "Reading",
    "Row",
    "TransferList",
    "corrections",
    "drop",
    "explain",
    "explain_cell",
    "forget",
    "import_clues",
    "mended",
    "mine",
    "read",
    "recent",
    "send_some",
    "take",
    "template",
]
