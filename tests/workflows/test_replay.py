"""Closed instances on another reading: where they would have gone differently, and what nobody can tell."""

from __future__ import annotations

from tests.workflows.tables import definitions as dmn
from tests.workflows.tables import table
from workflows import decisions, deployed, engine, replay

SHAPE = (
    '<bpmn:startEvent id="s"/><bpmn:userTask id="one"/><bpmn:exclusiveGateway id="g" default="f3"/>'
    '<bpmn:userTask id="two"/><bpmn:endEvent id="e"/>'
)
FLOWS = ("s>one", "one>g", "g>e", "g>two?${amount > 10}", "two>e")


def look(office, draft, tables=None):
    with office.work() as session:
        return replay.replay(session, "p", engine.compile_definition(draft.encode(), "p"), tables or {})


def closed(office, amount, later=None):
    instance = office.start("p")
    office.complete(office.task("one", instance), amount=amount)
    if amount > 10:
        office.complete(office.task("two", instance), **({} if later is None else {"amount": later}))
    return instance.id


def test_a_changed_condition_is_told_and_changed_values_are_not_guessed(office, diagram):
    office.deploy(diagram("p", SHAPE, *FLOWS))
    small, large, changed = closed(office, 5), closed(office, 50), closed(office, 50, later=1)
    place = look(office, diagram("p", SHAPE, *FLOWS[:3], "g>two?${amount > 100}", "two>e")).gateways["g"]
    assert place.passed == {small, large, changed}
    assert place.unknown == {changed}
    assert dict(place.other) == {("f4", "f3"): {large}}


def test_a_condition_may_not_ask_for_more_than_the_version_did_nor_work_for_ever(
    office, diagram, monkeypatch
):
    office.deploy(diagram("p", SHAPE, *FLOWS))
    one = closed(office, 50)
    prying = look(office, diagram("p", SHAPE, *FLOWS[:3], "g>two?${secret == 'x'}", "two>e"))
    assert prying.gateways["g"].unknown == {one}
    monkeypatch.setattr(replay, "WORK", 20)
    long = " and ".join(["amount + amount - amount == amount"] * 20)
    assert look(office, diagram("p", SHAPE, *FLOWS[:3], f"g>two?${{{long}}}", "two>e")).gateways[
        "g"
    ].unknown == {one}


def test_steps_that_are_gone_and_new_ones_on_the_way_are_told(office, diagram):
    office.deploy(diagram("p", SHAPE, *FLOWS))
    small, large = closed(office, 5), closed(office, 50)
    drawn = SHAPE.replace('id="two"', 'id="three"').replace(
        '"/><bpmn:ex', '"/><bpmn:userTask id="n"/><bpmn:ex'
    )
    found = look(
        office, diagram("p", drawn, "s>one", "one>n", "g>e", "g>three?${amount > 10}", "three>e", "n>g")
    )
    assert dict(found.gone) == {"two": {large}}
    assert dict(found.new) == {"n": {small, large}}


def test_a_changed_table_is_asked_again_with_what_was_recorded(office, diagram):
    shape = (
        '<bpmn:startEvent id="s"/><bpmn:businessRuleTask id="d" camunda:decisionRef="t" '
        'camunda:resultVariable="r" camunda:mapDecisionResult="singleEntry"/><bpmn:endEvent id="e"/>'
    )
    drawn = diagram("p", shape, "s>d", "d>e")
    rules = (['"a"', '"x"'], ['"b"', '"y"'])
    office.deploy(drawn, others={"t.dmn": dmn(table(*rules))})
    first, second = office.start("p", way="a").id, office.start("p", way="b").id
    data = dmn(table(rules[0], ['"b"', '"z"']))
    place = look(office, drawn, {"t": (decisions.read(data)[0][0], deployed.sha256(data))}).tables["t"]
    assert place.passed == {first, second}
    assert not place.unknown
    assert dict(place.other) == {("", ""): {second}}
