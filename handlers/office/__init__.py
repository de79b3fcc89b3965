"""The office: its units, persons, dated posts, and who holds which role today."""

from handlers.office.load import enrol, load_memberships, load_people, load_roles, load_units
from handlers.office.model import MANAGING_COMMITTEES, Membership, Person, Post, Role, Unit
from handlers.office.people import actor_for, head_of, in_force, people_in, person, post_at, today, units_of
from handlers.office.units import add_unit, agencies, depth, tree, unit

__all__ = [
    "MANAGING_COMMITTEES",
    "Membership",
    "Person",
    "Post",
    "Role",
    "Unit",
    "actor_for",
    "add_unit",
    "agencies",
    "depth",
    "enrol",
    "head_of",
    "in_force",
    "load_memberships",
    "load_people",
    "load_roles",
    "load_units",
    "people_in",
    "person",
    "post_at",
    "today",
    "tree",
    "unit",
    "units_of",
]
