"""The Chinese catalog: every text of the pages stands in it, and says what the English one says."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po
from lxml import etree

SERVER = Path(__file__).resolve().parents[2] / "server"
BPMN = SERVER.parent / "bpmn"
CATALOG = SERVER / "translations" / "zh_Hans_CN" / "LC_MESSAGES" / "messages.po"
METHODS = [("templates/**.html", "jinja2"), ("**.py", "python")]
KEYWORDS = {"_": None, "gettext": None, "ngettext": (1, 2)}
SKIPPED = {"node_modules", "web", "static"}
HOLE = re.compile(r"%\(\w+\)[a-z]")


def ids(message: Message) -> tuple[str, ...]:
    """Return the English of a message: one text, or singular and plural."""
    return (message.id,) if isinstance(message.id, str) else tuple(message.id)


def texts(message: Message) -> tuple[str, ...]:
    """Return the Chinese of a message."""
    return (message.string,) if isinstance(message.string, str) else tuple(message.string)


@pytest.fixture(scope="module")
def wanted() -> Catalog:
    """Return every message of templates and code."""
    found = Catalog()
    for file, line, message, _, context in extract_from_dir(
        SERVER,
        METHODS,
        keywords=KEYWORDS,
        directory_filter=lambda folder: Path(folder).name not in SKIPPED,
    ):
        found.add(message, None, [(file, line)], context=context)
    return found


@pytest.fixture(scope="module")
def chinese() -> Catalog:
    """Return the catalog as it is kept."""
    with CATALOG.open("rb") as file:
        return read_po(file, locale="zh_Hans_CN", abort_invalid=True)


def test_there_is_something_to_say(wanted: Catalog) -> None:
    assert len(wanted) > 300


def test_every_text_has_its_chinese(wanted: Catalog, chinese: Catalog) -> None:
    missing = {}
    for message in wanted:
        known = chinese.get(message.id, message.context)
        if message.id and (known is None or known.fuzzy or not all(texts(known))):
            missing[ids(message)[0]] = [f"{file}:{line}" for file, line in message.locations][:1]
    assert missing == {}


def test_nothing_is_kept_that_nobody_says(wanted: Catalog, chinese: Catalog) -> None:
    assert [ids(message)[0] for message in chinese if message.id and message.id not in wanted] == []


def test_both_languages_have_the_same_holes(chinese: Catalog) -> None:
    """A hole that only one language has fails when the page is made."""
    wrong = [
        ids(message)[0]
        for message in chinese
        if message.id
        for text in texts(message)
        # A plural may leave out a number that the singular has.
        if set(HOLE.findall(text)) != set(HOLE.findall(ids(message)[-1]))
    ]
    assert wrong == []


def test_chinese_is_chinese(chinese: Catalog) -> None:
    han = re.compile(r"[\u4e00-\u9fff]|^[%\W]*%\(\w+\)s\W*$")
    assert [ids(message)[0] for message in chinese if message.id and not han.search(texts(message)[0])] == []


@pytest.mark.parametrize("path", sorted(BPMN.glob("*/*.bpmn")), ids=lambda path: path.stem)
def test_every_name_in_a_diagram_has_its_english(path: Path) -> None:
    """Steps, lines, lanes: whatever is drawn with a name shows the property `en` on an English page."""
    root = etree.parse(path).getroot()
    drawn = {one.get("bpmnElement") for one in root.iter("{*}BPMNShape", "{*}BPMNEdge")}
    named = [one for one in root.iter("{*}*") if one.get("name") and one.get("id") in drawn]
    own = "./*[local-name()='extensionElements']/*/*[@name='en' and @value!='']"
    assert [one.get("id") for one in named if not one.xpath(own)] == []
    # What a step says for help is the property `help_en` in English.
    helping = [one for one in root.iter("{*}userTask") if one.find("{*}documentation") is not None]
    english = own.replace("'en'", "'help_en'")
    assert [one.get("id") for one in helping if not one.xpath(english)] == []
