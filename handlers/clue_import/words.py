"""What is wrong with a list, in words of two languages that say what would be right."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from handlers.clue_import.rows import Problem

#: code → Chinese, English
WORDS: Mapping[str, tuple[str, str]] = {
    # the whole file
    "list_suffix": (
        "不能读取 {suffix} 文件，请另存为 .xlsx 或 .csv",
        "{suffix} is not read; save the list as .xlsx or .csv",
    ),
    "list_no_suffix": (
        "文件没有扩展名，请将清单另存为 .xlsx 或 .csv",
        "the name has no ending; save the list as .xlsx or .csv",
    ),
    "list_empty_file": (
        "文件为空（0 字节），请选择已保存的清单",
        "the file is empty (0 bytes); choose the saved list",
    ),
    "list_too_big": ("文件超过 {limit} MB，请拆分清单", "the file is larger than {limit} MB; split the list"),
    "list_ole": (
        "这是旧版 Excel 文件（.xls），请用 Excel 打开后另存为 .xlsx",
        "this is a workbook of the old kind (.xls); open it in Excel and save it as .xlsx",
    ),
    "list_password": (
        "工作簿设有打开密码，请取消密码后重新保存为 .xlsx",
        "the workbook has a password; save it as .xlsx without one",
    ),
    "list_mismatch": (
        "文件内容与扩展名 {suffix} 不符，请重新另存为 .xlsx 或 .csv",
        "the content is not what the name says ({suffix}); save it again as .xlsx or .csv",
    ),
    "list_encoding": (
        "文件不是 UTF-8 或 GB18030 编码的文本，请重新另存为 CSV 或 .xlsx",
        "the file is no text in UTF-8 or GB18030; save it again as CSV or .xlsx",
    ),
    "list_csv": (
        "第 {row} 行（文本第 {line} 行起）不能按 CSV 读取，请检查引号是否成对",
        "row {row} (from line {line} of the text) cannot be read as CSV; close every quotation mark",
    ),
    "list_columns": (
        "第 {row} 行有 {found} 列，清单最多 {limit} 列，请删除无关的列",
        "row {row} has {found} columns, a list has at most {limit}; delete the others",
    ),
    "list_rows": ("清单超过 {limit} 行，请拆分", "the list has more than {limit} rows; split it"),
    "list_far": (
        "工作表有 {limit} 行以上带有内容或格式，请删除清单下方多余的行后保存",
        "the sheet has content or formats in more than {limit} rows; delete the rows below the list",
    ),
    "list_bomb": (
        "工作簿解压后超过 {limit} MB，请只保留清单后重新保存",
        "the workbook unpacks to more than {limit} MB; keep only the list and save it again",
    ),
    "list_no_book": (
        "文件不是 Excel 工作簿，请将清单另存为 .xlsx",
        "the file is no Excel workbook; save the list as .xlsx",
    ),
    "list_entities": (
        "文件含有清单不需要的实体定义，请用 Excel 重新保存",
        "the file defines entities, which no list needs; save it again in Excel",
    ),
    "list_merges": (
        "合并单元格超过 {limit} 处，请取消合并",
        "more than {limit} merged blocks; unmerge the cells",
    ),
    "list_broken": (
        "文件已损坏或不是 Excel 工作簿，请用 Excel 打开后重新另存为 .xlsx",
        "the file is damaged or no Excel workbook; open it in Excel and save it again as .xlsx",
    ),
    "list_several": (
        "有多个工作表都是清单：{sheets}，请只保留一个",
        "several sheets are lists: {sheets}; keep one of them",
    ),
    "list_twice": (
        "第 {row} 行有两列都是“{column}”，请只保留一列",
        "row {row}: two columns are “{column}”; keep one of them",
    ),
    "list_hidden": (
        "这些列被隐藏：{columns}，请取消隐藏或删除",
        "these columns are hidden: {columns}; show or delete them",
    ),
    "list_renamed": (
        "第 {row} 行表头缺少：{missing}；不能识别的列：{unknown}；如为同一内容请改用标准表头",
        "the headings in row {row} lack: {missing}; not known: {unknown}; if it is the same, use ours",
    ),
    "list_headings": ("第 {row} 行表头缺少：{missing}", "the headings in row {row} lack: {missing}"),
    "list_empty": ("工作表为空，表头应有：{wanted}", "the sheet is empty; wanted are the headings {wanted}"),
    "list_other": (
        "这不是线索移送清单：表头为 {found}，应有 {wanted}",
        "this is no transfer list: it begins with {found}; wanted are the headings {wanted}",
    ),
    "list_other_text": (
        "这不是线索移送清单：表头为 {found}，应有 {wanted}；如表头为乱码，请另存为 UTF-8 编码的 CSV 或 .xlsx",
        "no transfer list: it begins with {found}; wanted: {wanted}; if garbled, save it in UTF-8 or as .xlsx",
    ),
    "list_no_rows": ("表头之下没有数据", "there are no rows below the headings"),
    # one cell
    "hidden": (
        "被隐藏或被筛选掉，请取消隐藏或删除该行",
        "is hidden or filtered out; show or delete the row",
    ),
    "merged": (
        "位于合并单元格 {cells} 内，请取消合并并逐行填写",
        "lies in the merged cells {cells}; unmerge them and fill in each row",
    ),
    "formula": ("是公式，请粘贴为数值", "is a formula; paste it as a value"),
    "cell_error": ("是 Excel 错误值，请改为实际内容", "is an error of Excel; write the content itself"),
    "control": ("含有不可见的控制字符，请重新输入", "holds control characters; type it again"),
    "count": (
        "有 {found} 项，而被反映人有 {names} 名；请用“；”分隔，逐人对应或只填一项",
        "has {found} entries for {names} persons; separate them by ；, one each or one for all",
    ),
    "date": ("不是日期，请写成 2026-01-31", "is no date; write it as 2026-01-31"),
    "date_serial": (
        "是 Excel 的日期序号，可能是 {meant}，请把单元格设为日期格式",
        "is a serial number of Excel, perhaps {meant}; give the cell the format date",
    ),
    "number": ("不是数字，请只填数字，例如 12.5", "is no number; write digits only, such as 12.5"),
    "option": ("不在可选项中，应为：{options}", "is not one of: {options}"),
    "required": ("必须填写", "is required"),
    "too_long": ("超过 {max} 字", "is longer than {max} characters"),
    "too_short": ("少于 {min} 字", "is shorter than {min} characters"),
    "min": ("不能小于 {min}", "must be at least {min}"),
    "max": ("不能大于 {max}", "must be at most {max}"),
    "decimals": ("最多 {decimals} 位小数", "has more than {decimals} decimals"),
    "integer": ("必须是整数", "must be a whole number"),
    "earliest": ("早于允许的日期", "is earlier than allowed"),
    "latest": ("晚于今天，请核对", "is later than today"),
    "rows_min": ("至少填写 {min} 名", "needs at least {min}"),
    "rows_max": ("最多填写 {max} 名", "has more than {max}"),
    "line_breaks": ("不能换行", "must be one line"),
    "own_agency": (
        "不是您所在的单位，只能移送本单位的线索",
        "is not your agency; it transfers its own clues only",
    ),
    "before_start": ("早于问题发生的起始日期", "lies before the first day of the events"),
    "characters": ("含有不允许的字符，请重新输入", "holds characters that are not allowed; type it again"),
    "type": ("内容的类型不对", "is of the wrong kind"),
    "options_missing": ("没有可选项的代码表，请联系管理员", "has no code table; tell the administrator"),
    # a row that repeats an earlier transfer
    "already_sent": (
        "已先行移送，回执编号 {receipt}（移送单 {number}），不再重复移送",
        "already sent under receipt no. {receipt} (transfer {number}); it is not sent again",
    ),
    "already_on_its_way": (
        "已先行移送，移送单编号 {number}，尚未签发回执，不再重复移送",
        "already sent as {number}, which has no receipt yet; it is not sent again",
    ),
    "refused": ("未被受理：{why}", "was refused: {why}"),
}


def explain_cell(problem: Problem, language: str = "zh") -> str:
    """Return the problem in a sentence for who sees the row: column, and what would be right."""
    english, what = language.startswith("en"), _what(problem, language)
    if not problem.column:
        return f"{what}." if english else f"{what}。"
    return f"{problem.column}: {what}." if english else f"{problem.column}：{what}。"


def explain(problem: Problem, language: str = "zh") -> str:
    """Return the problem in a sentence: row, column, what stands there, what would be right."""
    english, what = language.startswith("en"), _what(problem, language)
    if problem.row is None:
        return f"{what}." if english else f"{what}。"
    value = f"“{problem.value}”" if problem.value else ""
    if english:
        where = f"Row {problem.row}, column {problem.column}:" if problem.column else f"Row {problem.row}:"
        return " ".join(filter(None, (where, value, f"{what}.")))
    where = f"第 {problem.row} 行“{problem.column}”" if problem.column else f"第 {problem.row} 行"
    return f"{where}：{value}{what}。"


def _what(problem: Problem, language: str) -> str:
    known = WORDS.get(problem.code, ("有误（{code}）", "is wrong ({code})"))
    params = {"code": problem.code, **{name: _shown(value) for name, value in problem.params.items()}}
    return known[language.startswith("en")].format_map(_Lenient(params)).rstrip(".。")


class _Lenient(dict[str, Any]):
    """Leaves a parameter that a message wants and nobody gave as it stands."""

    def __missing__(self, name: str) -> str:
        return f"{{{name}}}"


def _shown(value: Any) -> str:
    return "、".join(str(part) for part in value) if isinstance(value, list | tuple) else str(value)
