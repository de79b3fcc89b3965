"""Two people draw at one process: what each has changed is kept, what both have changed is asked, nothing hangs."""

from __future__ import annotations

import re

import pytest

from server import folders
from workflows import engine
from workflows.definitions import merging
from workflows.definitions.merging import MINE, THEIRS
from workflows.errors import InvalidInput

BASE = b"""<?xml version="1.0" encoding="UTF-8"?>
<bpmn:definitions xmlns:bpmn="http://www.omg.org/spec/BPMN/20100524/MODEL" id="d" targetNamespace="urn:test"
  xmlns:bpmndi="http://www.omg.org/spec/BPMN/20100524/DI" xmlns:dc="http://www.omg.org/spec/DD/20100524/DC"
  xmlns:camunda="http://camunda.org/schema/1.0/bpmn">
  <bpmn:process id="p" isExecutable="true">
    <bpmn:laneSet id="lanes">
      <bpmn:lane id="upper" name="Upper"><bpmn:flowNodeRef>a</bpmn:flowNodeRef></bpmn:lane>
      <bpmn:lane id="lower" name="Lower"><bpmn:flowNodeRef>b</bpmn:flowNodeRef></bpmn:lane>
      <bpmn:lane id="third" name="Third"></bpmn:lane>
    </bpmn:laneSet>
    <bpmn:startEvent id="s"><bpmn:outgoing>f1</bpmn:outgoing></bpmn:startEvent>
    <bpmn:userTask id="a" name="A" camunda:dueDate="P5D">
      <bpmn:extensionElements>
        <camunda:properties><camunda:property name="en" value="First"/></camunda:properties>
      </bpmn:extensionElements>
      <bpmn:incoming>f1</bpmn:incoming><bpmn:outgoing>f2</bpmn:outgoing>
    </bpmn:userTask>
    <bpmn:userTask id="b" name="B"><bpmn:incoming>f2</bpmn:incoming><bpmn:outgoing>f3</bpmn:outgoing></bpmn:userTask>
    <bpmn:endEvent id="e"><bpmn:incoming>f3</bpmn:incoming></bpmn:endEvent>
    <bpmn:sequenceFlow id="f1" sourceRef="s" targetRef="a"/>
    <bpmn:sequenceFlow id="f2" sourceRef="a" targetRef="b"/>
    <bpmn:sequenceFlow id="f3" sourceRef="b" targetRef="e"/>
  </bpmn:process>
  <bpmndi:BPMNDiagram id="dia"><bpmndi:BPMNPlane id="plane" bpmnElement="p">
    <bpmndi:BPMNShape id="a_di" bpmnElement="a"><dc:Bounds x="10" y="0" width="100" height="80"/></bpmndi:BPMNShape>
    <bpmndi:BPMNShape id="b_di" bpmnElement="b"><dc:Bounds x="200" y="0" width="100" height="80"/></bpmndi:BPMNShape>
    <bpmndi:BPMNEdge id="f2_di" bpmnElement="f2"/>
  </bpmndi:BPMNPlane></bpmndi:BPMNDiagram>
</bpmn:definitions>"""
LAST = b'<bpmn:sequenceFlow id="f3" sourceRef="b" targetRef="e"/>'


def change(*pairs: tuple[str, str], of: bytes = BASE) -> bytes:
    for old, new in pairs:
        assert old.encode() in of, old
        of = of.replace(old.encode(), new.encode(), 1)
    return of


def merge(theirs: bytes, mine: bytes, **chosen: str) -> merging.Merged:
    return merging.diagrams(BASE, theirs, mine, chosen)


def without_b(of: bytes = BASE) -> bytes:
    """Return the diagram without its second step: the first leads to the end."""
    of = re.sub(rb'<bpmn:userTask id="b".*?</bpmn:userTask>', b"", of, flags=re.DOTALL).replace(LAST, b"")
    of = of.replace(b"<bpmn:flowNodeRef>b</bpmn:flowNodeRef>", b"")
    of = re.sub(rb'<bpmndi:BPMNShape id="b_di".*?</bpmndi:BPMNShape>', b"", of, flags=re.DOTALL)
    return change(('sourceRef="a" targetRef="b"', 'sourceRef="a" targetRef="e"'), of=of)


def sound(content: bytes) -> bool:
    """Return whether the engine reads it without an error."""
    return not [one for one in engine.read(content)[1] if one.severity == "error"]


@pytest.mark.parametrize("file", sorted(folders.BPMN.glob("case*/*.bpmn")), ids=lambda file: file.stem)
def test_one_who_changed_nothing_takes_what_the_other_has(file) -> None:
    drawn = file.read_bytes()
    changed = re.sub(rb' name="([^"]+)"', rb' name="\1!"', drawn, count=4)
    for one, other in ((drawn, changed), (changed, drawn), (changed, changed)):
        found = merging.diagrams(drawn, one, other, {})
        assert found.clashes == ()
        again = merging.diagrams(changed, changed, found.content, {})
        assert (again.clashes, again.theirs, again.mine, again.laid) == ((), 0, 0, 0)


