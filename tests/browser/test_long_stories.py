"""Long stories through the pages: from the transfer of a clue to the end of the last process that follows it.

`make soak` plays them at windows, every form filled in by hand; the suite sends what the pages would, and looks at
the pages that matter in the browser.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from handlers.vault import keys
from server import auth
from tests import city as cities
from tests.browser.conftest import served
from tests.browser.people import People, read
from tests.city import City

STORIES = Path(__file__).with_name("stories")
WHOLE = int(os.environ.get("DUBAN_WALKS", "300")) >= 20_000
#: Who is needed here besides those who have an account in the small city.
OTHERS = ("unit", "unit2", "orgdept", "reviewer", "reviewer2", "reviewer3", "head5", "member", "member2")


@pytest.fixture
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[City]:
    """Give a city whose clock nobody else lives by, with a key for its vault."""
    keys.use(None, keys.written(b"k" * keys.KEY_BYTES))
    found = cities.found(tmp_path_factory.mktemp("story"))
    with found.database.unit_of_work() as session:
        for login in OTHERS:
            auth.create(session, login, login, trusted=True)
    yield found
    found.database.close()
    keys.use(None)


@pytest.mark.parametrize(("name", "lang"), [("01_cleared", "zh")])
def test_story(house: City, browser: Browser, name: str, lang: str) -> None:
    """It goes as written, each step by its own person."""
    with served(house.app) as base_url:
        people = People(house, browser, base_url, read(STORIES / f"{name}.yaml"), lang, by_hand=WHOLE)
        try:
            people.play()
        finally:
            people.leave()
