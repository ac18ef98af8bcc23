"""What a harness asks of everything that is reported of an attempt."""

from __future__ import annotations

import math
from typing import Any

from opentelemetry._logs import LogRecord
from opentelemetry.context import Context

from foundry_telemetry import Observation
from foundry_telemetry.attempt import Attempt
from foundry_telemetry.outcomes import Ending
from foundry_telemetry.schema.field_table import TOKEN_EXPIRES_IN
from foundry_telemetry.signals.ledger import Ledger
from foundry_telemetry.signals.span import unbound
from foundry_telemetry.wire.request_matcher import Request, read_request
from tests.hostile.fuzz import check_usage
from tests.support.recorded import answered, body_of

CANARY = "CANARY\N{SECTION SIGN}"
"""In place of the recorded canaries: with a sign that no id and no name may have, so that however the fuzzer
splices its inputs, it may be told nowhere."""


class _Kept:
    """A provider, and its logger, that keeps the attributes of the last event."""

    def __init__(self) -> None:
        self.attributes: dict[str, Any] = {}

    def get_logger(self, *_: object, **__: object) -> _Kept:
        return self

    def emit(self, record: LogRecord) -> None:
        self.attributes = dict(record.attributes or {})


_KEPT = _Kept()
_LEDGER = Ledger(_KEPT)  # type: ignore[arg-type] - all of a logger that is used


def asked(body: bytes = b"{}", headers: tuple[tuple[bytes, bytes], ...] = ()) -> Request:
    """The facts of a call to Foundry."""
    request = read_request(
        method="POST",
        scheme="https",
        host=b"example-resource.services.ai.azure.com",
        port=None,
        raw_path=b"/anthropic/v1/messages",
        headers=headers,
        body=lambda: body,
        hosts=frozenset(),
    )
    assert request is not None
    return request


REQUEST = asked()


def observed(
    status: int,
    headers: list[tuple[bytes, bytes]],
    pieces: list[bytes],
    how: Ending = "complete",
    request: Request = REQUEST,
) -> Observation:
    """Lead an answer through an attempt, and check all that the ledger reports of it."""
    attempt = Attempt(request, call_id="0" * 16, number=1)
    attempt.headers(status, headers)
    for piece in pieces:
        attempt.feed(piece)
    seen = attempt.end(how)
    assert seen is not None
    assert not attempt._body
    check_usage(seen.usage)
    assert (seen.outcome in ("error", "stream_error", "truncated")) == (seen.failure is not None)
    _LEDGER.finished(seen, unbound(Context()))
    check_attributes(_KEPT.attributes)
    return seen


def check_attributes(attributes: dict[str, Any]) -> None:
    """Every text is short, printable ASCII; every number is one that JSON and Azure hold exactly."""
    for name, value in attributes.items():
        if type(value) is str:
            assert clean(value), name
        elif type(value) is int:
            assert (-(2**53) if name == TOKEN_EXPIRES_IN else 0) <= value < 2**53, name
        elif type(value) is float:
            assert math.isfinite(value), name
        else:
            assert type(value) is bool, name


def clean(value: str) -> bool:
    """Whether a text may stand anywhere."""
    return value.isascii() and value.isprintable() and len(value) <= 256 and CANARY not in value


def recorded(kind: str) -> list[tuple[dict[str, Any], bytes]]:
    """The recorded cases whose ids begin with `kind`, with their bodies; in these the canaries are ours."""
    cases = [case for case in answered() if case["id"].startswith(kind)]
    return [(case, with_canary(body_of(case))) for case in cases]


def with_canary(text: bytes) -> bytes:
    """Bytes with our canary in place of the recorded ones."""
    return text.replace(b"CANARY-", CANARY.encode())
