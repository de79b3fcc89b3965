"""Templates that were written in Word: hostile files, torn tags, unknown names, and what the pages then show."""

from __future__ import annotations

import io
import zipfile
from typing import Any

import pytest

from workflows.errors import FieldError, InvalidInput
from workflows.papers import Grid, Paper, Para, shapes, word

SHAPE: dict[str, Any] = {
    "title": "题",
    "clue": {"number": "1"},
    "rows": [{"name": "甲", "text": "乙"}],
    "late": True,
}
MARKS = (("密级", "案件秘密"), ("编号", "A-1"))
W = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
EXTERNAL = '<Relationship Id="x" Type="http://x/{}" Target="{}" TargetMode="External"/></Relationships>'


def parts(body: str = "") -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(word.starting("<paper title='x'/>"))) as archive:
        found = {name: archive.read(name) for name in archive.namelist()}
    document = f'<w:document xmlns:w="{W}"><w:body>{body or p("{{ title }}")}</w:body></w:document>'
    return {**found, "word/document.xml": document.encode()}


def packed(found: dict[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in found.items():
            archive.writestr(name, content)
    return out.getvalue()


def p(*runs: str) -> str:
    return "<w:p>" + "".join(f"<w:r><w:t>{run}</w:t></w:r>" for run in runs) + "</w:p>"


def row(*cells: str) -> str:
    return "<w:tr>" + "".join(f"<w:tc>{p(cell)}</w:tc>" for cell in cells) + "</w:tr>"


def refused(content: bytes) -> list[FieldError]:
    with pytest.raises(InvalidInput) as caught:
        word.read(content, SHAPE)
    return list(caught.value.fields.values())


def filled(body: str, data: dict[str, Any] | None = None) -> Paper:
    made = word.read(packed(parts(body)), SHAPE).fill(shapes.example(SHAPE) if data is None else data, MARKS)
    assert Paper.from_bytes(made.to_bytes()) == made
    return made


def added(name: str, content: bytes) -> bytes:
    return packed({**parts(), name: content})


def relating(kind: str, target: str) -> bytes:
    found = parts()
    name = "word/_rels/document.xml.rels"
    found[name] = found[name].replace(b"</Relationships>", EXTERNAL.format(kind, target).encode())
    return packed(found)


@pytest.mark.parametrize(
    ("content", "code", "part"),
    [
        (b"\xd0\xcf\x11\xe0old", "word_old", None),
        (b"PK no zip", "word_broken", None),
        (b"x" * 2_000_001, "word_large", None),
        (packed({"a.xml": b"<a/>"}), "word_broken", None),
        (added("word/media/a.xml", b"<a>" + b" " * 12_500_000 + b"</a>"), "word_bomb", "word/media/a.xml"),
        (packed({f"a{n}.xml": b"<a/>" for n in range(201)}), "word_parts", None),
        (added("../x.xml", b"<a/>"), "word_part", "../x.xml"),
        (added("word/vbaProject.bin", b"x"), "word_macros", "word/vbaProject.bin"),
        (added("word/embeddings/a.bin", b"x"), "word_embedded", "word/embeddings/a.bin"),
        (added("word/media/a.png", b"x"), "word_picture", "word/media/a.png"),
        (relating("hyperlink", "https://example.org"), "word_external", "word/_rels/document.xml.rels"),
        (relating("attachedTemplate", "file:///x"), "word_external", "word/_rels/document.xml.rels"),
        (
            added("customXml/a.xml", b'<!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]><a>&b;</a>'),
            "word_xml",
            "customXml/a.xml",
        ),
        (packed({**parts(), "word/document.xml": b"<w:document"}), "word_xml", "word/document.xml"),
        (packed({**parts(), "word/document.xml": b"<document/>"}), "word_strict", None),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_hostile_file_is_refused_by_part(content: bytes, code: str, part: str | None) -> None:
    (fault, *_) = refused(content)
    assert (fault.code, fault.params.get("part")) == (code, part)


@pytest.mark.parametrize(
    ("body", "code", "said"),
    [
        (p("一") + p("{{ title"), "tag_open", {"paragraph": 2}),
        (p("｛｛ title ｝｝"), "tag_open", {"paragraph": 1}),
        (p("{{ titel }}"), "name_unknown", {"tag": "{{ titel }}", "right": "title"}),
        (p("{{ xyz }}"), "name_unknown", {"right": "clue, late, rows, title"}),
        (p("{{ clue.no }}"), "name_unknown", {"name": "clue.no", "right": "clue.number"}),
        (p("{{ rows }}"), "name_list", {"name": "rows", "right": "name, text"}),
        (p("{{ clue }}"), "name_parts", {"right": "clue.number"}),
        (p("{% for a in title %}{% endfor %}"), "name_whole", {"name": "title"}),
        (
            p("{% for a in rows %}{{ a.nam }}{% endfor %}"),
            "name_unknown",
            {"name": "a.nam", "right": "a.name, a.text"},
        ),
        (p("{% if late %}") + p("一"), "tag_unended", {"paragraph": 1}),
        (p("{% endif %}"), "tag_unbegun", {"paragraph": 1}),
        (p("{% if late %}") + p("一 {% endif %}"), "tag_level", {"paragraph": 2}),
        (p("{{ title + }}"), "tag_syntax", {"tag": "{{ title + }}"}),
        (p("{{ ''.__class__.__mro__ }}"), "tag_forbidden", {"paragraph": 1}),
        (p("{{ title.format(1) }}"), "tag_forbidden", {}),
        (p("{% include '/etc/passwd' %}"), "tag_forbidden", {}),
        (p("{% set a = 1 %}"), "tag_forbidden", {}),
        (p("{{ 9 ** 99999 }}"), "tag_forbidden", {}),
        (p("{{" * 11_000), "word_long", {"paragraph": 1}),
        (p("{{" * 9_000), "tag_open", {"paragraph": 1}),
        ("<w:p><w:r><w:drawing/></w:r></w:p>", "word_unshown", {"what": "picture", "paragraph": 1}),
        ("<w:p><w:ins><w:r><w:t>一</w:t></w:r></w:ins></w:p>", "word_unshown", {"what": "change"}),
        ('<w:p><w:r><w:instrText>INCLUDETEXT "x"</w:instrText></w:r></w:p>', "word_field", {"paragraph": 1}),
        ("<w:p><w:pPr><w:sectPr/></w:pPr></w:p><w:sectPr/>", "word_sections", {}),
    ],
)
def test_what_is_wrong_in_a_template_is_named(body: str, code: str, said: dict[str, Any]) -> None:
    (fault, *_) = refused(packed(parts(body)))
    assert fault.code == code
    assert {name: fault.params[name] for name in said} == said


def test_a_template_is_filled_in_and_its_pages_say_the_same() -> None:
    """Torn tags are brought together; rows and paragraphs repeat; each line is a paragraph; marks are on each page."""
    table = row("{% for one in rows %}") + row("{{ one.name }}", "{{ one.text }}") + row("{% endfor %}")
    body = (
        p("题：", "{", "{ ti", "tle }}", "。")
        + p("{%p for one in rows %}")
        + p("{{ loop.index }} {{ one.name }}")
        + p("{% endfor %}")
        + f"<w:tbl><w:tblGrid><w:gridCol w:w='3'/><w:gridCol w:w='5'/></w:tblGrid>{table}</w:tbl>"
        + p("{% if late %}迟{% else %}准{% endif %}")
        + "<w:p><w:r><w:rPr><w:b w:val='{{ title }}'/></w:rPr><w:t>{{ clue.number }}</w:t></w:r></w:p>"
    )
    hostile = "一<w:p/>\n{{ 7*7 }}&\x00\u202e"
    rows = [{"name": "甲", "text": hostile}, {"name": "丙"}]
    made = filled(body, {"title": "某", "rows": rows, "late": False})
    said = [block.text for block in made.blocks if isinstance(block, Para)]
    assert said == ["题：某。", "1 甲", "2 丙", "准", ""]
    (grid,) = (block for block in made.blocks if isinstance(block, Grid))
    assert [[[line.text for line in box.paras] for box in line] for line in grid.rows] == [
        [["甲"], ["一<w:p/>", "{{ 7*7 }}&"]],
        [["丙"], [""]],
    ]
    with zipfile.ZipFile(io.BytesIO(made.word)) as archive:
        heads = [archive.read(name).decode() for name in archive.namelist() if "word/duban_" in name]
    assert len(heads) == 3
    assert all("密级：案件秘密" in head for head in heads)
