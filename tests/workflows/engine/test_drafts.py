"""Drafts: every node of a picture is listed, whatever is wrong with it, whoever wrote the file."""

from __future__ import annotations

from pathlib import Path
from xml.etree import ElementTree

import pytest

from tests.workflows.engine.diagrams import HEAD, file_of, flows, nodes, sub
from tests.workflows.engine.pairs import LINE
from workflows.engine import outline, read

MODEL = "{http://www.omg.org/spec/BPMN/20100524/MODEL}"
#: The reference models of the BPMN Model Interchange Working Group lie beside a checkout, where there are any.
REFERENCES = [
    p for above in Path(__file__).parents for p in above.glob("shared/conformance/miwg-reference/*.bpmn")
]
OWN = sorted((Path(__file__).parents[3] / "bpmn").rglob("*.bpmn"))
EVERY = f"""{HEAD}<signalEventDefinition id="shared" signalRef="S"/><signal id="S"/>
<process id="p">
  <startEvent id="s1"/><startEvent id="s2"><messageEventDefinition/></startEvent>
  <task id="t1"/><userTask id="t2"/><manualTask id="t3"/><scriptTask id="t4"/><serviceTask id="t5"/>
  <sendTask id="t6"/><receiveTask id="t7"/><businessRuleTask id="t8"/><callActivity id="t9"/>
  <subProcess id="b1"><startEvent id="b1s"/><subProcess id="b1e" triggeredByEvent="true">
    <startEvent id="b1es"><errorEventDefinition/></startEvent></subProcess></subProcess>
  <transaction id="b2"><endEvent id="b2e"><cancelEventDefinition/></endEvent></transaction>
  <adHocSubProcess id="b3"><task id="b3t"/></adHocSubProcess>
  <exclusiveGateway id="g1"/><parallelGateway id="g2"/><inclusiveGateway id="g3"/><complexGateway id="g4"/>
  <eventBasedGateway id="g5"/>
  <intermediateCatchEvent id="c1"><timerEventDefinition/></intermediateCatchEvent>
  <intermediateCatchEvent id="c2"><eventDefinitionRef>shared</eventDefinitionRef></intermediateCatchEvent>
  <intermediateThrowEvent id="c3"/><intermediateThrowEvent id="c4"><linkEventDefinition/></intermediateThrowEvent>
  <boundaryEvent id="c5" attachedToRef="gone"><signalEventDefinition/><timerEventDefinition/></boundaryEvent>
  <endEvent id="e1"><terminateEventDefinition/></endEvent><endEvent/><sequenceFlow sourceRef="x"/>
</process><process id="q" isExecutable="false"><task id="q1"/></process></definitions>"""
KINDS = {
    "s1": "startEvent",
    "s2": "startEvent:message",
    "t1": "task",
    "t2": "userTask",
    "t3": "manualTask",
    "t4": "scriptTask",
    "t5": "serviceTask",
    "t6": "sendTask",
    "t7": "receiveTask",
    "t8": "businessRuleTask",
    "t9": "callActivity",
    "b1": "subProcess",
    "b1s": "startEvent",
    "b1e": "subProcess",
    "b1es": "startEvent:error",
    "b2": "transaction",
    "b2e": "endEvent:cancel",
    "b3": "adHocSubProcess",
    "b3t": "task",
    "g1": "exclusiveGateway",
    "g2": "parallelGateway",
    "g3": "inclusiveGateway",
    "g4": "complexGateway",
    "g5": "eventBasedGateway",
    "c1": "intermediateCatchEvent:timer",
    "c2": "intermediateCatchEvent:signal",
    "c3": "intermediateThrowEvent",
    "c4": "intermediateThrowEvent:link",
    "c5": "boundaryEvent:multiple",
    "e1": "endEvent:terminate",
    "endEvent_without_id_1": "endEvent",
    "q1": "task",
}


def test_every_kind_of_node_is_listed_in_the_order_of_the_file() -> None:
    assert list(outline(EVERY.encode()).items()) == list(KINDS.items())
    assert list(outline(EVERY.encode(), "q")) == ["q1"]
    definitions, findings = read(EVERY.encode())
    assert definitions == []
    assert {"t5", "c5", "s2"} <= {f.element for f in findings}


