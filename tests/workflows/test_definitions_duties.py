"""The deployment gate on duties that exclude each other: a pair of small diagrams for each rule, right and wrong."""

import json
from collections.abc import Iterator

import pytest

from workflows import definitions
from workflows.definitions.duties import Act, Rules, Shared

ACTS = {
    "disposal": Act("disposal", approval=True, within="matter"),
    "talk": Act("talk", persons=2),
    "sanction": Act("sanction", approval=True, collective="approve", members=3),
}
SHARED = {
    "approval": Shared("approval", "approve"),
    "meeting": Shared("meeting", meeting=True),
    "second": Shared("second", "sign"),
}
RULES = Rules(ACTS, ("present", "recused"), {"meetings.record"}, {"review": {"verification"}}, SHARED)


@pytest.fixture(autouse=True)
def rules() -> Iterator[None]:
    """Let the gate know a few acts."""
    definitions.know_duties(RULES)
    yield
    definitions.know_duties(None)


def step(
    name: str, act: str = "", duty: str = "", *, inner: str = "", stage: str = "", **attributes: str
) -> str:
    """Return a user task with these properties."""
    said = {"act": act, "duty": duty, "stage": stage, "deadline": "none"}
    properties = "".join(f'<camunda:property name="{k}" value="{v}"/>' for k, v in said.items() if v)
    given = {"candidateGroups": "handler", **attributes}
    written = "".join(f' camunda:{k}="{v}"' for k, v in given.items() if v)
    return (
        f'<bpmn:userTask id="{name}"{written}><bpmn:extensionElements><camunda:properties>{properties}'
        f"</camunda:properties></bpmn:extensionElements>{inner}</bpmn:userTask>"
    )


ENDS = '<bpmn:startEvent id="s"/><bpmn:endEvent id="e"/>'
PROPOSE, APPROVE = step("p", "disposal", "propose"), step("a", "disposal", "approve")
TWO = step("t1", "talk", "sign") + step("t2", "talk", "sign")
FORK = '<bpmn:parallelGateway id="f"/><bpmn:parallelGateway id="j"/>'
XOR = '<bpmn:exclusiveGateway id="x" default="f2"/>'
CARDINAL = (
    "<bpmn:multiInstanceLoopCharacteristics><bpmn:loopCardinality>{}</bpmn:loopCardinality>{}"
    "</bpmn:multiInstanceLoopCharacteristics>"
)
OVER = '<bpmn:multiInstanceLoopCharacteristics camunda:collection="handlers" camunda:elementVariable="one"/>'
EARLY = "<bpmn:completionCondition>${nrOfCompletedInstances == 1}</bpmn:completionCondition>"


WHEN = "<bpmn:conditionExpression>${y}</bpmn:conditionExpression>"


def within(name: str, elements: str, *flows: tuple[str, str]) -> str:
    """Return a subprocess."""
    drawn = "".join(
        f'<bpmn:sequenceFlow id="{name}{n}" sourceRef="{a}" targetRef="{b}">{WHEN if (a, b) == ("ix", "p") else ""}'
        "</bpmn:sequenceFlow>"
        for n, (a, b) in enumerate(flows)
    )
    return f'<bpmn:subProcess id="{name}">{elements}{drawn}</bpmn:subProcess>'


INSIDE = ("is", "p"), ("p", "ie")
INNER = '<bpmn:startEvent id="is"/><bpmn:endEvent id="ie"/>'
STARTED = (
    '<bpmn:startEvent id="s" camunda:initiator="who"><bpmn:extensionElements><camunda:properties>'
    '<camunda:property name="act" value="disposal"/><camunda:property name="duty" value="propose"/>'
    "</camunda:properties></bpmn:extensionElements></bpmn:startEvent>"
)


