"""What the script adds to pages that work without it: conditions, rows, drafts, files, diagram, list."""

from __future__ import annotations

import html
import re

from playwright.sync_api import Page, expect

from handlers import notifications
from server import folders
from tests.browser.conftest import Visit
from tests.city import City
from workflows.model import Task, TaskDraft

CLUES = folders.BPMN / "clue_transfer" / "clue_transfer.bpmn"


def at_form(city: City, visit: Visit, login: str = "handler", **how: object) -> tuple[Page, Task]:
    """Return a page at the form of a fresh task that somebody has claimed."""
    task = city.claim(city.task(city.start()), login)
    page = visit(login, **how)
    page.goto(f"/tasks/{task.id}")
    return page, task


def test_a_question_appears_where_it_applies(city: City, visit: Visit) -> None:
    page, _ = at_form(city, visit)
    other = page.get_by_label("其他交通方式说明")
    expect(other).to_be_hidden()
    page.get_by_label("其他", exact=True).check()
    expect(other).to_be_visible()
    page.get_by_label("公共交通").check()
    expect(other).to_be_hidden()
    expect(page.locator(".only-if")).to_be_hidden()


def test_without_script_everything_is_there_to_fill_in(city: City, visit: Visit) -> None:
    page, _ = at_form(city, visit, script=False)
    expect(page.get_by_label("其他交通方式说明")).to_be_visible()
    expect(page.get_by_text("仅当“交通方式”为“其他”时填写。")).to_be_visible()


def test_rows_come_and_go_without_a_round_trip(city: City, visit: Visit) -> None:
    page, _ = at_form(city, visit)
    page.locator("[name='team.0.name']").fill("甲")
    page.get_by_role("button", name="增加一行").click()
    expect(page.locator("[name='team.2.name']")).to_be_focused()
    page.locator("[name='team.2.name']").fill("丙")
    expect(page.locator(".row-card > legend")).to_have_text(["同行人员 1", "同行人员 2", "同行人员 3"])
    page.locator("[name=_remove][value='team.2']").click()
    expect(page.locator(".row-card")).to_have_count(2)
    expect(page.locator("[name='team.0.name']")).to_have_value("甲")


def test_a_draft_is_kept_while_typing(city: City, visit: Visit) -> None:
    page, task = at_form(city, visit)
    page.get_by_label("取证地点").fill("东湖区")
    expect(page.locator("[data-saved]")).to_have_text("草稿已保存")
    with city.database.reading() as session:
        assert session.get_one(TaskDraft, (task.id, "handler")).answers["place"] == "东湖区"
    page.reload()
    expect(page.get_by_label("取证地点")).to_have_value("东湖区")


def test_a_chosen_file_is_named_in_the_language_of_the_page(city: City, visit: Visit) -> None:
    page, _ = at_form(city, visit)
    names = page.locator(".file__names")
    expect(names).to_have_text("未选择文件")
    page.get_by_label("附件").set_input_files(
        [{"name": f"{n}.pdf", "mimeType": "application/pdf", "buffer": b"x"} for n in ("甲", "乙")]
    )
    expect(names).to_have_text("甲.pdf、乙.pdf")
    page.get_by_role("button", name="提交办结").last.click()
    expect(page.get_by_label("甲.pdf")).to_be_checked()
    expect(page.get_by_label("乙.pdf")).to_be_checked()


def test_a_file_too_large_is_told_before_anything_is_sent(city: City, visit: Visit) -> None:
    page, _ = at_form(city, visit)
    page.get_by_label("取证地点").fill("东湖区")
    page.locator("input[type=file]").evaluate("input => { input.dataset.limit = '10'; }")
    page.get_by_label("附件").set_input_files(
        {"name": "大.pdf", "mimeType": "application/pdf", "buffer": b"x" * 11}
    )
    expect(page.locator(".file__names")).to_have_text("文件总量过大，请减少文件或缩小文件。")
    page.get_by_role("button", name="提交办结").last.click()
    expect(page.get_by_label("取证地点")).to_have_value("东湖区")


def test_the_summary_leads_to_what_is_wrong(city: City, visit: Visit) -> None:
    page, _ = at_form(city, visit)
    page.get_by_role("button", name="提交办结").last.click()
    expect(page.locator("#errors")).to_be_focused()
    page.get_by_role("link", name="领域").click()
    expect(page.get_by_label("领域")).to_be_in_viewport()


