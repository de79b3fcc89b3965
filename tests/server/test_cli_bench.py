"""`duban bench`: what it measures is complete, both sides do the same work, and a missed goal is a failure."""

from __future__ import annotations

import json

import pytest
from click.testing import CliRunner

from server.cli import main
from workflows.engine import benchmark
from workflows.engine.benchmark import Figure, Section, diagrams
from workflows.engine.benchmark.cycles import Naive, Ours, whole_instance


def section(value: float, reached: bool) -> Section:
    return Section("Turns", (Figure("one", 1.0, 4.0),), value=value, goal="at most 2", reached=reached)


def test_both_sides_complete_the_same_fourteen_tasks() -> None:
    xml = diagrams.office()
    counted = [
        len(whole_instance(cycle, {**diagrams.VARIABLES, "approved": approved}, "form"))
        for cycle in (Ours(xml), Naive(xml))
        for approved in (True, False)
    ]
    assert counted == [14, 11, 14, 11]


def test_every_figure_is_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(benchmark.figures, "TURNS", 120)
    sections = list(benchmark.measure(1))
    titles = [found.title for found in sections]
    assert len(set(titles)) == len(titles) == 6
    for figure in (figure for found in sections for figure in found.figures):
        assert figure.ours > 0, figure.what
        assert figure.naive is None or figure.naive > 0, figure.what
    assert [f.what for f in sections[2].figures] == ["1 KB", "10 KB", "100 KB", "1,000 KB"]
    assert sections[3].figures[-1].what == "500 activities"


def test_a_missed_goal_is_named_and_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(benchmark, "measure", lambda rounds: iter([section(1.0, True), section(2.5, False)]))
    result = CliRunner().invoke(main, ["bench", "--engine"])
    assert result.exit_code == 1
    assert "Turns: 2.50, wanted at most 2" in result.output
    assert "1.00, wanted at most 2: reached" in result.output


def test_figures_can_be_read_by_a_program(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(benchmark, "measure", lambda rounds: iter([section(1.0, True)]))
    result = CliRunner().invoke(main, ["bench", "--engine", "--json"])
    assert result.exit_code == 0
    (found,) = json.loads(result.output)
    assert found["figures"] == [{"what": "one", "ours": 1.0, "naive": 4.0}]
