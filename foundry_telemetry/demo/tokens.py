"""Entra tokens, made up and unsigned: the fake service checks none, and the library only reads the claims."""

from __future__ import annotations

import json
import time
from base64 import urlsafe_b64encode
from typing import Final

from azure.core.exceptions import ClientAuthenticationError

_AUDIENCE: Final = "https://ai.azure.com"
_HOUR_S: Final = 3600
_HALF_AN_HOUR_S: Final = 1800


def good_token() -> str:
    """A token as the service wants it."""
    return _token(_AUDIENCE, _HOUR_S)


def expired_token() -> str:
    """A token that was good until half an hour ago."""
    return _token(_AUDIENCE, -_HALF_AN_HOUR_S)


def misaddressed_token() -> str:
    """A token for Azure's management plane."""
    return _token("https://management.azure.com", _HOUR_S)


def no_token() -> str:
    """Fail as a credential of azure-identity does when its client secret is wrong.

    Raises:
        ClientAuthenticationError: Always.
    """
    raise ClientAuthenticationError(
        "Authentication failed: AADSTS7000215: Invalid client secret provided. "
        "Trace ID: 11111111-2222-3333-4444-555555555555 "
        "Correlation ID: 66666666-7777-8888-9999-000000000000 Timestamp: 2026-11-22 10:00:00Z"
    )


def _token(audience: str, lives_s: int) -> str:
    claims = {
        "aud": audience,
        "exp": int(time.time()) + lives_s,
        "tid": "00000000-0000-0000-0000-00000000aaaa",
        "appid": "00000000-0000-0000-0000-00000000bbbb",
        "idtyp": "app",
    }
    return f"{_part({'alg': 'none', 'typ': 'JWT'})}.{_part(claims)}.unsigned"


def _part(fields: dict[str, object]) -> str:
    return urlsafe_b64encode(json.dumps(fields).encode()).decode().rstrip("=")
