"""What was played in a sandbox as a scenario test: the file that `bpmn/<process>/scenarios/` holds one of per story."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import yaml

from workflows import clock
from workflows.model import Sandbox


def told(answers: Mapping[str, Any], files: Mapping[str, str]) -> dict[str, Any]:
    """Return answers as a story has them: `files` by their names, unanswered questions left out."""

    def plain(value: Any) -> Any:
        if isinstance(value, list):
            return [plain(one) for one in value]
        if isinstance(value, Mapping):
            return {key: plain(one) for key, one in value.items() if one not in (None, "", [])}
        return files.get(value, value) if isinstance(value, str) else value

    return {key: plain(value) for key, value in answers.items() if value not in (None, "", [])}


def written(kept: Sandbox) -> str:
    """Return the story of a house as YAML; what holds after its last step is for its writer to say (`expect`)."""
    steps = list(kept.steps)
    first: dict[str, Any] = next((step for step in steps if "start" in step or "laid" in step), {})
    begin = kept.at - _passed(steps)
    story = {
        "name": kept.key,
        "about": "Recorded in the sandbox: say here what it shows, and add what is to be expected.",
        "begin": begin.astimezone(clock.office_zone()).strftime("%Y-%m-%dT%H:%M"),
        **first,
        "steps": [step for step in steps if step is not first],
    }
    text: str = yaml.safe_dump(story, allow_unicode=True, sort_keys=False, width=110)
    return text


def _passed(steps: list[Any]) -> timedelta:
    seconds = sum(int(step["advance"][2:-1]) for step in steps if "advance" in step)
    return timedelta(seconds=seconds)
