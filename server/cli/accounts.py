"""`duban user`: accounts, from a machine to which only the administrator has access."""

from __future__ import annotations

import secrets
import sys
from datetime import timedelta

import click
from sqlalchemy import select

from handlers import office
from server import auth
from server.auth import factors, links, tokens
from server.cli.common import opened
from server.settings import Settings
from workflows import audit
from workflows.errors import InvalidInput

#: Who stands in the audit.
ACTOR = "command line"
_LINK = "Print a one-time link by which the person chooses a password, instead of asking for one."


@click.group()
def user() -> None:
    """Add, disable and reset accounts."""


@user.command(name="add")
@click.argument("login")
@click.option("--name", help="The person's name.")
@click.option("--role", "roles", multiple=True, help="A role, or role@UNIT; may be given several times.")
@click.option("--generate", is_flag=True, help="Make a password and print it, instead of asking for one.")
@click.option("--link", is_flag=True, help=_LINK)
def user_add(login: str, name: str | None, roles: tuple[str, ...], generate: bool, link: bool) -> None:
    """Add an account; the password is asked for, or read from standard input."""
    password = None if _by_link(link, generate) else _new_password(generate)
    settings = Settings.from_env()
    with opened(settings) as database, database.unit_of_work() as session:
        auth.create(session, login, password)
        if not session.scalar(select(office.Person.id).where(office.Person.login == login)):
            session.add(office.Person(login=login, name=name or login))
            session.flush()
        for role in roles:
            role_id, _, unit = role.partition("@")
            office.enrol(session, login, role_id, unit_code=unit or None, since=office.today())
        detail = {"login": login, "roles": list(roles)}
        audit.record(session, actor=ACTOR, act="account.create", detail=detail)
        token = links.make(session, login, actor=ACTOR) if link else ""
    _tell(settings, login, password, generate, token)


@user.command(name="disable")
@click.argument("login")
def user_disable(login: str) -> None:
    """Let nobody in under this login from now on, and end its sessions and tokens."""
    with opened(Settings.from_env()) as database, database.unit_of_work() as session:
        auth.disable(session, login, actor=ACTOR)
    click.echo(f"{login} is disabled.")


@user.command(name="enable")
@click.argument("login")
def user_enable(login: str) -> None:
    """Let a disabled account in again, with the password it had."""
    with opened(Settings.from_env()) as database, database.unit_of_work() as session:
        auth.enable(session, login, actor=ACTOR)
    click.echo(f"{login} is enabled.")


@user.command(name="reset")
@click.argument("login")
@click.option("--generate", is_flag=True, help="Make a password and print it, instead of asking for one.")
@click.option("--link", is_flag=True, help=_LINK)
@click.option("--second-factor", is_flag=True, help="Remove the second factor as well.")
def user_reset(login: str, generate: bool, link: bool, second_factor: bool) -> None:
    """Give an account a new password, and end its sessions and tokens."""
    password = None if _by_link(link, generate) else _new_password(generate)
    settings, token = Settings.from_env(), ""
    with opened(settings) as database, database.unit_of_work() as session:
        if second_factor:
            factors.remove(session, login, actor=ACTOR)
        if password is None:
            token = links.make(session, login, actor=ACTOR)
        else:
            auth.reset(session, login, password, actor=ACTOR)
    _tell(settings, login, password, generate, token)


@user.command(name="token")
@click.argument("login")
@click.option("--name", default="command line", show_default=True, help="What the token is for.")
@click.option(
    "--days", type=click.IntRange(1, 3650), default=90, show_default=True, help="How long it holds."
)
@click.option(
    "--scope",
    "scopes",
    multiple=True,
    type=click.Choice(tokens.SCOPES),
    help="What it is for; may be given several times. Without it: everything.",
)
def user_token(login: str, name: str, days: int, scopes: tuple[str, ...]) -> None:
    """Print a new API token of an account; it is shown this once."""
    with opened(Settings.from_env()) as database, database.unit_of_work() as session:
        made = tokens.create(
            session, login, name, lasts=timedelta(days=days), actor=ACTOR, scopes=scopes or tokens.ALL
        )
    click.echo(made)


def _new_password(generate: bool) -> str:
    if generate:
        return secrets.token_urlsafe(12)
    if sys.stdin.isatty():
        return str(click.prompt("Password", hide_input=True, confirmation_prompt=True))
    return sys.stdin.readline().rstrip("\n")


def _by_link(link: bool, generate: bool) -> bool:
    if link and generate:
        raise InvalidInput("--link and --generate: choose one of the two, better the link.")
    return link


def _tell(settings: Settings, login: str, password: str | None, generate: bool, token: str) -> None:
    if token:
        click.echo(
            f"{login} chooses a password by this link, once, within {links.LASTS.days} days:\n"
            f"  {settings.public_url}/welcome/{token}"
        )
        return
    click.echo(f"{login} can sign in." + (f" Password: {password}" if generate else ""))
