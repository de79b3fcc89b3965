"""The end of keeping: what comes up for appraisal, the decision of two people, and the erasing.

Nothing here happens by itself. `appraisal` lists what is due, `acts` are the steps of the process `erasure`, `rows`
says what of a matter is erased and what remains: its number, days, codes, outcome, and this act.
"""

from handlers.erasure import acts, appraisal, rows

__all__ = ["acts", "appraisal", "rows"]
