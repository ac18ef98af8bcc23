"""Responses made of recorded answers: byte for byte, or with new ids and the date of now."""

from __future__ import annotations

import math
from functools import cache

from msgspec import structs

from foundry_telemetry.testing.captured_request import ReceivedRequest
from foundry_telemetry.testing.id_rewriting import made_now
from foundry_telemetry.testing.recordings import RecordedCase, case, cases, nearest
from foundry_telemetry.testing.response import FakeResponse, built

SHORT_RETRY_S = 0.01
"""The wait of errors by default, in seconds; the recorded ones are 6 s and more."""

_BY_STATUS = {
    400: "err_400_invalid_request",
    401: "err_401_invalid_key",
    403: "err_403_permission_error",
    404: "err_404_deployment_not_found",
    408: "err_408_timeout",
    413: "err_413_too_large",
    429: "err_429_foundry_rate_limit",
    500: "err_500_api_error",
    503: "err_503_service_unavailable",
    504: "err_504_timeout_error",
    529: "err_529_overloaded",
}

_FIRST_ERROR, _FIRST_SERVER_ERROR, _LAST_ERROR = 400, 500, 599


def recorded(case_id: str, *, fresh: bool = False) -> FakeResponse:
    """A recorded answer, byte for byte.

    Args:
        case_id: Id of the case, such as ``sse_text``.
        fresh: Whether each play gets ids and a date of its own; the rest stays as recorded.

    Raises:
        ValueError: There is no such case, or its request got no answer.
    """
    response = _from_recording(case(case_id))
    return built(lambda _: made_now(response)) if fresh else response


def error(which: int | str, *, retry_after_s: float | None = SHORT_RETRY_S) -> FakeResponse:
    """An error as the service sends it, with ids and a date of its own.

    Args:
        which: A status, 400 to 599; a failure class such as ``rate_limited`` or ``auth_token_expired``; or
            the id of a recorded error.
        retry_after_s: Seconds to ask the client to wait, in place of the recorded wait. An answer that asks
            for no wait stays so. ``None`` keeps the recorded wait.

    Raises:
        ValueError: No error is known by this name.
    """
    response = _by_status(which) if isinstance(which, int) else recorded(_by_name(which), fresh=True)
    if retry_after_s is None or response.header("retry-after") is None:
        return response
    return response.with_headers(retry_hints(retry_after_s))


def retry_hints(seconds: float) -> dict[str, str | None]:
    """The two headers that ask a client to wait."""
    return {"retry-after-ms": str(round(seconds * 1000)), "retry-after": str(math.ceil(seconds))}


@cache
def error_names() -> dict[str, str]:
    """Id of the recorded error for each failure class; the first case of a class stands for it."""
    names: dict[str, str] = {}
    for each in cases().values():
        if each.id.startswith("err_"):
            names.setdefault(each.expect["error"]["class"], each.id)
    return names


def _by_name(name: str) -> str:
    if name.startswith("err_"):
        return case(name).id
    if name not in error_names():
        raise ValueError(f"unknown error {name!r}: expected {nearest(name, error_names())}")
    return error_names()[name]


def _by_status(status: int) -> FakeResponse:
    if not _FIRST_ERROR <= status <= _LAST_ERROR:
        raise ValueError(f"not the status of an error: {status!r}; expected 400 to 599")
    if status in _BY_STATUS:
        return recorded(_BY_STATUS[status], fresh=True)
    # A status nobody recorded: the model service's shape with the nearest type.
    like = "err_500_api_error" if status >= _FIRST_SERVER_ERROR else "err_400_invalid_request"
    response = recorded(like, fresh=True)

    def make(request: ReceivedRequest) -> FakeResponse:
        return structs.replace(response.played(request), status=status)

    return built(make)


def _from_recording(each: RecordedCase) -> FakeResponse:
    if each.status is None:
        raise ValueError(
            f"{each.id!r} is the record of a request without a response: expected a case with one; "
            "script an exception instead, such as 'connect_error'"
        )
    return FakeResponse(
        status=each.status,
        headers=each.headers,
        chunks=each.chunks,
        # An early end of file is a clean end of the body: what misses is the rest of the events.
        ends="reset" if each.ends == "transport_error" else "complete",
    )
