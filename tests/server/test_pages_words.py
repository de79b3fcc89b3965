"""Failures in words: whatever a room raises by code, the pages can say in both languages."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from flask_babel import force_locale

from handlers import codes as tables
from handlers.registers import Opinion
from server.pages import events
from server.pages.words import ERRORS, FIELDS, error_words, field_words
from tests.city import City
from workflows.errors import Conflict, DubanError, FieldError, InvalidInput, NotFound

ROOT = Path(__file__).resolve().parents[2]
#: The rooms whose failures reach somebody who uses the pages. Lists have their own words,
#: findings about diagrams name their element.
ROOMS = (
    "workflows/tasks",
    "workflows/definitions/publishing.py",
    "workflows/engine/signers.py",
    "workflows/engine/cosigning.py",
    "workflows/instances",
    "workflows/keyset.py",
    *(f"handlers/{room}" for room in ("accountability", "cases", "clearing", "erasure", "freezing")),
    *(f"handlers/{room}" for room in ("inquiries", "recusals", "registers", "sanctions", "vault", "wall")),
    *(f"handlers/{step}.py" for step in ("accidents", "correcting", "failed_rectification", "findings")),
    *(f"handlers/{step}.py" for step in ("interference", "leaking", "recusing", "replacing", "working")),
    "handlers/uploads.py",
    "handlers/clue_import/uploaded.py",
    "handlers/office/people.py",
    "server/auth",
    "server/guard.py",
    "server/pages",
    "server/traffic/rates.py",
)
KINDS = {"Conflict", "EngineFault", "InvalidInput", "NotAllowed", "NotFound", "__init__"}
#: Raised by the engine's API, the command line and the files that an office is set up from only.
ELSEWHERE = {"bad_row", "columns", "many_receivers", "sort", "token"}


def calls(rooms: tuple[str, ...]) -> Iterator[ast.Call]:
    for room in rooms:
        path = ROOT / room
        for file in sorted(path.rglob("*.py")) if path.is_dir() else [path]:
            for node in ast.walk(ast.parse(file.read_text("utf-8"))):
                if isinstance(node, ast.Call):
                    yield node


def constant(node: Any) -> str | None:
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else None


def codes() -> set[str]:
    """Return the codes of the failures that are raised."""
    found = {
        constant(word.value)
        for call in calls(ROOMS)
        if ast.unparse(call.func).rpartition(".")[2] in KINDS
        for word in call.keywords
        if word.arg == "code"
    }
    return {code for code in found if code} - ELSEWHERE


def field_codes() -> set[str]:
    """Return the codes of what can be wrong with a field."""
    found = set()
    # What the wall calls `refused` names a rule, not a field.
    rooms = tuple(room for room in ROOMS if room != "handlers/wall")
    for call in calls((*rooms, "workflows/forms")):
        name = ast.unparse(call.func).rpartition(".")[2]
        if name in ("FieldError", "Wrong"):
            found.add(constant(call.args[0]) if call.args else None)
        if ast.unparse(call.func) == "refused":
            found.add(constant(call.args[1]))
        if name == "refuse":
            found.add(constant(call.args[-1]))
    return {code for code in found if code}


def test_there_is_something_to_check() -> None:
    assert len(codes()) > 15
    assert len(field_codes()) > 25


def test_every_failure_has_words() -> None:
    assert codes() - ERRORS.keys() == set()


def test_every_wrong_field_has_words() -> None:
    assert field_codes() - FIELDS.keys() == set()


#: What fills the holes of any wording.
PARAMS: dict[str, Any] = {
    **dict.fromkeys(("min", "max", "length", "decimals", "minutes", "count"), 3),
    **dict.fromkeys(("earliest", "latest", "number", "office", "name", "by", "rule", "login"), "x"),
    # Of the templates of papers: where something stands, and which thing it is.
    **dict.fromkeys(("part", "tag", "right", "target", "text", "why"), "x"),
    "what": "nested_table",
    **dict.fromkeys(("paragraph", "at", "begun"), 3),
    **{name: ["x"] for name in ("kinds", "logins", "names", "numbers", "roles", "rights")},
}


@pytest.mark.parametrize("locale", ["zh_Hans_CN", "en"])
def test_all_words_can_be_said(city: City, locale: str) -> None:
    with city.app.test_request_context(), force_locale(locale):
        assert all(wording(PARAMS) for wording in [*ERRORS.values(), *FIELDS.values()])


def test_who_was_quicker_is_named(city: City) -> None:
    with city.app.test_request_context():
        assert "张承办" in error_words(Conflict("taken", code="claimed", by="handler"), 409)
        assert "张承办" in error_words(Conflict("done", code="closed", by="handler"), 409)
        assert error_words(Conflict("done", code="closed"), 409) == "该任务已办结，无需再办。"


@pytest.mark.parametrize("status", [400, 401, 403, 404, 405, 409, 413, 418, 429, 500, 503])
def test_an_unknown_failure_is_worded_by_its_status(city: City, status: int) -> None:
    with city.app.test_request_context():
        assert error_words(DubanError("English.", code="never heard of"), status) != "English."


def test_wrong_fields_without_a_page_are_listed(city: City) -> None:
    error = InvalidInput("no", fields={"a": FieldError("required"), "b": FieldError("max", {"max": 1200})})
    with city.app.test_request_context():
        assert error_words(error, 422) == "此项必填。 不得大于 1,200。"


def test_an_unknown_field_error_is_still_words(city: City) -> None:
    with city.app.test_request_context():
        assert field_words(FieldError("never heard of")) == "此项内容不符合要求。"


def test_what_is_not_there_is_not_described(city: City) -> None:
    with city.app.test_request_context():
        assert "secret" not in error_words(NotFound("There is no clue secret.", code="clue"), 404)


@pytest.mark.parametrize(
    ("step", "decision", "zh", "en"),
    [
        ("c10", "accept", "受理", "accept"),
        ("inquiry_result", "accept", "予以采信了结", "accept and close"),
        ("c11", "report", "事实清楚、证据确凿，拟写审理报告", "clear: write the report"),
        ("inquiry_stop", "report", "据已有情况报告", "report on what there is"),
        ("c13_consult", "objected", "有不同意见", "objection"),
        ("talk_second", "signed", "已签署", "signed"),
        ("talk_second", "back", "已退回重录", "sent back"),
        ("a3_sign", "signed", "已签收", "signed for"),
    ],
)
def test_a_decision_has_the_words_of_its_step(city: City, step: str, decision: str, zh: str, en: str) -> None:
    """One code stands for different things at different steps: an opinion says what was meant at its own."""
    row = Opinion(step=step, decision=decision)
    for language, words in (("zh_Hans_CN", zh), ("en", en)):
        with city.app.test_request_context(headers={"Cookie": f"duban_language={language}"}):
            assert events.opinion_words(row) == words


def test_steps_with_a_table_of_their_own_have_a_word_for_each_answer(city: City) -> None:
    with city.app.test_request_context():
        for step, table in events.DECIDED_AT.items():
            for entry in tables.rows(table):
                assert events.opinion_words(Opinion(step=step, decision=entry["code"]))
