"""What was erased leaves its traces in the files of a database until these are written anew."""

from __future__ import annotations

from contextlib import closing
from typing import Any

from server.db import Database

#: Tables of which rows are erased, and may be large. Nobody reads or writes one while it is written anew.
ERASED = (
    *("clue", "clue_subject", "clue_handler", "handover", "document", "opinion", "meeting", "assignment"),
    *("deadline_change", "recusal", "legal_hold", "archived_matter", "archive_opening", "process_instance"),
    *(
        "incident",
        "job",
        "task_draft",
        "vault_reporter",
        "vault_addition",
        "vault_protected",
        "vault_grant",
        "upload",
        "destruction",
    ),
)


def scrub(database: Database) -> int:
    """Return how many bytes the database takes now that nothing erased is left in its own files.

    Not in backups, in what was archived of PostgreSQL's WAL, nor in what the file system still holds of old blocks.
    """
    statements = [f"vacuum full {table}" for table in ERASED]
    size = "select pg_database_size(current_database())"
    if not database.postgresql:
        statements = ["vacuum", "pragma wal_checkpoint(truncate)"]
        size = "select page_count * page_size from pragma_page_count, pragma_page_size"
    # Neither kind does this inside a transaction: past SQLAlchemy, which would begin one.
    connection = database.engine.raw_connection()
    driver: Any = connection.dbapi_connection
    connection.detach()
    with closing(driver):
        if database.postgresql:
            driver.autocommit = True
        for statement in statements:
            driver.execute(statement).fetchall() if statement.startswith("pragma") else driver.execute(
                statement
            )
        return int(driver.execute(size).fetchone()[0])
