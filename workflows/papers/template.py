"""Templates of papers as the program brings them: a few elements, and the part of Jinja that `sandbox` allows.

Values are escaped: nothing that people typed can become an element of the paper.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

import jinja2
from jinja2 import meta, nodes

from workflows.errors import InvalidInput
from workflows.papers import elements
from workflows.papers.model import Mark, Paper
from workflows.papers.sandbox import Anything, Nothing, environment, fit, forbidden

SUFFIX = ".j2"
MAX_SOURCE = 50_000  #: characters


@dataclass(frozen=True)
class Template:
    """A template that keeps the rules, ready to be filled in."""

    compiled: jinja2.Template
    names: frozenset[str]  #: what it asks for

    def fill(self, data: Mapping[str, Any], marks: tuple[Mark, ...] = ()) -> Paper:
        """Return the paper that the template makes of data: texts, numbers, lists and mappings of them."""
        try:
            source = self.compiled.render(fit(data))
        except (jinja2.TemplateError, TypeError, ValueError, RecursionError) as error:
            raise _wrong(str(error)) from error
        return replace(elements.paper(source), marks=marks)


def kind(file: str) -> str:
    """Return the kind of paper that a template's file is for: its name without folders and ending."""
    return file.rpartition("/")[2].removesuffix(SUFFIX)


def read(content: bytes) -> Template:
    """Return the template; InvalidInput says what in it is not allowed."""
    found = problems(content)
    if found:
        raise _wrong(found[0])
    source = content.decode()
    return Template(
        environment.from_string(source), frozenset(meta.find_undeclared_variables(environment.parse(source)))
    )


def problems(content: bytes, names: frozenset[str] | None = None) -> list[str]:
    """Return what is wrong with a template, one sentence each; with `names`, also what it asks for in vain."""
    try:
        source = content.decode()
        tree = environment.parse(source) if len(source) <= MAX_SOURCE else None
    except UnicodeDecodeError:
        return ["It is not written in UTF-8."]
    except (jinja2.TemplateError, RecursionError) as error:
        return [f"It cannot be read: {error}"]
    if tree is None:
        return [f"It is longer than {MAX_SOURCE} characters."]
    found = (*(f"Line {line}: {why}" for line, why in forbidden(tree)), *_unknown(tree, names))
    return list(dict.fromkeys(found or _trials(source)))


def _unknown(tree: nodes.Template, names: frozenset[str] | None) -> Iterator[str]:
    if names is None:
        return
    for name in sorted(meta.find_undeclared_variables(tree) - names):
        yield f"Nothing is called {name} on this paper; there are: {', '.join(sorted(names))}."


def _trials(source: str) -> Iterator[str]:
    """Fill the template in with nothing, and with something everywhere: both must give a paper."""
    template = environment.from_string(source)
    names = meta.find_undeclared_variables(environment.parse(source))
    for data in (Nothing(), Anything()):
        try:
            elements.paper(template.render(dict.fromkeys(names, data)))
        except InvalidInput as error:
            yield error.message.removeprefix(elements.WRONG)
        except (jinja2.TemplateError, TypeError, ValueError, RecursionError) as error:
            yield f"It cannot be filled in: {error}"


def _wrong(why: str) -> InvalidInput:
    return InvalidInput(f"{elements.WRONG}{why.removeprefix(elements.WRONG)}", code="paper_template")
