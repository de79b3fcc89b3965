"""A bureau's transfer list, `.xlsx` or `.csv`: read, judged by the transfer form, and started row by row."""

from handlers.clue_import.columns import COLUMNS
from handlers.clue_import.corrections import Corrections
from handlers.clue_import.incoming import PROCESS, Incoming, opened
from handlers.clue_import.kept import TransferList
from handlers.clue_import.rows import Bad, Problem, Row
from handlers.clue_import.starting import (
    MODES,
    ImportedRow,
    Outcome,
    Result,
    import_clues,
    take_each,
)
from handlers.clue_import.template import template
from handlers.clue_import.uploaded import (
    check_some,
    drop,
    forget,
    mended,
    mine,
    problems,
    recent,
    repeats,
    send_some,
    take,
)
from handlers.clue_import.words import explain, explain_cell

__all__ = [
    "COLUMNS",
    "MODES",
    "PROCESS",
    "Bad",
    "Corrections",
    "ImportedRow",
    "Incoming",
    "Outcome",
    "Problem",
    "Result",
    "Row",
    "TransferList",
    "check_some",
    "drop",
    "explain",
    "explain_cell",
    "forget",
    "import_clues",
    "mended",
    "mine",
    "opened",
    "problems",
    "recent",
    "repeats",
    "send_some",
    "take",
    "take_each",
    "template",
]
