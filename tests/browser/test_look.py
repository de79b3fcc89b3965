"""Every page in both languages, wide and narrow: axe is silent, no wrong language, nothing cut off."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from playwright.sync_api import Page, expect

from handlers import office, uploads
from handlers.registers import Clue
from server import worker
from tests.browser.conftest import Visit, foreign_words, overflows
from tests.cases import filed
from tests.city import REQUEST, City

languages = pytest.mark.parametrize("lang", ["zh", "en"])
#: English is the longer one: what fits a telephone in English fits a desk.
WIDTHS = {"zh-CN": (390, 1440), "en": (390,)}
#: The markup is the same at both widths: axe reads it once in each language, narrow in one and wide in the other.
READ_AT = {"zh-CN": 1440, "en": 390}


@pytest.fixture
def good(accessible: Callable[[Page], None]) -> Callable[[Page], None]:
    """Return the check that every page has to pass."""

    def check(page: Page) -> None:
        language = page.locator("html").get_attribute("lang") or ""
        for width in WIDTHS[language]:
            page.set_viewport_size({"width": width, "height": 900})
            if width == READ_AT[language]:
                accessible(page)
            assert not overflows(page)
        if language == "zh-CN":
            assert foreign_words(page) == set()

    return check


@languages
def test_signing_in(visit: Visit, good: Callable[[Page], None], lang: str) -> None:
    page = visit(None, lang=lang)
    page.goto("/signin")
    good(page)
    page.locator("#login").fill("handler")
    page.locator("#password").fill("wrong")
    page.locator("#password").press("Enter")
    expect(page.get_by_role("alert")).to_be_visible()
    good(page)


@languages
def test_a_task_from_list_to_end(city: City, visit: Visit, good: Callable[[Page], None], lang: str) -> None:
    late = city.task(city.start(business_key="WC-2026-101"))
    city.make_late(late, by=timedelta(days=3))
    task = city.task(instance := city.start(business_key="WC-2026-102"))
    page = visit("handler2", lang=lang)
    page.goto("/inbox?box=groups")
    good(page)
    page.goto(f"/tasks/{task.id}")
    expect(page.locator("[data-ready]")).to_be_visible()
    good(page)
    city.claim(task, "handler2")
    page.goto(f"/tasks/{task.id}")
    page.locator(".buttons--form button").first.click()
    expect(page.get_by_role("alert")).to_be_visible()
    for details in page.locator("details").all():
        details.locator("summary").click()
    good(page)
    city.complete(task, "handler2", **REQUEST)
    page.goto(f"/tasks/{task.id}")
    good(page)
    page.goto("/inbox?box=done")
    good(page)
    page.goto(f"/tasks/{city.task(instance).id}")
    good(page)


@languages
def test_pages_without_a_matter(visit: Visit, good: Callable[[Page], None], lang: str) -> None:
    page = visit("auditor", lang=lang)
    for address in (
        "/inbox",
        "/inbox?text=nothing",
        "/profile",
        "/profile/security",
        "/nowhere",
        "/people",
        "/notifications",
    ):
        page.goto(address)
        good(page)


@languages
def test_pages_of_a_matter(city: City, visit: Visit, good: Callable[[Page], None], lang: str) -> None:
    instance = city.transfer()
    task = city.claim(city.advance(instance, "a9"), "handler")
    with city.database.unit_of_work() as session:
        clue = session.get_one(Clue, city.clue(instance))
        filed(
            session,
            clue,
            decided={"day": "2026-03-02", "party": "PD3", "administrative": "AD4", "months": 12},
        )
    page = visit("handler", lang=lang)
    for address in (f"/tasks/{task.id}", "/clues", f"/clues/{clue.id}", "/cases", "/interviews"):
        page.goto(address)
        if page.locator("[data-diagram]").count():
            expect(page.locator("[data-ready]")).to_be_visible()
        good(page)


@languages
def test_documents_of_a_matter(city: City, visit: Visit, good: Callable[[Page], None], lang: str) -> None:
    text = "情况说明\n" + "长" * 400
    with city.database.unit_of_work() as session:
        sent = uploads.keep(session, login="agency", filename="情况说明.txt", content=text.encode()).id
    instance = city.transfer(materials=[sent])
    city.advance(instance, "a10_a2")
    clue = city.clue(instance)
    page = visit("handler", lang=lang)
    page.goto(f"/clues/{clue}")
    documents = page.locator("section[aria-labelledby=documents] tbody td:first-child a")
    addresses = [str(link.get_attribute("href")) for link in documents.all()]
    assert len(addresses) == 6
    for address in addresses:
        page.goto(address)
        good(page)
    page.goto(addresses[-2])
    expect(page.locator(".paper__title")).to_have_text("问题线索处置呈批表")
    page = visit("agency", lang=lang)
    page.goto("/transfers")
    good(page)
    page.locator("td a", has_text="移送回执" if lang == "zh" else "receipt").first.click()
    expect(page.locator(".paper__title")).to_have_text("问题线索移送回执")
    good(page)


@languages
def test_pages_of_an_agency(city: City, visit: Visit, good: Callable[[Page], None], lang: str) -> None:
    city.transfer()
    page = visit("agency", lang=lang)
    for address in ("/transfers", "/transfers/lists", "/transfers/new"):
        page.goto(address)
        good(page)
    page.get_by_role("button", name="提交移送" if lang == "zh" else "Send the transfer").last.click()
    good(page)


@languages
def test_pages_of_who_runs_the_house(
    city: City, visit: Visit, good: Callable[[Page], None], lang: str
) -> None:
    instance = city.start()
    page = visit("supervisor", lang=lang)
    limits = (
        "/limits?status=design",
        "/limits/T19",
        "/limits/T12/change",
        "/limits/simulator?n=3&unit=M&start=2026-09-03",
    )
    processes = ("/processes", f"/processes/{instance.definition_id}", f"/tasks/{city.task(instance).id}")
    for address in (*processes, *limits):
        page.goto(address)
        if page.locator("[data-diagram]").count():
            expect(page.locator("[data-ready]")).to_be_visible()
        good(page)
    page = visit("admin", lang=lang)
    page.goto("/people")
    good(page)
    page = visit("principal", lang=lang)
    for address in ("/clearing", "/interference"):
        page.goto(address)
        good(page)


@pytest.mark.parametrize(("lang", "month"), [("zh", "2022-01"), ("en", "2022-05")])
def test_returns_from_the_agency_to_the_overdue_list(
    city: City, visit: Visit, good: Callable[[Page], None], lang: str, month: str
) -> None:
    """An agency closes a nil return; the head of case supervision finds the other one overdue."""
    page = visit("agency", lang=lang)
    page.goto("/returns")
    good(page)
    city.ask("STJ", "YJJ", month=month)
    page.reload()
    page.locator("td[data-label] a").first.click()
    good(page)
    page.locator(".claim button").click()
    page.locator("[name=kind][value=nil]").check()
    page.locator("[name=reason]").fill("经办人轮换")
    page.locator("[name=head_sign]").fill("金局长")
    page.locator("[name=sign]").check()
    page.locator(".buttons--form button").first.click()
    expect(page.get_by_role("status")).to_be_visible()
    page.goto("/returns")
    page.locator("td.tight a").first.click()
    expect(page.locator(".paper__title")).to_have_text("问题线索移送零报告")
    good(page)
    while worker.run_due(city.database):
        pass
    page = visit("head", lang=lang)
    page.goto("/periods")
    expect(page.locator("tbody").first).to_contain_text("应急管理局" if lang == "zh" else "Emergency")
    good(page)
    for address in (
        page.locator("tbody tr").first.locator("a").all()[1].get_attribute("href"),
        "/periods/new",
    ):
        page.goto(address or "")
        good(page)
    page.goto("/periods/agencies")
    good(page)
    page.goto("/inbox?box=groups&step=return_period:o_urge")
    page.locator("#tasks tbody a").first.click()
    expect(page.locator("#returned")).to_be_visible()
    expect(page.locator("[data-ready]")).to_be_visible()
    good(page)


@pytest.mark.parametrize(("lang", "width"), [("zh", 1440), ("en", 390)])
def test_deadlines_and_messages(
    city: City, visit: Visit, good: Callable[[Page], None], lang: str, width: int
) -> None:
    late = city.claim(city.task(city.start(business_key="WC-2026-201")), "handler")
    city.make_late(late, by=timedelta(days=30))
    page = visit("handler", lang=lang, width=width)
    month = (office.today() - timedelta(days=31)).strftime("%Y-%m")
    for address in ("/week", f"/calendar?unit=JD1&month={month}", "/profile/notices", "/notifications"):
        page.goto(address)
        good(page)
    page.goto("/profile/notices")
    page.on("dialog", lambda dialog: dialog.accept())
    page.locator("form[action$='/profile/calendar'] button").click()
    expect(page.locator("code")).to_contain_text("/calendar/")
    page = visit("admin", lang=lang, width=width)
    page.goto("/outgoing")
    page.locator("form[action$='/outgoing/webhooks'] button").click()
    expect(page.get_by_role("alert")).to_be_visible()
    good(page)
