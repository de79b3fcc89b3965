"""A filled-in Word file read into what its pages show: paragraphs, letters, tables, headers, footers, page breaks.

What no drawing of ours shows (`faults`) is refused when the template comes: PDF and Word never say different things.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace

from lxml import etree

from workflows import hardening
from workflows.errors import FieldError
from workflows.papers.model import Block, Box, Break, Grid, Page, Para, Run
from workflows.papers.word.look import HEI, Looks, draws, first, looks, number, on, value
from workflows.papers.word.package import DOCUMENT, R, W, relations
from workflows.papers.word.stamp import STYLE

A4 = (595.3, 841.9)
MAX_COLUMNS = 63  #: of a table, as in Word
_ALIGN = {"both": "justify", "distribute": "justify", "center": "center", "right": "right", "end": "right"}
#: Element → what it is called to who wrote it.
REFUSED = {
    "drawing": "picture",
    "pict": "picture",
    "object": "object",
    "AlternateContent": "picture",
    "txbxContent": "text_box",
    "footnoteReference": "note",
    "endnoteReference": "note",
    "commentReference": "comment",
    "ins": "change",
    "del": "change",
    "moveFrom": "change",
    "moveTo": "change",
    "altChunk": "object",
    "subDoc": "object",
    "oMath": "formula",
    "ruby": "ruby",
    "sym": "symbol",
    "numPr": "numbering",
    "vanish": "hidden",
    "framePr": "frame",
    "tblpPr": "frame",
    "textDirection": "direction",
}
#: Black needs no word.
_COLOR = re.compile(r"(?!000000)[0-9A-Fa-f]{6}")
_COUNTERS = {"PAGE": "page", "NUMPAGES": "pages"}
#: What may stand around paragraphs and runs without changing them.
_AROUND = ("sdt", "sdtContent", "smartTag", "customXml", "hyperlink", "fldSimple")


def faults(found: Mapping[str, bytes]) -> list[FieldError]:
    """Return what in a template would not stand in the PDF, with the part and paragraph."""
    wrong: list[FieldError] = []
    for name in (DOCUMENT, *_sides(found)):
        root = hardening.parse(found[name])
        wrong += _unshown(name, root)
    root = hardening.parse(found[DOCUMENT])
    sections = list(root.iter(_w("sectPr")))
    if len(sections) > 1:
        wrong.append(FieldError("word_sections", {"part": DOCUMENT}))
    if any(number(value(columns, "num"), 1) > 1 for columns in root.iter(_w("cols"))):
        wrong.append(FieldError("word_unshown", {"part": DOCUMENT, "paragraph": 0, "what": "columns"}))
    if any(sum(_span(cell) for cell in _cells(row)) > MAX_COLUMNS for row in root.iter(_w("tr"))):
        wrong.append(FieldError("word_unshown", {"part": DOCUMENT, "paragraph": 0, "what": "wide_table"}))
    if _differs(found, sections):
        wrong.append(FieldError("word_unshown", {"part": DOCUMENT, "paragraph": 0, "what": "first_page"}))
    return wrong


def walked(found: Mapping[str, bytes]) -> tuple[Page, tuple[Block, ...]]:
    """Return the sheet of a filled-in document, and what stands on it."""
    styles = looks(found)
    root = hardening.parse(found[DOCUMENT])
    body = root.find(_w("body"))
    blocks = tuple(_blocks(body, styles)) if body is not None else ()
    return _page(found, root, styles), blocks


def words(content: tuple[Block, ...]) -> list[str]:
    """Return the lines of text of blocks that a Word file gave, to be compared with another version's."""
    lines: list[str] = []
    for block in content:
        if isinstance(block, Para):
            lines.append(block.text)
        elif isinstance(block, Grid):
            lines += [
                " | ".join(" / ".join(para.text for para in box.paras) for box in row) for row in block.rows
            ]
    return [line for line in lines if line.strip()]


def _w(tag: str) -> str:
    return f"{{{W}}}{tag}"


def _differs(found: Mapping[str, bytes], sections: list[etree._Element]) -> bool:
    """Return whether first or even pages are switched on, and so have heads and feet of their own."""
    settings = found.get("word/settings.xml")
    even = settings is not None and hardening.parse(settings).find(_w("evenAndOddHeaders")) is not None
    return even or any(section.find(_w("titlePg")) is not None for section in sections)


def _sides(found: Mapping[str, bytes]) -> list[str]:
    related = relations(dict(found), DOCUMENT).values()
    return [name for kind, name in related if kind in ("header", "footer") and name in found]


def _unshown(part: str, root: etree._Element) -> Iterator[FieldError]:
    for place, paragraph in enumerate(root.iter(_w("p")), 1):
        for element in paragraph.iter():
            tag = etree.QName(element).localname
            if tag in REFUSED and not (tag == "numPr" and value(element.find(_w("numId"))) in ("", "0")):
                yield FieldError("word_unshown", {"part": part, "paragraph": place, "what": REFUSED[tag]})
            elif tag in ("instrText", "fldSimple"):
                said = (element.text or "") if tag == "instrText" else value(element, "instr")
                if said.split() and said.split()[0].upper() not in _COUNTERS:
                    yield FieldError(
                        "word_field", {"part": part, "paragraph": place, "what": said.strip()[:40]}
                    )
    for tag in ("altChunk", "tblpPr"):
        if root.find(f".//{_w(tag)}") is not None:
            yield FieldError("word_unshown", {"part": part, "paragraph": 0, "what": REFUSED[tag]})
    if root.find(f".//{_w('tc')}//{_w('tbl')}") is not None:
        yield FieldError("word_unshown", {"part": part, "paragraph": 0, "what": "nested_table"})


