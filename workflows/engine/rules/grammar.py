"""The grammar of BPMN 2.0, read once from the standard's own XML schema."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache, cached_property
from importlib import resources

from lxml import etree

_XSD = "{http://www.w3.org/2001/XMLSchema}"
_UNBOUNDED = 10**9


@dataclass(frozen=True)
class Slot:
    """A place for children: which elements may fill it, how often, and of which type they are."""

    names: frozenset[str]
    type: str
    minimum: int
    maximum: int
    branch: int | None  #: slots of different branches of one choice exclude each other


@dataclass(frozen=True)
class Type:
    """What an element of this type may hold."""

    attributes: Mapping[str, tuple[str, bool]]  #: name → (type, required)
    slots: tuple[Slot, ...]  #: in the order of the schema
    mixed: bool
    any: bool  #: foreign or any elements may stand here

    @cached_property
    def places(self) -> dict[str, int]:
        """Return the number of the slot of every element that may stand here."""
        return {name: number for number, slot in enumerate(self.slots) for name in slot.names}


@dataclass(frozen=True)
class Grammar:
    """Every complex type, every list of values, and the types of the elements that stand for themselves."""

    types: Mapping[str, Type]
    values: Mapping[str, frozenset[str]]  #: enumerations
    elements: Mapping[str, str]  #: global element → type


@cache
def grammar() -> Grammar:
    """Return the grammar; the schema is read at the first call."""
    folder = resources.files("SpiffWorkflow.bpmn.parser") / "schema"
    parts = [etree.fromstring((folder / name).read_bytes()) for name in ("BPMN20.xsd", "Semantic.xsd")]
    return _Schema(parts).grammar()


class _Schema:
    """The schema under reading."""

    def __init__(self, parts: list[etree._Element]) -> None:
        self.complex = {t.get("name", ""): t for part in parts for t in part.iterfind(f"{_XSD}complexType")}
        self.simple = {t.get("name", ""): t for part in parts for t in part.iterfind(f"{_XSD}simpleType")}
        globals_ = [e for part in parts for e in part.iterfind(f"{_XSD}element")]
        self.elements = {e.get("name", ""): e.get("type", "") for e in globals_}
        self.members: dict[str, set[str]] = {}
        for element in globals_:
            if head := element.get("substitutionGroup"):
                self.members.setdefault(head, set()).add(element.get("name", ""))

    def grammar(self) -> Grammar:
        types = {name: self.type(name) for name in self.complex}
        values = {
            name: frozenset(v.get("value", "") for v in simple.iter(f"{_XSD}enumeration"))
            for name, simple in self.simple.items()
            if simple.find(f"{_XSD}union") is None
        }
        return Grammar(types, values, self.elements)

    def type(self, name: str) -> Type:
        """Return a type with all that it inherits."""
        element = self.complex[name]
        extension = element.find(f"{_XSD}complexContent/{_XSD}extension")
        body = element if extension is None else extension
        base = self.type(extension.get("base", "")) if extension is not None else Type({}, (), False, False)
        own = {
            a.get("name", ""): (a.get("type", ""), a.get("use") == "required")
            for a in body.iterfind(f"{_XSD}attribute")
        }
        return Type(
            {**base.attributes, **own},
            (*base.slots, *self.slots(body)),
            base.mixed or element.get("mixed") == "true",
            base.any or body.find(f"{_XSD}sequence/{_XSD}any") is not None,
        )

    def slots(self, body: etree._Element) -> Iterator[Slot]:
        for group in body.iterfind(f"{_XSD}sequence"):
            yield from self.group(group)
        for choice in body.iterfind(f"{_XSD}choice"):
            for number, branch in enumerate(choice):
                parts = [branch] if branch.tag == f"{_XSD}element" else list(branch)
                yield from (self.slot(part, number) for part in parts)

    def group(self, group: etree._Element) -> Iterator[Slot]:
        yield from (self.slot(part, None) for part in group if part.tag == f"{_XSD}element")

    def slot(self, part: etree._Element, branch: int | None) -> Slot:
        reference = part.get("ref", "")
        names = self.allowed(reference) if reference else frozenset({part.get("name", "")})
        most = part.get("maxOccurs", "1")
        return Slot(
            names,
            part.get("type") or self.elements.get(reference, ""),
            # A choice needs none of its branches by itself.
            0 if branch is not None else int(part.get("minOccurs", "1")),
            _UNBOUNDED if most == "unbounded" else int(most),
            branch,
        )

    def allowed(self, head: str) -> frozenset[str]:
        """Return the elements that may stand for `head`, itself and all that substitute it."""
        found = {head}
        for member in self.members.get(head, ()):
            found |= self.allowed(member)
        return frozenset(found)
