"""Where a reporter without an account reads one word about the report, and adds facts, by the code of the receipt.

The code is typed into a form: it stands in no address and in no log. Nor does the address from which it came stand in
the audit; of failed attempts it is counted, as with sign-ins, for a quarter of an hour.
"""

from __future__ import annotations

from datetime import timedelta

from flask import render_template, request
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from handlers import codes
from handlers.vault import Receipt, keys, receipts
from server.auth import TooManyAttempts, attempts
from server.db import reading, unit_of_work
from server.guard import public
from server.pages import words
from server.pages.blueprint import blueprint
from server.pages.names import lang
from server.traffic import rates
from workflows import audit
from workflows.errors import InvalidInput

#: Additions by one code.
ADDITIONS = rates.Limit("addition", 20, timedelta(days=1))


@blueprint.get("/report")
@public
def report() -> str:
    """Show the form that asks for the code of a receipt."""
    return render_template("report.html", most=receipts.LONGEST)


@blueprint.post("/report")
@public
def read_report() -> str | tuple[str, int]:
    """Show the status word of the report whose code was typed; one answer for all codes that are none."""
    try:
        _receipt()
    except TooManyAttempts as error:
        return _again(words.error_words(error)), 429
    except InvalidInput:
        return _again(_("This code is not valid. Compare it with the receipt, sign by sign.")), 422
    return _known()


@blueprint.post("/report/add")
@public
def add_to_report() -> str | tuple[str, int]:
    """Take in what the reporter adds: text, and a file that can be cleaned of what tells of its maker."""
    audit.comes_from("page")
    try:
        receipt_id = _receipt().id
        file = request.files.get("file")
        content = file.stream.read() if file and file.filename else b""
        with unit_of_work() as session:
            rates.spend(session, f"receipt:{receipt_id}", ADDITIONS)
        # Outside any transaction: cleaning a stranger's file may take its time.
        name = (file.filename or "") if file else ""
        added = receipts.received(request.form.get("text", ""), name, content)
        with unit_of_work() as session:
            receipts.add(session, session.get_one(Receipt, receipt_id), added)
    except TooManyAttempts as error:
        return _again(words.error_words(error)), 429
    except (rates.TooMany, keys.NoKey) as error:
        return _known(wrong={"text": words.error_words(error)}), 429 if isinstance(
            error, rates.TooMany
        ) else 409
    except InvalidInput as error:
        if not error.fields:
            return _again(_("This code is not valid. Compare it with the receipt, sign by sign.")), 422
        return _known(wrong={name: words.field_words(fault) for name, fault in error.fields.items()}), 422
    return _known(done=True)


def _receipt() -> Receipt:
    """Return the receipt of the code in the form; InvalidInput without fields where there is none."""
    code, remote = request.form.get("code", ""), request.remote_addr or ""
    # By address alone: nobody can lock out other reporters.
    mark, source = f"report {remote}", attempts.Source(remote)
    with reading() as session:
        if limit := attempts.met(session, mark, source):
            raise attempts.TooManyAttempts(limit.retry_after)
        found = receipts.find(session, code)
    if found is None:
        with unit_of_work() as session:
            attempts.note(session, mark, source)
            audit.comes_from("page")
            audit.record(session, actor="", act="report.refused")
        raise InvalidInput("There is no such code.", code="report_code")
    return found


def _again(problem: str) -> str:
    return render_template("report.html", problem=problem)


def _known(*, wrong: dict[str, str] | None = None, done: bool = False) -> str:
    with reading() as session:
        word = _word(session)
    return render_template(
        "report.html",
        code=request.form.get("code", ""),
        word=word,
        typed="" if done else request.form.get("text", ""),
        wrong=wrong or {},
        done=done,
        ready=keys.ready(),
        most=receipts.LONGEST,
    )


def _word(session: Session) -> str:
    receipt = receipts.find(session, request.form.get("code", ""))
    return codes.word("reporter_words", receipts.word(session, receipt), lang()) if receipt else ""
