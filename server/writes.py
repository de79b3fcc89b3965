"""Every request that may have changed something leaves a row in the audit, also where nobody thought of one.

What a person does is recorded by the operation that does it, in its own transaction. What came through a route that
recorded nothing is written down here, with the route and what its address names; routes that change nothing, or
nothing that anybody else will see, stand in `FREE` with the reason.
"""

from __future__ import annotations

from collections.abc import Mapping

from flask import Response, request

from server import matters
from server.db import unit_of_work
from server.guard import current_actor, route
from workflows import audit

#: Why → the routes by which nothing is written that need be known.
FREE: Mapping[str, frozenset[str]] = {
    "questions that are too long for an address": frozenset(
        {
            *("engine_rest.list_tasks", "engine_rest.list_instances", "engine_rest.list_history_tasks"),
            *("engine_rest.list_history_activities", "engine_rest.list_history_instances"),
            *("engine_rest.count_tasks", "engine_rest.count_instances", "engine_rest.count_history_tasks"),
            *("engine_rest.count_history_activities", "engine_rest.count_history_instances"),
            *("engine_rest.generate_migration", "engine_rest.validate_migration", "pages.check_diagram"),
            "pages.join_diagram",
            "pages.look_at_migration",
            *("engine_rest.list_external_tasks", "engine_rest.count_external_tasks"),
            *("engine_rest.list_jobs", "engine_rest.count_jobs"),
        }
    ),
    "half-filled answers, seen by their writer alone until they are sent": frozenset(
        {"pages.save_draft", "pages.preview_paper"}
    ),
    "a sandbox, which touches no matter and which its owner alone sees": frozenset(
        {
            *("pages.begin_trying", "pages.start_trying", "pages.complete_trying", "pages.move_tried_clock"),
            *("pages.tell_tried", "pages.undo_trying", "pages.drop_tried"),
        }
    ),
    "a worker asks for tasks, and each that it gets leaves a row": frozenset({"engine_rest.fetch_and_lock"}),
    "a list is checked, which its sender put there": frozenset({"pages.go_on_checking"}),
    "how the reader's own pages look, and what he has read": frozenset(
        {"pages.choose_language", "pages.read_notifications"}
    ),
}
_FREE = frozenset().union(*FREE.values())


def keep(response: Response) -> Response:
    """Write down that the present request did something, unless that stands in the audit already."""
    actor = current_actor()
    asked_only = request.method in {"GET", "HEAD", "OPTIONS"} or request.endpoint in _FREE
    if asked_only or actor is None or response.status_code >= 400 or audit.recorded():
        return response
    with unit_of_work() as session:
        found = matters.named(session, request.view_args or {})
        audit.record(session, actor=actor, act="request", detail=route(), **vars(found))
    return response
