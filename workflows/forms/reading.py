"""From form-js JSON to a form; what the server cannot draw or judge is refused, naming the component."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Any

import orjson

from workflows.errors import InvalidInput
from workflows.findings import Finding
from workflows.forms.checking import MAX_DECIMALS, MAX_ROWS, check_default
from workflows.forms.conditions import read_condition
from workflows.forms.fields import ANSWERED, CHOICES, Field, Form, Option

MAX_BYTES = 1_000_000
MAX_COMPONENTS = 500
MAX_NESTING = 5
KEY = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,63}")
#: Names that a page's own inputs have.
RESERVED = frozenset({"csrf_token"})

# fmt: off
TOP = frozenset({
    "$schema", "schemaVersion", "id", "type", "components", "title", "title_en", "properties",
    "exporter", "executionPlatform", "executionPlatformVersion", "versionTag",
})
EVERY = frozenset({"id", "type", "layout", "properties", "conditional"})
ASKED = EVERY | {"key", "label", "description", "validate", "defaultValue", "disabled", "readonly"}
CHOSEN = ASKED | {"values", "valuesKey"}
KEYS: Mapping[str, frozenset[str]] = {
    "textfield": ASKED | {"appearance"},
    "textarea": ASKED,
    "number": ASKED | {"appearance", "decimalDigits", "increment", "serializeToString"},
    "datetime": ASKED | {
        "subtype", "dateLabel", "timeLabel", "timeInterval", "timeSerializingFormat", "use24h",
        "disallowPassedDates",
    },
    "checkbox": ASKED,
    "checklist": CHOSEN,
    "radio": CHOSEN,
    "select": CHOSEN | {"searchable"},
    "taglist": CHOSEN,
    "filepicker": ASKED | {"accept", "multiple"},
    "dynamiclist": EVERY | {
        "path", "label", "description", "components", "readonly", "disabled", "isRepeating",
        "allowAddRemove", "defaultRepetitions", "showOutline", "verticalAlignment", "nonCollapsedItems",
        "disableCollapse",
    },
    "group": EVERY | {"label", "description", "components", "path", "showOutline", "verticalAlignment"},
    "text": EVERY | {"text"},
    "separator": EVERY,
}
# fmt: on
RULES: Mapping[str, frozenset[str]] = {
    "textfield": frozenset({"required", "minLength", "maxLength", "validationType"}),
    "textarea": frozenset({"required", "minLength", "maxLength"}),
    "number": frozenset({"required", "min", "max"}),
}
ONLY_REQUIRED = frozenset({"required"})
TARGETS = frozenset({"record", "variable"})


def read(data: bytes | Mapping[str, Any]) -> Form:
    """Return the form; raise InvalidInput with a finding for each component that is not supported."""
    content = parse(data) if isinstance(data, bytes) else data
    top = Part(content, None, [])
    form = top.form()
    if top.findings:
        first, more = top.findings[0], len(top.findings) - 1
        raise InvalidInput(
            f"The form is refused: {first.message}" + (f" (and {more} more)" if more else ""),
            findings=tuple(top.findings),
            code="form_definition",
        )
    return form


def parse(data: bytes) -> Mapping[str, Any]:
    """Return the JSON object of a file."""
    if len(data) > MAX_BYTES:
        raise InvalidInput(
            f"The form has {len(data)} bytes; at most {MAX_BYTES} are allowed.", code="form_definition"
        )
    try:
        content = orjson.loads(data)
    except orjson.JSONDecodeError as error:
        raise InvalidInput(f"The form is not JSON: {error}.", code="form_definition") from None
    if not isinstance(content, dict):
        raise InvalidInput("The form must be a JSON object with `components`.", code="form_definition")
    return content


@dataclass
class Part:
    """One JSON object of the form, the place where it stands, and the list that takes what is wrong."""

    content: Mapping[str, Any]
    place: str | None
    findings: list[Finding]

    def wrong(self, rule: str, why: str) -> None:
        """Note what is wrong here."""
        where = f"component {self.place}: " if self.place else ""
        self.findings.append(Finding(self.place, f"form.{rule}", "error", where + why))

    def known(self, allowed: frozenset[str], what: str = "key") -> None:
        """Note the keys that mean nothing here."""
        for key in sorted(set(self.content) - allowed, key=str):
            self.wrong(
                "key", f"the {what} {str(key)[:60]!r} is not supported, only {', '.join(sorted(allowed))}"
            )

    def text(self, name: str) -> str:
        """Return a plain text; expressions and templates in labels are noted as wrong."""
        value = self.content.get(name, "")
        if not isinstance(value, str):
            self.wrong("value", f"{name} must be a text")
            return ""
        if value.lstrip().startswith("=") or "{{" in value:
            self.wrong("value", f"{name} must be plain text, no expression and no {{{{template}}}}")
        return value

    def flag(self, name: str) -> bool:
        """Return a truth, false if absent."""
        value = self.content.get(name, False)
        if not isinstance(value, bool):
            self.wrong("value", f"{name} must be true or false, no expression")
        return value is True

    def number(self, name: str, *, whole: bool = False) -> Any:
        """Return a number, None if absent."""
        value = self.content.get(name)
        kinds = (int,) if whole else (int, float)
        if value is not None and (isinstance(value, bool) or not isinstance(value, kinds)):
            self.wrong("value", f"{name} must be a {'whole ' if whole else ''}number")
            return None
        return value

    def inner(self, name: str) -> Part:
        """Return the object below a key, empty if absent."""
        value = self.content.get(name) or {}
        if not isinstance(value, Mapping):
            self.wrong("value", f"{name} must be an object")
            value = {}
        return Part(value, self.place, self.findings)

    def properties(self) -> Mapping[str, str]:
        """Return the custom properties: texts by name."""
        content = self.inner("properties").content
        if any(not isinstance(key, str) or not isinstance(value, str) for key, value in content.items()):
            self.wrong("value", "properties must be texts by name")
            return MappingProxyType({})
        return MappingProxyType(dict(content))

    def form(self) -> Form:
        """Return the form of the whole file."""
        self.known(TOP)
        if self.content.get("type", "default") != "default":
            self.wrong("type", "the form's type must be `default`")
        form_id = self.text("id")
        if not form_id:
            self.wrong("id", "the form needs an id")
        components, _ = Level(self, frozenset(), 0).read()
        return Form(form_id, self.text("title"), self.text("title_en"), components, self.properties())


@dataclass
class Level:
    """One list of components: of the form, a group, or the rows of a dynamic list."""

    part: Part
    known: frozenset[str]  #: keys that stand before
    nesting: int
    in_rows: bool = False
    own: frozenset[str] = frozenset()  #: keys that are taken on this level

    def read(self) -> tuple[tuple[Field, ...], frozenset[str]]:
        """Return the fields and the keys of this level."""
        components = self.part.content.get("components")
        if not isinstance(components, list):
            self.part.wrong("components", "components must be a list")
            return (), self.own
        if len(components) > MAX_COMPONENTS or self.nesting > MAX_NESTING:
            self.part.wrong(
                "size", f"at most {MAX_COMPONENTS} components in {MAX_NESTING} levels are allowed"
            )
            return (), self.own
        fields = [self.component(item, place) for place, item in enumerate(components, 1)]
        return tuple(part for part in fields if part is not None), self.own

    def component(self, content: Any, place: int) -> Field | None:
        """Return one component; None, with a finding, where nothing can be made of it."""
        if not isinstance(content, Mapping):
            self.part.wrong("component", f"component {place} must be an object")
            return None
        name = next((content[key] for key in ("key", "path", "id") if isinstance(content.get(key), str)), "")
        part = Part(content, name or f"#{place}", self.part.findings)
        kind = str(content.get("type"))
        if kind not in KEYS:
            part.wrong("type", f"the type {kind[:60]!r} is not supported, only {', '.join(sorted(KEYS))}")
            return None
        part.known(KEYS[kind])
        found = self.with_condition(part, describe(part, kind))
        return self.with_parts(part, self.with_key(part, found))

    def with_condition(self, part: Part, found: Field) -> Field:
        """Return the field with its condition."""
        conditional = part.inner("conditional")
        conditional.known(frozenset({"hide"}), "condition")
        source = conditional.content.get("hide")
        if not source:
            return found
        try:
            hide, tree = read_condition(str(source), self.known)
        except InvalidInput as error:
            part.wrong("condition", error.message)
            return found
        return replace(found, hide=hide, conditional=tree)

    def with_key(self, part: Part, found: Field) -> Field:
        """Return the field with its key, which is free on this level."""
        if found.type not in ANSWERED:
            return found
        key = part.text("path" if found.type == "dynamiclist" else "key")
        if not KEY.fullmatch(key) or key in RESERVED:
            part.wrong("key", "its key must be a letter and then letters, digits or underscores, at most 64")
        if key in self.own:
            part.wrong("key", f"the key {key} is taken by another component")
        self.own |= {key}
        self.known |= {key}
        return replace(found, key=key)

    def with_parts(self, part: Part, found: Field) -> Field:
        """Return a group or dynamic list with the components inside."""
        if found.type == "group":
            if part.text("path"):
                part.wrong("path", "a group has no path: its answers stand beside the others")
            level = Level(part, self.known, self.nesting + 1, self.in_rows, self.own)
            components, self.own = level.read()
            self.known = level.known
            return replace(found, components=components)
        if found.type != "dynamiclist":
            return found
        if self.in_rows:
            part.wrong("type", "a dynamiclist cannot stand in the rows of another")
            return found
        # A row's condition may also look at the answers before the list.
        components, _ = Level(part, self.known, self.nesting + 1, in_rows=True).read()
        return replace(found, components=components)


def describe(part: Part, kind: str) -> Field:
    """Return what a component says about itself, its key, condition and inner components apart."""
    properties = part.properties()
    if properties.get("target", "record") not in TARGETS:
        part.wrong("target", "the property target must be `variable` or `record`")
    rules = part.inner("validate")
    rules.known(RULES.get(kind, ONLY_REQUIRED), "validation")
    label = (
        "text"
        if kind == "text"
        else "dateLabel"
        if kind == "datetime" and "dateLabel" in part.content
        else "label"
    )
    found = Field(
        type=kind,
        id=part.text("id"),
        zh=part.text(label),
        en=properties.get("en", ""),
        description_zh=part.text("description"),
        description_en=properties.get("en_description", ""),
        required=rules.flag("required"),
        readonly=part.flag("readonly") or part.flag("disabled"),
        min=rules.number("min"),
        max=rules.number("max"),
        min_length=rules.number("minLength", whole=True),
        max_length=rules.number("maxLength", whole=True),
        prefix=part.inner("appearance").text("prefixAdorner"),
        suffix=part.inner("appearance").text("suffixAdorner"),
        properties=properties,
    )
    found = replace(found, **particulars(part, rules, kind, properties))
    return replace(found, default=default_of(part, found))


def particulars(part: Part, rules: Part, kind: str, properties: Mapping[str, str]) -> dict[str, Any]:
    """Return what only this type of component has."""
    if kind == "textfield":
        return {"subtype": one_of(rules, "validationType", "", "email", "phone")}
    if kind == "number":
        if part.flag("serializeToString"):
            part.wrong("value", "serializeToString is not supported: numbers are numbers")
        return {"decimals": decimals(part)}
    if kind == "datetime":
        return dated(part, properties)
    if kind in CHOICES:
        return chosen(part)
    if kind == "filepicker":
        accept = tuple(item.strip().lower() for item in part.text("accept").split(",") if item.strip())
        return {"accept": accept, "multiple": part.flag("multiple")}
    if kind == "dynamiclist":
        return {
            "min_rows": counted(part, properties, "min_rows", 0),
            "max_rows": counted(part, properties, "max_rows", MAX_ROWS),
        }
    return {}


def decimals(part: Part) -> int | None:
    """Return how many digits may stand after the point."""
    digits = part.number("decimalDigits", whole=True)
    if digits is not None and not 0 <= digits <= MAX_DECIMALS:
        part.wrong("value", f"decimalDigits must be a number from 0 to {MAX_DECIMALS}")
        return None
    return int(digits) if digits is not None else None


def one_of(part: Part, name: str, *allowed: str) -> str:
    """Return a word that is one of those allowed, the first if absent."""
    value = part.content.get(name) or allowed[0]
    if value not in allowed:
        part.wrong(
            "value",
            f"{name} must be {' or '.join(word for word in allowed if word)}, not {str(value)[:60]!r}",
        )
        return allowed[0]
    return str(value)


def dated(part: Part, properties: Mapping[str, str]) -> dict[str, Any]:
    """Return the particulars of a date or moment; `earliest` and `latest` are custom properties."""
    bounds = Part({name: properties.get(name) for name in ("earliest", "latest")}, part.place, part.findings)
    earliest = "today" if part.flag("disallowPassedDates") else one_of(bounds, "earliest", "", "today")
    return {
        "subtype": one_of(part, "subtype", "date", "datetime"),
        "earliest": earliest,
        "latest": one_of(bounds, "latest", "", "today"),
    }


def chosen(part: Part) -> dict[str, Any]:
    """Return the options of a choice, or the code table that has them."""
    table = part.text("valuesKey")
    values = part.content.get("values")
    if table and values:
        part.wrong("options", "either values or valuesKey must be given, not both")
    if table:
        return {"table": table}
    if not isinstance(values, list) or not values:
        part.wrong("options", "values must be a list of {label, value}, or valuesKey name a code table")
        return {}
    options = [option(part, item) for item in values]
    if len({item.value for item in options}) < len(options):
        part.wrong("options", "the same value stands twice among the values")
    return {"options": tuple(options)}


def option(part: Part, content: Any) -> Option:
    """Return one option."""
    inner = Part(content if isinstance(content, Mapping) else {}, part.place, part.findings)
    inner.known(frozenset({"label", "value", "en"}), "option's key")
    value = inner.text("value")
    if not value or len(value) > 255:
        part.wrong("options", "each of the values needs a `value` of 1 to 255 characters")
    return Option(value, inner.text("label") or value, inner.text("en"))


def counted(part: Part, properties: Mapping[str, str], name: str, default: int) -> int:
    """Return a number of rows that a custom property gives."""
    given = properties.get(name, str(default))
    if not re.fullmatch(r"[0-9]{1,3}", given) or int(given) > MAX_ROWS:
        part.wrong("value", f"the property {name} must be a number from 0 to {MAX_ROWS}")
        return default
    return int(given)


def default_of(part: Part, found: Field) -> Any:
    """Return the default value, if it would be a valid answer."""
    value = part.content.get("defaultValue") if "defaultValue" in KEYS[found.type] else None
    if value in (None, "", []):
        return None
    if error := check_default(found, value):
        part.wrong("default", f"defaultValue is no valid answer ({error.code})")
        return None
    return value
