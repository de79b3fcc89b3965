"""`duban bench`: what the served program costs, and its engine."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path

import click
import orjson

from server.bench import lists, machine, measuring, workers
from server.bench.places import FULL, QUICK, Amount
from server.bench.tables import Table, page
from workflows import clock
from workflows.engine import benchmark
from workflows.engine.benchmark import Section


@click.command()
@click.option("--engine", is_flag=True, help="The engine alone, without server and database.")
@click.option("--quick", is_flag=True, help="Less of everything: a minute or two.")
@click.option("--profile", is_flag=True, help="Where the time of one completion goes, part by part.")
@click.option(
    "--audit", "only_audit", is_flag=True, help="Only what the audit takes from completions and inboxes."
)
@click.option("--timers", is_flag=True, help="Timers alone: how late they fire, and what a tick costs.")
@click.option("--workers", "only_workers", is_flag=True, help="Outside workers, jobs and moves alone.")
@click.option("--list", "rows", type=click.IntRange(10), help="A transfer list of so many rows, instead.")
@click.option("--rounds", type=click.IntRange(1), help="How often to repeat what is measured of the engine.")
@click.option("--write", type=click.Path(path_type=Path), help="Write the tables to this page, too.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document instead of tables.")
def bench(
    engine: bool,
    quick: bool,
    profile: bool,
    only_audit: bool,
    timers: bool,
    only_workers: bool,
    rows: int | None,
    rounds: int | None,
    write: Path | None,
    as_json: bool,
) -> None:
    """Measure the served program from outside, and its engine beside the naive use of its library.

    Fails where the engine is slower than it promises to be. Takes some minutes, on an otherwise idle machine.
    """
    tables: list[Table] = []
    if not engine:
        amount = QUICK if quick else FULL
        chosen = {"profile": profile, "timers": timers, "audit": only_audit, "workers": only_workers}
        only = next((name for name, wanted in chosen.items() if wanted), "")
        for table in lists.measure(rows) if rows else _asked(amount, only):
            tables.append(table)
            if not as_json:
                _show(table)
    sections: list[Section] = []
    if not (profile or rows or timers or only_audit or only_workers):
        for section in benchmark.measure(rounds or (10 if quick else 30)):
            sections.append(section)
            tables.append(_table(section))
            if not as_json:
                _show(tables[-1])
    if as_json:
        shown = [asdict(section) for section in sections] if engine else [asdict(table) for table in tables]
        click.echo(orjson.dumps(shown, option=orjson.OPT_INDENT_2))
    if write:
        write.write_text(page(tables, machine=machine.facts(), day=clock.now().date()), "utf-8")
    if missed := benchmark.goals_missed(sections):
        raise click.ClickException("Slower than promised. " + "; ".join(missed) + ".")


def _asked(amount: Amount, only: str) -> Iterator[Table]:
    if not only:
        yield from measuring.measure(amount)
        yield from measuring.profile(amount)
        return
    parts = {
        "profile": measuring.profile,
        "timers": measuring.clocks,
        "audit": measuring.audited,
        "workers": workers.measure,
    }
    yield from parts[only](amount)


def _table(section: Section) -> Table:
    rows = tuple(
        (
            figure.what,
            f"{figure.ours:.3f}",
            "–" if figure.naive is None else f"{figure.naive:.3f}",
            "–" if figure.ratio is None else f"{figure.ratio:.1f}",
        )
        for figure in section.figures
    )
    return Table(f"Engine: {section.title}", ("", "ours", "naive", "times"), rows, " ".join(_said(section)))


def _said(section: Section) -> Iterator[str]:
    if section.value is not None:
        yield f"{section.value:.2f}, wanted {section.goal}: {'reached' if section.reached else 'MISSED'}."
    if section.note:
        yield section.note


def _show(table: Table) -> None:
    click.echo("\n".join(("", table.title, "", *table.lines())))
    if table.note:
        click.echo(f"\n{table.note}")
