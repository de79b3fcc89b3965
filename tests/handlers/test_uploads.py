"""Files on their way to becoming documents."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy.orm import Session

from handlers import uploads
from tests.pdf import BLANK
from workflows import clock
from workflows.errors import InvalidInput


def test_a_file_is_taken_over_once(session: Session) -> None:
    reference = uploads.keep(session, login="agency", filename="记录.pdf", content=b"a minute").id
    taken = uploads.take(session, reference, "agency")
    assert (taken.filename, taken.media_type, taken.size, taken.content) == (
        "记录.pdf",
        "text/plain",
        8,
        b"a minute",
    )
    with pytest.raises(InvalidInput) as gone:
        uploads.take(session, reference, "agency", field="materials")
    assert gone.value.fields["materials"].code == "file"


def test_nobody_reaches_another_ones_file(session: Session) -> None:
    reference = uploads.keep(session, login="agency", filename="a.pdf", content=b"a").id
    assert uploads.owned(session, [reference, "guessed"], "agency2") == []
    assert uploads.owned(session, [reference, reference, "guessed"], "agency") == [reference]
    assert uploads.names(session, [reference], "agency2") == {}
    with pytest.raises(InvalidInput):
        uploads.take(session, reference, "agency2")


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("现场照片.jpg", "现场照片.jpg"),
        ("../../etc/passwd", "passwd"),
        ("C:\\data\\账.xlsx", "账.xlsx"),
        ("a\x00b\r\n.pdf", "ab.pdf"),
        ("exe\u202egpj.exe", "exegpj.exe"),
        ('"><img>.png', "img.png"),
        ("...", "file"),
        ("长" * 300 + ".pdf", "长" * 116 + ".pdf"),
        ("x." + "e" * 300, "x." + "e" * 16),
        ("n" * 300, "n" * 120),
    ],
)
def test_names_are_made_harmless(given: str, kept: str) -> None:
    assert uploads.safe_name(given) == kept


def test_what_a_browser_claims_about_a_file_is_not_believed(session: Session) -> None:
    assert uploads.keep(session, login="a", filename="x.html", content=b"<script>").media_type == "text/plain"
    assert uploads.keep(session, login="a", filename="x.txt", content=BLANK).media_type == "application/pdf"


def test_files_of_forms_given_up_are_forgotten(session: Session) -> None:
    old = uploads.keep(session, login="a", filename="old.pdf", content=b"x").id
    with clock.held_at(clock.now() + timedelta(days=90)):
        new = uploads.keep(session, login="a", filename="new.pdf", content=b"x").id
    uploads.forget(session, clock.now() + timedelta(days=45))
    session.expire_all()
    assert uploads.owned(session, [old, new], "a") == [new]
