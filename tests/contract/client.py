"""A client of the engine's API, as one would write it against Camunda 7: plain HTTP."""

import base64
import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import requests

DIAGRAMS = Path(__file__).parent / "diagrams"
TIMEOUT_SECONDS = 60


class Client:
    """Somebody at the API: every call says which status it expects."""

    def __init__(self, base: str, headers: Mapping[str, str]) -> None:
        self.base = base
        self.session = requests.Session()
        self.session.headers.update(headers)

    def call(self, method: str, path: str, status: int = 200, **options: Any) -> Any:
        """Return the JSON of the answer, None when there is none; AssertionError on another status."""
        answer = self.session.request(method, self.base + path, timeout=TIMEOUT_SECONDS, **options)
        assert answer.status_code == status, f"{method} {path}: {answer.status_code} {answer.text[:600]}"
        if status == 204:
            assert not answer.content
            return None
        if answer.headers["Content-Type"] in ("application/json", "application/problem+json"):
            return answer.json()
        return answer

    def get(self, path: str, status: int = 200, **parameters: Any) -> Any:
        """Return what is there."""
        return self.call("GET", path, status, params=parameters)

    def post(self, path: str, body: Any = None, status: int = 200, **parameters: Any) -> Any:
        """Return the answer to a command."""
        return self.call("POST", path, status, json=body, params=parameters)

    def put(self, path: str, body: Any, status: int = 204) -> Any:
        """Return the answer to a setting."""
        return self.call("PUT", path, status, json=body)

    def delete(self, path: str, status: int = 204, **parameters: Any) -> Any:
        """Return the answer to a deletion."""
        return self.call("DELETE", path, status, params=parameters)

    def count(self, path: str, **parameters: Any) -> int:
        """Return the number that a count gives."""
        answer = self.get(f"{path}/count", **parameters)
        assert list(answer) == ["count"]
        return int(answer["count"])

    def deploy(
        self, files: Mapping[str, bytes], status: int = 200, name: str = "test", **fields: str
    ) -> dict[str, Any]:
        """Return the answer to a deployment, sent as the desktop modeler sends it."""
        form = {
            "deployment-name": name,
            "deployment-source": "Camunda Modeler",
            "enable-duplicate-filtering": "true",
        }
        form |= {field.replace("_", "-"): value for field, value in fields.items()}
        parts = [(name, (name, content, "text/xml")) for name, content in files.items()]
        answer: dict[str, Any] = self.call("POST", "/deployment/create", status, data=form, files=parts)
        return answer

    def start(self, key: str, status: int = 200, **body: Any) -> dict[str, Any]:
        """Return a new instance of the latest version."""
        answer: dict[str, Any] = self.post(f"/process-definition/key/{key}/start", body, status)
        return answer

    def task(self, instance: Mapping[str, Any], **parameters: str) -> dict[str, Any]:
        """Return the one open task of an instance that matches."""
        found = self.get("/task", processInstanceId=instance["id"], **parameters)
        assert len(found) == 1, found
        task: dict[str, Any] = found[0]
        return task


def basic(login: str, password: str) -> dict[str, str]:
    """Return the header of a client that knows the password."""
    return {"Authorization": "Basic " + base64.b64encode(f"{login}:{password}".encode()).decode()}


def diagram(name: str, key: str) -> bytes:
    """Return a diagram of the folder, its process under another key."""
    return (DIAGRAMS / f"{name}.bpmn").read_bytes().replace(f'"{name}"'.encode(), f'"{key}"'.encode())


def values(**variables: Any) -> dict[str, Any]:
    """Return untyped variables."""
    return {name: {"value": value} for name, value in variables.items()}


def ids(rows: Iterable[Mapping[str, Any]]) -> list[str]:
    """Return the ids of rows."""
    return [row["id"] for row in rows]


def pretty(value: Any) -> str:
    """Return a value to be read in a failing test."""
    return json.dumps(value, indent=2, ensure_ascii=False)
