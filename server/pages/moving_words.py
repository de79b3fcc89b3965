"""Words for what is refused of moves: sending back, jumping, skipping, taking back."""

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
