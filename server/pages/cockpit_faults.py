"""What has failed, what is tried again, what is due next, and whether the workers live."""

from __future__ import annotations

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import ngettext
from werkzeug.wrappers import Response

from server.db import reading, unit_of_work
from server.guard import guard
from server.pages import words
from server.pages.blueprint import blueprint
from server.pages.frame import COCKPIT
from workflows import incidents, overview, signs
from workflows.actor import Actor
from workflows.errors import DubanError

#: Incidents that one request deals with.
MOST = overview.MOST


@blueprint.get("/cockpit/faults")
@guard(roles=COCKPIT)
def cockpit_faults(actor: Actor) -> str:
    """List the open incidents with their causes, timers and jobs with their next try, and the workers."""
    with reading() as session:
        return render_template(
            "cockpit_faults.html",
            incidents=overview.incidents(session, actor),
            trying=[
                *overview.timers(session, actor, trying=True),
                *overview.jobs(session, actor, trying=True),
            ],
            due=overview.timers(session, actor)[:20],
            waiting_jobs=overview.jobs(session, actor)[:20],
            next_try=overview.next_try,
            workers=signs.known(session),
            incident_words=incident_words(),
            job_words=job_words(),
        )


@blueprint.post("/cockpit/faults")
@guard(roles=COCKPIT)
def mend_faults(actor: Actor) -> Response:
    """Let the chosen incidents be tried again, or close them; each by itself, and what could not be is told."""
    chosen = list(dict.fromkeys(request.form.getlist("incident")))[:MOST]
    if not chosen:
        flash(_("Choose at least one incident."), "error")
    act = incidents.resolve if request.form.get("act") == "resolve" else incidents.retry
    done, refused = 0, []
    for incident_id in chosen:
        try:
            with unit_of_work() as session:
                act(session, incident_id, actor=actor)
            done += 1
        except DubanError as error:
            refused.append(words.error_words(error, 409))
    if done:
        told = (
            ngettext("%(num)d is tried again at once.", "%(num)d are tried again at once.", done)
            if act is incidents.retry
            else ngettext("%(num)d is closed.", "%(num)d are closed.", done)
        )
        flash(told, "done")
    for why in dict.fromkeys(refused):
        flash(_("%(n)d left as they were: %(why)s", n=refused.count(why), why=why), "error")
    back = request.form.get("instance")
    address = url_for("pages.cockpit_instance", instance_id=back) if back else url_for("pages.cockpit_faults")
    return redirect(address, 303)


def incident_words() -> dict[str, str]:
    """Return the kinds of incidents in words."""
    return {
        "failedTimer": _("a timer could not fire"),
        "failedJob": _("a job could not be done"),
        "failedExternalTask": _("an outside worker gave up"),
        "failedCompletion": _("it failed behind a finished step"),
        "failedStart": _("it could not be started"),
        "failedCancel": _("it could not be ended"),
        "failedStep": _("it failed behind a move"),
        "failedMessage": _("it failed on a message"),
        "failedSignal": _("it failed on a signal"),
        "failedMigration": _("it could not be moved to another version"),
        "failedReopening": _("it could not be opened again"),
        "failedVariables": _("it failed after values were changed"),
        "undelivered": _("nobody took a message"),
        "endless": _("it goes on without ever waiting"),
        "noCandidate": _("nobody may do a step"),
    }


def job_words() -> dict[str, str]:
    """Return the kinds of timers and jobs in words."""
    return {
        "engine": _("deadline or wait of the diagram"),
        "ladder": _("reminder"),
        "start": _("start by the clock"),
        "continue": _("going on"),
        "message": _("message"),
        "signal": _("signal"),
        "recount": _("counting deadlines again"),
        "clock": _("following a clock"),
        "migrate": _("move to another version"),
        "stop": _("ending another process"),
    }
