"""Two drafts put together, element by element, on what both began from: what one has changed is taken, a clash is told.

An element is a step, an event, a line, a lane, with its settings. Where both have changed the same one otherwise, or
one has taken out what the other has changed or leads to, somebody has to choose. Where both have laid the same shape
elsewhere, it lies where the second has it: that changes nothing but the drawing.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass
from typing import Any, cast

from lxml import etree

from workflows import hardening
from workflows.errors import InvalidInput

BPMN = "{http://www.omg.org/spec/BPMN/20100524/MODEL}"
DRAWING = "{http://www.omg.org/spec/BPMN/20100524/DI}"
CAMUNDA = "{http://camunda.org/schema/1.0/bpmn}"
#: What holds elements of its own, beside its settings.
HOLDING = {
    *(BPMN + name for name in ("definitions", "process", "subProcess", "transaction", "adHocSubProcess")),
    *(BPMN + name for name in ("collaboration", "laneSet", "lane", "childLaneSet")),
    *(DRAWING + name for name in ("BPMNDiagram", "BPMNPlane")),
}
#: Settings that may bear an id.
SETTINGS = {
    "documentation",
    "extensionElements",
    "ioSpecification",
    "dataInputAssociation",
    "dataOutputAssociation",
}
SETTINGS |= {"multiInstanceLoopCharacteristics", "standardLoopCharacteristics", "property"}
FLOWS = (BPMN + "incoming", BPMN + "outgoing")
IN_LANE = BPMN + "flowNodeRef"
#: Without these an element cannot be.
NEEDS = ("sourceRef", "targetRef", "attachedToRef", "bpmnElement")
THEIRS, MINE = "theirs", "mine"


@dataclass(frozen=True)
class Clash:
    """One thing that both have changed: what it is called, and its settings on both sides; None: it is taken out."""

    id: str
    name: str
    theirs: Mapping[str, str] | None
    mine: Mapping[str, str] | None


@dataclass(frozen=True)
class Merged:
    """What comes of it: the diagram with every clash decided as chosen, undecided ones as `mine` has it."""

    content: bytes
    clashes: tuple[Clash, ...]
    theirs: int  #: elements that are as the first one made them
    mine: int  #: elements that are as the second one made them
    laid: int  #: shapes that both have laid elsewhere


@dataclass(frozen=True)
class _Part:
    """An element with its settings, without what it holds."""

    element: etree._Element
    parent: str
    said: str  #: all that is compared
    members: frozenset[str]  #: of a lane

    @property
    def drawn(self) -> bool:
        return str(self.element.tag).startswith(DRAWING)


Parts = dict[str, _Part]


def texts(
    base: Mapping[str, str], theirs: Mapping[str, str], mine: Mapping[str, str], chosen: Mapping[str, str]
) -> tuple[dict[str, str], list[Clash]]:
    """Return files put together by name, and those that both have changed otherwise; a file is one thing."""
    found, clashes = {}, []
    for name in sorted({*base, *theirs, *mine}):
        was, one, other = base.get(name), theirs.get(name), mine.get(name)
        if one not in (was, other) and other != was:
            clashes.append(Clash(name, name, *(None if text is None else {} for text in (one, other))))
            taken = one if chosen.get(name) == THEIRS else other
        else:
            taken = other if one == was else one
        if taken is not None:
            found[name] = taken
    return found, clashes


def diagrams(base: bytes, theirs: bytes, mine: bytes, chosen: Mapping[str, str]) -> Merged:
    """Return two diagrams put together; `chosen`: by id, whose prevails. InvalidInput for what is no diagram."""
    return _Merging(_read(base), _read(theirs), _read(mine), chosen).merged()


class _Merging:
    def __init__(self, base: Parts, theirs: Parts, mine: Parts, chosen: Mapping[str, str]) -> None:
        self.base, self.theirs, self.mine, self.chosen = base, theirs, mine, chosen
        self.taken: dict[str, str] = {}  #: element → whose
        self.clashes: dict[str, None] = {}  #: in the order in which they were met
        self.laid = 0

    def merged(self) -> Merged:
        for key in {**self.theirs, **self.mine, **self.base}:
            self.taken[key] = self._whose(key)
        self._keep_what_is_needed()
        self._lay_out()
        parts = {key: part for key, whose in self.taken.items() if (part := self._side(whose).get(key))}
        _drop_what_hangs(parts)
        told = tuple(self._clash(key) for key in self.clashes)
        return Merged(
            self._written(parts),
            told,
            self._kept(self.theirs, parts),
            self._kept(self.mine, parts),
            self.laid,
        )

    def _kept(self, side: Parts, parts: Parts) -> int:
        """Return how many elements are as one side has changed them."""
        return sum(
            self._changed(side, key) and _said(parts, key) == _said(side, key)
            for key, part in {**self.base, **side}.items()
            if not part.drawn
        )

    def _side(self, whose: str) -> Parts:
        return self.theirs if whose == THEIRS else self.mine

    def _changed(self, side: Parts, key: str) -> bool:
        return _said(side, key) != _said(self.base, key)

    def _whose(self, key: str) -> str:
        if not self._changed(self.theirs, key):
            return MINE
        if not self._changed(self.mine, key) or _said(self.theirs, key) == _said(self.mine, key):
            return THEIRS
        part = self.mine.get(key) or self.theirs.get(key) or self.base[key]
        if part.drawn:
            return self._laid(key, part.element.get("bpmnElement", ""))
        self.clashes[key] = None
        return self.chosen.get(key, MINE)

    def _laid(self, key: str, of: str) -> str:
        """Return whose drawing of an element prevails: a line's, say, goes where its one change has led it."""
        if self._changed(self.theirs, of) and not self._changed(self.mine, of):
            return THEIRS
        self.laid += key in self.theirs and key in self.mine
        return MINE

    def _keep_what_is_needed(self) -> None:
        """Ask about what one has taken out and the other still leads to; until that is decided, it stays."""
        asking = True
        while asking:
            asking = False
            there = {key: part for key, whose in self.taken.items() if (part := self._side(whose).get(key))}
            for part in list(there.values()):
                for needed in _needed(part):
                    if part.drawn or needed in there or needed in self.clashes or needed not in self.taken:
                        continue
                    keeps = THEIRS if needed in self.theirs else MINE
                    if needed not in self._side(keeps):
                        continue
                    self.clashes[needed] = None
                    self.taken[needed] = self.chosen.get(needed, keeps)
                    asking = True

    def _lay_out(self) -> None:
        """Let what somebody had to choose lie where the one who prevails has it."""
        for side in (self.theirs, self.mine):
            for key, part in side.items():
                if part.drawn and (of := part.element.get("bpmnElement")) in self.clashes:
                    self.taken[key] = self.taken[of]

    def _clash(self, key: str) -> Clash:
        sides = [side.get(key) for side in (self.theirs, self.mine)]
        one, other = (_settings(part.element) if part else None for part in sides)
        if one is not None and other is not None:
            differ = [name for name in {**one, **other} if one.get(name) != other.get(name)]
            one, other = ({name: side[name] for name in differ if name in side} for side in (one, other))
        named = next((part.element.get("name") for part in sides if part), None)
        return Clash(key, named or key, one, other)

    def _written(self, parts: Parts) -> bytes:
        """Put the elements into one another again."""
        made = {key: deepcopy(part.element) for key, part in parts.items()}
        for key in _order(self.theirs, self.mine):
            if key in made and key:
                _put(made[key], made[parts[key].parent])
        for key, element in made.items():
            if element.tag == BPMN + "lane":
                _refer(element, [(IN_LANE, node) for node in self._members(key) if node in made])
        _lead(made)
        content: bytes = etree.tostring(made[""], xml_declaration=True, encoding="UTF-8")
        return content

    def _members(self, lane: str) -> Iterator[str]:
        """Yield what stands in a lane: what either has put there, without what either has taken away."""
        was, one, other = (_members(side, lane) for side in (self.base, self.theirs, self.mine))
        # What both have put into another lane stands where the second has put it.
        placed = {node for key, part in self.mine.items() for node in part.members - _members(self.base, key)}
        for node in sorted(one | other):
            if node in was:
                stays = node in one and node in other
            else:
                stays = node in other or node not in placed
            if stays:
                yield node


