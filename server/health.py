"""What machines ask: is it alive, may it be sent requests, how much has it done."""

from __future__ import annotations

import hmac
import time
from datetime import timedelta
from typing import Any

import structlog
from flask import Blueprint, Response, current_app, g, jsonify, request
from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4
from sqlalchemy import func, select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from server.auth import Account
from server.db import Database, database, migrated, reading
from server.guard import public, settings
from workflows import clock, watchdog
from workflows.errors import NotFound
from workflows.model import Incident, Job, Task, Timer

#: How often all open tasks are looked at for one that lacks a clock, however often somebody asks.
COUNTED_EVERY = timedelta(minutes=1)

blueprint = Blueprint("health", __name__)
log = structlog.get_logger()


@blueprint.get("/healthz")
@public
def healthz() -> Response:
    """Say that the process answers."""
    return Response("ok\n", mimetype="text/plain")


@blueprint.get("/readyz")
@public
def readyz() -> Response:
    """Say whether the server can work: tables up to date, processes and demo loaded, accounts there."""
    checks = {"migrated": False, "prepared": False, "accounts": False}
    try:
        checks["migrated"] = migrated(database())
        checks["prepared"] = bool(current_app.extensions.get("duban.prepared"))
        if checks["migrated"]:
            with reading() as session:
                checks["accounts"] = session.scalar(select(Account.login).limit(1)) is not None
    except SQLAlchemyError:
        log.exception("the database does not answer")
    ready = all(checks.values())
    response = jsonify({"ready": ready, "checks": checks})
    response.status_code = 200 if ready else 503
    return response


@blueprint.get("/metrics")
@public
def metrics() -> Response:
    """Give counts in Prometheus' format: in the demo to all, else to the bearer of DUBAN_METRICS_TOKEN."""
    wanted = settings().metrics_token
    given = request.authorization.token if request.authorization else None
    allowed = hmac.compare_digest((given or "").encode(), wanted.encode()) if wanted else settings().demo
    if not allowed:
        raise NotFound("There are no metrics without DUBAN_METRICS_TOKEN.")
    return Response(
        generate_latest(current_app.extensions["duban.metrics"]), mimetype=CONTENT_TYPE_PLAIN_0_0_4
    )


class Meter:
    """Counts and times the requests of one application."""

    def __init__(self, target: Database) -> None:
        self.registry = CollectorRegistry()
        self.requests = Counter(
            "duban_requests", "Requests answered", ["endpoint", "status"], registry=self.registry
        )
        self.seconds = Histogram(
            "duban_request_seconds", "Time to answer a request", ["endpoint"], registry=self.registry
        )
        self.registry.register(_Work(target))

    def start(self) -> None:
        """Note when the request came."""
        g.started = time.monotonic()

    def finish(self, response: Response) -> Response:
        """Count the request."""
        endpoint = request.endpoint or "none"
        self.requests.labels(endpoint, response.status_code).inc()
        self.seconds.labels(endpoint).observe(time.monotonic() - g.started)
        return response


class _Work:
    """The work that lies in the database at the moment somebody asks."""

    def __init__(self, target: Database) -> None:
        self._database = target
        self._counted = (0, float("-inf"))

    def collect(self) -> Any:
        now = clock.now()
        open_tasks = select(func.count()).select_from(Task).where(Task.closed_at.is_(None))
        late = select(func.count()).select_from(Timer).where(Timer.status == "waiting", Timer.due_at < now)
        counts = {
            "duban_open_tasks": ("Tasks in inboxes", open_tasks),
            "duban_overdue_tasks": ("Open tasks past their due date", open_tasks.where(Task.due_at < now)),
            "duban_late_timers": ("Timers that are due and have not fired", late),
            "duban_late_jobs": (
                "Jobs that are due and have not been done",
                select(func.count()).select_from(Job).where(Job.status == "waiting", Job.due_at < now),
            ),
            "duban_open_incidents": (
                "Failures that an operator has to look at",
                select(func.count()).select_from(Incident).where(Incident.resolved_at.is_(None)),
            ),
        }
        with self._database.reading() as session:
            for name, (meaning, query) in counts.items():
                yield GaugeMetricFamily(name, meaning, value=session.scalar(query) or 0)
            meaning = "Open tasks that should have a clock and have none"
            without = self._without_clock(session)
            yield GaugeMetricFamily("duban_tasks_without_clock", meaning, value=without)

    def _without_clock(self, session: Session) -> int:
        """Return how many tasks lack a clock, or did not long ago: to know, every open task is looked at."""
        counted, at = self._counted
        if time.monotonic() - at > COUNTED_EVERY.total_seconds():
            counted = len({one.task_id for one in watchdog.missing(session)})
            self._counted = (counted, time.monotonic())
        return counted
