"""How tests come in: by the sign-in page as a browser does, or with a header as a program does."""

import base64

from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from tests.server.conftest import PASSWORD


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
