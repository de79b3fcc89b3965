"""What no matrix may grant, whatever an office writes into it (domain.md §4.1 last rows, §4.2 rules 5 and 6).

Beside these stands what no grant touches at all: a recusal hides everything (`sight`, `tasks`), and who may not see a
matter does not learn that it is there.
"""

from __future__ import annotations

from handlers.wall.grants import Grant

#: They keep the machine, its processes and its log, and never learn what a matter is about.
KEEPERS = frozenset({"admin", "supervisor", "auditor"})
#: Rights that let nothing of a matter's content be seen.
OUTSIDE = frozenset({"none", "m", "status"})
#: Areas that hold no content of a single matter.
TOTALS = frozenset({"statistics", "access_log"})
#: They are no part of the commission: never everything, of anything.
OUTSIDERS = frozenset(
    {"agency_clerk", "unit_head", "person_concerned", "organisation_department", "resident_group"}
)
#: Scopes about which there is something to ask of an area, where not all are.
FITTING = {
    "reporter": frozenset({"unsealed", "taken_in", "nothing"}),
    "returns": frozenset({"everything", "sent", "nothing"}),
    "access_log": frozenset({"everything", "summary", "of_matter", "nothing"}),
    "process": frozenset({"everything", "nothing"}),
}
#: Scopes that are of one area alone.
OWN = {"unsealed": "reporter", "of_matter": "access_log"}
#: Rights that are of one area alone.
OF_PROCESS = frozenset({"steer", "mend", "confirm"})


def broken(grant: Grant) -> tuple[str, str] | None:
    """Return the column and the reason for which a grant can never hold; None for one that can."""
    role, area, right, scope = grant.role, grant.area, grant.right, grant.scope
    if role == "admin" and right != "none":
        return "role", "the system administrator never sees or does anything of a matter"
    if role in KEEPERS and area not in TOTALS and right not in OUTSIDE:
        return "right", f"the {role} never sees the content of a matter"
    if area == "reporter" and (right, scope) not in _OF_REPORTER:
        return (
            "scope",
            "nobody gets the reporter's identity but by unsealing, beside the clerk who takes it in",
        )
    if role in OUTSIDERS and scope == "everything":
        return "scope", f"the {role} is no part of the commission and never has everything"
    if (area == "process") != (right in OF_PROCESS) and right != "none":
        return "right", "steer, mend and confirm are rights over the course of a process, and the only ones"
    if scope not in FITTING.get(area, {scope}) or OWN.get(scope, area) != area:
        return "scope", f"{scope} says nothing about {area}"
    if (scope == "nothing") != (right == "none"):
        return "scope", "none goes with nothing, and nothing with none"
    return None


_OF_REPORTER = {("E", "taken_in"), ("V", "unsealed"), ("A", "unsealed"), ("none", "nothing")}
