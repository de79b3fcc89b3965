"""A form as the page draws it: each component with its answer, its error, and whether it is shown just now.

`view` turns a `workflows.forms.Form` and answers into `FormView`, which `_form.html` renders for filling
(`fill`), for reading (`read`), and as the summary of what is wrong (`summary`). Nothing needs script.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from flask_babel import gettext as _

from server.pages.words import field_words
from workflows import forms
from workflows.errors import FieldError
from workflows.forms import Field, Form, Options
from workflows.forms.fields import CHOICES

#: More choices than this stand in columns.
LONG_LIST = 8
SHORT_TEXT = 30


@dataclass(frozen=True)
class Choice:
    """One option of a choice."""

    id: str
    value: str
    label: str
    chosen: bool


@dataclass(frozen=True)
class Kept:
    """A file that was taken in before and still answers the question."""

    reference: str
    name: str


@dataclass(frozen=True)
class Row:
    """One row of a dynamic list."""

    number: str
    heading: str
    parts: tuple[Part, ...]


@dataclass(frozen=True)
class Part:
    """One component: a question with its answer, or a group, text or separator."""

    type: str
    id: str
    name: str = ""
    label: str = ""
    hint: str = ""
    error: str = ""
    required: bool = False
    readonly: bool = False
    shown: bool = True  #: given the answers so far
    hide: str = ""  #: the condition that hides it, as JSON for the script
    only_if: str = ""  #: the same in words, for who has no script
    value: str = ""  #: as the input holds it
    words: tuple[str, ...] = ()  #: as a reader sees it
    input_type: str = "text"
    input_mode: str = ""
    max_length: int | None = None
    short: bool = False
    accept: str = ""
    multiple: bool = False
    prefix: str = ""
    suffix: str = ""
    choices: tuple[Choice, ...] = ()
    files: tuple[Kept, ...] = ()
    parts: tuple[Part, ...] = ()
    rows: tuple[Row, ...] = ()
    blank: Row | None = None  #: what the script adds
    may_add: bool = False
    may_remove: bool = False

    @property
    def described_by(self) -> str:
        """The ids of what explains the input, for screen readers."""
        return " ".join([f"{self.id}-hint"] * bool(self.hint) + [f"{self.id}-error"] * bool(self.error))

    @property
    def columns(self) -> bool:
        """Whether the choices are many and short enough to stand in columns."""
        return len(self.choices) > LONG_LIST and all(
            len(choice.label) <= SHORT_TEXT for choice in self.choices
        )


@dataclass(frozen=True)
class Wrong:
    """One line of the error summary; `target` is the input to go to, empty where there is none."""

    target: str
    label: str
    words: str


@dataclass(frozen=True)
class FormView:
    """A whole form, with what is wrong in it."""

    title: str
    parts: tuple[Part, ...]
    wrong: tuple[Wrong, ...] = ()


@dataclass(frozen=True)
class _Look:
    """What stays the same over one drawing of a form."""

    lang: str
    errors: Mapping[str, FieldError]
    options: Options
    files: Mapping[str, str]
    hidden: frozenset[str] = field(default_factory=frozenset)


def view(
    form: Form,
    answers: Mapping[str, Any],
    *,
    lang: str,
    errors: Mapping[str, FieldError] | None = None,
    options: Options | None = None,
    files: Mapping[str, str] | None = None,
) -> FormView:
    """Return the form as the page shows it with these answers, whether they are valid or not.

    `errors` are the `fields` of an InvalidInput, `files` the names of files by the references in answers.
    """
    shown = {part.key for part in forms.visible(form, answers)}
    hidden = frozenset(part.key for part in form.fields if part.key not in shown)
    look = _Look(lang, errors or {}, options or {}, files or {}, hidden)
    parts = _level(look, form.components, answers, "", known={})
    return FormView(form.title(lang), parts, _wrong(parts, look.errors))


def _level(
    look: _Look, components: Sequence[Field], answers: Mapping[str, Any], path: str, known: dict[str, Field]
) -> tuple[Part, ...]:
    """Return the components of the form, a group or a row; `known` collects the questions met so far."""
    parts = []
    for component in components:
        parts.append(_part(look, component, answers, path, known))
        if component.key:
            known[component.key] = component
    return tuple(parts)


def _part(
    look: _Look, component: Field, answers: Mapping[str, Any], path: str, known: dict[str, Field]
) -> Part:
    name = path + component.key if component.key else ""
    part = Part(
        type=component.type,
        id=f"f-{name or path + component.id}",
        name=name,
        label=component.label(look.lang) or component.key,
        hint=component.description(look.lang),
        error=_error(look, name, component),
        required=component.required or component.min_rows > 0,
        readonly=component.readonly,
        shown=path != "" or component.key not in look.hidden,
        hide=json.dumps(component.conditional, ensure_ascii=False) if component.conditional else "",
        only_if=_only_if(look, component, known),
        prefix=component.prefix,
        suffix=component.suffix,
    )
    if component.type == "group":
        parts = _level(look, component.components, answers, path, known)
        return replace(part, parts=parts, shown=any(inner.shown for inner in parts))
    if not component.key:
        return part
    value = answers.get(component.key)
    if value is None and not component.readonly:
        value = component.default
    if component.type == "dynamiclist":
        return _list(look, component, part, value, known)
    return _question(look, component, part, value)


def _question(look: _Look, component: Field, part: Part, value: Any) -> Part:
    """Return a question with its answer, as an input holds it and as a reader sees it."""
    words = tuple(forms.display(component, value, look.lang, look.options))
    if component.type == "filepicker":
        given = [item for item in value if isinstance(item, str)] if isinstance(value, list) else []
        kept = tuple(Kept(item, look.files.get(item, item)) for item in given)
        return replace(
            part,
            files=kept,
            words=tuple(file.name for file in kept),
            accept=",".join(component.accept),
            multiple=component.multiple,
            hint=_file_hint(component, part.hint),
        )
    if component.type in CHOICES:
        chosen = value if isinstance(value, list) else [value]
        listed = component.choices(look.options) or ()
        choices = tuple(
            Choice(f"{part.id}-{place}", option.value, option.label(look.lang), option.value in chosen)
            for place, option in enumerate(listed)
        )
        return replace(part, choices=choices, words=words)
    if component.type == "checkbox":
        return replace(part, value="true" if value is True else "", words=words)
    most = component.max_length
    return replace(
        part,
        words=words,
        value=_input_value(component, value),
        input_type=_input_type(component),
        input_mode=_input_mode(component),
        max_length=None if most is None else int(most),
        short=component.type in ("number", "datetime") or (most is not None and most <= SHORT_TEXT),
    )


def _list(look: _Look, component: Field, part: Part, value: Any, known: dict[str, Field]) -> Part:
    """Return a dynamic list with a row for each answer, at least one to fill."""
    given = [row for row in value if isinstance(row, Mapping)] if isinstance(value, list) else []
    if not component.readonly:
        given += [{}] * (max(component.min_rows, 1) - len(given))
    rows = tuple(_row(look, component, part, str(place), row, known) for place, row in enumerate(given))
    quiet = replace(look, errors={})
    return replace(
        part,
        rows=rows,
        blank=_row(quiet, component, part, "__n__", {}, known),
        may_add=len(rows) < component.max_rows,
        may_remove=len(rows) > max(component.min_rows, 1),
    )


def _row(
    look: _Look,
    component: Field,
    part: Part,
    number: str,
    answers: Mapping[str, Any],
    known: dict[str, Field],
) -> Row:
    parts = _level(look, component.components, answers, f"{part.name}.{number}.", dict(known))
    place = int(number) + 1 if number.isdecimal() else number
    return Row(number, f"{part.label} {place}", parts)


def _input_type(component: Field) -> str:
    if component.type == "datetime":
        return "datetime-local" if component.subtype == "datetime" else "date"
    return {"email": "email", "phone": "tel"}.get(component.subtype, "text")


def _input_mode(component: Field) -> str:
    if component.type != "number":
        return ""
    return "numeric" if component.decimals == 0 else "decimal"


def _input_value(component: Field, value: Any) -> str:
    if value is None or isinstance(value, (list, Mapping)):
        return ""
    text = str(value)
    return text[:16] if component.type == "datetime" and component.subtype == "datetime" else text


def _file_hint(component: Field, hint: str) -> str:
    limits = []
    endings = [ending for ending in component.accept if ending.startswith(".")]
    if endings and not hint:
        limits.append(_("Allowed kinds of file: %(kinds)s.", kinds=" ".join(endings)))
    if component.multiple and not hint:
        limits.append(_("You can choose several at once."))
    return " ".join(filter(None, [hint, *limits]))


def _only_if(look: _Look, component: Field, known: Mapping[str, Field]) -> str:
    """Return when a question is to be answered; the plain case `hide unless a = b` by name."""
    tree = component.conditional
    if not tree:
        return ""
    if tree[0] == "!=" and tree[1][0] == "name" and tree[2][0] == "value" and tree[1][1] in known:
        asked = known[tree[1][1]]
        answer = forms.display(asked, tree[2][1], look.lang, look.options)
        if answer:
            return _(
                "Only if “%(question)s” is “%(answer)s”.",
                question=asked.label(look.lang),
                answer=answer[0],
            )
    return _("Only where it applies.")


def _error(look: _Look, name: str, component: Field) -> str:
    error = look.errors.get(name) if name else None
    return field_words(error) if error else ""


def _wrong(parts: Sequence[Part], errors: Mapping[str, FieldError]) -> tuple[Wrong, ...]:
    """Return every error in the order of the form, and last those that no question has."""
    found = [Wrong(_target(part), label, part.error) for part, label in _labelled(parts, "") if part.error]
    named = {part.name for part, _label in _labelled(parts, "")}
    found += [Wrong("", name, field_words(error)) for name, error in errors.items() if name not in named]
    return tuple(found)


def _labelled(parts: Sequence[Part], within: str) -> list[tuple[Part, str]]:
    found = []
    for part in parts:
        found.append((part, f"{within}{part.label}"))
        found += _labelled(part.parts, within)
        for row in part.rows:
            found += _labelled(row.parts, f"{row.heading} · ")
    return found


def _target(part: Part) -> str:
    """Return the id of the input that an error is about: of a choice, its first option."""
    if part.type in ("radio", "checklist", "taglist") and part.choices:
        return part.choices[0].id
    return part.id
