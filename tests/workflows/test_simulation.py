"""`duban simulate`: a diagram under a virtual clock."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from tests.workflows.engine.diagrams import (
    boundary,
    file_of,
    flows,
    nodes,
    rule,
    script,
    service,
    sub,
    timer,
    user,
)
from workflows.errors import InvalidInput
from workflows.simulation import simulate

NOW = datetime(2026, 10, 8, 1, 0, tzinfo=UTC)
ESCALATED = (
    nodes("startEvent", "s")
    + user("work")
    + timer("late", "P3D", on="work")
    + user("chase")
    + nodes("endEvent", "e", "f")
    + flows("s > work > e", "late > chase > f")
)


def told(body: str, *, extra: str = "", executable: str = "true", **options: Any) -> dict[str, Any]:
    document = simulate(file_of(body, extra=extra, executable=executable), now=NOW, **options)
    assert set(document) == {"findings", "nodes", "trace", "variables", "outcome"}
    json.dumps(document)
    return document


def entered(document: dict[str, Any]) -> list[str]:
    return [step["element"] for step in document["trace"] if step["event"] == "entered"]


def test_an_open_task_waits() -> None:
    document = told(ESCALATED, variables={"n": 1})
    assert document["outcome"] == "waiting"
    assert document["variables"] == {"n": 1}
    assert document["nodes"]["late"] == "boundaryEvent:timer"
    assert [(step["element"], step["event"]) for step in document["trace"]] == [
        ("s", "entered"),
        ("s", "left"),
        ("work", "entered"),
    ]


def test_completing_all_goes_to_the_end() -> None:
    document = told(ESCALATED, complete_all=True)
    assert document["outcome"] == "completed"
    assert entered(document) == ["s", "work", "e"]


@pytest.mark.parametrize("advance", ["P3D", "2026-10-11T01:00:00Z", "2026-10-11T09:00:00"])
def test_time_passes_to_the_instant_of_the_timer(advance: str) -> None:
    document = told(ESCALATED, advance=advance)
    assert document["outcome"] == "waiting"
    assert entered(document)[-1] == "chase"
    assert document["trace"][-1]["at"] == "2026-10-11T01:00:00+00:00"
    assert entered(told(ESCALATED, advance="P2D"))[-1] == "work"


def test_time_passes_before_people_act_where_a_timer_waits() -> None:
    assert entered(told(ESCALATED, advance="P3D", complete_all=True)) == ["s", "work", "late", "chase", "f"]
    box = sub("box", nodes("startEvent", "is") + user("inner") + flows("is > inner"))
    body = nodes("startEvent", "s") + box + timer("late", "P1D", on="box") + user("chase")
    document = told(body + flows("s > box", "late > chase"), advance="P1D", complete_all=True)
    assert entered(document) == ["s", "box", "is", "inner", "late", "chase"]
    body = nodes("startEvent", "s") + user("a") + timer("t", "P1D") + user("b") + flows("s > a > t > b")
    document = told(body, advance="P1D", complete_all=True)
    assert document["outcome"] == "completed"


def test_reminders_come_as_often_as_they_are_due() -> None:
    body = nodes("startEvent", "s") + user("a") + service("note", "mail.send") + nodes("endEvent", "e")
    body += timer("again", "R/P1D", on="a", cancel=False, kind="timeCycle") + flows(
        "s > a > e", "again > note"
    )
    document = told(body, advance="P5D", complete_all=True)
    assert entered(document).count("note") == 5
    assert document["outcome"] == "completed"


def test_a_message_waits_for_its_receiver() -> None:
    thrown = (
        '<intermediateThrowEvent id="throw"><messageEventDefinition messageRef="M"/></intermediateThrowEvent>'
    )
    caught = (
        '<intermediateCatchEvent id="catch"><messageEventDefinition messageRef="M"/></intermediateCatchEvent>'
    )
    body = nodes("startEvent", "s") + thrown + user("a") + caught + flows("s > throw > a > catch")
    assert told(body, extra='<message id="M" name="m"/>', complete_all=True)["outcome"] == "completed"


def test_decisions_come_from_the_files_beside() -> None:
    table = (
        '<definitions xmlns="https://www.omg.org/spec/DMN/20191111/MODEL/" id="d" name="d" namespace="x">'
        '<decision id="way" name="way"><decisionTable id="t"><input id="i">'
        '<inputExpression id="ie" typeRef="number"><text>n</text></inputExpression></input>'
        '<output id="o" name="to" typeRef="string"/>'
        '<rule id="r"><inputEntry id="c"><text>&gt; 3</text></inputEntry><outputEntry id="v"><text>"B"</text>'
        "</outputEntry></rule></decisionTable></decision></definitions>"
    )
    body = nodes("startEvent", "s") + rule("r", "way", resultVariable="to", mapDecisionResult="singleEntry")
    document = told(body + flows("s > r"), variables={"n": 5}, dmn=[table.encode()])
    assert document["variables"] == {"n": 5, "to": "B"}
    assert told(body + flows("s > r"), variables={"n": 5})["variables"] == {"n": 5, "to": None}


def test_a_failure_names_its_element_and_keeps_the_trace() -> None:
    body = nodes("startEvent", "s") + script("t", "a = b + 1") + flows("s > t")
    document = told(body)
    assert document["outcome"] == "failed"
    assert [(f["element"], f["rule"]) for f in document["findings"]] == [("p", "no_end"), ("t", "run")]
    assert entered(document) == ["s", "t"]


def test_errors_refuse() -> None:
    document = told(nodes("startEvent", "s") + nodes("serviceTask", "c") + flows("s > c"))
    assert document["outcome"] == "refused"
    assert document["nodes"] == {"s": "startEvent", "c": "serviceTask"}
    assert document["trace"] == []
    assert simulate(b"no xml", now=NOW)["outcome"] == "refused"
    assert simulate(file_of(ESCALATED), now=NOW, process_id="other")["outcome"] == "refused"


def test_pictures_can_be_simulated() -> None:
    assert told(ESCALATED, executable="false")["outcome"] == "waiting"


def test_an_endless_cycle_of_tasks_ends() -> None:
    body = nodes("startEvent", "s") + user("a") + user("b") + flows("s > a > b > a")
    assert told(body, complete_all=True)["outcome"] == "failed"


@pytest.mark.parametrize("advance", ["soon", "2020-01-01", "", "R/P1D"])
def test_bad_times_are_refused(advance: str) -> None:
    with pytest.raises(InvalidInput):
        told(ESCALATED, advance=advance)


def test_bad_variables_are_refused() -> None:
    with pytest.raises(InvalidInput):
        told(ESCALATED, variables={"typename": 1})


def test_any_start_event_begins_a_simulation() -> None:
    start = '<startEvent id="m"><messageEventDefinition messageRef="M"/></startEvent>'
    assert entered(told(start + user("a") + flows("m > a"), extra='<message id="M" name="m"/>')) == ["m", "a"]
    assert entered(
        told(
            user("a") + boundary("b", "a", '<signalEventDefinition signalRef="S"/>'), extra='<signal id="S"/>'
        )
    ) == ["a"]


CALLEE = (
    f'<process id="helper" isExecutable="true">{nodes("startEvent", "hs")}{nodes("endEvent", "he")}'
    f"{flows('hs > he')}</process>"
)


def test_a_main_process_with_errors_is_not_replaced_by_one_that_it_calls() -> None:
    call = '<callActivity id="c" calledElement="helper"/>'
    body = nodes("startEvent", "s") + call + '<serviceTask id="t"/>' + flows("s > c > t")
    document = told(body, extra=CALLEE)
    assert document["outcome"] == "refused"
    assert document["trace"] == []
    assert "t" in {finding["element"] for finding in document["findings"]}


def test_every_pool_is_listed_whichever_runs() -> None:
    document = told(nodes("startEvent", "s") + nodes("endEvent", "e") + flows("s > e"), extra=CALLEE)
    assert set(document["nodes"]) == {"s", "e", "hs", "he"}
    assert entered(document) == ["hs", "he"]
    assert entered(told(ESCALATED, extra=CALLEE, process_id="p"))[0] == "s"


def test_the_process_that_begins_by_itself_is_the_one_meant() -> None:
    asked = '<startEvent id="s"><messageEventDefinition messageRef="M"/></startEvent>'
    body = asked + nodes("endEvent", "e") + flows("s > e")
    document = told(body, extra='<message id="M" name="ask"/>' + CALLEE)
    assert entered(document) == ["hs", "he"]


def test_a_token_that_can_get_stuck_is_told_with_its_path_and_still_simulated() -> None:
    body = (
        nodes("startEvent", "s") + nodes("endEvent", "e") + nodes("parallelGateway", "j") + nodes("task", "a")
    )
    body += '<exclusiveGateway id="x" default="x_j"/>' + flows("s > x > j > e", "a > j", "x > a | v == 1")
    document = told(body, variables={"v": 1})
    [finding] = [f for f in document["findings"] if f["rule"] == "deadlock"]
    assert (finding["element"], finding["path"]) == ("j", ["s", "x", "j"])
    assert document["outcome"] == "waiting"
    assert entered(document) == ["s", "x", "a", "j"]
