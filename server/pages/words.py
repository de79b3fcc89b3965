"""Failures in plain words, what is wrong and what to do: an entry for every code that the rooms raise."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from flask_babel import gettext as _
from flask_babel import ngettext

from handlers import codes
from server.pages import (
    case_events,
    caseflow_events,
    clearing_events,
    moving_words,
    names,
    sanction_errors,
    signing_words,
    template_words,
)
from workflows.errors import DubanError, FieldError, InvalidInput

Params = Mapping[str, Any]
Wording = Callable[[Params], str]


def error_words(error: DubanError, status: int = 400) -> str:
    """Return a failure in the reader's language."""
    wording = ERRORS.get(error.code)
    if wording:
        return wording(error.params)
    if isinstance(error, InvalidInput) and error.fields:
        return " ".join(dict.fromkeys(field_words(field) for field in error.fields.values()))
    return _by_status(status)


def fault_words() -> str:
    """Return what is said to who finished a task on which the process then failed."""
    return _(
        "The process met a fault behind this step, and did not go on. It has been reported; "
        "your answers are kept as your draft. Try again later, or tell the process supervisor."
    )


def field_words(error: FieldError) -> str:
    """Return what is wrong with one field, and what would be right."""
    wording = FIELDS.get(error.code)
    return wording(error.params) if wording else _("This answer cannot be accepted.")


def cleaned_words(said: Mapping[str, Any] | None) -> str:
    """Return what was taken out of a file that came, or why nothing was."""
    if not said:
        return ""
    if why := said.get("kept"):
        return {
            "signed": _("nothing: it is signed, and would lose its signature"),
            "moving": _("nothing: moving pictures are not cleaned"),
        }.get(why, _("nothing: this kind of file cannot be cleaned, it may tell who made it"))
    things = {
        "attached": _("attached files"),
        "author": _("author and title"),
        "camera": _("camera and settings"),
        "note": _("notes"),
        "place": _("place where it was taken"),
        "preview": _("preview"),
        "program": _("program"),
        "remarks": _("names of who remarked or changed"),
        "time": _("times"),
    }
    return names.joined(things[one] for one in said.get("removed", ()) if one in things) or _(
        "nothing was there"
    )


def _by_status(status: int) -> str:
    words = {
        401: _("Sign in first."),
        403: _("Your role does not include this. If it should, ask your administrator."),
        404: _("It was removed, was never there, or is not for you to see. Go back to the inbox."),
        405: _("This address cannot be used this way. Go back to the inbox."),
        409: _("It changed while you were looking at it. Load the page again and look at what is there now."),
        413: _("What you sent is too large. Send fewer or smaller files."),
        429: _("Too many attempts in a short time. Wait some minutes and try again."),
    }
    if status in words:
        return words[status]
    if status >= 500:
        return _(
            "Nothing of what you sent was stored. Try again; "
            "if it happens again, tell your administrator the number below."
        )
    return _("The request could not be understood. Go back and try again.")


def _claimed(params: Params) -> str:
    name = names.person(params.get("by"))
    if not name:
        return _("Somebody has claimed this task in the meantime.")
    return _("%(name)s has already claimed this task. Choose another one, or talk to %(name)s.", name=name)


def _closed(params: Params) -> str:
    name = names.person(params.get("by"))
    if not name:
        return _("This task is closed already; nothing is left to do in it.")
    return _("%(name)s has already finished this task; nothing is left to do in it.", name=name)


def _not_allowed(params: Params) -> str:
    rule = str(params.get("rule") or "")
    if not rule:
        return _by_status(403)
    return _("Refused: %(why)s (rule %(rule)s).", why=codes.word("wall_rules", rule, names.lang()), rule=rule)


def _role(params: Params) -> str:
    given = params.get("roles") or []
    return _("This page is for: %(roles)s.", roles=names.joined(names.role(role) for role in given))


