"""An interference and a leak, told from the page of a matter: sealed from whom it concerns, closed to outsiders."""

from __future__ import annotations

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
