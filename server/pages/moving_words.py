"""Words for what is refused of moves: sending back, jumping, skipping, taking back, and to another version."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from flask_babel import gettext as _

ERRORS: dict[str, Callable[[Mapping[str, Any]], str]] = {
    "done_since": lambda p: _("Somebody has gone on with it since: it cannot be taken back any more."),
    "irrevocable": lambda p: _(
        "Something was recorded or told on the way: it cannot be taken back any more."
    ),
    "needs_answers": lambda p: _("What follows asks for the answers of this step: it cannot be skipped."),
    "not_skippable": lambda p: _("The process does not let this step be skipped."),
    "step": lambda p: _("There is no such step to go to from here. Load the page again."),
}


def reasons() -> dict[str, str]:
    """Return why an instance is not moved to another version, or what comes of it, by the rule of the finding."""
    return {
        "removed": _("It stands at a step that the new version has no more: say what takes its place."),
        "kind": _("A step has become one of another kind."),
        "repeats": _("A step is repeated now, or no longer."),
        "event": _("A step waits for other kinds of events."),
        "worker": _("A step is done by an outside worker now, or no longer."),
        "quantity": _("A step needs or leaves another number of tokens."),
        "scope": _("A step lies in another subprocess."),
        "call": _("A process that it has called runs, and the new version would have called another."),
        "join": _("It has come to a join on a sequence flow that is gone."),
        "flow": _("It is about to go on by a sequence flow that is gone."),
        "undoing": _("What was done is being undone, or could not be undone any more."),
        "return": _("It comes straight back to a step that is gone."),
        "ad_hoc": _("An ad-hoc subprocess runs whose inside is drawn anew."),
        "due": _("Its due date follows an expression, and that is another one."),
        "attribute": _("What the new version says of an open task has no sense with its variables."),
        "expression": _("What the new version says of an open task has no sense with its variables."),
        "deadlock": _("It would get stuck in the new version."),
        "unbounded": _("Its tokens would pile up in the new version."),
        "lack_of_synchronisation": _("It would do steps twice in the new version."),
        "off_the_way": _("It would stand where no way leads in the new version."),
        "not_proved": _("Whether it can go on to its end could not be proved."),
        "busy": _("It is in the middle of a long act; try again."),
        "ended": _("It has ended meanwhile."),
        "other_version": _("It was moved otherwise meanwhile."),
    }
