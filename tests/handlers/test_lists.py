"""Lists as files: hostile input is refused with a word, data come back as they were, and stay data."""

import io
import random
import struct
import tempfile
import zipfile
from dataclasses import dataclass
from datetime import date, datetime

import openpyxl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl.utils.datetime import MAC_EPOCH, WINDOWS_EPOCH

from handlers import lists
from handlers.lists import Cell, Line, Merge
from handlers.lists.cells import HEAD_LINES, MAX_LINES
from handlers.lists.grid import MAX_ROWS
from handlers.lists.package import MAX_UNPACKED
from handlers.lists.reading import MAX_BYTES
from workflows.errors import InvalidInput

HEADINGS = ["甲", "乙", "丙"]


@dataclass(frozen=True)
class Read:
    """A sheet that was read to its end."""

    name: str
    lines: tuple[Line, ...]
    merges: tuple[Merge, ...]
    hidden: frozenset[int]


def read(data: bytes, filename: str) -> list[Read]:
    with lists.opened(io.BytesIO(data), filename) as sheets:
        return [Read(sheet.name, tuple(sheet.lines), sheet.merges, sheet.hidden) for sheet in sheets]


def code_of(data: bytes, filename: str = "list.xlsx") -> str:
    with pytest.raises(InvalidInput) as caught:
        read(data, filename)
    assert caught.value.message.endswith(".")
    return caught.value.code


def texts(sheet: Read) -> list[list[str]]:
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


def sheets_or_code(data: bytes, filename: str) -> list[Read] | str:
    """Return what was read, or the code of the refusal; anything else fails the test."""
    try:
        return read(data, filename)
    except InvalidInput as refusal:
        return refusal.code


GOOD = saved(workbook(["甲", "乙"], ["一", 2]))
SHEET = "xl/worksheets/sheet1.xml"
RELS = "xl/_rels/workbook.xml.rels"


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
        (b"\xd0\xcf\x11\xe0" + "EncryptedPackage".encode("utf-16-le"), "list.xlsx", "list_password"),
        (GOOD, "list.docx", "list_suffix"),
        (GOOD, "list", "list_no_suffix"),
        (GOOD, "macro.xlsm", "list_suffix"),
        (b"\xff\xfe\xfa", "list.csv", "list_encoding"),
        (b"\x00\x01\x02", "list.csv", "list_encoding"),
        (b"\xff\xff\xff", "list.csv", "list_encoding"),
        (b'a,"b\nc,d', "list.csv", "list_csv"),
        (b",".join([b"x"] * 300), "list.csv", "list_columns"),
        (b"x\n" * (MAX_LINES + HEAD_LINES + 1), "list.csv", "list_rows"),
        (saved(workbook(["列"] * 300)), "list.xlsx", "list_columns"),
    ],
)
def test_what_is_no_list_is_refused_with_a_word(data: bytes, filename: str, code: str) -> None:
    assert code_of(data, filename) == code


def test_a_file_of_too_many_bytes_is_not_looked_at() -> None:
    with tempfile.TemporaryFile() as sparse:
        sparse.truncate(MAX_BYTES + 1)
        with pytest.raises(InvalidInput, match="split the list"), lists.opened(sparse, "list.csv"):
            pass


@pytest.mark.parametrize(("claim", "code"), [(MAX_UNPACKED + 1, "list_bomb"), (100, "list_broken")])
def test_a_zip_bomb_is_not_unpacked_whatever_it_says_of_its_size(claim: int, code: str) -> None:
    size = 64 * 1024 * 1024 + 7
    bomb = bytearray(with_part(GOOD, SHEET, bytes(size)))
    assert len(bomb) < 200_000
    # The declared size stands in the local header and in the directory.
    assert bomb.count(honest := struct.pack("<L", size)) == 2
    assert code_of(bytes(bomb).replace(honest, struct.pack("<L", claim))) == code


@pytest.mark.parametrize(
    "inside",
    [
        "<row>" + "<c>" * 1000,
        f'<row x="{"y" * 2_000_000}"/>',
        "".join(f"<a{n}/>" for n in range(3000)),
        '<row r="99999999999"><c><v>1</v></c></row>',
        '<row r="2"><c><v>1</v></c></row><row r="2"><c><v>1</v></c></row>',
        '<row><c r="AAAA1"><v>1</v></c></row>',
        '<row><c t="s"><v>-1</v></c></row>',
    ],
    ids=["deep", "long", "names", "far", "back", "wide", "negative"],
)
def test_what_would_fill_the_memory_or_no_program_writes_is_broken(inside: str) -> None:
    sheet = f'<worksheet xmlns="x"><sheetData>{inside}</sheetData></worksheet>'
    assert code_of(with_part(GOOD, SHEET, sheet.encode())) == "list_broken"


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