@pytest.mark.parametrize(
    ("elements", "flows", "found"),
    [
        # Proposer and approver.
        (ENDS + PROPOSE + APPROVE, ("s>p", "p>a", "a>e"), set()),
        (ENDS + APPROVE, ("s>a", "a>e"), {("a", "no_proposal")}),
        (ENDS + PROPOSE + APPROVE + XOR, ("s>x", "x>a", "x>p?${y}", "p>a", "a>e"), {("a", "no_proposal")}),
        (ENDS + PROPOSE + APPROVE + XOR, ("s>p", "x>e", "p>a", "a>x", "x>p?${y}"), set()),
        (ENDS + PROPOSE + APPROVE + FORK, ("s>f", "f>p", "f>a", "p>j", "a>j", "j>e"), {("a", "no_proposal")}),
        (STARTED + '<bpmn:endEvent id="e"/>' + APPROVE, ("s>a", "a>e"), set()),
        (
            STARTED
            + '<bpmn:endEvent id="e"/>'
            + step("a", "disposal", "approve", candidateGroups="", assignee="${who}"),
            ("s>a", "a>e"),
            {("a", "same_person")},
        ),
        (
            ENDS
            + step("p", "disposal", "propose", assignee="${leader}")
            + step("a", "disposal", "approve", assignee="${leader}"),
            ("s>p", "p>a", "a>e"),
            {("a", "same_person")},
        ),
        # Proposed in a subprocess, or approved in one.
        (ENDS + within("sub", INNER + PROPOSE, *INSIDE) + APPROVE, ("s>sub", "sub>a", "a>e"), set()),
        (
            ENDS
            + within(
                "sub",
                INNER + PROPOSE + '<bpmn:inclusiveGateway id="ix" default="sub2"/>',
                ("is", "ix"),
                ("ix", "p"),
                ("ix", "ie"),
                ("p", "ie"),
            )
            + APPROVE,
            ("s>sub", "sub>a", "a>e"),
            {("a", "no_proposal")},
        ),
        (
            ENDS + PROPOSE + within("sub", INNER + APPROVE, ("is", "a"), ("a", "ie")),
            ("s>p", "p>sub", "sub>e"),
            set(),
        ),
        (
            ENDS + step("p", "disposal", "propose", inner=OVER) + APPROVE,
            ("s>p", "p>a", "a>e"),
            {("a", "no_proposal")},
        ),
        # Words that nobody knows, two duties at once, and duties of what nobody does.
        (ENDS + step("a", "party", "approve"), ("s>a", "a>e"), {("a", "act")}),
        (ENDS + step("a", "disposal", "propose,approve"), ("s>a", "a>e"), {("a", "duty")}),
        (ENDS + step("a", "disposal"), ("s>a", "a>e"), {("a", "duty")}),
        (
            ENDS + APPROVE.replace("userTask", "manualTask") + PROPOSE,
            ("s>p", "p>a", "a>e"),
            {("a", "duty")},
        ),
        # Two signatures on every way.
        (ENDS + TWO, ("s>t1", "t1>t2", "t2>e"), set()),
        (ENDS + TWO + FORK, ("s>f", "f>t1", "f>t2", "t1>j", "t2>j", "j>e"), set()),
        (ENDS + step("t1", "talk", "sign"), ("s>t1", "t1>e"), {("t1", "one_signature")}),
        (
            ENDS + TWO + XOR,
            ("s>x", "x>t2", "x>t1?${y}", "t1>e", "t2>e"),
            {("t1", "one_signature"), ("t2", "one_signature")},
        ),
        (ENDS + TWO + XOR, ("s>t1", "x>e", "t1>x", "x>t2?${y}", "t2>e"), {("t1", "one_signature")}),
        (ENDS + step("t1", "talk", "propose"), ("s>t1", "t1>e"), {("t1", "one_signature")}),
        (ENDS + step("t1", "talk", "sign", inner=CARDINAL.format(2, "")), ("s>t1", "t1>e"), set()),
        (
            ENDS + step("t1", "talk", "sign", inner=CARDINAL.format(2, EARLY)),
            ("s>t1", "t1>e"),
            {("t1", "one_signature")},
        ),
        (ENDS + step("t1", "talk", "sign", inner=OVER), ("s>t1", "t1>e"), {("t1", "one_signature")}),
        (
            ENDS
            + step("t1", "talk", "sign", candidateGroups="", candidateUsers="anna")
            + step("t2", "talk", "sign", assignee="anna"),
            ("s>t1", "t1>t2", "t2>e"),
            {("t2", "same_person")},
        ),
        # Stages kept apart, and one person for both.
        (
            ENDS
            + step("v", stage="verification", assignee="${one}")
            + step("r", stage="review", assignee="${one}"),
            ("s>v", "v>r", "r>e"),
            {("r", "separation")},
        ),
        (
            ENDS + step("v", stage="verification", assignee="${one}") + step("r", stage="review"),
            ("s>v", "v>r", "r>e"),
            set(),
        ),
    ],
)
def test_a_diagram_shows_that_it_keeps_duties_apart(diagram, elements, flows, found) -> None:
    """Each finding names its element; those of the token game show the way there."""
    xml = diagram("d", elements, *flows).encode()
    rules = {"act", "duty", "no_proposal", "same_person", "one_signature", "separation", "no_meeting"}
    mine = [one for one in definitions.check({"d.bpmn": xml}) if one.rule in rules]
    assert {(one.element, one.rule) for one in mine} == found
    assert all(one.severity == "policy" and one.message for one in mine)
    assert all(one.path[-1:] for one in mine if one.rule == "no_proposal")


