"""The pages on the API: every example is run as it stands, and every operation is told of."""

from __future__ import annotations

import json
import re
import subprocess
from datetime import timedelta
from pathlib import Path
from typing import Any

from server.auth import tokens
from tests.security.conftest import House, answers

DOCS = Path(__file__).parents[3] / "docs"
HOW_TO = (DOCS / "how-to/transfer-clues-from-your-own-system.md").read_text("utf-8")
REFERENCE = (DOCS / "reference/api.md").read_text("utf-8")
END = "== end of the section =="


class Shell:
    """A shell in which the examples are typed, one section after the other."""

    def __init__(self, folder: Path, **variables: str) -> None:
        self._process = subprocess.Popen(
            ["bash", "-eu", "-o", "pipefail"],
            cwd=folder,
            env={"PATH": "/usr/local/bin:/usr/bin:/bin", "LC_ALL": "C.UTF-8", **variables},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def type(self, section: str) -> str:
        """Return what the examples of a section print; AssertionError when one of them fails."""
        assert self._process.stdin
        assert self._process.stdout
        blocks = re.findall(
            r"```bash\n(.*?)```", HOW_TO.partition(f"## {section}\n")[2].partition("\n## ")[0], re.S
        )
        assert blocks, section
        self._process.stdin.write("\n".join([*blocks, f"echo; echo '{END}'\n"]))
        self._process.stdin.flush()
        printed = []
        for line in self._process.stdout:
            if line.strip() == END:
                return "".join(printed)
            printed.append(line)
        raise AssertionError(f"{section}: {''.join(printed)}")

    def __enter__(self) -> Shell:
        return self

    def __exit__(self, *error: object) -> None:
        self._process.communicate()


def objects(printed: str) -> list[Any]:
    """Return the JSON objects that were printed."""
    return [json.loads(line) for line in printed.splitlines() if line.startswith("{")]


def test_the_examples_run_as_they_stand(office: House, tmp_path: Path) -> None:
    with office.city.database.unit_of_work() as session:
        token = tokens.create(session, "agency", "docs", lasts=timedelta(hours=1), actor="agency")
    with Shell(tmp_path, BASE=office.base, TOKEN=token) as shell:
        shell.type("Before you begin")
        assert json.loads((tmp_path / "openapi.json").read_text())["openapi"].startswith("3.1")
        checksum, number = shell.type("Send").split()
        assert len(checksum) == 64
        (refused,) = objects(shell.type("When it is refused"))
        (shown,) = (json.loads(block) for block in re.findall(r"```json\n(.*?)```", HOW_TO, re.S))
        assert refused | {"instance": ""} == shown | {"instance": ""}
        state, listed = objects(shell.type("Read the state"))
        assert (state["number"], state["state"]["code"]) == (number, "sent")
        assert listed["items"][0]["id"] == state["id"]
        instance = office.city.instance(number)
        office.city.complete(office.task(instance, "a3"), "clerk", **answers("clue_receive"))
        assert "HZ-" in shell.type("Sign for the receipt")
        assert (tmp_path / "receipt.pdf").read_bytes().startswith(b"%PDF-")
        (handed,) = objects(shell.type("Who had it in hand"))
        assert handed["items"][0]["taken"]["name"] == "宋移送"
        shell.type("Close the period")


def test_the_reference_has_every_operation_and_no_other(office: House) -> None:
    document = office.anybody().get("/api/openapi.json").json()
    offered = {
        f"{method.upper()} {path.removeprefix('/api/v1')}"
        for path, item in document["paths"].items()
        for method in item.keys() & {"get", "post", "put", "delete"}
    }
    assert set(re.findall(r"^\| `([A-Z]+ /[^`]*)` \|", REFERENCE, re.M)) == offered
