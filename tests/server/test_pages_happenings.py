"""An interference and a leak, told from the page of a matter: sealed from whom it concerns, closed to outsiders."""

from __future__ import annotations

import io

from server import auth
from tests.city import City
from tests.server.visitors import Visitor

PLEADED = {
    "kind": "pleaded",
    "person": "何书记",
    "happened_on": "2025-03-03",
    "how": "来电要求从轻处理",
    "sign": "true",
}
LEAKED = {"found_at": "2025-03-03T08:00", "what": "方案在网上传播", "sign": "true"}

FILED = {
    "matter": "河道修复试点",
    "legal_basis": "试点意见",
    "risks": "工期风险",
    "safeguards": "全程审计",
    "no_private_interest": "true",
    "sign": "true",
}


def test_what_happens_beside_the_steps_is_told_from_the_page(city: City) -> None:
    found = city.transfer()
    city.advance(found, "a9")
    page = f"/clues/{city.clue(found)}"
    handler, clerk, principal = (Visitor(city, login) for login in ("handler", "clerk", "principal"))
    assert f"{page}/happened/leak" in handler.get(page).text
    assert handler.get(f"{page}/happened/nothing").status_code == 404
    assert Visitor(city, "handler3").get(f"{page}/happened/interference").status_code == 404
    assert handler.post(f"{page}/happened/interference", **(PLEADED | {"how": ""})).status_code == 422
    assert handler.post(f"{page}/happened/interference", **PLEADED).status_code == 303
    register = principal.get("/interference")
    assert register.status_code == 200
    assert PLEADED["how"] not in register.text  # it concerns himself
    assert clerk.get("/interference").status_code == 403

    assert clerk.get(page).status_code == 200
    assert handler.post(f"{page}/happened/leak", **LEAKED).status_code == 303
    assert clerk.get(page).status_code == 404
    assert {one.get(page).status_code for one in (handler, principal)} == {200}


def test_the_head_of_a_unit_files_beforehand_on_the_page_of_the_filings(city: City) -> None:
    with city.database.unit_of_work() as session:
        auth.create(session, "unit", "unit", trusted=True)
    unit = Visitor(city, "unit")
    assert "/clearing/filings/new" in unit.get("/clearing").text
    assert "/clearing/filings/new" not in Visitor(city, "clerk").get("/clearing").text
    assert Visitor(city, "clerk").get("/clearing/filings/new").status_code == 403
    assert unit.get("/clearing/filings/new").status_code == 200
    assert unit.post("/clearing/filings", **FILED).status_code == 422  # without the collective decision
    minutes = (io.BytesIO("同意试点。".encode()), "党组会议纪要.txt")
    assert unit.post("/clearing/filings", decision_file=minutes, **FILED).status_code == 303
    assert FILED["matter"] in unit.get("/clearing").text


def test_the_proof_of_a_correction_is_kept(city: City) -> None:
    """The form is sent with its files: a proof that is named and not sent would be lost in silence."""
    found = city.transfer()
    city.advance(found, "a9")
    page = Visitor(city, "handler").get(f"/clues/{city.clue(found)}/happened/correction").text
    assert 'type="file"' in page
    assert 'enctype="multipart/form-data"' in page