def counted(xml: bytes) -> list[tuple[str, str]]:
    """Return id and kind of every node by another reader of XML."""
    kinds = {kind.partition(":")[0] for kind in KINDS.values()}
    root = ElementTree.fromstring(xml)
    shared = {d.get("id"): d.tag for d in root if d.tag.endswith("EventDefinition")}
    found = []
    for process in root.iterfind(MODEL + "process"):
        for element in process.iter():
            name = element.tag.removeprefix(MODEL)
            if name not in kinds:
                continue
            tags = [c.tag for c in element if c.tag.endswith("EventDefinition")]
            named = element.iterfind(MODEL + "eventDefinitionRef")
            tags += [shared.get((reference.text or "").rpartition(":")[2], "") for reference in named]
            events = [tag.removeprefix(MODEL).removesuffix("EventDefinition") for tag in tags]
            kind = f":{events[0] if len(events) == 1 else 'multiple'}" if events else ""
            found.append((element.get("id", ""), name + kind))
    return found


@pytest.mark.parametrize("path", [*sorted(REFERENCES), *OWN], ids=lambda path: path.stem)
def test_a_whole_file_is_listed(path: Path) -> None:
    xml = path.read_bytes()
    assert list(outline(xml).items()) == counted(xml)
    assert all(finding.rule != "lost" for finding in read(xml)[1])


def test_nodes_that_share_an_id_are_both_listed() -> None:
    xml = file_of(nodes("task", "a") + nodes("userTask", "a"))
    assert outline(xml) == {"a": "task", "a (2)": "userTask"}
    assert [(f.element, f.rule) for f in read(xml)[1]] == [("a", "duplicate_id")]


BARE = file_of(LINE).decode().partition("?>")[2]


@pytest.mark.parametrize(
    ("declared", "written"),
    [
        ("UTF-8", "utf-8"),
        ("UTF-8", "utf-8-sig"),
        ("UTF-16", "utf-16"),
        ("UTF-8", "utf-16"),
        ("utf-16", "utf-8"),
        ("utf-16", "utf-8-sig"),
        ("windows-1252", "cp1252"),
        ("ISO-8859-1", "latin-1"),
        ("GBK", "gbk"),
        ("gb18030", "gb18030"),
    ],
)
def test_encodings_of_other_makers_are_read(declared: str, written: str) -> None:
    text = f'<?xml version="1.0" encoding="{declared}"?>{BARE}'
    assert list(outline(text.encode(written))) == ["s", "a", "e"]


def test_space_before_the_declaration_is_passed_over() -> None:
    assert list(outline(b"\r\n " + file_of(LINE))) == ["s", "a", "e"]


def test_prefixes_are_the_makers_affair() -> None:
    prefixed = BARE.replace("<", "<m:").replace("<m:/", "</m:").replace('xmlns="', 'xmlns:m="')
    assert list(outline(prefixed.encode())) == ["s", "a", "e"]
    assert [d.id for d in read(prefixed.encode())[0]] == ["p"]


@pytest.mark.parametrize(
    ("namespace", "words"),
    [
        ("http://schema.omg.org/spec/BPMN/2.0", "draft of BPMN 2.0"),
        ("http://www.wfmc.org/2008/XPDL2.1", "XPDL"),
        ("https://www.omg.org/spec/DMN/20191111/MODEL/", "https://www.omg.org/spec/DMN"),
        ("", "no namespace"),
    ],
)
def test_what_is_not_bpmn_2_is_named(namespace: str, words: str) -> None:
    (finding,) = read(f'<definitions xmlns="{namespace}"/>'.encode())[1]
    assert finding.rule == "not_bpmn"
    assert words in finding.message


def test_nodes_of_another_namespace_are_not_lost_in_silence() -> None:
    stray = LINE + sub("box", '<userTask xmlns="" id="u"/>' + nodes("task", "t")) + flows("a > box > e")
    assert ("box", "lost", "error") in {(f.element, f.rule, f.severity) for f in read(file_of(stray))[1]}


def test_a_doctype_inside_text_is_text() -> None:
    text = "<documentation><![CDATA[<!DOCTYPE html><p>x</p>]]></documentation>"
    assert [d.id for d in read(file_of(text + LINE))[0]] == ["p"]
