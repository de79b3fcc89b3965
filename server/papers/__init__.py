"""Drawing papers: the same content as a page to be read and printed, and as a PDF to be kept.

`paper.typ` and `templates/_paper.html` say the same, block by block; change both. Neither is ever given
anything but values: what people typed is text in both, never markup.
"""

from server.papers.pdf import pdf

__all__ = ["pdf"]
