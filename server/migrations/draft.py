"""Write the next revision: `python -m server.migrations.draft "what changes"`, after changing the tables.

It compares the tables that the program declares with those that the revisions so far make. Read the result:
renamed columns and moved data are for a person to say.
"""

from __future__ import annotations

import tempfile
from pathlib import Path

import click
from alembic import command
from alembic.script import Script, ScriptDirectory

from server.db import MIGRATIONS, alembic_config, connect, migrate
from server.settings import Settings


@click.command()
@click.argument("message")
def main(message: str) -> None:
    """Write the next revision, named after MESSAGE."""
    number = len(list(ScriptDirectory(str(MIGRATIONS)).walk_revisions())) + 1
    with tempfile.TemporaryDirectory() as folder:
        database = connect(Settings(database_url=f"sqlite:///{Path(folder, 'draft.sqlite3')}"))
        migrate(database)
        with database.engine.begin() as connection:
            config = alembic_config(connection)
            config.set_main_option("file_template", "%%(rev)s_%%(slug)s")
            made = command.revision(config, message, autogenerate=True, rev_id=f"{number:04}")
        database.close()
    assert isinstance(made, Script)
    path = Path(made.path)
    kept = [line for line in path.read_text("utf-8").splitlines() if "# ###" not in line]
    path.write_text("\n".join(kept) + "\n", "utf-8")
    click.echo(f"Read {path}, then `make format`.")


if __name__ == "__main__":
    main()
