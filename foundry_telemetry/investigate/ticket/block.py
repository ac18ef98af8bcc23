"""What goes into a ticket: facts of the call that support asks for, and no content and no secret.

Only fields named here leave; all of them are ids, names of the service's own, numbers and times.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Final

from foundry_telemetry.advice import IDS
from foundry_telemetry.advice.entry import Advice, SupportChannel
from foundry_telemetry.investigate.formatting import clock, lasted, many, span, took
from foundry_telemetry.investigate.queries import Attempt
from foundry_telemetry.investigate.texts import ATTEMPT, NOT_REPORTED, UNKNOWN
from foundry_telemetry.investigate.ticket import texts
from foundry_telemetry.investigate.ticket.call import Call
from foundry_telemetry.schema import field_table as names

_YEAR_S: Final = 31_536_000.0
_NO_RESPONSE: Final = ("client", "unknown")
"""Origins of an error that no known service responded with."""

Line = tuple[str, str]


def lines(call: Call) -> Iterator[Line]:
    """What to paste, as pairs of a name and a text."""
    reported = call.failure or call.last
    attempts = many(len(call.attempts), ATTEMPT)
    yield texts.BLOCK_CALL, texts.BLOCK_STATE.format(state=call.state, attempts=attempts)
    yield texts.BLOCK_TIME, span(call.began, call.last.ended, milliseconds=True)
    if len(call.attempts) > 1:
        yield texts.BLOCK_SHOWN, _shown(call, reported)
    yield texts.BLOCK_AZURE_ID, reported.apim_request_id or NOT_REPORTED
    yield texts.BLOCK_ANTHROPIC_ID, reported.request_id or NOT_REPORTED
    yield texts.BLOCK_STATUS, _status(reported)
    yield texts.BLOCK_CAUSE if reported.error_type else texts.BLOCK_OUTCOME, _cause(reported)
    yield texts.BLOCK_DURATION, took(reported.duration_ms)
    yield from _known(reported, call.advice)
    yield texts.BLOCK_CREDENTIAL, _credential(reported)
    if reported.entra_code or reported.entra_trace_id or reported.entra_correlation_id:
        yield texts.BLOCK_ENTRA, _entra(reported)
    if len(call.attempts) > 1:
        for place, attempt in enumerate(call.attempts, start=1):
            yield texts.BLOCK_ATTEMPT.format(number=attempt.attempt_number or place), _attempt(attempt)
    if reported.trace_id:
        yield texts.BLOCK_TRACE, reported.trace_id


def _known(reported: Attempt, advice: Advice | None) -> Iterator[Line]:
    """What is left out where it was not reported; but that there is no code can be a sign of the cause."""
    matters = advice is not None and names.ERROR_CODE in advice.relevant_fields
    for name, value in (
        (texts.BLOCK_CODE, reported.error_code or (NOT_REPORTED if matters else None)),
        (texts.BLOCK_ORIGIN, None if reported.error_origin in _NO_RESPONSE else reported.error_origin),
        (texts.BLOCK_URL, _joined(reported.server, reported.path, between="")),
        (texts.BLOCK_RESOURCE, reported.resource),
        (texts.BLOCK_REGION, reported.region),
        (texts.BLOCK_DEPLOYMENT, reported.deployment),
        (texts.BLOCK_MODEL, reported.model),
        (texts.BLOCK_CLIENT, reported.client),
        (texts.BLOCK_API, reported.anthropic_version),
    ):
        if value:
            yield name, value


def text(call: Call) -> str:
    """The same as plain text."""
    pairs = list(lines(call))
    width = max(len(name) for name, _ in pairs) + 1
    return "\n".join(f"{f'{name}:':{width}} {reported}" for name, reported in pairs)


def when(attempt: Attempt) -> str:
    """When an attempt started; when it ended where that is all that was reported."""
    text = texts.STARTED if attempt.started else texts.ENDED
    return text.format(time=f"{clock(attempt.started or attempt.ended, milliseconds=True)} UTC")


def support_channels(call: Call) -> tuple[SupportChannel, ...]:
    """Whom to open the ticket with; the one whose id was reported comes first."""
    advice = call.advice
    if advice is None:
        return ()
    return tuple(sorted(advice.support_channels, key=lambda channel: not any(ids_for(channel, call.failure))))


def ids_for(channel: SupportChannel, attempt: Attempt | None) -> tuple[str, ...]:
    """The ids that a channel asks for, as far as an attempt has them."""
    if attempt is None:
        return ()
    reported: dict[SupportChannel, tuple[str | None, ...]] = {
        "Azure": (attempt.apim_request_id,),
        "Anthropic": (attempt.request_id,),
        "Entra": (attempt.entra_code, attempt.entra_trace_id, attempt.entra_correlation_id),
    }
    return tuple(one for one in reported[channel] if one) if channel in IDS else ()


def _shown(call: Call, shown: Attempt) -> str:
    """Which of several attempts the lines below are of."""
    number = shown.attempt_number or call.attempts.index(shown) + 1
    return texts.BLOCK_SHOWN_ATTEMPT.format(
        number=number, attempts=len(call.attempts), cause=texts.FAILED if shown.error_type else texts.LAST
    )


def _status(attempt: Attempt) -> str:
    return texts.NO_STATUS if attempt.status is None else str(attempt.status)


def _cause(attempt: Attempt) -> str:
    return attempt.error_type or attempt.outcome or UNKNOWN


def _attempt(attempt: Attempt) -> str:
    return texts.BLOCK_ATTEMPT_FACTS.format(
        when=when(attempt),
        status=_status(attempt),
        cause=_cause(attempt),
        took=took(attempt.duration_ms),
        ids=_joined(attempt.apim_request_id, attempt.request_id) or texts.NO_IDS,
    )


def _entra(attempt: Attempt) -> str:
    return texts.BLOCK_ENTRA_IDS.format(
        code=attempt.entra_code or UNKNOWN,
        trace_id=attempt.entra_trace_id or NOT_REPORTED,
        correlation_id=attempt.entra_correlation_id or NOT_REPORTED,
    )


def _credential(attempt: Attempt) -> str:
    parts = [attempt.auth_scheme or UNKNOWN]
    for name, value in (
        (texts.AUDIENCE, attempt.token_audience),
        (texts.TENANT, attempt.token_tenant),
        (texts.APPLICATION, attempt.token_application),
        (texts.IDENTITY, attempt.token_identity_type),
    ):
        if value:
            parts.append(f"{name} {value}")
    seconds = attempt.token_expires_in_s
    if seconds is not None:
        time = lasted(timedelta(seconds=min(abs(seconds), _YEAR_S)))
        parts.append((texts.EXPIRED if seconds < 0 else texts.VALID).format(time=time))
    return "; ".join(parts)


def _joined(*values: str | None, between: str = ", ") -> str:
    return between.join(value for value in values if value)
