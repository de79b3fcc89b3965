"""`duban bench`: what the engine costs."""

from __future__ import annotations

from dataclasses import asdict

import click
import orjson

from workflows.engine import benchmark
from workflows.engine.benchmark import Section


@click.command()
@click.option("--rounds", default=30, show_default=True, type=click.IntRange(1), help="How often to repeat.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document instead of tables.")
def bench(rounds: int, as_json: bool) -> None:
    """Measure the engine beside the naive use of the library that it is built on.

    Times are milliseconds of processor time, medians after a warm-up. Fails where the engine is slower than
    it promises to be.
    """
    sections = []
    for section in benchmark.measure(rounds):
        sections.append(section)
        if not as_json:
            _show(section)
    if as_json:
        click.echo(orjson.dumps([asdict(s) for s in sections], option=orjson.OPT_INDENT_2))
    if missed := benchmark.goals_missed(sections):
        raise click.ClickException("Slower than promised. " + "; ".join(missed) + ".")


def _show(section: Section) -> None:
    click.echo(f"\n{section.title:<34}{'ours ms':>10}{'naive ms':>10}{'ratio':>8}")
    for figure in section.figures:
        naive = f"{figure.naive:>10.3f}{figure.ratio:>7.1f}x" if figure.naive is not None else f"{'–':>10}"
        click.echo(f"  {figure.what:<32}{figure.ours:>10.3f}{naive}")
    if section.value is not None:
        word = "reached" if section.reached else "MISSED"
        click.echo(f"  {section.value:.2f}, wanted {section.goal}: {word}")
    if section.note:
        click.echo(f"  {section.note}")