#: Failures by code.
ERRORS: dict[str, Wording] = {
    **moving_words.ERRORS,
    **signing_words.ERRORS,
    **template_words.ERRORS,
    "facts_not_shown": lambda p: _(
        "The facts have not been shown to the persons yet: that comes before the report."
    ),
    "account": lambda p: _("There is no account %(login)s.", login=p.get("login", "")),
    "account_exists": lambda p: _("There is already an account %(login)s.", login=p.get("login", "")),
    "own_publication": lambda p: _("Nobody is his own second person: another process supervisor decides."),
    "not_own_publication": lambda p: _("Only who asked may take it back."),
    "publication": lambda p: _("There is no such request to publish: look at the page of processes."),
    "publication_decided": lambda p: _(
        "%(name)s has decided this already. Load the page again.", name=names.person(p.get("by"))
    ),
    "publication_waiting": lambda p: _(
        "%(name)s has asked to publish this process already; that is decided first.",
        name=names.person(p.get("by")),
    ),
    "second_person": lambda p: _("A matter's process is steered by two persons: ask for it in the cockpit."),
    "own_steering": lambda p: _("Nobody is his own second person: another who may confirm it decides."),
    "not_own_steering": lambda p: _("Only who asked may take it back."),
    "steering": lambda p: _("There is no such request: look at the cockpit."),
    "steering_decided": lambda p: _(
        "%(name)s has decided this already. Load the page again.", name=names.person(p.get("by"))
    ),
    "steering_waiting": lambda p: _(
        "%(name)s has asked for something with this process already; that is decided first.",
        name=names.person(p.get("by")),
    ),
    "not_suspended": lambda p: _("It is not suspended."),
    "running": lambda p: _("It still runs."),
    "sandbox": lambda p: _("There is no sandbox of yours for this process: begin one."),
    "sandbox_changed": lambda p: _("Something was done here in another window since: load the page again."),
    "sandbox_full": lambda p: _("The sandbox has grown too large: start over."),
    "nothing_to_undo": lambda p: _("There is nothing to undo any more."),
    "handed": lambda p: _('Write what is handed over as a JSON object, such as {"handlers": ["handler"]}.'),
    "nothing_due": lambda p: _("Nothing is due."),
    "clock_forward": lambda p: _("Choose a later day, within ten years: the clock goes forward only."),
    "not_moved": lambda p: _("It was not moved by this order."),
    "moved_on": lambda p: _("It has gone on since it was moved: it stays on the new version."),
    "merged": lambda p: _("Several steps have become one: which it was is not known any more."),
    "version_overtaken": lambda p: _(
        "%(name)s published version %(n)d after this was asked for. "
        "Send it back, so that it is drawn anew on that version.",
        name=names.person(p.get("by")),
        n=p.get("version", 0),
    ),
    "unchanged": lambda p: _("Nothing to publish: the diagram is that of the newest version."),
    "reason": lambda p: _("Say why, in at most 255 characters."),
    "findings": lambda p: _("The check refuses the files by now: see what it finds."),
    "file_name": lambda p: _(
        "Beside a diagram lie forms and decision tables, written in UTF-8, and nothing else."
    ),
    "both_sides": lambda p: _(
        "Who handed the clue over may not also sign for it: leave it to another person."
    ),
    "claimed": _claimed,
    "closed": _closed,
    "csrf": lambda p: _("This page has become too old to send. Load it again and repeat what you did."),
    "assignee": lambda p: _("There is no such person to pass the task to."),
    "box": lambda p: _("There is no such list. Go back to the inbox."),
    "business_key": lambda p: _("The number is too long."),
    "calendar_unit": lambda p: _("There is no such unit, or its calendar is not for you to see."),
    "clue": lambda p: _("There is no such matter, or it is not for you to see."),
    "cursor": lambda p: _("This page of the list no longer exists. Go back to its beginning."),
    "definition": lambda p: _("There is no such process, or it is not for you to see."),
    "document": lambda p: _("There is no such document, or it is not for you to see."),
    "draft": lambda p: _("The draft is too large to be kept. Finish the task, or leave something out."),
    "ended": lambda p: _("The matter has ended; nothing more can be done in its process."),
    "feed": lambda p: _("There is no such calendar: it was withdrawn, or never there."),
    "form": lambda p: _("Some answers are missing or wrong. They are listed above the form."),
    "instance": lambda p: _("There is no such matter, or it is not for you to see."),
    "language": lambda p: _("There are no pages in this language."),
    "split": lambda p: _("The clue is split already."),
    "missing_variable": lambda p: _(
        "The process lacks the value “%(name)s”. Tell the process supervisor.", name=p.get("name", "")
    ),
    "calendar": lambda p: _("The holiday plan is refused; nothing was changed."),
    "jurisdiction": lambda p: _("There is no such place in the calendar."),
    "limit_fields": lambda p: _("Some answers are missing or wrong. They are listed above the form."),
    "limit_recorded": lambda p: _(
        "The dates of %(limit)s are only recorded: no clock runs on them.", limit=p.get("limit", "")
    ),
    "limit_same": lambda p: _("Nothing would change: the newest version says the same."),
    "preview": lambda p: _("The due date cannot be worked out like this."),
    "limit": lambda p: _(
        "The time limit %(rule)s is not loaded. Tell your administrator.", rule=p.get("rule", "")
    ),
    "no_form": lambda p: _("The process has no form to begin with. Tell the process supervisor."),
    "no_person": lambda p: _("Nobody signs in as %(login)s.", login=p.get("login", "")),
    "no_unit": lambda p: _("There is no unit with the code %(unit)s.", unit=p.get("unit", "")),
    "no_receiver": lambda p: _("The matter does not wait for this any more."),
    "no_role": lambda p: _("There is no role %(role)s.", role=p.get("role", "")),
    "not_allowed": _not_allowed,
    "not_signed_in": lambda p: _("Sign in first."),
    "log": lambda p: _("The visibility matrix gives your role no sight of the access log."),
    "list_unchecked": lambda p: _("The list is still being checked. Wait until all its rows are."),
    "list_begun": lambda p: _("The list is being sent, or was sent: it can no longer be dropped."),
    "message": lambda p: _("There is no such undelivered message; somebody has tried it again already."),
    "notification": lambda p: _("There is no such notification, or it is not for you to see."),
    "one_time_link": lambda p: _("This link was used, is too old, or was never there. Ask for a new one."),
    "own_factor": lambda p: _("You remove your own second factor on your page Sign-in and security."),
    "own_account": lambda p: _("You cannot disable your own account."),
    "not_supplemented": lambda p: _("The handlers have not sent the supplemented file yet."),
    "panel": lambda p: _("This is for the panel that reviews the case."),
    "no_meeting": lambda p: _(
        "No meeting of the standing committee has decided on this case: without one there is no sanction."
    ),
    "committee_missing": lambda p: _("The Party committee has not approved this sanction."),
    "not_announced": lambda p: _("The decision has not been announced to the person yet."),
    "proposer": lambda p: _("Who made the proposal may not approve it: leave it to another person."),
    "no_return_duty": lambda p: _("The agency owes no returns."),
    "return": lambda p: _("There is no such return, or it is not for you to see."),
    "return_closed": lambda p: _("The return is closed already."),
    "return_duty": lambda p: _("The agency owes returns already."),
    "return_period": lambda p: _("There is no such return period."),
    "process": lambda p: _("There is no such process, or it is not for you to see."),
    "receiver": lambda p: _("Only an agency, or who takes transfers in, can enter a clue."),
    "template": lambda p: _("The template of this paper is not deployed. Tell the process supervisor."),
    "announcement_report": lambda p: _("There is no such report, or it is not for you to see."),
    "drew_up": lambda p: _("Who drew the report up may not also sign it: leave it to another leader."),
    "quarterly_list": lambda p: _("There is no such list, or it is not for you to see."),
    "resolved": lambda p: _("This has been settled already."),
    "rate_limit": lambda p: _(
        "You have done this very often in a short time. Try again in %(n)d minutes.", n=p.get("minutes", 1)
    ),
    "report_code": lambda p: _("This code is not valid. Compare it with the receipt, sign by sign."),
    "role": _role,
    "provider": lambda p: _("There is no other way to sign in here than the password."),
    "provider_account": lambda p: _(
        "The city's sign-in knows you, but there is no account here for you, or it is disabled. Ask your administrator."
    ),
    "provider_away": lambda p: _(
        "The city's sign-in does not answer. Sign in with your password, or try again later."
    ),
    "provider_claim": lambda p: _(
        "The city's sign-in does not say which account is yours. Tell your administrator."
    ),
    "provider_refused": lambda p: _("The city's sign-in did not confirm who you are. Begin again."),
    "provider_state": lambda p: _("This sign-in was begun in another window, or too long ago. Begin again."),
    "scope": lambda p: _("The token is not for this."),
    "second_factor": lambda p: _("A code of the second factor has to follow."),
    "second_factor_missing": lambda p: _(
        "Your role demands a second factor. Set it up; everything else is open to you afterwards."
    ),
    "second_factor_begin": lambda p: _("There is no second factor. Set it up first."),
    "second_factor_code": lambda p: _(
        "The code is wrong, too old, or used already. Wait for the next one, and check the clock of the telephone."
    ),
    "second_factor_there": lambda p: _("There is a second factor already."),
    "session": lambda p: _("That browser is signed out already."),
    "token": lambda p: _("There is no such token; it was revoked."),
    "token_needed": lambda p: _("This account has a second factor: a program comes with a token."),
    "sealed_item": lambda p: _("There is no such sealed item, or it is not for you to see."),
    "signin": lambda p: _("The account name or the password is wrong. Check both; capitals count."),
    "signin_limit": lambda p: _(
        "Too many failed attempts. Try again in %(n)d minutes.", n=p.get("minutes", 1)
    ),
    "spoilt": lambda p: _("The process met a fault and nothing was stored. Tell the process supervisor."),
    "stale": lambda p: _(
        "It changed while you were looking at it. Load the page again and look at what is there now."
    ),
    "suspended": lambda p: _("The matter is suspended. It can go on once it is resumed."),
    "transfer_list": lambda p: _("There is no such list: it was dropped, is too old, or is somebody else's."),
    "migration": lambda p: _("There is no such way from one version of the process to the other."),
    "unsafe": lambda p: _(
        "The matter has no safe place in the other version of its process, and stays where it is."
    ),
    "other_version": lambda p: _("The matter has left that version of its process already."),
    "recusal": lambda p: _("There is no such recusal to be lifted."),
    "filing": lambda p: _("There is no such filing."),
    "archived": lambda p: _("The matter is in the archive already."),
    "decided": lambda p: _("This is decided already."),
    "held": lambda p: _("A hold stands on the matter: nothing of it is destroyed."),
    "hold": lambda p: _("There is no such hold to be lifted."),
    "matter_open": lambda p: _("The matter has not ended: something of it is still being done."),
    "not_archived": lambda p: _("The matter is not in the archive."),
    "unsealing": lambda p: _("There is no such right to be withdrawn."),
    "unsealing_person": lambda p: _(
        "Applicant, leader in charge and principal are three different persons: leave it to another one."
    ),
    "unstorable": lambda p: _("A text is too long, or holds characters that cannot be stored."),
    "vault_closed": lambda p: _("The intake clerk records the reporter, until the clue is distributed."),
    "vault_protected": lambda p: _(
        "Minors and victims are recorded by who takes in, registers or handles the matter."
    ),
    "vault_file": lambda p: _("The file of the vault's master keys is not usable. Tell your administrator."),
    "vault_key": lambda p: _("The vault has no master key, so nothing can be recorded or read."),
    "vault_key_missing": lambda p: _(
        "A record of the vault was sealed by a master key that is not there. Tell your administrator."
    ),
    "vault_passed_on": lambda p: _("This was passed on already."),
    "vault_receipt": lambda p: _("The intake clerk who took the clue in gives out its receipt."),
    "vault_purpose": lambda p: _("Say what the identity is needed for."),
    "vault_tampered": lambda p: _(
        "The seal of this record is broken: it was changed, or put in the place of another. Tell your administrator."
    ),
    "webhook": lambda p: _("There is no such webhook; it was withdrawn."),
    "task": lambda p: _("There is no such task, or it is no longer yours to see. Go back to the inbox."),
}


