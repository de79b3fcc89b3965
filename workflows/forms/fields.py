"""What a form consists of, with everything a page needs to draw it and a check needs to judge it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

from workflows.expressions import Expression

CHOICES = frozenset({"checklist", "radio", "select", "taglist"})
ANSWERED = CHOICES | {"textfield", "textarea", "number", "datetime", "checkbox", "filepicker", "dynamiclist"}
SEVERAL = frozenset({"checklist", "taglist"})


@dataclass(frozen=True)
class Option:
    """One choice: the code that is stored and its names."""

    value: str
    zh: str
    en: str = ""

    def label(self, lang: str) -> str:
        """Return the name in a language (`zh…` or `en…`), Chinese where there is no English."""
        return in_language(lang, self.zh, self.en)


Options = Mapping[str, Sequence[Option]]


@dataclass(frozen=True)
class Field:
    """One component: a question, or a text, separator or group (`key` is then empty)."""

    type: str
    id: str
    key: str = ""
    zh: str = ""  #: label; the text itself of a `text`
    en: str = ""
    description_zh: str = ""
    description_en: str = ""
    subtype: str = ""  #: datetime: date | datetime; textfield: email | phone
    required: bool = False
    readonly: bool = False  #: shown, never taken from an answer
    default: Any = None
    min: float | None = None
    max: float | None = None
    decimals: int | None = None  #: digits after the point at most; 0 = whole numbers
    min_length: int | None = None
    max_length: int | None = None
    earliest: str = ""  #: `today`: no day before
    latest: str = ""  #: `today`: no day after
    options: tuple[Option, ...] = ()
    table: str = ""  #: code table whose entries are the options (form-js `valuesKey`)
    multiple: bool = False  #: filepicker: more than one file
    accept: tuple[str, ...] = ()  #: filepicker: `.pdf`, `image/*`
    prefix: str = ""
    suffix: str = ""
    min_rows: int = 0  #: dynamiclist
    max_rows: int = 0
    components: tuple[Field, ...] = ()  #: of a group; of each row of a dynamiclist
    hide: Expression | None = None
    conditional: list[Any] | None = None  #: `hide` as JSON for the browser: see `workflows.forms.conditions`
    properties: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))

    def label(self, lang: str) -> str:
        """Return the label in a language, Chinese where there is no English."""
        return in_language(lang, self.zh, self.en)

    def description(self, lang: str) -> str:
        """Return the explanation in a language, Chinese where there is no English."""
        return in_language(lang, self.description_zh, self.description_en)

    @property
    def target(self) -> str:
        """Return where the answer goes: `variable` (of the process) or `record` (the handler's business)."""
        return self.properties.get("target", "record")

    def choices(self, options: Options) -> Sequence[Option] | None:
        """Return the options, from the code table if one is named; None if that table is not given."""
        return options.get(self.table) if self.table else self.options


@dataclass(frozen=True)
class Form:
    """A form as deployed: immutable."""

    id: str
    zh: str
    en: str
    components: tuple[Field, ...]
    properties: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))

    def title(self, lang: str) -> str:
        """Return the title in a language; the form's id if it has none."""
        return in_language(lang, self.zh, self.en) or self.id

    @property
    def fields(self) -> tuple[Field, ...]:
        """Return the questions in order, those in groups included, those in rows not."""
        return tuple(part for part in flat(self.components) if part.type in ANSWERED)

    @property
    def tables(self) -> frozenset[str]:
        """Return the code tables that the form needs."""
        inner = (part for top in self.fields for part in (top, *flat(top.components)))
        return frozenset(part.table for part in inner if part.table)

    def variables(self, answers: Mapping[str, Any]) -> dict[str, Any]:
        """Return the answers that become process variables; unanswered ones are null."""
        return {part.key: answers.get(part.key) for part in self.fields if part.target == "variable"}


def flat(components: tuple[Field, ...]) -> Iterator[Field]:
    """Yield components in order, a group's parts after the group."""
    for part in components:
        yield part
        if part.type == "group":
            yield from flat(part.components)


def in_language(lang: str, zh: str, en: str) -> str:
    """Return the wording in a language, the other one where it is missing."""
    return (en or zh) if lang.startswith("en") else (zh or en)