def _members(side: Parts, lane: str) -> frozenset[str]:
    return side[lane].members if lane in side else frozenset()


def _read(content: bytes) -> Parts:
    try:
        root = hardening.parse(content)
    except hardening.Unsafe as problem:
        raise InvalidInput(str(problem), code="diagram") from problem
    if root.tag != BPMN + "definitions":
        raise InvalidInput("The file is no BPMN diagram.", code="diagram")
    return dict(_parts(root, "", ""))


def _parts(element: etree._Element, key: str, parent: str) -> Iterator[tuple[str, _Part]]:
    own = etree.Element(
        element.tag,
        {str(name): str(value) for name, value in element.attrib.items()},
        nsmap=cast("Any", element.nsmap),
    )
    held = []
    members = set()
    for child in element:
        if element.tag in HOLDING and _is_part(child):
            held.append(child)
        elif child.tag == IN_LANE:
            members.add((child.text or "").strip())
        elif child.tag not in FLOWS:
            own.append(deepcopy(child))
    yield key, _Part(own, parent, f"{parent} {_canonical(own)}", frozenset(members))
    for child in held:
        yield from _parts(child, child.get("id", ""), key)


def _is_part(element: etree._Element) -> bool:
    name = etree.QName(element)
    ours = element.tag.startswith((BPMN, DRAWING))
    return ours and bool(element.get("id")) and name.localname not in SETTINGS


