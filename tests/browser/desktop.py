"""The library of the desktop Camunda Modeler in a page of its own, and what it makes of diagrams.

python -m tests.browser.desktop FILE …     write diagrams as both modelers write them
"""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

from server import folders

LIBRARY = (
    folders.BPMN.parent
    / "server/web/node_modules/camunda-bpmn-js/dist/camunda-platform-modeler.production.min.js"
)
#: Open each diagram and save it. What no warning tells of is not lost.
SAVE = """async ([modeler, texts]) => {
  const saved = [];
  for (const text of texts) {
    const { warnings } = await modeler.importXML(text);
    saved.push(warnings.length ? warnings.map(String).join('; ') : (await modeler.saveXML({ format: true })).xml);
  }
  return saved;
}"""
#: An order of shapes that follows from the last one comes to rest by then.
TURNS = 4


def open_library(page: Page) -> None:
    """Let an empty page hold the desktop's modeler."""
    page.set_content("<div id='canvas' style='height: 600px'></div>")
    page.evaluate(LIBRARY.read_text("utf-8"))
    page.evaluate("window.modeler = new BpmnModeler({ container: '#canvas' })")


def save(page: Page, modeler: str, texts: list[str]) -> list[str]:
    """Return diagrams as `modeler`, an expression of the page, writes them; where it warns, what it says."""
    handle = page.evaluate_handle(modeler)
    saved: list[str] = page.evaluate(SAVE, [handle, texts])
    return saved


def main(files: list[Path]) -> None:
    """Write diagrams as they come out when they are opened and saved."""
    with sync_playwright() as playwright:
        chromium = os.environ.get("CHROMIUM") or shutil.which("chromium")
        page = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"]).new_page()
        open_library(page)
        texts = [file.read_text("utf-8") for file in files]
        for _ in range(TURNS):
            texts = save(page, "window.modeler", texts)
    for file, text in zip(files, texts, strict=True):
        if not text.startswith("<?xml"):
            raise SystemExit(f"{file}: {text}")
        file.write_text(text, "utf-8")


if __name__ == "__main__":
    main([Path(name) for name in sys.argv[1:]])
