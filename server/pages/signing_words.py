"""Words for what is refused of signers, opinions and passing on."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from flask_babel import gettext as _

from server.pages import names

ERRORS: dict[str, Callable[[Mapping[str, Any]], str]] = {
    "asks_himself": lambda p: _("Ask another for an opinion: you can finish the task yourself."),
    "completes": lambda p: _("This task is your own: finish it with its form."),
    "signs_only": lambda p: _(
        "You were added to sign this task: give your opinion, nothing else is yours to do in it."
    ),
    "delegated": lambda p: _(
        "You were asked for your opinion: give it, and the task goes back to who has it."
    ),
    "has_it": lambda p: _("%(name)s has the task already.", name=names.person(p.get("who"))),
    "not_delegated": lambda p: _("Nobody asks for an opinion on this task any more."),
    "not_held": lambda p: _("Claim the task first: only who has it asks another for an opinion."),
    "last_signer": lambda p: _("Nobody has signed yet: the last one who is to sign is not removed."),
    "own_signature": lambda p: _("You cannot take your own signature away. Ask the head of the office."),
    "parked": lambda p: _("Others sign before you: the task is yours again when they have."),
    "place": lambda p: _("Choose whether they sign before you, after you, or last."),
    "signed": lambda p: _("Who has signed already is not removed."),
    "signer": lambda p: _("Nobody of this number signs the step. Load the page again."),
    "signer_unlike": lambda p: _(
        "Say of the new one what is said of those who sign already, such as the weight."
    ),
    "signs_already": lambda p: _(
        "%(name)s signs this step already.", name=names.person(p.get("who")) or _("This person")
    ),
    "too_many_signers": lambda p: _("So many people cannot sign one step."),
    "unnamed_signers": lambda p: _("The process does not name who signs this step: nobody can be added."),
    "words": lambda p: _("Say why, in no more than %(most)s characters.", most=p.get("most", "")),
}
