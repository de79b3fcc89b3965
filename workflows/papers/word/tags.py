"""The tags in a part of a Word file: brought together where Word has torn them, and turned into one Jinja source.

A block tag (`{% for … %}`, `{% if … %}`) that stands alone in a paragraph takes the paragraph, one that stands
alone in a table row takes the row; anywhere else it works within its paragraph. `{%p` and `{%tr`, which others
write for the same, are understood.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from lxml import etree

from workflows.errors import FieldError
from workflows.papers.word.package import W

#: Bounded: a paragraph of nothing but opening braces must not be searched to its end from each of them.
TAG = re.compile(r"\{\{.{0,300}?\}\}|\{%.{0,300}?%\}|\{#.{0,300}?#\}", re.DOTALL)
MAX_TEXT = 200_000  #: characters of a part
MAX_PARAGRAPH = 20_000  #: characters
MAX_TAGS = 2_000
_OPEN = re.compile(r"\{\{|\{%|\{#|\}\}|%\}|#\}|[｛][｛%]|%｝|｝｝")
#: Nothing but block tags.
BLOCKS = re.compile(r"\s*(?:\{%(?:(?!%\}).)*%\}\s*)+", re.DOTALL)
_SIGN = re.compile(r"^\{%\s*(?:p|tr|r)\s+")
_WORD = re.compile(r"^\{%-?\s*(\w+)")
_QUOTES = str.maketrans("“”‘’\n\xa0", "\"\"''  ")
#: Stands for a tag in the tree; private letters that no text keeps.
_TOKEN = re.compile("\ue000([0-9]+)\ue001")
#: Stands for the end of a line in what was filled in.
LINE = "\ue002"
PRIVATE = re.compile("[\ue000-\ue002]")


@dataclass(frozen=True)
class Tag:
    """A tag and where it stands."""

    text: str
    part: str
    paragraph: int  #: counted from 1

    def fault(self, code: str, **params: object) -> FieldError:
        """Return what is wrong with this tag."""
        return FieldError(code, {"part": self.part, "paragraph": self.paragraph, "tag": self.text, **params})


@dataclass
class Source:
    """A part as a Jinja source; tag n stands in line n + 1."""

    text: str = ""
    tags: list[Tag] = field(default_factory=list)
    faults: list[FieldError] = field(default_factory=list)

    def tag(self, line: int) -> Tag:
        """Return the tag of a line of the source."""
        return self.tags[min(max(line - 2, 0), len(self.tags) - 1)]


def source(part: str, root: etree._Element) -> Source:
    """Return a part with its tags as a Jinja source; `root` is changed."""
    found = Source()
    if sum(len(text.text or "") for text in root.iter(f"{{{W}}}t")) > MAX_TEXT:
        found.faults.append(FieldError("word_long", {"part": part, "max": MAX_TEXT}))
        return found
    levels: list[tuple[Tag, etree._Element | None]] = []
    for number, paragraph in enumerate(list(root.iter(f"{{{W}}}p")), 1):
        _paragraph(found, levels, part, number, paragraph)
    found.faults += [tag.fault("tag_unended") for tag, _ in levels]
    text = etree.tostring(root, encoding="unicode")
    # Only tags are Jinja's: braces that stand elsewhere, in attributes say, are letters.
    text = text.replace("{", "&#123;").replace("\n", "&#10;")
    found.text = _TOKEN.sub(lambda token: "\n" + found.tags[int(token[1])].text, text)
    return found


def _paragraph(
    found: Source,
    levels: list[tuple[Tag, etree._Element | None]],
    part: str,
    number: int,
    paragraph: etree._Element,
) -> None:
    texts = list(paragraph.iter(f"{{{W}}}t"))
    for text in texts:
        text.text = PRIVATE.sub("", text.text or "")
    whole = "".join(text.text or "" for text in texts)
    if len(whole) > MAX_PARAGRAPH or len(found.tags) > MAX_TAGS:
        found.faults.append(
            FieldError("word_long", {"part": part, "paragraph": number, "max": MAX_PARAGRAPH})
        )
        return
    if rest := _OPEN.search(TAG.sub("", whole)):
        tag = Tag(rest.group(), part, number)
        found.faults.append(tag.fault("tag_open", text=whole[:60]))
        return
    tags = [Tag(_plain(text), part, number) for text in TAG.findall(whole)]
    if not tags:
        return
    first = len(found.tags)
    found.tags += tags
    place = _place(paragraph, whole)
    within = paragraph if place is None else place.getparent()
    for tag in tags:
        _level(found, levels, tag, within)
    tokens = [f"\ue000{first + n}\ue001" for n in range(len(tags))]
    if place is None:
        _gather(texts, tokens)
    else:
        _replace(place, "".join(tokens))


def _plain(text: str) -> str:
    return _SIGN.sub("{% ", text.translate(_QUOTES))


def _place(paragraph: etree._Element, whole: str) -> etree._Element | None:
    """Return the row or paragraph that its block tags stand for, None where they work within it."""
    if not BLOCKS.fullmatch(whole):
        return None
    row = next(paragraph.iterancestors(f"{{{W}}}tr"), None)
    if row is not None:
        said = "".join(text.text or "" for text in row.iter(f"{{{W}}}t"))
        if said == whole:
            return row
    return paragraph


def _level(
    found: Source, levels: list[tuple[Tag, etree._Element | None]], tag: Tag, within: etree._Element | None
) -> None:
    """Check that what a tag begins is ended, and ended on the same level of the document."""
    word = _WORD.match(tag.text)
    if word is None:
        return
    if word[1] in ("for", "if"):
        levels.append((tag, within))
    elif word[1] in ("else", "elif", "endfor", "endif"):
        if not levels:
            found.faults.append(tag.fault("tag_unbegun"))
            return
        begun, there = levels[-1]
        if there is not within:
            found.faults.append(tag.fault("tag_level", begun=begun.text, at=begun.paragraph))
        if word[1].startswith("end"):
            levels.pop()


def _gather(texts: list[etree._Element], tokens: list[str]) -> None:
    """Put each tag's token where the tag began, and take the rest of the tag away."""
    letters = [(index, letter) for index, text in enumerate(texts) for letter in text.text or ""]
    whole = "".join(letter for _, letter in letters)
    said = ["" for _ in texts]
    end = 0
    for match, token in zip(TAG.finditer(whole), tokens, strict=True):
        for index, letter in letters[end : match.start()]:
            said[index] += letter
        said[letters[match.start()][0]] += token
        end = match.end()
    for index, letter in letters[end:]:
        said[index] += letter
    for text, words in zip(texts, said, strict=True):
        text.text = words
        text.set("{http://www.w3.org/XML/1998/namespace}space", "preserve")


def _replace(place: etree._Element, tokens: str) -> None:
    """Put tokens in the place of a row or paragraph."""
    parent, before = place.getparent(), place.getprevious()
    assert parent is not None
    tail = tokens + (place.tail or "")
    if before is not None:
        before.tail = (before.tail or "") + tail
    else:
        parent.text = (parent.text or "") + tail
    parent.remove(place)
