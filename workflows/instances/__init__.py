"""Process instances: starting, telling, stopping, and looking at them."""

from workflows.instances.acts import cancel, resume, set_variables, start, suspend
from workflows.instances.listing import InstanceFilter, Page, count, get, listing, variables
from workflows.instances.moves import jump, look, modify, reopen, targets
from workflows.instances.telling import condition, message, signal

__all__ = [
    "InstanceFilter",
    "Page",
    "cancel",
    "condition",
    "count",
    "get",
    "jump",
    "listing",
    "look",
    "message",
    "modify",
    "reopen",
    "resume",
    "set_variables",
    "signal",
    "start",
    "suspend",
    "targets",
    "variables",
]