@pytest.mark.parametrize(
    ("keys", "record", "binding", "wrong"),
    [
        (("present", "recused"), "meetings.record", "deployment", 0),
        (("present",), "meetings.record", "deployment", 1),
        (("present", "recused"), "", "deployment", 1),
        (("present", "recused"), "meetings.record", "latest", 1),
    ],
)
def test_a_collective_act_has_the_record_of_a_meeting(diagram, keys, record, binding, wrong) -> None:
    """There is no way to decide it by one signature: form and recorder are there at each step that decides."""
    form = {
        "type": "default",
        "id": "m",
        "components": [{"type": "textfield", "key": key, "label": key} for key in keys],
    }
    deciding = step("a", "sanction", "approve", formRef="m", formRefBinding=binding)
    if record:
        deciding = deciding.replace(
            "<camunda:properties>", f'<camunda:properties><camunda:property name="record" value="{record}"/>'
        )
    xml = diagram("d", ENDS + step("p", "sanction", "propose") + deciding, "s>p", "p>a", "a>e").encode()
    found = definitions.check({"d.bpmn": xml, "m.form.json": json.dumps(form).encode()})
    assert [one.element for one in found if one.rule == "no_meeting"] == ["a"] * wrong


def call(name: str, process: str, act: str, duty: str, inner: str = "") -> str:
    """Return a call activity with these properties."""
    said = f'<camunda:property name="act" value="{act}"/><camunda:property name="duty" value="{duty}"/>'
    return (
        f'<bpmn:callActivity id="{name}" calledElement="{process}"><bpmn:extensionElements><camunda:properties>{said}'
        f"</camunda:properties></bpmn:extensionElements>{inner}</bpmn:callActivity>"
    )


@pytest.mark.parametrize(
    ("elements", "flows", "found"),
    [
        (ENDS + PROPOSE + call("a", "approval", "disposal", "approve"), ("s>p", "p>a", "a>e"), set()),
        (ENDS + call("a", "approval", "disposal", "approve"), ("s>a", "a>e"), {("a", "no_proposal")}),
        (ENDS + PROPOSE + call("a", "other", "disposal", "approve"), ("s>p", "p>a", "a>e"), {("a", "duty")}),
        (ENDS + call("a", "approval", "disposal", "propose"), ("s>a", "a>e"), {("a", "duty")}),
        (
            ENDS + step("p", "sanction", "propose") + call("a", "approval", "sanction", "approve"),
            ("s>p", "p>a", "a>e"),
            {("a", "no_meeting")},
        ),
        (
            ENDS + step("p", "sanction", "propose") + call("a", "meeting", "sanction", "approve"),
            ("s>p", "p>a", "a>e"),
            set(),
        ),
        (
            ENDS + step("t", "talk", "sign") + call("c", "second", "talk", "sign"),
            ("s>t", "t>c", "c>e"),
            set(),
        ),
        (
            ENDS + step("t", "talk", "sign") + call("c", "second", "talk", "sign", CARDINAL.format(2, "")),
            ("s>t", "t>c", "c>e"),
            {("c", "one_signature")},
        ),
    ],
)
def test_a_duty_may_be_done_in_a_shared_part(diagram, elements, flows, found) -> None:
    """What a call says counts as what is done there, and only where such a thing is done there."""
    rules = {"duty", "no_proposal", "one_signature", "no_meeting"}
    checked = definitions.check({"d.bpmn": diagram("d", elements, *flows).encode()})
    assert {(one.element, one.rule) for one in checked if one.rule in rules} == found


@pytest.mark.parametrize(
    ("key", "elements", "flows", "found"),
    [
        ("approval", ENDS + step("a", duty="approve"), ("s>a", "a>e"), set()),
        ("d", ENDS + step("a", duty="approve"), ("s>a", "a>e"), {("a", "act")}),
        ("approval", ENDS + step("a", duty="sign"), ("s>a", "a>e"), {("approval", "shared_part")}),
        ("approval", ENDS + step("a", duty="called"), ("s>a", "a>e"), {("approval", "shared_part")}),
        ("d", ENDS + step("a", duty="called"), ("s>a", "a>e"), {("a", "act"), ("a", "duty")}),
        (
            "approval",
            ENDS + step("a", duty="approve") + XOR,
            ("s>x", "x>e", "x>a?${y}", "a>e"),
            {("approval", "shared_part")},
        ),
        ("meeting", ENDS + step("a", duty="called"), ("s>a", "a>e"), {("a", "no_meeting")}),
    ],
)
def test_no_way_leads_past_what_a_shared_part_is_called_for(diagram, key, elements, flows, found) -> None:
    """Its steps take the act from the call; another process has no such steps."""
    rules = {"act", "duty", "shared_part", "no_meeting"}
    checked = definitions.check({"d.bpmn": diagram(key, elements, *flows).encode()})
    assert {(one.element, one.rule) for one in checked if one.rule in rules} == found
