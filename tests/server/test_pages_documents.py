"""Papers and files of a matter, as a browser without script reads them."""

from __future__ import annotations

import base64
import hashlib
import io
import zipfile
from collections.abc import Callable
from urllib.parse import quote

import pytest
from sqlalchemy import select

from handlers import filetypes, uploads
from handlers.registers import Document, papers
from server.downloads import INERT
from server.papers import pdf
from server.papers.picture import page_of
from tests import pdf as reader
from tests.city import City
from tests.server.visitors import Visitor
from workflows.model import AuditEvent, Instance

EVIL = '<script>alert(1)</script> #eval("1") {{ 7 * 7 }} ]]>'
#: A picture of one point, in which there is nothing else.
DOT = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABAQAAAAA3bvkkAAAACklEQVR4nGNgAAAAAgABSK+kcQAAAABJRU5ErkJggg=="
)
#: What only the office's own papers say.
INNER = {"clue_register", "distribution_form", "disposal_form", "jurisdiction_letter"}


@pytest.fixture
def visit(city: City) -> Callable[[str], Visitor]:
    """Return a function that signs somebody in."""
    return lambda login: Visitor(city, login)


@pytest.fixture
def matter(city: City) -> Instance:
    """Return a matter whose disposal is proposed, about facts that mean ill."""
    instance = city.transfer(facts=EVIL)
    city.advance(instance, "a10_a2")
    return instance


def documents(city: City, instance: Instance) -> list[Document]:
    with city.database.reading() as session:
        rows = select(Document).where(Document.clue_id == city.clue(instance)).order_by(Document.created_at)
        return list(session.scalars(rows))


def address(document: Document) -> str:
    return f"/clues/{document.clue_id}/documents/{document.id}"


def sent(city: City, name: str, content: bytes) -> Document:
    """Return the document of a file that came with a transfer."""
    with city.database.unit_of_work() as session:
        reference = uploads.keep(session, login="agency", filename=name, content=content).id
    return next(row for row in documents(city, city.transfer(materials=[reference])) if row.title == name)


def test_papers_are_read_as_page_and_as_pdf(
    city: City, matter: Instance, visit: Callable[[str], Visitor]
) -> None:
    handler = visit("handler")
    listed = handler.get(f"/clues/{city.clue(matter)}").text
    for row in documents(city, matter):
        page = handler.get(f"{address(row)}/page")
        saved = handler.get(address(row))
        assert (page.status_code, saved.status_code, saved.mimetype) == (200, 200, "application/pdf")
        said = "".join(reader.pages(saved.data))
        assert row.number is not None
        for words in (f"编号：{row.number}", "密级：案件秘密", f"版本：第{row.version}版", row.title):
            assert words in said
            assert words in page.text
        assert row.sha256 in page.text
        assert row.number in listed
        name = quote(f"{row.title}-{row.number}-v{row.version}.pdf", safe="")
        assert saved.headers["Content-Disposition"] == f"attachment; filename*=UTF-8''{name}"
        assert saved.headers["X-Content-Type-Options"] == "nosniff"


def test_facts_that_mean_ill_are_words_on_paper(
    city: City, matter: Instance, visit: Callable[[str], Visitor]
) -> None:
    form = next(row for row in documents(city, matter) if row.kind == "transfer_form")
    handler = visit("handler")
    page = handler.get(f"{address(form)}/page").text
    assert "<script>alert" not in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt; #eval(&#34;1&#34;) {{ 7 * 7 }} ]]&gt;" in page
    assert EVIL.replace(" ", "") in "".join(reader.pages(handler.get(address(form)).data))


def test_an_earlier_version_says_so_and_stays_as_it_was(
    city: City, matter: Instance, visit: Callable[[str], Visitor]
) -> None:
    first, second = (row for row in documents(city, matter) if row.kind == "distribution_form")
    assert (first.number, first.version, second.version) == (second.number, 1, 2)
    handler = visit("handler")
    old, new = handler.get(f"{address(first)}/page").text, handler.get(f"{address(second)}/page").text
    assert "已被新版取代" in old
    assert "已被新版取代" not in new
    assert "何书记" not in old
    assert "何书记" in new


def test_an_agency_reads_its_own_papers_and_no_other(
    city: City, matter: Instance, visit: Callable[[str], Visitor]
) -> None:
    agency, other, outsider = visit("agency"), visit("agency2"), visit("handler4")
    kinds = set()
    for row in documents(city, matter):
        kinds.add(row.kind)
        expected = 404 if row.kind in INNER else 200
        for path in (address(row), f"{address(row)}/page"):
            assert agency.get(path).status_code == expected, (row.kind, path)
            assert other.get(path).status_code == outsider.get(path).status_code == 404
    assert kinds == {"transfer_form", "receipt", "clue_register", "distribution_form", "disposal_form"}
    for kind in papers.FOR_AGENCY:
        assert not {"clue_no", "office", "proposal", "summary"} & papers.KINDS[kind].keys()


