"""Papers in Word's own format (docx): templates that supervisors write there, and papers given out as such files.

`package` opens strangers' files, `tags` finds Jinja in them, `template` fills them in, `stamp` sets the program's
marks on each page, `walk` reads what is then laid out (for PDF and page), `writing` makes a file of a paper or of a
template that the program brings.
"""

from workflows.papers.word.package import MAX_FILE, MEDIA_TYPE
from workflows.papers.word.template import SUFFIX, WordTemplate, lines, read
from workflows.papers.word.walk import words
from workflows.papers.word.writing import starting, written

__all__ = [
    "MAX_FILE",
    "MEDIA_TYPE",
    "SUFFIX",
    "WordTemplate",
    "lines",
    "read",
    "starting",
    "words",
    "written",
]
