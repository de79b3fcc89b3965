"""The rules of the wall as data: which role sees what (domain.md §4.1, column "clue content")."""

from __future__ import annotations

from workflows.actor import Actor

#: Views of a clue, each including those after it: everything in the register and the matter; numbers, stage
#: and dates; the transfer form as sent, and one status word.
VIEWS = ("content", "metadata", "status")
#: How the scope of an instance or task names a clue.
PREFIX = "clue:"

#: How the scope of an instance or task names a return period; what an agency returned is its own and theirs
#: who see everything.
PERIOD = "period:"

#: Roles that see every clue.
EVERYTHING = frozenset({"case_supervision", "case_supervision_head", "principal"})
#: Roles that work matters. An open task shows its matter to them only: an agency that completes its form,
#: or an operator whom a diagram names by mistake, learns nothing from it.
STAFF = EVERYTHING | {"intake_clerk", "office_head", "handler", "leader", "reviewer"}
#: To whom an open task shows everything of its matter. The intake clerk signs receipts and tells reporters by
#: the numbers: were it otherwise, a receipt that he never signs would let him read on for ever.
SHOWN_BY_TASK = STAFF - {"intake_clerk"}
#: Who makes a return for an agency that cannot: it has no clerk, or sent it on paper.
FOR_AGENCIES = frozenset({"case_supervision", "case_supervision_head"})
#: Who may do what with a whole matter that he sees. Nobody sets variables: the forms alone write decisions.
MATTER_ACTS = {
    "cancel": frozenset({"case_supervision_head"}),
    "suspend": frozenset({"case_supervision_head"}),
    "migrate": frozenset({"case_supervision_head"}),
    "retry": frozenset({"case_supervision", "case_supervision_head"}),
    "message": frozenset({"case_supervision", "case_supervision_head"}),
}


def units_of(actor: Actor, role: str) -> list[str]:
    """Return the codes of the units in which the actor holds the role."""
    prefix = f"{role}@"
    return sorted(group.removeprefix(prefix) for group in actor.groups if group.startswith(prefix))
