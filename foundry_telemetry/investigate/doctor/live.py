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
from foundry_telemetry.investigate.doctor import texts
from foundry_telemetry.investigate.doctor.credentials import get_token, not_got
from foundry_telemetry.investigate.doctor.finding import Finding, Scene, advised, failure, ok, skipped
from foundry_telemetry.investigate.doctor.record import Ledger, ledger
from foundry_telemetry.investigate.formatting import took
from foundry_telemetry.observation import Observation, TokenUsage

_MAX_TOKENS: Final = 16
_READ_S: Final = 60.0
"""Seconds; a cold deployment may take its time."""
_VERSION: Final = "2023-06-01"


class Seen(Struct):
    """The outcome of the call."""

    observation: Observation | None = None
    event: Mapping[str, Any] = {}
    """The ledger event: what will stand in AppEvents."""


def check(scene: Scene, seen: Seen) -> Iterator[Finding]:
    """Make the call.

    Args:
        scene: Has address, deployment and credential.
        seen: Takes its outcome.
    """
    if scene.address is None or scene.deployment is None:
        yield skipped(texts.LIVE_CALL, texts.URL_UNKNOWN, scene.command("--base-url", texts.A_BASE_URL))
        return
    if read_switch(scene.environ)[0]:
        yield skipped(texts.LIVE_CALL, texts.DISABLED_CALL.format(variable=VARIABLE), f"unset {VARIABLE}")
        return
    try:
        credential = _credential(scene)
    except Exception as error:
        why = not_got(error, scene)
        yield failure(texts.LIVE_CALL, texts.NOT_MADE.format(why=why.seen), why.fix or "")
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
        "messages": [{"role": "user", "content": texts.PROMPT}],
    }
    timeout = httpx.Timeout(_READ_S, connect=scene.patience_s)
    headers = {**credential, "anthropic-version": _VERSION}
    with httpx.Client(timeout=timeout, headers=headers) as client:
        parts = urlsplit(address)
        instrument(client, hosts=(parts.netloc,), logger_provider=records.provider, sinks=(seen.append,))
        try:
            client.post(f"{address}/v1/messages", json=body)
        except httpx.HTTPError:
            pass  # the observation has it
        finally:
            uninstrument(client)
    return seen[-1] if seen else None


def _reported(last: Observation | None) -> Finding:
    if last is None:
        return failure(texts.LIVE_CALL, texts.NOT_RECORDED_CALL, texts.FIX_NOT_RECORDED_CALL)
    if last.failure is None:
        seen = texts.CALL_OK.format(
            outcome=last.outcome,
            time=took(last.duration_s * 1000),
            tokens=_tokens(last.usage),
            code=last.support_code,
        )
        return ok(texts.LIVE_CALL, seen)
    advice = advice_for(last.failure.type, last.failure.owner)
    seen = texts.CALL_FAILED.format(
        status=f"{last.status_code} " if last.status_code else "",
        cause=last.failure.type,
        meaning=advice.meaning,
        code=last.support_code,
    )
    return advised(texts.LIVE_CALL, "failure", seen, advice)


def _tokens(usage: TokenUsage) -> str:
    if usage.total_input_tokens is None or usage.output_tokens is None:
        return ""
    return texts.TOKENS.format(input=usage.total_input_tokens, output=usage.output_tokens)
