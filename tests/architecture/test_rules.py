"""Rules of the house that hold for every source file, read from the files themselves."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
ROOMS = ("workflows", "handlers", "server")
CLOCK = ROOT / "workflows" / "clock.py"
#: Where transactions are opened and committed.
EDGE = ROOT / "server" / "db.py"

SOURCES = sorted(
    path for room in ROOMS for path in (ROOT / room).rglob("*.py") if "node_modules" not in path.parts
)
TESTS = sorted(path for path in (ROOT / "tests").rglob("*.py"))


def calls(path: Path) -> Iterator[tuple[str, int]]:
    """Yield the dotted name of everything that the file calls, with its line."""
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Call):
            yield ast.unparse(node.func), node.lineno


def where(found: list[tuple[Path, int]]) -> list[str]:
    return [f"{path.relative_to(ROOT)}:{line}" for path, line in found]


def test_there_is_something_to_check() -> None:
    assert len(SOURCES) > 50


def test_only_the_clock_knows_the_time() -> None:
    """Tests, the demo and simulations hold the clock: whoever asks the machine gets another time."""
    wrong = ("datetime.now", "datetime.utcnow", "datetime.today", "date.today", "time.time", "time.localtime")
    found = [
        (path, line)
        for path in SOURCES
        if path != CLOCK
        for name, line in calls(path)
        if name.endswith(wrong)
    ]
    assert where(found) == []


def test_nothing_is_evaluated_as_python() -> None:
    """Diagrams, forms and tables are untrusted; no text of theirs may become code."""
    wrong = {"eval", "exec", "compile", "__import__", "builtins.eval", "builtins.exec"}
    wrong |= {"pickle.load", "pickle.loads", "marshal.loads", "yaml.load", "yaml.unsafe_load", "os.system"}
    found = [(path, line) for path in SOURCES for name, line in calls(path) if name in wrong]
    assert where(found) == []


def test_only_the_edge_commits() -> None:
    found = [
        (path, line)
        for path in SOURCES
        if path != EDGE
        for name, line in calls(path)
        if name.rpartition(".")[2] in {"commit", "rollback"}
    ]
    assert where(found) == []


def test_no_test_sleeps_or_pretends() -> None:
    found = [
        (path, line)
        for path in TESTS
        for name, line in calls(path)
        if name in {"time.sleep", "sleep", "pytest.skip", "pytest.mark.skip", "pytest.mark.skipif"}
        and path.name != "conftest.py"
    ]
    assert where(found) == []


@pytest.mark.parametrize("word", ["TODO", "FIX" + "ME", "XXX", "HACK"])
def test_nothing_is_left_for_later(word: str) -> None:
    found = [
        (path, number)
        for path in SOURCES
        for number, line in enumerate(path.read_text("utf-8").splitlines(), 1)
        if f"{word}:" in line or f"{word} " in line or line.endswith(word)
    ]
    assert where(found) == []


def test_exceptions_to_rules_carry_their_reason() -> None:
    """`# noqa: X - why`, `# type: ignore[x]` names what it ignores (ruff checks the latter)."""
    found = []
    for path in SOURCES:
        for number, line in enumerate(path.read_text("utf-8").splitlines(), 1):
            _, marker, rest = line.partition("# noqa")
            if marker and not rest.lstrip(": ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789,").startswith(
                ("-", "–", "—")
            ):
                found.append((path, number))
    assert where(found) == []


def test_every_module_says_what_it_is_for() -> None:
    found = [path for path in SOURCES if not ast.get_docstring(ast.parse(path.read_text("utf-8")))]
    assert [str(path.relative_to(ROOT)) for path in found] == []
