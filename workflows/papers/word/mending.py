"""What is filled in may leave a document that Word would not open: lines within a paragraph, empty cells and tables."""

from __future__ import annotations

import copy

from lxml import etree

from workflows.papers.word.package import W
from workflows.papers.word.tags import LINE

_P, _R, _T, _TC, _TR = (f"{{{W}}}{tag}" for tag in ("p", "r", "t", "tc", "tr"))


def mended(root: etree._Element) -> bytes:
    """Return a part as XML in which each line is a paragraph and no cell or table is empty."""
    for paragraph in list(root.iter(_P)):
        if any(LINE in (text.text or "") for text in paragraph.iter(_T)):
            _split(paragraph)
    for table in list(root.iter(f"{{{W}}}tbl")):
        parent = table.getparent()
        if table.find(_TR) is None and parent is not None:
            parent.remove(table)
    for cell in root.iter(_TC):
        if len(cell) == 0 or cell[-1].tag != _P:
            etree.SubElement(cell, _P)
    return etree.tostring(root, encoding="UTF-8", xml_declaration=True, standalone=True)


def _split(paragraph: etree._Element) -> None:
    """Give each line a paragraph that looks like the first."""
    look = paragraph.find(f"{{{W}}}pPr")
    current = paragraph
    for run in [child for child in paragraph if child.tag != f"{{{W}}}pPr"]:
        if current is not paragraph:
            current.append(run)
        text = next((text for text in run.iter(_T) if LINE in (text.text or "")), None)
        while text is not None:
            first, _, rest = (text.text or "").partition(LINE)
            text.text = first
            following = _after(current, look)
            further = _run_like(run, text, rest)
            following.append(further)
            run, current = further, following
            text = next((text for text in run.iter(_T) if LINE in (text.text or "")), None)


def _after(paragraph: etree._Element, look: etree._Element | None) -> etree._Element:
    made = etree.Element(_P)
    if look is not None:
        made.append(copy.deepcopy(look))
        for section in made.iter(f"{{{W}}}sectPr"):
            section.getparent().remove(section)  # type: ignore[union-attr]
    paragraph.addnext(made)
    return made


def _run_like(run: etree._Element, text: etree._Element, rest: str) -> etree._Element:
    """Return a run of the same letters with the rest of the text, and what followed the text in the run."""
    made = etree.Element(_R)
    look = run.find(f"{{{W}}}rPr")
    if look is not None:
        made.append(copy.deepcopy(look))
    said = etree.SubElement(made, _T)
    said.text = rest
    said.set("{http://www.w3.org/XML/1998/namespace}space", "preserve")
    made.extend(list(text.itersiblings()))
    return made
