"""Papers as they are drawn: the PDF says what the paper says, in Chinese, on numbered pages."""

from __future__ import annotations

import re
from datetime import datetime
from pathlib import Path

import pytest

from handlers.registers.papers import saying
from server import tables
from server.papers import pdf
from tests import pdf as reader
from workflows import papers
from workflows.papers import Cell, Paper, Seal, Table, Text, shapes, word

BPMN = Path(__file__).resolve().parents[2] / "bpmn"
AT = datetime.fromisoformat("2026-03-02T09:00:00+08:00")
MARKS = (("密级", "案件秘密"), ("编号", "YJ-2026-00001"), ("版本", "第1版"))


def paper(text: str = "现予移送。") -> Paper:
    table = Table((3, 5, 3, 5), ((Cell("主要问题", label=True), Cell(text, span=3, tall=True)),))
    blocks = (Text("某局：", "left"), Text(text), table, Seal("示例市纪委监委", "2026年3月2日"))
    return Paper("关于移送问题线索的函", "示例市纪委监委", blocks, MARKS)


def squeezed(text: str) -> str:
    return re.sub(r"\s", "", text)


def test_a_pdf_says_what_the_paper_says() -> None:
    drawn = pdf(paper(), at=AT)
    assert drawn.startswith(b"%PDF-")
    (page,) = reader.pages(drawn)
    for words in ("密级：案件秘密", "编号：YJ-2026-00001", "版本：第1版", "关于移送问题线索的函", "主要问题"):
        assert words in page
    assert page.count("现予移送。") == 2
    assert page.endswith("第1页共1页")
    assert "（印章）示例市纪委监委2026年3月2日" in page


def test_a_long_text_goes_on_on_the_next_page() -> None:
    pages = reader.pages(pdf(paper("在任科长期间三次接报未查。" * 200), at=AT))
    assert len(pages) > 3
    assert all(page.endswith(f"第{n}页共{len(pages)}页") for n, page in enumerate(pages, 1))


@pytest.mark.parametrize(
    "text",
    [
        '#eval("1+1") #read("/etc/passwd") #import "@preview/x:1.0.0"',
        "$ x^2 $ *粗* _斜_ `码` <label> @ref // 注 /* 注 */",
        "= 标题\n- 项\n+ 项",
        '"引号" \\n \\u{4e00} #{ ',
        "<script>alert(1)</script>",
        "https://example.org/" + "a" * 400,
    ],
)
def test_what_was_typed_is_never_typst(text: str) -> None:
    assert "".join(reader.pages(pdf(paper(text), at=AT))).count(squeezed(text)) == 2


def test_rare_characters_are_in_the_font() -> None:
    """Names of persons and places use them."""
    assert "㐀龘𬭼喆堃" in "".join(reader.pages(pdf(paper("㐀龘𬭼喆堃"), at=AT)))


def test_the_same_paper_is_the_same_file() -> None:
    assert pdf(paper(), at=AT) == pdf(paper(), at=AT)


@pytest.mark.parametrize("path", sorted(BPMN.glob("*/*.j2")), ids=lambda path: path.stem)
def test_each_template_of_the_office_can_be_changed_in_word(path: Path) -> None:
    """As a Word template it asks for nothing that the paper cannot say, and says what the original says."""
    shape = saying.shape(path.stem)
    assert set(shape) == papers.names_on(path.stem), tables
    example = shapes.example(shape)
    made = word.read(word.starting(path.read_text()), shape).fill(example, MARKS)
    original = papers.read(path.read_bytes()).fill(example, MARKS)
    said = squeezed("".join(word.words(made.blocks)))
    for block in original.blocks:
        lines = [block.text] if isinstance(block, Text) else []
        lines += [cell.text for row in block.rows for cell in row] if isinstance(block, Table) else []
        assert all(squeezed(line) in said for text in lines for line in text.split("\n"))
    assert word.written(made) == made.word
    pages = reader.pages(pdf(made, at=AT))
    assert all(page.startswith("密级：案件秘密编号：YJ-2026-00001版本：第1版") for page in pages)
    # A paper that no Word template made can be had as a Word file all the same.
    assert word.written(original).startswith(b"PK")
