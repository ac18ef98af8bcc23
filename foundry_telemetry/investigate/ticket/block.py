"""What goes into a ticket: facts of the call that support asks for, and no content and no secret.

Only fields named here leave; all of them are ids, names of the service's own, numbers and times.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from foundry_telemetry.advice import IDS
from foundry_telemetry.advice.entry import Desk
from foundry_telemetry.investigate.formatting import ABSENT, clock, day_and_time, many, took
from foundry_telemetry.investigate.queries import Attempt
from foundry_telemetry.investigate.ticket.call import Call

_WIDTH: Final = 17

Line = tuple[str, str]


def lines(call: Call) -> Iterator[Line]:
    """What to tell, as pairs of a name and a text."""
    reported = call.failure or call.last
    yield "Call", f"{call.state}, after {many(len(call.attempts), 'attempt')}"
    yield "Time", f"{day_and_time(call.began)} to {clock(call.last.ended, milliseconds=True)}"
    yield "apim-request-id", f"{reported.apim_request_id or ABSENT} (Azure)"
    yield "request-id", f"{reported.request_id or ABSENT} (Anthropic)"
    yield "Status", _status(reported)
    yield from _optional("Code", reported.error_code)
    yield from _optional("Answered by", reported.error_origin)
    yield from _optional("Host", _joined(reported.server, reported.path, between=""))
    yield from _optional("Resource", reported.resource)
    yield from _optional("Region", reported.region)
    yield from _optional("Deployment, model", _joined(reported.deployment, reported.model))
    yield from _optional("Client, API", _joined(reported.client, reported.anthropic_version))
    yield "Credential", _credential(reported)
    entra = _joined(reported.entra_code, reported.entra_trace_id, reported.entra_correlation_id)
    yield from _optional("Entra", entra and f"{entra} (code, trace id, correlation id)")
    if len(call.attempts) > 1:
        for place, attempt in enumerate(call.attempts, start=1):
            yield f"Attempt {attempt.attempt_number or place}", _attempt(attempt)
    yield from _optional("Trace id", reported.trace_id)


def text(call: Call) -> str:
    """The same as plain text."""
    return "\n".join(f"{f'{name}:':{_WIDTH + 1}} {reported}" for name, reported in lines(call))


def support_channels(call: Call) -> tuple[Desk, ...]:
    """Whom to open the ticket with; the one whose id was told comes first."""
    advice = call.advice
    if advice is None:
        return ()
    return tuple(sorted(advice.support_channels, key=lambda desk: not any(ids_for(desk, call.failure))))


def ids_for(desk: Desk, attempt: Attempt | None) -> tuple[str, ...]:
    """The ids that a desk asks for, as far as an attempt has them."""
    if attempt is None:
        return ()
    reported: dict[Desk, tuple[str | None, ...]] = {
        "Azure": (attempt.apim_request_id,),
        "Anthropic": (attempt.request_id,),
        "Entra": (attempt.entra_code, attempt.entra_trace_id, attempt.entra_correlation_id),
    }
    return tuple(one for one in reported[desk] if one) if desk in IDS else ()


def _status(attempt: Attempt) -> str:
    status = "no answer" if attempt.status is None else str(attempt.status)
    return f"{status}, {attempt.error_type or attempt.outcome or ABSENT}, after {took(attempt.duration_ms)}"


def _attempt(attempt: Attempt) -> str:
    ids = _joined(attempt.apim_request_id, attempt.request_id) or "no ids"
    return f"{clock(attempt.ended, milliseconds=True)} {_status(attempt)}; {ids}"


def _credential(attempt: Attempt) -> str:
    parts = [attempt.auth_scheme or ABSENT]
    for name, value in (
        ("audience", attempt.token_audience),
        ("tenant", attempt.token_tenant),
        ("application", attempt.token_application),
        ("identity", attempt.token_identity_type),
    ):
        if value:
            parts.append(f"{name} {value}")
    if attempt.token_expires_in_s is not None:
        seconds = attempt.token_expires_in_s
        parts.append(f"expired {-seconds:.0f} s before" if seconds < 0 else f"good for {seconds:.0f} s")
    return "; ".join(parts)


def _joined(*values: str | None, between: str = ", ") -> str:
    return between.join(value for value in values if value)


def _optional(name: str, reported: str | None) -> Iterator[Line]:
    if reported:
        yield name, reported
