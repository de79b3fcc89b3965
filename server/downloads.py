"""What is given to be saved: a file or a paper under its name, shown by no browser as a page of this house."""

from __future__ import annotations

from urllib.parse import quote

from flask import Response

#: No script, no form, nothing from elsewhere: whoever wrote it, it is data.
INERT = "default-src 'none'; style-src 'unsafe-inline'; sandbox"


def download(content: bytes, media_type: str, name: str) -> Response:
    """Return content to be saved under a name, which may be Chinese (RFC 6266, 5987)."""
    response = Response(content, content_type=media_type)
    # A header is Latin-1: the served program fails on a Chinese name that stands in it as it is.
    response.headers["Content-Disposition"] = f"attachment; filename*=UTF-8''{quote(name, safe='')}"
    response.headers["Content-Security-Policy"] = INERT
    return response
