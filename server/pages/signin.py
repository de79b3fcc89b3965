"""Signing in, in one step or two, and out, and choosing the language."""

from __future__ import annotations

from flask import redirect, render_template, request, url_for
from sqlalchemy import select
from werkzeug.wrappers import Response

from handlers import office
from server import auth, entry, errors, guard, language
from server.db import reading, unit_of_work
from server.guard import current_actor, public, safe_target
from server.pages import names
from server.pages.blueprint import blueprint
from server.traffic import rates
from workflows.actor import Actor
from workflows.errors import DubanError, InvalidInput

#: The demo's accounts, in the order in which a clue meets them.
TOUR = [
    "agency",
    "clerk",
    "clerk2",
    "intake",
    "principal",
    "head",
    "handler",
    "handler2",
    "leader",
    "reviewer",
    "supervisor",
    "auditor",
    "admin",
]


@blueprint.get("/")
@guard.guard()
def home(actor: Actor) -> Response:
    """Lead to the inbox; who is not signed in comes to the page for that."""
    return redirect(url_for("pages.inbox"), 303)


@blueprint.get("/signin")
@public
def signin() -> Response | str:
    """Show the page to sign in."""
    if current_actor():
        return redirect(url_for("pages.inbox"), 303)
    return page("", safe_target(request.args.get("next")))


@blueprint.post("/signin")
@public
def enter() -> Response | tuple[str, int]:
    """Sign in, or show the page again with what is wrong."""
    login, target = request.form.get("login", ""), safe_target(request.form.get("next"))
    try:
        return entry.sign_in(login, request.form.get("password", ""), target=target)
    except auth.TooManyAttempts as error:
        return page(login, target, error), 429
    except auth.Refused as error:
        return page(login, target, error), 401


@blueprint.get("/signin/code")
@public
def signin_code() -> Response | str:
    """Ask who has proved the password for a code of the second factor."""
    return render_template("signin_code.html") if entry.half() else redirect(url_for("pages.signin"), 303)


@blueprint.post("/signin/code")
@public
def enter_code() -> Response | tuple[str, int]:
    """Let in who gives the code, or show the page again with what is wrong."""
    if entry.half() is None:
        return redirect(url_for("pages.signin"), 303)
    try:
        return entry.prove(request.form.get("code", ""))
    except (auth.WrongCode, rates.TooMany) as error:
        return render_template("signin_code.html", error=error), errors.status_of(error)


@blueprint.post("/signout")
@guard.guard()
def sign_out(actor: Actor) -> Response:
    """End the session."""
    return entry.sign_out()


@blueprint.post("/language")
@public
def choose_language() -> Response:
    """Show pages in the chosen language from now on; the account remembers it."""
    locale = request.form.get("language", "")
    if locale not in language.LANGUAGES:
        raise InvalidInput(f"There are no pages in {locale!r}.", code="language")
    actor = current_actor()
    if actor:
        with unit_of_work() as session:
            auth.use_language(session, actor.id, locale)
    response = redirect(safe_target(request.form.get("next")) or url_for("pages.home"), 303)
    language.remember(response, locale)
    return response


def page(login: str, target: str | None, error: DubanError | None = None) -> str:
    """Return the page to sign in, with what went wrong."""
    accounts = _demo_accounts() if guard.settings().demo else []
    return render_template(
        "signin.html",
        login=login,
        target=target,
        error=error,
        accounts=accounts,
        provider=guard.settings().provider is not None,
        left=request.args.get("out") == "provider",
    )


def _demo_accounts() -> list[tuple[str, str, str]]:
    """Return the accounts that a visitor of the demo may use: login, name, what they do."""
    held = (
        select(office.Person.login, office.Person.name, office.Role, office.Unit)
        .join(office.Membership, office.Membership.person_id == office.Person.id)
        .join(office.Role, office.Role.id == office.Membership.role)
        .outerjoin(office.Unit, office.Unit.id == office.Membership.unit_id)
        .join(auth.Account, auth.Account.login == office.Person.login)
        .where(office.Person.login.in_(TOUR))
    )
    roles: dict[tuple[str, str], list[str]] = {}
    with reading() as session:
        for login, name, role, unit in session.execute(held):
            words = names.named(role) if unit is None else f"{names.named(unit)} · {names.named(role)}"
            roles.setdefault((login or "", name), []).append(words)
    found = [(login, name, names.listed(sorted(words))) for (login, name), words in roles.items()]
    return sorted(found, key=lambda account: TOUR.index(account[0]))
