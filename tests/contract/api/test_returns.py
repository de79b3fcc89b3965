"""Return periods by an agency's own system: what it owes, what its return would list, and closing it."""

from __future__ import annotations

from datetime import date

from handlers import office as register
from handlers import return_calendar
from handlers.registers import returns
from tests.contract.api.conftest import program_of, transfer
from tests.security.conftest import House


def test_a_return_from_being_asked_for_to_its_paper(office: House) -> None:
    agency, clerk = program_of(office, "agency2"), program_of(office, "clerk")
    assert agency.get("/return-periods")["items"] == []
    with office.city.database.unit_of_work() as session:
        for code in ("STJ", "YJJ"):
            returns.begin(session, code, since=date(2020, 1, 1))
        label = return_calendar.standing(session).period_of(register.today()).label
    office.city.start("return_period", by="clerk", answers={"period": label})
    sent = transfer(agency, urgency="major")

    (period,) = agency.get("/return-periods")["items"]
    assert (period["label"], period["state"]) == (label, "open")
    where = period["returns"].removeprefix("/api/v1")
    assert [row["agency"]["code"] for row in clerk.get(where, state="open")["items"]] == ["STJ", "YJJ"]
    (own,) = agency.get(where)["items"]
    address = own["address"].removeprefix("/api/v1")
    listed = {entry["id"]: entry["ahead"] for entry in agency.get(address)["transfers"]}
    assert listed[sent["id"]] is True
    assert agency.get(f"{address}/paper", 404)["type"] == "urn:duban:error:not_issued"

    closing = {"kind": "nil", "head_sign": "周局长", "sign": True}
    wrong = agency.post(f"{address}/closing", closing, 422)
    assert [error["pointer"] for error in wrong["errors"]] == ["#/kind"]
    key = {"Idempotency-Key": "close"}
    closed = [
        agency.call("POST", f"{address}/closing", json=closing | {"kind": "batch"}, headers=key)
        for _ in range(2)
    ]
    assert closed[0] == closed[1]
    assert agency.post(f"{address}/closing", closing, 409)["type"] == "urn:duban:error:return_closed"
    found = agency.get(address)
    assert (found["state"]["code"], found["clues"], found["ahead"]) == (
        "returned",
        len(listed),
        sum(listed.values()),
    )
    paper = agency.call("GET", f"{address}/paper", headers={"Accept": "text/html"})
    assert found["number"] in paper.text
    assert sent["number"] in paper.text

    other = program_of(office, "agency")
    assert other.get(address, 404)["status"] == 404
    assert other.post(f"{address}/closing", closing, 404)["status"] == 404
    assert [row["agency"]["code"] for row in other.get(where)["items"]] == ["STJ"]
    assert program_of(office, "handler").get("/return-periods", 403)["status"] == 403
