"""Forged requests, addresses that lead elsewhere, odd addresses and numbers: by page, on both databases."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
import requests
from sqlalchemy import select

from handlers import uploads
from handlers.registers import Document
from server.guard import HEADER_AREAS
from tests.contract.client import values
from tests.security.conftest import House, Visitor, answers
from workflows.model import Instance, TaskDraft


def test_every_form_of_a_page_wants_its_token(house: House) -> None:
    supervisor, admin = house.visitor("supervisor"), house.visitor("admin")
    tried = 0
    for rule in house.city.app.url_map.iter_rules():
        if "POST" not in (rule.methods or ()) or rule.rule.startswith(HEADER_AREAS):
            continue
        path = rule.rule
        for name in rule.arguments:
            path = path.replace(f"<{name}>", "x")
        for visitor in (supervisor, admin):
            for headers in ({}, {"X-CSRFToken": "made-up"}, {"Origin": "https://evil.example"}):
                answer = visitor.session.post(house.base + path, headers=headers, timeout=60)
                assert answer.status_code == 400, (path, headers)
        tried += 1
    assert tried >= 12
    assert admin.get("/inbox").status_code == 200  # nobody was signed out, disabled or reset


def test_a_token_of_one_browser_is_no_good_in_another(house: House) -> None:
    other = house.anybody()
    stolen = house.visitor("clerk").token()
    data = {"csrf_token": stolen, "login": "clerk", "password": "clerk"}
    assert other.session.post(f"{house.base}/signin", data=data, timeout=60).status_code == 400


def test_a_cookie_is_nothing_to_the_api(house: House) -> None:
    clerk = house.visitor("clerk")
    assert clerk.get("/engine-rest/task").status_code == 401
    answer = clerk.session.post(f"{house.base}/engine-rest/message", json={"messageName": "x"}, timeout=60)
    assert answer.status_code == 401
    assert clerk.get("/api/v1/clues").status_code == 401


def test_another_sites_page_cannot_use_the_api(house: House) -> None:
    """A form or picture elsewhere, in a browser that remembers a password: no preflight asks for these."""
    program = house.program("supervisor")
    for mode in ("navigate", "no-cors"):
        headers = {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": mode}
        answer = program.session.post(
            f"{program.base}/deployment/create", data={"deployment-name": "x"}, headers=headers, timeout=60
        )
        assert answer.status_code == 400
    preflight = requests.options(
        f"{program.base}/task", headers={"Origin": "https://evil.example"}, timeout=60
    )
    assert not [name for name in preflight.headers if name.startswith("Access-Control")]


@pytest.mark.parametrize(
    "target", ["//evil.example", "https://evil.example", "/\\evil.example", "/\t/evil", "javascript:alert(1)"]
)
def test_choosing_a_language_leads_nowhere_else(house: House, target: str) -> None:
    answer = house.visitor("clerk").post("/language", language="zh_Hans_CN", next=target)
    assert (answer.status_code, answer.headers["Location"]) == (303, "/")


ODD = (
    "/clues?since=0001-01-01&until=9999-12-31",
    "/clues?since=%00&stage=%00&office=%00",
    "/clues?after=%00",
    "/clues?text=%ED%A0%80",
    "/clues/%00",
    "/clues/%00/documents/%00",
    "/tasks/%00",
    "/instances/%00/tokens.json",
    "/inbox?after=%00&text=%00&step=%00:%00",
    "/inbox?after=" + "A" * 3000,
    "/notifications?before=99999999999999999999999",
    "/notifications?before=-9223372036854775809",
    "/notifications?before=" + "9" * 4500,
    "/" + "a" * 5000,
)


@pytest.mark.parametrize("path", ODD, ids=range(len(ODD)))
def test_an_odd_address_is_answered_calmly(both: House, path: str) -> None:
    answer = both.visitor("clerk").get(path)
    assert answer.status_code in {200, 400, 404}, answer.text[:300]
    assert "Traceback" not in answer.text


@pytest.mark.parametrize("number", ["9" * 30, "-1", "x", "9223372036854775808"])
def test_an_odd_number_in_a_form_too(both: House, number: str) -> None:
    assert both.visitor("clerk").post("/notifications/read", id=number, show="unread").status_code in {
        303,
        400,
    }


@pytest.mark.parametrize("pattern", ["%", "_", "%%%", "YS-%", "\\", "' OR 1=1 --", "*"])
def test_search_knows_no_wildcards(house: House, studied: Instance, pattern: str) -> None:
    clerk = house.visitor("clerk")
    number = str(studied.business_key)
    assert number in clerk.get(f"/clues?text={number}").text
    for path in ("/clues", "/inbox"):
        answer = clerk.get(path, params={"text": pattern, "box": "groups"})
        assert answer.status_code == 200
        assert number not in answer.text


# --- forms


def test_missing_and_extra_answers_by_the_api_are_named(house: House, studied: Instance) -> None:
    handler, opened = house.program("handler"), house.task(studied, "a9")
    forged = {
        **answers("clue_study"),
        "clue_id": "x",
        "handlers": ["clerk"],
        "decision_a4": "agree",
        "__class__": 1,
    }
    del forged["reasons"]
    refused = handler.post(f"/task/{opened.id}/complete", {"variables": values(**forged)}, 400)
    for path, code in (
        ("reasons", "required"),
        ("clue_id", "unknown"),
        ("handlers", "unknown"),
        ("decision_a4", "unknown"),
    ):
        assert f"{path} ({code})" in refused["message"]
    assert refused["fields"]["__class__"]["code"] == "unknown"


def test_extra_answers_by_the_page_are_nothing(house: House) -> None:
    matter = house.matter("a9")
    opened = house.task(matter, "a9")
    house.city.claim(opened, "handler")
    handler = house.visitor("handler")
    typed = {
        **answers("clue_study"),
        "clue_id": "x",
        "to_office": "SC1",
        "decision_a4": "agree",
        "handlers": "clerk",
    }
    missing = handler.post(f"/tasks/{opened.id}/complete", **{**typed, "reasons": ""})
    assert missing.status_code == 422
    assert handler.post(f"/tasks/{opened.id}/complete", **typed).status_code == 303
    variables = house.program("clerk").get(f"/process-instance/{matter.id}/variables")
    assert variables["handlers"]["value"] == ["handler", "handler2"]
    assert variables["to_office"]["value"] == "JD1"
    assert "decision_a4" not in variables
    assert variables["clue_id"]["value"] != "x"


def test_nobody_sends_in_another_persons_file(house: House) -> None:
    """A reference to somebody's upload, by the page's hidden input and by the API."""
    with house.city.database.unit_of_work() as session:
        secret = uploads.keep(session, login="principal", filename="secret.txt", content=b"secret").id
    matter = house.matter("a9")
    opened = house.task(matter, "a9")
    house.city.claim(opened, "handler")
    page = house.visitor("handler").post(f"/tasks/{opened.id}/draft", **{"_kept.minutes": secret})
    assert page.status_code == 303
    assert "secret.txt" not in house.visitor("handler").get(f"/tasks/{opened.id}").text
    body = {"variables": values(**answers("clue_study"), minutes=[secret])}
    refused = house.program("handler").post(f"/task/{opened.id}/complete", body, 400)
    assert refused["fields"]["minutes"]["code"] == "file"
    with house.city.database.reading() as session:
        assert session.scalars(select(Document).where(Document.title == "secret.txt")).all() == []


def test_a_draft_is_seen_by_its_writer_only(house: House) -> None:
    matter = house.matter("a9")
    opened = house.task(matter, "a9")
    words = "只有我看得见的草稿"
    assert house.visitor("handler2").post(f"/tasks/{opened.id}/draft", reasons=words).status_code == 303
    assert words in house.visitor("handler2").get(f"/tasks/{opened.id}").text
    for login in ("handler", "head", "clerk", "principal"):
        assert words not in house.visitor(login).get(f"/tasks/{opened.id}").text
        assert words not in house.program(login).call("GET", f"/task/{opened.id}/form-variables")
    with house.city.database.reading() as session:
        assert session.scalars(select(TaskDraft.user_id).where(TaskDraft.task_id == opened.id)).all() == [
            "handler2"
        ]


def test_a_handler_who_recused_himself_is_out(house: House) -> None:
    """Assigned, recused, replaced: the page, its task and its draft are gone for him at once."""
    matter = house.matter("a8_sign")
    opened = house.task(matter, "a8_sign", "handler")
    assert matter.scope_id
    path = f"/clues/{matter.scope_id.removeprefix('clue:')}"
    handler = house.visitor("handler")
    assert handler.get(path).status_code == 200
    house.city.complete(
        opened, "handler", recusal="yes", grounds="relative", grounds_text="与被反映人沾亲", sign=True
    )
    assert handler.get(path).status_code == 404
    assert house.program("handler").count("/task", processInstanceId=matter.id) == 0
    assert str(matter.business_key) not in handler.get("/clues").text
    assert "沾亲" not in handler.get(f"/tasks/{opened.id}").text


# --- races


def test_of_many_who_claim_at_once_one_has_it(both: House) -> None:
    matter = both.matter("a3")
    opened = both.task(matter, "a3")
    clerks = [Visitor(both.base, login) for login in ("clerk", "clerk2") for _ in range(4)]
    tokens = [clerk.token() for clerk in clerks]

    def claim(number: int) -> int:
        clerk = clerks[number]
        path = f"{both.base}/tasks/{opened.id}/claim"
        return clerk.session.post(
            path, data={"csrf_token": tokens[number]}, allow_redirects=False, timeout=60
        ).status_code

    with ThreadPoolExecutor(8) as pool:
        statuses = list(pool.map(claim, range(8)))
    # Claiming one's own again changes nothing: the four browsers of the quicker clerk all have it.
    assert sorted(statuses) == [303] * 4 + [409] * 4
    holder = both.task(matter, "a3").assignee
    assert statuses.index(303) // 4 == ("clerk", "clerk2").index(str(holder))


BODIES = {
    "deep": '{"variables": {"a": {"value": ' + "[" * 50_000 + "]" * 50_000 + "}}}",
    "deep in objects": '{"variables":' * 20_000 + "1" + "}" * 20_000,
    "a number without end": '{"variables": {"a": {"value": ' + "9" * 5000 + "}}}",
    "no number": '{"variables": {"a": {"value": NaN}}}',
    "half a character": '{"variables": {"a": {"value": "\\ud800"}}}',
    "no text": b"\xff\xfe\x00",
    "a list": "[1]",
    "a Java object": '{"variables": {"a": {"type": "Object", "value": "rO0ABQ==", "valueInfo": '
    '{"serializationDataFormat": "application/x-java-serialized-object"}}}}',
    "deep text": '{"variables": {"a": {"type": "Json", "value": "' + "[" * 5000 + "]" * 5000 + '"}}}',
}


@pytest.mark.parametrize("what", BODIES)
def test_an_odd_body_is_refused_with_a_word(house: House, what: str) -> None:
    program = house.program("supervisor")
    for path in (
        "/process-definition/key/errand/start",
        "/message",
        "/task",
        "/history/process-instance/count",
    ):
        headers = {"Content-Type": "application/json"}
        answer = program.session.post(program.base + path, data=BODIES[what], headers=headers, timeout=60)
        assert answer.status_code == 400, (path, answer.text[:300])
        assert set(answer.json()) >= {"type", "message"}
        assert "Traceback" not in answer.text
