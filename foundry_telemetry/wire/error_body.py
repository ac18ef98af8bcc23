"""The body of a failed answer, reduced to what may be kept and the message to be matched.

Messages of the service may hold principal ids, deployment names and echoes of the input. They are matched
against fixed phrases and then forgotten; only codes of known shape leave this room.
"""

from __future__ import annotations

import re
from typing import Final

from msgspec import Struct

from foundry_telemetry.wire.error_phrases import CODES
from foundry_telemetry.wire.json_decoding import reader
from foundry_telemetry.wire.sanitize import as_object, clean_id, clean_word, whole

_CODE: Final = re.compile(r"[A-Za-z_]{1,64}|[0-9]{3}").fullmatch
"""An unknown code must look like one: no digits among letters, so that an echoed key never passes."""
_UPSTREAM_ID: Final = re.compile(r"RequestId = (req_[A-Za-z0-9]{1,64})").search


class _Body(Struct, gc=False):
    """The error shapes of foundry, anthropic and API Management in one; which it is shows in the fields."""

    type: object = None
    error: object = None
    request_id: object = None
    statusCode: object = None  # noqa: N815
    message: object = None
    activityId: object = None  # noqa: N815


_read: Final = reader(_Body)


class ErrorBody(Struct, frozen=True, kw_only=True, gc=False):
    """A failed answer's body, reduced to what may be kept and the message to be matched."""

    shape: str
    """``anthropic``, ``azure``, ``gateway``, ``html``, ``other``, or ``unread``."""
    code: str | None = None
    api_type: str | None = None
    message: str = ""
    request_id: str | None = None
    activity_id: str | None = None

    def __repr__(self) -> str:
        return f"ErrorBody({self.shape})"  # the message may hold anything


def read_error(body: bytes | bytearray, media_type: bytes) -> ErrorBody:
    """Find which of the known shapes an error body has, and read it."""
    if media_type == b"text/html" or body.lstrip()[:1] == b"<":
        return ErrorBody(shape="html")
    if not body:
        return ErrorBody(shape="unread")
    decoded = _read(body)
    if decoded is None:
        return ErrorBody(shape="other")
    error = as_object(decoded.error)
    message = _text(error.get("message") or decoded.message or decoded.error)
    upstream = _UPSTREAM_ID(message)
    return ErrorBody(
        shape=_shape(decoded),
        code=_code(error.get("code") or decoded.statusCode),
        api_type=clean_word(error.get("type")),
        message=message,
        request_id=_id(decoded.request_id) or (upstream[1] if upstream else None),
        activity_id=_id(decoded.activityId),
    )


def _shape(body: _Body) -> str:
    if body.type == "error":
        return "anthropic"
    if body.error is not None:
        return "azure"
    return "gateway" if body.statusCode is not None else "other"


def _text(value: object) -> str:
    return value if type(value) is str else ""


def _id(value: object) -> str | None:
    return clean_id(value.encode("utf-8", "replace")) if type(value) is str else None


def _code(value: object) -> str | None:
    number = whole(value)
    text = value if number is None else str(number)
    return text if type(text) is str and (text in CODES or _CODE(text)) else None
