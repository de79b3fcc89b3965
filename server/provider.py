"""The city's own sign-in (OpenID Connect), as the operator says: who is asked, and which claim names the account."""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from workflows.errors import InvalidInput

CLAIM = "preferred_username"


@dataclass(frozen=True)
class Provider:
    """A provider at which this server is registered."""

    issuer: str
    client_id: str
    client_secret: str = field(repr=False)
    claim: str = CLAIM  #: of the identity token: holds the account name

    @classmethod
    def of(cls, said: Mapping[str, str]) -> Provider | None:
        """Return what the environment says, None where there is no provider; InvalidInput names the variable."""
        issuer, client_id = said.get("DUBAN_OIDC_ISSUER", ""), said.get("DUBAN_OIDC_CLIENT_ID", "")
        if not issuer:
            return None
        if not safe(issuer) or urlsplit(issuer).query or urlsplit(issuer).fragment:
            raise InvalidInput(
                f"DUBAN_OIDC_ISSUER is {issuer!r}; it must be the address of the provider over https, such as "
                "https://id.example.gov.cn (http on this machine only)."
            )
        secret = _secret(said)
        if not client_id or not secret:
            raise InvalidInput(
                "DUBAN_OIDC_CLIENT_ID and DUBAN_OIDC_CLIENT_SECRET_FILE (or DUBAN_OIDC_CLIENT_SECRET) are needed "
                "with DUBAN_OIDC_ISSUER: what the provider has registered this server under."
            )
        return cls(issuer, client_id, secret, said.get("DUBAN_OIDC_CLAIM") or CLAIM)


def safe(url: str) -> bool:
    """Return whether secrets may be sent there: over https, or within this machine."""
    try:
        parts = urlsplit(url)
        host = parts.hostname
    except ValueError:
        return False
    if not host or parts.username is not None:
        return False
    return parts.scheme == "https" or (parts.scheme == "http" and loopback(host))


def loopback(host: str) -> bool:
    """Return whether a host is this machine."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _secret(said: Mapping[str, str]) -> str:
    secret, file = said.get("DUBAN_OIDC_CLIENT_SECRET", ""), said.get("DUBAN_OIDC_CLIENT_SECRET_FILE", "")
    if secret and file:
        raise InvalidInput(
            "DUBAN_OIDC_CLIENT_SECRET and DUBAN_OIDC_CLIENT_SECRET_FILE: name one of the two, better the file."
        )
    if not file:
        return secret
    try:
        return Path(file).read_text("utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise InvalidInput(
            f"DUBAN_OIDC_CLIENT_SECRET_FILE: {file} cannot be read: {type(error).__name__}."
        ) from None
