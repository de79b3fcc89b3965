"""Tasks: the inboxes, and what people do with what lies in them."""

from workflows.tasks import deadlines
from workflows.tasks.acts import (
    assign,
    claim,
    complete,
    draft,
    form,
    get,
    options,
    pass_on,
    release,
    save_draft,
)
from workflows.tasks.inbox import Page, TaskFilter, count, doable, listing, next_of

__all__ = [
    "Page",
    "TaskFilter",
    "assign",
    "claim",
    "complete",
    "count",
    "deadlines",
    "doable",
    "draft",
    "form",
    "get",
    "listing",
    "next_of",
    "options",
    "pass_on",
    "release",
    "save_draft",
]
