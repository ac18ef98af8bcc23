"""The recorded calls, made once by the library and twice by the module in TypeScript."""

from __future__ import annotations

import json
import socket
from collections.abc import Mapping
from time import time_ns
from typing import Any, Final

import httpx
from azure.monitor.opentelemetry.exporter import AzureMonitorLogExporter
from opentelemetry.sdk._logs import LoggerProvider
from opentelemetry.sdk._logs.export import (
    BatchLogRecordProcessor,
    InMemoryLogRecordExporter,
    SimpleLogRecordProcessor,
)
from opentelemetry.sdk.resources import Resource

import foundry_telemetry
from foundry_telemetry import attempt, attribute
from foundry_telemetry.instrumentation import FoundryMiddleware, tracker
from foundry_telemetry.local.api.server import LocalAzureMonitor
from foundry_telemetry.testing import FakeFoundry, recorded
from tests.instrumentation.sdk import client_for
from tests.support.recorded import cases, request_body, request_headers, url_of

Event = dict[str, Any]
Case = dict[str, Any]

PYTHON: Final = "python"
ROADS: Final = ("typescript-otlp", "typescript-azure")
"""Names of the services: over OTLP, and through Azure's exporter for JavaScript."""
PIECES: Final = dict(zip(ROADS, (None, 7), strict=True))
"""Bytes of a piece that Foundry sends at once; as recorded by default."""
TAG: Final = "foundry.tag.case"

BROKEN: Final = "sse_connection_reset"
"""Closed in place of reset: a reset throws away what its receiver has not read yet, more or less of it."""
_KINDS: Final = {
    "noresp_connect_error": "refused",
    "noresp_read_timeout": "silent",
    "noresp_credential_error": "credential",
}
_SHORT_S: Final = 0.2
"""The timeout of the call that is never answered."""


def kind_of(case: Case) -> str:
    """How a case is played."""
    return _KINDS.get(case["id"], "answer")


def played(piece_size: int | None = None) -> FakeFoundry:
    """Foundry, for the cases whose requests reach it, in their order."""
    script = [
        recorded(case["id"]).cut() if case["id"] == BROKEN else case["id"]
        for case in cases()
        if kind_of(case) in ("answer", "silent")
    ]
    return FakeFoundry(script, retry_after_s=None, piece_size=piece_size)


def _nowhere() -> str:
    """An address where nothing listens."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return f"http://127.0.0.1:{free.getsockname()[1]}"


class _Local(httpx.HTTPTransport):
    """Finds Azure's hosts on this machine."""

    def __init__(self, base: str) -> None:
        super().__init__()
        self.base = httpx.URL(base)

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        there = request.url.copy_with(scheme="http", host=self.base.host, port=self.base.port)
        facts = {"headers": request.headers, "stream": request.stream, "extensions": request.extensions}
        return super().handle_request(httpx.Request(request.method, there, **facts))


class ClientAuthenticationError(Exception):
    """What a token provider of azure-identity raises."""


def sent_by_python(monitor: LocalAzureMonitor) -> dict[str, Event]:
    """The event of each case as the library writes it; they are in the store as well."""
    memory = InMemoryLogRecordExporter()  # type: ignore[no-untyped-call]
    about = Resource({"service.name": PYTHON, "service.version": "1.2.3"})
    loggers = LoggerProvider(resource=about, shutdown_on_exit=False)
    exporter = AzureMonitorLogExporter(
        connection_string=monitor.connection_string, disable_offline_storage=True
    )
    loggers.add_log_record_processor(SimpleLogRecordProcessor(memory))
    loggers.add_log_record_processor(BatchLogRecordProcessor(exporter))
    with played() as foundry:
        for case in cases():
            _make(case, foundry, loggers)
    loggers.shutdown()
    found = [dict(each.log_record.attributes or {}) for each in memory.get_finished_logs()]
    return {event[TAG]: event for event in found}


def _make(case: Case, foundry: FakeFoundry, loggers: LoggerProvider) -> None:
    now = case["request"]["auth"]["now"]
    attempt.time_ns = tracker.time_ns = time_ns if now is None else lambda: now * 10**9
    way = _through_the_sdk if kind_of(case) == "credential" else _over_http
    try:
        with attribute(case=case["id"]):
            way(case, foundry, loggers)
    except (httpx.TransportError, ClientAuthenticationError):
        assert case["response"] is None or case["response"]["ends"] == "transport_error"
    finally:
        attempt.time_ns = tracker.time_ns = time_ns


def _over_http(case: Case, foundry: FakeFoundry, loggers: LoggerProvider) -> None:
    base = _nowhere() if kind_of(case) == "refused" else foundry.base_url
    timeout = _SHORT_S if kind_of(case) == "silent" else 30
    with httpx.Client(transport=_Local(base), timeout=timeout) as client:
        foundry_telemetry.instrument(client, logger_provider=loggers)
        client.post(url_of(case), headers=request_headers(case), content=request_body(case))


def _through_the_sdk(case: Case, _: FakeFoundry, loggers: LoggerProvider) -> None:
    def provider() -> str:
        raise ClientAuthenticationError(case["expect"]["client_exception_message"])

    seen_by = [FoundryMiddleware(logger_provider=loggers)]
    client = client_for(
        case, False, steps=[], open_telemetry=False, middleware=seen_by, azure_ad_token_provider=provider
    )
    client.messages.create(**case["request"]["body"])


def task(foundries: Mapping[str, FakeFoundry], monitor: LocalAzureMonitor) -> bytes:
    """What `test/replay.ts` is given."""
    azure = {
        "connectionString": monitor.connection_string,
        "endpoint": f"{monitor.url}/v2.1",
        "allowInsecureConnection": True,
    }
    otlp = {"url": f"{monitor.url}/v1/logs", "headers": {"authorization": f"Bearer {monitor.token}"}}
    made = [
        {
            "id": case["id"],
            "kind": kind_of(case),
            "url": url_of(case),
            "headers": request_headers(case),
            "body": request_body(case).decode(),
            "now": case["request"]["auth"]["now"],
            "message": case["expect"].get("client_exception_message", ""),
        }
        for case in cases()
    ]
    bases = {road: fake.base_url.removesuffix("/anthropic") for road, fake in foundries.items()}
    whole = {"foundry": bases, "nowhere": _nowhere(), "azure": azure, "otlp": otlp, "cases": made}
    return json.dumps(whole).encode()
