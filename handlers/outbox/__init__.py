"""What leaves the system: messages about notices, as each person has chosen, and never with a word of a case.

The server sends them (`server/outgoing`); here stand the rows: who wants what, what waits, what was given up.
"""

from handlers.outbox import choices, queue, webhooks
from handlers.outbox.kinds import KINDS, MAIL, kind_of
from handlers.outbox.model import OutgoingMessage, Webhook
from handlers.outbox.spreading import Ways, next_digest, spread, waiting

__all__ = [
    "KINDS",
    "MAIL",
    "OutgoingMessage",
    "Ways",
    "Webhook",
    "choices",
    "kind_of",
    "next_digest",
    "queue",
    "spread",
    "waiting",
    "webhooks",
]
