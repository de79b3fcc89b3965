"""`/deadlines/preview`: the due date with its reasoning, and by parameter what is wrong with a question."""

from typing import Any

import pytest
from flask.testing import FlaskClient

from tests.contract.client import basic

PATH = "/api/v1/deadlines/preview"


@pytest.fixture
def ask(inside: FlaskClient) -> Any:
    """Return a function that asks as a clerk."""

    def get(status: int = 200, **asked: str) -> dict[str, Any]:
        answer = inside.get(PATH, query_string=asked, headers=basic("clerk", "clerk"))
        assert answer.status_code == status, answer.text
        found: dict[str, Any] = answer.json
        return found

    return get


def test_a_due_date_comes_with_its_reasoning(ask: Any) -> None:
    found = ask(start="2026-02-10", n="15", unit="WD")
    assert (found["due_on"], found["provisional"], found["rule"]) == ("2026-03-09", False, None)
    assert found["due_at"] == "2026-03-09T16:00:00+00:00"
    steps = [(step["what"], step["data"]) for step in found["reasoning"]]
    assert ("makeup", {"day": "2026-02-14"}) in steps
    assert ("counted", {"n": 15, "day": "2026-03-09"}) in steps
    assert any("春节" in step["text"] or "Spring Festival" in step["text"] for step in found["reasoning"])
    found = ask(start="2026-02-10", rule="T12")
    assert (found["due_on"], found["rule"]["id"], found["rule"]["status"]) == (
        "2026-03-09",
        "T12",
        "to_confirm",
    )
    assert ask(start="2026-11-30", n="3", unit="M")["provisional"]
    assert ask(start="2026-07-01", n="3", unit="M", liberty="true")["due_on"] == "2026-10-01"
    assert ask(start="2024-02-29", n="1", unit="Y")["due_on"] == "2025-02-28"
    assert ask(start="2026-10-01T15:20", n="24", unit="H")["due_at"] == "2026-10-02T07:20:00+00:00"


@pytest.mark.parametrize(
    ("asked", "parameter", "words"),
    [
        ({"n": "15", "unit": "WD"}, "start", "give the day"),
        ({"start": "2026-02-30", "n": "15", "unit": "WD"}, "start", "no 2026-02-30 in the calendar"),
        ({"start": "P15D", "unit": "WD", "n": "1"}, "start", "is a duration"),
        ({"start": "2026-02-10", "n": "x", "unit": "WD"}, "n", "whole number"),
        ({"start": "2026-02-10", "n": "1", "unit": "W"}, "unit", "one of H, ND, WD, M, Y"),
        ({"start": "2026-02-10", "rule": "T99"}, "rule", "no rule 'T99'"),
        ({"start": "2026-02-10", "rule": "T02"}, "rule", "has no number"),
        ({"start": "2026-02-10", "rule": "T12", "days": "3"}, "days", "not offered"),
    ],
)
def test_a_wrong_parameter_is_named(ask: Any, asked: dict[str, str], parameter: str, words: str) -> None:
    problem = ask(400, **asked)
    (error,) = problem["errors"]
    assert error["parameter"] == parameter
    assert words in error["detail"]


def test_the_preview_is_for_those_who_sign_in(inside: FlaskClient) -> None:
    assert inside.get(PATH, query_string={"start": "2026-02-10", "rule": "T12"}).status_code == 401
