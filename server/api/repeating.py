"""Commands with an `Idempotency-Key`: sent again, they are answered again and not done again."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from typing import Any

from flask import Response, jsonify, request
from sqlalchemy.orm import Session

from server.db import unit_of_work
from server.engine_rest.kinds import storable
from server.traffic import repeats
from server.traffic.repeats import Answer
from workflows.actor import Actor
from workflows.errors import InvalidInput

HEADER = "Idempotency-Key"
#: The parameter as the OpenAPI document has it.
PARAMETER = {
    "in": "header",
    "name": HEADER,
    "required": False,
    "description": "The client's own name for this command, such as a UUID. Sent again with the same body within "
    "7 days, the command is not done again and the same answer comes; with another body the answer is 422.",
    "schema": {"type": "string", "minLength": 1, "maxLength": repeats.LONGEST_KEY},
    "example": "5f0c0a4e-6f0b-4c57-9a1f-2b1d5a3f8f10",
}


#: Where the new thing is, as the document has it.
LOCATION = {"Location": {"description": "Address of the new transfer.", "schema": {"type": "string"}}}


def done(actor: Actor, command: Any, act: Callable[[Session], Answer], *, status: int) -> Response:
    """Return the answer to a command, which is done once for each key; `command` is what its body says."""
    with unit_of_work() as session:
        answer = repeats.once(
            session, lambda: act(session), login=actor.id, key=_key(), digest=_digest(command)
        )
    response = jsonify(answer.body)
    response.status_code = status
    if answer.location:
        response.headers["Location"] = answer.location
    return response


def _key() -> str | None:
    key = request.headers.get(HEADER)
    if key is not None and not (0 < len(key) <= repeats.LONGEST_KEY and key.isprintable()):
        raise InvalidInput(f"{HEADER} has 1 to {repeats.LONGEST_KEY} printable characters.", code="key")
    return key and storable(key)


def _digest(command: Any) -> str:
    # The order of members and the blanks between them say nothing.
    told = json.dumps([request.method, request.path, command], sort_keys=True)
    return hashlib.sha256(told.encode()).hexdigest()
