"""Static rules beside the way of tokens: schema, references, data, pools, resources; each broken, then mended."""

# ruff: noqa: E501 — a table of XML, a case a line
from __future__ import annotations

import pytest

from tests.workflows.engine.diagrams import file_of, flows, several
from tests.workflows.engine.pairs import LINE, Pair, prove
from workflows.engine import read


def after(element: str) -> str:
    """Return a line with an element `b` in it."""
    return LINE + element + flows("a > b > e")


def task(inner: str, more: str = "") -> str:
    return after(f'<task id="b" {more}>{inner}</task>')


def io(data: str, inputs: str = "", outputs: str = "") -> str:
    """Return an ioSpecification with one set of each."""
    sets = f'<inputSet id="in">{inputs}</inputSet><outputSet id="out">{outputs}</outputSet>'
    return f'<ioSpecification id="io">{data}{sets}</ioSpecification>'


def goes(way: str, source: str, target: str, inner: str = "") -> str:
    ends = f"<sourceRef>{source}</sourceRef><targetRef>{target}</targetRef>{inner}"
    return f'<data{way}Association id="as">{ends}</data{way}Association>'


def pools(inside: str) -> str:
    return f'<collaboration id="c"><participant id="P" processRef="p"/><participant id="Q"/>{inside}</collaboration>'


def message_flow(source: str, target: str) -> str:
    return f'<messageFlow id="mf" sourceRef="{source}" targetRef="{target}"/>'


