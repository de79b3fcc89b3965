"""Lists as files: hostile input is refused with a word, data come back as they were, and stay data."""

import io
import random
import struct
import zipfile
from datetime import date, datetime

import openpyxl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from handlers import lists
from handlers.lists import Cell, Sheet
from handlers.lists.workbook import MAX_UNPACKED
from workflows.errors import InvalidInput

HEADINGS = ["甲", "乙", "丙"]


def code_of(data: bytes, filename: str = "list.xlsx") -> str:
    with pytest.raises(InvalidInput) as caught:
        lists.read(data, filename)
    assert caught.value.message.endswith(".")
    return caught.value.code


def texts(sheet: Sheet) -> list[list[str]]:
    return [[cell.text if cell else "" for cell in line.cells] for line in sheet.lines]


def workbook(*rows: list[object]) -> openpyxl.Workbook:
    book = openpyxl.Workbook()
    for row in rows:
        book.active.append(row)
    return book


def saved(book: openpyxl.Workbook) -> bytes:
    stream = io.BytesIO()
    book.save(stream)
    return stream.getvalue()


def with_part(data: bytes, name: str, content: bytes) -> bytes:
    """Return the archive with one part replaced or added."""
    stream = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as new:
        for member in old.namelist():
            if member != name:
                new.writestr(member, old.read(member))
        new.writestr(name, content)
    return stream.getvalue()


def part(data: bytes, name: str) -> bytes:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return archive.read(name)


def sheets_or_code(data: bytes, filename: str) -> list[Sheet] | str:
    """Return what was read, or the code of the refusal; anything else fails the test."""
    try:
        return lists.read(data, filename)
    except InvalidInput as refusal:
        return refusal.code


GOOD = saved(workbook(["甲", "乙"], ["一", 2]))
SHEET = "xl/worksheets/sheet1.xml"


@pytest.mark.parametrize(
    ("data", "filename", "code"),
    [
        (random.Random(1).randbytes(5000), "list.xlsx", "list_mismatch"),
        (b"PK\x03\x04" + random.Random(2).randbytes(5000), "list.xlsx", "list_broken"),
        (GOOD[:-200], "list.xlsx", "list_broken"),
        (GOOD, "list.csv", "list_mismatch"),
        ("甲,乙\n".encode(), "list.xlsx", "list_mismatch"),
        (b"", "list.xlsx", "list_empty_file"),
        (b"", "list.csv", "list_empty_file"),
        (b"\xd0\xcf\x11\xe0" + bytes(600), "list.xlsx", "list_ole"),
        (GOOD, "list.docx", "list_suffix"),
        (GOOD, "list", "list_suffix"),
        (GOOD, "macro.xlsm", "list_suffix"),
        (bytes(21 * 1024 * 1024), "list.csv", "list_too_big"),
        (b"\xff\xfe\xfa", "list.csv", "list_encoding"),
        (b"\x00\x01\x02", "list.csv", "list_encoding"),
        (b"\xff\xff\xff", "list.csv", "list_encoding"),
        (b'a,"b\nc,d', "list.csv", "list_csv"),
        (b",".join([b"x"] * 300), "list.csv", "list_columns"),
        (b"x\n" * 5001, "list.csv", "list_rows"),
        (saved(workbook(["列"] * 300)), "list.xlsx", "list_columns"),
        (lists.write_xlsx(HEADINGS, [["一", "二", "三"]] * 5000), "list.xlsx", "list_rows"),
    ],
)
def test_what_is_no_list_is_refused_with_a_word(data: bytes, filename: str, code: str) -> None:
    assert code_of(data, filename) == code


def test_a_zip_bomb_is_not_unpacked() -> None:
    bomb = with_part(GOOD, SHEET, bytes(MAX_UNPACKED + 1))
    assert len(bomb) < 200_000
    assert code_of(bomb) == "list_bomb"


def test_a_zip_bomb_that_lies_about_its_size_is_not_unpacked_either() -> None:
    bomb = bytearray(with_part(GOOD, SHEET, bytes(MAX_UNPACKED)))
    # The declared size stands in the local header and in the directory; say a hundred bytes in both.
    honest = struct.pack("<L", MAX_UNPACKED)
    assert bomb.count(honest) == 2
    assert code_of(bytes(bomb).replace(honest, struct.pack("<L", 100))) == "list_broken"


def test_a_thousand_parts_are_too_many() -> None:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        for number in range(1001):
            archive.writestr(f"xl/{number}.xml", b"")
    assert code_of(stream.getvalue()) == "list_bomb"


def test_an_archive_without_a_workbook_is_no_list() -> None:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        archive.writestr("word/document.xml", b"<x/>")
    assert code_of(stream.getvalue()) == "list_no_book"


LAUGHS = '<!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;">]>'


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "utf-16-be"])
@pytest.mark.parametrize("name", [SHEET, "xl/workbook.xml", "xl/styles.xml", "[Content_Types].xml"])
def test_entities_are_refused_in_every_part_and_encoding(name: str, encoding: str) -> None:
    content = part(GOOD, name).decode()
    evil = (LAUGHS + content.removeprefix('<?xml version="1.0"?>')).encode(encoding)
    assert code_of(with_part(GOOD, name, evil)) == "list_entities"


