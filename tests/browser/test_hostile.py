"""A malicious supervisor's drawings in another's browser: names, texts, forms and tables stay text, on every page."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any
from xml.sax.saxutils import quoteattr

import pytest
from playwright.sync_api import Browser, Page, expect

from server.auth import sessions
from server.guard import COOKIE
from tests.browser.conftest import served, watch
from tests.city import City
from workflows import definitions
from workflows.definitions import drafts, publishing
from workflows.model import ProcessDefinition

#: What would run where a text is taken for a page: each way of it sets a mark.
EVIL = (
    '"><img src=x onerror="window.evil=1"><script>window.evil=1</script>'
    '<a href="javascript:window.evil=1" onclick="window.evil=1">x</a>'
)
FORM = {
    "id": "evil_form",
    "type": "default",
    "schemaVersion": 18,
    "components": [
        {"id": "a", "key": "a", "type": "textfield", "label": EVIL, "description": EVIL},
        {"id": "t", "type": "text", "text": f"# {EVIL}\n[x](javascript:window.evil=1)"},
        {"id": "c", "key": "c", "type": "select", "label": "c", "values": [{"label": EVIL, "value": "v"}]},
    ],
}
TABLE = f"""<?xml version="1.0" encoding="UTF-8"?>
<definitions xmlns="https://www.omg.org/spec/DMN/20191111/MODEL/" id="d" name={quoteattr(EVIL)} namespace="n">
  <decision id="evil_table" name={quoteattr(EVIL)}>
    <decisionTable id="t" hitPolicy="FIRST">
      <input id="i" label={quoteattr(EVIL)}>
        <inputExpression id="e" typeRef="string"><text>a</text></inputExpression></input>
      <output id="o" label={quoteattr(EVIL)} name="o" typeRef="string"/>
      <rule id="r"><description>{EVIL.replace("&", "&amp;").replace("<", "&lt;")}</description>
        <inputEntry id="ie"><text></text></inputEntry><outputEntry id="oe"><text>"x"</text></outputEntry></rule>
    </decisionTable>
  </decision>
</definitions>"""


@pytest.fixture
def two(
    house: City, browser: Browser, browser_context_args: dict[str, Any]
) -> Iterator[Callable[[str], Page]]:
    """Return a function that opens a browser signed in as somebody; what a page does wrong is noted."""
    house.app.extensions["duban.settings"] = replace(
        house.app.extensions["duban.settings"], second_person=True
    )
    faults: list[str] = []
    with served(house.app) as address:

        def open_as(login: str) -> Page:
            context = browser.new_context(**{**browser_context_args, "base_url": address})
            token = sessions.sign_in(
                house.database, login, login, remote="127.0.0.1", lasts=timedelta(hours=1)
            )
            context.add_cookies([{"name": COOKIE, "value": token, "url": address}])
            page = context.new_page()
            page.on("dialog", lambda dialog: faults.append(f"dialog: {dialog.message}"))
            watch(page, address, faults)
            return page

        yield open_as
        for context in browser.contexts:
            context.close()
    # The page's policy would say so in the console where something was kept from running.
    assert faults == []


def lay(house: City) -> tuple[ProcessDefinition, str]:
    """Let one supervisor draw evil things, save them, ask for their publishing, and run what was there before."""
    actor = house.actor("supervisor")
    with house.database.reading() as session:
        base = definitions.latest(session, "errand")
        drawn = definitions.xml(session, base.id).decode()
    name = quoteattr(EVIL)[1:-1].replace('"', "&quot;").replace("<", "&lt;")
    drawn = drawn.replace("填写外出取证申请", name).replace(
        '<bpmn:userTask id="fill"', f'<bpmn:userTask id="fill" camunda:documentation="{name}"'
    )
    beside = {"evil_form.form.json": json.dumps(FORM, ensure_ascii=False), "evil_table.dmn": TABLE}
    with house.database.unit_of_work() as session:
        draft = drafts.save(session, base, drawn.encode(), beside=beside, seen=0, actor=actor)
        files = drafts.together(session, base, draft.content or b"", draft.beside)
        asked = publishing.ask_files(session, files, name=EVIL[:200], actor=actor, profile="engine")
    return base, asked.id


def clean(page: Page) -> None:
    assert page.evaluate("() => window.evil") is None


def test_what_one_supervisor_draws_runs_in_no_others_browser(house: City, two: Callable[[str], Page]) -> None:
    base, asked = lay(house)
    house.start()
    page = two("supervisor2")
    page.goto("/processes")
    clean(page)
    page.goto(f"/processes/{base.id}/model")
    expect(page.locator("#modeler")).to_have_attribute("data-ready", "yes")
    page.locator("[data-element-id=fill] .djs-hit").first.click()
    expect(page.locator("[data-entry-id=name]")).to_be_attached()
    clean(page)
    for name in ("evil_form.form.json", "evil_table.dmn"):
        page.get_by_label("正在编辑").select_option(name)
        expect(page.locator("[data-beside]")).to_have_attribute("data-opened", name)
        clean(page)
    page.goto(f"/processes/{base.id}/compare?with=draft")
    expect(page.locator("#comparison")).to_have_attribute("data-ready", "yes")
    clean(page)
    page.goto(f"/processes/publications/{asked}")
    expect(page.locator(".diagram").first).to_have_attribute("data-ready", "yes")
    clean(page)
    page.goto(f"/processes/{base.id}/try")
    page.get_by_role("button", name="开始试运行").click()
    page.get_by_role("button", name="发起", exact=True).click()
    expect(page.locator(".diagram")).to_have_attribute("data-ready", "yes")
    clean(page)
    page.goto(f"/processes/{base.id}/migrate")
    clean(page)
    with house.database.unit_of_work() as session:
        publishing.confirm(session, asked, actor=house.actor("supervisor2"), profile="engine")
    task = house.task(house.start())
    clerk = two("handler")
    for path in ("/inbox?box=groups", f"/tasks/{task.id}"):
        clerk.goto(path)
        expect(clerk.get_by_text("onerror").first).to_be_attached()  # as it was written
        clean(clerk)
    author = two("supervisor")
    author.goto("/cockpit/instances")
    author.locator("table a").first.click()
    expect(author.locator(".diagram")).to_have_attribute("data-ready", "yes")
    clean(author)
