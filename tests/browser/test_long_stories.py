"""Long stories through the pages: from the transfer of a clue to the end of the last process that follows it.

`make soak` plays them at windows, every form filled in by hand; the suite sends what the pages would, and looks at
the pages that matter in the browser.
"""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser

from tests.browser import people
from tests.city import City

#: A minute in the browser, for `make soak`; `tests/scenarios` tells one like it in every run.
LONGEST = ["03_transferred_and_dead"] if people.WHOLE else []


@pytest.mark.parametrize("name", ["01_cleared", *LONGEST])
def test_story(house: City, browser: Browser, name: str) -> None:
    """It goes as written, each step by its own person."""
    people.play(house, browser, name)