def _page(found: Mapping[str, bytes], root: etree._Element, styles: Looks) -> Page:
    section = next(root.iter(_w("sectPr")), None)
    size = section.find(_w("pgSz")) if section is not None else None
    margins = section.find(_w("pgMar")) if section is not None else None

    def points(element: etree._Element | None, name: str, default: float) -> float:
        return round(number(value(element, name), default * 20) / 20, 2)

    width, height = (
        min(max(points(size, name, a4), 150.0), 1200.0) for name, a4 in zip("wh", A4, strict=True)
    )
    sides = {
        name: min(max(points(margins, name, 72), 20.0), 140.0) for name in ("top", "bottom", "left", "right")
    }
    header, footer = (_side(found, section, kind, styles) for kind in ("header", "footer"))
    return Page(width, height, **sides, header=header, footer=footer)


def _side(
    found: Mapping[str, bytes], section: etree._Element | None, kind: str, styles: Looks
) -> tuple[Para, ...]:
    """Return the head or foot of the pages, without the marks that the program sets."""
    if section is None:
        return ()
    related = relations(dict(found), DOCUMENT)
    for reference in section.iter(_w(f"{kind}Reference")):
        name = related.get(reference.get(f"{{{R}}}id", ""), ("", ""))[1]
        if value(reference, "type") in ("default", "") and name in found:
            root = hardening.parse(found[name])
            own = [p for p in root.iter(_w("p")) if value(p.find(f"{_w('pPr')}/{_w('pStyle')}")) != STYLE]
            paras = tuple(_para(paragraph, styles) for paragraph in own)
            return paras if any(run.text or run.counter for para in paras for run in para.runs) else ()
    return ()


def _blocks(within: etree._Element, styles: Looks) -> Iterator[Block]:
    for child in within:
        tag = etree.QName(child).localname
        if tag == "p":
            if _begins_page(child):
                yield Break()
            para = _para(child, styles)
            # A page break at the end of a paragraph needs no empty line on the page that follows.
            if para.runs or not _breaks(child):
                yield para
            if _breaks(child):
                yield Break()
        elif tag == "tbl":
            yield _grid(child, styles)
        elif tag in _AROUND:
            yield from _blocks(child, styles)


def _begins_page(paragraph: etree._Element) -> bool:
    return on([paragraph.find(_w("pPr"))], "pageBreakBefore")


def _breaks(paragraph: etree._Element) -> bool:
    return any(value(mark, "type") == "page" for mark in paragraph.iter(_w("br")))


def _para(paragraph: etree._Element, styles: Looks) -> Para:
    own = paragraph.find(_w("pPr"))
    chain = list(styles.chain(value(own.find(_w("pStyle")) if own is not None else None) or styles.default))
    sources = [own, *(style.paragraph for style in chain), styles.paragraph]
    letters = [*(style.letters for style in chain), styles.letters]
    runs = _joined(_runs(paragraph, letters, styles))
    size = max((run.size for run in runs), default=_run("", letters).size)

    def points(tag: str, name: str) -> float:
        return round(number(first(sources, tag, name) or "0") / 20, 2)

    chars = number(first(sources, "ind", "firstLineChars") or "0") / 100
    line = number(first(sources, "spacing", "line") or "240", 240)
    exact = first(sources, "spacing", "lineRule") in ("exact", "atLeast")
    return Para(
        tuple(runs),
        _ALIGN.get(first(sources, "jc") or "", "left"),
        round(chars * size, 2) if chars else points("ind", "firstLine") - points("ind", "hanging"),
        max(points("ind", "left"), 0.0),
        max(points("ind", "right"), 0.0),
        max(points("spacing", "before"), 0.0),
        max(points("spacing", "after"), 0.0),
        round(min(max(line / 20 / size / 1.3 if exact else line / 240, 0.8), 4.0), 2),
        _rule(sources),
    )


def _rule(sources: list[etree._Element | None]) -> str:
    """Return the color of the line below a paragraph, as the red line of an official letter is made."""
    for source in sources:
        borders = source.find(_w("pBdr")) if source is not None else None
        if borders is not None:
            below = borders.find(_w("bottom"))
            color = value(below, "color").lower()
            drawn = value(below) not in ("", "nil", "none")
            return (color if _COLOR.fullmatch(color) else "000000") if drawn else ""
    return ""


