"""The city's own sign-in, asked by OpenID Connect: authorization code with PKCE, state and nonce, through Authlib.

It says who somebody is, by one claim. It makes no account and gives no role; a second factor of ours is asked besides.
"""

from __future__ import annotations

from typing import Any

import structlog
from authlib.common.errors import AuthlibBaseError
from authlib.integrations.base_client.errors import MismatchingStateError
from authlib.integrations.flask_client import FlaskOAuth2App, OAuth
from authlib.integrations.requests_client import OAuth2Session
from flask import Flask, current_app, session
from joserfc.errors import JoseError
from requests import RequestException, Response
from werkzeug.wrappers import Response as AnyResponse

from server.guard import settings
from server.provider import Provider, safe
from workflows.errors import DubanError

NAME = "provider"
TIMEOUT_SECONDS = 10
#: Where OpenID Connect Discovery finds everything else.
WELL_KNOWN = "/.well-known/openid-configuration"
_EXTENSION = "duban.openid"

log = structlog.get_logger()


class ProviderFailed(DubanError):
    """The provider could not be asked, refused, or answered what cannot be believed; the code says which."""


class _Session(OAuth2Session):
    """Asks over https or within this machine only, for ten seconds, and follows nobody elsewhere."""

    def request(self, method: str, url: str, *args: Any, **more: Any) -> Response:
        if not safe(url):
            raise ProviderFailed("The provider names an address without https.", code="provider_away")
        more |= {"allow_redirects": False, "timeout": TIMEOUT_SECONDS}
        return super().request(method, url, *args, **more)


class _Client(FlaskOAuth2App):
    client_cls = _Session

    def load_server_metadata(self) -> dict[str, Any]:
        found: dict[str, Any] = super().load_server_metadata()
        if found.get("issuer", "").rstrip("/") != settings_issuer():
            self.server_metadata.clear()
            raise ProviderFailed(
                "The provider calls itself otherwise than DUBAN_OIDC_ISSUER.", code="provider_away"
            )
        return found


def settings_issuer() -> str:
    """Return the issuer that the operator has named, without a slash at its end."""
    provider = settings().provider
    return provider.issuer.rstrip("/") if provider else ""


def install(app: Flask, provider: Provider | None) -> None:
    """Let the application ask the provider; nothing is asked before somebody signs in by it."""
    if provider is None:
        return
    oauth = OAuth(app)
    app.extensions[_EXTENSION] = oauth.register(
        NAME,
        client_cls=_Client,
        client_id=provider.client_id,
        client_secret=provider.client_secret,
        server_metadata_url=provider.issuer.rstrip("/") + WELL_KNOWN,
        client_kwargs={"scope": "openid profile", "code_challenge_method": "S256"},
    )


def leave(back: str) -> AnyResponse:
    """Return the way to the provider, which sends the visitor `back`; raises ProviderFailed."""
    # One at a time: each that was begun and left lies in the cookie, which has an end.
    for key in [key for key in session if key.startswith(f"_state_{NAME}_")]:
        session.pop(key)
    try:
        found: AnyResponse = _client().authorize_redirect(back)
    except (RequestException, AuthlibBaseError, ValueError, RuntimeError) as error:
        raise _failed("provider_away", error) from error
    return found


def arrive() -> str:
    """Return what the provider calls who has come back, by the claim that names accounts; raises ProviderFailed."""
    provider = settings().provider
    try:
        token = _client().authorize_access_token()
    except MismatchingStateError as error:
        raise _failed("provider_state", error) from error
    except RequestException as error:
        raise _failed("provider_away", error) from error
    except (AuthlibBaseError, JoseError, ValueError, KeyError, RuntimeError) as error:
        raise _failed("provider_refused", error) from error
    claims = token.get("userinfo") or {}
    found = claims.get(provider.claim) if provider else None
    if not isinstance(found, str) or not found:
        raise ProviderFailed("The provider does not say which account it is.", code="provider_claim")
    return found


def farewell(back: str) -> str:
    """Return the address at which the provider signs the visitor out; `back` where it knows no such thing."""
    client = _client()
    try:
        if not client.load_server_metadata().get("end_session_endpoint"):
            return back
        url: str = client.create_logout_url(back, client_id=client.client_id)["url"]
    except (RequestException, AuthlibBaseError, ValueError, RuntimeError) as error:
        raise _failed("provider_away", error) from error
    return url


def _client() -> Any:
    client = current_app.extensions.get(_EXTENSION)
    if client is None:
        raise ProviderFailed("There is no other sign-in.", code="provider")
    return client


def _failed(code: str, error: Exception) -> ProviderFailed:
    # The message may repeat what the provider sent: its kind has to do.
    log.warning("the provider failed", code=code, kind=type(error).__name__)
    return ProviderFailed("Signing in by the provider failed.", code=code)
