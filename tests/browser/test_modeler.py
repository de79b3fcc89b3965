"""The modeler as a supervisor uses it: a step added, refused, mended and published; drafts; files both ways."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from lxml import etree
from playwright.sync_api import Page, expect
from sqlalchemy import select

from server import folders
from tests.browser.conftest import Visit, foreign_words, overflows
from tests.city import City
from workflows import definitions
from workflows.model import AuditEvent, DiagramDraft, Task

CLUES = folders.BPMN / "clue_transfer" / "clue_transfer.bpmn"
REASON = "接收后增加一道复核"
FINDING = "此环节没有期限"
#: Names of settings that stand in the diagram itself.
OWN = {"en", "help", "calendar"}
SETTINGS = {
    "act",
    "calendar",
    "drafts",
    "due",
    "duty",
    "en",
    "help",
    "ladder",
    "prefill",
    "proxy",
    "record",
    "stage",
}
#: Names of hit policies, and of a new file.
OF_TABLES = {"UNIQUE", "who"}


def open_modeler(visit: Visit, key: str, login: str = "supervisor", **how: object) -> Page:
    """Come from the list of processes to the diagram of one."""
    page = visit(login, **how)
    go_to_modeler(page, key)
    return page


def go_to_modeler(page: Page, key: str) -> None:
    page.goto("/processes")
    page.locator(f"a[href*='/{key}:'][href$='/model']").click()
    expect(page.locator("#modeler")).to_have_attribute("data-ready", "yes")


def select_element(page: Page, element: str) -> None:
    """Click on an element of the diagram."""
    page.locator(f"[data-element-id={element}] .djs-hit").first.click()


def add_step(page: Page, flow: str, name: str) -> None:
    """Take a task from the tools, put it down on a sequence flow, name it, and make it a user task."""
    place = page.locator(f"[data-element-id={flow}] .djs-hit").first.bounding_box()
    assert place
    page.locator("[data-action='create.task']").click()
    x, y = place["x"] + place["width"] / 2, place["y"] + place["height"] / 2
    page.mouse.move(x + 9, y - 4, steps=4)
    page.mouse.move(x, y, steps=4)
    page.mouse.down()
    page.mouse.up()
    page.keyboard.type(name)
    page.keyboard.press("Enter")
    page.locator(".djs-context-pad [data-action=replace]").click()
    page.locator(".djs-popup [data-id=replace-with-user-task]").click()


def choose(page: Page, entry: str, value: str) -> None:
    """Choose in a list of the panel."""
    page.locator(f"[data-entry-id={entry}] select").select_option(value)


def publish(page: Page, reason: str = REASON) -> None:
    page.get_by_role("button", name="发布…").click()
    page.get_by_label("改了什么，为什么").fill(reason)
    page.get_by_role("dialog").get_by_role("button", name="发布", exact=True).click()


def untranslated(page: Page) -> list[str]:
    """Return the texts that the drawing libraries showed in English on a Chinese page."""
    texts: list[str] = page.evaluate(
        "() => [...(document.getElementById('modeler').missingTexts ?? [])].sort()"
    )
    return texts


def newest_xml(city: City, key: str) -> bytes:
    with city.database.reading() as session:
        return definitions.xml(session, definitions.latest(session, key).id)


@pytest.fixture
def unchanged(city: City) -> Iterator[None]:
    """Take the process back to its own diagram after the test: other tests walk it."""
    yield
    actor = city.actor("supervisor")
    with city.database.unit_of_work() as session:
        base = definitions.latest(session, "clue_transfer")
        first = definitions.list_definitions(session, key="clue_transfer")[-1]
        last = definitions.drafts.newest(session, base.key)
        now, then = (
            {file.name: file.content for file in definitions.resources(session, one.deployment_id)}
            for one in (base, first)
        )
        if now != then:
            seen = last.number if last else 0
            drawn = definitions.Drawn(first, CLUES.read_bytes(), {}, seen, base.id)
            definitions.publish(session, drawn, reason="test", actor=actor, profile="office")


def test_a_step_is_added_refused_mended_and_published(
    city: City, visit: Visit, accessible: Callable[[Page], None], unchanged: None
) -> None:
    running = city.transfer()
    page = open_modeler(visit, "clue_transfer")
    add_step(page, "f_complete", "复核")
    expect(page.get_by_role("status").filter(has_text="尚未保存")).to_be_visible()
    choose(page, "role", "case_supervision_head")
    choose(page, "officeForm", "clue_hold")
    finding = page.locator("[data-findings] button", has_text=FINDING)
    expect(finding).to_contain_text("复核")
    expect(page.locator(".found-policy")).to_have_count(1)
    publish(page)
    expect(page.get_by_role("status").filter(has_text="未发布")).to_be_visible()
    expect(page.get_by_role("dialog")).to_be_hidden()
    accessible(page)
    assert foreign_words(page) - OWN == set()

    # Whatever is drawn with a name has one in English, a line as well.
    page.locator("[data-element-id=f_incomplete] .djs-hit").first.click(force=True)
    expect(page.locator("[data-group-id=group-office]")).to_be_visible()
    select_element(page, "a3")
    page.locator("[data-findings] li", has_text=FINDING).get_by_role("button", name="去选择").click()
    expect(page.locator("[data-entry-id=limit] select")).to_be_focused()  # of the step that is found
    choose(page, "limit", "D01")
    expect(finding).to_have_count(0)
    assert untranslated(page) == []
    publish(page)
    expect(page).to_have_url(re.compile(r"clue_transfer:2:"))
    expect(page.locator("main > .notice--done")).to_contain_text("已发布")
    expect(page.locator("main")).to_contain_text(REASON)

    fresh = city.transfer()
    assert (running.definition_id[:15], fresh.definition_id[:15]) == ("clue_transfer:1", "clue_transfer:2")
    for instance in (running, fresh):
        city.complete(task := city.task(instance, "a3"), "clerk", **city.answers(task))
    with city.database.reading() as session:
        opened = select(Task.name, Task.due_at).where(Task.closed_at.is_(None))
        old = session.execute(opened.where(Task.instance_id == running.id)).all()
        new = session.execute(opened.where(Task.instance_id == fresh.id)).all()
        acts = session.scalars(select(AuditEvent.act).where(AuditEvent.act == "definition.publish")).all()
    assert "复核" not in {name for name, _ in old}
    assert [name for name, _ in new] == ["复核"]
    assert all(due for _, due in new)
    assert len(acts) == 1


def test_forms_and_tables_are_drawn_beside_the_diagram_and_published_with_it(
    city: City, visit: Visit, accessible: Callable[[Page], None], unchanged: None
) -> None:
    page = open_modeler(visit, "clue_transfer")
    files, beside = page.get_by_label("正在编辑"), page.locator("[data-beside]")
    files.select_option("clue_hold.form.json")
    expect(beside).to_have_attribute("data-opened", "clue_hold.form.json")
    expect(page.locator(".modeler__canvas")).to_be_hidden()
    page.locator(".fjs-form-field-textarea", has_text="原因说明").click(position={"x": 5, "y": 5})
    beside.locator("[data-group-id=group-general] button[title='展开或收起']").click()
    beside.get_by_role("textbox", name="名称", exact=True).fill("为何暂存")
    expect(page.locator(".fjs-form-field", has_text="为何暂存")).to_be_visible()
    expect(page.get_by_role("status").filter(has_text="尚未保存")).to_be_visible()
    accessible(page)

    page.get_by_role("button", name="新建决策表").click()
    asked = page.get_by_role("dialog")
    asked.get_by_label("编号").fill("who_looks")
    asked.get_by_label("名称").fill("由谁复查")
    asked.get_by_role("button", name="新建", exact=True).click()
    expect(beside).to_have_attribute("data-opened", "who_looks.dmn")
    finding = page.locator("[data-findings] li", has_text="who_looks.dmn")
    expect(finding.first).to_be_visible()  # it has no rule yet
    files.select_option("")
    expect(page.locator(".modeler__canvas")).to_be_visible()
    finding.locator("button").first.click()
    expect(beside).to_have_attribute("data-opened", "who_looks.dmn")
    expect(page.locator("[data-told] li").first).to_be_visible()  # above the table itself, too
    accessible(page)
    assert foreign_words(page) - OWN - OF_TABLES == set()
    assert untranslated(page) == []

    page.get_by_role("button", name="保存草稿").click()
    expect(page.get_by_role("status").filter(has_text="草稿已于")).to_be_visible()
    again = open_modeler(visit, "clue_transfer")
    expect(again.get_by_label("正在编辑").locator("option[value='who_looks.dmn']")).to_have_text("由谁复查")
    with city.database.reading() as session:
        draft = definitions.drafts.pending(session, "clue_transfer")
        assert draft
        assert sorted(draft.beside) == ["clue_hold.form.json", "who_looks.dmn"]
        before = json.loads((CLUES.parent / "clue_hold.form.json").read_text("utf-8"))
    changed = json.loads(draft.beside["clue_hold.form.json"])
    before["components"][1]["label"] = "为何暂存"
    assert [part(one) for one in changed["components"]] == [part(one) for one in before["components"]]

    again.get_by_role("link", name="比较差异").click()
    expect(again.locator("#comparison")).to_have_attribute("data-ready", "yes")
    expect(again.get_by_text("流程图没有差异")).to_be_visible()
    row = again.get_by_role("row").filter(has_text="components[reason_text].label")
    expect(row.get_by_role("cell")).to_have_text(["components[reason_text].label", "原因说明", "为何暂存"])
    accessible(again)
    assert foreign_words(again) == set()


def test_the_panel_offers_what_the_office_has_and_keeps_what_it_is_not_asked_to_change(
    city: City, visit: Visit, accessible: Callable[[Page], None]
) -> None:
    page = open_modeler(visit, "clue_transfer")
    show(page, "a9")
    for group in ("help", "effect", "duties", "reminding"):
        page.locator(f"[data-group-id=group-{group}] [title='展开或收起']").click()
    operation = page.get_by_label("表单登记动作")
    expect(page.locator("[data-entry-id=record]")).to_contain_text("集体研究提出处置意见")
    operation.fill("处置")
    expect(page.locator("[data-entry-id=record]")).to_contain_text("请从列表中选择")
    assert setting(page, "a9", "record") == "clues.propose_disposal"
    offered = page.locator("#operations-record option[label='审批处置意见']").get_attribute("value")
    operation.fill(offered or "")
    expect(page.locator("[data-entry-id=record]")).to_contain_text("审批处置意见")
    choose(page, "limit", "T12")
    page.get_by_label("截止日变量").fill("until_on")
    page.get_by_label("英文说明").fill("Study it together.")
    page.get_by_label("中文说明").fill("集体研究。")
    choose(page, "drafts", "talk_plan")
    choose(page, "ladder", "none")
    accessible(page)
    assert foreign_words(page) - SETTINGS - OF_TABLES == set()
    assert untranslated(page) == []
    xml = drawn(page)
    assert xml.count("limit(&#39;T12&#39;, study_from, until_on)") == 1
    assert "<bpmn:documentation>集体研究。</bpmn:documentation>" in xml
    told = {"record": "clues.approve_disposal", "help_en": "Study it together.", "drafts": "talk_plan"}
    assert {name: setting(page, "a9", name) for name in told} == told
    for _ in range(len(["record", "limit", "to", "help_en", "help", "drafts", "ladder"])):
        page.get_by_role("button", name="撤销", exact=True).click()
    assert drawn(page) == CLUES.read_text("utf-8")

    # A service task has its operation, a line and a lane their English name.
    service = page.evaluate(
        """() => document.getElementById('modeler').modeler.get('elementRegistry')
          .find(({ businessObject: one }) => one.get('camunda:delegateExpression') === '${clues.join}').id"""
    )
    show(page, service)
    expect(page.get_by_label("操作", exact=True)).to_have_value("clues.join")
    page.get_by_label("操作", exact=True).fill("clues.resolve")
    expect(page.locator("[data-entry-id=operation]")).to_contain_text("线索办结")
    assert drawn(page).count('"${clues.join}"') == CLUES.read_text("utf-8").count('"${clues.join}"') - 1


@pytest.mark.parametrize("https", [True, False])
def test_steps_are_copied_into_another_diagram(visit: Visit, https: bool) -> None:
    page = visit("supervisor")
    if https:
        page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    else:  # as over plain HTTP, where a browser has no clipboard for pages
        page.context.add_init_script("Object.defineProperty(navigator, 'clipboard', { value: undefined })")
    go_to_modeler(page, "clue_transfer")
    show(page, "a3")
    page.locator(".modeler__canvas svg").first.focus()
    page.keyboard.press("Control+c")
    if https:
        page.evaluate("localStorage.clear()")
    go_to_modeler(page, "errand")
    page.locator("[data-element-id=errand] .djs-hit, .djs-container svg").first.click(
        position={"x": 600, "y": 60}
    )
    page.keyboard.press("Control+v")
    page.mouse.move(700, 600, steps=3)
    page.mouse.down()
    page.mouse.up()
    expect(page.locator(".djs-shape", has_text="接收并审查材料")).to_have_count(1)
    for what in ("clues.receive", 'camunda:candidateGroups="case_supervision"'):
        assert what in drawn(page)


def test_the_keys_are_told_and_the_small_map_shows_the_whole(
    visit: Visit, accessible: Callable[[Page], None]
) -> None:
    page = open_modeler(visit, "errand")
    for button in ("撤销", "重做"):
        expect(page.get_by_role("button", name=button, exact=True)).to_be_disabled()
    page.get_by_role("button", name="缩略图").click()
    expect(page.locator(".djs-minimap .map [data-element-id], .djs-minimap .map g").first).to_be_visible()
    select_element(page, "fill")
    page.keyboard.press("Delete")
    expect(page.locator("[data-element-id=fill]")).to_have_count(0)
    page.keyboard.press("Control+z")
    expect(page.locator("[data-element-id=fill]").first).to_be_visible()
    expect(page.get_by_role("button", name="重做", exact=True)).to_be_enabled()
    page.keyboard.press("?")
    sheet = page.get_by_role("dialog", name="流程图快捷键")
    expect(sheet).to_contain_text("保存草稿")
    accessible(page)
    assert foreign_words(page) - OWN == set()
    assert untranslated(page) == []
    sheet.get_by_role("button", name="关闭").click()
    select_element(page, "fill")
    page.get_by_label("英文名称").press("?")  # writes it
    expect(sheet).to_be_hidden()


def show(page: Page, element: str) -> None:
    """Select an element wherever it lies."""
    page.evaluate(
        """(id) => {
          const { modeler } = document.getElementById('modeler');
          const element = modeler.get('elementRegistry').get(id);
          modeler.get('canvas').scrollToElement(element, 120);
          modeler.get('selection').select(element);
        }""",
        element,
    )
    expect(page.locator("[data-group-id=group-office]")).to_be_visible()


def setting(page: Page, element: str, name: str) -> str:
    """Return an own setting of an element as the diagram has it now."""
    value: str = page.evaluate(
        """([id, name]) => document.getElementById('modeler').modeler.get('elementRegistry').get(id)
          .businessObject.extensionElements.values.flatMap((one) => one.values ?? [])
          .find((one) => one.name === name)?.value ?? ''""",
        [element, name],
    )
    return value


def drawn(page: Page) -> str:
    """Return the diagram as it would be saved."""
    xml: str = page.evaluate(
        "async () => (await document.getElementById('modeler').modeler.saveXML({ format: true })).xml"
    )
    return xml


def test_what_is_found_is_shown_on_the_way_to_it_and_mended_from_the_list(
    city: City, visit: Visit, tmp_path: Path
) -> None:
    drawn = newest_xml(city, "errand").decode()
    without = re.sub(r' default="\w+"', "", drawn)
    always = re.sub(r"<bpmn:conditionExpression.*?</bpmn:conditionExpression>", "", without, flags=re.DOTALL)
    page = open_modeler(visit, "errand")

    def show(xml: str) -> None:
        (file := tmp_path / "drawn.bpmn").write_text(xml, "utf-8")
        page.locator("[data-upload]").set_input_files(file)

    show(always.replace("exclusiveGateway", "parallelGateway"))
    page.locator("[data-findings] button.finding", has_text="到不了结束").click()
    expect(page.locator(".found-order")).to_have_text("1")
    expect(page.locator("[data-element-id=begin].found-path")).to_be_visible()

    show(without)
    expect(page.locator(".found-order")).to_have_count(0)
    page.get_by_role("button", name="将此出路设为默认").click()
    expect(page.get_by_text("没有发现问题")).to_be_visible()
    assert 'default="f4"' in download(page).decode()


def test_an_element_that_was_changed_moved_or_taken_out_is_shown_in_both_versions(
    city: City, visit: Visit, accessible: Callable[[Page], None]
) -> None:
    with city.database.unit_of_work() as session:
        base = definitions.latest(session, "errand")
        last = definitions.drafts.newest(session, "errand")
        drawn = definitions.xml(session, base.id)
        changed = drawn.replace(b'dueDate="P5D"', b'dueDate="P6D"').replace(b'x="160"', b'x="180"')
        seen = last.number if last else 0
        definitions.drafts.save(session, base, changed, seen=seen, actor=city.actor("supervisor"))
    page = visit("supervisor")
    page.goto(f"/processes/{base.id}/compare?with=draft")
    expect(page.locator("#comparison")).to_have_attribute("data-ready", "yes")
    row = page.get_by_role("row").filter(has_text="有改动")
    expect(row.first).to_contain_text("dueDate P5D")
    expect(row.first).to_contain_text("dueDate P6D")
    expect(page.locator(".is-changed")).to_have_count(2)
    accessible(page)
    row.first.get_by_role("button").click()
    with city.database.unit_of_work() as session:
        definitions.drafts.discard(session, base, seen=seen + 1, actor=city.actor("supervisor"))


def part(component: dict[str, object]) -> dict[str, object]:
    """Return a component of a form without where the editor has laid it."""
    return {key: value for key, value in component.items() if key != "layout"}


def test_two_people_put_together_what_they_have_drawn(
    city: City, visit: Visit, accessible: Callable[[Page], None]
) -> None:
    first, second = open_modeler(visit, "errand", "supervisor2"), open_modeler(visit, "errand")
    rename(first, "fill", "甲")
    rename(first, "review", "丙")
    choose(first, "limit", "T12")
    rename(second, "fill", "乙")
    show(second, "finish")
    second.locator("[data-group-id=group-office] button[title='展开或收起']").click()
    second.get_by_label("英文名称").fill("Settled")
    first.get_by_role("button", name="保存草稿").click()
    expect(first.get_by_role("status").filter(has_text="草稿已于")).to_be_visible()
    second.get_by_role("button", name="保存草稿").click()
    expect(second.get_by_role("status").filter(has_text="没有覆盖任何内容")).to_contain_text("沈复核")
    asked = second.get_by_role("dialog", name="两人同时修改")
    expect(asked).to_contain_text("沈复核")
    together = asked.get_by_role("button", name="合并两份")
    together.click()
    clash = asked.get_by_role("group", name="甲")
    expect(asked.get_by_role("group")).to_have_count(1)
    accessible(second)
    assert foreign_words(second) - OWN == set()
    clash.get_by_role("radio", name="对方的").check()
    together.click()
    expect(second.get_by_role("status").filter(has_text="已合并")).to_contain_text(
        "沈复核的改动 2 处，您的改动 1 处"
    )
    assert asked.is_hidden()
    for element, name in (("fill", "甲"), ("review", "丙")):
        expect(second.locator(f"[data-element-id={element}]").first).to_contain_text(name)
    assert 'value="Settled"' in drawn(second)
    expect(second.get_by_text("没有发现问题")).to_be_visible()
    assert untranslated(second) == []
    second.get_by_role("button", name="保存草稿").click()
    expect(second.get_by_role("status").filter(has_text="草稿已于")).to_be_visible()

    page = open_modeler(visit, "errand")
    expect(page.get_by_text("这是林流程于")).to_be_visible()
    expect(page.locator("[data-element-id=review]").first).to_contain_text("丙")
    page.once("dialog", lambda dialog: dialog.accept())
    page.get_by_role("button", name="放弃草稿").click()
    expect(page.locator("main")).to_contain_text("草稿已放弃")
    expect(page.locator("#modeler")).to_have_attribute("data-ready", "yes")
    expect(page.locator("[data-element-id=fill]").first).to_contain_text("填写")
    with city.database.reading() as session:
        of_it = select(DiagramDraft.act).where(DiagramDraft.key == "errand").order_by(DiagramDraft.number)
        acts = session.scalars(of_it).all()
    assert acts[-2:] == ["saved", "discarded"]


def test_a_file_of_the_desktop_modeler_comes_and_goes_without_loss(
    city: City, visit: Visit, tmp_path: Path
) -> None:
    sent = tmp_path / "desktop.bpmn"
    sent.write_bytes(
        newest_xml(city, "errand")
        .replace(b"<bpmn:definitions ", b'<bpmn:definitions xmlns:other="urn:other" other:tool="x" ', 1)
        .replace(b"<bpmn:userTask ", b'<bpmn:userTask other:note="1" camunda:unheard="2" ', 1)
        .replace(
            b"<camunda:properties>",
            b'<other:thing deep="3"><other:more/></other:thing><camunda:properties>',
            1,
        )
    )
    page = open_modeler(visit, "errand")
    page.locator("[data-upload]").set_input_files(sent)
    expect(page.get_by_role("status").filter(has_text="已打开")).to_be_visible()
    assert download(page) == sent.read_bytes()  # to the letter, while nothing has changed
    select_element(page, "fill")
    choose(page, "limit", "D01")
    changed = sent.read_bytes().replace(b'dueDate="P5D"', b"dueDate=\"${limit('D01')}\"")
    assert canonical(download(page)) == canonical(changed)


def download(page: Page) -> bytes:
    """Return the file that the page gives."""
    with page.expect_download() as downloading:
        page.get_by_role("button", name="下载文件").click()
    assert downloading.value.suggested_filename == "errand.bpmn"
    return Path(downloading.value.path()).read_bytes()


def rename(page: Page, element: str, name: str) -> None:
    """Give an element another name in the panel."""
    select_element(page, element)
    field = page.get_by_role("textbox", name="名称", exact=True)
    if not field.is_visible():
        page.locator("[data-group-id=group-general] button[title='展开或收起']").click()
    field.fill(name)
    expect(page.locator(f"[data-element-id={element}]").first).to_contain_text(name)
    expect(page.get_by_role("status").filter(has_text="尚未保存")).to_be_visible()


def canonical(xml: bytes) -> str:
    """Return XML in a form that is equal where nothing but white space and the order of attributes differ."""
    tree = etree.fromstring(xml, etree.XMLParser(remove_blank_text=True, remove_comments=True))
    return etree.tostring(tree, method="c14n2").decode()


def test_what_is_no_diagram_is_not_opened(visit: Visit, tmp_path: Path) -> None:
    page = open_modeler(visit, "errand")
    (bad := tmp_path / "bad.bpmn").write_text("<html>", "utf-8")
    page.locator("[data-upload]").set_input_files(bad)
    expect(page.get_by_role("status").filter(has_text="不是可以打开的流程图")).to_be_visible()
    expect(page.locator("[data-element-id=fill]").first).to_be_visible()


@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize("width", [1440, 390])
def test_the_page_is_for_everybody(
    visit: Visit, accessible: Callable[[Page], None], lang: str, width: int
) -> None:
    page = open_modeler(visit, "errand", lang=lang, width=width)
    narrow = page.get_by_text("窗口太窄" if lang == "zh" else "This window is too narrow")
    expect(narrow).to_be_visible() if width < 900 else expect(narrow).to_be_hidden()
    expect(page.locator("[data-element-id=fill]").first).to_be_visible()
    if width > 900:
        select_element(page, "fill")
        expect(page.get_by_text("没有发现问题" if lang == "zh" else "Nothing found.")).to_be_visible()
    accessible(page)
    assert not overflows(page)
    if lang == "zh":
        assert foreign_words(page) - OWN == set()
        assert untranslated(page) == []


def test_the_mark_of_the_library_is_seen_whole(visit: Visit) -> None:
    page = open_modeler(visit, "errand")
    mark = page.locator(".bjs-powered-by")
    mark.scroll_into_view_if_needed()
    mark.click(trial=True)  # fails if anything lies over it


def test_who_is_no_supervisor_does_not_come_in(city: City, visit: Visit) -> None:
    page = visit("handler")
    with city.database.reading() as session:
        definition = definitions.latest(session, "errand").id
    answer = page.goto(f"/processes/{definition}/model")
    assert answer
    assert answer.status == 403
