"""Asking that a running limit is extended, that its clock stands, or that it runs again."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from handlers import codes
from handlers.registers import Clue, changing
from server.db import reading, unit_of_work
from server.guard import guard
from server.pages import clocks, concerning, form_view, names, submission, words
from server.pages.blueprint import blueprint
from server.pages.clues import visible
from server.pages.limit_words import approvers, units
from server.pages.names import lang
from workflows import definitions, deployed, instances
from workflows.actor import Actor
from workflows.clocks import Clock, extension_left, pause_left, running
from workflows.clocks import times as times_of
from workflows.errors import FieldError, InvalidInput, NotFound
from workflows.forms import Field, Form, Options

PROCESS = "extension"
ASKING = frozenset({"handler", "office_head", "case_supervision"})
#: What the page knows already: whose limit it is, which, and what is asked for.
KNOWN = frozenset({"number", "rule", "act"})
#: What is not asked for each act, beside that.
NOT_ASKED = {
    "extend": frozenset({"pause_reason", "effective_on", "effective_time"}),
    "pause": frozenset({"n", "extension_reason"}),
    "resume": frozenset({"n", "extension_reason", "pause_reason"}),
}


@blueprint.get("/clues/<clue_id>/extension")
@guard(roles=ASKING)
def extension(actor: Actor, clue_id: str) -> str:
    """Show the application for a change of a running limit: `rule` and `act` of the address say of which, and what."""
    with reading() as session:
        clue, one, act = _asked(session, actor, clue_id, request.args)
        return _page(session, actor, clue, one, act, {}, {})


@blueprint.post("/clues/<clue_id>/extension")
@guard(roles=ASKING)
def ask_extension(actor: Actor, clue_id: str) -> Response | tuple[str, int]:
    """Hand the application in, or show it again with what is wrong."""
    with unit_of_work() as session:
        clue, one, act = _asked(session, actor, clue_id, request.form)
        number = clue.clue_no or clue.transfer_no
        sent = submission.received(session, _form(session, one, act), actor)
    known = {"number": number, "rule": one.rule.id, "act": act}
    try:
        if sent.errors:
            raise InvalidInput("A file is refused.", fields=sent.errors, code="form")
        with unit_of_work() as session:
            instances.start(session, key=PROCESS, actor=actor, answers={**sent.answers, **known})
    except InvalidInput as error:
        if not error.fields:
            raise
        with reading() as session:
            clue, one, act = _asked(session, actor, clue_id, request.form)
            return _page(session, actor, clue, one, act, sent.answers, dict(error.fields), sent.files), 422
    flash(_("It is asked for. Who decides on it finds it in the inbox."), "done")
    return redirect(url_for("pages.clue", clue_id=clue_id), 303)


def _page(
    session: Session,
    actor: Actor,
    clue: Clue,
    one: Clock,
    act: str,
    answers: Mapping[str, Any],
    errors: Mapping[str, FieldError],
    files: Mapping[str, str] | None = None,
) -> str:
    form = _form(session, one, act)
    keys = {part.key for part in form.fields}
    view = form_view.view(
        form,
        answers,
        lang=lang(),
        options=_grounds(session, one),
        files=files or {},
        errors={key: fault for key, fault in errors.items() if key in keys},
    )
    return render_template(
        "extension.html",
        clue=clue,
        one=one,
        act=act,
        title=clocks.act_words(act),
        rule=f"{one.rule.id} {names.named(one.rule)}",
        dial=clocks.dial(one, whom=concerning.of_whom(session, actor, one.tasks)),
        lines=_allowed(session, one, act),
        form=view,
        problem=" ".join(words.field_words(fault) for key, fault in errors.items() if key not in keys),
    )


def _allowed(session: Session, one: Clock, act: str) -> list[str]:
    """Return what the rule allows of it: who decides, how often, how much."""
    rule = one.rule
    if act == "extend":
        left, times, most = extension_left(one), times_of(one, "extend"), rule.extension_count
        unit, approver = rule.unit, rule.extension_approver
    else:
        left, times, most = pause_left(session, one), times_of(one, "pause"), rule.pause_count
        unit, approver = rule.pause_unit, rule.pause_approver
    lines = [_("Who decides: %(levels)s", levels=approvers(approver))]
    if left is not None:
        lines.append(
            _("Still to be granted in the office: %(length)s at most", length=names.length(left, unit))
        )
    if most is not None:
        lines.append(_("So often by now: %(times)d, of %(most)d at most", times=times, most=most))
    if act != "extend":
        lines.append(_("Legal source of the pause: %(source)s", source=rule.pause_source))
    return lines


def _asked(session: Session, actor: Actor, clue_id: str, given: Mapping[str, str]) -> tuple[Clue, Clock, str]:
    """Return the matter, its running clock and what is asked for; NotFound where there is no such thing."""
    clue, view = visible(session, actor, clue_id)
    found = [one for one in running(session, clue.scope_id) if one.rule.id == given.get("rule", "T08")]
    act = given.get("act", "extend")
    if view != "content" or not found or act not in NOT_ASKED or not changing.may_ask(session, actor, clue):
        raise NotFound(f"There is no such limit in {clue_id}.", code="clue")
    return clue, min(found, key=changing.pressing), act


def _form(session: Session, one: Clock, act: str) -> Form:
    """Return the start form of the process, narrowed to what is asked."""
    owner = deployed.process(session, definitions.latest(session, PROCESS).id)
    form = deployed.form(session, owner, owner.definition.start_node)
    assert form is not None  # the gate refuses a start of this process without its form
    left_out = KNOWN | NOT_ASKED[act] | ({"effective_time"} if one.rule.unit != "hours" else frozenset())
    parts = (_worded(part, one, act) for part in form.components if part.key not in left_out)
    return replace(form, components=tuple(parts))


def _worded(part: Field, one: Clock, act: str) -> Field:
    """Return a question as it is asked of this clock: shown at once, in its unit, needed where the rule needs it."""
    part = replace(part, hide=None, conditional=None)
    if part.key == "n":
        return replace(part, suffix=units()[one.rule.unit], description_zh="", description_en="")
    if part.key == "effective_on":
        words = _("The clock stands from") if act == "pause" else _("The clock runs again from")
        return replace(part, zh=words, en=words)
    return part


def _grounds(session: Session, one: Clock) -> Options:
    """Return the grounds that the rule names."""
    named = {
        "extension_reasons": one.rule.extension_reasons.split(),
        "pause_reasons": one.rule.pause_reasons.split(),
    }
    known = codes.tables(session)
    return {
        table: [option for option in known[table] if option.value in found] for table, found in named.items()
    }
