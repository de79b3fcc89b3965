"""An agency's own system: a clue with its files, its receipt, and the signatures, each done once."""

from __future__ import annotations

import base64
import hashlib
import threading
from typing import Any

import requests
from sqlalchemy import func, select

from handlers.registers import Clue
from server.traffic import repeats
from server.traffic.repeats import Repeat
from tests.city import TRANSFER
from tests.contract.api.conftest import Programs, program_of, transfer
from tests.contract.client import Client, basic
from tests.pdf import BLANK, pages
from tests.security.conftest import House, answers
from workflows import clock
from workflows.model import AuditEvent

PDF = BLANK


def sent(agency: Client, name: str, content: bytes, status: int = 201, **headers: str) -> Any:
    """Return the answer to a file."""
    return agency.call("POST", "/files", status, files={"file": (name, content)}, headers=headers)


def receive(office: House, number: str, **other: Any) -> None:
    """Let the clerk receive a transfer."""
    instance = office.city.instance(number)
    given = answers("clue_receive") | other
    office.city.complete(office.task(instance, "a3"), "clerk", **given)


def test_a_clue_with_files_from_sending_to_the_signed_receipt(office: House, program: Programs) -> None:
    agency, clerk = program("agency"), program("clerk")
    file = sent(agency, "../现场照片.jpg", PDF)
    assert file | {"id": ""} == {
        "id": "",
        "filename": "现场照片.jpg",
        "media_type": "application/pdf",  # by its content, whatever it is called
        "size": len(PDF),
        "sha256": hashlib.sha256(PDF).hexdigest(),
    }
    made = transfer(agency, materials=[file["id"]])
    where = f"/transfers/{made['id']}"
    assert made["state"] == f"/api/v1{where}"
    assert agency.get(where)["state"] == {"code": "sent", "zh": "已移送", "en": "sent"}
    assert agency.get(f"{where}/receipt", 404)["type"] == "urn:duban:error:not_issued"
    assert agency.post(f"{where}/receipt/signature", {}, 409)["status"] == 409
    assert agency.get("/transfers", limit=1)["items"][0]["id"] == made["id"]

    receive(office, made["number"])
    told = agency.get(where)
    assert (told["state"]["code"], told["todo"][0]["action"]) == ("received", "sign_receipt")
    receipt = agency.get(f"{where}/receipt")
    assert (receipt["number"], receipt["version"]) == (told["receipt_number"], 1)
    assert (receipt["given"]["name"], receipt["taken"]["unit"]["code"]) == ("王案管", "STJ")
    assert receipt["taken_at"] is None
    wrong = agency.post(f"{where}/receipt/signature", {"sign_name": "宋移送"}, 422)
    assert [error["pointer"] for error in wrong["errors"]] == ["#/sign"]
    agency.post(f"{where}/receipt/signature", {"sign_name": "宋移送", "sign": True})
    signed = agency.get(f"{where}/receipt")
    assert (signed["version"], signed["taken"]["name"], signed["taken_at"] is None) == (2, "宋移送", False)
    assert agency.get(where)["todo"] == []

    for media_type, begins in (("application/pdf", b"%PDF-"), ("text/html", b"<!doctype html>")):
        paper = agency.call("GET", f"{where}/receipt", headers={"Accept": media_type})
        assert paper.headers["Content-Type"].startswith(media_type)
        assert paper.content.startswith(begins)
        digest = base64.b64encode(hashlib.sha256(paper.content).digest()).decode()
        assert paper.headers["Repr-Digest"] == f"sha-256=:{digest}:"
        words = "".join(pages(paper.content)) if media_type == "application/pdf" else paper.text
        assert signed["number"] in words
    refused = agency.call("GET", f"{where}/receipt", 406, headers={"Accept": "image/png"})
    assert refused["status"] == 406
    kept = {"Accept": "application/vnd.duban.paper+json"}
    address = signed["document"].removeprefix("/api/v1")
    assert (
        hashlib.sha256(agency.call("GET", f"{address}/content", headers=kept).content).hexdigest()
        == signed["sha256"]
    )

    # The agency reads the papers that went between them; what it sent itself is the office's now.
    papers = clerk.get(f"/clues/{made['number']}/documents")["items"]
    material = next(paper for paper in papers if not paper["made"])
    assert (material["title"], material["secrecy"]["code"]) == ("现场照片.jpg", "C")
    assert clerk.call("GET", f"/documents/{material['id']}/content").content == PDF
    agency.get(f"/documents/{material['id']}", 404)
    steps = [
        (row["step"], row["taken"]["name"]) for row in agency.get("/hand-overs", clue=made["number"])["items"]
    ]
    assert steps == [("receipt", "宋移送"), ("transfer", "王案管")]
    with office.city.database.reading() as session:
        acts = select(AuditEvent.act).where(AuditEvent.scope_id == f"clue:{made['id']}")
        assert {"clue.read", "document.read"} <= set(session.scalars(acts))