def _canonical(element: etree._Element) -> str:
    """Return an element as text that is the same however it was indented."""
    return str(etree.canonicalize(element, strip_text=True, rewrite_prefixes=True))


def _said(side: Parts, key: str) -> str | None:
    part = side.get(key)
    return part.said if part else None


def _needed(part: _Part) -> list[str]:
    return [part.parent, *(value for name in NEEDS if (value := part.element.get(name)))]


def _drop_what_hangs(parts: Parts) -> None:
    """Take out lines without ends, shapes of nothing, and what stood in something that is gone."""
    while gone := [
        key for key, part in parts.items() if key and any(one not in parts for one in _needed(part))
    ]:
        for key in gone:
            del parts[key]
    for part in parts.values():
        if (default := part.element.get("default")) and default not in parts:
            del part.element.attrib["default"]


def _order(theirs: Iterable[str], mine: Iterable[str]) -> Iterator[str]:
    """Yield all keys, those of the second side alone after what they follow there."""
    known, before = set(theirs), ""
    behind: dict[str, list[str]] = {}
    for key in mine:
        if key in known:
            before = key
        else:
            behind.setdefault(before, []).append(key)
    for key in theirs:
        yield from (key, *behind.get(key, ()))


def _put(element: etree._Element, parent: etree._Element) -> None:
    if element in (parent, *parent.iterancestors()):
        raise InvalidInput("Each has drawn one of two elements into the other.", code="diagram")
    parent.append(element)


def _refer(element: etree._Element, references: Sequence[tuple[str, str]]) -> None:
    """Write references into an element, behind its documentation and extensions as the standard has them."""
    first = (BPMN + "documentation", BPMN + "extensionElements")
    place = sum(1 for child in element if child.tag in first)
    for number, (tag, text) in enumerate(references):
        reference = etree.Element(tag)
        reference.text = text
        element.insert(place + number, reference)


def _lead(made: Mapping[str, etree._Element]) -> None:
    """Write at each element which lines come in and go out."""
    ends: dict[str, list[tuple[str, str]]] = {}
    for way, end in (("incoming", "targetRef"), ("outgoing", "sourceRef")):
        for key, element in made.items():
            if element.tag == BPMN + "sequenceFlow":
                ends.setdefault(element.get(end, ""), []).append((BPMN + way, key))
    for key, references in ends.items():
        _refer(made[key], references)


def _settings(element: etree._Element) -> dict[str, str]:
    """Return what an element says of itself, by name."""
    found = {
        etree.QName(name).localname: str(value) for name, value in element.attrib.items() if name != "id"
    }
    for inner in element.iterdescendants():
        name = etree.QName(inner).localname
        if inner.tag == CAMUNDA + "property":
            found[inner.get("name", "")] = inner.get("value", "")
            continue
        for attribute, value in inner.attrib.items():
            found[f"{name} {etree.QName(attribute).localname}"] = str(value)
        if text := (inner.text or "").strip():
            found[name] = text
    return found
