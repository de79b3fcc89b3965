"""Papers, and the templates that the program brings, written as Word files: plain, in the styles of official papers."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from xml.sax.saxutils import escape, quoteattr

from lxml import etree

from workflows.errors import InvalidInput
from workflows.papers.elements import WRONG
from workflows.papers.model import Block, Cell, Mark, Paper, Seal, Table, Text
from workflows.papers.word import stamp
from workflows.papers.word.package import DOCUMENT, R, W, packed
from workflows.papers.word.tags import BLOCKS

_HEAD = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
#: Parts of every file that is written, and where they come from.
_BLANK = Path(__file__).with_name("blank")
_PARTS = {
    "[Content_Types].xml": "content_types.xml",
    "_rels/.rels": "package_rels.xml",
    "word/_rels/document.xml.rels": "document_rels.xml",
    "word/styles.xml": "styles.xml",
    "word/footer1.xml": "footer.xml",
}
_SECTION = (
    '<w:sectPr><w:footerReference w:type="default" r:id="rId2"/><w:pgSz w:w="11906" w:h="16838"/>'
    '<w:pgMar w:top="1588" w:right="1418" w:bottom="1474" w:left="1531" w:header="851" w:footer="850" w:gutter="0"/>'
    "</w:sectPr>"
)
#: Between the margins, in twentieths of a point.
_WIDTH = 11906 - 1418 - 1531
_BORDERS = "".join(
    f'<w:{side} w:val="single" w:sz="4" w:space="0" w:color="000000"/>'
    for side in ("top", "left", "bottom", "right", "insideH", "insideV")
)


def written(paper: Paper) -> bytes:
    """Return a paper as a Word file: the one that its template made, or one that says the same."""
    return paper.word or _file(paper, paper.marks)


def starting(source: str) -> bytes:
    """Return a template that the program brings as a Word template that makes the same paper, to be changed there.

    Tags of Jinja stand in it as they stand in the source: alone in a paragraph or row where they take it whole.
    """
    return _file(_symbolic(source), ())


def _file(paper: Paper, marks: tuple[Mark, ...]) -> bytes:
    body = "".join(_head(paper)) + "".join(_block(block) for block in paper.blocks)
    document = (
        f'{_HEAD}<w:document xmlns:w="{W}" xmlns:r="{R}"><w:body>{body}{_SECTION}</w:body></w:document>'
    )
    found = {name: (_BLANK / file).read_bytes() for name, file in _PARTS.items()}
    return packed(stamp.stamped({**found, DOCUMENT: document.encode()}, marks))


def _head(paper: Paper) -> Iterator[str]:
    if paper.organ:
        yield _para(paper.organ, '<w:pStyle w:val="PaperOrgan"/>')
    yield _para(paper.title, '<w:pStyle w:val="PaperTitle"/>')


def _para(text: str, looks: str) -> str:
    return f'<w:p><w:pPr>{looks}</w:pPr><w:r><w:t xml:space="preserve">{escape(text)}</w:t></w:r></w:p>'


def _block(block: Block) -> str:
    if isinstance(block, Table):
        return _table(block)
    if isinstance(block, Seal):
        right = '<w:pStyle w:val="PaperText"/>{}<w:ind w:right="560"/><w:jc w:val="right"/>'
        first = right.format('<w:spacing w:before="720"/>')
        return _para(block.organ, first) + _para(block.date, right.format(""))
    assert isinstance(block, Text)
    return "".join(_para(line, _text_looks(line, block.align)) for line in block.text.split("\n"))


def _text_looks(line: str, align: str) -> str:
    if BLOCKS.fullmatch(line):
        return ""
    indent = '<w:ind w:firstLineChars="200" w:firstLine="560"/>' if align == "indent" else ""
    side = {"right": "right", "center": "center"}.get(align, "both")
    return f'<w:pStyle w:val="PaperText"/>{indent}<w:jc w:val="{side}"/>'


def _table(table: Table) -> str:
    whole = sum(table.columns)
    widths = [round(_WIDTH * part / whole) for part in table.columns]
    grid = "".join(f'<w:gridCol w:w="{width}"/>' for width in widths)
    rows = "".join(_row(row, widths) for row in table.rows)
    looks = (
        f'<w:tblW w:w="{_WIDTH}" w:type="dxa"/><w:tblBorders>{_BORDERS}</w:tblBorders><w:tblLayout w:type="fixed"/>'
        '<w:tblCellMar><w:top w:w="85" w:type="dxa"/><w:bottom w:w="85" w:type="dxa"/></w:tblCellMar>'
    )
    # Word runs two tables into one where no paragraph stands between them.
    return f"<w:tbl><w:tblPr>{looks}</w:tblPr><w:tblGrid>{grid}</w:tblGrid>{rows}</w:tbl>{_para('', '')}"


def _row(row: tuple[Cell, ...], widths: list[int]) -> str:
    tall = any(cell.tall for cell in row)
    height = '<w:trPr><w:trHeight w:val="1134"/></w:trPr>' if tall else ""
    cells, column = [], 0
    for cell in row:
        wide = sum(widths[column : column + cell.span])
        column += cell.span
        span = f'<w:gridSpan w:val="{cell.span}"/>' if cell.span > 1 else ""
        looks = f'<w:tcPr><w:tcW w:w="{wide}" w:type="dxa"/>{span}<w:vAlign w:val="center"/></w:tcPr>'
        style = '<w:pStyle w:val="PaperLabel"/>' if cell.label else ""
        lines = "".join(_para(line, style) for line in cell.text.split("\n"))
        cells.append(f"<w:tc>{looks}{lines}</w:tc>")
    return f"<w:tr>{height}{''.join(cells)}</w:tr>"


# --- the program's own templates, with their tags as text

_PIECE = re.compile(r"\{%.*?%\}|\{#.*?#\}|\{\{.*?\}\}|<[^>]*>|[^<{]+|[<{]", re.DOTALL)
_TEXTS = ("cell", "label", "text")


def _symbolic(source: str) -> Paper:
    """Return what a template's elements say with the tags as they stand, tags between elements as `tag` elements."""
    try:
        root = etree.fromstring("".join(_marked(source)).encode())
    except etree.XMLSyntaxError as error:
        raise InvalidInput(f"{WRONG}{error}", code="paper_template") from error
    blocks = tuple(_symbol(element) for element in root)
    return Paper(root.get("title", ""), root.get("organ", ""), blocks)


