"""Who is there: accounts and passwords, second factors, one-time links, signed-in sessions, API tokens.

Nothing here knows Flask.
"""

from server.auth.attempts import TooManyAttempts
from server.auth.credentials import (
    Account,
    Refused,
    change_password,
    create,
    disable,
    enable,
    reset,
    use_language,
    verify,
)
from server.auth.factors import WrongCode
from server.auth.sessions import AuthSession, CodeNeeded, sign_in, sign_out
from server.auth.tokens import ApiToken

__all__ = [
    "Account",
    "ApiToken",
    "AuthSession",
    "CodeNeeded",
    "Refused",
    "TooManyAttempts",
    "WrongCode",
    "change_password",
    "create",
    "disable",
    "enable",
    "reset",
    "sign_in",
    "sign_out",
    "use_language",
    "verify",
]
