"""The empty list that a bureau fills in: our headings, pick-lists from the code tables, instructions."""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import Any

import openpyxl
from openpyxl.styles import Alignment, Font, PatternFill
from openpyxl.utils import get_column_letter, quote_sheetname
from openpyxl.worksheet.datavalidation import DataValidation
from sqlalchemy.orm import Session

from handlers.clue_import.columns import Bound, wanted
from handlers.clue_import.incoming import start_form
from workflows import recording
from workflows.forms import Option

LIST, HELP, CHOICES = "移送清单", "填写说明", "选项"
#: Rows below the headings that have pick-lists.
ROWS = 1_000
#: What only the office fills in, on behalf of an agency that sends paper.
FOR_THE_OFFICE = ("agency", "source")

_HEAD = PatternFill("solid", fgColor="E8EDF3")
_GENERAL = (
    "每行填写一件线索；带 * 的列必须填写；不要改动表头，不要合并单元格，不要使用公式。",
    "被反映人有多名的，姓名之间用“；”分隔；单位、职务等也用“；”逐人对应，或只填一项表示各人相同。",
    "不得填写举报人的姓名和联系方式。",
    "One clue a row; columns with * are required; keep the headings, no merged cells, no formulas.",
    "Several persons in one cell are separated by ；, their units and posts likewise, or one for all.",
    "The name of a reporter must not be written into the list.",
)


def template(session: Session, *, for_office: bool = False) -> bytes:
    """Return the workbook: a sheet to fill in, a sheet of instructions, and a hidden one of choices.

    `for_office` adds the columns that say which agency it comes from, for who enters on its behalf.
    """
    form, _ = start_form(session)
    options = recording.options(session, form)
    fields = [
        bound
        for bound in _one_each(wanted(form))
        if for_office or bound.column.field not in FOR_THE_OFFICE or bound.column.subject
    ]
    choices = [_once(bound.field.choices(options) or ()) for bound in fields]
    book = openpyxl.Workbook()
    filled, told, chosen = book.active, book.create_sheet(HELP), book.create_sheet(CHOICES)
    assert filled is not None
    filled.title = LIST
    _fill(filled, fields)
    _tell(told, fields, choices)
    _choose(filled, chosen, choices)
    chosen.sheet_state = "hidden"
    stream = io.BytesIO()
    book.save(stream)
    return stream.getvalue()


def _one_each(fields: Sequence[Bound]) -> list[Bound]:
    """Return the first of the columns that fill one field, such as an amount in two units."""
    first: dict[str, Bound] = {}
    for bound in fields:
        first.setdefault(bound.path, bound)
    return list(first.values())


def _needed(bound: Bound) -> bool:
    # The form lets an agency leave it out; who enters for one has to say for which.
    return bound.field.required or bound.column.field == "agency"


def _once(options: Sequence[Option]) -> list[str]:
    return list(dict.fromkeys(option.zh for option in options))


def _fill(sheet: Any, fields: Sequence[Bound]) -> None:
    sheet.freeze_panes = "A2"
    for number, bound in enumerate(fields, 1):
        cell = sheet.cell(1, number, f"{bound.column.heading}{' *' if _needed(bound) else ''}")
        _heading(cell)
        letter = get_column_letter(number)
        sheet.column_dimensions[letter].width = 40 if bound.field.type == "textarea" else 18
        if bound.field.type == "datetime":
            sheet.column_dimensions[letter].number_format = "yyyy-mm-dd"


def _tell(sheet: Any, fields: Sequence[Bound], choices: Sequence[Sequence[str]]) -> None:
    sheet.column_dimensions["A"].width, sheet.column_dimensions["C"].width = 24, 90
    for text in _GENERAL:
        sheet.append([text])
    sheet.append([])
    sheet.append(["列", "必填", "说明"])
    for cell in sheet[sheet.max_row]:
        _heading(cell)
    for bound, words in zip(fields, choices, strict=True):
        said = bound.field.description_zh or bound.field.zh
        if words:
            said = f"{said}。可选：{'、'.join(words)}"
        elif bound.field.type == "datetime":
            said = f"{said}。日期，例如 2026-01-31"
        sheet.append([bound.column.heading, "是" if _needed(bound) else "", said])
        sheet.cell(sheet.max_row, 3).alignment = Alignment(wrap_text=True, vertical="top")


def _choose(filled: Any, chosen: Any, choices: Sequence[Sequence[str]]) -> None:
    """Give every column with a code table its pick-list."""
    for number, words in enumerate(choices, 1):
        if not words:
            continue
        letter = get_column_letter(number)
        for row, word in enumerate(words, 1):
            chosen.cell(row, number, word)
        area = f"{quote_sheetname(CHOICES)}!${letter}$1:${letter}${len(words)}"
        rule = DataValidation("list", formula1=area, allow_blank=True, showErrorMessage=True)
        rule.errorTitle, rule.error = "不在可选项中", "请从下拉列表中选择。"
        rule.add(f"{letter}2:{letter}{ROWS + 1}")
        filled.add_data_validation(rule)


def _heading(cell: Any) -> None:
    cell.font, cell.fill = Font(bold=True), _HEAD
    cell.alignment = Alignment(wrap_text=True, vertical="center")
