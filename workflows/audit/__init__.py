"""Who did what, when, from where: every row by one writer, chained after its commit, proved by anybody.

`record` writes a row in the caller's transaction. `seal` chains committed rows; `check` finds the first link that
does not hold, in the database (`links`) or in what was written to a file (`export`, `links_of_file`).
"""

from workflows.audit.chain import GENESIS, Head, Link
from workflows.audit.exporting import export, links_of_file
from workflows.audit.origin import Origin, comes_from, recorded
from workflows.audit.reading import head, links, unsealed
from workflows.audit.recording import SYSTEM, record
from workflows.audit.sealing import BATCH, behind, lookback, seal
from workflows.audit.verifying import Break, Verdict, check

__all__ = [
    "BATCH",
    "GENESIS",
    "SYSTEM",
    "Break",
    "Head",
    "Link",
    "Origin",
    "Verdict",
    "behind",
    "check",
    "comes_from",
    "export",
    "head",
    "links",
    "links_of_file",
    "lookback",
    "record",
    "recorded",
    "seal",
    "unsealed",
]
