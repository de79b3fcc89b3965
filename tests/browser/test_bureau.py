"""A bureau's transfer by list, by hand: from the empty template to the signed receipt."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from openpyxl.worksheet.worksheet import Worksheet
from playwright.sync_api import Page, expect

from tests.browser.conftest import Visit, foreign_words, overflows
from tests.browser.test_walk import FINISH, fill, find
from tests.city import City

ROW: dict[str, Any] = {
    "移送依据": "《监察法》及其实施条例",
    "问题领域": "生态环境",
    "被反映人": "钱某甲",
    "类别": "个人",
    "单位": "东湖区城市管理局",
    "主要问题": "2026 年 5 月在河道清淤验收中未到现场即签字确认，虚报工程量。",
    "问题发生时间起": "2026-05-01",
    "移送单位处理结论": "实际清淤量约为申报量的六成。",
    "紧急程度": "一般",
    "是否实名举报": "否",
    "联系人及电话": "宋移送 0512-65430000",
    "负责人签字": "周局长",
}
BAD = {**ROW, "被反映人": "钱某乙", "问题发生时间起": "五月初"}


@pytest.mark.slow
def test_a_list_from_template_to_receipt(
    city: City, visit: Visit, accessible: Callable[[Page], None], tmp_path: Path
) -> None:
    page = visit("agency", width=390)
    page.goto("/inbox")
    page.get_by_role("link", name="移送", exact=True).click()
    page.get_by_role("link", name="批量移送").click()
    template = saved(page, "下载清单模板（.xlsx）", tmp_path)
    check(page, write(template, [ROW, BAD]))
    expect(page.locator(".problems")).to_contain_text("五月初")
    good(page, accessible)
    mended = saved(page, "下载这些行以便更正（.xlsx）", tmp_path)
    send(page, 1)
    good(page, accessible)

    page.goto("/transfers/lists")
    check(page, write(mended, [{"问题发生时间起": "2026-05-01"}]))
    send(page, 1)
    page.goto("/transfers/lists")
    check(page, template)
    send(page, 0)
    expect(page.get_by_role("status")).to_contain_text("1 行此前已移送，未重复登记")

    page.get_by_role("link", name="移送", exact=True).click()
    number = page.locator("tbody tr").first.locator("td, th").first.inner_text().strip()
    office = visit("clerk")
    task = find(city, office, number, "a3", "clerk")
    office.get_by_role("button", name="认领并办理").click()
    fill(office, city.answers(task))
    office.get_by_role("button", name=FINISH).last.click()
    expect(office.get_by_role("status")).to_contain_text("已办结")

    page.reload()
    line = page.locator("tbody tr", has_text=number)
    line.get_by_role("link", name="回执").first.click()
    expect(page.locator(".paper__title")).to_have_text("问题线索移送回执")
    good(page, accessible)


def saved(page: Page, link: str, folder: Path) -> Path:
    """Download what a link gives."""
    with page.expect_download() as coming:
        page.get_by_role("link", name=link).click()
    path = folder / coming.value.suggested_filename
    coming.value.save_as(path)
    return path


def check(page: Page, path: Path) -> None:
    """Choose a list and have it checked."""
    page.locator("#list").set_input_files(path)
    page.get_by_role("button", name="检查清单").click()


def send(page: Page, rows: int) -> None:
    """Send the good rows, and wait until all are sent."""
    page.once("dialog", lambda dialog: dialog.accept())
    page.locator("[data-confirm]").click()
    expect(page.get_by_role("status")).to_contain_text(f"已移送 {rows} 件线索")


def headings(sheet: Worksheet) -> tuple[int, dict[str, int]]:
    """Return the line of the headings, and the column of each, without the star of what is required."""
    for row in sheet.iter_rows(max_row=10):
        names = {str(cell.value).strip("* ＊"): cell.column for cell in row if cell.value}
        if "被反映人" in names:
            return row[0].row, names  # type: ignore[return-value]
    raise AssertionError("The sheet has no headings.")


def write(path: Path, rows: list[dict[str, Any]]) -> Path:
    """Fill rows into the template, as a clerk would type them."""
    book = openpyxl.load_workbook(path)
    sheet = book.worksheets[0]
    line, columns = headings(sheet)
    for offset, row in enumerate(rows, 1):
        for name, value in row.items():
            sheet.cell(line + offset, columns[name], value)
    book.save(path)
    return path


def good(page: Page, accessible: Callable[[Page], None]) -> None:
    """Check what every page has to pass."""
    accessible(page)
    assert not overflows(page)
    assert foreign_words(page) == set()
