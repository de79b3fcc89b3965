"""docs/reference/engine-rest.md says what is offered, all of it and no more."""

import re
from pathlib import Path
from types import ModuleType

import pytest
from flask import Flask

from server.engine_rest import RESOURCES, blueprint

PAGE = (Path(__file__).parents[2] / "docs/reference/engine-rest.md").read_text("utf-8")
SECTIONS = dict(part.split("\n", 1) for part in PAGE.split("### ")[1:])
LISTS = {
    "task": "Task",
    "process_instance": "Process instance",
    "process_definition": "Process definition",
    "deployment": "Deployment",
    "incident": "Incident",
    "batch": "Migration",
    "job": "Job",
    "external_task": "External task",
    "history.process_instance": "History",
    "history.activity_instance": "History",
    "history.task": "History",
    "history.user_operation": "History",
    "history.decision_instance": "History",
}
#: Said once for all lists at the end of the page.
EVERYWHERE = re.compile(r"withoutTenantId|include\w+WithoutTenantId|processDefinitionWithoutTenantId")


def test_every_list_is_described() -> None:
    with_query = {name(module) for module in RESOURCES if hasattr(module, "QUERY")}
    assert with_query == LISTS.keys()


@pytest.mark.parametrize(
    "module", [module for module in RESOURCES if hasattr(module, "QUERY")], ids=lambda m: name(m)
)
def test_every_filter_and_order_is_described(module: ModuleType) -> None:
    words = set(re.findall(r"\w+", row(module)))
    filters = {word for word in module.QUERY.filters if not EVERYWHERE.fullmatch(word)}
    assert filters <= words
    assert module.QUERY.sorts.keys() <= words


def test_every_path_is_described() -> None:
    app = Flask(__name__)
    app.register_blueprint(blueprint)
    for rule in app.url_map.iter_rules():
        if rule.endpoint == "static":
            continue
        path = re.sub(r"<[^>]*>", "{}", rule.rule.removeprefix("/engine-rest"))
        last = path.rstrip("{}/").rpartition("/")[2]
        assert last in PAGE, path


def name(module: ModuleType) -> str:
    """Return the module's name below the API's package."""
    return module.__name__.removeprefix("server.engine_rest.")


def row(module: ModuleType) -> str:
    """Return what the page says of a list: its section, and in the history its row."""
    section = SECTIONS[LISTS[name(module)]]
    if not name(module).startswith("history."):
        return section
    path = "/" + name(module).replace(".", "/").replace("_", "-")
    return next(
        line for line in section.splitlines() if f"`GET`/`POST {path}`" in line or f"`GET {path}`" in line
    )
