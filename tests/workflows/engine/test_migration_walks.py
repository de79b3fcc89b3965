"""Random walks in which the definition changes under the run, beside a reference that has its model changed."""

from __future__ import annotations

import json
from collections import Counter
from contextlib import contextmanager

import pytest
from hypothesis import HealthCheck, given, note, settings
from hypothesis import strategies as st

from tests.workflows.engine.reference.blocks import blocks
from tests.workflows.engine.reference.changing import go_on, renamed, ways, with_step
from tests.workflows.engine.reference.drawing import file_with
from tests.workflows.engine.reference.model import Graph
from tests.workflows.engine.reference.wild import wild
from tests.workflows.engine.test_walks import ACTS, FLAGS, LONGEST, WALKS, Walk
from workflows.engine import Migration, Run, compile_definition

pytestmark = pytest.mark.usefixtures("unhurried")

CHANGES = st.tuples(st.sampled_from(["same", "step", "step", "name"]), st.integers(0, 50))
#: What an added step may bring to light in a model that was not sound: no token is moved then.
UNSOUND = {"deadlock", "unbounded", "lack_of_synchronisation", "not_proved", "off_the_way"}


class Changing(Walk):
    """A walk in which new versions are deployed and taken over."""

    def __init__(self, graph: Graph, flags: dict[str, bool]) -> None:
        self.graph, self.versions, self.refusals = graph, 0, set[str]()
        super().__init__(graph, flags, reloads=True)

    def change(self, kind: str, number: int) -> None:
        note(f"{kind} {number}")
        self.versions += 1
        graph, names = self.graph, {}
        if kind == "step" and (places := ways(graph)):
            graph = with_step(graph, places[number % len(places)], f"added{self.versions}")
        elif kind == "name":
            nodes = list(graph.every_node())
            old = nodes[number % len(nodes)].id
            names = {old: f"{old}_renamed{self.versions}"}
            graph = renamed(graph, old, names[old])
        target = compile_definition(file_with(graph), "p")
        dumped = self.run.dump()
        moved, findings = self.run.on(
            Migration(self.definition, target, names), self.host, held_at=self.held_at
        )
        errors = {finding.rule for finding in findings if finding.severity == "error"}
        if errors:
            self.refusals |= errors
            self.run = Run.restore(self.definition, dumped, self.host)
            self.told = 0
            return
        if kind == "same":
            assert findings == []
            assert json.loads(moved.dump()) == json.loads(dumped)
        go_on(self.game, graph, names)
        self.present = Counter((token, _name(names, node)) for token, node in self.present.elements())
        self.graph, self.definition, self.run, self.told = graph, target, moved, 0
        self.compare()

    @contextmanager
    def held_at(self, instant):
        now, self.host.instant = self.host.instant, instant
        yield
        self.host.instant = now


def _name(names: dict[str, str], node: str) -> str:
    element, mark, body = node.partition("#")
    return names.get(element, element) + mark + body


def go(graph: Graph, data: st.DataObject) -> set[str]:
    walk = Changing(graph, data.draw(FLAGS))
    acts = 0
    while not walk.failed and walk.game.outcome == "running" and acts < LONGEST:
        if data.draw(st.integers(0, 3)) == 0:
            walk.change(*data.draw(CHANGES))
        else:
            walk.act(*data.draw(ACTS))
        acts += 1
    return walk.refusals


def walking(part: int) -> settings:
    """Return how many walks are taken: a part of those of the plain walks, for every version is read anew."""
    health = list(HealthCheck)
    return settings(
        max_examples=WALKS // part,
        deadline=None,
        report_multiple_bugs=False,
        suppress_health_check=health,
        # The suite takes the same walks every time, `make soak` others.
        derandomize=WALKS < 1_000,
    )


@walking(12)
@given(graph=blocks(), data=st.data())
def test_a_step_added_to_a_sound_process_is_taken_over_wherever_its_tokens_stand(graph, data) -> None:
    assert go(graph, data) == set()


@walking(60)
@given(graph=wild(), data=st.data())
def test_a_version_of_a_graph_without_structure_is_taken_over_or_refused_whole(graph, data) -> None:
    # Most such graphs pile up tokens: what cannot be shown soon would take minutes to be shown not to be provable.
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("workflows.engine.soundness.exploring.MAX_WORK", 100_000)
        assert go(graph, data) <= UNSOUND
