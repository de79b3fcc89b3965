"""What an API token may be used for: every route of the two APIs needs one thing, every scope lets do some things.

A route that only shows needs `read`, or `model` where it shows processes and nothing of any matter. Every other
stands in `NEEDED` by name; a test walks all routes, and one that is forgotten is let in by `everything` alone.
Scopes narrow what the account may do, and widen nothing.
"""

from __future__ import annotations

from collections.abc import Mapping

from flask import request

from workflows.errors import NotAllowed

#: Scope → what it lets do.
LETS: Mapping[str, frozenset[str]] = {
    "read": frozenset({"read", "model"}),
    "tasks": frozenset({"read", "model", "tasks"}),
    "deploy": frozenset({"model", "deploy"}),
    "everything": frozenset({"read", "model", "tasks", "deploy", "operate"}),
}
#: Routes that show processes and deployments, and nothing of any matter.
MODEL = frozenset(
    {
        *(
            "engine_rest.version",
            "engine_rest.engines",
            "engine_rest.list_definitions",
            "engine_rest.get_xml",
        ),
        *("engine_rest.count_definitions", "engine_rest.get_definition", "engine_rest.list_deployments"),
        *("engine_rest.count_deployments", "engine_rest.get_deployment", "engine_rest.list_resources"),
        *("engine_rest.get_resource", "engine_rest.get_resource_data", "engine_rest.get_start_form"),
        *("engine_rest.get_deployed_start_form", "api.preview_deadline", "api.list_agencies"),
    }
)
#: What is needed → the routes that ask it, by a method other than GET.
NEEDED: Mapping[str, frozenset[str]] = {
    # Questions that are too long for an address.
    "read": frozenset(
        {
            *("engine_rest.list_instances", "engine_rest.count_instances", "engine_rest.list_tasks"),
            *("engine_rest.count_tasks", "engine_rest.list_history_activities"),
            *("engine_rest.count_history_activities", "engine_rest.list_history_instances"),
            *("engine_rest.count_history_instances", "engine_rest.list_history_tasks"),
            *("engine_rest.count_history_tasks", "engine_rest.generate_migration"),
            *("engine_rest.validate_migration", "engine_rest.list_external_tasks"),
            *("engine_rest.count_external_tasks", "engine_rest.list_jobs", "engine_rest.count_jobs"),
        }
    ),
    "tasks": frozenset(
        {
            *("engine_rest.claim_task", "engine_rest.unclaim_task", "engine_rest.assign_task"),
            *("engine_rest.delegate_task", "engine_rest.resolve_task"),
            *("engine_rest.complete_task", "engine_rest.start_instance", "engine_rest.correlate"),
            *("engine_rest.evaluate", "api.create_transfer", "api.complete_transfer", "api.send_file"),
            *("api.sign_receipt", "api.sign_letter", "api.close_return", "engine_rest.fetch_and_lock"),
            *("engine_rest.complete_external_task", "engine_rest.throw_external_error"),
            *("engine_rest.fail_external_task", "engine_rest.extend_external_lock"),
            *("engine_rest.unlock_external_task", "engine_rest.lock_external_task"),
            "engine_rest.throw_signal",
        }
    ),
    "deploy": frozenset(
        {
            *("engine_rest.create_deployment", "engine_rest.delete_deployment"),
            "engine_rest.suspend_definition",
        }
    ),
    "operate": frozenset(
        {
            *("engine_rest.delete_instance", "engine_rest.suspend_instance", "engine_rest.put_variable"),
            *("engine_rest.modify_variables", "engine_rest.retry_incident", "engine_rest.resolve_incident"),
            *("engine_rest.execute_migration", "engine_rest.set_external_retries"),
            *("engine_rest.set_external_priority", "engine_rest.set_many_retries"),
            *(
                "engine_rest.execute_migration_later",
                "engine_rest.delete_batch",
                "engine_rest.modify_instance",
            ),
            *("engine_rest.set_job_retries", "engine_rest.set_job_due", "engine_rest.execute_job"),
        }
    ),
}
_SHOWING = frozenset({"GET", "HEAD", "OPTIONS"})


def needed(endpoint: str, method: str) -> str | None:
    """Return what a route needs by this method; None where nobody has said so."""
    if method in _SHOWING:
        return "model" if endpoint in MODEL else "read"
    return next((need for need, routes in NEEDED.items() if endpoint in routes), None)


def check(scopes: frozenset[str]) -> None:
    """Raise NotAllowed unless a token of these scopes may send the present request."""
    need = needed(request.endpoint or "", request.method) or "operate"
    if not any(need in LETS[scope] for scope in scopes):
        missing = next(scope for scope, lets in LETS.items() if need in lets)
        raise NotAllowed(
            f"The token is for {', '.join(sorted(scopes))}; this needs the scope {missing}.",
            code="scope",
            scopes=sorted(scopes),
            needed=missing,
        )
