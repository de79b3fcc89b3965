"""How tests come in: by the sign-in page as a browser does, or with a header as a program does."""

import base64
import re
from typing import Any

from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from tests.city import City
from tests.server.conftest import PASSWORD

TOKEN = re.compile(r'name="csrf-token" content="([^"]+)"')


def basic(login: str, password: str = PASSWORD) -> dict[str, str]:
    """Return the header of a program that knows the password."""
    return {"Authorization": "Basic " + base64.b64encode(f"{login}:{password}".encode()).decode()}


def sign_in(client: FlaskClient, login: str, password: str = PASSWORD, **fields: str) -> TestResponse:
    """Fill in the sign-in page and return the answer."""
    form = {"login": login, "password": password, "csrf_token": client.get("/signin").text, **fields}
    return client.post("/signin", data=form)


def token(client: FlaskClient) -> str:
    """Return the form token of a page of the one who is signed in."""
    return client.get("/inbox").text.partition(" ")[2]


class Visitor:
    """Somebody who signs in to the city's pages with a browser that has no script."""

    def __init__(
        self, city: City, login: str, password: str | None = None, *, target: str | None = None
    ) -> None:
        self.client = city.app.test_client()
        sent = {"login": login, "password": password or login, "csrf_token": self.token("/signin")}
        #: the answer to signing in
        self.entered = self.client.post("/signin", data={**sent, "next": target or ""})

    def token(self, address: str = "/profile") -> str:
        """Return the form token that pages carry."""
        found = TOKEN.search(self.get(address).text)
        assert found
        return found[1]

    def get(self, address: str) -> TestResponse:
        """Follow a link."""
        answer = self.client.get(address)
        for name, value in answer.headers:
            # As the served program writes them; the client of the tests would let any character pass.
            assert all(ord(character) < 256 for character in value), name
        return answer

    def post(self, address: str, *, headers: dict[str, str] | None = None, **fields: Any) -> TestResponse:
        """Press a button of a form."""
        sent = {**fields, "csrf_token": self.token()}
        return self.client.post(address, data=sent, headers=headers, content_type="multipart/form-data")
