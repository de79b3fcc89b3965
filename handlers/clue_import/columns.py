"""The columns of a transfer list: which headings bureaus use, and what stands under them."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import takewhile

from handlers.lists import CSV, Line, Merge, Sheet
from workflows.errors import InvalidInput
from workflows.forms import Field, Form

#: The headings stand within the first lines; above them may be a title.
TITLE_LINES = 10
#: So many known headings make a line the heading line.
ENOUGH = 4

_NOISE = re.compile(r"[\s*＊:：·、/／?？\\()（）\[\]【】]+")


@dataclass(frozen=True)
class Column:
    """One thing a list tells of a clue; the form's field says how a cell is read and what may be in it."""

    field: str  #: key of the transfer form; of subjects the key within one
    headings: tuple[str, ...]  #: the first is ours, the others are read too
    subject: bool = False  #: belongs to the reported persons: several are separated by ；
    factor: Decimal = Decimal(1)  #: what a number is multiplied by

    @property
    def heading(self) -> str:
        """Our own heading."""
        return self.headings[0]


COLUMNS = (
    Column("agency", ("移送单位", "移送机关", "移送部门", "Transferring agency")),
    Column("source", ("线索来源", "来源", "Source of the clue")),
    Column("legal_basis", ("移送依据", "法律依据", "Legal basis")),
    Column("domain", ("问题领域", "所属领域", "领域", "Domain")),
    Column("name", ("被反映人", "被反映人姓名", "姓名或单位名称", "被反映人或单位", "姓名"), subject=True),
    Column("kind", ("类别", "被反映人类别", "Kind"), subject=True),
    Column("unit", ("单位", "所在单位", "工作单位", "被反映人单位", "Unit"), subject=True),
    Column("post", ("职务", "现任职务", "职务（岗位）", "Post"), subject=True),
    Column("rank", ("职级", "级别", "Rank"), subject=True),
    Column("political_status", ("政治面貌", "Political status"), subject=True),
    Column("facts", ("主要问题", "主要问题事实", "反映的主要问题", "问题摘要", "Facts")),
    Column("event_from", ("问题发生时间起", "问题发生起始日期", "发生时间起", "First day of the events")),
    Column("event_to", ("问题发生时间止", "问题发生截止日期", "发生时间止", "Last day of the events")),
    # The unit stands in the heading: an amount without one would be a guess by ten thousand.
    Column("amount", ("涉及金额（元）", "涉案金额（元）", "金额（元）", "Amount (yuan)")),
    Column(
        "amount",
        ("涉及金额（万元）", "涉案金额（万元）", "金额（万元）", "Amount (10,000 yuan)"),
        factor=Decimal(10_000),
    ),
    Column("agency_conclusion", ("移送单位处理结论", "移送单位调查处理情况及结论", "处理结论", "处理情况")),
    Column("urgency", ("紧急程度", "Urgency")),
    Column("named", ("是否实名举报", "是否来源于实名举报", "From a named report?")),
    Column("contact", ("联系人及电话", "联系人", "联系方式", "Contact and telephone")),
    Column("head_sign", ("负责人签字", "移送单位负责人签字", "单位负责人", "负责人", "Signed by the head")),
)
#: Over what was wrong with a row, in a list that goes back to be mended.
PROBLEM = "问题说明"
#: Known headings that say nothing of the clue.
IGNORED = ("序号", "编号", "No.", PROBLEM)


@dataclass(frozen=True)
class Bound:
    """A column as it stands in a list: with the form's field that it fills."""

    column: Column
    field: Field

    @property
    def path(self) -> str:
        """Where its answer stands, as errors of the form name it; of subjects, the first's."""
        return f"subjects.0.{self.column.field}" if self.column.subject else self.column.field

    @property
    def needed(self) -> bool:
        """Whether a list must have the column: the form asks for it, and begins with nothing of its own."""
        return self.field.required and self.field.default is None


def heading_of(path: str) -> str | None:
    """Return our heading over what a path of the form names, None if no column is for it."""
    place = re.sub(r"^subjects(\.\d+)?$", "subjects.0.name", path)
    place = re.sub(r"^subjects\.\d+\.", "subjects.0.", place)
    return next(
        (c.heading for c in COLUMNS if place == f"{'subjects.0.' if c.subject else ''}{c.field}"), None
    )


@dataclass(frozen=True)
class Layout:
    """Where the list stands in its sheet: the heading line, and the column of each position."""

    heading: Line
    columns: Mapping[int, Bound]
    merges: tuple[Merge, ...] = ()
    unknown: tuple[str, ...] = ()  #: headings that are not read


def plain(heading: str) -> str:
    """Return a heading without blanks, stars and brackets, in one width, as headings are compared."""
    return _NOISE.sub("", unicodedata.normalize("NFKC", heading)).casefold()


