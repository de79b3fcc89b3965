"""The papers that the process itself makes of a clue: numbered, in versions, kept as what stands on them."""

from handlers.registers.papers.issuing import MEDIA_TYPE, content, issue, sheet_number, template
from handlers.registers.papers.kinds import FOR_AGENCY, KINDS

__all__ = ["FOR_AGENCY", "KINDS", "MEDIA_TYPE", "content", "issue", "sheet_number", "template"]
