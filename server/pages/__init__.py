"""The pages: what clerks, agencies, supervisors and leaders see in the browser."""

from server.pages import (
    clues,
    documents,
    frame,
    inbox,
    limits,
    lists,
    modeler,
    notifications,
    people,
    periods,
    processes,
    profile,
    returns,
    signin,
    simulator,
    tasks,
    transfers,
)
from server.pages.blueprint import blueprint

blueprints = (blueprint,)

__all__ = [
    "blueprints",
    "clues",
    "documents",
    "frame",
    "inbox",
    "limits",
    "lists",
    "modeler",
    "notifications",
    "people",
    "periods",
    "processes",
    "profile",
    "returns",
    "signin",
    "simulator",
    "tasks",
    "transfers",
]
