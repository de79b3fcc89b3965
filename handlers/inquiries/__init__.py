"""Talk and letter inquiry (谈话函询), first-form measures and interviews. Importing this package registers its tables.

`planning`, `talking`, `letters`, `outcomes`: the steps of an inquiry in order; `measures`: what follows of the first
form, admonition among it; `interviews`: talks that no clue asks for; `papers`: what stands on their papers.
"""

from handlers.inquiries import interviews, letters, measures, outcomes, papers, planning, register, talking
from handlers.inquiries.model import (
    FirstFormMeasure,
    Inquiry,
    Interview,
    InterviewPerson,
    Letter,
    Talk,
    TalkPerson,
)

__all__ = [
    "FirstFormMeasure",
    "Inquiry",
    "Interview",
    "InterviewPerson",
    "Letter",
    "Talk",
    "TalkPerson",
    "interviews",
    "letters",
    "measures",
    "outcomes",
    "papers",
    "planning",
    "register",
    "talking",
]
