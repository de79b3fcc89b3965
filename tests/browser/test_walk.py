"""A clue on its way through the house, by hand: each step of the main line is found, claimed, filled in."""

from __future__ import annotations

import re
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Visit, sign_in
from tests.city import MAIN_LINE, TRANSFER, City

FINISH = "提交办结"


def fill(page: Page, answers: dict[str, Any], within: str = "") -> None:
    """Answer the questions of a form, as the inputs ask for it."""
    for key, value in answers.items():
        name = within + key
        if isinstance(value, list) and value and isinstance(value[0], dict):
            for number, row in enumerate(value):
                fill(page, row, f"{name}.{number}.")
            continue
        field = page.locator(f"[data-form] [name='{name}']")
        kind = field.first.get_attribute("type") or field.first.evaluate("e => e.tagName.toLowerCase()")
        if kind == "radio" or (kind == "checkbox" and isinstance(value, list)):
            for choice in value if isinstance(value, list) else [value]:
                page.locator(f"[data-form] [name='{name}'][value='{choice}']").check()
        elif kind == "checkbox":
            field.set_checked(value)
        elif kind == "select":
            field.select_option(value)
        else:
            field.fill(str(value))


@pytest.mark.slow
@pytest.mark.parametrize("script", [True, False], ids=["script", "no script"])
def test_from_transfer_to_feedback(city: City, visit: Visit, script: bool) -> None:
    # Without script the steps differ in nothing but their questions: some of them stand for all.
    line = MAIN_LINE if script else MAIN_LINE[:3]
    page = visit("agency", script=script)
    page.goto("/inbox")
    page.get_by_role("link", name="移送", exact=True).click()
    page.get_by_role("link", name="新移送").click()
    fill(page, TRANSFER)
    page.once("dialog", lambda dialog: dialog.accept())
    page.get_by_role("button", name="提交移送").last.click()
    expect(page.get_by_role("status")).to_contain_text("已提交，移送编号 YS-")
    number = page.locator("tbody tr").first.locator("td, th").first.inner_text().strip()

    for login, element in line:
        page.get_by_role("button", name="退出").click()
        sign_in(page, login)
        task = find(city, page, number, element, login)
        if task.assignee is None:
            page.get_by_role("button", name="认领并办理").click()
        fill(page, city.answers(task))
        page.get_by_role("button", name=FINISH).last.click()
        expect(page.get_by_role("status")).to_contain_text("已办结")

    page.get_by_role("button", name="退出").click()
    sign_in(page, "agency")
    page.goto("/transfers")
    row = page.locator("tbody tr", has_text=number)
    expect(row).to_contain_text("已办结" if line == MAIN_LINE else number)


def find(city: City, page: Page, number: str, element: str, login: str) -> Any:
    """Open somebody's task at a step from the inbox, and return it."""
    task = city.task(city.instance(number), element, login)
    box = "mine" if task.assignee else "groups"
    page.goto(f"/inbox?box={box}&step=clue_transfer:{element}&text={number}")
    page.locator("#tasks tbody a").first.click()
    expect(page).to_have_url(re.compile(f"/tasks/{task.id}$"))
    return task
