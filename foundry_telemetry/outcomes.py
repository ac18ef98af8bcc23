"""What came of an attempt, and why, by all that was seen of it until its end.

A failure that somebody named counts before the way the body ended. An answer that is neither what was asked
for nor an error is a failure too, with a class that says what it was, and an owner only where one follows.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, Literal, NamedTuple

from msgspec.structs import replace

from foundry_telemetry.observation import Failure, Outcome, RequestIds
from foundry_telemetry.wire.causes import make_failure
from foundry_telemetry.wire.error_body import ErrorBody
from foundry_telemetry.wire.errors import classify
from foundry_telemetry.wire.exceptions import read_exception
from foundry_telemetry.wire.request_matcher import Request

Ending = Literal["complete", "closed", "failed", "cancelled"]
"""How a body ended: read to its end, closed or dropped before that, with an error, or by cancellation."""

Body = Literal["message", "other", "empty", "unseen", "stream", "finished", "stopped"]
"""What was seen of a body.

``message`` is what was asked for, ``other`` is not, ``unseen`` was not read as it came. A stream may have
reported its final counters (``finished``), or its end as well (``stopped``).
"""

Judged = tuple[Outcome, Failure | None]

_UNFINISHED: Final[dict[str, Outcome]] = {"cancelled": "cancelled", "closed": "abandoned"}
CUT_SHORT: Final[frozenset[Outcome]] = frozenset({"cancelled", "no_response", "not_sent", "truncated"})
"""What a timeout of the client may have caused."""
FIRST_REDIRECT: Final = 300
FIRST_ERROR: Final = 400
SAME_REQUEST: Final = frozenset({307, 308})
"""Redirects after which the same request goes elsewhere; after the others a GET, which asks for nothing."""


class Ended(NamedTuple):
    """An attempt at its end."""

    request: Request
    ids: RequestIds
    status: int | None
    """``None`` where no answer came."""
    how: Ending
    error: BaseException | None
    body: Body
    error_body: ErrorBody | None
    is_followed: Callable[[], bool]
    """Whether the client goes where a redirect says."""


def decide_outcome(ended: Ended, now_ns: int) -> Judged:
    """The outcome of an attempt, and its failure where it has one.

    Args:
        ended: The attempt.
        now_ns: Nanoseconds since the epoch, to judge a token's expiry by.
    """
    if ended.status is None:
        return _unanswered(ended)
    if ended.error_body is not None:
        return _refused(ended, ended.status, ended.error_body, now_ns / 1e9)
    if ended.body == "stopped" or (ended.body == "finished" and ended.how == "closed"):
        return "ok", None
    if FIRST_REDIRECT <= ended.status < FIRST_ERROR:
        return _redirected(ended)
    if ended.how in _UNFINISHED:
        return _UNFINISHED[ended.how], None
    return _by_body(ended)


def _unanswered(ended: Ended) -> Judged:
    if ended.how != "failed" or ended.error is None:
        return "cancelled", None
    failure = read_exception(ended.error, in_body=False)
    return ("not_sent" if failure.type == "pool_timeout" else "no_response"), failure


def _refused(ended: Ended, status: int, body: ErrorBody, now_s: float) -> Judged:
    request = ended.request
    in_stream = ended.body in ("stream", "finished", "stopped")
    return "stream_error" if in_stream else "error", classify(
        status=status,
        body=body,
        ids=ended.ids,
        on_foundry_host=request.on_foundry_host,
        auth_scheme=request.auth_scheme,
        bearer=request.bearer,
        supported=request.operation is not None,
        now_s=now_s,
    )


def _redirected(ended: Ended) -> Judged:
    if ended.status in SAME_REQUEST and ended.how == "complete" and ended.is_followed():
        return "ok", None
    return "error", _unnamed(ended, "redirected")


def _by_body(ended: Ended) -> Judged:
    if ended.error is not None:
        return "truncated", read_exception(ended.error, in_body=True)
    if ended.body in ("stream", "finished"):
        return "truncated", make_failure("stream_truncated", origin="unknown")
    if ended.body in ("message", "unseen") or ended.request.operation is None:
        return "ok", None
    return "error", _unnamed(ended, "empty_response" if ended.body == "empty" else "unexpected_response")


def _unnamed(ended: Ended, kind: str) -> Failure:
    """A failure that nobody named; whoever answered, it does not say who has to act."""
    on_azure = ended.request.on_foundry_host or ended.ids.apim_request_id is not None
    return make_failure(kind, status=ended.status, origin="foundry" if on_azure else "unknown")


def with_body_ids(ids: RequestIds, body: ErrorBody) -> RequestIds:
    """The ids of the headers, with those of an error body."""
    if not (body.request_id or body.activity_id):
        return ids
    return replace(ids, body_request_id=body.request_id, activity_id=body.activity_id)
