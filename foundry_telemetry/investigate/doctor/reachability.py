"""Whether both ends answer: one small request to each, without a credential and without content."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from typing import Final
from urllib.parse import urlsplit

import httpx
from opentelemetry.instrumentation.utils import suppress_instrumentation

from foundry_telemetry.advice import advice_for
from foundry_telemetry.investigate.doctor import texts
from foundry_telemetry.investigate.doctor.exporting import ingestion_endpoint
from foundry_telemetry.investigate.doctor.finding import (
    Finding,
    Scene,
    State,
    advised,
    failure,
    ok,
    skipped,
    warning,
)
from foundry_telemetry.investigate.formatting import took
from foundry_telemetry.observation import RequestIds
from foundry_telemetry.wire.error_body import read_error
from foundry_telemetry.wire.errors import classify
from foundry_telemetry.wire.exceptions import read_exception
from foundry_telemetry.wire.headers import read_response_headers
from foundry_telemetry.wire.request_matcher import is_foundry_host

_FIRST_ERROR: Final = 400
_FIRST_SERVER_ERROR: Final = 500
_LONGEST: Final = 64 * 1024
"""Bytes of an answer that are read."""

_ANSWERS: Final = frozenset(
    {"auth_invalid_key", "auth_missing_credential", "auth_token_rejected", "invalid_request"}
)
"""How a request without a credential and without content is refused where everything is right."""


def check_foundry(scene: Scene) -> Iterator[Finding]:
    """Ask the messages endpoint, without a credential: a refusal for want of one is what we want."""
    if scene.address is None:
        yield skipped(texts.FOUNDRY, texts.URL_UNKNOWN, scene.command("--base-url", texts.A_BASE_URL))
        return
    host = urlsplit(scene.address).hostname or ""
    try:
        status, headers, body, took_s = _post(f"{scene.address}/v1/messages", {}, scene)
    except Exception as error:
        yield _unreachable(texts.FOUNDRY, host, error)
        return
    yield _answered(host, status, headers, body, took_s)


def check_monitor(scene: Scene) -> Iterator[Finding]:
    """Ask the ingestion endpoint, with no items."""
    endpoint = ingestion_endpoint(scene)
    if endpoint is None:
        yield skipped(
            texts.MONITOR, texts.ENDPOINT_UNKNOWN, "export APPLICATIONINSIGHTS_CONNECTION_STRING=..."
        )
        return
    host = urlsplit(endpoint).hostname or ""
    try:
        status, _, _, took_s = _post(f"{endpoint}/v2.1/track", [], scene)
    except Exception as error:
        yield _unreachable(texts.MONITOR, host, error)
        return
    if status >= _FIRST_SERVER_ERROR or status in (404, 407):
        seen = texts.NOT_INGESTION.format(host=host, status=status)
        yield failure(texts.MONITOR, seen, texts.FIX_NOT_INGESTION)
    else:
        yield ok(texts.MONITOR, texts.REACHABLE.format(host=host, time=took(took_s * 1000)))


def _post(url: str, content: object, scene: Scene) -> tuple[int, httpx.Headers, bytes, float]:
    """Send JSON; give back status, headers, the beginning of the body, and the seconds to it."""
    with suppress_instrumentation(), httpx.Client(timeout=scene.patience_s) as client:
        began = time.perf_counter()
        # `stream`: a captive portal may answer with a page of any length.
        with client.stream("POST", url, content=json.dumps(content), headers=_JSON) as response:
            body = next(response.iter_bytes(_LONGEST), b"")
            return response.status_code, response.headers, body, time.perf_counter() - began


_JSON: Final = {"content-type": "application/json"}


def _answered(host: str, status: int, headers: httpx.Headers, body: bytes, took_s: float) -> Finding:
    now_ns = time.time_ns()
    reported = read_response_headers(headers.raw, now_ns - int(took_s * 1e9), now_ns)
    fine = ok(texts.FOUNDRY, texts.ASKS_FOR_CREDENTIAL.format(host=host, time=took(took_s * 1000)))
    if status < _FIRST_ERROR:
        if reported.media_type == b"application/json":
            seen = texts.OPEN_GATEWAY.format(host=host, status=status)
            return warning(texts.FOUNDRY, seen, texts.FIX_OPEN_GATEWAY)
        seen = texts.NOT_FOUNDRY.format(host=host, status=status)
        return advised(texts.FOUNDRY, "failure", seen, advice_for("gateway_html"))
    kind = _kind(host, status, body, reported.media_type, reported.ids)
    if kind in _ANSWERS:
        return fine
    state: State = "warning" if kind == "rate_limited" else "failure"
    seen = texts.RETURNED.format(host=host, status=status, cause=kind)
    return advised(texts.FOUNDRY, state, seen, advice_for(kind))


def _kind(host: str, status: int, body: bytes, media_type: bytes, ids: RequestIds) -> str:
    return classify(
        status=status,
        body=read_error(body, media_type),
        ids=ids,
        on_foundry_host=is_foundry_host(host.encode()),
        auth_scheme="none",
        bearer=None,
        supported=True,
        now_s=time.time(),
    ).type


_NAME_ERRORS: Final = ("EAI_AGAIN", "EAI_FAIL", "EAI_NODATA", "EAI_NONAME")


def _unreachable(check: str, host: str, error: Exception) -> Finding:
    failed = read_exception(error, in_body=False)
    if failed.code in _NAME_ERRORS:
        return failure(check, texts.UNKNOWN_HOST.format(host=host, code=failed.code), f"nslookup {host}")
    if failed.code is not None and "CERTIFICATE" in failed.code:
        return failure(check, texts.UNTRUSTED.format(host=host, code=failed.code), texts.FIX_UNTRUSTED)
    seen = texts.NO_RESPONSE if failed.type == "client_timeout" else texts.NO_CONNECTION
    code = f" ({failed.code})" if failed.code else ""
    command = f"curl -sSI https://{host}/"
    return failure(check, seen.format(host=host, code=code), texts.FIX_NO_CONNECTION, command)
