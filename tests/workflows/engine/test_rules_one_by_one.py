"""One fault a line: what the text or the schema of BPMN 2.0 forbids, each broken, then mended."""

# ruff: noqa: E501 — a table of XML, a case a line
from __future__ import annotations

import pytest

from tests.workflows.engine.diagrams import boundary, conditional, flows, nodes, several, sub, timer
from tests.workflows.engine.pairs import LINE, Pair, prove

START, END = nodes("startEvent", "s"), nodes("endEvent", "e")
MESSAGE, SIGNAL = '<messageEventDefinition messageRef="M"/>', '<signalEventDefinition signalRef="S"/>'
ERROR, ESCALATION = '<errorEventDefinition errorRef="E"/>', '<escalationEventDefinition escalationRef="X"/>'
TIMER = "<timerEventDefinition><timeDuration>PT1H</timeDuration></timerEventDefinition>"
UNDO, CANCEL, TERMINATE = (
    "<compensateEventDefinition/>",
    "<cancelEventDefinition/>",
    "<terminateEventDefinition/>",
)
LINK = '<linkEventDefinition name="l"/>'
COND = conditional("${n}")
INSIDE = nodes("startEvent", "is") + nodes("task", "it") + nodes("endEvent", "ie") + flows("is > it > ie")
BOX = LINE + sub("box", INSIDE + "@") + flows("a > box > e")


def flow(source: str, target: str, inner: str = "", more: str = "") -> str:
    return f'<sequenceFlow id="f" sourceRef="{source}" targetRef="{target}" {more}>{inner}</sequenceFlow>'


def after(element: str) -> str:
    """Return a line with an element `b` in it."""
    return LINE + element + flows("a > b > e")


def task(inner: str = "", more: str = "", kind: str = "task") -> str:
    return after(f'<{kind} id="b" {more}>{inner}</{kind}>')


def caught(inner: str, more: str = "") -> str:
    return f'<intermediateCatchEvent id="b" {more}>{inner}</intermediateCatchEvent>'


def thrown(inner: str) -> str:
    return f'<intermediateThrowEvent id="b">{inner}</intermediateThrowEvent>'


def ended(inner: str) -> str:
    return f'<endEvent id="b">{inner}</endEvent>'


def begun(inner: str, more: str = "") -> str:
    return f'<startEvent id="b" {more}>{inner}</startEvent>' + flows("b > a")


def at(inner: str, more: str = "", on: str = "a") -> str:
    return f'<boundaryEvent id="b" attachedToRef="{on}" {more}>{inner}</boundaryEvent>'


def handler(inner: str, more: str = "", rest: str = "", name: str = "h") -> str:
    """Return an event subprocess."""
    begin = f'<startEvent id="{name}s" {more}>{inner}</startEvent>' + nodes("endEvent", f"{name}e")
    return f'<subProcess id="{name}" triggeredByEvent="true">{begin}{flows(f"{name}s > {name}e")}{rest}</subProcess>'


def data(kind: str, name: str = "i", more: str = "") -> str:
    return f'<data{kind} id="{name}" {more}/>'


def io(inputs: str = "", outputs: str = "", ins: str = "", outs: str = "", name: str = "io") -> str:
    """Return an ioSpecification with one set of each; `ins`, `outs` are what the sets name."""
    sets = f'<inputSet id="{name}in">{_refs("dataInput", ins)}</inputSet><outputSet id="{name}out">{_refs("dataOutput", outs)}</outputSet>'
    return f'<ioSpecification id="{name}">{inputs}{outputs}{sets}</ioSpecification>'


def _refs(kind: str, names: str) -> str:
    return "".join(f"<{kind}Refs>{name}</{kind}Refs>" for name in names.split())


def goes(way: str, source: str, target: str, inner: str = "") -> str:
    return f'<data{way}Association id="as"><sourceRef>{source}</sourceRef><targetRef>{target}</targetRef>{inner}</data{way}Association>'


def pools(inside: str, first: str = 'processRef="p"') -> str:
    return f'<collaboration id="c"><participant id="P" {first}/><participant id="Q"/>{inside}</collaboration>'


def mf(source: str, target: str, more: str = "") -> str:
    return f'<messageFlow id="mf" sourceRef="{source}" targetRef="{target}" {more}/>'


def gate(kind: str, more: str = "") -> str:
    return f'<{kind}Gateway id="g" {more}/>'


