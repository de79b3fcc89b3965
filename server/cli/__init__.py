"""The command line `duban`: every command there is, and how each of them fails."""

from __future__ import annotations

from typing import Any

import click
from sqlalchemy.exc import OperationalError, SQLAlchemyError

from server.cli.accounts import user
from server.cli.auditing import audit_
from server.cli.backing import backup, restore, scrub_
from server.cli.calendars import calendar_
from server.cli.clocks import clocks
from server.cli.common import show
from server.cli.lists import import_
from server.cli.measuring import bench
from server.cli.migrating import migrate
from server.cli.processes import check, deploy, simulate
from server.cli.serving import serve, worker
from server.cli.vaults import vault
from workflows.errors import DubanError, InvalidInput


class Commands(click.Group):
    """Commands that fail with one clear line, whatever went wrong below."""

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command; known failures become a message and exit code 1."""
        try:
            return super().invoke(ctx)
        except InvalidInput as error:
            show(error.findings)
            raise click.ClickException(error.message) from error
        except DubanError as error:
            raise click.ClickException(error.message) from error
        except OperationalError as error:
            raise click.ClickException(f"The database does not answer: {_first_line(error)}") from error
        except SQLAlchemyError as error:
            raise click.ClickException(f"The database refused: {_first_line(error)}") from error


@click.group(cls=Commands)
@click.version_option(package_name="duban")
def main() -> None:
    """督办 Duban: a BPM server for discipline-supervision offices."""


for _command in (
    serve,
    worker,
    deploy,
    check,
    migrate,
    clocks,
    simulate,
    import_,
    calendar_,
    bench,
    user,
    vault,
    audit_,
    backup,
    restore,
    scrub_,
):
    main.add_command(_command)


def _first_line(error: SQLAlchemyError) -> str:
    # The driver's own words: the statement and its parameters are nobody's business here.
    return str(getattr(error, "orig", None) or error).strip().partition("\n")[0]
