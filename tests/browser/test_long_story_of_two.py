"""The longest of the stories through the pages, in a file of its own: files are what processes share."""

from __future__ import annotations

from playwright.sync_api import Browser

from tests.browser import people
from tests.city import City


def test_two_persons(house: City, browser: Browser) -> None:
    """It goes as written, each step by its own person."""
    people.play(house, browser, "02_two_persons")
