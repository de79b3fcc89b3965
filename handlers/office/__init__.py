"""The office: its units, persons, dated posts, who holds which role today, who is away and who stands in."""

from handlers.office import proxies, relatives
from handlers.office.absences import absences, back, is_away, proxy_for, stand_in
from handlers.office.load import enrol, load_memberships, load_people, load_roles, load_units
from handlers.office.model import (
    MANAGING_COMMITTEES,
    Absence,
    Membership,
    Person,
    Post,
    Relative,
    Role,
    Unit,
)
from handlers.office.people import (
    head_of,
    in_force,
    led_by,
    people_in,
    person,
    post_at,
    require,
    today,
    units_of,
    who,
)
from handlers.office.proxies import actor, actor_for, away_today
from handlers.office.units import add_unit, agencies, depth, named, tree, unit

__all__ = [
    "MANAGING_COMMITTEES",
    "Absence",
    "Membership",
    "Person",
    "Post",
    "Relative",
    "Role",
    "Unit",
    "absences",
    "actor",
    "actor_for",
    "add_unit",
    "agencies",
    "away_today",
    "back",
    "depth",
    "enrol",
    "head_of",
    "in_force",
    "is_away",
    "led_by",
    "load_memberships",
    "load_people",
    "load_roles",
    "load_units",
    "named",
    "people_in",
    "person",
    "post_at",
    "proxies",
    "proxy_for",
    "relatives",
    "require",
    "stand_in",
    "today",
    "tree",
    "unit",
    "units_of",
    "who",
]