def test_a_row_number_without_end_does_not_keep_us_counting() -> None:
    content = part(GOOD, SHEET).decode().replace('r="2"', 'r="99999999999"').replace('"A2"', '"A9999999"')
    assert code_of(with_part(GOOD, SHEET, content.encode())) == "list_far"


def test_empty_rows_are_skipped_and_counted_up_to_a_limit() -> None:
    book = workbook(["甲"])
    book.active["A20000"] = "末"
    (sheet,) = lists.read(saved(book), "list.xlsx")
    assert [line.number for line in sheet.lines] == [1, 20000]
    book.active["A1048576"] = "最末"
    assert code_of(saved(book)) == "list_far"


def test_hidden_sheets_are_not_read() -> None:
    book = workbook(["甲"])
    book.create_sheet("隐藏").sheet_state = "hidden"
    book.create_sheet("其他").append(["乙"])
    assert [sheet.name for sheet in lists.read(saved(book), "list.xlsx")] == ["Sheet", "其他"]


def test_kinds_of_cells_are_told_apart() -> None:
    at = datetime(2026, 3, 2, 8, 30)  # noqa: DTZ001 — a spreadsheet knows no zones
    book = workbook(["文", 3, 2.5, True, date(2026, 3, 2), at, "=A1", "", None, " 空 "])
    book.active["A2"] = "#DIV/0!"
    book.active["A2"].data_type = "e"
    (sheet,) = lists.read(saved(book), "list.xlsx")
    kinds = [cell and cell.kind for cell in sheet.lines[0].cells]
    assert kinds == ["text", "number", "number", "bool", "date", "date", "formula", None, None, "text"]
    assert sheet.lines[0].cells[9] == Cell("text", "空")
    assert sheet.lines[1].cells[0] == Cell("error", "#DIV/0!")


def test_merged_blocks_are_told() -> None:
    book = workbook(["甲", "乙"], ["一", "二"])
    book.active.merge_cells("A2:B4")
    (sheet,) = lists.read(saved(book), "list.xlsx")
    (merge,) = sheet.merges
    assert (merge.first_row, merge.last_row, merge.first_column, merge.last_column) == (2, 4, 0, 1)
    assert merge.name == "A2:B4"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
@pytest.mark.parametrize("sign", [",", ";", "\t"])
def test_csv_in_the_encodings_and_signs_of_the_country(encoding: str, sign: str) -> None:
    text = f"示例市移送清单\r\n被反映人{sign}主要问题\r\n\r\n某甲{sign}“多行\r\n内容”\r\n"
    text = text.replace("“", '"').replace("”", '"')
    (sheet,) = lists.read(text.encode(encoding), "list.CSV")
    assert texts(sheet) == [["示例市移送清单"], ["被反映人", "主要问题"], ["某甲", "多行\r\n内容"]]
    assert [line.number for line in sheet.lines] == [1, 2, 4]


DANGEROUS = ["=1+1", "+1", "-1", "@SUM(A1)", '=HYPERLINK("x")', "=cmd|' /C calc'!A0"]


def test_data_that_look_like_formulas_stay_data_in_a_workbook() -> None:
    data = lists.write_xlsx(HEADINGS, [[text, "乙", "丙"] for text in DANGEROUS])
    sheet = openpyxl.load_workbook(io.BytesIO(data)).active
    assert [sheet.cell(row, 1).value for row in range(2, 8)] == DANGEROUS
    assert {sheet.cell(row, 1).data_type for row in range(2, 8)} == {"s"}
    assert b"<f>" not in part(data, SHEET)


def test_data_that_look_like_formulas_stay_data_in_csv() -> None:
    written = lists.write_csv(HEADINGS, [[text, " =2", ""] for text in DANGEROUS]).decode("utf-8-sig")
    for line in written.splitlines()[1:]:
        assert line.lstrip('"').startswith("'")
        assert ",' =2" in line


printable = st.text(st.characters(exclude_categories=["Cs", "Cc", "Cn", "Co"]), max_size=20)
values = printable.map(str.strip).filter(lambda text: text and not text.startswith("'"))


@given(rows=st.lists(st.lists(values, min_size=3, max_size=3), max_size=5))
@settings(max_examples=60, deadline=None)
def test_what_is_written_is_read_again(rows: list[list[str]]) -> None:
    for data, filename in [
        (lists.write_xlsx(HEADINGS, rows), "x.xlsx"),
        (lists.write_csv(HEADINGS, rows), "x.csv"),
    ]:
        (sheet,) = lists.read(data, filename)
        assert texts(sheet) == [HEADINGS, *rows]


@given(data=st.binary(max_size=300), head=st.sampled_from([b"", b"PK\x03\x04", "甲,乙\n".encode()]))
@settings(max_examples=300, deadline=None)
def test_any_bytes_are_read_or_refused(data: bytes, head: bytes) -> None:
    for filename in ("x.xlsx", "x.csv"):
        assert sheets_or_code(head + data, filename)


@given(seed=st.integers(0, 2**32), name=st.sampled_from([SHEET, "xl/workbook.xml", "xl/styles.xml"]))
@settings(max_examples=150, deadline=None)
def test_a_damaged_workbook_is_read_or_refused(seed: int, name: str) -> None:
    chance = random.Random(seed)
    content = bytearray(part(GOOD, name))
    for _ in range(chance.randint(1, 6)):
        content[chance.randrange(len(content))] = chance.randrange(256)
    assert sheets_or_code(with_part(GOOD, name, bytes(content)), "x.xlsx") is not None
