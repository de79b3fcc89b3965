"""How paragraphs and letters look in a Word file: its styles, one above the other, and what stands on the spot."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from lxml import etree

from workflows import hardening
from workflows.papers.word.package import W

#: Faces without feet, as Chinese programs name them.
HEI = ("黑", "hei", "sans", "arial", "雅", "等线", "dengxian", "gothic", "helvetica", "calibri")
_ON = (None, "1", "true", "on")


@dataclass(frozen=True)
class Style:
    """One style: whose it builds on, and its own looks."""

    base: str
    paragraph: etree._Element | None
    letters: etree._Element | None
    ruled: bool


@dataclass(frozen=True)
class Looks:
    """The styles of a document."""

    styles: Mapping[str, Style] = field(default_factory=dict)
    default: str = ""  #: of paragraphs that name none
    paragraph: etree._Element | None = None
    letters: etree._Element | None = None

    def chain(self, name: str) -> Iterator[Style]:
        """Return a style and those that it builds on, the nearest first."""
        seen: set[str] = set()
        while name in self.styles and name not in seen:
            seen.add(name)
            yield self.styles[name]
            name = self.styles[name].base

    def ruled(self, name: str) -> bool:
        """Return whether a style of tables draws lines."""
        return any(style.ruled for style in self.chain(name))


def looks(found: Mapping[str, bytes]) -> Looks:
    """Return the styles of a file; none where it has none."""
    content = found.get("word/styles.xml")
    if content is None:
        return Looks()
    root = hardening.parse(content)
    styles = {value(style, "styleId"): _style(style) for style in root.iter(_w("style"))}
    default = (
        value(style, "styleId")
        for style in root.iter(_w("style"))
        if value(style, "type") == "paragraph" and value(style, "default") in ("1", "true")
    )
    first = root.find(f"{_w('docDefaults')}/{_w('pPrDefault')}/{_w('pPr')}")
    second = root.find(f"{_w('docDefaults')}/{_w('rPrDefault')}/{_w('rPr')}")
    return Looks(styles, next(default, ""), first, second)


def _style(style: etree._Element) -> Style:
    return Style(
        value(style.find(_w("basedOn"))),
        style.find(_w("pPr")),
        style.find(_w("rPr")),
        draws(style.find(f"{_w('tblPr')}/{_w('tblBorders')}")),
    )


def draws(borders: etree._Element | None) -> bool:
    """Return whether any line of a border is drawn."""
    return borders is not None and any(value(side) not in ("", "nil", "none") for side in borders)


def value(element: etree._Element | None, name: str = "val") -> str:
    """Return an attribute of Word's, empty where it is not there."""
    return "" if element is None else element.get(_w(name), "")


def number(text: str, default: float = 0.0) -> float:
    """Return a count of Word's, the default where it is none."""
    try:
        return min(max(float(text), -30_000.0), 30_000.0)
    except ValueError:
        return default


def first(sources: list[etree._Element | None], tag: str, attribute: str = "val") -> str | None:
    """Return what the nearest source says of a look, None where none says anything."""
    for source in sources:
        found = source.find(_w(tag)) if source is not None else None
        if found is not None and found.get(_w(attribute)) is not None:
            return found.get(_w(attribute))
    return None


def on(sources: list[etree._Element | None], tag: str) -> bool:
    """Return whether the nearest source that speaks of a look switches it on."""
    for source in sources:
        found = source.find(_w(tag)) if source is not None else None
        if found is not None:
            return found.get(_w("val")) in _ON
    return False


def _w(tag: str) -> str:
    return f"{{{W}}}{tag}"
