"""Leaks, and the freeze of access that one brings: a matter is seen by its handlers and leaders until that is lifted.

Only what the wall needs stands here: the row, and the condition. How a leak is told and the freeze lifted:
`handlers.leaking`.
"""

from handlers.freezing.model import Leak, closed, is_closed, standing

__all__ = ["Leak", "closed", "is_closed", "standing"]
