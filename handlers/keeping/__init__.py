"""How long things are kept: periods as data, holds that stop every erasure, and the sealed archive.

What everybody else needs stands here: the tables, whether a matter is held, the condition by which the archive hides
it, the periods. Acts on them: `handlers.archiving`, `handlers.erasure`.
"""

from handlers.keeping import periods
from handlers.keeping.model import (
    Archived,
    Destruction,
    Hold,
    Opening,
    archived,
    guard_held,
    held,
    hidden,
    sealed,
)

__all__ = [
    "Archived",
    "Destruction",
    "Hold",
    "Opening",
    "archived",
    "guard_held",
    "held",
    "hidden",
    "periods",
    "sealed",
]
