"""What leaves the system, for the administrator: ways out, webhooks, and the messages that were given up."""

from __future__ import annotations

from collections.abc import Mapping

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import ngettext
from werkzeug.wrappers import Response

from handlers import outbox
from handlers.outbox import queue
from server.db import reading, unit_of_work
from server.guard import guard, settings
from server.outgoing import hooks
from server.pages import words
from server.pages.blueprint import blueprint
from server.pages.people import ADMIN
from server.pages.preferences import kinds
from workflows.actor import Actor
from workflows.errors import InvalidInput

#: Undelivered messages that the page lists; all are tried again together.
LISTED = 100


@blueprint.get("/outgoing")
@guard(roles=ADMIN)
def outgoing(actor: Actor) -> str:
    """Show the ways out, the webhooks, and what could not be delivered."""
    return _page({}, {})


@blueprint.post("/outgoing/webhooks")
@guard(roles=ADMIN)
def add_webhook(actor: Actor) -> str | tuple[str, int]:
    """Let another system be told, and show its secret this once; say by field what is wrong."""
    given = {name: request.form.get(name, "").strip() for name in ("name", "url")}
    try:
        with unit_of_work() as session:
            made = outbox.webhooks.add(
                session,
                **given,
                kinds=request.form.getlist("kinds"),
                networks=settings().way_out.networks,
                actor=actor,
            )
    except InvalidInput as error:
        wrong = {name: words.field_words(fault) for name, fault in error.fields.items()}
        return _page(given, wrong), 422
    return _secret(made)


@blueprint.post("/outgoing/webhooks/<webhook_id>/secret")
@guard(roles=ADMIN)
def renew_webhook(actor: Actor, webhook_id: str) -> str:
    """Give a webhook another secret, shown this once; the one before signs nothing any more."""
    with unit_of_work() as session:
        return _secret(outbox.webhooks.renew(session, webhook_id, actor=actor))


@blueprint.post("/outgoing/webhooks/<webhook_id>/stop")
@guard(roles=ADMIN)
def stop_webhook(actor: Actor, webhook_id: str) -> Response:
    """Tell a system nothing more."""
    with unit_of_work() as session:
        outbox.webhooks.stop(session, webhook_id, actor=actor)
    flash(_("The webhook is withdrawn; nothing more is sent to it."), "done")
    return redirect(url_for("pages.outgoing"), 303)


@blueprint.post("/outgoing/retry")
@guard(roles=ADMIN)
def retry_messages(actor: Actor) -> Response:
    """Let one undelivered message, or all, be sent again."""
    with unit_of_work() as session:
        count = queue.retry(session, request.form.get("id") or None, actor=actor)
    flash(ngettext("%(num)d message is tried again.", "%(num)d messages are tried again.", count), "done")
    return redirect(url_for("pages.outgoing"), 303)


def causes() -> dict[str, str]:
    """Return in words why a message did not leave, where the sender says more than the other side's number."""
    return {
        "the certificate is not trusted": _("The certificate of the other side is not trusted."),
        "the name does not resolve": _("The name of the host does not resolve."),
        "the address is a private one that is not allowed": _(
            "The host lies within a network that is not allowed."
        ),
        "ConnectionRefusedError": _("Nothing answers at this address."),
        "TimeoutError": _("The other side did not answer in time."),
        "SMTPServerDisconnected": _("The mail server broke off."),
    }


def channels() -> dict[str, str]:
    """Return the channels in words."""
    return {"mail": _("Mail"), "digest": _("Digest"), "webhook": _("Webhook")}


def _page(given: Mapping[str, str], wrong: Mapping[str, str]) -> str:
    with reading() as session:
        targets = outbox.webhooks.listing(session)
        counted = queue.counts(session)
        return render_template(
            "outgoing.html",
            way_out=settings().way_out,
            kinds=kinds(),
            channels=channels(),
            causes=causes(),
            waiting={channel: counted.get((channel, "waiting"), 0) for channel in channels()},
            given_up={channel: counted.get((channel, "failed"), 0) for channel in channels()},
            targets=targets,
            names={target.id: target.name for target in targets},
            undelivered=queue.undelivered(session, LISTED),
            given=given,
            chosen=request.form.getlist("kinds"),
            wrong=wrong,
        )


def _secret(webhook: outbox.Webhook) -> str:
    # In the answer itself: a flash would leave it in a cookie.
    key = hooks.secret(webhook, settings().secret_key)
    return render_template("webhook_secret.html", webhook=webhook, secret=key)
