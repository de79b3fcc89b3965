"""Templates of papers: what they may say, what they make, and that nothing typed becomes markup."""

from __future__ import annotations

from pathlib import Path

import pytest

from workflows import papers
from workflows.errors import InvalidInput
from workflows.papers import Cell, Paper, Seal, Table, Text

BPMN = Path(__file__).resolve().parents[2] / "bpmn"
FORM = """
<paper title="{{ title }}" organ="{{ organ }}">
  <table columns="3 5">
    {% for one in rows %}
    <row><label>{{ one.name }}</label><cell tall="yes">{{ one.text }}</cell></row>
    {% endfor %}
  </table>
  <text align="right">
    第一行
    第二行
  </text>
  <seal organ="{{ organ }}" date="{{ missing.date }}"/>
</paper>
"""
HOSTILE = (
    "</cell></row></table><seal organ='x' date='y'/>",
    '"><script>alert(1)</script>',
    "{{ 7 * 7 }}{% for a in rows %}",
    "&lt;b&gt;&amp;",
    "<!DOCTYPE a [<!ENTITY b 'c'>]>&b;",
    "]]><![CDATA[",
    '#eval("1") #include "/etc/passwd" $x$ *b* \\ @a <c>',
)


def filled(source: str, **data: object) -> Paper:
    return papers.read(source.encode()).fill(data)


def test_a_template_makes_a_paper() -> None:
    made = filled(FORM, title="单", organ="某局", rows=[{"name": "甲", "text": "乙"}])
    table = Table((3, 5), ((Cell("甲", label=True), Cell("乙", tall=True)),))
    assert made == Paper("单", "某局", (table, Text("第一行\n第二行", "right"), Seal("某局", "")))


def test_a_paper_is_kept_as_it_is() -> None:
    made = filled(FORM, title="单", organ="某局", rows=[{"name": "甲", "text": "乙"}])
    assert Paper.from_bytes(made.to_bytes()) == made
    assert made.to_bytes() == Paper.from_bytes(made.to_bytes()).to_bytes()


@pytest.mark.parametrize("text", HOSTILE)
def test_what_was_typed_is_text_and_nothing_else(text: str) -> None:
    made = filled(FORM, title=text, organ="", rows=[{"name": text, "text": text}])
    table = made.blocks[0]
    assert isinstance(table, Table)
    assert [cell.text for row in table.rows for cell in row] == [text, text]
    assert (made.title, len(made.blocks)) == (text, 3)


def test_what_no_paper_can_hold_is_left_out() -> None:
    """Controls end no template, and marks that turn the direction of writing turn nothing."""
    assert filled(FORM, title="a\x00\x1b\u202eb\ud800\uffff").title == "ab"


@pytest.mark.parametrize(
    ("source", "why"),
    [
        ("{{ ''.__class__.__mro__ }}", "__mro__"),
        ("{{ title.__init__ }}", "__init__"),
        ("{{ title.format(1) }}", "Call"),
        ("{{ range(999999999) }}", "Call"),
        ("{{ 'a' * 999999999 }}", "Mul"),
        ("{{ 9 ** 99999 }}", "Pow"),
        ("{{ title ~ title }}", "Concat"),
        ("{{ title[0] }}", "Getitem"),
        ("{{ title|safe }}", "safe"),
        ("{{ title|center(99999999) }}", "center"),
        ("{{ title is mapping }}", "mapping"),
        ("{% set a = 1 %}", "Assign"),
        ("{% macro a() %}{% endmacro %}", "Macro"),
        ("{% include 'x' %}", "Include"),
        ("{% extends 'x' %}", "Extends"),
        ("{% import 'x' as y %}", "Import"),
        ("{% autoescape false %}{{ title }}{% endautoescape %}", "Scope"),
        ("{% for a in [1, 2] %}{% endfor %}", "a list that is given"),
        ("{% for a in rows recursive %}{% endfor %}", "a list that is given"),
        (
            "{% for a in rows %}{% for b in rows %}{% for c in rows %}{% endfor %}{% endfor %}{% endfor %}",
            "at most 2 levels",
        ),
        ("{% if title %}", "cannot be read"),
        ("plain text", "well-formed"),
        ("<paper><script/></paper>", "cannot hold <script>"),
        ("<paper onload='x'/>", "has no onload"),
        ("<sheet/>", "not with <paper>"),
        ("<paper><text align='up'/></paper>", "not up"),
        ("<paper><table columns='x'/></paper>", "'x' is no number"),
        ("<paper><table columns='1 1'><row><cell/></row></table></paper>", "covers 1 of 2"),
        ("<!DOCTYPE a><paper/>", "DOCTYPE"),
        ("<paper>" + " " * 60_000 + "</paper>", "longer than"),
        ("{% if rows %}<paper/>{% endif %}", "well-formed"),
        ("{% if rows %}{% else %}<paper/>{% endif %}", "well-formed"),
    ],
)
def test_a_template_that_says_more_is_refused(source: str, why: str) -> None:
    assert why in " ".join(papers.problems(source.encode()))
    with pytest.raises(InvalidInput):
        papers.read(source.encode())


def test_a_name_that_nothing_has_is_named() -> None:
    found = papers.problems(FORM.encode(), frozenset({"title", "organ", "rows"}))
    assert found == ["Nothing is called missing on this paper; there are: organ, rows, title."]


@pytest.mark.parametrize("path", sorted(BPMN.glob("*/*.j2")), ids=lambda path: path.stem)
def test_the_templates_of_the_office_are_right(path: Path) -> None:
    assert papers.problems(path.read_bytes()) == []


def test_bytes_that_are_no_text_are_refused() -> None:
    assert papers.problems(b"\xff\xfe") == ["It is not written in UTF-8."]
