"""Files that were good once, with bytes flipped, cut out and put in, through every door that takes files."""

from __future__ import annotations

import io
import os
import re
import zipfile
from collections.abc import Callable
from functools import cache
from pathlib import Path

import pytest
import requests
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from handlers.registers import papers
from handlers.vault import receipts
from server import folders
from server.pages.transfers import PROCESS
from tests.handlers.test_cleaning import pdf, picture, workbook
from tests.security.conftest import House
from workflows.errors import InvalidInput
from workflows.papers import word

#: Files through each door; `make soak` sends sixty times as many.
FILES = max(6, int(os.environ.get("DUBAN_WALKS", "300")) // 50)
SERVER = Path(folders.__file__).parent
fuzzing = settings(
    max_examples=FILES,
    deadline=None,
    database=None,
    phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
)


@cache
def good(kind: str) -> tuple[str, bytes]:
    """Return the name and content of a good file of a kind."""
    drawn = folders.BPMN / PROCESS
    return {
        "pdf": lambda: ("材料.pdf", pdf()),
        "jpeg": lambda: ("现场.jpg", picture("JPEG")),
        "png": lambda: ("现场.png", picture("PNG")),
        "xlsx": lambda: ("台账.xlsx", workbook()),
        "docx": lambda: ("回执.docx", word.starting(papers.source("receipt"))),
        "csv": lambda: ("清单.csv", "移送序号,主要问题\n1,虚报工程量\n".encode()),
        "bpmn": lambda: (f"{PROCESS}.bpmn", (drawn / f"{PROCESS}.bpmn").read_bytes()),
        "dmn": lambda: ("table.dmn", next(iter(sorted(drawn.glob("*.dmn")))).read_bytes()),
        "form": lambda: ("f.form.json", next(iter(sorted(drawn.glob("*.form.json")))).read_bytes()),
    }[kind]()


@st.composite
def spoilt(draw: st.DrawFn, *kinds: str) -> tuple[str, bytes]:
    """Give a file of one of the kinds with some of it changed; of a packed one perhaps a part inside."""
    name, content = good(draw(st.sampled_from(kinds)))
    if content.startswith(b"PK") and draw(st.booleans()):
        return name, _repacked(draw, content)
    return name, _changed(draw, content)


def _changed(draw: st.DrawFn, content: bytes) -> bytes:
    found = bytearray(content)
    for _ in range(draw(st.integers(1, 4))):
        at = draw(st.integers(0, max(0, len(found) - 1)))
        how = draw(st.sampled_from(("flip", "cut", "repeat", "insert", "end")))
        if how == "flip" and found:
            found[at] ^= draw(st.integers(1, 255))
        elif how == "cut":
            del found[at : at + draw(st.integers(1, 400))]
        elif how == "repeat":
            found[at:at] = found[at : at + draw(st.integers(1, 400))]
        elif how == "insert":
            found[at:at] = draw(
                st.sampled_from((b"\0", b"\xff\xfe", b"<!DOCTYPE x>", b"&#0;", b"]]>", b'"', b"9" * 400))
            )
        else:
            del found[at:]
    return bytes(found)


def _repacked(draw: st.DrawFn, content: bytes) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as new:
        names = old.namelist()
        chosen = draw(st.sampled_from(names))
        for name in names:
            inside = old.read(name)
            new.writestr(name, _changed(draw, inside) if name == chosen else inside)
    return made.getvalue()


def _page(path: str, field: str, login: str) -> Callable[[House, str, bytes], requests.Response]:
    return lambda house, name, content: house.visitor(login).post(path, files={field: (name, content)})


def _deployed(house: House, name: str, content: bytes) -> requests.Response:
    program = house.program("supervisor")
    return program.session.post(
        f"{program.base}/deployment/create",
        data={"deployment-name": "fuzz"},
        files={name: (name, content)},
        timeout=60,
    )


def _filed(house: House, name: str, content: bytes) -> requests.Response:
    session = house.program("agency").session
    return session.post(f"{house.base}/api/v1/files", files={"file": (name, content)}, timeout=60)


def _drawn(act: str) -> Callable[[House, str, bytes], requests.Response]:
    def send(house: House, name: str, content: bytes) -> requests.Response:
        newest = house.program("supervisor").get("/process-definition", key=PROCESS, latestVersion="true")[0][
            "id"
        ]
        form = {"seen": "0", "reason": "x"}
        return house.visitor("supervisor").post(
            f"/processes/{newest}/{act}", files={"diagram": (name, content)}, **form
        )

    return send


PAPERS = ("pdf", "jpeg", "png", "xlsx", "csv")
DIAGRAMS = ("bpmn", "dmn", "form")
#: Each door, the kinds of file that go through it, and in which module of `server` it is.
DOORS = {
    "a transfer's materials": (_page("/transfers/new", "materials", "agency"), PAPERS, "pages/submission.py"),
    "a list of transfers": (_page("/transfers/lists", "list", "agency"), ("xlsx", "csv"), "pages/lists.py"),
    "processes": (_page("/processes", "files", "supervisor"), DIAGRAMS, "pages/processes.py"),
    "a diagram to be checked": (_drawn("check"), ("bpmn",), "pages/modeler.py"),
    "a diagram to be kept": (_drawn("draft"), ("bpmn",), "pages/modeler.py"),
    "a deployment": (_deployed, DIAGRAMS, "engine_rest/deployment.py"),
    "a paper's template": (
        _page("/paper-templates/receipt", "file", "supervisor"),
        ("docx",),
        "pages/paper_templates.py",
    ),
    "an agency's file": (_filed, PAPERS, "api/files.py"),
}
#: Modules that read what a form brings, and where that is tried.
ELSEWHERE = {"limited.py": "only counts", "pages/reporting.py": "test_a_reporters_file_is_taken_or_refused"}


@pytest.mark.parametrize("door", DOORS)
def test_a_spoilt_file_is_taken_or_refused(house: House, door: str) -> None:
    send, kinds, _ = DOORS[door]

    @fuzzing
    @given(spoilt(*kinds))
    def one(file: tuple[str, bytes]) -> None:
        answer = send(house, *file)
        assert answer.status_code < 500, (file[0], answer.text[:500])
        assert "Traceback" not in answer.text

    one()


@fuzzing
@given(spoilt(*PAPERS))
def test_a_reporters_file_is_taken_or_refused(file: tuple[str, bytes]) -> None:
    try:
        taken = receipts.received("当晚在场。", *file)
    except InvalidInput as refused:
        taken = refused.fields
    assert taken


def test_every_door_is_tried() -> None:
    reading = {
        str(path.relative_to(SERVER))
        for path in SERVER.rglob("*.py")
        if re.search(r"request\.files", path.read_text("utf-8"))
    }
    assert reading == {module for _, _, module in DOORS.values()} | ELSEWHERE.keys()
