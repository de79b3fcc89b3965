"""The program's own marks (class of secrecy, number, version) at the head of each page, whatever the template says."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import PurePosixPath

from lxml import etree

from workflows import hardening
from workflows.papers.model import Mark
from workflows.papers.word.package import DOCUMENT, RELS, TYPES, R, W, relations

_HEADER_TYPE = "application/vnd.openxmlformats-officedocument.wordprocessingml.header+xml"
_KINDS = ("default", "first", "even")
#: Tells the marks from the template's own words.
STYLE = "DubanMarks"


def stamped(found: Mapping[str, bytes], marks: tuple[Mark, ...]) -> dict[str, bytes]:
    """Return the parts with the marks at the head of every page; headers that were there stand below them."""
    made = dict(found)
    if not marks:
        return made
    root = hardening.parse(made[DOCUMENT])
    section = _section(root)
    related = relations(made, DOCUMENT)
    for kind in _KINDS:
        wanted = f"{{{W}}}headerReference[@{{{W}}}type='{kind}']"
        reference = section.find(wanted)
        target = related.get(reference.get(f"{{{R}}}id", ""), ("", ""))[1] if reference is not None else ""
        if target not in made:
            target = _new(made, section, kind)
        header = hardening.parse(made[target])
        header.insert(0, _line(marks))
        made[target] = _xml(header)
    made[DOCUMENT] = _xml(root)
    return made


def _section(root: etree._Element) -> etree._Element:
    found = next(root.iter(f"{{{W}}}sectPr"), None)
    if found is not None:
        return found
    body = root.find(f"{{{W}}}body")
    assert body is not None
    return etree.SubElement(body, f"{{{W}}}sectPr")


def _new(made: dict[str, bytes], section: etree._Element, kind: str) -> str:
    """Add an empty header for a kind of page."""
    name, number = f"word/duban_{kind}.xml", f"rIdDuban{kind}"
    made[name] = _xml(etree.Element(f"{{{W}}}hdr", nsmap={"w": W}))
    types = hardening.parse(made["[Content_Types].xml"])
    etree.SubElement(types, f"{{{TYPES}}}Override", PartName=f"/{name}", ContentType=_HEADER_TYPE)
    made["[Content_Types].xml"] = _xml(types)
    path = str(PurePosixPath(DOCUMENT).parent / "_rels" / "document.xml.rels")
    empty = f'<Relationships xmlns="{RELS}"/>'.encode()
    rels = hardening.parse(made.get(path, empty))
    etree.SubElement(
        rels, f"{{{RELS}}}Relationship", Id=number, Type=f"{R}/header", Target=PurePosixPath(name).name
    )
    made[path] = _xml(rels)
    reference = etree.Element(f"{{{W}}}headerReference", nsmap={"r": R})
    reference.set(f"{{{W}}}type", kind)
    reference.set(f"{{{R}}}id", number)
    section.insert(0, reference)
    return name


def _line(marks: tuple[Mark, ...]) -> etree._Element:
    paragraph = etree.Element(f"{{{W}}}p")
    looks = etree.SubElement(paragraph, f"{{{W}}}pPr")
    etree.SubElement(looks, f"{{{W}}}pStyle").set(f"{{{W}}}val", STYLE)
    for tag, value in (
        ("spacing", {"before": "0", "after": "0"}),
        ("ind", {"firstLine": "0"}),
        ("jc", {"val": "left"}),
    ):
        element = etree.SubElement(looks, f"{{{W}}}{tag}")
        for name, said in value.items():
            element.set(f"{{{W}}}{name}", said)
    run = etree.SubElement(paragraph, f"{{{W}}}r")
    letters = etree.SubElement(run, f"{{{W}}}rPr")
    fonts = etree.SubElement(letters, f"{{{W}}}rFonts")
    fonts.set(f"{{{W}}}eastAsia", "黑体")
    etree.SubElement(letters, f"{{{W}}}sz").set(f"{{{W}}}val", "21")
    text = etree.SubElement(run, f"{{{W}}}t")
    text.set("{http://www.w3.org/XML/1998/namespace}space", "preserve")
    text.text = "　".join(f"{label}：{words}" for label, words in marks)
    return paragraph


def _xml(root: etree._Element) -> bytes:
    return etree.tostring(root, encoding="UTF-8", xml_declaration=True, standalone=True)