# fmt: off
DEFINITIONS = [
    Pair("required", None, LINE, '<import namespace="urn:x" location="x"/>', "", "@"),
    Pair("import", None, LINE, '<import importType="http://example.com" namespace="urn:x" location="x"/>', "", "@"),
    Pair("element", "lost", LINE, '<task id="lost"/>', "", "@"),
    Pair("element", "lost", LINE, '<sequenceFlow id="lost" sourceRef="a" targetRef="e"/>', "", "@"),
    Pair("required", None, LINE, "", 'type="t"', "<relationship @><source>a</source><target>e</target></relationship>"),
    Pair("dangling", None, LINE, "gone", "e", '<relationship type="t"><source>a</source><target>@</target></relationship>'),
    Pair("value", "I", LINE, "Thing", "Physical", '<itemDefinition id="I" itemKind="@"/>'),
    Pair("value", "I", LINE, "perhaps", "true", '<itemDefinition id="I" isCollection="@"/>'),
    Pair("duplicate_id", "M", LINE, "M", "M2", '<message id="@" name="again"/>'),
    Pair("duplicate_id", "s_a", LINE + "@", '<dataObject id="s_a"/>', '<dataObject id="d"/>'),
    Pair("wrong_type", "Mx", LINE, "S", "Text", '<message id="Mx" name="x" itemRef="@"/>'),
    Pair("wrong_type", "Sx", LINE, "M", "Text", '<signal id="Sx" name="x" structureRef="@"/>'),
    Pair("dangling", "Ex", LINE, "gone", "Text", '<error id="Ex" errorCode="x" structureRef="@"/>'),
    Pair("dangling", "Xx", LINE, "gone", "Text", '<escalation id="Xx" escalationCode="x" structureRef="@"/>'),
    Pair("required", "F", LINE, "", 'name="f"', '<interface id="F" @><operation id="o" name="o"><inMessageRef>M</inMessageRef></operation></interface>'),
    Pair("cardinality", "F", LINE, "", '<operation id="o" name="o"><inMessageRef>M</inMessageRef></operation>', '<interface id="F" name="f">@</interface>'),
    Pair("required", "o", LINE, "", 'name="o"', '<interface id="F" name="f"><operation id="o" @><inMessageRef>M</inMessageRef></operation></interface>'),
    Pair("cardinality", "o", LINE, "", "<inMessageRef>M</inMessageRef>", '<interface id="F" name="f"><operation id="o" name="o">@</operation></interface>'),
    Pair("wrong_type", "o", LINE, "M", "E", '<interface id="F" name="f"><operation id="o" name="o"><inMessageRef>M</inMessageRef><errorRef>@</errorRef></operation></interface>'),
    Pair("wrong_type", "o", LINE, "S", "M", '<interface id="F" name="f"><operation id="o" name="o"><inMessageRef>M</inMessageRef><outMessageRef>@</outMessageRef></operation></interface>'),
    Pair("cardinality", "o", LINE, "<outMessageRef>M</outMessageRef>", "", '<interface id="F" name="f"><operation id="o" name="o"><inMessageRef>M</inMessageRef><outMessageRef>M</outMessageRef>@</operation></interface>'),
    Pair("extension", None, LINE, "true", "false", '<extension definition="x" mustUnderstand="@"/>'),
    Pair("required", "R", LINE, "", 'name="r"', '<resource id="R" @/>'),
]
PROCESS = [
    Pair("value", "q", LINE, "Secret", "Private", '<process id="q" processType="@" isExecutable="false"/>'),
    Pair("value", "q", LINE, "yes", "true", '<process id="q" isClosed="@" isExecutable="false"/>'),
    Pair("public", "q", LINE, "Public", "Private", '<process id="q" processType="@" isExecutable="true"/>'),
    Pair("wrong_type", "q", LINE, "M", "p", '<process id="q" isExecutable="false"><supports>@</supports></process>'),
    Pair("dangling", "q", LINE, "gone", "c", '<process id="q" isExecutable="false" definitionalCollaborationRef="@"/>' + pools("")),
    Pair("dangling", "q", LINE, "gone", "F", '<interface id="F" name="f"><operation id="o" name="o"><inMessageRef>M</inMessageRef></operation></interface><process id="q" isExecutable="false"><supportedInterfaceRef>@</supportedInterfaceRef></process>'),
    Pair("wrong_type", "pr", '<property id="pr" name="x" itemSubjectRef="@"/>' + LINE, "M", "Text"),
    Pair("lane", "l2", '<laneSet id="ls"><lane id="l1"><flowNodeRef>a</flowNodeRef></lane><lane id="l2"><flowNodeRef>@</flowNodeRef></lane></laneSet>' + LINE, "a", "e"),
    Pair("wrong_type", "l1", '<laneSet id="ls"><lane id="l1"><flowNodeRef>@</flowNodeRef></lane></laneSet>' + LINE, "s_a", "a"),
    Pair("lane", "l1", '<laneSet id="ls"><lane id="l1"><flowNodeRef>@</flowNodeRef></lane></laneSet>' + LINE, "qt", "a", '<process id="q" isExecutable="false"><task id="qt"/></process>'),
    Pair("cardinality", "pf", '<performer id="pf"><resourceRef>R</resourceRef>@</performer>' + LINE, "<resourceRef>R</resourceRef>", "", '<resource id="R" name="r"/>'),
    Pair("wrong_type", "pf", '<performer id="pf"><resourceRef>@</resourceRef></performer>' + LINE, "M", "R", '<resource id="R" name="r"/>'),
    Pair("cardinality", "po", task('<potentialOwner id="po"><resourceRef>R</resourceRef>@</potentialOwner>', kind="userTask"), "<resourceAssignmentExpression><formalExpression>x</formalExpression></resourceAssignmentExpression>", "", '<resource id="R" name="r"/>'),
    Pair("resource", "po", task('<potentialOwner id="po"><resourceRef>R</resourceRef><resourceParameterBinding parameterRef="@"><formalExpression>1</formalExpression></resourceParameterBinding></potentialOwner>', kind="userTask"), "other", "mine", '<resource id="R" name="r"><resourceParameter id="mine"/></resource><resource id="T" name="t"><resourceParameter id="other"/></resource>'),
]
FLOWS = [
    Pair("dangling", "f", LINE + "@", '<sequenceFlow id="f" sourceRef="a"/>', flow("a", "e")),
    Pair("dangling", "f", LINE + "@", '<sequenceFlow id="f" targetRef="e"/>', flow("a", "e")),
    Pair("dangling", "f", LINE + "@", flow("gone", "e"), flow("a", "e")),
    Pair("dangling", "f", LINE + '<dataObject id="d"/>@', flow("a", "d"), flow("a", "e")),
    Pair("dangling", "f", LINE + "@", flow("a", "qt"), flow("a", "e"), '<process id="q" isExecutable="false"><task id="qt"/></process>'),
    Pair("dangling", "f", BOX, flow("it", "e"), flow("it", "ie")),
    Pair("dangling", "f", LINE + sub("box", INSIDE) + flows("a > box > e") + "@", flow("a", "it"), flow("a", "box")),
    Pair("flow_into_start", "s", LINE + "@", flow("a", "s"), flow("a", "e")),
    Pair("flow_into_start", "b", LINE + boundary("b", "a", SIGNAL) + flows("b > e") + "@", flow("s", "b"), ""),
    Pair("flow_after_end", "e", LINE + "@", flow("e", "a"), ""),
    Pair("condition", "f", LINE + caught(SIGNAL) + flows("a > b > e") + "@", flow("b", "e", "<conditionExpression>${n}</conditionExpression>"), flow("b", "e")),
    Pair("condition", "f", LINE + boundary("b", "a", SIGNAL) + "@", flow("b", "e", "<conditionExpression>${n}</conditionExpression>"), flow("b", "e")),
    Pair("condition", "f", START + gate("eventBased") + timer("t", "PT1H") + caught(SIGNAL) + END + flows("s > g > b > e", "t > e") + "@", flow("g", "t", "<conditionExpression>${n}</conditionExpression>"), flow("g", "t")),
    Pair("condition", "f", START + "<subProcess id='a'/>" + END + flows("s > a") + "@", flow("a", "e", "<conditionExpression>${n}</conditionExpression>"), flow("a", "e")),
    Pair("cardinality", "f", LINE + nodes("task", "b") + flows("b > e") + "@", flow("a", "b", "<conditionExpression>${n}</conditionExpression>" * 2), flow("a", "b", "<conditionExpression>${n}</conditionExpression>")),
    Pair("value", "f", LINE + "@", flow("a", "e", more='isImmediate="later"'), flow("a", "e", more='isImmediate="true"')),
    Pair("immediate", "f", LINE + "@", flow("a", "e", more='isImmediate="false"'), flow("a", "e")),
    Pair("dangling", "b", LINE + '<task id="b" default="@"/>' + flows("a > b > e"), "gone", "b_e"),
    Pair("wrong_type", "b", LINE + '<task id="b" default="@"/>' + flows("a > b > e"), "e", "b_e"),
    Pair("default", "b", LINE + '<task id="b" default="@"/>' + flows("a > b > e"), "a_b", "b_e"),
    Pair("attribute", "g", START + gate("parallel", "@") + nodes("endEvent", "e", "e2") + flows("s > g > e", "g > e2"), 'default="g_e"', ""),
    Pair("attribute", "g", START + gate("eventBased", "@") + timer("t", "PT1H") + caught(SIGNAL) + END + flows("s > g > b > e", "g > t > e"), 'default="g_b"', ""),
    Pair("default", "g", START + gate("inclusive", 'default="@"') + nodes("endEvent", "e", "e2") + flows("s > g > e", "g > e2 | ${n}"), "s_g", "g_e"),
    Pair("incoming", "b", task("@"), "<incoming>s_a</incoming><incoming>a_b</incoming>", ""),
    Pair("outgoing", "b", task("@"), "<outgoing>s_a</outgoing><outgoing>b_e</outgoing>", ""),
    Pair("dangling", "b", task("@"), "<incoming>gone</incoming>", ""),
]
GATEWAYS = [
    *(Pair("gateway", "g", START + gate(kind) + nodes("endEvent", "e", "e2") + flows("s > g > e") + "@", flow("s", "e2"), flow("g", "e2", "" if kind in ("parallel", "complex") else "<conditionExpression>${n}</conditionExpression>")) for kind in ("parallel", "inclusive", "complex")),
    *(Pair("direction", "g", START + gate(kind, 'gatewayDirection="@"') + nodes("endEvent", "e", "e2") + flows("s > g > e", "g > e2"), wrong, "Diverging") for kind, wrong in (("parallel", "Mixed"), ("inclusive", "Converging"), ("complex", "Mixed"))),
    Pair("direction", "g", START + nodes("parallelGateway", "x") + nodes("task", "t", "u") + gate("exclusive", 'gatewayDirection="@"') + END + flows("s > x > t > g > e", "x > u > g"), "Diverging", "Converging"),
    Pair("value", "g", START + gate("parallel", 'gatewayDirection="@"') + nodes("endEvent", "e", "e2") + flows("s > g > e", "g > e2"), "Sideways", "Unspecified"),
    Pair("event_gateway", "g", START + gate("eventBased") + caught(SIGNAL) + timer("t", "PT1H") + END + flows("s > g > b > e", "t > e") + "@", flow("s", "t"), flow("g", "t")),
    *(Pair("event_gateway", "b", START + gate("eventBased") + "@" + timer("t", "PT1H") + END + flows("s > g > b > e", "g > t > e"), wrong, caught(SIGNAL)) for wrong in (nodes("userTask", "b"), thrown(SIGNAL), nodes("parallelGateway", "b"), sub("b", INSIDE))),
    Pair("event_gateway", "e", START + gate("eventBased") + caught(SIGNAL) + timer("t", "PT1H") + END + flows("s > g > t > e", "b > e") + "@", flow("g", "e") + flows("g > b"), flow("g", "b")),
    Pair("event_gateway", "b", START + gate("eventBased") + caught(SIGNAL) + timer("t", "PT1H") + nodes("task", "u") + END + flows("s > g > b > e", "g > t > u > e") + "@", flow("u", "b"), ""),
    Pair("event_gateway", "g", START + gate("eventBased") + caught(MESSAGE) + "@" + END + flows("s > g > b > e", "g > t > e"), '<receiveTask id="t" messageRef="M"/>', timer("t", "PT1H")),
    Pair("event_gateway", "g", START + gate("eventBased", "@") + caught(MESSAGE) + timer("t", "PT1H") + END + flows("s > g > b > e", "g > t > e"), 'eventGatewayType="Parallel"', ""),
    Pair("value", "g", START + gate("eventBased", 'eventGatewayType="@"') + caught(MESSAGE) + timer("t", "PT1H") + END + flows("s > g > b > e", "g > t > e"), "Both", "Exclusive"),
    Pair("instantiate", "g", START + nodes("task", "a") + gate("eventBased", "@") + caught(MESSAGE) + timer("t", "PT1H") + END + flows("s > a > g > b > e", "g > t > e"), 'instantiate="true"', ""),
    Pair("element", "g", START + '<complexGateway id="g">@</complexGateway>' + nodes("endEvent", "e", "e2") + flows("s > g > e", "g > e2"), "<completionCondition>1</completionCondition>", ""),
]
POSITIONS = [
    *(Pair("unsupported", "b", LINE + "@", begun(wrong), begun(SIGNAL)) for wrong in (ERROR, ESCALATION, UNDO, CANCEL, TERMINATE, LINK)),
    *(Pair("unsupported", "hs", LINE + "@", handler(wrong), handler(SIGNAL)) for wrong in (CANCEL, TERMINATE, LINK)),
    *(Pair("unsupported", "b", LINE + "@" + flows("a > b > e"), caught(wrong), caught(SIGNAL)) for wrong in (ERROR, CANCEL, UNDO, TERMINATE)),
    *(Pair("unsupported", "b", LINE + "@" + flows("a > b > e"), thrown(wrong), thrown(SIGNAL)) for wrong in (COND, ERROR, CANCEL, TERMINATE)),
    *(Pair("unsupported", "b", LINE + "@" + flows("a > b"), ended(wrong), ended(SIGNAL)) for wrong in (TIMER, LINK)),
    *(Pair("unsupported", "b", LINE + "@" + flows("b > e"), at(wrong), at(SIGNAL)) for wrong in (CANCEL, TERMINATE, LINK)),
    Pair("unsupported", "b", LINE + "@" + flows("a > b"), ended(CANCEL), ended(ERROR)),
    Pair("unsupported", "b", LINE + f'<transaction id="box">{INSIDE}</transaction>' + at(CANCEL, 'cancelActivity="@"', "box") + flows("a > box > e", "b > e"), "false", "true"),
    Pair("unsupported", "is", LINE + sub("box", "@" + nodes("endEvent", "ie") + flows("is > ie")) + flows("a > box > e"), f'<startEvent id="is">{MESSAGE}</startEvent>', nodes("startEvent", "is")),
    Pair("no_event", "b", LINE + at("@") + flows("b > e"), "", TIMER),
]
EVENTS = [
    Pair("no_outgoing", "b", LINE + nodes("intermediateThrowEvent", "b") + flows("a > b") + "@", "", flow("b", "e")),
    Pair("no_outgoing", "b", LINE + at(SIGNAL) + "@", "", flow("b", "e")),
    Pair("no_outgoing", "b", LINE + '<startEvent id="b">' + SIGNAL + "</startEvent>@", "", flow("b", "a")),
    Pair("unreachable", "b", LINE + caught(SIGNAL) + flows("b > e") + "@", "", flow("a", "b")),
    Pair("unreachable", "b", LINE + nodes("endEvent", "b") + "@", "", flow("a", "b")),
    Pair("dangling", "b", LINE + "@" + flows("b > e"), at(SIGNAL, on="gone"), at(SIGNAL)),
    Pair("dangling", "b", LINE + "@" + flows("b > e"), at(SIGNAL, on="e"), at(SIGNAL)),
    Pair("dangling", "b", LINE + sub("box", INSIDE) + flows("a > box > e", "b > e") + "@", at(SIGNAL, on="it"), at(SIGNAL, on="box")),
    Pair("dangling", "b", LINE + '<boundaryEvent id="b" @>' + SIGNAL + "</boundaryEvent>" + flows("b > e"), "", 'attachedToRef="a"'),
    *(Pair("reference", "b", LINE + "@" + flows("a > b > e"), caught(f"<{kind}EventDefinition/>"), caught(right)) for kind, right in (("message", MESSAGE), ("signal", SIGNAL))),
    *(Pair("reference", "b", LINE + "@" + flows("a > b > e"), thrown(f"<{kind}EventDefinition/>"), thrown(right)) for kind, right in (("message", MESSAGE), ("signal", SIGNAL), ("escalation", ESCALATION))),
    *(Pair("reference", "b", LINE + "@" + flows("a > b"), ended(f"<{kind}EventDefinition/>"), ended(right)) for kind, right in (("message", MESSAGE), ("signal", SIGNAL), ("error", ERROR))),
    Pair("reference", "b", LINE + "@", begun("<messageEventDefinition/>"), begun(MESSAGE)),
    Pair("reference", "b", LINE + "@", begun("<signalEventDefinition/>"), begun(SIGNAL)),
    *(Pair("dangling", "b", LINE + caught(f'<{kind}EventDefinition {kind}Ref="@"/>') + flows("a > b > e"), "gone", right) for kind, right in (("message", "M"), ("signal", "S"))),
    Pair("dangling", "b", LINE + caught('<messageEventDefinition messageRef="@"/>') + flows("a > b > e"), "S", "M"),
    Pair("dangling", "b", LINE + at('<errorEventDefinition errorRef="@"/>') + flows("b > e"), "X", "E"),
    Pair("wrong_type", "b", LINE + caught("<messageEventDefinition messageRef='M'><operationRef>@</operationRef></messageEventDefinition>") + flows("a > b > e"), "M", "o", '<interface id="F" name="f"><operation id="o" name="o"><inMessageRef>M</inMessageRef></operation></interface>'),
    Pair("operation_message", "b", LINE + caught("<messageEventDefinition messageRef='@'><operationRef>o</operationRef></messageEventDefinition>") + flows("a > b > e"), "N", "M", '<message id="N" name="n"/><interface id="F" name="f"><operation id="o" name="o"><inMessageRef>M</inMessageRef></operation></interface>'),
    Pair("code", "b", LINE + ended('<escalationEventDefinition escalationRef="@"/>') + flows("a > b"), "Bare", "X", '<escalation id="Bare"/>'),
    Pair("code", "b", LINE + thrown('<escalationEventDefinition escalationRef="@"/>') + flows("a > b > e"), "Bare", "X", '<escalation id="Bare"/>'),
    Pair("cardinality", "b", LINE + caught("<timerEventDefinition><timeDate>2030-01-01T00:00:00Z</timeDate>@</timerEventDefinition>") + flows("a > b > e"), "<timeCycle>R/PT1H</timeCycle>", ""),
    Pair("timer", "b", LINE + caught("<timerEventDefinition>@</timerEventDefinition>") + flows("a > b > e"), "", "<timeDuration>PT1H</timeDuration>"),
    Pair("cardinality", "b", LINE + caught("<conditionalEventDefinition>@</conditionalEventDefinition>") + flows("a > b > e"), "", "<condition>${n}</condition>"),
    Pair("multiple", "b", LINE + caught(SIGNAL, "@") + flows("a > b > e"), 'parallelMultiple="true"', ""),
    Pair("required", "b", LINE + thrown("<linkEventDefinition @/>") + '<intermediateCatchEvent id="c">' + LINK + "</intermediateCatchEvent>" + thrown(LINK).replace('"b"', '"b2"') + flows("a > b", "a > b2", "c > e"), "", 'name="l"'),
    Pair("link", "b", LINE + thrown(LINK) + flows("a > b") + sub("box", INSIDE + "@") + flows("a > box > e"), '<intermediateCatchEvent id="c">' + LINK + "</intermediateCatchEvent>" + flows("c > ie"), "</subProcess>" + '<intermediateCatchEvent id="c">' + LINK + "</intermediateCatchEvent>" + flows("c > e") + '<subProcess id="x">'),
    Pair("unsupported", "b", LINE + thrown(LINK + "@") + '<intermediateCatchEvent id="c">' + LINK + "</intermediateCatchEvent>" + flows("a > b", "c > e"), SIGNAL, ""),
    Pair("element", "x", LINE + caught(SIGNAL + "@") + flows("a > b > e"), '<startEvent id="x"/>', ""),
    Pair("attribute", "b", LINE + caught(SIGNAL, "@") + flows("a > b > e"), 'cancelActivity="true"', ""),
    Pair("attribute", "e", START + nodes("task", "a") + '<endEvent id="e" @/>' + flows("s > a > e"), 'isInterrupting="true"', ""),
    Pair("dangling", "b", LINE + caught("<eventDefinitionRef>@</eventDefinitionRef>") + flows("a > b > e"), "M", "SD", '<signalEventDefinition id="SD" signalRef="S"/>'),
    Pair("unsupported", "b", LINE + caught("<eventDefinitionRef>@</eventDefinitionRef>") + flows("a > b > e"), "ED", "SD", '<errorEventDefinition id="ED" errorRef="E"/><signalEventDefinition id="SD" signalRef="S"/>'),
]
SCOPES = [
    Pair("event_subprocess", "h", LINE + "@", handler(SIGNAL, rest=f'<startEvent id="more">{MESSAGE}</startEvent>' + flows("more > he")), handler(SIGNAL)),
    Pair("event_subprocess", "h", LINE + "@", '<subProcess id="h" triggeredByEvent="true"><task id="ht"/></subProcess>', handler(SIGNAL)),
    Pair("event_subprocess", "h", LINE + handler(SIGNAL) + "@", flow("a", "h"), ""),
    Pair("event_subprocess", "h", LINE + handler(SIGNAL) + "@", flow("h", "e"), ""),
    Pair("no_event", "hs", LINE + "@", handler(""), handler(TIMER)),
    Pair("unsupported", "hs", LINE + "@", handler(ERROR, 'isInterrupting="false"'), handler(ERROR)),
    Pair("dangling", "b", LINE + handler(SIGNAL) + flows("b > e") + "@", at(SIGNAL, on="h"), at(SIGNAL)),
    Pair("io", "box", BOX, io(), ""),
    Pair("ad_hoc", "n", LINE + '<adHocSubProcess id="box"><task id="n2"/>@</adHocSubProcess>' + flows("a > box > e"), '<startEvent id="n"/>' + flows("n > n2"), ""),
    Pair("ad_hoc", "n", LINE + '<adHocSubProcess id="box"><task id="n2"/>@</adHocSubProcess>' + flows("a > box > e"), '<endEvent id="n"/>' + flows("n2 > n"), ""),
    Pair("ad_hoc", "box", LINE + '<adHocSubProcess id="box">@</adHocSubProcess>' + flows("a > box > e"), "", '<task id="n"/>'),
    Pair("value", "box", LINE + '<adHocSubProcess id="box" ordering="@"><task id="n"/></adHocSubProcess>' + flows("a > box > e"), "Whenever", "Sequential"),
    Pair("attribute", "box", LINE + '<subProcess id="box" @>' + INSIDE + "</subProcess>" + flows("a > box > e"), 'ordering="Parallel"', ""),
    Pair("element", "box", LINE + '<subProcess id="box">' + INSIDE + "@</subProcess>" + flows("a > box > e"), "<completionCondition>1</completionCondition>", ""),
]
UNDOING = at(UNDO).replace('"b"', '"u"')
BACK = '<task id="undo" isForCompensation="true"/>'
TO = '<association id="to" sourceRef="u" targetRef="undo"/>'
ACTIVITIES = [
    *(Pair("quantity", "b", LINE + f'<task id="b" {name}="@"/>' + flows("a > b > e"), "0", "1") for name in ("startQuantity", "completionQuantity")),
    Pair("value", "b", LINE + '<task id="b" startQuantity="@"/>' + flows("a > b > e"), "many", "1"),
    Pair("cardinality", "b", task(several("<loopCardinality>2</loopCardinality>") + "@"), '<standardLoopCharacteristics loopMaximum="2"/>', ""),
    Pair("loop", "b", task(several("@")), "", "<loopCardinality>2</loopCardinality>"),
    Pair("value", "b", task(several("<loopCardinality>2</loopCardinality>", behavior="@")), "Some", "All"),
    Pair("loop", "b", task(several("<loopCardinality>2</loopCardinality>@", behavior="Complex")), "", "<complexBehaviorDefinition><condition>${nrOfCompletedInstances == 1}</condition></complexBehaviorDefinition>"),
    Pair("cardinality", "b", task(several("<loopCardinality>2</loopCardinality><complexBehaviorDefinition>@</complexBehaviorDefinition>", behavior="Complex")), "", "<condition>${nrOfCompletedInstances == 1}</condition>"),
    Pair("wrong_type", "b", task(several("<loopCardinality>2</loopCardinality>", behavior="One", oneBehaviorEventRef="@")), "S", "SD", '<signalEventDefinition id="SD" signalRef="S"/>'),
    Pair("dangling", "b", task(several("<loopCardinality>2</loopCardinality>", behavior="None", noneBehaviorEventRef="@")), "gone", "SD", '<signalEventDefinition id="SD" signalRef="S"/>'),
    Pair("loop_data", "b", '<dataObject id="d" isCollection="true"/>' + task(io(data("Input", more='isCollection="true"'), ins="i") + several("<loopDataInputRef>@</loopDataInputRef>")), "d", "i"),
    Pair("collection", "b", task(io(data("Input", more='isCollection="@"'), ins="i") + several("<loopDataInputRef>i</loopDataInputRef>")), "false", "true"),
    Pair("value", "b", task("<standardLoopCharacteristics loopMaximum='@'/>"), "often", "2"),
    Pair("compensation", "undo", LINE + BACK + "@", "", UNDOING + TO),
    Pair("compensation", "undo", LINE + UNDOING + BACK + TO + "@", flow("a", "undo"), ""),
    Pair("compensation", "u", LINE + UNDOING + BACK + "@", "", TO),
    Pair("compensation", "u", LINE + UNDOING + BACK + TO + "@", '<task id="undo2" isForCompensation="true"/><association id="to2" sourceRef="u" targetRef="undo2"/>', ""),
    Pair("compensation", "u", LINE + UNDOING + BACK + TO + "@", flow("u", "e"), ""),
    Pair("dangling", "b", LINE + UNDOING + BACK + TO + ended('<compensateEventDefinition activityRef="@"/>') + flows("a > b"), "gone", "a"),
    Pair("dangling", "b", LINE + UNDOING + BACK + TO + ended('<compensateEventDefinition activityRef="@"/>') + flows("a > b"), "e", "a"),
    Pair("dangling", "b", LINE + sub("box", INSIDE) + flows("a > box > e") + UNDOING + BACK + TO + ended('<compensateEventDefinition activityRef="@"/>') + flows("a > b"), "it", "a"),
    Pair("dangling", "b", task("", 'messageRef="@"', "receiveTask"), "S", "M"),
    Pair("dangling", "b", task("", 'messageRef="@"', "receiveTask"), "gone", "M"),
    Pair("wrong_type", "b", task("", 'messageRef="M" operationRef="@"', "receiveTask"), "M", "o", '<interface id="F" name="f"><operation id="o" name="o"><inMessageRef>M</inMessageRef></operation></interface>'),
    Pair("instantiate", "b", task("", 'messageRef="M" instantiate="@"', "receiveTask"), "true", "false"),
    Pair("payload", "b", task("@", 'messageRef="M"', "receiveTask"), io("", data("Output", "o") + data("Output", "o2"), outs="o o2"), io("", data("Output", "o"), outs="o")),
    Pair("payload", "b", task("@", 'messageRef="M"', "receiveTask"), io("", data("Output", "o", 'itemSubjectRef="Other"'), outs="o"), io("", data("Output", "o", 'itemSubjectRef="Text"'), outs="o"), '<itemDefinition id="Other"/>'),
    Pair("attribute", "b", task("", "@", "userTask"), 'messageRef="M"', 'implementation="##unspecified"'),
    Pair("attribute", "b", task("", "@", "manualTask"), 'implementation="x"', ""),
    Pair("attribute", "b", task("", "@"), 'calledElement="p"', ""),
    Pair("element", "b", task("@"), "<script>n = 1</script>", ""),
    Pair("wrong_type", "b", LINE + '<callActivity id="b" calledElement="@"/>' + flows("a > b > e"), "c", "gt", '<globalTask id="gt"/>' + pools("")),
    Pair("call", "b", LINE + '<callActivity id="b" calledElement="q">@</callActivity>' + flows("a > b > e"), io(data("Input"), ins="i"), io(data("Input", "i1") + data("Input", "i2"), ins="i1 i2"), '<process id="q" isExecutable="false">' + io(data("Input", "q1") + data("Input", "q2"), ins="q1 q2", name="qio") + LINE.replace('"s', '"qs').replace('"a', '"qa').replace('"e"', '"qe"') + "</process>"),
]
DATA = [
    Pair("data_state", "d", LINE + '<dataObject id="d">@</dataObject>', '<dataState id="st" name="new"/>', ""),
    Pair("item", "r", LINE + '<dataObject id="d"/><dataObjectReference id="r" dataObjectRef="d" @/>', 'itemSubjectRef="Text"', ""),
    Pair("dangling", "r", LINE + '<dataObject id="d"/><dataObjectReference id="r" dataObjectRef="@"/>', "gone", "d"),
    Pair("wrong_type", "r", LINE + '<dataObject id="d"/><dataObjectReference id="r" dataObjectRef="@"/>', "a", "d"),
    Pair("wrong_type", "r", LINE + '<dataStoreReference id="r" dataStoreRef="@"/>', "M", "DS", '<dataStore id="DS" name="ds"/>'),
    Pair("value", "DS", LINE, "big", "10", '<dataStore id="DS" name="ds" capacity="@"/>'),
    Pair("collection", "d", LINE + '<dataObject id="d" itemSubjectRef="Texts" isCollection="@"/>', "false", "true"),
    Pair("collection", "i", task(io(data("Input", more='itemSubjectRef="Text" isCollection="@"'), ins="i")), "true", "false"),
    Pair("cardinality", "io", task("<ioSpecification id='io'><inputSet/>@</ioSpecification>"), "", "<outputSet/>"),
    Pair("cardinality", "io", task("<ioSpecification id='io'>@<outputSet/></ioSpecification>"), "", "<inputSet/>"),
    Pair("io_set", "i", task("@"), io(data("Input")), io(data("Input"), ins="i")),
    Pair("io_set", "o", task("@"), io("", data("Output", "o")), io("", data("Output", "o"), outs="o")),
    Pair("wrong_type", "ioin", task(io(data("Input"), data("Output", "o"), ins="i @", outs="o")), "o", "i"),
    Pair("dangling", "ioin", task(io(data("Input"), ins="i @")), "gone", "i"),
    Pair("item", "as", task(io(data("Input", more='itemSubjectRef="Text"'), ins="i") + goes("Input", "d", "i")) + '<dataObject id="d" itemSubjectRef="@"/>', "Other", "Text", '<itemDefinition id="Other"/>'),
    Pair("cardinality", "as", task(io(data("Input"), ins="i") + "<dataInputAssociation id='as'><sourceRef>d</sourceRef>@</dataInputAssociation>") + '<dataObject id="d"/>', "", "<targetRef>i</targetRef>"),
    Pair("dangling", "as", task(io(data("Input"), ins="i") + goes("Input", "@", "i")) + '<dataObject id="d"/>', "gone", "d"),
    Pair("association", "as", task(io(data("Input"), data("Output", "o"), ins="i", outs="o") + goes("Output", "@", "d")) + '<dataObject id="d"/>', "i", "o"),
    Pair("cardinality", "as", task(io(data("Input"), ins="i") + goes("Input", "d", "i", "<assignment><from>${d}</from>@</assignment>")) + '<dataObject id="d"/>', "", "<to>i</to>"),
    Pair("payload", "b", LINE + '<intermediateThrowEvent id="b">' + data("Input", more='itemSubjectRef="@"') + "<inputSet><dataInputRefs>i</dataInputRefs></inputSet>" + MESSAGE + "</intermediateThrowEvent>" + flows("a > b > e"), "Other", "Text", '<itemDefinition id="Other"/>'),
    Pair("element", "o", LINE + "<endEvent id='b'>@</endEvent>" + flows("a > b"), data("Output", "o"), ""),
    Pair("element", "i", LINE + caught("@" + SIGNAL) + flows("a > b > e"), data("Input"), ""),
    Pair("dangling", "as", LINE + '<association id="as" sourceRef="a" targetRef="@"/>', "gone", "e"),
    Pair("required", "as", LINE + '<association id="as" @ targetRef="e"/>', "", 'sourceRef="a"'),
    Pair("value", "as", LINE + '<association id="as" sourceRef="a" targetRef="e" associationDirection="@"/>', "Backward", "Both"),
    Pair("dangling", "g", LINE + '<group id="g" categoryValueRef="@"/>', "gone", "v", '<category id="k"><categoryValue id="v"/></category>'),
]
POOLS = [
    Pair("required", "mf", LINE, '<messageFlow id="mf" sourceRef="a"/>', mf("a", "Q"), pools("@")),
    Pair("dangling", "mf", LINE, mf("a", "gone"), mf("a", "Q"), pools("@")),
    Pair("wrong_type", "mf", LINE, mf("a", "Q", 'messageRef="S"'), mf("a", "Q", 'messageRef="M"'), pools("@")),
    Pair("message_flow", "mf", LINE, mf("P", "P"), mf("P", "Q"), pools("@")),
    Pair("message_flow", "mf", LINE, mf("s", "a"), mf("Q", "a"), pools("@")),
    Pair("message_flow", "mf", LINE, mf("Q", "e"), mf("Q", "a"), pools("@")),
    Pair("message_flow", "mf", LINE, mf("Q", "s"), mf("Q", "a"), pools("@")),
    Pair("message_flow", "mf", LINE, mf("e", "Q"), mf("a", "Q"), pools("@")),
    Pair("message_flow", "mf", LINE + caught(SIGNAL) + flows("a > b > e"), mf("Q", "b"), mf("Q", "a"), pools("@")),
    Pair("message_flow", "mf", LINE + caught(MESSAGE) + flows("a > b > e"), mf("b", "Q"), mf("Q", "b"), pools("@")),
    Pair("message_flow", "mf", LINE + thrown(MESSAGE) + flows("a > b > e"), mf("Q", "b"), mf("b", "Q"), pools("@")),
    Pair("message_flow", "b", LINE + caught(MESSAGE) + flows("a > b > e"), mf("Q", "b") + mf("Q", "b").replace('"mf"', '"mf2"'), mf("Q", "b"), pools("@")),
    Pair("wrong_type", "mf", LINE + '<dataObject id="d"/>', mf("d", "Q"), mf("a", "Q"), pools("@")),
    Pair("wrong_type", "P", LINE, "M", "p", pools("", 'processRef="@"')),
    Pair("multiplicity", "P", LINE, 'minimum="0" maximum="0"', 'minimum="0" maximum="1"', '<collaboration id="c"><participant id="P"><participantMultiplicity @/></participant></collaboration>'),
    Pair("value", "P", LINE, "few", "1", '<collaboration id="c"><participant id="P"><participantMultiplicity minimum="@"/></participant></collaboration>'),
    Pair("wrong_type", "P", LINE, "M", "F", '<interface id="F" name="f"><operation id="o" name="o"><inMessageRef>M</inMessageRef></operation></interface><collaboration id="c"><participant id="P" processRef="p"><interfaceRef>@</interfaceRef></participant></collaboration>'),
    Pair("correlation", "k", LINE, "", "<correlationPropertyRef>cp</correlationPropertyRef>", '<correlationProperty id="cp"><correlationPropertyRetrievalExpression messageRef="M"><messagePath>x</messagePath></correlationPropertyRetrievalExpression></correlationProperty>' + pools('<correlationKey id="k">@</correlationKey>')),
    Pair("cardinality", "cp", LINE, "", '<correlationPropertyRetrievalExpression messageRef="M"><messagePath>x</messagePath></correlationPropertyRetrievalExpression>', '<correlationProperty id="cp">@</correlationProperty>'),
    Pair("required", "cp", LINE, "", 'messageRef="M"', '<correlationProperty id="cp"><correlationPropertyRetrievalExpression @><messagePath>x</messagePath></correlationPropertyRetrievalExpression></correlationProperty>'),
    Pair("cardinality", "cp", LINE, "", "<messagePath>x</messagePath>", '<correlationProperty id="cp"><correlationPropertyRetrievalExpression messageRef="M">@</correlationPropertyRetrievalExpression></correlationProperty>'),
    Pair("dangling", "k", LINE, "gone", "cp", '<correlationProperty id="cp"><correlationPropertyRetrievalExpression messageRef="M"><messagePath>x</messagePath></correlationPropertyRetrievalExpression></correlationProperty>' + pools('<correlationKey id="k"><correlationPropertyRef>@</correlationPropertyRef></correlationKey>')),
]
# fmt: on


@pytest.mark.parametrize(
    "pair",
    [*DEFINITIONS, *PROCESS, *FLOWS, *GATEWAYS, *POSITIONS, *EVENTS, *SCOPES, *ACTIVITIES, *DATA, *POOLS],
    ids=str,
)
def test_broken_and_mended(pair: Pair) -> None:
    prove(pair)