def test_empty_rows_are_skipped_and_counted_up_to_a_limit() -> None:
    book = workbook(["甲"])
    book.active["A20000"] = "末"
    book.active["A1048576"] = "最末"
    (sheet,) = read(saved(book), "list.xlsx")
    assert [line.number for line in sheet.lines] == [1, 20000, 1048576]
    rows = b"<worksheet><sheetData>" + b"<row/>" * (MAX_ROWS + 1) + b"</sheetData></worksheet>"
    assert code_of(with_part(GOOD, SHEET, rows)) == "list_far"


def test_what_is_hidden_is_told() -> None:
    book = workbook(["甲", "乙"], ["一", "二"])
    book.active.column_dimensions["B"].hidden = True
    book.active.row_dimensions[2].hidden = True
    (sheet,) = read(saved(book), "list.xlsx")
    assert sheet.hidden == {1}
    assert [line.hidden for line in sheet.lines] == [False, True]


@pytest.mark.parametrize("mac", [False, True])
def test_dates_are_those_that_the_program_shows(mac: bool) -> None:
    book = workbook([date(2026, 3, 2), 46083, 1e99])
    book.epoch = MAC_EPOCH if mac else WINDOWS_EPOCH
    book.active["C1"].number_format = "yyyy-mm-dd"
    data = saved(book)
    # 31 is 2026年3月2日, a format of the Chinese edition whose code stands in no file.
    styles = part(data, "xl/styles.xml").replace(
        b'<xf numFmtId="0" fontId="0"', b'<xf numFmtId="31" fontId="0"'
    )
    (sheet,) = read(with_part(data, "xl/styles.xml", styles), "list.xlsx")
    shown = [cell and cell.text[:10] for cell in sheet.lines[0].cells]
    assert shown == ["2026-03-02", "2030-03-03" if mac else "2026-03-02", "#VALUE!"]


def test_shared_rich_and_spoken_texts() -> None:
    """As Excel and WPS write texts: once, with pieces of several formats, and with readings that say nothing."""
    strings = "<sst><si><t>甲</t></si><si><r><t>乙</t></r><r><t xml:space='preserve'> 丙</t></r>"
    strings += "<rPh><t>yi</t></rPh></si></sst>"
    sheet = "<x:worksheet xmlns:x='x'><x:sheetData><x:row>"
    sheet += "<x:c t='s'><x:v>1</x:v></x:c><x:c t='s'><x:v>0</x:v></x:c><x:c t='str'><x:v>丁</x:v></x:c>"
    sheet += "</x:row></x:sheetData></x:worksheet>"
    links = part(GOOD, RELS).replace(
        b"</Rel", b'<Relationship Id="s" Type="x/sharedStrings" Target="s.xml"/></Rel'
    )
    data = with_part(with_part(GOOD, SHEET, sheet.encode()), "xl/s.xml", strings.encode())
    (found,) = read(with_part(data, RELS, links), "list.xlsx")
    assert texts(found) == [["乙 丙", "甲", "丁"]]


def test_hidden_sheets_are_not_read() -> None:
    book = workbook(["甲"])
    book.create_sheet("隐藏").sheet_state = "hidden"
    book.create_sheet("其他").append(["乙"])
    assert [sheet.name for sheet in read(saved(book), "list.xlsx")] == ["Sheet", "其他"]


def test_kinds_of_cells_are_told_apart() -> None:
    at = datetime(2026, 3, 2, 8, 30)  # noqa: DTZ001 — a spreadsheet knows no zones
    book = workbook(["文", 3, 2.5, True, date(2026, 3, 2), at, "=A1", "", None, " 空 "])
    book.active["A2"] = "#DIV/0!"
    book.active["A2"].data_type = "e"
    (sheet,) = read(saved(book), "list.xlsx")
    kinds = [cell and cell.kind for cell in sheet.lines[0].cells]
    assert kinds == ["text", "number", "number", "bool", "date", "date", "formula", None, None, "text"]
    assert sheet.lines[0].cells[9] == Cell("text", "空")
    assert sheet.lines[1].cells[0] == Cell("error", "#DIV/0!")


def test_merged_blocks_are_told() -> None:
    book = workbook(["甲", "乙"], ["一", "二"])
    book.active.merge_cells("A2:B4")
    (sheet,) = read(saved(book), "list.xlsx")
    (merge,) = sheet.merges
    assert (merge.first_row, merge.last_row, merge.first_column, merge.last_column) == (2, 4, 0, 1)
    assert merge.name == "A2:B4"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
@pytest.mark.parametrize("sign", [",", ";", "\t"])
def test_csv_in_the_encodings_and_signs_of_the_country(encoding: str, sign: str) -> None:
    text = f"示例市移送清单\r\n被反映人{sign}主要问题\r\n\r\n某甲{sign}“多行\r\n内容”\r\n"
    text = text.replace("“", '"').replace("”", '"')
    (sheet,) = read(text.encode(encoding), "list.CSV")
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
        (sheet,) = read(data, filename)
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