def test_both_are_taken_where_they_touch_different_elements() -> None:
    added = '<bpmn:sequenceFlow id="f4" sourceRef="n" targetRef="e"/><bpmn:userTask id="n" name="N"/>'
    theirs = change(('name="A"', 'name="AA"'))
    mine = change(
        ('sourceRef="b" targetRef="e"/>', f'sourceRef="b" targetRef="n"/>{added}'),
        (
            "<bpmn:flowNodeRef>b</bpmn:flowNodeRef>",
            "<bpmn:flowNodeRef>b</bpmn:flowNodeRef><bpmn:flowNodeRef>n</bpmn:flowNodeRef>",
        ),
    )
    found = merge(theirs, mine)
    assert (found.clashes, found.theirs, found.mine) == ((), 1, 3)
    text = found.content.decode()
    for said in (
        'name="AA"',
        'name="N"',
        "<bpmn:outgoing>f4</bpmn:outgoing>",
        "<bpmn:flowNodeRef>n</bpmn:flowNodeRef>",
    ):
        assert said in text
    assert sound(found.content)


def test_what_both_have_changed_is_told_with_both_values_and_chosen() -> None:
    theirs = change(('name="A"', 'name="AA"'), ('value="First"', 'value="Foremost"'))
    mine = change(('name="A"', 'name="A!"'), ("P5D", "P6D"))
    found = merge(theirs, mine)
    (clash,) = found.clashes
    assert clash.id == "a"
    assert clash.theirs == {"name": "AA", "dueDate": "P5D", "en": "Foremost"}
    assert clash.mine == {"name": "A!", "dueDate": "P6D", "en": "First"}
    assert b"P6D" in found.content
    chosen = merge(theirs, mine, a=THEIRS)
    assert b"Foremost" in chosen.content
    assert b"P6D" not in chosen.content
    assert merge(theirs, theirs).clashes == ()


def test_what_one_takes_out_and_the_other_changes_is_asked() -> None:
    mine = change(('name="B"', 'name="BB"'))
    found = merge(without_b(), mine)
    assert [(one.id, one.theirs is None, one.mine is None) for one in found.clashes] == [("b", True, False)]
    assert b'name="BB"' in found.content
    gone = merge(without_b(), mine, b=THEIRS)
    assert b'name="BB"' not in gone.content
    assert b'"b_di"' not in gone.content
    assert sound(gone.content)

    # The other way round: what is kept lies where it lay.
    theirs = change(('name="B"', 'name="BB"'), ('x="200"', 'x="210"'))
    for kept, content in ((False, merge(theirs, without_b())), (True, merge(theirs, without_b(), b=THEIRS))):
        assert [(one.id, one.mine) for one in content.clashes] == [("b", None)]
        assert (b'name="BB"' in content.content, b'x="210"' in content.content) == (kept, kept)
        assert content.laid == 0


@pytest.mark.parametrize("turned", [False, True])
def test_what_one_takes_out_and_the_other_leads_to_is_asked(turned: bool) -> None:
    leading = change(
        (
            'sourceRef="b" targetRef="e"/>',
            'sourceRef="b" targetRef="e"/><bpmn:sequenceFlow id="f9" sourceRef="s" targetRef="b"/>',
        )
    )
    sides = (leading, without_b()) if turned else (without_b(), leading)
    found = merge(*sides)
    assert [one.id for one in found.clashes] == ["b"]
    assert b'id="f9"' in found.content
    assert b"b_di" in found.content
    gone = merge(*sides, b=MINE if turned else THEIRS)
    assert b'id="f9"' not in gone.content
    assert sound(gone.content)


def test_where_both_have_laid_a_shape_the_second_prevails_and_both_have_their_lanes() -> None:
    theirs = change(('x="10"', 'x="20"'), ('x="200"', 'x="210"'))
    mine = change(('x="10"', 'x="30"'))
    found = merge(theirs, mine)
    assert (found.clashes, found.laid) == ((), 1)
    assert b'x="30"' in found.content
    assert b'x="210"' in found.content

    def moved(to: str) -> bytes:
        return change(
            ("<bpmn:flowNodeRef>a</bpmn:flowNodeRef>", ""),
            (f'name="{to}">', f'name="{to}"><bpmn:flowNodeRef>a</bpmn:flowNodeRef>'),
        )

    both = merge(moved("Lower"), moved("Third")).content
    assert both.count(b"<bpmn:flowNodeRef>a<") == 1
    assert b'name="Third"><bpmn:flowNodeRef>a<' in both.replace(b"\n", b"")


def test_files_beside_are_one_thing_each() -> None:
    base, theirs, mine = {"a": "1", "b": "1"}, {"a": "2", "b": "2"}, {"a": "1", "b": "3", "c": "1"}
    found, (clash,) = merging.texts(base, theirs, mine, {})
    assert (found, clash.id) == ({"a": "2", "b": "3", "c": "1"}, "b")
    assert merging.texts(base, theirs, mine, {"b": THEIRS})[0]["b"] == "2"
    assert merging.texts(base, {"a": "1"}, base, {}) == ({"a": "1"}, [])


def test_what_was_drawn_into_one_another_crosswise_is_refused() -> None:
    one, other = (
        '<bpmn:subProcess id="one">{}</bpmn:subProcess>',
        '<bpmn:subProcess id="other">{}</bpmn:subProcess>',
    )
    both = (one.format("") + other.format(""), one.format(other.format("")), other.format(one.format("")))
    base, theirs, mine = (BASE.replace(LAST, LAST + inner.encode()) for inner in both)
    with pytest.raises(InvalidInput):
        merging.diagrams(base, theirs, mine, {})
    assert merging.diagrams(base, theirs, base, {}).clashes == ()


@pytest.mark.parametrize(
    "bad", [b"", b"<half", b"<definitions/>", b'<!DOCTYPE x [<!ENTITY a "b">]><x>&a;</x>']
)
def test_what_is_no_diagram_is_refused(bad: bytes) -> None:
    with pytest.raises(InvalidInput):
        merge(BASE, bad)
