"""Tasks: the inboxes, and what people do with what lies in them."""

from workflows.tasks.acts import (
    Completed,
    assign,
    claim,
    complete,
    draft,
    form,
    get,
    release,
    save_draft,
)
from workflows.tasks.inbox import Page, TaskFilter, count, doable, listing

__all__ = [
    "Completed",
    "Page",
    "TaskFilter",
    "assign",
    "claim",
    "complete",
    "count",
    "doable",
    "draft",
    "form",
    "get",
    "listing",
    "release",
    "save_draft",
]