def test_the_diagram_shows_where_the_token_stands(city: City, visit: Visit) -> None:
    page, _ = at_form(city, visit)
    expect(page.locator("[data-ready]")).to_be_visible()
    expect(page.locator("[data-element-id=fill].token-active")).to_be_visible()
    expect(page.locator("[data-element-id=begin].token-done")).to_be_visible()
    # The licence of the diagram library wants its mark seen whole.
    mark = page.locator(".bjs-powered-by")
    expect(mark).to_be_visible()
    mark.scroll_into_view_if_needed()
    mark.click(trial=True)  # fails if anything lies over it
    page.get_by_text("以表格查看").click()
    expect(page.get_by_role("region", name="流程环节").get_by_text("填写外出取证申请")).to_be_visible()


def test_the_diagram_speaks_english_too(city: City, visit: Visit) -> None:
    page, _ = at_form(city, visit, lang="en")
    shape = page.locator("[data-element-id=fill]")
    expect(shape).to_contain_text("errand")


def test_english_names_of_a_diagram_have_their_words_whole(city: City, visit: Visit) -> None:
    """They stand where Chinese ones have room for three characters."""
    page = visit("supervisor", lang="en")
    page.goto("/processes")
    page.locator("a[href*='/clue_transfer:']:not([href$='/model'])").first.click()
    expect(page.locator("[data-ready]")).to_be_visible()
    shown = set(" ".join(page.locator(".djs-label tspan").all_text_contents()).split())
    assert {"Returned", "Agreed", "Hold"} <= shown
    names = re.findall(r'name="en" value="([^"]*)"', CLUES.read_text("utf-8"))
    assert shown - set(html.unescape(" ".join(names)).split()) == set()


def test_claiming_in_the_list_needs_no_new_page(city: City, visit: Visit) -> None:
    task = city.task(city.start(business_key="WC-2026-401"))
    page = visit("handler")
    page.goto("/inbox?box=groups&text=WC-2026-401")
    page.evaluate("() => { window.same = true; }")
    page.get_by_role("button", name="认领").click()
    expect(page.get_by_role("status")).to_contain_text("您已认领")
    assert page.evaluate("() => window.same")
    with city.database.reading() as session:
        assert session.get_one(Task, task.id).assignee == "handler"


def test_a_lost_race_is_told_in_the_list(city: City, visit: Visit) -> None:
    task = city.task(city.start(business_key="WC-2026-402"))
    page = visit("handler")
    page.goto("/inbox?box=groups&text=WC-2026-402")
    city.claim(task, "handler2")
    page.get_by_role("button", name="认领").click()
    expect(page.get_by_role("alert")).to_contain_text("刘协办")
    expect(page.get_by_text("没有符合条件的任务")).to_be_visible()


def test_the_filter_follows_the_choice(city: City, visit: Visit) -> None:
    city.start(business_key="WC-2026-403")
    page = visit("handler")
    page.goto("/inbox?box=groups&text=WC-2026-403")
    page.get_by_label("期限级别").select_option(label="超期")
    expect(page.get_by_text("没有符合条件的任务")).to_be_visible()
    assert "level=overdue" in page.url
    page.get_by_label("期限级别").select_option(label="全部级别")
    expect(page.get_by_text("WC-2026-403")).to_be_visible()


def test_giving_a_task_back_asks_first(city: City, visit: Visit) -> None:
    page, task = at_form(city, visit)
    page.once("dialog", lambda dialog: dialog.dismiss())
    page.get_by_role("button", name="退回待领").click()
    with city.database.reading() as session:
        assert session.get_one(Task, task.id).assignee == "handler"
    page.once("dialog", lambda dialog: dialog.accept())
    page.get_by_role("button", name="退回待领").click()
    expect(page.get_by_role("status")).to_contain_text("已退回待领")


def test_the_unread_count_follows_without_a_reload(city: City, visit: Visit) -> None:
    page = visit("handler3")
    page.clock.install()
    page.goto("/profile")
    badge = page.locator("[data-unread]")
    expect(badge).to_be_hidden()
    with city.database.unit_of_work() as session:
        notifications.notify(session, ["handler3"], code="clue.result", params={"number": "XS-2026-00001"})
    page.clock.run_for(61_000)
    expect(badge).to_have_text("1")
    expect(page.locator("#live")).to_have_text("未读通知 1")
