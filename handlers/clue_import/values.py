"""Cells become answers: dates however bureaus write them, labels as codes, amounts as numbers."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from functools import lru_cache
from typing import Any

from handlers.lists import Cell
from handlers.registers.repeats import same
from workflows.forms import Option

_DATE = re.compile(r"(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?(?:[ T]\d{1,2}:\d{2}(?::\d{2})?)?")
_DAY = re.compile(r"(\d{4})(\d{2})(\d{2})")
_NUMBER = re.compile(r"[+-]?\d{1,15}(\.\d{1,15})?")
#: More than any amount of money; beyond it arithmetic would not be exact.
_LARGEST = Decimal(10) ** 15
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff\ufffe\uffff]")
#: What makes a number or a date a text in a spreadsheet program; some write it into the file.
_APOSTROPHES = "'\u2019\u2018"
#: Day 0 of Excel's serial numbers, and those of them that lie in living memory.
_EPOCH = date(1899, 12, 30)
_SERIALS = range(20_000, 80_000)


class Wrong(Exception):
    """What is wrong with one cell: a code and the values that its words need."""

    def __init__(self, code: str, **params: Any) -> None:
        super().__init__(code)
        self.code = code
        self.params = params


def text(cell: Cell) -> str:
    """Return a cell as text."""
    guard_data(cell)
    written = cell.text
    if _CONTROL.search(written):
        raise Wrong("control")
    return written


def guard_data(cell: Cell) -> None:
    """Raise Wrong unless the cell holds data of its own: a formula would be another thing tomorrow."""
    if cell.kind == "formula":
        raise Wrong("formula")
    if cell.kind == "error":
        raise Wrong("cell_error")


def day(cell: Cell) -> str:
    """Return the ISO date in a cell, written as a date or as text in one of the usual ways."""
    guard_data(cell)
    if isinstance(cell.value, datetime):
        return cell.value.date().isoformat()
    if isinstance(cell.value, date):
        return cell.value.isoformat()
    written = unicodedata.normalize("NFKC", _plain(cell)).replace(" 年", "年").strip()
    found = _DAY.fullmatch(written) or _DATE.fullmatch(re.sub(r"\s*([-/.年月日])\s*", r"\1", written))
    if found:
        try:
            return date(*(int(part) for part in found.groups())).isoformat()
        except ValueError:
            raise Wrong("date") from None
    if written.isdigit() and int(written) in _SERIALS:
        raise Wrong("date_serial", meant=(_EPOCH + timedelta(days=int(written))).isoformat())
    raise Wrong("date")


def _plain(cell: Cell) -> str:
    return cell.text.lstrip(_APOSTROPHES)


def number(cell: Cell, factor: Decimal) -> int | float:
    """Return the number in a cell times the factor; thousands may be marked, the unit may not."""
    guard_data(cell)
    if isinstance(cell.value, bool | date):
        raise Wrong("number")
    written = unicodedata.normalize("NFKC", _plain(cell)).replace(",", "").replace(" ", "")
    if cell.kind == "text" and not _NUMBER.fullmatch(written):
        raise Wrong("number")
    amount = Decimal(written)
    if not amount.is_finite() or abs(amount) > _LARGEST:
        raise Wrong("number")
    amount *= factor
    return int(amount) if amount == amount.to_integral_value() else float(amount)


def option(cell: Cell, options: Sequence[Option]) -> str:
    """Return the code of what a cell names, by its code or by its words in either language."""
    written = same(text(cell).lstrip(_APOSTROPHES))
    for choice in options:
        if any(word and written == _same(word) for word in (choice.zh, choice.value, choice.en)):
            return choice.value
    raise Wrong(
        "option", options=list({choice.value: choice.zh for choice in reversed(options)}.values())[::-1]
    )


#: For the words of code tables, with which every row is compared.
_same = lru_cache(maxsize=4096)(same)
