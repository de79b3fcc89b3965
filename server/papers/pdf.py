"""The PDF of a paper, set by Typst: no network, no system fonts, no file but our own."""

from __future__ import annotations

from dataclasses import asdict, replace
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Literal

import orjson
import pylopdf_fonts_zh_cn
import typst

from workflows.papers import Paper

FORMAT = Path(__file__).with_name("paper.typ")
#: For archives: fonts embedded, nothing outside referred to.
STANDARD: Literal["a-2b"] = "a-2b"


def pdf(paper: Paper, *, at: datetime) -> bytes:
    """Return the paper as PDF/A; the same paper of the same instant gives the same bytes."""
    # Content is handed over as data: Typst never reads it as its own language.
    return typst.compile(
        FORMAT.read_bytes(),
        format="pdf",
        font_paths=_fonts(),
        ignore_system_fonts=True,
        sys_inputs={"paper": _content(paper).decode()},
        pdf_standards=STANDARD,
        timestamp=int(at.timestamp()),
    )


def _content(paper: Paper) -> bytes:
    """Return what is drawn: without the Word file, whose content the blocks are."""
    page = asdict(paper.page) if paper.page else None
    return orjson.dumps({**orjson.loads(replace(paper, word=b"").to_bytes()), "page": page})


@cache
def _fonts() -> typst.Fonts:
    folder = pylopdf_fonts_zh_cn.serif_path().parent
    return typst.Fonts(include_system_fonts=False, include_embedded_fonts=False, font_paths=[folder])
