"""How the office's diagrams are drawn: on one landscape page, nothing over anything, no lines crossed without need."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations, pairwise
from pathlib import Path
from typing import NamedTuple

import pytest
from lxml import etree

BPMN = Path(__file__).parents[2] / "bpmn"
DIAGRAMS = sorted(BPMN.glob("*/*.bpmn"))
#: A landscape A4 page within its margins, in the units of diagrams (1/96 inch).
PAGE = (1047, 718)
#: What is printed smaller than this nobody reads.
SMALLEST = 0.48
#: Crossings that no arrangement avoids: two approvals, each of which may go on and back.
CROSSED = {"clue_transfer": {frozenset({"f_a4_final", "f_a5_back"})}}


class Box(NamedTuple):
    """A rectangle."""

    left: float
    top: float
    right: float
    bottom: float

    def overlaps(self, other: Box) -> bool:
        """Tell whether two rectangles share more than their borders."""
        across = self.left < other.right and other.left < self.right
        return across and self.top < other.bottom and other.top < self.bottom

    def holds(self, other: Box) -> bool:
        """Tell whether another lies within."""
        across = self.left <= other.left and other.right <= self.right
        return across and self.top <= other.top and other.bottom <= self.bottom


Point = tuple[float, float]
Piece = tuple[Point, Point]


class Drawing:
    """The drawn part of a diagram: boxes of what has a shape, pieces of its lines, what belongs to what."""

    def __init__(self, path: Path) -> None:
        root = etree.parse(path).getroot()
        self.shapes: dict[str, Box] = {}
        self.lines: dict[str, list[Piece]] = {}
        for shape in root.iter("{*}BPMNShape"):
            x, y, width, height = (float(shape[0].get(name)) for name in ("x", "y", "width", "height"))
            self.shapes[shape.get("bpmnElement")] = Box(x, y, x + width, y + height)
        for edge in root.iter("{*}BPMNEdge"):
            points = [(float(each.get("x")), float(each.get("y"))) for each in edge.iter("{*}waypoint")]
            self.lines[edge.get("bpmnElement")] = list(pairwise(points))
        self.around = set(root.xpath("//*[local-name()='participant' or local-name()='lane']/@id"))
        self.around |= {one.get("id") for one in root.iter("{*}subProcess") if one.get("id") in self.shapes}
        self.ends = {
            one.get("id"): {one.get("sourceRef"), one.get("targetRef")}
            for one in root.iter("{*}sequenceFlow")
        }
        self.hosts = {one.get("id"): one.get("attachedToRef") for one in root.iter("{*}boundaryEvent")}

    @property
    def scale(self) -> float:
        """Return how large it is printed on one page, 1 being as drawn."""
        left, top = (
            min(box.left for box in self.shapes.values()),
            min(box.top for box in self.shapes.values()),
        )
        right = max(box.right for box in self.shapes.values())
        bottom = max(box.bottom for box in self.shapes.values())
        return min(PAGE[0] / (right - left), PAGE[1] / (bottom - top))

    def nodes(self) -> dict[str, Box]:
        """Return what stands in lanes and subprocesses."""
        return {name: box for name, box in self.shapes.items() if name not in self.around}

    def overlaps(self) -> Iterator[tuple[str, str]]:
        """Yield what lies over something else."""
        for (one, first), (two, second) in combinations(self.nodes().items(), 2):
            if first.overlaps(second) and one != self.hosts.get(two) and two != self.hosts.get(one):
                yield one, two

    def through(self) -> Iterator[tuple[str, str]]:
        """Yield the lines that run through what they neither begin nor end at."""
        for line, pieces in self.lines.items():
            own = self.ends.get(line, set())
            for name, box in self.nodes().items():
                if name not in own | {self.hosts.get(end) for end in own} and any(
                    box.overlaps(_box(piece)) for piece in pieces
                ):
                    yield line, name

    def crossed(self) -> set[frozenset[str]]:
        """Return the lines that cross."""
        return {
            frozenset({one, two})
            for (one, first), (two, second) in combinations(self.lines.items(), 2)
            if any(_cross(a, b) for a in first for b in second)
        }


@pytest.mark.parametrize("path", DIAGRAMS, ids=lambda path: path.stem)
def test_a_diagram_is_drawn_to_be_read(path: Path) -> None:
    drawing = Drawing(path)
    assert drawing.scale >= SMALLEST
    assert list(drawing.overlaps()) == []
    assert list(drawing.through()) == []
    assert drawing.crossed() == CROSSED.get(path.stem, set())


def test_what_is_wrong_is_seen() -> None:
    assert _cross(((0, 5), (10, 5)), ((5, 0), (5, 10)))
    assert not _cross(((0, 5), (10, 5)), ((10, 5), (10, 10)))
    assert Box(0, 0, 4, 4).overlaps(_box(((2, -1), (2, 9))))
    assert not Box(0, 0, 4, 4).overlaps(Box(4, 0, 8, 4))


def _box(piece: Piece) -> Box:
    (x1, y1), (x2, y2) = piece
    return Box(min(x1, x2) - 0.5, min(y1, y2) - 0.5, max(x1, x2) + 0.5, max(y1, y2) + 0.5)


def _cross(one: Piece, two: Piece) -> bool:
    """Tell whether two pieces cross; such that only touch do not."""

    def side(a: Point, b: Point, c: Point) -> float:
        return (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0])

    return side(*one, two[0]) * side(*one, two[1]) < 0 and side(*two, one[0]) * side(*two, one[1]) < 0
