"""XML of strangers: parsed without entities, DTDs or network, within bounds."""

from __future__ import annotations

import re

from lxml import etree

MAX_BYTES = 5_000_000
MAX_DEPTH = 200
_DOCTYPE = re.compile(rb"<!\s*(DOCTYPE|ENTITY)", re.IGNORECASE)
#: The first element: what stands before it is the prolog, the only place of a DOCTYPE.
_ROOT = re.compile(rb"<[A-Za-z_]")
#: A declaration that one byte a letter stands for two, which some programs write.
_FALSE = re.compile(rb"(<\?xml[^>]{0,100}encoding\s*=\s*[\"'])utf-?16(?:le|be)?(?=[\"'])", re.IGNORECASE)


class Unsafe(Exception):
    """The bytes are no XML that we are willing to read; the text says why."""


def parse(xml: bytes) -> etree._Element:
    """Return the root of `xml`, without comments; raises `Unsafe` for anything dangerous or broken."""
    if len(xml) > MAX_BYTES:
        raise Unsafe(f"The file has {len(xml):,} bytes; at most {MAX_BYTES:,} are accepted.")
    xml = _FALSE.sub(rb"\1UTF-8", xml.lstrip(b" \t\r\n"), count=1)
    root_at = _ROOT.search(xml)
    if _DOCTYPE.search(xml, 0, root_at.start() if root_at else len(xml)):
        raise Unsafe("The file declares a DOCTYPE or entities; a diagram needs neither.")
    parser = etree.XMLParser(
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        huge_tree=False,
        remove_comments=True,
        remove_pis=True,
    )
    try:
        root = etree.fromstring(xml, parser)
    except (etree.XMLSyntaxError, ValueError) as error:
        raise Unsafe(f"The file is not well-formed XML: {error}") from error
    # The search above sees ASCII-like encodings only; this sees every other.
    if root.getroottree().docinfo.internalDTD is not None:
        raise Unsafe("The file declares a DOCTYPE or entities; a diagram needs neither.")
    _check_depth(root)
    return root


def _check_depth(root: etree._Element) -> None:
    depth = 0
    for event, _ in etree.iterwalk(root, events=("start", "end")):
        depth += 1 if event == "start" else -1
        if depth > MAX_DEPTH:
            raise Unsafe(f"The elements are nested deeper than {MAX_DEPTH} levels.")
