"""The real application over a real database, and a browser that reports every fault it sees."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, Request, expect

from handlers.registers.numbers import PREFIXES
from handlers.vault import keys
from server import auth, folders
from server.auth import sessions
from server.guard import COOKIE
from server.serving import Server, listen
from server.settings import Settings
from tests import city as cities
from tests.city import City

AXE = folders.BPMN.parent / "server/web/node_modules/axe-core/axe.min.js"
LATIN = re.compile(r"(?<![.\w])[A-Za-z]{2,}")
#: Latin words that are right on a Chinese page: kinds and sizes of files, what numbers begin with.
ALLOWED = {"PDF", "Word", "Excel", "OFD", "ZIP", "WC", "XS", "YS", "HZ", "FB", "CZ", "YJ", "BS"}
ALLOWED |= {*PREFIXES.values(), "FK", "GZ", "JD", "MF", "YQ", "SHA", "KB", "MB", "https", "http", "HTTPS"}
#: Names of keys.
ALLOWED |= {"Ctrl", "Shift", "Del", "Esc"}

#: Who is needed in long stories besides those who have an account in the small city.
OTHERS = (
    "unit",
    "unit2",
    "orgdept",
    "reviewer",
    "reviewer2",
    "reviewer3",
    "head3",
    "head5",
    "member",
    "member2",
)
OTHERS += ("handler5", "handler6")

Visit = Callable[..., Page]


@pytest.fixture(scope="session")
def the_city(tmp_path_factory: pytest.TempPathFactory) -> Iterator[City]:
    """Give the city of this worker."""
    found = cities.found(tmp_path_factory.mktemp("browser"))
    yield found
    found.database.close()


@pytest.fixture(scope="session")
def base_url(the_city: City) -> Iterator[str]:
    """Give the address of the served application."""
    with served(the_city.app) as address:
        yield address


@contextmanager
def served(app: Flask) -> Iterator[str]:
    """Serve an application in a thread as `duban serve` does, and give its address."""
    settings = Settings(host="127.0.0.1", port=0)
    server = Server(app, listen(settings), settings)
    thread = threading.Thread(target=server.run)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.port}"
    finally:
        server.stop()
        thread.join()


@pytest.fixture
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[City]:
    """Give a city for one long story, whose clock nobody else lives by, with a key for its vault."""
    keys.use(None, keys.written(b"k" * keys.KEY_BYTES))
    found = cities.found(tmp_path_factory.mktemp("story"))
    with found.database.unit_of_work() as session:
        for login in OTHERS:
            auth.create(session, login, login, trusted=True)
    yield found
    found.database.close()
    keys.use(None)


@pytest.fixture
def city(the_city: City, base_url: str) -> City:
    """Return the city, served."""
    return the_city


@pytest.fixture
def faults(base_url: str) -> Iterator[list[str]]:
    """Give the list of errors in the console and of requests to other hosts. It must stay empty."""
    noted: list[str] = []
    yield noted
    assert noted == []


@pytest.fixture
def visit(
    the_city: City, browser: Browser, browser_context_args: dict[str, Any], faults: list[str], base_url: str
) -> Iterator[Visit]:
    """Return a function that opens a browser of its own, signed in as somebody, or as nobody (None)."""
    contexts: list[BrowserContext] = []

    def open_as(login: str | None, *, lang: str = "zh", width: int = 1440, script: bool = True) -> Page:
        size = {"width": width, "height": 900 if width > 600 else 844}
        told = {"base_url": base_url, "viewport": size, "java_script_enabled": script}
        context = browser.new_context(**{**browser_context_args, **told})
        contexts.append(context)
        if lang == "en":
            context.add_cookies([{"name": "duban_language", "value": "en", "url": base_url}])
        if login:
            # With its cookie, as one who has signed in: the sign-in page is a test of its own.
            context.add_cookies([{"name": COOKIE, "value": _signed_in(the_city, login), "url": base_url}])
        page = context.new_page()
        watch(page, base_url, faults)
        return page

    yield open_as
    for context in contexts:
        context.close()


def _signed_in(city: City, login: str) -> str:
    return sessions.sign_in(city.database, login, login, remote="127.0.0.1", lasts=timedelta(hours=12))


def watch(page: Page, base_url: str, faults: list[str]) -> None:
    """Let the page note its faults."""
    ours = (base_url, "data:", "blob:")

    def said(message: ConsoleMessage) -> None:
        # A refusal that a test provokes is an answer, not a fault of the page.
        if message.type == "error" and "status of 4" not in message.text:
            faults.append(message.text)

    def asked(request: Request) -> None:
        if not request.url.startswith(ours):
            faults.append(f"outside: {request.url}")

    page.on("pageerror", lambda error: faults.append(str(error)))
    page.on("console", said)
    page.on("request", asked)


def sign_in(page: Page, login: str) -> None:
    """Fill in the page to sign in; the password is the login."""
    page.goto("/signin")
    page.locator("#login").fill(login)
    page.locator("#password").fill(login)
    page.locator("#password").press("Enter")
    expect(page.locator(".tabs")).to_be_visible()


@pytest.fixture
def accessible() -> Callable[[Page], None]:
    """Return a function that fails on anything that axe finds on the page."""

    def check(page: Page) -> None:
        page.evaluate(AXE.read_text("utf-8"))
        broken = page.evaluate("async () => (await axe.run(document)).violations")
        said = [
            f"{rule['id']}: {node['target']} {node['failureSummary']}"
            for rule in broken
            for node in rule["nodes"]
        ]
        assert said == []

    return check


def foreign_words(page: Page) -> set[str]:
    """Return the Latin words that a reader of the Chinese page meets, on it or through a screen reader."""
    texts = page.evaluate(
        """() => {
          // Codes, the name of the other language, and the mark of the diagram library are as they are.
          const theirs = 'code, [lang=en], .bjs-powered-by, script, style';
          const ours = (element) => element && !element.closest(theirs);
          const found = [document.title];
          const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
          while (walker.nextNode()) {
            if (ours(walker.currentNode.parentElement)) found.push(walker.currentNode.data);
          }
          for (const name of ['aria-label', 'placeholder', 'title', 'alt', 'data-label', 'data-confirm'])
            for (const element of document.querySelectorAll(`[${name}]`))
              if (ours(element)) found.push(element.getAttribute(name));
          return found;
        }"""
    )
    return {word for text in texts for word in LATIN.findall(text)} - ALLOWED


def overflows(page: Page) -> bool:
    """Return whether the page must be scrolled sideways."""
    wider: bool = page.evaluate(
        "() => document.documentElement.scrollWidth > document.documentElement.clientWidth"
    )
    return wider