_BY_HEADING = {plain(heading): column for column in COLUMNS for heading in column.headings}
_IGNORED = frozenset(plain(heading) for heading in IGNORED)


def wanted(form: Form) -> list[Bound]:
    """Return our columns with the fields of this form that they fill, without those it does not ask."""
    top = {field.key: field for field in form.fields}
    within = {field.key: field for field in top["subjects"].components} if "subjects" in top else {}
    bound = []
    for column in COLUMNS:
        field = (within if column.subject else top).get(column.field)
        if field is not None:
            bound.append(Bound(column, field))
    return bound


def find(sheets: Sequence[Sheet], form: Form) -> tuple[Sheet, Layout]:
    """Return which sheet is the list, and how; InvalidInput says what headings are missing or found instead."""
    found = [(sheet, line) for sheet in sheets if (line := _heading_line(sheet))]
    if not found:
        raise _no_list(sheets, form)
    if len(found) > 1:
        names = "、".join(sheet.name for sheet, _ in found)
        raise InvalidInput(
            f"Several sheets are lists: {names}; keep one of them.", code="list_several", sheets=names
        )
    sheet, line = found[0]
    _guard_shown(sheet, line)
    return sheet, layout(line, form, sheet.merges)


def layout(line: Line, form: Form, merges: tuple[Merge, ...] = ()) -> Layout:
    """Return what stands where by a heading line; InvalidInput where headings are missing or twice there."""
    fields = wanted(form)
    by_column = {bound.column: bound for bound in fields}
    columns: dict[int, Bound] = {}
    unknown = []
    for index, cell in enumerate(line.cells):
        if cell is None or plain(cell.text) in _IGNORED:
            continue
        bound = by_column.get(_BY_HEADING[plain(cell.text)]) if plain(cell.text) in _BY_HEADING else None
        if bound is None:
            unknown.append(cell.text)
            continue
        _guard_once(line, bound, columns)
        columns[index] = bound
    _guard_complete(line, columns, fields, unknown)
    return Layout(line, columns, merges, tuple(unknown))


def _heading_line(sheet: Sheet) -> Line | None:
    lines = list(takewhile(lambda line: line.number <= TITLE_LINES, sheet.lines))
    best = max(lines, key=_known, default=None)
    return best if best is not None and _known(best) >= ENOUGH else None


def _known(line: Line) -> int:
    return len({plain(cell.text) for cell in line.cells if cell} & _BY_HEADING.keys())


def _guard_shown(sheet: Sheet, line: Line) -> None:
    """Raise InvalidInput where a column that would be read is hidden: nobody would know what was sent."""
    hidden = [cell.text for index, cell in enumerate(line.cells) if cell and index in sheet.hidden]
    read = "、".join(heading for heading in hidden if plain(heading) in _BY_HEADING)
    if read:
        raise InvalidInput(
            f"These columns are hidden: {read}; show or delete them.", code="list_hidden", columns=read
        )


def _guard_once(line: Line, bound: Bound, columns: Mapping[int, Bound]) -> None:
    if any(bound.path == known.path for known in columns.values()):
        raise InvalidInput(
            f"Row {line.number}: two columns say the same as {bound.column.heading!r}; keep one of them.",
            code="list_twice",
            row=line.number,
            column=bound.column.heading,
        )


def _guard_complete(
    line: Line, columns: Mapping[int, Bound], fields: Sequence[Bound], unknown: Sequence[str]
) -> None:
    there = {bound.path for bound in columns.values()}
    missing = _names(bound for bound in fields if bound.needed and bound.path not in there)
    if missing:
        # One of the columns that are not read may be the missing one under another name.
        others = "、".join(heading[:20] for heading in unknown)
        raise InvalidInput(
            f"The headings in row {line.number} lack: {missing}; not known are: {others or 'none'}.",
            code="list_renamed" if others else "list_headings",
            row=line.number,
            missing=missing,
            unknown=others,
        )


def _no_list(sheets: Sequence[Sheet], form: Form) -> InvalidInput:
    needed = _names(bound for bound in wanted(form) if bound.needed)
    first = next((line for sheet in sheets for line in sheet.lines), None)
    if first is None:
        return InvalidInput(
            f"The sheet is empty; wanted are the headings {needed}.", code="list_empty", wanted=needed
        )
    found = "、".join(cell.text[:20] for cell in first.cells[:8] if cell)
    return InvalidInput(
        f"This is no transfer list: it begins with {found}; wanted are the headings {needed}.",
        # A text in a third encoding is not refused, it becomes other characters.
        code="list_other_text" if sheets[0].name == CSV else "list_other",
        found=found,
        wanted=needed,
    )


def _names(fields: Iterable[Bound]) -> str:
    # Two columns may fill one field, such as an amount in two units: the first name is enough.
    first: dict[str, str] = {}
    for bound in fields:
        first.setdefault(bound.path, bound.column.heading)
    return "、".join(first.values())