SCHEMA = [
    Pair("attribute", "b", task("", "@"), 'colour="red"', 'name="red"'),
    Pair("element", "b", task("@"), "<colour/>", "<documentation/>"),
    Pair("element", "l", task("@"), '<laneSet id="l"/>', ""),
    Pair("value", "b", task("", 'isForCompensation="@"'), "maybe", "false"),
    Pair(
        "value",
        "as",
        LINE + '<association id="as" sourceRef="a" targetRef="e" associationDirection="@"/>',
        "Up",
        "One",
    ),
    Pair("value", "1b", LINE + "@", '<dataObject id="1b"/>', '<dataObject id="b1"/>'),
    Pair("required", "as", LINE + '<association id="as" sourceRef="a" @/>', "", 'targetRef="e"'),
    Pair(
        "cardinality",
        "io",
        task('<ioSpecification id="io"><inputSet id="in"/>@</ioSpecification>'),
        "",
        '<outputSet id="out"/>',
    ),
    Pair(
        "cardinality",
        "b",
        task(several("<loopCardinality>2</loopCardinality>") + "@"),
        several("<loopCardinality>2</loopCardinality>"),
        "",
    ),
    Pair(
        "cardinality",
        "b",
        after(
            '<intermediateCatchEvent id="b"><timerEventDefinition><timeDuration>PT1H</timeDuration>@</timerEventDefinition></intermediateCatchEvent>'
        ),
        "<timeDate>2030-01-01T00:00:00Z</timeDate>",
        "",
    ),
    Pair(
        "type",
        "b",
        after(
            '<intermediateCatchEvent id="b"><conditionalEventDefinition><condition xsi:type="@">${n}</condition></conditionalEventDefinition></intermediateCatchEvent>'
        ),
        "tGuess",
        "tFormalExpression",
    ),
    Pair("prefix", "d", LINE + '<dataObject id="d" itemSubjectRef="@"/>', "q:Text", "Text"),
    Pair(
        "order",
        "b",
        task("@"),
        "<property id='q'/><documentation/>",
        "<documentation/><property id='q'/>",
        severity="warning",
    ),
    Pair("text", "b", task("@"), "words", "", severity="warning"),
    Pair("foreign", "b", task("@"), '<camunda:properties xmlns:camunda="urn:x"/>', "", severity="warning"),
]
REFERENCES = [
    Pair("dangling", "d", LINE + '<dataObject id="d" itemSubjectRef="@"/>', "Nothing", "Text"),
    Pair("wrong_type", "d", LINE + '<dataObject id="d" itemSubjectRef="@"/>', "M", "Text"),
    Pair(
        "dangling",
        "b",
        LINE + '<dataObjectReference id="b" dataObjectRef="@"/><dataObject id="d"/>',
        "gone",
        "d",
    ),
    Pair(
        "dangling",
        "b",
        LINE + '<dataStoreReference id="b" dataStoreRef="@"/>',
        "gone",
        "DS",
        '<dataStore id="DS" name="ds"/>',
    ),
    Pair(
        "dangling",
        "P",
        LINE,
        "gone",
        "p",
        '<collaboration id="c"><participant id="P" processRef="@"/></collaboration>',
    ),
    Pair(
        "dangling",
        "g",
        LINE + '<group id="g" categoryValueRef="@"/>',
        "gone",
        "v",
        '<category id="k"><categoryValue id="v"/></category>',
    ),
    Pair("dangling", "as", LINE + '<association id="as" sourceRef="a" targetRef="@"/>', "gone", "e"),
    Pair(
        "wrong_type",
        "as",
        task(io('<dataInput id="i"/>', "<dataInputRefs>i</dataInputRefs>") + goes("Input", "@", "i"))
        + '<dataObject id="d"/>',
        "a",
        "d",
    ),
    Pair(
        "dangling",
        "b",
        after(
            '<intermediateCatchEvent id="b"><eventDefinitionRef>@</eventDefinitionRef></intermediateCatchEvent>'
        ),
        "gone",
        "SD",
        '<signalEventDefinition id="SD" signalRef="S"/>',
    ),
    Pair(
        "dangling",
        "op",
        LINE,
        "gone",
        "M",
        '<interface id="i" name="i"><operation id="op" name="o"><inMessageRef>@</inMessageRef></operation></interface>',
    ),
    Pair(
        "dangling",
        "l",
        '<laneSet id="ls"><lane id="l"><flowNodeRef>@</flowNodeRef></lane></laneSet>' + LINE,
        "gone",
        "a",
    ),
    Pair(
        "wrong_type",
        "b",
        after('<callActivity id="b" calledElement="@"/>'),
        "a",
        "gt",
        '<globalTask id="gt"/>',
    ),
    Pair(
        "import",
        None,
        LINE,
        '<import importType="http://www.omg.org/spec/BPMN/20100524/MODEL" location="x.bpmn" namespace="urn:x"/>',
        "",
        "@",
        severity="policy",
    ),
    Pair(
        "dangling",
        "d",
        LINE,
        "gone",
        "Text",
        '<process id="bare"><dataObject id="d" itemSubjectRef="@"/></process>',
    ),
    Pair("duplicate_id", "a", LINE + "@", '<dataObject id="a"/>', '<dataObject id="a2"/>'),
]
INPUT = '<dataInput id="i" itemSubjectRef="Text"/>'
USED = "<dataInputRefs>i</dataInputRefs>"
DATA = [
    Pair("io_set", "i", task(io('<dataInput id="i"/>', "@")), "", USED),
    Pair("io_set", "o", task(io('<dataOutput id="o"/>', "", "@")), "", "<dataOutputRefs>o</dataOutputRefs>"),
    Pair(
        "io_set",
        "in",
        task(io('<dataInput id="i"/><dataInput id="j"/>', "@<optionalInputRefs>i</optionalInputRefs>")),
        "<dataInputRefs>j</dataInputRefs>",
        "<dataInputRefs>i</dataInputRefs><dataInputRefs>j</dataInputRefs>",
    ),
    Pair(
        "io_set",
        "in",
        task(io("", "<outputSetRefs>out</outputSetRefs>", "@")),
        "",
        "<inputSetRefs>in</inputSetRefs>",
    ),
    Pair(
        "io",
        "b",
        LINE
        + '<subProcess id="b">@<startEvent id="is"/><endEvent id="ie"/>'
        + flows("is > ie")
        + "</subProcess>"
        + flows("a > b > e"),
        io(""),
        "",
    ),
    Pair(
        "data_state", "d", LINE + '<dataObject id="d">@</dataObject>', '<dataState id="ds" name="new"/>', ""
    ),
    Pair(
        "item",
        "r",
        LINE + '<dataObject id="d"/><dataObjectReference id="r" dataObjectRef="d" @/>',
        'itemSubjectRef="Text"',
        "",
    ),
    Pair(
        "scope",
        "r",
        LINE
        + '<dataObjectReference id="r" dataObjectRef="@"/><dataObject id="d"/><subProcess id="b"><dataObject id="deep"/><task id="t"/></subProcess>'
        + flows("a > b > e"),
        "deep",
        "d",
    ),
    Pair(
        "collection",
        "d",
        LINE + '<dataObject id="d" itemSubjectRef="Texts" isCollection="@"/>',
        "false",
        "true",
    ),
    Pair(
        "association",
        "as",
        task(io(INPUT, USED) + goes("Input", "d", "@"))
        + '<dataObject id="d"/><task id="other">'
        + io('<dataInput id="k"/>', "<dataInputRefs>k</dataInputRefs>")
        .replace('"in"', '"in2"')
        .replace('"out"', '"out2"')
        .replace('"io"', '"io2"')
        + "</task>"
        + flows("a > other > e"),
        "k",
        "i",
    ),
    Pair(
        "association",
        "as",
        task(
            io(INPUT, USED)
            + goes("Input", "d", "i", "@").replace("<targetRef>", "<sourceRef>f</sourceRef><targetRef>")
        )
        + '<dataObject id="d"/><dataObject id="f"/>',
        "",
        "<transformation>d + f</transformation>",
    ),
    Pair(
        "item",
        "as",
        task(io(INPUT, USED) + goes("Input", "d", "i")) + '<dataObject id="d" itemSubjectRef="@"/>',
        "Other",
        "Text",
        '<itemDefinition id="Other"/>',
    ),
    Pair(
        "scope",
        "as",
        task(io(INPUT, USED) + goes("Input", "@", "i"))
        + '<dataObject id="d"/><subProcess id="x"><dataObject id="deep"/><task id="t"/></subProcess>'
        + flows("a > x > e"),
        "deep",
        "d",
    ),
    Pair(
        "payload",
        "b",
        after(
            '<endEvent id="b"><dataInput id="i" itemSubjectRef="@"/><inputSet id="in"><dataInputRefs>i</dataInputRefs></inputSet><messageEventDefinition messageRef="M"/></endEvent>'
        ).replace('<sequenceFlow id="b_e" sourceRef="b" targetRef="e"></sequenceFlow>', ""),
        "Texts",
        "Text",
    ),
]
KEY = (
    '<correlationProperty id="cp"><correlationPropertyRetrievalExpression messageRef="M"><messagePath>x</messagePath></correlationPropertyRetrievalExpression></correlationProperty>'
    + pools(
        '<messageFlow id="mf" sourceRef="a" targetRef="Q" messageRef="@"/><correlationKey id="k"><correlationPropertyRef>cp</correlationPropertyRef></correlationKey>'
    )
)
POOLS = [
    Pair(
        "lane",
        "l",
        LINE
        + '<subProcess id="b"><laneSet id="ls"><lane id="l"><flowNodeRef>@</flowNodeRef></lane></laneSet><task id="t"/></subProcess>'
        + flows("a > b > e"),
        "a",
        "t",
    ),
    Pair(
        "association",
        "c",
        LINE,
        "P",
        "R",
        pools(
            "<participantAssociation><innerParticipantRef>@</innerParticipantRef><outerParticipantRef>Q</outerParticipantRef></participantAssociation>"
        )
        + '<collaboration id="d"><participant id="R"/></collaboration>',
    ),
    Pair("correlation", "k", LINE, "N", "M", '<message id="N" name="n"/>' + KEY, "policy"),
    Pair(
        "loop_data",
        "b",
        task(
            io('<dataInput id="i" isCollection="true"/>', "<dataInputRefs>i</dataInputRefs>")
            + several("<loopDataInputRef>@</loopDataInputRef>")
        )
        + '<dataObject id="d" isCollection="true"/>',
        "d",
        "i",
    ),
    Pair("message_flow", "mf", LINE, message_flow("a", "e"), message_flow("a", "Q"), pools("@")),
    Pair("message_flow", "mf", LINE, message_flow("a", "P"), message_flow("Q", "P"), pools("@")),
    Pair(
        "message_flow",
        "mf",
        LINE + '<parallelGateway id="x"/>' + flows("a > x > e", "a > x").replace('"a_x"', '"again"', 1),
        message_flow("x", "Q"),
        message_flow("a", "Q"),
        pools("@"),
    ),
    Pair("message_flow", "mf", LINE, message_flow("s", "Q"), message_flow("Q", "a"), pools("@")),
    Pair("message_flow", "mf", LINE, message_flow("Q", "s"), message_flow("Q", "a"), pools("@")),
    Pair(
        "multiplicity",
        "P",
        LINE,
        'minimum="3" maximum="2"',
        'minimum="1" maximum="2"',
        '<collaboration id="c"><participant id="P"><participantMultiplicity @/></participant></collaboration>',
    ),
    Pair(
        "participants",
        "k",
        LINE,
        "",
        "<participantRef>Q</participantRef>",
        pools('<conversation id="k"><participantRef>P</participantRef>@</conversation>'),
    ),
    Pair(
        "conversation",
        "kl",
        LINE,
        "Q",
        "k",
        pools(
            '<conversation id="k"><participantRef>P</participantRef><participantRef>Q</participantRef></conversation><conversationLink id="kl" sourceRef="P" targetRef="@"/>'
        ),
    ),
    Pair(
        "correlation",
        "k",
        LINE,
        "",
        "<correlationPropertyRef>cp</correlationPropertyRef>",
        '<correlationProperty id="cp"><correlationPropertyRetrievalExpression messageRef="M"><messagePath>x</messagePath></correlationPropertyRetrievalExpression></correlationProperty>'
        + pools('<correlationKey id="k">@</correlationKey>'),
    ),
    Pair(
        "lane",
        "l2",
        '<laneSet id="ls"><lane id="l1"><flowNodeRef>a</flowNodeRef></lane><lane id="l2"><flowNodeRef>@</flowNodeRef></lane></laneSet>'
        + LINE,
        "a",
        "e",
    ),
    Pair(
        "resource",
        "pf",
        task('<performer id="pf"><resourceRef>R</resourceRef>@</performer>'),
        "",
        '<resourceParameterBinding parameterRef="rp"><formalExpression>1</formalExpression></resourceParameterBinding>',
        '<resource id="R" name="r"><resourceParameter id="rp" isRequired="true"/></resource>',
    ),
    Pair("extension", None, LINE, '<extension mustUnderstand="true" definition="x"/>', "", "@"),
]


@pytest.mark.parametrize("pair", [*SCHEMA, *REFERENCES, *DATA, *POOLS], ids=str)
def test_broken_and_mended(pair: Pair) -> None:
    prove(pair)


TOLERATED = [
    task('<multiInstanceLoopCharacteristics camunda:collection="people"><inputDataItem id="i" name="who"/></multiInstanceLoopCharacteristics>'),
    task(several('<loopDataInputRef>people</loopDataInputRef><inputDataItem id="i" name="who"/>')),
    '<dataObject id="d" itemSubjectRef="xsd:string" xmlns:xsd="http://www.w3.org/2001/XMLSchema"/>' + LINE,
    LINE + '<dataStoreReference id="d"/><dataObjectReference id="r"/>',
    task('<potentialOwner><resourceAssignmentExpression><formalExpression>li</formalExpression></resourceAssignmentExpression></potentialOwner>'),
]  # fmt: skip


@pytest.mark.parametrize("body", TOLERATED)
def test_what_other_engines_and_modellers_write_is_not_refused(body: str) -> None:
    definitions, findings = read(file_of(body))
    assert [d.id for d in definitions] == ["p"], findings
