"""Requests made up from the APIs' own descriptions, by somebody and by nobody: whatever comes, no fault of the server."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis.schemas import APIOperation

from tests.security import engine_rest_openapi
from tests.security.conftest import House, serving, settle

#: Requests of each operation by each person; `make soak` makes sixty times as many.
MADE_UP = max(1, int(os.environ.get("DUBAN_WALKS", "300")) // 300)
PEOPLE = ("supervisor", "clerk", None)


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """Give a house of its own: what is made up may change whatever is there."""
    with serving(settle(tmp_path_factory.mktemp("house"))) as house:
        yield house


@pytest.fixture(scope="module")
def known(house: House) -> dict[str, str]:
    """Return ids that exist, by argument of the routes."""
    begun = house.matter("a9")
    found = house.program("supervisor").get("/process-definition", key="clue_transfer")[0]
    return {
        "instance_id": begun.id,
        "task_id": house.task(begun, "a9").id,
        "clue_id": house.city.clue(begun),
        "transfer_id": house.city.clue(begun),
        "number": begun.business_key or "",
        "key": "clue_transfer",
        "definition_id": found["id"],
        "deployment_id": found["deploymentId"],
        "name": "handlers",
    }


Describe = Callable[[House, dict[str, str]], dict[str, Any]]


def office_api(house: House, known: dict[str, str]) -> dict[str, Any]:
    document: dict[str, Any] = house.anybody().get("/api/openapi.json").json()
    return document


def engine_api(house: House, known: dict[str, str]) -> dict[str, Any]:
    return engine_rest_openapi.document(house.city.app, known)


def operations(document: dict[str, Any]) -> Iterator[APIOperation[Any, Any, Any, Any]]:
    for found in schemathesis.openapi.from_dict(document).get_all_operations():
        yield found.ok()


@pytest.mark.parametrize("describe", [office_api, engine_api])
@pytest.mark.parametrize("login", PEOPLE)
def test_nothing_made_up_is_a_fault(
    house: House, known: dict[str, str], describe: Describe, login: str | None
) -> None:
    tried = 0
    for operation in operations(describe(house, known)):
        tried += _try(house, operation, login)
    assert tried >= 20


def _try(house: House, operation: APIOperation[Any, Any, Any, Any], login: str | None) -> int:
    answers: list[int] = []
    public = operation.label == "GET /api/openapi.json"

    @settings(
        max_examples=MADE_UP,
        deadline=None,
        database=None,
        phases=[Phase.generate, Phase.shrink],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=operation.as_strategy())
    def one(case: schemathesis.Case) -> None:
        session = house.program(login).session if login else None
        answer = case.call(base_url=house.base, session=session, timeout=60)
        answers.append(answer.status_code)
        assert answer.status_code < 500, (case.as_curl_command(), answer.text[:500])
        if login is None and not public:
            assert answer.status_code in {400, 401, 404, 405}, (case.as_curl_command(), answer.status_code)

    one()
    return len(answers)