def _runs(within: etree._Element, letters: list[etree._Element | None], styles: Looks) -> Iterator[Run]:
    """Return the runs of a paragraph; of a field of pages its counter, not the number that Word kept in it."""
    counter, hidden = "", False
    for child in within:
        tag = etree.QName(child).localname
        if tag == "fldSimple":
            said = value(child, "instr").split()
            inner = child.find(_w("r"))
            sources = letters if inner is None else _looks_of(inner, letters, styles)
            yield replace(_run("", sources), counter=_COUNTERS.get(said[0].upper() if said else "", ""))
        elif tag in _AROUND:
            yield from _runs(child, letters, styles)
        if tag != "r":
            continue
        look = _run("", _looks_of(child, letters, styles))
        for part in child:
            name = etree.QName(part).localname
            if name == "fldChar":
                hidden = value(part, "fldCharType") != "end"
                counter = counter if hidden else ""
            elif name == "instrText" and (part.text or "").split():
                counter = _COUNTERS.get((part.text or "").split()[0].upper(), "")
                yield replace(look, counter=counter)
            elif not hidden:
                yield replace(look, text=_said(name, part))


def _said(name: str, part: etree._Element) -> str:
    if name == "t":
        return part.text or ""
    if name == "tab":
        return "\u3000\u3000"
    if name == "noBreakHyphen":
        return "\u2011"
    return "\n" if name == "cr" or (name == "br" and value(part, "type") != "page") else ""


def _looks_of(
    run: etree._Element, letters: list[etree._Element | None], styles: Looks
) -> list[etree._Element | None]:
    own = run.find(_w("rPr"))
    named = styles.chain(value(own.find(_w("rStyle")) if own is not None else None))
    return [own, *(style.letters for style in named), *letters]


def _run(text: str, sources: list[etree._Element | None]) -> Run:
    color = first(sources, "color") or ""
    face = (first(sources, "rFonts", "eastAsia") or first(sources, "rFonts", "ascii") or "").lower()
    return Run(
        text,
        min(max(number(first(sources, "sz") or "21", 21) / 2, 5.0), 72.0),
        on(sources, "b"),
        on(sources, "i"),
        (first(sources, "u") or "none") != "none",
        color.lower() if _COLOR.fullmatch(color) else "",
        "hei" if any(part in face for part in HEI) else "song",
    )


def _joined(runs: Iterator[Run]) -> list[Run]:
    """Return runs of which no two neighbours look the same."""
    found: list[Run] = []
    for run in runs:
        if not run.text and not run.counter:
            continue
        if found and not run.counter and not found[-1].counter and replace(found[-1], text=run.text) == run:
            found[-1] = replace(run, text=found[-1].text + run.text)
        else:
            found.append(run)
    return found


def _grid(table: etree._Element, styles: Looks) -> Grid:
    rows = list(table.iter(_w("tr")))
    wide = max((sum(_span(cell) for cell in _cells(row)) for row in rows), default=1)
    widths = [max(number(value(column, "w")), 1.0) for column in table.iter(_w("gridCol"))]
    columns = tuple(round(width, 2) for width in (widths + [1.0] * wide)[:wide])
    looks_of = table.find(_w("tblPr"))
    named = value(looks_of.find(_w("tblStyle")) if looks_of is not None else None)
    borders = looks_of.find(_w("tblBorders")) if looks_of is not None else None
    ruled = draws(borders) if borders is not None else styles.ruled(named)
    ruled = ruled or any(draws(cell) for cell in table.iter(_w("tcBorders")))
    return Grid(columns, _boxes(rows, wide, styles), tuple(_height(row) for row in rows), ruled)


def _boxes(rows: list[etree._Element], wide: int, styles: Looks) -> tuple[tuple[Box, ...], ...]:
    """Return the rows; a cell that goes on from above is part of the one where it began."""
    made: list[list[Box]] = []
    begun: dict[int, tuple[int, int]] = {}
    for place, row in enumerate(rows):
        line: list[Box] = []
        column = 0
        for cell in _cells(row):
            span = _span(cell)
            merge = cell.find(f"{_w('tcPr')}/{_w('vMerge')}")
            if merge is not None and value(merge) != "restart" and column in begun:
                at, index = begun[column]
                made[at][index] = replace(made[at][index], down=made[at][index].down + 1)
            else:
                begun.pop(column, None)
                if merge is not None:
                    begun[column] = (place, len(line))
                line.append(_box(cell, span, styles))
            column += span
        if column < wide:
            line.append(Box((), wide - column))
        made.append(line)
    return tuple(tuple(line) for line in made)


def _cells(row: etree._Element) -> list[etree._Element]:
    return list(row.iter(_w("tc")))


def _span(cell: etree._Element) -> int:
    return int(min(max(number(value(cell.find(f"{_w('tcPr')}/{_w('gridSpan')}")), 1), 1), 60))


def _box(cell: etree._Element, span: int, styles: Looks) -> Box:
    paras = tuple(_para(paragraph, styles) for paragraph in cell.iter(_w("p")))
    middle = value(cell.find(f"{_w('tcPr')}/{_w('vAlign')}")) == "center"
    return Box(paras, span, 1, middle)


def _height(row: etree._Element) -> float:
    return round(min(max(number(value(row.find(f"{_w('trPr')}/{_w('trHeight')}"))) / 20, 0.0), 700.0), 2)