def test_what_was_incomplete_is_completed_and_a_letter_is_objected_to(office: House) -> None:
    agency = program_of(office, "agency")
    made = transfer(agency)
    where = f"/transfers/{made['id']}"
    receive(office, made["number"], complete="no", missing="请补充时间、地点。")
    assert agency.get(where)["state"]["code"] == "to_complete"
    file = sent(agency, "补充.txt", "补充说明".encode())
    added = {"added": "补充说明。", "head_sign": "周局长", "materials": [file["id"]]}
    agency.post(f"{where}/completion", added)
    receive(office, made["number"], competence="no", competent_body="示例市公安局")
    instance = office.city.instance(made["number"])
    office.city.complete(office.task(instance, "a4"), "clerk", **answers("clue_letter"))
    agency.get(f"{where}/letter", 404)
    office.city.complete(office.task(instance, "a4_approve"), "head", **answers("clue_letter_approval"))
    assert {step["action"] for step in agency.get(where)["todo"]} == {"sign_receipt", "sign_letter"}
    letter = agency.get(f"{where}/letter")
    assert letter["number"].startswith("YJ-")
    objection = {"objection": "yes", "sign_name": "宋移送"}
    wrong = agency.post(f"{where}/letter/signature", objection, 422)
    assert [error["pointer"] for error in wrong["errors"]] == ["#/objection_text"]
    agency.post(f"{where}/letter/signature", objection | {"objection_text": "属职务违法。"})
    assert agency.get(f"{where}/letter")["taken"]["name"] == "宋移送"


def test_wrong_members_are_named_with_what_would_be_right(office: House) -> None:
    agency, other = program_of(office, "agency"), program_of(office, "agency2")
    program, foreign = sent(agency, "a.exe", b"MZ\0"), sent(other, "b.pdf", PDF)
    body = TRANSFER | {
        "urgency": "soon",
        "agency": "YJJ",
        "event_to": "2999-01-01",
        "subjects": [{"kind": "person", "name": "甲"}, {"kind": "person", "rank": "RK99", "x/~": 1}],
        "materials": [program["id"], foreign["id"]],
    }
    refused = agency.post("/transfers", body, 422)
    wrong = {error["pointer"]: error for error in refused["errors"]}
    assert {pointer: error["code"] for pointer, error in wrong.items()} == {
        "#/urgency": "option",
        "#/agency": "unknown",
        "#/event_to": "latest",
        "#/subjects/1/name": "required",
        "#/subjects/1/rank": "option",
        "#/subjects/1/x~1~0": "unknown",
        "#/materials/0": "file_kind",
        "#/materials/1": "file",
    }
    assert wrong["#/urgency"]["allowed"] == ["normal", "major"]
    assert "RK10" in wrong["#/subjects/1/rank"]["allowed"]
    assert wrong["#/subjects/1/name"]["detail"] == "An answer is needed."
    chinese = agency.call("POST", "/transfers", 422, json=body, headers={"Accept-Language": "zh-CN"})
    assert "此项必填。" in {error["detail"] for error in chinese["errors"]}
    # What only the register finds wrong is named, too.
    late = TRANSFER | {"event_from": "2025-06-01", "event_to": "2025-05-01"}
    assert agency.post("/transfers", late, 422)["errors"][0]["pointer"] == "#/event_to"
    for raw, status in (("{", 400), ("[]", 400), ("", 422), ("[" * 100_000, 400)):
        headers = {"Content-Type": "application/json"}
        assert agency.call("POST", "/transfers", status, data=raw, headers=headers)["status"] == status
    assert sent(agency, "empty.pdf", b"", 400)["errors"][0]["pointer"] == "#/file"
    assert agency.call("POST", "/files", 400, data=b"x")["status"] == 400
    # Refused by the server before the application sees it.
    too_long = {"file": ("long.pdf", PDF + bytes(21 * 1024 * 1024))}
    assert agency.call("POST", "/files", 413, files=too_long).status_code == 413