def _marked(source: str) -> Iterator[str]:
    within = ""
    # An attribute may hold tags that hold quotes and signs.
    hidden: list[str] = []

    def hide(match: re.Match[str]) -> str:
        hidden.append(match.group())
        return f"\ue000{len(hidden) - 1}\ue001"

    for piece in _PIECE.findall(re.sub(r"\{%.*?%\}|\{#.*?#\}|\{\{.*?\}\}", hide, source, flags=re.DOTALL)):
        if piece.startswith("<"):
            name = piece.strip("</>").split()[0] if piece.strip("</>").split() else ""
            if name in _TEXTS and not piece.endswith("/>"):
                within = "" if piece.startswith("</") else name
            yield re.sub(r"\ue000([0-9]+)\ue001", lambda m: escape(hidden[int(m[1])], {'"': "&quot;"}), piece)
            continue
        for part in re.split(r"(\ue000[0-9]+\ue001)", piece):
            tag = re.fullmatch(r"\ue000([0-9]+)\ue001", part)
            if tag is None:
                yield part
            elif within:
                yield escape(hidden[int(tag[1])])
            else:
                yield f"<tag said={quoteattr(hidden[int(tag[1])])}/>"


def _symbol(element: etree._Element) -> Block:
    if element.tag == "tag":
        return Text(element.get("said", ""), "left")
    if element.tag == "seal":
        return Seal(element.get("organ", ""), element.get("date", ""))
    if element.tag == "text":
        return Text(_words(element), element.get("align", "indent"))
    columns = tuple(int(part) for part in element.get("columns", "1").split())
    rows: list[tuple[Cell, ...]] = []
    for row in element:
        if row.tag == "tag":
            rows.append((Cell(row.get("said", ""), span=len(columns)),))
        else:
            rows.append(tuple(_symbolic_cell(cell) for cell in row))
    return Table(columns, tuple(rows))


def _symbolic_cell(cell: etree._Element) -> Cell:
    return Cell(_words(cell), cell.tag == "label", int(cell.get("span", "1")), cell.get("tall") == "yes")


def _words(element: etree._Element) -> str:
    lines = (line.strip() for line in (element.text or "").splitlines())
    return "\n".join(line for line in lines if line)