def _expected(params: Params) -> str:
    words = {
        "text": _("Write text here."),
        "number": _("Write a number in digits, such as 1200 or 35.5."),
        "boolean": _("Tick the box or leave it empty."),
        "list": _("Choose from the list."),
        "date": _("Write a day as year-month-day, such as 2026-03-09."),
        "datetime": _("Write a day and a time, such as 2026-03-09 14:30."),
        "rows": _("Fill in the rows."),
        "row": _("Fill in the rows."),
        "option": _("Choose one of the options."),
    }
    return words.get(str(params.get("expected")), "") or _("This answer cannot be accepted.")


#: What is wrong with a field, by code: those of `workflows.forms`, of accounts, and of uploads.
FIELDS: dict[str, Wording] = {
    **case_events.REFUSALS,
    **caseflow_events.REFUSALS,
    "required": lambda p: _("An answer is needed."),
    "process_key": lambda p: _(
        "Begin with a small letter; then small letters, digits and _ alone, 2 to 48 in all."
    ),
    "process_exists": lambda p: _("There is a process of this key already: choose another."),
    "unknown": lambda p: _("The form does not ask for this."),
    "type": _expected,
    "too_long": lambda p: _(
        "Too long: %(length)d characters; at most %(max)d are allowed.", length=p["length"], max=p["max"]
    ),
    "too_short": lambda p: _(
        "Too short: %(length)d characters; at least %(min)d are needed.", length=p["length"], min=p["min"]
    ),
    "characters": lambda p: _(
        "It contains a character that cannot be stored. Type the text again instead of pasting it."
    ),
    "line_breaks": lambda p: _("Write it in one line."),
    "email": lambda p: _("This is no e-mail address. It looks like name@office.cn."),
    "mail_domain": lambda p: _(
        "Mail goes to these domains only: %(domains)s. Give an address of one of them.",
        domains=names.joined(p.get("domains", ())),
    ),
    "webhook_url": lambda p: _(
        "This is no address that can be told. It begins with https://, names a host and perhaps a path, and has "
        "no user name or password."
    ),
    "webhook_https": lambda p: _("Only https is allowed here. Write https:// instead of http://."),
    "webhook_private": lambda p: _(
        "This address lies within a network that is not allowed. Name a public host, or let the operator "
        "allow the network."
    ),
    "phone": lambda p: _(
        "This is no telephone number. Use digits, spaces and hyphens, such as 0512-6543 2100."
    ),
    "min": lambda p: _("At least %(min)s.", min=names.number(p["min"])),
    "max": lambda p: _("At most %(max)s.", max=names.number(p["max"])),
    "integer": lambda p: _("Write a whole number."),
    "decimals": lambda p: _("At most %(decimals)d digits after the point.", decimals=p["decimals"]),
    "date": lambda p: _("This is no day of the calendar. Write year-month-day, such as 2026-03-09."),
    "datetime": lambda p: _("Write a day and a time, such as 2026-03-09 14:30."),
    "absence_circle": lambda p: _(
        "In these days this person is represented by you in the end. Choose another one."
    ),
    "absence_order": lambda p: _("The last day lies before the first."),
    "absence_role": lambda p: _(
        "By the roles of both, this person may not stand in for that work. Choose another person or other work."
    ),
    "absence_self": lambda p: _("Nobody stands in for himself. Choose another person."),
    "absence_taken": lambda p: _("You have entered an absence in these days already."),
    **clearing_events.REFUSALS,
    "reporter_named": lambda p: _(
        "The text still bears the name or a number of the reporter. Take it out, as proposed."
    ),
    "recusal_known": lambda p: _("The person's recusal is asked for already, or decided."),
    "dual_trigger": lambda p: _("Nothing calls for it by what is said above: then nothing is started."),
    "all_filed": lambda p: _(
        "All who are named are filed already: that is handled inside their case, and nothing separate is started."
    ),
    "not_filed": lambda p: _(
        "Not all who are named are filed: for those nothing can be handled inside a case."
    ),
    "line_supervisor": lambda p: _(
        "That office supervises the unit in its line: another one has to inquire."
    ),
    "not_internal": lambda p: _(
        "Handlers are inquired into by internal supervision or the commission above."
    ),
    "handled_source": lambda p: _(
        "%(names)s had part in the source case.",
        names=names.joined(names.person(login) for login in p["logins"]),
    ),
    "about": lambda p: _(
        "The matter is about somebody called like %(names)s.",
        names=names.joined(names.person(login) for login in p["logins"]),
    ),
    "unheard": lambda p: _("Nobody has been heard yet for: %(names)s.", names=names.joined(p["names"])),
    "owners_once": lambda p: _("Each who answers stands here once, and nobody is left out."),
    "filed_organisation": lambda p: _(
        "A case is filed against persons: decide on an organisation by its own ways."
    ),
    "ways_held": lambda p: _("Who is held accountable needs a way, and nobody else has one."),
    "ways_object": lambda p: _("This way is not for an organisation, or not for a person."),
    "measure_way": lambda p: _("An organisational measure goes with the way of that name only."),
    "suspension_committee": lambda p: _(
        "A suspension names the day and the number of the Party committee's decision: its limit runs from there."
    ),
    "suspension_longer": lambda p: _(
        "It lasts until %(day)s already: give a later day.", day=p.get("day", "")
    ),
    "publish": lambda p: _("What changes posts or is a sanction is made public in a suitable form."),
    "report_above": lambda p: _("It concerns all who might read it here: report it to the commission above."),
    "latest_now": lambda p: _("This lies ahead. Write when it happened."),
    "erasure_done": lambda p: _("This was destroyed before, or there is nothing to be destroyed."),
    "erasure_held": lambda p: _("A hold stands on the matter: nothing of it is destroyed."),
    "erasure_not_due": lambda p: _("Its retention period is not over, or it is kept for ever."),
    "erasure_related": lambda p: _(
        "A part of it, or a clue that was joined to it, is still kept: that one comes first."
    ),
    "erasure_waits": lambda p: _("This is proposed already and waits for a decision."),
    "unsealing_waits": lambda p: _("You have asked for it already, or may read it now."),
    "file_bomb": lambda p: _(
        "“%(name)s” is too large once it is unpacked. Save it anew, or in parts.", name=p.get("name", "")
    ),
    "file_broken": lambda p: _(
        "“%(name)s” is broken or not what it seems. Open it, save it anew and send that.",
        name=p.get("name", ""),
    ),
    "file_locked": lambda p: _(
        "“%(name)s” is locked by a password. Send it without one.", name=p.get("name", "")
    ),
    "file_pixels": lambda p: _(
        "The picture “%(name)s” has more than 64 million pixels. Make it smaller.", name=p.get("name", "")
    ),
    "file_uncleanable": lambda p: _(
        "“%(name)s” may tell who made it, and that cannot be taken out of this kind of file. Send it as PDF, JPEG, PNG, "
        "Word, Excel or plain text.",
        name=p.get("name", ""),
    ),
    "earliest": lambda p: _("Not before %(earliest)s.", earliest=p["earliest"]),
    "latest": lambda p: _("Not after %(latest)s.", latest=p["latest"]),
    "option": lambda p: _("Choose one of the options."),
    "options_missing": lambda p: _("The list of options is not loaded. Tell your administrator."),
    "repeated": lambda p: _("The same choice stands here twice."),
    "too_many": lambda p: _("At most %(max)d files.", max=p["max"]),
    "file": lambda p: _("This file is no longer there. Choose it again."),
    "file_kind": lambda p: _(
        "“%(name)s” is not of an allowed kind (%(kinds)s). Choose another file.",
        name=p["name"],
        kinds=" ".join(p["kinds"]),
    ),
    "file_empty": lambda p: _("“%(name)s” is empty. Choose another file.", name=p["name"]),
    "rows_min": lambda p: _("At least %(min)d rows are needed.", min=p["min"]),
    "rows_max": lambda p: _("At most %(max)d rows are allowed.", max=p["max"]),
    "login": lambda p: _(
        "Small letters, digits, points and hyphens, beginning with a letter or digit; at most 64."
    ),
    "account": ERRORS["account"],
    "login_role": lambda p: _("This is the name of a role. Choose another account name."),
    "password": lambda p: _("A password has %(min)d to %(max)d characters.", min=p["min"], max=p["max"]),
    "password_common": lambda p: _(
        "This password is among the first that are guessed: a common one, the account name, or keys in a row. "
        "Choose another one."
    ),
    "taken": lambda p: _("“%(value)s” is taken. Choose another one.", value=p.get("value", "")),
    "pattern": lambda p: _("This is not written as it should be."),
    "too_few": lambda p: _("At least %(min)d persons are needed.", min=p["min"]),
    "earlier_version": lambda p: _(
        "The diagram of this matter is an earlier version, which sends one letter only. Choose one person, or "
        "let a supervisor move the matter to the newest version."
    ),
    "twice": lambda p: _("Somebody is named twice."),
    "letter_not_delegated": lambda p: _("Only a talk can be delegated, a letter cannot."),
    "not_replied": lambda p: _("No reply has come, so it cannot be complete."),
    "reply_complete": lambda p: _("The reply is complete: nothing is asked again."),
    "inquired_twice": lambda p: _("One asks again once only. What is unclear then is verified."),
    "not_asked": lambda p: _("An allegation is about somebody who was not asked in this inquiry."),
    "finding_unfit": lambda p: _(
        "The findings do not bear this proposal: only what is untrue or unproven is accepted, "
        "only what is unclear is asked again."
    ),
    "unanswered": lambda p: _("Asked twice and not answered: only verification is left."),
    "not_of_office": lambda p: _(
        "Not a handler of this office: %(names)s.",
        names=names.joined(names.person(login) for login in p["logins"]),
    ),
    "recused": lambda p: _(
        "Recused from this clue: %(names)s.", names=names.joined(names.person(login) for login in p["logins"])
    ),
    "recused_present": lambda p: _("Nobody can be both present and recused."),
    "may_not_sit": lambda p: _(
        "May not sit in this meeting: %(names)s.",
        names=names.joined(names.person(login) for login in p["logins"]),
    ),
    "sits_twice": lambda p: _(
        "Named more than once: %(names)s.", names=names.joined(names.person(login) for login in p["logins"])
    ),
    "recorder_absent": lambda p: _("Who records the study must have been present."),
    "split_lost": lambda p: _("In neither part: %(names)s.", names=names.joined(p["names"])),
    "split_same": lambda p: _("Both parts say the same: write what belongs to each."),
    "handler_already": lambda p: _("This person handles the clue already. Choose another."),
    "own_handler": lambda p: _("Who assigns the handlers cannot be one of them."),
    "no_handling_office": lambda p: _(
        "%(office)s handles no clues: it has no head or fewer than two handlers.",
        office=names.unit(p["office"]),
    ),
    "duration_in_date": lambda p: _(
        "“%(value)s” is a length of time. Write the day of the event here, such as 2026-03-09; the length belongs to "
        "number and unit.",
        value=p.get("value", ""),
    ),
    "no_such_day": lambda p: _("There is no %(value)s in the calendar.", value=p.get("value", "")),
    "instant_needed": lambda p: _("A limit in hours runs from the hour: give the time, too."),
    "rule_or_length": lambda p: _("Choose a rule, or give a number and a unit."),
    "no_rule": lambda p: _("There is no rule %(value)s in the table of limits.", value=p.get("value", "")),
    "rule_without_number": lambda p: _(
        "%(value)s has no number: its due date is set by a person.", value=p.get("value", "")
    ),
    "whole_number": lambda p: _("Write a whole number."),
    "unit": lambda p: _("Choose from the list."),
    "truth": lambda p: _("Tick the box or leave it empty."),
    "no_jurisdiction": lambda p: _("No holiday plan of %(value)s is loaded.", value=p.get("value", "")),
    "clue_circle": lambda p: _("%(number)s is itself joined to this clue.", number=p["number"]),
    "clue_not_here": lambda p: _(
        "%(number)s was not received here, or is with another body.", number=p["number"]
    ),
    "clue_number": lambda p: _("There is no other clue with the number %(number)s.", number=p["number"]),
    "before_start": lambda p: _("The end lies before the beginning."),
    "own_agency": lambda p: _("An agency transfers in its own name only."),
    "period_ahead": lambda p: _("The period begins on %(day)s only.", day=p.get("day", "")),
    "period_open": lambda p: _(
        "Every agency that owes a return for %(period)s has been asked for it.", period=p.get("period", "")
    ),
    "return_empty": lambda p: _(
        "Nothing was transferred in the period: transfer the clues first, or make a nil return."
    ),
    "return_late": lambda p: _("The due day is over: write why the return is late."),
    "return_not_nil": lambda p: _(
        "Clues were transferred in the period (%(count)s: %(numbers)s): choose the list instead.",
        count=p.get("count", ""),
        numbers=names.joined(p.get("numbers", ())),
    ),
    "own_principal": lambda p: _("The principal does not carry what is about the principal."),
    "report_no": lambda p: _("Write the number of the report only, with its digits; never a name."),
    "from_above": lambda p: _(
        "Whether a clue comes from above is said when it is taken in; it cannot be changed here."
    ),
    "not_concluded": lambda p: _("The clue is not concluded yet: nothing can be reported."),
    "quarter_reported": lambda p: _("There is a report on this quarter already."),
    "late_reasons": lambda p: _(
        "Each decision that is overdue stands here once, with its reason: %(numbers)s.",
        numbers=names.joined(p.get("numbers", ())),
    ),
    "before_signed": lambda p: _("The report is handed over after the leader has signed it, not before."),
    "quarter_runs": lambda p: _("This quarter has not ended yet."),
    "extension_waits": lambda p: _("A change of this limit is asked for already, and not decided yet."),
    "extension_late": lambda p: _(
        "An extension is asked for and decided before the limit ends, and this one ended or was met: %(day)s.",
        day=p.get("day", ""),
    ),
    "pause_late": lambda p: _(
        "A pause is asked for before the limit ends, and this one ended or was met: %(day)s.",
        day=p.get("day", ""),
    ),
    "no_extension": lambda p: _(
        "The table of limits allows no extension of %(rule)s.", rule=p.get("rule", "")
    ),
    "no_pause": lambda p: _("The table of limits allows no pause of %(rule)s.", rule=p.get("rule", "")),
    "clock_stands": lambda p: _(
        "The clock of %(rule)s stands: let it run again first.", rule=p.get("rule", "")
    ),
    "clock_runs": lambda p: _(
        "The clock of %(rule)s runs: there is no pause to end.", rule=p.get("rule", "")
    ),
    "clock_ended": lambda p: _("The step is finished and its clock ended: refuse the application."),
    "no_clock": lambda p: _("No clock of %(rule)s runs in this matter.", rule=p.get("rule", "")),
    "extensions_spent": lambda p: ngettext(
        "%(rule)s may be extended %(num)d time, and was.",
        "%(rule)s may be extended %(num)d times, and was.",
        p.get("count", 1),
        rule=p.get("rule", ""),
    ),
    "pauses_spent": lambda p: ngettext(
        "%(rule)s may be paused %(num)d time, and was.",
        "%(rule)s may be paused %(num)d times, and was.",
        p.get("count", 1),
        rule=p.get("rule", ""),
    ),
    "pause_cap_spent": lambda p: _(
        "All the time for which %(rule)s may be paused is used.", rule=p.get("rule", "")
    ),
    "ground": lambda p: _(
        "Choose a ground that the table of limits names for %(rule)s.", rule=p.get("rule", "")
    ),
    "extension_cap": lambda p: (
        _("At most %(left)s more may be added.", left=names.length(p.get("left"), p.get("unit", "")))
        if p.get("left")
        else _("All that may be added has been.")
    ),
    "pause_before_start": lambda p: _(
        "It cannot stand before it ran: give %(day)s or later.", day=p.get("earliest", "")
    ),
    "before_pause": lambda p: _(
        "The end lies before the beginning of the pause: give %(day)s or later.", day=p.get("earliest", "")
    ),
    "not_yet": lambda p: _("That is still to come: give %(day)s or earlier.", day=p.get("latest", "")),
    "beyond_pause_cap": lambda p: _(
        "The rule lets the clock stand until %(day)s at most: give that day or an earlier one.",
        day=p.get("latest", ""),
    ),
    "paper_needed": lambda p: _("Give the number of the document, or send the file."),
    "time_of_day": lambda p: _("This limit is in hours: give the time as well, such as 14:30."),
    **sanction_errors.FIELDS,
    **template_words.FIELDS,
}
