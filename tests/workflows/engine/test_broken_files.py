"""Files that were broken by chance: reading one never raises, never hangs, and forgets no node of it."""

from __future__ import annotations

import copy
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from lxml import etree

from tests.workflows.engine.diagrams import file_of
from tests.workflows.engine.test_drafts import EVERY, OWN, REFERENCES
from workflows import hardening
from workflows.engine import outline, read

SOUND: list[bytes] = [EVERY.encode(), *(path.read_bytes() for path in [*sorted(REFERENCES), *OWN])]
TEXTS = st.sampled_from(
    ["", "p", "nowhere", "true", "false", "-1", "0", "x y", "q:x", "${", "é", "1" * 40, "None"]
)
KINDS = ("drop", "drop_attribute", "set_attribute", "double", "move", "rename", "empty", "swap")


@st.composite
def mutated(draw: st.DrawFn) -> bytes:
    """Return a sound file after a few changes of its tree."""
    root = hardening.parse(draw(st.sampled_from(SOUND)))
    for _ in range(draw(st.integers(1, 4))):
        elements = [e for e in root.iter(etree.Element) if "BPMN/20100524/MODEL" in e.tag and e is not root]
        if not elements:
            break
        element = elements[draw(st.integers(0, len(elements) - 1))]
        change(draw, element, elements)
    return etree.tostring(root)


def change(draw: st.DrawFn, element: etree._Element, elements: list[etree._Element]) -> None:
    """Do one thing to an element that no modeller would."""
    kind, parent = draw(st.sampled_from(KINDS)), element.getparent()
    other = elements[draw(st.integers(0, len(elements) - 1))]
    names = sorted(map(str, element.attrib))
    if kind == "drop" and parent is not None:
        parent.remove(element)
    elif kind == "drop_attribute" and names:
        element.attrib.pop(draw(st.sampled_from(names)))
    elif kind == "set_attribute":
        known = [
            *names,
            "id",
            "default",
            "sourceRef",
            "attachedToRef",
            "messageRef",
            "triggeredByEvent",
            "instantiate",
        ]
        element.set(draw(st.sampled_from(known)), draw(TEXTS))
    elif kind == "double" and parent is not None:
        parent.append(copy.deepcopy(element))
    elif kind == "move" and element not in other.iterancestors() and other is not element:
        other.append(element)
    elif kind == "rename":
        element.tag = other.tag
    elif kind == "empty":
        del element[:]
        element.text = draw(TEXTS)
    elif kind == "swap" and element.get("id") and other.get("id"):
        one, two = element.get("id", ""), other.get("id", "")
        element.set("id", two)
        other.set("id", one)


@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
@given(mutated())
def test_reading_a_changed_file_says_what_is_wrong_and_keeps_every_node(xml: bytes) -> None:
    definitions, findings = read(xml, drawn=True)
    shown = outline(xml)
    assert all(f.message and f.severity in ("error", "policy", "warning") for f in findings)
    if any(f.element is None and f.severity == "error" for f in findings):
        assert definitions == []
    for definition in definitions:
        # A global task is no part of any picture.
        assert definition.alone or set(definition.nodes) <= set(shown)


@settings(max_examples=100, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.sampled_from(SOUND), st.data())
def test_reading_changed_bytes_says_what_is_wrong(xml: bytes, data: st.DataObject) -> None:
    at = data.draw(st.integers(0, len(xml)))
    length = data.draw(st.integers(0, 20))
    broken = xml[:at] + data.draw(st.binary(max_size=20)) + xml[at + length :]
    definitions, findings = read(broken)
    assert definitions or any(f.severity == "error" for f in findings)
    assert isinstance(outline(broken), dict)


@settings(max_examples=60, deadline=None)
@given(st.binary(max_size=200))
def test_any_bytes_are_refused_with_a_reason(xml: bytes) -> None:
    definitions, findings = read(xml)
    assert definitions == []
    assert [f.severity for f in findings] == ["error"]


def test_shared_event_definitions_do_not_flood() -> None:
    heavy = "<extensionElements>" + "<x/>" * 3_000 + "</extensionElements>"
    events = "".join(
        f'<intermediateCatchEvent id="c{n}"><eventDefinitionRef>d</eventDefinitionRef></intermediateCatchEvent>'
        for n in range(2_000)
    )
    head = '<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL" targetNamespace="x">'
    xml = f'{head}<signalEventDefinition id="d">{heavy}</signalEventDefinition>'
    xml += f'<process id="p">{events}</process></definitions>'
    assert len(outline(xml.encode())) == 2_000
    assert read(xml.encode())[0] == []


@pytest.mark.parametrize("path", [*sorted(REFERENCES), *OWN], ids=lambda path: path.stem)
def test_a_file_cut_anywhere_is_refused(path: Path) -> None:
    xml = path.read_bytes()
    for part in range(1, 10):
        definitions, findings = read(xml[: len(xml) * part // 10])
        assert definitions == []
        assert [f.rule for f in findings] == ["xml"]


def test_an_element_without_an_id_is_told_by_its_process() -> None:
    strange = file_of(
        '<task id="a"/><signalEventDefinition/>', extra='<process id="q"><task id="q1"/></process>'
    )
    definitions, findings = read(strange)
    assert [definition.id for definition in definitions] == ["q"]
    assert ("p", "error") in {(finding.element, finding.severity) for finding in findings}
