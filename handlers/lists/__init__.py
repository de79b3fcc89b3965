"""Lists as files, `.xlsx` and `.csv`: read as hostile input, written so that data never become formulas."""

from handlers.lists.cells import MAX_LINES, Cell, Line, Merge, Sheet
from handlers.lists.reading import opened
from handlers.lists.text import CSV
from handlers.lists.writing import Value, Writer, csv_pieces, write_csv, write_xlsx

__all__ = [
    "CSV",
    "MAX_LINES",
    "Cell",
    "Line",
    "Merge",
    "Sheet",
    "Value",
    "Writer",
    "csv_pieces",
    "opened",
    "write_csv",
    "write_xlsx",
]
