"""A role of PostgreSQL that may serve and not rewrite: what it may do with the audit is read and add."""

from __future__ import annotations

from sqlalchemy import Connection, text

from workflows.errors import InvalidInput

#: Nobody changes or removes a row of these.
APPEND_ONLY = ("audit_event", "audit_seal")
#: Only the owner migrates.
OWNERS = ("alembic_version",)


def harden(connection: Connection, role: str) -> None:
    """Give the role what the server needs and no more; run as the owner of the tables, again after each new version.

    Raises InvalidInput where the database is not PostgreSQL, or the role is missing, a superuser or the owner.
    """
    if connection.dialect.name != "postgresql":
        raise InvalidInput(
            "SQLite knows no roles: its triggers refuse, and the file's permissions must do the rest."
        )
    _check(connection, role)
    name = connection.dialect.identifier_preparer.quote(role)
    for statement in (
        f"grant usage on schema public to {name}",
        f"revoke create on schema public from {name}, public",
        f"grant select, insert, update, delete on all tables in schema public to {name}",
        f"grant usage, select on all sequences in schema public to {name}",
        f"alter default privileges in schema public grant select, insert, update, delete on tables to {name}",
        f"alter default privileges in schema public grant usage, select on sequences to {name}",
        *(f"revoke update, delete, truncate on {table} from {name}" for table in APPEND_ONLY),
        *(f"revoke insert, update, delete, truncate on {table} from {name}" for table in OWNERS),
    ):
        connection.execute(text(statement))


def _check(connection: Connection, role: str) -> None:
    asked = (
        "select rolsuper, pg_has_role(rolname, current_user, 'member') from pg_roles where rolname = :role"
    )
    found = connection.execute(text(asked), {"role": role}).one_or_none()
    if found is None:
        raise InvalidInput(f"There is no role {role}: CREATE ROLE {role} LOGIN PASSWORD '…' makes one.")
    if any(found):
        raise InvalidInput(
            f"The role {role} is a superuser or owns the tables: take another one to serve with."
        )
