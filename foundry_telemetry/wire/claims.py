"""What a refused credential has of itself. Claims are read, judged and dropped; the token is never kept."""

from __future__ import annotations

import re
from base64 import urlsafe_b64decode
from typing import Final

from msgspec import Struct

from foundry_telemetry.schema.value import AuthScheme
from foundry_telemetry.wire.json_decoding import reader
from foundry_telemetry.wire.sanitize import clean_guid, clean_word, whole

_AUDIENCES: Final = frozenset(
    f"https://{service}.azure.{cloud}"
    for service in ("ai", "cognitiveservices")
    for cloud in ("com", "us", "cn")
)
"""What the service accepts, by its own error text, and the sovereign forms of it."""

_URL: Final = re.compile(r"(?:https|api)://[A-Za-z0-9._:/-]{1,120}").fullmatch
_AADSTS: Final = re.compile(r"AADSTS[0-9]{4,8}")
_TRACE_ID: Final = re.compile(r"Trace ID: ([0-9a-fA-F-]{36})")
_CORRELATION_ID: Final = re.compile(r"Correlation ID: ([0-9a-fA-F-]{36})")
_BASE64: Final = re.compile(rb"[A-Za-z0-9_/+-]+").fullmatch
"""Either alphabet. The decoder would pass over all other characters, and so read what is no token."""
_MAX_TOKEN: Final = 16 * 1024


class TokenFacts(Struct, frozen=True, kw_only=True, gc=False):
    """What the claims of a refused bearer token say. The token itself is never kept."""

    expires_in_s: int | None = None
    """Seconds from now to ``exp``; negative when expired."""
    audience: str | None = None
    tenant: str | None = None
    application: str | None = None
    identity_type: str | None = None


class EntraFacts(Struct, frozen=True, kw_only=True, gc=False):
    """What Entra said when it refused to issue a token; the three things its support asks for."""

    code: str | None = None
    trace_id: str | None = None
    correlation_id: str | None = None


class _Claims(Struct, gc=False):
    """The claims we may read. Those that name a person are not here on purpose."""

    aud: object = None
    exp: object = None
    tid: object = None
    appid: object = None
    azp: object = None
    idtyp: object = None


_decode_claims: Final = reader(_Claims)


def read_token(authorization: bytes | None, now_s: float) -> TokenFacts | None:
    """Read the claims of a bearer token without verifying it; ``None`` for an opaque one.

    Args:
        authorization: Value of the ``authorization`` header.
        now_s: Seconds since the epoch.
    """
    claims = _read_claims(authorization)
    if claims is None:
        return None
    return TokenFacts(
        expires_in_s=_expires_in(claims.exp, now_s),
        audience=_audience(claims.aud),
        tenant=clean_guid(claims.tid),
        application=clean_guid(claims.appid) or clean_guid(claims.azp),
        identity_type=clean_word(claims.idtyp),
    )


def is_for_foundry(authorization: bytes | None) -> bool:
    """Whether a bearer token names the API of Foundry as its audience; an opaque one does not."""
    claims = _read_claims(authorization)
    return claims is not None and _names_foundry(_audience(claims.aud) or "")


def _read_claims(authorization: bytes | None) -> _Claims | None:
    if not authorization or len(authorization) > _MAX_TOKEN:
        return None
    parts = authorization.rpartition(b" ")[2].split(b".")
    text = parts[1].rstrip(b"=") if len(parts) == 3 else b""  # noqa: PLR2004
    if not _BASE64(text) or len(text) % 4 == 1:
        return None
    return _decode_claims(urlsafe_b64decode(text + b"=" * (-len(text) % 4)))


def _names_foundry(audience: str) -> bool:
    return audience.rstrip("/") in _AUDIENCES


def _expires_in(exp: object, now_s: float) -> int | None:
    until = whole(exp)
    return int(until - now_s) if until is not None and 0 < until < 2**40 else None


def _audience(aud: object) -> str | None:
    if type(aud) is not str:
        return None
    return aud if _URL(aud) else clean_guid(aud)


OF_ITSELF: Final = frozenset({"auth_missing_credential", "auth_token_expired"})
"""What `classify_unauthorized` finds that holds whoever refused the credential."""


def classify_unauthorized(scheme: AuthScheme, token: TokenFacts | None) -> str:
    """The failure class of a 401 whose text fits a missing, an invalid, an expired and a misaddressed token.

    An audience that is a GUID proves nothing: the service has one of those too.
    """
    if scheme == "none":
        return "auth_missing_credential"
    if scheme != "entra_id":
        return "auth_invalid_key"
    if token is not None and token.expires_in_s is not None and token.expires_in_s <= 0:
        return "auth_token_expired"
    audience = (token.audience if token else None) or ""
    if "://" in audience and not _names_foundry(audience):
        return "auth_wrong_audience"
    return "auth_token_rejected"


def read_entra_error(text: str) -> EntraFacts:
    """Find what Entra support asks for in the text of a token provider's exception; the text is not kept."""
    code, trace, correlation = _AADSTS.search(text), _TRACE_ID.search(text), _CORRELATION_ID.search(text)
    return EntraFacts(
        code=code[0] if code else None,
        trace_id=clean_guid(trace[1]) if trace else None,
        correlation_id=clean_guid(correlation[1]) if correlation else None,
    )
