"""The papers that the process itself makes of a clue: numbered, in versions, kept as what stands on them.

`templates`: what supervisors wrote in Word; `classes`: of secrecy; `saying`: what a paper can say.
"""

from handlers.registers.papers.issuing import (
    MEDIA_TYPE,
    content,
    issue,
    made,
    packaged,
    sheet_number,
    source,
    template,
)
from handlers.registers.papers.kinds import FOR_AGENCY, KINDS
from handlers.registers.papers.templates import PaperTemplate, chosen

__all__ = [
    "FOR_AGENCY",
    "KINDS",
    "MEDIA_TYPE",
    "PaperTemplate",
    "chosen",
    "content",
    "issue",
    "made",
    "packaged",
    "sheet_number",
    "source",
    "template",
]
