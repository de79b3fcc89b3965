"""A bureau's transfer list, `.xlsx` or `.csv`: read, judged by the transfer form, and started row by row."""

from handlers.clue_import.columns import COLUMNS
from handlers.clue_import.rows import Problem, Row
from handlers.clue_import.starting import MODES, ImportedRow, Outcome, Reading, import_clues, read
from handlers.clue_import.words import explain

__all__ = [
    "COLUMNS",
    "MODES",
    "ImportedRow",
    "Outcome",
    "Problem",
    "Reading",
    "Row",
    "explain",
    "import_clues",
    "read",
]