def test_a_cookie_never_signs_in(office: House) -> None:
    visitor = office.visitor("agency")
    assert visitor.get("/transfers").status_code == 200
    assert visitor.get("/api/v1/transfers").status_code == 401
    foreign = {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "no-cors", **basic("agency", "agency")}
    address = f"{office.base}/api/v1/transfers"
    assert requests.post(address, json=TRANSFER, headers=foreign, timeout=60).status_code == 400


def test_of_many_at_once_under_one_key_one_is_done(office: House) -> None:
    """The same command sent by eight at a time, and another command among them."""
    answers: list[tuple[int, Any]] = []
    start = threading.Barrier(9)
    key = {"Idempotency-Key": f"race {clock.now().isoformat()}"}

    def send(body: dict[str, Any]) -> None:
        agency = program_of(office, "agency")
        start.wait()
        answer = agency.session.post(f"{agency.base}/transfers", json=body, headers=key, timeout=60)
        answers.append((answer.status_code, answer.json()))

    before = count(office)
    same = TRANSFER | {"contact": "同一件 1"}
    bodies = [same] * 8 + [TRANSFER | {"contact": "另一件 2"}]
    threads = [threading.Thread(target=send, args=(body,)) for body in bodies]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert count(office) == before + 1
    statuses = sorted(status for status, _ in answers)
    # Whichever came first, all of its kind have its answer, and the others were refused.
    assert statuses in ([201] * 8 + [422], [201] + [422] * 8)
    assert len({body["id"] for status, body in answers if status == 201}) == 1


def test_a_key_repeats_its_answer_and_takes_no_other_command(office: House, program: Programs) -> None:
    agency, other = program("agency"), program("agency2")
    first = transfer(agency, key="key-1")
    # The order of members says nothing; another account's key is another key.
    again = dict(reversed(TRANSFER.items()))
    assert agency.call("POST", "/transfers", 201, json=again, headers={"Idempotency-Key": "key-1"}) == first
    assert transfer(other, key="key-1")["id"] != first["id"]
    headers = {"Idempotency-Key": "key-1"}
    refused = agency.call("POST", "/transfers", 422, json=TRANSFER | {"contact": "x 1"}, headers=headers)
    assert refused["type"] == "urn:duban:error:key_reused"
    assert sent(agency, "a.pdf", PDF, 422, **headers)["type"] == "urn:duban:error:key_reused"
    file = sent(agency, "a.pdf", PDF, **{"Idempotency-Key": "key-2"})
    assert sent(agency, "a.pdf", PDF, **{"Idempotency-Key": "key-2"}) == file
    # A refused command keeps nothing: mended, it goes under the same key.
    agency.call("POST", "/transfers", 422, json={}, headers={"Idempotency-Key": "key-3"})
    transfer(agency, key="key-3")
    agency.call("POST", "/transfers", 400, json=TRANSFER, headers={"Idempotency-Key": "k" * 256})
    with office.city.database.unit_of_work() as session:
        assert set(session.scalars(select(Repeat.key).where(Repeat.login == "agency"))) >= {"key-1", "key-2"}
        session.get_one(Repeat, ("agency", "key-1")).created_at -= repeats.KEPT_FOR * 2
    assert transfer(agency, key="key-1")["id"] != first["id"]


def count(office: House) -> int:
    with office.city.database.reading() as session:
        return session.scalar(select(func.count()).select_from(Clue)) or 0
