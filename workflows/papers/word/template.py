"""Templates that were written in Word: checked when they come, filled in by a sandbox that knows every name."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import jinja2
from jinja2 import nodes
from lxml import etree
from markupsafe import Markup, escape

from workflows import hardening
from workflows.errors import FieldError, InvalidInput
from workflows.papers import shapes
from workflows.papers.model import Mark, Paper
from workflows.papers.sandbox import environment, fit, forbidden
from workflows.papers.shapes import Shape
from workflows.papers.word import mending, stamp, walk
from workflows.papers.word.package import DOCUMENT, Unfit, packed, parts, relations
from workflows.papers.word.tags import LINE, PRIVATE, Source, source

SUFFIX = ".docx"


def _lines(value: Any) -> Any:
    """Return what is printed of a value: text, each line of which becomes a paragraph."""
    if isinstance(value, jinja2.Undefined):
        return value
    text = PRIVATE.sub("", "" if value is None else str(value))
    return Markup(escape(text).replace("\n", LINE))


_strict = environment.overlay(
    undefined=jinja2.StrictUndefined, finalize=_lines, trim_blocks=False, lstrip_blocks=False
)


@dataclass(frozen=True)
class WordTemplate:
    """A template that keeps the rules, ready to be filled in."""

    parts: Mapping[str, bytes]
    sources: Mapping[str, jinja2.Template]
    names: frozenset[str]  #: what it asks for
    shape: Mapping[str, Shape]
    version: int = 0

    def fill(self, data: Mapping[str, Any], marks: tuple[Mark, ...] = ()) -> Paper:
        """Return the paper that the template makes of data, with the Word file that it is.

        InvalidInput where the values do not give a document.
        """
        given = shapes.completed(fit(data), self.shape)
        found = dict(self.parts)
        try:
            for name, compiled in self.sources.items():
                found[name] = mending.mended(
                    hardening.parse(compiled.render(given).replace("\n", "").encode())
                )
            found = stamp.stamped(found, marks)
            page, blocks = walk.walked(found)
        except (jinja2.TemplateError, hardening.Unsafe, TypeError, ValueError) as error:
            raise InvalidInput(f"The paper's template is wrong: {error}", code="paper_template") from error
        return Paper("", "", blocks, marks, page, packed(found), self.version)


def _rendered(compiled: jinja2.Template, given: Mapping[str, Any]) -> bytes:
    """Return what a part becomes; ValueError where loops make more of it than any paper has."""
    pieces, left = [], hardening.MAX_BYTES
    for piece in compiled.generate(given):
        left -= len(piece)
        if left < 0:
            raise ValueError("it becomes too long")
        pieces.append(piece)
    return "".join(pieces).replace("\n", "").encode()


def read(content: bytes, shape: Mapping[str, Shape]) -> WordTemplate:
    """Return the template; InvalidInput has in its fields what is wrong, one FieldError each.

    `shape` is what the paper can say. Refused are dangerous parts, tags that cannot be read, names that the paper
    does not have, and what no PDF would show.
    """
    try:
        found = parts(content)
    except Unfit as error:
        raise refused(error.faults) from error
    sources = {name: source(name, hardening.parse(found[name])) for name in _written(found)}
    faults = [fault for one in sources.values() for fault in one.faults]
    faults += [fault for one in sources.values() for fault in _tags(one, shape)] if not faults else []
    faults += walk.faults(found)
    if faults:
        raise refused(faults)
    made = WordTemplate(
        found,
        {name: _strict.from_string(one.text) for name, one in sources.items()},
        frozenset(name for one in sources.values() for name in shapes.asked(_strict.parse(one.text))),
        shape,
    )
    _try(made)
    return made


def refused(faults: Any) -> InvalidInput:
    """Return the refusal of a template, at most 20 faults named."""
    listed = list(dict.fromkeys((fault.code, tuple(fault.params.items())) for fault in faults))[:20]
    fields = {f"template.{n}": FieldError(code, dict(params)) for n, (code, params) in enumerate(listed)}
    words = "; ".join(f"{code} {dict(params)}" for code, params in listed)
    return InvalidInput(f"The template is refused: {words}", fields=fields, code="paper_template")


def _written(found: Mapping[str, bytes]) -> list[str]:
    """Return the parts that are printed: the document, its headers and footers."""
    related = relations(dict(found), DOCUMENT).values()
    return [DOCUMENT, *(name for kind, name in related if kind in ("header", "footer") and name in found)]


def _tags(one: Source, shape: Mapping[str, Shape]) -> Iterator[FieldError]:
    try:
        tree: nodes.Template = _strict.parse(one.text)
    except jinja2.TemplateSyntaxError as error:
        yield one.tag(error.lineno).fault("tag_syntax", why=error.message or "")
        return
    except (jinja2.TemplateError, RecursionError) as error:
        yield FieldError("word_broken", {"why": str(error)})
        return
    wrong = [one.tag(line).fault("tag_forbidden", why=why) for line, why in forbidden(tree)]
    yield from wrong
    if not wrong:
        yield from (
            one.tag(fault.line).fault(fault.code, name=fault.name, right=", ".join(fault.right))
            for fault in shapes.faults(tree, shape)
        )


def _try(made: WordTemplate) -> None:
    """Fill the template in with made-up data and with nothing: both must give a document."""
    trials: tuple[Mapping[str, Any], ...] = (shapes.example(made.shape), {})
    for data in trials:
        try:
            made.fill(data)
        except (InvalidInput, etree.LxmlError) as error:
            raise refused([FieldError("word_trial", {"why": str(error)})]) from error


def lines(content: bytes) -> list[str]:
    """Return the lines of text of a template as it stands, tags and all; InvalidInput for what is no Word file."""
    try:
        return walk.words(walk.walked(parts(content))[1])
    except Unfit as error:
        raise refused(error.faults) from error
