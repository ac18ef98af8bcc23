"""One small call, to see with the service's own credential what a call comes to."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final
from urllib.parse import urlsplit

import httpx
from msgspec import Struct

from foundry_telemetry.advice import advice_for
from foundry_telemetry.disabled import VARIABLE, read_switch
from foundry_telemetry.instrumentation import instrument, uninstrument
from foundry_telemetry.investigate.doctor.credentials import get_token, not_got
from foundry_telemetry.investigate.doctor.finding import Finding, Scene, advised, failure, ok, skipped
from foundry_telemetry.investigate.doctor.record import Ledger, ledger
from foundry_telemetry.observation import Observation

_CHECK: Final = "live call"
_MAX_TOKENS: Final = 16
_READ_S: Final = 60.0
"""Seconds; a cold deployment may take its time."""
_VERSION: Final = "2023-06-01"


class Seen(Struct):
    """What came of the call."""

    observation: Observation | None = None
    event: Mapping[str, Any] = {}
    """The ledger event: what will stand in AppEvents."""


def check(scene: Scene, seen: Seen) -> Iterator[Finding]:
    """Make the call.

    Args:
        scene: Has address, deployment and credential.
        seen: Takes what came of it.
    """
    if scene.address is None or scene.deployment is None:
        yield skipped(_CHECK, "the address is not known", "foundry-telemetry doctor --live --base-url <url>")
        return
    if read_switch(scene.environ)[0]:
        yield skipped(_CHECK, f"{VARIABLE}=true: the call would not be recorded", f"unset {VARIABLE}")
        return
    try:
        credential = _credential(scene)
    except Exception as error:
        why = not_got(error, scene)
        yield failure(_CHECK, f"not made: {why.seen}", why.fix or "")
        return
    with ledger(scene) as records:
        seen.observation = _call(scene, scene.address, credential, records)
    seen.event = records.event
    yield _reported(seen.observation)
    if records.exports:
        yield records.finding()


def _credential(scene: Scene) -> dict[str, str]:
    if scene.key and not scene.entra:
        return {"x-api-key": scene.key, "api-key": scene.key}
    return {"authorization": f"Bearer {get_token(scene)}"}


def _call(scene: Scene, address: str, credential: dict[str, str], records: Ledger) -> Observation | None:
    seen: list[Observation] = []
    body: dict[str, Any] = {
        "model": scene.deployment,
        "max_tokens": _MAX_TOKENS,
        "messages": [{"role": "user", "content": "Answer with one word."}],
    }
    timeout = httpx.Timeout(_READ_S, connect=scene.patience_s)
    headers = {**credential, "anthropic-version": _VERSION}
    with httpx.Client(timeout=timeout, headers=headers) as client:
        parts = urlsplit(address)
        instrument(client, hosts=(parts.netloc,), logger_provider=records.provider, sinks=(seen.append,))
        try:
            client.post(f"{address}/v1/messages", json=body)
        except httpx.HTTPError:
            pass  # the observation tells of it
        finally:
            uninstrument(client)
    return seen[-1] if seen else None


def _reported(last: Observation | None) -> Finding:
    if last is None:
        return failure(_CHECK, "it was made, and nothing was recorded of it", "See doors above.")
    if last.failure is None:
        usage = last.usage
        tokens = f", {usage.total_input_tokens} + {usage.output_tokens} tokens" if usage.is_reported else ""
        took = f"{last.duration_s * 1000:.0f} ms"
        return ok(_CHECK, f"{last.outcome} in {took}{tokens}; support code {last.support_code}")
    advice = advice_for(last.failure.type, last.failure.owner)
    answered = f"{last.status_code} " if last.status_code else ""
    seen = f"{answered}{last.failure.type}: {advice.meaning} Support code {last.support_code}"
    return advised(_CHECK, "failure", seen, advice)
