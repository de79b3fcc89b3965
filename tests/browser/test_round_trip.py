"""Every diagram of bpmn/ opened and saved, in the browser's modeler and in the desktop's: no line changes."""

from __future__ import annotations

import difflib

import pytest
from playwright.sync_api import Page

from server import folders
from tests.browser import desktop
from tests.browser.conftest import Visit
from tests.browser.test_modeler import open_modeler

DIAGRAMS = sorted(folders.BPMN.glob("*/*.bpmn"))


def changed_lines(saved: list[str]) -> list[str]:
    """Return the lines by which saved diagrams differ from the files."""
    return [
        f"{file.name}: {line}"
        for file, text in zip(DIAGRAMS, saved, strict=True)
        for line in difflib.unified_diff(
            file.read_text("utf-8").splitlines(), text.splitlines(), n=0, lineterm=""
        )
    ]


@pytest.fixture
def texts() -> list[str]:
    assert len(DIAGRAMS) > 50
    return [file.read_text("utf-8") for file in DIAGRAMS]


def test_the_browser_saves_every_diagram_as_it_was(visit: Visit, texts: list[str]) -> None:
    page = open_modeler(visit, "errand")
    found = desktop.save(page, "document.getElementById('modeler').modeler", texts)
    assert changed_lines(found) == [], "`make format` writes them so"


def test_the_desktop_saves_every_diagram_as_it_was(page: Page, texts: list[str]) -> None:
    desktop.open_library(page)
    assert changed_lines(desktop.save(page, "window.modeler", texts)) == [], "`make format` writes them so"
