"""The dictionary of the modeler: whatever the drawing library can say on its own has its Chinese."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

from server import folders

WEB = folders.BPMN.parent / "server" / "web"
CHINESE = json.loads((WEB / "src/modeler/zh.json").read_text("utf-8"))
SAID = re.compile(r"""\btranslate\(\s*('(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*")|\blabel: ('[A-Z][^']*')""")
#: What only its documentation says.
EXAMPLES = {"HELLO {you}"}


def said() -> Iterator[str]:
    """Yield the texts that stand in the library's sources."""
    for folder in ("bpmn-js/lib/features", "diagram-js/lib/features"):
        for file in (WEB / "node_modules" / folder).rglob("*.js"):
            for match in SAID.finditer(file.read_text("utf-8")):
                yield (match[1] or match[2])[1:-1]


def test_the_sources_are_read() -> None:
    assert len(set(said())) > 100


def test_whatever_the_library_says_has_its_chinese() -> None:
    known = {text.lower() for text in CHINESE}
    assert sorted({text for text in said() if text.lower() not in known} - EXAMPLES) == []


def test_holes_are_the_same_in_both_languages() -> None:
    hole = re.compile(r"(?<!\$){\w+}")  # an expression is an example, not a hole
    wrong = [text for text, own in CHINESE.items() if sorted(hole.findall(text)) != sorted(hole.findall(own))]
    assert wrong == []
