"""Tasks: the inboxes, and what people do with what lies in them."""

from workflows.tasks import deadlines
from workflows.tasks.acts import (
    acting_for,
    assign,
    claim,
    complete,
    draft,
    form,
    get,
    offer_to,
    options,
    pass_on,
    rehearse,
    release,
    save_draft,
)
from workflows.tasks.delegation import delegate, is_asked_about, recall, resolve, transfer
from workflows.tasks.inbox import Page, TaskFilter, among_offered, count, doable, listing, next_of, offered_to
from workflows.tasks.keeping import told
from workflows.tasks.moves import earlier, send_back, skip, steer_back, withdraw
from workflows.tasks.signing import add_signers, remove_signer, sign, signers

__all__ = [
    "Page",
    "TaskFilter",
    "acting_for",
    "add_signers",
    "among_offered",
    "assign",
    "claim",
    "complete",
    "count",
    "deadlines",
    "delegate",
    "doable",
    "draft",
    "earlier",
    "form",
    "get",
    "is_asked_about",
    "listing",
    "next_of",
    "offer_to",
    "offered_to",
    "options",
    "pass_on",
    "recall",
    "rehearse",
    "release",
    "remove_signer",
    "resolve",
    "save_draft",
    "send_back",
    "sign",
    "signers",
    "skip",
    "steer_back",
    "told",
    "transfer",
    "withdraw",
]
