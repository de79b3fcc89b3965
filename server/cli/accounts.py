"""`duban user`: accounts, from a machine to which only the administrator has access."""

from __future__ import annotations

import secrets
import sys
from datetime import timedelta

import click
from sqlalchemy import select

from handlers import office
from server import auth
from server.auth import tokens
from server.cli.common import opened
from server.settings import Settings
from workflows import audit

#: Who stands in the audit.
ACTOR = "command line"


@click.group()
def user() -> None:
    """Add, disable and reset accounts."""


@user.command(name="add")
@click.argument("login")
@click.option("--name", help="The person's name.")
@click.option("--role", "roles", multiple=True, help="A role, or role@UNIT; may be given several times.")
@click.option("--generate", is_flag=True, help="Make a password and print it, instead of asking for one.")
def user_add(login: str, name: str | None, roles: tuple[str, ...], generate: bool) -> None:
    """Add an account; the password is asked for, or read from standard input."""
    password = _new_password(generate)
    with opened(Settings.from_env()) as database, database.unit_of_work() as session:
        auth.create(session, login, password)
        if not session.scalar(select(office.Person.id).where(office.Person.login == login)):
            session.add(office.Person(login=login, name=name or login))
            session.flush()
        for role in roles:
            role_id, _, unit = role.partition("@")
            office.enrol(session, login, role_id, unit_code=unit or None, since=office.today())
        detail = {"login": login, "roles": list(roles)}
        audit.record(session, actor=ACTOR, act="account.create", detail=detail)
    _tell_password(login, password, generate)


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
def user_reset(login: str, generate: bool) -> None:
    """Give an account a new password, and end its sessions and tokens."""
    password = _new_password(generate)
    with opened(Settings.from_env()) as database, database.unit_of_work() as session:
        auth.reset(session, login, password, actor=ACTOR)
    _tell_password(login, password, generate)


@user.command(name="token")
@click.argument("login")
@click.option("--name", default="command line", show_default=True, help="What the token is for.")
@click.option(
    "--days", type=click.IntRange(1, 3650), default=90, show_default=True, help="How long it holds."
)
def user_token(login: str, name: str, days: int) -> None:
    """Print a new API token of an account; it is shown this once."""
    with opened(Settings.from_env()) as database, database.unit_of_work() as session:
        made = tokens.create(session, login, name, lasts=timedelta(days=days), actor=ACTOR)
    click.echo(made)


def _new_password(generate: bool) -> str:
    if generate:
        return secrets.token_urlsafe(12)
    if sys.stdin.isatty():
        return str(click.prompt("Password", hide_input=True, confirmation_prompt=True))
    return sys.stdin.readline().rstrip("\n")


def _tell_password(login: str, password: str, generate: bool) -> None:
    click.echo(f"{login} can sign in." + (f" Password: {password}" if generate else ""))
