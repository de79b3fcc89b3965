"""Every diagram of bpmn/ opened and saved, in the browser's modeler and in the desktop's: no line changes."""

from __future__ import annotations

import difflib

import pytest
from playwright.sync_api import Page

from server import folders
from tests.browser import desktop
from tests.browser.conftest import Visit
from tests.browser.test_modeler import open_modeler
from tests.city import ERRAND, City
from workflows import definitions

#: Put templates on steps of a diagram as the desktop's own list does, and save it.
APPLY = """async ([xml, given]) => {
  const { modeler } = window;
  await modeler.importXML(xml);
  const refused = [];
  modeler.on('elementTemplates.errors', ({ errors }) => refused.push(...errors.map(String)));
  modeler.get('elementTemplatesLoader').setTemplates(given);
  const templates = modeler.get('elementTemplates');
  const element = (id) => modeler.get('elementRegistry').get(id);
  const apply = (id, template) => templates.applyTemplate(element(id), templates.get(template));
  apply('fill', 'duban.limit.T11');
  apply('begin', 'duban.record.meetings.record');
  const step = modeler.get('bpmnReplace').replaceElement(element('review'), { type: 'bpmn:ServiceTask' });
  apply(step.id, 'duban.operation.clues.join');
  return [(await modeler.saveXML({ format: true })).xml, refused];
}"""
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


def test_the_desktop_takes_our_templates_and_the_gate_what_it_makes_of_them(
    city: City, visit: Visit, page: Page
) -> None:
    given = visit("supervisor").request.get("/processes/element-templates.json").json()
    desktop.open_library(page)
    errand = (ERRAND / "errand.bpmn").read_text("utf-8")
    drawn, refused = page.evaluate(APPLY, [errand, given])
    assert refused == []
    assert 'camunda:dueDate="P5D"' not in drawn
    for written in (
        'camunda:dueDate="${limit(&#39;T11&#39;)}"',
        '<camunda:property name="record" value="meetings.record" />',
        'camunda:delegateExpression="${clues.join}"',
        '<camunda:inputParameter name="clue_id" />',
    ):
        assert written in drawn
    with city.database.reading() as session:
        base = definitions.latest(session, "errand")
        found = definitions.check_diagram(session, base, drawn.encode(), {}, profile="office")
    assert [one.message for one in found if one.severity == "error"] == []


def test_the_desktop_saves_every_diagram_as_it_was(page: Page, texts: list[str]) -> None:
    desktop.open_library(page)
    assert changed_lines(desktop.save(page, "window.modeler", texts)) == [], "`make format` writes them so"
