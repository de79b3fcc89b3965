"""What is wrong with a template that was written in Word, where it is, and what would be right."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from flask_babel import gettext as _

from server.pages import names

Params = Mapping[str, Any]


def _what(params: Params) -> str:
    return {
        "picture": _("a picture"),
        "object": _("an embedded object"),
        "text_box": _("a text box"),
        "note": _("a footnote or endnote"),
        "comment": _("a comment"),
        "change": _("a tracked change: accept or reject it first"),
        "formula": _("a formula"),
        "ruby": _("a phonetic guide"),
        "symbol": _("a letter of a symbol font"),
        "numbering": _("automatic numbering: type the numbers"),
        "hidden": _("hidden text"),
        "frame": _("a frame, or a table that floats"),
        "direction": _("upright writing"),
        "columns": _("more than one column"),
        "first_page": _("heads and feet of their own for the first or even pages"),
        "wide_table": _("a table of more than 63 columns"),
        "nested_table": _("a table within a table"),
    }[params["what"]]


def _where(params: Params) -> str:
    part = params.get("part", "")
    place = str(part)
    for word, said in (
        ("document", _("text")),
        ("header", _("head of the page")),
        ("footer", _("foot of the page")),
    ):
        place = said if word in part else place
    return (
        _("%(part)s, paragraph %(n)d", part=place, n=params["paragraph"])
        if params.get("paragraph")
        else place
    )


def _tag(sentence: Callable[[Params], str]) -> Callable[[Params], str]:
    return lambda p: _where(p) + names.colon() + f"{p['tag']} " + sentence(p)


FIELDS: Mapping[str, Callable[[Params], str]] = {
    "word_missing": lambda p: _("Choose a Word file (.docx)."),
    "word_old": lambda p: _("This is an old or encrypted Word file: save it as .docx without a password."),
    "word_large": lambda p: _("The file is larger than %(max)d kB.", max=p["max"] // 1000),
    "word_broken": lambda p: _("This is no Word file (.docx), or it is damaged."),
    "word_parts": lambda p: _("The file has more than %(max)d parts.", max=p["max"]),
    "word_part": lambda p: _("The part %(part)s has a name that Word does not give.", part=p["part"]),
    "word_locked": lambda p: _("The part %(part)s is encrypted or packed in an unknown way.", part=p["part"]),
    "word_bomb": lambda p: _(
        "The part %(part)s is too large: unpacked, a template has at most %(max)d MB.",
        part=p["part"],
        max=p["max"] // 1_000_000,
    ),
    "word_macros": lambda p: _("The part %(part)s has macros: save the file as .docx.", part=p["part"]),
    "word_embedded": lambda p: _(
        "The part %(part)s is embedded: templates hold text and tables only.", part=p["part"]
    ),
    "word_picture": lambda p: _(
        "The part %(part)s is a picture: templates hold text and tables only.", part=p["part"]
    ),
    "word_external": lambda p: _(
        "The part %(part)s refers to something outside (%(target)s): remove the link or the attached template.",
        part=p["part"],
        target=p["target"],
    ),
    "word_xml": lambda p: _("The part %(part)s cannot be read safely.", part=p["part"]),
    "word_strict": lambda p: _("Save the file as an ordinary Word document (.docx), not as Strict Open XML."),
    "word_long": lambda p: _("%(where)s: more text than a template can hold.", where=_where(p)),
    "word_sections": lambda p: _("The text has several sections: use page breaks instead."),
    "word_unshown": lambda p: _(
        "%(where)s: %(what)s would not stand in the PDF. Remove it.", where=_where(p), what=_what(p)
    ),
    "word_field": lambda p: _(
        "%(where)s: the field %(what)s is not filled in; there are page number and number of pages.",
        where=_where(p),
        what=p["what"],
    ),
    "word_trial": lambda p: _("Filled in with made-up data, the template gives no document."),
    "tag_open": _tag(
        lambda p: _("is not closed, or written in full-width signs, in “%(text)s”.", text=p["text"])
    ),
    "tag_unended": _tag(lambda p: _("is never ended.")),
    "tag_unbegun": _tag(lambda p: _("ends what was never begun.")),
    "tag_level": _tag(
        lambda p: _(
            "stands on another level than %(begun)s of paragraph %(at)d: both in one paragraph, or each alone in a "
            "paragraph or row of the same text or table.",
            begun=p["begun"],
            at=p["at"],
        )
    ),
    "tag_syntax": _tag(lambda p: _("cannot be read (%(why)s).", why=p["why"])),
    "tag_forbidden": _tag(lambda p: _("is not allowed (%(why)s).", why=p["why"])),
    "name_unknown": _tag(
        lambda p: _(
            "%(name)s is nothing that this paper can say; there are: %(right)s.",
            name=p["name"],
            right=p["right"],
        )
    ),
    "name_list": _tag(
        lambda p: _(
            "%(name)s is a list: go through it with for; each has: %(right)s.",
            name=p["name"],
            right=p["right"],
        )
    ),
    "name_parts": _tag(
        lambda p: _("%(name)s has parts: write one of %(right)s.", name=p["name"], right=p["right"])
    ),
    "name_whole": _tag(lambda p: _("%(name)s is no list to go through.", name=p["name"])),
    "paper_class": lambda p: _("A paper of this kind is one of: %(right)s.", right=names.joined(p["right"])),
}
ERRORS: Mapping[str, Callable[[Params], str]] = {
    "template_same": lambda p: _("This template holds already; nothing was changed."),
    "template_changed": lambda p: _("Somebody else changed this template just now: look at it first."),
    "template_note": lambda p: _("The note has at most %(max)d characters.", max=p["max"]),
}
