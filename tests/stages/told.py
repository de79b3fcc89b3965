"""Matters that the office's own diagrams have brought into a later stage, each with words that stand nowhere else.

Told as the stories of `bpmn/*/scenarios` are, on a house that is there already and at the present time.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from sqlalchemy import select

from handlers.registers import Clue, ClueSubject
from server import folders, worker
from server.db import Database
from tests.scenarios import story
from workflows import clock
from workflows.model import Task

APPROVED = ("head approve_a2", "leader approve_a3")
REVIEWED = ("head5 approve_a2", "leader approve_a3", "principal approve_a4")


@dataclass(frozen=True)
class Way:
    """How a matter comes to a stage: what begins it, who does which step, what is written on the way."""

    laid: Mapping[str, Any]
    steps: tuple[str, ...]
    written: Mapping[str, Mapping[str, Any]]  #: step → answers, each text with the mark of the matter
    process: str
    caller: str | None = None


@dataclass(frozen=True)
class Told:
    """One matter as it stands, and whose words are in it: step → the texts that were written there."""

    clue_id: str
    instance_id: str
    task_id: str
    step: str  #: whose task that is
    name: str
    words: Mapping[str, tuple[str, ...]]


WAYS: Mapping[str, Way] = {
    "inquiry": Way(
        {"way": "DW1"},
        ("handler b1", *APPROVED),
        {"b1": {"mode": "letter", "place": None, "questions": "函询所问{}"}},
        "inquiry",
    ),
    "case": Way(
        {"way": "DW2", "message": "case_begun"},
        (
            *("handler c4", *APPROVED, "principal approve_a4", "handler c4_decide", "handler c5"),
            *("handler2 sign_second", "handler2 deliver", "handler c6", "handler hold_meeting", *APPROVED),
            "handler c7",
        ),
        {
            "c4": {"case_type": "CT1", "facts": "立案所据{}"},
            "c6": {"questions": "待查明的{}"},
            "hold_meeting": {"opinions": "会上所说{}"},
            "c7": {
                "next": "more",
                "evidence": [
                    {
                        "kind": "documentary",
                        "title": "书证{}",
                        "source": "某局",
                        "taken_on": "today",
                        "proves": "所证{}",
                    }
                ],
                "property": [
                    {
                        "name": "礼品{}",
                        "holder": "某人",
                        "way": "seized",
                        "amount": 500,
                        "taken_on": "today",
                        "place": "保管室{}",
                    }
                ],
            },
        },
        "case",
    ),
    "decision": Way(
        {"way": "DW2", "message": "judging_begun", "case": {}},
        (
            *(
                "reviewer c10",
                "head5 c10_panel",
                "reviewer c11",
                "reviewer2 sign_second",
                "reviewer c11_talk",
            ),
            *(*REVIEWED[:2], "reviewer c12", "reviewer hold_meeting", *REVIEWED),
        ),
        {
            "c11": {"assessment": "审理所见{}"},
            "c11_talk": {"talk": "skip", "skip_reason": "不谈之由{}"},
            "c12": {"facts": "审理认定{}", "reasons": "审理理由{}"},
            "hold_meeting": {
                "present": ["reviewer", "reviewer2", "reviewer3", "head5"],
                "opinions": "室务会所说{}",
            },
        },
        "judging",
        caller="judging",
    ),
    "exoneration": Way(
        {"way": "DW2", "message": "exoneration_begun", "found": ["untrue"]},
        ("handler e1", "clerk e1_others", "handler e2", "handler e3"),
        {"e1": {"rumour": "流传于{}"}, "e2": {"wishes": "本人愿{}"}, "e3": {"text": "澄清之文{}"}},
        "exoneration",
    ),
}


def tell(database: Database, stage: str) -> Told:
    """Return a new matter that has come this way, in a house with the demo city's people."""
    way, mark = WAYS[stage], f"于{stage}"
    name = f"{stage}甲某"
    telling = _begin(database, way, name)
    (instance_id,) = telling.matters.values()
    with database.reading() as session:
        clue = session.scalars(
            select(Clue).join(ClueSubject, ClueSubject.clue_id == Clue.id).where(ClueSubject.name == name)
        ).one()
        subject = session.scalars(select(ClueSubject.id).where(ClueSubject.clue_id == clue.id)).one()
    telling.story = replace(telling.story, usual=_about(telling.story.usual, str(subject)))
    words: dict[str, tuple[str, ...]] = {}
    for line in way.steps:
        actor, element = line.split()
        written = _marked(way.written.get(element, {}), mark)
        words[element] = tuple(text for text in _texts(written) if mark in text)
        with clock.held_at(telling.now):
            telling.act({"actor": actor, "task": element, "answers": written})
            worker.run_due(database)
    with database.reading() as session:
        waits = select(Task).where(Task.instance_id == instance_id, Task.closed_at.is_(None))
        task = session.scalars(waits.order_by(Task.element_id, Task.id).limit(1)).one()
        return Told(clue.id, instance_id, task.id, task.element_id, name, words)


def _begin(database: Database, way: Way, name: str) -> story.Telling:
    usual = story.usually(folders.BPMN)
    caller = Path(story.__file__).with_name(f"{way.caller}.bpmn") if way.caller else None
    told = story.Story(way.process, clock.now(), (), usual, caller)
    telling = story.Telling(database, told)
    with clock.held_at(telling.now):
        telling.act({"laid": {**way.laid, "subjects": ({"name": name},), "facts": f"线索所称{name}"}})
    return telling


def _marked(value: Any, mark: str) -> Any:
    """Return answers with the mark in each of their texts that wants one."""
    if isinstance(value, Mapping):
        return {key: _marked(one, mark) for key, one in value.items()}
    if isinstance(value, list):
        return [_marked(one, mark) for one in value]
    return value.format(mark) if isinstance(value, str) else value


def _about(value: Any, subject: str) -> Any:
    """Return usual answers that name the first person of an empty house, naming this one."""
    if isinstance(value, Mapping):
        return {key: subject if key == "subject" else _about(one, subject) for key, one in value.items()}
    return [_about(one, subject) for one in value] if isinstance(value, list) else value


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping | list):
        for one in value.values() if isinstance(value, Mapping) else value:
            yield from _texts(one)
