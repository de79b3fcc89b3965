"""Who is kept from a matter (回避): asked for or found, decided, and from then on blind to it at every door.

Only what everybody else needs stands here: the row, and the condition by which it hides a matter. How a recusal
is asked for and decided: `handlers.recusing`.
"""

from handlers.recusals.model import ASKED, RECUSED, Recusal, blocking, state_of

__all__ = ["ASKED", "RECUSED", "Recusal", "blocking", "state_of"]
