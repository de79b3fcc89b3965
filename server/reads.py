"""Which routes show protected data, in one place: what they show is written down before it leaves the house.

A route that answers a question stands in `READS`, or in `FREE` with the reason why nobody need know who asked;
a test walks all routes and fails for one that stands in neither. domain.md §4.2 rule 7: reading is logged, too.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from flask import Response, request

from server import matters
from server.db import unit_of_work
from server.guard import current_actor
from workflows import audit


@dataclass(frozen=True)
class Read:
    """What is shown: the act as the audit calls it, which fields, and what for."""

    act: str
    field_group: str
    purpose: str = "look"  #: look task export
    only_matters: bool = False  #: a process that belongs to no matter is nobody's secret


_FILE = Read("document.read", "files")
_PAPER = Read("document.read", "papers", "export")
_VARIABLES = Read("variables.read", "variables", only_matters=True)

READS: Mapping[str, Read] = {
    "pages.task": Read("clue.read", "content", "task", only_matters=True),
    "pages.clue": Read("clue.read", "content"),
    "pages.extension": Read("clue.read", "deadlines"),
    "pages.document_page": _FILE,
    "pages.document_picture": _FILE,
    "pages.document": Read("document.read", "files", "export"),
    "pages.agency_return": Read("return.read", "content"),
    "pages.period": Read("return.read", "returns"),
    "pages.return_paper": _PAPER,
    "pages.clearing": Read("filing.read", "content"),
    "pages.interviews": Read("interview.read", "content"),
    "pages.interview_list": Read("interview.read", "content", "export"),
    "pages.filing_file": Read("filing.read", "files", "export"),
    "pages.result_list": Read("quarterly.read", "content"),
    "pages.result_list_pdf": Read("quarterly.read", "content", "export"),
    "pages.announcement_report": Read("announcements.read", "content"),
    "pages.announcement_report_pdf": Read("announcements.read", "content", "export"),
    "pages.sealed_cover": Read("sealed.read", "cover"),
    "pages.sealed_cover_pdf": Read("sealed.read", "cover", "export"),
    "pages.transfer_list": Read("list.read", "content"),
    "pages.list_to_mend": Read("list.read", "content", "export"),
    "pages.audit": Read("audit.read", "log"),
    "pages.audit_findings": Read("audit.read", "findings"),
    "pages.audit_rows": Read("audit.export", "log", "export"),
    "pages.reporter": Read("clue.read", "reporter_state"),
    "pages.protected": Read("clue.read", "protected_state"),
    "pages.recusals": Read("clue.read", "recusals"),
    "pages.interferences": Read("clue.read", "interference"),
    "pages.matter_keeping": Read("clue.read", "keeping"),
    "pages.unsealing": Read("clue.read", "reporter_state"),
    "api.get_clue": Read("clue.read", "content"),
    "api.list_documents": Read("clue.read", "documents"),
    "api.get_document": _FILE,
    "api.get_document_content": Read("document.read", "files", "export"),
    "api.list_handovers": Read("handovers.read", "handovers", "export"),
    "api.list_returns": Read("return.read", "returns"),
    "api.get_return": Read("return.read", "content"),
    "api.get_return_paper": _PAPER,
    "api.get_transfer": Read("clue.read", "content"),
    "api.get_letter": _PAPER,
    "api.get_receipt": _PAPER,
    "pages.cockpit_instance": _VARIABLES,
    "pages.steering": Read("steering.read", "variables", only_matters=True),
    "engine_rest.get_variables": _VARIABLES,
    "engine_rest.get_variable": _VARIABLES,
    "engine_rest.get_history_variable": _VARIABLES,
    "engine_rest.task_variables": _VARIABLES,
    "engine_rest.task_variable": _VARIABLES,
    "engine_rest.task_form_variables": _VARIABLES,
    "engine_rest.get_incident": Read("incident.read", "incident", only_matters=True),
    "engine_rest.get_job": Read("incident.read", "incident", only_matters=True),
    "engine_rest.get_job_cause": Read("incident.read", "incident", only_matters=True),
    "engine_rest.get_error_details": Read("incident.read", "incident", only_matters=True),
}

#: Why → the routes of which no read is kept.
FREE: Mapping[str, frozenset[str]] = {
    "lists of numbers, steps, states and days, of what the reader may see anyway": frozenset(
        {
            *("pages.home", "pages.inbox", "pages.clues", "pages.transfers", "pages.transfer_lists"),
            *("pages.cases", "pages.announcement_reports"),
            *("pages.cockpit", "pages.cockpit_search", "pages.cockpit_process", "pages.cockpit_faults"),
            *("pages.returns", "pages.periods", "pages.results", "pages.sealed", "pages.deadlines"),
            *("pages.keeping", "pages.keeping_archive", "pages.keeping_destroyed"),
            *("pages.deadlines_month", "pages.feed", "pages.notifications", "pages.notification"),
            *(
                "pages.unread_notifications",
                "api.list_clues",
                "api.list_transfers",
                "api.list_return_periods",
            ),
            *("engine_rest.list_instances", "engine_rest.list_tasks", "engine_rest.list_incidents"),
            *("engine_rest.list_history_activities", "engine_rest.list_history_instances"),
            *("engine_rest.list_history_tasks", "engine_rest.count_history_activities"),
            *("engine_rest.count_history_instances", "engine_rest.count_history_tasks"),
            *("engine_rest.count_incidents", "engine_rest.count_instances", "engine_rest.count_tasks"),
            *(
                "engine_rest.list_external_tasks",
                "engine_rest.count_external_tasks",
                "engine_rest.list_topics",
                "engine_rest.list_jobs",
                "engine_rest.count_jobs",
                "engine_rest.list_user_operations",
                "engine_rest.count_user_operations",
                "engine_rest.count_history_variables",
                "engine_rest.count_history_decisions",
            ),
        }
    ),
    "keeps by itself whose variables it showed: its address names nobody": frozenset(
        {
            "engine_rest.list_history_variables",
            "engine_rest.list_history_decisions",
            "engine_rest.get_history_decision",
        }
    ),
    "identifiers, steps and instants of one instance, nothing of its content": frozenset(
        {
            *("pages.tokens", "engine_rest.get_instance", "engine_rest.get_task", "engine_rest.task_form"),
            *("engine_rest.task_deployed_form", "engine_rest.task_identity_links"),
            *("engine_rest.get_history_instance", "engine_rest.get_history_activity"),
            "engine_rest.get_external_task",
        }
    ),
    "the account's own": frozenset(
        {
            "pages.profile",
            "pages.security",
            "pages.second_factor",
            "pages.signin_code",
            "pages.leave_to_provider",
            "pages.come_from_provider",
            "pages.leave_provider",
            "pages.welcome",
            "pages.absences",
            "pages.relatives",
            "pages.preferences",
            "pages.signin",
            "api.list_agencies",
            *("engine_rest.list_batches", "engine_rest.count_batches", "engine_rest.list_batch_statistics"),
            *("engine_rest.get_batch", "engine_rest.get_batch_report"),
            *("pages.behind", "pages.migrate", "pages.migration_batch"),
        }
    ),
    "empty forms": frozenset(
        {
            *(
                "pages.report",
                "pages.happened",
                "pages.new_filing",
                "pages.new_transfer",
                "pages.new_sealed",
                "pages.new_period",
                "pages.list_template",
            ),
            *("api.preview_deadline", "pages.limits_simulator", "pages.limit_form"),
        }
    ),
    "processes, limits, people, operation: no matter in them": frozenset(
        {
            *(
                "pages.processes",
                "pages.process",
                "pages.process_modeler",
                "pages.diagram",
                "pages.draft_xml",
                "pages.draft_files",
                "pages.element_templates",
                "pages.publication",
                "pages.compare",
                "pages.replay_process",
                *(
                    "pages.load_process",
                    "pages.try_process",
                    "pages.tried_diagram",
                    "pages.tried_tokens",
                    "pages.tried_scenario",
                ),
                "pages.publication_file",
            ),
            *(
                "pages.visibility",
                "pages.limits",
                "pages.limit",
                "pages.escalation",
                "pages.people",
                "pages.outgoing",
            ),
            *("pages.paper_templates", "pages.paper_template", "pages.template_version"),
            *("pages.clocks", "pages.limit_convention", "pages.limit_conventions", "pages.return_duties"),
            *("engine_rest.engines", "engine_rest.version"),
            *("engine_rest.list_deployments", "engine_rest.get_deployment", "engine_rest.count_deployments"),
            *("engine_rest.list_resources", "engine_rest.get_resource", "engine_rest.get_resource_data"),
            *("engine_rest.list_definitions", "engine_rest.get_definition", "engine_rest.count_definitions"),
            *("engine_rest.get_deployed_start_form", "engine_rest.get_start_form", "engine_rest.get_xml"),
            *("api_document", "health.healthz", "health.readyz", "health.metrics", "static"),
        }
    ),
    "they write down themselves what they show": frozenset({"pages.unsealings", "pages.visibility_why"}),
}


def keep(response: Response) -> Response:
    """Write down what this answer shows, in a transaction of its own; where that fails, nothing is shown."""
    read, actor = READS.get(request.endpoint or ""), current_actor()
    if read is None or actor is None or request.method not in {"GET", "HEAD"} or response.status_code >= 300:
        return response
    with unit_of_work() as session:
        found = matters.named(session, request.view_args or {})
        if found.scope_id or not read.only_matters:
            audit.record(
                session,
                actor=actor,
                act=read.act,
                field_group=read.field_group,
                purpose=read.purpose,
                **vars(found),
            )
    return response
