"""What offices' systems read: pages that nothing shifts, nothing beyond the wall, and not too often."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from sqlalchemy import select, update

from handlers.registers import Clue
from server.traffic.rates import EXPORTS, UPLOADS, Limit, Spent, spend
from tests.contract.api.conftest import Programs, program_of, transfer
from tests.security.conftest import House
from workflows import clock
from workflows.model import AuditEvent


def followed(program: Any, path: str, **asked: Any) -> list[dict[str, Any]]:
    """Return the entries of every page."""
    found = []
    page = program.get(path, **asked)
    while True:
        found += page["items"]
        if page["next"] is None:
            return found
        page = program.get(page["next"].removeprefix("/api/v1"))


def test_pages_hold_still_while_others_send(office: House, program: Programs) -> None:
    agency, clerk = program("agency"), program("clerk")
    ours = [transfer(agency)["id"] for _ in range(5)]
    with office.city.database.unit_of_work() as session:
        # Sent at one instant: the id decides.
        session.execute(update(Clue).where(Clue.id.in_(ours)).values(submitted_at=clock.now()))
    before = [entry["id"] for entry in followed(clerk, "/clues", limit=200)]
    first = clerk.get("/clues", limit=2, stage="submitted", agency="STJ")
    newest = transfer(agency)["id"]
    rest = clerk.get(first["next"].removeprefix("/api/v1"))
    seen = [entry["id"] for entry in [*first["items"], *rest["items"]]]
    assert len(set(seen)) == 4
    assert newest not in seen
    assert "stage=submitted" in rest["next"]
    assert [entry["id"] for entry in followed(clerk, "/clues", limit=2)] == [newest, *before]
    mine = [entry["id"] for entry in followed(agency, "/transfers", limit=3)]
    assert set(ours) < set(mine)


def test_the_register_is_narrowed(office: House) -> None:
    clerk = program_of(office, "clerk")
    other = transfer(program_of(office, "agency2"))
    today = clock.day_of(clock.now()).isoformat()
    for asked, there in (
        ({"agency": "YJJ"}, True),
        ({"agency": "STJ"}, False),
        ({"state": "sent"}, True),
        ({"state": "concluded"}, False),
        ({"stage": "submitted", "from": today, "to": today}, True),
        ({"to": "2020-01-01"}, False),
    ):
        found = {entry["id"] for entry in followed(clerk, "/clues", limit=100, **asked)}
        assert (other["id"] in found) == there, asked
    for asked in ({"limit": 201}, {"limit": 0}, {"stage": "x"}, {"from": "x"}, {"after": "x"}, {"page": 2}):
        assert clerk.get("/clues", 400, **asked)["status"] == 400
    assert clerk.get("/clues", 400, page=2)["errors"][0]["parameter"] == "page"
    by_number = clerk.get(f"/clues/{other['number']}")
    assert by_number == clerk.get(f"/clues/{other['id']}")
    assert by_number["content"]["subjects"][0]["name"] == "钱某某"


def test_nobody_reads_beyond_the_wall(office: House) -> None:
    house = office
    instance = house.matter("a9", by="agency")
    with house.city.database.reading() as session:
        clue = session.scalars(select(Clue).where(Clue.instance_id == instance.id)).one()
    inside, agency = program_of(house, "handler"), program_of(house, "agency")
    document = inside.get(f"/clues/{clue.clue_no}/documents")["items"][-1]
    assert inside.get(f"/clues/{clue.clue_no}")["content"]["facts"] == clue.facts
    handed = followed(inside, "/hand-overs", clue=clue.clue_no)
    assert {row["step"] for row in handed} == {"transfer", "receipt", "distribution", "assignment"}
    for login in ("agency2", "handler4", "head2", "reviewer"):
        stranger = program_of(house, login)
        for path in (
            f"/transfers/{clue.id}",
            f"/transfers/{clue.id}/receipt",
            f"/documents/{document['id']}",
        ):
            assert stranger.get(path, 404)["status"] == 404
        assert followed(stranger, "/hand-overs", clue=clue.id) == []
    for login in ("handler4", "head2", "reviewer"):
        stranger = program_of(house, login)
        assert stranger.get(f"/clues/{clue.clue_no}", 404) | {"instance": ""} == stranger.get(
            f"/clues/{clue.clue_no[:-1]}9", 404
        ) | {"instance": "", "detail": f"There is no clue {clue.clue_no}."}
        assert clue.id not in {entry["id"] for entry in followed(stranger, "/clues")}
    # The agency knows that it was handed over and received, not into whose hands it went on.
    assert {row["step"] for row in followed(agency, "/hand-overs", clue=clue.id)} == {"transfer", "receipt"}
    assert clue.clue_no not in str(followed(agency, "/hand-overs")) + str(agency.get(f"/transfers/{clue.id}"))
    assert agency.get("/clues", 403)["status"] == 403
    assert [unit["code"] for unit in agency.get("/agencies")["items"]] == ["STJ"]
    assert len(inside.get("/agencies")["items"]) > 10
    with house.city.database.reading() as session:
        refused = select(AuditEvent.id).where(AuditEvent.act == "refusal", AuditEvent.actor == "handler4")
        assert session.scalar(refused.limit(1))


def test_uploads_and_exports_have_an_end(office: House, program: Programs) -> None:
    entering = program("intake")
    other = program("agency")
    made = transfer(other)
    (paper,) = program("clerk").get(f"/clues/{made['number']}/documents")["items"]
    with office.city.database.unit_of_work() as session:
        use_up(session, "intake", UPLOADS)
        use_up(session, "leader", EXPORTS)
    file = {"file": ("a.pdf", b"paper")}
    refused = entering.session.post(f"{entering.base}/files", files=file, timeout=60)
    assert 0 < int(refused.headers["Retry-After"]) <= 3600
    assert (refused.status_code, refused.json()["type"]) == (429, "urn:duban:error:rate_limit")
    other.call("POST", "/files", 201, files=file)
    leader = program("leader")
    assert leader.get(f"/documents/{paper['id']}")["id"] == paper["id"]
    leader.get(f"/documents/{paper['id']}/content", 429)
    # The pages count with the API; a form without a file is no upload.
    page = office.visitor("leader").get(f"/clues/{made['id']}/documents/{paper['id']}")
    assert (page.status_code, "Retry-After" in page.headers) == (429, True)
    pages = office.visitor("intake")
    assert pages.post("/transfers/lists", files={"list": ("a.csv", b"x")}).status_code == 429
    assert pages.post("/transfers/lists").status_code == 422


def use_up(session: Any, login: str, limit: Limit) -> None:
    """Let the account have spent all but nothing of this span and of the next, should one begin now."""
    for later in range(2):
        with clock.held_at(clock.now() + later * limit.span):
            spend(session, login, limit)
    session.execute(
        update(Spent).where(Spent.login == login, Spent.kind == limit.name).values(count=limit.most)
    )


def test_a_limit_on_calls_is_the_operators(office: House) -> None:
    extensions = office.city.app.extensions
    free = extensions["duban.settings"]
    clerk = program_of(office, "clerk2")
    try:
        extensions["duban.settings"] = replace(free, api_per_minute=1)
        answers = [clerk.session.get(f"{clerk.base}/agencies", timeout=60).status_code for _ in range(4)]
    finally:
        extensions["duban.settings"] = free
    # Should a minute end in between, two of them are let in.
    assert answers[0] == 200
    assert answers.count(429) >= 2
