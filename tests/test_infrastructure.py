"""The ground that the other tests stand on: databases, browser, pins, and the house's own checks."""

import json
import re
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page
from sqlalchemy import create_engine, inspect, text

ROOT = Path(__file__).resolve().parent.parent


def test_databases_answer_and_are_empty(database_url: str, request: pytest.FixtureRequest) -> None:
    engine = create_engine(database_url)
    try:
        with engine.begin() as connection:
            assert connection.scalar(text("select 1")) == 1
            assert inspect(connection).get_table_names() == []
            connection.execute(text("create table left_behind (id integer primary key)"))
        assert engine.dialect.name in request.node.callspec.id
    finally:
        engine.dispose()


def test_a_database_can_be_the_template_of_another(postgresql: Any) -> None:
    template = postgresql.create()
    engine = create_engine(postgresql.url(template))
    with engine.begin() as connection:
        connection.execute(text("create table prepared (id integer primary key)"))
    engine.dispose()
    copy = postgresql.create(template)
    engine = create_engine(postgresql.url(copy))
    assert inspect(engine).get_table_names() == ["prepared"]
    engine.dispose()
    postgresql.drop(copy)
    postgresql.drop(template)


def test_the_browser_starts(page: Page) -> None:
    page.set_content("<h1>督办</h1>")
    assert page.get_by_role("heading").inner_text() == "督办"


def test_the_pins_are_hashed_and_name_no_address() -> None:
    lock = (ROOT / "requirements.lock").read_text()
    assert "://" not in lock
    assert "--index-url" not in lock
    assert "--find-links" not in lock
    pins = re.findall(r"^\S+==.*$", lock, re.MULTILINE)
    assert pins
    assert [pin for pin in pins if not pin.endswith("\\")] == [], "pins without a hash"


def test_the_npm_lock_names_no_address() -> None:
    lock = json.loads((ROOT / "server" / "web" / "package-lock.json").read_text())
    packages = {name: entry for name, entry in lock["packages"].items() if name}
    assert packages
    assert [name for name, entry in packages.items() if "resolved" in entry] == []
    assert [name for name, entry in packages.items() if "integrity" not in entry] == []


def test_npm_packages_are_pinned_exactly() -> None:
    package = json.loads((ROOT / "server" / "web" / "package.json").read_text())
    wanted = package["dependencies"] | package["devDependencies"]
    assert [name for name, version in wanted.items() if not re.fullmatch(r"[\d.]+", version)] == []


def test_every_dependency_is_in_the_lock() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    asked = project["project"]["dependencies"] + project["dependency-groups"]["dev"]
    names = {re.split(r"[^\w.-]", entry)[0].lower().replace("_", "-") for entry in asked}
    locked = set(re.findall(r"^([\w.-]+)==", (ROOT / "requirements.lock").read_text(), re.MULTILINE))
    assert names - locked == set(), "run `make lock`"


@pytest.mark.parametrize("tool", ["ruff check", "mypy", "lint-imports --no-logo"])
def test_the_checks_hold(tool: str) -> None:
    """Those of `make check`, so that the suite cannot pass without them."""
    name, *arguments = tool.split()
    answer = subprocess.run(
        [Path(sys.executable).with_name(name), *arguments], cwd=ROOT, capture_output=True, text=True
    )
    assert answer.returncode == 0, answer.stdout + answer.stderr
