"""The studio from end to end: drawn from nothing, refused, mended, tried, published by two, run, changed and moved."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect
from sqlalchemy import select

from server import worker
from server.auth import sessions
from server.guard import COOKIE
from tests.browser.conftest import foreign_words, served, watch
from tests.browser.test_modeler import add_step, choose, rename
from tests.city import City
from workflows import clock, timers
from workflows.model import Instance, Task, Timer

#: Running instances that are moved; a thousand in the long run.
MANY = 1_000 if int(os.environ.get("DUBAN_WALKS", "300")) >= 1_000 else 60
KEY, NAME = "leave_request", "外出审批"
#: An exclusive gateway before a step whose two ways meet in a parallel one.
DEADLOCK = """() => {
  const modeler = document.getElementById('modeler').modeler;
  const [modeling, make, all, moddle] =
    ['modeling', 'elementFactory', 'elementRegistry', 'moddle'].map((name) => modeler.get(name));
  const step = all.find((one) => one.type === 'bpmn:UserTask' && one.businessObject.name === '批准');
  const [before, behind] = [step.incoming[0], step.outgoing[0]];
  const put = (type, flow) => {
    const [a, b] = [flow.waypoints[0], flow.waypoints.at(-1)];
    return modeling.createShape(make.createShape({ type }), { x: (a.x + b.x) / 2, y: a.y }, flow);
  };
  const [split, join] = [put('bpmn:ExclusiveGateway', before), put('bpmn:ParallelGateway', behind)];
  const around = modeling.connect(split, join);
  const condition = moddle.create('bpmn:FormalExpression', { body: '${1 == 1}' });
  modeling.updateProperties(split.outgoing.find((one) => one !== around), { conditionExpression: condition });
  modeling.updateProperties(split, { default: around.businessObject });
  return join.id;
}"""
MEND = """(id) => {
  const modeler = document.getElementById('modeler').modeler;
  modeler.get('bpmnReplace').replaceElement(
    modeler.get('elementRegistry').get(id), { type: 'bpmn:ExclusiveGateway' });
}"""


@pytest.fixture
def studio(
    house: City, browser: Browser, browser_context_args: dict[str, Any]
) -> Iterator[Callable[[str], Page]]:
    """Return a function that opens a browser signed in as somebody, at a house where two persons publish."""
    house.app.extensions["duban.settings"] = replace(
        house.app.extensions["duban.settings"], second_person=True
    )
    faults: list[str] = []
    with served(house.app) as address:

        def open_as(login: str) -> Page:
            size = {"width": 1440, "height": 900}
            context = browser.new_context(**{**browser_context_args, "base_url": address, "viewport": size})
            token = sessions.sign_in(
                house.database, login, login, remote="127.0.0.1", lasts=timedelta(hours=1)
            )
            context.add_cookies([{"name": COOKIE, "value": token, "url": address}])
            watch(page := context.new_page(), address, faults)
            return page

        yield open_as
        for context in browser.contexts:
            context.close()
    assert faults == []


def new_form(page: Page, key: str, name: str) -> None:
    """Begin a form beside the diagram, and come back to the diagram."""
    page.get_by_role("button", name="新建表单").click()
    asked = page.get_by_role("dialog")
    asked.get_by_label("编号").fill(key)
    asked.get_by_label("名称").fill(name)
    asked.get_by_role("button", name="新建", exact=True).click()
    expect(page.locator("[data-beside]")).to_have_attribute("data-opened", f"{key}.form.json")
    page.get_by_label("正在编辑").select_option("")


def ask(page: Page, reason: str) -> str:
    """Ask for publishing, and return the address of the request."""
    page.get_by_role("button", name="申请发布…").click()
    page.get_by_label("改了什么，为什么").fill(reason)
    page.get_by_role("dialog").get_by_role("button", name="申请发布", exact=True).click()
    expect(page).to_have_url(re.compile("/processes/publications/"))
    return page.url


def confirm(page: Page, address: str, button: str) -> None:
    """Let the second person confirm a request."""
    page.goto(address)
    page.once("dialog", lambda dialog: dialog.accept())
    page.get_by_role("button", name=button, exact=True).click()
    expect(page.locator("main > .notice--done")).to_be_visible()


def work(house: City) -> None:
    worker.run_due(house.database)


def newest(page: Page, version: int) -> str:
    """Go to the list of processes, and return the id of the newest version of the process."""
    page.goto("/processes")
    link = page.locator(f"a[href*='/{KEY}:{version}:']").first
    return str(link.get_attribute("href")).split("/")[2]


def test_from_an_empty_diagram_to_a_mended_instance(
    house: City, studio: Callable[[str], Page], accessible: Callable[[Page], None]
) -> None:
    author, second = studio("supervisor"), studio("supervisor2")
    # Drawn from nothing, and refused: for a missing deadline, and for a deadlock.
    author.goto("/processes")
    author.get_by_label("流程名称").fill(NAME)
    author.get_by_label("程序用标识").fill(KEY)
    author.get_by_role("button", name="开始绘制").click()
    expect(author.locator("#modeler")).to_have_attribute("data-ready", "yes")
    add_step(author, "flow", "提出申请")
    choose(author, "role", "handler")
    new_form(author, "leave_form", "外出审批单")
    findings = author.locator("[data-findings]")
    findings.locator("li", has_text="没有表单").get_by_role("button", name="去选择").click()
    choose(author, "officeForm", "leave_form")
    behind = author.evaluate(
        """() => document.getElementById('modeler').modeler.get('elementRegistry')
          .find((one) => one.type === 'bpmn:UserTask').outgoing[0].id"""
    )
    add_step(author, behind, "批准")
    choose(author, "role", "handler")
    choose(author, "limit", "D01")
    choose(author, "officeForm", "leave_form")
    expect(findings.get_by_text("此环节没有期限")).to_be_visible()
    join = author.evaluate(DEADLOCK)
    expect(findings.get_by_text("可能在此卡住").first).to_be_visible()
    author.get_by_role("button", name="申请发布…").click()
    author.get_by_label("改了什么，为什么").fill("新流程")
    author.get_by_role("dialog").get_by_role("button", name="申请发布", exact=True).click()
    expect(author.get_by_role("status").filter(has_text="未发布")).to_be_visible()
    # Mended: a button leads to the step without a deadline; the gateways are made of one kind.
    author.evaluate(MEND, join)
    expect(findings.get_by_text("可能在此卡住")).to_have_count(0)
    findings.locator("li", has_text="此环节没有期限").locator("button").first.click()
    choose(author, "limit", "D01")
    expect(findings.get_by_text("此环节没有期限")).to_have_count(0)
    author.get_by_role("button", name="保存草稿").click()
    expect(author.get_by_role("status").filter(has_text="草稿已于")).to_be_visible()

    # Tried, with a clock that is moved.
    base = newest(author, 1)
    author.goto(f"/processes/{base}/try")
    author.get_by_role("button", name="开始试运行").click()
    author.get_by_role("button", name="发起", exact=True).click()
    expect(author.get_by_role("heading", name="提出申请")).to_be_visible()
    author.get_by_role("button", name="过 30 天").click()
    expect(author.locator(".token-overdue")).to_have_count(1)
    accessible(author)
    for _ in range(2):
        author.get_by_role("button", name="办结", exact=True).click()
    expect(author.get_by_text("没有待办任务")).to_be_visible()
    assert foreign_words(author) <= {
        "supervisor",
        "handler",
        "handlers",
        "leader",
        "leaders",
        "office",
        "JSON",
    }
    with house.database.reading() as session:
        assert session.scalars(select(Instance)).all() == []

    # Published by two, and run.
    author.goto(f"/processes/{base}/model")
    expect(author.locator("#modeler")).to_have_attribute("data-ready", "yes")
    asked = ask(author, "外出前须经批准")
    assert author.get_by_role("button", name="确认").count() == 0
    confirm(second, asked, "发布")
    begun = [house.start(KEY) for _ in range(MANY)]
    first = house.task(begun[0])
    house.complete(first, "handler")
    first_version = newest(author, 2)

    # Changed, compared, and what runs is moved.
    author.goto(f"/processes/{first_version}/model")
    expect(author.locator("#modeler")).to_have_attribute("data-ready", "yes")
    rename(author, first.element_id, "填写申请")
    confirm(second, ask(author, "名称说清楚"), "发布")
    second_version = newest(author, 3)
    author.goto(f"/processes/{second_version}/compare")
    expect(author.locator("#comparison")).to_have_attribute("data-ready", "yes")
    expect(author.get_by_text("填写申请").first).to_be_visible()
    author.goto(f"/processes/{first_version}/migrate")
    author.get_by_role("button", name="先预演：逐件查看结果").click()
    expect(author.get_by_text(f"可迁移 {MANY} 个")).to_be_visible()
    author.once("dialog", lambda dialog: dialog.accept())
    author.get_by_role("button", name="开始迁移").click()
    expect(author).to_have_url(re.compile("/processes/migrations/"))
    work(house)
    expect(author.get_by_text(f"已完成 {MANY} / {MANY}")).to_be_visible()

    # It stands on the diagram of the cockpit; one is sent back by two, and an incident is tried again.
    author.goto("/cockpit")
    accessible(author)
    author.goto(f"/cockpit/processes/{second_version}")
    expect(author.locator(".standing__all").first).to_be_visible()
    accessible(author)
    assert foreign_words(author) == set()
    author.goto(f"/cockpit/instances/{begun[0].id}")
    expect(author.locator(".diagram")).to_have_attribute("data-ready", "yes")
    accessible(author)
    author.get_by_text("退回任务 …").click()
    form = author.locator("details[open] form")
    form.get_by_label("哪个任务，到哪个环节").select_option(index=1)
    form.locator("[name=reason]").fill("申请不全")
    form.get_by_role("button", name="提交第二人复核").click()
    expect(author).to_have_url(re.compile("/cockpit/requests/"))
    confirm(second, author.url, "同意，立即执行")
    assert house.task(begun[0]).element_id == first.element_id
    with house.database.unit_of_work() as session:
        ladder = select(Timer).where(Timer.instance_id == begun[0].id, Timer.status == "waiting")
        timer = session.scalars(ladder.order_by(Timer.due_at).limit(1)).one()
    for _ in range(5):
        with house.database.unit_of_work() as session:
            timers.failed(session, timer.id, ValueError("日历没有这一年"))
    author.goto("/cockpit/faults")
    expect(author.get_by_text("日历没有这一年")).to_be_visible()
    accessible(author)
    author.get_by_role("button", name="重试所选").click()
    expect(author.get_by_text("没有未处理的故障")).to_be_visible()
    with clock.held_at(timer.due_at + timedelta(seconds=1)):
        work(house)
    with house.database.reading() as session:
        assert session.get_one(Timer, timer.id).status == "fired"
        assert len(session.scalars(select(Task).where(Task.closed_at.is_(None))).all()) == MANY
