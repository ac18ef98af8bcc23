"""Allow-listed headers, read in one pass; all others are never looked at."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache
from typing import Final

from msgspec import Struct

from foundry_telemetry.schema.value import AuthScheme
from foundry_telemetry.wire.http_date import clock_offset, http_date, last_date
from foundry_telemetry.wire.sanitize import clean_id, clean_label

RawHeaders = Sequence[tuple[bytes, bytes]] | dict[bytes, bytes]
"""Name and value as sent, which is what ``Headers.raw`` gives in httpx and httpx2; or `by_name` already."""

_USER_AGENT: Final = re.compile(
    rb"(?:python-)?([A-Za-z0-9_.-]{1,64})/(?:Python |JS )?([0-9][0-9A-Za-z.+-]{0,31})"
).match
_SCHEMES: Final[tuple[tuple[bytes, AuthScheme], ...]] = (
    (b"authorization", "entra_id"),
    (b"x-api-key", "api_key"),
    (b"api-key", "api_key"),
    (b"ocp-apim-subscription-key", "gateway_key"),
)
"""The first one present names the scheme: a token before a key, the resource's key before a gateway's."""

_DECIMAL: Final = re.compile(rb"[ \t]*[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?[ \t]*").fullmatch
"""A number as every language writes it; what Python reads besides, such as ``1_0`` and ``nan``, is none."""
_MAX_WAIT_S: Final = 24 * 3600.0
"""A longer wait is nonsense, not a hint."""


class RequestIds(Struct, frozen=True, kw_only=True, gc=False):
    """Every id an answer carried, cleaned: ``[A-Za-z0-9._:-]``, at most 128 characters."""

    apim_request_id: str | None = None
    """Azure's id, which Azure support asks for."""
    request_id: str | None = None
    """The model service's id, which Anthropic support asks for; absent when Azure refused the call."""
    x_request_id: str | None = None
    """Set by gateways."""
    body_request_id: str | None = None
    """``request_id`` of an error body or event, or the id in the text of an upstream failure."""
    activity_id: str | None = None
    """``activityId`` of an API Management error."""


NO_IDS = RequestIds()


class Bearer(bytes):
    """An ``authorization`` value. It does not show: crash reporters print whatever they find."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "Bearer(...)"

    __str__ = __repr__


class RequestHeaders(Struct, frozen=True, gc=False):
    """What a request's headers have. `bearer` never leaves the attempt."""

    client: str | None
    anthropic_version: str | None
    retry_count: int
    traceparent: bytes | None
    auth_scheme: AuthScheme
    bearer: Bearer | None

    @property
    def from_foundry_client(self) -> bool:
        """Whether an ``AnthropicFoundry`` or ``AsyncAnthropicFoundry`` client sent it."""
        return self.client is not None and "AnthropicFoundry/" in self.client


class ResponseHeaders(Struct, frozen=True, gc=False):
    """What a response's headers have."""

    media_type: bytes
    encoded: bool
    ids: RequestIds
    region: str | None
    retry_after_s: float | None
    clock_offset_s: int | None
    """The client's clock minus the server's; absent below `http_date.MIN_OFFSET_S`."""


NO_HEADERS: Final = ResponseHeaders(b"", False, NO_IDS, None, None, None)  # noqa: FBT003 - in the order above
"""Of an attempt without a response."""


def by_name(raw: RawHeaders) -> dict[bytes, bytes]:
    """The headers by lower-case name, of a repeated one the first; only those asked for are looked at."""
    if isinstance(raw, dict):
        return raw
    return {name.lower(): value for name, value in reversed(raw)}


def read_request_headers(raw: RawHeaders) -> RequestHeaders:
    """Read the allow-listed request headers."""
    found = by_name(raw)
    scheme: AuthScheme = "none"
    for name, candidate in _SCHEMES:
        if name in found:
            scheme = candidate
            break
    if scheme == "entra_id" and found[b"authorization"][:7].rstrip().lower() != b"bearer":
        scheme = "gateway_key"  # Basic and the like: Azure takes none of them, a customer's gateway may
    retries = found.get(b"x-stainless-retry-count", b"0")
    return RequestHeaders(
        client=_client(found.get(b"user-agent")),
        anthropic_version=_version(found.get(b"anthropic-version")),
        retry_count=int(retries) if retries.isdigit() and len(retries) < 4 else 0,  # noqa: PLR2004
        traceparent=found.get(b"traceparent"),
        auth_scheme=scheme,
        bearer=Bearer(found[b"authorization"]) if scheme == "entra_id" else None,
    )


_version: Final = lru_cache(maxsize=64)(clean_id)
"""Few clients name more than one, unlike an id."""


@lru_cache(maxsize=64)
def _client(user_agent: bytes | None) -> str | None:
    match = _USER_AGENT(user_agent) if user_agent else None
    return f"{match[1].decode()}/{match[2].decode()}" if match else None


def read_response_headers(raw: RawHeaders, sent_ns: int, received_ns: int) -> ResponseHeaders:
    """Read the allow-listed response headers.

    Args:
        raw: The headers as received.
        sent_ns: When the request left, nanoseconds since the epoch.
        received_ns: The same for the headers.
    """
    found = by_name(raw)
    date, since_ns, until_ns = last_date.window
    return ResponseHeaders(
        media_type=_media_type(found.get(b"content-type", b"")),
        encoded=b"content-encoding" in found
        and found[b"content-encoding"].strip().lower() not in (b"", b"identity"),
        ids=RequestIds(
            apim_request_id=clean_id(found.get(b"apim-request-id")),
            request_id=clean_id(found.get(b"request-id")),
            x_request_id=clean_id(found.get(b"x-request-id")),
        ),
        region=_region(found.get(b"x-ms-region")),
        retry_after_s=_retry_after(found, received_ns / 1e9)
        if b"retry-after-ms" in found or b"retry-after" in found
        else None,
        clock_offset_s=None
        if since_ns < received_ns < until_ns and found.get(b"date") == date
        else clock_offset(found, sent_ns, received_ns),
    )


_region: Final = lru_cache(maxsize=64)(clean_label)


@lru_cache(maxsize=64)
def _media_type(content_type: bytes) -> bytes:
    return content_type.partition(b";")[0].strip().lower()


def _retry_after(found: dict[bytes, bytes], now_s: float) -> float | None:
    """Seconds to wait, in the order in which the SDK asks: ``retry-after-ms``, seconds, an HTTP date."""
    milliseconds = _seconds(found.get(b"retry-after-ms"), 0.001)
    if milliseconds is not None:
        return milliseconds
    value = found.get(b"retry-after")
    seconds = _seconds(value, 1.0)
    if seconds is not None or value is None:
        return seconds
    date_s = http_date(value)
    wait = None if date_s is None else date_s - now_s
    return wait if wait is not None and 0 <= wait <= _MAX_WAIT_S else None


def _seconds(value: bytes | None, unit: float) -> float | None:
    wait = float(value) * unit if value and _DECIMAL(value) else None
    return wait if wait is not None and 0 <= wait <= _MAX_WAIT_S else None
