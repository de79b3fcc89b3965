"""Lists as files, `.xlsx` and `.csv`: read as hostile input, written so that data never become formulas."""

from handlers.lists.cells import Cell, Line, Merge, Sheet
from handlers.lists.reading import read
from handlers.lists.writing import Value, write_csv, write_xlsx

__all__ = ["Cell", "Line", "Merge", "Sheet", "Value", "read", "write_csv", "write_xlsx"]
