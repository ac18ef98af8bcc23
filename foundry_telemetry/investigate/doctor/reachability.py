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
from foundry_telemetry.observation import RequestIds
from foundry_telemetry.wire.error_body import read_error
from foundry_telemetry.wire.errors import classify
from foundry_telemetry.wire.exceptions import read_exception
from foundry_telemetry.wire.headers import read_response_headers
from foundry_telemetry.wire.request_matcher import is_foundry_host

_FOUNDRY: Final = "Foundry"
_MONITOR: Final = "Azure Monitor"
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
        yield skipped(_FOUNDRY, "its address is not known", "foundry-telemetry doctor --base-url <url>")
        return
    host = urlsplit(scene.address).hostname or ""
    try:
        status, headers, body, took_s = _post(f"{scene.address}/v1/messages", {}, scene)
    except Exception as error:
        yield _unreachable(_FOUNDRY, host, error)
        return
    yield _answered(host, status, headers, body, took_s)


def check_monitor(scene: Scene) -> Iterator[Finding]:
    """Ask the ingestion endpoint, with no items."""
    endpoint = ingestion_endpoint(scene)
    if endpoint is None:
        seen = "its address is not known without a valid connection string"
        yield skipped(_MONITOR, seen, "export APPLICATIONINSIGHTS_CONNECTION_STRING=...")
        return
    host = urlsplit(endpoint).hostname or ""
    try:
        status, _, _, took_s = _post(f"{endpoint}/v2.1/track", [], scene)
    except Exception as error:
        yield _unreachable(_MONITOR, host, error)
        return
    if status >= _FIRST_SERVER_ERROR or status in (404, 407):
        seen = f"{host} answered {status}, not as the ingestion endpoint does"
        yield failure(
            _MONITOR,
            seen,
            "Compare IngestionEndpoint of the connection string with that of the resource; look for a proxy.",
        )
    else:
        yield ok(_MONITOR, f"{host} answers ({took_s * 1000:.0f} ms)")


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
    reported = read_response_headers(headers.raw, time.time())
    fine = ok(_FOUNDRY, f"{host} answers and asks for a credential ({took_s * 1000:.0f} ms)")
    if status < _FIRST_ERROR:
        if reported.media_type == b"application/json":
            return warning(
                _FOUNDRY,
                f"{host} answers {status} without a credential",
                "Ask the owner of that gateway whether everybody may call through it.",
            )
        seen = f"{host} answers {status} with something that is no answer of Foundry"
        return advised(_FOUNDRY, "failure", seen, advice_for("gateway_html"))
    kind = _kind(host, status, body, reported.media_type, reported.ids)
    if kind in _ANSWERS:
        return fine
    state: State = "warning" if kind == "rate_limited" else "failure"
    return advised(_FOUNDRY, state, f"{host} answers {status}: {kind}", advice_for(kind))


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
        return failure(check, f"the name {host} is not known ({failed.code})", f"nslookup {host}")
    if failed.code is not None and "CERTIFICATE" in failed.code:
        seen = f"the certificate of {host} is not trusted ({failed.code})"
        return failure(check, seen, "export SSL_CERT_FILE=<file with the certificates of your proxy>")
    what = "does not answer in time" if failed.type == "client_timeout" else "cannot be connected to"
    code = f" ({failed.code})" if failed.code else ""
    fix = "Look at firewalls on the way, and at HTTPS_PROXY and NO_PROXY."
    return failure(check, f"{host} {what}{code}", fix, f"curl -sSI https://{host}/")