def test_the_files_of_a_transfer_are_not_shown_to_the_agency(
    city: City, visit: Callable[[str], Visitor]
) -> None:
    """What was attached belongs to the matter from then on."""
    row = sent(city, "照片.txt", "说明".encode())
    assert visit("agency").get(f"{address(row)}/page").status_code == 404
    assert visit("clerk").get(f"{address(row)}/page").status_code == 200


def test_a_document_of_another_matter_is_not_there(
    city: City, matter: Instance, visit: Callable[[str], Visitor]
) -> None:
    row, other = documents(city, matter)[0], city.transfer()
    assert visit("clerk").get(f"/clues/{city.clue(other)}/documents/{row.id}").status_code == 404


def test_reading_leaves_a_trace(city: City, matter: Instance, visit: Callable[[str], Visitor]) -> None:
    row = documents(city, matter)[0]
    visit("handler").get(f"{address(row)}/page")
    with city.database.reading() as session:
        read = select(AuditEvent).where(AuditEvent.act == "document.read", AuditEvent.actor == "handler")
        assert f"document:{row.id}" in {event.object_id for event in session.scalars(read)}


@pytest.mark.parametrize(
    ("name", "content", "shown"),
    [
        ("说明.txt", "<script>alert(1)</script>\n第二行".encode(), "&lt;script&gt;alert(1)"),
        ("说明.csv", "甲,乙".encode("gb18030"), "甲,乙"),
        ("网页.html", b"<h1>x</h1>", "&lt;h1&gt;x"),
        ("矢量.svg", b"<svg onload='alert(1)'/>", "&lt;svg onload"),
        ("图.png", DOT, "/picture"),
        ("程序.exe", b"MZ\x90\0\3", "请保存后打开"),
        ("假图.png", b"MZ\x90\0\3", "文件名与文件实际内容的类型不符"),
        ("假文.pdf", b"<script>alert(1)</script>", "文件名与文件实际内容的类型不符"),
    ],
)
def test_files_are_shown_by_what_they_are(
    city: City, visit: Callable[[str], Visitor], name: str, content: bytes, shown: str
) -> None:
    row, clerk = sent(city, name, content), visit("clerk")
    page = clerk.get(f"{address(row)}/page")
    assert shown in page.text
    assert "<script>alert" not in page.text
    assert hashlib.sha256(content).hexdigest() in page.text
    saved = clerk.get(address(row))
    assert (saved.data, saved.headers["Content-Security-Policy"]) == (content, INERT)
    assert saved.mimetype not in {"text/html", "image/svg+xml", "application/javascript"}
    picture = clerk.get(f"{address(row)}/picture")
    assert picture.status_code == (200 if shown == "/picture" else 404)
    if picture.status_code == 200:
        assert picture.headers["Content-Security-Policy"] == INERT
        assert picture.headers["X-Content-Type-Options"] == "nosniff"


def test_a_pdf_is_shown_as_pictures_of_its_pages(
    city: City, matter: Instance, visit: Callable[[str], Visitor]
) -> None:
    made = next(row for row in documents(city, matter) if row.kind == "receipt")
    with city.database.reading() as session:
        paper = papers.content(session.get_one(Document, made.id))
    assert paper
    row, clerk = sent(city, "函.pdf", pdf(paper, at=made.created_at)), visit("clerk")
    picture = clerk.get(f"{address(row)}/picture?page=1")
    assert (picture.mimetype, picture.data[:4]) == ("image/png", b"\x89PNG")
    for page in ("9", "99999999", "-1", "x"):
        answer = clerk.get(f"{address(row)}/picture?page={page}")
        assert answer.status_code == (404 if page == "9" else 200)


def test_a_broken_pdf_is_no_picture() -> None:
    assert page_of(b"%PDF-1.7\n1 0 obj\n<</Type/Catalog", 1) is None


def office_file(inside: str) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr(inside, "x")
    return out.getvalue()


@pytest.mark.parametrize(
    ("content", "media_type"),
    [
        (b"", "text/plain"),
        (b"%PDF-1.7", "application/pdf"),
        (b"\xff\xd8\xff\xe0", "image/jpeg"),
        (b"GIF89a", "image/gif"),
        (b"RIFF\0\0\0\0WEBP", "image/webp"),
        (b"RIFF\0\0\0\0????", "application/octet-stream"),
        (b"\0\0\0\x18ftypmp42", "video/mp4"),
        (office_file("word/document.xml"), f"{filetypes._OFFICE}wordprocessingml.document"),
        (office_file("OFD.xml"), "application/ofd"),
        (office_file("a"), "application/zip"),
        (b"PK\x03\x04 broken", "application/octet-stream"),
        ("\ufeff说明".encode(), "text/plain"),
        ("说明".encode("gb18030"), "text/plain"),
        (b"a\0b", "application/octet-stream"),
        (b"\x80\x81\xff", "application/octet-stream"),
    ],
)
def test_a_file_is_what_its_content_is(content: bytes, media_type: str) -> None:
    assert filetypes.of(content) == media_type
